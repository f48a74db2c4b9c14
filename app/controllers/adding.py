"""What is dropped comes into the library: a walk through files and folders for each drop."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from aaccore.events import Working
from app.walk_jobs import FilesAdded, FilesWalked, walk
from app.worker import Worker


class AddingController(QObject):
    """Runs the walks, as many at once as there are drops.

    Args:
        library_path: The library's file.
        parent: Owner.
    """

    added = Signal(object)  # tuple of ClipRow
    told = Signal(str)
    failed = Signal(str, str)

    def __init__(self, library_path: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._library_path = library_path
        self._walkers: list[Worker] = []
        self._closing = False

    def add(self, places: Sequence[Path], first: bool) -> None:
        """Put files, and the sounds in folders, into the queue; `first`: before all that waits."""
        if self._closing or not places:
            return
        walker = Worker(partial(walk, list(places), self._library_path, first), self)
        walker.happened.connect(self._on_walk)
        walker.crashed.connect(self._on_crashed)
        walker.finished.connect(partial(self._on_walked, walker))
        self._walkers.append(walker)
        walker.start()

    def shut_down(self) -> None:
        """Stop; what was found stays in the queue."""
        self._closing = True
        for walker in self._walkers:
            walker.cancel()
        for walker in self._walkers:
            walker.wait()

    def _on_walk(self, event: FilesAdded | Working | FilesWalked) -> None:
        if isinstance(event, FilesAdded):
            self.added.emit(event.rows)
        elif isinstance(event, FilesWalked):
            words = [self.tr("Added: {count}").format(count=event.added)]
            if event.here:
                words.append(self.tr("captioned already: {count}").format(count=event.here))
            if event.left_out:
                words.append(self.tr("left out, as they are no sound: {count}").format(count=event.left_out))
            self.told.emit("; ".join([*words, *event.problems[:1]]))

    def _on_crashed(self, error: Exception, details: str) -> None:
        self.failed.emit(str(error) or type(error).__name__, details)

    def _on_walked(self, walker: Worker) -> None:
        if walker in self._walkers:
            self._walkers.remove(walker)
            walker.deleteLater()
