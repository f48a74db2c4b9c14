"""What the library keeps, as the pages and the command line read it: rows, their segments, and hits of a search."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Literal

from aaccore.events import Band, Candidate

State = Literal["waiting", "captioning", "done", "failed", "cancelled"]


@dataclass(frozen=True)
class ClipRow:
    """A recording in the library.

    Attributes:
        id: Its number.
        path: Where it lies, or lay.
        state: How far it is; rows that are waiting are the queue.
        added: When it came in, local time.
        duration_s: Its length, None as long as nobody knows.
        caption: All segments' current captions in one text.
        reason: Why it failed, in words.
        warnings: What went wrong while it was captioned (a damaged end).
        corrected: Whether somebody edited a caption.
        model: Name of the model that captioned it.
        listed: Whether it stands in the list of the captions page.
        missing: Whether the file was not found when last looked for.
        written: The file that was last exported from it, None where none was.
        started: Local time at its second 0, None where it was not heard live.
        unwritten: Why the last export of it was not written; empty where it was.
    """

    id: int
    path: Path
    state: State
    added: datetime
    duration_s: float | None = None
    caption: str = ""
    reason: str = ""
    warnings: tuple[str, ...] = ()
    corrected: bool = False
    model: str = ""
    listed: bool = True
    missing: bool = False
    written: Path | None = None
    started: datetime | None = None
    unwritten: str = ""

    def complaints(self) -> tuple[str, ...]:
        """All that went wrong beside the captioning, in words."""
        return (*self.warnings, self.unwritten) if self.unwritten else self.warnings


@dataclass(frozen=True)
class StoredSegment:
    """A timed caption in the library.

    Attributes:
        id: Its number.
        clip: Number of its recording.
        start_s: Its start in the recording.
        end_s: Its end.
        caption: The current sentence: the corrected one where there is one.
        machine: The sentence that the model chose.
        candidates: All that the model found, best first.
        band: How far the machine's sentence can be trusted; None where the model is not calibrated.
    """

    id: int
    clip: int
    start_s: float
    end_s: float
    caption: str
    machine: str
    candidates: tuple[Candidate, ...] = ()
    band: Band | None = None

    @property
    def corrected(self) -> bool:
        """Whether somebody edited it."""
        return self.caption != self.machine


@dataclass(frozen=True)
class Hit:
    """Something that a search found.

    Attributes:
        clip: The recording.
        start_s: The moment in it.
        end_s: Its end.
        text: The caption that matched.
        marks: (begin, end) of each matched word in `text`.
        score: The higher the better; only comparable within one search.
    """

    clip: ClipRow
    start_s: float
    end_s: float
    text: str
    marks: tuple[tuple[int, int], ...] = ()
    score: float = 0.0


@dataclass(frozen=True)
class Filters:
    """What a search is narrowed to; None and empty let all through.

    Attributes:
        first_day: Added on this day or later.
        last_day: Added on this day or before.
        shortest_s: At least so long.
        longest_s: At most so long.
        model: Captioned by the model of this name.
        corrected: With an edited caption, or without.
        missing: With a file that was not found, or with one that was.
        folder: In this folder or one inside it.
    """

    first_day: date | None = None
    last_day: date | None = None
    shortest_s: float | None = None
    longest_s: float | None = None
    model: str = ""
    corrected: bool | None = None
    missing: bool | None = None
    folder: Path | None = None


@dataclass(frozen=True)
class FileMissing:
    """A recording's file is not where it was."""

    id: int
    path: Path


@dataclass(frozen=True)
class FileFound:
    """A recording's file is there again; `path` is where."""

    id: int
    path: Path
