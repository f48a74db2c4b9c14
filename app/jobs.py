"""The captions page's long work, as generators of events; the model is imported inside, in the worker's thread.

Each job tells the library what happened before its event is shown: what the window says is done survives a crash.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Event
from time import monotonic
from typing import TYPE_CHECKING

from aaccore.events import ClipCaptioned, ClipFailed, ClipOpened, SegmentCaptioned, Working
from aaccore.library import Library, this_process
from aaccore.records import ClipRow
from app.settings import Preferences, model_name

if TYPE_CHECKING:
    from aaccore.captioner import Captioner

SIGN_OF_LIFE_S = 0.2
"""The longest time between two events while the queue stands still."""

RENEW_S = 60.0
"""How often a claim on a long recording is renewed."""


@dataclass(frozen=True)
class Claimed:
    """A recording is about to be captioned."""

    row: ClipRow


@dataclass(frozen=True)
class ModelReady:
    """The model is loaded: where it runs, why there, and in whose styles it can caption, the usual one first."""

    device: str
    why: str
    styles: tuple[str, ...] = ()


QueueEvent = Claimed | ModelReady | ClipOpened | Working | SegmentCaptioned | ClipCaptioned | ClipFailed
"""What captioning a recording of the queue tells."""


@dataclass(frozen=True)
class ModelChoice:
    """What a loaded model depends on; see `Preferences`."""

    model: str = ""
    device: str = "auto"
    beam_size: int = 8
    window_s: float | None = None
    style: str = ""


def choice_of(preferences: Preferences) -> ModelChoice:
    """Which model, and how, the user wants."""
    return ModelChoice(
        preferences.model, preferences.device, preferences.beam_size, preferences.window_s, preferences.style
    )


@lru_cache(maxsize=1)
def captioner(choice: ModelChoice) -> Captioner:
    """The loaded model; it is kept until another is wanted. One thread runs it at a time, so one is enough.

    A style that it does not know, as that of another model, is not asked for.

    Raises:
        ModelError: The model cannot be loaded.
        ConfigError: A setting cannot work.
    """
    from aaccore.captioner import Captioner, bundled_model
    from aaccore.config import Decoding, Windows
    from aaccore.model_folder import load_styles

    folder = Path(choice.model) if choice.model else bundled_model()
    style = choice.style if choice.style in load_styles(folder) else ""
    decoding = Decoding(beam_size=choice.beam_size, style=style)
    return Captioner(folder, choice.device, decoding, Windows(window_s=choice.window_s))


def caption_next(library_path: Path, choice: ModelChoice, gate: Event) -> Generator[QueueEvent, None, None]:
    """Caption the next recording of the library's queue; it waits again when the job is closed before its end.

    Args:
        library_path: The library's file.
        choice: The model to use; loaded first if it is another one than before.
        gate: While it is not set, the job stands still in the midst of a recording.

    Yields:
        Nothing where nothing waits; else Claimed, Working while the model loads, ModelReady, and the events of
        `aaccore.captioner.caption_files`.

    Raises:
        ModelError: The model cannot be loaded.
        ConfigError: A setting cannot work.
    """
    owner = this_process()
    with Library(library_path) as library:
        row = library.claim(owner)
        if row is None:
            return
        try:
            yield Claimed(row)
            yield Working("loading the model")
            model = captioner(choice)
            yield ModelReady(model.device, model.why, model.styles)
            renewed = monotonic()
            for event in _gated(_caption(row, library, model, model_name(choice.model)), gate):
                if monotonic() - renewed > RENEW_S:
                    library.renew(owner)
                    renewed = monotonic()
                yield event
        finally:
            library.release(owner)


def _gated(events: Iterable[QueueEvent], gate: Event) -> Iterator[QueueEvent]:
    """Hand events on, and stand still after one while the gate is closed."""
    for event in events:
        yield event
        while not gate.wait(SIGN_OF_LIFE_S):
            yield Working("paused")


def _caption(row: ClipRow, library: Library, model: Captioner, name: str) -> Generator[QueueEvent]:
    """Caption one file, and keep each event's news before it is shown."""
    from aaccore.captioner import caption_files

    try:
        with closing(caption_files(model, [row.path])) as events:
            for event in events:
                if isinstance(event, ClipOpened):
                    library.opened(row.id, event.duration_s)
                elif isinstance(event, ClipFailed):
                    library.fail(row.id, event.reason)
                elif isinstance(event, ClipCaptioned) and not library.finish(row.id, event, name):
                    return
                yield event
    except Exception as error:
        library.fail(row.id, f"{row.path.name}: an unexpected error ended the captioning ({error}); see the log")
        raise
