"""`auricle-app --self-test`: does this installation caption? It goes through the window itself, which nobody sees."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication

from aaccore.library import Library
from app import theme
from app.log import Unhandled
from app.main_window import MainWindow
from app.settings import Settings

PATIENCE_S = 180
"""A cold start from a slow disk, with some to spare."""


def self_test() -> int:
    """Caption a demo sound through the window and print its caption; returns 0, or 1 with the reason."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    unhandled = Unhandled(app)
    unhandled.install()
    with tempfile.TemporaryDirectory(prefix="auricle-self-test-", ignore_cleanup_errors=True) as folder:
        try:
            caption, reason = _caption(app, Path(folder), unhandled)
        except Exception as error:
            caption, reason = "", f"{type(error).__name__}: {error}"
        finally:
            unhandled.remove()
    _say(f"self-test passed: {caption}" if caption else f"self-test FAILED: {reason}")
    return 0 if caption else 1


def _caption(app: QApplication, folder: Path, unhandled: Unhandled) -> tuple[str, str]:
    """The caption of a demo sound, or why there is none."""
    library = folder / "library.sqlite"
    settings = Settings(folder / "settings.json")
    theme.apply(app, settings.value)
    window = MainWindow(settings, library, folder)
    loop, problems = QEventLoop(), list[str]()
    try:

        def look() -> None:
            with Library(library) as opened:
                done = [row for row in opened.rows() if row.state in ("done", "failed", "cancelled")]
            problems.extend(window.errors.messages())
            if done or problems:
                loop.quit()

        unhandled.happened.connect(problems.append)
        window.show()
        window.offer([theme.RESOURCES / "sounds" / "rain.ogg"])
        looking, patience = QTimer(), QTimer()
        looking.timeout.connect(look)
        looking.start(100)
        patience.timeout.connect(loop.quit)
        patience.start(PATIENCE_S * 1000)
        loop.exec()
        looking.stop()
        patience.stop()
        with Library(library) as opened:
            rows = opened.rows()
    finally:
        window.close()
    caption = rows[0].caption if rows and rows[0].state == "done" else ""
    reasons = problems or [row.reason for row in rows if row.reason] or [f"no caption after {PATIENCE_S} s"]
    return caption, "; ".join(reasons)


def _say(words: str) -> None:
    if sys.stdout is not None:
        print(words, flush=True)
