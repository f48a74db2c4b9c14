"""The whole window with a recording of 24 hours: when it is shown, memory, and how long the window keeps one waiting.

    python benchmarks/day.py [--seconds 75]

The recording repeats a minute of the demo sounds (2.8 GB, deleted at the end); it is captioned while it is looked at.
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile
import soxr

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtWidgets import QApplication

from app import theme
from app.main_window import MainWindow
from app.settings import Settings

RATE, HOURS = 16000, 24
LOADED_S = 25.0
"""The model is loaded by then; stalls are counted from there on."""


def write_day(path: Path) -> None:
    """Write the recording."""
    parts = []
    for sound in sorted((Path(__file__).resolve().parents[1] / "resources" / "sounds").glob("*.ogg")):
        samples, rate = soundfile.read(sound, dtype="float32", always_2d=True)
        parts.append(soxr.resample(samples.mean(axis=1), rate, RATE))
    minute = np.resize(np.concatenate(parts), 60 * RATE)
    with soundfile.SoundFile(path, "w", RATE, 1, "PCM_16", format="RF64") as file:
        for _ in range(60 * HOURS):
            file.write(minute)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=75.0, help="how long to look")
    seconds = parser.parse_args().seconds
    app = QApplication([])
    with tempfile.TemporaryDirectory() as folder:
        day = Path(folder) / "day.wav"
        write_day(day)
        settings = Settings(Path(folder) / "settings.json")
        theme.apply(app, settings.value)
        window = MainWindow(settings, Path(folder) / "library.sqlite", Path(folder))
        window.show()
        began = before = time.monotonic()
        window.offer([day])
        shown, longest = None, 0.0
        while (now := time.monotonic()) - began < seconds:
            app.processEvents()
            if now - began > LOADED_S:
                longest = max(longest, now - before)
            before = now
            if shown is None and (window.captions.page.panel.clip_view.duration_s or 0) > 3000 * HOURS:
                shown = now - began
            time.sleep(0.003)
        window.close()
    assert shown is not None, "the recording was never shown"
    print(f"| from the drop until it is shown | {shown:.2f} s |")
    print(f"| longest stall while it is captioned, the model loaded | {1000 * longest:.0f} ms |")
    print(f"| most memory held | {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3:.0f} MB |")


if __name__ == "__main__":
    main()
