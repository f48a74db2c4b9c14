from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import qCritical, qWarning
from pytestqt.qtbot import QtBot

from app.log import Unhandled, log, start_log, stop_log


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield start_log(tmp_path / "logs")
    stop_log()


@pytest.fixture
def unhandled(folder: Path) -> Iterator[Unhandled]:
    made = Unhandled()
    made.install()
    yield made
    made.remove()


def test_what_is_logged_lies_in_the_folder(folder: Path) -> None:
    log.info("hello")
    assert "INFO MainThread hello" in (folder / "auricle.log").read_text(encoding="utf-8")


def test_the_log_turns_over_before_it_grows_large(folder: Path) -> None:
    for _ in range(12):
        log.info("x" * 100_000)
    sizes = [path.stat().st_size for path in folder.iterdir()]
    assert len(sizes) == 2
    assert max(sizes) <= 1_000_000


def test_a_folder_that_cannot_be_made_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    spare = start_log(tmp_path / "file" / "logs")
    stop_log()
    assert (spare / "auricle.log").is_file()


def test_an_exception_nobody_caught_reaches_log_and_window(folder: Path, unhandled: Unhandled, qtbot: QtBot) -> None:
    error = ValueError("seven is right out")
    with qtbot.waitSignal(unhandled.happened) as brought:
        sys.excepthook(ValueError, error, None)
    message, details = brought.args
    assert "seven is right out" in message
    assert "ValueError" in details
    assert "seven is right out" in (folder / "auricle.log").read_text(encoding="utf-8")


def test_an_exception_in_a_thread_reaches_the_window(folder: Path, unhandled: Unhandled, qtbot: QtBot) -> None:
    def fail() -> None:
        raise RuntimeError("in the thread")

    with qtbot.waitSignal(unhandled.happened) as brought:
        thread = threading.Thread(target=fail)
        thread.start()
        thread.join()
    assert "in the thread" in brought.args[0]


def test_without_a_terminal_nothing_fails(unhandled: Unhandled, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    with qtbot.waitSignal(unhandled.happened):
        sys.excepthook(ValueError, ValueError("x"), None)


def test_words_of_qt_are_logged_and_only_its_errors_shown(folder: Path, unhandled: Unhandled, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(unhandled.happened):
        qWarning("only a warning")
    with qtbot.waitSignal(unhandled.happened):
        qCritical("no such screen")
    written = (folder / "auricle.log").read_text(encoding="utf-8")
    assert "WARNING MainThread Qt: only a warning" in written
    assert "ERROR MainThread Qt: no such screen" in written


def test_a_crash_leaves_its_stacks_in_the_log(tmp_path: Path) -> None:
    program = f"""
from pathlib import Path
import faulthandler, os, signal
from app.log import start_log
start_log(Path({str(tmp_path)!r}))
def deep_down():
    os.kill(os.getpid(), signal.SIGSEGV) if os.name == "posix" else faulthandler._sigsegv()
deep_down()
"""
    assert subprocess.run([sys.executable, "-c", program], capture_output=True).returncode != 0
    assert "deep_down" in (tmp_path / "auricle.log").read_text(encoding="utf-8")
