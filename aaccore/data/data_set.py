"""Which kind of data set lies in a folder: Clotho, AudioCaps, or any CSV of file names and captions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from aaccore.data import audiocaps, clotho
from aaccore.data.folder import Clip, Fault, RowError, csv_rows, folder_rows
from aaccore.errors import DatasetError

CLIPS_FOLDERS = ("clips", "audio", "sounds", "wav")


@dataclass(frozen=True)
class DataSetPlace:
    """A data set that was found.

    Attributes:
        kind: Which reader reads it.
        folder: Where it lies.
        splits: The named splits that are here; empty for a CSV, whose column `fold` names them.
        csv_path: The table, for a CSV.
        clips_folder: Where its files lie, for a CSV.
    """

    kind: Literal["clotho", "audiocaps", "folder"]
    folder: Path
    splits: tuple[clotho.Split, ...] = ()
    csv_path: Path | None = None
    clips_folder: Path | None = None

    @property
    def passed_over(self) -> frozenset[Fault]:
        """Wrong rows that training leaves out by itself: many of AudioCaps' sounds are gone from the net."""
        return frozenset({"missing audio"} if self.kind == "audiocaps" else ())


def find_data_set(place: Path, clips_folder: Path | None = None) -> DataSetPlace:
    """Find out which data set lies somewhere.

    Args:
        place: Its folder, or its CSV.
        clips_folder: Where a CSV's files lie; by default a folder `clips`, `audio`, `sounds` or `wav` beside it, or
            else its own folder.

    Raises:
        DatasetError: There is none, or several.
    """
    if place.is_file():
        return DataSetPlace("folder", place.parent, (), place, clips_folder or _clips_beside(place))
    if not place.is_dir():
        raise DatasetError(f"{place}: not found; give the folder of a data set, or its CSV")
    if splits := clotho.splits_here(place):
        return DataSetPlace("clotho", place, tuple(splits))
    if splits := audiocaps.splits_here(place):
        return DataSetPlace("audiocaps", place, tuple(splits))
    tables = [place / "captions.csv"] if (place / "captions.csv").is_file() else _tables(place)
    if len(tables) == 1:
        return DataSetPlace("folder", place, (), tables[0], clips_folder or _clips_beside(tables[0]))
    if tables:
        raise DatasetError(f"{place}: holds several tables ({', '.join(path.name for path in tables)}); name one")
    raise DatasetError(f"{place}: no data set; a CSV of file_name, caption_1 .. caption_n makes one, or Clotho's CSVs")


def data_set_rows(place: DataSetPlace) -> Iterator[Clip | RowError]:
    """Read a data set row by row; what is wrong with a row comes in its place.

    Raises:
        DatasetError: A CSV cannot be read.
    """
    if place.kind == "clotho":
        for split in place.splits:
            yield from clotho.clotho_rows(place.folder, split)
    elif place.kind == "audiocaps":
        sounds = audiocaps.find_sounds(place.folder)
        for split in place.splits:
            yield from audiocaps.audiocaps_rows(place.folder, split, sounds)
    else:
        assert place.csv_path is not None
        assert place.clips_folder is not None
        yield from folder_rows(place.csv_path, place.clips_folder)


def _clips_beside(table: Path) -> Path:
    return next((table.parent / name for name in CLIPS_FOLDERS if (table.parent / name).is_dir()), table.parent)


def _tables(folder: Path) -> list[Path]:
    found = []
    for path in sorted(folder.glob("*.csv")):
        try:
            csv_rows(path, ("file_name", "caption_1"))
        except DatasetError:
            continue
        found.append(path)
    return found
