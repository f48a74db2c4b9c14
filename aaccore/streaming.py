"""`caption_stream`: live sound in, captions of what is new out."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import replace
from datetime import datetime
from time import monotonic
from typing import Protocol

import numpy as np

from aaccore.captioner import Captioner
from aaccore.config import Live
from aaccore.events import Level, Listening, LiveCaption, LiveGap, LiveGoesOn, LiveSound, StepWidened, Working
from aaccore.listener import Listener

LiveEvent = Listening | LiveSound | Level | LiveCaption | LiveGoesOn | LiveGap | StepWidened | Working

SIGN_OF_LIFE_S = 0.2
"""The longest time between two events."""
LEVEL_S = 0.1
"""Sound that a `Level` tells about."""
LOWEST_DB = -120.0
WIDER = 1.3
"""A step that is so many times longer than wanted is told."""


class Source(Protocol):
    """What can be listened to: `aaccore.capture.Capture`, or a file as if it were heard."""

    @property
    def title(self) -> str:
        """What it is, for people."""

    @property
    def paced(self) -> bool:
        """Whether sound comes at the pace of the clock; else every step is captioned, however long it takes."""

    @property
    def dropped_s(self) -> float:
        """Sound that was lost so far, s."""

    @property
    def overflows(self) -> int:
        """How often the system lost sound before that."""

    def blocks(self) -> Iterator[LiveSound | LiveGap | None]:
        """Sound and gaps in order; None where nothing has come for a moment."""


def caption_stream(captioner: Captioner, source: Source, live: Live = Live()) -> Generator[LiveEvent, None, None]:  # noqa: B008 - frozen
    """Say what is new in live sound.

    To stop and keep what is queued, stop the source; to cancel, close the generator.

    Args:
        captioner: The model.
        source: The sound.
        live: Windows, steps and the thresholds of the change rule.

    Yields:
        Listening first; every LiveSound and LiveGap of the source; Level at least four times a second; LiveCaption for
        what is new, LiveGoesOn as long as it is heard and when it ends; StepWidened where the machine is too slow for
        the wanted step; Working where nothing else comes.
    """
    started = datetime.now().astimezone()
    yield Listening(source.title, started)
    blocks = source.blocks()
    with ThreadPoolExecutor(1, "listener") as executor:
        session = _Session(captioner, source, live, started, executor)
        try:
            for block in blocks:
                if block is not None:
                    yield block
                    yield from session.take(block)
                yield from session.work()
                while not source.paced and session.waits:
                    yield from session.wait()
            yield from session.finish()
        finally:
            if isinstance(blocks, Generator):
                blocks.close()
            session.cancel()


class _Session:
    """The state of `caption_stream`: what was heard and not yet listened to, and the work under way."""

    def __init__(
        self, captioner: Captioner, source: Source, live: Live, started: datetime, executor: ThreadPoolExecutor
    ) -> None:
        self.source, self.live, self.executor = source, live, executor
        self.listener = Listener(captioner, live, started)
        self.pending: deque[LiveSound | LiveGap] = deque()
        self.pending_s = self.heard_s = 0.0
        self.future: Future[list[LiveCaption | LiveGoesOn]] | None = None
        self.ended = False
        self.step_s, self.told_s = live.step_s, live.step_s
        self.level: list[LiveSound] = []
        self.last_sign = monotonic()

    @property
    def waits(self) -> bool:
        """Whether there is as much to listen to as one look takes, or nothing more comes for now."""
        last = self.pending[-1] if self.pending else None
        return self.pending_s >= self.live.step_s or (isinstance(last, LiveGap) and last.end_s is None)

    def take(self, block: LiveSound | LiveGap) -> Iterator[LiveEvent]:
        """Queue what came, and tell its level."""
        self.pending.append(block)
        if isinstance(block, LiveGap):
            self.heard_s = block.end_s or block.start_s
            return
        seconds = len(block.samples) / block.sample_rate
        self.pending_s += seconds
        self.heard_s = block.start_s + seconds
        self.level.append(block)
        if sum(len(one.samples) / one.sample_rate for one in self.level) >= LEVEL_S:
            yield self._level()

    def work(self) -> Iterator[LiveEvent]:
        """Tell what was found, begin to look at what waits, and give a sign of life."""
        if self.future is not None and self.future.done():
            yield from self._collect()
        if self.future is None and self.waits:
            self._submit()
        yield from self._sign()

    def wait(self) -> Iterator[LiveEvent]:
        """Wait a moment for the work under way, and begin the next."""
        if self.future is not None:
            wait([self.future], SIGN_OF_LIFE_S)
        yield from self.work()

    def finish(self) -> Iterator[LiveEvent]:
        """Listen to all that is queued; what can still be heard ends here."""
        self.ended = True
        while self.future is not None or self.pending:
            if self.future is None:
                self._submit()
            assert self.future is not None
            wait([self.future], SIGN_OF_LIFE_S)
            if self.future.done():
                yield from self._collect()
            yield from self._sign()
        if self.level:
            yield self._level()
        for event in self.listener.end():
            yield self._told(event)

    def cancel(self) -> None:
        """Wait for the work under way and leave the rest."""
        if self.future is not None:
            wait([self.future])

    def _submit(self) -> None:
        """Look at what waits: a step of it, or of live sound all there is, so that nothing falls behind for long."""
        chosen: list[LiveSound | LiveGap] = []
        taken_s = 0.0
        longest_s = self.pending_s if self.source.paced and not self.ended else self.live.step_s
        while self.pending and (taken_s < longest_s - 1e-6 or isinstance(self.pending[0], LiveGap)):
            block = self.pending.popleft()
            chosen.append(block)
            if isinstance(block, LiveSound):
                taken_s += len(block.samples) / block.sample_rate
        self.pending_s = max(0.0, self.pending_s - taken_s)
        if self.source.paced and not self.ended:
            self.step_s += 0.3 * (max(self.live.step_s, taken_s) - self.step_s)
        self.future = self.executor.submit(self.listener.hear, chosen)

    def _collect(self) -> Iterator[LiveEvent]:
        assert self.future is not None
        found = self.future.result()
        self.future = None
        for event in found:
            self.last_sign = monotonic()
            yield self._told(event)
        slow, told = self.step_s > WIDER * self.live.step_s, self.told_s > self.live.step_s
        if slow != told or (slow and not self.told_s / WIDER < self.step_s < self.told_s * WIDER):
            self.told_s = self.step_s if slow else self.live.step_s
            yield StepWidened(round(self.told_s, 2), self.live.step_s)

    def _told(self, event: LiveCaption | LiveGoesOn) -> LiveCaption | LiveGoesOn:
        """A caption is said when it leaves here, which may be later than its window's end."""
        return replace(event, said_s=self.heard_s) if isinstance(event, LiveCaption) else event

    def _level(self) -> Level:
        blocks, self.level = self.level, []
        samples = np.concatenate([block.samples for block in blocks])
        rms = float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))
        self.last_sign = monotonic()
        return Level(
            self.heard_s,
            _db(rms),
            _db(float(np.abs(samples).max(initial=0.0))),
            any(block.clipped for block in blocks),
            self.source.dropped_s,
            max(0.0, self.heard_s - self.listener.heard_s),
            self.source.overflows,
        )

    def _sign(self) -> Iterator[LiveEvent]:
        if monotonic() - self.last_sign >= SIGN_OF_LIFE_S:
            self.last_sign = monotonic()
            yield Working("listening")


def _db(amplitude: float) -> float:
    return max(LOWEST_DB, 20 * float(np.log10(max(amplitude, 1e-9))))
