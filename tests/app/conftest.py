from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication

from app import theme
from app.main_window import MainWindow
from app.settings import Settings

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


@pytest.fixture(autouse=True)
def no_thread_left() -> Iterator[None]:
    """A test that leaves a thread running fails, and so does one that drops a running Worker."""
    before = set(threading.enumerate())
    yield
    left = [thread for thread in threading.enumerate() if thread not in before and not thread.daemon]
    for thread in left:
        thread.join(5)
    alive = [thread.name for thread in left if thread.is_alive()]
    assert not alive, f"threads left running: {alive}"


@pytest.fixture
def open_window(qapp: QApplication, tmp_path: Path) -> Iterator[Callable[[], MainWindow]]:
    """Opens the real window over a library, settings and log of its own; a second call is a second start."""
    opened: list[MainWindow] = []

    def open_one() -> MainWindow:
        settings = Settings(tmp_path / "settings.json")
        theme.apply(qapp, settings.value)
        opened.append(MainWindow(settings, tmp_path / "library.sqlite", tmp_path / "logs"))
        opened[-1].show()
        return opened[-1]

    yield open_one
    for window in opened:
        window.close()
        window.deleteLater()
        QCoreApplication.sendPostedEvents(window, QEvent.Type.DeferredDelete)
