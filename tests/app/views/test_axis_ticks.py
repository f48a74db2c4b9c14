from __future__ import annotations

import numpy as np
import pytest

from app.views.axis_ticks import hz_ticks, time_text, time_ticks


@pytest.mark.parametrize(
    ("time_s", "step_s", "longest_s", "text"),
    [
        (1.5, 0.5, 5, "1.5"),
        (2.0, 1, 5, "2"),
        (0.123, 0.001, 5, "0.123"),
        (83, 1, 600, "1:23"),
        (83.25, 0.05, 600, "1:23.25"),
        (59.999, 0.1, 600, "1:00.0"),
        (3723, 60, 86400, "1:02:03"),
    ],
)
def test_times_are_written_as_the_recording_is_long(time_s: float, step_s: float, longest_s: float, text: str) -> None:
    assert time_text(time_s, step_s, longest_s) == text


@pytest.mark.parametrize(("start_s", "end_s"), [(0, 5), (2.31, 2.36), (0, 86400), (40000, 40010), (10, 700)])
def test_ticks_are_round_in_sight_and_never_touch(start_s: float, end_s: float) -> None:
    ticks = time_ticks(start_s, end_s, 86400, 800, lambda text: 7.0 * len(text))
    assert 2 <= len(ticks) <= 40
    assert all(start_s - 1e-6 <= time_s <= end_s + 1e-6 for time_s, _ in ticks)
    apart = 800 / (end_s - start_s) * (ticks[1][0] - ticks[0][0])
    assert apart > 7.0 * max(len(text) for _, text in ticks)
    assert len({text for _, text in ticks}) == len(ticks)


def test_frequencies_keep_their_distance_and_lie_where_the_rows_say() -> None:
    row_hz = np.geomspace(20, 16000, 300).astype(np.float32)
    ticks = hz_ticks(row_hz, 300, 20)
    shares = [share for share, _ in ticks]
    assert (np.diff(shares) * 300 >= 20).all()
    assert {text: share for share, text in ticks}["1k"] == pytest.approx(np.log(50) / np.log(800), abs=0.01)
