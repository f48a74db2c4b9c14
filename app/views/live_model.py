"""What was said in a live session as a Qt list, newest first: captions, and gaps in which nothing could be heard."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from PySide6.QtCore import QAbstractListModel, QCoreApplication, QModelIndex, QObject, QPersistentModelIndex, Qt

from aaccore.events import Band

Index = QModelIndex | QPersistentModelIndex

KEPT_S = 3600.0
"""The list scrolls back that far."""
LONG_S = 20.0
"""From here on a sound's length is said."""


@dataclass(frozen=True)
class LiveLine:
    """A line of the list.

    Attributes:
        number: Of the caption; 0 for a gap.
        clock: Local time at its start.
        start_s: In the session.
        end_s: Until when it was heard so far.
        caption: What was heard, or why nothing could be.
        band: How far it can be trusted.
        going_on: Whether it lasts.
    """

    number: int
    clock: datetime
    start_s: float
    end_s: float
    caption: str
    band: Band | None = None
    going_on: bool = True

    @property
    def text(self) -> str:
        """The sentence with how long it lasts, where that is long: "Rain falls on a roof, for 4 minutes."."""
        length_s = self.end_s - self.start_s
        if not self.number or length_s < LONG_S:
            return self.caption
        return f"{self.caption.rstrip('.')}, {length_words(length_s)}."


def length_words(seconds: float) -> str:
    """How long something lasts, roughly: "for 40 seconds", "for 4 minutes"."""
    translate = QCoreApplication.translate
    if seconds < 60:
        return translate("LiveLine", "for {n} seconds").format(n=round(seconds / 10) * 10)
    if seconds < 90:
        return translate("LiveLine", "for a minute")
    if seconds < 3600:
        return translate("LiveLine", "for {n} minutes").format(n=round(seconds / 60))
    return translate("LiveLine", "for more than an hour")


def age_words(seconds: float) -> str:
    """How long ago something was, roughly: "now", "40 s ago", "4 min ago"."""
    translate = QCoreApplication.translate
    if seconds < 5:
        return translate("LiveLine", "now")
    if seconds < 60:
        return translate("LiveLine", "{n} s ago").format(n=int(seconds / 5) * 5)
    if seconds < 3600:
        return translate("LiveLine", "{n} min ago").format(n=int(seconds / 60))
    return translate("LiveLine", "{n} h ago").format(n=int(seconds / 3600))


class LiveModel(QAbstractListModel):
    """The lines of the last hour."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lines: list[LiveLine] = []
        self.band_words: dict[Band, str] = {
            "sure": self.tr("sure"), "likely": self.tr("likely"), "guess": self.tr("guess")
        }  # fmt: skip

    def clear(self) -> None:
        """A new session begins."""
        self.beginResetModel()
        self._lines = []
        self.endResetModel()

    def add(self, line: LiveLine) -> None:
        """Put a line on top; what is older than an hour goes."""
        self.beginInsertRows(QModelIndex(), 0, 0)
        self._lines.insert(0, line)
        self.endInsertRows()
        while self._lines[-1].end_s < line.start_s - KEPT_S:
            last = len(self._lines) - 1
            self.beginRemoveRows(QModelIndex(), last, last)
            self._lines.pop()
            self.endRemoveRows()

    def change(self, number: int, start_s: float = 0.0, **values: Any) -> LiveLine | None:
        """Change the line of a caption, or the gap that began at that second; returns it as it is now."""
        for row, line in enumerate(self._lines):
            if line.number == number and (number or line.start_s == start_s):
                changed = self._lines[row] = replace(line, **values)
                if changed != line:
                    self.dataChanged.emit(self.index(row), self.index(row))
                return changed
        return None

    def line(self, index: Index) -> LiveLine:
        """The line at an index."""
        return self._lines[index.row()]

    def lines(self) -> list[LiveLine]:
        """All lines, newest first."""
        return list(self._lines)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """How many lines there are."""
        return 0 if parent.isValid() else len(self._lines)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The sentence; for who listens, with its time and band."""
        if not index.isValid():
            return None
        line = self.line(index)
        if role == Qt.ItemDataRole.DisplayRole:
            return line.text
        if role == Qt.ItemDataRole.AccessibleTextRole:
            band = f", {self.band_words[line.band]}" if line.band else ""
            return f"{line.clock:%H:%M:%S}{band}: {line.text}"
        if role == Qt.ItemDataRole.ToolTipRole and line.number:
            return self.tr("Click to hear this moment again")
        return None
