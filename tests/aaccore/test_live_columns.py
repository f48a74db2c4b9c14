from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from aaccore.events import LiveSound
from aaccore.live_columns import COLUMN_S, ROWS, LiveColumns
from aaccore.spectrogram import tile

RATE = 16000


def drawn(sound: np.ndarray, size: int, rate: int = RATE) -> np.ndarray:
    """All columns of a sound that comes in pieces of a size."""
    columns, found = LiveColumns("mel", 0, 8000), []
    for at in range(0, len(sound), size):
        first, levels = columns.add(LiveSound(at / rate, rate, sound[at : at + size]))
        assert first == sum(map(len, found))
        found.append(levels)
    return np.concatenate(found)


def noise(seconds: float) -> np.ndarray:
    return 0.1 * np.random.default_rng(1).standard_normal(round(seconds * RATE)).astype(np.float32)


@pytest.mark.parametrize("size", [1, 160, 777, 5000])
def test_columns_do_not_depend_on_the_pieces(size: int) -> None:
    sound = noise(0.5 if size == 1 else 2.0)
    np.testing.assert_array_equal(drawn(sound, size), drawn(sound, len(sound))[: len(drawn(sound, size))])


def test_columns_are_those_of_the_clip_view(tmp_path: Path) -> None:
    sound = noise(2.0)
    soundfile.write(tmp_path / "noise.wav", sound, RATE, subtype="FLOAT")
    pieces = tile(tmp_path / "noise.wav", 0.0, 2.0, round(2 / COLUMN_S), ROWS, "mel", 0, 8000)
    whole = np.concatenate([piece.levels for piece in pieces]).astype(int)
    live = drawn(sound, 800).astype(int)
    assert len(live) >= len(whole) - 2
    # The last spectra of the clip view look beyond the end of the sound.
    np.testing.assert_allclose(live[2:-2], whole[2 : len(live) - 2], atol=1)


def test_after_a_gap_columns_go_on_at_their_time() -> None:
    columns = LiveColumns("log", 20, 8000)
    columns.add(LiveSound(0.0, RATE, noise(1.0)))
    first, levels = columns.add(LiveSound(5.0, RATE, noise(1.0)))
    assert first == round(5.0 / COLUMN_S)
    assert len(levels) >= 37


def test_another_rate_goes_on_and_has_nothing_above_its_half() -> None:
    columns = LiveColumns("linear", 0, 16000)
    columns.add(LiveSound(0.0, 48000, np.ones(48000, np.float32)))
    _, levels = columns.add(LiveSound(1.0, 8000, noise(0.5)[:8000]))
    assert levels[:, columns.row_hz > 4000].max() == 0
    assert levels[:, columns.row_hz < 3900].max() > 0
