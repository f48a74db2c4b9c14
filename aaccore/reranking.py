"""Which of the captions found is the best: the decoder's word, and the label head's.

The decoder ranks captions by how well they read after what it heard; it likes to add a second sound that is not there.
The label head only knows which sounds there are. So a caption gains by how probable the sounds are that its words name,
and loses by a probable sound that it leaves out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from torch import Tensor

from aaccore.events import Candidate
from aaccore.word_times import Meanings

LEAST_WEIGHT, MEAN_WEIGHT, LEFT_OUT_WEIGHT = 0.07, 0.2, 0.2
"""Nats a log-odd; chosen on fold 4 with a model of folds 1-3. Twice as much gains little more there."""


def reranked(candidates: Sequence[Candidate], labels: Tensor, known: Meanings, weight: float) -> list[Candidate]:
    """Put the captions of a clip in the order of both judgements, best first.

    Args:
        candidates: The captions found.
        labels: Probability of each label in the clip, (labels,).
        known: What the tokens name.
        weight: Of the label head's judgement.
    """
    worths = [
        candidate.log_probability + weight * agreement(candidate.tokens, labels, known) for candidate in candidates
    ]
    order = sorted(range(len(candidates)), key=lambda index: -worths[index])
    return [candidates[index] for index in order]


def agreement(tokens: Sequence[int], labels: Tensor, known: Meanings) -> float:
    """How well a caption agrees with the label head, in weighted log-odds."""
    least, mean, left_out = support(tokens, labels, known)
    return LEAST_WEIGHT * least + MEAN_WEIGHT * mean - LEFT_OUT_WEIGHT * left_out


def support(tokens: Sequence[int], probabilities: Tensor, known: Meanings) -> tuple[float, float, float]:
    """How probable the sounds are that a caption names, and those that it does not.

    Args:
        tokens: The caption's.
        probabilities: Of the known sounds, or the first of them, in the clip, (rows,).
        known: What the tokens name.

    Returns:
        The log-odds of the likeliest sound that each word may name, their least and their mean over the words that are
        part of a sound's name; and of the likeliest sound that no word names.
    """
    named = known.rows[list(tokens), : len(probabilities)].to(probabilities.device)  # (tokens, rows)
    naming = named[named.any(dim=1)]
    values = probabilities.expand_as(naming).masked_fill(~naming, 0.0).amax(dim=1).tolist() if len(naming) else [0.0]
    found = [log_odds(value) for value in values]
    rest = probabilities[~named.any(dim=0)]
    left_out = log_odds(float(rest.max())) if len(rest) else log_odds(0.0)
    return min(found), sum(found) / len(found), left_out


def log_odds(probability: float) -> float:
    """Log-odds of a probability that is kept from 0.01 to 0.99."""
    kept = min(0.99, max(0.01, probability))
    return math.log(kept / (1 - kept))
