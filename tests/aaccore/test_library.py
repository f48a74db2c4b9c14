from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from aaccore.errors import LibraryError
from aaccore.events import ClipCaptioned, Segment
from aaccore.library import Library
from tests.aaccore.made_library import heard, put


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library(tmp_path / "data" / "library.sqlite") as library:
        yield library


def names(library: Library, **options: object) -> list[str]:
    return [row.path.name for row in library.rows(**options)]


def test_a_captioned_recording_comes_back_whole(library: Library, tmp_path: Path) -> None:
    path = tmp_path / "dög.wav"
    clip = heard(path, "A dog barks.", "Rain falls.", vectors=([1, 0], [0, 1]))
    clip = ClipCaptioned(path, 19.5, clip.segments, ("the end is missing",))
    (id,) = library.add([path])
    assert library.finish(id, clip, "starter")
    assert library.clip(id) == clip
    row = library.row(id)
    assert (row.path, row.state, row.duration_s, row.caption) == (path, "done", 19.5, "A dog barks. Rain falls.")
    assert (row.warnings, row.model, row.corrected) == (("the end is missing",), "starter", False)
    first, second = library.segments(id)
    assert first.candidates == clip.segments[0].candidates
    assert (second.start_s, second.end_s, second.band) == (10.0, 20.0, "likely")


@pytest.mark.skipif(sys.platform != "linux", reason="only here may file names be no text")
def test_when_live_sound_began_stays_known_after_captioning_again(library: Library, tmp_path: Path) -> None:
    path, started = tmp_path / "live.flac", datetime(2026, 5, 31, 23, 59, 50, 250_000)
    (id,) = library.add([path])
    library.finish(id, replace(heard(path, "Rain falls."), started=started), "m")
    library.finish(id, heard(path, "A dog barks."), "m")
    assert library.row(id).started == library.clip(id).started == started
    assert library.row(put(library, tmp_path / "rain.wav", "Rain falls.")).started is None


def test_a_file_name_that_is_no_text_is_kept(library: Library, tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"caf\xe9 dog.wav")
    id = put(library, path, "A dog barks.")
    assert library.row(id).path == path
    assert library.add([path]) == [id]
    assert library.find(path) == id


def test_rows_are_sorted_and_filtered(library: Library, tmp_path: Path) -> None:
    put(library, tmp_path / "b 100%.wav", "A dog barks.", "Rain falls.")
    put(library, tmp_path / "A.wav", "Wind blows.")
    library.add([tmp_path / "c_x.wav"])
    assert names(library) == ["b 100%.wav", "A.wav", "c_x.wav"]
    assert names(library, descending=True) == ["c_x.wav", "A.wav", "b 100%.wav"]
    assert names(library, order="name") == ["A.wav", "b 100%.wav", "c_x.wav"]
    assert names(library, order="length", descending=True)[0] == "b 100%.wav"
    assert names(library, order="caption")[1:] == ["b 100%.wav", "A.wav"]
    assert names(library, order="state")[0] == "c_x.wav"
    assert names(library, states=("waiting",)) == ["c_x.wav"]
    assert names(library, text="DOG fall") == ["b 100%.wav"]
    assert names(library, text="0%") == ["b 100%.wav"]
    assert names(library, text="_") == ["c_x.wav"]
    assert names(library, text="\\") == []


def test_a_correction_counts_everywhere_and_the_machines_caption_stays_beside_it(
    library: Library, tmp_path: Path
) -> None:
    id = put(library, tmp_path / "a.wav", "A dog barks.", "Rain falls.")
    segment = library.segments(id)[0]
    library.correct(segment.id, "A fox barks.")
    changed = library.segments(id)[0]
    assert (changed.caption, changed.machine, changed.corrected) == ("A fox barks.", "A dog barks.", True)
    assert library.row(id).caption == library.clip(id).caption == "A fox barks. Rain falls."
    assert library.row(id).corrected
    library.correct(segment.id, None)
    assert library.segments(id)[0] == segment
    assert not library.row(id).corrected
    library.correct(segment.id, "A dog barks.")
    assert not library.row(id).corrected


def test_captioning_again_keeps_the_corrections_of_the_same_moments(library: Library, tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    id = put(library, path, "A dog barks.", "Rain falls.")
    library.correct(library.segments(id)[1].id, "It pours.")
    library.retry([id])
    assert library.row(id).state == "waiting"
    library.finish(id, heard(path, "A wolf howls.", "Water drips."), "other")
    assert [(one.caption, one.machine) for one in library.segments(id)] == [
        ("A wolf howls.", "A wolf howls."),
        ("It pours.", "Water drips."),
    ]
    gone = library.segments(id)[1].id + 1
    with pytest.raises(LibraryError, match="no longer in the library"):
        library.correct(gone, "x")


def test_deleting_can_be_undone_and_never_touches_the_file(library: Library, tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(b"sound")
    id = put(library, path, "A dog barks.")
    kept = library.clip(id)
    library.delete([id])
    assert library.rows() == []
    assert library.counts()["done"] == 0
    library.restore([id])
    assert library.clip(id) == kept
    library.delete([id])
    library.forget_deleted()
    with pytest.raises(LibraryError, match="not in the library"):
        library.row(id)
    assert library.segments(id) == []
    assert path.read_bytes() == b"sound"


def test_a_row_taken_from_the_list_stays_in_the_library(library: Library, tmp_path: Path) -> None:
    id = put(library, tmp_path / "a.wav", "A dog barks.")
    library.unlist([id])
    assert library.rows() == []
    assert [row.id for row in library.rows(listed=False)] == [id]
    library.relist([id])
    assert [row.id for row in library.rows()] == [id]


def test_an_export_that_failed_is_told_until_one_is_written_and_is_no_part_of_what_is_exported(
    library: Library, tmp_path: Path
) -> None:
    (id,) = library.add([tmp_path / "a.wav"])
    library.finish(id, ClipCaptioned(tmp_path / "a.wav", 3.5, (), ("the end is missing",)), "starter")
    library.not_written(id, "the folder cannot be written")
    assert library.row(id).complaints() == ("the end is missing", "the folder cannot be written")
    assert library.clip(id).warnings == ("the end is missing",)
    library.wrote(id, tmp_path / "a.srt")
    assert library.row(id).complaints() == ("the end is missing",)


def test_a_failure_is_told_in_words(library: Library, tmp_path: Path) -> None:
    (id,) = library.add([tmp_path / "a.wav"])
    library.opened(id, 3.5)
    library.opened(id, None)
    library.fail(id, "not a sound file")
    row = library.row(id)
    assert (row.state, row.reason, row.duration_s) == ("failed", "not a sound file", 3.5)
    assert library.counts() == {"waiting": 0, "captioning": 0, "done": 0, "failed": 1, "cancelled": 0}


def test_a_file_is_found_by_its_content_under_another_name(library: Library, tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"sound")
    id = put(library, tmp_path / "a.wav", "A dog barks.")
    (tmp_path / "copy.wav").write_bytes(b"sound")
    (tmp_path / "other.wav").write_bytes(b"noise")
    assert library.find(tmp_path / "copy.wav") == id
    assert library.find(tmp_path / "other.wav") is None


def test_another_connection_sees_what_was_written(library: Library, tmp_path: Path) -> None:
    with Library(library.path) as other:
        id = put(library, tmp_path / "a.wav", "A dog barks.")
        assert other.row(id).caption == "A dog barks."


def test_what_is_silent_has_no_embedding(library: Library, tmp_path: Path) -> None:
    (id,) = library.add([tmp_path / "a.wav"])
    library.finish(id, ClipCaptioned(tmp_path / "a.wav", 2.0, (Segment(0.0, 2.0, "Silence."),)), "m")
    assert library.clip(id).segments == (Segment(0.0, 2.0, "Silence."),)
