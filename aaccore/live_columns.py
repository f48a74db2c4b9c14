"""Columns of the live spectrogram: sound as it comes in, each column computed once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from aaccore.events import LiveSound
from aaccore.spectra import Scale, Spectra, row_hz
from aaccore.spectrogram import WINDOW_S

COLUMN_S = 0.025
ROWS = 256


class LiveColumns:
    """Turns the pieces of a live session into columns of `COLUMN_S`; column k begins at second k * COLUMN_S.

    Args:
        scale: How frequency runs along the rows.
        low_hz: Frequency of the lowest row.
        high_hz: That of the highest; above half the sample rate there is nothing.

    Attributes:
        row_hz: Frequency of each row, rising.
    """

    def __init__(self, scale: Scale, low_hz: float, high_hz: float) -> None:
        self.row_hz = row_hz(scale, low_hz, high_hz, ROWS)
        self._spectra: Spectra | None = None
        self._held: NDArray[np.float32] = np.zeros(0, np.float32)
        self._held_s = 0.0  # the session's second at which what is held begins
        self._next = 0

    def add(self, heard: LiveSound) -> tuple[int, NDArray[np.uint8]]:
        """Take further sound.

        Returns:
            The number of the first new column, and levels (columns, rows), see `LEVEL_STEP_DB`; after a gap the numbers
            go on later.
        """
        rate = heard.sample_rate
        end_s = self._held_s + len(self._held) / rate
        if self._spectra is None or self._spectra.rate != rate or abs(heard.start_s - end_s) > COLUMN_S:
            self._spectra = Spectra.of(rate, WINDOW_S, self.row_hz)
            self._held, self._held_s = np.zeros(0, np.float32), heard.start_s
            self._next = max(self._next, int(np.ceil(heard.start_s / COLUMN_S - 1e-6)))
        self._held = np.concatenate([self._held, heard.samples])
        column, half = COLUMN_S * rate, len(self._spectra.window) / 2
        edge = (self._next * COLUMN_S - self._held_s) * rate
        count = int((len(self._held) - edge - half) // column)
        first = self._next
        if count < 1 or len(self._held) < 2 * half:
            return first, np.zeros((0, ROWS), np.uint8)
        _, _, levels = self._spectra.draw(self._held, edge, column, count)
        levels[:, self.row_hz > rate / 2] = 0
        self._next += count
        passed = max(0, int((self._next * COLUMN_S - self._held_s) * rate - half))
        self._held, self._held_s = self._held[passed:], self._held_s + passed / rate
        return first, levels
