"""CIDEr-D: agreement on the n-grams that are rare among the references (Vedantam et al., CVPR 2015).

The variant that the field's tables call CIDEr: counts clipped to the reference's, a Gaussian penalty (sigma 6) on the
difference in length, the result times ten.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from aaccore.metrics.ngrams import LONGEST, Ngram, ngram_counts

_SIGMA = 6.0
_SCALE = 10.0


@dataclass(frozen=True)
class _Weighted:
    """A sentence as tf-idf vectors, one for each n, with their norms and its number of word pairs."""

    vectors: list[dict[Ngram, float]]
    norms: list[float]
    pairs: int


def cider_d(
    candidates: Sequence[Sequence[str]], references: Sequence[Sequence[Sequence[str]]]
) -> tuple[float, list[float]]:
    """Score candidates by the rare n-grams they share with their references.

    How rare an n-gram is comes from the references of all clips given: scores of different selections do not compare,
    and a single clip always scores 0.

    Args:
        candidates: One tokenized caption a clip.
        references: For each clip its tokenized references, at least one.

    Returns:
        The mean over the clips and the score of each, from 0 to 10.
    """
    counted = [[ngram_counts(reference) for reference in clip] for clip in references]
    clips_with: Counter[Ngram] = Counter()
    for clip in counted:
        clips_with.update({ngram for reference in clip for counts in reference for ngram in counts})
    log_clips = math.log(len(references))
    rarity = {ngram: log_clips - math.log(clips) for ngram, clips in clips_with.items()}

    scores = []
    for candidate, clip in zip(candidates, counted, strict=True):
        weighted = _weigh(ngram_counts(candidate), rarity, log_clips)
        total = sum(_similarity(weighted, _weigh(reference, rarity, log_clips)) for reference in clip)
        scores.append(_SCALE * total / len(clip))
    return sum(scores) / len(scores), scores


def _weigh(counts: list[Counter[Ngram]], rarity: dict[Ngram, float], unseen: float) -> _Weighted:
    vectors = [{ngram: count * rarity.get(ngram, unseen) for ngram, count in of_n.items()} for of_n in counts]
    norms = [math.sqrt(sum(weight * weight for weight in vector.values())) for vector in vectors]
    # The reference implementation measures length in pairs of words, one less than the words; so must we.
    return _Weighted(vectors, norms, pairs=counts[1].total())


def _similarity(candidate: _Weighted, reference: _Weighted) -> float:
    """Mean over n of the clipped cosine, times the length penalty."""
    total = 0.0
    for n in range(LONGEST):
        norm = candidate.norms[n] * reference.norms[n]
        if norm == 0:
            continue
        theirs = reference.vectors[n]
        total += (
            sum(
                min(weight, theirs[ngram]) * theirs[ngram]
                for ngram, weight in candidate.vectors[n].items()
                if ngram in theirs
            )
            / norm
        )
    difference = candidate.pairs - reference.pairs
    return total / LONGEST * math.exp(-(difference**2) / (2 * _SIGMA**2))
