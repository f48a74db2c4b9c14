"""How much each weight learns: groups for the optimiser, the learning rate and the average as functions of the step."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from torch import nn


def warm_up_cosine(step: int, steps: int, warm_up: int) -> float:
    """Factor on the highest learning rate: a linear warm-up, then half a cosine down to 0.

    Args:
        step: The step that is about to be done, from 0.
        steps: Steps in all.
        warm_up: Steps until the factor is 1.

    Returns:
        From 0 to 1.
    """
    if step < warm_up:
        return (step + 1) / warm_up
    done = (step - warm_up) / max(1, steps - warm_up)
    return 0.5 * (1.0 + math.cos(math.pi * min(1.0, done)))


def average_decay(steps: int, decay: float) -> float:
    """Decay of the moving average of weights after so many steps.

    It spans a ninth of the steps done until that is as long as the decay asked for: a fixed decay would keep a part of
    the first, random weights in a short training's average (of 0.998 after 400 steps 45 %).
    """
    return min(decay, (1 + steps) / (10 + steps))


def parameter_groups(
    parameters: Sequence[nn.Parameter], weight_decay: float, learning_rate: float
) -> list[dict[str, Any]]:
    """Groups for AdamW of what is trained: decay on matrices, none on biases, norms and other vectors.

    Each group's `highest` is what the schedule multiplies.
    """
    trained = [p for p in parameters if p.requires_grad]
    groups = [
        {"params": [p for p in trained if p.ndim > 1], "weight_decay": weight_decay},
        {"params": [p for p in trained if p.ndim <= 1], "weight_decay": 0.0},
    ]
    return [group | {"lr": learning_rate, "highest": learning_rate} for group in groups if group["params"]]
