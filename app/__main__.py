"""`auricle-app`: opens the window, and captions the files and folders that are named."""

from __future__ import annotations

import argparse
import multiprocessing
import os
import signal
import socket
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from PySide6.QtCore import QEvent, QObject, QSocketNotifier
from PySide6.QtGui import QFileOpenEvent, QIcon
from PySide6.QtWidgets import QApplication

from aaccore import __version__
from aaccore.library_file import library_file
from app import theme
from app.error_dialog import ErrorDialog
from app.log import Unhandled, log, start_log, stop_log
from app.main_window import MainWindow
from app.settings import Settings


class Application(QApplication):
    """The application; on macOS, files arrive as events.

    Args:
        arguments: Options that Qt understands.
    """

    def __init__(self, arguments: list[str]) -> None:
        super().__init__(arguments)
        self.window: MainWindow | None = None

    def event(self, event: QEvent) -> bool:
        """Caption the files that the system opens with Auricle."""
        if isinstance(event, QFileOpenEvent) and self.window is not None and event.file():
            self.window.offer([Path(event.file())])
            return True
        return super().event(event)


class Interruption(QObject):
    """Closes the window on Ctrl-C and on SIGTERM: Qt's loop alone would not let Python see them.

    Args:
        window: The window.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._ear, self._mouth = socket.socketpair()
        for end in (self._ear, self._mouth):
            end.setblocking(False)
        self._notifier = QSocketNotifier(self._ear.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._woken)
        self._former_fd = signal.set_wakeup_fd(self._mouth.fileno(), warn_on_full_buffer=False)
        self._former = {number: signal.signal(number, self._stop) for number in (signal.SIGINT, signal.SIGTERM)}

    def remove(self) -> None:
        """Leave the signals as they were."""
        for number, handler in self._former.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._former_fd)
        self._notifier.setEnabled(False)
        self._ear.close()
        self._mouth.close()

    def _woken(self) -> None:
        self._ear.recv(64)  # back in Python, the signal's handler runs

    def _stop(self, number: int, frame: FrameType | None) -> None:
        QApplication.closeAllWindows()
        QApplication.quit()


def parser() -> argparse.ArgumentParser:
    """The options."""
    made = argparse.ArgumentParser(prog="auricle-app", description="Says in a sentence what can be heard.")
    made.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="files and folders to caption")
    made.add_argument("--version", action="version", version=f"auricle {__version__}")
    made.add_argument(
        "--self-test", action="store_true", help="caption a demo sound in a window nobody sees, print it, and end"
    )
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    """Open the window and stay until it is closed; returns the exit code."""
    multiprocessing.freeze_support()
    options = parser().parse_args(arguments)
    if options.self_test:
        from app.self_test import self_test

        return self_test()
    log_folder = start_log()
    log.info("auricle %s starts, Python %s, %s", __version__, sys.version.split()[0], sys.platform)
    app = Application(sys.argv[:1])
    prepare(app)
    unhandled = Unhandled(app)
    unhandled.install()
    try:
        return run(app, unhandled, log_folder, options.paths)
    except Exception as error:
        details = traceback.format_exc()
        log.critical("cannot start: %s", details)
        print(error, file=sys.stderr or Path(os.devnull).open("w"))  # noqa: SIM115 - the program ends here
        ErrorDialog.last_words(str(error) or type(error).__name__, details)
        return 1
    finally:
        unhandled.remove()
        log.info("auricle ends")
        stop_log()


def prepare(app: QApplication) -> None:
    """Say whose windows these are."""
    app.setApplicationName("auricle")
    app.setApplicationDisplayName("Auricle")
    app.setApplicationVersion(__version__)
    app.setDesktopFileName("auricle")
    app.setWindowIcon(QIcon(str(theme.RESOURCES / "auricle.svg")))


def run(app: Application, unhandled: Unhandled, log_folder: Path, paths: Sequence[Path]) -> int:
    """Show the window, caption what was named, and handle events until the window is closed."""
    settings = Settings()
    with theme.undressed(app):
        theme.apply(app, settings.value)
        window = MainWindow(settings, library_file(), log_folder)
    app.window = window
    unhandled.happened.connect(window.errors.add)
    interruption = Interruption(window)
    if settings.complaint:
        window.errors.add(settings.complaint)
    window.show()
    window.offer([path.absolute() for path in paths])
    try:
        return app.exec()
    finally:
        interruption.remove()
        window.close()
        app.window = None


if __name__ == "__main__":
    sys.exit(main())
