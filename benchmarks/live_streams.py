"""Scripted streams of known events, made from a corpus's clips or the demo sounds: what live captions are judged on.

    .venv/bin/python benchmarks/live_streams.py FOLDER --data CORPUS [--fold 4] [--streams 10] [--minutes 10]
    .venv/bin/python benchmarks/live_streams.py FOLDER --demo

writes `stream_N.flac` and, with each event's start, end and label, `stream_N.csv`. Sounds come after silence, directly
after one another, over a background that goes on, or stay for a minute. The demo stream has the six demo sounds.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

RATE = 44100
LEVEL = 0.05
"""Every clip is brought to this RMS, -26 dBFS, before its gain."""
NOISE = 10 ** (-75 / 20)
"""RMS of the room in which nothing is heard."""
DEMO = Path(__file__).resolve().parents[1] / "resources" / "sounds"

Samples = NDArray[np.float32]


@dataclass(frozen=True)
class Event:
    """A sound in a stream: from when to when, and its label."""

    start_s: float
    end_s: float
    label: str


@dataclass(frozen=True)
class Clip:
    """A clip of the corpus."""

    path: Path
    label: str
    seconds: float

    def read(self) -> Samples:
        """Its sound at `RATE` and `LEVEL`."""
        sound, rate = soundfile.read(self.path, dtype="float32")
        assert rate == RATE
        assert sound.ndim == 1
        return np.asarray(sound / max(1e-4, float(np.sqrt((sound**2).mean()))) * LEVEL, np.float32)


class Stream:
    """A stream that is being written.

    Attributes:
        events: What is in it so far.
    """

    def __init__(self, seconds: float, random: np.random.Generator) -> None:
        self.random = random
        self.sound = (NOISE * random.standard_normal(int(seconds * RATE))).astype(np.float32)
        self.events: list[Event] = []

    @property
    def seconds(self) -> float:
        """Its whole length."""
        return len(self.sound) / RATE

    def add(self, sound: Samples, label: str, start_s: float) -> float:
        """Mix a sound in; returns its end."""
        gain = 10 ** (self.random.uniform(-4, 4) / 20)
        at = int(start_s * RATE)
        part = sound[: max(0, len(self.sound) - at)]
        self.sound[at : at + len(part)] += gain * part
        end_s = start_s + len(part) / RATE
        if len(part) > 0.4 * RATE:
            self.events.append(Event(start_s, end_s, label))
        return end_s


def looped(sound: Samples, seconds: float) -> Samples:
    """Repeat a sound until it lasts so long, without clicks."""
    fade = min(len(sound) // 4, int(0.1 * RATE))
    ramp = np.linspace(0, 1, fade, dtype=np.float32)
    body = sound[: len(sound) - fade].copy()
    body[:fade] = body[:fade] * np.sqrt(ramp) + sound[-fade:] * np.sqrt(1 - ramp)
    repeats = int(np.ceil(seconds * RATE / len(body)))
    return np.tile(body, repeats)[: int(seconds * RATE)]


def make(clips: Sequence[Clip], seconds: float, seed: int) -> Stream:
    """Write one stream."""
    random = np.random.default_rng(seed)
    stream = Stream(seconds, random)
    long = [clip for clip in clips if clip.seconds >= 4]
    now_s, last = 2.0, ""

    def draw(among: Sequence[Clip]) -> Clip:
        nonlocal last
        clip = among[random.integers(len(among))]
        while clip.label == last:
            clip = among[random.integers(len(among))]
        last = clip.label
        return clip

    def after_silence() -> float:
        clip = draw(clips)
        return stream.add(clip.read(), clip.label, now_s + random.uniform(2.0, 4.0))

    def in_turn() -> float:
        clip = draw(long)
        return stream.add(clip.read(), clip.label, now_s)

    def over() -> float:
        background = draw(long)
        end_s = stream.add(looped(background.read(), random.uniform(20, 40)), background.label, now_s)
        at_s = now_s + random.uniform(6, 8)
        while at_s < end_s - 8:
            clip = draw(clips)
            at_s = stream.add(1.4 * clip.read(), clip.label, at_s) + random.uniform(5, 8)
        return end_s

    def steady() -> float:
        clip = draw(long)
        return stream.add(looped(clip.read(), random.uniform(30, 60)), clip.label, now_s)

    kinds: list[Callable[[], float]] = [after_silence] * 5 + [in_turn] * 3 + [over, steady]
    while now_s < seconds - 12:
        now_s = kinds[random.integers(len(kinds))]()
    return stream


def corpus(data: Path, fold: str) -> list[Clip]:
    """The corpus's clips of a fold that last half a second or more."""
    with (data / "captions.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["fold"] == fold]
    found = [Clip(data / "clips" / row["file_name"], row["label"], float(row["seconds"])) for row in rows]
    return [clip for clip in found if clip.seconds >= 0.5]


def demo() -> Stream:
    """The short stream of the demo sounds: after silence, in turn, and one that comes again."""
    stream = Stream(48.0, np.random.default_rng(0))
    for name, start_s in (("rain", 1.0), ("siren", 10.0), ("bird_song", 18.0), ("bird_song", 22.5), ("crickets", 31.0)):
        sound = Clip(DEMO / f"{name}.ogg", name, 0.0).read()
        if name == "rain":
            sound = looped(sound, 7.0)
        stream.add(sound, name, start_s)
    return stream


def write(stream: Stream, path: Path) -> None:
    """Write the sound and, beside it, the events."""
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.clip(stream.sound, -1, 1), RATE, "PCM_16")
    with path.with_suffix(".csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("start_s", "end_s", "label"))
        writer.writerows((f"{e.start_s:.3f}", f"{e.end_s:.3f}", e.label) for e in stream.events)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--fold", default="4")
    parser.add_argument("--streams", type=int, default=10)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--demo", action="store_true")
    options = parser.parse_args()
    if options.demo:
        write(demo(), options.folder / "demo.flac")
    elif options.data is None:
        parser.error("--data or --demo")
    else:
        clips = corpus(options.data, options.fold)
        for number in range(options.streams):
            write(make(clips, 60 * options.minutes, number), options.folder / f"stream_{number}.flac")


if __name__ == "__main__":
    main()
