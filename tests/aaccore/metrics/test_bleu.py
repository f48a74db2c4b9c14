from __future__ import annotations

import math

import pytest

from aaccore.metrics.bleu import bleu


def test_precision_is_the_share_of_words_found_in_a_reference() -> None:
    # By hand: a, dog, barks of four words are known, and two of the three pairs; the length is the reference's.
    corpus, _ = bleu([["a", "dog", "barks", "now"]], [[["a", "dog", "barks", "loudly"]]])
    assert corpus[0] == pytest.approx(3 / 4, abs=1e-8)
    assert corpus[1] == pytest.approx(math.sqrt(3 / 4 * 2 / 3), abs=1e-8)


def test_a_word_counts_as_often_as_one_reference_has_it() -> None:
    corpus, _ = bleu([["the", "the", "the", "the"]], [[["the", "dog", "and", "the"], ["the", "cat", "sleeps", "here"]]])
    assert corpus[0] == pytest.approx(2 / 4, abs=1e-8)


def test_a_short_candidate_pays_for_its_length() -> None:
    corpus, _ = bleu([["a", "dog"]], [[["a", "dog", "barks", "twice"]]])
    assert corpus[0] == pytest.approx(math.exp(1 - 4 / 2), abs=1e-8)


def test_the_closest_reference_sets_the_length_and_the_shorter_of_two() -> None:
    references = [[["a", "dog"], ["a", "dog", "barks", "at", "us", "all"], ["a", "dog", "is", "heard"]]]
    three = [["a", "dog", "barks"]]  # as far from two words as from four: two count, so nothing is paid
    assert bleu(three, references)[0][0] == pytest.approx(1.0, abs=1e-8)


def test_the_corpus_sums_counts_instead_of_averaging_clips() -> None:
    candidates = [["rain"], ["a", "b", "c", "d", "e", "f", "g", "h", "i"]]
    references = [[["rain"]], [["z"] * 9]]
    corpus, by_clip = bleu(candidates, references)
    assert corpus[0] == pytest.approx(1 / 10, abs=1e-8)
    assert by_clip[0] == pytest.approx([1.0, 0.0], abs=1e-8)


def test_nothing_said_scores_nothing() -> None:
    corpus, by_clip = bleu([[]], [[["rain"]]])
    assert corpus == pytest.approx([0.0] * 4)
    assert [scores[0] for scores in by_clip] == pytest.approx([0.0] * 4)
