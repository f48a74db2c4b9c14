"""The library: what was heard, where and when, in one SQLite file that survives a crash."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, get_args

from aaccore.errors import LibraryError
from aaccore.events import ClipCaptioned, Segment
from aaccore.fingerprint import fingerprint, size_of
from aaccore.library_file import library_file, stored_path
from aaccore.library_queue import COLUMNS, Queue, clip_row, this_process
from aaccore.library_schema import candidates_of, candidates_text, index
from aaccore.records import ClipRow, State, StoredSegment

__all__ = ["Library", "Order", "library_file", "this_process"]

Order = Literal["added", "name", "length", "state", "caption"]

_ORDERS: dict[Order, str] = {
    "added": "id",
    "name": "name COLLATE NOCASE",
    "length": "duration_s",
    "state": "instr('captioning waiting failed cancelled done', state)",
    "caption": "caption COLLATE NOCASE",
}


class Library(Queue):
    """Everything that was captioned or waits for it; see `LibraryFile` for how it is opened, `Queue` for what waits."""

    def row(self, id: int) -> ClipRow:
        """One recording.

        Raises:
            LibraryError: There is none of this number.
        """
        found = self.read(f"SELECT {COLUMNS} FROM clip WHERE id = ?", (id,))
        if not found:
            raise LibraryError(f"recording {id} is not in the library")
        return clip_row(found[0])

    def find(self, path: Path) -> int | None:
        """The newest captioned recording of this path, or else of a file with the same content; None without one."""
        known = "captioned IS NOT NULL AND deleted IS NULL ORDER BY id DESC LIMIT 1"
        found = self.read(f"SELECT id FROM clip WHERE path = ? AND {known}", (stored_path(path),))
        if not found and (mark := _mark(path)[0]):
            found = self.read(f"SELECT id FROM clip WHERE fingerprint = ? AND {known}", (mark,))
        return found[0][0] if found else None

    def rows(
        self,
        listed: bool = True,
        text: str = "",
        states: Collection[State] = (),
        order: Order = "added",
        descending: bool = False,
    ) -> list[ClipRow]:
        """The recordings, without the deleted ones.

        Args:
            listed: Only those in the list of the captions page.
            text: Only those whose name or caption has each of these words somewhere.
            states: Only those; none means all.
            order: What they are sorted by.
            descending: From the last to the first.
        """
        source, conditions, values = "clip", ["deleted IS NULL"], list[Any]()
        if listed:  # SQLite would rather look at all rows, of which the list may be a small part
            source = "clip INDEXED BY clip_listed"
            conditions.append("listed")
        if states:
            conditions.append(f"state IN ({', '.join('?' * len(states))})")
            values += states
        for word in text.split():
            conditions.append("(name LIKE ? ESCAPE '\\' OR caption LIKE ? ESCAPE '\\')")
            values += [_somewhere(word)] * 2
        direction = "DESC" if descending else "ASC"
        found = self.read(
            f"SELECT {COLUMNS} FROM {source} WHERE {' AND '.join(conditions)} "
            f"ORDER BY {_ORDERS[order]} {direction}, id {direction}",
            values,
        )
        return [clip_row(values) for values in found]

    def counts(self) -> dict[State, int]:
        """How many listed recordings are in each state."""
        found = self.read("SELECT state, count(*) FROM clip WHERE listed AND deleted IS NULL GROUP BY state")
        return dict.fromkeys(get_args(State), 0) | dict(found)

    def segments(self, id: int) -> list[StoredSegment]:
        """A recording's timed captions in their order."""
        return [
            StoredSegment(
                segment, id, start_s, end_s, machine if corrected is None else corrected, machine,
                candidates_of(candidates), band,
            )
            for segment, start_s, end_s, machine, corrected, candidates, band, _ in self._segments(id)
        ]  # fmt: skip

    def clip(self, id: int) -> ClipCaptioned:
        """A recording as captioning has left it, with corrected captions in place of the machine's.

        Raises:
            LibraryError: There is none of this number.
        """
        row = self.row(id)
        segments = tuple(
            Segment(
                start_s, end_s, machine if corrected is None else corrected, candidates_of(candidates), band,
                embedding or b"",
            )
            for _, start_s, end_s, machine, corrected, candidates, band, embedding in self._segments(id)
        )  # fmt: skip
        return ClipCaptioned(row.path, row.duration_s or 0.0, segments, row.warnings, row.started)

    def _segments(self, id: int) -> list[tuple[Any, ...]]:
        return self.read(
            "SELECT id, start_s, end_s, machine, corrected, candidates, band, embedding FROM segment WHERE clip = ? "
            "ORDER BY start_s, id",
            (id,),
        )

    def opened(self, id: int, duration_s: float | None) -> None:
        """Keep how long a recording is, as soon as it is known."""
        if duration_s is not None:
            with self.writing() as connection:
                connection.execute("UPDATE clip SET duration_s = ? WHERE id = ?", (duration_s, id))

    def finish(self, id: int, clip: ClipCaptioned, model: str) -> bool:
        """Keep what was heard in a recording. Corrections of segments at the same times stay, and its clock time.

        Args:
            id: Its row.
            clip: What was heard.
            model: Name of the model that heard it.

        Returns:
            Whether it was kept; a recording that was cancelled meanwhile is left alone.
        """
        mark, modified_ns = _mark(clip.path)
        with self.writing() as connection:
            found = connection.execute("SELECT state FROM clip WHERE id = ?", (id,)).fetchone()
            if found is None or found[0] == "cancelled":
                return False
            former = connection.execute(
                "SELECT start_s, end_s, corrected FROM segment WHERE clip = ? AND corrected IS NOT NULL", (id,)
            ).fetchall()
            corrections = {(start_s, end_s): corrected for start_s, end_s, corrected in former}
            connection.execute("DELETE FROM segment WHERE clip = ?", (id,))
            connection.executemany(
                "INSERT INTO segment (clip, start_s, end_s, machine, corrected, candidates, band, embedding) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    (
                        id, one.start_s, one.end_s, one.caption, corrections.get((one.start_s, one.end_s)),
                        candidates_text(one.candidates), one.band, one.embedding or None,
                    )
                    for one in clip.segments
                ),
            )  # fmt: skip
            connection.execute(
                "UPDATE clip SET state = 'done', owner = '', attempts = 0, reason = '', missing = 0, captioned = ?, "
                "duration_s = ?, warnings = ?, model = ?, fingerprint = ?, size = ?, modified_ns = ?, "
                "started = coalesce(?, started), unwritten = '' WHERE id = ?",
                (
                    datetime.now().isoformat(" ", "seconds"), clip.duration_s,
                    json.dumps(clip.warnings, ensure_ascii=False), model, mark, mark and size_of(mark), modified_ns,
                    clip.started and clip.started.isoformat(" ", "milliseconds"), id,
                ),
            )  # fmt: skip
            _rewrite(connection, id)
        return True

    def fail(self, id: int, reason: str) -> None:
        """Keep why a recording could not be captioned, unless it was cancelled meanwhile."""
        with self.writing() as connection:
            connection.execute(
                "UPDATE clip SET state = 'failed', owner = '', attempts = 0, reason = ? "
                "WHERE id = ? AND state != 'cancelled'",
                (reason, id),
            )

    def wrote(self, id: int, path: Path) -> None:
        """Remember which file was exported from a recording."""
        with self.writing() as connection:
            connection.execute("UPDATE clip SET written = ?, unwritten = '' WHERE id = ?", (stored_path(path), id))

    def not_written(self, id: int, reason: str) -> None:
        """Remember why the last export of a recording was not written, until one is."""
        with self.writing() as connection:
            connection.execute("UPDATE clip SET unwritten = ? WHERE id = ?", (reason, id))

    def correct(self, segment: int, caption: str | None) -> None:
        """Put an edited caption beside the machine's.

        Args:
            segment: Its number.
            caption: The sentence; None, or the machine's own, takes the correction back.

        Raises:
            LibraryError: There is no such segment, as after captioning the recording again.
        """
        with self.writing() as connection:
            found = connection.execute("SELECT clip, machine FROM segment WHERE id = ?", (segment,)).fetchone()
            if found is None:
                raise LibraryError("this caption is no longer in the library; open the recording again")
            corrected = None if caption == found[1] else caption
            connection.execute("UPDATE segment SET corrected = ? WHERE id = ?", (corrected, segment))
            _rewrite(connection, found[0])

    def delete(self, ids: Iterable[int]) -> None:
        """Take recordings from the library, until `forget_deleted` for undo; sound files are never touched."""
        self._set_deleted(ids, datetime.now().isoformat(" ", "seconds"))

    def restore(self, ids: Iterable[int]) -> None:
        """Undo `delete`."""
        self._set_deleted(ids, None)

    def forget_deleted(self) -> None:
        """Erase what was deleted; from now on it cannot be restored."""
        with self.writing() as connection:
            connection.execute("DELETE FROM clip WHERE deleted IS NOT NULL")

    def _set_deleted(self, ids: Iterable[int], when: str | None) -> None:
        ids = list(ids)
        with self.writing() as connection:
            connection.executemany("UPDATE clip SET deleted = ? WHERE id = ?", ((when, id) for id in ids))
            index(connection, ids)


def _rewrite(connection: sqlite3.Connection, id: int) -> None:
    """Bring what a row says of its segments up to date."""
    found = connection.execute(
        "SELECT coalesce(corrected, machine), corrected IS NOT NULL FROM segment WHERE clip = ? ORDER BY start_s, id",
        (id,),
    ).fetchall()
    caption, corrected = " ".join(text for text, _ in found), any(edited for _, edited in found)
    connection.execute("UPDATE clip SET caption = ?, corrected = ? WHERE id = ?", (caption, corrected, id))
    index(connection, [id])


def _somewhere(word: str) -> str:
    for special in "\\%_":
        word = word.replace(special, f"\\{special}")
    return f"%{word}%"


def _mark(path: Path) -> tuple[bytes | None, int | None]:
    """A file's fingerprint and time, where it can still be read."""
    try:
        return fingerprint(path), path.stat().st_mtime_ns
    except (OSError, ValueError):
        return None, None
