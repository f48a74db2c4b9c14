"""The paper's tables: a grid of training runs that differ in what is compared, each with several seeds.

Every run is a run folder of its own, trained for the same number of steps; the last, averaged weights count, so that
nothing is chosen on the way. What is finished is passed over when the experiment is started again.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from aaccore.config import Decoding, from_toml
from aaccore.data import pool as pools
from aaccore.data import shards
from aaccore.data.corpus import read_corpus, read_sets
from aaccore.devices import choose_device
from aaccore.errors import ConfigError
from aaccore.evaluation import caption_pool
from aaccore.events import ExperimentRun, ReportWritten, RunEnded, Working
from aaccore.experiment_report import Result, best, write_report
from aaccore.exporting import write_whole
from aaccore.metrics.corpus import QUICK, score_corpus
from aaccore.model_folder import load_model
from aaccore.recipe import DataSet, Rlssr, Training
from aaccore.run_log import record
from aaccore.runs import RUN, differences
from aaccore.training import train

BEAMS = 3
WEIGHTS = (0.01, 0.1, 1.0)
RUNS = "runs"


@dataclass(frozen=True)
class Row:
    """A row of a table.

    Attributes:
        name: Of its runs' folders.
        factors: What it is made of, as the table says it; rows that differ in one of them are compared.
        options: Its settings, but for the seed.
    """

    name: str
    factors: tuple[str, ...]
    options: Training


@dataclass(frozen=True)
class Experiment:
    """A grid of runs.

    Attributes:
        title: Of its report.
        columns: What the rows' factors are.
        rows: What is compared.
        choose: Whether the best row is chosen on the validation split; only it and the first row are then evaluated.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    choose: bool = False


def ablation(base: Training) -> Experiment:
    """The paper's twelve rows: with and without pretrained CNN, with and without transformer encoder, and RLSSR.

    Args:
        base: A recipe with a pretrained CNN and a transformer encoder.

    Raises:
        ConfigError: The recipe has none of these, or keywords, which need a frozen CNN.
    """
    if base.encoder.weights == "none" or not base.network.encoder_layers or base.network.keywords:
        raise ConfigError(
            "an ablation takes things away: its recipe needs encoder.weights, network.encoder_layers over 0 and, "
            "because a CNN that learns has none, network.keywords = 0"
        )
    scratch = replace(base.encoder, weights="none", trained="all", batch_norms="train")
    norms: dict[Rlssr, str] = {"none": "none", "l1": "L1", "l2": "L2"}
    rows = []
    for cnn, encoder in (("pretrained", base.encoder), ("from chance", scratch)):
        for transformer, layers in (("yes", base.network.encoder_layers), ("no", 0)):
            for norm, title in norms.items():
                options = replace(
                    base,
                    encoder=encoder,
                    network=replace(base.network, encoder_layers=layers),
                    captions=replace(base.captions, rlssr=norm),
                )
                with_transformer = "transformer" if layers else "cnn-alone"
                name = f"{'pretrained' if cnn == 'pretrained' else 'scratch'}-{with_transformer}-{norm}"
                rows.append(Row(name, (cnn, transformer, title), options))
    return Experiment("Ablation", ("CNN", "transformer encoder", "RLSSR"), tuple(rows))


def rlssr_grid(base: Training) -> Experiment:
    """RLSSR's weight and what of the encoder it compares, beside a model without it; chosen on the validation split.

    Args:
        base: A recipe; its norm is taken, L2 where it has none.
    """
    norm: Rlssr = "l2" if base.captions.rlssr == "none" else base.captions.rlssr
    rows = [Row("none", ("none", "none"), replace(base, captions=replace(base.captions, rlssr="none")))]
    for place in ("memory", "features"):
        for weight in WEIGHTS:
            captions = replace(base.captions, rlssr=norm, rlssr_weight=weight, rlssr_place=cast(Any, place))
            rows.append(Row(f"{place}-{weight:g}", (place, f"{weight:g}"), replace(base, captions=captions)))
    return Experiment(f"RLSSR-{norm.upper()}: place and weight", ("place", "weight"), tuple(rows), choose=True)


def with_steps(base: Training, data: Path, steps: int) -> Training:
    """A recipe that ends after so many steps, however many sounds there are."""
    sounds = sum(len(fold) for fold in read_sets(data, base).development)
    return replace(base, captions=replace(base.captions, epochs=steps * base.captions.batch_size / sounds))


def chosen(experiment: Experiment, names: Sequence[str]) -> Experiment:
    """The experiment with some of its rows.

    Raises:
        ConfigError: There is no such row.
    """
    known = [row.name for row in experiment.rows]
    for name in names:
        if name not in known:
            raise ConfigError(f"{name}: no row of this experiment; there are {', '.join(known)}")
    return replace(experiment, rows=tuple(row for row in experiment.rows if row.name in names))


def run(
    experiment: Experiment,
    seeds: Sequence[int],
    data: Path,
    folder: Path,
    evaluation: Sequence[str] = (),
    cache: Path | None = None,
) -> Iterator[Any]:
    """Do what is left of an experiment, then write its report.

    Seed after seed, so that an experiment that is stopped has whole tables of fewer seeds.

    Args:
        experiment: What is compared.
        seeds: Each row is trained with each of them.
        data: The data set.
        folder: Of the experiment: `runs/ROW-seed-N` and the report.
        evaluation: Folds that nothing was chosen on, captioned last; empty leaves them untouched.
        cache: Replaces the user's cache folder, where the published weights lie.

    Yields:
        `ExperimentRun` before each run, the run's own events, `Working`, at last `ReportWritten`. A run that is asked
        to stop ends the experiment with its `RunEnded`.

    Raises:
        ConfigError: The folder holds a run with other settings, or no validation split is named.
        DatasetError: The data set is incomplete.
    """
    places = [(row, seed, folder / RUNS / f"{row.name}-seed-{seed}") for seed in seeds for row in experiment.rows]
    for row, _, _ in places:
        if not row.options.data.validation:
            raise ConfigError(f"{row.name}: data.validation is empty; an experiment is judged on it")
    results: list[Result] = []
    for number, (row, seed, place) in enumerate(places, 1):
        yield ExperimentRun(row.name, seed, place, number, len(places))
        options = replace(
            row.options, seed=seed, captions=replace(row.options.captions, patience=0), data=_at(row, data)
        )
        if not _finished(place, options):
            ended: RunEnded | None = None
            with closing(cast(Any, record(train(options, data, place, cache=cache), place))) as events:
                for event in events:
                    ended = event if isinstance(event, RunEnded) else ended
                    yield event
            if ended is None or ended.state != "finished":
                return
        results.append((yield from _scored(row, seed, place, data, "validation", row.options.data.validation)))
    if evaluation:
        best_row = best([result for result in results if result.split == "validation"])
        judged = {experiment.rows[0].name, best_row} if experiment.choose else {row.name for row in experiment.rows}
        for row, seed, place in places:
            if row.name in judged:
                results.append((yield from _scored(row, seed, place, data, "evaluation", tuple(evaluation))))
    yield Working("comparing the rows")
    steps = sorted({_steps(place) for _, _, place in places})
    for path in write_report(folder, experiment.title, experiment.columns, results, steps, experiment.choose):
        yield ReportWritten(path)


def evaluation_split(data: DataSet) -> tuple[str, ...]:
    """The folds that a data set keeps for the end."""
    return ("5",) if data.kind == "folds" else ("evaluation",)


def _at(row: Row, data: Path) -> DataSet:
    return replace(row.options.data, folder=str(data))


def _finished(place: Path, options: Training) -> bool:
    if not (place / "model" / "config.json").is_file():
        return False
    others = [name for name, _, _ in differences(from_toml(Training, place / RUN), options) if name != "data.folder"]
    if others:
        raise ConfigError(f"{place}: was trained with another {', '.join(others)}; choose another folder")
    return True


def _steps(place: Path) -> int:
    config = json.loads((place / "model" / "config.json").read_text(encoding="utf-8"))
    return int(config["extra"]["steps"])


def _scored(
    row: Row, seed: int, place: Path, data: Path, split: str, folds: tuple[str, ...]
) -> Generator[Any, None, Result]:
    """Caption a split with a run's model, once; what was found is kept in the run's folder."""
    path = place / f"scores-{split}.json"
    if path.is_file():
        kept = json.loads(path.read_text(encoding="utf-8"))
        if kept["folds"] == list(folds):
            return Result(row.name, row.factors, seed, split, kept["scores"], tuple(kept["cider_d"]))
    options = replace(row.options.data, development=(), validation=folds)
    corpus = read_corpus(data, options)
    model, tokenizer = load_model(place / "model", choose_device(row.options.device)[0])
    # Log-mels are the same for every row: the model folder's CNN is in half precision, its features are its own.
    for sounds in corpus.validation:
        yield from shards.build(place.parent / "pool", sounds, model, row.options.threads, log_mels=True)
    pool = pools.load_log_mels(place.parent / "pool", corpus.validation, model)
    candidates = yield from caption_pool(model, tokenizer, pool, Decoding(beam_size=BEAMS))
    captions = [found[0].caption for found in candidates]
    found = score_corpus(captions, [list(sound.captions) for sound in pool.sounds], QUICK)
    clips = {sound.name: caption for sound, caption in zip(pool.sounds, captions, strict=True)}
    kept = {"folds": folds, "scores": found.scores, "cider_d": found.per_clip["cider_d"], "captions": clips}
    write_whole(path, json.dumps(kept, indent=1, ensure_ascii=False) + "\n")
    return Result(row.name, row.factors, seed, split, found.scores, tuple(found.per_clip["cider_d"]))
