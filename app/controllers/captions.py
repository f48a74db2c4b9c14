"""The captions page's controller: what comes into the list, and what is done with its rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence, QUndoCommand, QUndoStack

from aaccore.library import Library
from aaccore.records import ClipRow
from app import theme
from app.controllers.adding import AddingController
from app.controllers.caption_queue import CaptionQueue
from app.controllers.clip_captions import ClipCaptionsController
from app.controllers.export import ExportController
from app.settings import Settings
from app.views.caption_page import CaptionPage

DEMO_SOUNDS = ("bird_song", "church_bell", "crickets", "man_and_telephone", "rain", "siren")


class CaptionsController(QObject):
    """Keeps the page, the library and the one Worker in step.

    Args:
        page: The page.
        library_path: The library's file.
        settings: Which model, where, and how.
        parent: Owner.

    Raises:
        LibraryError: The library cannot be opened.
    """

    failed = Signal(str, str)
    told = Signal(str)
    device_found = Signal(str, str)  # where the model runs, and why
    styles_found = Signal(object)  # in whose styles it can caption, names
    captioned = Signal(int)  # number of a recording that was just captioned
    queue_changed = Signal(str)  # how the queue stands, in words; empty where nothing waits

    def __init__(
        self, page: CaptionPage, library_path: Path, settings: Settings, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.page, self.settings, self._library_path = page, settings, library_path
        self._library = Library(library_path)
        self.undo = QUndoStack(self)
        self.clip = ClipCaptionsController(page.panel, library_path, settings, self.undo, self)
        self.queue = CaptionQueue(self._library, settings, self)
        self.exports = ExportController(settings, library_path, self)
        self._adding = AddingController(library_path, self)
        self._connect()
        self._load()

    def add(self, places: Sequence[Path]) -> None:
        """Put files, and the sounds in folders, at the end of the queue; begin if nothing is under way."""
        self._adding.add(places, first=self.queue.left_over)

    def hold(self, reason: str | None, by: str = "") -> None:
        """Let the queue wait while something else runs the model.

        Args:
            reason: Why, in words; None ends this hold. The queue goes on once all have ended.
            by: Whose hold it is.
        """
        self.queue.holds.pop(by, None)
        if reason is not None:
            self.queue.holds[by] = reason
        self.page.show_hold(self.queue.held)
        self.queue.go_on()

    def pause(self, paused: bool) -> None:
        """Let the queue stand still, or go on."""
        self.queue.paused = paused
        if not paused:
            self.queue.left_over = False
            self.page.notice.hide()
        self.queue.go_on()

    def cancel(self, ids: Sequence[int]) -> None:
        """Caption these no more."""
        self._library.cancel(ids)
        self.queue.stop(ids)
        self.refresh(ids)

    def retry(self, ids: Sequence[int]) -> None:
        """Caption these again."""
        self._library.retry(ids)
        if self.queue.left_over:
            self._library.first(ids)
            self.queue.press(ids)
        self.refresh(ids)
        self.queue.go_on()

    def caption_next(self, ids: Sequence[int]) -> None:
        """Caption these before all others that wait."""
        self._library.first(ids)
        self.queue.press(ids)
        self.told.emit(self.tr("Next in the queue: {count}").format(count=len(ids)))
        self.queue.go_on()

    def remove(self, ids: Sequence[int]) -> None:
        """Take rows from the list; they stay in the library, and undo lists them again."""
        self.undo.push(_Removal(self, ids))
        self.told.emit(self.tr("Removed from the list: {count}. Undo brings back.").format(count=len(ids)))

    def unlist(self, ids: Sequence[int]) -> None:
        """Take rows from the list."""
        self._library.unlist(ids)
        self.queue.stop(ids)
        self.page.table.clips.remove(ids)
        self._show_queue()

    def relist(self, ids: Sequence[int]) -> None:
        """List rows again."""
        self._library.relist(ids)
        self.refresh(ids)
        self.queue.go_on()

    def take_away(self, ids: Sequence[int]) -> None:
        """Show rows no more that were deleted from the library elsewhere."""
        self.queue.stop(ids)
        self.page.table.clips.remove(ids)
        self._show_queue()

    def refresh(self, ids: Iterable[int]) -> None:
        """Show what has become of rows."""
        rows = [self._library.row(number) for number in ids]
        self.page.table.clips.put([row for row in rows if row.listed])
        for row in rows:
            self.clip.refresh(row)
        self._show_queue()

    def export(self, ids: Sequence[int]) -> None:
        """Ask how to export these."""
        self.exports.open_for(ids, self.page.window())

    def copy(self, ids: Sequence[int]) -> None:
        """Put captions on the clipboard; those of several sounds with their names."""
        rows = [self._library.row(number) for number in ids]
        texts = [row.reason if row.state == "failed" else row.caption for row in rows]
        if len(rows) > 1:
            texts = [f"{row.path.name}\t{text}" for row, text in zip(rows, texts, strict=True)]
        QGuiApplication.clipboard().setText("\n".join(texts))
        self.told.emit(self.tr("Copied."))

    def shut_down(self) -> None:
        """Stop; what is under way waits again."""
        self._adding.shut_down()
        self.queue.shut_down()
        self.exports.shut_down()
        self.clip.shut_down()
        self._library.close()

    # At the start

    def _connect(self) -> None:
        page, table = self.page, self.page.table
        page.sound_chosen.connect(self._add_one)
        page.pause_requested.connect(self.pause)
        page.resume_answered.connect(self._answer)
        page.panel.retry_requested.connect(self._retry_one)
        table.opened.connect(self._open)
        table.play_requested.connect(self._play)
        table.edit_requested.connect(self._edit)
        table.cancel_requested.connect(self.cancel)
        table.retry_requested.connect(self.retry)
        table.first_requested.connect(self.caption_next)
        table.remove_requested.connect(self.remove)
        table.copy_requested.connect(self.copy)
        table.export_requested.connect(self.export)
        page.panel.export_requested.connect(self._export_one)
        table.folder_requested.connect(self._show_folder)
        self.queue.row_changed.connect(self._refresh_one)
        self.queue.progressed.connect(table.clips.show_progress)
        self.queue.segment_found.connect(self.clip.add_segment)
        self.queue.captioned.connect(self.exports.automatic)
        self.queue.captioned.connect(self.captioned)
        self.queue.stood.connect(self._show_queue)
        self.queue.device_found.connect(self.device_found)
        self.queue.styles_found.connect(self.styles_found)
        self.exports.exported.connect(self._refresh_one)
        self._adding.added.connect(self._show_added)
        for part in (self._adding, self.queue, self.exports, self.clip):
            part.failed.connect(self.failed)
        for teller in (self._adding, self.exports, self.clip):
            teller.told.connect(self.told)
        self.clip.changed.connect(self._refresh_one)
        for action, icon, keys in (
            (self.undo.createUndoAction(page, self.tr("Undo")), "undo", QKeySequence.StandardKey.Undo),
            (self.undo.createRedoAction(page, self.tr("Redo")), "redo", QKeySequence.StandardKey.Redo),
        ):
            self._offer(action, icon, keys)

    def _offer(self, action: QAction, icon: str, keys: QKeySequence.StandardKey) -> None:
        action.setIcon(theme.icon(icon))
        action.setShortcuts(keys)
        action.setProperty("menu", "edit")
        self.page.addAction(action)

    def _load(self) -> None:
        """Show the list as it was left, and offer to go on with what was not done."""
        self._library.release_dead()
        sounds = theme.RESOURCES / "sounds"
        self.page.empty.show_demos([(_title(name), sounds / f"{name}.ogg") for name in DEMO_SOUNDS])
        rows = self._library.rows()
        self.page.table.clips.put(rows)
        if waiting := sum(row.state == "waiting" for row in rows):
            self.queue.left_over = True
            self.page.offer_resume(waiting)
        self._show_queue()
        if self._library.complaint:  # once the window listens
            QTimer.singleShot(0, self, lambda: self.failed.emit(self._library.complaint, ""))

    # The queue

    def _show_queue(self) -> None:
        """Say how the queue stands."""
        waiting = self._library.counts()["waiting"]
        anything = bool(waiting or self.queue.busy())
        self.page.show_paused(self.queue.stands() and anything, anything)
        self.queue_changed.emit(self.queue.words())

    def _answer(self, go_on: bool) -> None:
        if go_on:
            self.pause(False)
        else:
            self._show_queue()

    # Adding

    def _add_one(self, path: Path) -> None:
        self.add([path])

    def _show_added(self, rows: Sequence[ClipRow]) -> None:
        self.page.table.clips.put(rows)
        self.queue.press(row.id for row in rows)
        if rows and not self.page.table.chosen():
            self.page.table.choose(rows[0].id)
        self.queue.go_on()

    # Rows

    def _refresh_one(self, number: int) -> None:
        row = self._library.row(number)
        if row.listed:
            self.page.table.clips.put([row])
        self.clip.refresh(row)

    def _open(self, number: int | None) -> None:
        self.clip.open(None if number is None else self._library.row(number))

    def _export_one(self, number: int) -> None:
        self.export([number])

    def _retry_one(self, number: int) -> None:
        self.retry([number])

    def _play(self, number: int) -> None:
        self.page.table.choose(number)
        self.clip.play()

    def _edit(self, number: int) -> None:
        self.page.table.choose(number)
        self.clip.edit()

    def _show_folder(self, number: int) -> None:
        self.clip.show_folder(self._library.row(number).path)


def _title(name: str) -> str:
    return name.replace("_", " ").capitalize()


class _Removal(QUndoCommand):
    """Rows that were taken from the list."""

    def __init__(self, controller: CaptionsController, ids: Sequence[int]) -> None:
        super().__init__(controller.tr("removal from the list"))
        self._controller, self._ids = controller, list(ids)

    def redo(self) -> None:
        """Take them away."""
        self._controller.unlist(self._ids)

    def undo(self) -> None:
        """Bring them back."""
        self._controller.relist(self._ids)
