"""Colours of levels."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from aaccore.events import LEVEL_FLOOR_DB, LEVEL_STEP_DB
from app.settings import ColourMap

# Every sixteenth colour of the maps of these names (van der Walt and Smith; Nuñez, Anderton and Renslow; both CC0).
POINTS = {
    "viridis": (
        "440154 48186a 472d7b 424086 3b528b 33638d 2c728e 26828e 21918c 1f9f88 27ad81 3dbc74 5cc863 81d34d "
        "aadc32 d5e21a fde725"
    ),
    "cividis": (
        "00204d 002c69 06366e 2d426c 414d6b 52596c 61646f 6f7073 7d7c78 8b8779 9b9477 aca174 bcaf6f cebc68 "
        "e0cb5e f2da50 ffea46"
    ),
    "magma": (
        "000004 0a0822 1d1147 36106b 51127c 6a1c81 832681 9c2e7f b73779 cf4070 e55064 f4695c fb8761 fea571 "
        "fec287 fde0a1 fcfdbf"
    ),
    "grey": "000000 ffffff",
}


@cache
def colours(name: ColourMap) -> NDArray[np.uint8]:
    """256 colours from weak to strong, (256, 3): red, green, blue."""
    points = np.array([list(bytes.fromhex(point)) for point in POINTS[name].split()])
    at = np.linspace(0, len(points) - 1, 256)
    parts = [np.interp(at, np.arange(len(points)), points[:, k]) for k in range(3)]
    return np.round(np.stack(parts, axis=1)).astype(np.uint8)


def colour_table(name: ColourMap, low_db: float, high_db: float) -> list[int]:
    """Colours of the level bytes: the weakest up to `low_db`, the strongest from `high_db` on; as Qt takes them."""
    decibels = LEVEL_FLOOR_DB + LEVEL_STEP_DB * np.arange(256)
    shares = np.clip((decibels - low_db) / (high_db - low_db), 0, 1)
    red, green, blue = colours(name)[np.round(shares * 255).astype(int)].astype(np.int64).T
    table: list[int] = (0xFF000000 | red << 16 | green << 8 | blue).tolist()
    return table
