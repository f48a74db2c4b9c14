"""The second phase of training: transformer and decoder learn to say what the CNN hears, on stored features."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from aaccore.data.corpus import TagCaptions
from aaccore.data.pool import Pool, gathered
from aaccore.features import masked
from aaccore.label_head import LabelHead
from aaccore.losses import Rlssr, RlssrTerm, caption_loss
from aaccore.model import CaptioningModel, Keywords
from aaccore.recipe import CaptionTraining
from aaccore.tokenizer import Tokenizer


@dataclass(frozen=True)
class Lessons:
    """What the second phase learns from.

    Attributes:
        pool: The sounds.
        keywords: Their surest labels and tags, (sounds, keywords).
        captions: Token ids of each sound's captions.
        tags: Rows of the keyword table that have captions of their own, with those captions' token ids.
    """

    pool: Pool
    keywords: Keywords | None
    captions: tuple[tuple[tuple[int, ...], ...], ...]
    tags: tuple[tuple[int, tuple[tuple[int, ...], ...]], ...]


@torch.inference_mode()
def prepare(
    model: CaptioningModel,
    tokenizer: Tokenizer,
    pool: Pool,
    heads: Mapping[str, LabelHead],
    tags: Sequence[TagCaptions],
) -> Lessons:
    """Find every sound's keywords by its fold's head (see `label_training`), and turn captions into tokens."""
    ids, scores = [], []
    for row, sound in enumerate(pool.sounds):
        found, _ = model.keywords(*gathered(pool, [row]), heads.get(sound.fold))
        if found is not None:
            ids.append(found.ids[0])
            scores.append(found.scores[0])
    keywords = Keywords(torch.stack(ids), torch.stack(scores)) if ids else None
    captions = tuple(tuple(tuple(tokenizer.encode(c)) for c in sound.captions) for sound in pool.sounds)
    spoken = tuple(
        (len(model.network.labels) + index, tuple(tuple(tokenizer.encode(c)) for c in tag.captions))
        for index, tag in enumerate(tags)
        if model.network.tags and tag.word and tag.captions
    )
    return Lessons(pool, keywords, captions, spoken)


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
    """Gather a batch and doubt its keywords: some are left out, and some sounds get none.

    Rows for tag captions hear two unrelated sounds averaged, and one AudioSet tag as a sure keyword: the decoder learns
    to trust a sure tag about sounds that the corpus does not have.
    """
    extra = round(options.tag_captions * len(chosen)) if lessons.tags and lessons.keywords is not None else 0
    features, padding = gathered(lessons.pool, [*chosen, *(int(row) for row in rng.choice(chosen, extra))])
    captions = [lessons.captions[row][rng.integers(len(lessons.captions[row]))] for row in chosen]
    keywords = _doubted(lessons, chosen, options, rng)
    if extra and keywords is not None:
        others = torch.from_numpy(rng.permutation(len(chosen))[np.arange(extra) % len(chosen)])
        features[len(chosen) :] = 0.5 * (features[len(chosen) :] + features[others])
        told = [lessons.tags[int(index)] for index in rng.integers(len(lessons.tags), size=extra)]
        captions += [said[rng.integers(len(said))] for _, said in told]
        keywords = _with_tags(keywords, [row for row, _ in told], lessons, rng)
    tokens = torch.zeros(len(features), max(map(len, captions)), dtype=torch.long)
    for place, caption in zip(tokens, captions, strict=True):
        place[: len(caption)] = torch.tensor(caption)
    return CaptionBatch(features, padding, keywords, tokens, len(chosen))


def _doubted(
    lessons: Lessons, chosen: Sequence[int], options: CaptionTraining, rng: np.random.Generator
) -> Keywords | None:
    if lessons.keywords is None:
        return None
    ids, scores = lessons.keywords.ids[list(chosen)], lessons.keywords.scores[list(chosen)]
    dropped = torch.from_numpy(rng.random(ids.shape) < options.keyword_dropout)
    dropped |= torch.from_numpy(rng.random((len(chosen), 1)) < options.no_keywords)
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
    features = masked(batch.features, options.masked_steps, options.masked_channels)
    encoded = model.remember(features, batch.padding, batch.keywords)
    given, wanted = batch.tokens[:, :-1], batch.tokens[:, 1:]
    hidden = model.decoder(model.dropout(model.embed(given)), encoded.memory, encoded.audio_padding)
    loss = caption_loss(model.logits(hidden), wanted, wanted == 0, options.label_smoothing)
    if rlssr is None:
        return CaptionLosses(loss, None)
    real = slice(batch.sounds)
    heard = encoded.memory[real, : encoded.audio_steps]
    return CaptionLosses(loss, rlssr(heard, batch.padding[real], hidden[real], (wanted == 0)[real]))
