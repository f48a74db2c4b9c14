"""Caption a split and score it: `evaluate` for recordings, `validate` for a training's stored features."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from aaccore.config import Decoding
from aaccore.data.batches import padded
from aaccore.data.folder import Clip
from aaccore.data.lessons import Lessons
from aaccore.data.pool import LogMelPool, Pool, heard
from aaccore.decoding import beam_search
from aaccore.errors import DatasetError
from aaccore.events import Candidate, ClipCaptioned, ClipFailed, Working
from aaccore.losses import caption_loss
from aaccore.metrics.corpus import DEFAULT, QUICK, TITLES, CorpusScores, score_corpus
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
    clips: Sequence[Clip], captioning: Iterable[object], metrics: Sequence[str] = DEFAULT
) -> Generator[object, None, None]:
    """Follow the captioning of a split, then score it.

    Args:
        clips: The split.
        captioning: What `caption_files` yields for the clips' paths.
        metrics: Which scores, from `metrics.corpus.DEFAULT`.

    Yields:
        What `captioning` yields, `Working` at least every 0.25 s while the scores are computed, at last `SplitScored`.

    Raises:
        DatasetError: None of the clips could be captioned.
        ValueError: A metric does not exist.
    """
    captions: dict[Path, str] = {}
    reasons: list[str] = []
    for event in captioning:
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
    found = yield from scored(said, [clip.captions for clip in known], metrics)
    yield SplitScored(tuple(known), tuple(said), found.scores, found.per_clip, found.unavailable)


def scored(
    said: Sequence[str], references: Sequence[Sequence[str]], metrics: Sequence[str]
) -> Generator[Working, None, CorpusScores]:
    """Score captions; see `metrics.corpus.score_corpus`. Signs of life come while it works."""
    whole = CorpusScores({}, {}, {})
    with ThreadPoolExecutor(1, "scores") as executor:
        for done, metric in enumerate(metrics):
            future = executor.submit(score_corpus, said, references, (metric,))
            while not wait([future], SIGN_OF_LIFE_S).done:
                yield Working(f"scoring: {TITLES.get(metric, metric)}", done / len(metrics))
            found = future.result()
            whole.scores.update(found.scores)
            whole.per_clip.update(found.per_clip)
            whole.unavailable.update(found.unavailable)
    return whole


def caption_pool(
    model: CaptioningModel,
    tokenizer: Tokenizer,
    pool: Pool | LogMelPool,
    decoding: Decoding,
    batch_size: int = 32,
) -> Generator[Working, None, list[list[Candidate]]]:
    """Caption the sounds of a pool, by a model of several styles each in that of its data set.

    Yields:
        A sign of life for each batch.

    Returns:
        The candidates of each sound, best first.
    """
    found: list[list[Candidate]] = [[] for _ in pool.sounds]
    styles = model.network.styles
    for place, style in enumerate(styles or ("",)):
        wanted = replace(decoding, style=style)
        rows = [row for row, sound in enumerate(pool.sounds) if not styles or sound.data_set == place]
        rows.sort(key=lambda row: float(pool.seconds[row]))
        for at in range(0, len(rows), batch_size):
            yield Working("captioning the validation split", at / len(rows))
            chosen = rows[at : at + batch_size]
            with torch.inference_mode():
                captioned = beam_search(model, model.listen(*heard(model, pool, chosen)), tokenizer, wanted)
            for row, candidates in zip(chosen, captioned, strict=True):
                found[row] = candidates
    return found


@dataclass(frozen=True)
class Validated:
    """What `validate` found.

    Attributes:
        scores: By name, `loss` among them.
        samples: Captions of a few fixed sounds, by the sound's name.
        unavailable: For each metric that could not be computed, why.
    """

    scores: dict[str, float]
    samples: dict[str, str]
    unavailable: dict[str, str]


def validate(
    model: CaptioningModel, tokenizer: Tokenizer, lessons: Lessons, metrics: Sequence[str] = QUICK
) -> Generator[Working, None, Validated]:
    """Score greedy captions of a pool against its written ones; also the captions of a few fixed sounds.

    Args:
        model: Ready to caption.
        tokenizer: Its vocabulary.
        lessons: The validation split.
        metrics: Which scores, from `metrics.corpus.DEFAULT`.
    """
    sounds = lessons.pool.sounds
    candidates = yield from caption_pool(model, tokenizer, lessons.pool, Decoding(beam_size=1))
    captions = [found[0].caption for found in candidates]
    found = yield from scored(captions, [list(sound.captions) for sound in sounds], metrics)
    loss = yield from validation_loss(model, lessons)
    every = max(1, len(captions) // SAMPLES)
    samples = {sounds[row].name: captions[row] for row in range(0, len(captions), every)}
    return Validated(found.scores | {"loss": loss}, samples, found.unavailable)


def validation_loss(model: CaptioningModel, lessons: Lessons, batch_size: int = 64) -> Generator[Working, None, float]:
    """Mean cross-entropy of the tokens of each sound's first caption, in nats, without smoothing."""
    total, tokens = 0.0, 0
    device = model.output_bias.device
    order = sorted(range(len(lessons.pool.sounds)), key=lambda row: float(lessons.pool.seconds[row]))
    for at in range(0, len(order), batch_size):
        yield Working("loss of the validation split", at / len(order))
        chosen = order[at : at + batch_size]
        words = padded([lessons.captions[row][0] for row in chosen]).to(device)
        given, wanted = words[:, :-1], words[:, 1:]
        styles = torch.tensor([lessons.pool.sounds[row].data_set for row in chosen], device=device)[:, None]
        with torch.inference_mode():
            encoded = model.listen(*heard(model, lessons.pool, chosen))
            hidden = model.decoder(model.embed(given, styles), encoded.memory, encoded.audio_padding)
            own = int((wanted != 0).sum())
            total += float(caption_loss(model.logits(hidden), wanted, wanted == 0, 0.0)) * own
        tokens += own
    return total / max(1, tokens)
