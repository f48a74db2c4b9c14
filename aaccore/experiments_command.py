"""`auricle experiments`: the paper's tables, as grids of training runs with several seeds."""

from __future__ import annotations

import argparse
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from aaccore.config import from_toml
from aaccore.errors import ConfigError
from aaccore.events import EpochDone, ExperimentRun, ReportWritten, RunEnded, StepDone, Working
from aaccore.runs import stop
from aaccore.terminal import Asked, Bar, complain

if TYPE_CHECKING:
    from aaccore.experiments import Experiment
    from aaccore.recipe import Training

DESCRIPTION = """\
Train the models of one of the paper's tables, score them, and compare them.

  ablation  twelve rows: with and without pretrained CNN, with and without
            transformer encoder, without RLSSR and with RLSSR-L1 or -L2
  rlssr     RLSSR's weight (0.01, 0.1, 1) and place (memory, features), chosen
            on the validation split, beside a model without it

Every run takes the same number of steps and is a run folder of its own, which
the Training page and `auricle train` know too. Started again, the experiment
goes on where it stopped. At the end FOLDER has report.md (mean and spread over
seeds, and paired bootstrap tests between rows), scores.csv, comparisons.csv and
plots. The split that is kept for the end (fold 5, or Clotho's evaluation split)
is only captioned with --evaluate.

  auricle experiments ablation --data CORPUS --to runs/ablation --steps 800
  auricle experiments ablation --recipe resources/recipes/clotho.toml \\
      --data CLOTHO --to runs/clotho-ablation --device cuda --evaluate"""


def add_experiments(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command and its options."""
    experiments = commands.add_parser(
        "experiments",
        help="train and compare the models of the paper's tables",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    experiments.add_argument("table", choices=("ablation", "rlssr"), help="which of the two")
    experiments.add_argument("--data", type=Path, required=True, metavar="FOLDER", help="the data set")
    experiments.add_argument("--to", type=Path, required=True, metavar="FOLDER", help="runs and report go there")
    experiments.add_argument("--recipe", type=Path, metavar="FILE.toml", help="what the rows are changes to "
                             "(default: resources/recipes/ablation.toml)")  # fmt: skip
    experiments.add_argument("--seeds", type=int, default=3, metavar="N", help="runs of each row (default: 3)")
    experiments.add_argument("--steps", type=int, metavar="N", help="length of each run (default: the recipe's epochs)")
    experiments.add_argument("--rows", nargs="+", metavar="ROW", help="only these rows; --list names them")
    experiments.add_argument("--device", help="in place of the recipe's: cpu, cuda, mps or auto")
    experiments.add_argument("--evaluate", nargs="?", const="", metavar="FOLD", help="at the end, caption the split "
                             "that is kept for it (default: fold 5, or the evaluation split)")  # fmt: skip
    experiments.add_argument("--list", action="store_true", dest="names", help="name the rows and do nothing")
    experiments.set_defaults(run=_experiments)


def _experiments(options: argparse.Namespace) -> int:
    from aaccore.experiments import evaluation_split, run

    base, experiment = _chosen(options)
    if options.names:
        print("\n".join(f"{row.name:32} {', '.join(row.factors)}" for row in experiment.rows))
        return 0
    evaluation = [options.evaluate] if options.evaluate else []
    if options.evaluate == "":
        evaluation = list(evaluation_split(base.data))
    place: Path | None = None
    with Asked(lambda: stop(place) if place and place.is_dir() else None) as asked:
        events = run(experiment, range(1, options.seeds + 1), options.data, options.to, evaluation)
        with Bar("starting") as bar, closing(cast(Any, events)):
            for event in events:
                place = event.folder if isinstance(event, ExperimentRun) else place
                _tell(event, bar)
                if isinstance(event, RunEnded) and event.state == "stopped":
                    return 130
                if asked.stopping and isinstance(event, Working) and not event.message.startswith("captions: step"):
                    raise KeyboardInterrupt  # only a run's steps look for its file
    return 0


def _chosen(options: argparse.Namespace) -> tuple[Training, Experiment]:
    from aaccore.experiments import ablation, chosen, rlssr_grid, with_steps
    from aaccore.recipe import Training, recipes

    for name in ("seeds", "steps"):
        if getattr(options, name) is not None and getattr(options, name) < 1:
            raise ConfigError(f"--{name} {getattr(options, name)}: is to be 1 or more")
    base = from_toml(Training, options.recipe or recipes() / "ablation.toml")
    base = replace(base, device=options.device or base.device)
    if options.steps and not options.names:
        base = with_steps(base, options.data, options.steps)
    experiment = (ablation if options.table == "ablation" else rlssr_grid)(base)
    return base, chosen(experiment, options.rows) if options.rows else experiment


def _tell(event: object, bar: Bar) -> None:
    """Runs, scores and the report's files on standard output; the rest only on the bar."""
    if isinstance(event, Working):
        bar.say(event.message, event.done)
    elif isinstance(event, StepDone):
        bar.say(f"step {event.step} of {event.steps}", event.step / event.steps)
    elif isinstance(event, ExperimentRun | EpochDone | ReportWritten):
        with bar.hidden():
            print(_line(event), flush=True)
    elif isinstance(event, RunEnded) and event.state == "stopped":
        complain("stopped; the same command goes on from here", bar)


def _line(event: ExperimentRun | EpochDone | ReportWritten) -> str:
    if isinstance(event, ExperimentRun):
        return f"run {event.number} of {event.runs}: {event.row}, seed {event.seed}"
    if isinstance(event, EpochDone):
        scores = ", ".join(f"{name} {value:.4f}" for name, value in event.scores.items())
        return f"    step {event.step}: {scores}"
    return str(event.path)
