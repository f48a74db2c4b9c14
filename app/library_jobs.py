"""The library page's long work as generators of events: they read the library, look at its files and write."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from aaccore import library_files
from aaccore.errors import LibraryError
from aaccore.events import ClipFailed, Working
from aaccore.library import Library
from aaccore.library_data import DataWritten, write_corrected
from aaccore.library_files import FilesLooked, find_missing, relocate
from aaccore.library_likeness import Embeddings, like
from aaccore.library_search import days, folders, heard_most, models, search
from aaccore.records import FileFound, FileMissing, Filters, Hit

PAGE_HITS = 200
"""Hits that are asked for at first; scrolling asks for more."""


@dataclass(frozen=True)
class Wanted:
    """What is looked for.

    Attributes:
        text: What was typed; empty finds all, newest first.
        filters: What it is narrowed to.
        like: Number of a recording that the hits shall sound like; `text` then does not count.
        limit: Hits at most.
    """

    text: str = ""
    filters: Filters = field(default_factory=Filters)
    like: int | None = None
    limit: int = PAGE_HITS


@dataclass(frozen=True)
class Found:
    """What was found; `problem` says why nothing could be compared."""

    wanted: Wanted
    hits: tuple[Hit, ...]
    problem: str = ""

    @property
    def complete(self) -> bool:
        """Whether there is no more to find."""
        return len(self.hits) < self.wanted.limit


@dataclass(frozen=True)
class Overview:
    """What there is to look around in, each with the number of recordings."""

    days: tuple[tuple[date, int], ...]
    folders: tuple[tuple[Path, int], ...]
    words: tuple[tuple[str, int], ...]
    models: tuple[tuple[str, int], ...]


def find(library_path: Path, wanted: Wanted, embeddings: Embeddings) -> Iterator[Working | Found]:
    """Search in the library; `embeddings` keeps what was read for likeness, Working comes while it is read.

    Raises:
        LibraryError: It cannot be read.
    """
    with Library(library_path) as library:
        if wanted.like is None:
            yield Found(wanted, tuple(search(library, wanted.text, wanted.filters, wanted.limit)))
            return
        for count in embeddings.read(library):
            yield Working(f"reading what {count} segments sound like")
        try:
            alike = like(library, wanted.like, "", wanted.filters, wanted.limit, embeddings)
        except LibraryError as error:
            yield Found(wanted, (), str(error))
            return
        yield Found(wanted, tuple(alike))


def look_around(library_path: Path) -> Iterator[Overview]:
    """Count by day, by folder, by what is heard and by model.

    Raises:
        LibraryError: It cannot be read.
    """
    with Library(library_path) as library:
        yield Overview(
            tuple(days(library)), tuple(folders(library)), tuple(heard_most(library)), tuple(models(library))
        )


def look_at_files(library_path: Path, first: Sequence[int], below: int) -> Iterator[FilesLooked]:
    """See for a short while which files are there; see `aaccore.library_files.look_at_files`."""
    with Library(library_path) as library:
        yield library_files.look_at_files(library, first, below)


def look_for_missing(library_path: Path) -> Iterator[Working | FileMissing | FileFound]:
    """See which files are there; see `aaccore.library_files.find_missing`."""
    with Library(library_path) as library, closing(find_missing(library)) as events:  # type: ignore[type-var]
        yield from events


def look_in_folder(library_path: Path, folder: Path) -> Iterator[Working | FileFound]:
    """Look for missing files in a folder; see `aaccore.library_files.relocate`."""
    with Library(library_path) as library, closing(relocate(library, folder)) as events:  # type: ignore[type-var]
        yield from events


def write_data_set(library_path: Path, folder: Path) -> Iterator[Working | ClipFailed | DataWritten]:
    """Write corrected captions and their sounds; see `aaccore.library_data.write_corrected`."""
    with Library(library_path) as library, closing(write_corrected(library, folder)) as events:  # type: ignore[type-var]
        yield from events
