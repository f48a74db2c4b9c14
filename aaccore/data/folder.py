"""A data set as a CSV of file names and captions beside a folder of clips: Clotho's format."""

from __future__ import annotations

import csv
from collections.abc import Collection, Container, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from aaccore.errors import DatasetError

Fault = Literal[
    "missing audio", "no caption", "no file name", "outside the folder", "listed twice", "wrong length", "extra columns"
]
"""What can be wrong with a row."""


@dataclass(frozen=True)
class Clip:
    """One recording with what was written about it; everything but the first three fields may be unknown.

    `source` is the collection it comes from; `recording` names the one recording that it is a piece of, so that two
    pieces of the same one can be told. `fold` is the split where a data set has splits with names.
    """

    file_name: str
    path: Path
    captions: tuple[str, ...]
    label: str | None = None
    fold: str | None = None
    source: str | None = None
    seconds: float | None = None
    recording: str | None = None
    licence: str | None = None


class RowError(DatasetError):
    """A row that cannot be used; `fault` is its kind, `file_name` the file where it names one."""

    def __init__(self, fault: Fault, words: str, file_name: str = "") -> None:
        super().__init__(words)
        self.fault, self.file_name = fault, file_name


def read_folder(csv_path: Path, clips_folder: Path, folds: Collection[str] | None = None) -> list[Clip]:
    """Read which clips a data set has and what they are called.

    Args:
        csv_path: Columns `file_name, caption_1 .. caption_n`, UTF-8; `label, fold, seconds, source, source_id, licence`
            are used where they are there, all others are ignored.
        clips_folder: Where the files lie.
        folds: Keep only rows of these folds; files of other folds are never touched. None keeps all.

    Returns:
        The clips in the CSV's order. No sound file is opened; that each exists is checked.

    Raises:
        DatasetError: The CSV or a file is missing, a column is missing, a row has no caption, a length is no number, a
            name appears twice or leaves the folder, or no row is left.
    """
    clips = usable(folder_rows(csv_path, clips_folder, folds))
    if not clips:
        wanted = "" if folds is None else f" of fold {', '.join(sorted(folds))}"
        raise DatasetError(f"{csv_path.name}: no clips{wanted}; add rows or choose other folds")
    return clips


def folder_rows(csv_path: Path, clips_folder: Path, folds: Collection[str] | None = None) -> Iterator[Clip | RowError]:
    """Read a data set row by row; what is wrong with a row comes in its place.

    Args and errors are those of `read_folder`, but for the rows' own.
    """
    seen: set[str] = set()
    for line, row in csv_rows(csv_path, ("file_name", "caption_1")):
        if folds is not None and row.get("fold") not in folds:
            continue
        try:
            clip = _clip(row, f"{csv_path.name} line {line}", clips_folder)
            if clip.file_name in seen:
                words = f"{csv_path.name}: {clip.file_name} appears twice; keep one row a file"
                raise RowError("listed twice", words, clip.file_name)
            seen.add(clip.file_name)
            yield clip
        except RowError as error:
            yield error


def usable(rows: Iterable[Clip | RowError], skipped: Container[Fault] = ()) -> list[Clip]:
    """The clips among rows.

    Args:
        rows: What a reader gave.
        skipped: Kinds of wrong rows that are passed over.

    Raises:
        RowError: The first other row that cannot be used.
    """
    clips = []
    for row in rows:
        if isinstance(row, Clip):
            clips.append(row)
        elif row.fault not in skipped:
            raise row
    return clips


def csv_rows(csv_path: Path, needed: Collection[str], encoding: str = "utf-8-sig") -> list[tuple[int, dict[str, str]]]:
    """A CSV's rows with their line numbers. Values are left as they are: a file name may begin with a space.

    Raises:
        DatasetError: It is missing, cannot be read or lacks a needed column.
    """
    try:
        with csv_path.open(encoding=encoding, newline="") as stream:
            reader = csv.DictReader(stream, restval="")
            columns = reader.fieldnames or []
            missing = [name for name in needed if name not in columns]
            if missing:
                raise DatasetError(
                    f"{csv_path.name}: no column {' and '.join(missing)}; the header names {list(columns)}"
                )
            return [(reader.line_num, row) for row in reader]
    except FileNotFoundError:
        raise DatasetError(f"{csv_path}: not found; give the CSV of file names and captions") from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(f"{csv_path.name}: cannot be read ({error}); save it as UTF-8 CSV") from error


def _clip(row: dict[str, str], where: str, clips_folder: Path) -> Clip:
    name = row["file_name"]
    if not name.strip():
        raise RowError("no file name", f"{where}: no file name")
    if Path(name.strip()).is_absolute() or ".." in Path(name).parts:
        words = f"{where}: {name} leads out of {clips_folder.name}; name files inside it"
        raise RowError("outside the folder", words, name)
    if None in row:
        words = f"{where}: {name} has more columns than the header; put captions with commas in quotes"
        raise RowError("extra columns", words, name)
    path = clips_folder / name
    if not path.is_file() and (clips_folder / name.strip()).is_file():
        name, path = name.strip(), clips_folder / name.strip()  # a space that somebody typed after a comma
    captions = tuple(text for text in (row[column].strip() for column in _caption_columns(row)) if text)
    if not captions:
        raise RowError("no caption", f"{where}: {name} has no caption; write at least caption_1", name)
    if not path.is_file():
        raise RowError("missing audio", f"{where}: {name} is not in {clips_folder}", name)
    source, piece_of = row.get("source") or None, row.get("source_id") or None
    return Clip(
        file_name=name,
        path=path,
        captions=captions,
        label=row.get("label") or None,
        fold=row.get("fold") or None,
        source=source,
        seconds=_seconds(row.get("seconds") or "", where, name),
        recording=f"{source}/{piece_of}" if piece_of else None,
        licence=row.get("licence") or row.get("license") or None,
    )


def _caption_columns(row: dict[str, str]) -> list[str]:
    columns = [column for column in row if column and column.startswith("caption_") and column[8:].isdigit()]
    return sorted(columns, key=lambda column: int(column.removeprefix("caption_")))


def _seconds(text: str, where: str, name: str) -> float | None:
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 < seconds < float("inf"):
        words = f"{where}: seconds is {text!r}; write a length in seconds or leave it empty"
        raise RowError("wrong length", words, name)
    return seconds
