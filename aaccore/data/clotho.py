"""Clotho (Drossos, Lipping, Virtanen: *Clotho: an audio captioning dataset*, ICASSP 2020) as it lies on a disk.

Its traps: file names may begin with a space, the captions are UTF-8 with CRLF or LF, the metadata is ISO-8859-1, and
the same file name stands in two splits for different recordings.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal, get_args

from aaccore.data.folder import Clip, RowError, csv_rows, folder_rows, usable
from aaccore.errors import DatasetError

Split = Literal["development", "validation", "evaluation"]
SPLITS: tuple[Split, ...] = get_args(Split)

CSV_FOLDERS = ("", "clotho_csv_files", "csv", "csvs", "captions", "metadata")
AUDIO_FOLDERS = (
    "{split}", "clotho_audio_files/{split}", "clotho_audio_{split}/{split}", "clotho_audio_{split}", "audio/{split}",
)  # fmt: skip
"""Where the files may lie below the data set's folder: ours first, then those of widespread recipes."""


def captions_path(folder: Path, split: Split) -> Path | None:
    """The captions of a split, or None where they are not here."""
    return table_path(folder, f"clotho_captions_{split}.csv")


def table_path(folder: Path, name: str) -> Path | None:
    """One of Clotho's CSVs, or None where it is not here."""
    return next((path for path in (folder / place / name for place in CSV_FOLDERS) if path.is_file()), None)


def audio_folder(folder: Path, split: Split) -> Path | None:
    """The folder of a split's recordings, or None where it is not here."""
    places = [folder / place.format(split=split) for place in AUDIO_FOLDERS]
    return next((place for place in places if place.is_dir()), None)


def splits_here(folder: Path) -> list[Split]:
    """The splits whose captions are here."""
    return [split for split in SPLITS if captions_path(folder, split)]


def read_clotho(folder: Path, splits: Sequence[Split]) -> list[Clip]:
    """Read which clips some splits of Clotho have.

    Args:
        folder: Where Clotho lies, unpacked.
        splits: Which splits; they become the clips' folds.

    Returns:
        The clips in the captions' order. No sound file is opened; that each exists is checked.

    Raises:
        DatasetError: A split or a recording is missing, or a CSV cannot be read.
    """
    return [clip for split in splits for clip in usable(clotho_rows(folder, split))]


def clotho_rows(folder: Path, split: Split) -> Iterator[Clip | RowError]:
    """Read a split row by row; what is wrong with a row comes in its place.

    Raises:
        DatasetError: The captions are missing or cannot be read.
    """
    captions = captions_path(folder, split)
    if captions is None:
        raise DatasetError(
            f"{folder}: no clotho_captions_{split}.csv; get it with: auricle data clotho --to FOLDER --splits {split}"
        )
    # Where there are no recordings, each row says so.
    clips = audio_folder(folder, split) or folder / split
    known = read_metadata(folder, split)
    for row in folder_rows(captions, clips):
        if isinstance(row, Clip):
            sound_id, licence = known.get(row.file_name, (None, None))
            recording = f"freesound/{sound_id}" if sound_id else None
            row = replace(row, fold=split, source="freesound", recording=recording, licence=licence)
        yield row


def read_metadata(folder: Path, split: Split) -> dict[str, tuple[str | None, str | None]]:
    """Freesound's number and the licence of each recording, by file name; empty where the metadata is not here.

    Raises:
        DatasetError: The metadata cannot be read.
    """
    path = table_path(folder, f"clotho_metadata_{split}.csv")
    if path is None:
        return {}
    found = {}
    for _, row in csv_rows(path, ("file_name", "sound_id", "license"), encoding="iso-8859-1"):
        number = row["sound_id"].strip()
        found[row["file_name"]] = (number if number.isdigit() else None, row["license"].strip() or None)
    return found
