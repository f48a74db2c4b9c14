"""One recording that is looked at: its captions, its clip view and the library kept in step."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from aaccore.errors import LibraryError
from aaccore.events import Segment
from aaccore.library import Library
from aaccore.records import ClipRow, StoredSegment
from app.controllers.clip import ClipController
from app.file_browser import show_in_folder
from app.settings import Settings
from app.views.clip_panel import ClipPanel


class ClipCaptionsController(QObject):
    """Binds a panel to whatever recording is opened in it.

    Args:
        panel: The widget.
        library_path: The library's file.
        settings: For the clip view.
        undo: Takes the corrections, together with what else its page can undo.
        parent: Owner.
    """

    failed = Signal(str, str)
    told = Signal(str)
    changed = Signal(int)  # number of a recording whose captions were edited

    def __init__(
        self, panel: ClipPanel, library_path: Path, settings: Settings, undo: QUndoStack, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._panel, self._undo = panel, undo
        self._library = Library(library_path)
        self._row: ClipRow | None = None
        self.clip = ClipController(panel.clip_view, settings, self)
        self.clip.failed.connect(self.failed)
        self.clip.time_changed.connect(panel.captions.show_time)
        panel.captions.play_requested.connect(self._play)
        panel.captions.word_pointed.connect(self.clip.show_moment)
        panel.captions.corrected.connect(self._correct)
        panel.folder_requested.connect(self.show_folder)

    def open(self, row: ClipRow | None) -> None:
        """Show a recording, or none."""
        former, self._row = self._row, row
        self._panel.show_row(row)
        if row is None or row.state == "failed":
            self.clip.clear()
        elif former is None or former.id != row.id or former.state == "failed":
            self.clip.open(row.path, row.duration_s)
        self._show_segments()

    def refresh(self, row: ClipRow) -> None:
        """Show what has become of the recording, if it is the one that is open."""
        if self._row is None or row.id != self._row.id or row == self._row:
            return
        if row.state == self._row.state == "captioning":  # its provisional captions stay
            replaced = self._row.duration_s not in (None, row.duration_s)  # another file lies there now
            self._row = row
            self._panel.show_row(row)
            if replaced:
                self.clip.open(row.path, row.duration_s)
        else:
            self.open(row)

    def add_segment(self, row: int, segment: Segment) -> None:
        """Show a caption that was just found, until all are in the library."""
        if self._row is not None and self._row.id == row and self._row.state == "captioning":
            times, sentence = (segment.start_s, segment.end_s), segment.caption
            provisional = StoredSegment(0, row, *times, sentence, sentence, segment.candidates, segment.band)
            self._panel.captions.add_segment(provisional)
            self._panel.show_captions(True)

    def play(self) -> None:
        """Play the whole recording."""
        if self._row is not None and self._row.duration_s:
            self._play(0.0, self._row.duration_s)

    def edit(self) -> None:
        """Let the current caption be typed anew."""
        self._panel.captions.edit_current()

    def write(self, segment: StoredSegment, caption: str) -> None:
        """Keep a sentence in the library and show it."""
        try:
            self._library.correct(segment.id, caption)
        except LibraryError as error:
            self.failed.emit(str(error), "")
            return
        if self._row is not None and self._row.id == segment.clip:
            for current in self._library.segments(segment.clip):
                if current.id == segment.id:
                    self._panel.captions.show_segment(current)
        self.changed.emit(segment.clip)

    def show_folder(self, path: Path) -> None:
        """Show where a file lies."""
        if not show_in_folder(path):
            self.told.emit(self.tr("The folder could not be opened: {folder}").format(folder=path.parent))

    def shut_down(self) -> None:
        """Stop what works for the clip view."""
        self.clip.shut_down()
        self._library.close()

    def _show_segments(self) -> None:
        row = self._row
        segments = self._library.segments(row.id) if row is not None and row.state != "failed" else []
        if row is not None and row.state == "captioning":
            segments = []  # those of the last time are on their way out
        self._panel.captions.show_segments(segments)
        self._panel.show_captions(bool(segments))
        self.clip.show_segments([(segment.start_s, segment.end_s) for segment in segments])

    def _play(self, start_s: float, end_s: float) -> None:
        self.clip.select(start_s, end_s, play=True)

    def _correct(self, segment: StoredSegment, caption: str) -> None:
        self._undo.push(_Correction(self, segment, caption))


class _Correction(QUndoCommand):
    """A caption that somebody wrote or chose."""

    def __init__(self, controller: ClipCaptionsController, segment: StoredSegment, caption: str) -> None:
        super().__init__(controller.tr("edit of “{caption}”").format(caption=segment.caption))
        self._controller, self._segment, self._caption = controller, segment, caption

    def redo(self) -> None:
        """Write it."""
        self._controller.write(self._segment, self._caption)

    def undo(self) -> None:
        """Write what was there before."""
        self._controller.write(self._segment, self._segment.caption)
