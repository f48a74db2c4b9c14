"""A training run as the window shows it: plain values, made by a job, handed to the views."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from aaccore.events import EpochDone, StepDone, Taught
from aaccore.recipe import Teaching, Training

RunState = Literal["starting", "running", "finished", "stopped", "failed", "vanished", "new"]


@dataclass(frozen=True, eq=False)
class Curve:
    """A value over the steps of a run.

    Attributes:
        steps: Where it was measured, (points,), rising.
        values: What was measured, (points,).
    """

    steps: NDArray[np.float64]
    values: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class RunRow:
    """How a run stands.

    Attributes:
        folder: The run's.
        state: How it is.
        words: What it is doing, or why it failed.
        own: It lies in the window's own folder of runs, so it may be deleted.
        options: Its settings; None where they cannot be read.
        done: Share of its steps that is done, None where unknown.
        left_s: Time that it still takes, s; None where unknown.
        models: Its models that can be used, the best one first.
        device: What it runs on and why; empty where it has not said so.
        last: The last step of the caption phase that was told.
        curves: By name: losses as the run calls them, scores with `scores/` before them, and what each step tells.
        epochs: The validations, in order.
        log: What it said, the last of it.
        teaching: Its settings where it teaches a model corrections; None for others.
        taught: What came of that.
        left_out: Why recordings were left out of it.
        in_use: Which of its models captions now; None where none does.
    """

    folder: Path
    state: RunState = "new"
    words: str = ""
    own: bool = True
    options: Training | None = None
    done: float | None = None
    left_s: float | None = None
    models: tuple[Path, ...] = ()
    device: str = ""
    last: StepDone | None = None
    curves: Mapping[str, Curve] = field(default_factory=dict)
    epochs: tuple[EpochDone, ...] = ()
    log: str = ""
    teaching: Teaching | None = None
    taught: Taught | None = None
    left_out: tuple[str, ...] = ()
    in_use: Path | None = None

    @property
    def model(self) -> Path | None:
        """Its best model; None where there is none yet."""
        return self.models[0] if self.models else None

    @property
    def name(self) -> str:
        """What it is called."""
        return self.folder.name

    @property
    def alive(self) -> bool:
        """It is at work."""
        return self.state in ("starting", "running")
