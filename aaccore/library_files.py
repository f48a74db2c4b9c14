"""The sound files of a library: which are missing, and where they have gone."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from aaccore.events import Working
from aaccore.fingerprint import fingerprint, size_of
from aaccore.library import Library
from aaccore.library_file import readable, stored_path
from aaccore.library_schema import index
from aaccore.records import FileFound, FileMissing

SIGN_OF_LIFE_S = 0.2
LOOK_S = 0.1
"""How long `look_at_files` goes on to the next file: a disk or a network is not kept busy."""
LOOK_ROWS = 1000
NEWEST = 1 << 62
"""Above the number of any recording."""

_KEPT = "captioned IS NOT NULL AND deleted IS NULL"

Row = tuple[int, str | bytes, int]
"""A recording's number, its path as it is stored, and whether it is marked as missing."""


@dataclass(frozen=True)
class FilesLooked:
    """Files were looked for.

    Attributes:
        missing: Numbers of recordings whose files are not there any more.
        found: Numbers of those whose files are there again.
        below: All recordings from this number on have been looked for; 0 where none is left.
    """

    missing: tuple[int, ...]
    found: tuple[int, ...]
    below: int


def look_at_files(library: Library, first: Sequence[int] = (), below: int = 0) -> FilesLooked:
    """Look for the files of some recordings, for a short while, and mark those that are not there.

    Args:
        library: Where.
        first: Numbers of the recordings that are looked for before others.
        below: Then go on with recordings of lower numbers than this, newest first: with `NEWEST`, and after that with
            the result's `below` until it is 0.
    """
    until = monotonic() + LOOK_S
    numbers = ", ".join(str(int(id)) for id in first)
    rows: list[Row] = library.read(f"SELECT id, path, missing FROM clip WHERE id IN ({numbers}) AND {_KEPT}")
    sooner, looked = len(rows), 0
    rows += library.read(
        f"SELECT id, path, missing FROM clip NOT INDEXED WHERE id < ? AND {_KEPT} ORDER BY id DESC LIMIT ?",
        (below, LOOK_ROWS),
    )
    changed: list[tuple[bool, Row]] = []
    for row in rows:
        looked += 1
        if (gone := not _is_there(row)) != bool(row[2]):
            changed.append((gone, row))
        if monotonic() > until:
            break
    if looked > sooner:
        below = rows[looked - 1][0]
    complete = looked == len(rows) < sooner + LOOK_ROWS
    _mark(library, changed)
    return FilesLooked(
        tuple(row[0] for gone, row in changed if gone),
        tuple(row[0] for gone, row in changed if not gone),
        0 if complete else below,
    )


def find_missing(library: Library) -> Iterator[Working | FileMissing | FileFound]:
    """Look for the file of each recording, and mark those that are not there.

    Yields:
        FileMissing for each file that is not there, FileFound for each that is there again; Working.
    """
    rows: list[Row] = library.read(f"SELECT id, path, missing FROM clip WHERE {_KEPT} ORDER BY folder, name")
    last_sign = monotonic()
    changed: list[tuple[bool, Row]] = []
    for number, row in enumerate(rows):
        id, stored, missing = row
        path = Path(os.fsdecode(stored))
        gone = not _is_there(row)
        if gone != bool(missing):
            changed.append((gone, row))
        if gone:
            yield FileMissing(id, path)
        elif missing:
            yield FileFound(id, path)
        if monotonic() - last_sign > SIGN_OF_LIFE_S:
            _mark(library, changed)
            changed.clear()
            yield Working(f"looking for {path.name}", number / len(rows))
            last_sign = monotonic()
    _mark(library, changed)


def _is_there(row: Row) -> bool:
    """Whether a recording's file is where it was; one in a folder that cannot be read is not."""
    try:
        return Path(os.fsdecode(row[1])).is_file()
    except (OSError, ValueError):
        return False


def _mark(library: Library, changed: list[tuple[bool, Row]]) -> None:
    """Mark files as missing or there, unless the library has learnt of another place meanwhile."""
    if changed:
        with library.writing() as connection:
            connection.executemany(
                "UPDATE clip SET missing = ? WHERE id = ? AND path = ?",
                [(gone, id, stored) for gone, (id, stored, _) in changed],
            )


def relocate(library: Library, folder: Path) -> Iterator[Working | FileFound]:
    """Look in a folder, and the folders inside it, for missing files; their content tells them, not their names.

    Yields:
        FileFound for each, when the library knows its new place; Working.
    """
    wanted: dict[bytes, list[tuple[int, str]]] = defaultdict(list)
    for id, mark, name in library.read(
        "SELECT id, fingerprint, name FROM clip "
        "WHERE missing AND deleted IS NULL AND fingerprint IS NOT NULL ORDER BY id"
    ):
        wanted[mark].append((id, name))
    sizes = {size_of(mark) for mark in wanted}
    last_sign = monotonic()
    looked_at = 0
    for root, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = Path(os.path.abspath(os.path.join(root, name)))  # noqa: PTH100, PTH118 - keeps links as they are
            looked_at += 1
            if monotonic() - last_sign > SIGN_OF_LIFE_S:
                yield Working(f"{looked_at} files looked at, now {root}")
                last_sign = monotonic()
            mark = _mark_if_wanted(path, sizes)
            if mark not in wanted or _is_in(library, path):
                continue
            # Of several that were alike the one of this name has moved here.
            same = sorted(wanted[mark], key=lambda member: member[1] != readable(name))
            id = same[0][0]
            wanted[mark].remove(same[0])
            if not wanted[mark]:
                del wanted[mark]
            _move(library, id, path)
            yield FileFound(id, path)
            if not wanted:
                return


def _mark_if_wanted(path: Path, sizes: set[int]) -> bytes | None:
    """A file's fingerprint; None where its size says that it is not wanted, or it cannot be read."""
    try:
        return fingerprint(path) if path.is_file() and path.stat().st_size in sizes else None
    except OSError:
        return None


def _is_in(library: Library, path: Path) -> bool:
    found = library.read("SELECT 1 FROM clip WHERE path = ? AND deleted IS NULL AND NOT missing", (stored_path(path),))
    return bool(found)


def _move(library: Library, id: int, path: Path) -> None:
    with library.writing() as connection:
        connection.execute(
            "UPDATE clip SET path = ?, folder = ?, name = ?, modified_ns = ?, missing = 0 WHERE id = ?",
            (stored_path(path), readable(str(path.parent)), readable(path.name), path.stat().st_mtime_ns, id),
        )
        index(connection, [id])
