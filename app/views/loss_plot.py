"""A plot of curves over training steps: axes, smoothing, a logarithmic scale, several runs over each other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QSize, Qt
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QMouseEvent, QPen
from PySide6.QtWidgets import QWidget

from app import theme
from app.run_row import Curve
from app.views.curve_line import Line, line_pen
from app.views.run_words import number_text


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


class LossPlot(pg.PlotWidget):  # type: ignore[misc]  # pyqtgraph publishes no types
    """Shows one value over the steps of one run or of several; the pointer or the arrow keys read it off.

    The wheel zooms, a drag pans, a double click shows all again.

    Args:
        parent: Owner.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.lines: tuple[Line, ...] = ()
        self._drawn: list[NDArray[np.float64]] = []
        self._at: float | None = None  # the step that is read off
        self._shown: tuple[str, Sequence[Line], float, bool] = ("", (), 0.0, False)
        self._cursor = pg.InfiniteLine(angle=90)
        self._empty = pg.TextItem(self.tr("Nothing measured yet"), anchor=(0.5, 0.5))
        self.setAntialiasing(True)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(theme.space(50), theme.space(28))
        plot = self.getPlotItem()
        plot.setMenuEnabled(False)
        plot.hideButtons()
        plot.showGrid(x=True, y=True, alpha=0.25)
        plot.setDownsampling(auto=True, mode="peak")
        plot.setClipToView(True)
        theme.themed.connect(self._themed)
        self._themed()

    def show_lines(self, title: str, lines: Sequence[Line], smoothing: float = 0.0, log: bool = False) -> None:
        """Show curves.

        Args:
            title: What they show, with its unit; it stands above the plot already.
            lines: The curves, in the order of their runs.
            smoothing: See `smoothed`; what was measured then stays as a faint line.
            log: Whether the values stand on a logarithmic scale; those that are not above 0 are left out.
        """
        self._shown = (title, lines, smoothing, log)
        self.lines = tuple(_positive(line) if log else line for line in lines)
        self._drawn = [smoothed(line.curve.values, smoothing) for line in self.lines]
        plot = self.getPlotItem()
        plot.clear()
        plot.setLogMode(x=False, y=log)
        for index, (line, drawn) in enumerate(zip(self.lines, self._drawn, strict=True)):
            if smoothing and len(drawn) > 1:
                faint = line_pen(index, 1.0)
                shade = QColor(faint.color())
                shade.setAlpha(80)
                faint.setColor(shade)
                plot.plot(line.curve.steps, line.curve.values, pen=faint)
            pen = line_pen(index)
            dot = {"symbol": "o", "symbolSize": 6, "symbolBrush": pen.color()} if len(drawn) == 1 else {}
            plot.plot(line.curve.steps, drawn, pen=pen, **dot)
        plot.addItem(self._cursor, ignoreBounds=True)
        self._empty.setVisible(not any(len(values) for values in self._drawn))
        if self._empty.isVisible():
            plot.addItem(self._empty, ignoreBounds=True)
            self._empty.setPos(plot.getViewBox().viewRect().center())
        self.setAccessibleName(title)
        self._tell()

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
        return "  ·  ".join(words)

    def sizeHint(self) -> QSize:
        """As wide and high as there is room."""
        return QSize(theme.space(120), theme.space(28))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Read off the step under the pointer."""
        super().mouseMoveEvent(event)
        box = self.getPlotItem().getViewBox()
        at = self.mapToScene(event.position().toPoint())
        inside = box.sceneBoundingRect().contains(at)
        self._read(float(box.mapSceneToView(QPointF(at)).x()) if inside else None)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Show all again."""
        self.getPlotItem().enableAutoRange()

    def leaveEvent(self, event: QEvent) -> None:
        """Read off the last step again."""
        super().leaveEvent(event)
        self._read(None)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show where the keys go."""
        super().focusInEvent(event)
        self.getPlotItem().getViewBox().setBorder(QPen(theme.colour("focus"), 2))

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Take the ring away."""
        super().focusOutEvent(event)
        self.getPlotItem().getViewBox().setBorder(None)

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
            self._tell()

    def _tell(self) -> None:
        """Say and mark what is read off."""
        words = self.readout()
        self.getPlotItem().setTitle(words, color=theme.colour("muted"), justify="left")
        self._cursor.setVisible(self._at is not None)
        if self._at is not None:
            self._cursor.setPos(self._at)
        self.setAccessibleDescription(words)

    def _themed(self) -> None:
        """Take the theme's colours and size of text."""
        self.setBackground(theme.colour("plot"))
        plot = self.getPlotItem()
        for side in ("left", "bottom"):
            axis = plot.getAxis(side)
            axis.setPen(QPen(theme.colour("grid")))
            axis.setTextPen(QPen(theme.colour("muted")))
            axis.setTickFont(self.font())
            axis.enableAutoSIPrefix(False)
        plot.setLabel("bottom", self.tr("step"), color=theme.colour("muted").name())
        self._cursor.setPen(QPen(theme.colour("muted")))
        self._empty.setColor(theme.colour("muted"))
        self.show_lines(*self._shown)


def _positive(line: Line) -> Line:
    kept = line.curve.values > 0
    return Line(line.run, Curve(line.curve.steps[kept], line.curve.values[kept]))
