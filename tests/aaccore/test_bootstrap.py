from __future__ import annotations

import numpy as np
import pytest

from aaccore.bootstrap import holm, paired_bootstrap

RNG = np.random.default_rng(4)
SCORES = RNG.exponential(0.5, size=(3, 300))


def test_rows_that_are_equal_do_not_differ() -> None:
    found = paired_bootstrap(SCORES, SCORES)
    assert found.mean == 0.0
    assert found.low < 0 < found.high
    assert found.p > 0.5


def test_rows_of_the_same_kind_do_not_differ() -> None:
    found = paired_bootstrap(SCORES, SCORES + RNG.normal(0, 0.2, SCORES.shape))
    assert found.p > 0.05


def test_rows_that_are_far_apart_differ() -> None:
    found = paired_bootstrap(SCORES + 0.2, SCORES)
    assert found.mean == pytest.approx(0.2)
    assert 0.1 < found.low < 0.2 < found.high < 0.3
    assert found.p < 0.001


def test_the_interval_is_that_of_a_normal_distribution_for_one_seed_and_many_clips() -> None:
    difference = RNG.normal(0.1, 1.0, 2000)
    found = paired_bootstrap(SCORES[0, :1] + difference, np.full(2000, SCORES[0, 0]))
    half = 1.96 * difference.std() / 2000**0.5
    assert found.low == pytest.approx(difference.mean() - half, abs=0.1 * half)
    assert found.high == pytest.approx(difference.mean() + half, abs=0.1 * half)


def test_seeds_that_scatter_widen_the_interval() -> None:
    level = np.array([-0.3, 0.0, 0.3])[:, None]
    narrow, wide = paired_bootstrap(SCORES + 0.1, SCORES), paired_bootstrap(SCORES + 0.1 + level, SCORES)
    assert wide.high - wide.low > 3 * (narrow.high - narrow.low)
    assert wide.p > 0.05 > narrow.p


def test_it_is_the_same_every_time() -> None:
    assert paired_bootstrap(SCORES[:2], SCORES[2:]) == paired_bootstrap(SCORES[:2], SCORES[2:])


def test_scores_of_different_clips_are_refused() -> None:
    with pytest.raises(ValueError, match="300 and 299 clips"):
        paired_bootstrap(SCORES, SCORES[:, 1:])


def test_p_is_corrected_for_the_number_of_comparisons() -> None:
    assert holm([0.01, 0.04, 0.03, 0.5]) == pytest.approx([0.04, 0.09, 0.09, 0.5])
    assert holm([0.6, 0.7]) == [1.0, 1.0]
    assert holm([]) == []
