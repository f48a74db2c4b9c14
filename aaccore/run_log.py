"""What a training tells, written into its run folder as it goes.

`events.jsonl` has one JSON object a line: `time` (seconds since 1970), `event` (its name in `events.py`), its fields.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

from aaccore.errors import CaptioningError, RunError
from aaccore.events import (
    CheckpointSaved,
    ClipFailed,
    EpochDone,
    RunEnded,
    RunStarted,
    StepDone,
    Taught,
    Working,
)

EVENTS = "events.jsonl"
HEARTBEAT_S = 2.0
"""Signs of life are written so often at most."""

Event = Working | StepDone | EpochDone | CheckpointSaved | RunStarted | RunEnded | ClipFailed | Taught


def record(events: Iterator[Event], folder: Path) -> Iterator[Event]:
    """Pass a training's events on and write each into the run's folder; a failure too, before it is raised.

    Args:
        events: What `training.train` or `teaching.teach` yields.
        folder: The run's folder.

    Raises:
        RunError: The disk is full.
    """
    folder.mkdir(parents=True, exist_ok=True)
    curves = _Curves(folder)
    # Unbuffered: what a full disk did not take is not tried again when the file is closed.
    with (folder / EVENTS).open("ab", buffering=0) as file:
        _mend(file, folder / EVENTS)

        def write(event: Event) -> None:
            told = {"time": time.time(), "event": type(event).__name__} | asdict(event)
            try:
                file.write((json.dumps(told, default=str) + "\n").encode())
            except OSError as error:
                raise RunError(
                    f"{folder}: cannot be written to ({error.strerror}); make room, then start the run again: it goes "
                    "on from its last checkpoint"
                ) from error

        written_s = 0.0
        ended = False
        try:
            with closing(cast(Any, events)):
                for event in events:
                    if not isinstance(event, Working) or time.monotonic() - written_s > HEARTBEAT_S:
                        write(event)
                        curves.add(event)
                        written_s = time.monotonic()
                    ended = ended or isinstance(event, RunEnded)
                    yield event
        except GeneratorExit:
            if not ended:
                with suppress(RunError):
                    write(RunEnded("stopped"))
            raise
        except BaseException as error:
            words = str(error) if isinstance(error, CaptioningError) else f"{type(error).__name__}: {error}"
            with suppress(RunError):
                write(RunEnded("stopped" if isinstance(error, KeyboardInterrupt) else "failed", words))
            raise
        finally:
            curves.close()


def _mend(file: Any, path: Path) -> None:
    """End a line that a killed process left half, so that the next one stands by itself."""
    if path.stat().st_size:
        with path.open("rb") as written:
            written.seek(-1, os.SEEK_END)
            if written.read(1) != b"\n":
                file.write(b"\n")


class _Curves:
    """The same numbers for TensorBoard, where its writer is installed."""

    def __init__(self, folder: Path) -> None:
        try:
            from tensorboardX import SummaryWriter
        except ImportError:
            self.writer: Any = None
        else:
            self.writer = SummaryWriter(str(folder / "tensorboard"))

    def add(self, event: Event) -> None:
        if self.writer is None or not isinstance(event, StepDone | EpochDone):
            return
        values = event.losses if isinstance(event, StepDone) else event.scores
        for name, value in values.items():
            self.writer.add_scalar(name, value, event.step)
        if isinstance(event, StepDone):
            self.writer.add_scalar("learning_rate", event.learning_rate, event.step)

    def close(self) -> None:
        if self.writer is not None:
            self.writer.close()
