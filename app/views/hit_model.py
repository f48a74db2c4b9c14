"""What a search found as a Qt list, which asks for more when it is scrolled to its end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from aaccore.records import Hit
from app.views.clock import clock
from app.views.day import day_words

Index = QModelIndex | QPersistentModelIndex


class HitModel(QAbstractListModel):
    """Hits in the order of the search.

    Attributes:
        with_scores: They were found by likeness, so their scores say something.
    """

    more_wanted = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._hits: list[Hit] = []
        self._complete, self._asked = True, False
        self.with_scores = False

    def show(self, hits: Sequence[Hit], complete: bool, with_scores: bool = False) -> None:
        """Show these; where they only go on from those that are shown, nothing moves.

        Args:
            hits: All of them.
            complete: Whether there are no more.
            with_scores: Whether they were found by likeness.
        """
        self._complete, self._asked = complete, False
        known = len(self._hits)
        goes_on = 0 < known <= len(hits) and self.with_scores == with_scores
        if goes_on and all(_place(a) == _place(b) for a, b in zip(self._hits, hits, strict=False)):
            changed = self._hits != list(hits[:known])
            self._hits[:] = hits[:known]
            if changed:
                self.dataChanged.emit(self.index(0), self.index(known - 1))
            if len(hits) > known:
                self.beginInsertRows(QModelIndex(), known, len(hits) - 1)
                self._hits += hits[known:]
                self.endInsertRows()
            return
        self.beginResetModel()
        self._hits, self.with_scores = list(hits), with_scores
        self.endResetModel()

    def hit(self, index: Index) -> Hit:
        """The hit at an index."""
        return self._hits[index.row()]

    def find(self, clip: int, start_s: float) -> QModelIndex:
        """The index of a recording's moment, else of another one of it; an invalid one where it is not shown."""
        rows = [row for row, hit in enumerate(self._hits) if hit.clip.id == clip]
        there = [row for row in rows if self._hits[row].start_s == start_s]
        return self.index((there or rows)[0]) if rows else QModelIndex()

    # Qt's side

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """How many are shown."""
        return 0 if parent.isValid() else len(self._hits)

    def canFetchMore(self, parent: Index) -> bool:
        """Whether scrolling on may bring more."""
        return not self._complete and not self._asked

    def fetchMore(self, parent: Index) -> None:
        """Ask for more, once."""
        self._asked = True
        self.more_wanted.emit()

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The sentence; the delegate paints the rest from `hit`."""
        if not index.isValid() or index.row() >= len(self._hits):
            return None
        hit = self._hits[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return hit.text
        if role == Qt.ItemDataRole.ToolTipRole:
            return "\n".join([hit.text, str(hit.clip.path), *self.remarks(hit)])
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return ", ".join([hit.text, hit.clip.path.name, *self.details(hit), *self.remarks(hit)])
        return None

    def details(self, hit: Hit) -> list[str]:
        """When in the recording, when it came in, and how much alike it is."""
        moment = f"{clock(hit.start_s)} – {clock(hit.end_s)}"
        day = day_words(hit.clip.added.date())
        alike = [self.tr("alike: {score}").format(score=f"{hit.score:.2f}")] if self.with_scores else []
        return [moment, day, *alike]

    def remarks(self, hit: Hit) -> list[str]:
        """What is to be said of it beside, in words."""
        edited = [self.tr("edited")] if hit.clip.corrected else []
        missing = [self.tr("file missing")] if hit.clip.missing else []
        return [*edited, *missing]


def _place(hit: Hit) -> tuple[int, float]:
    return hit.clip.id, hit.start_s
