"""`auricle train`: a recipe or a run folder in, a trained model out."""

from __future__ import annotations

import argparse
import os
from collections.abc import Generator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from aaccore.config import from_toml
from aaccore.errors import ConfigError
from aaccore.events import CheckpointSaved, EpochDone, RunEnded, RunStarted, StepDone, Working
from aaccore.runs import RUN, STOP, stop
from aaccore.terminal import Asked, Bar, complain

if TYPE_CHECKING:
    from aaccore.recipe import Training

DESCRIPTION = """\
Train a model by a recipe, or go on with a run where it stopped. The run's
folder holds its settings (run.toml), what it tells (events.jsonl), checkpoints,
and at the end the model. Ctrl-C, or a file named stop in the folder, ends it
after the step at hand with a checkpoint. Several processes and machines:

  torchrun --nproc-per-node 2 -m aaccore train RECIPE.toml --data FOLDER --to RUN"""


def add_train(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command and its options."""
    train = commands.add_parser(
        "train",
        help="train a model by a recipe, or go on with a run",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    train.add_argument(
        "recipe", type=Path, metavar="RECIPE.toml|RUN", help="what is trained how, or a run to go on with"
    )
    train.add_argument("--data", type=Path, metavar="FOLDER", help="the data set (default: data.folder of the recipe)")
    # torchrun takes `--run` for a short form of its own `--run-path`.
    train.add_argument(
        "--run", "--to", type=Path, dest="folder", metavar="FOLDER", help="the run (default: runs/RECIPE)"
    )
    train.add_argument("--seed", type=int, help="in place of the recipe's")
    train.set_defaults(run=_train)


def settings_of(recipe: Path, data: Path | None, seed: int | None) -> Training:
    """The settings of a recipe or run, with what the command line replaces.

    Raises:
        ConfigError: The file cannot be read, or no data set is named.
    """
    from aaccore.recipe import Training

    settings = from_toml(Training, recipe / RUN if recipe.is_dir() else recipe)
    if data is not None:
        settings = replace(settings, data=replace(settings.data, folder=str(data)))
    if seed is not None:
        settings = replace(settings, seed=seed)
    if not settings.data.folder:
        raise ConfigError(f"{recipe}: names no data set; add --data FOLDER")
    return settings


def _run_of(recipe: Path) -> Path:
    """The run that a recipe stands for: the folder it lies in where it is a run's, else one named after it."""
    if recipe.is_dir():
        return recipe
    return recipe.parent if recipe.name == RUN else Path("runs") / recipe.stem


def _train(options: argparse.Namespace) -> int:
    from aaccore.run_log import record
    from aaccore.training import train

    recipe: Path = options.recipe
    settings = settings_of(recipe, options.data, options.seed)
    inside = recipe.is_dir() or recipe.name == RUN
    folder = options.folder or (
        (recipe if recipe.is_dir() else recipe.parent) if inside else Path("runs") / recipe.stem
    )
    events = cast("Generator[Any, None, None]", train(settings, Path(settings.data.folder), folder))
    with Asked(lambda: stop(folder)) as asked:
        if int(os.environ.get("RANK", "0")):  # torchrun's other processes: the first one tells
            for _ in events:
                pass
            return 0
        with Bar("starting") as bar, closing(cast(Any, record(events, folder))) as recorded:
            early = True
            for event in recorded:
                _tell(event, bar)
                early = early and not isinstance(event, RunStarted)
                if early and (asked.stopping or (folder / STOP).exists()):
                    raise KeyboardInterrupt  # before the caption phase nothing else looks for the file
    return 130 if asked.stopping else 0


def _tell(event: object, bar: Bar) -> None:
    """Scores, sample captions and checkpoints on standard output; the rest only on the bar."""
    from aaccore.metrics.corpus import TITLES

    if isinstance(event, Working):
        bar.say(event.message, event.done)
    elif isinstance(event, StepDone):
        losses = ", ".join(f"{name} {value:.4f}" for name, value in event.losses.items())
        speed = f"; {event.clips_per_s:.0f} a second, {event.waited:.0%} waiting for data" if event.clips_per_s else ""
        bar.say(f"step {event.step} of {event.steps}: {losses}{speed}", event.step / event.steps)
    elif isinstance(event, EpochDone):
        with bar.hidden():
            scores = ", ".join(f"{name} {value:.4f}" for name, value in event.scores.items())
            print(f"epoch {event.epoch}, step {event.step}: {scores}", flush=True)
            for name, caption in event.samples.items():
                print(f"    {name}: {caption}", flush=True)
            for name, why in event.unavailable.items() if event.epoch == 1 else ():
                print(f"    {TITLES.get(name, name)} unavailable: {why}", flush=True)
    elif isinstance(event, CheckpointSaved):
        with bar.hidden():
            print(event.path, flush=True)
    elif isinstance(event, RunEnded) and event.state == "stopped":
        complain("stopped; the same command goes on from here", bar)
