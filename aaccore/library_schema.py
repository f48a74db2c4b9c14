"""The library's tables, and how a file made by an older version becomes one of this version."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable

from aaccore.errors import LibraryError
from aaccore.events import Candidate
from aaccore.words import STOP_WORDS, stem, words_of

APPLICATION = 0x41757263
"""SQLite's `application_id`: "Aurc"."""

# Each entry takes a file from the version before to its own; what was published is never changed, only added to.
# - path: text, or the file system's bytes where they are no text; folder and name are for reading and sorting.
# - written: path of the file that was last exported from it, as `path` is kept. unwritten: why a later export failed.
# - added, captioned, deleted, started: local time as ISO 8601 text, so that a day is its first ten characters.
# - started: when second 0 of what was heard live was.
# - position: the smallest that waits is captioned next. attempts: how often it was begun without an end.
# - machine, corrected: the model's sentence, and the edited one beside it.
# - heard: captioned recordings by word; `words` and `stems` below say how, so that SQLite's tokenizer only splits.
# - candidates: [[caption, log_probability, tokens, words, token_times], ...] as JSON.
MIGRATIONS = (
    """
    CREATE TABLE clip (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        path NOT NULL,
        folder TEXT NOT NULL,
        name TEXT NOT NULL,
        size INTEGER,
        modified_ns INTEGER,
        fingerprint BLOB,
        state TEXT NOT NULL DEFAULT 'waiting',
        position INTEGER NOT NULL,
        owner TEXT NOT NULL DEFAULT '',
        renewed REAL,
        attempts INTEGER NOT NULL DEFAULT 0,
        added TEXT NOT NULL,
        captioned TEXT,
        deleted TEXT,
        duration_s REAL,
        caption TEXT NOT NULL DEFAULT '',
        reason TEXT NOT NULL DEFAULT '',
        warnings TEXT NOT NULL DEFAULT '[]',
        corrected INTEGER NOT NULL DEFAULT 0,
        model TEXT NOT NULL DEFAULT '',
        listed INTEGER NOT NULL DEFAULT 1,
        missing INTEGER NOT NULL DEFAULT 0
    );
    CREATE INDEX clip_path ON clip (path);
    CREATE INDEX clip_queue ON clip (position) WHERE state = 'waiting' AND listed AND deleted IS NULL;
    CREATE TABLE segment (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        clip INTEGER NOT NULL REFERENCES clip (id) ON DELETE CASCADE,
        start_s REAL NOT NULL,
        end_s REAL NOT NULL,
        machine TEXT NOT NULL,
        corrected TEXT,
        candidates TEXT NOT NULL DEFAULT '[]',
        band TEXT,
        embedding BLOB
    );
    CREATE INDEX segment_clip ON segment (clip, start_s);
    """,
    """
    CREATE VIRTUAL TABLE heard USING fts5 (
        words, stems, names, tokenize = 'ascii', detail = column, columnsize = 0, prefix = '1 2 3'
    );
    CREATE VIRTUAL TABLE vocabulary USING fts5vocab (heard, col);
    INSERT INTO heard (rowid, words, stems, names)
        SELECT id, words(caption), stems(caption), words(name) || ' ' || stems(name)
        FROM clip WHERE captioned IS NOT NULL AND deleted IS NULL;
    CREATE INDEX clip_day ON clip (substr(added, 1, 10)) WHERE captioned IS NOT NULL AND deleted IS NULL;
    DROP INDEX clip_queue;
    CREATE INDEX clip_state ON clip (state, position);
    CREATE INDEX clip_listed ON clip (state) WHERE listed AND deleted IS NULL;
    CREATE INDEX clip_fingerprint ON clip (fingerprint) WHERE fingerprint IS NOT NULL;
    CREATE INDEX clip_folder ON clip (folder) WHERE captioned IS NOT NULL AND deleted IS NULL;
    """,
    "ALTER TABLE clip ADD COLUMN written BLOB",
    "ALTER TABLE clip ADD COLUMN started TEXT",
    "ALTER TABLE clip ADD COLUMN unwritten TEXT NOT NULL DEFAULT ''",
)
VERSION = len(MIGRATIONS)


def migrate(connection: sqlite3.Connection) -> None:
    """Bring an open file to this version; a new one gets its tables.

    Raises:
        LibraryError: The file is a newer version's or another program's.
        sqlite3.DatabaseError: It is damaged.
    """
    connection.create_function("words", 1, words, deterministic=True)
    connection.create_function("stems", 1, stems, deterministic=True)
    if _version(connection) == VERSION:
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        # Read again: another process may have done it in between.
        for version, script in enumerate(MIGRATIONS[_version(connection) :], _version(connection) + 1):
            for statement in script.split(";"):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {version}")
        connection.execute(f"PRAGMA application_id = {APPLICATION}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _version(connection: sqlite3.Connection) -> int:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    application: int = connection.execute("PRAGMA application_id").fetchone()[0]
    tables: int = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if application != APPLICATION and (application or version or tables):
        raise LibraryError("it belongs to another program; choose another file for the library")
    if version > VERSION:
        raise LibraryError(
            f"it was made by a newer Auricle (library version {version}, this one knows {VERSION}); update Auricle"
        )
    return version


def words(text: str) -> str:
    """All words of a text as the index holds them."""
    return " ".join(word for _, _, word in words_of(text))


def stems(text: str) -> str:
    """The stems of a text's content words."""
    return " ".join(stem(word) for _, _, word in words_of(text) if word not in STOP_WORDS)


def index(connection: sqlite3.Connection, ids: Iterable[int]) -> None:
    """Bring what can be searched of these recordings up to date."""
    for id in ids:
        connection.execute("DELETE FROM heard WHERE rowid = ?", (id,))
        connection.execute(
            "INSERT INTO heard (rowid, words, stems, names) "
            "SELECT id, words(caption), stems(caption), words(name) || ' ' || stems(name) "
            "FROM clip WHERE id = ? AND captioned IS NOT NULL AND deleted IS NULL",
            (id,),
        )


def candidates_text(candidates: Iterable[Candidate]) -> str:
    """Candidates as the file keeps them."""
    return json.dumps(
        [[one.caption, one.log_probability, one.tokens, one.words, one.token_times] for one in candidates],
        ensure_ascii=False,
        separators=(",", ":"),
    )


def candidates_of(text: str) -> tuple[Candidate, ...]:
    """Undo `candidates_text`."""
    return tuple(
        Candidate(caption, log_probability, tuple(tokens), tuple(words), tuple(times))
        for caption, log_probability, tokens, words, times in json.loads(text)
    )
