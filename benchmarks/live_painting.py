"""What the live spectrogram costs to paint: `python benchmarks/live_painting.py [--seconds 30] [--idle]`.

The view is 1,920 pixels wide, offscreen, and gets new columns 20 times a second, while the bundled model captions the
demo sounds at the pace of the clock. Each frame draws the new columns into the picture and the picture, axes and marks
onto the window; beside it stands a frame that draws all columns anew. Both are taken with seconds of history and with
an hour of it.
"""

from __future__ import annotations

import argparse
import os
import sys
import threading
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
WIDTH, HEIGHT = 1920, 320
FRAME_S = 0.05


def main() -> int:
    """Print a row of the table for each history."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=30.0, help="how long to paint with each history")
    parser.add_argument("--idle", action="store_true", help="without captioning beside it")
    options = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtGui import QImage
    from PySide6.QtWidgets import QApplication

    from aaccore.live_columns import COLUMN_S, ROWS
    from aaccore.spectra import row_hz
    from app.views.live_spectrogram import LiveSpectrogram

    app = QApplication([])
    ended = threading.Event()
    captioning = threading.Thread(target=caption, args=(ended,))
    if not options.idle:
        captioning.start()
    view = LiveSpectrogram()
    view.resize(WIDTH, HEIGHT)
    view.show()
    app.processEvents()
    hz = row_hz("mel", 0, 16000, ROWS)
    random = np.random.default_rng(0)
    levels = random.integers(60, 220, (4096, ROWS), dtype=np.uint8)
    window = QImage(view.size(), QImage.Format.Format_ARGB32_Premultiplied)
    new = round(FRAME_S / COLUMN_S)
    print(
        "| history | frames | median, ms | 95th percentile, ms | all columns anew, median, ms | 95th percentile, ms |"
    )
    print("|---|---|---|---|---|---|")
    end = 0
    for history_s in (10, 3600):
        while end < history_s / COLUMN_S:
            view.add(end, levels, hz)
            end += len(levels)
        view.render(window)
        costs: dict[bool, list[float]] = {False: [], True: []}
        began = time.perf_counter()
        while time.perf_counter() - began < options.seconds:
            for anew in (False, True):
                view.add(end, levels[end % 4000 :][:new], hz)
                end += new
                view.add_mark(end * COLUMN_S) if end % 400 < new else None
                if anew:
                    view._paint_anew()
                start = time.perf_counter()
                view.render(window)
                costs[anew].append(1000 * (time.perf_counter() - start))
            time.sleep(FRAME_S)
        cells = [f"{np.percentile(costs[anew], share):.1f}" for anew in (False, True) for share in (50, 95)]
        print(f"| {history_s} s | {len(costs[False])} | {' | '.join(cells)} |", flush=True)
    ended.set()
    if not options.idle:
        captioning.join()
    return 0


def caption(ended: threading.Event) -> None:
    """Caption the demo sounds over and over at the pace of the clock, as the live page does."""
    from aaccore.captioner import Captioner
    from aaccore.file_source import FileSource
    from aaccore.streaming import caption_stream

    captioner = Captioner(None, "cpu")
    while not ended.is_set():
        for path in sorted((ROOT / "resources" / "sounds").glob("*.ogg")):
            source = FileSource(path, paced=True)
            for _ in caption_stream(captioner, source):
                if ended.is_set():
                    source.stop()


if __name__ == "__main__":
    sys.exit(main())
