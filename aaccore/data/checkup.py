"""What is wrong with a data set, found before training rather than in the middle of it."""

from __future__ import annotations

import hashlib
import re
import time
from collections import Counter
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from aaccore.audio import AudioFile
from aaccore.data.checks import Findings, Heard, by_fold, look_at_captions, look_at_sounds, look_for_doubles
from aaccore.data.checkup_report import Report, SplitFigures
from aaccore.data.data_set import DataSetPlace, data_set_rows, find_data_set
from aaccore.data.folder import Clip, Fault, RowError
from aaccore.errors import AudioError
from aaccore.events import Working
from aaccore.tokenizer import WORD

SIGN_OF_LIFE_S = 0.2
ADVICE: dict[Fault, str] = {
    "missing audio": "put the files there, or take their rows out of the CSV",
    "no caption": "write at least caption_1, or take the rows out",
    "no file name": "name the file, or take the rows out",
    "outside the folder": "name files inside the folder of the clips",
    "listed twice": "keep one row a file",
    "wrong length": "write a length in seconds or leave it empty",
    "extra columns": "put captions with commas in quotes",
}


@dataclass(frozen=True)
class CheckedUp:
    """A check-up is done."""

    report: Report


def check_up(
    place: Path, clips_folder: Path | None = None, *, listen: bool = True
) -> Generator[Working | CheckedUp, None, None]:
    """Look through a data set for all that would harm its training.

    Args:
        place: Its folder, or its CSV.
        clips_folder: Where a CSV's files lie, see `find_data_set`.
        listen: Decode every sound, for damage, silence and doubles; otherwise only its header is read.

    Yields:
        How far it is, at least four times a second; at last `CheckedUp`.

    Raises:
        DatasetError: There is no data set, or its CSV cannot be read.
    """
    yield Working("reading the table")
    found = find_data_set(place, clips_folder)
    findings, said = Findings(), time.monotonic()
    clips: list[Clip] = []
    for row in data_set_rows(found):
        if isinstance(row, Clip):
            clips.append(row)
        else:
            _row(row, found, findings)
        if time.monotonic() - said >= SIGN_OF_LIFE_S:
            said = time.monotonic()
            yield Working("reading the table")
    heard: dict[int, Heard] = {}
    for index, clip in enumerate(clips):
        if index == 0 or time.monotonic() - said >= SIGN_OF_LIFE_S:
            said = time.monotonic()
            yield Working(f"listening to {clip.file_name}", index / len(clips))
        try:
            heard[index] = _hear(clip.path, listen)
        except AudioError as error:
            findings.add("cannot train", "unreadable audio", "replace the files, or take their rows out", str(error))
    look_at_captions(clips, findings)
    usable = [(clip, heard[index]) for index, clip in enumerate(clips) if index in heard]
    look_at_sounds(usable, findings)
    look_for_doubles(usable, findings)
    if not usable:
        findings.add("cannot train", "no usable clip", "a data set needs sounds with captions", str(place))
    yield CheckedUp(_report(found, clips, heard, findings))


def _row(row: RowError, place: DataSetPlace, findings: Findings) -> None:
    if row.fault in place.passed_over:
        findings.look_at(row.fault, "training leaves them out", row.file_name)
    else:
        findings.add("cannot train", row.fault, ADVICE[row.fault], str(row))


def _hear(path: Path, listen: bool) -> Heard:
    """Open a sound, and decode it if wanted.

    Raises:
        AudioError: It cannot be read, or holds nothing.
    """
    with AudioFile(path) as sound:
        if not listen:
            return Heard(sound.source_rate, sound.expected_s)
        peak = max((float(np.abs(block).max()) for block in sound.blocks() if len(block)), default=0.0)
        if not sound.duration_s:
            raise AudioError(f"{path.name}: holds no sound")
        with path.open("rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
        loudest = 20 * float(np.log10(max(peak, 1e-10)))
        return Heard(sound.source_rate, sound.duration_s, loudest, content, tuple(sound.warnings))


def _report(place: DataSetPlace, clips: list[Clip], heard: dict[int, Heard], findings: Findings) -> Report:
    counts = Counter(_words(clips))
    seconds = {id(clip): heard[index].seconds for index, clip in enumerate(clips) if index in heard}
    splits = []
    for fold, group in by_fold(clips).items():
        lengths = [length for clip in group if (length := seconds.get(id(clip))) is not None]
        captions = [caption for clip in group for caption in clip.captions]
        words = list(_words(group))
        mean = len(words) / max(1, len(captions))
        known = (sum(lengths), min(lengths), max(lengths)) if lengths else (None, None, None)
        splits.append(SplitFigures(fold or "all", len(group), len(captions), mean, len(set(words)), *known))
    return Report(
        str(place.csv_path or place.folder),
        tuple(splits),
        findings.problems(),
        len(counts),
        sum(count == 1 for count in counts.values()),
        dict(Counter(sound.sample_rate for sound in heard.values()).most_common()),
        dict(Counter(clip.licence or "" for clip in clips).most_common()),
    )


def _words(clips: Iterable[Clip]) -> Iterator[str]:
    return (word for clip in clips for caption in clip.captions for word in re.findall(WORD, caption.lower()))
