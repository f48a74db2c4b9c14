"""The training pool on disk: sounds rendered once (clips, altered clips, scenes, backgrounds), as what is learnt on.

For a frozen CNN that is its features, for one that learns the log-mels. Both cost far more than a training step, so
they are computed once: shards of 64 sounds of a fold, named by what is in them (sounds, seeds, front ends or weights),
written whole or not at all. Two runs may share a pool's folder.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache, partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from aaccore.audio import load_audio
from aaccore.config import EncoderName, Network
from aaccore.data.augment import augment, make_background, roughen
from aaccore.data.scenes import Scene, render
from aaccore.errors import DatasetError, RunError
from aaccore.events import Working
from aaccore.fingerprint import fingerprint
from aaccore.model import CaptioningModel, resampled

SAMPLE_RATE = 44100
SHARD = 64
"""Sounds in a shard."""
LEFT_BEHIND_S = 86400.0
"""Nobody writes a shard for so long."""
VERSION = "1"
"""Changes when rendering changes, so that older shards are not taken for new ones."""


@dataclass(frozen=True)
class Sound:
    """One sound of the pool.

    Attributes:
        name: Unique in the pool.
        captions: What may be said of it.
        labels: The sounds in it.
        fold: Fold of all its parts.
        scene: Its parts; None for a made background.
        seed: Of its alterations; None leaves it as it is (a background always has one).
        seconds: Length at most.
        data_set: Place of its data set among those of the run.
        rough: Its alterations are the strong ones of `roughen`.
    """

    name: str
    captions: tuple[str, ...]
    labels: tuple[str, ...]
    fold: str
    scene: Scene | None
    seed: int | None
    seconds: float
    data_set: int = 0
    rough: bool = False


def waveform(sound: Sound) -> NDArray[np.float32]:
    """Render a sound at 44.1 kHz, (samples,) float32."""
    if sound.scene is None:
        return make_background(np.random.default_rng(sound.seed), sound.seconds, SAMPLE_RATE)[0]
    samples = render(sound.scene, lambda clip: load_audio(clip.path, SAMPLE_RATE)[0])
    if sound.seed is not None:
        samples = (roughen if sound.rough else augment)(samples, SAMPLE_RATE, np.random.default_rng(sound.seed))
    return np.ascontiguousarray(samples[: round(sound.seconds * SAMPLE_RATE)], dtype=np.float32)


def shard_name(sounds: Sequence[Sound], weights: str) -> str:
    """A name that tells this shard's content: its sounds, their seeds and what `weights_key` says.

    Raises:
        DatasetError: A clip cannot be read.
    """
    text = "\n".join(_content(sound) for sound in sounds)
    return hashlib.sha256(f"{VERSION} {weights} {text}".encode()).hexdigest()[:24] + ".safetensors"


def _content(sound: Sound) -> str:
    """What a sound is made of, wherever its clips lie."""
    scene = sound.scene
    parts = [f"{_mark(p.clip.path)} {p.start_s} {p.gain_db} {p.seconds}" for p in scene.parts] if scene else []
    seed = f"rough {sound.seed}" if sound.rough else sound.seed
    return f"{seed} {sound.seconds} {parts} {scene.background if scene else None}"


@lru_cache(maxsize=200_000)
def _mark(path: Path) -> str:
    try:
        return fingerprint(path).hex()
    except OSError as error:
        raise DatasetError(f"{path}: cannot be read ({error.strerror})") from error


def shard_names(sounds: Sequence[Sound], weights: str) -> list[str]:
    """The names of a fold's shards."""
    return [shard_name(sounds[at : at + SHARD], weights) for at in range(0, len(sounds), SHARD)]


def build(
    folder: Path, sounds: Sequence[Sound], model: CaptioningModel, processes: int, log_mels: bool = False
) -> Iterator[Working]:
    """Render the sounds and compute what is learnt on, as far as it is not there yet.

    Args:
        folder: Where the shards lie.
        sounds: The pool.
        model: Its front ends and CNNs, as they are, make the features.
        processes: How many work side by side, a thread each.
        log_mels: Keep log-mels for a CNN that learns, not features.

    Yields:
        `Working`, at least four times a second.
    """
    folder.mkdir(parents=True, exist_ok=True)
    weights = weights_key(model, log_mels)
    shards = [sounds[at : at + SHARD] for at in range(0, len(sounds), SHARD)]
    missing = [shard for shard in shards if not (folder / shard_name(shard, weights)).exists()]
    if not missing:
        return
    state = None if log_mels else folder / f"cnn-{weights}.safetensors"
    if state and not state.exists():
        _save_whole({name: value.contiguous() for name, value in model.encoders.state_dict().items()}, state)
    work = partial(_build_shard, folder, weights, state, model.network.encoders)
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as executor:
        todo = {executor.submit(work, shard) for shard in missing}
        try:
            while todo:
                done, todo = wait(todo, timeout=0.2, return_when=FIRST_COMPLETED)
                for future in done:
                    future.result()
                what = "log-mels" if log_mels else "features"
                yield Working(f"rendering sounds and their {what}", 1 - len(todo) / len(missing))
        finally:
            for future in todo:
                future.cancel()


def weights_key(model: CaptioningModel, log_mels: bool = False) -> str:
    """Sixteen hexadecimal digits that tell the CNNs' weights, or for log-mels their front ends."""
    digest = hashlib.sha256()
    if log_mels:
        digest.update(repr(model.network.encoders).encode())
        return digest.hexdigest()[:16]
    for name, value in sorted(model.encoders.state_dict().items()):
        digest.update(name.encode())
        digest.update(value.detach().cpu().float().numpy().tobytes())
    return digest.hexdigest()[:16]


@lru_cache(maxsize=1)
def _cnns(state: Path | None, encoders: tuple[EncoderName, ...]) -> CaptioningModel:
    torch.set_num_threads(1)
    model = CaptioningModel(Network(encoders=encoders, width=8, heads=1), 8).eval()  # only its CNNs are used
    if state is not None:
        model.encoders.load_state_dict(load_file(state))
    return model


def _build_shard(
    folder: Path, weights: str, state: Path | None, encoders: tuple[EncoderName, ...], sounds: Sequence[Sound]
) -> None:
    model = _cnns(state, encoders)
    kept: list[list[Tensor]] = []
    seconds: list[float] = []
    with torch.inference_mode():
        for sound in sounds:
            samples = waveform(sound)
            sound_in = resampled(torch.from_numpy(samples)[None], SAMPLE_RATE, model.sample_rate)
            log_mels = model.log_mels(sound_in)
            found = [model.features(log_mels)] if state is not None else log_mels
            kept.append([part[0].half() for part in found])
            seconds.append(len(samples) / SAMPLE_RATE)
    shard = {"seconds": torch.tensor(seconds)}
    for part, values in enumerate(zip(*kept, strict=True)):
        name, lengths = ("features", "steps") if state is not None else (f"log_mels_{part}", f"frames_{part}")
        shard |= {name: torch.cat(values), lengths: torch.tensor([len(value) for value in values])}
    _save_whole(shard, folder / shard_name(sounds, weights))


def _save_whole(tensors: dict[str, Tensor], path: Path) -> None:
    """Write under a name of this process's own, then rename: nobody ever reads a half file."""
    part = path.with_suffix(f".{os.getpid()}.part")
    try:
        save_file(tensors, part)
        part.replace(path)
    except (OSError, SafetensorError) as error:
        raise RunError(f"{path.parent}: cannot be written to ({error}); make room, then start the run again") from error
    finally:
        part.unlink(missing_ok=True)


def read(folder: Path, folds: Sequence[Sequence[Sound]], weights: str) -> dict[str, Tensor]:
    """Read the shards of folds that `build` has made, their tensors joined by name; {} for no sounds.

    Raises:
        DatasetError: A shard is not there.
    """
    found: dict[str, list[Tensor]] = {}
    for name in (name for sounds in folds for name in shard_names(sounds, weights)):
        path = folder / name
        if not path.exists():
            raise DatasetError(f"{path.name}: this part of the pool is missing in {folder}; build it again")
        path.touch()  # `prune` takes what was not used for longest
        for key, value in load_file(path).items():
            found.setdefault(key, []).append(value)
    return {key: torch.cat(values) for key, values in found.items()}


def prune(folder: Path, limit_gb: float, keep: Collection[str] = ()) -> None:
    """Delete the shards that were not used for longest until the folder is within its limit; those in `keep` stay.

    What a killed process has left half written goes too, a day after.
    """
    for path in folder.glob("*.part"):
        with suppress(FileNotFoundError):
            if time.time() - path.stat().st_mtime > LEFT_BEHIND_S:
                path.unlink()
    shards = sorted((path for path in folder.glob("*.safetensors")), key=lambda path: path.stat().st_mtime)
    excess = sum(path.stat().st_size for path in shards) - limit_gb * 1e9
    for path in shards:
        if excess <= 0:
            return
        if path.name not in keep:
            excess -= path.stat().st_size
            path.unlink(missing_ok=True)
