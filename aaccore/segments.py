"""Long recordings: a stream of blocks to windows that are worth captioning, and timed captions to readable segments.

Silence is passed over: a window starts where something is heard (after more than a second of nothing) and ends early
where nothing follows for more than a second. Only what is silent for long is said to be so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from aaccore.events import SILENCE as SILENCE
from aaccore.events import Segment

FRAME_S = 0.1
"""Silence is looked for in pieces of this length."""

LONG_SILENCE_S = 1.0
"""Silence at a window's ends that is longer is cut off; a rest of a recording that is shorter joins the last window."""

MARGIN_S = 0.2
"""Silence that is left before and after a sound."""

SAID_SILENCE_S = 5.0
"""Shorter silence beside something that was heard is not worth a segment."""


@dataclass(frozen=True)
class Window:
    """A piece of a recording.

    Attributes:
        start_s: Where it starts in the recording, s.
        end_s: Where it ends, s.
        waveform: Its sound, (samples,) float32; None where it is silent.
    """

    start_s: float
    end_s: float
    waveform: NDArray[np.float32] | None


def windows(
    blocks: Iterable[NDArray[np.float32]], sample_rate: int, window_s: float, silence_db: float
) -> Iterator[Window]:
    """Cut a stream of sound into windows, in constant memory.

    Args:
        blocks: The recording, pieces of (samples,) float32 of any length.
        sample_rate: Its rate, Hz.
        window_s: Length of a window, s; the last one may be up to `LONG_SILENCE_S` longer.
        silence_db: Where every 0.1 s is quieter than this (RMS without its mean, full scale is 0 dB), it is silent.

    Yields:
        Windows in order, without gaps or overlap, from the recording's start to its end.
    """
    source = iter(blocks)
    size, frame = round(window_s * sample_rate), max(1, round(FRAME_S * sample_rate))
    margin, long_silence = round(MARGIN_S * sample_rate), round(LONG_SILENCE_S * sample_rate)
    held = np.zeros(0, np.float32)
    start, ended = 0, False
    while True:
        held, ended = _filled(held, source, size + long_silence, ended)
        if len(held) == 0:
            return
        piece = held if ended and len(held) < size + long_silence else held[:size]  # a short rest joins
        heard = np.flatnonzero(_levels_db(piece, frame) >= silence_db)
        first = int(heard[0]) * frame if len(heard) else len(piece)
        last = min(len(piece), (int(heard[-1]) + 1) * frame) if len(heard) else 0
        cut = len(piece)
        if silent := len(heard) == 0 or first > long_silence:
            if not (ended and first == len(held)):
                cut = max(frame, first - margin)
        elif len(piece) - last > long_silence:
            cut = last + margin
        end = start + cut
        yield Window(start / sample_rate, end / sample_rate, None if silent else held[:cut].copy())
        held, start = held[cut:], end


def merge(segments: Iterable[Segment]) -> list[Segment]:
    """Make windows' captions readable: short silences left out, equal neighbours made one, times to 0.1 s.

    Args:
        segments: In order.

    Returns:
        New segments; the candidates of merged ones are the first one's.
    """
    joined = _joined(segments, 0.05)
    if any(segment.caption != SILENCE for segment in joined):
        joined = [s for s in joined if s.caption != SILENCE or s.end_s - s.start_s >= SAID_SILENCE_S]
    joined = _joined(joined, SAID_SILENCE_S)
    return [replace(segment, start_s=round(segment.start_s, 1), end_s=round(segment.end_s, 1)) for segment in joined]


def _joined(segments: Iterable[Segment], gap_s: float) -> list[Segment]:
    """Make neighbours one that have the same caption and are less than `gap_s` apart."""
    joined: list[Segment] = []
    for segment in segments:
        if joined and joined[-1].caption == segment.caption and segment.start_s - joined[-1].end_s < gap_s:
            joined[-1] = replace(joined[-1], end_s=max(joined[-1].end_s, segment.end_s))
        else:
            joined.append(segment)
    return joined


def _filled(
    held: NDArray[np.float32], source: Iterator[NDArray[np.float32]], wanted: int, ended: bool
) -> tuple[NDArray[np.float32], bool]:
    """Read on until `wanted` samples are held, or the end is reached."""
    parts, count = [held], len(held)
    while count < wanted and not ended:
        block = next(source, None)
        if block is None:
            ended = True
        else:
            parts.append(block)
            count += len(block)
    return np.concatenate(parts) if len(parts) > 1 else held, ended


def _levels_db(waveform: NDArray[np.float32], frame: int) -> NDArray[np.float64]:
    """RMS level of each frame (the last one reaches back) without its mean, which no one hears: (frames,) dBFS."""
    whole = len(waveform) // frame * frame
    powers = [waveform[:whole].reshape(-1, frame).var(axis=1, dtype=np.float64)]
    if whole < len(waveform):
        powers.append(waveform[-frame:].var(dtype=np.float64, keepdims=True))
    power = np.concatenate(powers)
    return np.asarray(10 * np.log10(np.maximum(power, 1e-20)), np.float64)
