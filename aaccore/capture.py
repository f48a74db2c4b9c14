"""Sound from a microphone: PortAudio's callback fills a ring buffer, `Capture` drains it and survives unplugging."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator
from threading import Event, Thread
from time import monotonic, sleep
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aaccore.audio import MIX_FADE_S, MIX_STEP_S, channel_weights
from aaccore.errors import MicrophoneError
from aaccore.events import LiveGap, LiveSound
from aaccore.microphone import Microphone, close_stream, find_microphone, is_listed, open_stream, restart
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
        self.sample_rate = microphone.sample_rate
        self.ring = Ring(round(RING_S * self.sample_rate), microphone.channels)
        self.first: float | None = None
        self.last = monotonic() + FIRST_CALLBACK_S - LOST_S
        self.overflows = 0
        self.ended = False
        self.stream = open_stream(microphone, self._take)

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
        return monotonic() - self.last > LOST_S or not is_listed(self.microphone)

    def close(self, whole: bool) -> None:
        """Close the device; `whole` waits for what is under way."""
        close_stream(self.stream, whole)
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
        line = _Line(microphone or find_microphone(None), self)
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

    def _keep(self, line: _Line) -> None:
        """The thread: watch the device, close it, and open it again until it is stopped."""
        while True:
            while not self._stopping.wait(WATCH_S) and not line.gone():
                pass
            line.close(whole=self._stopping.is_set())
            while True:
                if self._stopping.wait(RETRY_S):
                    return
                restart()
                try:
                    found = find_microphone(self._wanted.name if self._wanted else None)
                    if self._wanted and found.name != self._wanted.name:
                        continue
                    line = _Line(found, self)
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
