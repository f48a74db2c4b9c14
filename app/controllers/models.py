"""The models page's controller: which model captions, and taking models in and out."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QFileDialog, QMessageBox

from aaccore.events import Working
from app import models_jobs
from app.controllers.one_job import OneJob
from app.controllers.weights import WeightsController
from app.models_jobs import ModelRemoved, ModelsListed
from app.settings import Preferences, Settings
from app.views.models_page import ModelsPage

if TYPE_CHECKING:
    from aaccore.models_folder import Model, ModelAdded


class ModelsController(QObject):
    """Keeps the page, the models folder and the settings in step; one thing at a time, the others wait.

    Args:
        page: The page.
        models: The models folder.
        settings: Which model captions.
        parent: Owner.
    """

    failed = Signal(str, str)
    told = Signal(str)

    def __init__(self, page: ModelsPage, models: Path, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.page, self._folder, self._settings = page, models, settings
        self._models: tuple[Model, ...] = ()
        self._job = OneJob(self)
        self._waiting: deque[tuple[Callable[[], Iterator[Any]], str]] = deque()
        self._added = ""
        self._asking: QMessageBox | None = None
        self._stopped = self._silent = False
        self.weights = WeightsController(page.weights, self)
        self.weights.failed.connect(self.failed)
        self.weights.told.connect(self.told)
        self._job.happened.connect(self._on_event)
        self._job.refused.connect(self._on_refused)
        self._job.failed.connect(self._on_failed)
        self._job.ended.connect(self._on_ended)
        page.shown.connect(self.reload)
        page.list.looked_at.connect(self._look_at)
        page.detail.use_requested.connect(self.use)
        page.detail.remove_requested.connect(self._ask_to_remove)
        page.zip_requested.connect(self._ask_for_zip)
        page.folder_requested.connect(self._ask_for_folder)
        page.dropped.connect(self.add)
        page.notice.cancelled.connect(self._cancel)
        settings.changed.connect(self._take)

    def busy(self) -> bool:
        """Whether something is under way."""
        return self._job.busy or self.weights.busy()

    def reload(self) -> None:
        """Look at the models and weights that are here."""
        self._do(partial(models_jobs.list_models, self._folder), "")
        self.weights.reload()

    def use(self, model: Model) -> None:
        """Let a model say what is heard, from the next caption on."""
        self._settings.change(model="" if model.bundled else str(model.folder))
        self.told.emit(self.tr("From the next caption on: {name}").format(name=model.name))

    def add(self, sources: Sequence[Path]) -> None:
        """Take models in from folders and zip files, once they are checked."""
        self.page.show_way(0)
        for source in sources:
            words = self.tr("Adding {name}").format(name=source.name)
            self._do(partial(models_jobs.add_model, source, self._folder), words)

    def remove(self, name: str) -> None:
        """Delete a model from the models folder."""
        words = self.tr("Removing {name}").format(name=name)
        self._do(partial(models_jobs.remove_model, name, self._folder), words)

    def shut_down(self) -> None:
        """Stop; of a model that was being added nothing is left."""
        self._waiting.clear()
        if self._asking is not None:
            self._asking.reject()
        self._job.shut_down()
        self.weights.shut_down()

    # Asking

    def _ask_for_zip(self) -> None:
        dialog = QFileDialog(self.page.window(), self.tr("Add a model"), "", self.tr("Models (*.zip)"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        self._open(dialog)

    def _ask_for_folder(self) -> None:
        dialog = QFileDialog(self.page.window(), self.tr("Add a model's folder"))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        self._open(dialog)

    def _open(self, dialog: QFileDialog) -> None:
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.filesSelected.connect(self._add_selected)
        dialog.open()

    def _add_selected(self, names: list[str]) -> None:
        self.add([Path(name) for name in names])

    def _ask_to_remove(self, model: Model) -> None:
        box = QMessageBox(self.page.window())
        box.setIcon(QMessageBox.Icon.Question)
        box.setWindowTitle(self.tr("Remove a model"))
        box.setText(self.tr("Remove {name} from this computer?").format(name=model.name))
        used = model.name == self._name_in_use()
        ends = self.tr("It is in use; the model that came with Auricle takes its place.") if used else ""
        box.setInformativeText(f"{ends} {self.tr('Captions that it has found stay.')}".strip())
        box.setStandardButtons(QMessageBox.StandardButton.Ok | QMessageBox.StandardButton.Cancel)
        box.setDefaultButton(QMessageBox.StandardButton.Cancel)
        box.button(QMessageBox.StandardButton.Ok).setText(self.tr("Remove"))
        box.finished.connect(partial(self._on_answered, model.name))
        self._asking = box
        box.open()

    def _on_answered(self, name: str, answer: int) -> None:
        if self._asking is not None:
            self._asking.deleteLater()
            self._asking = None
        if answer == QMessageBox.StandardButton.Ok:
            self.remove(name)

    # Work

    def _do(self, job: Callable[[], Iterator[Any]], words: str) -> None:
        self._waiting.append((job, words))
        if not self._job.busy:
            self._start()

    def _start(self) -> None:
        job, words = self._waiting.popleft()
        if words:
            self.page.notice.show_work(words, None)
        self._silent = not words
        self._job.start(job)

    def _cancel(self) -> None:
        self._stopped = self._job.busy
        self._job.cancel()

    def _on_event(self, event: Working | ModelsListed | ModelAdded | ModelRemoved) -> None:
        if isinstance(event, Working):
            if not self._silent:
                self.page.notice.show_work(event.message, event.done)
        elif isinstance(event, ModelsListed):
            self._models = event.models
            self.page.list.show_models(self._models, self._name_in_use())
            if self._added:
                self.page.list.look_at(self._added)
                self._added = ""
        elif isinstance(event, ModelRemoved):
            self._forget(event.name)
            self.page.notice.show_result(self.tr("Removed: {name}").format(name=event.name))
            self._waiting.append((partial(models_jobs.list_models, self._folder), ""))
        else:
            self._added = event.name
            words = self.tr("Added: {name}. Press “Use this model” to caption with it.").format(name=event.name)
            self.page.notice.show_result(words)
            self._waiting.append((partial(models_jobs.list_models, self._folder), ""))

    def _on_refused(self, words: str) -> None:
        self.page.notice.show_result(words, kind="error")

    def _on_failed(self, words: str, details: str) -> None:
        self.page.notice.hide()
        self.failed.emit(words, details)

    def _on_ended(self) -> None:
        if self._stopped:
            self._stopped = False
            self.page.notice.show_result(self.tr("Stopped; nothing of it was kept."), kind="info")
        if self._waiting:
            self._start()

    # The one in use

    def _forget(self, name: str) -> None:
        """A model is gone; if it captioned, the bundled one does."""
        if self._settings.value.model and Path(self._settings.value.model).name == name:
            self._settings.change(model="")

    def _name_in_use(self) -> str:
        """Name of the model that captions; empty where it is none of those that are here."""
        chosen = self._settings.value.model
        for model in self._models:
            if (not chosen and model.bundled) or (chosen and Path(chosen) == model.folder):
                return model.name
        return ""

    def _look_at(self, model: Model | None) -> None:
        self.page.detail.show_model(model, model is not None and model.name == self._name_in_use())

    def _take(self, preferences: Preferences) -> None:
        self.page.list.show_models(self._models, self._name_in_use())
