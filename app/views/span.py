"""A stretch of time, and which columns of a picture lie under the pixels that show it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Span(NamedTuple):
    """A stretch of time, s."""

    start_s: float
    end_s: float

    @property
    def length_s(self) -> float:
        """How long it is."""
        return self.end_s - self.start_s


def on_pixels(
    span: Span, pixels: int, start_s: float, column_s: float, columns: int
) -> tuple[slice, NDArray[np.int64], int]:
    """Which columns of a picture lie under which pixels of a strip.

    Args:
        span: What the strip shows.
        pixels: Its width.
        start_s: Where the first column begins.
        column_s: Length of a column.
        columns: How many there are.

    Returns:
        The pixels that have columns; the first column of each, as `numpy.ufunc.reduceat` takes them; and the column
        that ends the last.
    """
    pixel_s = span.length_s / pixels
    edges = (span.start_s + pixel_s * np.arange(pixels) - start_s) / column_s  # left edge of each pixel, in columns
    first = int(np.searchsorted(edges + pixel_s / column_s, 1e-6, side="right"))
    end = int(np.searchsorted(edges, columns - 1e-6))
    starts = np.clip(np.floor(edges[first:end] + 1e-6).astype(np.int64), 0, columns - 1)
    if not len(starts):
        return slice(0, 0), starts, 0
    return slice(first, end), starts, max(int(starts[-1]) + 1, min(columns, int(edges[end - 1] + pixel_s / column_s)))
