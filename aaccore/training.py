"""Training: a generator of events that writes a run folder and resumes from it.

A run goes through the pool of sounds, the label phase and the caption phase. Its folder holds `run.json`,
`checkpoints/` and at the end `model/`; the pool lies beside it, for other runs too. Started again with the same folder,
it goes on at the step it had reached.
"""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Generator, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from aaccore import published
from aaccore.caption_training import Lessons, caption_step, make_batch, prepare
from aaccore.config import check
from aaccore.data import pool as pools
from aaccore.data.corpus import Corpus, TagCaptions, read_corpus, read_label_words, read_tag_captions
from aaccore.data.pool import Pool
from aaccore.errors import ConfigError, ModelError
from aaccore.evaluation import validate
from aaccore.events import CheckpointSaved, EpochDone, StepDone, Working
from aaccore.label_head import LabelHead
from aaccore.label_training import drawn_batches, label_scores, parameter_groups, targets, train_head
from aaccore.losses import Rlssr
from aaccore.model import KEYWORD_WORDS, CaptioningModel
from aaccore.model_folder import save_model
from aaccore.panns import load_published
from aaccore.recipe import Training
from aaccore.schedule import warm_up_cosine
from aaccore.tokenizer import Tokenizer

Event = Working | StepDone | EpochDone | CheckpointSaved

RECIPES = Path(__file__).resolve().parents[1] / "resources" / "recipes"
REPORT_EVERY = 10
"""Steps between two reports."""


@dataclass(frozen=True)
class Run:
    """What a run works with, once its data set is read."""

    folder: Path
    options: Training
    corpus: Corpus
    tokenizer: Tokenizer
    model: CaptioningModel
    labels: tuple[str, ...]
    tags: tuple[TagCaptions, ...]


def train(
    options: Training, data_folder: Path, folder: Path, card: str = "", cache: Path | None = None
) -> Iterator[Event]:
    """Train a captioning model, or go on where the run in `folder` stopped.

    Args:
        options: What is trained how.
        data_folder: Where the data set lies.
        folder: The run's folder; made if it is not there.
        card: Text of the model card.
        cache: Replaces the user's cache folder, where the published weights lie.

    Yields:
        Signs of life, steps, epochs and checkpoints. Stop iterating to stop; a checkpoint is written first.

    Raises:
        ConfigError: The settings cannot work, or the folder holds a run with others.
        DatasetError: The data set is incomplete.
        ModelError: The published weights are not there.
    """
    check(options)
    _begin(options, folder)
    torch.manual_seed(options.seed)
    torch.set_num_threads(options.threads)
    torch.set_flush_denormal(True)
    yield Working("reading the data set")
    run = _prepared(options, data_folder, folder, cache)
    development = yield from _pool(run, run.corpus.development)
    validation = yield from _pool(run, run.corpus.validation)
    heads = yield from _label_phase(run, development, validation)
    yield Working("keywords of all sounds")
    lessons = prepare(run.model, run.tokenizer, development, heads, run.tags)
    yield from _caption_phase(run, lessons, validation)
    save_model(folder / "model", run.model, run.tokenizer, card)
    yield CheckpointSaved(folder / "model", 0)


def _begin(options: Training, folder: Path) -> None:
    (folder / "checkpoints").mkdir(parents=True, exist_ok=True)
    path, text = folder / "run.json", json.dumps(asdict(options), indent=1, default=str)
    if path.exists() and path.read_text(encoding="utf-8") != text:
        raise ConfigError(f"{folder}: holds a run with other settings; choose another folder or delete it")
    path.write_text(text, encoding="utf-8")


def _prepared(options: Training, data_folder: Path, folder: Path, cache: Path | None) -> Run:
    corpus = read_corpus(data_folder, options.data)
    tags = tuple(read_tag_captions(RECIPES / "audioset_captions.csv"))
    words = read_label_words(RECIPES / "labels.csv")
    labels = tuple(corpus.labels)
    spoken = tuple(words.get(label, label.replace("_", " ")) for label in labels)
    hears_tags = "mobilenet_v1" in options.network.encoders
    network = replace(options.network, labels=spoken, tags=tuple(tag.word for tag in tags) if hears_tags else ())
    told = [caption for tag in tags for caption in tag.captions] if hears_tags else []
    keywords = [*network.labels, *network.tags]
    tokenizer = Tokenizer.train([*corpus.captions, *told], extra_words=" ".join(keywords).split())
    table = torch.zeros(len(keywords), KEYWORD_WORDS, dtype=torch.long)
    for row, keyword in zip(table, keywords, strict=True):
        ids = tokenizer.ids(keyword)[:KEYWORD_WORDS]
        row[: len(ids)] = torch.tensor(ids, dtype=torch.long)
    model = CaptioningModel(network, len(tokenizer), table)
    for name, encoder in zip(network.encoders, model.encoders, strict=True):
        _load_weights(name, encoder, cache)
    return Run(folder, options, corpus, tokenizer, model, labels, tags)


def _load_weights(name: str, encoder: nn.Module, cache: Path | None) -> None:
    source = {"mobilenet_v1": "yamnet", "cnn10_sfx": "aisfx"}.get(name)
    if source is None:
        raise ModelError(f"{name}: no weights are known for it here; train mobilenet_v1, cnn10_sfx or both")
    load_published(encoder, load_file(published.weights_path(source, cache)))  # type: ignore[arg-type]


def _pool(run: Run, folds: tuple[tuple[pools.Sound, ...], ...]) -> Generator[Event, None, Pool]:
    folder = run.folder.parent / "pool"
    for sounds in folds:
        yield from pools.build(folder, sounds, run.model, run.options.threads)
    return pools.joined([pools.load(folder, sounds, run.model) for sounds in folds], run.model)


def _label_phase(run: Run, development: Pool, validation: Pool) -> Generator[Event, None, dict[str, LabelHead]]:
    """Train the model's label head, and one for each fold that has not heard it; each is kept once it is done."""
    head, options = run.model.label_head, run.options.labels
    if head is None:
        return {}
    wanted = targets(development, run.labels)
    folds = [*sorted({sound.fold for sound in development.sounds}), None]
    heads: dict[str, LabelHead] = {}
    for fold in folds if len(folds) > 2 else [None]:
        learner = head if fold is None else copy.deepcopy(head)
        path = run.folder / "checkpoints" / f"labels-{'all' if fold is None else 'without-' + fold}.safetensors"
        if path.exists():
            learner.load_state_dict(load_file(path))
        else:
            for step, steps, loss in train_head(learner, development, wanted, options, run.options.seed, fold):
                if step % REPORT_EVERY == 0 or step == steps:
                    yield StepDone(step, steps, {"labels/loss": loss}, warm_up_cosine(step, steps, 50), 0.0)
                else:
                    yield Working(f"labels: step {step} of {steps}", step / steps)
            save_file(learner.state_dict(), path.with_suffix(".part"))
            path.with_suffix(".part").replace(path)
            yield CheckpointSaved(path, 0)
        if fold is not None:
            heads[fold] = learner.eval()
    head.eval()
    if validation.sounds:
        scores = label_scores(head, validation, run.labels)
        yield EpochDone(0, 0, {f"labels/{name}": value for name, value in scores.items()})
    return heads


def _caption_phase(run: Run, lessons: Lessons, validation: Pool) -> Iterator[Event]:
    options, model = run.options.captions, run.model
    steps = round(options.epochs * len(lessons.pool.sounds) / options.batch_size)
    if steps == 0:
        return
    torch.manual_seed(run.options.seed)  # the same first weights whether or not the label phase ran just now
    rlssr = None if options.rlssr == "none" else Rlssr(model.network.width, options.rlssr, options.rlssr_detach)
    if model.label_head is not None:
        model.label_head.requires_grad_(False)
    model.encoders.requires_grad_(False)

    def losses(step: int, chosen: list[int]) -> tuple[Tensor, dict[str, float]]:
        batch = make_batch(lessons, chosen, options, np.random.default_rng([run.options.seed, 2, step]))
        found = caption_step(model, rlssr, batch, options)
        if found.rlssr is None:
            return found.caption, {"caption": float(found.caption.detach())}
        term = found.rlssr
        told = {"caption": float(found.caption.detach()), "rlssr": float(term.loss.detach())}
        told |= {"encoder_variance": float(term.encoder_variance), "decoder_variance": float(term.decoder_variance)}
        return found.caption + options.rlssr_weight * term.loss, told

    def scores(averaged: CaptioningModel) -> tuple[dict[str, float], dict[str, str]]:
        return validate(averaged, run.tokenizer, validation)

    loop = _Loop(run, steps, rlssr)
    yield from loop.work(lessons.pool, losses, scores if validation.sounds else None)


class _Loop:
    """The caption phase's loop: steps, averaged weights, checkpoints. At the end the model has the averaged weights."""

    name = "captions"

    def __init__(self, run: Run, steps: int, beside: nn.Module | None) -> None:
        self.run, self.model, self.beside, self.steps = run, run.model, beside, steps
        self.options = run.options.captions
        parts = [run.model, *([beside] if beside is not None else [])]
        groups = parameter_groups((p for part in parts for p in part.parameters()), self.options.weight_decay)
        self.optimiser = torch.optim.AdamW(groups, lr=self.options.learning_rate, betas=(0.9, 0.98))
        decay = get_ema_multi_avg_fn(self.options.average)  # type: ignore[no-untyped-call]
        self.averaged = AveragedModel(run.model, multi_avg_fn=decay)
        self.path = run.folder / "checkpoints" / "captions.pt"

    def work(self, pool: Pool, losses: Any, scores: Any) -> Iterator[Event]:
        done, saved_at = self._restored(), time.monotonic()
        per_epoch = max(1, len(pool.sounds) // self.options.batch_size)
        batches = drawn_batches(pool, self.options.batch_size, self.steps, self.run.options.seed)
        began, last = time.monotonic(), done
        try:
            for step, chosen in enumerate(batches):
                if step < done:
                    continue
                told = self._step(step, chosen, losses)
                done = step + 1
                if done % REPORT_EVERY == 0 or done == self.steps:
                    speed = (done - last) * self.options.batch_size / max(1e-9, time.monotonic() - began)
                    began, last = time.monotonic(), done
                    yield StepDone(done, self.steps, self._named(told), self._factor(step), speed)
                else:
                    yield Working(f"{self.name}: step {done} of {self.steps}", done / self.steps)
                if time.monotonic() - saved_at > self.run.options.checkpoint_s:
                    yield self._saved(done)
                    saved_at = time.monotonic()
                if scores is not None and (done % per_epoch == 0 or done == self.steps):
                    found, samples = scores(self.averaged.module.eval())
                    yield EpochDone(done // per_epoch, done, self._named(found), samples)
        finally:
            self._save(done)
        self.model.load_state_dict(self.averaged.module.state_dict())
        self.model.eval()
        yield CheckpointSaved(self.path, done)

    def _named(self, values: dict[str, float]) -> dict[str, float]:
        return {f"{self.name}/{name}": value for name, value in values.items()}

    def _factor(self, step: int) -> float:
        return warm_up_cosine(step, self.steps, self.options.warm_up)

    def _step(self, step: int, chosen: list[int], losses: Any) -> dict[str, float]:
        torch.manual_seed(hash((self.run.options.seed, step)) % 2**63)  # so a resume needs no random state
        self.model.train()
        for group in self.optimiser.param_groups:
            group["lr"] = self.options.learning_rate * self._factor(step)
        total, told = losses(step, chosen)
        self.optimiser.zero_grad(set_to_none=True)
        total.backward()
        parameters = [p for group in self.optimiser.param_groups for p in group["params"]]
        nn.utils.clip_grad_norm_(parameters, 1.0)
        self.optimiser.step()
        self.averaged.update_parameters(self.model)
        found: dict[str, float] = told
        return found

    def _save(self, step: int) -> None:
        part = self.path.with_suffix(".part")
        state = {
            "step": step,
            "model": self.model.state_dict(),
            "averaged": self.averaged.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "beside": self.beside.state_dict() if self.beside is not None else {},
        }
        torch.save(state, part)
        part.replace(self.path)

    def _saved(self, step: int) -> CheckpointSaved:
        self._save(step)
        return CheckpointSaved(self.path, step)

    def _restored(self) -> int:
        if not self.path.exists():
            return 0
        state = torch.load(self.path, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.averaged.load_state_dict(state["averaged"])
        self.optimiser.load_state_dict(state["optimiser"])
        if self.beside is not None:
            self.beside.load_state_dict(state["beside"])
        return int(state["step"])
