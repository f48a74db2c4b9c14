"""Colours of levels."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from aaccore.events import LEVEL_FLOOR_DB, LEVEL_STEP_DB
from app.settings import ColourMap


@cache
def colours(name: ColourMap) -> NDArray[np.uint8]:
    """256 colours from weak to strong, (256, 3): red, green, blue."""
    if name == "grey":
        return np.repeat(np.linspace(0, 255, 256)[:, None], 3, axis=1).astype(np.uint8)
    from pyqtgraph import colormap  # half a second that a window without a clip can do without

    table: NDArray[np.uint8] = colormap.get(name).getLookupTable(nPts=256, alpha=False)
    return table


def colour_table(name: ColourMap, low_db: float, high_db: float) -> list[int]:
    """Colours of the level bytes: the weakest up to `low_db`, the strongest from `high_db` on; as Qt takes them."""
    decibels = LEVEL_FLOOR_DB + LEVEL_STEP_DB * np.arange(256)
    shares = np.clip((decibels - low_db) / (high_db - low_db), 0, 1)
    red, green, blue = colours(name)[np.round(shares * 255).astype(int)].astype(np.int64).T
    table: list[int] = (0xFF000000 | red << 16 | green << 8 | blue).tolist()
    return table
