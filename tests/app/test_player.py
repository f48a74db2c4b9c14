from __future__ import annotations

import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import sounddevice

from app import player
from app.player import Heard, OutputFound, OutputMissing, Playback, PlaybackFailed, find_output


class FakeStream:
    """PortAudio's output, played by a thread faster than time; what was heard is kept."""

    rates: ClassVar[set[float]] = {16000}
    channels_taken: ClassVar[set[int]] = {1, 2}
    last: ClassVar[FakeStream]
    dies_after: ClassVar[int | None] = None
    raises: ClassVar[bool] = False

    def __init__(self, rate: float, channels: int, dtype: str, callback: Any) -> None:
        if rate not in self.rates or channels not in self.channels_taken:
            raise sounddevice.PortAudioError("Invalid sample rate")
        self.samplerate, self.channels, self.callback, self.latency = float(rate), channels, callback, 0.01
        self.heard: list[np.ndarray] = []
        self.active = self.closed = False
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        FakeStream.last = self

    def start(self) -> None:
        if self.raises:
            raise sounddevice.PortAudioError("Device unavailable")
        self.active = True
        self._thread.start()

    def _run(self) -> None:
        asked = 0
        playback = self.callback.__self__
        while not self._stop.wait(0.001):
            for _ in range(100):
                if playback._ready or self._stop.wait(0.001):
                    break
            out = np.full((160 + asked % 7, self.channels), 9, np.float32)
            self.callback(out, len(out), None, None)
            self.heard.append(out)
            asked += 1
            if self.dies_after is not None and asked > self.dies_after:
                break
        self.active = False

    def close(self, ignore_errors: bool = True) -> None:
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        self.closed = True

    def sound(self) -> np.ndarray:
        return np.concatenate(self.heard)[:, 0]


@pytest.fixture
def stream(monkeypatch: pytest.MonkeyPatch) -> type[FakeStream]:
    monkeypatch.setattr(sounddevice, "OutputStream", FakeStream)
    monkeypatch.setattr(sounddevice, "query_devices", lambda kind=None: {"name": "Fake", "default_samplerate": 16000.0})
    monkeypatch.setattr(FakeStream, "dies_after", None)
    monkeypatch.setattr(FakeStream, "raises", False)
    monkeypatch.setattr(FakeStream, "rates", {16000})
    return FakeStream


def test_a_recording_is_heard_whole_and_in_order(sounds: Path, stream: type[FakeStream]) -> None:
    events = list(Playback(sounds / "tone.wav", 0.0).play())
    heard = stream.last.sound()
    start = int(np.flatnonzero(heard)[0])
    t = np.arange(2 * 16000) / 16000
    wanted = 0.5 * np.sin(2 * np.pi * 440 * t)
    late = min(range(5), key=lambda k: np.abs(heard[start + 400 : start + 800] - wanted[400 + k : 800 + k]).sum())
    assert heard[start + 400 : start + 30000] == pytest.approx(wanted[400 + late : 30000 + late], abs=2e-3)
    times = [event.time_s for event in events if isinstance(event, Heard)]
    assert times == sorted(times)
    assert events[-1].ended
    assert events[-1].time_s == pytest.approx(2.0)
    assert stream.last.closed


def test_a_stretch_ends_where_it_should(sounds: Path, stream: type[FakeStream]) -> None:
    events = list(Playback(sounds / "long.wav", 3.2, 3.7).play())
    assert np.count_nonzero(stream.last.sound()) == pytest.approx(0.5 * 16000, abs=100)
    assert events[-1].time_s == pytest.approx(3.7)


def test_a_loop_goes_on_until_it_is_stopped(sounds: Path, stream: type[FakeStream]) -> None:
    playback = Playback(sounds / "long.wav", 1.1, 1.3, 1.0)
    playing = playback.play()
    for event in playing:
        assert isinstance(event, Heard)
        assert 0.98 <= event.time_s <= 1.3
        if len(stream.last.heard) > 200:  # 2 s of sound
            break
    playing.close()
    assert np.count_nonzero(stream.last.sound()[:16000]) > 15000
    assert stream.last.closed


def test_volume_and_halting_fade_within_a_block(sounds: Path, stream: type[FakeStream]) -> None:
    playback = Playback(sounds / "tone.wav", 0.0, volume=0.5)
    for event in playback.play():
        assert isinstance(event, Heard)
        if event.time_s > 1.0:
            playback.halt()
            break
    heard = stream.last.sound()
    assert np.abs(heard).max() == pytest.approx(0.25, abs=0.01)
    assert np.abs(np.diff(heard)).max() < 0.1  # the tone itself moves by 0.087 at most


def test_another_rate_is_resampled_where_the_device_does_not_take_the_recordings(
    sounds: Path, stream: type[FakeStream], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "rates", {48000})
    monkeypatch.setattr(sounddevice, "query_devices", lambda kind=None: {"name": "Fake", "default_samplerate": 48000.0})
    list(Playback(sounds / "tone.wav", 1.5).play())
    assert stream.last.samplerate == 48000
    assert np.count_nonzero(stream.last.sound()) == pytest.approx(0.5 * 48000, abs=200)


def test_a_device_that_goes_is_told(sounds: Path, stream: type[FakeStream], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "dies_after", 5)
    events = list(Playback(sounds / "long.wav", 0.0).play())
    assert isinstance(events[-1], PlaybackFailed)
    assert "has gone" in events[-1].reason


def test_a_device_that_asks_for_nothing_is_told(
    sounds: Path, stream: type[FakeStream], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(player, "LOST_S", 0.1)
    monkeypatch.setattr(stream, "_run", lambda self: self._stop.wait())
    events = list(Playback(sounds / "long.wav", 0.0).play())
    assert isinstance(events[-1], PlaybackFailed)


def test_a_device_that_does_not_start_is_told(
    sounds: Path, stream: type[FakeStream], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "raises", True)
    (event,) = Playback(sounds / "long.wav", 0.0).play()
    assert isinstance(event, PlaybackFailed)
    assert "Device unavailable" in event.reason


def test_a_file_that_has_gone_is_told(tmp_path: Path, stream: type[FakeStream]) -> None:
    (event,) = Playback(tmp_path / "gone.wav", 0.0).play()
    assert isinstance(event, PlaybackFailed)
    assert "no such file" in event.reason


def test_an_output_is_found_or_missed_in_words(stream: type[FakeStream], monkeypatch: pytest.MonkeyPatch) -> None:
    assert list(find_output()) == [OutputFound("Fake")]

    def none(kind: str) -> None:
        raise sounddevice.PortAudioError("Error querying device -1")

    monkeypatch.setattr(sounddevice, "query_devices", none)
    (missing,) = find_output()
    assert isinstance(missing, OutputMissing)
    assert "No sound output" in missing.reason


def test_without_portaudio_there_is_no_output(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", None)  # its import fails
    (missing,) = find_output()
    assert isinstance(missing, OutputMissing)


@pytest.fixture
def pulse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A sound server of its own with a speaker that nobody hears."""
    if not shutil.which("pulseaudio") or not shutil.which("parec"):
        pytest.skip("there is no PulseAudio")
    tmp_path.chmod(0o700)
    for name in ("XDG_RUNTIME_DIR", "HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    arguments = ["--exit-idle-time=-1", "-n", "-L", "module-native-protocol-unix", "-L"]
    speaker = "module-null-sink sink_name=vspk rate=48000 channels=2 norewinds=1"
    server = subprocess.Popen(["pulseaudio", *arguments, speaker], stderr=subprocess.DEVNULL)
    try:
        for _ in range(100):
            if subprocess.run(["pactl", "info"], capture_output=True).returncode == 0:
                break
            time.sleep(0.1)
        yield
    finally:
        server.terminate()
        server.wait(10)


PLAY = """
import sys
from pathlib import Path
from app.player import Playback, find_output
print(*find_output())
for event in Playback(Path(sys.argv[1]), 0.5).play():
    last = event
print(round(last.time_s, 2), last.ended)
"""


@pytest.mark.slow
def test_a_real_sound_server_hears_the_recording(sounds: Path, pulse: None, tmp_path: Path) -> None:
    recorded = tmp_path / "heard.raw"
    with recorded.open("wb") as file:
        listener = subprocess.Popen(
            ["parec", "-d", "vspk.monitor", "--format=float32le", "--rate=16000", "--channels=1"], stdout=file
        )
        try:
            command = [sys.executable, "-c", PLAY, str(sounds / "tone.wav")]  # PortAudio looks for devices once
            done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        finally:
            listener.terminate()
            listener.wait(10)
    assert done.stdout.splitlines()[-1] == "2.0 True", done.stderr
    heard = np.fromfile(recorded, np.float32)
    loud = heard[np.abs(heard) > 0.2]
    assert len(loud) > 0.5 * 16000
    spectrum = np.abs(np.fft.rfft(heard))
    assert np.fft.rfftfreq(len(heard), 1 / 16000)[spectrum.argmax()] == pytest.approx(440, abs=5)
