from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from aaccore import library_files
from aaccore.events import Working
from aaccore.library import Library
from aaccore.library_files import NEWEST, FilesLooked, find_missing, look_at_files, relocate
from aaccore.library_search import search
from aaccore.records import FileFound, FileMissing, Filters
from tests.aaccore.made_library import put


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library(tmp_path / "library.sqlite") as library:
        yield library


@pytest.fixture
def sounds(tmp_path: Path) -> Path:
    folder = tmp_path / "sounds"
    folder.mkdir()
    for name, content in {"a.wav": b"dog", "b.wav": b"rain!", "copy of a.wav": b"dog"}.items():
        (folder / name).write_bytes(content)
    return folder


def told(events: Iterator[object]) -> list[object]:
    return [event for event in events if not isinstance(event, Working)]


def test_missing_files_are_marked_and_unmarked_when_they_are_back(library: Library, sounds: Path) -> None:
    a, b = (put(library, sounds / name, "A dog barks.") for name in ("a.wav", "b.wav"))
    assert told(find_missing(library)) == []
    (sounds / "a.wav").rename(sounds / "away.wav")
    assert told(find_missing(library)) == [FileMissing(a, sounds / "a.wav")]
    assert [library.row(id).missing for id in (a, b)] == [True, False]
    assert [hit.clip.id for hit in search(library, "dog", Filters(missing=True))] == [a]
    (sounds / "away.wav").rename(sounds / "a.wav")
    assert told(find_missing(library)) == [FileFound(a, sounds / "a.wav")]
    assert not library.row(a).missing


def test_a_short_look_begins_with_what_is_asked_for_and_goes_on_newest_first(
    library: Library, sounds: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b, copy = (put(library, sounds / name, "A dog barks.") for name in ("a.wav", "b.wav", "copy of a.wav"))
    for name in ("a.wav", "b.wav", "copy of a.wav"):
        (sounds / name).unlink()
    monkeypatch.setattr(library_files, "LOOK_S", 0.0)
    assert look_at_files(library, [a], NEWEST) == FilesLooked((a,), (), NEWEST)
    assert look_at_files(library, below=NEWEST) == FilesLooked((copy,), (), copy)
    assert [library.row(id).missing for id in (a, b, copy)] == [True, False, True]
    assert look_at_files(library, below=copy) == FilesLooked((b,), (), b)
    assert look_at_files(library, below=b) == FilesLooked((), (), 0)


def test_a_look_tells_only_what_has_changed(library: Library, sounds: Path) -> None:
    a, b = (put(library, sounds / name, "A dog barks.") for name in ("a.wav", "b.wav"))
    assert look_at_files(library, [b], NEWEST) == FilesLooked((), (), 0)
    (sounds / "a.wav").rename(sounds / "away.wav")
    assert look_at_files(library, below=NEWEST) == FilesLooked((a,), (), 0)
    assert look_at_files(library, below=NEWEST) == FilesLooked((), (), 0)
    assert look_at_files(library, [b]) == FilesLooked((), (), 0)
    (sounds / "away.wav").rename(sounds / "a.wav")
    assert look_at_files(library, [a]) == FilesLooked((), (a,), 0)
    assert not library.row(a).missing


def test_a_look_goes_on_where_the_one_before_has_ended(
    library: Library, sounds: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [put(library, sounds / f"{number}.wav", "A dog barks.") for number in range(5)]
    monkeypatch.setattr(library_files, "LOOK_ROWS", 2)
    looks = [look_at_files(library, below=NEWEST)]
    while looks[-1].below:
        looks.append(look_at_files(library, below=looks[-1].below))
    assert [id for look in looks for id in look.missing] == ids[::-1]


def test_a_moved_file_is_found_by_its_content(library: Library, sounds: Path, tmp_path: Path) -> None:
    a, b = (put(library, sounds / name, "A dog barks.") for name in ("a.wav", "b.wav"))
    moved = tmp_path / "elsewhere" / "deep" / "kennel.ogg"
    moved.parent.mkdir(parents=True)
    (sounds / "a.wav").rename(moved)
    (moved.parent / "another.wav").write_bytes(b"cat")
    (sounds / "copy of a.wav").unlink()
    list(find_missing(library))
    assert told(relocate(library, tmp_path / "elsewhere")) == [FileFound(a, moved)]
    row = library.row(a)
    assert (row.path, row.missing, row.caption) == (moved, False, "A dog barks.")
    assert [hit.clip.id for hit in search(library, "kennel")] == [a]
    assert library.add([moved]) == [a]
    assert library.row(b).path == sounds / "b.wav"
    assert told(relocate(library, tmp_path)) == []


def test_of_files_that_are_alike_each_finds_its_own_and_none_is_taken_twice(
    library: Library, sounds: Path, tmp_path: Path
) -> None:
    a, copy = (put(library, sounds / name, "A dog barks.") for name in ("a.wav", "copy of a.wav"))
    sounds.rename(tmp_path / "moved")
    (tmp_path / "moved" / "0.wav").write_bytes(b"dog!")
    list(find_missing(library))
    assert sorted(event.id for event in told(relocate(library, tmp_path))) == [a, copy]
    assert library.row(a).path.name == "a.wav"
    assert library.row(copy).path.name == "copy of a.wav"


def test_a_copy_that_the_library_knows_already_is_not_taken_for_the_missing_one(library: Library, sounds: Path) -> None:
    a = put(library, sounds / "a.wav", "A dog barks.")
    put(library, sounds / "copy of a.wav", "A dog barks.")
    (sounds / "a.wav").unlink()
    assert told(find_missing(library)) == [FileMissing(a, sounds / "a.wav")]
    assert told(relocate(library, sounds)) == []


def test_looking_in_a_folder_that_is_not_there_finds_nothing(library: Library, tmp_path: Path) -> None:
    assert told(relocate(library, tmp_path / "nowhere")) == []
