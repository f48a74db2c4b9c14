"""Published weights: which are here, downloads that can be cancelled and go on, and taking them from files."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QFileDialog

from aaccore.errors import CaptioningError
from aaccore.events import Working
from app import models_jobs
from app.models_jobs import WeightsFound, WeightsReady
from app.views.file_size import size_words
from app.views.weights_list import WeightsList
from app.worker import Worker

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
        self._looker: Worker | None = None
        self._worker: Worker | None = None
        self._name = ""
        self._waiting: deque[str | Path] = deque()
        self._closing = False
        view.pressed.connect(self._press)
        view.file_requested.connect(self._ask_for_file)

    def busy(self) -> bool:
        """Whether something is under way."""
        return self._worker is not None or self._looker is not None

    def reload(self) -> None:
        """Look which weights are here."""
        if self._looker is not None or self._closing:
            return
        self._looker = Worker(partial(models_jobs.look_at_weights, self.cache), self)
        self._looker.happened.connect(self._on_found)
        self._looker.crashed.connect(self._on_looker_crashed)
        self._looker.finished.connect(self._on_looked)
        self._looker.start()

    def take(self, path: str) -> None:
        """Take weights out of a file."""
        self._waiting.append(Path(path))
        self._start()

    def shut_down(self) -> None:
        """Stop; what has come of a download is kept for next time."""
        self._closing = True
        self._waiting.clear()
        for worker in (self._looker, self._worker):
            if worker is not None:
                worker.cancel()
                worker.wait()

    def _press(self, name: str) -> None:
        """Download, or stop doing so."""
        if name == self._name and self._worker is not None:
            self._worker.cancel()
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
        if self._worker is not None or not self._waiting or self._closing:
            return
        wanted = self._waiting.popleft()
        if isinstance(wanted, Path):
            self._name = ""
            self._view.notice.show_work(self.tr("Reading {name}").format(name=wanted.name), None)
            job: Callable[[], Iterator[Any]] = partial(models_jobs.take_file, wanted, self.cache)
        else:
            self._name = wanted
            job = partial(models_jobs.download, wanted, self.cache, self.server)
        self._worker = Worker(job, self)
        self._worker.happened.connect(self._on_event)
        self._worker.crashed.connect(self._on_crashed)
        self._worker.finished.connect(self._on_finished)
        self._worker.start()
        if self._name:
            self._show(self._name)

    def _on_found(self, found: WeightsFound) -> None:
        if not self._closing:
            self._found[found.name] = found
            self._show(found.name)

    def _on_event(self, event: Downloading | Working | WeightsReady) -> None:
        if self._closing:
            return
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

    def _on_crashed(self, error: Exception, details: str) -> None:
        if not isinstance(error, CaptioningError):
            self.failed.emit(str(error) or type(error).__name__, details)
        if self._name:
            self._problems[self._name] = str(error)
        else:
            self._view.notice.show_result(str(error), kind="error")

    def _on_looker_crashed(self, error: Exception, details: str) -> None:
        self.failed.emit(str(error) or type(error).__name__, details)

    def _on_finished(self) -> None:
        if self._worker is not None:
            self._worker.wait()
            self._worker.deleteLater()
            self._worker = None
        name, self._name = self._name, ""
        if name:
            self._show(name)
        self.reload()
        self._start()

    def _on_looked(self) -> None:
        if self._looker is not None:
            self._looker.wait()
            self._looker.deleteLater()
            self._looker = None

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
