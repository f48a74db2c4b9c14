"""The first phase of training: the CNN and the label head learn which sounds there are, from labels and mixtures.

The published AudioSet tags of the CNN are kept by a loss of their own (distillation from the frozen CNN), so that its
breadth survives a small corpus.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from aaccore.config import SoundTraining
from aaccore.data.pool import Pool, gathered
from aaccore.features import spec_augment
from aaccore.losses import label_loss
from aaccore.model import CaptioningModel, linear_softmax

SILENT_LOG_MEL = float(np.log(0.001))
"""YAMNet's log-mel of digital silence."""


def targets(pool: Pool, labels: Sequence[str]) -> Tensor:
    """Which labels each sound of a pool has: (sounds, labels) float32; a label outside the list counts as none."""
    column = {label: index for index, label in enumerate(labels)}
    found = torch.zeros(len(pool.sounds), len(labels))
    for row, sound in enumerate(pool.sounds):
        for label in sound.labels:
            if label in column:
                found[row, column[label]] = 1.0
    return found


def chances(pool: Pool) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """How likely each sound is drawn: by the square root of its rarest label's count, so that rare ones come more."""
    counts: dict[str, int] = {}
    for sound in pool.sounds:
        for label in sound.labels:
            counts[label] = counts.get(label, 0) + 1
    weights = np.array([min((counts[label] for label in sound.labels), default=400) ** -0.5 for sound in pool.sounds])
    found: np.ndarray[tuple[int], np.dtype[np.float64]] = weights / weights.sum()
    return found


def drawn_batches(pool: Pool, batch_size: int, steps: int, seed: int) -> Iterator[list[int]]:
    """Draw batches of sounds of similar length, balanced by label; the same seed draws the same."""
    rng, likely = np.random.default_rng(seed), chances(pool)
    seconds = pool.seconds.numpy()
    for _ in range(0, steps, 16):
        drawn = rng.choice(len(likely), size=16 * batch_size, p=likely)
        batches = drawn[np.argsort(seconds[drawn], kind="stable")].reshape(16, batch_size)
        yield from (batch.tolist() for batch in rng.permutation(batches))


def optimiser_groups(
    parts: Sequence[tuple[Sequence[torch.nn.Module | torch.nn.Parameter], float]], weight_decay: float
) -> list[dict[str, object]]:
    """Parameter groups for AdamW: each part with its learning rate; no decay on biases, norms and other vectors."""
    groups: list[dict[str, object]] = []
    for modules, rate in parts:
        parameters = [p for m in modules for p in (m.parameters() if isinstance(m, torch.nn.Module) else [m])]
        matrices = [p for p in parameters if p.ndim > 1]
        vectors = [p for p in parameters if p.ndim <= 1]
        groups.append({"params": matrices, "lr": rate, "weight_decay": weight_decay})
        groups.append({"params": vectors, "lr": rate, "weight_decay": 0.0})
    return groups


@dataclass(frozen=True)
class LabelLosses:
    """The losses of a step."""

    labels: Tensor
    tags: Tensor


def live_features(model: CaptioningModel, log_mel: Tensor, features: Tensor) -> Tensor:
    """Put the first CNN's output on fresh log-mels in place of its stored one: (batch, steps, channels)."""
    fresh = model.encoders[0](log_mel)
    return torch.cat([fresh, features[:, :, fresh.shape[2] :]], dim=2)


def label_step(
    model: CaptioningModel, pool: Pool, chosen: Sequence[int], wanted: Tensor, options: SoundTraining
) -> LabelLosses:
    """Compute the losses of one batch."""
    stored = gathered(pool.features, pool.steps, chosen)
    log_mel = gathered(pool.mels, pool.frames, chosen, SILENT_LOG_MEL)
    padding = model.padding(pool.seconds[list(chosen)], stored.shape[1])
    with torch.no_grad():
        taught = linear_softmax(model.tag_activations(stored), padding)
    if options.mask_frames or options.mask_mels:
        log_mel = spec_augment(log_mel, options.mask_frames, options.mask_mels, SILENT_LOG_MEL)
    hidden = torch.rand(len(chosen), 1, 1) < options.feature_dropout
    features = live_features(model, log_mel, stored.masked_fill(hidden, 0.0))
    found = linear_softmax(model.label_activations(features), padding)
    tags = linear_softmax(model.tag_activations(features), padding)
    return LabelLosses(label_loss(found, wanted), label_loss(tags, taught))


@torch.inference_mode()
def tuned_features(model: CaptioningModel, pool: Pool) -> Tensor:
    """The pool's features with the first CNN as it is now: (steps, channels) half precision."""
    tuned = pool.features.clone()
    for row in range(len(pool.sounds)):
        log_mel = pool.mels[pool.frames[row] : pool.frames[row + 1]].float()[None]
        fresh = model.encoders[0](log_mel)[0]
        tuned[pool.steps[row] : pool.steps[row + 1], : fresh.shape[1]] = fresh.half()
    return tuned


@torch.inference_mode()
def label_scores(model: CaptioningModel, pool: Pool, features: Tensor, labels: Sequence[str]) -> dict[str, float]:
    """How often the surest labels are right.

    Returns:
        `label_top1` over sounds of one label, and `both_top2` over sounds of two: both among the two surest.
    """
    wanted = targets(pool, labels)
    one: list[bool] = []
    two: list[bool] = []
    for row, sound in enumerate(pool.sounds):
        steps = features[pool.steps[row] : pool.steps[row + 1]].float()[None]
        found = linear_softmax(model.label_activations(steps), torch.zeros(1, steps.shape[1], dtype=torch.bool))[0]
        count = len(set(sound.labels))
        if count == 1:
            one.append(bool(wanted[row, found.argmax()]))
        elif count == 2:
            two.append(bool(wanted[row, found.topk(2).indices].all()))
    return {"label_top1": float(np.mean(one or [False])), "both_top2": float(np.mean(two or [False]))}
