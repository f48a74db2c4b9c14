"""The search for captions: free beams, beams told what the label head is sure of, and both judgements of all of them.

Told that a bark is surely there and nothing else, the decoder says a sentence about a dog alone; told of the two
likeliest sounds, one about both. So there is a caption to choose for a single sound and for two.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor
from torch.nn.functional import pad

from aaccore.config import Decoding
from aaccore.data.sentences import is_sentence
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
        For each clip at most `options.beam_size` different captions, best first; those that are no whole sentence come
        last.
    """
    known = meanings(tokenizer, model.network)
    heard = encoded.heard
    if heard is None or known.labels < 2 or not options.label_weight or options.beam_size == 1:
        return beam_search(model, encoded, tokenizer, options)
    labels = heard.probabilities[:, : known.labels]
    half = replace(options, beam_size=max(1, options.beam_size // 2))
    told = [model.reminded(encoded, _surely(labels, count, heard.keywords.shape[1])) for count in (1, 2)]
    found = beam_search(model, joined([encoded, *told]), tokenizer, half)  # a search costs little more for three
    best = []
    for clip, probable in enumerate(labels):
        captions = [candidate for candidates in found[clip :: len(labels)] for candidate in candidates]
        different = {candidate.caption: candidate for candidate in reversed(captions)}
        ranked = reranked(list(different.values()), probable, known, options.label_weight)
        ranked.sort(key=lambda candidate: not is_sentence(candidate.caption))
        best.append(ranked[: options.beam_size])
    return best


def _surely(labels: Tensor, count: int, places: int) -> Keywords:
    """The likeliest labels of each clip as sure keywords, and no others."""
    ids = torch.full((len(labels), places), -1, dtype=torch.long, device=labels.device)
    chosen = min(count, places)
    ids[:, :chosen] = labels.topk(chosen, dim=1).indices
    return Keywords(ids, torch.full(ids.shape, SURE, device=labels.device))


def joined(parts: list[Encoded]) -> Encoded:
    """Put memories of different lengths into one batch; the audio steps of the shorter ones are padded."""
    if len(parts) == 1:
        return parts[0]
    audio_steps = max(part.audio_steps for part in parts)

    def widened(x: Tensor, part: Encoded, value: float) -> Tensor:
        fill = (0, 0) * (x.dim() - 2) + (0, audio_steps - part.audio_steps)
        return torch.cat([pad(x[:, : part.audio_steps], fill, value=value), x[:, part.audio_steps :]], dim=1)

    memory = torch.cat([widened(part.memory, part, 0.0) for part in parts])  # (batch, steps, width)
    padding = torch.cat([widened(part.audio_padding, part, True) for part in parts])
    return Encoded(memory, padding, parts[0].step_s, audio_steps, heard=_heard_together(parts, audio_steps))


def _heard_together(parts: list[Encoded], audio_steps: int) -> Heard | None:
    found = [part.heard for part in parts if part.heard is not None]
    if len(found) < len(parts):
        return None
    activations = [pad(heard.activations, (0, audio_steps - heard.activations.shape[2])) for heard in found]
    probabilities, keywords = (torch.cat(x) for x in zip(*((h.probabilities, h.keywords) for h in found), strict=True))
    return Heard(probabilities, torch.cat(activations), keywords)
