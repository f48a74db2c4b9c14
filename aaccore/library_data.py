"""Corrected captions as a data set: clips cut to their segments, and a CSV as Clotho's."""

from __future__ import annotations

import csv
import io
import re
from collections import deque
from collections.abc import Collection, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

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
        text = io.StringIO(newline="")
        csv.writer(text, lineterminator="\n").writerows([COLUMNS, *table])
        (folder / "captions.csv").write_text(text.getvalue(), encoding="utf-8", newline="")
    except (OSError, soundfile.SoundFileError) as error:
        raise DatasetError(f"{folder}: cannot be written ({error}); choose another folder") from error
    yield DataWritten(folder / "captions.csv", clips_folder, len(table))


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
