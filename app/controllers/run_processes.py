"""The processes of runs that were started from here: they outlive the window."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

from PySide6.QtCore import QObject, QTimer

from aaccore import runs
from aaccore.errors import ConfigError
from aaccore.recipe import Teaching, Training
from app.run_reading import Process
from app.training_jobs import Places

REAP_MS = 300


class RunProcesses(QObject):
    """Starts processes, asks them to stop, and tells the one who follows the runs which of them live.

    Args:
        places: Where it is told.
        parent: Owner.

    Attributes:
        running: By their run's folder.
    """

    def __init__(self, places: Places, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._places = places
        self.running: dict[Path, subprocess.Popen[bytes]] = {}
        self._again: dict[Path, Training | Teaching] = {}  # to go on with once their process has ended
        self._reaper = QTimer(self, interval=REAP_MS)
        self._reaper.timeout.connect(self._reap)

    def start(self, folder: Path, options: Training | Teaching) -> None:
        """Start a run, or go on with it.

        Raises:
            ConfigError: It cannot be started.
        """
        if folder in self.running:  # it has said its last word, and takes a moment to end
            self._again[folder] = options
        else:
            self.running[folder] = runs.start(folder, options)
            self._reaper.start()
        self._note(folder, Process(started=time.time()))

    def stop(self, folder: Path) -> None:
        """Ask a run to end, wherever it was started.

        Raises:
            ConfigError: Its folder cannot be written to.
        """
        process = self.running.get(folder)
        try:
            runs.stop(folder)
        finally:
            if process is not None and os.name != "nt":  # before its first step a process looks for no file
                process.terminate()

    def forget(self) -> None:
        """Look after them no more; they go on."""
        self._reaper.stop()

    def _reap(self) -> None:
        """Take note of processes that have ended."""
        for folder, process in list(self.running.items()):
            if process.poll() is not None:
                del self.running[folder]
                self._note(folder, Process(ended=time.time()))
                if folder in self._again:
                    self._start_again(folder)
        if not self.running:
            self._reaper.stop()

    def _start_again(self, folder: Path) -> None:
        try:
            self.start(folder, self._again.pop(folder))
        except ConfigError:  # it was written to a moment ago; the run shows as one that has ended
            return

    def _note(self, folder: Path, process: Process) -> None:
        self._places.processes = {**self._places.processes, folder: process}
        self._places.now.set()
