"""Which files of the library are still there: looked for little by little, while the page is in front."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication

from aaccore.library_files import NEWEST, FilesLooked
from app import library_jobs
from app.controllers.one_job import OneJob
from app.views.library_page import LibraryPage

SETTLE_MS = 300
"""So long after the last key or turn of the wheel the files of what is in sight are looked for."""
REST_MS = 1000
"""Between two looks at others, each of which is short: disks and networks are there for other work too."""
ROUND_MS = 600_000
"""After all have been looked for, before it begins again."""


class LibraryWatchController(QObject):
    """Looks for files without being asked: first for what is in sight, then for all from the newest on.

    Args:
        page: The page.
        library_path: The library's file.
        parent: Owner.
    """

    failed = Signal(str, str)
    told = Signal(str)
    marked = Signal(list, list)  # numbers of recordings whose files are missing now, and of those that are there again

    def __init__(self, page: LibraryPage, library_path: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._page, self._library_path = page, library_path
        self._job = OneJob(self)
        self._job.happened.connect(self._on_looked)
        for trouble, heard in ((self._job.refused, self.told), (self._job.failed, self.failed)):
            trouble.connect(self._rest)
            trouble.connect(heard)
        self._job.ended.connect(self._go_on)
        self._below = NEWEST
        self._look_in_sight = self._closing = False
        self._next = QTimer(self, singleShot=True)
        self._next.timeout.connect(self._look)
        self._round = QTimer(self, singleShot=True, interval=ROUND_MS)
        self._round.timeout.connect(self.begin_again)
        page.shown.connect(self.look_soon)
        page.hidden.connect(self._next.stop)
        page.hits.sight_changed.connect(self.look_soon)
        page.hits.opened.connect(self.look_soon)
        app = QGuiApplication.instance()
        assert isinstance(app, QGuiApplication)
        app.applicationStateChanged.connect(self._on_state)

    def look_soon(self) -> None:
        """Look for the files of what is in sight."""
        self._look_in_sight = True
        self._go_on()

    def begin_again(self) -> None:
        """Look for all files once more, little by little."""
        self._below = NEWEST
        self._go_on()

    def busy(self) -> bool:
        """Whether files are being looked for."""
        return self._job.busy

    def shut_down(self) -> None:
        """Stop, and wait for the end."""
        self._closing = True
        self._next.stop()
        self._round.stop()
        self._job.shut_down()

    def _on_state(self, state: Qt.ApplicationState) -> None:
        """Whoever comes back from a file browser may have moved files there."""
        if state == Qt.ApplicationState.ApplicationActive:
            self.look_soon()

    def _go_on(self) -> None:
        """Look again in a while, if there is anything to look for and anybody to see it."""
        if not self._job.busy and not self._closing and self._page.isVisible():
            if self._look_in_sight:
                self._next.start(SETTLE_MS)
            elif self._below:
                self._next.start(REST_MS)

    def _look(self) -> None:
        first = self._page.recordings_in_sight() if self._look_in_sight else []
        self._look_in_sight = False
        self._job.start(partial(library_jobs.look_at_files, self._library_path, first, self._below))

    def _on_looked(self, looked: FilesLooked) -> None:
        if self._below and not looked.below:
            self._round.start()
        self._below = looked.below
        if looked.missing or looked.found:
            self.marked.emit(list(looked.missing), list(looked.found))

    def _rest(self) -> None:
        """Nobody asked for it: where the library cannot be written just now, the next round will do."""
        self._below = 0
        self._round.start()
