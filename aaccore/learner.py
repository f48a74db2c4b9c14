"""One training step after another: gradients over parts and processes, AdamW, averaged weights, all of it resumable."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from functools import partial
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from aaccore.caption_training import CaptionLesson
from aaccore.data.batches import Batch
from aaccore.data.lessons import Plan
from aaccore.distributed import Ranks, summed
from aaccore.model import CaptioningModel
from aaccore.recipe import Training
from aaccore.schedule import average_decay, parameter_groups, warm_up_cosine

HALVES = {"bf16": torch.bfloat16, "fp16": torch.float16}


def freeze(model: CaptioningModel, options: Training) -> None:
    """Ask for gradients of what learns in the caption phase alone."""
    model.requires_grad_(True)
    if model.label_head is not None:
        model.label_head.requires_grad_(False)
    if not options.network.keywords:
        model.keyword_scores.requires_grad_(False)  # never used
    model.encoders.requires_grad_(options.encoder.trained == "all")
    if options.encoder.trained == "last":
        for encoder in model.encoders:
            cast(Any, encoder).last_block().requires_grad_(True)
    for encoder in model.encoders:  # a classifier of tags is not asked when captions are learnt
        if hasattr(encoder, "classifier"):
            cast(Any, encoder).classifier.requires_grad_(False)


class Learner:
    """What learns and its whole state.

    Args:
        lesson: The model with its losses, on its device.
        options: The run's settings.
        steps: Steps in all.
        ranks: This process among all.
    """

    def __init__(self, lesson: CaptionLesson, options: Training, steps: int, ranks: Ranks) -> None:
        self.lesson, self.options, self.steps, self.ranks = lesson, options, steps, ranks
        self.device = lesson.model.output_bias.device
        freeze(lesson.model, options)
        captions = options.captions
        cnns = list(lesson.model.encoders.parameters())
        others = [p for name, p in lesson.named_parameters() if not name.startswith("model.encoders.")]
        groups = parameter_groups(others, captions.weight_decay, captions.learning_rate)
        groups += parameter_groups(cnns, captions.weight_decay, options.encoder.learning_rate)
        self.optimiser = torch.optim.AdamW(groups, betas=(0.9, 0.98))
        self.averaged = AveragedModel(lesson.model, multi_avg_fn=partial(_average, captions.average), use_buffers=False)
        self.scaler = torch.amp.GradScaler(self.device.type, enabled=options.precision == "fp16")
        self._wrapped: nn.Module = lesson if ranks.world == 1 else DistributedDataParallel(lesson)

    def parts(self, plan: Plan) -> list[list[int]]:
        """The rows of a plan that this process computes, in the parts that it computes them in."""
        own = list(range(self.ranks.rank, len(plan.rows), self.ranks.world))
        parts = min(self.options.captions.accumulate, len(own))
        return [own[part::parts] for part in range(parts)]

    def learn(self, plan: Plan, batches: Sequence[Batch], step: int) -> dict[str, float]:
        """Do a step; returns its losses over all processes.

        Args:
            plan: The whole step.
            batches: This process's parts of it, on the device.
            step: From 0.
        """
        self._train()
        factor = self.factor(step)
        for group in self.optimiser.param_groups:
            group["lr"] = group["highest"] * factor
        self.optimiser.zero_grad(set_to_none=True)
        told: dict[str, float] = {}
        for part, batch in enumerate(batches):
            last = part == len(batches) - 1
            seed = hash((self.options.seed, step, self.ranks.rank, part)) % 2**63
            with nullcontext() if last or self.ranks.world == 1 else cast(Any, self._wrapped).no_sync():
                with self._arithmetic():
                    loss, found = self._wrapped(batch, plan.tokens, plan.real, seed)
                self.scaler.scale(loss * self.ranks.world).backward()  # processes' gradients are averaged
            for name, value in found.items():
                shared = 1.0 if name in ("caption", "rlssr") else 1 / (len(batches) * self.ranks.world)
                told[name] = told.get(name, 0.0) + shared * float(value)
        self.scaler.unscale_(self.optimiser)
        trained = [p for group in self.optimiser.param_groups for p in group["params"]]
        nn.utils.clip_grad_norm_(trained, self.options.captions.gradient_norm)
        self.scaler.step(self.optimiser)
        self.scaler.update()
        self.averaged.update_parameters(self.lesson.model)
        return summed(told, self.ranks, self.device)

    def factor(self, step: int) -> float:
        """What the highest learning rates are multiplied with at a step."""
        return warm_up_cosine(step, self.steps, self.options.captions.warm_up)

    @property
    def model(self) -> CaptioningModel:
        """The model with averaged weights, ready to caption."""
        if self.options.encoder.batch_norms == "train":  # statistics are not averaged but the newest
            for mean, own in zip(self.averaged.module.buffers(), self.lesson.model.buffers(), strict=True):
                mean.copy_(own)
        return cast(CaptioningModel, self.averaged.module.eval())

    def state(self) -> dict[str, Any]:
        """All that a resume needs; read again with `weights_only=True`."""
        return {
            "lesson": self.lesson.state_dict(),
            "averaged": self.averaged.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "scaler": self.scaler.state_dict(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go back to a state."""
        self.lesson.load_state_dict(state["lesson"])
        self.averaged.load_state_dict(state["averaged"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.scaler.load_state_dict(state["scaler"])

    def _train(self) -> None:
        self._wrapped.train()
        model, options = self.lesson.model, self.options.encoder
        if model.label_head is not None:
            model.label_head.eval()
        if options.trained == "none" or options.batch_norms == "keep":
            model.encoders.eval()

    def _arithmetic(self) -> Any:
        half = HALVES.get(self.options.precision)
        return nullcontext() if half is None else torch.autocast(self.device.type, half)


def _average(decay: float, averaged: list[Tensor], newest: list[Tensor], steps: Tensor | int) -> None:
    get_ema_multi_avg_fn(average_decay(int(steps), decay))(averaged, newest, steps)  # type: ignore[no-untyped-call]
