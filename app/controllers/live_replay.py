"""A click on what was said: the moment is heard again."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, Signal

from app import live_jobs, live_session
from app.player import Heard, PlaybackFailed
from app.settings import Settings
from app.views.live_list import LiveList
from app.views.live_model import LiveLine
from app.worker import Worker


class LiveReplay(QObject):
    """Plays one moment at a time.

    Args:
        list: Where it is marked what is heard.
        settings: How loud.
        parent: Owner.

    Attributes:
        session: Whose moments these are.
    """

    failed = Signal(str, str)
    told = Signal(str)

    def __init__(self, list: LiveList, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._list, self._settings = list, settings
        self.session: live_session.LiveSession | None = None
        self._worker: Worker | None = None
        self._playing = 0
        self._next: LiveLine | None = None

    def play(self, line: LiveLine) -> None:
        """Play a moment; the one that is heard already falls silent."""
        if self._worker is not None:
            self._next = None if line.number == self._playing else line
            self._worker.cancel()
            return
        if self.session is None:
            return
        job = partial(live_jobs.replay, self.session, line.start_s, line.end_s, self._settings.value.volume)
        self._playing = line.number
        self._list.show_playing(line.number)
        self._worker = Worker(job, self)
        self._worker.happened.connect(self._on_event)
        self._worker.crashed.connect(self._on_crashed)
        self._worker.finished.connect(self._on_finished)
        self._worker.start()

    def stop(self) -> None:
        """Fall silent."""
        self._next = None
        if self._worker is not None:
            self._worker.cancel()

    def shut_down(self) -> None:
        """Fall silent, and wait for it."""
        self.stop()
        self.session = None
        if self._worker is not None:
            self._worker.wait()

    def _on_event(self, event: Heard | PlaybackFailed) -> None:
        if isinstance(event, PlaybackFailed):
            self.told.emit(event.reason)

    def _on_crashed(self, error: Exception, details: str) -> None:
        self.failed.emit(self.tr("This moment cannot be played: {reason}").format(reason=error), details)

    def _on_finished(self) -> None:
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.wait()
            worker.deleteLater()
        self._list.show_playing(0)
        line, self._next = self._next, None
        if line is not None:
            self.play(line)
