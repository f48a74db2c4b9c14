"""Which sounds a run trains on: clips, altered clips, written and made scenes, backgrounds. None is rendered here."""

from __future__ import annotations

import csv
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from aaccore.audio import AudioFile
from aaccore.data.audiocaps import read_audiocaps
from aaccore.data.augment import make_background
from aaccore.data.clotho import SPLITS, read_clotho
from aaccore.data.folder import Clip, read_folder
from aaccore.data.scenes import Part, Scene, make_scenes, read_scenes
from aaccore.data.shards import Sound
from aaccore.errors import DatasetError
from aaccore.recipe import DataSet, Training


@dataclass(frozen=True)
class Corpus:
    """The sounds of a run, by fold, and the clips they are made of."""

    development: tuple[tuple[Sound, ...], ...]
    validation: tuple[tuple[Sound, ...], ...]

    @property
    def captions(self) -> list[str]:
        """All captions that are trained on."""
        return [caption for fold in self.development for sound in fold for caption in sound.captions]

    @property
    def labels(self) -> list[str]:
        """All labels that are trained on, in alphabetical order."""
        return sorted({label for fold in self.development for sound in fold for label in sound.labels})


def read_corpus(folder: Path, data: DataSet) -> Corpus:
    """Find a data set's sounds; folds that are neither trained nor chosen on are left alone.

    Args:
        folder: Where the data set lies.
        data: Which parts of it; its seed decides alterations and made scenes.

    Raises:
        DatasetError: See `read_folder` and `read_scenes`; also when a fold is in both splits.
    """
    both = set(data.development) & set(data.validation)
    if both:
        raise DatasetError(f"fold {', '.join(sorted(both))}: in development and in validation; choose one")
    development = [_fold(folder, data, fold, True) for fold in data.development]
    validation = [_fold(folder, data, fold, False) for fold in data.validation]
    return Corpus(tuple(development), tuple(validation))


def read_sets(folder: Path, options: Training) -> Corpus:
    """Find the sounds of all data sets of a run.

    Args:
        folder: Where its first data set lies; the others say so themselves.
        options: The run's settings.

    Raises:
        DatasetError: See `read_corpus`; also when a data set has no sounds to train on.
    """
    found = [read_corpus(folder, options.data)]
    for place, data in enumerate(options.more_data, 1):
        corpus = read_corpus(Path(data.folder), data)
        if not any(corpus.development):
            raise DatasetError(f"{data.folder}: no sounds in {', '.join(data.development)}; choose other folds")
        found.append(Corpus(_of(place, corpus.development), _of(place, corpus.validation)))
    return Corpus(
        tuple(fold for corpus in found for fold in corpus.development),
        tuple(fold for corpus in found for fold in corpus.validation),
    )


def _of(place: int, folds: Sequence[Sequence[Sound]]) -> tuple[tuple[Sound, ...], ...]:
    return tuple(tuple(replace(sound, data_set=place) for sound in fold) for fold in folds)


def _fold(folder: Path, data: DataSet, fold: str, training: bool) -> tuple[Sound, ...]:
    clips = [_with_length(clip) for clip in _clips(folder, data, fold)]
    with_scenes = bool(data.scenes) and (data.kind == "folds" or (folder / data.scenes).is_file())
    scenes = read_scenes(folder / data.scenes, clips, {fold}) if with_scenes else []
    longest_s = data.longest_s
    sounds = [_sound(_alone(clip, longest_s), clip.captions, fold, None) for clip in clips]
    if not training:
        return tuple(sounds + [_sound(scene, scene.captions, fold, None) for scene in scenes])
    for copy in range(1, data.altered + 1):
        seeds = [_seed(data.seed, clip.file_name, copy) for clip in clips]
        sounds += [
            _sound(_alone(clip, longest_s), clip.captions, fold, seed) for clip, seed in zip(clips, seeds, strict=True)
        ]
    for index, scene in enumerate(scenes):
        sounds.append(_sound(scene, scene.captions, fold, _seed(data.seed, scene.name, 1) if index % 2 else None))
    sounds += [_background(_seed(data.seed, fold, index), fold, index, longest_s) for index in range(data.backgrounds)]
    made = make_scenes(clips, data.made_scenes, _seed(data.seed, fold, 0)) if data.made_scenes else []
    for index, scene in enumerate(made):
        sounds.append(_sound(scene, scene.captions, fold, _seed(data.seed, scene.name, 1) if index % 2 else None))
    return tuple(sound for sound in sounds if not _left_out(sound, data.leave_out))


def rough_copies(fold: Sequence[Sound], copies: int, seed: int) -> tuple[Sound, ...]:
    """Each clip of a fold that has a label, in so many loud rooms and noises: for label heads, which know it by that.

    Args:
        fold: Its sounds; altered ones and scenes are left out.
        copies: Of each clip.
        seed: Of the alterations.
    """
    clips = [sound for sound in fold if sound.labels and sound.seed is None and sound.scene and _is_alone(sound.scene)]
    return tuple(
        replace(clip, name=f"{clip.name} rough {copy}", seed=_seed(seed, f"{clip.name} rough", copy), rough=True)
        for copy in range(1, copies + 1)
        for clip in clips
    )


def _is_alone(scene: Scene) -> bool:
    return len(scene.parts) == 1


def whole_sounds(clips: Sequence[Clip], longest_s: float) -> tuple[Sound, ...]:
    """Clips as they are, each alone; what is beyond `longest_s` is cut off."""
    known = [_with_length(clip) for clip in clips]
    return tuple(_sound(_alone(clip, longest_s), clip.captions, clip.fold or "", None) for clip in known)


def _left_out(sound: Sound, sources: Sequence[str]) -> bool:
    return sound.scene is not None and any(part.clip.source in sources for part in sound.scene.parts)


def _clips(folder: Path, data: DataSet, fold: str) -> list[Clip]:
    if data.kind == "folds":
        return read_folder(folder / data.captions, folder / data.clips, {fold})
    if fold not in SPLITS:
        raise DatasetError(f"{fold}: no split of {data.kind}; use {', '.join(SPLITS)}")
    return read_clotho(folder, [fold]) if data.kind == "clotho" else read_audiocaps(folder, [fold])


def _with_length(clip: Clip) -> Clip:
    """The clip with its length, out of the file's header where the data set does not tell it."""
    if clip.seconds:
        return clip
    with AudioFile(clip.path) as file:
        return replace(clip, seconds=file.duration_s or file.expected_s)


def _alone(clip: Clip, longest_s: float) -> Scene:
    seconds = min(longest_s, clip.seconds or longest_s)
    return Scene(clip.file_name, (Part(clip, 0.0, 0.0),), seconds, clip.captions, "alone")


def _sound(scene: Scene, captions: tuple[str, ...], fold: str, seed: int | None) -> Sound:
    name = scene.name if seed is None else f"{scene.name} altered {seed}"
    return Sound(name, captions, tuple(label for label in scene.labels if label), fold, scene, seed, scene.seconds)


def _background(seed: int, fold: str, index: int, longest_s: float) -> Sound:
    seconds = float(np.random.default_rng(seed + 1).uniform(1.0, longest_s))
    captions = make_background(np.random.default_rng(seed), seconds, 8000)[1]
    return Sound(f"background {fold} {index}", tuple(captions), (), fold, None, seed, seconds)


def _seed(seed: int, name: str, copy: int) -> int:
    return zlib.crc32(f"{seed} {name} {copy}".encode())


@dataclass(frozen=True)
class TagCaptions:
    """What is said of one AudioSet class: its words and some captions (none for classes that name no sound)."""

    word: str
    captions: tuple[str, ...]


def read_tag_captions(path: Path) -> list[TagCaptions]:
    """Read the captions of YAMNet's 521 classes, in its order: columns `index, tag, word, caption_1 ..`.

    Raises:
        DatasetError: The file is missing or not in that order.
    """
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream))
    except OSError as error:
        raise DatasetError(f"{path}: cannot be read ({error.strerror})") from error
    if [row.get("index") for row in rows] != [str(index) for index in range(len(rows))]:
        raise DatasetError(f"{path}: its rows are not numbered 0, 1, 2, ...")
    keys = [key for key in (rows[0] if rows else {}) if key.startswith("caption_")]
    return [TagCaptions(row["word"], tuple(row[key] for key in keys if row[key])) for row in rows]


def read_label_words(path: Path) -> dict[str, str]:
    """Read what each label is called: columns `label, word`."""
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            return {row["label"]: row["word"] for row in csv.DictReader(stream)}
    except (OSError, KeyError) as error:
        raise DatasetError(f"{path}: cannot be read ({error})") from error
