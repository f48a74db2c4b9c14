"""The rows of the captions page as a Qt table; it tells only what changed, so that 10,000 rows stay fluid."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from enum import IntEnum
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from aaccore.records import ClipRow, State
from app import theme
from app.views.clock import clock

Index = QModelIndex | QPersistentModelIndex

STATES: tuple[State, ...] = ("captioning", "waiting", "done", "failed", "cancelled")
STATE_ICONS = {
    "captioning": ("processor", "accent"), "waiting": ("clock", "muted"), "done": ("check", "success"),
    "failed": ("error", "error"), "cancelled": ("cancel", "muted"),
}  # fmt: skip
"""Icon and tint of each state."""
PROGRESS_ROLE = Qt.ItemDataRole.UserRole + 1
"""The share that is captioned, 0 to 1; None where the row is not being captioned."""


class Column(IntEnum):
    """The table's columns."""

    NAME = 0
    LENGTH = 1
    STATE = 2
    CAPTION = 3


class ClipModel(QAbstractTableModel):
    """Rows of the library: shown in the order they came, or sorted, and filtered."""

    rows_changed = Signal()  # some were added, removed, changed, filtered

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: dict[int, ClipRow] = {}
        self._shown: list[int] = []
        self._places: dict[int, int] | None = {}
        self._words: list[str] = []
        self._states: frozenset[State] = frozenset()
        self._column, self._descending = -1, False
        self._progress: tuple[int, float] | None = None
        self._state_words = {
            "captioning": self.tr("Captioning"), "waiting": self.tr("Waiting"), "done": self.tr("Done"),
            "failed": self.tr("Failed"), "cancelled": self.tr("Cancelled"),
        }  # fmt: skip
        self._titles = (self.tr("Name"), self.tr("Length"), self.tr("State"), self.tr("Caption"))

    def put(self, rows: Sequence[ClipRow]) -> None:
        """Add rows at the end, or bring those that are there up to date."""
        fresh = []
        for row in rows:
            known = row.id in self._rows
            self._rows[row.id] = row
            if not known or (place := self._place(row.id)) is None:
                fresh += [row.id] * self._matches(row)
            elif self._matches(row):
                self.dataChanged.emit(self.index(place, 0), self.index(place, len(Column) - 1))
            else:
                self._hide([row.id])
        if fresh:
            self._show(fresh)
        self.rows_changed.emit()

    def remove(self, numbers: Iterable[int]) -> None:
        """Take rows out of the list."""
        gone = [number for number in numbers if number in self._rows]
        self._hide(gone)
        for number in gone:
            del self._rows[number]
        self.rows_changed.emit()

    def show_progress(self, number: int, share: float | None) -> None:
        """Say how much of a row is captioned; None where nobody knows."""
        self._progress = None if share is None else (number, share)
        if (place := self._place(number)) is not None:
            self.dataChanged.emit(self.index(place, Column.STATE), self.index(place, Column.STATE))

    def filter(self, text: str, states: Collection[State]) -> None:
        """Show only rows whose name or caption has every word of `text`, in one of `states` (none: in any)."""
        self.beginResetModel()
        self._words, self._states = text.casefold().split(), frozenset(states)
        self._shown = self._ordered(number for number, row in self._rows.items() if self._matches(row))
        self._places = None
        self.endResetModel()
        self.rows_changed.emit()

    def row(self, index: Index) -> ClipRow:
        """The row at an index."""
        return self._rows[self._shown[index.row()]]

    def find(self, number: int) -> QModelIndex:
        """The index of a row; an invalid one where it is not shown."""
        place = self._place(number)
        return QModelIndex() if place is None else self.index(place, 0)

    def get(self, number: int) -> ClipRow | None:
        """A row by its number, shown or not."""
        return self._rows.get(number)

    def any_rows(self) -> bool:
        """Whether there is any row, shown or not."""
        return bool(self._rows)

    # Qt's side

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """How many rows are shown."""
        return 0 if parent.isValid() else len(self._shown)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Name, length, state and caption."""
        return 0 if parent.isValid() else len(Column)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The columns' titles."""
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self._titles[section]
        if role == Qt.ItemDataRole.TextAlignmentRole and section == Column.LENGTH:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """What a cell shows."""
        if not index.isValid() or index.row() >= len(self._shown):
            return None
        row, column = self.row(index), index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(row, column)
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tip(row, column)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{self._titles[column]}: {self._text(row, column)}"
        if role == Qt.ItemDataRole.DecorationRole and column == Column.STATE:
            return theme.icon(
                *(("warning", "warning") if row.state == "done" and row.complaints() else STATE_ICONS[row.state])
            )
        if role == Qt.ItemDataRole.DecorationRole and column == Column.CAPTION and row.corrected:
            return theme.icon("edit")
        if role == Qt.ItemDataRole.TextAlignmentRole and column == Column.LENGTH:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if role == PROGRESS_ROLE and row.state == "captioning":
            return self._progress[1] if self._progress and self._progress[0] == row.id else None
        return None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column; -1 is the order in which the rows came."""
        self._column, self._descending = column, order == Qt.SortOrder.DescendingOrder
        self._arrange(self._ordered(self._shown))

    def _text(self, row: ClipRow, column: int) -> str:
        if column == Column.NAME:
            return row.path.name
        if column == Column.LENGTH:
            return clock(row.duration_s)
        if column == Column.CAPTION:
            return row.reason.removeprefix(f"{row.path.name}: ") if row.state == "failed" else row.caption
        if row.state == "captioning" and self._progress and self._progress[0] == row.id:
            return self.tr("Captioning {percent} %").format(percent=round(100 * self._progress[1]))
        if row.state == "done" and row.complaints():
            return self.tr("Done, warning")
        return self._state_words[row.state]

    def _tip(self, row: ClipRow, column: int) -> str:
        if column == Column.NAME:
            return str(row.path)
        if column == Column.STATE:
            written = [self.tr("Written: {path}").format(path=row.written)] if row.written else []
            return "\n".join((self._state_words[row.state], *row.complaints(), *written))
        text = self._text(row, column)
        return (
            self.tr("{caption}\n(edited)").format(caption=text) if column == Column.CAPTION and row.corrected else text
        )

    def _matches(self, row: ClipRow) -> bool:
        if self._states and row.state not in self._states:
            return False
        text = f"{row.path.name}\n{row.caption}\n{row.reason}".casefold() if self._words else ""
        return all(word in text for word in self._words)

    def _ordered(self, numbers: Iterable[int]) -> list[int]:
        if self._column < 0:
            return sorted(numbers)
        return sorted(numbers, key=lambda number: self._key(self._rows[number]), reverse=self._descending)

    def _key(self, row: ClipRow) -> Any:
        if self._column == Column.LENGTH:
            return -1.0 if row.duration_s is None else row.duration_s
        if self._column == Column.STATE:
            return STATES.index(row.state)
        return self._text(row, self._column).casefold()

    def _place(self, number: int) -> int | None:
        if self._places is None:
            self._places = {shown: place for place, shown in enumerate(self._shown)}
        return self._places.get(number)

    def _show(self, numbers: list[int]) -> None:
        """Rows come at the end; where that is not their place, the whole is put in order."""
        first = len(self._shown)
        self.beginInsertRows(QModelIndex(), first, first + len(numbers) - 1)
        self._shown += numbers
        self._places = None
        self.endInsertRows()
        ordered = self._ordered(self._shown)
        if ordered != self._shown:
            self._arrange(ordered)

    def _hide(self, numbers: Iterable[int]) -> None:
        """Rows go, neighbours together."""
        places = sorted((place for number in numbers if (place := self._place(number)) is not None), reverse=True)
        while places:
            last = first = places.pop(0)
            while places and places[0] == first - 1:
                first = places.pop(0)
            self.beginRemoveRows(QModelIndex(), first, last)
            del self._shown[first : last + 1]
            self._places = None
            self.endRemoveRows()

    def _arrange(self, ordered: list[int]) -> None:
        """Change the order; the selection stays with its rows."""
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        kept = [(self._shown[index.row()], index.column()) for index in before]
        self._shown, self._places = ordered, None
        after = [self.index(self._place(number) or 0, column) for number, column in kept]
        self.changePersistentIndexList(before, after)
        self.layoutChanged.emit()
