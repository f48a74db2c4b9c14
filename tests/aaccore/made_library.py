"""Recordings put into a library without a model."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from aaccore.events import Candidate, ClipCaptioned, Segment
from aaccore.library import Library


def heard(path: Path, *captions: str, seconds: float = 10.0, vectors: tuple[list[float], ...] = ()) -> ClipCaptioned:
    """A recording whose windows have these captions, and embeddings where they are given."""
    segments = []
    for place, caption in enumerate(captions):
        words = tuple(caption.rstrip(".").lower().split())
        times = tuple(None if word == "a" else place * seconds + 1.5 for word in words)
        candidates = (Candidate(caption, -0.25, tuple(range(len(words))), words, times), Candidate("A hum.", -0.5))
        embedding = np.array(vectors[place], "<f2").tobytes() if vectors else b""
        segments.append(
            Segment(
                place * seconds, (place + 1) * seconds, caption, candidates, "likely" if vectors else None, embedding
            )
        )
    return ClipCaptioned(path, len(captions) * seconds, tuple(segments))


def put(library: Library, path: Path, *captions: str, vectors: tuple[list[float], ...] = (), model: str = "m") -> int:
    """Add a captioned recording; returns its number."""
    (id,) = library.add([path])
    assert library.finish(id, heard(path, *captions, vectors=vectors), model)
    return id
