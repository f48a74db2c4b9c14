"""The first phase of training: label heads learn, on the CNNs' features, which sounds there are.

One head for each fold learns on the other folds, so that the captions of a sound are later learnt with keywords from a
head that has never heard it: the decoder then meets keywords as doubtful as those of new sounds. The model's own head
learns on all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from aaccore.data.lessons import chances, drawn_batches
from aaccore.data.pool import Pool, gathered
from aaccore.features import masked
from aaccore.label_head import LabelHead, pooled
from aaccore.losses import label_loss
from aaccore.recipe import LabelTraining
from aaccore.schedule import parameter_groups, warm_up_cosine


def targets(pool: Pool, labels: Sequence[str]) -> Tensor:
    """Which labels each sound of a pool has: (sounds, labels) float32; a label outside the list counts as none."""
    column = {label: index for index, label in enumerate(labels)}
    found = torch.zeros(len(pool.sounds), len(labels))
    for row, sound in enumerate(pool.sounds):
        for label in sound.labels:
            if label in column:
                found[row, column[label]] = 1.0
    return found


def train_head(
    head: LabelHead, pool: Pool, wanted: Tensor, options: LabelTraining, seed: int, without: str | None = None
) -> Iterator[tuple[int, int, float]]:
    """Train a label head in place; at the end it has the averaged weights.

    A data set without any labels is left out: what is not named in it may yet be heard.

    Args:
        head: What learns.
        pool: The sounds.
        wanted: Output of `targets`.
        options: How it learns.
        seed: Of everything that is drawn.
        without: A fold that it shall not hear.

    Yields:
        Steps done, steps in all and the step's loss, after each step.
    """
    torch.manual_seed(seed)
    by_steps = _Learner([head.norms, head.step_scores], head, options)
    labelled = {sound.data_set for sound in pool.sounds if sound.labels}
    kept = [sound.fold != without and sound.data_set in labelled for sound in pool.sounds]
    steps = round(options.epochs * sum(kept) / options.batch_size)
    total = steps + options.clip_steps
    for step, chosen in enumerate(drawn_batches(pool, options.batch_size, steps, seed, kept)):
        features, padding = gathered(pool, chosen)
        found = head.by_steps(masked(features, options.masked_steps, options.masked_channels), padding)
        yield step + 1, total, by_steps.learn(label_loss(found, wanted[chosen]), step, steps)
    by_steps.end()
    heard = pooled_features(pool)
    own = heard[kept]
    head.clip_norm.running_mean, head.clip_norm.running_var = own.mean(dim=0), own.var(dim=0)
    by_clip = _Learner([head.clip_scores], head, options)
    rng, likely = np.random.default_rng([seed, 1]), chances(pool, kept)
    for step in range(options.clip_steps):
        chosen = rng.choice(len(likely), size=2 * options.batch_size, p=likely).tolist()
        loss = label_loss(head.by_clip(heard[chosen]), wanted[chosen])
        yield steps + step + 1, total, by_clip.learn(loss, step, options.clip_steps)
    by_clip.end()


def pooled_features(pool: Pool) -> Tensor:
    """Mean and maximum of each sound's features, (sounds, 2 * channels) float32."""
    rows = [pooled(*gathered(pool, [row])) for row in range(len(pool.sounds))]
    return torch.cat(rows)


class _Learner:
    """Trains some parts of a head; at the end they have their averaged weights."""

    def __init__(self, parts: Sequence[nn.Module], head: LabelHead, options: LabelTraining) -> None:
        self.parts, self.options = nn.ModuleList(parts), options
        groups = parameter_groups(list(self.parts.parameters()), options.weight_decay, options.learning_rate)
        self.optimiser = torch.optim.AdamW(groups)
        decay = get_ema_multi_avg_fn(options.average)  # type: ignore[no-untyped-call]
        self.averaged = AveragedModel(self.parts, multi_avg_fn=decay)
        head.train()
        head.clip_norm.eval()  # its statistics are those of the pool

    def learn(self, loss: Tensor, step: int, steps: int) -> float:
        for group in self.optimiser.param_groups:
            group["lr"] = self.options.learning_rate * warm_up_cosine(step, steps, 50)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimiser.step()
        self.averaged.update_parameters(self.parts)
        return float(loss.detach())

    def end(self) -> None:
        self.parts.load_state_dict(self.averaged.module.state_dict())


@torch.inference_mode()
def label_scores(head: LabelHead, pool: Pool, labels: Sequence[str]) -> dict[str, float]:
    """How often the surest labels are right.

    Returns:
        `label_top1` over sounds of one label, and `both_top2` over sounds of two: both among the two surest.
    """
    wanted = targets(pool, labels)
    one: list[bool] = []
    two: list[bool] = []
    for row, sound in enumerate(pool.sounds):
        found = head(*gathered(pool, [row]))[0]
        count = len(set(sound.labels))
        if count == 1:
            one.append(bool(wanted[row, found.argmax()]))
        elif count == 2:
            two.append(bool(wanted[row, found.topk(2).indices].all()))
    return {"label_top1": float(np.mean(one or [False])), "both_top2": float(np.mean(two or [False]))}
