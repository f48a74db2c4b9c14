"""AudioCaps (Kim et al., *AudioCaps: Generating Captions for Audios in The Wild*, 2019) with the user's own audio.

It is published as CSVs of `audiocap_id, youtube_id, start_time, caption`, without the sounds. Nothing is downloaded.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from aaccore.data.clotho import SPLITS, Split
from aaccore.data.folder import Clip, RowError, csv_rows, usable
from aaccore.errors import DatasetError

COLUMNS = ("audiocap_id", "youtube_id", "start_time", "caption")
TABLES: dict[Split, tuple[str, ...]] = {
    "development": ("train.csv", "audiocaps_train.csv"),
    "validation": ("val.csv", "audiocaps_val.csv"),
    "evaluation": ("test.csv", "audiocaps_test.csv"),
}
"""What the CSVs are called."""
SOUNDS = frozenset([".wav", ".flac", ".mp3", ".m4a", ".ogg", ".opus", ".webm", ".mp4", ".mkv"])


def captions_path(folder: Path, split: Split) -> Path | None:
    """The captions of a split, in `folder` or in a folder `dataset` in it, or None where they are not here."""
    places = [folder / place / name for place in ("", "dataset") for name in TABLES[split]]
    return next((place for place in places if _is_audiocaps(place)), None)


def splits_here(folder: Path) -> list[Split]:
    """The splits whose captions are here."""
    return [split for split in SPLITS if captions_path(folder, split)]


def read_audiocaps(folder: Path, splits: Sequence[Split]) -> list[Clip]:
    """Read which clips some splits of AudioCaps have; those without a sound file are passed over, as many are gone.

    Args:
        folder: Where the CSVs and, anywhere below, the sounds lie. A sound is called by its `youtube_id`, with or
            without a `Y` before and the start behind it, or by its `audiocap_id`.
        splits: Which splits; they become the clips' folds.

    Raises:
        DatasetError: A CSV is missing or cannot be read, or a split has no sound at all.
    """
    sounds = find_sounds(folder)
    clips: list[Clip] = []
    for split in splits:
        here = usable(audiocaps_rows(folder, split, sounds), skipped=("missing audio",))
        if not here:
            raise DatasetError(f"{folder}: no sound of AudioCaps' {split} split; put them here as YOUTUBE_ID.wav")
        clips += here
    return clips


def audiocaps_rows(folder: Path, split: Split, sounds: dict[str, Path]) -> Iterator[Clip | RowError]:
    """Read a split clip by clip; what is wrong with one comes in its place.

    Args:
        folder: As in `read_audiocaps`.
        split: Which split.
        sounds: What `find_sounds` found.

    Raises:
        DatasetError: The CSV is missing or cannot be read.
    """
    path = captions_path(folder, split)
    if path is None:
        raise DatasetError(f"{folder}: no {TABLES[split][0]} of AudioCaps; put its CSVs here")
    written: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for _, row in csv_rows(path, COLUMNS):
        written.setdefault((row["youtube_id"].strip(), row["start_time"].strip()), []).append(
            (row["audiocap_id"].strip(), row["caption"].strip())
        )
    for (video, start), rows in written.items():
        captions = tuple(caption for _, caption in rows if caption)
        file = next((sounds[name] for name in _names(video, start, rows[0][0]) if name in sounds), None)
        if not captions:
            yield RowError("no caption", f"{path.name}: {video} at {start} s has no caption", video)
        elif file is None:
            yield RowError("missing audio", f"{path.name}: no sound of {video} in {folder}", video)
        else:
            name = file.relative_to(folder).as_posix()
            yield Clip(name, file, captions, fold=split, source="audiocaps", recording=f"youtube/{video}")


def find_sounds(folder: Path) -> dict[str, Path]:
    """All sound files below a folder by their name without its ending; of two with the same name, the first."""
    found: dict[str, Path] = {}
    for place, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = Path(place, name)
            if path.suffix.lower() in SOUNDS:
                found.setdefault(path.stem, path)
    return found


def _names(video: str, start: str, number: str) -> Iterator[str]:
    """What people call a clip's file, without its ending; the surer names, with the start, come first."""
    second = start.removesuffix(".0")
    ends = [f"_{start}", f"_{second}"]
    if second.isdigit():
        begin, end = int(second), int(second) + 10
        ends += [f"_{begin}_{end}", f"_{1000 * begin}", f"_{1000 * begin}_{1000 * end}"]
    for beginning in (video, f"Y{video}"):
        yield from (beginning + end for end in [*ends, ""])
    yield number


def _is_audiocaps(path: Path) -> bool:
    if not path.is_file():
        return False
    try:
        with path.open(encoding="utf-8-sig") as file:
            return set(COLUMNS) <= {name.strip().strip('"') for name in file.readline().split(",")}
    except (OSError, UnicodeDecodeError):
        return False
