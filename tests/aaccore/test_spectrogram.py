from __future__ import annotations

import time
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import soundfile

from aaccore.errors import AudioError
from aaccore.events import LEVEL_FLOOR_DB, LEVEL_STEP_DB, OverviewPart
from aaccore.spectrogram import overview, tile
from tests.aaccore.made_sounds import encode


def decibels(levels: np.ndarray) -> np.ndarray:
    return LEVEL_FLOOR_DB + LEVEL_STEP_DB * levels.astype(float)


def whole(parts: list[OverviewPart]) -> OverviewPart:
    """The complete pass put together, from the last change of the column's length on."""
    parts = [part for part in parts if part.complete]
    start = max(k for k, part in enumerate(parts) if part.first == 0)
    parts = parts[start:]
    return OverviewPart(
        parts[-1].duration_s, parts[-1].column_s, 0, np.concatenate([p.low for p in parts]),
        np.concatenate([p.high for p in parts]), np.concatenate([p.levels for p in parts]), parts[-1].row_hz, True,
    )  # fmt: skip


def test_a_sine_of_full_scale_is_0_db_at_its_frequency(tmp_path: Path) -> None:
    t = np.arange(2 * 16000) / 16000
    soundfile.write(tmp_path / "a.wav", np.sin(2 * np.pi * 1000 * t), 16000, subtype="FLOAT")
    (part,) = tile(tmp_path / "a.wav", 0.5, 1.5, 100, 512, "linear", 0, 8000)
    row = part.levels.mean(axis=0).argmax()
    assert part.row_hz[row] == pytest.approx(1000, abs=20)
    assert decibels(part.levels[:, row]) == pytest.approx(0, abs=2)
    assert part.low == pytest.approx(-1, abs=0.01)
    assert part.high == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("scale", ["mel", "linear", "log"])
def test_rows_rise_along_every_scale_and_end_at_half_the_sample_rate(sounds: Path, scale: str) -> None:
    (part,) = tile(sounds / "tone.wav", 0, 2, 50, 64, scale, 50, 20000)
    assert (np.diff(part.row_hz) > 0).all()
    assert part.row_hz[0] == pytest.approx(50)
    assert part.row_hz[-1] == pytest.approx(8000)
    assert part.row_hz[part.levels.max(axis=0).argmax()] == pytest.approx(440, rel=0.2)


@pytest.mark.parametrize("start_s", [0.0, 0.31, 0.4987])
def test_a_click_stands_in_the_column_of_its_time(sounds: Path, start_s: float) -> None:
    parts = list(tile(sounds / "inner" / "click.wav", start_s, start_s + 0.4, 400, 32, "mel", 0, 8000))
    high = np.concatenate([part.high for part in parts])
    levels = np.concatenate([part.levels for part in parts])
    wanted = (0.5 - start_s) / 0.001
    if start_s + 0.4 > 0.5:
        assert int(high.argmax()) == pytest.approx(wanted, abs=1)
        assert levels.sum(axis=1).argmax() == pytest.approx(wanted, abs=7)
    else:
        assert high.max() == 0
    assert parts[0].start_s == start_s
    assert parts[-1].end_s == pytest.approx(start_s + 0.4)


def test_a_tile_finer_than_the_samples_shows_each(tmp_path: Path) -> None:
    sound = np.random.default_rng(1).uniform(-1, 1, 8000)
    soundfile.write(tmp_path / "a.wav", sound, 8000, subtype="FLOAT")
    (part,) = tile(tmp_path / "a.wav", 0.5, 0.51, 320, 16, "mel", 0, 4000)
    assert part.low == pytest.approx(part.high)
    assert part.low[::4] == pytest.approx(sound[4000:4080], abs=1e-6)


def test_an_overview_finds_the_reach_of_every_column(sounds: Path) -> None:
    found = whole(list(overview(sounds / "inner" / "click.wav")))
    assert found.duration_s == 1
    assert len(found.low) * found.column_s == pytest.approx(1)
    assert found.high.max() == pytest.approx(1, abs=1e-3)
    assert found.high.argmax() * found.column_s == pytest.approx(0.5, abs=found.column_s)
    assert (np.delete(found.high, found.high.argmax()) == 0).all()


def test_a_long_recording_comes_as_pieces_first_and_then_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aaccore.spectrogram.LONGEST_READ_S", 10.0)
    monkeypatch.setattr("aaccore.spectrogram.PART_S", 0.0)
    sound = np.zeros(60 * 4000)
    sound[30 * 4000 :] = 0.5
    sound[10 * 4000] = 0.9  # between two pieces
    soundfile.write(tmp_path / "a.flac", sound, 4000)
    parts = list(overview(tmp_path / "a.flac", 20))
    pieces = [part for part in parts if not part.complete]
    assert [part.first for part in pieces] == [0, 4, 8, 12, 16]
    assert np.concatenate([part.high for part in pieces]) == pytest.approx([0] * 8 + [0.5] * 12, abs=1e-3)
    found = whole(parts)
    assert len(found.high) == 20
    assert found.high[3] == pytest.approx(0.9, abs=1e-3)


@pytest.mark.parametrize("columns", [16, 4096])
def test_a_recording_of_unknown_length_grows_and_ends_right(tmp_path: Path, columns: int) -> None:
    rate = 44100
    sound = np.zeros((5 * rate, 2), np.float32)
    sound[2 * rate : 3 * rate] = 0.5 * np.sin(2 * np.pi * 1000 * np.arange(rate) / rate)[:, None]
    path = encode(tmp_path / "a.aac", "aac", [sound], form="adts")
    found = whole(list(overview(path, columns)))
    assert len(found.high) <= columns
    assert found.duration_s == pytest.approx(5, abs=0.1)
    assert len(found.high) * found.column_s == pytest.approx(5, abs=found.column_s + 0.1)
    loud = np.flatnonzero(found.high > 0.3) * found.column_s
    assert loud.min() == pytest.approx(2, abs=found.column_s + 0.1)
    assert loud.max() == pytest.approx(3, abs=found.column_s + 0.1)


def test_a_file_that_is_no_sound_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("no sound at all")
    with pytest.raises(AudioError, match="not a sound file"):
        list(overview(tmp_path / "a.txt"))


@pytest.mark.soak
def test_24_hours_are_seen_within_a_second_and_drawn_in_constant_memory(tmp_path: Path) -> None:
    minute = (0.1 * np.random.default_rng(1).standard_normal(60 * 16000)).astype(np.float32)
    with soundfile.SoundFile(tmp_path / "day.flac", "w", 16000, 1, "PCM_16") as file:
        for _ in range(24 * 60):
            file.write(minute)
    tracemalloc.start()
    start = time.monotonic()
    parts = overview(tmp_path / "day.flac")
    first = next(parts)
    assert time.monotonic() - start < 1
    assert first.duration_s == 86400
    assert sum(len(part.low) for part in parts if part.complete) == 4096
    assert tracemalloc.get_traced_memory()[1] < 100e6
    tracemalloc.stop()
