"""The sound files of the library: which are missing, where they have gone, and edited captions as a data set."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QFileDialog

from aaccore.errors import CaptioningError
from aaccore.events import ClipFailed, Working
from aaccore.library_data import DataWritten
from aaccore.records import FileFound, FileMissing
from app import library_jobs
from app.file_browser import open_folder
from app.views.library_page import LibraryPage
from app.worker import Worker

Event = Working | FileMissing | FileFound | ClipFailed | DataWritten


class LibraryFilesController(QObject):
    """Long work of the library page, one at a time; its notice tells how it gets on.

    Args:
        page: The page.
        library_path: The library's file.
        parent: Owner.
    """

    failed = Signal(str, str)
    told = Signal(str)
    moved = Signal(list)  # numbers of recordings whose files were found in another place
    marked = Signal(list, list)  # numbers of those whose files are missing, and of those that are there again

    def __init__(self, page: LibraryPage, library_path: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._page, self._library_path = page, library_path
        self._worker: Worker | None = None
        self._finish: Callable[[], None] | None = None
        self._found: list[int] = []
        self._missing: list[int] = []
        self._unreadable: list[str] = []
        self._written: DataWritten | None = None
        self._stopped = False
        page.missing_requested.connect(self.look_for_missing)
        page.find_requested.connect(self._ask_where)
        page.data_set_requested.connect(self._ask_where_to)
        page.notice.cancelled.connect(self._cancel)
        page.notice.answered.connect(self._answer)

    def look_for_missing(self) -> None:
        """See which files are there."""
        self._start(
            partial(library_jobs.look_for_missing, self._library_path),
            self.tr("Looking for missing files"),
            self._tell_missing,
        )

    def look_in(self, folder: str) -> None:
        """Look for missing files in a folder."""
        self._start(
            partial(library_jobs.look_in_folder, self._library_path, Path(folder)),
            self.tr("Looking in {folder}").format(folder=folder),
            self._tell_found,
        )

    def write_to(self, folder: str) -> None:
        """Write edited captions and their sounds into a folder."""
        self._start(
            partial(library_jobs.write_data_set, self._library_path, Path(folder)),
            self.tr("Writing the data set"),
            self._tell_written,
        )

    def shut_down(self) -> None:
        """Stop, and wait for the end."""
        self._finish = None
        if self._worker is not None:
            self._worker.cancel()
            self._worker.wait()

    def _ask_where(self) -> None:
        dialog = self._folder_dialog(self.tr("Look for missing files in a folder"))
        dialog.fileSelected.connect(self.look_in)
        dialog.open()

    def _ask_where_to(self) -> None:
        dialog = self._folder_dialog(self.tr("Choose an empty folder for the data set"))
        dialog.fileSelected.connect(self.write_to)
        dialog.open()

    def _folder_dialog(self, title: str) -> QFileDialog:
        dialog = QFileDialog(self._page.window(), title)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        return dialog

    def _start(self, job: Callable[[], Iterator[Any]], words: str, finish: Callable[[], None]) -> None:
        if self._worker is not None:
            self.told.emit(self.tr("Something is under way already; wait for its end or cancel it"))
            return
        self._finish, self._stopped, self._written = finish, False, None
        self._found, self._missing, self._unreadable = [], [], []
        self._page.notice.show_work(words, None)
        self._worker = Worker(job, self)
        self._worker.happened.connect(self._on_event)
        self._worker.crashed.connect(self._on_crashed)
        self._worker.finished.connect(self._on_finished)
        self._worker.start()

    def _cancel(self) -> None:
        self._stopped = True
        if self._worker is not None:
            self._worker.cancel()

    def _on_event(self, event: Event) -> None:
        if isinstance(event, Working):
            self._page.notice.show_work(event.message, event.done)
        elif isinstance(event, FileFound):
            self._found.append(event.id)
        elif isinstance(event, FileMissing):
            self._missing.append(event.id)
        elif isinstance(event, ClipFailed):
            self._unreadable.append(event.reason)
        else:
            self._written = event

    def _on_crashed(self, error: Exception, details: str) -> None:
        self._finish = None
        if isinstance(error, CaptioningError):
            self._page.notice.show_result(str(error), kind="error")
        else:
            self._page.notice.hide()
            self.failed.emit(str(error) or type(error).__name__, details)

    def _on_finished(self) -> None:
        if self._worker is not None:
            self._worker.wait()
            self._worker.deleteLater()
            self._worker = None
        finish, self._finish = self._finish, None
        if finish is not None:
            finish()

    def _tell_missing(self) -> None:
        notice = self._page.notice
        if self._stopped and not self._missing:
            notice.show_result(self.tr("Stopped; not every file was looked for."), kind="info")
        elif self._missing:
            words = self.tr("Files that are missing: {count}. Where they have moved, their content tells them.")
            answers = [("missing", self.tr("Show them")), ("find", self.tr("Find in a folder…"))]
            notice.show_result(words.format(count=len(self._missing)), answers, "warning")
        elif self._found:
            notice.show_result(self.tr("All files are there; found again: {n}.").format(n=len(self._found)))
        else:
            notice.show_result(self.tr("All files are there."))
        if self._missing or self._found:
            self.marked.emit(self._missing, self._found)

    def _tell_found(self) -> None:
        if self._found:
            words = self.tr("Found again: {count}. The library knows their new places.")
            self._page.notice.show_result(words.format(count=len(self._found)))
            self.moved.emit(self._found)
        else:
            self._page.notice.show_result(
                self.tr("No missing file was found there; look in another folder."),
                [("find", self.tr("Find in a folder…"))],
                "info",
            )

    def _tell_written(self) -> None:
        written, notice = self._written, self._page.notice
        if written is None:
            notice.show_result(self.tr("Stopped; the data set is not complete. Delete what was written."), kind="info")
            return
        words = self.tr("Clips with edited captions: {count}, in {folder}").format(
            count=written.clips, folder=written.csv_path.parent
        )
        if self._unreadable:
            left_out = self.tr("Left out: {reasons}").format(reasons="; ".join(self._unreadable[:3]))
            words = f"{words}\n{left_out}"
        notice.show_result(words, [("open", self.tr("Open folder"))], "warning" if self._unreadable else "success")

    def _answer(self, key: str) -> None:
        if key == "find":
            self._ask_where()
        elif key == "open" and self._written is not None:
            open_folder(self._written.csv_path.parent)
