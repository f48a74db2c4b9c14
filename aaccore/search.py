"""The search for captions: free beams, beams told what the label head is sure of, and both judgements of all of them.

Told that a bark is surely there and nothing else, the decoder says a sentence about a dog alone; told of the two
likeliest sounds, one about both. So there is a caption to choose for a single sound and for two.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from aaccore.config import Decoding
from aaccore.decoding import beam_search
from aaccore.events import Candidate
from aaccore.label_head import Heard
from aaccore.model import CaptioningModel, Encoded, Keywords
from aaccore.reranking import reranked
from aaccore.tokenizer import Tokenizer
from aaccore.word_times import meanings

SURE = 0.95
"""How probable a label is said to be that the decoder shall speak of."""


def search(model: CaptioningModel, encoded: Encoded, tokenizer: Tokenizer, options: Decoding) -> list[list[Candidate]]:
    """Find the best captions of each clip.

    Args:
        model: In evaluation mode.
        encoded: What `model.encode` made of the clips.
        tokenizer: The model's.
        options: How captions are searched; with one beam, or without a weight for the label head, by `beam_search`
            alone.

    Returns:
        For each clip at most `options.beam_size` different captions, best first.
    """
    known = meanings(tokenizer, model.network)
    heard = encoded.heard
    if heard is None or known.labels < 2 or not options.label_weight or options.beam_size == 1:
        return beam_search(model, encoded, tokenizer, options)
    labels = heard.probabilities[:, : known.labels]
    half = replace(options, beam_size=max(1, options.beam_size // 2))
    told = [model.reminded(encoded, _surely(labels, count, heard.keywords.shape[1])) for count in (1, 2)]
    found = beam_search(model, _stacked([encoded, *told]), tokenizer, half)
    best = []
    for clip, probable in enumerate(labels):
        captions = [candidate for candidates in found[clip :: len(labels)] for candidate in candidates]
        different = {candidate.caption: candidate for candidate in reversed(captions)}
        ranked = reranked(list(different.values()), probable, known, options.label_weight)
        best.append(ranked[: options.beam_size])
    return best


def _surely(labels: Tensor, count: int, places: int) -> Keywords:
    """The likeliest labels of each clip as sure keywords, and no others."""
    ids = torch.full((len(labels), places), -1, dtype=torch.long, device=labels.device)
    chosen = min(count, places)
    ids[:, :chosen] = labels.topk(chosen, dim=1).indices
    return Keywords(ids, torch.full(ids.shape, SURE, device=labels.device))


def _stacked(parts: list[Encoded]) -> Encoded:
    """The same clips told different things as one batch, part after part: a search costs little more for three."""
    heard = [part.heard for part in parts if part.heard is not None]
    return replace(
        parts[0],
        memory=torch.cat([part.memory for part in parts]),
        audio_padding=torch.cat([part.audio_padding for part in parts]),
        label_probabilities=None,
        heard=Heard(
            torch.cat([one.probabilities for one in heard]),
            torch.cat([one.activations for one in heard]),
            torch.cat([one.keywords for one in heard]),
        ),
    )
