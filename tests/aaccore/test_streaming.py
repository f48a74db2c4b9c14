from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from aaccore.captioner import Captioner
from aaccore.config import Decoding, Live
from aaccore.events import Level, Listening, LiveCaption, LiveGap, LiveGoesOn, LiveSound, StepWidened, Working
from aaccore.file_source import FileSource
from aaccore.incremental import StreamedFeatures
from aaccore.listener import Listener
from aaccore.streaming import caption_stream

RATE = 16000


@dataclass
class Made:
    """A source that delivers what it was given; None stands for a moment without sound."""

    items: list[LiveSound | LiveGap | None]
    paced: bool = False
    dropped_s: float = 0.0
    overflows: int = 0
    title: str = "made"
    closed: list[bool] = field(default_factory=list)

    def blocks(self) -> Iterator[LiveSound | LiveGap | None]:
        try:
            yield from self.items
        finally:
            self.closed.append(True)


def blocks(sound: np.ndarray, start_s: float = 0.0, rate: int = RATE, size: int = 1600) -> list[Any]:
    """A sound in blocks of (by default) 0.1 s."""
    sound = sound.astype(np.float32)
    return [LiveSound(start_s + at / rate, rate, sound[at : at + size]) for at in range(0, len(sound), size)]


def noise(seconds: float, level: float = 0.1, seed: int = 0) -> np.ndarray:
    return level * np.random.default_rng(seed).standard_normal(int(seconds * RATE))


def tone(seconds: float, hz: float = 700.0) -> np.ndarray:
    return 0.3 * np.sin(2 * np.pi * hz * np.arange(int(seconds * RATE)) / RATE)


@pytest.fixture(scope="module")
def captioner(tiny_model: Path) -> Captioner:
    return Captioner(tiny_model, "cpu", Decoding(beam_size=1))


def of(kind: Any, events: list[object]) -> list[Any]:
    return [event for event in events if isinstance(event, kind)]


def test_silence_is_not_captioned(captioner: Captioner) -> None:
    events: list[object] = list(caption_stream(captioner, Made(blocks(noise(6, 1e-5)))))
    assert isinstance(events[0], Listening)
    assert of(LiveCaption, events) == of(LiveGoesOn, events) == []
    levels = of(Level, events)
    assert len(levels) >= 59
    assert all(level.level_db == pytest.approx(-100, abs=2) and not level.clipped for level in levels)


def test_what_has_to_be_caught_up_with_is_heard_in_pieces_of_a_second(
    captioner: Captioner, monkeypatch: pytest.MonkeyPatch
) -> None:
    pieces: list[int] = []
    hear = StreamedFeatures.hear

    def counted(features: StreamedFeatures, samples: np.ndarray) -> None:
        pieces.append(len(samples))
        hear(features, samples)

    monkeypatch.setattr(StreamedFeatures, "hear", counted)
    Listener(captioner, Live(), datetime.now().astimezone()).hear(blocks(noise(4.5)))
    assert pieces == [RATE] * 4 + [RATE // 2]


def test_a_steady_sound_is_said_once_with_its_times_and_ends_with_silence(captioner: Captioner) -> None:
    sound = np.concatenate([noise(2, 1e-5), noise(8), noise(3, 1e-5)])
    events: list[object] = list(caption_stream(captioner, Made(blocks(sound))))
    (caption,) = of(LiveCaption, events)
    assert caption.number == 1
    assert caption.segment.start_s == pytest.approx(2.0, abs=0.7)
    assert caption.segment.candidates[0].caption == caption.segment.caption
    started = events[0].started  # type: ignore[attr-defined]
    assert caption.clock - started == timedelta(seconds=caption.segment.start_s)
    assert caption.segment.start_s < caption.said_s < 4.5
    *going, last = of(LiveGoesOn, events)
    assert not any(event.ended for event in going)
    assert last.ended
    assert last.end_s == pytest.approx(10.5, abs=1.2)


def test_what_is_queued_when_the_source_ends_is_still_said(captioner: Captioner) -> None:
    sound = np.concatenate([noise(1, 1e-5), tone(2)])
    events: list[object] = list(caption_stream(captioner, Made(blocks(sound), paced=True)))
    assert len(of(LiveCaption, events)) == 1
    assert of(LiveGoesOn, events)[-1].ended
    assert sum(len(event.samples) for event in of(LiveSound, events)) == len(sound)


def test_closing_the_stream_closes_the_source(captioner: Captioner) -> None:
    source = Made(blocks(noise(5)))
    events = caption_stream(captioner, source)
    while not isinstance(next(events), LiveCaption):
        pass
    events.close()
    assert source.closed == [True]


@pytest.mark.parametrize(("rate", "size"), [(8000, 80), (96000, 278), (44100, 4410)])
def test_sound_at_any_rate_in_blocks_of_any_size_is_captioned(captioner: Captioner, rate: int, size: int) -> None:
    sound = 0.1 * np.random.default_rng(0).standard_normal(3 * rate)
    events: list[object] = list(caption_stream(captioner, Made(blocks(sound, rate=rate, size=size))))
    assert len(of(LiveCaption, events)) >= 1
    assert len(of(LiveSound, events)) == -(-3 * rate // size)


def test_clipping_and_lost_sound_are_told_with_the_level(captioner: Captioner) -> None:
    clipped = [LiveSound(0.0, RATE, np.ones(3200, np.float32), clipped=True)]
    events: list[object] = list(caption_stream(captioner, Made(clipped, dropped_s=1.5, overflows=2)))
    (level,) = of(Level, events)
    assert level.clipped
    assert level.peak_db == pytest.approx(0.0)
    assert (level.dropped_s, level.overflows) == (1.5, 2)


def test_after_a_long_gap_listening_begins_anew(captioner: Captioner) -> None:
    items = [*blocks(noise(3)), LiveGap(3.0, None, "disconnected"), LiveGap(3.0, 23.0, "disconnected")]
    items += blocks(noise(3), start_s=23.0)
    events: list[object] = list(caption_stream(captioner, Made(items)))
    first, second = of(LiveCaption, events)
    assert first.segment.caption == second.segment.caption
    assert second.segment.start_s == pytest.approx(23.0, abs=0.5)
    assert of(LiveGap, events) == items[30:32]
    ended = [event for event in of(LiveGoesOn, events) if event.ended]
    assert [event.number for event in ended] == [1, 2]
    assert ended[0].end_s == pytest.approx(3.0, abs=0.5)


def test_a_short_gap_is_filled_with_silence(captioner: Captioner) -> None:
    items = [*blocks(noise(3)), LiveGap(3.0, 3.2, "dropped"), *blocks(noise(3, seed=1), start_s=3.2)]
    events: list[object] = list(caption_stream(captioner, Made(items)))
    assert len(of(LiveCaption, events)) == 1
    assert of(LiveGoesOn, events)[-1].end_s == pytest.approx(6.2, abs=0.1)


def test_a_slow_machine_gets_a_wider_step_and_is_told_so(captioner: Captioner, monkeypatch: pytest.MonkeyPatch) -> None:
    """While it looks once, a second of sound comes in."""
    looks, window = [0], StreamedFeatures.window

    def counted(*arguments: Any) -> Any:
        looks[0] += 1
        return window(*arguments)

    class Fast(Made):
        def blocks(self) -> Iterator[LiveSound | LiveGap | None]:
            for second in range(20):
                before = looks[0]
                yield from blocks(noise(1, seed=second), start_s=second)
                while looks[0] == before:
                    yield None

    monkeypatch.setattr(StreamedFeatures, "window", counted)
    events: list[object] = list(caption_stream(captioner, Fast([], paced=True), Live(step_s=0.2)))
    widened = of(StepWidened, events)
    assert widened
    assert widened[-1].wanted_s == 0.2
    assert widened[-1].step_s > 0.4


def test_signs_of_life_come_while_nothing_is_heard(captioner: Captioner) -> None:
    class Waiting(Made):
        def blocks(self) -> Iterator[LiveSound | LiveGap | None]:
            while not waited:
                yield None

    waited: list[object] = []
    for event in caption_stream(captioner, Waiting([], paced=True)):
        if isinstance(event, Working):
            waited.append(event)
    assert waited == [Working("listening")]


def test_a_file_is_heard_as_if_it_were_live(captioner: Captioner, sounds: Path) -> None:
    events: list[object] = list(caption_stream(captioner, FileSource(sounds / "long.wav")))
    heard = np.concatenate([event.samples for event in of(LiveSound, events)])
    assert len(heard) == 9 * RATE
    assert of(LiveCaption, events)


@pytest.mark.soak
def test_ten_minutes_at_full_speed_take_no_more_memory_than_two(captioner: Captioner) -> None:
    def long() -> Iterator[LiveSound]:
        for second in range(600):
            sound = noise(1, (0.1, 0.1, 1e-5, 1e-5)[second // 10 % 4], second)
            sound += tone(1, 300.0 + second) * (second // 10 % 4 == 1)
            yield from blocks(sound, start_s=second)

    tracemalloc.start()
    used: list[int] = []
    captions, heard_s = 0, 0.0
    for event in caption_stream(captioner, Made(long())):  # type: ignore[arg-type]
        captions += isinstance(event, LiveCaption)
        if isinstance(event, LiveCaption):
            assert event.said_s - event.segment.end_s < 1.0
        if isinstance(event, Level):
            heard_s = event.time_s
            if int(heard_s * 10) % 600 == 0:
                gc.collect()
                used.append(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    assert heard_s == pytest.approx(600, abs=0.01)
    assert captions >= 10
    assert max(used[2:]) < 1.05 * used[1] + 100_000
