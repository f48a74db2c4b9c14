from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from aaccore.events import ClipCaptioned
from aaccore.library import Library
from app.walk_jobs import BATCH_FILES, FilesAdded, FilesWalked, walk


@pytest.fixture
def library_path(tmp_path: Path) -> Path:
    return tmp_path / "library.sqlite"


def test_a_folder_gives_its_sounds_and_counts_what_is_none(sounds: Path, tmp_path: Path, library_path: Path) -> None:
    folder = tmp_path / "dropped"
    shutil.copytree(sounds, folder)
    (folder / "notes.txt").write_text("not a sound")
    (folder / "empty.wav").touch()
    (folder / "picture.mp3").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    (folder / "noise.flac").rename(folder / "noise.dat")
    (folder / ".hidden.wav").write_bytes((folder / "tone.wav").read_bytes())
    *added, walked = walk([folder], library_path)
    names = [row.path.name for event in added if isinstance(event, FilesAdded) for row in event.rows]
    assert names == ["long.wav", "noise.dat", "silence.wav", "tone.wav", "click.wav"]
    assert walked == FilesWalked(5, 4, ())


def test_a_file_that_is_named_is_taken_whatever_it_is(tmp_path: Path, library_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("not a sound")
    added, walked = walk([text, tmp_path / "missing.wav"], library_path)
    assert isinstance(added, FilesAdded)
    assert [row.path.name for row in added.rows] == ["notes.txt", "missing.wav"]
    assert walked == FilesWalked(2, 0, ())


def test_what_is_captioned_already_is_told_apart(tmp_path: Path, library_path: Path) -> None:
    with Library(library_path) as library:
        (old,) = library.add([tmp_path / "old.wav"])
        library.finish(old, ClipCaptioned(tmp_path / "old.wav", 1.0, ()), "starter")
    *_, walked = walk([tmp_path / "old.wav", tmp_path / "new.wav"], library_path)
    assert walked == FilesWalked(1, 0, (), here=1)


def test_many_files_come_in_batches(tmp_path: Path, library_path: Path) -> None:
    paths = [tmp_path / f"{number}.wav" for number in range(2 * BATCH_FILES + 1)]
    batches = [event.rows for event in walk(paths, library_path) if isinstance(event, FilesAdded)]
    assert len(batches) >= 3
    assert [row.path for batch in batches for row in batch] == paths


def test_files_for_the_front_overtake_what_waits(tmp_path: Path, library_path: Path) -> None:
    list(walk([tmp_path / "old.wav"], library_path))
    list(walk([tmp_path / "new.wav", tmp_path / "newer.wav"], library_path, front=True))
    with Library(library_path) as library:
        claimed = [library.claim("me") for _ in range(3)]
    assert [row.path.name for row in claimed if row] == ["new.wav", "newer.wav", "old.wav"]
