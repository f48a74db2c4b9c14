"""A data set as a CSV of file names and captions beside a folder of clips: Clotho's format."""

from __future__ import annotations

import csv
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from aaccore.errors import DatasetError


@dataclass(frozen=True)
class Clip:
    """One recording with what was written about it; everything but the first three fields may be unknown.

    `source` is the collection it comes from; `recording` names the one recording that it is a piece of, so that two
    pieces of the same one can be told.
    """

    file_name: str
    path: Path
    captions: tuple[str, ...]
    label: str | None = None
    fold: str | None = None
    source: str | None = None
    seconds: float | None = None
    recording: str | None = None


def read_folder(csv_path: Path, clips_folder: Path, folds: Collection[str] | None = None) -> list[Clip]:
    """Read which clips a data set has and what they are called.

    Args:
        csv_path: Columns `file_name, caption_1 .. caption_n`, UTF-8; `label, fold, seconds, source, source_id` are used
            where they are there, all others are ignored.
        clips_folder: Where the files lie.
        folds: Keep only rows of these folds; files of other folds are never touched. None keeps all.

    Returns:
        The clips in the CSV's order. No sound file is opened; that each exists is checked.

    Raises:
        DatasetError: The CSV or a file is missing, a column is missing, a row has no caption, a length is no number, a
            name appears twice or leaves the folder, or no row is left.
    """
    rows = _rows(csv_path)
    clips = [
        _clip(row, line, csv_path, clips_folder) for line, row in rows if folds is None or row.get("fold") in folds
    ]
    if not clips:
        wanted = "" if folds is None else f" of fold {', '.join(sorted(folds))}"
        raise DatasetError(f"{csv_path.name}: no clips{wanted}; add rows or choose other folds")
    seen: set[str] = set()
    for clip in clips:
        if clip.file_name in seen:
            raise DatasetError(f"{csv_path.name}: {clip.file_name} appears twice; keep one row a file")
        seen.add(clip.file_name)
    return clips


def _rows(csv_path: Path) -> list[tuple[int, dict[str, str]]]:
    """The CSV's rows with their line numbers; the header is checked."""
    try:
        with csv_path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream, restval="")
            columns = reader.fieldnames or []
            missing = [name for name in ("file_name", "caption_1") if name not in columns]
            if missing:
                raise DatasetError(
                    f"{csv_path.name}: no column {' and '.join(missing)}; the header names {list(columns)}"
                )
            return [(reader.line_num, row) for row in reader]
    except FileNotFoundError:
        raise DatasetError(f"{csv_path}: not found; give the CSV of file names and captions") from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(f"{csv_path.name}: cannot be read ({error}); save it as UTF-8 CSV") from error


def _clip(row: dict[str, str], line: int, csv_path: Path, clips_folder: Path) -> Clip:
    where = f"{csv_path.name} line {line}"
    name = row["file_name"].strip()
    if not name:
        raise DatasetError(f"{where}: no file name")
    if Path(name).is_absolute() or ".." in Path(name).parts:
        raise DatasetError(f"{where}: {name} leads out of {clips_folder.name}; name files inside it")
    captions = tuple(text for text in (row[column].strip() for column in _caption_columns(row)) if text)
    if not captions:
        raise DatasetError(f"{where}: {name} has no caption; write at least caption_1")
    path = clips_folder / name
    if not path.is_file():
        raise DatasetError(f"{where}: {name} is not in {clips_folder}")
    source, piece_of = row.get("source") or None, row.get("source_id") or None
    return Clip(
        file_name=name,
        path=path,
        captions=captions,
        label=row.get("label") or None,
        fold=row.get("fold") or None,
        source=source,
        seconds=_seconds(row.get("seconds") or "", where),
        recording=f"{source}/{piece_of}" if piece_of else None,
    )


def _caption_columns(row: dict[str, str]) -> list[str]:
    columns = [column for column in row if column and column.startswith("caption_") and column[8:].isdigit()]
    return sorted(columns, key=lambda column: int(column.removeprefix("caption_")))


def _seconds(text: str, where: str) -> float | None:
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 < seconds < float("inf"):
        raise DatasetError(f"{where}: seconds is {text!r}; write a length in seconds or leave it empty")
    return seconds
