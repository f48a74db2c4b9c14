"""The second phase of training: transformer and decoder learn to say what the CNN hears, on stored features."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from aaccore.config import CaptionTraining
from aaccore.data.corpus import TagCaptions
from aaccore.data.pool import Pool, gathered
from aaccore.label_training import targets
from aaccore.losses import Rlssr, RlssrTerm, caption_loss
from aaccore.model import CaptioningModel, Keywords
from aaccore.tokenizer import Tokenizer


@dataclass(frozen=True)
class Lessons:
    """What the second phase learns from.

    Attributes:
        pool: The sounds.
        features: Their features, (steps, channels) half precision, rows as in the pool.
        keywords: Their surest labels and tags, (sounds, keywords).
        is_true: True where a keyword is one of the sound's own labels, (sounds, keywords) bool.
        captions: Token ids of each sound's captions.
        tags: Rows of the keyword table that have captions of their own, with those captions' token ids.
    """

    pool: Pool
    features: Tensor
    keywords: Keywords | None
    is_true: Tensor
    captions: tuple[tuple[tuple[int, ...], ...], ...]
    tags: tuple[tuple[int, tuple[tuple[int, ...], ...]], ...]


@torch.inference_mode()
def prepare(
    model: CaptioningModel,
    tokenizer: Tokenizer,
    pool: Pool,
    features: Tensor,
    labels: Sequence[str],
    tags: Sequence[TagCaptions],
) -> Lessons:
    """Find every sound's keywords by the label head as it is now, and turn captions into tokens."""
    ids, scores = [], []
    for row in range(len(pool.sounds)):
        steps = features[pool.steps[row] : pool.steps[row + 1]].float()[None]
        found, _ = model.keywords(steps, torch.zeros(1, steps.shape[1], dtype=torch.bool))
        if found is not None:
            ids.append(found.ids[0])
            scores.append(found.scores[0])
    keywords = Keywords(torch.stack(ids), torch.stack(scores)) if ids else None
    wanted = targets(pool, labels) > 0
    is_true = torch.zeros(0, 0, dtype=torch.bool)
    if keywords is not None:
        is_label = (keywords.ids >= 0) & (keywords.ids < len(labels))
        is_true = is_label & wanted.gather(1, keywords.ids.clamp(0, max(0, len(labels) - 1)))
    captions = tuple(tuple(tuple(tokenizer.encode(c)) for c in sound.captions) for sound in pool.sounds)
    spoken = [
        (len(labels) + index, tuple(tuple(tokenizer.encode(c)) for c in tag.captions))
        for index, tag in enumerate(tags)
        if tag.word and tag.captions
    ]
    return Lessons(pool, features, keywords, is_true, captions, tuple(spoken))


@dataclass(frozen=True)
class CaptionBatch:
    """One step's input; the first `sounds` rows are real sounds, the rest learn words from tags alone."""

    features: Tensor
    padding: Tensor
    keywords: Keywords | None
    tokens: Tensor
    sounds: int


def make_batch(
    lessons: Lessons, chosen: Sequence[int], options: CaptionTraining, rng: np.random.Generator
) -> CaptionBatch:
    """Gather a batch and doubt its keywords: some are left out, some true ones hidden, some sounds get none.

    Rows for tag captions hear two unrelated sounds averaged, and one AudioSet tag as a sure keyword: the decoder learns
    to trust a sure tag about sounds that the corpus does not have.
    """
    pool = lessons.pool
    extra = round(options.tag_captions * len(chosen)) if lessons.tags and lessons.keywords is not None else 0
    rows = [*chosen, *(int(row) for row in rng.choice(chosen, extra))]
    features = gathered(lessons.features, pool.steps, rows)
    lengths = pool.steps[1:][rows] - pool.steps[:-1][rows]
    padding = torch.arange(features.shape[1])[None] >= lengths[:, None]
    captions = [lessons.captions[row][rng.integers(len(lessons.captions[row]))] for row in chosen]
    keywords = _doubted(lessons, chosen, options, rng)
    if extra and keywords is not None:
        others = torch.from_numpy(rng.permutation(len(chosen))[np.arange(extra) % len(chosen)])
        features[len(chosen) :] = 0.5 * (features[len(chosen) :] + features[others])
        told = [lessons.tags[int(index)] for index in rng.integers(len(lessons.tags), size=extra)]
        captions += [said[rng.integers(len(said))] for _, said in told]
        keywords = _with_tags(keywords, [row for row, _ in told], lessons, rng)
    tokens = torch.zeros(len(rows), max(map(len, captions)), dtype=torch.long)
    for place, caption in zip(tokens, captions, strict=True):
        place[: len(caption)] = torch.tensor(caption)
    return CaptionBatch(features, padding, keywords, tokens, len(chosen))


def _doubted(
    lessons: Lessons, chosen: Sequence[int], options: CaptionTraining, rng: np.random.Generator
) -> Keywords | None:
    if lessons.keywords is None:
        return None
    rows = list(chosen)
    ids, scores, is_true = lessons.keywords.ids[rows].clone(), lessons.keywords.scores[rows], lessons.is_true[rows]
    dropped = torch.from_numpy(rng.random(ids.shape) < options.keyword_dropout)
    dropped |= torch.from_numpy(rng.random((len(rows), 1)) < options.no_keywords)
    dropped |= is_true & torch.from_numpy(rng.random((len(rows), 1)) < options.hidden_labels)
    return Keywords(ids.masked_fill(dropped, -1), scores)


def _with_tags(keywords: Keywords, told: Sequence[int], lessons: Lessons, rng: np.random.Generator) -> Keywords:
    """Add rows whose keywords are weak ones of other sounds and one sure tag."""
    assert lessons.keywords is not None
    others = torch.from_numpy(rng.integers(len(lessons.pool.sounds), size=len(told)))
    ids, scores = lessons.keywords.ids[others].clone(), lessons.keywords.scores[others].clone()
    weak = torch.from_numpy(rng.uniform(0.02, 0.3, ids.shape)).to(scores)
    scores = torch.minimum(scores, weak)
    place = ids.shape[1] - torch.from_numpy(rng.integers(1, max(2, ids.shape[1] // 2), size=len(told)))
    line = torch.arange(len(told))
    ids[line, place] = torch.tensor(told)
    scores[line, place] = torch.from_numpy(rng.uniform(0.3, 1.0, len(told))).to(scores)
    ids = ids.masked_fill(scores < 0.05, -1)
    return Keywords(torch.cat([keywords.ids, ids]), torch.cat([keywords.scores, scores]))


@dataclass(frozen=True)
class CaptionLosses:
    """The losses of a step; `rlssr` is None where the term is off."""

    caption: Tensor
    rlssr: RlssrTerm | None


def caption_step(
    model: CaptioningModel, rlssr: Rlssr | None, batch: CaptionBatch, options: CaptionTraining
) -> CaptionLosses:
    """Compute the losses of one batch, teacher forced."""
    encoded = model.remember(batch.features, batch.padding, batch.keywords)
    given, wanted = batch.tokens[:, :-1], batch.tokens[:, 1:]
    hidden = model.decoder(model.dropout(model.embed(given)), encoded.memory, encoded.audio_padding)
    loss = caption_loss(model.logits(hidden), wanted, wanted == 0, options.label_smoothing)
    if rlssr is None:
        return CaptionLosses(loss, None)
    real = slice(batch.sounds)
    heard = encoded.memory[real, : encoded.audio_steps]
    return CaptionLosses(loss, rlssr(heard, batch.padding[real], hidden[real], (wanted == 0)[real]))
