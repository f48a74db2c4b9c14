"""The training page's work on runs and models, as generators of events; the model code is imported inside."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from time import monotonic

from aaccore.errors import ConfigError, DatasetError, ModelError
from aaccore.events import Working
from aaccore.library import Library
from aaccore.library_data import Corrections, count_corrections
from aaccore.recipe import Training, check_training
from aaccore.run_view import RunReader
from aaccore.runs import settings_file
from app.run_reading import Process, row_of
from app.run_row import RunRow

SIGN_OF_LIFE_S, LOOK_EVERY_S = 0.2, 1.0


@dataclass
class Places:
    """Where runs are looked for; the window's thread changes it, the following job reads it.

    Attributes:
        own: The window's folder of runs.
        others: Runs, or folders of runs, that were opened from elsewhere.
        processes: What is known of the processes that were started from here.
        chosen: The model folder that captions now; None for the bundled one.
        now: Set to have them looked at at once.
    """

    own: Path
    others: tuple[Path, ...] = ()
    processes: Mapping[Path, Process] = field(default_factory=dict)
    chosen: Path | None = None
    now: Event = field(default_factory=Event)


@dataclass(frozen=True)
class RunsRead:
    """All runs as they stand, the newest first; sent when something has changed."""

    rows: tuple[RunRow, ...]


@dataclass(frozen=True)
class Ready:
    """A run can be started: its settings fit, and its data set is there."""

    folder: Path
    options: Training


@dataclass(frozen=True)
class CorrectionsFound:
    """What a model can be taught by, and a name for it that is free."""

    corrections: Corrections
    name: str


@dataclass(frozen=True)
class ModelTaken:
    """A copy of a run's model lies in the models folder."""

    folder: Path


def follow(places: Places) -> Iterator[RunsRead | Working]:
    """Read all runs again and again, each time what is new; never ends by itself."""
    readers: dict[Path, RunReader] = {}
    known: dict[Path, RunRow] = {}
    told: tuple[RunRow, ...] | None = None
    while True:
        folders = _folders(places)
        for folder in set(readers) - set(folders):
            del readers[folder]
            known.pop(folder, None)
        for folder in folders:
            reader = readers.setdefault(folder, RunReader(folder))
            process = places.processes.get(folder, Process())
            own = folder.parent == places.own
            known[folder] = row_of(reader.read(), known.get(folder), own, process, places.chosen)
        rows = tuple(known[folder] for folder in folders)
        if told is None or len(rows) != len(told) or any(a is not b for a, b in zip(rows, told, strict=True)):
            told = rows
            yield RunsRead(rows)
        until = monotonic() + LOOK_EVERY_S
        places.now.clear()
        while monotonic() < until and not places.now.wait(SIGN_OF_LIFE_S):
            yield Working("following")


def _folders(places: Places) -> list[Path]:
    """All runs, the newest first."""
    found: dict[Path, float] = {}
    for place in (places.own, *places.others):
        for folder in (place, *_inside(place)):
            with suppress(OSError):  # it may be deleted while it is looked at
                if settings_file(folder).is_file():
                    found[folder] = settings_file(folder).stat().st_mtime
    return sorted(found, key=lambda folder: (-found[folder], folder.name))


def _inside(place: Path) -> list[Path]:
    try:
        return [folder for folder in place.iterdir() if folder.is_dir() and not folder.name.startswith(".")]
    except OSError:
        return []


def get_ready(folder: Path, options: Training, needed_bytes: int) -> Iterator[Working | Ready]:
    """Make sure that a run can work, before its process is started.

    Args:
        folder: The run's; not there yet, or the same run.
        options: Its settings.
        needed_bytes: Room that it takes, as far as is known.

    Raises:
        ConfigError: The settings do not fit each other, or there is no room.
        DatasetError: The data set is not there, or incomplete.
    """
    yield Working("looking at the data set")
    check_training(options)
    if not options.data.folder:
        raise DatasetError("data.folder: no data set is chosen; choose its folder")
    from aaccore.data.corpus import read_sets

    yield Working("looking at the data set")
    corpus = read_sets(Path(options.data.folder), options)
    if not any(corpus.development):
        raise DatasetError(
            f"{options.data.folder}: no sounds in {', '.join(options.data.development)}; choose other folds to train on"
        )
    place = next(path for path in (folder, *folder.parents) if path.is_dir())
    free = shutil.disk_usage(place).free
    if free < needed_bytes:
        raise ConfigError(
            f"{place}: {free / 1e9:.1f} GB are free, the run needs about {needed_bytes / 1e9:.1f} GB; make room there"
        )
    yield Ready(folder, options)


def look_at_corrections(library_path: Path, places: Places) -> Iterator[Working | CorrectionsFound]:
    """Count the library's corrections.

    Raises:
        LibraryError: It cannot be read.
    """
    yield Working("looking for corrected captions")
    with Library(library_path) as library:
        found = count_corrections(library)
    taken = {path.name.lower() for path in _inside(places.own)}
    name = next(one for one in ("my-sounds", *(f"my-sounds-{n}" for n in range(2, 10_000))) if one not in taken)
    yield CorrectionsFound(found, name)


def take_model(model: Path, name: str, models: Path) -> Iterator[Working | ModelTaken]:
    """Copy a run's model into the models folder, under a name that is free; see `add_model`."""
    yield Working("checking the model")
    from aaccore.models_folder import ModelAdded, add_model

    taken = {path.name.lower() for path in models.iterdir()} if models.is_dir() else set()
    called = next(one for one in (name, *(f"{name}-{n}" for n in range(2, 10_000))) if one.lower() not in taken)
    for event in add_model(model, called, models):
        yield ModelTaken(event.folder) if isinstance(event, ModelAdded) else event


def export_model(model: Path, path: Path) -> Iterator[Working]:
    """Write a run's model as a zip file.

    Raises:
        ModelError: It is damaged, or the file cannot be written.
    """
    yield Working("checking the model")
    from aaccore.model_archive import pack_model

    yield from pack_model(model, path)
    yield Working(f"written: {path}", 1.0)


def delete_run(folder: Path) -> Iterator[Working]:
    """Delete a run with its checkpoints; at once out of sight.

    Raises:
        ModelError: It cannot be deleted.
    """
    aside = folder.with_name(f".deleted-{folder.name}")
    yield Working(f"deleting {folder.name}")
    try:
        shutil.rmtree(aside, ignore_errors=True)
        folder.rename(aside)
        shutil.rmtree(aside)
    except OSError as error:
        raise ModelError(f"{folder}: cannot be deleted ({error.strerror or error}); close what uses it") from error
