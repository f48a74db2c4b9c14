from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aaccore.metrics.rouge_l import common_subsequence_length, rouge_l

WORDS = st.lists(st.sampled_from(["a", "dog", "barks", "and", "rain"]), max_size=80)


def _table_length(first: list[str], second: list[str]) -> int:
    row = [0] * (len(second) + 1)
    for word in first:
        above = row
        row = [0]
        for j, other in enumerate(second):
            row.append(above[j] + 1 if word == other else max(above[j + 1], row[j]))
    return row[-1]


@given(WORDS, WORDS)
def test_the_common_subsequence_is_as_long_as_the_textbook_table_says(first: list[str], second: list[str]) -> None:
    assert common_subsequence_length(first, second) == _table_length(first, second)


def test_precision_and_recall_are_joined_with_beta_1_2() -> None:
    # By hand: "a ... barks" is common, so precision 2/3 and recall 2/4.
    score = rouge_l(["a", "fox", "barks"], [["a", "big", "dog", "barks"]])
    assert score == pytest.approx(2.44 * (2 / 3) * (1 / 2) / (1 / 2 + 1.44 * 2 / 3), abs=1e-12)


def test_the_best_precision_and_the_best_recall_may_come_from_two_references() -> None:
    long, short = ["a", "dog", "barks", "in", "the", "rain"], ["barks"]
    assert rouge_l(["a", "dog", "barks"], [long, short]) == pytest.approx(1.0, abs=1e-12)


def test_no_word_in_common_scores_nothing() -> None:
    assert rouge_l(["music"], [["waves", "roll"]]) == 0.0


@pytest.mark.parametrize(("candidate", "reference"), [([], ["rain"]), (["rain"], []), ([], [])])
def test_an_empty_sentence_scores_nothing(candidate: list[str], reference: list[str]) -> None:
    assert rouge_l(candidate, [reference]) == 0.0
