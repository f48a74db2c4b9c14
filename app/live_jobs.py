"""The live page's long work: what can be listened to, a session of listening, replay, and what a crash has left.

The model and the sound card's library are imported inside, in the worker's thread.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from aaccore.alerts import Sound, sounds_of
from aaccore.config import Live
from aaccore.events import Level, Listening, LiveCaption, LiveGap, LiveGoesOn, LiveSound, StepWidened, Working
from aaccore.live_columns import LiveColumns
from app.jobs import ModelChoice, ModelReady, captioner
from app.live_store import Kept, SessionStore, Trouble, hour_folder, into_library
from app.player import Heard, Playback, PlaybackFailed
from app.settings import FrequencyScale

if TYPE_CHECKING:
    from aaccore.microphone import Microphone

REPLAY_BEFORE_S, REPLAY_LONGEST_S = 0.5, 20.0
"""A replay begins so long before a caption's start, and is never longer than this."""


class LiveSource(Protocol):
    """What is listened to: `aaccore.capture.Capture`."""

    title: str
    paced: bool
    gain_db: float

    @property
    def dropped_s(self) -> float:
        """Sound that was lost, s."""

    def blocks(self) -> Iterator[LiveSound | LiveGap | None]:
        """What is heard."""

    def stop(self) -> None:
        """End it, from any thread."""

    def pause(self) -> None:
        """Leave out what is heard from now on."""

    def resume(self) -> None:
        """Hear again."""


@dataclass(frozen=True)
class MicrophonesFound:
    """What can be listened to, the system's choice first; `help` says what to do where system audio is not listed."""

    microphones: tuple[Microphone, ...]
    help: str = ""


OpenSource = Callable[["Microphone | None", float], LiveSource]
FindMicrophones = Callable[[bool], Iterator[MicrophonesFound]]


@dataclass(frozen=True, eq=False)
class ColumnsDrawn:
    """New columns of the live spectrogram, see `aaccore.live_columns`."""

    first: int
    levels: NDArray[np.uint8]
    row_hz: NDArray[np.float32]


@dataclass(frozen=True)
class SoundsFound:
    """What the chosen model can name; `problem` says why nothing is known."""

    sounds: tuple[Sound, ...]
    problem: str = ""


@dataclass(frozen=True)
class LeftOver:
    """The last hour of sessions that a crash has ended."""

    folders: tuple[Path, ...]


@dataclass(frozen=True)
class Rescued:
    """Sound of such a session, as a file."""

    path: Path
    duration_s: float


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
        self.store = SessionStore(wish.library_path, wish.folder, Path(wish.choice.model).name or "starter")
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
        yield ModelReady(model.device, model.why)
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


def find_microphones(refresh: bool) -> Iterator[MicrophonesFound]:
    """Look for what can be listened to; `refresh` makes PortAudio look anew, while it plays and hears nothing."""
    try:
        from aaccore.microphone import SYSTEM_AUDIO_HELP, list_microphones
    except OSError:
        yield MicrophonesFound(
            (), "PortAudio is missing: install it (Debian, Ubuntu: libportaudio2), then start again."
        )
        return
    found = tuple(list_microphones(refresh))
    help = "" if any(one.system_audio for one in found) else SYSTEM_AUDIO_HELP.get(sys.platform, "")
    yield MicrophonesFound(found, help)


def find_sounds(model: str) -> Iterator[SoundsFound]:
    """Tell what a model can name, without loading its network; an empty text is the bundled model's folder."""
    from aaccore.captioner import bundled_model
    from aaccore.errors import ModelError
    from aaccore.model_card import read_card
    from aaccore.model_folder import VOCABULARY, describe
    from aaccore.tokenizer import Tokenizer

    folder = Path(model) if model else bundled_model()
    try:
        description = describe(folder)
        tokenizer = Tokenizer.load(folder / VOCABULARY)
    except ModelError as error:
        yield SoundsFound((), str(error))
        return
    network = description["network"]
    counts = [(one.label, one.named, one.of) for one in read_card(description).labels]
    words = tokenizer.words(range(len(tokenizer)))
    yield SoundsFound(tuple(sounds_of(network.get("labels") or (), network.get("tags") or (), words, counts)))


def replay(session: LiveSession, start_s: float, end_s: float, volume: float) -> Iterator[Heard | PlaybackFailed]:
    """Play what was heard in a stretch of a session."""
    end_s = min(end_s, start_s + REPLAY_LONGEST_S)
    with tempfile.TemporaryDirectory(prefix="auricle-") as folder:
        path = Path(folder) / "moment.wav"
        if session.store.cut(max(0.0, start_s - REPLAY_BEFORE_S), end_s, path):
            yield from Playback(path, 0.0, volume=volume).play()
            return
        yield PlaybackFailed(
            Playback(path, 0.0),
            "The sound of this moment is no longer there: it is kept for an hour while listening, and for good only "
            "where “Keep recording” is on",
        )


def find_left_over(library_path: Path, folder: Path) -> Iterator[LeftOver | Kept]:
    """Put recordings that a crash has cut off into the library, and tell of the last hours that it has left."""
    from aaccore.recording import left_over

    sessions = left_over(hour_folder(folder))
    for session in sessions:
        yield from into_library(session, library_path)
    yield LeftOver(tuple(sessions))


def rescue_left_over(folders: tuple[Path, ...], target: Path, keep: bool) -> Iterator[Rescued]:
    """Make files of what a crash has left, or only delete it."""
    from aaccore.recording import rescue

    for number, folder in enumerate(folders):
        if keep:
            target.mkdir(parents=True, exist_ok=True)
            path = target / f"{datetime.now():%Y-%m-%d %H.%M.%S} Rescued {number + 1}.flac"
            duration_s = rescue(folder, path)
            if duration_s:
                yield Rescued(path, duration_s)
        shutil.rmtree(folder, ignore_errors=True)
