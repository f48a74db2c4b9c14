"""Checkpoints: a model folder `step-N` and, beside it, `step-N.pt` with all that a resume needs.

The state is written last and renamed into place, so a checkpoint counts only when it is complete: a process that is
killed at any moment leaves the one before.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import torch

from aaccore.errors import ModelError


def save_checkpoint(place: Path, state: dict[str, Any]) -> None:
    """Write a state beside the model folder `place` and delete older checkpoints.

    Args:
        place: `step-N`, whose model folder is there already.
        state: Tensors and plain values.
    """
    path = place.with_suffix(".pt")
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        torch.save(state, file)
        file.flush()
    part.replace(path)
    for other in place.parent.glob("step-*"):
        if other.name.split(".")[0] != place.name:
            shutil.rmtree(other) if other.is_dir() else other.unlink()


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
