"""Sound through FFmpeg from any time on: for playback, and to look at long recordings without reading all of them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from pathlib import Path

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import InputContainer

from aaccore.ffmpeg import (
    LONGEST_GAP_S,
    LONGEST_LEAD_S,
    SHORTEST_GAP_S,
    SHORTEST_LEAD_S,
    decoded_frames,
    frame_samples,
    silence,
    sound_track,
)
from aaccore.sound_file import Samples

PREROLL_S = 0.1
"""What a codec decodes before the sound that is wanted: its first pieces after a leap are not yet right."""


def decode_from(path: Path, start_s: float) -> Iterator[tuple[int, Samples]]:
    """Read a file from a time on, as `decode` does from its start, but past any damage without a word.

    The time is as true as the file's time stamps and its index.
    """
    with sound_track(path) as (container, track):
        yield from _from(container, track, _origin_s(container, track), start_s)


def excerpts(path: Path, starts_s: Iterable[float], length_s: float) -> Iterator[tuple[int, Samples]]:
    """Read short pieces of a file, one for each start, and no more of it than that takes.

    Yields:
        For each start the sample rate and (frames, channels) float32; shorter, down to 0 frames, where the file ends.
    """
    with sound_track(path) as (container, track):
        origin_s = _origin_s(container, track)
        for start_s in starts_s:
            pieces: list[Samples] = []
            rate = frames = 0
            for now, samples in _from(container, track, origin_s, start_s):
                if pieces and (now != rate or samples.shape[1] != pieces[0].shape[1]):
                    break
                rate = now
                pieces.append(samples)
                frames += len(samples)
                if frames >= length_s * rate:
                    break
            whole = np.concatenate(pieces)[: round(length_s * rate)] if pieces else np.zeros((0, 1), np.float32)
            yield rate or int(track.codec_context.sample_rate), whole


def _origin_s(container: InputContainer, track: AudioStream) -> float:
    """The time stamp at which the sound of `decode` begins, s."""
    frame = next(decoded_frames(container, track, []), None)
    if frame is None or frame.pts is None or frame.time_base is None:
        return 0.0
    first_s = float(frame.pts * frame.time_base)
    if container.start_time is None or first_s - container.start_time / av.time_base <= SHORTEST_LEAD_S:
        return first_s
    return max(container.start_time / av.time_base, first_s - LONGEST_LEAD_S)


def _from(
    container: InputContainer, track: AudioStream, origin_s: float, start_s: float
) -> Iterator[tuple[int, Samples]]:
    """Seek, and decode from there on; what lies before `start_s` is cut off, gaps become silence."""
    if track.time_base is None:
        return
    before_s = max(0.0, start_s - PREROLL_S) + origin_s
    try:
        container.seek(math.floor(before_s / track.time_base), stream=track)
    except (av.FFmpegError, OSError):
        return
    reached_s = start_s
    started = False
    for frame in decoded_frames(container, track, []):
        rate, samples = frame.sample_rate, frame_samples(frame)
        late_s = 0.0
        if frame.pts is not None and frame.time_base is not None:
            late_s = float(frame.pts * frame.time_base) - origin_s - reached_s
        if not started:
            if late_s + len(samples) / rate <= 0:
                continue
            samples = samples[max(0, round(-late_s * rate)) :]
            started = True
        if SHORTEST_GAP_S < late_s < LONGEST_GAP_S:
            yield from silence(late_s, rate, samples.shape[1])
            reached_s += late_s
        if len(samples):
            yield rate, samples
        reached_s += len(samples) / rate
