"""A paired bootstrap: whether one system's scores by clip are better than another's, or whether it may be chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

RESAMPLES = 10_000
CHUNK = 500


@dataclass(frozen=True)
class Difference:
    """How far a first system is ahead of a second.

    Attributes:
        mean: Mean over clips and seeds of the first, less that of the second.
        low: Lower end of the interval that holds 95 % of the resamples.
        high: Its upper end.
        p: Two-sided: how often chance alone would give such a difference, at least 1 / (resamples + 1) * 2.
    """

    mean: float
    low: float
    high: float
    p: float


def paired_bootstrap(first: ArrayLike, second: ArrayLike, resamples: int = RESAMPLES, seed: int = 0) -> Difference:
    """Compare two systems on the same clips (Efron's bootstrap; Koehn, 2004, for scores of texts).

    Each resample draws clips with replacement, the same for both systems, and for each system seeds with replacement:
    both which clips were scored and which seeds were trained are chance. The score of a clip is taken as it is, so
    document frequencies stay those of the whole split. Few seeds make the interval too narrow: with three their
    share of its variance is a third too small.

    Args:
        first: Scores, (seeds, clips).
        second: Scores of the same clips, (seeds, clips); its number of seeds may differ.
        resamples: How many.
        seed: Of what is drawn.

    Raises:
        ValueError: The clips are not as many, or there are none.
    """
    a, b = np.atleast_2d(np.asarray(first, np.float64)), np.atleast_2d(np.asarray(second, np.float64))
    if a.shape[1] != b.shape[1] or not a.size or not b.size:
        raise ValueError(f"scores of {a.shape[1]} and {b.shape[1]} clips cannot be paired")
    rng = np.random.default_rng(seed)
    found: list[NDArray[np.float64]] = []
    for at in range(0, resamples, CHUNK):
        draws = min(CHUNK, resamples - at)
        clips = _shares(rng, draws, a.shape[1])
        found.append(
            ((clips @ a.T) * _shares(rng, draws, len(a))).sum(axis=1)
            - ((clips @ b.T) * _shares(rng, draws, len(b))).sum(axis=1)
        )
    differences = np.concatenate(found)
    low, high = np.quantile(differences, (0.025, 0.975))
    tail = min(int((differences <= 0).sum()), int((differences >= 0).sum()))
    p = min(1.0, 2 * (tail + 1) / (resamples + 1))
    return Difference(float(a.mean() - b.mean()), float(low), float(high), p)


def _shares(rng: np.random.Generator, draws: int, things: int) -> NDArray[np.float64]:
    """How large a share each thing has of a resample, (draws, things): drawing with replacement, counted."""
    drawn = rng.integers(things, size=(draws, things)) + things * np.arange(draws)[:, None]
    return np.bincount(drawn.ravel(), minlength=draws * things).reshape(draws, things) / things


def holm(p: Sequence[float]) -> list[float]:
    """Correct p for the number of comparisons (Holm, 1979): the chance of any false finding stays below each."""
    order = sorted(range(len(p)), key=lambda index: p[index])
    corrected, highest = [0.0] * len(p), 0.0
    for rank, index in enumerate(order):
        highest = max(highest, min(1.0, p[index] * (len(p) - rank)))
        corrected[index] = highest
    return corrected
