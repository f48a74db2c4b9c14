"""Captioned clips to files: one file a clip, in any format, beside its sound or in a folder.

The command line and the application write through here, so both write the same. A file is written whole or not at all,
and never over a sound, a dialogue file or another clip's result.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path, PurePath
from typing import get_args

from aaccore import subtitles, tables
from aaccore.config import Cues, Export, ExportFormat, SubtitleTimes
from aaccore.errors import ConfigError
from aaccore.events import ClipCaptioned, ClipFailed
from aaccore.merging import Conflict, Dialogue, Merged, merge, read_dialogue

FORMATS: tuple[ExportFormat, ...] = get_args(ExportFormat)
SUFFIXES: dict[ExportFormat, str] = {form: f".{form}" for form in FORMATS} | {
    "text": ".txt", "audacity": ".labels.txt", "raven": ".selections.txt",
}  # fmt: skip
ONE_CLIP_A_FILE: tuple[ExportFormat, ...] = ("srt", "vtt", "audacity", "raven")
"""Their times would be of nobody knows which clip."""

LARGEST_DIALOGUE = 50_000_000
"""Bytes; somebody may choose the film itself."""


@dataclass(frozen=True)
class Exported:
    """A clip's file is complete; `conflicts` are the sounds that found no gap in the dialogue."""

    source: Path
    path: Path
    conflicts: tuple[Conflict, ...] = ()


@dataclass(frozen=True)
class ExportFailed:
    """A clip's file could not be written, and why, in words; the others go on."""

    source: Path
    reason: str


def clip_text(
    clip: ClipCaptioned | ClipFailed,
    form: ExportFormat,
    alternatives: int | None = None,
    cues: Cues | None = None,
    times: SubtitleTimes = "session",
) -> str:
    """The text of a file that holds one clip; empty for a failed one that the format has no words for.

    Args:
        clip: The result.
        form: The format.
        alternatives: Other captions a segment; None for all in JSON, none in text and CSV.
        cues: Style and limits of subtitles.
        times: "clock" gives subtitles the time of the day where the clip knows it.
    """
    if form == "json":
        return tables.json_text([clip], alternatives)
    if form == "jsonl":
        return tables.json_line(clip, alternatives) + "\n"
    if form == "csv":
        return tables.csv_rows([tables.COLUMNS]) + tables.csv_text(clip, alternatives or 0)
    if isinstance(clip, ClipFailed):
        return ""
    if form == "text":
        return tables.text_lines(clip, alternatives or 0)
    if form == "audacity":
        return tables.audacity_labels(clip)
    if form == "raven":
        return tables.raven_table(clip)
    write = subtitles.srt if form == "srt" else subtitles.vtt
    segments = clip.segments
    if times == "clock" and clip.started:
        segments = subtitles.by_the_clock(segments, clip.started)
    return write(segments, cues or Cues())


def merged_text(clip: ClipCaptioned, dialogue: Path, cues: Cues) -> Merged:
    """A clip's sound cues in the gaps of a dialogue file.

    Raises:
        ConfigError: The file cannot be read, or holds no subtitles.
    """
    return merge(read_subtitles(dialogue), clip.segments, cues)


def read_subtitles(path: Path) -> Dialogue:
    """Read a subtitle file.

    Raises:
        ConfigError: It cannot be read, or holds no subtitles.
    """
    try:
        if path.stat().st_size > LARGEST_DIALOGUE:
            raise ConfigError(f"{path}: too large for a subtitle file; choose an SRT or WebVTT file")
        return read_dialogue(path.read_bytes(), str(path))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}); choose another subtitle file") from error


def export(
    clips: Iterable[ClipCaptioned], options: Export, spare: Iterable[Path] = ()
) -> Iterator[Exported | ExportFailed]:
    """Write a file for each clip.

    The file has the clip's name (`dog.wav` -> `dog.srt`), with a dialogue the dialogue's (`film.srt` ->
    `film.sdh.srt`). Where that is taken by another clip of this call, it is `dog.wav.srt`; where a file is there that
    is not to be replaced, it gets a number, unless it holds the same already.

    Args:
        clips: The clips; a dialogue is meant for one.
        options: Format, place and rules.
        spare: Files that are never written over.

    Yields:
        One record for each clip, in order.
    """
    used = {file_key(path) for path in spare}
    for clip in clips:
        try:
            yield export_one(clip, options, used)
        except OSError as error:
            place = options.folder or clip.path.parent
            yield ExportFailed(
                clip.path, f"{place}: cannot be written to ({error.strerror or error}); choose another folder"
            )
        except ConfigError as error:
            yield ExportFailed(clip.path, str(error))


def export_one(clip: ClipCaptioned, options: Export, used: set[str]) -> Exported:
    """Write one clip's file.

    Args:
        clip: The clip.
        options: Format, place and rules.
        used: Keys of the files that are never written over; the new file's is added.

    Raises:
        OSError: It cannot be written.
        ConfigError: The dialogue cannot be read.
    """
    conflicts: tuple[Conflict, ...] = ()
    if options.dialogue:
        merged = merged_text(clip, options.dialogue, options.cues)
        text, conflicts = merged.text, merged.conflicts
        used.add(file_key(options.dialogue))
    else:
        text = clip_text(clip, options.format, options.alternatives, options.cues, options.times)
    used.add(file_key(clip.path))
    folder = options.folder or clip.path.parent
    folder.mkdir(parents=True, exist_ok=True)
    data = text.encode("utf-8", "backslashreplace")
    for name in _names(clip.path, options):
        path = folder / name
        there = path.exists()
        if file_key(path) not in used and (options.replace or not there or _holds(path, data)):
            break
    used.add(file_key(path))
    if options.replace or not there:
        write_whole(path, text)
    return Exported(clip.path, path, conflicts)


def result_name(clip: Path, options: Export) -> str:
    """What a clip's file is called where nothing else is."""
    if options.dialogue:
        return f"{options.dialogue.stem}.sdh{options.dialogue.suffix or SUFFIXES[options.format]}"
    return clip.stem + SUFFIXES[options.format]


def _names(clip: Path, options: Export) -> Iterator[str]:
    """What a clip's file may be called, the first choice first."""
    name, suffix = result_name(clip, options), SUFFIXES[options.format]
    yield name
    if options.dialogue:
        suffix = PurePath(name).suffix
    else:
        yield clip.name + suffix
    for number in count(2):
        yield f"{name.removesuffix(suffix)} ({number}){suffix}"


def file_key(path: Path) -> str:
    """One text for one file, whatever its name's case."""
    return str(path.resolve()).casefold()


def _holds(path: Path, data: bytes) -> bool:
    return path.is_file() and path.stat().st_size == len(data) and path.read_bytes() == data


def part_of(path: Path) -> Path:
    """Where a file is written before it is complete."""
    return path.with_name(f"{path.name}.{os.getpid()}.part")


def write_whole(path: Path, text: str) -> None:
    """Write a text file whole or not at all.

    Raises:
        OSError: It cannot be written.
    """
    part = part_of(path)
    try:
        part.write_text(text, encoding="utf-8", errors="backslashreplace", newline="")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
