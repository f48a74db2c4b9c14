from __future__ import annotations

import math

import pytest

from aaccore.metrics.cider_d import cider_d

DOG = ["a", "dog", "barks"]
RAIN = ["rain", "falls", "down"]


def test_saying_what_the_only_reference_says_scores_ten() -> None:
    # Three words have no run of four, so three of the four cosines are 1 and the last 0.
    corpus, by_clip = cider_d([DOG, RAIN], [[DOG], [RAIN]])
    assert by_clip == pytest.approx([7.5, 7.5], abs=1e-12)
    assert corpus == pytest.approx(7.5, abs=1e-12)
    four = ["a", "dog", "barks", "twice"]
    assert cider_d([four, RAIN], [[four], [RAIN]])[1][0] == pytest.approx(10.0, abs=1e-12)


def test_words_of_every_clip_count_nothing() -> None:
    _, by_clip = cider_d([["a"], ["a"]], [[["a", "dog"]], [["a", "cat"]]])
    assert by_clip == [0.0, 0.0]


def test_repeating_a_word_does_not_pay() -> None:
    _, once = cider_d([["dog", "barks"], RAIN], [[DOG], [RAIN]])
    _, again = cider_d([["dog", "barks", "barks", "barks"], RAIN], [[DOG], [RAIN]])
    assert again[0] < once[0]


def test_a_difference_in_length_is_penalised_by_a_gaussian_of_six_words() -> None:
    # Only single words agree: the cosine of (dog, 7 unknown) with (dog) is 1/sqrt(8), and the lengths differ by 7.
    _, by_clip = cider_d([["dog", "b", "c", "d", "e", "f", "g", "h"], RAIN], [[["dog"]], [RAIN]])
    assert by_clip[0] == pytest.approx(10 / 4 / math.sqrt(8) * math.exp(-(7**2) / (2 * 6**2)), abs=1e-12)


def test_a_clips_score_is_the_mean_over_its_references() -> None:
    _, by_clip = cider_d([DOG, RAIN], [[DOG, ["thunder"]], [RAIN, RAIN]])
    assert by_clip == pytest.approx([7.5 / 2, 7.5], abs=1e-12)


def test_one_clip_alone_scores_nothing() -> None:
    assert cider_d([DOG], [[DOG]]) == (0.0, [0.0])
