"""Runs: a training as a process of its own that outlives whoever started it, stopped by a file in its folder.

Both work for a run on another machine whose folder is shared.
"""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

from aaccore.config import from_toml
from aaccore.errors import ConfigError
from aaccore.recipe import Teaching, Training, to_toml

RUN, TEACH, STOP, LOG = "run.toml", "teach.toml", "stop", "log.txt"
LOCK = "run.lock"
"""Held by the process that trains a run; one that teaches holds none."""


def start(folder: Path, options: Training | Teaching) -> subprocess.Popen[bytes]:
    """Start a run, or go on with it, in a process of its own that outlives this one.

    Args:
        folder: The run's folder; `run.toml`, or `teach.toml`, is written there if it is not there yet.
        options: The settings of a training, `data.folder` among them, or of a teaching, which begins anew.

    Returns:
        The process; what it prints goes to `log.txt` in the folder.

    Raises:
        ConfigError: The folder cannot be written to, or holds a run with other settings.
    """
    path = folder / (RUN if isinstance(options, Training) else TEACH)
    command = ["train"] if isinstance(options, Training) else ["teach", "--run"]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if path.exists() and from_toml(type(options), path) != options:
            raise ConfigError(f"{folder}: holds a run with other settings; choose another name")
        path.write_text(to_toml(options), encoding="utf-8")
        (folder / STOP).unlink(missing_ok=True)
        log = (folder / LOG).open("ab")
    except OSError as error:
        raise ConfigError(f"{folder}: cannot be written to ({error.strerror}); choose another place") from error
    with log:
        detached: dict[str, Any] = (
            {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.DETACHED_PROCESS}  # type: ignore[attr-defined]
            if os.name == "nt"
            else {"start_new_session": True}
        )
        return subprocess.Popen(
            [*program(), *command, str(folder)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            **detached,
        )


def program() -> list[str]:
    """How `auricle` is called from here: beside the installed application, else as a module of this Python."""
    if getattr(sys, "frozen", False):
        beside = Path(sys.executable).with_name("auricle.exe" if os.name == "nt" else "auricle")
        return [str(beside)]
    return [sys.executable, "-m", "aaccore"]


def stop(folder: Path) -> None:
    """Ask a run to end after its step, wherever it runs.

    Raises:
        ConfigError: The folder cannot be written to.
    """
    try:
        (folder / STOP).touch()
    except OSError as error:
        raise ConfigError(f"{folder}: cannot be written to ({error.strerror})") from error


def is_held(folder: Path) -> bool:
    """Whether a process holds the lock of a run, on this machine or, where the shared folder tells, on another.

    There is no way to ask but to take the lock for a moment; a training that begins waits longer than that.
    """
    if not (folder / LOCK).exists():
        return False
    from filelock import FileLock, Timeout  # the window opens without it

    lock = FileLock(folder / LOCK, timeout=0, preserve_lock_file=True)
    try:
        with lock:
            return False
    except Timeout:
        return True
    except (OSError, NotImplementedError):  # a folder that is only read, or that knows no locks
        return False


def is_run(folder: Path) -> bool:
    """Whether a folder holds a run."""
    return settings_file(folder).is_file()


def settings_file(folder: Path) -> Path:
    """Where the settings of a run lie, or would lie."""
    path = folder / TEACH
    return path if path.is_file() else folder / RUN


def differences(first: Training, second: Training) -> list[tuple[str, Any, Any]]:
    """Which settings differ: their dotted names and both values."""
    found: list[tuple[str, Any, Any]] = []
    for f in fields(first):
        a, b = getattr(first, f.name), getattr(second, f.name)
        if dataclasses.is_dataclass(a):
            inner = [(g.name, getattr(a, g.name), getattr(b, g.name)) for g in fields(a)]
            found += [(f"{f.name}.{name}", x, y) for name, x, y in inner if x != y]
        elif a != b:
            found.append((f.name, a, b))
    return found
