"""Exporting as generators of events, for the worker's thread: they read the library and write files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from aaccore.config import Export
from aaccore.errors import ConfigError
from aaccore.exporting import Exported, ExportFailed, clip_text, export, merged_text, result_name
from aaccore.library import Library

PREVIEW_SEGMENTS, PREVIEW_LINES = 20, 40


@dataclass(frozen=True)
class RowExported:
    """A recording's file is written, or is not."""

    id: int
    outcome: Exported | ExportFailed


@dataclass(frozen=True)
class Preview:
    """How the first file would begin.

    Attributes:
        name: Of the file.
        text: Its beginning.
        wrong: Why there is none, in words.
        live: Whether any of the recordings was heard live, so that its subtitles may have the time of the day.
    """

    name: str
    text: str
    wrong: str = ""
    live: bool = False


def export_rows(library_path: Path, ids: Sequence[int], options: Export) -> Iterator[RowExported]:
    """Write the results of recordings; the library remembers the files, and warns of what cannot be written.

    Args:
        library_path: The library's file.
        ids: The recordings.
        options: Format, place and rules.

    Raises:
        LibraryError: The library cannot be read, or a recording is not in it.
    """
    with Library(library_path) as library:
        rows = [library.row(id) for id in ids]
        for row in rows:
            if row.state != "done":
                yield RowExported(row.id, ExportFailed(row.path, "not captioned yet, so there is nothing to export"))
        done = [row.id for row in rows if row.state == "done"]
        outcomes = export((library.clip(id) for id in done), options, spare=[row.path for row in rows])
        for id, outcome in zip(done, outcomes, strict=True):
            if isinstance(outcome, ExportFailed):
                library.not_written(id, outcome.reason)
            else:
                library.wrote(id, outcome.path)
            yield RowExported(id, outcome)


def preview(library_path: Path, ids: Sequence[int], options: Export) -> Iterator[Preview]:
    """Show how the first recording's file would begin."""
    with Library(library_path) as library:
        clip = library.clip(ids[0])
        live = any(library.row(id).started for id in ids)
    name = result_name(clip.path, options)
    try:
        if options.dialogue:
            text = merged_text(clip, options.dialogue, options.cues).text
        else:
            start = replace(clip, segments=clip.segments[:PREVIEW_SEGMENTS])
            text = clip_text(start, options.format, options.alternatives, options.cues, options.times)
    except ConfigError as error:
        yield Preview(name, "", str(error), live)
        return
    yield Preview(name, "\n".join(text.splitlines()[:PREVIEW_LINES]), live=live)
