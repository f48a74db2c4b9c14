"""Exports: asked for in the dialog, or written after each caption; one after the other, in a worker."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QDialog, QWidget

from aaccore.config import Export
from aaccore.errors import CaptioningError
from aaccore.exporting import ExportFailed
from app.export_jobs import Preview, RowExported, export_rows, preview
from app.settings import Settings
from app.views.export_dialog import ExportDialog
from app.views.export_form import ExportChoice
from app.worker import Worker


@dataclass
class _Task:
    """An export that waits or runs, and what became of it so far."""

    ids: tuple[int, ...]
    export: Export
    asked: bool
    done: int = 0
    written: list[Path] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    conflicts: list[str] = field(default_factory=list)


class ExportController(QObject):
    """Opens the export dialog, writes what it asks for, and remembers it.

    Args:
        settings: Where the last choice is kept.
        library_path: The library's file.
        parent: Owner.
    """

    exported = Signal(int)  # number of a recording of which a file was written, or could not be
    wrote = Signal(list)  # paths of the files that were written
    failed = Signal(str, str)
    told = Signal(str)

    def __init__(self, settings: Settings, library_path: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings, self._library_path = settings, library_path
        self._waiting: deque[_Task] = deque()
        self._task: _Task | None = None
        self._worker: Worker | None = None
        self._previewer: Worker | None = None
        self._wanted: Export | None = None  # to be shown once the preview under way is done
        self._ids: tuple[int, ...] = ()
        self.dialog: ExportDialog | None = None

    def open_for(self, ids: Sequence[int], parent_widget: QWidget | None = None) -> None:
        """Ask how to export recordings; one dialog at a time."""
        if self.dialog is not None:
            self.dialog.raise_()
            return
        if not ids:
            return
        self._ids = tuple(ids)
        self.dialog = ExportDialog(self._settings.value, len(ids), parent_widget)
        self.dialog.choice_changed.connect(self._on_choice_changed)
        self.dialog.export_requested.connect(self._on_export_requested)
        self.dialog.finished.connect(self._on_closed)
        if choice := self.dialog.form.choice():
            self._on_choice_changed(choice)
        self.dialog.open()

    def automatic(self, id: int) -> None:
        """Export a recording that has just been captioned, if the user wants that."""
        if self._settings.value.export_automatically:
            self._start(_Task((id,), self._settings.value.export(), asked=False))

    def shut_down(self) -> None:
        """Stop what runs, and wait for it; a file is whole or not there."""
        self._waiting.clear()
        self._wanted = None
        for worker in (self._worker, self._previewer):
            if worker is not None:
                worker.cancel()
                worker.wait()
        if self.dialog is not None:
            self.dialog.reject()

    def _on_choice_changed(self, choice: ExportChoice) -> None:
        self._wanted = choice.export
        self._preview()

    def _preview(self) -> None:
        if self._previewer is not None or self._wanted is None or self.dialog is None:
            return
        wanted, self._wanted = self._wanted, None
        self._previewer = Worker(partial(preview, self._library_path, self._ids, wanted), self)
        self._previewer.happened.connect(self._on_preview)
        self._previewer.crashed.connect(self._on_crashed)
        self._previewer.finished.connect(self._on_previewed)
        self._previewer.start()

    def _on_preview(self, event: Preview) -> None:
        if self.dialog is not None:
            self.dialog.form.show_times(event.live)
            self.dialog.show_preview(event.name, event.text, event.wrong)

    def _on_previewed(self) -> None:
        if self._previewer is not None:
            self._previewer.wait()
            self._previewer.deleteLater()
            self._previewer = None
        self._preview()

    def _on_export_requested(self, choice: ExportChoice) -> None:
        export, cues = choice.export, choice.export.cues
        self._settings.change(
            export_format=export.format, export_folder=str(export.folder or ""), export_replace=export.replace,
            export_automatically=choice.automatically, export_times=export.times,
            cue_style=cues.style, line_characters=cues.line_characters,
            cue_lines=cues.lines, cue_min_s=cues.min_s, cue_max_s=cues.max_s, cue_gap_s=cues.gap_s,
        )  # fmt: skip
        if self.dialog is not None:
            self.dialog.show_progress(0)
        self._start(_Task(self._ids, export, asked=True))

    def _start(self, task: _Task | None = None) -> None:
        """Queue an export, and begin the next if none runs."""
        if task is not None:
            self._waiting.append(task)
        if self._worker is not None or not self._waiting:
            return
        self._task = self._waiting.popleft()
        self._worker = Worker(partial(export_rows, self._library_path, self._task.ids, self._task.export), self)
        self._worker.happened.connect(self._on_exported)
        self._worker.crashed.connect(self._on_crashed)
        self._worker.finished.connect(self._on_done)
        self._worker.start()

    def _on_exported(self, event: RowExported) -> None:
        task, outcome = self._task, event.outcome
        if task is None:
            return
        task.done += 1
        if isinstance(outcome, ExportFailed):
            task.failures.append(f"{outcome.source.name}: {outcome.reason}")
        else:
            task.written.append(outcome.path)
            task.conflicts += map(str, outcome.conflicts)
        self.exported.emit(event.id)
        if task.asked and self.dialog is not None:
            self.dialog.show_progress(task.done)

    def _on_done(self) -> None:
        task, worker = self._task, self._worker
        self._task = self._worker = None
        if worker is not None:
            worker.wait()
            worker.deleteLater()
        if task is not None:
            self._tell(task)
        self._start()

    def _tell(self, task: _Task) -> None:
        if task.written:
            self.wrote.emit(task.written)
        words = self._words(task)
        if task.done:
            self.told.emit(words)
        if not task.asked or self.dialog is None:
            return
        if task.done < len(task.ids):  # it crashed, and `failed` has told so
            self.dialog.reject()
        elif task.failures or task.conflicts:
            self.dialog.show_outcome(words, task.failures, task.conflicts)
        else:
            self.dialog.accept()

    def _words(self, task: _Task) -> str:
        """What became of an export, in a sentence."""
        if task.failures:
            return self.tr("{written} of {n} files written").format(written=len(task.written), n=len(task.ids))
        if len(task.written) == 1:
            return self.tr("Written: {path}").format(path=task.written[0])
        folders = {path.parent for path in task.written}
        if len(folders) == 1:
            return self.tr("{n} files written to {folder}").format(n=len(task.written), folder=folders.pop())
        return self.tr("{n} files written beside their sounds").format(n=len(task.written))

    def _on_crashed(self, error: Exception, trace: str) -> None:
        known = isinstance(error, CaptioningError)
        self.failed.emit(str(error) if known else self.tr("The export stopped: {error}").format(error=error), trace)

    def _on_closed(self, result: int) -> None:
        """Forget the dialog; what it had asked for and is not done stops."""
        dialog, self.dialog, self._wanted = self.dialog, None, None
        if dialog is not None:
            dialog.deleteLater()
        if result == QDialog.DialogCode.Rejected:
            self._waiting = deque(task for task in self._waiting if not task.asked)
            if self._task is not None and self._task.asked and self._worker is not None:
                self._worker.cancel()
