"""More like this: recordings of the library in the order of how alike they sound to one of them, or to a new one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from aaccore.errors import LibraryError
from aaccore.events import ClipCaptioned
from aaccore.library import Library
from aaccore.library_queue import COLUMNS, clip_row
from aaccore.library_search import IN_LIBRARY, conditions_of
from aaccore.records import Filters, Hit

BLOCK = 4096
"""Vectors that are compared at once: their float32 copies stay in the processor's cache."""
READ_AT_ONCE = 20_000
SOON = 8
"""Times as many segments as hits are wanted are looked at before those that the filters leave out are sorted out."""

_CLIP_COLUMNS = ", ".join(f"clip.{column}" for column in COLUMNS.split(", "))


@dataclass
class _Vectors:
    """The segments of one model, rounded to 8 bits: exact enough to find whom to look at closely.

    Attributes:
        segments: Their numbers, (blocks of (count,)) int64.
        rounded: (blocks of (count, width)) int8, each vector scaled to its largest number.
        scales: What a vector was scaled by, (blocks of (count,)) float32.
    """

    segments: list[NDArray[np.int64]] = field(default_factory=list)
    rounded: list[NDArray[np.int8]] = field(default_factory=list)
    scales: list[NDArray[np.float32]] = field(default_factory=list)

    def append(self, segments: list[int], vectors: NDArray[np.float32]) -> None:
        """Add vectors, (count, width), filling the last block first."""
        scales = np.abs(vectors).max(axis=1) / 127 + np.float32(1e-12)
        rounded = np.rint(vectors / scales[:, None]).astype(np.int8)
        numbers = np.array(segments, np.int64)
        if self.segments and len(self.segments[-1]) < BLOCK:
            numbers = np.concatenate([self.segments.pop(), numbers])
            rounded = np.concatenate([self.rounded.pop(), rounded])
            scales = np.concatenate([self.scales.pop(), scales])
        for start in range(0, len(numbers), BLOCK):
            self.segments.append(numbers[start : start + BLOCK].copy())
            self.rounded.append(rounded[start : start + BLOCK].copy())
            self.scales.append(scales[start : start + BLOCK].astype(np.float32))

    def nearest(self, wanted: NDArray[np.float32]) -> NDArray[np.int64]:
        """All segments, those most alike first, roughly."""
        copy = np.empty((BLOCK, len(wanted)), np.float32)
        alike = []
        for rounded, scales in zip(self.rounded, self.scales, strict=True):
            part = copy[: len(rounded)]
            np.copyto(part, rounded)
            alike.append((part @ wanted) * scales)
        return np.concatenate(self.segments)[np.argsort(-np.concatenate(alike))]


class Embeddings:
    """The embeddings of a library in memory, kept by whoever asks more than once; any thread may use it.

    A quarter of a megabyte for a thousand segments. Only what has come in since is read again.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._last = 0
        self._vectors: dict[tuple[str, int], _Vectors] = {}

    def nearest(self, library: Library, model: str, wanted: NDArray[np.float32]) -> NDArray[np.int64]:
        """The segments that a model has heard, those most alike to a vector first; deleted ones may be among them."""
        for _ in self.read(library):
            pass
        with self._lock:
            vectors = self._vectors.get((model, len(wanted)))
            return vectors.nearest(wanted) if vectors else np.empty(0, np.int64)

    def read(self, library: Library) -> Iterator[int]:
        """Read what has come in since the last time; yields several times a second how many segments there were."""
        while count := self._read_some(library):
            yield count

    def _read_some(self, library: Library) -> int:
        with self._lock:
            found = library.read(
                "SELECT segment.id, model, embedding FROM segment JOIN clip ON clip.id = segment.clip "
                "WHERE segment.id > ? ORDER BY segment.id LIMIT ?",
                (self._last, READ_AT_ONCE),
            )
            self._last = found[-1][0] if found else self._last
            groups: dict[tuple[str, int], list[tuple[int, bytes]]] = {}
            for segment, model, embedding in found:
                if embedding:
                    groups.setdefault((model, len(embedding) // 2), []).append((segment, embedding))
            for group, members in groups.items():
                vectors = _vectors(b"".join(embedding for _, embedding in members), group[1])
                self._vectors.setdefault(group, _Vectors()).append([segment for segment, _ in members], vectors)
            return len(found)


def like(
    library: Library,
    wanted: int | bytes,
    model: str = "",
    filters: Filters = Filters(),  # noqa: B008 - frozen
    limit: int = 200,
    embeddings: Embeddings | None = None,
) -> list[Hit]:
    """Find recordings that sound like one.

    Args:
        library: Where.
        wanted: A recording of the library, which is not found itself; or an embedding, see `Segment.embedding`.
        model: The model of the embedding: those of different models cannot be compared. A recording knows its own.
        filters: What the search is narrowed to.
        limit: Hits at most.
        embeddings: What was read before; without it all are read.

    Returns:
        One hit a recording, at the segment most alike, best first; its score is the cosine of the vectors.

    Raises:
        LibraryError: The recording has no embedding.
    """
    if isinstance(wanted, int):
        sound, model = sound_of(library.clip(wanted)), library.row(wanted).model
    else:
        sound = wanted
    vector = _vectors(sound, len(sound) // 2)[0]
    numbers = (embeddings or Embeddings()).nearest(library, model, vector)
    hits = _looked_at(library, numbers[: SOON * limit], vector, filters, limit, wanted)
    if len(hits) < limit and len(numbers) > SOON * limit:
        if filters != Filters():
            numbers = numbers[np.isin(numbers, _let_through(library, filters))]
        hits = _looked_at(library, numbers, vector, filters, limit, wanted)
    return hits


def sound_of(clip: ClipCaptioned) -> bytes:
    """What a whole recording sounds like: the mean of its segments' embeddings, as one embedding.

    Raises:
        LibraryError: None of its segments has one.
    """
    blobs = [segment.embedding for segment in clip.segments if segment.embedding]
    if not blobs:
        raise LibraryError(f"{clip.path.name}: nothing in it can be compared; caption it again")
    mean = _vectors(b"".join(blobs), len(blobs[0]) // 2).mean(axis=0)
    sound: bytes = (mean / np.maximum(np.linalg.norm(mean), np.float32(1e-12))).astype("<f2").tobytes()
    return sound


def _let_through(library: Library, filters: Filters) -> NDArray[np.int64]:
    """Numbers of all segments of the recordings that pass the filters."""
    conditions, values = conditions_of(filters)
    found = library.read(
        "SELECT segment.id FROM clip CROSS JOIN segment ON segment.clip = clip.id "
        f"WHERE {' AND '.join([*conditions, IN_LIBRARY])}",
        values,
    )
    return np.array([segment for (segment,) in found], np.int64)


def _looked_at(
    library: Library,
    numbers: NDArray[np.int64],
    vector: NDArray[np.float32],
    filters: Filters,
    limit: int,
    wanted: int | bytes,
) -> list[Hit]:
    """The best hits among segments that come roughly in order, with exact scores."""
    conditions, values = conditions_of(filters)
    conditions.append("deleted IS NULL AND embedding IS NOT NULL")
    hits: dict[int, Hit] = {}
    step = 2 * limit + 50
    for start in range(0, len(numbers), step):
        members = ", ".join(map(str, numbers[start : start + step].tolist()))
        found = library.read(
            f"SELECT embedding, start_s, end_s, coalesce(segment.corrected, machine), {_CLIP_COLUMNS} "
            "FROM segment JOIN clip ON clip.id = segment.clip "
            f"WHERE segment.id IN ({members}) AND {' AND '.join(conditions)}",
            values,
        )
        for embedding, start_s, end_s, text, *row in found:
            score = float(_vectors(embedding, len(vector))[0] @ vector)
            known = hits.get(row[0])
            if row[0] != wanted and (known is None or known.score < score):
                hits[row[0]] = Hit(clip_row(row), start_s, end_s, text, (), score)
        if len(hits) >= limit:
            break
    return sorted(hits.values(), key=lambda hit: -hit.score)[:limit]


def _vectors(blob: bytes, width: int) -> NDArray[np.float32]:
    """Stored embeddings as (count, width) float32."""
    return np.frombuffer(blob, "<f2").reshape(-1, width).astype(np.float32)
