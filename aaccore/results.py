"""Where the command line's results go: standard output, one file, or a folder with one file for each input."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path, PurePath
from types import TracebackType
from typing import Literal, Self, TextIO, get_args

from aaccore import subtitles, tables
from aaccore.errors import ConfigError
from aaccore.events import ClipCaptioned, ClipFailed

Format = Literal["text", "json", "jsonl", "csv", "srt", "vtt"]
FORMATS: tuple[Format, ...] = get_args(Format)
SUFFIXES: dict[Format, str] = {form: ".txt" if form == "text" else f".{form}" for form in FORMATS}
SUBTITLES = ("srt", "vtt")


def guess_format(out: str | None) -> Format:
    """The format that a file's name asks for; text where it asks for none."""
    suffix = PurePath(out or "").suffix.lower()
    return next((form for form, its in SUFFIXES.items() if its == suffix), "text")


def is_folder(out: str) -> bool:
    """Whether `--out` names a folder: it is one, ends with a separator, or has no suffix."""
    return out.endswith(("/", os.sep)) or Path(out).is_dir() or not Path(out).suffix


def one_clip(clip: ClipCaptioned | ClipFailed, form: Format, alternatives: int | None) -> str:
    """The text of a file that holds one clip; empty for a failed one that the format has no words for."""
    if form == "json":
        return tables.json_text([clip], alternatives)
    if form == "jsonl":
        return tables.json_line(clip, alternatives) + "\n"
    if form == "csv":
        return tables.csv_rows([tables.COLUMNS]) + tables.csv_text(clip, alternatives)
    if isinstance(clip, ClipFailed):
        return ""
    if form == "text":
        return tables.text_lines(clip, alternatives or 0)
    return subtitles.srt(clip.segments) if form == "srt" else subtitles.vtt(clip.segments)


class Stream:
    """All results in one text, written as they come; each is flushed, so that a reader sees it at once.

    Attributes:
        count: How many have been written.
    """

    def __init__(self, stream: TextIO, form: Format, alternatives: int | None) -> None:
        self._stream, self._form, self._alternatives = stream, form, alternatives
        self.count = 0

    def add(self, clip: ClipCaptioned | ClipFailed) -> None:
        """Write a clip's result."""
        first, self.count = self.count == 0, self.count + 1
        if self._form == "json":
            text = tables.json_text([clip], self._alternatives)[2:-3]  # the object without the array around it
            self._stream.write(("[\n" if first else ",\n") + text)
        elif self._form == "csv" and not first:
            self._stream.write(tables.csv_text(clip, self._alternatives))
        else:
            self._stream.write(one_clip(clip, self._form, self._alternatives))
        self._stream.flush()

    def end(self) -> None:
        """Write what the format wants at its end."""
        if self._form == "json":
            self._stream.write("\n]\n" if self.count else "[]\n")
        elif self._form == "csv" and not self.count:
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

    def __init__(self, path: Path, form: Format, alternatives: int | None) -> None:
        self.path, self._part = path, part_of(path)
        try:
            self._file = self._part.open("w", encoding="utf-8", errors="backslashreplace", newline="\n")
        except OSError as error:
            raise ConfigError(f"--out {path}: cannot be written ({error.strerror})") from error
        self._stream = Stream(self._file, form, alternatives)
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

    def __init__(self, folder: Path, names: Mapping[Path, PurePath], form: Format, alternatives: int | None) -> None:
        self.folder, self._names, self._form, self._alternatives = folder, names, form, alternatives
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

    def add(self, clip: ClipCaptioned | ClipFailed) -> None:
        """Write a clip's file; a failed clip has none.

        Raises:
            OSError: It cannot be written.
        """
        if isinstance(clip, ClipCaptioned):
            path = self.folder / self._names[clip.path]
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, one_clip(clip, self._form, self._alternatives))


Results = StandardOutput | OneFile | Folder


def open_results(out: str | None, form: Format, alternatives: int | None, names: Mapping[Path, PurePath]) -> Results:
    """Open the place that `--out` names.

    Args:
        out: A file, a folder, or None for standard output.
        form: The format.
        alternatives: Other captions a segment; None for the format's usual number.
        names: Name of each input's result in a folder, by the input's path.

    Raises:
        ConfigError: The place cannot be written to, is an input itself, or cannot hold subtitles of several inputs.
    """
    if alternatives is None and form in ("text", "csv"):
        alternatives = 0
    several = len(names) > 1
    if out is not None:
        _spare_inputs(out, names)
    if out is None:
        if form in SUBTITLES and several:
            raise ConfigError(f"--format {form} makes a file for each input; say where with --out FOLDER")
        return StandardOutput(sys.stdout, form, alternatives)
    if is_folder(out):
        return Folder(Path(out), names, form, alternatives)
    if form in SUBTITLES and several:
        raise ConfigError(f"--out {out}: one {form} file cannot hold {len(names)} inputs; name a folder")
    return OneFile(Path(out), form, alternatives)


def _spare_inputs(out: str, names: Mapping[Path, PurePath]) -> None:
    """Refuse to write over an input."""
    inputs = {path.resolve() for path in names}
    written = [Path(out) / name for name in names.values()] if is_folder(out) else [Path(out)]
    for path in written:
        if path.resolve() in inputs:
            raise ConfigError(f"--out {out}: would overwrite the input {path}; name another place")


def part_of(path: Path) -> Path:
    """Where a file is written before it is complete."""
    return path.with_name(f"{path.name}.{os.getpid()}.part")


def write_whole(path: Path, text: str) -> None:
    """Write a text file whole or not at all."""
    part = part_of(path)
    try:
        part.write_text(text, encoding="utf-8", errors="backslashreplace", newline="\n")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
