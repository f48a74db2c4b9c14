"""The training page's work on data sets, as generators of events; what needs the model code imports it inside."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Literal

from aaccore.data.checkup import CheckedUp, check_up
from aaccore.data.clotho_download import Version, fetch_clotho
from aaccore.data.data_set import DataSetPlace, data_set_rows, find_data_set
from aaccore.data.folder import Clip
from aaccore.downloads import Downloading
from aaccore.errors import CaptioningError, DatasetError
from aaccore.events import ClipCaptioned, ClipFailed, Working
from aaccore.recipe import DataSet, Training
from app.model_scores import ModelScores, ScoredClip

if TYPE_CHECKING:
    from aaccore.evaluation import SplitScored

SIGN_OF_LIFE_S = 0.2


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
class ClipsCounted:
    """How many clips each split or fold of data sets has; none where one cannot be read."""

    clips: Mapping[DataSet, Mapping[str, int]]


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


def look_at_data(folder: Path) -> Iterator[Working | DataFound]:
    """Count a data set's clips by their tables; no sound is opened."""
    try:
        place = find_data_set(folder)
        clips = yield from _counted(place)
    except CaptioningError as error:
        yield DataFound(folder, {}, str(error))
        return
    if place.kind == "folder" and place.csv_path and place.clips_folder:
        sounds = os.path.relpath(place.clips_folder, place.folder)
        yield DataFound(folder, clips, "", "folds", place.csv_path.name, sounds)
    elif place.kind != "folder":
        yield DataFound(folder, clips, "", place.kind)


def count_clips(sets: Iterable[DataSet]) -> Iterator[Working | ClipsCounted]:
    """Count the clips of data sets by their tables, where their settings say that they lie."""
    counted: dict[DataSet, Mapping[str, int]] = {}
    for data in sets:
        counted[data] = {}
        with suppress(CaptioningError):
            counted[data] = yield from _counted(_place(data))
    yield ClipsCounted(counted)


def _counted(place: DataSetPlace) -> Generator[Working, None, dict[str, int]]:
    clips: dict[str, int] = {}
    said = monotonic()
    for row in data_set_rows(place):
        if isinstance(row, Clip):
            clips[row.fold or ""] = clips.get(row.fold or "", 0) + 1
        if monotonic() - said > SIGN_OF_LIFE_S:
            said = monotonic()
            yield Working("reading the tables")
    return clips


def _place(data: DataSet) -> DataSetPlace:
    folder = Path(data.folder)
    return find_data_set(folder / data.captions if data.kind == "folds" else folder, folder / data.clips)


def check_data(folder: Path) -> Iterator[Working | CheckedUp]:
    """Listen to a whole data set; see `aaccore.data.checkup`."""
    yield from check_up(folder)


def get_clotho(folder: Path, version: Version) -> Iterator[Downloading | Working | ClothoReady]:
    """Download and unpack Clotho; see `aaccore.data.clotho_download`."""
    yield Working("looking for what is here")
    yield from fetch_clotho(folder, version)
    yield ClothoReady(folder)


def find_references(folder: Path, options: Training, names: frozenset[str]) -> Iterator[Working | References]:
    """Find the sounds that a run shows captions of, and what people wrote about them.

    Args:
        folder: The run's.
        options: Its settings, which name the data sets.
        names: The sounds.
    """
    sounds: dict[str, Reference] = {}
    said = monotonic()
    for data in (options.data, *options.more_data):
        with suppress(CaptioningError):
            for row in data_set_rows(_place(data)):
                fitting = isinstance(row, Clip) and row.file_name in names
                if isinstance(row, Clip) and fitting and (not row.fold or row.fold in data.validation):
                    sounds.setdefault(row.file_name, Reference(row.path, tuple(row.captions)))
                if monotonic() - said > SIGN_OF_LIFE_S:
                    said = monotonic()
                    yield Working("looking for the sounds")
    yield References(folder, sounds)


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
