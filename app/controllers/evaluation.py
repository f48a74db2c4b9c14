"""Evaluating a run's model on a split: the dialog, and the work behind it."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from aaccore.events import Working
from app.controllers.clip import ClipController
from app.controllers.one_job import OneJob
from app.data_jobs import evaluate_model
from app.model_scores import ModelScores
from app.run_row import RunRow
from app.settings import Settings
from app.views.evaluate_dialog import EvaluateDialog


class EvaluationController(QObject):
    """Opens the dialog, and lets the queue of files wait while the model is used here.

    Args:
        settings: Where models run, and how recordings are shown.
        parent: Owner.
    """

    failed = Signal(str, str)
    holding = Signal(object)  # why the queue of files has to wait, None where it need not

    def __init__(self, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self._listening = False
        self.dialog: EvaluateDialog | None = None
        self._clip: ClipController | None = None
        self._row: RunRow | None = None
        self._model = Path()
        self._job = OneJob(self)
        self._job.happened.connect(self._on_event)
        self._job.refused.connect(self._on_refused)
        self._job.failed.connect(self._on_failed)
        self._job.ended.connect(partial(self.holding.emit, None))

    def open(self, row: RunRow, model: Path, parent: QWidget) -> None:
        """Ask on what to evaluate one of a run's models; one dialog at a time."""
        if self.dialog is not None:
            self.dialog.raise_()
            return
        if row.options is None:
            return
        self._row, self._model = row, model
        data = row.options.data
        self.dialog = EvaluateDialog(row.name, data.folder, next(iter(data.validation), ""), parent)
        self.dialog.show_live(self._listening)
        self._clip = ClipController(self.dialog.clip_view, self._settings, self)
        self._clip.failed.connect(self.failed)
        self.dialog.sound_chosen.connect(self._clip.open)
        self.dialog.evaluate_requested.connect(self._evaluate)
        self.dialog.finished.connect(self._on_closed)
        self.dialog.open()

    def note_live(self, reason: str | None) -> None:
        """Take note of whether Live listens; None: it does not."""
        self._listening = reason is not None
        if self.dialog is not None:
            self.dialog.show_live(self._listening)

    def shut_down(self) -> None:
        """Stop what works, and wait for it."""
        if self.dialog is not None:
            self.dialog.reject()
        self._job.shut_down()

    def _evaluate(self, folder: Path, split: str) -> None:
        row = self._row
        if self.dialog is None or row is None or row.options is None:
            return
        self.holding.emit(self.tr("A model is being evaluated. The queue waits, and goes on when that is done."))
        self.dialog.show_progress(self.tr("Starting…"), None)
        device = self._settings.value.device
        self._job.start(partial(evaluate_model, self._model, device, row.options, folder, split))

    def _on_event(self, event: Working | ModelScores) -> None:
        if self.dialog is None:
            return
        if isinstance(event, ModelScores):
            self.dialog.show_scores(event)
        else:
            self.dialog.show_progress(event.message, event.done)

    def _on_refused(self, words: str) -> None:
        if self.dialog is not None:
            self.dialog.show_problem(words)

    def _on_failed(self, words: str, details: str) -> None:
        self._on_refused(words)
        self.failed.emit(words, details)

    def _on_closed(self) -> None:
        self._job.cancel()
        if self._clip is not None:
            self._clip.shut_down()
            self._clip.deleteLater()
            self._clip = None
        dialog, self.dialog = self.dialog, None
        if dialog is not None:
            dialog.deleteLater()
