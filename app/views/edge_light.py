"""The screen's edge lights up: a frame above everything that lets the mouse through; or only a window's edge."""

from __future__ import annotations

from time import monotonic

from PySide6.QtCore import QRectF, Qt, QTimer
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QRegion, QScreen
from PySide6.QtWidgets import QWidget

TURN_MS = 250
"""On and off take so long each, so it lights up twice a second at most."""
LIGHTS = {"soft": 1, "strong": 6}
"""How often it lights up for one alert."""
SOFT_TURNS = 8
"""How many turns the one soft light lasts."""
COLOUR = "#ffb000"


class EdgeLight(QWidget):
    """The edge of one screen, or of one window where the desktop keeps programs from painting on the screen.

    Args:
        place: Which.
    """

    def __init__(self, place: QScreen | QWidget) -> None:
        flags = (
            Qt.WindowType.ToolTip
            | Qt.WindowType.FramelessWindowHint
            | Qt.WindowType.WindowStaysOnTopHint
            | Qt.WindowType.WindowTransparentForInput
            | Qt.WindowType.WindowDoesNotAcceptFocus
        )
        window = place if isinstance(place, QWidget) else None
        super().__init__(window, Qt.WindowType.Widget if window else flags)
        self.setAttribute(Qt.WidgetAttribute.WA_TranslucentBackground)
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        if isinstance(place, QScreen):
            self.setGeometry(place.geometry())
        self.lit = False
        self.strong = False
        self.lights: list[float] = []  # when it lit up
        self._turns = 0
        self._timer = QTimer(self, interval=TURN_MS)
        self._timer.timeout.connect(self._turn)

    @property
    def active(self) -> bool:
        """Whether an alert is still being shown."""
        return self._timer.isActive()

    def light(self, strong: bool) -> None:
        """Light up, unless it does already."""
        if self.active:
            return
        self.strong = strong
        self._turns = 2 * LIGHTS["strong"] if strong else SOFT_TURNS
        if window := self.parentWidget():
            self.setGeometry(window.rect())
        width = self._width()
        inside = self.rect().adjusted(width, width, -width, -width)
        self.setMask(QRegion(self.rect()) - QRegion(inside))  # where nothing composes windows, none is transparent
        self._set(True)
        self._timer.start()

    def stop(self) -> None:
        """Be dark at once."""
        self._timer.stop()
        self.lit = False
        self.hide()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The frame."""
        painter = QPainter(self)
        width = self._width()
        tint = QColor(COLOUR)
        tint.setAlpha(255 if self.strong else 200)
        pen = QPen(tint, width)
        pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
        painter.setPen(pen)
        half = width / 2
        painter.drawRect(QRectF(self.rect()).adjusted(half, half, -half, -half))
        painter.end()

    def _width(self) -> int:
        return 24 if self.strong else 12

    def _turn(self) -> None:
        self._turns -= 1
        if self._turns <= 0:
            self.stop()
        elif self.strong:
            self._set(not self.lit)

    def _set(self, lit: bool) -> None:
        self.lit = lit
        self.setVisible(lit)
        if lit:
            self.lights.append(monotonic())
            self.raise_()
