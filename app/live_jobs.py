"""The live page's work beside its sessions: what can be listened to and named, replay, and what a crash has left.

The model and the sound card's library are imported inside, in the worker's thread.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from aaccore.alerts import Sound, sounds_of
from app.live_session import LiveSession
from app.live_store import Kept, hour_folder, into_library
from app.player import Heard, Playback, PlaybackFailed

if TYPE_CHECKING:
    from aaccore.microphone import Microphone

REPLAY_BEFORE_S, REPLAY_LONGEST_S = 0.5, 20.0
"""A replay begins so long before a caption's start, and is never longer than this."""


@dataclass(frozen=True)
class MicrophonesFound:
    """What can be listened to, the system's choice first; `help` says what to do where system audio is not listed."""

    microphones: tuple[Microphone, ...]
    help: str = ""


FindMicrophones = Callable[[bool], Iterator[MicrophonesFound]]


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
