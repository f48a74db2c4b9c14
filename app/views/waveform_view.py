"""The waveform of a recording: how far it swings, with the time axis under it."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QWidget

from aaccore.events import OverviewPart, SpectrogramTile
from app import theme
from app.views.axis_ticks import time_ticks
from app.views.level_legend import decibels
from app.views.span import on_pixels
from app.views.time_strip import TimeStrip

LEAST_SWING = 0.003
"""What is weaker than this is shown as weak, not blown up (about -50 dB)."""


class WaveformView(TimeStrip):
    """Shows the overview of a recording, and tiles in its place where they are there."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Waveform"))
        self.setMinimumHeight(72)
        self.swing = LEAST_SWING
        self.tiles: list[SpectrogramTile] = []
        self._reach: NDArray[np.float32] = np.zeros((2, 0), np.float32)  # lowest and highest, (2, columns)
        self._filled = 0
        self._column_s = 0.0

    def plot(self) -> QRectF:
        """The sound lies above the time axis."""
        return super().plot().adjusted(0, 0, 0, -(self.fontMetrics().height() + theme.space(2)))

    def clear(self) -> None:
        """Show nothing."""
        self.tiles, self._filled, self._column_s, self.swing = [], 0, 0.0, LEAST_SWING
        self._reach = np.zeros((2, 0), np.float32)
        self.repaint_still()

    def show_overview(self, part: OverviewPart) -> None:
        """Add columns of the whole recording."""
        if part.column_s != self._column_s:
            self._filled = 0
        end = part.first + len(part.low)
        if end > self._reach.shape[1]:
            grown = np.zeros((2, max(end, 2 * self._reach.shape[1])), np.float32)
            grown[:, : self._filled] = self._reach[:, : self._filled]
            self._reach = grown
        self._reach[0, part.first : end], self._reach[1, part.first : end] = part.low, part.high
        self._column_s, self._filled = part.column_s, max(self._filled, end)
        if len(part.low):
            self.swing = max(self.swing, float(-part.low.min()), float(part.high.max()))
        self.repaint_still()

    def show_tiles(self, tiles: list[SpectrogramTile]) -> None:
        """Paint these in place of the overview, the last one on top."""
        self.tiles = [tile for tile in tiles if tile.complete]
        self.repaint_still()

    def paint_still(self, painter: QPainter, plot: QRectF) -> None:
        """The wave, its axis and the time axis."""
        painter.fillRect(plot, theme.colour("plot"))
        if self.span.length_s > 0:
            self._paint_times(painter, plot)
            self._paint_wave(painter, plot)
            painter.setPen(theme.colour("muted"))
            room = QRectF(0, plot.top(), plot.left() - theme.space(2), plot.height())
            painter.drawText(room, Qt.AlignmentFlag.AlignRight, f"{decibels(20 * math.log10(self.swing))} dB")
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(theme.colour("border"), 1))
        painter.drawRect(plot.adjusted(-0.5, -0.5, 0.5, 0.5))

    def _paint_times(self, painter: QPainter, plot: QRectF) -> None:
        metrics = QFontMetricsF(self.font())
        ticks = time_ticks(*self.span, self.duration_s, plot.width(), metrics.horizontalAdvance)
        for time_s, text in ticks:
            x = self.x_of(time_s)
            painter.fillRect(QRectF(x, plot.top(), 1, plot.height()), theme.colour("grid"))
            painter.fillRect(QRectF(x, plot.bottom(), 1, 4), theme.colour("outline"))
            if self.duration_s < 60 and time_s == ticks[0][0]:  # longer ones are read as a clock
                text = f"{text} s"
            width = metrics.horizontalAdvance(text)
            left = min(x - width / 2, self.width() - width)
            painter.setPen(theme.colour("muted"))
            room = QRectF(left, plot.bottom() + 5, width + 1, metrics.height())
            painter.drawText(room, Qt.AlignmentFlag.AlignLeft, text)

    def _paint_wave(self, painter: QPainter, plot: QRectF) -> None:
        ratio = self.devicePixelRatioF()
        pixels = max(1, round(plot.width() * ratio))
        low, high = np.full(pixels, np.nan), np.full(pixels, np.nan)
        pictures = [(0.0, self._column_s, self._reach[0, : self._filled], self._reach[1, : self._filled])]
        for tile in self.tiles:
            pictures.append((tile.start_s, (tile.end_s - tile.start_s) / len(tile.low), tile.low, tile.high))
        for start_s, column_s, lowest, highest in pictures:
            if len(lowest):
                where, starts, end = on_pixels(self.span, pixels, start_s, column_s, len(lowest))
                if len(starts):
                    low[where] = np.minimum.reduceat(lowest[:end], starts)
                    high[where] = np.maximum.reduceat(highest[:end], starts)
        # Neighbours touch, so that a wave of fewer samples than pixels is a line and not a row of dots.
        low[1:], high[1:] = np.fmin(low[1:], high[:-1]), np.fmax(high[1:], low[:-1])
        middle, scale = plot.center().y(), 0.46 * plot.height() / self.swing
        painter.setPen(QPen(theme.colour("wave"), 1 / ratio))
        tops, bottoms = middle - high * scale, middle - low * scale + 0.5
        at = [plot.left() + k / ratio for k in range(pixels)]
        drawn = np.flatnonzero(~np.isnan(low)).tolist()
        painter.drawLines([QLineF(at[k], tops[k], at[k], bottoms[k]) for k in drawn])
