"""The log: a rotating file in the system's folder for logs, which also takes crashes and what nobody caught."""

from __future__ import annotations

import faulthandler
import logging
import sys
import tempfile
import threading
import traceback
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType

from platformdirs import user_log_path
from PySide6.QtCore import QMessageLogContext, QObject, QtMsgType, Signal, qInstallMessageHandler

log = logging.getLogger("auricle")

LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}


class _CrashLog(RotatingFileHandler):
    """Also where the interpreter writes the stacks when it crashes, whichever file is the current one."""

    def _open(self) -> TextIOWrapper:
        stream = super()._open()
        faulthandler.enable(stream)
        return stream


def start_log(folder: Path | None = None) -> Path:
    """Begin to log.

    Args:
        folder: Where; by default the system's folder for this user's logs. A temporary one serves where that fails.

    Returns:
        The folder.
    """
    stop_log()
    spare = Path(tempfile.gettempdir()) / "auricle"
    for place in (folder or user_log_path("auricle", appauthor=False), spare):
        try:
            place.mkdir(parents=True, exist_ok=True)
            handler = _CrashLog(place / "auricle.log", maxBytes=1_000_000, backupCount=3, encoding="utf-8")
        except OSError:
            continue
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(threadName)s %(message)s"))
        log.addHandler(handler)
        log.setLevel(logging.INFO)
        return place
    return spare


def stop_log() -> None:
    """Close the log."""
    for handler in list(log.handlers):
        if isinstance(handler, _CrashLog):
            if faulthandler.is_enabled():
                faulthandler.disable()
            log.removeHandler(handler)
            handler.close()


class Unhandled(QObject):
    """Everything that nobody caught, from any thread: it is logged, and `happened` brings it to the window.

    Args:
        parent: Owner.
    """

    happened = Signal(str, str)  # message, details

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._former = sys.excepthook, threading.excepthook

    def install(self) -> None:
        """Take the places where Python and Qt report."""
        sys.excepthook = self._caught
        threading.excepthook = self._caught_in_thread
        qInstallMessageHandler(self._said_by_qt)

    def remove(self) -> None:
        """Give those places back."""
        sys.excepthook, threading.excepthook = self._former
        qInstallMessageHandler(None)

    def _caught(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        details = "".join(traceback.format_exception(kind, error, trace))
        log.error("not caught: %s", details.rstrip())
        if sys.stderr is not None:
            sys.stderr.write(details)
        message = self.tr("Auricle met an error that it did not expect: {error}")
        self.happened.emit(message.format(error=str(error) or kind.__name__), details)

    def _caught_in_thread(self, arguments: threading.ExceptHookArgs) -> None:
        if arguments.exc_value is not None and arguments.exc_type is not SystemExit:
            self._caught(arguments.exc_type, arguments.exc_value, arguments.exc_traceback)

    def _said_by_qt(self, kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
        log.log(LEVELS.get(kind, logging.INFO), "Qt: %s", message)
        if kind == QtMsgType.QtFatalMsg and sys.stderr is not None:
            sys.stderr.write(f"{message}\n")  # nothing comes after it
        elif kind == QtMsgType.QtCriticalMsg:
            self.happened.emit(self.tr("The window system reports an error: {error}").format(error=message), "")
