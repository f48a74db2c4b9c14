"""The library's queue: its rows that are not yet done, and who is at work on which."""

from __future__ import annotations

import os
import platform
import secrets
import sqlite3
import sys
import time
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from aaccore.library_file import LibraryFile, readable, stored_path
from aaccore.records import ClipRow

COLUMNS = (
    "id, path, state, added, duration_s, caption, reason, warnings, corrected, model, listed, missing, written, "
    "started, unwritten"
)
"""What `clip_row` takes."""
UNHEARD_S = 600.0
"""An owner that has not renewed its claims for so long is gone, even if a process has its number."""
ATTEMPTS = 3
"""A file that the program did not survive so often is not tried again by itself."""

_TOKEN = secrets.token_hex(4)


def this_process() -> str:
    """The name under which this process claims rows: "computer:process:token"."""
    return f"{platform.node()}:{os.getpid()}:{_TOKEN}"


class Queue(LibraryFile):
    """A library as those see it who fill and work off its queue."""

    def add(self, paths: Sequence[Path]) -> list[int]:
        """Put recordings at the end of the queue, in one transaction.

        A path that waits already is not added twice; one that failed or was cancelled waits again; one that is done is
        listed again, and only a file that has changed since gets a new row.

        Args:
            paths: Files, whether they are there or not.

        Returns:
            The rows' ids, in the order of the paths.
        """
        files = [(path, *_size_and_time(path)) for path in (Path(os.path.abspath(path)) for path in paths)]  # noqa: PTH100 - keeps links as they are
        added = datetime.now().isoformat(" ", "seconds")
        ids = []
        with self.writing() as connection:
            position = _last_position(connection)
            for path, size, modified_ns in files:
                position += 1
                known = connection.execute(
                    "SELECT id, state, size, modified_ns FROM clip WHERE path = ? AND deleted IS NULL "
                    "ORDER BY id DESC LIMIT 1",
                    (stored_path(path),),
                ).fetchone()
                if known and (known[1] != "done" or size is None or (size, modified_ns) == known[2:]):
                    ids.append(known[0])
                    connection.execute("UPDATE clip SET listed = 1 WHERE id = ?", known[:1])
                    if known[1] in ("failed", "cancelled"):
                        _wait(connection, known[0], position)
                    continue
                cursor = connection.execute(
                    "INSERT INTO clip (path, folder, name, size, modified_ns, position, added) "
                    "VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (stored_path(path), readable(str(path.parent)), readable(path.name), size, modified_ns, position,
                     added),
                )  # fmt: skip
                ids.append(cursor.lastrowid or 0)
        return ids

    def claim(self, owner: str) -> ClipRow | None:
        """Take the next recording that waits; no other owner gets it.

        Args:
            owner: Who takes it, see `this_process`.

        Returns:
            Its row, now captioning; None where nothing waits.
        """
        with self.writing() as connection:
            found = connection.execute(
                "UPDATE clip SET state = 'captioning', reason = '', owner = ?, renewed = ?, attempts = attempts + 1 "
                "WHERE id = (SELECT id FROM clip INDEXED BY clip_state "
                "WHERE state = 'waiting' AND listed AND deleted IS NULL "
                f"ORDER BY position LIMIT 1) RETURNING {COLUMNS}",
                (owner, time.time()),
            ).fetchall()
        return clip_row(found[0]) if found else None

    def renew(self, owner: str) -> None:
        """Say that an owner is still at work; every minute or so will do."""
        with self.writing() as connection:
            connection.execute(
                "UPDATE clip SET renewed = ? WHERE state = 'captioning' AND owner = ?", (time.time(), owner)
            )

    def release(self, owner: str) -> None:
        """Let what an owner has taken wait again: it stops for now."""
        with self.writing() as connection:
            connection.execute(
                "UPDATE clip SET state = 'waiting', owner = '', attempts = 0 WHERE owner = ? AND state = 'captioning'",
                (owner,),
            )

    def release_dead(self) -> list[int]:
        """Let what was taken by processes that have ended since wait again.

        A recording that no process survived three times in a row has failed.

        Returns:
            The rows' ids.
        """
        taken = self.read("SELECT id, owner, renewed, attempts FROM clip WHERE state = 'captioning'")
        dead = [(id, owner, attempts) for id, owner, renewed, attempts in taken if _is_dead(owner, renewed)]
        with self.writing() as connection:
            for id, owner, attempts in dead:
                reason = f"Auricle ended {attempts} times while it captioned this file; retry to do it once more"
                values = ("failed", reason) if attempts >= ATTEMPTS else ("waiting", "")
                connection.execute(
                    "UPDATE clip SET state = ?, reason = ?, owner = '' "
                    "WHERE id = ? AND owner = ? AND state = 'captioning'",
                    (*values, id, owner),
                )
        return [id for id, _, _ in dead]

    def cancel(self, ids: Iterable[int]) -> None:
        """Caption these no more; one that has captions already keeps them and is done."""
        self._change(
            ids,
            "UPDATE clip SET owner = '', state = CASE WHEN captioned IS NULL THEN 'cancelled' ELSE 'done' END "
            "WHERE id = ? AND state IN ('waiting', 'captioning')",
        )

    def retry(self, ids: Iterable[int]) -> None:
        """Caption these again, after all others; those that wait or are under way stay as they are."""
        with self.writing() as connection:
            for position, id in enumerate(ids, _last_position(connection) + 1):
                _wait(connection, id, position)

    def first(self, ids: Sequence[int]) -> None:
        """Caption these before all others that wait, in this order."""
        with self.writing() as connection:
            first = connection.execute("SELECT coalesce(min(position), 0) FROM clip WHERE state = 'waiting'")
            places = enumerate(ids, first.fetchone()[0] - len(ids))
            connection.executemany("UPDATE clip SET position = ? WHERE id = ?", places)

    def unlist(self, ids: Iterable[int]) -> None:
        """Take recordings from the list of the captions page; they stay in the library."""
        self._change(ids, "UPDATE clip SET listed = 0 WHERE id = ?")

    def relist(self, ids: Iterable[int]) -> None:
        """Undo `unlist`."""
        self._change(ids, "UPDATE clip SET listed = 1 WHERE id = ?")

    def _change(self, ids: Iterable[int], statement: str) -> None:
        with self.writing() as connection:
            connection.executemany(statement, ((id,) for id in ids))


def clip_row(values: Sequence[Any]) -> ClipRow:
    """The record of a row of `COLUMNS`."""
    id, path, state, added, duration_s, caption, reason, warnings, corrected, model, listed, missing, *last = values
    written, started, unwritten = last
    return ClipRow(
        id,
        Path(os.fsdecode(path)),
        state,
        datetime.fromisoformat(added),
        duration_s,
        caption,
        reason,
        _warnings(warnings),
        bool(corrected),
        model,
        bool(listed),
        bool(missing),
        None if written is None else Path(os.fsdecode(written)),
        None if started is None else datetime.fromisoformat(started),
        unwritten,
    )


def _warnings(text: str) -> tuple[str, ...]:
    if text == "[]":  # nearly always, and reading JSON takes longer than all the rest
        return ()
    import json

    return tuple(json.loads(text))


def _wait(connection: sqlite3.Connection, id: int, position: int) -> None:
    connection.execute(
        "UPDATE clip SET state = 'waiting', reason = '', owner = '', attempts = 0, listed = 1, position = ? "
        "WHERE id = ? AND state NOT IN ('waiting', 'captioning')",
        (position, id),
    )


def _last_position(connection: sqlite3.Connection) -> int:
    found = connection.execute(
        "SELECT coalesce(max(position), 0) FROM clip INDEXED BY clip_state WHERE state = 'waiting'"
    )
    last: int = found.fetchone()[0]
    return last


def _size_and_time(path: Path) -> tuple[int | None, int | None]:
    try:
        status = path.stat()
    except (OSError, ValueError):
        return None, None
    return status.st_size, status.st_mtime_ns


def _is_dead(owner: str, renewed: float | None) -> bool:
    node, _, rest = owner.rpartition(":")[0].rpartition(":")
    if time.time() - (renewed or 0.0) > UNHEARD_S:
        return True
    if node != platform.node() or not rest.isdigit():
        return False
    if int(rest) == os.getpid():
        return owner != this_process()
    return not _runs(int(rest))


def _runs(process: int) -> bool:
    """Whether a process of this computer exists."""
    if sys.platform == "win32":
        import ctypes

        may_ask, still_active = 0x1000, 259
        handle = ctypes.windll.kernel32.OpenProcess(may_ask, False, process)
        if not handle:
            return False
        code = ctypes.c_ulong()
        ctypes.windll.kernel32.GetExitCodeProcess(handle, ctypes.byref(code))
        ctypes.windll.kernel32.CloseHandle(handle)
        return code.value == still_active
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
