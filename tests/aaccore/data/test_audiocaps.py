"""AudioCaps' published tables with sounds that users bring."""

from __future__ import annotations

from pathlib import Path

import pytest

from aaccore.data.audiocaps import audiocaps_rows, find_sounds, read_audiocaps, splits_here
from aaccore.errors import DatasetError

TRAIN = (
    "audiocap_id,youtube_id,start_time,caption\n"
    "91139,r1nicOVtvkQ,130,A woman talks\n58146,-YeY5,30,Rain\n7,gone,0,Cats\n"
)  # fmt: skip
TEST = (
    "audiocap_id,youtube_id,start_time,caption\n"
    '1,abc,10,A dog barks\n2,abc,10,"A dog barks, and a man talks"\n3,abc,50,A door\n'
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "train.csv").write_text(TRAIN, encoding="utf-8")
    (tmp_path / "test.csv").write_text(TEST, encoding="utf-8")
    return tmp_path


def put(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(exist_ok=True, parents=True)
        (folder / name).touch()


def test_sounds_are_found_below_by_the_names_people_give_them(folder: Path) -> None:
    put(folder, "audio/train/Yr1nicOVtvkQ.WAV", "audio/58146.flac", "x/abc_10_20.wav", "x/abc_50000.wav")
    first, second = read_audiocaps(folder, ["development"])
    assert (first.file_name, first.captions) == ("audio/train/Yr1nicOVtvkQ.WAV", ("A woman talks",))
    assert (second.file_name, second.fold) == ("audio/58146.flac", "development")
    dog, door = read_audiocaps(folder, ["evaluation"])
    assert (dog.path.name, door.path.name) == ("abc_10_20.wav", "abc_50000.wav")


def test_the_captions_of_one_clip_come_together(folder: Path) -> None:
    put(folder, "abc_10.wav", "abc_50.wav")
    dog, door = read_audiocaps(folder, ["evaluation"])
    assert dog.captions == ("A dog barks", "A dog barks, and a man talks")
    assert dog.recording == door.recording == "youtube/abc"


def test_sounds_that_are_gone_are_passed_over_but_not_all(folder: Path) -> None:
    put(folder, "r1nicOVtvkQ.wav")
    assert len(read_audiocaps(folder, ["development"])) == 1
    rows = list(audiocaps_rows(folder, "development", find_sounds(folder)))
    assert [str(row) for row in rows[1:]] == [
        f"train.csv: no sound of {name} in {folder}" for name in ("-YeY5", "gone")
    ]
    with pytest.raises(DatasetError, match="no sound of AudioCaps' evaluation split"):
        read_audiocaps(folder, ["evaluation"])


def test_a_split_without_a_table_is_said(folder: Path) -> None:
    assert splits_here(folder) == ["development", "evaluation"]
    with pytest.raises(DatasetError, match=r"no val\.csv of AudioCaps"):
        read_audiocaps(folder, ["validation"])
