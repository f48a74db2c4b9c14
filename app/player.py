"""Playback: a job decodes ahead, PortAudio's callback takes from what is decoded, and the job tells what is heard.

The only place in the application that plays. `sounddevice` loads PortAudio when it is imported, so that happens in the
worker's thread, too.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QCoreApplication

from aaccore.errors import AudioError

BLOCK_S = 0.05
AHEAD_S = 0.4
"""Decoded sound that waits for the callback: enough for a busy machine, little enough to stay in step."""

TICK_S = 0.03
"""How often the position is told."""

LOST_S = 3.0
"""A device that asks for nothing for so long has gone."""


@dataclass(frozen=True)
class OutputFound:
    """There is something to play on."""

    name: str


@dataclass(frozen=True)
class OutputMissing:
    """There is nothing to play on; the reason is for people."""

    reason: str


@dataclass(frozen=True)
class Heard:
    """What is heard at this moment of a playback, s in the recording; `ended` with the last of it."""

    playback: Playback
    time_s: float
    ended: bool = False


@dataclass(frozen=True)
class PlaybackFailed:
    """A playback broke off; the reason is for people."""

    playback: Playback
    reason: str


def find_output() -> Iterator[OutputFound | OutputMissing]:
    """Look for something to play on."""
    try:
        import sounddevice

        yield OutputFound(str(sounddevice.query_devices(kind="output")["name"]))
    except OSError:
        yield OutputMissing(_tr("PortAudio is missing, so nothing can be played; install it (Debian: libportaudio2)"))
    except ImportError:
        yield OutputMissing(_tr("The package sounddevice is missing, so nothing can be played; install it"))
    except (sounddevice.PortAudioError, ValueError):
        yield OutputMissing(_tr("No sound output was found; connect one and start Auricle again"))


@dataclass(eq=False)
class Playback:
    """A recording that is played, from a time to a time, once or again and again.

    Attributes:
        path: The recording.
        start_s: Where to begin.
        end_s: Where to stop; None for its end.
        loop_s: Where to go on from after `end_s`; None to stop there.
        volume: From 0 to 1; may be changed at any time from any thread.
    """

    path: Path
    start_s: float
    end_s: float | None = None
    loop_s: float | None = None
    volume: float = 1.0
    _ready: deque[tuple[float, NDArray[np.float32]]] = field(default_factory=deque, repr=False)
    _taken: int = 0  # frames of the first block that were given to the device
    _gain: float = 0.0  # at the last frame given: changes fade within a block, so that nothing clicks
    _frame_s: float = 0.0  # length of a frame
    _given_s: float = 0.0  # the recording's time behind the last frame given
    _called: float = 0.0  # when the device last asked
    _halted: bool = False
    _wanted: threading.Event = field(default_factory=threading.Event, repr=False)

    def halt(self) -> None:
        """Fall silent at once; the job ends with its next event."""
        self._halted = True

    def play(self) -> Iterator[Heard | PlaybackFailed]:
        """Play; a job for the worker thread. To stop, stop iterating."""
        import sounddevice

        from aaccore.audio import AudioFile

        try:
            stream = self._open(sounddevice)
        except (sounddevice.PortAudioError, ValueError, AudioError) as error:
            yield PlaybackFailed(
                self, _tr("The sound output cannot be opened ({error}); is it in use or gone?").format(error=error)
            )
            return
        self._given_s, self._frame_s = self.start_s, 1 / stream.samplerate
        try:
            with AudioFile(self.path, round(stream.samplerate)) as audio:
                self._called = time.monotonic()
                stream.start()
                yield from self._feed(stream, self._blocks(audio))
        except AudioError as error:
            yield PlaybackFailed(self, str(error))
        except sounddevice.PortAudioError as error:
            yield PlaybackFailed(
                self, _tr("The sound output failed ({error}); play again when it is back").format(error=error)
            )
        finally:
            stream.close(ignore_errors=True)

    def _open(self, sounddevice: Any) -> Any:
        """Open the system's output, at the recording's own rate where the device takes it."""
        from aaccore.audio import AudioFile

        with AudioFile(self.path) as audio:
            own_rate = audio.source_rate
        device_rate = sounddevice.query_devices(kind="output")["default_samplerate"]
        tries = [(own_rate, 2), (own_rate, 1), (device_rate, 2), (device_rate, 1)]
        for rate, channels in tries[:-1]:
            try:
                return self._stream(sounddevice, rate, channels)
            except sounddevice.PortAudioError:
                continue
        return self._stream(sounddevice, *tries[-1])

    def _stream(self, sounddevice: Any, rate: float, channels: int) -> Any:
        return sounddevice.OutputStream(rate, channels=channels, dtype="float32", callback=self._fill)

    def _blocks(self, audio: Any) -> Iterator[tuple[float, NDArray[np.float32]]]:
        """What is to be heard, with the recording's time of each block."""
        start_s = self.start_s
        while True:
            at_s = start_s
            for block in audio.blocks(BLOCK_S, start_s):
                if self.end_s is not None:
                    block = block[: max(0, round((self.end_s - at_s) * audio.sample_rate))]
                if len(block) == 0:
                    break
                yield at_s, block
                at_s += len(block) / audio.sample_rate
            if self.loop_s is None or at_s == start_s == self.loop_s:
                return
            start_s = self.loop_s

    def _feed(
        self, stream: Any, blocks: Iterator[tuple[float, NDArray[np.float32]]]
    ) -> Iterator[Heard | PlaybackFailed]:
        """Keep the callback in sound, and tell what is heard."""
        most = max(2, round(AHEAD_S / BLOCK_S))
        ended = False
        told = 0.0
        while True:
            while len(self._ready) < most and not ended:
                block = next(blocks, None)
                ended = block is None
                if block is not None:
                    self._ready.append(block)
            now = time.monotonic()
            if now - told >= TICK_S:
                told = now
                yield Heard(self, self._heard_s(stream))
            if ended and not self._ready:
                self._wanted.wait(min(1.0, stream.latency))  # what the device still holds
                yield Heard(self, self._given_s, ended=True)
                return
            if not stream.active or now - self._called > LOST_S:
                yield PlaybackFailed(
                    self, _tr("The sound output has gone; connect it again, or choose another, and play")
                )
                return
            self._wanted.clear()
            self._wanted.wait(TICK_S)

    def _heard_s(self, stream: Any) -> float:
        """What comes out of the device now: what it was given, less what it holds."""
        earliest_s = self.start_s if self.loop_s is None else min(self.start_s, self.loop_s)
        return max(earliest_s, self._given_s - float(stream.latency))

    def _fill(self, out: NDArray[np.float32], frames: int, when: Any, status: Any) -> None:
        """PortAudio's callback: give the next frames; silence where there are none."""
        self._called = time.monotonic()
        done = 0
        while done < frames and self._ready and (self._gain or not self._halted):
            at_s, block = self._ready[0]
            part = block[self._taken : self._taken + frames - done]
            out[done : done + len(part)] = part[:, None]
            done += len(part)
            self._taken += len(part)
            self._given_s = at_s + self._taken * self._frame_s
            if self._taken == len(block):
                self._ready.popleft()
                self._taken = 0
        out[done:] = 0
        gain = 0.0 if self._halted else self.volume
        out *= np.linspace(self._gain, gain, frames, dtype=np.float32)[:, None]
        self._gain = gain
        self._wanted.set()


def _tr(text: str) -> str:
    return QCoreApplication.translate("player", text)
