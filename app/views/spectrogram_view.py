"""The spectrogram of a recording: levels by time and frequency, with its axis, legend and what the pointer is on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QImage, QPainter, QPen
from PySide6.QtWidgets import QWidget

from aaccore.events import LEVEL_FLOOR_DB, LEVEL_STEP_DB, OverviewPart, SpectrogramTile
from app import theme
from app.settings import ColourMap
from app.views.axis_ticks import hz_ticks, time_text
from app.views.clock import clock
from app.views.colour_maps import colour_table
from app.views.span import on_pixels
from app.views.time_strip import TimeStrip

LEAST_TOP_DB = -60.0
"""Silence stays dark: the strongest colour never stands for less than this."""


class SpectrogramView(TimeStrip):
    """Shows the overview of a recording, and tiles over it where they are there."""

    SHADE = 24  # the colours have to stay readable

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Spectrogram"))
        self.setMinimumHeight(48)
        self.row_hz: NDArray[np.float32] = np.zeros(0, np.float32)
        self.colour_map: ColourMap = "viridis"
        self.range_db = 80.0
        self.top_db = LEAST_TOP_DB
        self.tiles: list[SpectrogramTile] = []
        self._overview: NDArray[np.uint8] = np.zeros((0, 0), np.uint8)  # (columns, rows)
        self._filled = 0
        self._column_s = 0.0
        self._overview_hz: NDArray[np.float32] = np.zeros(0, np.float32)
        self._levels: NDArray[np.uint8] | None = None  # (rows, pixels) from above, as painted
        self._known: NDArray[np.bool_] = np.zeros(0, bool)  # (pixels,)

    def clear(self) -> None:
        """Show nothing."""
        self.tiles, self._filled, self.top_db, self._levels = [], 0, LEAST_TOP_DB, None
        self._column_s = 0.0
        self._overview = np.zeros((0, 0), np.uint8)
        self.repaint_still()

    def show_rows(self, row_hz: NDArray[np.float32]) -> None:
        """Let frequency run like that along the axis; tiles with other rows are gone."""
        self.row_hz, self.tiles = row_hz, []
        self.repaint_still()

    def show_colours(self, colour_map: ColourMap, range_db: float) -> None:
        """Paint in these colours, over that many dB below the strongest."""
        self.colour_map, self.range_db = colour_map, range_db
        self.repaint_still()

    def show_overview(self, part: OverviewPart) -> None:
        """Add columns of the whole recording."""
        if part.column_s != self._column_s:
            self._filled = 0
        end = part.first + len(part.levels)
        if end > len(self._overview):
            grown = np.zeros((max(end, 2 * len(self._overview)), len(part.row_hz)), np.uint8)
            if self._filled:
                grown[: self._filled] = self._overview[: self._filled]
            self._overview = grown
        self._overview[part.first : end] = part.levels
        self._column_s, self._overview_hz, self._filled = part.column_s, part.row_hz, max(self._filled, end)
        if part.levels.size:
            strongest = LEVEL_FLOOR_DB + LEVEL_STEP_DB * int(part.levels.max())
            self.top_db = max(self.top_db, strongest)
        self.repaint_still()

    def show_tiles(self, tiles: list[SpectrogramTile]) -> None:
        """Paint these over the overview, the last one on top."""
        self.tiles = tiles
        self.repaint_still()

    def point_at(self, time_s: float, height: float) -> tuple[float, float | None]:
        """What lies there.

        Args:
            time_s: The time.
            height: Share of the plot's height, from below.

        Returns:
            The frequency, Hz, and the level, dB, where it is known by now.
        """
        hz = float(np.interp(height, np.linspace(0, 1, len(self.row_hz)), self.row_hz))
        if self._levels is None:
            return hz, None
        rows, pixels = self._levels.shape
        pixel = min(pixels - 1, int((time_s - self.span.start_s) / self.span.length_s * pixels))
        level = int(self._levels[min(rows - 1, int((1 - height) * rows)), pixel])
        return hz, LEVEL_FLOOR_DB + LEVEL_STEP_DB * level if self._known[pixel] else None

    def paint_moment(self, painter: QPainter, plot: QRectF, moment_s: float) -> None:
        """The line of a word, with its time beside it."""
        super().paint_moment(painter, plot, moment_s)
        short = self.duration_s < 60
        text = f"{time_text(moment_s, 0.1, self.duration_s)} s" if short else clock(moment_s, tenths=True)
        metrics = QFontMetricsF(self.font())
        width, x = metrics.horizontalAdvance(text) + theme.space(2), self.x_of(moment_s)
        left = x + theme.space(2) if x + theme.space(2) + width < plot.right() else x - theme.space(2) - width
        box = QRectF(left, plot.top() + theme.space(2), width, metrics.height() + theme.space(1))
        painter.setBrush(theme.colour("surface"))
        painter.setPen(QPen(theme.colour("mark"), 1))
        painter.drawRoundedRect(box, 4, 4)
        painter.setPen(theme.colour("text"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)

    def paint_still(self, painter: QPainter, plot: QRectF) -> None:
        """The picture, its axis and its legend."""
        painter.fillRect(plot, theme.colour("plot"))
        if self.span.length_s > 0 and len(self.row_hz):
            self._paint_levels(painter, plot)
            self._paint_axis(painter, plot)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(theme.colour("border"), 1))
        painter.drawRect(plot.adjusted(-0.5, -0.5, 0.5, 0.5))

    def _paint_levels(self, painter: QPainter, plot: QRectF) -> None:
        pixels = max(1, round(plot.width() * self.devicePixelRatioF()))
        canvas = np.zeros((len(self.row_hz), pixels), np.uint8)
        known = np.zeros(pixels, bool)
        if self._filled:
            rows = np.round(np.interp(self.row_hz, self._overview_hz, np.arange(len(self._overview_hz)))).astype(int)
            overview = self._overview[: self._filled]
            where, starts, end = on_pixels(self.span, pixels, 0.0, self._column_s, self._filled)
            if len(starts):
                first = int(starts[0])
                shown = np.maximum.reduceat(overview[first:end], starts - first, axis=0)
                canvas[:, where], known[where] = shown[:, rows].T, True
        for tile in self.tiles:
            column_s = (tile.end_s - tile.start_s) / len(tile.levels)
            where, starts, end = on_pixels(self.span, pixels, tile.start_s, column_s, len(tile.levels))
            if len(starts):
                canvas[:, where] = np.maximum.reduceat(tile.levels[:end], starts, axis=0).T
                known[where] = True
        self._levels, self._known = np.ascontiguousarray(canvas[::-1]), known
        image = QImage(self._levels.data, pixels, len(self.row_hz), pixels, QImage.Format.Format_Indexed8)
        image.setColorTable(colour_table(self.colour_map, self.top_db - self.range_db, self.top_db))
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(plot, image.convertToFormat(QImage.Format.Format_RGB32))
        for start, end in _runs(~known):
            left = plot.left() + start / pixels * plot.width()
            width = (end - start) / pixels * plot.width()
            painter.fillRect(QRectF(left, plot.top(), width, plot.height()), theme.colour("plot"))

    def _paint_axis(self, painter: QPainter, plot: QRectF) -> None:
        metrics = QFontMetricsF(self.font())
        room = plot.left() - theme.space(2)
        painter.setPen(theme.colour("muted"))
        for k, (share, text) in enumerate(hz_ticks(self.row_hz, plot.height(), metrics.height() * 1.3)):
            if k == 0:
                text = f"{text[:-1]} kHz" if text.endswith("k") else f"{text} Hz"
            y = plot.bottom() - share * plot.height()
            painter.fillRect(QRectF(plot.left() - 4, y - 0.5, 4, 1), theme.colour("outline"))
            top = min(max(plot.top(), y - metrics.height() / 2), plot.bottom() - metrics.height())
            painter.drawText(QRectF(0, top, room, metrics.height()), Qt.AlignmentFlag.AlignRight, text)


def _runs(wanted: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Stretches that are wanted, each with its first index and the one after its last."""
    edges = np.flatnonzero(np.diff(wanted.astype(np.int8), prepend=0, append=0))
    return [(int(start), int(end)) for start, end in edges.reshape(-1, 2)]
