"""Any sound file to mono float32 blocks at a wanted rate, in constant memory.

How channels become one: every half second of the file (counted from its start, whatever block length is asked for)
takes the mean of its channels, or, where that mean is more than 10 dB weaker than the loudest channel, that channel:
stereo in opposite phase is not silence, and neither is one busy channel among sixteen. Where the choice changes, the
old mix is faded into the new one over 5 ms.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from itertools import groupby
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import soxr
from numpy.typing import NDArray

from aaccore import decoders
from aaccore.sound_file import Samples

MIX_STEP_S = 0.5
MIX_FADE_S = 0.005
MIX_LOSS_DB = 10.0

LOUDEST = 1e6
"""Samples beyond this (full scale is 1) are no sound; the limit keeps every later sum finite."""


class AudioFile:
    """A sound file, opened and judged by its content.

    Attributes:
        path: The file.
        source_rate: Its own sample rate, Hz.
        sample_rate: The rate that `blocks` delivers, Hz.
        channels: Its channels.
        duration_s: Its exact length, s; None where only decoding can tell, until `blocks` has come to the end.
        expected_s: What its header claims, s, or None: for progress bars, nothing else.
        format_name: For people: "WAV", "AAC in MP4".
        warnings: What is wrong with it and could be read past; filled while reading.
    """

    def __init__(self, path: Path, sample_rate: int | None = None) -> None:
        """Open a file.

        Args:
            path: Any sound or video file.
            sample_rate: The wanted rate, Hz; None keeps the file's own.

        Raises:
            AudioError: It is missing, a directory, unreadable, empty, not sound, without sound or damaged throughout.
        """
        if sample_rate is not None and sample_rate < 1:
            raise ValueError(f"sample_rate = {sample_rate}: must be at least 1 Hz")
        self.path = Path(path)
        self._info = decoders.probe(self.path)
        self.source_rate = self._info.sample_rate
        self.sample_rate = sample_rate or self.source_rate
        self.channels = self._info.channels
        self.format_name = self._info.format_name
        self.expected_s = self._info.expected_s
        self.duration_s = None if self._info.frames is None else self._info.frames / self.source_rate
        self.warnings: list[str] = []
        self._readings: list[Generator[tuple[int, Samples]]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close what `blocks` holds open; safe to call twice."""
        for reading in self._readings:
            reading.close()
        self._readings.clear()

    def blocks(self, block_s: float = 1.0, start_s: float = 0.0) -> Iterator[Samples]:
        """Read the file as mono.

        Args:
            block_s: Length of a block, s.
            start_s: Where to begin, s; what lies before is not decoded, and `duration_s` and `warnings` stay.

        Yields:
            (samples,) float32, finite, at `sample_rate`; all of round(block_s * sample_rate) samples but the last.

        Raises:
            AudioError: Nothing can be decoded, or the file has gone since.
        """
        size = max(1, round(block_s * self.sample_rate))
        with closing(self._mono() if start_s <= 0 else self._mono_from(start_s)) as reading:
            self._readings.append(reading)
            yield from _rechunked(self._resampled(reading), size)

    def excerpts(self, starts_s: Iterable[float], length_s: float) -> Iterator[Samples]:
        """Read short mono pieces, one for each start, without decoding what lies between.

        Args:
            starts_s: Where each begins, s, best in rising order.
            length_s: Their length, s.

        Yields:
            (samples,) float32 at `sample_rate` for each start; shorter, down to nothing, where the file ends.

        Raises:
            AudioError: The file has gone since it was opened.
        """
        with closing(decoders.excerpts(self.path, self._info, starts_s, length_s)) as pieces:
            for rate, samples in pieces:
                finite = self._finite(iter([samples] if len(samples) else []), rate, warn=False)
                parts = list(_resampled(_mixed(finite, rate), rate, self.sample_rate))
                yield np.concatenate(parts) if parts else np.zeros(0, np.float32)

    def _mono(self) -> Generator[tuple[int, Samples]]:
        """The whole file's rates and mono steps; knows the exact length when it is through."""
        self.warnings.clear()
        read_s = 0.0
        for rate, mono in self._steps(decoders.decode(self.path, self._info, self.warnings), warn=True):
            read_s += len(mono) / rate
            yield rate, mono
        self.duration_s = read_s

    def _mono_from(self, start_s: float) -> Generator[tuple[int, Samples]]:
        """Mono steps from `start_s` on, mixed by the same half seconds as the whole file."""
        step_start_s = start_s // MIX_STEP_S * MIX_STEP_S
        surplus_s = start_s - step_start_s
        for rate, mono in self._steps(decoders.decode_from(self.path, self._info, step_start_s), warn=False):
            cut = min(len(mono), round(surplus_s * rate))
            surplus_s -= cut / rate
            if cut < len(mono):
                yield rate, mono[cut:]

    def _steps(self, pieces: Iterator[tuple[int, Samples]], warn: bool) -> Iterator[tuple[int, Samples]]:
        """Decoded pieces as mono steps with their rate; rate and channels may change on the way."""
        for (rate, _), run in groupby(pieces, key=lambda piece: (piece[0], piece[1].shape[1])):
            steps = _rechunked((samples for _, samples in run), round(MIX_STEP_S * rate))
            for mono in _mixed(self._finite(steps, rate, warn), rate):
                yield rate, mono

    def _resampled(self, mono: Iterator[tuple[int, Samples]]) -> Iterator[Samples]:
        for rate, run in groupby(mono, key=lambda step: step[0]):
            yield from _resampled((samples for _, samples in run), rate, self.sample_rate)

    def _finite(self, blocks: Iterator[Samples], rate: int, warn: bool) -> Iterator[Samples]:
        """Put 0 for what is no number and hold the rest within bounds, so that nothing later can overflow."""
        position = 0
        for block in blocks:
            if not np.abs(block).max() <= LOUDEST:  # also where it is NaN
                if warn:
                    at_s = position / rate
                    self.warnings.append(f"holds values that are no sound (NaN, infinite or huge), near {at_s:.1f} s")
                    warn = False
                block = np.nan_to_num(block, nan=0.0, posinf=0.0, neginf=0.0)
                block = np.where(np.abs(block) > LOUDEST, np.float32(0), block)
            position += len(block)
            yield block


def load_audio(path: Path, sample_rate: int | None = None) -> tuple[NDArray[np.float32], int]:
    """Read a whole short file.

    Args:
        path: Any sound or video file.
        sample_rate: The wanted rate, Hz; None keeps the file's own.

    Returns:
        The waveform, (samples,) float32, mono, and its rate.

    Raises:
        AudioError: See `AudioFile`.
    """
    with AudioFile(path, sample_rate) as audio:
        return np.concatenate(list(audio.blocks(10.0))), audio.sample_rate


def _rechunked(blocks: Iterator[Samples], size: int) -> Iterator[Samples]:
    """Blocks of any length to blocks of `size` frames; the last may be shorter."""
    parts: list[Samples] = []
    held = 0
    for block in blocks:
        while len(block):
            part, block = block[: size - held], block[size - held :]
            parts.append(part)
            held += len(part)
            if held == size:
                yield parts[0] if len(parts) == 1 else np.concatenate(parts)
                parts, held = [], 0
    if parts:
        yield np.concatenate(parts)


def _mixed(steps: Iterator[Samples], sample_rate: int) -> Iterator[Samples]:
    """Mix each step, (frames, channels), to mono, (frames,), by the rule above."""
    fade = max(1, round(MIX_FADE_S * sample_rate))
    weights: Samples | None = None
    for step in steps:
        if step.shape[1] == 1:
            yield step[:, 0]
            continue
        wanted = channel_weights(step, weights)
        mono = step @ wanted
        if weights is not None and not np.array_equal(weights, wanted):
            ramp = np.linspace(0, 1, min(fade, len(step)), dtype=np.float32)
            mono[: len(ramp)] = ramp * mono[: len(ramp)] + (1 - ramp) * (step[: len(ramp)] @ weights)
        weights = wanted
        yield mono


def channel_weights(step: Samples, before: Samples | None) -> Samples:
    """How much of each channel a step's mono takes.

    Args:
        step: Half a second of sound, (frames, channels).
        before: What the step before took, (channels,).

    Returns:
        (channels,) float32.

    A channel that was taken before is kept as long as none is twice as strong: equally loud ones would alternate.
    """
    channels = step.shape[1]
    mean = np.full(channels, 1 / channels, np.float32)
    energies = np.square(step, dtype=np.float64).sum(axis=0)  # (channels,)
    loudest = int(energies.argmax())
    mean_energy = float(np.square(step.mean(axis=1, dtype=np.float64)).sum())
    if mean_energy >= energies[loudest] * 10 ** (-MIX_LOSS_DB / 10):
        return mean
    if before is not None and before.max() == 1 and energies[int(before.argmax())] * 2 >= energies[loudest]:
        return before
    alone = np.zeros(channels, np.float32)
    alone[loudest] = 1
    return alone


def _resampled(blocks: Iterable[Samples], source_rate: int, target_rate: int) -> Iterator[Samples]:
    """Change the sample rate of mono blocks, in step with the source; round(samples * target / source) in all."""
    if source_rate == target_rate:
        yield from blocks
        return
    stream: Any = soxr.ResampleStream(source_rate, target_rate, 1, dtype="float32", quality="HQ")
    taken = given = 0
    for block in blocks:
        taken += len(block)
        part = stream.resample_chunk(block)
        given += len(part)
        yield part
    missing = round(taken * target_rate / source_rate) - given
    tail = stream.resample_chunk(np.zeros(0, np.float32), last=True)[: max(0, missing)]
    yield np.concatenate([tail, np.zeros(max(0, missing - len(tail)), np.float32)])
