"""A ring buffer between the sound card's callback and whoever reads: what does not fit is counted, never hidden."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Why = Literal["dropped", "paused"]


@dataclass
class Missing:
    """Frames that were not kept.

    Attributes:
        position: The frame before which they are missing, counted over what was kept.
        frames: How many.
        why: "dropped" for want of room, or "paused".
    """

    position: int
    frames: int
    why: Why


class Ring:
    """Room for so many frames, made once; one thread writes and another reads, without a lock.

    Args:
        frames: Its room.
        channels: Of the sound.
    """

    def __init__(self, frames: int, channels: int) -> None:
        self._room: NDArray[np.float32] = np.zeros((frames, channels), np.float32)
        self._written = self._read = 0  # frames since the start; each is changed by one thread only
        self._missing: deque[Missing] = deque()

    def write(self, block: NDArray[np.float32]) -> None:
        """Copy a block, (frames, channels); one that does not fit as a whole is counted as dropped."""
        size, count = len(self._room), len(block)
        if count > size - (self._written - self._read):
            self.leave_out(count, "dropped")
            return
        at = self._written % size
        first = min(count, size - at)
        self._room[at : at + first] = block[:first]
        self._room[: count - first] = block[first:]
        self._written += count

    def leave_out(self, frames: int, why: Why) -> None:
        """Count frames that are not kept."""
        last = self._missing[-1] if self._missing else None
        if last is not None and last.position == self._written and last.why == why:
            last.frames += frames
        else:
            self._missing.append(Missing(self._written, frames, why))

    def read(self, ended: bool = False) -> NDArray[np.float32] | Missing | None:
        """Take what comes next.

        Args:
            ended: Nothing more will be written.

        Returns:
            All frames up to the next ones missing, (frames, channels); or those missing, once something follows them
            or the end is reached; None where there is nothing yet.
        """
        end = self._written
        if self._missing:
            missing = self._missing[0]
            if missing.position == self._read:
                return self._missing.popleft() if end > self._read or ended else None
            end = missing.position
        if end == self._read:
            return None
        size = len(self._room)
        at, count = self._read % size, end - self._read
        first = min(count, size - at)
        found = np.concatenate([self._room[at : at + first], self._room[: count - first]])
        self._read = end
        return found
