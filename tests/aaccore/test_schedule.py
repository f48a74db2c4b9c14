from __future__ import annotations

import pytest

from aaccore.schedule import average_decay, warm_up_cosine


def test_the_rate_rises_in_equal_steps_and_is_full_at_the_end_of_the_warm_up() -> None:
    assert [warm_up_cosine(step, 20, 4) for step in range(5)] == [0.25, 0.5, 0.75, 1.0, 1.0]


def test_after_the_warm_up_the_rate_only_falls_half_way_down_in_the_middle() -> None:
    factors = [warm_up_cosine(step, 104, 4) for step in range(4, 104)]
    assert factors == sorted(factors, reverse=True)
    assert factors[50] == pytest.approx(0.5)
    assert 0 < factors[-1] < 0.001


def test_the_rate_is_never_outside_zero_and_one() -> None:
    for steps, warm_up in ((1, 0), (1, 1), (5, 0), (5, 5), (3, 10), (10, 2)):
        assert all(0 <= warm_up_cosine(step, steps, warm_up) <= 1 for step in range(3 * steps))


def test_without_a_warm_up_the_first_step_has_the_full_rate() -> None:
    assert warm_up_cosine(0, 10, 0) == 1.0


def test_the_rate_beyond_the_last_step_is_zero() -> None:
    assert warm_up_cosine(10, 10, 2) == warm_up_cosine(1000, 10, 2) == pytest.approx(0.0, abs=1e-12)


def test_little_of_the_first_weights_is_left_in_a_short_training_s_average() -> None:
    left = 1.0
    for step in range(1, 401):
        left *= average_decay(step, 0.998)
    assert left < 1e-9 < 0.998**400


def test_a_long_training_s_average_spans_what_was_asked_for() -> None:
    assert average_decay(100_000, 0.998) == 0.998
    assert average_decay(1000, 0.0) == 0.0
