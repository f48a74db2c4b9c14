"""The captioning model: waveform -> log-mel -> CNN -> transformer encoder -> memory, and the decoder's side of it.

After Koh, Xue and Chng (arXiv 2108.04692): a pretrained CNN, a transformer encoder appended to it, a transformer
decoder. Two CNNs may stand side by side; their steps are joined on the coarser one's time spans. A label head on the
joined features tells which sounds are there; the surest labels stand in the memory as words, a guide for the decoder
(keywords).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import soxr
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from aaccore.config import Network
from aaccore.errors import ModelError
from aaccore.features import LogMel
from aaccore.label_head import Heard, LabelHead, linear_softmax, normalised
from aaccore.panns import ENCODERS, Encoder, MobileNetV1
from aaccore.tokenizer import Tokenizer
from aaccore.transformer import TransformerDecoder, TransformerEncoder

KEYWORD_WORDS = 3
"""A keyword has at most so many words."""
SCORE_EDGES = (0.1, 0.2, 0.35, 0.5, 0.7, 0.9)
"""A keyword's probability is told to the decoder as one of seven steps."""
LEAST_PROBABILITY = 0.05
"""Less probable labels are no keywords."""


@dataclass(frozen=True)
class Keywords:
    """The surest labels of each clip.

    Attributes:
        ids: Row in the table of keywords (labels, then tags), -1 where there is none, (batch, keywords) long.
        scores: Their probabilities, (batch, keywords).
    """

    ids: Tensor
    scores: Tensor


@dataclass(frozen=True)
class Encoded:
    """What the decoder listens to.

    Attributes:
        memory: (batch, steps, width); the first `audio_steps` are sound in order of time, the rest are keywords.
        audio_padding: True where `memory` is padding, (batch, steps) bool.
        step_s: Seconds a step lasts: audio step k covers [k * step_s, (k + 1) * step_s).
        audio_steps: How many steps are sound.
        label_probabilities: Of each label in each clip, (batch, labels); None without a label head.
        heard: Labels and tags in each clip and at each step; None for a network that has neither.
    """

    memory: Tensor
    audio_padding: Tensor
    step_s: float
    audio_steps: int
    label_probabilities: Tensor | None = None
    heard: Heard | None = None


class CaptioningModel(nn.Module):
    """The network of the captioner; `encode` and `embed`/`decoder`/`logits` are its two sides.

    Args:
        network: Its layers.
        vocabulary: Number of tokens.
        keyword_tokens: Token ids of each label's, then each tag's words, (labels + tags, KEYWORD_WORDS) long; 0: none.
    """

    keyword_tokens: Tensor

    def __init__(self, network: Network, vocabulary: int, keyword_tokens: Tensor | None = None) -> None:
        super().__init__()
        self.network = network
        table = len(network.labels) + len(network.tags)
        if keyword_tokens is None:
            keyword_tokens = torch.zeros(table, KEYWORD_WORDS, dtype=torch.long)
        if tuple(keyword_tokens.shape) != (table, KEYWORD_WORDS):
            raise ModelError(f"keyword tokens have shape {tuple(keyword_tokens.shape)}, not {(table, KEYWORD_WORDS)}")
        self.register_buffer("keyword_tokens", keyword_tokens)
        encoders = [ENCODERS[name]() for name in network.encoders]
        for encoder in encoders:  # a third less time a convolution on a CPU; torch's types do not know this argument
            encoder.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.encoders = nn.ModuleList(encoders)
        self.front_ends = nn.ModuleList(LogMel(encoder.front_end) for encoder in encoders)
        self.norms = nn.ModuleList(nn.LayerNorm(encoder.channels) for encoder in encoders)
        sizes = [encoder.channels for encoder in encoders]
        self.label_head = LabelHead(sizes, len(network.labels)) if network.labels else None
        self.projection = nn.Linear(self.channels, network.width)
        self.dropout = nn.Dropout(network.dropout)
        layer = (network.width, network.heads, network.feedforward)
        self.encoder = TransformerEncoder(*layer, network.encoder_layers, network.dropout)
        self.decoder = TransformerDecoder(*layer, network.decoder_layers, network.dropout)
        self.embedding = nn.Embedding(vocabulary, network.width)
        self.output_bias = nn.Parameter(torch.zeros(vocabulary))
        self.keyword_scores = nn.Embedding(2 * (len(SCORE_EDGES) + 1), network.width)  # of labels, then of tags
        nn.init.normal_(self.embedding.weight, std=network.width**-0.5)
        nn.init.normal_(self.keyword_scores.weight, std=0.02)
        self.styles = nn.Embedding(len(network.styles), network.width) if network.styles else None
        if self.styles is not None:
            nn.init.normal_(self.styles.weight, std=network.width**-0.5)

    @property
    def sample_rate(self) -> int:
        """Rate of the waveforms that `encode` takes: the highest of its front ends', in Hz."""
        return max(encoder.front_end.sample_rate for encoder in self._cnns)

    @property
    def window_s(self) -> float:
        """Seconds that are captioned at once."""
        return self.network.window_s

    @property
    def step_s(self) -> float:
        """Seconds a step of the joined features lasts: the coarsest encoder's."""
        return max(encoder.step_s for encoder in self._cnns)

    @property
    def channels(self) -> int:
        """Channels of all encoders together: the width of `features`."""
        return sum(encoder.channels for encoder in self._cnns)

    @property
    def _cnns(self) -> list[Encoder]:
        return [module for module in self.encoders if isinstance(module, Encoder)]

    def log_mels(self, waveform: Tensor) -> list[Tensor]:
        """Compute each encoder's log-mel spectrogram.

        A window is scaled to a peak of 1 first, so that the level at which something was recorded does not matter.

        Args:
            waveform: Sound at `sample_rate`, (batch, samples) float32; shorter than 1 s is padded to 1 s.

        Returns:
            For each encoder (batch, frames, mels), long enough for every step of the sound.
        """
        seconds = max(1.0, waveform.shape[1] / self.sample_rate)
        waveform = waveform / waveform.abs().amax(dim=1, keepdim=True).clamp_min(1e-5)
        found = []
        for encoder, front_end in zip(self._cnns, self.front_ends, strict=True):
            sound = resampled(waveform, self.sample_rate, encoder.front_end.sample_rate)
            wanted = encoder.samples_for(encoder.steps_for(seconds))
            found.append(front_end(F.pad(sound, (0, max(0, wanted - sound.shape[1])))[:, :wanted]))
        return found

    def features(self, log_mels: list[Tensor]) -> Tensor:
        """Run the CNNs and join their steps.

        Args:
            log_mels: Output of `log_mels`.

        Returns:
            (batch, steps, channels of all encoders).
        """
        parts = [encoder(log_mel) for encoder, log_mel in zip(self.encoders, log_mels, strict=True)]
        coarsest = max(range(len(parts)), key=lambda index: self._cnns[index].step_s)
        steps = parts[coarsest].shape[1]
        spans = [(self._cnns[index].step_s, part) for index, part in enumerate(parts)]
        return torch.cat([averaged(part, step_s, self.step_s, steps) for step_s, part in spans], dim=2)

    def tag_activations(self, features: Tensor) -> Tensor:
        """Probability of AudioSet's 521 classes at each step: (batch, steps, channels) -> (batch, steps, 521)."""
        start, index = 0, [isinstance(encoder, MobileNetV1) for encoder in self.encoders].index(True)
        for encoder in self._cnns[:index]:
            start += encoder.channels
        cnn = self.encoders[index]
        assert isinstance(cnn, MobileNetV1)
        return torch.sigmoid(cnn.classifier(features[:, :, start : start + cnn.channels]))

    def keywords(
        self, features: Tensor, padding: Tensor, head: LabelHead | None = None
    ) -> tuple[Keywords | None, Tensor | None]:
        """Find the surest labels and tags.

        Args:
            features: (batch, steps, channels).
            padding: True where a step is padding, (batch, steps) bool.
            head: In place of the model's label head.

        Returns:
            The keywords (None where the network has none) and the label probabilities, (batch, labels).
        """
        head = head or self.label_head
        ids, scores, labels = [], [], None
        spoken = self.keyword_tokens[:, 0] > 0
        count = self.network.keywords
        if head is not None:
            labels = head(features, padding)
            best = (labels * spoken[: labels.shape[1]]).topk(min(count, labels.shape[1]), dim=1)
            ids.append(best.indices)
            scores.append(best.values)
        if self.network.tags:
            tags = linear_softmax(self.tag_activations(features), padding)
            best = (tags * spoken[len(self.network.labels) :]).topk(min(count, tags.shape[1]), dim=1)
            ids.append(best.indices + len(self.network.labels))
            scores.append(best.values)
        if not ids or count == 0:
            return None, labels
        chosen, sure = torch.cat(ids, dim=1), torch.cat(scores, dim=1)
        return Keywords(chosen.masked_fill(sure < LEAST_PROBABILITY, -1), sure), labels

    def project(self, features: Tensor) -> Tensor:
        """Bring features to the transformer's width: (batch, steps, channels) -> (batch, steps, width)."""
        projected: Tensor = self.dropout(self.projection(self.dropout(normalised(features, self.norms))))
        return projected

    def remember(self, features: Tensor, padding: Tensor, keywords: Keywords | None) -> Encoded:
        """Turn features and keywords into memory.

        Args:
            features: (batch, steps, channels).
            padding: True where a step is padding, (batch, steps) bool.
            keywords: What `keywords` found, or None.
        """
        memory = self.encoder(self.project(features), padding)
        encoded = Encoded(memory, padding, self.step_s, memory.shape[1])
        return encoded if keywords is None else self.reminded(encoded, keywords)

    def reminded(self, encoded: Encoded, keywords: Keywords) -> Encoded:
        """The same sound with these keywords in place of those that it has."""
        steps = encoded.audio_steps
        memory = torch.cat([encoded.memory[:, :steps], self._keyword_memory(keywords)], dim=1)
        padding = torch.cat([encoded.audio_padding[:, :steps], keywords.ids < 0], dim=1)
        heard = encoded.heard and replace(encoded.heard, keywords=keywords.ids)
        return replace(encoded, memory=memory, audio_padding=padding, heard=heard)

    def _keyword_memory(self, keywords: Keywords) -> Tensor:
        tokens = self.keyword_tokens[keywords.ids.clamp_min(0)]  # (batch, keywords, words)
        is_word = (tokens > 0)[..., None]
        words = (self.embed(tokens) * is_word).sum(dim=2) / is_word.sum(dim=2).clamp_min(1)
        step = torch.bucketize(keywords.scores, torch.tensor(SCORE_EDGES, device=keywords.scores.device))
        is_tag = keywords.ids >= len(self.network.labels)
        sure: Tensor = self.keyword_scores(step + is_tag.long() * (len(SCORE_EDGES) + 1))
        return words + sure

    def encode(self, waveform: Tensor, lengths: Tensor | None = None) -> Encoded:
        """Listen to a batch of windows.

        Args:
            waveform: Sound at `sample_rate`, (batch, samples) float32; pad shorter ones with zeros.
            lengths: True lengths in samples, (batch,); by default all are whole.

        Returns:
            The memory; steps beyond a clip's length (and 1 s at least) are padding.
        """
        features = self.features(self.log_mels(waveform))
        if lengths is None:
            lengths = torch.full((len(waveform),), waveform.shape[1])
        padding = self.padding(lengths / self.sample_rate, features.shape[1]).to(features.device)
        return self.listen(features, padding)

    def listen(self, features: Tensor, padding: Tensor) -> Encoded:
        """Find the keywords of features and turn both into memory; the arguments are those of `remember`."""
        keywords, labels = self.keywords(features, padding)
        heard = self._heard(features, padding, keywords, labels)
        return replace(self.remember(features, padding, keywords), label_probabilities=labels, heard=heard)

    def _heard(
        self, features: Tensor, padding: Tensor, keywords: Keywords | None, labels: Tensor | None
    ) -> Heard | None:
        probabilities, steps = [], []
        if self.label_head is not None and labels is not None:
            probabilities.append(labels)
            steps.append(self.label_head.at_steps(features))
        if self.network.tags:
            steps.append(self.tag_activations(features))
            probabilities.append(linear_softmax(steps[-1], padding))
        if not steps:
            return None
        activations = torch.cat(steps, dim=2).masked_fill(padding[:, :, None], 0.0).transpose(1, 2)
        ids = keywords.ids if keywords is not None else torch.zeros(len(features), 0, dtype=torch.long)
        return Heard(torch.cat(probabilities, dim=1), activations, ids.to(features.device))

    def padding(self, seconds: Tensor, steps: int) -> Tensor:
        """True where a step begins at or after the end of its clip: (batch,) seconds -> (batch, steps) bool."""
        starts = torch.arange(steps, device=seconds.device) * self.step_s
        return starts[None] >= seconds.clamp_min(1.0)[:, None] - 1e-6

    def embed(self, tokens: Tensor, styles: Tensor | int = 0) -> Tensor:
        """Turn tokens into what the decoder reads.

        Args:
            tokens: Token ids, (...) long.
            styles: Places in `network.styles`, in a shape that spreads over that of `tokens`: START is read as the
                start token of this style. A network without styles has one start for all.

        Returns:
            Embeddings, (..., width), scaled to unit variance.
        """
        found: Tensor = self.embedding(tokens)
        if self.styles is not None:
            found = torch.where((tokens == Tokenizer.START)[..., None], self.styles.weight[styles], found)
        scaled: Tensor = found * self.network.width**0.5
        return scaled

    def logits(self, hidden: Tensor) -> Tensor:
        """Decoder output (batch, tokens, width) -> scores of the next token (batch, tokens, vocab); tied weights."""
        return F.linear(hidden, self.embedding.weight, self.output_bias)


def averaged(steps: Tensor, step_s: float, span_s: float, spans: int) -> Tensor:
    """Average a finer sequence of steps over coarser spans of time, each step by its overlap with the span.

    Args:
        steps: (batch, steps, channels), step j covers [j * step_s, (j + 1) * step_s).
        step_s: Seconds of a step.
        span_s: Seconds of a span, at least `step_s`.
        spans: How many spans.

    Returns:
        (batch, spans, channels).
    """
    if step_s == span_s:
        return steps[:, :spans]
    begins = np.arange(steps.shape[1])[None] * step_s
    froms = np.arange(spans)[:, None] * span_s
    overlap = np.minimum(begins + step_s, froms + span_s) - np.maximum(begins, froms)
    weights: NDArray[np.float64] = np.maximum(overlap, 0.0)
    weights[weights.sum(axis=1) == 0, -1] = 1.0  # a span after the last step takes that one
    weights /= weights.sum(axis=1, keepdims=True)
    return torch.from_numpy(weights).to(steps) @ steps


def resampled(waveform: Tensor, rate: int, wanted: int) -> Tensor:
    """Resample by soxr (on the CPU): (batch, samples) at `rate` -> (batch, samples) at `wanted`."""
    if rate == wanted:
        return waveform
    sound = soxr.resample(np.ascontiguousarray(waveform.detach().cpu().numpy().T), rate, wanted)
    return torch.from_numpy(np.ascontiguousarray(sound.T)).to(waveform)
