"""The timed captions of one recording as a Qt list."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from aaccore.events import Band
from aaccore.records import StoredSegment
from app.views.caption_words import CaptionWord, caption_words
from app.views.clock import clock

Index = QModelIndex | QPersistentModelIndex


class CaptionModel(QAbstractListModel):
    """Segments in order; a sentence that is typed is asked for by `typed`, the list itself changes nothing."""

    typed = Signal(object, str)  # the StoredSegment, and the new sentence

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._segments: list[StoredSegment] = []
        self._starts: list[float] = []
        self._words: dict[int, list[CaptionWord]] = {}
        self.band_words: dict[Band, str] = {
            "sure": self.tr("sure"), "likely": self.tr("likely"), "guess": self.tr("guess")
        }  # fmt: skip

    def show(self, segments: Sequence[StoredSegment]) -> None:
        """Show these and no others."""
        self.beginResetModel()
        self._segments, self._words = list(segments), {}
        self._starts = [segment.start_s for segment in segments]
        self.endResetModel()

    def append(self, segment: StoredSegment) -> None:
        """Add one at the end."""
        place = len(self._segments)
        self.beginInsertRows(QModelIndex(), place, place)
        self._segments.append(segment)
        self._starts.append(segment.start_s)
        self.endInsertRows()

    def replace(self, segment: StoredSegment) -> QModelIndex:
        """Show one as it is now; returns its index, an invalid one where it is not in this list."""
        for place, old in enumerate(self._segments):
            if old.id == segment.id:
                self._segments[place] = segment
                self._words.pop(place, None)
                index = self.index(place)
                self.dataChanged.emit(index, index)
                return index
        return QModelIndex()

    def segment(self, index: Index) -> StoredSegment:
        """The segment at an index."""
        return self._segments[index.row()]

    def segments(self) -> list[StoredSegment]:
        """All segments, in order."""
        return list(self._segments)

    def words(self, index: Index) -> list[CaptionWord]:
        """A segment's words."""
        place = index.row()
        if place not in self._words:
            self._words[place] = caption_words(self._segments[place])
        return self._words[place]

    def word_words(self, index: Index, number: int) -> str:
        """What is to be said about a word: when it was heard."""
        word = self.words(index)[number]
        bare = word.text.strip(".,")
        if word.time_s is None:
            return self.tr("“{word}”: names nothing that is heard at one moment").format(word=bare)
        return self.tr("“{word}”: heard at {time}").format(word=bare, time=clock(word.time_s, tenths=True))

    def explanation(self, index: Index) -> str:
        """What is to be said about a segment: who wrote it, or how far it can be trusted."""
        segment = self.segment(index)
        if segment.corrected:
            return self.tr("Edited. Auricle wrote: {caption}").format(caption=segment.machine)
        promises = {
            "sure": self.tr("Sure: of captions like this, at least 90 in 100 are right."),
            "likely": self.tr("Likely: of captions like this, about 65 in 100 are right."),
            "guess": self.tr(
                "Guess: captions like this are wrong more often than not. Listen, or look at the alternatives."
            ),
        }
        return promises[segment.band] if segment.band else self.tr("Click to hear it.")

    def at(self, time_s: float) -> QModelIndex:
        """The segment at a moment; an invalid index where there is none."""
        place = bisect_right(self._starts, time_s) - 1
        return self.index(place) if place >= 0 and time_s < self._segments[place].end_s else QModelIndex()

    # Qt's side

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """How many segments there are."""
        return 0 if parent.isValid() else len(self._segments)

    def flags(self, index: Index) -> Qt.ItemFlag:
        """What is not in the library yet cannot be edited."""
        flags = super().flags(index)
        if index.isValid() and self.segment(index).id > 0:
            flags |= Qt.ItemFlag.ItemIsEditable
        return flags

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The sentence; for who listens, with its time and band."""
        if not index.isValid():
            return None
        segment = self.segment(index)
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return segment.caption
        if role == Qt.ItemDataRole.AccessibleTextRole:
            times = self.tr("{start} to {end}").format(start=clock(segment.start_s), end=clock(segment.end_s))
            band = f", {self.band_words[segment.band]}" if segment.band and not segment.corrected else ""
            return f"{times}{band}: {segment.caption}"
        return None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Ask for another sentence; an empty one asks for the machine's."""
        segment, text = self.segment(index), " ".join(str(value).split())
        if role == Qt.ItemDataRole.EditRole and text != segment.caption:
            self.typed.emit(segment, text or segment.machine)
        return False
