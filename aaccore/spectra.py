"""Columns of a picture of sound: levels on rows of frequency, and the reach of the waveform."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from aaccore.events import LEVEL_FLOOR_DB, LEVEL_STEP_DB
from aaccore.sound_file import Samples

Scale = Literal["mel", "linear", "log"]

LOWEST_LOG_HZ = 20.0
MOST_SPECTRA = 32
"""For one column; of longer columns not every moment is looked at."""

Drawn = tuple[Samples, Samples, NDArray[np.uint8]]
"""Lowest and highest samples, (columns,), and levels, (columns, rows)."""


def row_hz(scale: Scale, low_hz: float, high_hz: float, rows: int) -> NDArray[np.float32]:
    """Frequencies of the rows, rising, evenly along the scale (mel: O'Shaughnessy's formula, as in HTK)."""
    if scale == "linear":
        hz = np.linspace(low_hz, high_hz, rows)
    elif scale == "log":
        hz = np.geomspace(max(low_hz, LOWEST_LOG_HZ), max(high_hz, 2 * LOWEST_LOG_HZ), rows)
    else:
        hz = 700 * np.expm1(np.linspace(np.log1p(low_hz / 700), np.log1p(high_hz / 700), rows))
    return hz.astype(np.float32)


@dataclass(frozen=True, eq=False)
class Spectra:
    """Short-time spectra (Hann window) on the rows of a picture.

    Attributes:
        rate: Hz.
        window: (samples,) float32, scaled so that a sine of full scale has the power 1.
        row_hz: Frequency of each row.
        weights: How much of each bin's power a row takes, (bins, rows) float32.
    """

    rate: int
    window: Samples
    row_hz: NDArray[np.float32]
    weights: NDArray[np.float32]

    @classmethod
    def of(cls, rate: int, window_s: float, row_hz: NDArray[np.float32]) -> Spectra:
        """Prepare spectra of windows of about that length, s, a power of two in samples."""
        size = 1 << max(5, round(np.log2(window_s * rate)))
        window = np.hanning(size + 1)[:-1]
        return cls(rate, (2 * window / window.sum()).astype(np.float32), row_hz, _weights(rate, size, row_hz))

    def draw(self, sound: Samples, edge: float, column: float, count: int) -> Drawn:
        """Draw `count` columns of `column` samples, the first of which begins at `edge`; reads half a window more."""
        size = len(self.window)
        edges = edge + column * np.arange(count + 1)
        cuts = np.clip(np.round(edges).astype(np.int64), 0, len(sound) - 1)
        inside = sound[: max(cuts[-1], cuts[-2] + 1)]
        low = np.minimum.reduceat(inside, cuts[:-1])
        high = np.maximum.reduceat(inside, cuts[:-1])
        spectra = int(np.clip(round(2 * column / size), 1, MOST_SPECTRA))
        centres = edges[:-1, None] + (np.arange(spectra) + 0.5) * (column / spectra)  # (columns, spectra)
        starts = np.clip(np.round(centres).astype(np.int64) - size // 2, 0, len(sound) - size)
        frames = np.lib.stride_tricks.sliding_window_view(sound, size)[starts]  # (columns, spectra, samples)
        powers = np.square(np.abs(np.fft.rfft(frames * self.window))).max(axis=1)  # (columns, bins)
        decibels = 10 * np.log10(powers.astype(np.float32) @ self.weights + 1e-20)  # (columns, rows)
        levels = np.clip(np.round((decibels - LEVEL_FLOOR_DB) / LEVEL_STEP_DB), 0, 255).astype(np.uint8)
        return low, high, levels


def _weights(rate: int, size: int, row_hz: NDArray[np.float32]) -> NDArray[np.float32]:
    """Triangles around each row's frequency that reach to its neighbours, at least one bin wide to each side."""
    bins_hz = np.arange(size // 2 + 1) * (rate / size)
    steps = np.diff(row_hz, prepend=row_hz[0] - (row_hz[1] - row_hz[0])) if len(row_hz) > 1 else np.ones(1)
    reach = np.maximum(steps, rate / size)
    weights = np.maximum(0, 1 - np.abs(bins_hz[:, None] - row_hz) / reach)  # (bins, rows)
    scaled: NDArray[np.float32] = (weights / np.maximum(weights.sum(axis=0), 1e-9)).astype(np.float32)
    return scaled
