"""The training pool in memory: features of a frozen CNN, or log-mels for one that learns, gathered into batches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from aaccore.data.shards import Sound, read, weights_key
from aaccore.model import CaptioningModel


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


@dataclass(frozen=True)
class LogMelPool:
    """A pool for CNNs that learn, half precision.

    Attributes:
        sounds: What lies in it.
        log_mels: For each encoder those of all sounds, one after another, (frames, mels).
        frames: For each encoder where each sound's begin, and the end of all, (sounds + 1,).
        silence: For each encoder the lowest value there is, which stands for what is beyond a sound's end.
        seconds: Length of each sound.
    """

    sounds: tuple[Sound, ...]
    log_mels: tuple[Tensor, ...]
    frames: tuple[Tensor, ...]
    silence: tuple[float, ...]
    seconds: Tensor


def load(folder: Path, folds: Sequence[Sequence[Sound]], model: CaptioningModel) -> Pool:
    """Read the features of folds that `shards.build` has made.

    Raises:
        DatasetError: A shard is not there.
    """
    found = read(folder, folds, weights_key(model))
    sounds = tuple(sound for fold in folds for sound in fold)
    features = found.get("features", torch.zeros(0, model.channels).half())
    return Pool(sounds, features, _starts(found.get("steps")), found.get("seconds", torch.zeros(0)))


def load_log_mels(folder: Path, folds: Sequence[Sequence[Sound]], model: CaptioningModel) -> LogMelPool:
    """Read the log-mels of folds that `shards.build` has made.

    Raises:
        DatasetError: A shard is not there.
    """
    found = read(folder, folds, weights_key(model, log_mels=True))
    encoders = range(len(model.network.encoders)) if found else []
    log_mels = tuple(found[f"log_mels_{encoder}"] for encoder in encoders)
    return LogMelPool(
        tuple(sound for fold in folds for sound in fold),
        log_mels,
        tuple(_starts(found[f"frames_{encoder}"]) for encoder in encoders),
        tuple(float(values.min()) for values in log_mels),
        found.get("seconds", torch.zeros(0)),
    )


def taken(pool: Pool, chosen: Sequence[int], captions: Sequence[tuple[str, ...]] = ()) -> Pool:
    """Some sounds of a pool as a pool of their own.

    Args:
        pool: Where they lie.
        chosen: Their places in it.
        captions: What is said of them from now on; by default what was.
    """
    sounds = [pool.sounds[row] for row in chosen]
    if captions:
        sounds = [replace(sound, captions=own) for sound, own in zip(sounds, captions, strict=True)]
    features = [pool.features[pool.steps[row] : pool.steps[row + 1]] for row in chosen]
    steps = _starts(torch.tensor([len(part) for part in features], dtype=torch.long))
    return Pool(tuple(sounds), torch.cat([pool.features[:0], *features]), steps, pool.seconds[list(chosen)])


def joined(first: Pool, second: Pool) -> Pool:
    """Two pools as one, the sounds of the first before those of the second."""
    return Pool(
        first.sounds + second.sounds,
        torch.cat([first.features, second.features]),
        torch.cat([first.steps, first.steps[-1] + second.steps[1:]]),
        torch.cat([first.seconds, second.seconds]),
    )


def _starts(lengths: Tensor | None) -> Tensor:
    first = torch.zeros(1, dtype=torch.long)
    return first if lengths is None else torch.cat([first, lengths.cumsum(0)])


def gathered(pool: Pool, chosen: Sequence[int]) -> tuple[Tensor, Tensor]:
    """Take some sounds out of a pool and pad them to the longest.

    Returns:
        Features, (batch, steps, channels) float32, and what of them is padding, (batch, steps) bool.
    """
    return _padded(pool.features, pool.steps, chosen, 0.0)


def gathered_log_mels(pool: LogMelPool, chosen: Sequence[int]) -> list[Tensor]:
    """Take some sounds out of a pool and pad them with silence to the longest: (batch, frames, mels) an encoder."""
    return [
        _padded(values, frames, chosen, silence)[0]
        for values, frames, silence in zip(pool.log_mels, pool.frames, pool.silence, strict=True)
    ]


def _padded(values: Tensor, starts: Tensor, chosen: Sequence[int], fill: float) -> tuple[Tensor, Tensor]:
    rows = [values[starts[index] : starts[index + 1]] for index in chosen]
    lengths = torch.tensor([len(row) for row in rows])
    batch = torch.full((len(rows), int(lengths.max()), values.shape[1]), fill)
    for place, row in zip(batch, rows, strict=True):
        place[: len(row)] = row
    return batch, torch.arange(batch.shape[1])[None] >= lengths[:, None]


def heard(model: CaptioningModel, pool: Pool | LogMelPool, chosen: Sequence[int]) -> tuple[Tensor, Tensor]:
    """Features of some sounds and what of them is padding, from either kind of pool, on the model's device."""
    device = model.output_bias.device
    if isinstance(pool, Pool):
        features, padding = gathered(pool, chosen)
        return features.to(device), padding.to(device)
    features = model.features([part.to(device) for part in gathered_log_mels(pool, chosen)])
    return features, model.padding(pool.seconds[list(chosen)].to(device), features.shape[1])
