"""The one kind of thread in the application: it iterates a job and hands each event to the window's thread."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any, cast

from PySide6.QtCore import QObject, QThread, Signal


class Worker(QThread):
    """Runs a job: a function that returns a generator of events, called and iterated in this thread.

    Connect to bound methods of QObjects; they are called in the window's thread, where the Worker was made. After the
    last event, `crashed` where the job raised, QThread's own `finished` comes. Once it is cancelled no event comes any
    more, not even one that was on its way: who cancels may close what the events would have needed.

    Args:
        job: Makes the generator.
        parent: Owner.
    """

    happened = Signal(object)
    crashed = Signal(object, str)  # the exception, and its traceback as text
    _came = Signal(object)  # from the job's thread

    def __init__(self, job: Callable[[], Iterator[Any]], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._job = job
        self._cancelled = False
        self._came.connect(self._tell)  # queued, as this object lives in the window's thread

    def run(self) -> None:
        """Iterate the job until it ends or the thread is asked to stop; a stopped job is closed."""
        try:
            with closing(cast(Any, self._job())) as events:
                for event in events:
                    if self.isInterruptionRequested():
                        return
                    self._came.emit(event)
        except Exception as error:
            self.crashed.emit(error, traceback.format_exc())

    def cancel(self) -> None:
        """Ask the job to stop at its next event; returns at once."""
        self._cancelled = True
        self.requestInterruption()

    def _tell(self, event: object) -> None:
        if not self._cancelled:
            self.happened.emit(event)
