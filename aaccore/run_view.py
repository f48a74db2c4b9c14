"""A run's folder, read: how the training stands, its curves and scores, the model that can be used.

A run is alive as long as lines come, wherever it runs, or its lock is held: a single step may take minutes. After a
resume steps may come twice: the later line counts.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Literal, TypeVar

from aaccore import events as kinds
from aaccore.config import from_toml
from aaccore.errors import ConfigError
from aaccore.events import ClipFailed, Compared, EpochDone, RunEnded, RunStarted, StepDone, Taught, Working
from aaccore.recipe import Teaching, Training
from aaccore.run_log import EVENTS, Event
from aaccore.runs import RUN, TEACH, is_held

SILENT_S = 60.0
"""A run that has written nothing for so long, and whose lock nobody holds, is taken for dead."""

Settings = TypeVar("Settings", Training, Teaching)
State = Literal["new", "running", "finished", "stopped", "failed", "vanished"]


@dataclass(frozen=True)
class RunView:
    """What a run's folder tells.

    Attributes:
        folder: The run's.
        options: Its settings; None where `run.toml` cannot be read.
        teaching: The settings of a run that teaches a model corrections; None for others.
        state: How it stands.
        words: Why it failed, or what it says it is doing.
        steps: The steps told, by phase ("labels", "captions") and step.
        epochs: The validations told, by step.
        models: Model folders that can be used: the final one, the best checkpoint's, the newest.
        heard_s: Seconds since its last sign of life; None where there was none.
        done: Share of the present phase, where known.
        started: What it runs on.
        taught: What came of a teaching.
        left_out: Why recordings were left out, one reason each.
    """

    folder: Path
    options: Training | None = None
    teaching: Teaching | None = None
    state: State = "new"
    words: str = ""
    steps: dict[str, dict[int, StepDone]] = field(default_factory=dict)
    epochs: dict[int, EpochDone] = field(default_factory=dict)
    models: tuple[Path, ...] = ()
    heard_s: float | None = None
    done: float | None = None
    started: RunStarted | None = None
    taught: Taught | None = None
    left_out: tuple[str, ...] = ()

    @property
    def model(self) -> Path | None:
        """The model that captions best as far as is known."""
        return self.models[0] if self.models else None


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
        self._opened_s: float | None = None
        self._grown_s: float | None = None

    def read(self) -> RunView:
        """What the folder tells now."""
        now_s = time.monotonic()
        for at, event in self._fresh():
            self._take(event)
            self._last = (at, event)
            if self._opened_s is not None:
                self._grown_s = now_s
        self._opened_s = self._opened_s or now_s
        heard_s = self._heard_s(now_s)
        view = self._view
        self._view = replace(
            view,
            options=view.options or _settings(Training, self.folder / RUN),
            teaching=view.teaching or _settings(Teaching, self.folder / TEACH),
            heard_s=heard_s,
            state=self._state(heard_s),
            models=usable_models(self.folder),
        )
        return self._view

    def _heard_s(self, now_s: float) -> float | None:
        """Since when nothing came: by this machine's clock where a line was seen to come, as another's may be wrong."""
        if self._last is None:
            return None
        if self._grown_s is not None:
            return now_s - self._grown_s
        return max(time.time() - self._last[0], now_s - (self._opened_s or now_s))

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
        if self._last is not None and isinstance(self._last[1], RunEnded):
            view = self._view = replace(view, taught=None, left_out=())  # it was started again
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
        elif isinstance(event, ClipFailed):
            self._view = replace(view, left_out=(*view.left_out, event.reason))
        elif isinstance(event, Taught):
            self._view = replace(view, taught=event)
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
        lately = heard_s is not None and heard_s < SILENT_S
        return "running" if lately or is_held(self.folder) else "vanished"


def _event(line: bytes) -> tuple[float, Event] | None:
    """One line's event; None for a half or unknown one."""
    try:
        values = json.loads(line)
        kind = getattr(kinds, values["event"])
        known = {f.name for f in fields(kind)}
        given = {name: value for name, value in values.items() if name in known}
        for name in {"path", "folder"} & set(given):
            given[name] = Path(given[name])
        for name in {"held_back", "others"} & set(given):
            given[name] = tuple(Compared(**one) for one in given[name])
        return float(values["time"]), kind(**given)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _settings(kind: type[Settings], path: Path) -> Settings | None:
    try:
        return from_toml(kind, path)
    except ConfigError:
        return None


def usable_models(folder: Path) -> tuple[Path, ...]:
    """The model folders of a run, first the one that captions best as far as is known."""
    checkpoints = folder / "checkpoints"
    newest = sorted((path for path in checkpoints.glob("step-*") if path.is_dir()), reverse=True)
    places = (folder / "model", checkpoints / "best", *newest)
    return tuple(place for place in places if (place / "config.json").is_file())
