"""A session of listening: its job, and what the window may ask of it meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from aaccore.config import Live
from aaccore.events import Level, Listening, LiveCaption, LiveGap, LiveGoesOn, LiveSound, StepWidened, Working
from aaccore.live_columns import LiveColumns
from app.jobs import ModelChoice, ModelReady, captioner
from app.live_store import Kept, SessionStore, Trouble
from app.settings import FrequencyScale, model_name

if TYPE_CHECKING:
    from aaccore.microphone import Microphone


class LiveSource(Protocol):
    """What is listened to: `aaccore.capture.Capture`."""

    title: str
    paced: bool
    gain_db: float

    @property
    def dropped_s(self) -> float:
        """Sound that was lost, s."""

    @property
    def overflows(self) -> int:
        """How often the system lost sound before that."""

    def blocks(self) -> Iterator[LiveSound | LiveGap | None]:
        """What is heard."""

    def stop(self) -> None:
        """End it, from any thread."""

    def pause(self) -> None:
        """Leave out what is heard from now on."""

    def resume(self) -> None:
        """Hear again."""


OpenSource = Callable[["Microphone | None", float], LiveSource]


@dataclass(frozen=True, eq=False)
class ColumnsDrawn:
    """New columns of the live spectrogram, see `aaccore.live_columns`."""

    first: int
    levels: NDArray[np.uint8]
    row_hz: NDArray[np.float32]


LiveNews = (
    Working | ModelReady | Listening | ColumnsDrawn | Level | LiveCaption | LiveGoesOn | LiveGap | StepWidened | Kept
    | Trouble
)  # fmt: skip


@dataclass(frozen=True)
class LiveWish:
    """What a session is to be.

    Attributes:
        choice: The model.
        live: How it is captioned.
        microphone: What is listened to; None for the system's choice.
        gain_db: Amplification at its beginning.
        library_path: Where its captions go.
        folder: Where its sound lies: recordings for good, the last hour for as long as it lasts.
    """

    choice: ModelChoice
    live: Live
    microphone: Microphone | None
    gain_db: float
    library_path: Path
    folder: Path


class LiveSession:
    """A session of listening: `listen` runs in the worker's thread, the rest may be called from the window's.

    Args:
        wish: What it is to be.
        open_source: Opens what is listened to.
    """

    def __init__(self, wish: LiveWish, open_source: OpenSource) -> None:
        self.wish, self._open = wish, open_source
        self.store = SessionStore(wish.library_path, wish.folder, model_name(wish.choice.model))
        self._source: LiveSource | None = None
        self._columns = LiveColumns("mel", 0, 16000)
        self._gain_db = wish.gain_db
        self._stopping = self._paused = False

    def listen(self) -> Iterator[LiveNews]:
        """Say what is heard until `stop`; a job. What was heard is in the library however it ends.

        Raises:
            ModelError: The model cannot be loaded.
            MicrophoneError: There is nothing to listen to, or it cannot be opened.
        """
        yield Working("loading the model")
        model = captioner(self.wish.choice)
        yield ModelReady(model.device, model.why, model.styles)
        from aaccore.streaming import caption_stream

        source = self._open(self.wish.microphone, self._gain_db)
        self._source = source
        self._apply()
        with closing(caption_stream(model, source, self.wish.live)) as events:
            try:
                for event in events:
                    if isinstance(event, LiveSound):
                        first, levels = self._columns.add(event)
                        if len(levels):
                            yield ColumnsDrawn(first, levels, self._columns.row_hz)
                    else:
                        yield event
                    yield from self.store.take(event)
            finally:
                kept = self.store.end()
        yield from kept

    def stop(self) -> None:
        """End listening; what is queued is still said."""
        self._stopping = True
        self._apply()

    def pause(self, paused: bool) -> None:
        """Leave out what is heard, or hear again."""
        self._paused = paused
        self._apply()

    def amplify(self, gain_db: float) -> None:
        """Change the gain."""
        self._gain_db = gain_db
        self._apply()

    def draw(self, scale: FrequencyScale, low_hz: float, high_hz: float) -> None:
        """Let frequency run like that from now on."""
        self._columns = LiveColumns(scale, low_hz, high_hz)

    def _apply(self) -> None:
        """Tell the source what was wished before it was there, and since."""
        source = self._source
        if source is None:
            return
        source.gain_db = self._gain_db
        if self._paused:
            source.pause()
        else:
            source.resume()
        if self._stopping:
            source.stop()


def open_microphone(microphone: Microphone | None, gain_db: float) -> LiveSource:
    """Listen to a microphone.

    Raises:
        MicrophoneError: There is none, or it cannot be opened.
    """
    from aaccore.capture import Capture

    return Capture(microphone, gain_db)
