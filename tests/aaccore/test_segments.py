from __future__ import annotations

import itertools
import tracemalloc
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from aaccore.events import Candidate, Segment
from aaccore.segments import SILENCE, Window, merge, windows

RATE = 1000


def noise(seconds: float, level: float = 0.1) -> NDArray[np.float32]:
    samples = np.random.default_rng(0).standard_normal(round(seconds * RATE))
    return (level * samples).astype(np.float32)


def silence(seconds: float) -> NDArray[np.float32]:
    return np.zeros(round(seconds * RATE), np.float32)


def cut(*parts: NDArray[np.float32], block: int = 700) -> list[Window]:
    whole = np.concatenate(parts)
    blocks = (whole[start : start + block] for start in range(0, len(whole), block))
    return list(windows(blocks, RATE, 10.0, -70.0))


def spans(found: list[Window]) -> list[tuple[float, float, bool]]:
    return [(round(w.start_s, 3), round(w.end_s, 3), w.waveform is not None) for w in found]


def test_continuous_sound_is_cut_into_equal_windows() -> None:
    sound = noise(35.0)
    found = cut(sound)
    assert spans(found) == [(0, 10, True), (10, 20, True), (20, 30, True), (30, 35, True)]
    assert np.array_equal(np.concatenate([w.waveform for w in found if w.waveform is not None]), sound)


def test_a_rest_under_a_second_joins_the_last_window() -> None:
    assert spans(cut(noise(10.9))) == [(0, 10.9, True)]
    assert spans(cut(noise(11.5))) == [(0, 10, True), (10, 11.5, True)]


@pytest.mark.parametrize("seconds", [0.01, 0.05, 0.99, 10.0])
def test_a_recording_of_up_to_a_window_is_one_window(seconds: float) -> None:
    assert spans(cut(noise(seconds))) == [(0, seconds, True)]


def test_nothing_gives_nothing() -> None:
    assert list(windows([], RATE, 10.0, -70.0)) == []


def test_a_silent_recording_is_silent_to_its_end() -> None:
    found = cut(silence(27.3))
    assert all(window.waveform is None for window in found)
    assert found[0].start_s == 0
    assert found[-1].end_s == 27.3


def test_a_constant_offset_is_silence() -> None:
    assert all(window.waveform is None for window in cut(np.full(5 * RATE, 0.5, np.float32)))


def test_a_window_starts_where_the_sound_does() -> None:
    found = cut(silence(24.0), noise(3.0), silence(30.0))
    heard = [(start, end) for start, end, is_heard in spans(found) if is_heard]
    assert heard == [(23.8, 27.2)]


def test_short_silence_is_left_in_a_window() -> None:
    assert spans(cut(silence(0.9), noise(3.0), silence(0.9))) == [(0, 4.8, True)]


def test_a_sound_that_begins_as_a_silent_window_ends_keeps_its_start() -> None:
    heard = [w for w in cut(silence(10.05), noise(2.0)) if w.waveform is not None]
    assert heard[0].start_s <= 10.0


def test_quiet_sound_is_heard_above_the_limit_and_silence_below() -> None:
    assert all(w.waveform is not None for w in cut(noise(3.0, level=10 ** (-65 / 20))))
    assert all(w.waveform is None for w in cut(noise(3.0, level=10 ** (-75 / 20))))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.booleans(), st.integers(2, 15_000)), min_size=1, max_size=6),
    st.integers(1, 5000),
)
def test_windows_follow_each_other_from_start_to_end_whatever_the_blocks(
    parts: list[tuple[bool, int]], block: int
) -> None:
    whole = np.concatenate([noise(n / RATE) if loud else silence(n / RATE) for loud, n in parts])
    found = cut(whole, block=block)
    assert found[0].start_s == 0
    assert found[-1].end_s == pytest.approx(len(whole) / RATE)
    assert all(a.end_s == b.start_s for a, b in itertools.pairwise(found))
    assert all(w.end_s - w.start_s < 11.001 for w in found)
    rebuilt = [silence(w.end_s - w.start_s) if w.waveform is None else w.waveform for w in found]
    assert np.array_equal(np.concatenate(rebuilt), whole)
    assert spans(found) == spans(cut(whole, block=len(whole)))


def test_a_long_recording_needs_little_memory() -> None:
    def hour() -> Iterator[NDArray[np.float32]]:
        for second in range(3600):
            yield noise(1.0) if second % 60 < 40 else silence(1.0)

    tracemalloc.start()
    count = sum(1 for _ in windows(hour(), RATE, 10.0, -70.0))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count > 360
    assert peak < 50 * 10 * RATE * 4


def dog(start: float, end: float, log_probability: float = -0.5) -> Segment:
    return Segment(start, end, "A dog barks.", (Candidate("A dog barks.", log_probability),))


def test_equal_neighbours_become_one() -> None:
    merged = merge([dog(0, 10), dog(10, 20), Segment(20, 30, "Rain falls."), dog(30, 33.333)])
    assert [(s.start_s, s.end_s, s.caption) for s in merged] == [
        (0, 20, "A dog barks."),
        (20, 30, "Rain falls."),
        (30, 33.3, "A dog barks."),
    ]
    assert merged[0].candidates == dog(0, 10).candidates


def test_short_silence_is_not_said_beside_a_sound() -> None:
    segments = [Segment(0, 2.25, SILENCE), dog(2.25, 5), Segment(5, 8, SILENCE), dog(8, 12.04)]
    assert [(s.start_s, s.end_s, s.caption) for s in merge(segments)] == [(2.2, 12.0, "A dog barks.")]


def test_long_silence_is_said_once() -> None:
    segments = [dog(0, 4), Segment(4, 14, SILENCE), Segment(14, 24, SILENCE), dog(24, 30)]
    assert [(s.start_s, s.end_s, s.caption) for s in merge(segments)] == [
        (0, 4, "A dog barks."),
        (4, 24, SILENCE),
        (24, 30, "A dog barks."),
    ]


def test_silence_is_said_when_there_is_nothing_else() -> None:
    assert merge([Segment(0, 0.8, SILENCE)]) == [Segment(0, 0.8, SILENCE)]
    assert merge([]) == []


def test_neighbours_far_apart_stay_two() -> None:
    assert len(merge([dog(0, 4), dog(12, 20)])) == 2
