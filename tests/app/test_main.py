from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from aaccore import __version__

REPOSITORY = Path(__file__).resolve().parents[2]

SHOWN = """
import sys
from PySide6.QtCore import QTimer
from app import __main__ as program
def look():
    print("window", window().isVisible(), "torch" in sys.modules, flush=True)
    {then}
def window():
    return program.QApplication.instance().window
show = program.MainWindow.show
def shown(self):
    show(self)
    QTimer.singleShot(0, look)
program.MainWindow.show = shown
sys.exit(program.main({arguments!r}))
"""


def environment(home: Path) -> dict[str, str]:
    """Surroundings in which settings, library and log lie in a folder of the test."""
    homes = {name: str(home) for name in ("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA")}
    homes |= {f"XDG_{name}_HOME": str(home / name.lower()) for name in ("CONFIG", "DATA", "STATE", "CACHE")}
    return {**os.environ, **homes, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(REPOSITORY)}


def start(home: Path, then: str, arguments: list[str] | None = None) -> subprocess.Popen[str]:
    """Start the program and do something once its window is there."""
    return subprocess.Popen(
        [sys.executable, "-c", SHOWN.format(then=then, arguments=arguments or [])],
        env=environment(home), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def log_text(home: Path) -> str:
    return next(home.rglob("auricle.log")).read_text(encoding="utf-8")


def test_the_window_is_there_before_torch(tmp_path: Path) -> None:
    program = start(tmp_path, "window().close()")
    out, err = program.communicate(timeout=120)
    assert out.split() == ["window", "True", "False"], err
    assert program.returncode == 0
    assert "auricle ends" in log_text(tmp_path)


@pytest.mark.skipif(os.name != "posix", reason="sends a signal")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_it_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    program = start(tmp_path, "pass")
    assert program.stdout is not None
    assert program.stdout.readline().startswith("window True")
    program.send_signal(number)
    _, err = program.communicate(timeout=60)
    assert program.returncode == 0
    assert "Traceback" not in err
    assert "auricle ends" in log_text(tmp_path)


def test_without_streams_it_starts_as_well(tmp_path: Path) -> None:
    script = SHOWN.format(then="window().close()", arguments=[]).replace("print(", "(lambda *a, **k: None)(")
    script = script.replace("import sys\n", "import sys\nsys.stdout = sys.stderr = sys.stdin = None\n", 1)
    result = subprocess.run([sys.executable, "-c", script], env=environment(tmp_path), timeout=120)
    assert result.returncode == 0


def test_an_exception_in_the_window_is_shown_and_logged_and_ends_nothing(tmp_path: Path) -> None:
    fail = "QTimer.singleShot(0, fail); QTimer.singleShot(200, end)"
    script = SHOWN.format(then=fail, arguments=[]).replace(
        "def window():",
        "def fail(): raise ValueError('seven is right out')\n"
        "def end(): print(window().errors.messages(), flush=True); window().close()\n"
        "def window():",
    )
    result = subprocess.run(
        [sys.executable, "-c", script], env=environment(tmp_path), capture_output=True, text=True, timeout=120
    )
    assert "seven is right out" in result.stdout
    assert result.returncode == 0
    assert "ValueError: seven is right out" in log_text(tmp_path)


def test_a_start_that_fails_says_why(tmp_path: Path) -> None:
    script = """
import sys
from app import __main__ as program
program.ErrorDialog.exec = lambda self: print("shown:", self.messages()[0])
def broken(*arguments): raise RuntimeError("the library is a newer version's")
program.MainWindow = broken
sys.exit(program.main([]))
"""
    result = subprocess.run(
        [sys.executable, "-c", script], env=environment(tmp_path), capture_output=True, text=True, timeout=120
    )
    assert result.returncode == 1
    assert "shown: the library is a newer version's" in result.stdout
    assert "RuntimeError" in log_text(tmp_path)


def test_version_is_told_without_a_window(tmp_path: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "app", "--version"], env=environment(tmp_path), capture_output=True, text=True
    )
    assert result.stdout.strip() == f"auricle {__version__}"


@pytest.mark.slow
def test_self_test_captions_a_demo_sound_through_the_window(tmp_path: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "app", "--self-test"],
        env=environment(tmp_path / "home"), capture_output=True, text=True, cwd=tmp_path, timeout=300,
    )  # fmt: skip
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stdout.startswith("self-test passed: ")
    assert "rain" in result.stdout
    assert list(tmp_path.rglob("*.sqlite")) == []


def test_self_test_that_finds_no_caption_says_so(tmp_path: Path) -> None:
    script = """
import sys
from app import self_test
self_test.PATIENCE_S = 0
self_test.MainWindow.offer = lambda window, paths: None
sys.exit(self_test.self_test())
"""
    result = subprocess.run(
        [sys.executable, "-c", script], env=environment(tmp_path), capture_output=True, text=True, timeout=120
    )
    assert result.returncode == 1
    assert result.stdout.strip() == "self-test FAILED: no caption after 0 s"


def test_self_test_of_a_file_that_cannot_be_captioned_says_why(tmp_path: Path) -> None:
    bad = tmp_path / "rain.ogg"
    bad.write_text("no sound")
    script = f"""
import sys
from pathlib import Path
from app import self_test
offer = self_test.MainWindow.offer
self_test.MainWindow.offer = lambda window, paths: offer(window, [Path({str(bad)!r})])
sys.exit(self_test.self_test())
"""
    result = subprocess.run(
        [sys.executable, "-c", script], env=environment(tmp_path), capture_output=True, text=True, timeout=120
    )
    assert result.returncode == 1
    assert result.stdout.startswith("self-test FAILED: rain.ogg: ")
