"""What the clip view is drawn from: jobs that decode in the worker's thread, never in the window's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from aaccore.errors import AudioError
from aaccore.events import ClipFailed, OverviewPart, SpectrogramTile
from app.settings import FrequencyScale

ROWS = 384
"""Rows of a tile: as many as can be told apart on a screen, whatever the height of the window."""


@dataclass(frozen=True)
class TileWanted:
    """A stretch of a recording that the screen would show in detail.

    Attributes:
        path: The recording.
        start_s: Where the stretch begins.
        end_s: Where it ends.
        columns: Into how many columns it is divided.
        scale: How frequency runs along the rows.
        low_hz: Frequency of the lowest row.
        high_hz: That of the highest.
    """

    path: Path
    start_s: float
    end_s: float
    columns: int
    scale: FrequencyScale
    low_hz: float
    high_hz: float

    @property
    def column_s(self) -> float:
        """Length of a column."""
        return (self.end_s - self.start_s) / self.columns


@dataclass(frozen=True, eq=False)
class Drawn:
    """What came of a request; `asked_for` is the path of an overview, or the tile's request."""

    asked_for: Path | TileWanted
    event: OverviewPart | SpectrogramTile | ClipFailed


def draw_overview(path: Path) -> Iterator[Drawn]:
    """Draw a whole recording, from left to right; a file that cannot be read is told as `ClipFailed`."""
    from aaccore.spectrogram import overview  # decoders load when the first recording is opened

    try:
        for part in overview(path):
            yield Drawn(path, part)
    except AudioError as error:
        yield Drawn(path, ClipFailed(path, str(error)))


def draw_tile(wanted: TileWanted) -> Iterator[Drawn]:
    """Draw a stretch in detail, in pieces from left to right."""
    from aaccore.spectrogram import tile

    try:
        for piece in tile(
            wanted.path, wanted.start_s, wanted.end_s, wanted.columns, ROWS, wanted.scale, wanted.low_hz, wanted.high_hz
        ):
            yield Drawn(wanted, piece)
    except AudioError as error:
        yield Drawn(wanted, ClipFailed(wanted.path, str(error)))
