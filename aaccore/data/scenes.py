"""Scenes: one to three clips placed in time and level, read from written recipes or made anew with joined captions."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from aaccore.data.augment import make_background
from aaccore.data.folder import Clip
from aaccore.data.grammar import Voice, join
from aaccore.data.phrases import says_loud
from aaccore.data.placing import Placed, place
from aaccore.errors import DatasetError

SAMPLE_RATE = 44_100
CLIP_LEVEL = 0.05  # root mean square every clip is brought to: -26 dBFS
LONGEST_S = 10.0
_FADE_S = 0.15
_SHARES = (0.10, 0.75, 0.15)  # scenes of one, two and three sounds
_TRIES = 40


@dataclass(frozen=True)
class Part:
    """A clip in a scene: when it starts, its gain over -26 dBFS, and how much of it is heard (None: all that fits)."""

    clip: Clip
    start_s: float
    gain_db: float
    seconds: float | None = None


@dataclass(frozen=True)
class Background:
    """Synthetic quiet noise under a scene, drawn from a seed, at an absolute level."""

    seed: int
    level_db: float


@dataclass(frozen=True)
class Scene:
    """A recipe for one sound. `kind` is "alone", "in turn", "together" or "over"."""

    name: str
    parts: tuple[Part, ...]
    seconds: float
    captions: tuple[str, ...]
    kind: str
    background: Background | None = None

    @property
    def labels(self) -> tuple[str, ...]:
        """What each part is about, "" where that is unknown."""
        return tuple(part.clip.label or "" for part in self.parts)


def read_scenes(csv_path: Path, clips: Iterable[Clip], folds: Collection[str] | None = None) -> list[Scene]:
    """Read written recipes.

    Args:
        csv_path: Columns `scene, fold, kind, files, starts_s, gains_db, seconds, caption_1 ..`; ";" separates lists.
        clips: The clips that recipes may name.
        folds: Keep only recipes of these folds. None keeps all.

    Raises:
        DatasetError: The file or a column is missing, a recipe names an unknown clip or crosses folds, or its lists
            differ in length.
    """
    known = {clip.file_name: clip for clip in clips}
    try:
        with csv_path.open(encoding="utf-8", newline="") as stream:
            rows = [row for row in csv.DictReader(stream) if folds is None or row.get("fold") in folds]
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"{csv_path}: cannot be read ({error}); give the CSV of scene recipes") from error
    return [_recipe(row, known, csv_path.name) for row in rows]


def _recipe(row: dict[str, str], known: dict[str, Clip], where: str) -> Scene:
    try:
        name, files, seconds = row["scene"], row["files"].split(";"), float(row["seconds"])
        starts = [float(text) for text in row["starts_s"].split(";")]
        gains = [float(text) for text in row["gains_db"].split(";")]
        captions = tuple(row[key] for key in sorted(row) if key.startswith("caption_") and row[key])
        kind = row["kind"]
    except (KeyError, ValueError) as error:
        raise DatasetError(
            f"{where}: scene {row.get('scene')} cannot be read ({error}); see the recipes' columns"
        ) from error
    missing = [file for file in files if file not in known]
    if missing:
        raise DatasetError(f"{where}: {name} names {missing[0]}, which is not among the clips; read its fold too")
    if not len(files) == len(starts) == len(gains):
        raise DatasetError(
            f"{where}: {name} has {len(files)} files, {len(starts)} starts and {len(gains)} gains; give one each"
        )
    if len({known[file].fold for file in files}) > 1:
        raise DatasetError(f"{where}: {name} mixes clips of several folds; keep every scene in one")
    parts = tuple(Part(known[file], start, gain) for file, start, gain in zip(files, starts, gains, strict=True))
    return Scene(name, parts, seconds, captions, kind)


def make_scenes(clips: Sequence[Clip], count: int, seed: int) -> list[Scene]:
    """Make new scenes: three in four of two sounds, 15 % of three, 10 % of one in quiet noise.

    Clips of a scene share the fold and differ in label and recording. Rare labels are drawn more often than their
    share: a label's chance grows with the square root of its clips. The same arguments give the same scenes, and every
    scene is drawn by itself, so that other words for one change no other.

    Args:
        clips: What may be mixed.
        count: Scenes wanted.
        seed: Decides everything.

    Raises:
        DatasetError: The clips do not suffice, e.g. all have one label or no caption can be joined.
    """
    pools = _pools(clips)
    folds = sorted(pools)
    shares = np.array([len(pools[fold][0]) for fold in folds], float)
    scenes: list[Scene] = []
    for index in range(count + count // 2 + 20):
        if len(scenes) == count:
            break
        rng = np.random.default_rng((seed, index))
        fold = folds[int(rng.choice(len(folds), p=shares / shares.sum()))]
        scene = _make_one(*pools[fold], f"made_{seed}_{index:06d}", rng)
        if scene is not None:
            scenes.append(scene)
    if len(scenes) < count:
        raise DatasetError(
            f"only {len(scenes)} of {count} scenes could be made; add clips of more labels with short captions"
        )
    return scenes


Pool = tuple[list[Clip], NDArray[np.float64]]


def _pools(clips: Sequence[Clip]) -> dict[str, Pool]:
    """For each fold its clips and their chances."""
    by_fold: dict[str, list[Clip]] = defaultdict(list)
    for clip in clips:
        by_fold[clip.fold or ""].append(clip)
    if not by_fold:
        raise DatasetError("no clips to make scenes of")
    pools = {}
    for fold, members in by_fold.items():
        sizes = Counter(clip.label for clip in members)
        chances = np.array([sizes[clip.label] ** -0.5 for clip in members])
        pools[fold] = members, chances / chances.sum()
    return pools


def _make_one(clips: list[Clip], chances: NDArray[np.float64], name: str, rng: np.random.Generator) -> Scene | None:
    """Draw clips and places until they can be told in words; None where that never happens."""
    sounds = int(rng.choice(3, p=_SHARES)) + 1
    if sounds == 1:
        return _alone(clips[int(rng.choice(len(clips), p=chances))], name, rng)
    if len(clips) < sounds:
        return None
    for _ in range(_TRIES):
        chosen = [clips[int(at)] for at in rng.choice(len(clips), sounds, replace=False, p=chances)]
        labels = {clip.label or clip.file_name for clip in chosen}
        recordings = {clip.recording or clip.file_name for clip in chosen}
        if len(labels) == len(recordings) == sounds:
            scene = _mixed(chosen, name, rng)
            if scene is not None:
                return scene
    return None


def _mixed(chosen: list[Clip], name: str, rng: np.random.Generator) -> Scene | None:
    """One scene of these clips, or None where no three captions can be joined truly."""
    lengths = [length_s(clip) for clip in chosen]
    placed = place(lengths, LONGEST_S, rng)
    voices = [
        Voice(clip.captions, clip.label, at.start_s, at.start_s + at.seconds, at.gain_db, at.seconds < length - 0.1)
        for clip, length, at in zip(chosen, lengths, placed, strict=True)
    ]
    order, captions = join(voices, rng)
    if len(captions) < 3:
        return None
    seconds = min(LONGEST_S, max(0.5, max(voice.end_s for voice in voices)))
    parts = tuple(_part(clip, length, at) for clip, length, at in zip(chosen, lengths, placed, strict=True))
    return Scene(name, parts, round(seconds, 3), tuple(captions), order)


def _part(clip: Clip, length: float, at: Placed) -> Part:
    return Part(clip, at.start_s, at.gain_db, at.seconds if at.seconds < length - 1e-3 else None)


def _alone(clip: Clip, name: str, rng: np.random.Generator) -> Scene:
    """One clip somewhere in quiet noise, with its own captions."""
    length = length_s(clip)
    seconds = float(min(LONGEST_S, max(0.5, length + rng.uniform(0.0, 4.0))))
    start = float(rng.uniform(0.0, max(0.0, seconds - length)))
    gain = float(rng.uniform(-18.0, 4.0))
    captions = [text for text in clip.captions if gain > -8 or not says_loud(text)] or list(clip.captions)
    background = Background(int(rng.integers(2**31)), -26 + gain - float(rng.uniform(15.0, 40.0)))
    part = Part(clip, round(start, 3), round(gain, 1))
    return Scene(name, (part,), round(seconds, 3), tuple(captions), "alone", background)


def length_s(clip: Clip) -> float:
    """How long a clip is, from its row or, where that does not say, from its file."""
    return clip.seconds if clip.seconds is not None else float(soundfile.info(str(clip.path)).duration)


def read_clip(clip: Clip) -> NDArray[np.float32]:
    """A clip's sound, (samples,) at 44.1 kHz, several channels as their mean.

    Raises:
        DatasetError: The file cannot be read.
    """
    try:
        sound, rate = soundfile.read(str(clip.path), dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as error:
        raise DatasetError(f"{clip.file_name}: cannot be read ({error.error_string}); replace or remove it") from error
    mono = sound.mean(axis=1)
    return mono if rate == SAMPLE_RATE else np.asarray(soxr.resample(mono, rate, SAMPLE_RATE), np.float32)


def render(scene: Scene, load: Callable[[Clip], NDArray[np.float32]] = read_clip) -> NDArray[np.float32]:
    """Mix a scene: every clip at -26 dBFS plus its gain, added from its start on, cut to the scene's length.

    Args:
        scene: The recipe.
        load: Gives a clip's sound, (samples,) at 44.1 kHz.

    Returns:
        (samples,) at 44.1 kHz; loud scenes can go beyond 1.
    """
    mixed = np.zeros(int(scene.seconds * SAMPLE_RATE), np.float32)
    for part in scene.parts:
        sound = load(part.clip)
        rms = float(np.sqrt((sound**2).mean())) if len(sound) else 0.0
        sound = sound / max(1e-4, rms) * CLIP_LEVEL
        if part.seconds is not None:
            sound = _cut(sound, part.seconds)
        at = int(part.start_s * SAMPLE_RATE)
        sound = sound[: max(0, len(mixed) - at)]
        mixed[at : at + len(sound)] += (sound * 10 ** (part.gain_db / 20)).astype(np.float32)
    if scene.background is not None:
        rng = np.random.default_rng(scene.background.seed)
        noise, _ = make_background(rng, scene.seconds, SAMPLE_RATE, scene.background.level_db, plain=True)
        mixed += noise[: len(mixed)]
    return mixed


def _cut(sound: NDArray[np.float32], seconds: float) -> NDArray[np.float32]:
    """The first seconds, faded out at the end so that the cut does not click."""
    kept = sound[: int(seconds * SAMPLE_RATE)].copy()
    fade = min(len(kept), int(_FADE_S * SAMPLE_RATE))
    kept[len(kept) - fade :] *= np.linspace(1.0, 0.0, fade, dtype=np.float32)
    return kept
