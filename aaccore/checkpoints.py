"""Checkpoints: a model folder `step-N` and, beside it, `step-N.pt` with all that a resume needs.

The state is written last and renamed into place, so a checkpoint counts only when it is complete: a process that is
killed at any moment leaves the one before.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError

from aaccore.errors import ModelError, RunError


def save_checkpoint(place: Path, state: dict[str, Any]) -> None:
    """Write a state beside the model folder `place` and delete older checkpoints.

    Args:
        place: `step-N`, whose model folder is there already.
        state: Tensors and plain values.

    Raises:
        RunError: It cannot be written; the checkpoint before stays.
    """
    path = place.with_suffix(".pt")
    part = path.with_suffix(".part")
    with written(path):
        try:
            with part.open("wb") as file:
                torch.save(state, file)
                file.flush()
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    for other in place.parent.glob("step-*"):
        if other.name.split(".")[0] != place.name:
            shutil.rmtree(other) if other.is_dir() else other.unlink()


def sweep(folder: Path) -> None:
    """Delete what a process that was killed while it wrote has left in a run's folder."""
    for place in (folder, folder / "checkpoints"):
        for name in ("step", "best", "model"):
            for path in place.glob(f".{name}-*"):
                shutil.rmtree(path, ignore_errors=True)
        for path in place.glob("*.part"):
            path.unlink(missing_ok=True)


@contextmanager
def written(path: Path) -> Iterator[None]:
    """Tell of a disk that is full, or gone, in words.

    Raises:
        RunError: What is done within could not write.
    """
    try:
        yield
    except (OSError, RuntimeError, SafetensorError) as error:  # whatever each library tells it by
        why = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise RunError(
            f"{path}: cannot be written ({why}); make room, then start the run again: it goes on from its last "
            "checkpoint"
        ) from error


def newest(folder: Path) -> dict[str, Any] | None:
    """The state of the newest complete checkpoint, None where there is none.

    Raises:
        ModelError: It cannot be read.
    """
    paths = sorted(folder.glob("step-*.pt"))
    if not paths:
        return None
    try:
        state: dict[str, Any] = torch.load(paths[-1], weights_only=True, map_location="cpu")
    except Exception as error:  # torch raises what it likes for a damaged file
        raise ModelError(f"{paths[-1]}: cannot be read ({error}); delete it to go on from the one before") from error
    return state
