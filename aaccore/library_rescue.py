"""A damaged library: set aside under another name, and what can still be read of it saved into a new one."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

from aaccore.library_schema import index, migrate

_CORRUPT, _NOT_A_DATABASE = 11, 26


def is_damage(error: sqlite3.Error) -> bool:
    """Whether an error means that the file itself is damaged."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in (_CORRUPT, _NOT_A_DATABASE)


def report_damage(path: Path) -> None:
    """Remember that damage was met in the midst of work, for whoever opens the library next."""
    _report(path).touch()


def damage_reported(path: Path) -> bool:
    """Whether damage was met since the library was opened."""
    return _report(path).exists()


def _report(path: Path) -> Path:
    return path.with_name(f"{path.name}-damaged")


def rescue(path: Path) -> str:
    """Set a damaged library aside and put a new one in its place, with all of it that can be read.

    Returns:
        What was done, in words.

    Raises:
        OSError: The file cannot be renamed.
    """
    aside = path.with_name(f"{path.stem} damaged {datetime.now():%Y-%m-%d %H.%M.%S}{path.suffix}")
    path.rename(aside)
    for suffix in ("-wal", "-shm"):
        if (beside := path.with_name(path.name + suffix)).exists():
            beside.rename(aside.with_name(aside.name + suffix))
    part = path.with_name(f"{path.name}-rescued")
    part.unlink(missing_ok=True)
    with closing(sqlite3.connect(part, isolation_level=None)) as new:
        migrate(new)
        saved = _save(aside, new)
    part.rename(path)
    _report(path).unlink(missing_ok=True)
    return f"The library was damaged. It was set aside as {aside}; {saved} of its recordings could be saved."


def _save(aside: Path, new: sqlite3.Connection) -> int:
    """Copy all readable rows of a damaged library; returns the number of recordings."""
    new.execute("BEGIN")
    with closing(sqlite3.connect(aside, isolation_level=None)) as old:
        old.text_factory = lambda text: text.decode("utf-8", "replace")
        clips = _copy("clip", old, new)
        _copy("segment", old, new)
    new.execute("DELETE FROM segment WHERE clip NOT IN (SELECT id FROM clip)")
    index(new, clips)
    new.execute("COMMIT")
    return len(clips)


def _copy(table: str, old: sqlite3.Connection, new: sqlite3.Connection) -> list[int]:
    known = {name for _, name, *_ in new.execute(f"PRAGMA table_info({table})")}
    try:
        columns = [name for _, name, *_ in old.execute(f"PRAGMA table_info({table})") if name in known]
    except sqlite3.DatabaseError:
        return []
    if "id" not in columns:
        return []
    columns.sort(key=lambda name: name != "id")
    statement = f"INSERT OR IGNORE INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"
    return [
        row[0] for row in _readable(f"{', '.join(columns)} FROM {table}", old) if new.execute(statement, row).rowcount
    ]


def _readable(source: str, old: sqlite3.Connection) -> Iterator[tuple[Any, ...]]:
    """The rows in the order of their ids; what cannot be read is jumped over, ever further until it can."""
    last, jump = 0, 0
    while jump < 1 << 32:
        try:
            # NOT INDEXED: only the table itself; an index may be what is damaged.
            for row in old.execute(f"SELECT {source} NOT INDEXED WHERE id > ? ORDER BY id", (last + jump,)):
                last, jump = row[0], 0
                yield row
            return
        except sqlite3.DatabaseError:
            jump += 1 + jump // 8
