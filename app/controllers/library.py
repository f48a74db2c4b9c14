"""The library page's controller: what is opened, and what is done with what was found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QGuiApplication, QKeySequence, QUndoCommand, QUndoStack

from aaccore.errors import LibraryError
from aaccore.library import Library
from aaccore.records import Filters, Hit
from app import theme
from app.controllers.clip_captions import ClipCaptionsController
from app.controllers.export import ExportController
from app.controllers.library_files import LibraryFilesController
from app.controllers.library_search import LibrarySearchController
from app.controllers.library_watch import LibraryWatchController
from app.file_browser import open_folder
from app.settings import Settings
from app.views.library_page import LibraryPage


class LibraryController(QObject):
    """Keeps the page and the library in step; searching, and work on files, have controllers of their own.

    Args:
        page: The page.
        library_path: The library's file.
        settings: For the clip view and exports.
        parent: Owner.

    Raises:
        LibraryError: The library cannot be opened.
    """

    failed = Signal(str, str)
    told = Signal(str)
    deleted = Signal(list)  # numbers of recordings that are gone from the library
    changed = Signal(list)  # numbers of recordings that came back, or whose captions or files changed
    retry_requested = Signal(list)

    def __init__(
        self, page: LibraryPage, library_path: Path, settings: Settings, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.page = page
        self._library = Library(library_path)
        self._opened: Hit | None = None
        self.undo = QUndoStack(self)
        self.clip = ClipCaptionsController(page.panel, library_path, settings, self.undo, self)
        self.exports = ExportController(settings, library_path, self)
        self.files = LibraryFilesController(page, library_path, self)
        self.searching = LibrarySearchController(page, library_path, self)
        self.watch = LibraryWatchController(page, library_path, self)
        self._connect()

    def delete(self, ids: Sequence[int]) -> None:
        """Take recordings from the library, until undo; the sound files stay."""
        self.undo.push(_Deletion(self, ids))
        words = self.tr("Deleted from the library: {count}. The sound files stay where they are.")
        self.page.notice.show_result(words.format(count=len(ids)), [("undo", self.tr("Undo"))], "info")
        self.told.emit(words.format(count=len(ids)))

    def set_deleted(self, ids: Sequence[int], gone: bool) -> None:
        """Take recordings from the library, or bring them back."""
        try:
            (self._library.delete if gone else self._library.restore)(ids)
        except LibraryError as error:
            self.failed.emit(str(error), "")
            return
        if gone and self.page.panel.row is not None and self.page.panel.row.id in ids:
            self.clip.open(None)
            self.page.show_recording(False)
        (self.deleted if gone else self.changed).emit(list(ids))
        self.searching.reload()

    def copy(self, hits: Sequence[Hit]) -> None:
        """Put captions on the clipboard; those of several moments with their names."""
        texts = [hit.text if len(hits) == 1 else f"{hit.clip.path.name}\t{hit.text}" for hit in hits]
        QGuiApplication.clipboard().setText("\n".join(texts))
        self.told.emit(self.tr("Copied."))

    def shut_down(self) -> None:
        """Stop, and erase what was deleted."""
        self.searching.shut_down()
        self.watch.shut_down()
        self.files.shut_down()
        self.exports.shut_down()
        self.clip.shut_down()
        try:
            self._library.forget_deleted()
        except LibraryError as error:
            self.failed.emit(str(error), "")
        self._library.close()

    def _connect(self) -> None:
        page, hits = self.page, self.page.hits
        page.notice.answered.connect(self._answer)
        page.panel.export_requested.connect(self._export_one)
        page.panel.retry_requested.connect(self._retry_one)
        hits.opened.connect(self._open)
        hits.play_requested.connect(self._play)
        hits.edit_requested.connect(self._edit)
        hits.like_requested.connect(self._look_like)
        hits.copy_requested.connect(self.copy)
        hits.export_requested.connect(self._export)
        hits.folder_requested.connect(self._open_folder)
        hits.delete_requested.connect(self.delete)
        self.clip.changed.connect(self._on_edited)
        self.files.moved.connect(self._on_moved)
        self.files.marked.connect(self._on_marked)
        self.watch.marked.connect(self._on_marked)
        for part in (self.clip, self.exports, self.files, self.searching, self.watch):
            part.failed.connect(self.failed)
        for teller in (self.clip, self.exports, self.files, self.watch):
            teller.told.connect(self.told)
        for action, icon, keys in (
            (self.undo.createUndoAction(page, self.tr("Undo")), "undo", QKeySequence.StandardKey.Undo),
            (self.undo.createRedoAction(page, self.tr("Redo")), "redo", QKeySequence.StandardKey.Redo),
        ):
            action.setIcon(theme.icon(icon))
            action.setShortcuts(keys)
            action.setProperty("menu", "edit")
            page.addAction(action)

    # Hits

    def _open(self, hit: Hit) -> None:
        """Show a recording at the moment that was found."""
        self._opened = hit
        self.page.show_recording(True)  # first, as pictures are drawn for its size
        self.page.show_lost(hit.clip if hit.clip.missing else None)
        self.clip.open(hit.clip)
        if hit.end_s > hit.start_s:
            self.clip.clip.select(hit.start_s, hit.end_s)
        captions = self.page.panel.captions
        captions.setCurrentIndex(captions.captions.at(hit.start_s))

    def _play(self, hit: Hit) -> None:
        self._open(hit)
        self.clip.clip.select(hit.start_s, hit.end_s, play=True)

    def _edit(self, hit: Hit) -> None:
        self._open(hit)
        self.clip.edit()

    def _look_like(self, number: int) -> None:
        self.searching.look_like(number, self._library.row(number).path.name)

    def _export(self, ids: Sequence[int]) -> None:
        self.exports.open_for(ids, self.page.window())

    def _export_one(self, number: int) -> None:
        self._export([number])

    def _retry_one(self, number: int) -> None:
        self.retry_requested.emit([number])

    def _open_folder(self, number: int) -> None:
        folder = self._library.row(number).path.parent
        if not open_folder(folder):
            self.told.emit(self.tr("The folder could not be opened: {folder}").format(folder=folder))

    def _answer(self, key: str) -> None:
        if key == "undo":
            self.page.notice.hide()
            self.undo.undo()
        elif key == "missing":
            self.searching.narrow(Filters(missing=True))

    def _on_edited(self, number: int) -> None:
        self.changed.emit([number])
        self.searching.note_change()

    def _on_moved(self, ids: Sequence[int]) -> None:
        """Files were found in other places."""
        self.changed.emit(list(ids))
        self._open_again(ids)
        self.searching.reload()

    def _on_marked(self, missing: Sequence[int], found: Sequence[int]) -> None:
        """Files are not where they were, or are there again."""
        row = self.page.panel.row
        if row is not None and row.id in missing:
            self.page.show_lost(row)
        self._open_again(found)
        self.searching.look_again()

    def _open_again(self, ids: Sequence[int]) -> None:
        """Show the open recording from its file, if it is one of these: the clip view may have missed it."""
        row = self.page.panel.row
        if row is not None and row.id in ids and self._opened is not None:
            self.clip.open(None)
            self._open(replace(self._opened, clip=self._library.row(row.id)))


class _Deletion(QUndoCommand):
    """Recordings that were deleted from the library."""

    def __init__(self, controller: LibraryController, ids: Sequence[int]) -> None:
        super().__init__(controller.tr("deletion from the library"))
        self._controller, self._ids = controller, list(ids)

    def redo(self) -> None:
        """Delete them."""
        self._controller.set_deleted(self._ids, True)

    def undo(self) -> None:
        """Bring them back."""
        self._controller.set_deleted(self._ids, False)
