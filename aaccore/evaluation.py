"""Caption a split and score it."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from aaccore.config import Decoding
from aaccore.data.pool import Pool, gathered
from aaccore.decoding import beam_search
from aaccore.events import Candidate
from aaccore.metrics.corpus import QUICK, score_corpus
from aaccore.model import CaptioningModel, Encoded
from aaccore.tokenizer import Tokenizer

SAMPLES = 5
"""Sounds whose captions are shown with every validation."""


@torch.inference_mode()
def caption_pool(
    model: CaptioningModel,
    tokenizer: Tokenizer,
    pool: Pool,
    features: Tensor,
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
        for row, candidates in zip(chosen, _captioned(model, tokenizer, pool, features, decoding, chosen), strict=True):
            found[row] = candidates
    return found


def _captioned(
    model: CaptioningModel,
    tokenizer: Tokenizer,
    pool: Pool,
    features: Tensor,
    decoding: Decoding,
    chosen: Sequence[int],
) -> list[list[Candidate]]:
    batch = gathered(features, pool.steps, chosen)
    lengths = pool.steps[1:][list(chosen)] - pool.steps[:-1][list(chosen)]
    padding = torch.arange(batch.shape[1])[None] >= lengths[:, None]
    keywords, labels = model.keywords(batch, padding)
    heard = model.remember(batch, padding, keywords)
    encoded = Encoded(heard.memory, heard.audio_padding, heard.step_s, heard.audio_steps, labels)
    return beam_search(model, encoded, tokenizer, decoding)


def validate(
    model: CaptioningModel, tokenizer: Tokenizer, pool: Pool, features: Tensor
) -> tuple[dict[str, float], dict[str, str]]:
    """Score greedy captions of a pool against its written ones; also the captions of a few fixed sounds."""
    captions = [c[0].caption for c in caption_pool(model, tokenizer, pool, features, Decoding(beam_size=1))]
    scores = dict(score_corpus(captions, [list(sound.captions) for sound in pool.sounds], QUICK).scores)
    every = max(1, len(captions) // SAMPLES)
    return scores, {pool.sounds[row].name: captions[row] for row in range(0, len(captions), every)}
