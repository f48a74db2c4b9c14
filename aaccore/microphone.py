"""Microphones, and what else can be listened to: PortAudio's callback fills a ring buffer, `Capture` drains it.

Where a Pulse or PipeWire server answers, its sources are listed by name, and the chosen one is opened through
PortAudio's "pulse" device; elsewhere PortAudio's own devices are.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import deque
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from threading import Event, Lock, Thread
from time import monotonic, sleep
from typing import Any

import numpy as np
import sounddevice
from numpy.typing import NDArray

from aaccore.audio import MIX_FADE_S, MIX_STEP_S, channel_weights
from aaccore.errors import MicrophoneError
from aaccore.events import LiveGap, LiveSound
from aaccore.ring import Missing, Ring

RING_S = 10.0
"""Sound that waits while nobody reads; beyond it blocks are dropped, and counted."""
LOST_S, RETRY_S = 2.0, 2.0
"""Without a callback for so long a device counts as disconnected, and so long it takes to the next try."""
FIRST_CALLBACK_S = 5.0
"""A device may take longer than `LOST_S` to begin."""
WATCH_S = 1.0
"""How often to see whether a device is still there."""
READ_S = 0.05
"""How long to wait where nothing has come."""
FULL_SCALE = 0.9999
"""The highest 16-bit sample and everything above it clips."""

SYSTEM_AUDIO_HELP = {
    "linux": "System audio is listed where a PulseAudio or PipeWire server runs.",
    "darwin": "macOS offers no system audio by itself; a loopback driver such as BlackHole adds it as a microphone.",
    "win32": 'System audio is listed where Windows offers it; else switch on "Stereo Mix" in the sound settings.',
}
"""For each system, what to do where system audio is not listed."""


@dataclass(frozen=True)
class Microphone:
    """Something to listen to.

    Attributes:
        name: What tells it from the others, also after a restart.
        title: For people.
        sample_rate: Its own rate, Hz.
        channels: Its channels.
        system_audio: It is what the computer plays, not what is heard in the room.
        default: It is the system's choice.
        index: PortAudio's number; None for a source of the Pulse server.
    """

    name: str
    title: str
    sample_rate: int
    channels: int
    system_audio: bool = False
    default: bool = False
    index: int | None = None


def list_microphones(refresh: bool = False) -> list[Microphone]:
    """What can be listened to, the system's choice first.

    Args:
        refresh: Look for devices that came or went; only while nothing listens or plays through PortAudio.
    """
    if refresh:
        _restart()
    sources = _pulse_sources()
    if sources is not None and _pulse_device() is None:  # PortAudio looked before the server ran
        if not _lines_open:
            _restart()
        if _pulse_device() is None:
            sources = None
    found = _portaudio_devices() if sources is None else sources
    return sorted(found, key=lambda microphone: (not microphone.default, microphone.system_audio))


def find_microphone(name: str | None, refresh: bool = False) -> Microphone:
    """The microphone of that name or title (a part of it is enough); the system's choice without a name.

    Raises:
        MicrophoneError: There is none.
    """
    found = list_microphones(refresh)
    if not found:
        raise MicrophoneError(
            "no microphone was found; plug one in or allow the program to use it in the system's privacy settings, "
            "then look again"
        )
    if name is None:
        return found[0]
    same = [microphone for microphone in found if name in (microphone.name, microphone.title)]
    alike = [one for one in found if name.lower() in f"{one.name} {one.title}".lower()]
    if same or alike:
        return (same or alike)[0]
    known = ", ".join(microphone.title for microphone in found)
    raise MicrophoneError(f"{name}: no such microphone; there are: {known}")


def _pactl(*arguments: str) -> str | None:
    """What the Pulse server answers, None where there is none."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        done = subprocess.run(
            ["pactl", *arguments], capture_output=True, text=True, timeout=2, env={**os.environ, "LC_ALL": "C.UTF-8"}
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def _pulse_sources() -> list[Microphone] | None:
    answer = _pactl("-f", "json", "list", "sources")
    if answer is None:
        return None
    default = (_pactl("get-default-source") or "").strip()
    found = []
    for source in json.loads(answer):
        _, channels, rate = source["sample_specification"].split()  # "s16le 2ch 48000Hz"
        monitor = bool(source.get("monitor_source")) or source["name"].endswith(".monitor")
        words = str(source.get("description") or source["name"])
        title = f"System audio: {words.removeprefix('Monitor of ')}" if monitor else words
        found.append(
            Microphone(
                source["name"], title, int(rate.removesuffix("Hz")), int(channels.removesuffix("ch")), monitor,
                source["name"] == default,
            )
        )  # fmt: skip
    return found


def _pulse_names() -> set[str] | None:
    answer = _pactl("list", "short", "sources")
    return None if answer is None else {line.split("\t")[1] for line in answer.splitlines() if "\t" in line}


def _pulse_device() -> int | None:
    """PortAudio's number of the device that leads to the Pulse server."""
    for index, device in enumerate(_query_devices()):
        if device["name"] == "pulse" and device["max_input_channels"] > 0:
            return index
    return None


def _query_devices() -> list[dict[str, Any]]:
    try:
        return list(sounddevice.query_devices())
    except sounddevice.PortAudioError:
        return []


def _portaudio_devices() -> list[Microphone]:
    default = sounddevice.default.device[0]
    if default < 0:  # sounddevice asks PortAudio only when a stream is opened
        try:
            default = sounddevice.query_devices(kind="input")["index"]
        except (sounddevice.PortAudioError, ValueError):
            default = -1
    return [
        Microphone(
            device["name"], device["name"], round(device["default_samplerate"]), device["max_input_channels"],
            "loopback" in device["name"].lower(), index == default, index,
        )
        for index, device in enumerate(_query_devices())
        if device["max_input_channels"] > 0
    ]  # fmt: skip


def _restart() -> None:
    """Make PortAudio look for devices anew; streams that are open are lost."""
    sounddevice._terminate()
    sounddevice._initialize()


_opening = Lock()
_lines_open: set[_Line] = set()


class _Line:
    """A device that is open, from its first sample to its last.

    Attributes:
        ring: What it delivered and nobody has read.
        first: When its first sample was taken (`monotonic`), None before.
        last: When its last callback came.
        overflows: How often PortAudio itself lost sound, of unknown length.
        ended: Nothing more will come.
    """

    def __init__(self, microphone: Microphone, capture: Capture) -> None:
        self.microphone, self.capture = microphone, capture
        self.sample_rate, self.channels = microphone.sample_rate, microphone.channels
        self.ring = Ring(round(RING_S * self.sample_rate), self.channels)
        self.first: float | None = None
        self.last = monotonic() + FIRST_CALLBACK_S - LOST_S
        self.overflows = 0
        self.ended = False
        device = _pulse_device() if microphone.index is None else microphone.index
        with _opening:
            before = os.environ.get("PULSE_SOURCE")
            if microphone.index is None:
                os.environ["PULSE_SOURCE"] = microphone.name  # the one way to choose a source through PortAudio
            try:
                self.stream = sounddevice.InputStream(
                    self.sample_rate, device=device, channels=self.channels, dtype="float32", callback=self._take
                )
                self.stream.start()
            finally:
                if before is not None:
                    os.environ["PULSE_SOURCE"] = before
                elif microphone.index is None:
                    del os.environ["PULSE_SOURCE"]
        _lines_open.add(self)

    def _take(self, block: NDArray[np.float32], frames: int, times: object, status: Any) -> None:
        """PortAudio's callback: copy and count, nothing else."""
        self.last = monotonic()
        if self.first is None:
            self.first = self.last - frames / self.sample_rate
        if status.input_overflow:
            self.overflows += 1
        if self.capture.paused:
            self.ring.leave_out(frames, "paused")
        else:
            self.ring.write(block)

    def gone(self) -> bool:
        """Whether no callback came for too long, or the source has left the server's list."""
        if monotonic() - self.last > LOST_S:
            return True
        if self.microphone.index is not None:
            return False
        names = _pulse_names()
        return names is None or self.microphone.name not in names

    def close(self, whole: bool) -> None:
        """Close the device; `whole` waits for what is under way."""
        try:
            if whole:
                self.stream.stop()
            else:
                self.stream.abort()
            self.stream.close()
        except sounddevice.PortAudioError:
            pass  # it was unplugged: there is nothing left to close
        _lines_open.discard(self)
        self.ended = True


class Capture:
    """Sound from a microphone, until `stop`.

    A thread opens the device, notices when it is gone and tries again; `blocks` never waits for it.

    Args:
        microphone: None takes the system's choice, whichever that is at the time.
        gain_db: Amplification.

    Attributes:
        title: What is listened to, for people.
        gain_db: May be changed at any time.
        paused: Whether sound is left out.
        paced: Sound comes at the pace of the clock.

    Raises:
        MicrophoneError: There is no microphone, or it cannot be opened.
    """

    paced = True

    def __init__(self, microphone: Microphone | None = None, gain_db: float = 0.0) -> None:
        self.gain_db, self.paused = gain_db, False
        self._wanted = microphone
        self._lines: deque[_Line] = deque()
        self._stopping = Event()
        self._dropped_s = 0.0
        line = self._open(microphone or find_microphone(None))
        self.title = line.microphone.title
        self._lines.append(line)
        self._keeper = Thread(target=self._keep, args=(line,), name="microphone", daemon=True)
        self._keeper.start()

    def stop(self) -> None:
        """End listening, from any thread: `blocks` delivers what is queued and returns."""
        self._stopping.set()

    def pause(self) -> None:
        """Leave out what is heard from now on; the device stays open."""
        self.paused = True

    def resume(self) -> None:
        """Hear again."""
        self.paused = False

    @property
    def dropped_s(self) -> float:
        """Sound that was lost because nobody read it in time, s."""
        return self._dropped_s

    @property
    def overflows(self) -> int:
        """How often the system lost sound before it reached the program."""
        return sum(line.overflows for line in list(self._lines))

    def blocks(self) -> Iterator[LiveSound | LiveGap | None]:
        """What is heard.

        Yields:
            LiveSound in order; LiveGap where sound is missing; None, every 0.05 s, where nothing has come.
        """
        began: float | None = None
        lost_at: float | None = None
        try:
            while True:
                line = self._lines[0]
                if line.first is None and not line.ended:
                    yield None
                    sleep(READ_S)
                    continue
                first = line.first if line.first is not None else monotonic()
                began = first if began is None else began
                if lost_at is not None and line.first is not None:
                    yield LiveGap(lost_at, max(lost_at, first - began), "disconnected")
                lost_at = yield from self._drain(line, max(first - began, lost_at or 0.0))
                if self._keeper_done():
                    return
                yield LiveGap(lost_at, None, "disconnected")
                while len(self._lines) < 2:
                    if self._keeper_done():
                        return
                    yield None
                    sleep(READ_S)
                self._lines.popleft()
        finally:
            self.stop()
            self._keeper.join()

    def _drain(self, line: _Line, time_s: float) -> Generator[LiveSound | LiveGap | None, None, float]:
        """Everything of one line, from session time `time_s` on; returns the time at its end."""
        mix = _Mix(line.sample_rate)
        while True:
            ended = line.ended  # asked first: what was written before the end is still read
            found = line.ring.read(ended)
            if isinstance(found, Missing):
                end_s = time_s + found.frames / line.sample_rate
                self._dropped_s += (end_s - time_s) * (found.why == "dropped")
                yield LiveGap(time_s, end_s, found.why)
                time_s = end_s
            elif found is not None:
                samples = mix.mono(found) * np.float32(10 ** (self.gain_db / 20))
                clipped = max(float(np.abs(found).max()), float(np.abs(samples).max())) >= FULL_SCALE
                yield LiveSound(time_s, line.sample_rate, samples, clipped)
                time_s += len(found) / line.sample_rate
            elif ended:
                return time_s
            else:
                yield None
                sleep(READ_S)

    def _keeper_done(self) -> bool:
        return self._stopping.is_set() and len(self._lines) < 2

    def _open(self, microphone: Microphone) -> _Line:
        try:
            return _Line(microphone, self)
        except (sounddevice.PortAudioError, ValueError) as error:
            raise MicrophoneError(
                f"{microphone.title}: cannot be opened ({error}); close other programs that use it, or choose another"
            ) from error

    def _keep(self, line: _Line) -> None:
        """The thread: watch the device, close it, and open it again until it is stopped."""
        while True:
            while not self._stopping.wait(WATCH_S) and not line.gone():
                pass
            line.close(whole=self._stopping.is_set())
            while True:
                if self._stopping.wait(RETRY_S):
                    return
                _restart()
                try:
                    found = find_microphone(self._wanted.name if self._wanted else None)
                    if self._wanted and found.name != self._wanted.name:
                        continue
                    line = self._open(found)
                except MicrophoneError:
                    continue
                self._lines.append(line)
                break


class _Mix:
    """Channels to mono by the rule of `aaccore.audio`, judged on the last half second."""

    def __init__(self, sample_rate: int) -> None:
        self.step, self.fade = round(MIX_STEP_S * sample_rate), max(1, round(MIX_FADE_S * sample_rate))
        self.last: NDArray[np.float32] | None = None
        self.weights: NDArray[np.float32] | None = None

    def mono(self, block: NDArray[np.float32]) -> NDArray[np.float32]:
        """(frames, channels) -> (frames,), finite."""
        block = np.nan_to_num(block, nan=0.0, posinf=0.0, neginf=0.0)
        if block.shape[1] == 1:
            return block[:, 0]
        self.last = block if self.last is None else np.concatenate([self.last, block])
        self.last = self.last[-self.step :]
        wanted = channel_weights(self.last, self.weights)
        mono = block @ wanted
        if self.weights is not None and not np.array_equal(self.weights, wanted):
            ramp = np.linspace(0, 1, min(self.fade, len(block)), dtype=np.float32)
            mono[: len(ramp)] = ramp * mono[: len(ramp)] + (1 - ramp) * (block[: len(ramp)] @ self.weights)
        self.weights = wanted
        return np.asarray(mono, np.float32)
