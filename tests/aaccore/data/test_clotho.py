"""Clotho as people have it on their disks, with all its traps."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from aaccore.data.clotho import SPLITS, Split, clotho_rows, read_clotho, read_metadata, splits_here
from aaccore.data.folder import RowError
from aaccore.errors import DatasetError

COUNTS: dict[Split, int] = {"development": 3839, "validation": 1045, "evaluation": 1045}
CAPTIONS = "file_name,caption_1,caption_2\r\n rain on a roof.wav,Rain falls.,It rains.\r\ndog.wav,A dog barks.,\r\n"


def write(folder: Path, tables: str = "", audio: str = "development") -> Path:
    (folder / tables).mkdir(exist_ok=True)
    (folder / tables / "clotho_captions_development.csv").write_bytes(CAPTIONS.encode())
    (folder / audio).mkdir(parents=True)
    for name in (" rain on a roof.wav", "dog.wav"):
        (folder / audio / name).write_bytes(b"")
    return folder


@pytest.mark.parametrize("split", SPLITS)
def test_every_recording_of_the_published_captions_is_found(shared: Path, tmp_path: Path, split: Split) -> None:
    source = shared / "reference" / "clotho" / f"clotho_captions_{split}.csv"
    (tmp_path / source.name).write_bytes(source.read_bytes())
    (tmp_path / split).mkdir()
    with source.open(encoding="utf-8", newline="") as file:
        names = [row[0] for row in csv.reader(file)][1:]
    for name in names:
        (tmp_path / split / name).touch()
    clips = read_clotho(tmp_path, [split])
    assert [clip.file_name for clip in clips] == names
    assert len(clips) == COUNTS[split]
    assert {len(clip.captions) for clip in clips} == {5}
    assert {clip.fold for clip in clips} == {split}
    captions = [caption for clip in clips for caption in clip.captions]
    assert all(8 <= len(caption.split()) <= 21 for caption in captions)
    assert not [caption for caption in captions if "\r" in caption or "\n" in caption]


def test_a_name_that_begins_with_a_space_keeps_it(tmp_path: Path) -> None:
    first, second = read_clotho(write(tmp_path), ["development"])
    assert (first.file_name, first.path.name) == (" rain on a roof.wav", " rain on a roof.wav")
    assert (first.captions, second.captions) == (("Rain falls.", "It rains."), ("A dog barks.",))


@pytest.mark.parametrize(
    ("tables", "audio"),
    [
        ("clotho_csv_files", "clotho_audio_files/development"),
        ("", "clotho_audio_development/development"),
        ("csv", "audio/development"),
        ("", "clotho_audio_development"),
    ],
)
def test_other_widespread_places_are_found(tmp_path: Path, tables: str, audio: str) -> None:
    assert len(read_clotho(write(tmp_path, tables, audio), ["development"])) == 2
    assert splits_here(tmp_path) == ["development"]


def test_metadata_in_latin_letters_gives_licence_and_recording(tmp_path: Path) -> None:
    header = "file_name,keywords,sound_id,sound_link,start_end_samples,manufacturer,license\r\n"
    rows = (
        'dog.wav,dog;café,1234,https://freesound.org/s/1234,"[0, 9]",José,http://creativecommons.org/licenses/by/3.0/\r\n'
        " rain on a roof.wav,rain,Not found,,,,\r\n"
    )
    (write(tmp_path) / "clotho_metadata_development.csv").write_bytes((header + rows).encode("iso-8859-1"))
    rain, dog = read_clotho(tmp_path, ["development"])
    assert (dog.recording, dog.licence) == ("freesound/1234", "http://creativecommons.org/licenses/by/3.0/")
    assert (rain.recording, rain.licence) == (None, None)
    assert read_metadata(tmp_path, "evaluation") == {}


def test_a_missing_split_names_the_command_that_gets_it(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="auricle data clotho --to FOLDER --splits validation"):
        read_clotho(write(tmp_path), ["validation"])


def test_a_missing_recording_is_named(tmp_path: Path) -> None:
    (write(tmp_path) / "development" / "dog.wav").unlink()
    with pytest.raises(DatasetError, match=r"line 3: dog\.wav is not in"):
        read_clotho(tmp_path, ["development"])
    good, bad = clotho_rows(tmp_path, "development")
    assert good.file_name == " rain on a roof.wav"
    assert isinstance(bad, RowError)
    assert bad.fault == "missing audio"
