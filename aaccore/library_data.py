"""Corrected captions as a data set: clips cut to their segments, and a CSV as Clotho's."""

from __future__ import annotations

import csv
import io
import re
from collections import deque
from collections.abc import Collection, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice, zip_longest
from pathlib import Path
from random import Random

import numpy as np
import soundfile

from aaccore.audio import AudioFile
from aaccore.errors import CaptioningError, DatasetError
from aaccore.events import ClipFailed, Working
from aaccore.library import Library
from aaccore.library_file import readable
from aaccore.records import ClipRow, StoredSegment

COLUMNS = ("file_name", "caption_1", "seconds", "source", "source_id")
BLOCK_S = 1.0

Line = tuple[str, str, str, str, str]
"""A row of `COLUMNS`."""


@dataclass(frozen=True)
class DataWritten:
    """A data set lies complete on disk.

    Attributes:
        csv_path: File names and captions.
        clips_folder: The folder of the clips.
        clips: How many.
    """

    csv_path: Path
    clips_folder: Path
    clips: int


@dataclass(frozen=True)
class Corrections:
    """What there is to learn from in a library.

    Attributes:
        captions: Corrected captions of recordings that are there.
        recordings: How many recordings those are of.
        missing: Recordings with corrections whose file is not where it was.
        others: Captioned recordings without corrections.
    """

    captions: int
    recordings: int
    missing: int
    others: int


def count_corrections(library: Library) -> Corrections:
    """Count what `write_corrected` and `write_uncorrected` have to write."""
    rows = library.rows(listed=False)
    corrected = [row for row in rows if row.corrected]
    there = [row for row in corrected if row.path.is_file()]
    captions = sum(segment.corrected for row in there for segment in library.segments(row.id))
    others = sum(row.state == "done" and not row.corrected and not row.missing for row in rows)
    return Corrections(captions, len(there), len(corrected) - len(there), others)


def write_corrected(
    library: Library, folder: Path, ids: Collection[int] = ()
) -> Iterator[Working | ClipFailed | DataWritten]:
    """Write every segment whose caption was corrected as a FLAC file of its own, with `captions.csv` beside them.

    Args:
        library: Where the corrections are.
        folder: A new or empty folder; `clips/` is made in it. `read_folder` reads the result.
        ids: Only these recordings; none means all.

    Yields:
        Working four times a second and more often, ClipFailed for a recording that can no longer be read, DataWritten.

    Raises:
        DatasetError: The folder is not empty or cannot be written, or nothing is corrected.
    """
    rows = [row for row in library.rows(listed=False) if row.corrected and (not ids or row.id in ids)]
    if not rows:
        raise DatasetError("no caption is corrected; edit captions first, then write them as a data set")
    clips_folder = folder / "clips"
    try:
        if folder.exists() and any(folder.iterdir()):
            raise DatasetError(f"{folder}: holds files already; choose an empty folder")
        clips_folder.mkdir(parents=True)
        table: list[Line] = []
        for number, row in enumerate(rows):
            segments = [segment for segment in library.segments(row.id) if segment.corrected]
            try:
                for done_s in _cut(row, segments, clips_folder, table):
                    share = done_s / max(done_s, row.duration_s or done_s)
                    yield Working(f"{row.path.name}: writing", (number + share) / len(rows))
            except CaptioningError as error:
                yield ClipFailed(row.path, str(error))
        if not table:
            raise DatasetError("none of the corrected recordings can be read; find missing files first")
        _write_table(folder, table)
    except (OSError, soundfile.SoundFileError) as error:
        raise DatasetError(f"{folder}: cannot be written ({error}); choose another folder") from error
    yield DataWritten(folder / "captions.csv", clips_folder, len(table))


def write_uncorrected(
    library: Library, folder: Path, most: int, longest_s: float, seed: int = 1
) -> Iterator[Working | ClipFailed | DataWritten]:
    """Write some segments whose captions nobody corrected, of as many recordings as there are, as `write_corrected`.

    Args:
        library: Where they are.
        folder: A new folder.
        most: Segments at most.
        longest_s: What is beyond is cut off, s.
        seed: Of which are drawn.

    Yields:
        Working, ClipFailed for a recording that cannot be read, DataWritten; there may be no clips in it.

    Raises:
        DatasetError: The folder cannot be written.
    """
    rows = [row for row in library.rows(listed=False) if row.state == "done" and not row.missing]
    random = Random(seed)
    found: list[list[tuple[ClipRow, StoredSegment]]] = []
    for row in random.sample(rows, len(rows)):
        segments = [(row, segment) for segment in library.segments(row.id) if not segment.corrected]
        if segments:
            found.append(random.sample(segments, len(segments)))
        if len(found) >= most:
            break
    ranked = (pair for rank in zip_longest(*found) for pair in rank if pair is not None)
    chosen = islice(ranked, most)
    clips_folder, table = folder / "clips", list[Line]()
    try:
        clips_folder.mkdir(parents=True)
        for number, (row, segment) in enumerate(chosen):
            yield Working(f"{row.path.name}: writing", number / most)
            try:
                table.append(_excerpt(row, segment, clips_folder, longest_s))
            except CaptioningError as error:
                yield ClipFailed(row.path, str(error))
        _write_table(folder, table)
    except (OSError, soundfile.SoundFileError) as error:
        raise DatasetError(f"{folder}: cannot be written ({error}); make room there") from error
    yield DataWritten(folder / "captions.csv", clips_folder, len(table))


def _excerpt(row: ClipRow, segment: StoredSegment, folder: Path, longest_s: float) -> Line:
    """Write one segment of a recording, without reading what lies before it."""
    with AudioFile(row.path) as audio:
        length_s = min(longest_s, segment.end_s - segment.start_s)
        samples = next(audio.excerpts([segment.start_s], length_s))
        if not len(samples):
            raise DatasetError(f"{row.path}: ends before {segment.start_s:.1f} s; it is another file now")
        path = folder / _name(row, segment)
        with soundfile.SoundFile(path, "w", audio.sample_rate, 1, format="FLAC") as writer:
            writer.write(np.clip(samples, -1.0, 1.0))
            return _closed(row, segment, writer)


def _write_table(folder: Path, table: list[Line]) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows([COLUMNS, *table])
    (folder / "captions.csv").write_text(text.getvalue(), encoding="utf-8", newline="")


def _cut(row: ClipRow, segments: list[StoredSegment], folder: Path, table: list[Line]) -> Iterator[float]:
    """Write the segments of a recording in one go through it, and their lines; yields how far it is, s.

    Segments that lie beyond its end, as it has become shorter, are left out.
    """
    waiting = deque(sorted(segments, key=lambda segment: segment.start_s))
    under_way: list[tuple[StoredSegment, soundfile.SoundFile]] = []
    position = 0
    with AudioFile(row.path) as audio, ExitStack() as files:
        rate = audio.sample_rate
        for block in audio.blocks(BLOCK_S):
            end = position + len(block)
            while waiting and round(waiting[0].start_s * rate) < end:
                path = folder / _name(row, waiting[0])
                writer = files.enter_context(soundfile.SoundFile(path, "w", rate, 1, format="FLAC"))
                under_way.append((waiting.popleft(), writer))
            for segment, writer in under_way:
                first, last = round(segment.start_s * rate) - position, round(segment.end_s * rate) - position
                writer.write(np.clip(block[max(0, first) : max(0, last)], -1.0, 1.0))
            position = end
            for segment, writer in [member for member in under_way if round(member[0].end_s * rate) <= position]:
                table.append(_closed(row, segment, writer))
                under_way.remove((segment, writer))
            yield position / rate
            if not waiting and not under_way:
                return
        table += [_closed(row, segment, writer) for segment, writer in under_way]


def _closed(row: ClipRow, segment: StoredSegment, writer: soundfile.SoundFile) -> Line:
    seconds = writer.frames / writer.samplerate
    writer.close()
    return _name(row, segment), segment.caption, f"{seconds:.3f}", "library", str(row.id)


def _name(row: ClipRow, segment: StoredSegment) -> str:
    stem = re.sub(r"[^\w -]", "_", readable(row.path.stem))[:80].strip() or "sound"
    return f"{stem} {row.id}-{segment.id}.flac"
