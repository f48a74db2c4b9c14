"""When each word of a caption was heard.

A word points at the moment at which what it names is heard most. That is told by the label head and by the CNN's own
head, which say at every step (0.3 s) how probable each known sound is: "barks" points where a dog's bark is likeliest.
A word that names none of the known sounds ("rattles", "loud") points where those sounds are heard to which the decoder
attended while it wrote the word; without them, where the decoder's attention to the sound itself was highest. Articles,
prepositions, numbers and other words that name nothing heard point nowhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from aaccore.config import Network
from aaccore.model import Encoded
from aaccore.tokenizer import Tokenizer
from aaccore.words import STOP_WORDS, stem

SILENT_WORDS = (STOP_WORDS - {"people"}) | frozenset(
    """
    eight nine ten eleven twelve twenty half second third last single double triple moment moments while same else
    hear heard audible sound sounds sounding listen listener listener's
    he's she's it's there's they're himself herself itself themselves whose somebody's someone's everybody anything
    nothing nobody none nowhere let lets make makes made making goes gone comes get gets keeps keep go come
    afterwards afterward beforehand meanwhile finally now soon still ago yet already ever never apart aside else
    past upon toward towards amid alongside underneath throughout except despite per via because until though although
    bit lot couple pair number kind sort type way place side end ends beginning start starts begins stops
    """.split()  # noqa: SIM905
)
"""Words that name nothing that is heard, so that no moment in the sound is theirs."""
KEYWORDS_WEIGHT = 0.3
"""Of the sounds to which the decoder attended, against those that the word itself names."""
ATTENTION_WEIGHT = 0.01
"""Of the decoder's attention to the sound itself: it decides where nothing else does."""


@dataclass(frozen=True)
class Meanings:
    """What the words of a vocabulary name.

    Attributes:
        silent: Words that name nothing heard, (vocab,) bool.
        rows: Which known sounds (labels, then tags) a word is part of the name of, (vocab, rows) bool.
        labels: How many of the known sounds are labels.
    """

    silent: Tensor
    rows: Tensor
    labels: int


@lru_cache(maxsize=4)
def meanings(tokenizer: Tokenizer, network: Network) -> Meanings:
    """Find what each token names; words are compared by their stems."""
    words = [word.lower() for word in tokenizer.words(range(len(tokenizer)))]
    special = len(tokenizer) - len(words)
    silent = torch.ones(len(tokenizer), dtype=torch.bool)
    silent[special:] = torch.tensor([word in SILENT_WORDS for word in words])
    sounds = [*network.labels, *network.tags]
    named: dict[str, list[int]] = {}
    for row, sound in enumerate(sounds):
        for part in {stem(part) for part in sound.lower().split() if part not in SILENT_WORDS}:
            named.setdefault(part, []).append(row)
    rows = torch.zeros(len(tokenizer), len(sounds), dtype=torch.bool)
    for token, word in enumerate(words, special):
        if word not in SILENT_WORDS:
            rows[token, named.get(stem(word), [])] = True
    return Meanings(silent, rows, len(network.labels))


def moments(encoded: Encoded, clips: Tensor, tokens: Tensor, looks: Tensor, known: Meanings) -> Tensor:
    """Find the moment of each token.

    Args:
        encoded: What the clips were captioned from.
        clips: Which of its clips, (clips,) long.
        tokens: Their captions, (clips, beams, tokens) long.
        looks: The decoder's attention to the memory at each token, (clips, beams, tokens, steps).
        known: What the tokens name.

    Returns:
        Seconds from the start of the window, (clips, beams, tokens); NaN for tokens that name nothing heard.
    """
    profile = ATTENTION_WEIGHT * looks[..., : encoded.audio_steps]
    if encoded.heard is not None:
        ids = encoded.heard.keywords[clips].clamp_min(0)  # what is -1 was masked, so nothing attended to it
        attended = looks[..., encoded.audio_steps :]
        attended = KEYWORDS_WEIGHT * attended / attended.sum(dim=3, keepdim=True).clamp_min(1e-6)
        weights = known.rows.to(tokens.device)[tokens].to(looks)  # (clips, beams, tokens, rows)
        weights.scatter_add_(3, ids[:, None, None, :].expand_as(attended), attended)
        activations = encoded.heard.activations[clips]  # (clips, rows, steps)
        profile = profile + (weights.flatten(1, 2) @ activations).view(profile.shape)
    seconds = (profile.argmax(dim=3) + 0.5) * encoded.step_s
    return seconds.masked_fill(known.silent.to(tokens.device)[tokens], torch.nan)
