"""Getting Clotho: the dialog, and the download behind it."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from aaccore.downloads import Downloading
from aaccore.events import Working
from app.controllers.one_job import OneJob
from app.data_jobs import ClothoReady, get_clotho
from app.views.clotho_dialog import ClothoDialog


class ClothoDownload(QObject):
    """Opens the dialog, downloads and unpacks, and says where Clotho then lies.

    Args:
        place: The folder that is offered at first.
        parent: Owner.
    """

    got = Signal(object)  # Path of the folder
    failed = Signal(str, str)

    def __init__(self, place: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._place = place
        self.dialog: ClothoDialog | None = None
        self._job = OneJob(self)
        self._job.happened.connect(self._on_event)
        self._job.refused.connect(self._on_refused)
        self._job.failed.connect(self._on_failed)

    def open(self, parent: QWidget) -> None:
        """Ask where to; one dialog at a time."""
        if self.dialog is not None:
            self.dialog.raise_()
            return
        self.dialog = ClothoDialog(str(self._place), parent)
        self.dialog.get_requested.connect(self._get)
        self.dialog.finished.connect(self._on_closed)
        self.dialog.open()

    def shut_down(self) -> None:
        """Stop the download, and wait for it; what has come is kept."""
        if self.dialog is not None:
            self.dialog.reject()
        self._job.shut_down()

    def _get(self, folder: Path, version: str) -> None:
        self._place = folder
        if self.dialog is not None:
            self.dialog.show_progress(self.tr("Starting…"), None)
        self._job.start(partial(get_clotho, folder, "1.0" if version == "1.0" else "2.1"))

    def _on_event(self, event: Downloading | Working | ClothoReady) -> None:
        if isinstance(event, ClothoReady):
            self.got.emit(event.folder)
            if self.dialog is not None:
                self.dialog.accept()
        elif self.dialog is not None:
            self.dialog.show_progress(event.message, event.done)

    def _on_refused(self, words: str) -> None:
        if self.dialog is not None:
            self.dialog.show_problem(words)

    def _on_failed(self, words: str, details: str) -> None:
        self._on_refused(words)
        self.failed.emit(words, details)

    def _on_closed(self) -> None:
        dialog, self.dialog = self.dialog, None
        self._job.cancel()
        if dialog is not None:
            dialog.deleteLater()
