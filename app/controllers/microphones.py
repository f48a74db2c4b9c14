"""What can be listened to: looked for when the page is shown, on demand, and while nothing listens."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from app import live_jobs
from app.settings import Settings
from app.views.live_page import LivePage
from app.worker import Worker

if TYPE_CHECKING:
    from aaccore.microphone import Microphone

LOOK_MS = 4000
"""How often it is looked while the page is in sight and nothing listens."""


class Microphones(QObject):
    """Keeps the page's list up to date.

    Args:
        page: The page.
        settings: Keep what was chosen last.
        find: Looks for them.
        parent: Owner.
    """

    failed = Signal(str, str)
    told = Signal(str)
    about_to_reset = Signal()  # what plays through PortAudio falls silent

    def __init__(
        self, page: LivePage, settings: Settings, find: live_jobs.FindMicrophones, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._page, self._settings, self._find = page, settings, find
        self._worker: Worker | None = None
        self._known: tuple[Microphone, ...] | None = None
        self._idle = True
        self._timer = QTimer(self, interval=LOOK_MS)
        self._timer.timeout.connect(self._look_by_itself)
        page.shown.connect(self._look_by_itself)
        page.bar.refresh_requested.connect(self.look_again)
        page.empty.refresh_requested.connect(self.look_again)
        page.bar.source_chosen.connect(self._choose)
        page.show_usable(True)

    def watch(self, idle: bool) -> None:
        """Look from time to time, but not while something listens."""
        self._idle = idle

    def look_again(self) -> None:
        """Look, and let PortAudio look, for devices that came or went."""
        self.about_to_reset.emit()
        self._look(True)

    def shut_down(self) -> None:
        """Wait for what works."""
        self._timer.stop()
        self._idle = False
        if self._worker is not None:
            self._worker.cancel()
            self._worker.wait()

    def _look_by_itself(self) -> None:
        self._timer.start()
        if self._page.isVisible():
            self._look(False)

    def _look(self, refresh: bool) -> None:
        if self._worker is not None or not self._idle:
            return
        if refresh or self._known is None:
            self._page.empty.show_help("", True)
        self._worker = Worker(partial(self._find, refresh), self)
        self._worker.happened.connect(self._on_found)
        self._worker.crashed.connect(self._on_crashed)
        self._worker.finished.connect(self._on_finished)
        self._worker.start()

    def _on_found(self, found: live_jobs.MicrophonesFound) -> None:
        if not found.microphones:
            self._page.empty.show_help(found.help, False)
        if found.microphones != self._known:
            self._known = found.microphones
            self._page.bar.show_microphones(found.microphones, self._settings.value.live_source)
            self._page.bar.sources.setToolTip(found.help or self.tr("What to listen to"))
            if self._idle:
                self._page.show_usable(bool(found.microphones))

    def _on_crashed(self, error: Exception, details: str) -> None:
        self._timer.stop()
        self.failed.emit(self.tr("Microphones cannot be listed: {reason}").format(reason=error), details)

    def _on_finished(self) -> None:
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.wait()
            worker.deleteLater()

    def _choose(self, name: str) -> None:
        self._settings.change(live_source=name)
