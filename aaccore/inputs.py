"""What the command line is asked to caption: files, folders and patterns -> files, and what to call their results."""

from __future__ import annotations

import glob
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath

RESULT_SUFFIXES = frozenset((".txt", ".json", ".jsonl", ".csv", ".srt", ".vtt"))


@dataclass(frozen=True)
class Input:
    """A file to caption.

    Attributes:
        path: The file, as the user would write it.
        name: Its name, or its path within the folder that was named.
        chosen: The user named the file itself, not a folder around it.
    """

    path: Path
    name: PurePath
    chosen: bool


@dataclass(frozen=True)
class Found:
    """The files to caption, and why some places hold none, in words."""

    inputs: tuple[Input, ...]
    problems: tuple[str, ...]


def find(places: Iterable[str], recursive: bool) -> Found:
    """List the files of what was named, in order; the same file is taken once, hidden ones only when named.

    Args:
        places: Files (there or not), folders, and patterns such as `*.wav` that the shell left alone.
        recursive: Take the folders inside folders too.
    """
    inputs: dict[str, Input] = {}
    problems: list[str] = []
    for place in _unfolded(places):
        path = Path(place)
        if path.is_dir():
            members = list(_members(path, recursive, problems))
            if not members and not problems:
                inside = "" if recursive else "; --recursive looks into the folders inside"
                problems.append(f"{place}: no files in this folder{inside}")
        else:
            members = [Input(path, PurePath(path.name), True)]
        for member in members:
            key = os.path.normcase(os.path.abspath(member.path))  # noqa: PTH100 - keeps links as they are
            if key not in inputs or member.chosen:
                inputs[key] = member
    return Found(tuple(inputs.values()), tuple(problems))


def _unfolded(places: Iterable[str]) -> Iterator[str]:
    """Resolve the patterns that the shell left alone, as Windows' does."""
    for place in places:
        if glob.has_magic(place) and not os.path.lexists(place):
            yield from sorted(glob.glob(place, recursive=True)) or [place]  # noqa: PTH207 - as the shell does
        else:
            yield place


def _members(folder: Path, recursive: bool, problems: list[str]) -> Iterator[Input]:
    def report(error: OSError) -> None:
        problems.append(f"{error.filename}: the folder cannot be read ({error.strerror})")

    for root, folders, files in os.walk(folder, onerror=report):
        folders[:] = sorted(name for name in folders if recursive and not name.startswith("."))
        for name in sorted(files):
            if not name.startswith("."):
                path = Path(root, name)
                yield Input(path, path.relative_to(folder), False)


def result_names(inputs: Iterable[Input], suffix: str) -> dict[Path, PurePath]:
    """Name each input's result: `dog.wav` -> `dog.srt`; where two would meet, `dog.wav.srt` and `dog.mp3.srt`.

    Results of earlier calls that lie among the inputs do not count.
    """
    inputs = list(inputs)

    def taken(name: PurePath) -> str:
        return str(name.with_suffix(suffix)).casefold()

    sharing = Counter(taken(one.name) for one in inputs if one.name.suffix.lower() not in RESULT_SUFFIXES)
    names: dict[Path, PurePath] = {}
    used: set[str] = set()
    for one in inputs:
        shared = sharing[taken(one.name)] > (one.name.suffix.lower() not in RESULT_SUFFIXES)
        name = one.name.with_name(one.name.name + suffix) if shared else one.name.with_suffix(suffix)
        first, number = name, 2
        while str(name).casefold() in used:
            name = first.with_name(f"{first.name.removesuffix(suffix)} ({number}){suffix}")
            number += 1
        used.add(str(name).casefold())
        names[one.path] = name
    return names
