"""Training: a generator of events that writes a run folder and resumes from it.

A run goes through the pool of sounds, the label phase and the caption phase. Its folder holds `run.toml`,
`checkpoints/` and at the end `model/`; the pool lies beside it, for other runs too. Started again with the same folder,
it goes on at the step it had reached. A file `stop` in the folder ends it after the step at hand.
"""

from __future__ import annotations

import copy
from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from filelock import BaseFileLock, FileLock, Timeout
from safetensors.torch import load_file, save_file

from aaccore.caption_phase import REPORT_EVERY, CaptionPhase
from aaccore.caption_training import prepare
from aaccore.checkpoints import sweep, written
from aaccore.config import from_toml
from aaccore.data import pool as pools
from aaccore.data import shards
from aaccore.data.corpus import Corpus, TagCaptions, read_sets, rough_copies
from aaccore.data.pool import LogMelPool, Pool
from aaccore.devices import choose_device
from aaccore.distributed import Ranks, join, leave, lost_touch, wait_for_all
from aaccore.errors import ConfigError, RunError
from aaccore.events import CheckpointSaved, EpochDone, RunEnded, RunStarted, StepDone, Working
from aaccore.first_weights import untrained
from aaccore.label_head import LabelHead
from aaccore.label_training import label_scores, targets, train_head
from aaccore.model import CaptioningModel
from aaccore.model_folder import save_model
from aaccore.recipe import Training, check_training, to_toml
from aaccore.runs import LOCK, RUN, STOP
from aaccore.schedule import warm_up_cosine
from aaccore.tokenizer import Tokenizer

Event = Working | StepDone | EpochDone | CheckpointSaved | RunStarted | RunEnded

WAIT_S = 2.0
"""So long a run's lock may be held by those who only look whether it is."""


@dataclass(frozen=True)
class Run:
    """What a run works with, once its data set is read."""

    folder: Path
    options: Training
    corpus: Corpus
    tokenizer: Tokenizer
    model: CaptioningModel
    tags: tuple[TagCaptions, ...]
    ranks: Ranks


def train(
    options: Training, data_folder: Path, folder: Path, card: str = "", cache: Path | None = None
) -> Iterator[Event]:
    """Train a captioning model, or go on where the run in `folder` stopped.

    Under `torchrun` every process calls this with the same arguments and iterates it; the first one writes.

    Args:
        options: What is trained how.
        data_folder: Where the data set lies, the first one of several.
        folder: The run's folder; made if it is not there.
        card: Text of the model card.
        cache: Replaces the user's cache folder, where the published weights lie.

    Yields:
        Signs of life, steps, epochs and checkpoints, at last `RunEnded`. Stop iterating to stop (with several
        processes: write a file `stop` into the folder); a checkpoint is written first.

    Raises:
        ConfigError: The settings cannot work, or the folder holds a run with others.
        DatasetError: The data set is incomplete.
        ModelError: The published weights are not there.
        RunError: A checkpoint cannot be written, another process of the run was lost, or somebody trains it already.
    """
    check_training(options)
    device, why = choose_device(options.device)
    ranks = join(device)
    (folder / "checkpoints").mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / LOCK, thread_local=False)  # the system lets go of it however the process ends
    try:
        if ranks.first:
            _take(lock, folder)
            _begin(options, folder)
        wait_for_all(ranks)
        torch.manual_seed(options.seed)
        torch.set_num_threads(options.threads)
        torch.set_flush_denormal(True)
        yield Working("reading the data set")
        corpus = read_sets(data_folder, options)
        model, tokenizer, tags = untrained(corpus, options, cache)
        if torch.device(device).type == "cuda" and ranks.world > 1:
            device = f"cuda:{ranks.local}"
        run = Run(folder, options, corpus, tokenizer, model, tags, ranks)
        yield from _phases(run, device, why, card)
    except RuntimeError as error:
        if not lost_touch(error, ranks):
            raise
        raise RunError(
            "another process of the run was lost; start all of them again with the same command: the run goes on from "
            f"its last checkpoint ({str(error).splitlines()[0]})"
        ) from error
    finally:
        leave()
        lock.release()


def _take(lock: BaseFileLock, folder: Path) -> None:
    try:
        lock.acquire(timeout=WAIT_S)
    except Timeout as error:
        raise RunError(f"{folder}: is being trained by another process; follow it, or stop it first") from error


def _phases(run: Run, device: str, why: str, card: str) -> Iterator[Event]:
    development = yield from _pool(run, run.corpus.development)
    validation = yield from _pool(run, run.corpus.validation)
    heads: dict[str, LabelHead] = {}
    if run.model.label_head is not None:
        assert isinstance(development, Pool)
        assert isinstance(validation, Pool)
        heads = yield from _label_phase(run, run.model.label_head, development, validation)
    yield Working("captions as tokens, and the keywords of all sounds")
    run.model.to(device)
    for head in heads.values():
        head.to(device)
    lessons = prepare(run.model, run.tokenizer, development, heads, run.tags)
    phase = CaptionPhase(run.folder, run.options, run.model, run.tokenizer, lessons, run.ranks, card)
    yield RunStarted(device, why, run.ranks.world, phase.done)
    finished = yield from phase.work(prepare(run.model, run.tokenizer, validation, {}, ()))
    if finished and run.ranks.first:
        with written(run.folder / "model"):
            save_model(run.folder / "model", phase.best_model(), run.tokenizer, card, phase.extra())
        yield CheckpointSaved(run.folder / "model", phase.done)
    yield RunEnded("finished" if finished else "stopped")


def _begin(options: Training, folder: Path) -> None:
    (folder / STOP).unlink(missing_ok=True)
    sweep(folder)
    path = folder / RUN
    if path.exists() and _placeless(from_toml(Training, path)) != _placeless(options):
        raise ConfigError(f"{folder}: holds a run with other settings; choose another folder or delete it")
    part = path.with_suffix(".part")
    part.write_text(to_toml(options), encoding="utf-8")
    part.replace(path)


def _placeless(options: Training) -> Training:
    """The settings without where the data sets lie: they may have moved."""
    more = tuple(replace(data, folder="") for data in options.more_data)
    return replace(options, data=replace(options.data, folder=""), more_data=more)


def _pool(run: Run, folds: tuple[tuple[shards.Sound, ...], ...]) -> Generator[Event, None, Pool | LogMelPool]:
    """Make sure that the pool is there, by the first process of each machine, and read it."""
    folder, options = run.folder.parent / "pool", run.options
    log_mels = options.encoder.trained != "none"
    if run.ranks.local == 0:
        weights = shards.weights_key(run.model, log_mels)
        for sounds in folds:
            yield from shards.build(folder, sounds, run.model, options.threads, log_mels)
        kept = {name for sounds in folds for name in shards.shard_names(sounds, weights)}
        shards.prune(folder, options.data.cache_gb, kept)
    wait_for_all(run.ranks)
    return (pools.load_log_mels if log_mels else pools.load)(folder, folds, run.model)


def _label_phase(
    run: Run, head: LabelHead, development: Pool, validation: Pool
) -> Generator[Event, None, dict[str, LabelHead]]:
    """Train the model's label head, and one for each fold that has not heard it; each is kept once it is done."""
    options, labels = run.options.labels, run.corpus.labels
    if options.rough:
        seed = run.options.data.seed
        rough = yield from _pool(run, tuple(rough_copies(f, options.rough, seed) for f in run.corpus.development))
        assert isinstance(rough, Pool)
        development = pools.joined(development, rough)
    wanted = targets(development, labels)
    folds = [*sorted({sound.fold for sound in development.sounds}), None]
    heads: dict[str, LabelHead] = {}
    for fold in folds if len(folds) > 2 else [None]:
        learner = head if fold is None else copy.deepcopy(head)
        path = run.folder / "checkpoints" / f"labels-{'all' if fold is None else 'without-' + fold}.safetensors"
        if run.ranks.first and not path.exists():
            for step, steps, loss in train_head(learner, development, wanted, options, run.options.seed, fold):
                if step % REPORT_EVERY == 0 or step == steps:
                    rate = options.learning_rate * warm_up_cosine(step, steps, 50)
                    yield StepDone(step, steps, {"labels/loss": loss}, rate, 0.0)
                else:
                    yield Working(f"labels: step {step} of {steps}", step / steps)
            with written(path):
                save_file(learner.state_dict(), path.with_suffix(".part"))
                path.with_suffix(".part").replace(path)
            yield CheckpointSaved(path, 0)
        wait_for_all(run.ranks)
        learner.load_state_dict(load_file(path))
        if fold is not None:
            heads[fold] = learner.eval()
    head.eval()
    if validation.sounds and run.ranks.first:
        scores = label_scores(head, validation, labels)
        yield EpochDone(0, 0, {f"labels/{name}": value for name, value in scores.items()})
    return heads
