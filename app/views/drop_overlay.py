"""What lies over the window while files are dragged onto it: a frame, and what dropping does."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from app import theme


class DropOverlay(QWidget):
    """Covers its parent; the mouse reaches through it.

    Args:
        parent: The widget to cover.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._covered = parent
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAccessibleName(self.tr("Drop to caption"))
        self.hide()

    def cover(self) -> None:
        """Show it over all of the parent."""
        self.setGeometry(self._covered.rect())
        self.raise_()
        self.show()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Dim what is beneath, and say what a drop does."""
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            veil = theme.colour("window")
            veil.setAlphaF(0.9)
            painter.fillRect(self.rect(), veil)
            inset = theme.space(4)
            frame = QRectF(self.rect()).adjusted(inset, inset, -inset, -inset)
            painter.setPen(QPen(theme.colour("accent"), 2, Qt.PenStyle.DashLine))
            painter.drawRoundedRect(frame, 8, 8)
            edge = theme.icon_size().width() * 2
            picture = theme.pixmap("drop", edge, "accent")
            middle = frame.center()
            painter.drawPixmap(round(middle.x() - edge / 2), round(middle.y() - edge - theme.space(2)), picture)
            font = self.font()
            font.setPointSizeF(font.pointSizeF() * 1.5)
            font.setBold(True)
            painter.setFont(font)
            painter.setPen(theme.colour("text"))
            words = QRectF(frame.left(), middle.y() + theme.space(2), frame.width(), frame.height() / 2)
            above = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop
            painter.drawText(words, above, self.tr("Drop to caption"))
