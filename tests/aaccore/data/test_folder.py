from __future__ import annotations

from pathlib import Path

import pytest

from aaccore.data.folder import read_folder
from aaccore.errors import DatasetError

HEADER = "file_name,caption_1,caption_2,label,fold,seconds,source,source_id\n"


def write(folder: Path, text: str, *names: str) -> Path:
    for name in names:
        (folder / name).write_bytes(b"")
    path = folder / "captions.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_rows_become_clips_in_their_order(tmp_path: Path) -> None:
    text = HEADER + "b.wav,A dog barks.,,dog_bark,1,2.5,farm,take 7\na.wav,Rain falls.,It rains.,,2,,,\n"
    first, second = read_folder(write(tmp_path, text, "a.wav", "b.wav"), tmp_path)
    assert (first.file_name, first.captions, first.label, first.fold) == ("b.wav", ("A dog barks.",), "dog_bark", "1")
    assert (first.seconds, first.source, first.recording) == (2.5, "farm", "farm/take 7")
    assert second.captions == ("Rain falls.", "It rains.")
    assert (second.label, second.seconds, second.source, second.recording) == (None, None, None, None)


def test_clotho_without_further_columns_is_read(tmp_path: Path) -> None:
    (clip,) = read_folder(write(tmp_path, "file_name,caption_1\na.wav,A dog barks.\n", "a.wav"), tmp_path)
    assert clip.fold is None


def test_captions_are_ordered_by_number_not_by_spelling(tmp_path: Path) -> None:
    text = "file_name,caption_10,caption_2,caption_1\na.wav,ten,two,one\n"
    (clip,) = read_folder(write(tmp_path, text, "a.wav"), tmp_path)
    assert clip.captions == ("one", "two", "ten")


def test_files_of_folds_not_asked_for_need_not_even_exist(tmp_path: Path) -> None:
    text = HEADER + "a.wav,A dog barks.,,,1,,,\nmissing.wav,A cat meows.,,,5,,,\n"
    clips = read_folder(write(tmp_path, text, "a.wav"), tmp_path, folds={"1"})
    assert [clip.fold for clip in clips] == ["1"]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("gone.wav,A dog barks.,,,1,,,\n", "gone.wav is not in"),
        ("a.wav,,,,1,,,\n", "has no caption"),
        (",A dog barks.,,,1,,,\n", "no file name"),
        ("a.wav,A dog barks.,,,1,long,,\n", "seconds is 'long'"),
        ("../a.wav,A dog barks.,,,1,,,\n", "leads out of"),
        ("a.wav,A dog barks.,,,1,,,\na.wav,A dog barks.,,,1,,,\n", "appears twice"),
        ("", "no clips"),
    ],
)
def test_a_row_that_cannot_be_used_is_named(tmp_path: Path, rows: str, message: str) -> None:
    with pytest.raises(DatasetError, match=message):
        read_folder(write(tmp_path, HEADER + rows, "a.wav"), tmp_path)


def test_a_missing_column_or_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no column caption_1"):
        read_folder(write(tmp_path, "file_name,text\na.wav,A dog.\n"), tmp_path)
    with pytest.raises(DatasetError, match="not found"):
        read_folder(tmp_path / "nothing.csv", tmp_path)
    with pytest.raises(DatasetError, match="no clips of fold 9"):
        read_folder(write(tmp_path, HEADER + "a.wav,A dog barks.,,,1,,,\n", "a.wav"), tmp_path, folds={"9"})
