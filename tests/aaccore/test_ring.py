from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from aaccore.ring import Missing, Ring


def frames(first: int, count: int) -> np.ndarray:
    return np.stack([np.arange(first, first + count), -np.arange(first, first + count)], axis=1).astype(np.float32)


@given(st.lists(st.tuples(st.integers(1, 30), st.booleans()), max_size=60))
def test_every_frame_comes_out_in_order_or_is_counted_as_missing(steps: list[tuple[int, bool]]) -> None:
    ring, written, read = Ring(50, 2), 0, 0

    def take(ended: bool) -> None:
        nonlocal read
        while (found := ring.read(ended)) is not None:
            if isinstance(found, Missing):
                read += found.frames
            else:
                np.testing.assert_array_equal(found, frames(read, len(found)))
                read += len(found)

    for count, then_read in steps:
        ring.write(frames(written, count))
        written += count
        if then_read:
            take(ended=False)
    take(ended=True)
    assert read == written


def test_a_block_that_does_not_fit_is_dropped_and_counted_where_it_was() -> None:
    ring = Ring(8, 1)
    for value in range(3):
        ring.write(np.full((4, 1), value, np.float32))
    first = ring.read()
    assert isinstance(first, np.ndarray)
    assert first[:, 0].tolist() == [0] * 4 + [1] * 4
    assert ring.read() is None  # as long as nothing follows, more may be missing
    ring.write(np.full((4, 1), 9, np.float32))
    assert ring.read() == Missing(8, 4, "dropped")
    last = ring.read()
    assert isinstance(last, np.ndarray)
    assert last[:, 0].tolist() == [9] * 4


def test_what_is_left_out_while_paused_is_one_stretch() -> None:
    ring = Ring(8, 1)
    ring.leave_out(3, "paused")
    ring.leave_out(5, "paused")
    assert ring.read() is None
    assert ring.read(ended=True) == Missing(0, 8, "paused")
