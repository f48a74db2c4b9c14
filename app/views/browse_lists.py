"""Ways to look around in the library without a query: days, folders, and what is heard most."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import (
    QListView,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from app import theme
from app.views.day import day_words

Index = QModelIndex | QPersistentModelIndex

COUNT_ROLE = Qt.ItemDataRole.UserRole


class CountedList(QListWidget):
    """Entries with a number of recordings each; a click or Return chooses one.

    Args:
        name: What it is, for people who cannot see it.
        chips: Entries lie side by side as chips, not below each other.
        parent: Owner.
    """

    chosen = Signal(object)  # what the entry stands for

    def __init__(self, name: str, chips: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._values: list[Any] = []
        self.setAccessibleName(name)
        self.setMouseTracking(True)
        self.setUniformItemSizes(not chips)
        self.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        if chips:
            self.setFlow(QListView.Flow.LeftToRight)
            self.setWrapping(True)
            self.setResizeMode(QListView.ResizeMode.Adjust)
            self.setSpacing(theme.space(1))
        self.setItemDelegate(_ChipDelegate(self) if chips else _LineDelegate(self))
        self.itemClicked.connect(self._tell)
        self.itemActivated.connect(self._tell)
        theme.themed.connect(self.scheduleDelayedItemsLayout)

    def show_days(self, days: Sequence[tuple[date, int]]) -> None:
        """Show days as people name them."""
        today = date.today()
        named = {today: self.tr("Today"), today - timedelta(days=1): self.tr("Yesterday")}
        self._show([(named.get(day) or day_words(day, long=True), day, count, "calendar") for day, count in days])

    def show_folders(self, folders: Sequence[tuple[Path, int]]) -> None:
        """Show folders by their whole paths."""
        self._show([(str(folder), folder, count, "folder") for folder, count in folders])

    def show_words(self, words: Sequence[tuple[str, int]]) -> None:
        """Show words for what is heard."""
        self._show([(word, word, count, "") for word, count in words])

    def _show(self, entries: Sequence[tuple[str, Any, int, str]]) -> None:
        """Show other entries, unless they are the same; the current one stays."""
        if [(text, count) for text, _, count, _ in entries] == self.entries():
            return
        row = self.currentRow()
        self.clear()
        self._values = [value for _, value, _, _ in entries]
        for text, _, count, icon in entries:
            item = QListWidgetItem(text)
            item.setData(COUNT_ROLE, count)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, self.tr("{what}: {count}").format(what=text, count=count))
            if icon:
                item.setIcon(theme.icon(icon, "muted"))
                item.setToolTip(text)
            self.addItem(item)
        self.setCurrentRow(min(row, self.count() - 1))

    def entries(self) -> list[tuple[str, int]]:
        """What is shown: text and number."""
        items = [self.item(row) for row in range(self.count())]
        return [(item.text(), item.data(COUNT_ROLE)) for item in items]

    def _tell(self, item: QListWidgetItem) -> None:
        self.chosen.emit(self._values[self.row(item)])


class _LineDelegate(QStyledItemDelegate):
    """A line: icon, text, and the number at the right; paths lose their middle."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(0, max(option.fontMetrics.height(), theme.icon_size().height()) + theme.space(4))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        painter.save()
        if ground := _ground(option):
            painter.fillRect(option.rect, theme.colour(ground))
        inner = option.rect.adjusted(theme.space(3), 0, -theme.space(3), 0)
        edge = theme.icon_size().width()
        icon = index.data(Qt.ItemDataRole.DecorationRole)
        icon.paint(painter, QRect(inner.left(), inner.center().y() - edge // 2, edge, edge))
        inner.adjust(edge + theme.space(2), 0, 0, 0)
        count = f"{index.data(COUNT_ROLE):,}"
        painter.setPen(theme.colour("muted"))
        painter.drawText(inner, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, count)
        inner.adjust(0, 0, -option.fontMetrics.horizontalAdvance(count) - theme.space(4), 0)
        text = option.fontMetrics.elidedText(index.data(), Qt.TextElideMode.ElideMiddle, inner.width())
        painter.setPen(theme.colour("text"))
        painter.drawText(inner, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
        painter.restore()


class _ChipDelegate(QStyledItemDelegate):
    """A chip: the word, and its number in less weight."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        metrics = option.fontMetrics
        width = metrics.horizontalAdvance(f"{index.data()} {index.data(COUNT_ROLE):,}") + theme.space(6)
        return QSize(width, metrics.height() + theme.space(3))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = QRectF(option.rect).adjusted(0.5, 0.5, -0.5, -0.5)
        focused = bool(option.state & QStyle.StateFlag.State_HasFocus)
        painter.setPen(theme.colour("focus" if focused else "outline"))
        painter.setBrush(theme.colour(_ground(option) or "surface"))
        painter.drawRoundedRect(rect, rect.height() / 2, rect.height() / 2)
        inner = option.rect.adjusted(theme.space(3), 0, -theme.space(3), 0)
        painter.setPen(theme.colour("text"))
        painter.drawText(inner, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, index.data())
        painter.setPen(theme.colour("muted"))
        count = f"{index.data(COUNT_ROLE):,}"
        painter.drawText(inner, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, count)
        painter.restore()


def _ground(option: QStyleOptionViewItem) -> str:
    """Colour under an entry; empty for none."""
    if option.state & QStyle.StateFlag.State_Selected:
        return "accent_soft"
    return "hover" if option.state & QStyle.StateFlag.State_MouseOver else ""
