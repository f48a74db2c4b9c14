"""Published weights: which are here, downloads that can be cancelled and go on, and taking them from files."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QFileDialog

from aaccore.events import Working
from app import models_jobs
from app.controllers.one_job import OneJob
from app.models_jobs import WeightsFound, WeightsReady
from app.views.file_size import size_words
from app.views.weights_list import WeightsList

if TYPE_CHECKING:
    from aaccore.downloads import Downloading


class WeightsController(QObject):
    """One download or file at a time, the others wait. Nothing touches the network before a button is pressed.

    Args:
        view: The list.
        parent: Owner.

    Attributes:
        cache: Replaces the user's cache folder.
        server: Replaces the server of the PANNs.
    """

    failed = Signal(str, str)
    told = Signal(str)

    def __init__(self, view: WeightsList, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._view = view
        self.cache: Path | None = None
        self.server: str | None = None
        self._found: dict[str, WeightsFound] = {}
        self._problems: dict[str, str] = {}
        self._looking, self._job = OneJob(self), OneJob(self)
        self._name = ""
        self._waiting: deque[str | Path] = deque()
        view.pressed.connect(self._press)
        view.file_requested.connect(self._ask_for_file)
        self._looking.happened.connect(self._on_found)
        self._looking.failed.connect(self.failed)
        self._job.happened.connect(self._on_event)
        self._job.refused.connect(self._on_refused)
        self._job.failed.connect(self._on_failed)
        self._job.ended.connect(self._on_ended)

    def busy(self) -> bool:
        """Whether something is under way."""
        return self._job.busy or self._looking.busy

    def reload(self) -> None:
        """Look which weights are here."""
        if not self._looking.busy:
            self._looking.start(partial(models_jobs.look_at_weights, self.cache))

    def take(self, path: str) -> None:
        """Take weights out of a file."""
        self._waiting.append(Path(path))
        self._start()

    def shut_down(self) -> None:
        """Stop; what has come of a download is kept for next time."""
        self._waiting.clear()
        self._looking.shut_down()
        self._job.shut_down()

    def _press(self, name: str) -> None:
        """Download, or stop doing so."""
        if name == self._name and self._job.busy:
            self._job.cancel()
        elif name in self._waiting:
            self._waiting.remove(name)
            self._show(name)
        else:
            self._problems.pop(name, None)
            self._waiting.append(name)
            self._show(name)
            self._start()

    def _ask_for_file(self) -> None:
        dialog = QFileDialog(self._view.window(), self.tr("Load weights from a file"), "",
                             self.tr("Weights (*.pth *.safetensors);;All files (*)"))  # fmt: skip
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self.take)
        dialog.open()

    def _start(self) -> None:
        if self._job.busy or not self._waiting:
            return
        wanted = self._waiting.popleft()
        if isinstance(wanted, Path):
            self._name = ""
            self._view.notice.show_work(self.tr("Reading {name}").format(name=wanted.name), None)
            job: Callable[[], Iterator[Any]] = partial(models_jobs.take_file, wanted, self.cache)
        else:
            self._name = wanted
            job = partial(models_jobs.download, wanted, self.cache, self.server)
        self._job.start(job)
        if self._name:
            self._show(self._name)

    def _on_found(self, found: WeightsFound) -> None:
        self._found[found.name] = found
        self._show(found.name)

    def _on_event(self, event: Downloading | Working | WeightsReady) -> None:
        if isinstance(event, WeightsReady):
            if self._name:
                self.told.emit(self.tr("Downloaded: {name}").format(name=event.words))
            else:
                self._view.notice.show_result(event.words)
        elif self._name:
            row = self._view.row(self._name, self._found[self._name].weights)
            row.show_state(event.message, "download", "accent", event.done, "cancel")
        else:
            self._view.notice.show_work(event.message, event.done)

    def _on_refused(self, words: str) -> None:
        if self._name:
            self._problems[self._name] = words
        else:
            self._view.notice.show_result(words, kind="error")

    def _on_failed(self, words: str, details: str) -> None:
        self._on_refused(words)
        self.failed.emit(words, details)

    def _on_ended(self) -> None:
        name, self._name = self._name, ""
        if name:
            self._show(name)
        self.reload()
        self._start()

    def _show(self, name: str) -> None:
        """Show how some weights stand; those under way show it themselves."""
        found = self._found[name]
        row = self._view.row(name, found.weights)
        if name == self._name:
            if not row.bar.isVisible():
                row.show_state(self.tr("Begins…"), "clock", "accent", None, "cancel")
        elif name in self._waiting:
            row.show_state(self.tr("Waits for its turn"), "clock", "muted", 0.0, "cancel")
        elif found.here:
            row.show_state(self.tr("Here"), "check", "success")
        elif name in self._problems:
            row.show_state(self._problems[name], "error", "error", button="resume" if found.kept_bytes else "download")
        elif found.kept_bytes:
            words = self.tr("Stopped; {size} are here already").format(size=size_words(found.kept_bytes))
            row.show_state(words, "pause", "muted", button="resume")
        else:
            row.show_state(self.tr("Not here"), "info", "muted", button="download")
