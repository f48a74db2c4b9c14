"""Sound files in every format, made on the fly: a soft tone with a click at a known time."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.stream import Disposition
from numpy.typing import NDArray

CLICK_S = 1.0
LAYOUTS = {2: "stereo", 16: "hexadecagonal"}


def click_and_tone(rate: int = 44100, seconds: float = 2.37, channels: int = 2) -> NDArray[np.float32]:
    """(frames, channels): 440 Hz at -20 dB, the same in all channels, with a click of two samples at 1 s."""
    tone = 0.1 * np.sin(2 * np.pi * 440 * np.arange(round(seconds * rate)) / rate)
    click = round(CLICK_S * rate)
    tone[click : click + 2] = 0.9, -0.9
    return np.repeat(tone[:, None], channels, axis=1).astype(np.float32)


def encode(
    path: Path,
    codec: str,
    sounds: list[NDArray[np.float32]] | None = None,
    rate: int = 44100,
    form: str | None = None,
    video: str | None = None,
    default_track: int | None = None,
    start_s: float = 0.0,
    gap: tuple[float, float] | None = None,
) -> Path:
    """Write a file with PyAV, stamped as an encoder should: the codec's delay is declared where the format can.

    Args:
        path: Where to.
        codec: Of the sound.
        sounds: One (frames, 2 or 16) for each sound track.
        rate: Hz.
        form: Format, where the extension does not tell.
        video: Codec of a small black picture beside the sound; None for no video.
        default_track: The sound track that is marked as the default.
        start_s: How much later than the video the sound starts.
        gap: A time and a length, s: from there on everything is that much later.
    """
    sounds = [click_and_tone(rate)] if sounds is None else sounds
    with av.open(str(path), "w", format=form) as container:
        pictures = container.add_stream(video, rate=10) if video else None
        if pictures is not None:
            pictures.width = pictures.height = 64
            pictures.pix_fmt = "yuv420p"
        tracks = [container.add_stream(codec, rate=rate, layout=LAYOUTS[sound.shape[1]]) for sound in sounds]
        for index, track in enumerate(tracks):
            track.time_base = Fraction(1, rate)
            track.bit_rate = 128_000
            if default_track is not None:
                track.disposition = Disposition.default if index == default_track else Disposition(0)
        container.start_encoding()
        if pictures is not None:
            for _ in range(20):
                black = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
                container.mux(pictures.encode(black))
            container.mux(pictures.encode(None))
        for track, sound in zip(tracks, sounds, strict=True):
            size, layout = track.codec_context.frame_size or 1024, LAYOUTS[sound.shape[1]]
            for start in range(0, len(sound), size):
                packed = np.ascontiguousarray(sound[start : start + size]).reshape(1, -1)
                frame = av.AudioFrame.from_ndarray(packed, format="flt", layout=layout)
                frame.sample_rate, frame.time_base = rate, Fraction(1, rate)
                resampler = av.AudioResampler(track.codec_context.format, layout, rate)
                for converted in resampler.resample(frame):
                    late_s = start_s + (gap[1] if gap and start >= gap[0] * rate else 0.0)
                    converted.pts, converted.time_base = start + round(late_s * rate), Fraction(1, rate)
                    container.mux(track.encode(converted))
            container.mux(track.encode(None))
    return path
