"""How far a caption can be trusted: sure, likely or a guess.

A logistic regression on a few traits of the caption says how probable it is that the caption is right; two thresholds
make bands of that. `aaccore.calibration` finds the numbers, on captions of sounds that the model was not trained on;
they lie in the model folder.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from aaccore.config import check, setting
from aaccore.errors import ConfigError
from aaccore.events import Band, Candidate
from aaccore.reranking import log_odds, support
from aaccore.word_times import Meanings

TRAITS = ("log probability", "lead", "least support", "mean support", "surest left out", "gap", "words")
"""What is known of a caption, in the order of the weights; see `traits`."""


@dataclass(frozen=True)
class Calibration:
    """From traits to a band; the numbers that belong to one model."""

    weights: tuple[float, ...] = setting((0.0,) * len(TRAITS), "of the traits, in their order")
    bias: float = setting(0.0, "added to the weighted traits", low=-1000, high=1000)
    sure: float = setting(1.0, "least probability of a sure caption", low=0, high=1.01)
    likely: float = setting(1.0, "least probability of a likely caption", low=0, high=1.01)

    def probability(self, found: Sequence[float]) -> float:
        """How probable it is that a caption with these traits is right."""
        score = self.bias + sum(weight * trait for weight, trait in zip(self.weights, found, strict=True))
        return 1 / (1 + math.exp(-max(-50.0, min(50.0, score))))

    def band(self, found: Sequence[float]) -> Band:
        """The band of a caption with these traits."""
        probability = self.probability(found)
        return "sure" if probability >= self.sure else "likely" if probability >= self.likely else "guess"


def checked(calibration: Calibration) -> Calibration:
    """The calibration itself, if a band can be told by it.

    Raises:
        ConfigError: It has not a finite weight for each trait, or thresholds out of order.
    """
    check(calibration)
    if len(calibration.weights) != len(TRAITS) or not all(abs(weight) <= 1000 for weight in calibration.weights):
        raise ConfigError(f"weights = {calibration.weights}: must be {len(TRAITS)} numbers from -1000 to 1000")
    if calibration.likely > calibration.sure:
        raise ConfigError(f"likely = {calibration.likely}: must not be above sure = {calibration.sure}")
    return calibration


def traits(candidates: Sequence[Candidate], probabilities: Tensor, known: Meanings) -> tuple[float, ...]:
    """Tell what is known of a caption.

    Args:
        candidates: The captions that were found, best first.
        probabilities: Of the known sounds in the clip, (rows,).
        known: What the tokens name.

    Returns:
        In the order of `TRAITS`: the mean log-probability of the caption's tokens; how far it is above the next
        caption's; how probable the likeliest sound is that each word may name, in log-odds, its least and its mean over
        the words that are part of a known sound's name; the same of the likeliest sound that no word names; how far
        the likeliest label is above the next; the number of words.
    """
    best = candidates[0]
    lead = best.log_probability - candidates[1].log_probability if len(candidates) > 1 else 0.0
    least, mean, left_out = support(best.tokens, probabilities, known)
    labels = probabilities[: known.labels].topk(min(2, known.labels)).values.tolist()
    gap = log_odds(labels[0]) - log_odds(labels[1]) if len(labels) > 1 else 0.0
    return (best.log_probability, lead, least, mean, left_out, gap, float(len(best.words)))
