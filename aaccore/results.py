"""Where the command line's results go: standard output, one file, or a file for each input."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePath
from types import TracebackType
from typing import Self, TextIO

from aaccore import tables
from aaccore.config import Export, ExportFormat
from aaccore.errors import ConfigError
from aaccore.events import ClipCaptioned, ClipFailed
from aaccore.exporting import (
    ONE_CLIP_A_FILE,
    SUFFIXES,
    clip_text,
    export_one,
    file_key,
    merged_text,
    part_of,
    result_name,
    write_whole,
)
from aaccore.merging import Conflict

Words = tuple[str, ...]
"""What is to be said about a result that was written."""


def guess_format(out: str | None) -> ExportFormat:
    """The format that a file's name asks for; text where it asks for none."""
    name = (out or "").lower()
    fitting = [form for form, suffix in SUFFIXES.items() if name.endswith(suffix)]
    return max(fitting, key=lambda form: len(SUFFIXES[form]), default="text")


def is_folder(out: str) -> bool:
    """Whether `--out` names a folder: it is one, ends with a separator, or has no suffix."""
    return out.endswith(("/", os.sep)) or Path(out).is_dir() or not Path(out).suffix


class Stream:
    """All results in one text, written as they come; each is flushed, so that a reader sees it at once.

    Attributes:
        count: How many have been written.
    """

    def __init__(self, stream: TextIO, options: Export) -> None:
        self._stream, self._options = stream, options
        self.count = 0

    def add(self, clip: ClipCaptioned | ClipFailed) -> Words:
        """Write a clip's result.

        Raises:
            OSError: It cannot be written.
        """
        first, self.count = self.count == 0, self.count + 1
        form, alternatives = self._options.format, self._options.alternatives
        words: Words = ()
        if form == "json":
            text = tables.json_text([clip], alternatives)[2:-3]  # the object without the array around it
            self._stream.write(("[\n" if first else ",\n") + text)
        elif form == "csv" and not first:
            self._stream.write(tables.csv_text(clip, alternatives or 0))
        else:
            text, words = _text(clip, self._options)
            self._stream.write(text)
        self._stream.flush()
        return words

    def end(self) -> None:
        """Write what the format wants at its end."""
        if self._options.format == "json":
            self._stream.write("\n]\n" if self.count else "[]\n")
        elif self._options.format == "csv" and not self.count:
            self._stream.write(tables.csv_rows([tables.COLUMNS]))
        self._stream.flush()


class StandardOutput(Stream):
    """Results on standard output."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None or (self.count and not isinstance(error, BrokenPipeError)):
            self.end()


class OneFile:
    """Results in one file, which appears whole at the end; when interrupted, with what is done by then, if anything.

    Raises:
        ConfigError: The file cannot be written.
    """

    def __init__(self, path: Path, options: Export) -> None:
        self.path, self._part = path, part_of(path)
        try:
            self._file = self._part.open("w", encoding="utf-8", errors="backslashreplace", newline="\n")
        except OSError as error:
            raise ConfigError(f"--out {path}: cannot be written ({error.strerror})") from error
        self._stream = Stream(self._file, options)
        self.add = self._stream.add

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._file:
            self._stream.end()
        if error is None or self._stream.count:
            self._part.replace(self.path)
        else:
            self._part.unlink()


class Folder:
    """A file for each input, each written whole or not at all; `names` gives its name by the input's path.

    Raises:
        ConfigError: The folder cannot be made or written to.
    """

    def __init__(self, folder: Path, names: Mapping[Path, PurePath], options: Export) -> None:
        self.folder, self._names, self._options = folder, names, options
        try:
            folder.mkdir(parents=True, exist_ok=True)
            probe = part_of(folder / "auricle")
            probe.touch()
            probe.unlink()
        except OSError as error:
            raise ConfigError(f"--out {folder}: cannot be written to ({error.strerror})") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return

    def add(self, clip: ClipCaptioned | ClipFailed) -> Words:
        """Write a clip's file; a failed clip has none.

        Raises:
            OSError: It cannot be written.
        """
        if isinstance(clip, ClipFailed):
            return ()
        path = self.folder / self._names[clip.path]
        path.parent.mkdir(parents=True, exist_ok=True)
        text, words = _text(clip, self._options)
        write_whole(path, text)
        return words


class Beside:
    """A file beside each input, each written whole or not at all; what is there already stays.

    Args:
        inputs: All inputs; none is written over.
        options: Format and rules.
    """

    def __init__(self, inputs: Iterable[Path], options: Export) -> None:
        self._options, self._used = options, {file_key(path) for path in inputs}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return

    def add(self, clip: ClipCaptioned | ClipFailed) -> Words:
        """Write a clip's file; a failed clip has none.

        Raises:
            OSError: It cannot be written.
        """
        if isinstance(clip, ClipFailed):
            return ()
        done = export_one(clip, self._options, self._used)
        usual = result_name(clip.path, self._options)
        renamed = () if done.path.name == usual else (f"written to {done.path}, as {usual} is taken",)
        return (*renamed, *_told(done.conflicts))


Results = StandardOutput | OneFile | Folder | Beside


def _text(clip: ClipCaptioned | ClipFailed, options: Export) -> tuple[str, Words]:
    """The text of a clip's file, and what is to be said about it."""
    if options.dialogue and isinstance(clip, ClipCaptioned):
        merged = merged_text(clip, options.dialogue, options.cues)
        return merged.text, _told(merged.conflicts)
    return clip_text(clip, options.format, options.alternatives, options.cues, options.times), ()


def _told(conflicts: Iterable[Conflict]) -> Words:
    return tuple(f"left out: {conflict}" for conflict in conflicts)


def open_results(out: str | None, options: Export, names: Mapping[Path, PurePath]) -> Results:
    """Open the place that `--out` names.

    Args:
        out: A file, a folder, or None for standard output.
        options: Format and rules.
        names: Name of each input's result in a folder, by the input's path.

    Raises:
        ConfigError: The place cannot be written to, is an input itself, or cannot hold the results of several inputs.
    """
    form = options.format
    several = len(names) > 1
    if out is not None:
        _spare_inputs(out, names, options.dialogue)
    if out is None:
        if form in ONE_CLIP_A_FILE and several:
            raise ConfigError(f"--format {form} makes a file for each input; say where with --out FOLDER")
        return StandardOutput(sys.stdout, options)
    if is_folder(out):
        return Folder(Path(out), names, options)
    if form in ONE_CLIP_A_FILE and several:
        raise ConfigError(f"--out {out}: one {form} file cannot hold {len(names)} inputs; name a folder")
    return OneFile(Path(out), options)


def _spare_inputs(out: str, names: Mapping[Path, PurePath], dialogue: Path | None) -> None:
    """Refuse to write over an input."""
    inputs = {path.resolve() for path in (*names, *([dialogue] if dialogue else []))}
    written = [Path(out) / name for name in names.values()] if is_folder(out) else [Path(out)]
    for path in written:
        if path.resolve() in inputs:
            raise ConfigError(f"--out {out}: would overwrite the input {path}; name another place")
