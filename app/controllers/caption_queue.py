"""The queue of the captions page: one recording after the other, in one Worker at a time."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from threading import Event

from PySide6.QtCore import QObject, Signal

from aaccore.events import ClipCaptioned, ClipFailed, ClipOpened, SegmentCaptioned, Working
from aaccore.library import Library
from aaccore.records import ClipRow
from app import jobs
from app.settings import Settings
from app.worker import Worker


class CaptionQueue(QObject):
    """Captions what waits in the library, unless it is paused or held.

    Args:
        library: The library, opened in the window's thread.
        settings: Which model, where, and how.
        parent: Owner.

    Attributes:
        paused: The user lets it stand still.
        holds: Why it waits for others that run the model, in words, by who they are.
        left_over: What waited at the start is to wait on; only what was `press`ed is captioned.
    """

    row_changed = Signal(int)  # number of a row that is to be read again
    progressed = Signal(int, object)  # its number, and the share that is done, or None
    segment_found = Signal(int, object)  # its number, and the Segment
    captioned = Signal(int)
    stood = Signal()  # how the queue stands has changed
    device_found = Signal(str, str)
    styles_found = Signal(object)
    failed = Signal(str, str)

    def __init__(self, library: Library, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._library, self._settings = library, settings
        self._worker: Worker | None = None
        self._current: ClipRow | None = None
        self._choice = jobs.choice_of(settings.value)
        self._loaded: jobs.ModelChoice | None = None
        self._gate = Event()
        self._gate.set()
        self._pressing: set[int] = set()
        self._closing = self.paused = self.left_over = False
        self.holds: dict[str, str] = {}

    @property
    def held(self) -> str | None:
        """Why it waits for something else that runs the model, the newest reason; None where it does not."""
        return next(reversed(self.holds.values()), None)

    def busy(self) -> bool:
        """Whether a recording is under way."""
        return self._worker is not None

    def stands(self) -> bool:
        """Whether it does nothing until the user says go on."""
        return self.paused or (self.left_over and not self.busy())

    def go_on(self) -> None:
        """Caption the next recording, if there is one and nothing speaks against it; or stand still."""
        if self.paused or self.held:
            self._gate.clear()
        else:
            self._gate.set()
            if self._worker is None and not self._closing and self._anything_to_do():
                self._start()
        self.stood.emit()

    def press(self, ids: Iterable[int]) -> None:
        """Let these not wait for what is left over."""
        self._pressing |= set(ids)

    def stop(self, ids: Iterable[int]) -> None:
        """Leave the recording that is under way, if it is one of these."""
        if self._worker is not None and self._current is not None and self._current.id in set(ids):
            self._worker.cancel()

    def words(self) -> str:
        """How the queue stands; empty where there is nothing to do."""
        waiting = self._library.counts()["waiting"]
        if not waiting and not self.busy():
            return ""
        if self.stands() or self.held:
            return self.tr("Paused, {count} waiting").format(count=waiting)
        name = self._current.path.name if self._current else self.tr("the next sound")
        loading = self._loaded != self._choice
        words = self.tr("Loading the model") if loading else self.tr("Captioning {name}").format(name=name)
        return words + (self.tr(", {count} more waiting").format(count=waiting) if waiting else "")

    def shut_down(self) -> None:
        """Stop; what is under way waits again."""
        self._closing = True
        if self._worker is not None:
            self._worker.cancel()
            self._gate.set()
            self._worker.wait()

    def _anything_to_do(self) -> bool:
        if not self.left_over:
            return self._library.counts()["waiting"] > 0
        if self._pressing:
            self._pressing &= {row.id for row in self._library.rows(states=["waiting"])}
        return bool(self._pressing)

    def _start(self) -> None:
        self._choice = jobs.choice_of(self._settings.value)
        self._worker = Worker(partial(jobs.caption_next, self._library.path, self._choice, self._gate), self)
        self._worker.happened.connect(self._on_event)
        self._worker.crashed.connect(self._on_crashed)
        self._worker.finished.connect(self._on_finished)
        self._worker.start()

    def _on_event(self, event: jobs.QueueEvent) -> None:
        if isinstance(event, jobs.Claimed):
            self._current = event.row
            self.row_changed.emit(event.row.id)
            self.stood.emit()
        elif isinstance(event, jobs.ModelReady):
            self._loaded = self._choice
            self.device_found.emit(event.device, event.why)
            self.styles_found.emit(event.styles)
            self.stood.emit()
        elif self._current is None:
            return
        elif isinstance(event, Working):
            if event.done is not None:
                self.progressed.emit(self._current.id, event.done)
        elif isinstance(event, SegmentCaptioned):
            self.segment_found.emit(self._current.id, event.segment)
        elif isinstance(event, ClipOpened | ClipFailed):
            self.row_changed.emit(self._current.id)
        elif isinstance(event, ClipCaptioned):
            self.row_changed.emit(self._current.id)
            self.captioned.emit(self._current.id)

    def _on_crashed(self, error: Exception, details: str) -> None:
        """Where the recording waits again, it was not its fault, and the next would fare no better."""
        if not self._closing and (self._current is None or self._library.row(self._current.id).state == "waiting"):
            self.paused = True
        self.failed.emit(str(error) or type(error).__name__, details)

    def _on_finished(self) -> None:
        worker, self._worker = self._worker, None
        current, self._current = self._current, None
        if worker is not None:
            worker.wait()
            worker.deleteLater()
        if self._closing:
            return
        if current is not None:
            self.progressed.emit(current.id, None)
            self.row_changed.emit(current.id)
        self.go_on()
