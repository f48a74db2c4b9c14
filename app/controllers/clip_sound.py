"""What the clip view lets hear of a recording."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.player import Heard, OutputFound, OutputMissing, Playback, PlaybackFailed, find_output
from app.views.clip_view import ClipView
from app.views.span import Span
from app.worker import Worker

AT_END_S = 0.05
"""Playing on from that close to an end begins anew."""


class ClipSound(QObject):
    """Plays one recording at a time; a new position or loop is a new playback.

    Args:
        view: The view with the controls.
        parent: Owner.
    """

    time_changed = Signal(float)
    told = Signal(str)
    failed = Signal(str, str)  # message, details

    def __init__(self, view: ClipView, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._view = view
        self._path: Path | None = None
        self._position_s = 0.0
        self._selection: Span | None = None
        self._loop = False
        self._volume = 1.0
        self._usable: bool | None = None  # unknown before it was looked for
        self._playback: Playback | None = None
        self._worker: Worker | None = None
        self._next: Playback | None = None
        view.play_toggled.connect(self.toggle)
        view.loop_toggled.connect(self._take_loop)

    @property
    def playing(self) -> bool:
        """Whether sound is heard, or about to be."""
        return self._playback is not None

    def open(self, path: Path) -> None:
        """Be ready to play that recording from its start."""
        self.pause()
        self._path, self._position_s, self._selection = path, 0.0, None
        if self._usable is None and self._worker is None:
            self._start(Worker(find_output, self))

    def close(self) -> None:
        """Play nothing."""
        self.pause()
        self._path = None

    def toggle(self) -> None:
        """Play, or pause."""
        if self.playing:
            self.pause()
        else:
            self.play()

    def play(self) -> None:
        """Play from the position on: within the chosen stretch to its end, else to the recording's."""
        if self._path is None or self._usable is False:
            return
        start_s, chosen, whole_s = self._position_s, self._selection, self._view.duration_s
        if chosen is not None and chosen.start_s <= start_s <= chosen.end_s + AT_END_S:
            start_s = chosen.start_s if start_s > chosen.end_s - AT_END_S else start_s
            end_s, first_s = chosen.end_s, chosen.start_s
        elif chosen is not None and self._loop:
            start_s, end_s, first_s = chosen.start_s, chosen.end_s, chosen.start_s
        else:
            start_s = 0.0 if start_s > whole_s - AT_END_S else start_s
            end_s, first_s = None, 0.0
        playback = Playback(self._path, start_s, end_s, first_s if self._loop else None, self._volume)
        self._halt()
        self._playback = playback
        self._view.show_player(True, "")
        self._view.show_playing(True)
        if self._worker is None:
            self._start(Worker(playback.play, self))
        else:
            self._next = playback

    def pause(self) -> None:
        """Fall silent and stay at the position."""
        self._halt()
        self._view.show_playing(False)

    def seek(self, time_s: float) -> None:
        """Go to a time, and play on from there where it was playing."""
        self._position_s = time_s
        if self._selection is not None and not self._selection.start_s <= time_s <= self._selection.end_s:
            self._selection = None
            self._view.show_selection(None)
        if self.playing:
            self.play()

    def select(self, selection: Span) -> None:
        """Choose what is played and looped."""
        self._selection = selection

    def take_volume(self, volume: float) -> None:
        """Play as loud as that from now on."""
        self._volume = volume
        if self._playback is not None:
            self._playback.volume = volume

    def shut_down(self) -> None:
        """Fall silent, and wait for the end of the job."""
        self._halt()
        if self._worker is not None:
            self._worker.cancel()
            self._worker.wait()

    def _take_loop(self, loop: bool) -> None:
        self._loop = loop
        if self.playing:
            self.play()

    def _halt(self) -> None:
        self._next = None
        if self._playback is not None:
            self._playback.halt()
            self._playback = None
            if self._worker is not None:
                self._worker.cancel()

    def _start(self, worker: Worker) -> None:
        self._worker = worker
        worker.happened.connect(self._take)
        worker.crashed.connect(self._crash)
        worker.finished.connect(self._forget)
        worker.start()

    def _take(self, event: Heard | PlaybackFailed | OutputFound | OutputMissing) -> None:
        if isinstance(event, OutputFound | OutputMissing):
            self._usable = isinstance(event, OutputFound)
            self._view.show_player(self._usable, "" if isinstance(event, OutputFound) else event.reason)
            if not self._usable:
                self.pause()
        elif event.playback is not self._playback:
            return  # of a playback that was halted
        elif isinstance(event, PlaybackFailed):
            self.pause()
            self._view.show_player(True, event.reason)
            self.told.emit(event.reason)
        else:
            self._position_s = event.time_s
            self._view.show_position(event.time_s, follow=True)
            self.time_changed.emit(event.time_s)
            if event.ended:
                self.pause()

    def _crash(self, error: Exception, details: str) -> None:
        self.pause()
        self.failed.emit(self.tr("The recording cannot be played: {0}").format(error), details)

    def _forget(self) -> None:
        """The job has ended; the next playback may begin."""
        if self._worker is not None:
            self._worker.deleteLater()
            self._worker = None
        if self._next is not None:
            playback, self._next = self._next, None
            self._start(Worker(playback.play, self))
