from __future__ import annotations

from aaccore.metrics.vocabulary import vocabulary


def test_each_word_counts_once() -> None:
    assert vocabulary([["a", "dog", "barks"], ["a", "cat", "meows", "a", "lot"], []]) == 6
