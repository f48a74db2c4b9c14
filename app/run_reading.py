"""What a run's folder tells, turned into what the window shows."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from aaccore.events import EpochDone, StepDone
from aaccore.run_view import RunView
from aaccore.runs import LOG
from app.run_row import Curve, RunRow, RunState

LOG_BYTES = 32_768
SPEED_STEPS = 5
"""Reports over which the speed is averaged."""
FRESH_LOG_S = 2.0
"""A process that wrote nothing but its log, and that long ago, has failed."""


@dataclass(frozen=True)
class Process:
    """A run's process that was started from here.

    Attributes:
        started: When, in seconds since 1970, where it lives; None where there is none.
        ended: When it was found to have ended; None where it lives or there was none.
    """

    started: float | None = None
    ended: float | None = None


def row_of(view: RunView, former: RunRow | None, own: bool, process: Process, chosen: Path | None = None) -> RunRow:
    """What to show of a run; `former` itself where nothing has changed.

    Args:
        view: What the folder tells.
        former: What was shown before.
        own: The run lies in the window's own folder.
        process: What is known of the process that was started from here.
        chosen: The model folder that captions now; None for the bundled one.
    """
    log = _log(view.folder)
    state, words = _state(view, log, process)
    steps = list(view.steps.get("captions", {}).values())
    mark = b"" if chosen is None else _mark(chosen)
    in_use = next((model for model in view.models if mark and _mark(model) == mark), None)
    same = former is not None and (
        (former.state, former.words, former.done, former.models, former.own, former.log, former.in_use)
        == (state, words, view.done, view.models, own, log, in_use)
        and former.last == (steps[-1] if steps else None)
        and former.epochs == tuple(view.epochs.values())
    )
    if former is not None and same:
        return former
    return RunRow(
        view.folder,
        state,
        words,
        own,
        view.options,
        1.0 if state == "finished" else view.done,
        _left_s(view, steps) if state == "running" else None,
        view.models,
        f"{view.started.device}: {view.started.why}" if view.started else "",
        steps[-1] if steps else None,
        _curves(view),
        tuple(view.epochs[step] for step in sorted(view.epochs)),
        log,
        view.teaching,
        view.taught,
        view.left_out,
        in_use,
    )


def _state(view: RunView, log: str, process: Process) -> tuple[RunState, str]:
    """How a run is: what its folder tells, and what is known of its process before and after the folder tells it."""
    heard = None if view.heard_s is None else time.time() - view.heard_s
    if process.started is not None and (heard is None or heard < process.started):
        return "starting", ""
    last_line = log.rsplit("\n", 1)[-1].removeprefix("auricle: ")
    if view.state == "new" and process.started is None and last_line and _age_s(view.folder / LOG) > FRESH_LOG_S:
        return "failed", last_line
    if view.state == "running" and process.ended is not None and heard is not None and heard < process.ended:
        return "vanished", ""
    return view.state, "" if view.state == "vanished" else view.words


def _age_s(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except OSError:
        return 0.0


def _mark(model: Path) -> bytes:
    """What tells a model from others, wherever it was copied to: its config, which names the content of its files."""
    path = model / "config.json"
    try:
        status = path.stat()
    except OSError:
        return b""
    return _content(path, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=512)
def _content(path: Path, modified_ns: int, size: int) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _log(folder: Path) -> str:
    """The end of what the process said."""
    try:
        with (folder / LOG).open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - LOG_BYTES))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return ""
    return text.rstrip().replace("\r\n", "\n")


def _left_s(view: RunView, steps: Sequence[StepDone]) -> float | None:
    """Time that the caption phase still takes, from the speed of late."""
    lately = [step.clips_per_s for step in steps[-SPEED_STEPS:] if step.clips_per_s > 0]
    if not lately or view.options is None:
        return None
    left = (steps[-1].steps - steps[-1].step) * view.options.captions.batch_size
    return left * len(lately) / sum(lately)


def _curves(view: RunView) -> dict[str, Curve]:
    found: dict[str, list[tuple[float, float]]] = {}

    def add(name: str, step: int, value: float) -> None:
        if np.isfinite(value):
            found.setdefault(name, []).append((step, value))

    for phase, steps in view.steps.items():
        for number, event in sorted(steps.items()):
            for name, value in event.losses.items():
                add(name, number, value)
            if phase == "captions":
                for name in ("learning_rate", "clips_per_s", "waited", "memory_mb"):
                    add(name, number, getattr(event, name))
    for number, epoch in sorted(view.epochs.items()):
        for name, value in epoch.scores.items():
            if name.startswith("captions/"):
                add(f"scores/{name.removeprefix('captions/')}", number, value)
    return {name: Curve(*np.array(points, dtype=np.float64).T) for name, points in found.items()}


def sample_names(epochs: Sequence[EpochDone]) -> frozenset[str]:
    """The sounds that captions are shown of."""
    return frozenset(name for epoch in epochs for name in epoch.samples)
