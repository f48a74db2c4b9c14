"""Caption a split and score it: `evaluate` for recordings, `validate` for a training's stored features."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

import torch

from aaccore.config import Decoding
from aaccore.data.folder import Clip
from aaccore.data.pool import Pool, gathered
from aaccore.decoding import beam_search
from aaccore.errors import DatasetError
from aaccore.events import Candidate, ClipCaptioned, ClipFailed, Working
from aaccore.metrics.corpus import DEFAULT, QUICK, TITLES, score_corpus
from aaccore.model import CaptioningModel
from aaccore.tokenizer import Tokenizer

SAMPLES = 5
"""Sounds whose captions are shown with every validation."""
SIGN_OF_LIFE_S = 0.2
"""The longest time between two events."""


@dataclass(frozen=True)
class SplitScored:
    """A split was captioned and scored; clips that failed are not in it.

    Attributes:
        clips: The clips that were captioned, in the data set's order.
        captions: What was said of each.
        scores: Of the whole split, by name (see `metrics.corpus.TITLES`).
        per_clip: For the scores a clip has of its own, one value a clip.
        unavailable: For each metric that could not be computed, why.
    """

    clips: tuple[Clip, ...]
    captions: tuple[str, ...]
    scores: Mapping[str, float]
    per_clip: Mapping[str, Sequence[float]]
    unavailable: Mapping[str, str]


def evaluate(
    clips: Sequence[Clip], heard: Iterable[object], metrics: Sequence[str] = DEFAULT
) -> Generator[object, None, None]:
    """Follow the captioning of a split, then score it.

    Args:
        clips: The split.
        heard: What `caption_files` yields for the clips' paths.
        metrics: Which scores, from `metrics.corpus.DEFAULT`.

    Yields:
        What `heard` yields, `Working` at least every 0.25 s while the scores are computed, and at last `SplitScored`.

    Raises:
        DatasetError: None of the clips could be captioned.
        ValueError: A metric does not exist.
    """
    captions: dict[Path, str] = {}
    reasons: list[str] = []
    for event in heard:
        if isinstance(event, ClipCaptioned):
            captions[event.path] = event.caption
        elif isinstance(event, ClipFailed):
            reasons.append(event.reason)
        yield event
    known = [clip for clip in clips if clip.path in captions]
    if not known:
        raise DatasetError(
            f"none of {len(clips)} clips could be captioned; {reasons[0] if reasons else 'none was heard'}"
        )
    said = [captions[clip.path] for clip in known]
    scores: dict[str, float] = {}
    per_clip: dict[str, Sequence[float]] = {}
    unavailable: dict[str, str] = {}
    with ThreadPoolExecutor(1, "scores") as executor:
        for done, metric in enumerate(metrics):
            future = executor.submit(score_corpus, said, [clip.captions for clip in known], (metric,))
            while not wait([future], SIGN_OF_LIFE_S).done:
                yield Working(f"scoring: {TITLES.get(metric, metric)}", done / len(metrics))
            found = future.result()
            scores, per_clip = scores | found.scores, per_clip | found.per_clip
            unavailable |= found.unavailable
    yield SplitScored(tuple(known), tuple(said), scores, per_clip, unavailable)


@torch.inference_mode()
def caption_pool(
    model: CaptioningModel,
    tokenizer: Tokenizer,
    pool: Pool,
    decoding: Decoding,
    batch_size: int = 32,
) -> list[list[Candidate]]:
    """Caption the sounds of a pool from stored features.

    Returns:
        The candidates of each sound, best first.
    """
    found: list[list[Candidate]] = [[] for _ in pool.sounds]
    order = sorted(range(len(pool.sounds)), key=lambda row: float(pool.seconds[row]))
    for at in range(0, len(order), batch_size):
        chosen = order[at : at + batch_size]
        for row, candidates in zip(chosen, _captioned(model, tokenizer, pool, decoding, chosen), strict=True):
            found[row] = candidates
    return found


def _captioned(
    model: CaptioningModel,
    tokenizer: Tokenizer,
    pool: Pool,
    decoding: Decoding,
    chosen: Sequence[int],
) -> list[list[Candidate]]:
    return beam_search(model, model.listen(*gathered(pool, chosen)), tokenizer, decoding)


def validate(model: CaptioningModel, tokenizer: Tokenizer, pool: Pool) -> tuple[dict[str, float], dict[str, str]]:
    """Score greedy captions of a pool against its written ones; also the captions of a few fixed sounds."""
    captions = [c[0].caption for c in caption_pool(model, tokenizer, pool, Decoding(beam_size=1))]
    scores = dict(score_corpus(captions, [list(sound.captions) for sound in pool.sounds], QUICK).scores)
    every = max(1, len(captions) // SAMPLES)
    return scores, {pool.sounds[row].name: captions[row] for row in range(0, len(captions), every)}
