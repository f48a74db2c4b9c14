"""The form of a new run: what it starts from, what lies in its data set, and whether it can work."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QFileDialog

from aaccore.config import from_toml
from aaccore.data.checkup import CheckedUp
from aaccore.data.checkup_report import Report
from aaccore.errors import ConfigError
from aaccore.events import Working
from aaccore.recipe import DataSet, Training, recipes
from aaccore.runs import RUN
from app.controllers.one_job import OneJob
from app.controllers.run_estimate import estimate
from app.data_jobs import ClipsCounted, DataFound, check_data, count_clips, look_at_data
from app.run_row import RunRow
from app.training_jobs import Ready, get_ready
from app.views.report_dialog import ReportDialog
from app.views.run_form import RunForm
from app.views.run_words import duration_text

NAME = r"\w[\w .()-]*(?<![ .])"
"""What a run may be called: the name of a folder on every system, and of a model."""
TYPING_MS = 400
SPLITS = {"clotho": (("development",), ("validation",)), "audiocaps": (("train",), ("val",))}
"""What published data sets are trained and judged on."""


class NewRun(QObject):
    """Fills the form, checks what it asks for, and says when a run is ready to start.

    Args:
        form: The form.
        runs: The folder that new runs are put into.
        parent: Owner.
    """

    ready = Signal(object, object)  # folder, Training
    closed = Signal()
    failed = Signal(str, str)
    told = Signal(str)

    def __init__(self, form: RunForm, runs: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._form, self._runs = form, runs
        self._rows: Sequence[RunRow] = ()
        self._data: DataFound | None = None
        self._more: dict[DataSet, Mapping[str, int]] = {}  # clips of further data sets
        self._report: tuple[Path, Report] | None = None
        self.dialog: ReportDialog | None = None
        self._looking, self._counting, self._checking, self._preparing = (OneJob(self) for _ in range(4))
        self._typing = QTimer(self, singleShot=True, interval=TYPING_MS)
        self._typing.timeout.connect(self._look)
        form.preset_chosen.connect(self._take_preset)
        form.data_changed.connect(self._on_data_changed)
        form.options_changed.connect(self._estimate)
        form.check_requested.connect(self._check)
        form.start_requested.connect(self._prepare)
        form.cancel_requested.connect(self._cancel)
        self._looking.happened.connect(self._on_looked)
        self._counting.happened.connect(self._on_counted)
        self._checking.happened.connect(self._on_checked)
        self._checking.refused.connect(self._on_check_refused)
        self._preparing.happened.connect(self._on_prepared)
        self._preparing.refused.connect(self._refuse)
        for job in (self._looking, self._counting, self._checking, self._preparing):
            job.failed.connect(self.failed)
        self._preparing.ended.connect(partial(form.show_busy, ""))

    def take_rows(self, rows: Sequence[RunRow]) -> None:
        """Take note of the runs that are there."""
        self._rows = rows

    def open(self, preset: Path | None = None) -> None:
        """Fill the form anew: by a recipe or an earlier run, or by the first recipe."""
        presets = [(path.stem, path) for path in sorted(recipes().glob("*.toml"), key=lambda p: p.stem != "starter")]
        presets = [(self.tr("Recipe: {name}").format(name=name), path) for name, path in presets]
        others = [row for row in self._rows if row.teaching is None]
        presets += [(self.tr("Run: {name}").format(name=row.name), row.folder / RUN) for row in others]
        self._more = {}  # they may have changed
        self._form.show_presets(presets)
        self._form.show_busy("")
        if preset is not None or presets:
            self._take_preset(preset or presets[0][1])

    def choose_data(self, folder: Path) -> None:
        """Take a data set that has just been got."""
        self._form.data.show_path(str(folder))

    def shut_down(self) -> None:
        """Stop what works, and wait for it."""
        self._typing.stop()
        if self.dialog is not None:
            self.dialog.reject()
        for job in (self._looking, self._counting, self._checking, self._preparing):
            job.shut_down()

    def _take_preset(self, path: Path | None) -> None:
        if path is None:
            start = str(self._runs)
            found, _ = QFileDialog.getOpenFileName(
                self._form, self.tr("A recipe, or a run's run.toml"), start, "*.toml"
            )
            if not found:
                return
            path = Path(found)
        try:
            options = from_toml(Training, path)
        except ConfigError as error:
            self.failed.emit(str(error), "")
            return
        self._form.show_preset(path)
        self._form.show_options(options, self._free_name(path.parent.name if path.name == RUN else path.stem))
        self._look()

    def _free_name(self, stem: str) -> str:
        taken = {row.name.lower() for row in self._rows}
        stem = re.sub(r"-\d+$", "", re.sub(r"[^\w .()-]+", "-", stem)).strip(" .-()") or "run"
        return next(name for n in range(1, 10_000) if (name := f"{stem}-{n}").lower() not in taken)

    def _on_data_changed(self, path: Path | None) -> None:
        self._data = None
        self._form.show_estimate("")
        self._typing.start()

    def _look(self) -> None:
        self._typing.stop()
        path = self._form.data.path()
        if path is None:
            self._form.show_estimate(self.tr("Choose a data set to see what the run will take."))
        elif self._data is None or self._data.folder != path:
            self._looking.start(partial(look_at_data, path))
        else:
            self._estimate()

    def _on_looked(self, event: DataFound | Working) -> None:
        if not isinstance(event, DataFound):
            return
        self._data = event
        if event.problem:
            self._form.show_data(event.problem, wrong=True)
            return
        splits = ", ".join(f"{name or self.tr('no fold')}: {count}" for name, count in sorted(event.clips.items()))
        self._form.show_data(self.tr("Clips by fold or split: {splits}").format(splits=splits))
        self._fit_data(event)
        self._estimate()

    def _fit_data(self, found: DataFound) -> None:
        """Make the settings read the kind of data set that was found."""
        options = self._form.options()
        if options is None:
            return
        data = options.data
        if found.kind != data.kind:
            splits = SPLITS.get(found.kind, (data.development, data.validation))
            data = replace(data, kind=found.kind, development=splits[0], validation=splits[1])
        if found.kind == "folds" and (found.captions, found.sounds) != (data.captions, data.clips):
            data = replace(data, captions=found.captions, clips=found.sounds)
            if found.captions != "captions.csv":
                data = replace(data, scenes="")
        if data != options.data:
            self._form.sections.show(replace(options, data=data))

    def _estimate(self) -> None:
        options, data = self._form.options(), self._data
        if options is None or data is None or data.problem:
            return
        uncounted = [more for more in options.more_data if more not in self._more]
        if uncounted:
            self._form.show_estimate("")
            self._counting.start(partial(count_clips, uncounted))
            return
        found = estimate(options, self._clips(options, data), self._rows)
        words = self.tr("About {sounds} sounds an epoch, {steps} steps, {size} of disk.").format(
            sounds=f"{found.sounds:,}", steps=f"{found.steps:,}", size=_size(found.bytes)
        )
        if found.time_s is None:
            words += " " + self.tr("How long it takes is told once its first steps are measured.")
        else:
            words += " " + self.tr("About {time} at the speed of {run}.").format(
                time=duration_text(found.time_s), run=found.like
            )
        self._form.show_estimate(words)

    def _on_counted(self, event: ClipsCounted | Working) -> None:
        if isinstance(event, ClipsCounted):
            self._more.update(event.clips)
            self._estimate()

    def _clips(self, options: Training, data: DataFound) -> list[Mapping[str, int]]:
        """Clips of each of the run's data sets, as far as they are counted."""
        return [data.clips, *(self._more.get(more, {}) for more in options.more_data)]

    def _check(self) -> None:
        path = self._form.data.path()
        if path is None:
            self._form.show_data(self.tr("Choose the folder of the data set first."), wrong=True)
            return
        self.dialog = ReportDialog(self.tr("Check of {name}").format(name=path.name), self._form)
        self.dialog.finished.connect(self._on_dialog_closed)
        self.dialog.open()
        self._checking.start(partial(check_data, path))

    def _on_checked(self, event: Working | CheckedUp) -> None:
        if isinstance(event, Working):
            if self.dialog is not None:
                self.dialog.show_progress(event.message, event.done)
            return
        report, path = event.report, self._form.data.path()
        if path is not None:
            self._report = path, report
        good = self.tr("This data set can be trained on.")
        words = good if report.can_train else self.tr("This data set cannot be trained on as it is.")
        if self.dialog is not None:
            self.dialog.show_report(words, report.text(), wrong=not report.can_train)

    def _on_check_refused(self, words: str) -> None:
        if self.dialog is not None:
            self.dialog.show_report(words, "", wrong=True)

    def _on_dialog_closed(self) -> None:
        dialog, self.dialog = self.dialog, None
        self._checking.cancel()
        if dialog is not None:
            dialog.deleteLater()

    def _prepare(self, name: str, options: Training) -> None:
        folder = self._runs / name
        if not re.fullmatch(NAME, name):
            self._form.show_name_problem(self.tr("Give it a name of letters, digits, spaces, '.', '-' and '_'."))
            return
        if folder.exists() or name.lower() == "pool":
            self._form.show_name_problem(self.tr("There is a run of this name; choose another one."))
            return
        path = self._form.data.path()
        if path is None:
            self._form.show_refusal(self.tr("Choose the folder of the data set first."), "data.folder")
            return
        if self._report is not None and self._report[0] == path and not self._report[1].can_train:
            problems = [p for p in self._report[1].problems if p.level == "cannot train"]
            words = "; ".join(f"{p.kind} ({len(p.files)}): {p.advice}" for p in problems)
            self._form.show_refusal(self.tr("The check-up found: {words}").format(words=words), "data.folder")
            return
        data = self._data
        needed = estimate(options, self._clips(options, data), ()).bytes if data is not None else 0
        self._form.show_busy(self.tr("Looking at the data…"))
        self._preparing.start(partial(get_ready, folder, options, needed))

    def _on_prepared(self, event: Working | Ready) -> None:
        if isinstance(event, Ready):
            self.ready.emit(event.folder, event.options)

    def _refuse(self, words: str) -> None:
        """Say why, beside the setting that the message begins with, or else the data set."""
        found = re.match(r"([a-z_]+\.?[a-z_]*)(?: =|:)", words)
        setting = found[1] if found else ""
        folder = str(self._form.data.path())
        self._form.show_refusal(words, "data.folder" if words.startswith(folder) else setting)

    def _cancel(self) -> None:
        self._preparing.cancel()
        self._form.show_busy("")
        self.closed.emit()


def _size(count: float) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{max(1, round(count / 1e6))} MB"
