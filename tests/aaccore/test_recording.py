from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from aaccore.audio import AudioFile, load_audio
from aaccore.events import LiveCaption, LiveGoesOn, LiveSound, Segment
from aaccore.recording import LastHour, Recording, left_over, rescue

RATE = 8000


def sound(start_s: float, seconds: float, level: float = 0.1, rate: int = RATE) -> LiveSound:
    return LiveSound(start_s, rate, np.full(round(seconds * rate), level, np.float32))


def test_any_moment_of_the_last_hour_can_be_heard_again(tmp_path: Path) -> None:
    with LastHour(tmp_path) as hour:
        for second in range(130):
            hour.add(sound(second, 1.0, second / 200))
        samples, rate = hour.read(58.5, 61.5)
    assert rate == RATE
    assert len(samples) == 3 * RATE
    np.testing.assert_allclose(samples[:: RATE // 2], np.array([58, 59, 59, 60, 60, 61]) / 200, atol=1e-3)


def test_only_the_last_hour_is_kept_and_nothing_after_the_end(tmp_path: Path) -> None:
    with LastHour(tmp_path, keep_s=120) as hour:
        for minute in range(10):
            hour.add(sound(60 * minute, 60))
        assert len(hour.read(0, 400)[0]) == 0
        assert len(hour.read(0, 600)[0]) >= 120 * RATE
        assert len(list(hour.folder.iterdir())) <= 4
        if os.name == "posix":
            assert hour.folder.stat().st_mode & 0o077 == 0
    assert list(tmp_path.iterdir()) == []


def test_a_gap_and_another_rate_begin_a_new_piece(tmp_path: Path) -> None:
    with LastHour(tmp_path) as hour:
        for block in (sound(0, 1, 0.1), sound(5, 1, 0.2), sound(6, 1, 0.3, 2 * RATE)):
            hour.add(block)
        samples, rate = hour.read(0, 7)
    assert rate == RATE
    assert len(samples) == 3 * RATE
    assert samples[int(2.5 * RATE)] == pytest.approx(0.3, abs=2e-3)


CRASHING = """
import os, signal, sys, numpy as np
from pathlib import Path
from datetime import datetime
from aaccore.events import LiveCaption, LiveSound, Segment
from aaccore.recording import LastHour, Recording
hour, recording = LastHour(Path(sys.argv[1]) / "live"), Recording(Path(sys.argv[1]) / "kept.flac")
for tenth in range(153):
    block = LiveSound(tenth / 10, 48000, np.random.default_rng(tenth).normal(0, 0.1, 4800).astype("float32"))
    hour.add(block), recording.add(block)
    if tenth == 50:
        recording.add(LiveCaption(1, Segment(4.0, 5.0, "Rain falls."), datetime.now(), 5.0))
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_a_crash_takes_no_more_than_the_last_second(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", CRASHING, str(tmp_path)], cwd=Path(__file__).parents[2])
    assert done.returncode == -signal.SIGKILL
    with AudioFile(tmp_path / "kept.flac") as audio:
        assert 14.3 <= sum(len(block) for block in audio.blocks()) / 48000 <= 15.3
    (caption,) = [json.loads(line) for line in (tmp_path / "kept.jsonl").read_text(encoding="utf-8").splitlines()]
    assert caption["caption"] == "Rain falls."
    (session,) = left_over(tmp_path / "live")
    assert 14.3 <= rescue(session, tmp_path / "rescued.flac") <= 15.3
    assert len(load_audio(tmp_path / "rescued.flac")[0]) > 14.3 * 48000


def test_a_session_that_still_runs_is_not_left_over(tmp_path: Path) -> None:
    with LastHour(tmp_path) as hour:
        hour.add(sound(0, 1))
        assert left_over(tmp_path) == []
    assert left_over(tmp_path / "nowhere") == []


def test_a_recording_has_silence_where_nothing_was_heard_and_its_captions_beside_it(tmp_path: Path) -> None:
    clock = datetime(2026, 1, 1, 12, tzinfo=UTC)
    with Recording(tmp_path / "deep" / "kept.flac") as recording:
        for event in (
            sound(10, 1),
            LiveCaption(3, Segment(10.5, 11.0, "A bell rings."), clock, 11.0),
            sound(14, 1, 0.2, 2 * RATE),
            LiveGoesOn(3, 10.5, 15.0),
            LiveGoesOn(3, 10.5, 15.0, ended=True),
        ):
            recording.add(event)
    samples, rate = load_audio(tmp_path / "deep" / "kept.flac")
    assert (len(samples), rate) == (5 * RATE, RATE)
    assert np.abs(samples[RATE + 1 : 4 * RATE]).max() == 0
    assert samples[int(4.5 * RATE)] == pytest.approx(0.2, abs=1e-3)
    rows = [json.loads(line) for line in (tmp_path / "deep" / "kept.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [(row["number"], row["end_s"]) for row in rows] == [(3, 1.0), (3, 5.0)]
    assert rows[0]["start_s"] == 0.5
    assert rows[0]["clock"] == "2026-01-01T12:00:00.000+00:00"
