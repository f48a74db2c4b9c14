from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from queue import Empty, Queue
from threading import Thread

import pytest

from aaccore.__main__ import main
from aaccore.audio import load_audio
from aaccore.merging import read_dialogue
from tests.aaccore.virtual_microphone import VirtualMicrophone, virtual_microphone

REPOSITORY = Path(__file__).resolve().parents[2]
SOUNDS = REPOSITORY / "resources" / "sounds"
PATIENCE_S = 180.0
"""How long a busy machine may take for anything."""


def test_a_file_is_said_one_caption_a_line(tiny_model: Path, sounds: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["listen", "--model", str(tiny_model), "--file", str(sounds / "long.wav"), "--format", "jsonl"]) == 0
    captured = capsys.readouterr()
    rows = [json.loads(line) for line in captured.out.splitlines()]
    assert rows
    assert [row["number"] for row in rows] == list(range(1, len(rows) + 1))
    assert {"clock", "start", "said", "caption", "band"} <= set(rows[0])
    assert f"{len(rows)} caption" in captured.err
    assert "nothing was lost" in captured.err


def test_what_is_heard_is_kept_with_its_captions(tiny_model: Path, sounds: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept.flac"
    assert main(["listen", "--model", str(tiny_model), "--file", str(sounds / "long.wav"), "--save", str(kept)]) == 0
    assert len(load_audio(kept)[0]) == 9 * 16000
    assert kept.with_suffix(".jsonl").read_text(encoding="utf-8")


@pytest.mark.parametrize("times", ["session", "clock"])
def test_what_is_heard_is_kept_as_subtitles_by_either_time(
    tiny_model: Path, sounds: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], times: str
) -> None:
    paths = [tmp_path / "kept.srt", tmp_path / "kept.vtt"]
    saves = [word for path in paths for word in ("--save", str(path))]
    file = ["--model", str(tiny_model), "--file", str(sounds / "long.wav"), "--format", "jsonl"]
    assert main(["listen", *file, *saves, "--times", times]) == 0
    first = json.loads(capsys.readouterr().out.splitlines()[0])
    clock = datetime.fromisoformat(first["clock"])
    midnight = clock.replace(hour=0, minute=0, second=0, microsecond=0)
    expected_s = first["start"] if times == "session" else (clock - midnight).total_seconds()
    for path in paths:
        cue = read_dialogue(path.read_bytes(), path.name).cues[0]
        assert cue.start / 1000 == pytest.approx(expected_s, abs=0.02)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--window", "0.1"], "window_s = 0.1"),
        (["--step", "99"], "step_s = 99"),
        (["--save", "x.srt", "--save", "y.srt"], "one file of a kind"),
        (["--save", "x.wav"], "ends neither with .flac"),
    ],
)
def test_what_cannot_work_is_refused(
    arguments: list[str], complaint: str, sounds: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["listen", "--file", str(sounds / "long.wav"), *arguments]) == 2
    assert complaint in capsys.readouterr().err


@pytest.fixture
def microphone() -> Iterator[VirtualMicrophone]:
    with virtual_microphone() as server:
        yield server


class Running:
    """`auricle listen` as a process of its own, its lines as they come."""

    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "aaccore", "listen", *arguments],
            cwd=REPOSITORY,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.out: Queue[str] = Queue()
        self.err: Queue[str] = Queue()
        self.threads = [
            Thread(target=self._read, args=(self.process.stdout, self.out)),
            Thread(target=self._read, args=(self.process.stderr, self.err)),
        ]
        for thread in self.threads:
            thread.start()

    @staticmethod
    def _read(stream, lines: Queue[str]) -> None:
        for line in stream:
            lines.put(line.rstrip())

    def until(self, lines: Queue[str], words: str) -> str:
        """The first line with these words in it."""
        seen: list[str] = []
        while True:
            try:
                seen.append(lines.get(timeout=PATIENCE_S))
            except Empty:
                pytest.fail(f"{words!r} was not said; there was {seen}")
            if words in seen[-1]:
                return seen[-1]

    def stop(self) -> int:
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(PATIENCE_S)
        self.end()
        return code

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        for thread in self.threads:
            thread.join()
        for stream in (self.process.stdout, self.process.stderr):
            assert stream is not None
            stream.close()


@pytest.mark.slow
def test_a_real_microphone_is_captioned_unplugged_and_plugged_in_again(
    microphone: VirtualMicrophone, tmp_path: Path
) -> None:
    kept = tmp_path / "kept.flac"
    running = Running("--device", "vmic", "--format", "jsonl", "--save", str(kept))
    try:
        assert "Desk" in running.until(running.err, "listening to")
        microphone.play(SOUNDS / "siren.ogg").wait(PATIENCE_S)
        siren = json.loads(running.until(running.out, "siren"))
        assert 0 <= siren["start"] < siren["said"]
        microphone.unplug()
        running.until(running.err, "the microphone is gone")
        microphone.plug_in()
        running.until(running.err, "the microphone is back")
        microphone.play(SOUNDS / "church_bell.ogg").wait(PATIENCE_S)
        bell = json.loads(running.until(running.out, "bell"))
        assert bell["start"] > siren["said"]
        assert running.stop() == 0
        summary = running.until(running.err, "captions in")
        assert "the microphone was gone 1 time" in summary
    finally:
        running.end()
    assert len(load_audio(kept)[0]) > 48000 * bell["said"] * 0.9
    rows = [json.loads(line) for line in kept.with_suffix(".jsonl").read_text(encoding="utf-8").splitlines()]
    assert any("bell" in row.get("caption", "") for row in rows)


@pytest.mark.slow
def test_ctrl_c_says_what_was_heard_before_it(microphone: VirtualMicrophone) -> None:
    running = Running("--device", "vmic", "--window", "10", "--step", "10")
    try:
        running.until(running.err, "listening to")
        microphone.play(SOUNDS / "bird_song.ogg").wait(PATIENCE_S)
        assert running.out.empty()
        assert running.stop() == 0
        assert "bird" in running.until(running.out, " ")
    finally:
        running.end()


def test_devices_are_listed(microphone: VirtualMicrophone) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "aaccore", "listen", "--list"], cwd=REPOSITORY, capture_output=True, text=True
    )
    assert done.returncode == 0
    first, second = done.stdout.splitlines()
    assert first == "vmic: Desk (default, 48000 Hz, 2 channels)"
    assert second.startswith("vspk.monitor: System audio: ")
