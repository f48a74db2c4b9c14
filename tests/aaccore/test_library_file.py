from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from aaccore.errors import LibraryError
from aaccore.library import Library
from aaccore.library_schema import APPLICATION, VERSION
from aaccore.library_search import search
from tests.aaccore.made_library import put

OLD = sorted((Path(__file__).parent / "libraries").glob("version_*.sql"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "library.sqlite"


def write(path: Path, script: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(script)


def schema(path: Path) -> set[tuple[str, str]]:
    with closing(sqlite3.connect(path)) as connection:
        return {tuple(row) for row in connection.execute("SELECT name, sql FROM sqlite_master")}


def test_a_file_of_each_older_version_is_kept_for_these_tests() -> None:
    assert [path.stem for path in OLD] == [f"version_{number}" for number in range(1, VERSION)]


@pytest.mark.parametrize("old", OLD, ids=lambda old: old.stem)
def test_a_library_of_an_older_version_opens_with_all_that_it_holds(old: Path, path: Path, tmp_path: Path) -> None:
    write(path, old.read_text(encoding="utf-8"))
    with Library(path) as library:
        assert library.complaint == ""
        rows = {row.path.name: row for row in library.rows(listed=False)}
        assert {name: row.state for name, row in rows.items()} == {
            "yard dög.wav": "done", "storm.flac": "done", "notes.txt": "failed", "later.wav": "waiting",
            "stopped.wav": "cancelled",
        }  # fmt: skip
        yard, storm = rows["yard dög.wav"], rows["storm.flac"]
        assert (yard.warnings, yard.duration_s, yard.model) == (("the end is missing",), 9.5, "starter")
        assert (storm.corrected, storm.listed) == (True, False)
        first = library.clip(yard.id).segments[0]
        assert first.candidates[0].token_times == (None, 1.25, 1.5, None)
        assert (first.band, len(first.embedding)) == ("sure", 6)
        assert library.segments(storm.id)[1].machine == "Thunder rolls."
        assert [hit.clip.id for hit in search(library, "rain thunder rumbling")] == [storm.id] * 2
        assert library.claim("x") is not None
    with Library(tmp_path / "new.sqlite"):
        assert schema(path) == schema(tmp_path / "new.sqlite")


def test_a_newer_library_is_refused_and_left_as_it_is(path: Path) -> None:
    write(path, f"PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {VERSION + 1}; CREATE TABLE clip (x);")
    with pytest.raises(LibraryError, match=rf"newer Auricle .library version {VERSION + 1}.*update Auricle"):
        Library(path)
    assert schema(path) == {("clip", "CREATE TABLE clip (x)")}


def test_a_database_of_another_program_is_refused(path: Path) -> None:
    write(path, "CREATE TABLE bookmark (x);")
    with pytest.raises(LibraryError, match="another program"):
        Library(path)
    assert schema(path) == {("bookmark", "CREATE TABLE bookmark (x)")}


def test_a_library_where_nothing_can_be_made_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LibraryError, match="cannot be opened"):
        Library(tmp_path / "file" / "library.sqlite")
    with pytest.raises(LibraryError, match="cannot be opened"):
        Library(tmp_path)


def filled(path: Path, count: int = 400) -> None:
    with Library(path) as library:
        for number in range(count):
            put(library, path.parent / f"{number}.wav", f"A dog barks {number} times.", "Rain falls.")
        library.read("PRAGMA wal_checkpoint(TRUNCATE)")


def overwrite(path: Path, start: int, bytes_: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(start)
        file.write(bytes_)


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(b"no library at all, but long enough to be none" * 100),
        lambda path: overwrite(path, 0, b"\0" * 100),
        lambda path: overwrite(path, 0, b"\0" * 8192),
    ],
    ids=["other", "header", "first pages"],
)
def test_a_file_that_is_no_library_any_more_is_set_aside(damage: Callable[[Path], None], path: Path) -> None:
    filled(path, 3)
    damage(path)
    broken = path.read_bytes()
    with Library(path) as library:
        assert "damaged" in library.complaint
        assert library.rows() == []
        put(library, path.parent / "new.wav", "A dog barks.")
    (aside,) = path.parent.glob("library damaged *.sqlite")
    assert str(aside) in library.complaint
    assert aside.read_bytes() == broken
    with Library(path) as library:
        assert library.complaint == ""
        assert len(library.rows()) == 1


def pages_of(path: Path, table: str) -> list[int]:
    with closing(sqlite3.connect(path)) as connection:
        found = connection.execute("SELECT pageno FROM dbstat WHERE name = ? AND pagetype = 'leaf'", (table,))
        return [page for (page,) in found]


def test_damage_met_in_the_midst_of_work_is_told_and_all_that_is_readable_is_saved(path: Path) -> None:
    filled(path)
    pages = pages_of(path, "clip")
    for page in pages[3:5]:
        overwrite(path, (page - 1) * 4096, b"\xff" * 4096)
    with Library(path) as library, pytest.raises(LibraryError, match=r"is damaged .* start Auricle again"):
        library.rows()
    with Library(path) as library:
        kept = library.rows()
        lost = 2 * 400 / len(pages)
        assert 400 - 1.3 * lost < len(kept) < 400
        assert f"{len(kept)} of its recordings could be saved" in library.complaint
        for row in kept:
            assert library.clip(row.id).caption == row.caption == f"A dog barks {row.path.stem} times. Rain falls."
        assert search(library, f"{kept[-1].path.stem} times")[0].clip == kept[-1]
    with Library(path) as library:
        assert library.complaint == ""


def test_a_transaction_that_fails_leaves_nothing(path: Path) -> None:
    with Library(path) as library:
        statement = "INSERT INTO clip (path, folder, name, position, added) VALUES ('', '', '', 1, ?)"
        with pytest.raises(sqlite3.IntegrityError), library.writing() as connection:
            connection.executemany(statement, [("2026-01-01",), (None,)])
        assert library.rows() == []
        library.close()
        library.close()
