"""ROUGE-L: the longest common subsequence of a candidate and its references (Lin, ACL 2004 workshop).

As in the COCO caption evaluation, precision and recall are each the best over the references, joined with beta 1.2.
"""

from __future__ import annotations

from collections.abc import Sequence

_BETA_SQUARED = 1.2**2


def rouge_l(candidate: Sequence[str], references: Sequence[Sequence[str]]) -> float:
    """Score one clip's candidate.

    Args:
        candidate: The tokenized caption; an empty one scores 0.
        references: The clip's tokenized references, at least one.

    Returns:
        A score from 0 to 1. A corpus's score is the mean over its clips.
    """
    if not candidate:
        return 0.0
    shared = [(common_subsequence_length(candidate, reference), len(reference)) for reference in references]
    precision = max(length for length, _ in shared) / len(candidate)
    recall = max(length / total if total else 0.0 for length, total in shared)
    if precision == 0 or recall == 0:
        return 0.0
    return (1 + _BETA_SQUARED) * precision * recall / (recall + _BETA_SQUARED * precision)


def common_subsequence_length(first: Sequence[str], second: Sequence[str]) -> int:
    """Count the words that both sentences have in the same order.

    One bit for each word of `first` replaces a row of the usual table (Hyyrö, 2004, "Bit-parallel LCS-length
    computation revisited"): a zero bit marks where the subsequence grows.
    """
    places: dict[str, int] = {}
    for i, word in enumerate(first):
        places[word] = places.get(word, 0) | 1 << i
    every_bit = (1 << len(first)) - 1
    row = every_bit
    for word in second:
        matches = row & places.get(word, 0)
        row = (row + matches | row - matches) & every_bit
    return len(first) - row.bit_count()
