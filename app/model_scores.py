"""How well a model captions a split, as the window shows it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class ScoredClip:
    """A clip with what the model said and what people wrote.

    Attributes:
        path: Where it lies.
        caption: What the model said.
        written: What people wrote.
        score: Its own CIDEr-D.
    """

    path: Path
    caption: str
    written: tuple[str, ...]
    score: float


@dataclass(frozen=True)
class ModelScores:
    """An evaluation that is done.

    Attributes:
        scores: What each score is called, and its value or why there is none.
        clips: The worst first.
        failed: Clips that could not be captioned, with the reason.
    """

    scores: tuple[tuple[str, str], ...]
    clips: tuple[ScoredClip, ...]
    failed: tuple[str, ...] = ()
