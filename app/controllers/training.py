"""Decides for the training page: follows all runs, starts and stops their processes, opens the form of a new one."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QMessageBox

from aaccore import runs
from aaccore.errors import ConfigError
from aaccore.events import Working
from aaccore.recipe import Teaching, Training
from app.controllers.clotho import ClothoDownload
from app.controllers.evaluation import EvaluationController
from app.controllers.new_run import NewRun
from app.controllers.one_job import OneJob
from app.controllers.run_details import RunDetails
from app.controllers.run_models import RunModels
from app.controllers.run_processes import RunProcesses
from app.controllers.teaching import TeachingController
from app.file_browser import open_folder
from app.run_row import RunRow
from app.settings import Preferences, Settings
from app.training_jobs import Places, RunsRead, delete_run, follow
from app.views.training_page import TrainingPage
from app.worker import Worker


class TrainingController(QObject):
    """Between the training page and the folders of runs.

    Args:
        page: The page.
        library_path: The library's file; `runs` and `models` lie beside it.
        settings: Which model captions, and which runs from elsewhere are followed.
        parent: Owner.
    """

    failed = Signal(str, str)
    told = Signal(str)
    holding = Signal(object)  # why the queue of files has to wait, None where it need not

    def __init__(
        self, page: TrainingPage, library_path: Path, settings: Settings, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        data = library_path.parent
        self.page, self._settings = page, settings
        self.places = Places(data / "runs", tuple(Path(folder) for folder in settings.value.run_folders))
        self.processes = RunProcesses(self.places, self)
        self._rows: dict[Path, RunRow] = {}
        self._shown: list[RunRow] = []  # in the panel
        self._wanted: Path | None = None  # to be chosen once it is listed
        self.new_run: NewRun | None = None
        self.details = RunDetails(page.panel, settings, self)
        self.models = RunModels(data / "models", settings, self)
        self.clotho = ClothoDownload(data / "clotho", self)
        self.evaluation = EvaluationController(settings, self)
        self.teaching = TeachingController(library_path, self.places, settings, self)
        self._deleting = OneJob(self)
        self._connect()
        self._take(settings.value)
        self._follower = Worker(partial(follow, self.places), self)
        self._follower.happened.connect(self._on_read)
        self._follower.crashed.connect(self._on_crashed)
        self._follower.start()

    def shut_down(self) -> None:
        """Stop following; the runs go on."""
        self.processes.forget()
        self._follower.cancel()
        if self.new_run is not None:
            self.new_run.shut_down()
        for part in (self.details, self.models, self.clotho, self.evaluation, self.teaching, self._deleting):
            part.shut_down()
        self._follower.wait()

    def _connect(self) -> None:
        page, panel = self.page, self.page.panel
        page.new_requested.connect(self._new)
        page.open_requested.connect(self._open)
        page.clotho_requested.connect(self._get_clotho)
        page.list.chosen_changed.connect(self._show)
        page.list.delete_requested.connect(self._delete_chosen)
        panel.stop_requested.connect(self._stop)
        panel.resume_requested.connect(self._resume)
        panel.duplicate_requested.connect(self._duplicate)
        panel.folder_requested.connect(self._open_in_system)
        panel.delete_requested.connect(self._delete)
        panel.use_requested.connect(lambda folder, model: self.models.use(self._rows[folder], model))
        panel.export_requested.connect(lambda folder, model: self.models.export(self._rows[folder], model, page))
        panel.evaluate_requested.connect(lambda folder, model: self.evaluation.open(self._rows[folder], model, page))
        panel.keep_requested.connect(lambda folder: self.teaching.keep_former(self._rows[folder]))
        page.teach_requested.connect(self.teach)
        self.teaching.ready.connect(self._start)
        self._settings.changed.connect(self._take)
        self.evaluation.holding.connect(self.holding)
        self.clotho.got.connect(self._on_clotho)
        self._deleting.refused.connect(lambda words: self.failed.emit(words, ""))
        for part in (self.details, self.models, self.teaching):
            part.told.connect(self.told)
        for one in (self.details, self.models, self.clotho, self.evaluation, self.teaching, self._deleting):
            one.failed.connect(self.failed)

    def teach(self) -> None:
        """Ask whether to teach the model in use what was corrected in the library."""
        self.teaching.open(self.page.window())

    def _take(self, preferences: Preferences) -> None:
        """The run whose model is in use says so."""
        self.places.chosen = Path(preferences.model) if preferences.model else None
        self.places.now.set()

    def _on_read(self, event: RunsRead | Working) -> None:
        if not isinstance(event, RunsRead):
            return
        for row in event.rows:
            former = self._rows.get(row.folder)
            if former is not None and former.alive and not row.alive:
                self._tell_end(row)
        self._rows = {row.folder: row for row in event.rows}
        if self.new_run is not None:
            self.new_run.take_rows(event.rows)
        self.page.list.show_runs(event.rows)
        if self._wanted in self._rows:
            self.page.list.choose([self._wanted])
            self._wanted = None
        if not self.page.form_shown():
            self._show_list()

    def _tell_end(self, row: RunRow) -> None:
        words = {
            "finished": self.tr("{name} is trained: its model can be used"),
            "taught": self.tr("{name} is taught: see before and after on the Training page"),
            "stopped": self.tr("{name} has stopped, and can go on from here"),
            "failed": self.tr("{name} failed: {words}"),
            "vanished": self.tr("The process of {name} ended without a word"),
        }
        state = "taught" if row.taught is not None else row.state
        if state in words:
            self.told.emit(words[state].format(name=row.name, words=row.words))

    def _show_list(self) -> None:
        self.page.show_runs(bool(self._rows))

    def _show(self) -> None:
        chosen = self.page.list.chosen()
        new = len(chosen) != len(self._shown) or any(a is not b for a, b in zip(chosen, self._shown, strict=True))
        if chosen and new:
            self._shown = chosen
            self.page.panel.show_runs(chosen)
            self.details.show_runs(chosen)

    def _new(self, preset: Path | None = None) -> NewRun:
        """Open the form, which is made when it is first wanted."""
        if self.new_run is None:
            self.new_run = NewRun(self.page.form, self.places.own, self)
            self.new_run.take_rows(list(self._rows.values()))
            self.new_run.ready.connect(self._start)
            self.new_run.closed.connect(self._show_list)
            self.new_run.told.connect(self.told)
            self.new_run.failed.connect(self.failed)
            self.page.form.clotho_requested.connect(self._get_clotho)
        self.new_run.open(preset)
        self.page.show_form()
        return self.new_run

    def _duplicate(self, folder: Path) -> None:
        self._new(folder / runs.RUN)

    def _resume(self, folder: Path) -> None:
        options = self._rows[folder].options or self._rows[folder].teaching
        if options is None:
            self.failed.emit(self.tr("{file}: cannot be read").format(file=folder / runs.RUN), "")
        else:
            self._start(folder, options)

    def _start(self, folder: Path, options: Training | Teaching) -> None:
        try:
            self.processes.start(folder, options)
        except ConfigError as error:
            self.failed.emit(str(error), "")
            return
        self._wanted = folder
        if self.page.form_shown():
            self.page.show_runs(True)

    def _stop(self, folder: Path) -> None:
        try:
            self.processes.stop(folder)
        except ConfigError as error:
            self.failed.emit(str(error), "")
        words = self.tr("{name} ends after its step, with a checkpoint")
        if self._rows[folder].teaching is not None:
            words = self.tr("{name} ends; the model in use is as it was")
        self.told.emit(words.format(name=folder.name))

    def _open(self) -> None:
        found = QFileDialog.getExistingDirectory(self.page, self.tr("A run's folder, or a folder of runs"))
        if not found:
            return
        folder = Path(found)
        self._follow_too((*self.places.others, folder) if folder not in self.places.others else self.places.others)
        self._wanted = folder
        self.told.emit(self.tr("{folder} is followed from now on").format(folder=folder))

    def _follow_too(self, folders: Sequence[Path]) -> None:
        self.places.others = tuple(folders)
        self._settings.change(run_folders=[str(folder) for folder in folders])
        self.places.now.set()

    def _delete_chosen(self) -> None:
        if chosen := self.page.list.chosen():
            self._delete(chosen[0].folder)

    def _delete(self, folder: Path) -> None:
        row = self._rows[folder]
        if not row.own:
            self._follow_too([place for place in self.places.others if place not in (folder, folder.parent)])
            return
        if row.alive:
            self.told.emit(self.tr("{name} is at work; stop it first").format(name=row.name))
            return
        question = QMessageBox(self.page)
        question.setIcon(QMessageBox.Icon.Warning)
        question.setWindowTitle(self.tr("Delete a run"))
        question.setText(self.tr("Delete {name} with its checkpoints, scores and model?").format(name=row.name))
        question.setInformativeText(self.tr("This cannot be undone. A copy in the models folder stays."))
        delete = question.addButton(self.tr("Delete"), QMessageBox.ButtonRole.DestructiveRole)
        question.addButton(QMessageBox.StandardButton.Cancel)
        question.setDefaultButton(QMessageBox.StandardButton.Cancel)
        delete.clicked.connect(lambda: self._deleting.start(partial(delete_run, folder)))
        question.finished.connect(question.deleteLater)
        question.open()

    def _open_in_system(self, folder: Path) -> None:
        if not open_folder(folder):
            self.told.emit(self.tr("The folder cannot be opened here: {folder}").format(folder=folder))

    def _get_clotho(self) -> None:
        self.clotho.open(self.page)

    def _on_clotho(self, folder: Path) -> None:
        """Clotho is here: go on with a run on it."""
        shown = self.new_run if self.page.form_shown() else None
        (shown or self._new()).choose_data(folder)
        self.told.emit(self.tr("Clotho lies in {folder}").format(folder=folder))

    def _on_crashed(self, error: Exception, trace: str) -> None:
        self.failed.emit(self.tr("The runs are no longer followed: {error}").format(error=error), trace)
