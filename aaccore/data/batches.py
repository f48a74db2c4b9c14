"""Batches of the caption phase: some rows of a plan, gathered out of the pool and padded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from aaccore.data.lessons import Lessons, Plan, Tokens
from aaccore.data.pool import LogMelPool, Pool, gathered, gathered_log_mels
from aaccore.model import Keywords


@dataclass(frozen=True)
class Heard:
    """Sounds of a batch.

    Attributes:
        parts: Features alone, or the log-mels of each encoder, (rows, steps or frames, channels or mels).
        lengths: What of each part is no padding, (rows,) each.
        seconds: (rows,).
        log_mels: Whether the parts are log-mels.
    """

    parts: tuple[Tensor, ...]
    lengths: tuple[Tensor, ...]
    seconds: Tensor
    log_mels: bool


@dataclass(frozen=True)
class Batch:
    """Some rows of a plan, padded.

    Attributes:
        heard: The rows' sounds.
        beside: The sounds that are mixed in; None where nothing is mixed.
        keywords: Of these rows.
        tokens: (rows, tokens) long, 0 is padding.
        beside_tokens: (rows, tokens) long.
        share: (rows,).
        real: (rows,) bool.
        seeds: Of the masks.
        data_sets: Whose style each row is written in, (rows,) long.
    """

    heard: Heard
    beside: Heard | None
    keywords: Keywords | None
    tokens: Tensor
    beside_tokens: Tensor
    share: Tensor
    real: Tensor
    seeds: tuple[int, ...]
    data_sets: Tensor


def gather(lessons: Lessons, plan: Plan, chosen: Sequence[int]) -> Batch:
    """Gather some rows of a plan: their sounds, keywords and captions.

    Args:
        lessons: What there is to learn.
        plan: The step's.
        chosen: Which rows of the plan.
    """
    rows = [plan.rows[index] for index in chosen]
    beside = None
    if any(row.beside is not None for row in rows):
        beside = _sounds(lessons.pool, [row.sound if row.beside is None else row.beside for row in rows])
    keywords = plan.keywords and Keywords(plan.keywords.ids[list(chosen)], plan.keywords.scores[list(chosen)])
    tokens = padded([row.caption for row in rows])
    return Batch(
        _sounds(lessons.pool, [row.sound for row in rows]),
        beside,
        keywords,
        tokens,
        padded([row.beside_caption for row in rows], tokens.shape[1]),
        torch.tensor([row.share for row in rows]),
        torch.tensor([row.real for row in rows]),
        tuple(row.seed for row in rows),
        torch.tensor([row.data_set for row in rows]),
    )


def _sounds(pool: Pool | LogMelPool, chosen: Sequence[int]) -> Heard:
    rows = list(chosen)
    if isinstance(pool, LogMelPool):
        lengths = tuple(frames.diff()[rows] for frames in pool.frames)
        return Heard(tuple(gathered_log_mels(pool, chosen)), lengths, pool.seconds[rows], True)
    return Heard((gathered(pool, chosen)[0],), (pool.steps.diff()[rows],), pool.seconds[rows], False)


def padded(captions: Sequence[Tokens], length: int | None = None) -> Tensor:
    """Captions as one tensor, (captions, tokens) long, cut or filled with 0."""
    tokens = torch.zeros(len(captions), length or max(map(len, captions)), dtype=torch.long)
    for place, caption in zip(tokens, captions, strict=True):
        caption = caption[: len(place)]
        place[: len(caption)] = torch.tensor(caption, dtype=torch.long)
    return tokens


def moved(batch: Batch, device: torch.device) -> Batch:
    """The same batch on a device."""

    def there(heard: Heard) -> Heard:
        parts = tuple(part.to(device, non_blocking=True) for part in heard.parts)
        lengths = tuple(length.to(device) for length in heard.lengths)
        return Heard(parts, lengths, heard.seconds.to(device), heard.log_mels)

    if device.type == "cpu":
        return batch
    keywords = batch.keywords and Keywords(batch.keywords.ids.to(device), batch.keywords.scores.to(device))
    return Batch(
        there(batch.heard),
        batch.beside and there(batch.beside),
        keywords,
        batch.tokens.to(device),
        batch.beside_tokens.to(device),
        batch.share.to(device),
        batch.real.to(device),
        batch.seeds,
        batch.data_sets.to(device),
    )
