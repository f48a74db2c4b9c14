"""One job at a time in a worker; a new one takes the place of the one before."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from PySide6.QtCore import QObject, Signal

from aaccore.errors import CaptioningError
from app.worker import Worker


class OneJob(QObject):
    """Runs the job that was asked for last.

    Args:
        parent: Owner.
    """

    happened = Signal(object)
    refused = Signal(str)  # the core says why it cannot be
    failed = Signal(str, str)  # an unexpected error: message, details
    ended = Signal()  # nothing is under way any more

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._worker: Worker | None = None
        self._next: Callable[[], Iterator[Any]] | None = None
        self._closed = False
        self._muted = False  # events of a job that was cancelled may still be on their way

    @property
    def busy(self) -> bool:
        """Whether a job is under way."""
        return self._worker is not None

    def start(self, job: Callable[[], Iterator[Any]]) -> None:
        """Run a job, once the one before has stopped; none any more after `shut_down`."""
        self.cancel()
        if self._closed:
            return
        self._next = job
        if self._worker is None:
            self._begin()

    def cancel(self) -> None:
        """Stop the job at its next event; what it says from now on is not told."""
        self._next, self._muted = None, True
        if self._worker is not None:
            self._worker.cancel()

    def shut_down(self) -> None:
        """Stop the job and wait for its end."""
        self._closed = True
        self.cancel()
        if self._worker is not None:
            self._worker.wait()

    def _begin(self) -> None:
        job, self._next = self._next, None
        if job is None:
            self.ended.emit()
            return
        self._muted = False
        self._worker = Worker(job, self)
        self._worker.happened.connect(self._tell)
        self._worker.crashed.connect(self._tell_crash)
        self._worker.finished.connect(self._go_on)
        self._worker.start()

    def _tell(self, event: object) -> None:
        if not self._muted:
            self.happened.emit(event)

    def _tell_crash(self, error: Exception, trace: str) -> None:
        if self._muted:
            return
        if isinstance(error, CaptioningError):
            self.refused.emit(str(error))
        else:
            self.failed.emit(self.tr("An unexpected error: {error}").format(error=error), trace)

    def _go_on(self) -> None:
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.wait()
            worker.deleteLater()
        self._begin()
