"""How soon a recording of any length is seen, and what it costs: `python benchmarks/clip_view.py`.

Draws recordings as the clip view does, each in a process of its own: the first columns, the overview from pieces, the
complete overview, and tiles of what a screen of 1,100 pixels shows. Beside it the usual way: the whole file read and
`scipy.signal.spectrogram` of it, which needs memory by the length and is therefore measured on the shorter one alone.
The recordings are noise and tones at 16 kHz as FLAC, made in a temporary folder (about 2.6 GB for 24 hours).
"""

from __future__ import annotations

import resource
import statistics
import sys
import tempfile
import time
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import soundfile

from aaccore.audio import load_audio
from aaccore.spectrogram import overview, tile

RATE = 16000
HOURS = (0.5, 24.0)
PIXELS, ROWS = 1100, 384
SPANS_S = (10.0, 600.0, 7200.0)


def make(path: Path, hours: float) -> None:
    random = np.random.default_rng(1)
    t = np.arange(60 * RATE) / RATE
    minute = 0.02 * random.standard_normal(60 * RATE) + 0.3 * np.sin(2 * np.pi * 1000 * t) * (t % 10 < 1)
    with soundfile.SoundFile(path, "w", RATE, 1, "PCM_16", format="FLAC") as file:
        for _ in range(round(hours * 60)):
            file.write(minute)


def draw(path: Path) -> dict[str, float]:
    start = time.perf_counter()
    found: dict[str, float] = {}
    for part in overview(path):
        now = time.perf_counter() - start
        found.setdefault("first columns", now)
        if not part.complete:
            found["overview from pieces"] = now
        found["complete overview"] = now
        duration_s = part.duration_s
    for span_s in SPANS_S:
        if 2 * span_s > duration_s:
            continue
        times = []
        for share in (0.1, 0.45, 0.7):
            start = time.perf_counter()
            for _ in tile(path, share * duration_s, share * duration_s + span_s, PIXELS, ROWS, "mel", 0, 8000):
                pass
            times.append(time.perf_counter() - start)
        found[f"tile of {span_s:g} s"] = statistics.median(times)
    found["memory"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return found


def at_once(path: Path) -> dict[str, float]:
    from scipy.signal import spectrogram

    start = time.perf_counter()
    sound, rate = load_audio(path)
    _, _, power = spectrogram(sound, rate, nperseg=1024, noverlap=512)
    10 * np.log10(power + 1e-12, out=power)
    found = {"first columns": time.perf_counter() - start, "complete overview": time.perf_counter() - start}
    found["memory"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return found


def main() -> int:
    spawn = get_context("spawn")
    with tempfile.TemporaryDirectory() as folder:
        for hours in HOURS:
            path = Path(folder) / "long.flac"
            make(path, hours)
            for way in (draw, at_once) if hours < 1 else (draw,):
                with spawn.Pool(1) as pool:
                    found = pool.apply(way, (path,))
                print(f"{hours:g} h, {way.__name__}")
                for name, value in found.items():
                    print(f"  {name:22} {value:8.3f} s" if name != "memory" else f"  {name:22} {value:8.0f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
