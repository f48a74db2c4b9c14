"""A painted strip of a recording with time from left to right, which can be zoomed, dragged and clicked."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QPolygonF,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from app import theme
from app.views.span import Span

ZOOM_A_NOTCH = 1.25
DRAG_PX = 4
"""A press that moves less than this is a click."""


class TimeStrip(QWidget):
    """Keeps what strips have in common: the visible span, marks, the cursor, and what the mouse means.

    A subclass paints what lies still in `paint_still`, once; what moves is painted over it.
    """

    SHADE = 50
    """Alpha of a chosen stretch, up to 255."""

    span_wanted = Signal(float, float)
    time_clicked = Signal(float)
    stretch_chosen = Signal(float, float)
    pointed = Signal(object, float)  # the time under the pointer or None, and the height as a share of the plot

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.duration_s = 0.0
        self.span = Span(0.0, 0.0)
        self.cursor_s: float | None = None
        self.moment_s: float | None = None
        self.selection: Span | None = None
        self.segments: list[Span] = []
        self._still: QPixmap | None = None
        self._pressed: tuple[QPointF, Span] | None = None
        self._dragged = False
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        theme.themed.connect(self.repaint_still)

    def plot(self) -> QRectF:
        """Where the sound is painted; beside and around it are the axes."""
        return QRectF(self.left_room(), 0, self.width() - self.left_room() - theme.space(3), self.height())

    def left_room(self) -> int:
        """Pixels for the axis at the left, alike in all strips."""
        return self.fontMetrics().horizontalAdvance("500 Hz") + theme.space(2)

    def x_of(self, time_s: float) -> float:
        """Where a time lies, pixels."""
        plot = self.plot()
        return plot.left() + (time_s - self.span.start_s) / max(1e-9, self.span.length_s) * plot.width()

    def time_of(self, x: float) -> float:
        """Which time lies there, s, within the recording."""
        plot = self.plot()
        time_s = self.span.start_s + (x - plot.left()) / max(1.0, plot.width()) * self.span.length_s
        return min(max(0.0, time_s), self.duration_s)

    def show_span(self, duration_s: float, span: Span) -> None:
        """Show that stretch of a recording of that length."""
        self.duration_s, self.span = duration_s, span
        self.repaint_still()

    def show_segments(self, segments: list[Span]) -> None:
        """Mark the captioned segments."""
        self.segments = segments
        self.update()

    def show_selection(self, selection: Span | None) -> None:
        """Mark the chosen stretch."""
        self.selection = selection
        self.update()

    def show_cursor(self, time_s: float | None) -> None:
        """Mark the moment that plays."""
        self.cursor_s = time_s
        self.update()

    def show_moment(self, time_s: float | None) -> None:
        """Mark when the word was heard that is pointed at."""
        self.moment_s = time_s
        self.update()

    def repaint_still(self) -> None:
        """Paint everything anew."""
        self._still = None
        self.update()

    def paint_still(self, painter: QPainter, plot: QRectF) -> None:
        """Paint what does not move."""
        raise NotImplementedError

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the picture that is kept, and over it what moves."""
        ratio = self.devicePixelRatioF()
        plot = self.plot()
        if self._still is None:
            self._still = QPixmap(round(self.width() * ratio), round(self.height() * ratio))
            self._still.setDevicePixelRatio(ratio)
            self._still.fill(Qt.GlobalColor.transparent)
            still = QPainter(self._still)
            self.paint_still(still, plot)
            still.end()
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._still)
        if self.span.length_s > 0:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setClipRect(plot.adjusted(-theme.space(2), 0, theme.space(2), 0))
            self._paint_marks(painter, plot)
        if self.hasFocus():
            painter.setClipping(False)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme.colour("focus"), 2))
            painter.drawRect(plot)
        painter.end()

    def _paint_marks(self, painter: QPainter, plot: QRectF) -> None:
        """Segments, the chosen stretch, the cursor, and the moment of a word."""
        tint = theme.colour("selection")
        painter.setPen(Qt.PenStyle.NoPen)
        for segment in self.segments:
            if segment.end_s < self.span.start_s or segment.start_s > self.span.end_s:
                continue
            left, right = max(plot.left(), self.x_of(segment.start_s)), min(plot.right(), self.x_of(segment.end_s))
            painter.fillRect(QRectF(left, plot.top(), max(1.0, right - left - 1), 4), _faded(tint, 200))
            painter.fillRect(QRectF(left, plot.top(), 1, plot.height()), _faded(theme.colour("on_accent"), 70))
        if self.selection is not None and self.selection.end_s > self.span.start_s:
            left = max(plot.left(), self.x_of(self.selection.start_s))
            right = min(plot.right(), self.x_of(self.selection.end_s))
            painter.fillRect(QRectF(left, plot.top(), right - left, plot.height()), _faded(tint, self.SHADE))
            for x in (left, right):
                painter.fillRect(QRectF(x - 1, plot.top(), 2, plot.height()), tint)
        if self.cursor_s is not None:
            self.paint_line(painter, plot, self.x_of(self.cursor_s), theme.colour("cursor"))
        if self.moment_s is not None:
            self.paint_moment(painter, plot, self.moment_s)

    def paint_moment(self, painter: QPainter, plot: QRectF, moment_s: float) -> None:
        """The moment of a word."""
        self.paint_line(painter, plot, self.x_of(moment_s), theme.colour("mark"))

    def paint_line(self, painter: QPainter, plot: QRectF, x: float, tint: QColor) -> None:
        """A vertical line that is seen on any ground, with a head."""
        painter.fillRect(QRectF(x - 2, plot.top(), 4, plot.height()), _faded(QColor("black"), 90))
        painter.fillRect(QRectF(x - 1, plot.top(), 2, plot.height()), tint)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tint)
        top = plot.top()
        painter.drawPolygon(QPolygonF([QPointF(x - 6, top), QPointF(x + 6, top), QPointF(x, top + 8)]))

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom about the pointer; sideways, or with Shift, pan."""
        if self.span.length_s <= 0:
            return
        turn = event.angleDelta()
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier or abs(turn.x()) > abs(turn.y()):
            shift_s = -(turn.x() or turn.y()) / 120 * 0.1 * self.span.length_s
            self.span_wanted.emit(self.span.start_s + shift_s, self.span.end_s + shift_s)
        else:
            factor = ZOOM_A_NOTCH ** (-turn.y() / 120)
            at_s = self.time_of(event.position().x())
            self.span_wanted.emit(at_s - (at_s - self.span.start_s) * factor, at_s + (self.span.end_s - at_s) * factor)
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a click or a drag; with Shift a drag chooses a stretch."""
        if event.button() == Qt.MouseButton.LeftButton and self.span.length_s > 0:
            self._pressed, self._dragged = (event.position(), self.span), False

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag the picture, or tell what the pointer is on."""
        plot, at = self.plot(), event.position()
        if self._pressed is not None:
            origin, span = self._pressed
            self._dragged |= abs(at.x() - origin.x()) >= DRAG_PX
            if self._dragged and event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
                self.show_selection(Span(*sorted((self.time_of(origin.x()), self.time_of(at.x())))))
            elif self._dragged:
                self.setCursor(Qt.CursorShape.ClosedHandCursor)
                shift_s = (origin.x() - at.x()) / max(1.0, plot.width()) * span.length_s
                self.span_wanted.emit(span.start_s + shift_s, span.end_s + shift_s)
        if self.span.length_s > 0 and plot.contains(at):
            self.pointed.emit(self.time_of(at.x()), 1 - (at.y() - plot.top()) / max(1.0, plot.height()))
        else:
            self.pointed.emit(None, 0.0)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Seek where it was a click."""
        if self._pressed is not None and event.button() == Qt.MouseButton.LeftButton:
            self.unsetCursor()
            origin, self._pressed = self._pressed[0], None
            if self._dragged and event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
                self.stretch_chosen.emit(*sorted((self.time_of(origin.x()), self.time_of(event.position().x()))))
            elif not self._dragged:
                self.time_clicked.emit(self.time_of(event.position().x()))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Show the whole recording."""
        self.span_wanted.emit(0.0, self.duration_s)

    def leaveEvent(self, event: QEvent) -> None:
        """The pointer is on nothing."""
        self.pointed.emit(None, 0.0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Paint anew in the new size."""
        self.repaint_still()

    def changeEvent(self, event: QEvent) -> None:
        """Paint anew with a new font."""
        self.repaint_still()
        super().changeEvent(event)


def _faded(tint: QColor, alpha: int) -> QColor:
    faded = QColor(tint)
    faded.setAlpha(alpha)
    return faded
