"""Live captions: delay, what is said of what changes, what it costs; and scenes of two sounds live and from a file.

    .venv/bin/python benchmarks/live.py --data CORPUS [--fold 5] [--streams 10] [--minutes 10] [--scenes 200]
        [--work FOLDER] [--model MODEL] [--window S] [--step S] [--only streams cost scenes soak] [--microphone NAME]

The scripted streams are those of `live_streams.py`. A change is an event's start; it counts where the same model names
its label in the event's excerpt by itself ("named offline"). It is said where a caption names it between its start and
3 s after its end. A caption is stale where it names only what ended more than 3 s ago; so that chance can be told from
memory, those that name only what has not begun yet are counted alike. Delays are those of the stream and the time that
a look takes. `soak` listens to the streams over and over for `--hours` at full speed, or with
`--microphone` to what a microphone hears meanwhile, by the clock.
"""

from __future__ import annotations

import argparse
import csv
import importlib.util
import resource
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from statistics import median
from types import ModuleType

import live_streams
import numpy as np
import torch
from live_streams import Event, Samples

from aaccore.audio import load_audio
from aaccore.captioner import Captioner
from aaccore.capture import Capture
from aaccore.config import Live
from aaccore.events import Level, LiveCaption, LiveSound
from aaccore.incremental import CausalGain, StreamedFeatures
from aaccore.listener import Listener
from aaccore.microphone import find_microphone
from aaccore.streaming import Source, caption_stream

PARTS = ("streams", "cost", "scenes", "soak")
AFTER_S = 3.0
"""So long after a sound's end it may still be said."""
LONGEST_S = 10.0
REACH_S = 25.0
"""So far away a sound is looked for that is named though it is not heard."""


class Sound:
    """Samples as a source, as fast as they are taken."""

    paced, dropped_s, overflows, title = False, 0.0, 0, "benchmark"

    def __init__(self, samples: Samples, rate: int, again: int = 1) -> None:
        self.samples, self.rate, self.again = samples, rate, again

    def blocks(self) -> Iterator[LiveSound]:
        """Pieces of 0.1 s."""
        size = self.rate // 10
        for turn in range(self.again):
            for at in range(0, len(self.samples) // size * size, size):
                start_s = (turn * (len(self.samples) // size) * size + at) / self.rate
                yield LiveSound(start_s, self.rate, self.samples[at : at + size])


@dataclass(frozen=True)
class Judged:
    """A stream's figures.

    Attributes:
        changes: Events.
        offline: Those that are named offline.
        said: Those of the latter that were said.
        delays: Of these, s.
        captions: All that were said.
        stale: Those that name only what is over.
        early: Those that name only what has not begun: as many of the stale ones are chance.
    """

    changes: int
    offline: int
    said: int
    delays: list[float]
    captions: int
    stale: int
    early: int


def scorer(data: Path) -> ModuleType:
    """The corpus's `score.py`."""
    spec = importlib.util.spec_from_file_location("score", data / "score.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["score"] = module
    spec.loader.exec_module(module)
    return module


def read(path: Path) -> tuple[Samples, int, list[Event]]:
    samples, rate = load_audio(path)
    with path.with_suffix(".csv").open(encoding="utf-8", newline="") as file:
        rows = [Event(float(row["start_s"]), float(row["end_s"]), row["label"]) for row in csv.DictReader(file)]
    return samples, rate, rows


def judge(score: ModuleType, captioner: Captioner, path: Path, live: Live) -> Judged:
    """Listen to one stream."""
    samples, rate, events = read(path)
    words = score.label_words()
    said = [
        (event.said_s, event.segment.caption)
        for event in caption_stream(captioner, Sound(samples, rate), live)
        if isinstance(event, LiveCaption)
    ]
    offline = [named_offline(score, captioner, samples, rate, event, words) for event in events]
    delays, found = [], 0
    for event, known in zip(events, offline, strict=True):
        hits = [
            at - event.start_s
            for at, caption in said
            if event.start_s <= at <= event.end_s + AFTER_S and score.names(caption, words[event.label])
        ]
        if known and hits:
            found += 1
            delays.append(hits[0])
    over, ahead = (-REACH_S, -AFTER_S), (AFTER_S, REACH_S)
    stale, early = (sum(elsewhen(score, words, events, *one, *when) for one in said) for when in (over, ahead))
    return Judged(len(events), sum(offline), found, delays, len(said), stale, early)


def named_offline(
    score: ModuleType, captioner: Captioner, samples: Samples, rate: int, event: Event, words: dict[str, set[str]]
) -> bool:
    """Whether the model names an event in its excerpt of the stream."""
    excerpt = samples[int(event.start_s * rate) : int(min(event.end_s, event.start_s + LONGEST_S) * rate)]
    assert rate == captioner.sample_rate
    return bool(score.names(captioner.caption_windows([excerpt])[0][0].caption, words[event.label]))


def elsewhen(
    score: ModuleType,
    words: dict[str, set[str]],
    events: Sequence[Event],
    at: float,
    caption: str,
    first_s: float,
    last_s: float,
) -> bool:
    """Whether a caption names no sound of now, but one that ended, or begins, so long before or after."""
    now = [event for event in events if event.start_s <= at <= event.end_s + AFTER_S]
    edges = [(event.end_s if last_s < 0 else event.start_s, event) for event in events]
    there = [event for edge, event in edges if at + first_s <= edge <= at + last_s]
    named = (any(score.names(caption, words[event.label]) for event in some) for some in (now, there))
    return not next(named) and next(named)


def streams(score: ModuleType, captioner: Captioner, paths: Sequence[Path], live: Live, look_s: float) -> None:
    """Print how the scripted streams were said."""
    found = []
    for path in paths:
        found.append(one := judge(score, captioner, path, live))
        came = " ".join(f"{delay:.2f}" for delay in sorted(one.delays))
        print(
            f"{path.name}: {one.said} of {one.offline} said ({one.changes} changes), {one.captions} captions, "
            f"{one.stale} stale, {one.early} early; delays {came}",
            file=sys.stderr,
            flush=True,
        )
    changes, offline, said = (sum(getattr(one, name) for one in found) for name in ("changes", "offline", "said"))
    delays = sorted(delay + look_s for one in found for delay in one.delays)
    print("| what | figure | goal |\n|---|---|---|")
    print(f"| changes, of them named offline | {changes}, {offline} | |")
    print(f"| changes named offline that are said | {said / offline:.1%} | 80 % |")
    print(f"| captions a change | {sum(one.captions for one in found) / changes:.2f} | 1.5 |")
    print(f"| delay from onset to the first caption that names it, median | {median(delays):.2f} s | 1.5 s |")
    print(f"| delay, 95th percentile | {delays[int(0.95 * (len(delays) - 1))]:.2f} s | |")
    print(f"| captions that name only what ended more than 3 s ago | {sum(one.stale for one in found)} | 0 |")
    print(f"| captions that name only what begins more than 3 s later | {sum(one.early for one in found)} | |")


def look_seconds(captioner: Captioner, samples: Samples, rate: int, live: Live) -> float:
    """How long a look takes that ends in a caption, s: the median over a stretch of sound in which nothing is alike."""
    listener, taken = Listener(captioner, replace(live, alike=1.0), datetime.now().astimezone()), []
    size = round(live.step_s * rate)
    for at in range(0, min(len(samples), 60 * rate) - size, size):
        begin = time.perf_counter()
        listener.hear([LiveSound(at / rate, rate, samples[at : at + size])])
        taken.append(time.perf_counter() - begin)
    return median(taken)


def cost(captioner: Captioner, samples: Samples, rate: int, live: Live) -> None:
    """Print what a second of sound costs, and what incremental work saves."""
    samples = samples[: 60 * rate]
    begin = time.process_time()
    list(caption_stream(captioner, Sound(samples, rate), live))
    share = (time.process_time() - begin) / (len(samples) / rate)
    print("| what | figure |\n|---|---|")
    print(f"| processor time at real time, share of one core | {share:.0%} |")
    size = round(live.step_s * rate)
    for window_s in (live.window_s, 10.0):
        stream = StreamedFeatures(
            captioner.model,
            rate,
            CausalGain(rate, live.release_db, live.highest_gain_db, live.first_gain_db),
            window_s,
        )
        kept, anew = [], []
        for at in range(0, len(samples) - size, size):
            begin = time.perf_counter()
            stream.hear(samples[at : at + size])
            stream.window((at + size) / rate - window_s)
            kept.append(time.perf_counter() - begin)
            window = samples[max(0, at + size - round(window_s * rate)) : at + size]
            begin = time.perf_counter()
            with torch.inference_mode():
                captioner.model.features(captioner.model.log_mels(torch.from_numpy(window)[None]))
            anew.append(time.perf_counter() - begin)
        times = median(anew) / median(kept)
        print(
            f"| log-mels and CNNs of a look, window {window_s:g} s: incremental, recomputed | "
            f"{1000 * median(kept):.0f} ms, {1000 * median(anew):.0f} ms ({times:.1f}x) |"
        )


@dataclass
class Scenes:
    """What was named of two-sound scenes in one way: how many sounds, how often both, words of others, captions."""

    named: int = 0
    both: int = 0
    others: int = 0
    captions: int = 0

    def add(
        self, score: ModuleType, words: dict[str, set[str]], labels: Sequence[str], captions: Sequence[str]
    ) -> None:
        """Judge what was said of one scene."""
        hits = [any(score.names(caption, words[label]) for caption in captions) for label in labels]
        self.named += sum(hits)
        self.both += all(hits)
        own = {part for label in labels for phrase in words[label] for part in phrase.split()}
        phrases = {phrase for label in words for phrase in words[label] if " " not in phrase}
        strange = {score.stem(phrase) for phrase in phrases} - {score.stem(part) for part in own}
        self.others += sum(any(f" {part} " in score.stems(caption) for caption in captions) for part in strange)
        self.captions += len(captions)


def scenes(score: ModuleType, captioner: Captioner, fold: str, count: int, live: Live) -> None:
    """Print how often the sounds of two-sound scenes are named live and from a file."""
    words = score.label_words()
    rows = [row for row in score.scene_rows(fold) if len(row["labels"]) == 2][:count]
    found = {name: Scenes() for name in ("from a file", "live, all that was said", "live, one window over the whole")}
    for number, row in enumerate(rows, 1):
        sound = score.mix(row).astype(np.float32)
        texts = {
            "from a file": [captioner.caption_windows([sound[: 10 * score.RATE]])[0][0].caption],
            "live, one window over the whole": [whole(captioner, sound, score.RATE, live)],
            "live, all that was said": [
                event.segment.caption
                for event in caption_stream(captioner, Sound(sound, score.RATE), live)
                if isinstance(event, LiveCaption)
            ],
        }
        for name, captions in texts.items():
            found[name].add(score, words, row["labels"], captions)
        print(number, *(one.named for one in found.values()), file=sys.stderr, flush=True)
    print(f"| {len(rows)} scenes of two sounds | sounds named | both named | other sounds | captions a scene |")
    print("|---|---|---|---|---|")
    for name, one in found.items():
        print(
            f"| {name} | {one.named / 2 / len(rows):.1%} | {one.both / len(rows):.1%} | {one.others / len(rows):.2f} | "
            f"{one.captions / len(rows):.2f} |"
        )


@torch.inference_mode()
def whole(captioner: Captioner, sound: Samples, rate: int, live: Live) -> str:
    """The caption of a whole sound by streamed features and the causal gain."""
    gain = CausalGain(rate, live.release_db, live.highest_gain_db, live.first_gain_db)
    stream = StreamedFeatures(captioner.model, rate, gain, LONGEST_S)
    for at in range(0, len(sound), rate // 10):
        stream.hear(sound[at : at + rate // 10])
    features, _ = stream.window(0.0)
    padding = torch.zeros(features.shape[:2], dtype=torch.bool)
    return captioner.search([captioner.model.listen(features, padding)])[0][0].caption


def soak(captioner: Captioner, source: Source, live: Live, hours: float) -> None:
    """Listen for hours; print memory, drift and what was lost."""
    memory: list[tuple[float, float]] = []
    late_s, behind_s, heard_s, captions = 0.0, 0.0, 0.0, 0
    began: float | None = None
    for event in caption_stream(captioner, source, live):
        if isinstance(event, LiveCaption):
            captions += 1
            late_s = max(late_s, abs(event.said_s - event.segment.end_s))
        elif isinstance(event, Level):
            heard_s = event.time_s
            began = began or time.monotonic() - heard_s
            behind_s = max(behind_s, abs(time.monotonic() - began - heard_s))
            if not memory or heard_s - memory[-1][0] >= 600:
                memory.append((heard_s, resident_mb()))
                print(f"{heard_s / 60:.0f} min: {memory[-1][1]:.0f} MB", file=sys.stderr, flush=True)
            if heard_s >= hours * 3600 and isinstance(source, Capture):
                source.stop()
    print("| heard | memory |\n|---|---|")
    for at, size in [*memory, (heard_s, resident_mb())]:
        print(f"| {at / 60:.0f} min | {size:.0f} MB |")
    print(f"\n{captions} captions, said at most {late_s:.2f} s after their window's end.")
    if isinstance(source, Capture):
        print(f"Sound's time and the clock's differ by at most {behind_s:.2f} s, and by "
              f"{time.monotonic() - (began or 0) - heard_s:.2f} s at the end.")  # fmt: skip
        print(f"Lost: {source.dropped_s:.1f} s in the program, {source.overflows} times before it.")


def resident_mb() -> float:
    """Memory in use, MB; the most so far where the system does not tell."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmRSS"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--fold", default="5")
    parser.add_argument("--streams", type=int, default=10)
    parser.add_argument("--first", type=int, default=0, help="number of the first stream")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--scenes", type=int, default=200)
    parser.add_argument("--hours", type=float, default=2)
    parser.add_argument("--microphone", metavar="NAME", help="what the soak listens to")
    parser.add_argument("--work", type=Path, default=Path("runs/live-test"))
    parser.add_argument("--model", type=Path)
    parser.add_argument("--window", type=float, default=Live().window_s)
    parser.add_argument("--step", type=float, default=Live().step_s)
    parser.add_argument("--only", choices=PARTS, nargs="+", default=("streams", "cost", "scenes"))
    options = parser.parse_args()
    live = replace(Live(), window_s=options.window, step_s=options.step)
    captioner = Captioner(options.model, "cpu")
    score = scorer(options.data)
    folder = options.work / f"fold_{options.fold}_{options.minutes:g}min"
    paths = [folder / f"stream_{number}.flac" for number in range(options.first, options.first + options.streams)]
    for number, path in enumerate(paths, options.first):
        if not path.with_suffix(".csv").exists():
            clips = live_streams.corpus(options.data, options.fold)
            live_streams.write(live_streams.make(clips, 60 * options.minutes, number), path)
    samples, rate, _ = read(paths[0])
    print(f"fold {options.fold}, {torch.get_num_threads()} threads, {live}\n")
    if "streams" in options.only:
        look_s = look_seconds(captioner, samples, rate, live)
        print(f"A look with its caption takes {1000 * look_s:.0f} ms.\n")
        streams(score, captioner, paths, live, look_s)
    if "cost" in options.only:
        cost(captioner, samples, rate, live)
    if "scenes" in options.only:
        scenes(score, captioner, options.fold, options.scenes, live)
    if "soak" in options.only:
        again = max(1, round(options.hours * 3600 / (len(samples) / rate)))
        source = Capture(find_microphone(options.microphone)) if options.microphone else Sound(samples, rate, again)
        soak(captioner, source, live, options.hours)


if __name__ == "__main__":
    main()
