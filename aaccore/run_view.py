"""A run's folder, read: how the training stands, its curves and scores, the model that can be used.

A run is alive as long as lines come, wherever it runs. After a resume steps may come twice: the later line counts.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Literal

from aaccore import events as kinds
from aaccore.config import from_toml
from aaccore.errors import ConfigError
from aaccore.events import EpochDone, RunEnded, RunStarted, StepDone, Working
from aaccore.recipe import Training
from aaccore.run_log import EVENTS, Event
from aaccore.runs import RUN

SILENT_S = 60.0
"""A run that has written nothing for so long is taken for dead."""

State = Literal["new", "running", "finished", "stopped", "failed", "vanished"]


@dataclass(frozen=True)
class RunView:
    """What a run's folder tells.

    Attributes:
        folder: The run's.
        options: Its settings; None where `run.toml` cannot be read.
        state: How it stands.
        words: Why it failed, or what it says it is doing.
        steps: The steps told, by phase ("labels", "captions") and step.
        epochs: The validations told, by step.
        model: A model folder that can be used: the final one, else the best or newest checkpoint's.
        heard_s: Seconds since its last sign of life; None where there was none.
        done: Share of the present phase, where known.
        started: What it runs on.
    """

    folder: Path
    options: Training | None = None
    state: State = "new"
    words: str = ""
    steps: dict[str, dict[int, StepDone]] = field(default_factory=dict)
    epochs: dict[int, EpochDone] = field(default_factory=dict)
    model: Path | None = None
    heard_s: float | None = None
    done: float | None = None
    started: RunStarted | None = None


class RunReader:
    """Reads a run's folder again and again, each time only what is new.

    Args:
        folder: The run's.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._at, self._rest = 0, b""
        self._view = RunView(folder)
        self._last: tuple[float, Event] | None = None

    def read(self) -> RunView:
        """What the folder tells now."""
        for at, event in self._fresh():
            self._take(event)
            self._last = (at, event)
        heard_s = None if self._last is None else max(0.0, time.time() - self._last[0])
        options = self._view.options or _options(self.folder)
        self._view = replace(
            self._view, options=options, heard_s=heard_s, state=self._state(heard_s), model=usable_model(self.folder)
        )
        return self._view

    def _fresh(self) -> Iterator[tuple[float, Event]]:
        try:
            with (self.folder / EVENTS).open("rb") as file:
                if file.seek(0, os.SEEK_END) < self._at:  # somebody began the file anew
                    self._at, self._rest, self._view = 0, b"", RunView(self.folder)
                file.seek(self._at)
                new = file.read()
        except FileNotFoundError:
            return
        self._at += len(new)
        *lines, self._rest = (self._rest + new).split(b"\n")
        for line in lines:
            found = _event(line)
            if found is not None:
                yield found

    def _take(self, event: Event) -> None:
        view = self._view
        if isinstance(event, StepDone):
            phase = next(iter(event.losses), "captions").split("/")[0]
            view.steps.setdefault(phase, {})[event.step] = event
            self._view = replace(
                view, words=f"{phase}: step {event.step} of {event.steps}", done=event.step / event.steps
            )
        elif isinstance(event, EpochDone):
            view.epochs[event.step] = event
        elif isinstance(event, RunStarted):
            for steps in (view.steps.get("captions", {}), view.epochs):  # what was lost with a kill comes again
                for step in [step for step in steps if step > event.step]:
                    del steps[step]
            self._view = replace(view, started=event)
        elif isinstance(event, Working | RunEnded):
            done = event.done if isinstance(event, Working) else view.done
            words = event.message if isinstance(event, Working) else event.words
            self._view = replace(view, words=words, done=done)

    def _state(self, heard_s: float | None) -> State:
        if self._last is None:
            return "new"
        event = self._last[1]
        if isinstance(event, RunEnded):
            return event.state
        return "running" if heard_s is not None and heard_s < SILENT_S else "vanished"


def _event(line: bytes) -> tuple[float, Event] | None:
    """One line's event; None for a half or unknown one."""
    try:
        values = json.loads(line)
        kind = getattr(kinds, values["event"])
        known = {f.name for f in fields(kind)}
        given = {name: value for name, value in values.items() if name in known}
        if "path" in given:
            given["path"] = Path(given["path"])
        return float(values["time"]), kind(**given)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _options(folder: Path) -> Training | None:
    try:
        return from_toml(Training, folder / RUN)
    except ConfigError:
        return None


def usable_model(folder: Path) -> Path | None:
    """The model folder of a run that captions best as far as is known."""
    checkpoints = folder / "checkpoints"
    newest = sorted((path for path in checkpoints.glob("step-*") if path.is_dir()), reverse=True)
    for place in (folder / "model", checkpoints / "best", *newest):
        if (place / "config.json").is_file():
            return place
    return None
