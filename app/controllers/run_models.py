"""A run's model: into the models folder and into use, or out as a zip file."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from aaccore.events import Working
from app.controllers.one_job import OneJob
from app.run_row import RunRow
from app.settings import Settings
from app.training_jobs import ModelTaken, export_model, take_model


class RunModels(QObject):
    """Copies and packs models, one after the other.

    Args:
        models: The models folder.
        settings: Where the model that captions is kept.
        parent: Owner.
    """

    failed = Signal(str, str)
    told = Signal(str)

    def __init__(self, models: Path, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._models, self._settings = models, settings
        self._job = OneJob(self)
        self._job.happened.connect(self._on_event)
        self._job.refused.connect(lambda words: self.failed.emit(words, ""))
        self._job.failed.connect(self.failed)

    def use(self, row: RunRow, model: Path) -> None:
        """Make one of a run's models the one that captions."""
        if not self._is_busy():
            name = re.sub(r"[^\w .()-]+", "-", row.name).strip(" .-()") or "model"
            self._job.start(partial(take_model, model, name, self._models))

    def export(self, row: RunRow, model: Path, parent: QWidget) -> None:
        """Ask where to, and write one of a run's models as a zip file."""
        if self._is_busy():
            return
        start = str(Path.home() / f"{row.name}.zip")
        found, _ = QFileDialog.getSaveFileName(parent, self.tr("Export the model"), start, self.tr("Zip file (*.zip)"))
        if found:
            path = Path(found)
            self._job.start(partial(export_model, model, path if path.suffix else path.with_suffix(".zip")))

    def shut_down(self) -> None:
        """Stop what works, and wait for it."""
        self._job.shut_down()

    def _is_busy(self) -> bool:
        if self._job.busy:
            self.told.emit(self.tr("Another model is still being copied; try again in a moment"))
        return self._job.busy

    def _on_event(self, event: Working | ModelTaken) -> None:
        if isinstance(event, Working):
            self.told.emit(event.message)
        else:
            self._settings.change(model=str(event.folder))
            self.told.emit(self.tr("{name} captions from now on").format(name=event.folder.name))
