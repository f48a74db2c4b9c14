from __future__ import annotations

from aaccore.metrics.ngrams import ngram_counts


def test_runs_of_one_to_four_words_are_counted() -> None:
    ones, twos, threes, fours = ngram_counts(["the", "bell", "and", "the", "bell"])
    assert ones == {("the",): 2, ("bell",): 2, ("and",): 1}
    assert twos == {("the", "bell"): 2, ("bell", "and"): 1, ("and", "the"): 1}
    assert threes.total() == 3
    assert fours == {("the", "bell", "and", "the"): 1, ("bell", "and", "the", "bell"): 1}


def test_a_sentence_has_no_runs_longer_than_itself() -> None:
    assert [counts.total() for counts in ngram_counts(["music"])] == [1, 0, 0, 0]
