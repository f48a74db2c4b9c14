"""Where two or three clips stand in a scene: one after another, at once, or one as the background of the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

SHORTEST_CUT_S = 2.0  # less of a clip may leave out the sound that it is about


@dataclass(frozen=True)
class Placed:
    """Start, length and gain of one clip in a scene."""

    start_s: float
    seconds: float
    gain_db: float


def place(lengths: Sequence[float], longest_s: float, rng: np.random.Generator) -> list[Placed]:
    """Place clips at random in one of three ways.

    Args:
        lengths: Seconds of each clip.
        longest_s: Everything ends by then; clips are cut for it where they must.
        rng: Decides the way, the times and the gains.

    Returns:
        One place for each clip, in the order of `lengths`.
    """
    way = rng.choice(3, p=(0.42, 0.30, 0.28) if len(lengths) == 2 else (0.35, 0.25, 0.40))
    if way == 0:
        return _in_turn(lengths, longest_s, rng)
    return _together(lengths, longest_s, rng) if way == 1 else _over(lengths, longest_s, rng)


def _gain(rng: np.random.Generator, middle_db: float, spread_db: float) -> float:
    return round(
        float(np.clip(rng.normal(middle_db, spread_db), middle_db - 2.5 * spread_db, middle_db + 2.5 * spread_db)), 1
    )


def _in_turn(lengths: Sequence[float], longest_s: float, rng: np.random.Generator) -> list[Placed]:
    """One after another with small gaps; long clips are cut so that every one is heard."""
    gaps = rng.uniform(-0.15, 0.6, len(lengths))
    room = longest_s - float(np.clip(gaps[1:], 0, None).sum())
    wanted = np.array(lengths, float)
    shares = rng.dirichlet(np.full(len(lengths), 8.0)) * room
    if wanted.sum() > room:  # what short clips leave over goes to the long ones
        kept = np.minimum(wanted, np.maximum(shares, min(SHORTEST_CUT_S, room / len(lengths))))
        spare = room - kept.sum()
        for at in rng.permutation(len(lengths)):
            more = float(np.clip(spare, 0.0, wanted[at] - kept[at]))
            kept[at] += more
            spare -= more
        wanted = kept * min(1.0, room / kept.sum())
    start = 0.0
    order = rng.permutation(len(lengths))
    found: dict[int, Placed] = {}
    for turn, at in enumerate(order):
        if turn:
            start = max(0.0, start + float(gaps[turn]))
        seconds = min(float(wanted[at]), longest_s - start)
        found[int(at)] = Placed(round(start, 3), round(seconds, 3), _gain(rng, 0.0, 2.0))
        start += seconds
    return [found[at] for at in range(len(lengths))]


def _together(lengths: Sequence[float], longest_s: float, rng: np.random.Generator) -> list[Placed]:
    """All within the longest one."""
    whole = min(longest_s, max(lengths))
    return [_inside(length, whole, _gain(rng, -1.0, 2.4), rng) for length in lengths]


def _over(lengths: Sequence[float], longest_s: float, rng: np.random.Generator) -> list[Placed]:
    """The longest as a quieter background; two others one after the other where they have room."""
    behind = int(np.argmax(lengths))
    whole = min(longest_s, lengths[behind])
    others = [at for at in range(len(lengths)) if at != behind]
    rng.shuffle(others)
    found = {behind: Placed(0.0, round(whole, 3), _gain(rng, -5.5, 1.5))}
    spare = whole - sum(lengths[at] for at in others)
    if len(others) == 2 and spare > 0:
        first = float(rng.uniform(0.0, spare * 0.6))
        gap = float(rng.uniform(0.0, spare - first))
        starts = [first, first + lengths[others[0]] + gap]
        for at, start in zip(others, starts, strict=True):
            found[at] = Placed(round(start, 3), lengths[at], _gain(rng, 1.0, 1.8))
    else:
        for at in others:
            found[at] = _inside(lengths[at], whole, _gain(rng, 1.0, 1.8), rng)
    return [found[at] for at in range(len(lengths))]


def _inside(length: float, whole: float, gain_db: float, rng: np.random.Generator) -> Placed:
    start = float(rng.uniform(0.0, max(0.0, whole - length)))
    return Placed(round(start, 3), round(min(length, whole - start), 3), gain_db)
