"""What is said on standard error: complaints, and how far the work is while it is a terminal."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from rich.progress import Progress


class Bar:
    """A progress bar below the other lines of the terminal; it leaves nothing behind.

    Attributes:
        shown: Standard error is a terminal.
    """

    def __init__(self, message: str) -> None:
        self.shown = sys.stderr is not None and sys.stderr.isatty()
        self._message = message
        self._progress: Progress | None = None

    def __enter__(self) -> Self:
        if self.shown:
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

            self._progress = Progress(
                BarColumn(20),
                TaskProgressColumn(),
                TimeRemainingColumn(),
                TextColumn("{task.description}", markup=False),
                console=Console(stderr=True),
                transient=True,
                # Results belong to standard output, even where both are the same terminal.
                redirect_stdout=False,
                redirect_stderr=False,
            )
            self._progress.add_task(self._message, total=None)
            self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._progress is not None:
            self._progress.stop()

    def say(self, message: str, done: float | None = None) -> None:
        """Say what is being done, and the share that is done where it is known; None leaves the share as it is."""
        if self._progress is not None:
            task = self._progress.task_ids[0]
            self._progress.update(task, description=message)
            if done is not None:
                self._progress.update(task, total=1.0, completed=done)

    @contextmanager
    def hidden(self) -> Iterator[None]:
        """Take the bar away while something else is written to the terminal."""
        if self._progress is not None:
            self._progress.stop()
        try:
            yield
        finally:
            if self._progress is not None:
                self._progress.start()


class Asked:
    """Ctrl-C and SIGTERM as a request: the first one asks, a second one interrupts.

    Args:
        ask: Called with the first one.

    Attributes:
        stopping: Whether it has come.
    """

    def __init__(self, ask: Callable[[], None]) -> None:
        self.stopping = False
        self._ask = ask

    def __enter__(self) -> Self:
        self._former = {number: signal.signal(number, self._heard) for number in (signal.SIGINT, signal.SIGTERM)}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._former.items():
            signal.signal(number, handler)

    def _heard(self, number: int, frame: FrameType | None) -> None:
        if self.stopping:
            raise KeyboardInterrupt
        self.stopping = True
        self._ask()
        complain("finishing the step; once more stops at once")


def complain(words: str, bar: Bar | None = None) -> None:
    """Say something on standard error, above the bar if there is one."""
    if bar is not None:
        with bar.hidden():
            complain(words)
    elif sys.stderr is not None:
        print(f"auricle: {words}", file=sys.stderr, flush=True)
