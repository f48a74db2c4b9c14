"""What the clip view shows of a recording: its overview, and tiles of what is on the screen."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from aaccore.events import ClipFailed, OverviewPart, SpectrogramTile
from aaccore.spectra import row_hz
from app.clip_jobs import ROWS, Drawn, TileWanted, draw_overview, draw_tile
from app.settings import Preferences
from app.views.clip_view import ClipView
from app.worker import Worker

SETTLE_MS = 60
"""A picture that is dragged moves often; detail is computed for where it comes to."""

MARGIN = 0.5
"""How far a tile reaches beyond the screen to each side, as a share of what is visible."""

KEPT_TILES = 12
COARSEST, FINEST = 1.4, 4.0
"""A tile is fine enough while its columns are at most so many pixels wide; and too fine to be of use, or too coarse,
where they differ by more than that from a pixel."""


class ClipPictures(QObject):
    """Draws one recording at a time; of tiles, one at a time and the last wanted first.

    Args:
        view: Where they are shown.
        preferences: The settings at present.
        parent: Owner.
    """

    failed = Signal(str, str)  # message, details
    ended = Signal()  # the overview is complete

    def __init__(self, view: ClipView, preferences: Preferences, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._view, self._preferences = view, preferences
        self._path: Path | None = None
        self._nyquist_hz = 0.0
        self._column_s = 0.0
        self._overview: Worker | None = None
        self._tile: Worker | None = None
        self._running: TileWanted | None = None
        self._tiles: dict[TileWanted, list[SpectrogramTile]] = {}
        self._workers: set[Worker] = set()
        self._settle = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._settle.timeout.connect(self._draw_visible)
        view.span_changed.connect(self._follow)

    def open(self, path: Path) -> None:
        """Draw that recording in place of the one before."""
        self.close()
        self._path = path
        self._overview = self._start(partial(draw_overview, path))

    def close(self) -> None:
        """Draw nothing more."""
        self._settle.stop()
        for worker in self._workers:
            worker.cancel()
        self._path, self._overview, self._tile, self._running = None, None, None, None
        self._nyquist_hz, self._tiles = 0.0, {}

    def take(self, preferences: Preferences) -> None:
        """Draw as the settings say from now on."""
        before, self._preferences = self._preferences, preferences
        axis = ("frequency_scale", "low_hz", "high_hz")
        if any(getattr(before, name) != getattr(preferences, name) for name in axis):
            self._tiles = {}
            self._show_rows()
            self._draw_visible()

    def shut_down(self) -> None:
        """Stop all drawing and wait for its end."""
        self.close()
        for worker in list(self._workers):
            worker.wait()

    def _start(self, job: object) -> Worker:
        worker = Worker(job, self)  # type: ignore[arg-type]
        self._workers.add(worker)
        worker.happened.connect(self._take)
        worker.crashed.connect(self._crash)
        worker.finished.connect(self._forget)
        worker.start()
        return worker

    def _take(self, drawn: Drawn) -> None:
        """Show what was drawn, unless it was asked for in vain."""
        event = drawn.event
        if drawn.asked_for == self._path and isinstance(event, ClipFailed):
            self._view.show_failure(event.reason)
        elif drawn.asked_for == self._path and isinstance(event, OverviewPart):
            self._take_overview(event)
        elif drawn.asked_for in self._tiles and isinstance(event, SpectrogramTile):
            self._tiles[drawn.asked_for].append(event)
            self._show_tiles()

    def _take_overview(self, part: OverviewPart) -> None:
        self._column_s = part.column_s
        if not self._nyquist_hz:
            self._nyquist_hz = float(part.row_hz[-1])
            self._show_rows()
            self._settle.start()  # a recording of known length shows the same span from the start
        self._view.show_overview(part)

    def _show_rows(self) -> None:
        if self._nyquist_hz:
            wanted = self._preferences
            high_hz = min(wanted.high_hz, self._nyquist_hz)
            low_hz = min(wanted.low_hz, high_hz / 2)
            self._view.show_rows(row_hz(wanted.frequency_scale, low_hz, high_hz, ROWS))

    def _follow(self, start_s: float, end_s: float, pixels: int) -> None:
        if self._path is not None:
            self._show_tiles()
            if not self._settle.isActive():
                self._settle.start()

    def _draw_visible(self) -> None:
        """Start on a tile of what is visible, where what there is does not do."""
        span, pixels = self._view.span, self._view.pixels()
        if self._path is None or not self._nyquist_hz or span.length_s <= 0:
            return
        pixel_s = span.length_s / pixels
        if self._column_s <= pixel_s:
            return
        for wanted in self._tiles:
            if wanted.start_s <= span.start_s and span.end_s <= wanted.end_s and wanted.column_s <= COARSEST * pixel_s:
                return
        if self._running is not None:
            self._tiles.pop(self._running, None)
            self._running = None
        if self._tile is not None:
            self._tile.cancel()  # its end starts the next
            return
        start_s = max(0.0, span.start_s - MARGIN * span.length_s)
        end_s = min(self._view.duration_s, span.end_s + MARGIN * span.length_s)
        columns = max(1, round((end_s - start_s) / pixel_s))
        chosen = self._preferences
        high_hz = min(chosen.high_hz, self._nyquist_hz)
        wanted = TileWanted(
            self._path, start_s, end_s, columns, chosen.frequency_scale, min(chosen.low_hz, high_hz / 2), high_hz
        )
        while len(self._tiles) >= KEPT_TILES:
            self._tiles.pop(next(iter(self._tiles)))
        self._tiles[wanted], self._running = [], wanted
        self._tile = self._start(partial(draw_tile, wanted))

    def _show_tiles(self) -> None:
        """Show the tiles that lie in sight and are about as fine as the screen, the finest on top."""
        span = self._view.span
        pixel_s = span.length_s / self._view.pixels()
        near = [
            (wanted.column_s, tiles)
            for wanted, tiles in self._tiles.items()
            if pixel_s / FINEST <= wanted.column_s < min(self._column_s, FINEST * pixel_s)
        ]
        near.sort(key=lambda pair: -pair[0])
        shown: list[SpectrogramTile] = []
        for _, tiles in near:
            inside = [tile for tile in tiles if tile.start_s < span.end_s and tile.end_s > span.start_s]
            if inside and inside[0].start_s <= span.start_s and inside[-1].end_s >= span.end_s:
                shown.clear()  # nothing of what is coarser is left to be seen
            shown += inside
        self._view.show_tiles(shown)

    def _crash(self, error: Exception, details: str) -> None:
        self.failed.emit(self.tr("The recording could not be drawn: {0}").format(error), details)

    def _forget(self) -> None:
        """A worker has ended."""
        for worker in [worker for worker in self._workers if worker.isFinished()]:
            self._workers.discard(worker)
            worker.deleteLater()
            if worker is self._overview:
                self._overview = None
                self.ended.emit()
            if worker is self._tile:
                self._tile = self._running = None
                self._draw_visible()
