"""A run that teaches a model the corrections of a library: its folder holds `teach.toml` and at the end `model/`.

It is short, so it keeps no checkpoints: started again, it begins anew. What it needs of the sounds lies in its folder
only while it is at work.
"""

from __future__ import annotations

import shutil
from collections.abc import Generator, Iterator
from pathlib import Path

from aaccore.captioner import bundled_model
from aaccore.data.folder import Clip, read_folder
from aaccore.errors import LibraryError
from aaccore.events import ClipFailed, RunEnded, RunStarted, StepDone, Taught, Working
from aaccore.fine_tuning import fine_tune
from aaccore.library import Library, library_file
from aaccore.library_data import DataWritten, write_corrected, write_uncorrected
from aaccore.model_folder import describe
from aaccore.recipe import FineTuning, Teaching

SOUNDS = "sounds"

Event = Working | ClipFailed | RunStarted | StepDone | Taught | RunEnded


def teach(folder: Path, teaching: Teaching) -> Iterator[Event]:
    """Teach a model what was corrected in a library.

    Args:
        folder: The run's folder; the new model will be `model` in it.
        teaching: Which model, which library, and how.

    Yields:
        What `learn_corrections` yields, at last `RunEnded`.

    Raises:
        CaptioningError: See `learn_corrections`.
    """
    former = Path(teaching.model) if teaching.model else bundled_model()
    library = Path(teaching.library) if teaching.library else library_file()
    try:
        yield from learn_corrections(former, library, folder / SOUNDS, folder / "model", teaching.tuning)
    finally:
        shutil.rmtree(folder / SOUNDS, ignore_errors=True)
    yield RunEnded("finished")


def learn_corrections(
    former: Path, library_path: Path, sounds: Path, target: Path, options: FineTuning
) -> Iterator[Event]:
    """Write the corrected sounds of a library, and some others to be watched, and teach a model by them.

    Args:
        former: The model folder that is gone out from; it stays as it is.
        library_path: The library's file.
        sounds: A folder for the sounds; what was in it is deleted.
        target: The new model's folder.
        options: How.

    Yields:
        What `fine_tune` yields, and `ClipFailed` for a recording that can no longer be read.

    Raises:
        LibraryError: There is no library.
        DatasetError: There are too few corrections.
        ModelError: The former model cannot be read.
    """
    if not library_path.exists():
        raise LibraryError(f"{library_path}: there is no library yet; caption something in the application first")
    shutil.rmtree(sounds, ignore_errors=True)
    window_s = float(describe(former)["network"]["window_s"])
    with Library(library_path) as library:
        corrections = yield from _clips(write_corrected(library, sounds / "corrected"))
        few = write_uncorrected(library, sounds / "others", options.watched, window_s, options.seed)
        others = yield from _clips(few)
    yield from fine_tune(former, corrections, others, target, options)


def _clips(events: Iterator[Working | ClipFailed | DataWritten]) -> Generator[Working | ClipFailed, None, list[Clip]]:
    clips: list[Clip] = []
    for event in events:
        if not isinstance(event, DataWritten):
            yield event
        elif event.clips:
            clips = read_folder(event.csv_path, event.clips_folder)
    return clips
