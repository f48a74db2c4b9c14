"""Write the README's pictures: `python docs/pictures.py` drives the real window with the demo sounds.

Where there is no display it starts Xvfb, and the window opens there.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PICTURES = ROOT / "docs" / "pictures"
SIZE = (1180, 760)
CLIP, WORD = "man_and_telephone.ogg", "phone"
"""The sound that the pictures look at, and the word of its caption that they point at."""
PLAYED = ("church_bell.ogg", "siren.ogg", "man_and_telephone.ogg")
"""What is played while the live page listens."""
PATIENCE_S = 300.0
EXACT = 64
"""So many colours of a picture stay exactly as they are."""

sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402 - after the path is set
from PySide6.QtCore import Qt  # noqa: E402
from PySide6.QtGui import QImage  # noqa: E402
from PySide6.QtTest import QTest  # noqa: E402
from PySide6.QtWidgets import QApplication, QWidget  # noqa: E402

from aaccore.records import ClipRow  # noqa: E402
from app import theme  # noqa: E402
from app.__main__ import prepare  # noqa: E402
from app.main_window import MainWindow  # noqa: E402
from app.settings import Settings  # noqa: E402


def main() -> None:
    """Take all pictures, or those whose names are given."""
    if sys.platform.startswith("linux") and not os.environ.get("DISPLAY"):
        if not shutil.which("xvfb-run"):
            sys.exit("Without a display this needs Xvfb: sudo apt-get install xvfb xauth")
        screen = ["xvfb-run", "-a", "-s", "-screen 0 1600x1000x24"]
        os.execvp(screen[0], [*screen, sys.executable, __file__, *sys.argv[1:]])
    PICTURES.mkdir(exist_ok=True)
    with temporary() as folder, sound_output(folder), opened(folder) as window:
        for name, look, scene in SCENES:
            if not sys.argv[1:] or name in sys.argv[1:]:
                window.settings.change(theme=look)
                shown = scene(window) or window
                settle(1.0)
                take(shown, name)


@contextmanager
def temporary() -> Iterator[Path]:
    """A folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="auricle", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@contextmanager
def sound_output(folder: Path) -> Iterator[None]:
    """A sound output that nobody hears, where PulseAudio is installed and none runs: with it the window can play."""
    if not shutil.which("pulseaudio") or "XDG_RUNTIME_DIR" in os.environ:
        yield
        return
    os.environ["XDG_RUNTIME_DIR"] = os.environ["XDG_CONFIG_HOME"] = str(folder)
    modules = [
        "-n",
        "-L",
        "module-native-protocol-unix auth-anonymous=1",
        "-L",
        "module-null-sink rate=48000 channels=2 norewinds=1",
    ]
    server = subprocess.Popen(["pulseaudio", "--daemonize=no", "--exit-idle-time=-1", "--log-level=error", *modules])
    try:
        yield
    finally:
        server.terminate()
        server.wait()


@contextmanager
def opened(folder: Path) -> Iterator[MainWindow]:
    """The window with an empty library, as somebody sees it who starts Auricle for the first time."""
    app = QApplication([])
    settings = Settings(folder / "settings.json")
    settings.change(theme="light")
    prepare(app)
    theme.apply(app, settings.value)
    window = MainWindow(settings, folder / "library.sqlite", folder)
    window.resize(*SIZE)
    window.show()
    try:
        yield window
    finally:
        window.close()


def take(shown: QWidget, name: str) -> None:
    """Keep what a window looks like."""
    path = PICTURES / f"{name}.png"
    reduced(shown.grab().toImage()).save(str(path), "PNG", 0)  # 0: as small as PNG gets
    print(f"{path.relative_to(ROOT)}: {path.stat().st_size / 1000:.0f} kB", flush=True)


def reduced(image: QImage) -> QImage:
    """A picture in 256 colours, a third of the bytes: its most frequent ones, and of the others one for all near it."""
    image = image.convertToFormat(QImage.Format.Format_RGB32)
    colours, counts = np.unique(np.frombuffer(image.constBits(), np.uint32), return_counts=True)
    colours = colours[np.argsort(-counts)]
    _, first = np.unique(colours[EXACT:] & 0xF0F0F0, return_index=True)
    chosen = [*colours[:EXACT], *colours[EXACT:][np.sort(first)]][:256]
    flags = Qt.ImageConversionFlag.ThresholdDither | Qt.ImageConversionFlag.AvoidDither
    return image.convertToFormat(QImage.Format.Format_Indexed8, [int(colour) for colour in chosen], flags)


def wait_until(reached: Callable[[], bool]) -> None:
    """Let the window work until something is so."""
    end = time.monotonic() + PATIENCE_S
    while not reached():
        if time.monotonic() > end:
            sys.exit("the window did not come so far")
        settle(0.05)


def settle(seconds: float) -> None:
    """Let the window work for a while."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        QApplication.processEvents()
        time.sleep(0.005)


def first_start(window: MainWindow) -> None:
    """Nothing was captioned yet."""
    window.show_page(0)


def captions(window: MainWindow) -> None:
    """The demo sounds are captioned, and a word of one is pointed at."""
    window.show_page(0)
    page = window.captions.page
    table, words = page.table, page.panel.captions
    if not table.clips.rowCount():
        window.offer([ROOT / "resources" / "sounds"])
    wait_until(lambda: table.clips.rowCount() > 0 and all(row.state == "done" for row in rows(window)))
    table.choose(next(row.id for row in rows(window) if row.path.name == CLIP))
    wait_until(lambda: words.captions.rowCount() > 0)
    words.setFocus()
    QTest.keyClick(words, Qt.Key.Key_Escape)
    for word in words.captions.words(words.captions.index(0)):
        QTest.keyClick(words, Qt.Key.Key_Right)
        if WORD in word.text:
            break
    wave = page.panel.clip_view.waveform
    wait_until(lambda: bool(wave.tiles) and wave.tiles[-1].end_s > wave.span.end_s - 0.01)


def page(title: str) -> Callable[[MainWindow], None]:
    """What brings a page to the front, as it is."""

    def show(window: MainWindow) -> None:
        titles = [window.pages.widget(index).accessibleName() for index in range(window.pages.count())]
        window.show_page(titles.index(title))

    return show


def library(window: MainWindow) -> None:
    """Something is looked for, and the first hit is open."""
    captions(window)
    page("Library")(window)
    found = window.library.page
    found.search.setText("rain")
    wait_until(lambda: found.hits.model() is not None and found.hits.model().rowCount() > 0)
    settle(1.0)
    found.hits.setFocus()
    QTest.keyClick(found.hits, Qt.Key.Key_Down)
    QTest.keyClick(found.hits, Qt.Key.Key_Return)
    settle(2.0)


def live(window: MainWindow) -> None:
    """What the computer plays is listened to, and captioned."""
    page("Live")(window)
    bar, lines = window.live.page.bar, window.live.page.list
    wait_until(lambda: bar.sources.count() > 0)
    if lines.model().rowCount() == 0:
        bar.listen_button.click()
        wait_until(lambda: bar.state == "listening")
        for sound in PLAYED:
            subprocess.Popen(["paplay", str(ROOT / "resources" / "sounds" / sound)])
            settle(9.0)
        bar.listen_button.click()
        wait_until(lambda: bar.state == "idle")


def strip(colours: str) -> Callable[[MainWindow], QWidget]:
    """What shows the caption strip in such colours, as it stands above all other windows."""

    def show(window: MainWindow) -> QWidget:
        live(window)
        window.settings.change(strip_colours=colours)
        window.live.strip.show(True)
        assert window.live.strip.view is not None
        return window.live.strip.view

    return show


def models(window: MainWindow) -> None:
    """The bundled model and its card."""
    page("Models")(window)
    wait_until(lambda: window.models.page.list.model().rowCount() > 0)
    settle(2.0)


def new_run(window: MainWindow) -> None:
    """A training is about to be set up."""
    page("Training")(window)
    window.training.page.new_button.click()


def rows(window: MainWindow) -> list[ClipRow]:
    """The rows of the captions page."""
    clips = window.captions.page.table.clips
    return [clips.row(clips.index(place, 0)) for place in range(clips.rowCount())]


SCENES: list[tuple[str, str, Callable[[MainWindow], QWidget | None]]] = [
    ("first_start", "light", first_start),
    ("captions_light", "light", captions),
    ("captions_dark", "dark", captions),
    ("library_light", "light", library),
    ("library_dark", "dark", library),
    ("live_light", "light", live),
    ("live_dark", "dark", live),
    ("strip_white", "light", strip("white")),
    ("strip_yellow", "light", strip("yellow")),
    ("strip_light", "light", strip("theme")),
    ("strip_dark", "dark", strip("theme")),
    ("models_light", "light", models),
    ("models_dark", "dark", models),
    ("training_light", "light", new_run),
    ("training_dark", "dark", new_run),
    ("settings_light", "light", page("Settings")),
    ("settings_dark", "dark", page("Settings")),
]
"""The pictures in their order: name, theme, and what brings a window there. A new page is one line."""

if __name__ == "__main__":
    main()
