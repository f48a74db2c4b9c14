"""The training pool: sounds rendered once (clips, altered clips, scenes, backgrounds) and their features, kept on disk.

Rendering and the frozen CNNs cost far more than a training step, so both are done once per pool: shards of 64 sounds,
named by what is in them (sounds, seeds, weights), written whole or not at all. Two runs may share a pool's folder.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from dataclasses import dataclass
from functools import lru_cache, partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import Tensor

from aaccore.audio import load_audio
from aaccore.config import EncoderName, Network
from aaccore.data.augment import augment, make_background
from aaccore.data.scenes import Scene, render
from aaccore.errors import DatasetError
from aaccore.events import Working
from aaccore.model import CaptioningModel

SAMPLE_RATE = 44100
SHARD = 64
"""Sounds in a shard."""
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
    """

    name: str
    captions: tuple[str, ...]
    labels: tuple[str, ...]
    fold: str
    scene: Scene | None
    seed: int | None
    seconds: float


def waveform(sound: Sound) -> NDArray[np.float32]:
    """Render a sound at 44.1 kHz, (samples,) float32."""
    if sound.scene is None:
        return make_background(np.random.default_rng(sound.seed), sound.seconds, SAMPLE_RATE)[0]
    samples = render(sound.scene, lambda clip: load_audio(clip.path, SAMPLE_RATE)[0])
    if sound.seed is not None:
        samples = augment(samples, SAMPLE_RATE, np.random.default_rng(sound.seed))
    return np.ascontiguousarray(samples[: round(sound.seconds * SAMPLE_RATE)], dtype=np.float32)


def shard_name(sounds: Sequence[Sound], weights: str) -> str:
    """A name that tells this shard's content: its sounds, their seeds and the CNNs' weights."""
    text = "\n".join(f"{s.name} {s.seed} {s.seconds} {s.scene.parts if s.scene else ''}" for s in sounds)
    return hashlib.sha256(f"{VERSION} {weights} {text}".encode()).hexdigest()[:24] + ".safetensors"


def build(folder: Path, sounds: Sequence[Sound], model: CaptioningModel, processes: int) -> Iterator[Working]:
    """Render the sounds and compute their features, as far as they are not there yet.

    Args:
        folder: Where the shards lie.
        sounds: The pool.
        model: Its front ends and CNNs, as they are, make the features.
        processes: How many work side by side, a thread each.

    Yields:
        `Working`, at least four times a second.
    """
    folder.mkdir(parents=True, exist_ok=True)
    weights = weights_key(model)
    shards = [sounds[at : at + SHARD] for at in range(0, len(sounds), SHARD)]
    missing = [shard for shard in shards if not (folder / shard_name(shard, weights)).exists()]
    if not missing:
        return
    state = folder / f"cnn-{weights}.safetensors"
    if not state.exists():
        _save_whole({name: value.contiguous() for name, value in model.encoders.state_dict().items()}, state)
    work = partial(_build_shard, folder, weights, model.network.encoders)
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as executor:
        todo = {executor.submit(work, shard) for shard in missing}
        try:
            while todo:
                done, todo = wait(todo, timeout=0.2, return_when=FIRST_COMPLETED)
                for future in done:
                    future.result()
                yield Working("rendering sounds and their features", 1 - len(todo) / len(missing))
        finally:
            for future in todo:
                future.cancel()


def weights_key(model: CaptioningModel) -> str:
    """Sixteen hexadecimal digits that tell the CNNs' weights."""
    digest = hashlib.sha256()
    for name, value in sorted(model.encoders.state_dict().items()):
        digest.update(name.encode())
        digest.update(value.detach().cpu().float().numpy().tobytes())
    return digest.hexdigest()[:16]


@lru_cache(maxsize=1)
def _cnns(state: Path, encoders: tuple[EncoderName, ...]) -> CaptioningModel:
    torch.set_num_threads(1)
    model = CaptioningModel(Network(encoders=encoders, width=8, heads=1), 8).eval()  # only its CNNs are used
    model.encoders.load_state_dict(load_file(state))
    return model


def _build_shard(folder: Path, weights: str, encoders: tuple[EncoderName, ...], sounds: Sequence[Sound]) -> None:
    model = _cnns(folder / f"cnn-{weights}.safetensors", encoders)
    features: list[Tensor] = []
    seconds: list[float] = []
    with torch.inference_mode():
        for sound in sounds:
            samples = waveform(sound)
            log_mels = model.log_mels(torch.from_numpy(samples)[None])
            features.append(model.features(log_mels)[0].half())
            seconds.append(len(samples) / SAMPLE_RATE)
    shard = {
        "features": torch.cat(features),
        "steps": torch.tensor([len(feature) for feature in features]),
        "seconds": torch.tensor(seconds),
    }
    _save_whole(shard, folder / shard_name(sounds, weights))


def _save_whole(tensors: dict[str, Tensor], path: Path) -> None:
    """Write under a name of this process's own, then rename: nobody ever reads a half file."""
    part = path.with_suffix(f".{os.getpid()}.part")
    try:
        save_file(tensors, part)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


@dataclass(frozen=True)
class Pool:
    """A pool in memory, half precision.

    Attributes:
        sounds: What lies in it.
        features: The joined features of all sounds, one after another, (steps, channels).
        steps: Where each sound's begin, and the end of all, (sounds + 1,).
        seconds: Length of each sound.
    """

    sounds: tuple[Sound, ...]
    features: Tensor
    steps: Tensor
    seconds: Tensor


def load(folder: Path, sounds: Sequence[Sound], model: CaptioningModel) -> Pool:
    """Read a pool that `build` has made.

    Raises:
        DatasetError: A shard is not there.
    """
    weights = weights_key(model)
    found: dict[str, list[Tensor]] = {}
    for at in range(0, len(sounds), SHARD):
        path = folder / shard_name(sounds[at : at + SHARD], weights)
        if not path.exists():
            raise DatasetError(f"{path.name}: this part of the pool is missing in {folder}; build it again")
        for name, value in load_file(path).items():
            found.setdefault(name, []).append(value)
    joined = {name: torch.cat(values) for name, values in found.items()}
    return Pool(tuple(sounds), joined["features"], _starts(joined["steps"]), joined["seconds"])


def _starts(lengths: Tensor) -> Tensor:
    return torch.cat([torch.zeros(1, dtype=torch.long), lengths.cumsum(0)])


def gathered(pool: Pool, chosen: Sequence[int]) -> tuple[Tensor, Tensor]:
    """Take some sounds out of a pool and pad them to the longest.

    Returns:
        Features, (batch, steps, channels) float32, and what of them is padding, (batch, steps) bool.
    """
    rows = [pool.features[pool.steps[index] : pool.steps[index + 1]] for index in chosen]
    lengths = torch.tensor([len(row) for row in rows])
    batch = torch.zeros(len(rows), int(lengths.max()), pool.features.shape[1])
    for place, row in zip(batch, rows, strict=True):
        place[: len(row)] = row
    return batch, torch.arange(batch.shape[1])[None] >= lengths[:, None]


def joined(parts: Sequence[Pool], model: CaptioningModel) -> Pool:
    """Put pools one after another; of none, an empty one."""
    if not parts:
        return Pool((), torch.zeros(0, model.channels).half(), torch.zeros(1, dtype=torch.long), torch.zeros(0))
    return Pool(
        tuple(sound for part in parts for sound in part.sounds),
        torch.cat([part.features for part in parts]),
        _starts(torch.cat([part.steps.diff() for part in parts])),
        torch.cat([part.seconds for part in parts]),
    )
