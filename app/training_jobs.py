"""The training page's long work, as generators of events; what needs the model code imports it inside."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from time import monotonic
from typing import TYPE_CHECKING, Literal

from aaccore.data.checkup import CheckedUp, check_up
from aaccore.data.clotho_download import Version, fetch_clotho
from aaccore.data.data_set import data_set_rows, find_data_set
from aaccore.data.folder import Clip
from aaccore.downloads import Downloading
from aaccore.errors import CaptioningError, ConfigError, DatasetError, ModelError
from aaccore.events import ClipCaptioned, ClipFailed, Working
from aaccore.recipe import Training, check_training
from aaccore.run_view import RunReader
from aaccore.runs import is_run
from app.model_scores import ModelScores, ScoredClip
from app.run_reading import Process, row_of
from app.run_row import RunRow

if TYPE_CHECKING:
    from aaccore.evaluation import SplitScored

SIGN_OF_LIFE_S, LOOK_EVERY_S = 0.2, 1.0


@dataclass
class Places:
    """Where runs are looked for; the window's thread changes it, the following job reads it.

    Attributes:
        own: The window's folder of runs.
        others: Runs, or folders of runs, that were opened from elsewhere.
        processes: What is known of the processes that were started from here.
        now: Set to have them looked at at once.
    """

    own: Path
    others: tuple[Path, ...] = ()
    processes: Mapping[Path, Process] = field(default_factory=dict)
    now: Event = field(default_factory=Event)


@dataclass(frozen=True)
class RunsRead:
    """All runs as they stand, the newest first; sent when something has changed."""

    rows: tuple[RunRow, ...]


@dataclass(frozen=True)
class DataFound:
    """What lies in a data set's folder, as its tables tell.

    Attributes:
        folder: The folder that was asked for.
        clips: Clips of each split or fold.
        kind: Which kind of data set it is, as `DataSet.kind` calls it.
        captions: Its CSV below the folder, for "folds".
        sounds: The folder of its sounds below the folder, for "folds".
        problem: Why there is none; empty where there is one.
    """

    folder: Path
    clips: dict[str, int]
    problem: str = ""
    kind: Literal["folds", "clotho", "audiocaps"] = "folds"
    captions: str = ""
    sounds: str = ""


@dataclass(frozen=True)
class Ready:
    """A run can be started: its settings fit, and its data set is there."""

    folder: Path
    options: Training


@dataclass(frozen=True)
class Reference:
    """A sound of a data set: where it lies and what people wrote about it."""

    path: Path
    captions: tuple[str, ...]


@dataclass(frozen=True)
class References:
    """The sounds that a run's sample captions are about, by name, as far as they are here."""

    folder: Path
    sounds: dict[str, Reference]


@dataclass(frozen=True)
class ClothoReady:
    """Clotho lies complete in a folder."""

    folder: Path


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
            known[folder] = row_of(reader.read(), known.get(folder), folder.parent == places.own, process)
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
                if is_run(folder):
                    found[folder] = (folder / "run.toml").stat().st_mtime
    return sorted(found, key=lambda folder: (-found[folder], folder.name))


def _inside(place: Path) -> list[Path]:
    try:
        return [folder for folder in place.iterdir() if folder.is_dir() and not folder.name.startswith(".")]
    except OSError:
        return []


def look_at_data(folder: Path) -> Iterator[Working | DataFound]:
    """Count a data set's clips by their tables; no sound is opened."""
    clips: dict[str, int] = {}
    said = monotonic()
    try:
        place = find_data_set(folder)
        for row in data_set_rows(place):
            if isinstance(row, Clip):
                clips[row.fold or ""] = clips.get(row.fold or "", 0) + 1
            if monotonic() - said > SIGN_OF_LIFE_S:
                said = monotonic()
                yield Working("reading the tables")
    except CaptioningError as error:
        yield DataFound(folder, {}, str(error))
        return
    if place.kind == "folder" and place.csv_path and place.clips_folder:
        sounds = os.path.relpath(place.clips_folder, place.folder)
        yield DataFound(folder, clips, "", "folds", place.csv_path.name, sounds)
    elif place.kind != "folder":
        yield DataFound(folder, clips, "", place.kind)


def check_data(folder: Path) -> Iterator[Working | CheckedUp]:
    """Listen to a whole data set; see `aaccore.data.checkup`."""
    yield from check_up(folder)


def get_clotho(folder: Path, version: Version) -> Iterator[Downloading | Working | ClothoReady]:
    """Download and unpack Clotho; see `aaccore.data.clotho_download`."""
    yield Working("looking for what is here")
    yield from fetch_clotho(folder, version)
    yield ClothoReady(folder)


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
    from aaccore.data.corpus import read_corpus

    yield Working("looking at the data set")
    corpus = read_corpus(Path(options.data.folder), options.data)
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


def find_references(folder: Path, options: Training, names: frozenset[str]) -> Iterator[Working | References]:
    """Find the sounds that a run shows captions of, and what people wrote about them.

    Args:
        folder: The run's.
        options: Its settings, which name the data set.
        names: The sounds.
    """
    sounds: dict[str, Reference] = {}
    said = monotonic()
    with suppress(CaptioningError):
        data = options.data
        place = Path(data.folder)
        found = find_data_set(place / data.captions if data.kind == "folds" else place, place / data.clips)
        for row in data_set_rows(found):
            fitting = isinstance(row, Clip) and row.file_name in names
            if isinstance(row, Clip) and fitting and (not row.fold or row.fold in data.validation):
                sounds[row.file_name] = Reference(row.path, tuple(row.captions))
            if monotonic() - said > SIGN_OF_LIFE_S:
                said = monotonic()
                yield Working("looking for the sounds")
    yield References(folder, sounds)


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


def evaluate_model(
    model: Path, device: str, options: Training, folder: Path, split: str
) -> Iterator[Working | ModelScores]:
    """Caption a split with a run's model and score it; metrics that need minutes or Java are left to the command line.

    Args:
        model: The model's folder.
        device: Where it runs.
        options: Of its run: how the data set is read.
        folder: The data set.
        split: Its fold or split; empty for all clips.

    Raises:
        DatasetError: There is no such data set or split, or none of its clips can be captioned.
        ModelError: The model cannot be loaded.
    """
    yield Working("reading the tables")
    data = options.data
    table = folder / data.captions
    place = (
        find_data_set(table, folder / data.clips) if data.kind == "folds" and table.is_file() else find_data_set(folder)
    )
    rows = [row for row in data_set_rows(place) if isinstance(row, Clip)]
    clips = [clip for clip in rows if not split or clip.fold == split]
    if not clips:
        there = ", ".join(sorted({clip.fold or "none" for clip in rows}))
        raise DatasetError(f"{folder}: no clips in {split}; there are {there}")
    yield Working("loading the model")
    from aaccore.captioner import Captioner, caption_files
    from aaccore.evaluation import SplitScored, evaluate
    from aaccore.metrics.corpus import QUICK, TITLES

    done, failed = 0, []
    with closing(caption_files(Captioner(model, device), [clip.path for clip in clips])) as heard:
        for event in evaluate(clips, heard, QUICK):
            if isinstance(event, ClipCaptioned | ClipFailed):
                done += 1
                failed += [f"{event.path.name}: {event.reason}"] if isinstance(event, ClipFailed) else []
                yield Working(f"captioned {done} of {len(clips)} clips", done / len(clips))
            elif isinstance(event, SplitScored):
                yield _scores(event, TITLES, tuple(failed))
            elif isinstance(event, Working):
                scoring = event.message.startswith("scoring")
                yield event if scoring else Working(f"captioned {done} of {len(clips)} clips", done / len(clips))


def _scores(found: SplitScored, titles: Mapping[str, str], failed: tuple[str, ...]) -> ModelScores:
    own = found.per_clip.get("cider_d") or [0.0] * len(found.clips)
    clips = [
        ScoredClip(clip.path, caption, tuple(clip.captions), float(score))
        for clip, caption, score in zip(found.clips, found.captions, own, strict=True)
    ]
    values = {name: f"{value:.0f}" if name == "vocabulary" else f"{value:.3f}" for name, value in found.scores.items()}
    told = [("clips", str(len(clips))), *((title, values[name]) for name, title in titles.items() if name in values)]
    told += [(titles.get(name, name), why) for name, why in found.unavailable.items()]
    return ModelScores(tuple(told), tuple(sorted(clips, key=lambda clip: clip.score)), failed)


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
