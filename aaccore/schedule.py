"""Learning rate as a pure function of the step."""

from __future__ import annotations

import math


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
