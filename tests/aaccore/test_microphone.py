from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from threading import Thread
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from aaccore import capture as capturing
from aaccore import microphone
from aaccore.capture import Capture
from aaccore.errors import MicrophoneError
from aaccore.events import LiveGap, LiveSound
from aaccore.microphone import Microphone, find_microphone, list_microphones
from tests.aaccore.virtual_microphone import virtual_microphone

pytestmark = pytest.mark.filterwarnings("error")


class PortAudioError(Exception):
    pass


@dataclass
class Card:
    """A sound card at sounddevice's interface, that a test feeds by hand."""

    name: str = "Desk"
    rate: float = 48000.0
    channels: int = 1
    there: bool = True
    opened: list[Callable[..., None]] = field(default_factory=list)
    restarts: int = 0

    def feed(self, block: np.ndarray, overflow: bool = False) -> None:
        self.opened[-1](block.astype(np.float32), len(block), None, SimpleNamespace(input_overflow=overflow))

    # What sounddevice offers, as far as it is used.
    PortAudioError = PortAudioError
    default = SimpleNamespace(device=(0, -1))

    def query_devices(self, kind: str | None = None) -> Any:
        if not self.there:
            return []
        return [{"name": self.name, "max_input_channels": self.channels, "default_samplerate": self.rate}]

    def InputStream(self, rate: int, callback: Callable[..., None], channels: int, **rest: Any) -> Any:  # noqa: N802
        if not self.there:
            raise PortAudioError("no such device")
        assert (rate, channels) == (self.rate, self.channels)
        self.opened.append(callback)
        return SimpleNamespace(start=lambda: None, stop=lambda: None, abort=lambda: None, close=lambda: None)

    def _terminate(self) -> None:
        pass

    def _initialize(self) -> None:
        self.restarts += 1


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> Card:
    made = Card()
    monkeypatch.setattr(microphone, "sounddevice", made)
    monkeypatch.setattr(microphone, "_pactl", lambda *arguments: None)
    monkeypatch.setattr(capturing, "WATCH_S", 0.02)
    monkeypatch.setattr(capturing, "RETRY_S", 0.02)
    return made


def sounds(capture: Capture) -> list[LiveSound]:
    """All that is left after the capture was stopped."""
    capture.stop()
    return [block for block in capture.blocks() if isinstance(block, LiveSound)]


def joined(blocks: list[LiveSound]) -> np.ndarray:
    return np.concatenate([block.samples for block in blocks])


def test_without_a_device_the_error_says_what_to_do(card: Card) -> None:
    card.there = False
    assert list_microphones() == []
    with pytest.raises(MicrophoneError, match="no microphone was found; plug one in or allow"):
        Capture()


def test_portaudios_devices_are_listed_with_the_default_first(card: Card) -> None:
    assert list_microphones() == [Microphone("Desk", "Desk", 48000, 1, default=True, index=0)]
    card.name = "Speakers [Loopback]"
    assert list_microphones(refresh=True)[0].system_audio
    assert card.restarts == 1


def test_a_microphone_is_found_by_part_of_its_name(card: Card) -> None:
    assert find_microphone("des").name == "Desk"
    with pytest.raises(MicrophoneError, match="kitchen: no such microphone; there are: Desk"):
        find_microphone("kitchen")


def test_a_device_that_cannot_be_opened_is_told(card: Card) -> None:
    listed = find_microphone(None)
    card.there = False
    with pytest.raises(MicrophoneError, match=r"Desk: cannot be opened \(no such device\); close other programs"):
        Capture(listed)


@pytest.mark.parametrize(("rate", "channels"), [(8000, 1), (44100, 2), (96000, 8)])
def test_any_rate_and_number_of_channels_becomes_mono(card: Card, rate: int, channels: int) -> None:
    card.rate, card.channels = float(rate), channels
    capture = Capture()
    tone = 0.3 * np.sin(2 * np.pi * 440 * np.arange(rate) / rate)
    block = np.zeros((rate, channels), np.float32)
    block[:, -1] = tone  # one busy channel among all
    for start in range(0, rate, 333):
        card.feed(block[start : start + 333])
    heard = sounds(capture)
    assert joined(heard).shape == (rate,)
    assert heard[0].sample_rate == rate
    assert heard[0].start_s == 0
    expected = tone / channels if channels == 2 else tone
    np.testing.assert_allclose(joined(heard), expected, atol=1e-6)


def test_clipping_is_marked_and_gain_applies(card: Card) -> None:
    capture = Capture(gain_db=6.0206)
    blocks = capture.blocks()
    card.feed(np.full((480, 1), 0.25))
    found = []
    for level in (32767 / 32768, 0.6, 0.1):
        found += [block for block in (next(blocks), next(blocks)) if isinstance(block, LiveSound)]
        card.feed(np.full((480, 1), level))
    found += sounds_of(blocks, capture)
    assert [block.clipped for block in found] == [False, True, True, False]
    assert found[0].samples[0] == pytest.approx(0.5, rel=1e-3)


def sounds_of(blocks: Iterator[object], capture: Capture) -> list[LiveSound]:
    capture.stop()
    return [block for block in blocks if isinstance(block, LiveSound)]


def test_what_nobody_reads_in_time_is_counted_as_dropped(card: Card) -> None:
    capture = Capture()
    for _ in range(12):
        card.feed(np.full((48000, 1), 0.1))
    card.feed(np.full((480, 1), 0.1), overflow=True)
    capture.stop()
    found = [block for block in capture.blocks() if block is not None]
    gaps = [block for block in found if isinstance(block, LiveGap)]
    assert gaps == [LiveGap(10.0, pytest.approx(12.01), "dropped")]
    assert capture.dropped_s == pytest.approx(2.01)
    assert capture.overflows == 1


def test_a_pause_is_a_gap(card: Card) -> None:
    capture = Capture()
    card.feed(np.full((4800, 1), 0.1))
    capture.pause()
    card.feed(np.full((9600, 1), 0.1))
    capture.resume()
    card.feed(np.full((4800, 1), 0.1))
    capture.stop()
    found = [block for block in capture.blocks() if block is not None]
    assert [(type(block).__name__, round(block.start_s, 3)) for block in found] == [
        ("LiveSound", 0.0),
        ("LiveGap", 0.1),
        ("LiveSound", 0.3),
    ]


def test_stop_from_another_thread_delivers_what_is_queued(card: Card) -> None:
    capture = Capture()
    for _ in range(20):
        card.feed(np.full((4800, 1), 0.1))
    thread = Thread(target=capture.stop)
    thread.start()
    heard = [block for block in capture.blocks() if isinstance(block, LiveSound)]
    thread.join()
    assert sum(len(block.samples) for block in heard) == 20 * 4800


def test_a_device_that_falls_silent_is_opened_again_and_nothing_heard_is_lost(
    card: Card, monkeypatch: pytest.MonkeyPatch
) -> None:
    capture = Capture()
    blocks = capture.blocks()
    card.feed(np.full((4800, 1), 0.1))
    monkeypatch.setattr(capturing, "LOST_S", 0.05)
    found = [next(block for block in blocks if block is not None)]
    found.append(next(block for block in blocks if block is not None))
    assert found[1] == LiveGap(0.1, None, "disconnected")
    while len(card.opened) < 2:
        assert next(blocks) is None
    monkeypatch.setattr(capturing, "LOST_S", 60)
    while len(found) < 4:
        card.feed(np.full((4800, 1), 0.2))
        found += [block for block in (next(blocks),) if block is not None]
    gap, sound = found[2:4]
    assert isinstance(gap, LiveGap)
    assert isinstance(sound, LiveSound)
    assert (gap.start_s, gap.why) == (0.1, "disconnected")
    assert gap.end_s == sound.start_s
    assert sound.start_s > 0.1
    assert card.restarts >= 1
    blocks.close()  # type: ignore[attr-defined]


def test_sources_of_a_pulse_server_are_listed_by_name_and_the_chosen_one_is_opened() -> None:
    with virtual_microphone() as server:
        found = {one.name: one for one in list_microphones(refresh=True)}
        assert found["vmic"].default
        assert (found["vmic"].sample_rate, found["vmic"].channels, found["vmic"].system_audio) == (48000, 2, False)
        assert found["vspk.monitor"].title.startswith("System audio: ")
        assert found["vspk.monitor"].system_audio
        for name in ("vmic", "vspk.monitor"):
            capture = Capture(found[name])
            blocks = capture.blocks()
            assert any(isinstance(block, LiveSound) for block in blocks)
            heard_from = server.pactl("list", "source-outputs")
            number = next(
                line.split("\t")[0]
                for line in server.pactl("list", "short", "sources").splitlines()
                if line.split("\t")[1] == name
            )
            assert f"Source: {number}\n" in heard_from
            blocks.close()  # type: ignore[attr-defined]
