"""Where an axis gets its ticks, and what stands beside them."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

TIME_STEPS_S = (
    0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30,
    60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200,
)  # fmt: skip
ROUND_HZ = (0, 20, 50, 100, 200, 500, 1000, 2000, 3000, 4000, 5000, 6000, 8000)
ROUND_HZ_ABOVE = (10000, 12000, 14000, 16000, 20000, 24000, 32000, 40000, 48000, 64000, 80000, 96000)


def time_text(time_s: float, step_s: float, longest_s: float) -> str:
    """A time on an axis: plain seconds for short recordings, minutes and hours for longer ones.

    Args:
        time_s: The time.
        step_s: From tick to tick: it decides about decimals.
        longest_s: The largest time on the axis: it decides whether hours and minutes stand there.
    """
    decimals = max(0, -math.floor(math.log10(step_s) + 1e-9)) if step_s < 1 else 0
    if longest_s < 60:
        return f"{time_s:.{decimals}f}"
    whole = round(time_s, decimals)
    minutes, seconds = divmod(whole, 60)
    hours, minutes = divmod(int(minutes), 60)
    rest = f"{seconds:0{3 + decimals if decimals else 2}.{decimals}f}"
    return f"{hours}:{minutes:02}:{rest}" if longest_s >= 3600 else f"{minutes}:{rest}"


def time_ticks(
    start_s: float, end_s: float, longest_s: float, room: float, width_of: Callable[[str], float]
) -> list[tuple[float, str]]:
    """Ticks as dense as their texts allow.

    Args:
        start_s: Left end of the axis.
        end_s: Right end.
        longest_s: See `time_text`.
        room: Length of the axis, pixels.
        width_of: How many pixels wide a text is.
    """
    per_s = room / (end_s - start_s)
    for step_s in TIME_STEPS_S:
        if step_s * per_s >= 1.6 * width_of(time_text(end_s, step_s, longest_s)):
            break
    first = math.ceil(start_s / step_s - 1e-6)
    last = math.floor(end_s / step_s + 1e-6)
    return [(k * step_s, time_text(k * step_s, step_s, longest_s)) for k in range(first, last + 1)]


def hz_text(hz: float) -> str:
    """A frequency on an axis: 500, 2k."""
    return f"{hz / 1000:g}k" if hz >= 1000 else f"{hz:g}"


def hz_ticks(row_hz: NDArray[np.float32], room: float, apart: float) -> list[tuple[float, str]]:
    """Round frequencies at least `apart` pixels from each other, with their height as a share from the bottom.

    Args:
        row_hz: Frequency of each row, rising.
        room: Height of the axis, pixels.
        apart: Least distance, pixels.
    """
    shares = np.linspace(0, 1, len(row_hz))
    wanted = [hz for hz in (*ROUND_HZ, *ROUND_HZ_ABOVE) if row_hz[0] <= hz <= row_hz[-1] * 1.001]
    # The round numbers that matter most come first, and those that would touch them stay away.
    wanted.sort(key=lambda hz: (hz not in (1000, 10000), hz not in (0, 100, 2000, 5000, 500, 20000), hz))
    taken: dict[float, str] = {}
    for hz in wanted:
        share = float(np.interp(hz, row_hz, shares))
        if all(abs(share - other) * room >= apart for other in taken):
            taken[share] = hz_text(hz)
    return sorted(taken.items())
