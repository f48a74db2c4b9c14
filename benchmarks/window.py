"""How long the window keeps a person waiting: `python benchmarks/window.py` prints the rows of the table.

A fresh process opens the window offscreen with an empty library, captions a demo sound, then 20 copies of the demo
sounds; a timer of 5 ms in the window's thread notes how much later than that it comes: so long a click would wait.
"""

from __future__ import annotations

import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import cycle, islice
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CLIPS, TICK_MS, REPEATS = 20, 5, 3


def measure(started: float, torch_first: bool) -> None:
    """Open the window in this process and print what was measured, in a fixed order."""
    if torch_first:
        import aaccore.captioner  # noqa: F401
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication

    from aaccore.library import Library
    from app import theme
    from app.main_window import MainWindow
    from app.settings import Settings

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        app = QApplication([])
        settings = Settings(folder / "settings.json")
        settings.change(device="cpu")
        with theme.undressed(app):
            theme.apply(app, settings.value)
            window = MainWindow(settings, folder / "library.sqlite", folder)
        window.show()
        app.processEvents()
        usable_s, usable_cpu_s = time.time() - started, time.process_time()
        if torch_first:
            window.close()
            print(usable_s, usable_cpu_s)
            return
        late_ms: list[float] = []
        last = [time.perf_counter()]

        def tick() -> None:
            now = time.perf_counter()
            late_ms.append(max(0.0, 1000 * (now - last[0]) - TICK_MS))
            last[0] = now

        timer = QTimer()
        timer.timeout.connect(tick)
        timer.start(TICK_MS)

        def wait(count: int) -> None:
            """Handle events until so many rows are done; the table says so, not the library."""
            clips = window.captions.page.table.clips
            while sum(clips.row(clips.index(place, 0)).state == "done" for place in range(clips.rowCount())) < count:
                app.processEvents()
                time.sleep(0.0005)

        sounds = sorted((ROOT / "resources" / "sounds").glob("*.ogg"))
        window.offer([sounds[0]])
        wait(1)
        first_s, loading_ms = time.time() - started, max(late_ms)
        copies = folder / "many"
        copies.mkdir()
        for number, sound in enumerate(islice(cycle(sounds), CLIPS)):
            shutil.copy(sound, copies / f"{number:02}_{sound.name}")
        last[0] = time.perf_counter()
        late_ms.clear()
        window.offer([copies])
        wait(CLIPS + 1)
        window.close()
        with Library(folder / "library.sqlite") as library:
            assert library.counts()["done"] == CLIPS + 1
    late_ms.sort()
    percentile = late_ms[int(0.99 * len(late_ms))]
    memory_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    stalls_ms = statistics.median(late_ms), percentile, late_ms[-1]
    print(usable_s, usable_cpu_s, first_s, loading_ms, *stalls_ms, memory_mib)


ROWS: dict[str, Callable[[float], str]] = {
    "from the start of the process to a usable window": lambda s: f"{s:.2f} s",
    "the same, of the processor's time": lambda s: f"{s:.2f} s",
    "from the start of the process to the first caption, which loads the model": lambda s: f"{s:.2f} s",
    "longest stall while the model loads": lambda ms: f"{ms:.0f} ms",
    f"stalls while {CLIPS} clips are captioned: median": lambda ms: f"{ms:.1f} ms",
    f"stalls while {CLIPS} clips are captioned: 99th percentile": lambda ms: f"{ms:.1f} ms",
    f"stalls while {CLIPS} clips are captioned: longest": lambda ms: f"{ms:.0f} ms",
    "most memory held": lambda mib: f"{mib:.0f} MiB",
}


def main() -> None:
    if len(sys.argv) > 1:
        measure(float(sys.argv[1]), "torch" in sys.argv)
        return
    environment = dict(os.environ, QT_QPA_PLATFORM="offscreen", PYTHONPATH=str(ROOT))
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # compiled modules are kept, as on any other machine
    runs, others = [], []
    for _ in range(REPEATS + 1):
        for more, kept in (([], runs), (["torch"], others)):
            command = [sys.executable, __file__, str(time.time()), *more]
            done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
            kept.append([float(value) for value in done.stdout.split()])
    for (what, text), values in zip(ROWS.items(), zip(*runs[1:], strict=True), strict=True):  # the first fills caches
        print(f"| {what} | {text(statistics.median(values))} ({text(min(values))} to {text(max(values))}) |")
    other_s, own_s = (statistics.median(run[1] for run in kept[1:]) for kept in (others, runs))
    print(
        f"| a window that loads torch first, of the processor's time | {other_s:.2f} s: {other_s / own_s:.1f} times |"
    )


if __name__ == "__main__":
    main()
