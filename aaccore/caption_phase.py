"""The caption phase of a run: batches made ahead, steps, scores by epoch, checkpoints, the best one kept."""

from __future__ import annotations

import math
import time
from collections.abc import Generator, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import torch

from aaccore.caption_training import CaptionLesson
from aaccore.checkpoints import newest, save_checkpoint, written
from aaccore.data.batches import Batch, gather, moved
from aaccore.data.lessons import Lessons, Plan, drawn_batches, plan, shuffled_batches
from aaccore.distributed import Ranks, summed
from aaccore.errors import ConfigError
from aaccore.evaluation import validate
from aaccore.events import CheckpointSaved, EpochDone, StepDone, Working
from aaccore.learner import Learner
from aaccore.metrics.corpus import QUICK, score_corpus
from aaccore.model import CaptioningModel
from aaccore.model_folder import load_model, save_model
from aaccore.recipe import CaptionTraining, Training, plain, shares
from aaccore.runs import STOP
from aaccore.tokenizer import Tokenizer

Event = Working | StepDone | EpochDone | CheckpointSaved
REPORT_EVERY = 10
"""Steps between two reports."""
BEST = "best"
NOT_ASKED = {
    "meteor": "METEOR takes most of a minute for a thousand sounds; captions.meteor = true asks for it",
    "spice": "SPICE takes minutes, and Stanford CoreNLP; captions.spice = true asks for it",
    "sbert_sim": "SBERT-sim takes half a minute for a thousand sounds; captions.sbert_sim = true asks for it",
}
"""Why an epoch has no scores of these where nobody wants them."""


class CaptionPhase:
    """The phase and its whole state; resumed from the newest checkpoint of the run's folder.

    Args:
        folder: The run's.
        options: Its settings.
        model: What learns, on its device.
        tokenizer: Its vocabulary.
        lessons: What it learns from.
        ranks: This process among all.
        card: Text for the model cards of checkpoints.

    Attributes:
        done: Steps that are done.
    """

    def __init__(
        self,
        folder: Path,
        options: Training,
        model: CaptioningModel,
        tokenizer: Tokenizer,
        lessons: Lessons,
        ranks: Ranks,
        card: str,
    ) -> None:
        _check_score(options.captions)
        self.folder, self.options, self.tokenizer, self.lessons = folder, options, tokenizer, lessons
        self.ranks, self.card = ranks, card
        size, sounds = options.captions.batch_size, len(lessons.pool.sounds)
        self.steps = round(options.captions.epochs * sounds / size)
        self.per_epoch = max(1, sounds // size)
        torch.manual_seed(options.seed)  # the same first weights whether or not the label phase ran just now
        lesson = CaptionLesson(model, options.captions, options.encoder).to(model.output_bias.device)
        self.learner = Learner(lesson, options, self.steps, ranks)
        self.done, self.best, self.since_best, self.judged = 0, -math.inf, 0, 0
        if state := newest(folder / "checkpoints"):
            self.learner.restore(state["learner"])
            self.done, self.best, self.since_best = state["step"], state["best"], state["since_best"]
            self.judged = state.get("judged", self.done)

    def work(self, validation: Lessons) -> Generator[Event, None, bool]:
        """Do what is left of the phase; returns whether it came to its end, or was asked to stop."""
        saved_at, reported_at, reported, waited = time.monotonic(), time.monotonic(), self.done, 0.0
        saved_step, whole = self.done, True
        if self._is_validated() and self.judged < self.done:  # it was stopped in the midst of a validation
            yield from self._validated(validation)
        if self._patience_is_over():
            return True
        try:
            with ThreadPoolExecutor(1, "batches") as ahead:
                for step, chosen, batches, late_s in self._batches(ahead):
                    whole = False
                    told = self.learner.learn(chosen, [moved(batch, self.learner.device) for batch in batches], step)
                    self.done, waited, whole = step + 1, waited + late_s, True
                    if self.done % REPORT_EVERY == 0 or self.done == self.steps:
                        passed_s = max(1e-9, time.monotonic() - reported_at)
                        speed = (self.done - reported) * self.options.captions.batch_size / passed_s
                        yield self._report(told, speed, waited / passed_s)
                        reported_at, reported, waited = time.monotonic(), self.done, 0.0
                    else:
                        yield Working(f"captions: step {self.done} of {self.steps}", self.done / self.steps)
                    if self._is_validated():
                        yield from self._validated(validation)
                    due = time.monotonic() - saved_at > self.options.checkpoint_s
                    stopping, due = self._agreed(due)
                    if due and not stopping:
                        yield self._save()
                        saved_at, saved_step = time.monotonic(), self.done
                    if stopping or self._patience_is_over():
                        break
        finally:
            if self.done > saved_step and whole:  # what broke off in the midst of a step is no state to go on from
                self._save()
        if self.done > saved_step:
            yield CheckpointSaved(self._checkpoint(), self.done)
        return self.done == self.steps or self._patience_is_over()

    def best_model(self) -> CaptioningModel:
        """The checkpoint with the best score, or the last one where nothing was scored."""
        if self.options.captions.patience and (self.folder / "checkpoints" / BEST).is_dir():
            return load_model(self.folder / "checkpoints" / BEST)[0]
        return self.learner.model

    def extra(self) -> dict[str, Any]:
        """What the model folder tells of its training."""
        recipe = plain(self.options, without=("folder",))  # where data sets lie concerns nobody else
        found: dict[str, Any] = {"recipe": recipe, "steps": self.done}
        if self.best > -math.inf:
            found["validation"] = {self.options.captions.score: abs(self.best)}
        return found

    def _batches(self, ahead: ThreadPoolExecutor) -> Iterator[tuple[int, Plan, list[Batch], float]]:
        """Steps that are not done yet, each gathered while the one before is learnt, and how long it was waited for."""
        options, pool = self.options.captions, self.lessons.pool
        seed = self.options.seed
        draw = drawn_batches if options.balanced else shuffled_batches
        drawn = draw(pool, options.batch_size, self.steps, seed, shares=shares(self.options))

        def made(step: int, chosen: list[int]) -> tuple[Plan, list[Batch]]:
            planned = plan(self.lessons, chosen, options, seed, step)
            return planned, [gather(self.lessons, planned, part) for part in self.learner.parts(planned)]

        coming: tuple[int, Future[tuple[Plan, list[Batch]]]] | None = None
        for step, chosen in enumerate(drawn):
            if step < self.done:
                continue
            following = (step, ahead.submit(made, step, chosen))
            if coming is not None:
                yield _waited_for(*coming)
            coming = following
        if coming is not None:
            yield _waited_for(*coming)

    def _report(self, told: Mapping[str, float], speed: float, waited: float) -> StepDone:
        rate = self.options.captions.learning_rate * self.learner.factor(self.done - 1)
        losses = {f"captions/{name}": value for name, value in told.items()}
        return StepDone(self.done, self.steps, losses, rate, speed, waited, _memory_mb(self.learner.device))

    def _is_validated(self) -> bool:
        return self.done % (self.per_epoch * self.options.captions.validate_every) == 0 or self.done == self.steps

    def _validated(self, validation: Lessons) -> Iterator[Event]:
        if not validation.pool.sounds:
            return
        options = self.options.captions
        score, value = options.score, 0.0
        if self.ranks.first:
            found = yield from validate(self.learner.model, self.tokenizer, validation, _metrics(options))
            scores = {f"captions/{name}": value for name, value in found.scores.items()}
            missing = found.unavailable | {name: why for name, why in NOT_ASKED.items() if not getattr(options, name)}
            yield EpochDone(self.done // self.per_epoch, self.done, scores, found.samples, missing)
            value = -found.scores["loss"] if score == "loss" else found.scores[score]
        value = summed({"score": value}, self.ranks, self.learner.device)["score"]
        self.judged = self.done
        self.since_best = 0 if value > self.best else self.since_best + 1
        if value > self.best:
            self.best = value
            if self.ranks.first:
                place = self.folder / "checkpoints" / BEST
                with written(place):
                    save_model(place, self.learner.model, self.tokenizer, self.card, self.extra())
                yield CheckpointSaved(place, self.done)

    def _patience_is_over(self) -> bool:
        return bool(self.options.captions.patience) and self.since_best >= self.options.captions.patience

    def _agreed(self, due: bool) -> tuple[bool, bool]:
        """Whether to stop, and whether to save: as the first process sees it, so that all do the same."""
        stop = self.ranks.first and (self.folder / STOP).exists()
        mine = {"stop": float(stop), "due": float(due and self.ranks.first)}
        agreed = summed(mine, self.ranks, self.learner.device)
        return agreed["stop"] > 0, agreed["due"] > 0

    def _checkpoint(self) -> Path:
        return self.folder / "checkpoints" / f"step-{self.done:08d}"

    def _save(self) -> CheckpointSaved:
        if self.ranks.first:
            state: dict[str, Any] = {"learner": self.learner.state(), "step": self.done, "judged": self.judged}
            state |= {"best": self.best, "since_best": self.since_best}
            place = self._checkpoint()
            with written(place):
                save_model(place, self.learner.model, self.tokenizer, self.card, self.extra())
            save_checkpoint(place, state)
        return CheckpointSaved(self._checkpoint(), self.done)


def _metrics(options: CaptionTraining) -> tuple[str, ...]:
    """What each epoch is scored by; what cannot be computed says why."""
    return (*QUICK, *(name for name in NOT_ASKED if getattr(options, name)))


def _check_score(options: CaptionTraining) -> None:
    """Find out before the first step whether the score can be computed by which the best checkpoint is chosen.

    Raises:
        ConfigError: It cannot.
    """
    if options.score in NOT_ASKED:
        why = score_corpus(["rain"], [["rain"]], (options.score,)).unavailable
        if why:
            raise ConfigError(f'captions.score = "{options.score}": {why[options.score]}')


def _waited_for(step: int, future: Future[tuple[Plan, list[Batch]]]) -> tuple[int, Plan, list[Batch], float]:
    began = time.monotonic()
    planned, batches = future.result()
    return step, planned, batches, time.monotonic() - began


def _memory_mb(device: torch.device) -> float:
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / 1e6
    try:
        import resource
    except ImportError:  # Windows
        return 0.0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if peak > 2**33 else peak / 1e3  # macOS counts bytes, Linux kilobytes
