"""The library's one SQLite file: opened, read and written by as many threads and processes as there are."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from platformdirs import user_data_path

from aaccore.errors import LibraryError
from aaccore.library_rescue import damage_reported, is_damage, report_damage, rescue
from aaccore.library_schema import migrate

PATIENCE_S = 15.0
"""How long a writer waits for another one."""


def library_file() -> Path:
    """Where the library of this user lies."""
    return user_data_path("auricle", appauthor=False) / "library.sqlite"


class LibraryFile:
    """An open library. Each thread opens its own; that takes a millisecond.

    What is written is on disk when the method returns, whatever happens to the process then.

    Args:
        path: The file; a new one is made where there is none. A damaged one is set aside, and what can be saved is.

    Attributes:
        complaint: What was wrong with the file, in words; empty where nothing was.

    Raises:
        LibraryError: The file cannot be opened, is a newer version's, or another program's.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.complaint = ""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if damage_reported(path):
                self.complaint = rescue(path)
            try:
                self._connection = self._connect()
            except sqlite3.DatabaseError as error:
                if not is_damage(error):
                    raise
                self.complaint = rescue(path)
                self._connection = self._connect()
        except LibraryError as error:
            raise LibraryError(f"{path}: {error}") from None
        except (OSError, sqlite3.Error) as error:
            raise LibraryError(f"{path}: the library cannot be opened ({error}); check the folder") from error

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=PATIENCE_S, isolation_level=None)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
            migrate(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def close(self) -> None:
        """Close the file; safe to call twice."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def read(self, statement: str, values: Iterable[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of a SELECT.

        Raises:
            LibraryError: The file cannot be read.
        """
        with self._in_words():
            return self._connection.execute(statement, tuple(values)).fetchall()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction: all of it is kept at the end, or nothing after an exception.

        Raises:
            LibraryError: The file cannot be written.
        """
        with self._in_words():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    @contextmanager
    def _in_words(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.DatabaseError as error:
            if is_damage(error):
                report_damage(self.path)
                raise LibraryError(
                    f"{self.path}: the library is damaged ({error}); start Auricle again: it saves what can be read"
                ) from error
            if isinstance(error, sqlite3.OperationalError):
                raise LibraryError(f"{self.path}: the library cannot be used ({error}); try again") from error
            raise


def stored_path(path: Path) -> str | bytes:
    """A path as the file keeps it: text, or bytes where it is none."""
    text = str(path)
    try:
        text.encode()
    except UnicodeEncodeError:
        return os.fsencode(text)
    return text


def readable(text: str) -> str:
    """A file name as text that can be stored, shown and searched."""
    return text.encode("utf-8", "replace").decode()
