"""The spectrogram of live sound: a ring of columns, of which only the new ones are drawn into the picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QBrush,
    QFontMetricsF,
    QImage,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
    QResizeEvent,
)
from PySide6.QtWidgets import QWidget

from aaccore.events import LEVEL_FLOOR_DB, LEVEL_STEP_DB
from app import theme
from app.settings import ColourMap
from app.views.axis_ticks import hz_ticks, time_ticks
from app.views.colour_maps import colour_table
from app.views.spectrogram_view import LEAST_TOP_DB

COLUMN_S = 0.025
"""As in `aaccore.live_columns`; a column is a pixel of the screen wide."""
KEPT_COLUMNS = 144_000
"""An hour."""
TOP_STEP_DB = 6.0
"""The brightest level moves in steps: each step paints everything anew."""


@dataclass(frozen=True)
class Gap:
    """Where nothing could be heard, s; `end_s` is None while that lasts."""

    start_s: float
    end_s: float | None
    word: str


class LiveSpectrogram(QWidget):
    """Shows the last columns, or, frozen, those before a moment."""

    time_clicked = Signal(float)
    frozen_changed = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Live spectrogram"))
        self.setMinimumHeight(120)
        self.colour_map: ColourMap = "viridis"
        self.range_db = 80.0
        self._levels: NDArray[np.uint8] = np.zeros((0, 0), np.uint8)  # (columns, rows), a ring
        self._known: NDArray[np.bool_] = np.zeros(0, bool)
        self._canvas = QImage()
        self.clear()
        theme.themed.connect(self._paint_anew)

    @property
    def end(self) -> int:
        """The number after the last column."""
        return self._end

    @property
    def frozen(self) -> bool:
        """Whether it stands still."""
        return self._shown_end is not None

    def clear(self) -> None:
        """A new session begins."""
        self.row_hz: NDArray[np.float32] = np.zeros(0, np.float32)
        self.top_db = LEAST_TOP_DB
        self.gaps: list[Gap] = []
        self.marks: list[float] = []
        self.moment: tuple[float, float] | None = None
        self._known[:] = False
        self._end = 0
        self._shown_end: int | None = None
        self._paint_anew()

    def show_colours(self, colour_map: ColourMap, range_db: float) -> None:
        """Paint in these colours, over that many dB below the strongest."""
        self.colour_map, self.range_db = colour_map, range_db
        self._paint_anew()

    def add(self, first: int, levels: NDArray[np.uint8], row_hz: NDArray[np.float32]) -> None:
        """Take new columns; with other rows than before, what was before is gone."""
        if not np.array_equal(row_hz, self.row_hz):
            self.row_hz = row_hz
            if self._levels.shape[1] != len(row_hz):
                self._levels, self._known = (
                    np.zeros((KEPT_COLUMNS, len(row_hz)), np.uint8),
                    np.zeros(KEPT_COLUMNS, bool),
                )
            self._known[:] = False
            self._paint_anew()
        missing = np.arange(self._end, first)[-KEPT_COLUMNS:] % KEPT_COLUMNS
        self._known[missing] = False
        places = np.arange(first, first + len(levels)) % KEPT_COLUMNS
        self._levels[places], self._known[places] = levels, True
        self._end = first + len(levels)
        strongest = LEVEL_FLOOR_DB + LEVEL_STEP_DB * int(levels.max(initial=0))
        if strongest > self.top_db:
            self.top_db = TOP_STEP_DB * np.ceil(strongest / TOP_STEP_DB)
            self._paint_anew()
        if not self.frozen:
            self.update()

    def add_mark(self, time_s: float) -> None:
        """A caption begins there."""
        self.marks.append(time_s)
        self.marks = [one for one in self.marks if one > (self._end - KEPT_COLUMNS) * COLUMN_S]
        self.update()

    def show_gaps(self, gaps: list[Gap]) -> None:
        """Mark where nothing could be heard."""
        self.gaps = gaps
        self.update()

    def freeze(self, frozen: bool) -> None:
        """Stand still, or go on."""
        if frozen != self.frozen:
            self._show_end(self._end if frozen else None)

    def show_moment(self, start_s: float, end_s: float) -> None:
        """Mark a stretch; what is not in sight any more is brought back, frozen."""
        self.moment = (start_s, end_s)
        last = self._end if self._shown_end is None else self._shown_end
        if not (last - self._width()) * COLUMN_S <= start_s <= last * COLUMN_S:
            middle = round((start_s + min(end_s, start_s + 10.0)) / 2 / COLUMN_S)
            self._show_end(min(self._end, middle + self._width() // 2))
        self.update()

    def picture(self) -> QImage:
        """What is shown, with its axes."""
        return self.grab().toImage()

    def plot(self) -> QRectF:
        """Where sound is painted."""
        metrics = QFontMetricsF(self.font())
        left = round(metrics.horizontalAdvance("500 Hz")) + theme.space(2)
        below = round(metrics.height()) + theme.space(2)
        return QRectF(left, 1, max(1, self.width() - left - theme.space(2)), max(1, self.height() - below - 1))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw what is new into the picture, and the picture with its axes."""
        plot = self.plot()
        painter = QPainter(self)
        last = self._end if self._shown_end is None else self._shown_end
        self._draw_new(last)
        ratio = self.devicePixelRatioF()
        width, height = self._canvas.width(), self._canvas.height()
        split = last % width  # the oldest column's place in the ring
        for source, length, left in ((split, width - split, 0), (0, split, width - split)):
            target = QRectF(plot.left() + left / ratio, plot.top(), length / ratio, height / ratio)
            painter.drawImage(target, self._canvas, QRectF(source, 0, length, height))
        first_s, last_s = (last - width) * COLUMN_S, last * COLUMN_S
        self._paint_axes(painter, plot, first_s, last_s)
        painter.setClipRect(plot)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_marks(painter, plot, first_s, last_s)
        painter.setClipping(False)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(theme.colour("border"), 1))
        painter.drawRect(plot.adjusted(-0.5, -0.5, 0.5, 0.5))
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Tell which moment is meant."""
        plot, last = self.plot(), self._end if self._shown_end is None else self._shown_end
        if event.button() == Qt.MouseButton.LeftButton and plot.contains(event.position()) and len(self.row_hz):
            pixels = (plot.right() - event.position().x()) * self.devicePixelRatioF()
            self.time_clicked.emit(max(0.0, (last - pixels) * COLUMN_S))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Paint anew in the new size."""
        self._paint_anew()

    def changeEvent(self, event: QEvent) -> None:
        """Paint anew with a new font."""
        self._paint_anew()
        super().changeEvent(event)

    def _show_end(self, end: int | None) -> None:
        before = self.frozen
        self._shown_end = end
        self._paint_anew()
        if before != self.frozen:
            self.frozen_changed.emit(self.frozen)

    def _width(self) -> int:
        return max(1, round(self.plot().width() * self.devicePixelRatioF()))

    def _paint_anew(self) -> None:
        self._drawn = -1
        self.update()

    def _draw_new(self, last: int) -> None:
        """Draw the columns before `last` that are not yet in the picture."""
        width, height = self._width(), max(1, round(self.plot().height() * self.devicePixelRatioF()))
        if self._drawn < 0 or (self._canvas.width(), self._canvas.height()) != (width, height):
            self._canvas = QImage(width, height, QImage.Format.Format_RGB32)
            self._canvas.fill(theme.colour("plot"))
            low_db = self.top_db - self.range_db
            self._table = np.array(colour_table(self.colour_map, low_db, self.top_db), np.uint32)
            self._rows = np.round(np.linspace(max(0, len(self.row_hz) - 1), 0, height)).astype(int)
            self._drawn = max(0, last - width)
        first = max(self._drawn, last - width)
        self._drawn = last
        if first >= last or not len(self.row_hz):
            return
        numbers = np.arange(first, last)
        places = numbers % KEPT_COLUMNS
        colours = self._table[self._levels[places][:, self._rows]]  # (columns, pixels)
        colours[~self._known[places]] = theme.colour("plot").rgb()
        pixels = np.frombuffer(self._canvas.bits(), np.uint32).reshape(height, -1)
        pixels[:, numbers % width] = colours.T

    def _paint_axes(self, painter: QPainter, plot: QRectF, first_s: float, last_s: float) -> None:
        metrics = QFontMetricsF(self.font())
        painter.setPen(theme.colour("muted"))
        tick = theme.colour("outline")
        if len(self.row_hz):
            for k, (share, text) in enumerate(hz_ticks(self.row_hz, plot.height(), metrics.height() * 1.3)):
                if k == 0:
                    text = f"{text[:-1]} kHz" if text.endswith("k") else f"{text} Hz"
                y = plot.bottom() - share * plot.height()
                painter.fillRect(QRectF(plot.left() - 4, y - 0.5, 4, 1), tick)
                top = min(max(plot.top(), y - metrics.height() / 2), plot.bottom() - metrics.height())
                box = QRectF(0, top, plot.left() - theme.space(2), metrics.height())
                painter.drawText(box, Qt.AlignmentFlag.AlignRight, text)
        longest_s = max(60.0, last_s)
        for time_s, text in time_ticks(first_s, last_s, longest_s, plot.width(), metrics.horizontalAdvance):
            if time_s < 0:
                continue
            x = plot.left() + (time_s - first_s) / (last_s - first_s) * plot.width()
            painter.fillRect(QRectF(x - 0.5, plot.bottom(), 1, 4), tick)
            box = QRectF(x - 60, plot.bottom() + 4, 120, metrics.height())
            if box.center().x() + metrics.horizontalAdvance(text) / 2 <= self.width():
                painter.drawText(box, Qt.AlignmentFlag.AlignHCenter, text)
        unit = QRectF(0, plot.bottom() + 4, plot.left() - theme.space(2), metrics.height())
        painter.drawText(unit, Qt.AlignmentFlag.AlignRight, self.tr("min:s"))

    def _paint_marks(self, painter: QPainter, plot: QRectF, first_s: float, last_s: float) -> None:
        per_s = plot.width() / (last_s - first_s)
        for gap in self.gaps:
            end_s = last_s if gap.end_s is None else gap.end_s
            if end_s < first_s or gap.start_s > last_s:
                continue
            left = max(plot.left(), plot.left() + (gap.start_s - first_s) * per_s)
            area = QRectF(left, plot.top(), plot.left() + (end_s - first_s) * per_s - left, plot.height())
            painter.fillRect(area, theme.colour("sunken"))
            painter.fillRect(area, QBrush(theme.colour("border"), Qt.BrushStyle.BDiagPattern))
            metrics = QFontMetricsF(self.font())
            word = metrics.elidedText(gap.word, Qt.TextElideMode.ElideRight, area.width() - 8)
            box = QRectF(0, 0, metrics.horizontalAdvance(word) + 8 if word else 0, metrics.height() + 4)
            box.moveCenter(area.center())
            painter.fillRect(box, theme.colour("surface"))
            painter.setPen(theme.colour("text"))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, word)
        if self.moment is not None and self.moment[1] > first_s:
            tint = theme.colour("selection")
            left, right = (plot.left() + (time_s - first_s) * per_s for time_s in self.moment)
            tint.setAlpha(50)
            painter.fillRect(QRectF(left, plot.top(), max(2.0, right - left), plot.height()), tint)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("mark"))
        for time_s in self.marks:
            if first_s <= time_s <= last_s:
                x, top = plot.left() + (time_s - first_s) * per_s, plot.top()
                painter.fillRect(QRectF(x - 0.5, top, 1, plot.height()), theme.colour("mark"))
                painter.drawPolygon(QPolygonF([QPointF(x - 5, top), QPointF(x + 5, top), QPointF(x, top + 8)]))
