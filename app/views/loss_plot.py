"""A plot of curves over training steps: axes, smoothing, a logarithmic scale, several runs over each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QLineF, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from app import theme
from app.run_row import Curve
from app.views.plot_ticks import linear_ticks, log_ticks, number_text

LINES = 6
DASHES = (Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine, Qt.PenStyle.DashDotLine, Qt.PenStyle.DotLine)
"""Runs differ by colour and by the dashes of their lines."""


@dataclass(frozen=True, eq=False)
class Line:
    """A curve in a plot, and the run that it belongs to."""

    run: str
    curve: Curve


def line_pen(index: int, width: float = 2.0) -> QPen:
    """How the line of the run at a place in the choice is drawn."""
    return QPen(theme.colour(f"line_{index % LINES + 1}"), width, DASHES[index % len(DASHES)])


def smoothed(values: NDArray[np.float64], weight: float) -> NDArray[np.float64]:
    """Exponential moving average, corrected for its start.

    Args:
        values: What was measured, (points,).
        weight: Share of the past, from 0 (none) to below 1.
    """
    if weight <= 0 or len(values) < 2:
        return values
    found, past, held = np.empty_like(values), 0.0, 0.0
    for index, value in enumerate(values):
        past, held = weight * past + (1 - weight) * value, weight * held + (1 - weight)
        found[index] = past / held
    return found


class LossPlot(QWidget):
    """Shows one value over the steps of one run or of several; the pointer or the arrow keys read it off.

    Args:
        parent: Owner.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.lines: tuple[Line, ...] = ()
        self._drawn: list[NDArray[np.float64]] = []
        self._smoothing, self._log = 0.0, False
        self._at: float | None = None  # the step that is read off
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(theme.space(50), theme.space(28))
        theme.themed.connect(self.update)

    def show_lines(self, title: str, lines: Sequence[Line], smoothing: float = 0.0, log: bool = False) -> None:
        """Show curves.

        Args:
            title: What they show, with its unit; it stands above the plot already.
            lines: The curves, in the order of their runs.
            smoothing: See `smoothed`; what was measured then stays as a faint line.
            log: Whether the values stand on a logarithmic scale; those that are not above 0 are left out.
        """
        self._smoothing, self._log = smoothing, log
        self.lines = tuple(_positive(line) if log else line for line in lines)
        self._drawn = [smoothed(line.curve.values, smoothing) for line in self.lines]
        self.setAccessibleName(title)
        self.setAccessibleDescription(self.readout())
        self.update()

    def readout(self) -> str:
        """The values at the step that is pointed at, or the last ones, in words."""
        words = []
        for line, values in zip(self.lines, self._drawn, strict=True):
            if len(values):
                index = len(values) - 1 if self._at is None else int(np.abs(line.curve.steps - self._at).argmin())
                run = f"{line.run}: " if len(self.lines) > 1 else ""
                words.append(
                    self.tr("{run}{value} at step {step}").format(
                        run=run, value=number_text(float(values[index])), step=int(line.curve.steps[index])
                    )
                )
        return "   ".join(words)

    def sizeHint(self) -> QSize:
        """As wide as there is room."""
        return QSize(theme.space(120), theme.space(50))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Read off the step under the pointer."""
        plot, (low, high) = self._plot(), self._steps()
        share = (event.position().x() - plot.left()) / max(1.0, plot.width())
        self._read(low + share * (high - low) if 0 <= share <= 1 else None)

    def leaveEvent(self, event: QEvent) -> None:
        """Read off the last step again."""
        self._read(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and Right read off the step before and after, Home and End the first and the last."""
        steps = np.unique(np.concatenate([line.curve.steps for line in self.lines])) if self.lines else np.zeros(0)
        moves = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Home: -len(steps), Qt.Key.Key_End: len(steps)}
        if event.key() not in moves or not len(steps):
            super().keyPressEvent(event)
            return
        at = len(steps) - 1 if self._at is None else int(np.abs(steps - self._at).argmin())
        self._read(float(steps[int(np.clip(at + moves[Qt.Key(event.key())], 0, len(steps) - 1))]))

    def _read(self, step: float | None) -> None:
        if step != self._at:
            self._at = step
            self.setAccessibleDescription(self.readout())
            self.update()

    def _metrics(self) -> QFontMetricsF:
        return QFontMetricsF(self.font())

    def _plot(self) -> QRectF:
        """Where the curves lie: what is read off above, numbers at the left and below."""
        metrics = self._metrics()
        left, gap = metrics.horizontalAdvance("0.0000") + theme.space(3), theme.space(1)
        top, bottom = metrics.height() + gap, metrics.height() + 2 * gap
        return QRectF(left, top, max(1.0, self.width() - left - theme.space(3)), max(1.0, self.height() - top - bottom))

    def _steps(self) -> tuple[float, float]:
        ends = [float(line.curve.steps[-1]) for line in self.lines if len(line.curve.steps)]
        return 0.0, max([1.0, *ends])

    def _values(self) -> tuple[float, float]:
        """The range of the value axis, with some room at both ends."""
        filled = [values for values in self._drawn if len(values)]
        if not filled:
            return (0.1, 1.0) if self._log else (0.0, 1.0)
        if self._smoothing == 0:
            low, high = min(float(v.min()) for v in filled), max(float(v.max()) for v in filled)
        else:  # single outliers of the faint line may leave the plot
            raw = [line.curve.values for line in self.lines if len(line.curve.values)]
            low = min(float(min(np.percentile(r, 2), v.min())) for r, v in zip(raw, filled, strict=True))
            high = max(float(max(np.percentile(r, 98), v.max())) for r, v in zip(raw, filled, strict=True))
        if self._log:
            return low / 1.1, high * 1.1
        room = 0.06 * (high - low) or max(abs(high) * 0.1, 1e-6)
        return (0.0 if low >= 0 and low < 0.5 * high else low - room), high + room

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw axes, curves and what is read off."""
        plot, steps, values = self._plot(), self._steps(), self._values()
        with QPainter(self) as painter:
            painter.fillRect(plot, theme.colour("plot"))
            self._paint_words(painter, plot)
            self._paint_axes(painter, plot, steps, values)
            painter.setClipRect(plot)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            for index, (line, drawn) in enumerate(zip(self.lines, self._drawn, strict=True)):
                if self._smoothing and len(drawn) > 1:
                    faint = line_pen(index, 1.0)
                    shade = QColor(faint.color())
                    shade.setAlpha(80)
                    painter.setPen(QPen(shade, 1.0))
                    self._paint_line(painter, self._points(line.curve.steps, line.curve.values, plot, steps, values))
                painter.setPen(line_pen(index))
                self._paint_line(painter, self._points(line.curve.steps, drawn, plot, steps, values))
            if self._at is not None:
                x = plot.left() + (self._at - steps[0]) / (steps[1] - steps[0]) * plot.width()
                painter.setPen(QPen(theme.colour("muted"), 1))
                painter.drawLine(QLineF(x, plot.top(), x, plot.bottom()))
            if self.hasFocus():
                painter.setClipping(False)
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.setPen(QPen(theme.colour("focus"), 2))
                painter.drawRect(plot)

    def _paint_words(self, painter: QPainter, plot: QRectF) -> None:
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.setPen(theme.colour("muted"))
        room = QRectF(plot.left(), 0, plot.width(), self._metrics().height())
        words = self._metrics().elidedText(self.readout(), Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, left, words)
        if not any(len(values) for values in self._drawn):
            painter.drawText(plot, Qt.AlignmentFlag.AlignCenter, self.tr("Nothing measured yet"))

    def _paint_axes(
        self, painter: QPainter, plot: QRectF, steps: tuple[float, float], values: tuple[float, float]
    ) -> None:
        metrics, grid, ink = self._metrics(), QPen(theme.colour("grid"), 1), theme.colour("muted")
        most = max(2, int(plot.height() / (2.2 * metrics.height())))
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for value in (log_ticks if self._log else linear_ticks)(*values, most):
            y = self._y(np.array([value]), plot, values)[0]
            painter.setPen(grid)
            painter.drawLine(QLineF(plot.left(), y, plot.right(), y))
            painter.setPen(ink)
            place = QRectF(0, y - metrics.height() / 2, plot.left() - theme.space(2), metrics.height())
            painter.drawText(place, right, number_text(value))
        below = plot.bottom() + theme.space(1)
        unit = self.tr("step")
        unit_width = metrics.horizontalAdvance(unit)
        painter.setPen(ink)
        painter.drawText(QRectF(plot.right() - unit_width, below, unit_width + 1, metrics.height()), right, unit)
        wide = metrics.horizontalAdvance("000.0k") * 1.6
        for step in linear_ticks(*steps, max(1, int(plot.width() / wide))):
            x = plot.left() + (step - steps[0]) / (steps[1] - steps[0]) * plot.width()
            painter.setPen(grid)
            painter.drawLine(QLineF(x, plot.top(), x, plot.bottom()))
            text = number_text(step)
            width = metrics.horizontalAdvance(text)
            if x + width / 2 < plot.right() - unit_width - theme.space(2):
                painter.setPen(ink)
                painter.drawText(QPointF(x - width / 2, below + metrics.ascent()), text)

    def _y(self, given: NDArray[np.float64], plot: QRectF, values: tuple[float, float]) -> NDArray[np.float64]:
        low, high = values
        if self._log:
            given, low, high = np.log10(given), float(np.log10(low)), float(np.log10(high))
        share: NDArray[np.float64] = plot.bottom() - (given - low) / (high - low) * plot.height()
        return share

    def _points(
        self,
        at: NDArray[np.float64],
        given: NDArray[np.float64],
        plot: QRectF,
        steps: tuple[float, float],
        values: tuple[float, float],
    ) -> list[QPointF]:
        x = plot.left() + (at - steps[0]) / (steps[1] - steps[0]) * plot.width()
        y = self._y(given, plot, values)
        every = max(1, len(x) // max(1, 4 * round(plot.width())))
        return [QPointF(float(a), float(b)) for a, b in zip(x[::every], y[::every], strict=True)]

    @staticmethod
    def _paint_line(painter: QPainter, points: list[QPointF]) -> None:
        if len(points) > 1:
            painter.drawPolyline(QPolygonF(points))
        elif points:
            painter.setBrush(painter.pen().color())
            painter.drawEllipse(points[0], 3, 3)


def _positive(line: Line) -> Line:
    kept = line.curve.values > 0
    return Line(line.run, Curve(line.curve.steps[kept], line.curve.values[kept]))
