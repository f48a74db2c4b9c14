"""Find a model's calibration: from captions and whether each was right, the weights and thresholds of its bands.

The captions must be of sounds that the model was not trained on, or it will seem surer than it is.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from aaccore.bands import TRAITS, Calibration, checked
from aaccore.errors import DatasetError

SURE, LIKELY = 0.90, 0.65
"""What share of the sure, and of the likely captions is right."""
FEWEST = 40
"""A threshold is not drawn on fewer captions."""
PARTS = 10
"""The thresholds are found on probabilities that each part of the captions has from the others."""


def calibrate(found: Sequence[Sequence[float]], right: Sequence[bool], margin: float = 0.0) -> Calibration:
    """Fit a calibration.

    Args:
        found: The traits of each caption.
        right: Whether each was right.
        margin: Added to the wanted shares, for other sounds than these.

    Raises:
        DatasetError: There are too few captions, or all of them are right or wrong.
    """
    x, y = np.asarray(found, np.float64), np.asarray(right, np.float64)
    if len(x) < 2 * FEWEST or not 0 < y.sum() < len(y):
        raise DatasetError(f"{len(x)} captions, {int(y.sum())} of them right: too few to calibrate on; take more")
    probabilities = np.zeros(len(x))
    part = np.arange(len(x)) % PARTS
    for held in range(PARTS):
        weights, bias = _fitted(x[part != held], y[part != held])
        probabilities[part == held] = 1 / (1 + np.exp(-(x[part == held] @ weights + bias)))
    order = np.argsort(-probabilities)
    ranked, hits = probabilities[order], y[order]
    sure = _reaching(hits, SURE + margin)
    likely = sure + _reaching(hits[sure:], LIKELY + margin)
    weights, bias = _fitted(x, y)
    edges = [float(ranked[count - 1]) if count else 1.01 for count in (sure, likely)]
    return checked(Calibration(tuple(float(weight) for weight in weights), bias, edges[0], min(edges)))


def _reaching(hits: NDArray[np.float64], share: float) -> int:
    """How many captions, surest first, are right as often as wanted; 0 where that is never so."""
    counts = np.arange(1, len(hits) + 1)
    good = (np.cumsum(hits) / counts >= share) & (counts >= FEWEST)
    return int(counts[good].max(initial=0))


def _fitted(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Logistic regression, pulled slightly to 0 on standardised traits; weights and bias for the traits as they are."""
    mean, spread = x.mean(axis=0), np.maximum(x.std(axis=0), 1e-6)
    inputs, wanted = torch.from_numpy((x - mean) / spread), torch.from_numpy(y)
    parameters = torch.zeros(len(TRAITS) + 1, dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.LBFGS([parameters], max_iter=200, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        optimiser.zero_grad()
        scores = inputs @ parameters[:-1] + parameters[-1]
        loss = torch.nn.functional.binary_cross_entropy_with_logits(scores, wanted)
        loss = loss + 1e-3 * parameters[:-1].square().sum()
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    optimiser.step(closure)  # type: ignore[no-untyped-call]
    weights = parameters[:-1].detach().numpy() / spread
    return weights, float(parameters[-1].detach()) - float(weights @ mean)
