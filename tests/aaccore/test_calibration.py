"""A calibration keeps its promise on captions it has not seen."""

from __future__ import annotations

import numpy as np
import pytest

from aaccore.bands import TRAITS
from aaccore.calibration import calibrate
from aaccore.errors import DatasetError


def made(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Traits of which two tell something, and whether captions with them are right."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(count, len(TRAITS))) * 1.5 + 5
    right = rng.random(count) < 1 / (1 + np.exp(-(x[:, 0] - x[:, 2])))
    return x, right


def test_the_sure_are_right_nine_times_in_ten_and_the_likely_two_in_three_on_other_captions() -> None:
    calibration = calibrate(*made(4000, 1), margin=0.02)
    x, right = made(4000, 2)
    bands = np.array([calibration.band(tuple(row)) for row in x])
    assert right[bands == "sure"].mean() > 0.88
    assert 0.6 < right[bands == "likely"].mean() < 0.78
    assert right[bands == "guess"].mean() < 0.4
    assert (bands == "sure").mean() > 0.1


def test_where_nothing_can_be_told_nothing_is_sure() -> None:
    x, _ = made(400, 3)
    calibration = calibrate(x, np.random.default_rng(4).random(400) < 0.3)
    assert {calibration.band(tuple(row)) for row in x} == {"guess"}


@pytest.mark.parametrize("right", [np.ones(400, bool), np.zeros(400, bool)])
def test_captions_that_are_all_right_or_all_wrong_are_refused(right: np.ndarray) -> None:
    with pytest.raises(DatasetError, match="too few"):
        calibrate(made(400, 5)[0], right)


def test_a_handful_of_captions_is_refused() -> None:
    with pytest.raises(DatasetError, match="10 captions"):
        calibrate(*made(10, 6))
