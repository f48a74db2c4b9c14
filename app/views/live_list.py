"""The list of what was said: a click plays the moment again."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QKeyEvent, QPainter, QResizeEvent
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from app import theme
from app.views.live_model import Index, LiveLine, LiveModel

PADDING = 8
SMALL = 0.9
WRAP = Qt.TextFlag.TextWordWrap


class LiveDelegate(QStyledItemDelegate):
    """Paints a line: its time, its band as icon and word, its sentence."""

    def __init__(self, view: QListView, model: LiveModel) -> None:
        super().__init__(view)
        self._view, self._model = view, model
        self.playing = 0
        self.follow_theme()

    def follow_theme(self) -> None:
        """Measure anew in the fonts at work."""
        self._font, self._small = QFont(self._view.font()), QFont(self._view.font())
        self._small.setPointSizeF(self._view.font().pointSizeF() * SMALL)
        self._metrics, self._small_metrics = QFontMetrics(self._font), QFontMetrics(self._small)
        self._time_width = self._small_metrics.horizontalAdvance("00:00:00")
        words = max(self._small_metrics.horizontalAdvance(word) for word in self._model.band_words.values())
        self._band_width = words + self._small_metrics.height() + 4
        self._heights: dict[tuple[str, int], int] = {}

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """As high as the sentence."""
        bar = self._view.verticalScrollBar().sizeHint().width()
        width = self._view.width() - 2 * self._view.frameWidth() - bar
        key = (self._model.line(index).text, width)
        if key not in self._heights:
            area = self._sentence(QRect(0, 0, width, 0))
            needed = self._metrics.boundingRect(QRect(0, 0, area.width(), 10_000), WRAP, key[0]).height()
            top = area.top()
            self._heights[key] = max(needed, self._metrics.height()) + top + PADDING
        return QSize(width, self._heights[key])

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """One line."""
        line, rect = self._model.line(index), option.rect
        painter.save()
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        if selected or hovered:
            painter.fillRect(rect, theme.colour("accent_soft" if selected else "hover"))
        left = QRect(rect.left() + PADDING, rect.top() + PADDING, self._time_width, self._metrics.height())
        painter.setFont(self._small)
        painter.setPen(theme.colour("muted"))
        middle = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.drawText(left, middle, f"{line.clock:%H:%M:%S}")
        left.moveLeft(left.right() + 2 * PADDING)
        left.setWidth(self._band_width)
        self._paint_band(painter, line, left)
        area = self._sentence(rect)
        painter.setFont(self._font)
        painter.setPen(theme.colour("text" if line.number else "muted"))
        painter.drawText(area, WRAP, line.text)
        if line.number and (selected or hovered or self.playing == line.number):
            size = theme.icon_size().width()
            name = "volume" if self.playing == line.number else "play"
            corner = QRect(rect.right() - PADDING - size, rect.top() + (rect.height() - size) // 2, size, size)
            theme.icon(name, "accent").paint(painter, corner)
        painter.setPen(theme.colour("border"))
        painter.drawLine(rect.left() + PADDING, rect.bottom(), rect.right() - PADDING, rect.bottom())
        painter.restore()

    def _paint_band(self, painter: QPainter, line: LiveLine, room: QRect) -> None:
        if line.number and not line.band:
            return
        name, tint = (line.band, line.band) if line.band else ("warning", "warning")
        size = self._small_metrics.height()
        theme.icon(name, tint).paint(painter, QRect(room.left(), room.center().y() - size // 2, size, size))
        if line.band:
            painter.setPen(theme.colour(tint))
            room = room.adjusted(size + 4, 0, 0, 0)
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, self._model.band_words[line.band])

    def _sentence(self, rect: QRect) -> QRect:
        """Beside time and band, or under them where the list is narrow."""
        before = self._time_width + self._band_width + 5 * PADDING
        right = 2 * PADDING + theme.icon_size().width()
        if rect.width() < 2.2 * before:
            return rect.adjusted(PADDING, PADDING + self._metrics.height() + 2, -right, -PADDING // 2)
        return rect.adjusted(before, PADDING, -right, 0)


class LiveList(QListView):
    """Shows the lines, newest on top; stays where one has scrolled to."""

    replay_requested = Signal(object)  # LiveLine

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.lines = LiveModel(self)
        self.setModel(self.lines)
        self._painter = LiveDelegate(self, self.lines)
        self.setItemDelegate(self._painter)
        self.setAccessibleName(self.tr("What was heard"))
        self.setMouseTracking(True)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.clicked.connect(self._ask)
        self.lines.dataChanged.connect(self._changed)
        theme.themed.connect(self._follow_theme)

    def show_playing(self, number: int) -> None:
        """Mark the line that is heard; 0 for none."""
        self._painter.playing = number
        self.viewport().update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter plays; Space is the page's."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self._ask(self.currentIndex())
        elif event.key() == Qt.Key.Key_Space:
            event.ignore()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lay the sentences out anew."""
        super().resizeEvent(event)
        self.scheduleDelayedItemsLayout()

    def changeEvent(self, event: QEvent) -> None:
        """Follow another font."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and hasattr(self, "_painter"):
            self._follow_theme()

    def _ask(self, index: QModelIndex) -> None:
        line = self.lines.line(index)
        if line.number:
            self.replay_requested.emit(line)

    def _changed(self, index: QModelIndex) -> None:
        self._painter.sizeHintChanged.emit(index)

    def _follow_theme(self) -> None:
        self._painter.follow_theme()
        self.scheduleDelayedItemsLayout()
