"""The live page on a real virtual microphone, in a process of its own: PortAudio looks for servers only once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.aaccore.virtual_microphone import virtual_microphone

REPOSITORY = Path(__file__).resolve().parents[2]

PROGRAM = """
import sys
from pathlib import Path
from time import monotonic
from PySide6.QtWidgets import QApplication
from app.main_window import MainWindow
from app.settings import Settings

app, folder = QApplication([]), Path(sys.argv[1])

def wait(what, until):
    end = monotonic() + 90
    while not until():
        app.processEvents()
        assert monotonic() < end, what
    print(what, flush=True)

settings = Settings(folder / "settings.json")
settings.change(model=sys.argv[2], device="cpu")
window = MainWindow(settings, folder / "library.sqlite", folder)
window.show()
window.show_page(1)
live = window.live
page = live.page
wait("listed", lambda: "Desk" in [page.bar.sources.itemText(row) for row in range(page.bar.sources.count())])
print([page.bar.sources.itemText(row) for row in range(page.bar.sources.count())], flush=True)
page.bar.listen_button.click()
wait("listening", lambda: page.bar.state == "listening" and page.spectrogram.end > 10)
wait("heard", lambda: page.list.lines.rowCount() > 0)
page.bar.pause_button.click()
page.bar.pause_button.click()
page.bar.listen_button.click()
wait("stopped", lambda: not live.listening)
print(page.list.lines.lines()[-1].caption, flush=True)
window.close()
"""


@pytest.mark.slow
def test_the_page_says_what_a_real_microphone_hears(tiny_model: Path, sounds: Path, tmp_path: Path) -> None:
    with virtual_microphone() as server:
        environment = {**server.environment, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(REPOSITORY)}
        environment.pop("PULSE_SOURCE", None)
        with subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(tmp_path), str(tiny_model)],
            env=environment, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        ) as program:  # fmt: skip
            assert program.stdout is not None
            assert program.stderr is not None
            for line in program.stdout:
                if line == "listening\n":
                    player = server.play(sounds / "long.wav")
                if line == "heard\n":
                    player.terminate()
                    player.wait()
                    break
            rest, errors = program.stdout.read(), program.stderr.read()
    assert program.returncode == 0, errors
    assert rest.startswith("stopped\n"), errors
    assert rest.splitlines()[1].endswith(".")
    assert not any((tmp_path / "last_hour").iterdir())
