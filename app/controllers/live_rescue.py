"""What a crash has left of a live session: offered once."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app import live_jobs
from app.live_store import Kept, recordings_folder
from app.views.live_page import LivePage
from app.worker import Worker


class LiveRescue(QObject):
    """Looks once, when the page is first shown.

    Args:
        page: Where it is offered.
        library_path: The library's file; sessions lie beside it.
        parent: Owner.
    """

    failed = Signal(str, str)
    told = Signal(str)
    rescued = Signal(list)  # of Path

    def __init__(self, page: LivePage, library_path: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._page, self._library_path, self._folder = page, library_path, library_path.parent
        self._worker: Worker | None = None
        self._looked = False
        self._offered: tuple[Path, ...] = ()
        page.shown.connect(self._look)
        page.left_over_answered.connect(self._answer)

    def shut_down(self) -> None:
        """Delete what was offered and not wanted."""
        if self._worker is not None:
            self._worker.wait()
        if self._offered:
            worker = Worker(partial(live_jobs.rescue_left_over, self._offered, self._folder, False), self)
            worker.start()
            worker.wait()
            self._offered = ()

    def _look(self) -> None:
        if not self._looked:
            self._looked = True
            self._start(Worker(partial(live_jobs.find_left_over, self._library_path, self._folder), self))

    def _answer(self, keep: bool) -> None:
        self._page.offer_left_over(0)
        folders, self._offered = self._offered, ()
        self._start(Worker(partial(live_jobs.rescue_left_over, folders, recordings_folder(self._folder), keep), self))

    def _start(self, worker: Worker) -> None:
        self._worker = worker
        worker.happened.connect(self._on_event)
        worker.crashed.connect(self._on_crashed)
        worker.finished.connect(self._on_finished)
        worker.start()

    def _on_event(self, event: live_jobs.LeftOver | live_jobs.Rescued | Kept) -> None:
        if isinstance(event, live_jobs.LeftOver):
            self._offered = event.folders
            self._page.offer_left_over(len(event.folders))
        elif isinstance(event, live_jobs.Rescued):
            self.rescued.emit([event.path])
        else:
            self.told.emit(self.tr("A recording that was cut off is in the library: {path}").format(path=event.path))

    def _on_crashed(self, error: Exception, details: str) -> None:
        self.failed.emit(self.tr("What was left of a session cannot be read: {reason}").format(reason=error), details)

    def _on_finished(self) -> None:
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.wait()
            worker.deleteLater()
