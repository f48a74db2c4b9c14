"""How often each run of one to four words occurs in a sentence: what BLEU and CIDEr-D count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

LONGEST = 4
"""Both scores look at runs of up to four words."""

Ngram = tuple[str, ...]


def ngram_counts(tokens: Sequence[str]) -> list[Counter[Ngram]]:
    """Count the n-grams of a sentence.

    Args:
        tokens: The sentence's words.

    Returns:
        Four counters, of single words first; those longer than the sentence are empty.
    """
    words = tuple(tokens)
    return [Counter(words[i : i + n] for i in range(len(words) - n + 1)) for n in range(1, LONGEST + 1)]
