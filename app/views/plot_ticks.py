"""Round numbers for the axes of plots, and how they are written."""

from __future__ import annotations

import math


def linear_ticks(low: float, high: float, most: int) -> list[float]:
    """Round numbers from `low` to `high`, at most `most` of them, in steps of 1, 2 or 5 times a power of ten."""
    span = high - low
    if not span > 0 or most < 1:
        return [low]
    power = 10.0 ** math.floor(math.log10(span / most))
    step = next(power * factor for factor in (1, 2, 5, 10, 20) if span / (power * factor) <= most)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(index * step, 12) for index in range(first, last + 1)]


def log_ticks(low: float, high: float, most: int) -> list[float]:
    """Round numbers from `low` to `high`, both above 0, for a logarithmic axis, at most `most` of them."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for factors in ((1, 2, 3, 5, 7), (1, 2, 5), (1,)):
        ticks = [
            f * 10.0**power
            for power in powers
            for f in factors
            if low <= f * 10.0**power * (1 + 1e-9) <= high * (1 + 2e-9)
        ]
        if len(ticks) <= most:
            break
    else:
        ticks = ticks[:: math.ceil(len(ticks) / max(1, most))]
    return ticks if len(ticks) > 1 else linear_ticks(low, high, most)


def number_text(value: float) -> str:
    """A number on an axis or in a readout: 0.125, 12k, 3e-05."""
    size = abs(value)
    if size >= 1e6:
        return f"{value / 1e6:.3g}M"
    if size >= 1e4:
        return f"{value / 1e3:.3g}k"
    return f"{value:.4g}" if size >= 1e-3 or value == 0 else f"{value:.2g}"
