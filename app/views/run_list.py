"""The list of runs: name, state as icon and word, and how far each is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import (
    QAbstractListModel,
    QItemSelectionModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFont, QFontMetrics, QKeyEvent, QPainter
from PySide6.QtWidgets import QAbstractItemView, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from app import theme
from app.run_row import RunRow
from app.views.run_words import STATE_ICONS, state_word

Index = QModelIndex | QPersistentModelIndex
ROW_ROLE = Qt.ItemDataRole.UserRole + 1
BAR_PX = 3


class RunModel(QAbstractListModel):
    """The runs, the newest first."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.rows: tuple[RunRow, ...] = ()

    def put(self, rows: Sequence[RunRow]) -> None:
        """Show these runs; as long as they are the same ones, only what changed is drawn anew."""
        former, self.rows = self.rows, tuple(rows)
        if [row.folder for row in former] == [row.folder for row in rows]:
            for place, (old, new) in enumerate(zip(former, rows, strict=True)):
                if old is not new:
                    self.dataChanged.emit(self.index(place, 0), self.index(place, 0))
        else:
            self.beginResetModel()
            self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        """How many runs there are."""
        return 0 if parent is not None and parent.isValid() else len(self.rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """What is shown of a run."""
        if not index.isValid() or index.row() >= len(self.rows):
            return None
        row = self.rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return row.name
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{row.name}, {state_word(row)}"
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{row.folder}\n{row.words}".strip()
        return row if role == ROW_ROLE else None


class RunList(QListView):
    """Lists runs; several can be chosen, to be laid over each other."""

    chosen_changed = Signal()
    delete_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.runs = RunModel(self)
        self.setModel(self.runs)
        self.setItemDelegate(_RunDelegate(self))
        self.setAccessibleName(self.tr("Training runs"))
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setUniformItemSizes(True)
        self.setMinimumWidth(theme.space(45))
        self._quiet = False
        self.selectionModel().selectionChanged.connect(self._tell)
        theme.themed.connect(self.scheduleDelayedItemsLayout)

    def show_runs(self, rows: Sequence[RunRow]) -> None:
        """Show these runs; those that were chosen stay chosen, else the newest one is."""
        chosen = [row.folder for row in self.chosen()]
        self._quiet = True
        self.runs.put(rows)
        if not self.selectionModel().hasSelection() and rows:
            self.choose([folder for folder in chosen if any(row.folder == folder for row in rows)] or [rows[0].folder])
        self._quiet = False
        self.chosen_changed.emit()

    def chosen(self) -> list[RunRow]:
        """The chosen runs, the one with the keyboard first, then from top to bottom."""
        places = sorted(index.row() for index in self.selectionModel().selectedIndexes())
        current = self.currentIndex().row()
        places.sort(key=lambda place: place != current)
        return [self.runs.rows[place] for place in places if place < len(self.runs.rows)]

    def choose(self, folders: Sequence[Path]) -> None:
        """Choose runs, the first of them with the keyboard."""
        flags = QItemSelectionModel.SelectionFlag
        places = {row.folder: place for place, row in enumerate(self.runs.rows)}
        indexes = [self.runs.index(places[folder], 0) for folder in folders if folder in places]
        if not indexes:
            return
        self.selectionModel().setCurrentIndex(indexes[0], flags.ClearAndSelect)
        for index in indexes[1:]:
            self.selectionModel().select(index, flags.Select)
        self.scrollTo(indexes[0])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Delete asks to delete what is chosen."""
        if event.key() == Qt.Key.Key_Delete:
            self.delete_requested.emit()
        else:
            super().keyPressEvent(event)

    def _tell(self) -> None:
        if not self._quiet:
            self.chosen_changed.emit()


class _RunDelegate(QStyledItemDelegate):
    """Two lines, and a bar where a run is under way."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Room for both lines."""
        return QSize(theme.space(40), 2 * option.fontMetrics.height() + theme.space(6))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw a run."""
        self.initStyleOption(option, index)
        row: RunRow = index.data(ROW_ROLE)
        option.text = ""
        option.widget.style().drawControl(QStyle.ControlElement.CE_ItemViewItem, option, painter, option.widget)
        inside = option.rect.adjusted(theme.space(2), theme.space(2), -theme.space(2), -theme.space(2))
        bold = QFont(option.font)
        bold.setBold(True)
        metrics, height = QFontMetrics(bold), option.fontMetrics.height()
        painter.save()
        painter.setFont(bold)
        painter.setPen(theme.colour("text"))
        name = metrics.elidedText(row.name, Qt.TextElideMode.ElideMiddle, inside.width())
        painter.drawText(
            QRect(inside.left(), inside.top(), inside.width(), height), Qt.AlignmentFlag.AlignVCenter, name
        )
        icon, tint = STATE_ICONS[row.state]
        below = inside.top() + height + theme.space(1)
        theme.icon(icon, tint).paint(painter, QRect(inside.left(), below, height, height))
        painter.setFont(option.font)
        painter.setPen(theme.colour(tint if tint in ("error", "warning") else "muted"))
        left = inside.left() + height + theme.space(1)
        words = option.fontMetrics.elidedText(state_word(row), Qt.TextElideMode.ElideRight, inside.right() - left)
        painter.drawText(QRect(left, below, inside.right() - left, height), Qt.AlignmentFlag.AlignVCenter, words)
        if row.alive:
            groove = QRect(inside.left(), option.rect.bottom() - BAR_PX, inside.width(), BAR_PX)
            painter.fillRect(groove, theme.colour("border"))
            groove.setWidth(round(groove.width() * (row.done or 0.0)))
            painter.fillRect(groove, theme.colour("accent"))
        painter.restore()
