"""BLEU-1 to BLEU-4: how many of a candidate's n-grams occur in its references (Papineni et al., ACL 2002).

Clipped counts, the closest reference's length for the brevity penalty, and the tiny constants of the COCO caption
evaluation that keep a clip without any match above zero: with these the published per-clip figures come out.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from aaccore.metrics.ngrams import LONGEST, Ngram, ngram_counts

_NEVER_ZERO = 1e-15  # added to matches and lengths above the line
_NEVER_DIVIDE_BY_ZERO = 1e-9  # added to totals below the line


@dataclass(frozen=True)
class _Tally:
    """What one clip adds to the corpus: matched and possible n-grams for n = 1..4, and both lengths in words."""

    matched: tuple[int, ...]
    possible: tuple[int, ...]
    candidate_length: int
    reference_length: int


def bleu(
    candidates: Sequence[Sequence[str]], references: Sequence[Sequence[Sequence[str]]]
) -> tuple[list[float], list[list[float]]]:
    """Score candidates by their n-grams.

    Args:
        candidates: One tokenized caption a clip.
        references: For each clip its tokenized references, at least one.

    Returns:
        The corpus scores BLEU-1..4 (counts summed over clips, not the mean of clips), and for each of the four the
        score of every clip.
    """
    tallies = [_tally(candidate, clip) for candidate, clip in zip(candidates, references, strict=True)]
    corpus = _Tally(
        matched=tuple(sum(tally.matched[n] for tally in tallies) for n in range(LONGEST)),
        possible=tuple(sum(tally.possible[n] for tally in tallies) for n in range(LONGEST)),
        candidate_length=sum(tally.candidate_length for tally in tallies),
        reference_length=sum(tally.reference_length for tally in tallies),
    )
    by_clip = [_scores(tally) for tally in tallies]
    return _scores(corpus), [[scores[n] for scores in by_clip] for n in range(LONGEST)]


def _tally(candidate: Sequence[str], references: Sequence[Sequence[str]]) -> _Tally:
    most: list[Counter[Ngram]] = [Counter() for _ in range(LONGEST)]
    for reference in references:
        for known, counts in zip(most, ngram_counts(reference), strict=True):
            known |= counts  # the most any one reference has of each
    matched = (
        sum(min(count, known[ngram]) for ngram, count in counts.items())
        for known, counts in zip(most, ngram_counts(candidate), strict=True)
    )
    length = len(candidate)
    closest = min((len(reference) for reference in references), key=lambda other: (abs(other - length), other))
    possible = tuple(max(0, length - n) for n in range(LONGEST))
    return _Tally(tuple(matched), possible, length, closest)


def _scores(tally: _Tally) -> list[float]:
    """BLEU-1..4 of a tally: the geometric mean of the precisions so far, times the brevity penalty."""
    ratio = (tally.candidate_length + _NEVER_ZERO) / (tally.reference_length + _NEVER_DIVIDE_BY_ZERO)
    brevity_penalty = math.exp(1 - 1 / ratio) if ratio < 1 else 1.0
    scores = []
    product = 1.0
    for n in range(LONGEST):
        product *= (tally.matched[n] + _NEVER_ZERO) / (tally.possible[n] + _NEVER_DIVIDE_BY_ZERO)
        scores.append(product ** (1 / (n + 1)) * brevity_penalty)
    return scores
