"""Pictures of sound for the screen: levels by time and frequency, and the reach of the waveform.

They have nothing to do with the model's front end. A column's level is the loudest of the short-time spectra within it,
so that what sounds only for a moment can be seen at any zoom.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from aaccore.audio import AudioFile
from aaccore.events import OverviewPart, SpectrogramTile
from aaccore.spectra import MOST_SPECTRA, Drawn, Scale, Spectra, row_hz

OVERVIEW_ROWS = 256
LONGEST_READ_S = 3600.0
"""Recordings up to this length are read whole at once; of longer ones a few pieces come first."""

COLUMNS_A_PIECE = 4
"""So many columns share a piece: a quarter of the columns is as much as a screen shows."""

PIECE_S = 0.25
"""What is looked at of a column where not all of it is."""

LONGEST_COLUMN_S = 1.0
"""Columns of a tile up to this length are read whole."""

WINDOW_S = 0.046
SHORTEST_WINDOW_S = 0.006
PART_S = 0.15
"""Time between two parts of an overview: often enough to see it grow, and to stop soon."""

CHUNK_SAMPLES = 1 << 19


def overview(path: Path, columns: int = 4096) -> Iterator[OverviewPart]:
    """Draw a whole recording, from left to right.

    Of a long one, short pieces come first, then all of it; memory does not depend on its length.

    Args:
        path: Any sound or video file.
        columns: How many there may be, at least 2.

    Raises:
        AudioError: See `AudioFile`.
    """
    with AudioFile(path) as audio:
        duration_s = audio.duration_s
        if duration_s is None and audio.expected_s is not None and audio.expected_s > LONGEST_READ_S:
            duration_s = audio.expected_s
        if duration_s is None:
            yield from _growing_overview(audio, columns)
            return
        count = max(1, min(columns, round(duration_s / WINDOW_S * 4)))
        analysis = Spectra.of(audio.source_rate, WINDOW_S, row_hz("mel", 0, audio.source_rate / 2, OVERVIEW_ROWS))
        if duration_s > LONGEST_READ_S:
            shared = max(1, count // COLUMNS_A_PIECE)
            count = shared * COLUMNS_A_PIECE
            pieces = map(_repeated, _pieces(audio, analysis, 0.0, duration_s / shared, shared))
            yield from _parts(duration_s, duration_s / count, analysis, pieces, False)
        column_s = duration_s / count
        yield from _parts(duration_s, column_s, analysis, _whole(audio, analysis, 0.0, column_s, count), True)


def tile(
    path: Path, start_s: float, end_s: float, columns: int, rows: int, scale: Scale, low_hz: float, high_hz: float
) -> Iterator[SpectrogramTile]:
    """Draw a stretch of a recording, in pieces from left to right that together cover it.

    Args:
        path: Any sound or video file.
        start_s: Where it begins.
        end_s: Where it ends, later than `start_s`.
        columns: Into how many columns it is divided.
        rows: Into how many rows the frequencies are.
        scale: How frequency runs along the rows.
        low_hz: Frequency of the lowest row.
        high_hz: That of the highest; above half the sample rate there is nothing.

    Raises:
        AudioError: See `AudioFile`.
    """
    column_s = (end_s - start_s) / columns
    with AudioFile(path) as audio:
        window_s = min(WINDOW_S, max(SHORTEST_WINDOW_S, 12 * column_s))
        rows_hz = row_hz(scale, low_hz, min(high_hz, audio.source_rate / 2), rows)
        analysis = Spectra.of(audio.source_rate, window_s, rows_hz)
        complete = column_s <= LONGEST_COLUMN_S
        draw = _whole if complete else _pieces
        done = 0
        for low, high, levels in _gathered(draw(audio, analysis, start_s, column_s, columns)):
            at_s = start_s + done * column_s
            done += len(low)
            yield SpectrogramTile(at_s, start_s + done * column_s, low, high, levels, analysis.row_hz, complete)


def _whole(audio: AudioFile, analysis: Spectra, start_s: float, column_s: float, count: int | None) -> Iterator[Drawn]:
    """Draw columns from all of their sound; as many as there is sound for where `count` is None."""
    rate, size = analysis.rate, len(analysis.window)
    column = column_s * rate
    spectra_size = size * int(np.clip(round(2 * column / size), 1, MOST_SPECTRA))
    chunk = int(max(1, CHUNK_SAMPLES // max(column, spectra_size)))
    first = round(start_s * rate) - size  # of `held`, in samples from the recording's start
    blocks = audio.blocks(1.0, max(0.0, first / rate))
    held = np.zeros(max(0, -first), np.float32)
    ended = False
    done = 0
    while count is None or done < count:
        now = chunk if count is None else min(chunk, count - done)
        edge = start_s * rate + done * column - first
        wanted = int(edge + now * column) + size + 1
        parts, have = [held], len(held)
        while have < wanted and not ended:
            block = next(blocks, None)
            ended = block is None
            if block is not None:
                parts.append(block)
                have += len(block)
        if ended and have < wanted:
            parts.append(np.zeros(wanted - have, np.float32))
            if count is None:
                count = done + min(now, max(0, int(np.ceil((have - edge) / column))))
                now = count - done
        held = np.concatenate(parts)
        if now:
            yield analysis.draw(held, edge, column, now)
        done += now
        passed = max(0, min(int(edge + now * column) - size, len(held)))
        held, first = held[passed:], first + passed


def _pieces(audio: AudioFile, analysis: Spectra, start_s: float, column_s: float, count: int) -> Iterator[Drawn]:
    """Draw columns from a piece in the middle of each."""
    rate, size = analysis.rate, len(analysis.window)
    piece = round(PIECE_S * rate)
    wanted = piece + size
    middles_s = (start_s + (k + 0.5) * column_s - PIECE_S / 2 for k in range(count))
    for sound in audio.excerpts((max(0.0, at_s - size / 2 / rate) for at_s in middles_s), wanted / rate):
        padded = np.pad(sound, (0, max(0, wanted - len(sound))))
        yield analysis.draw(padded, size / 2, piece, 1)


def _gathered(drawn: Iterator[Drawn]) -> Iterator[Drawn]:
    """Put columns together until it is time to show them; the first ones at once."""
    held: list[Drawn] = []
    shown = 0.0
    for columns in drawn:
        held.append(columns)
        if time.monotonic() - shown > PART_S:
            yield _joined(held)
            held = []
            shown = time.monotonic()
    if held:
        yield _joined(held)


def _repeated(drawn: Drawn) -> Drawn:
    """Fill all columns that share a piece with it."""
    low, high, levels = drawn
    together = COLUMNS_A_PIECE
    return np.repeat(low, together), np.repeat(high, together), np.repeat(levels, together, axis=0)


def _joined(drawn: list[Drawn]) -> Drawn:
    low, high, levels = zip(*drawn, strict=True)
    return np.concatenate(low), np.concatenate(high), np.concatenate(levels)


def _parts(
    duration_s: float, column_s: float, analysis: Spectra, drawn: Iterator[Drawn], complete: bool
) -> Iterator[OverviewPart]:
    first = 0
    for low, high, levels in _gathered(drawn):
        yield OverviewPart(duration_s, column_s, first, low, high, levels, analysis.row_hz, complete)
        first += len(low)


def _growing_overview(audio: AudioFile, columns: int) -> Iterator[OverviewPart]:
    """Draw a recording whose length only its end tells: whenever the columns are full, two become one."""
    analysis = Spectra.of(audio.source_rate, WINDOW_S, row_hz("mel", 0, audio.source_rate / 2, OVERVIEW_ROWS))
    together = 1  # fine columns in one of the picture
    kept = rest = (np.zeros(0, np.float32), np.zeros(0, np.float32), np.zeros((0, OVERVIEW_ROWS), np.uint8))
    for drawn in _gathered(_whole(audio, analysis, 0.0, WINDOW_S, None)):
        rest = _joined([rest, drawn])
        first = len(kept[0])
        ready = len(rest[0]) // together * together
        kept = _joined([kept, _merged(_sliced(rest, 0, ready), together)])
        rest = _sliced(rest, ready, len(rest[0]))
        while len(kept[0]) > columns:
            if len(kept[0]) % 2:  # the odd one waits for its fellow, as fine columns
                odd = _sliced(kept, len(kept[0]) - 1, len(kept[0]))
                rest = _joined([*[odd] * together, rest])
                kept = _sliced(kept, 0, len(kept[0]) - 1)
            kept = _merged(kept, 2)
            together *= 2
            first = 0
        read_s = len(kept[0]) * together * WINDOW_S
        yield OverviewPart(
            read_s, together * WINDOW_S, first, *_sliced(kept, first, len(kept[0])), analysis.row_hz, True
        )
    first = len(kept[0])
    last = _merged(rest, max(1, len(rest[0])))
    yield OverviewPart(audio.duration_s or 0.0, together * WINDOW_S, first, *last, analysis.row_hz, True)


def _sliced(drawn: Drawn, first: int, end: int) -> Drawn:
    low, high, levels = drawn
    return low[first:end], high[first:end], levels[first:end]


def _merged(drawn: Drawn, together: int) -> Drawn:
    """Make one column of each `together`, whose number they divide."""
    low, high, levels = drawn
    return (
        low.reshape(-1, together).min(axis=1),
        high.reshape(-1, together).max(axis=1),
        levels.reshape(-1, together, levels.shape[1]).max(axis=1),
    )
