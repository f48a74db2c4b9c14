"""The second phase of training: transformer and decoder learn to say what the CNN hears."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from aaccore.data.batches import Batch, Heard
from aaccore.data.corpus import TagCaptions
from aaccore.data.lessons import Lessons
from aaccore.data.pool import LogMelPool, Pool, heard
from aaccore.features import masked
from aaccore.label_head import LabelHead
from aaccore.losses import Rlssr, caption_loss
from aaccore.model import CaptioningModel, Keywords
from aaccore.recipe import CaptionTraining, EncoderTraining
from aaccore.tokenizer import Tokenizer


@torch.inference_mode()
def prepare(
    model: CaptioningModel,
    tokenizer: Tokenizer,
    pool: Pool | LogMelPool,
    heads: Mapping[str, LabelHead],
    tags: Sequence[TagCaptions],
) -> Lessons:
    """Find every sound's keywords by its fold's head (see `label_training`), and turn captions into tokens."""
    ids, scores = [], []
    if model.network.keywords and (heads or model.label_head is not None or model.network.tags):
        for row, sound in enumerate(pool.sounds):
            found, _ = model.keywords(*heard(model, pool, [row]), heads.get(sound.fold))
            if found is not None:
                ids.append(found.ids[0].cpu())
                scores.append(found.scores[0].cpu())
    keywords = Keywords(torch.stack(ids), torch.stack(scores)) if ids else None
    captions = tuple(tuple(tuple(tokenizer.encode(c)) for c in sound.captions) for sound in pool.sounds)
    spoken = tuple(
        (len(model.network.labels) + index, tuple(tuple(tokenizer.encode(c)) for c in tag.captions))
        for index, tag in enumerate(tags)
        if model.network.tags and tag.word and tag.captions
    )
    return Lessons(pool, keywords, captions, spoken if keywords is not None else ())


class CaptionLesson(nn.Module):
    """The model and the RLSSR term as one module whose output is the loss of some rows of a step.

    Args:
        model: What learns; parts that are frozen ask for no gradient.
        options: How it learns.
        encoder: How the CNN learns.
    """

    def __init__(self, model: CaptioningModel, options: CaptionTraining, encoder: EncoderTraining) -> None:
        super().__init__()
        self.model, self.options, self.encoder = model, options, encoder
        width = model.network.width
        self.rlssr = None if options.rlssr == "none" else Rlssr(width, options.rlssr, options.rlssr_detach)

    def forward(self, batch: Batch, tokens: int, real: int, seed: int) -> tuple[Tensor, dict[str, Tensor]]:
        """Compute the loss of a step's rows, teacher forced.

        The parts of a step sum to the loss of the whole: each token and each sound counts alike, however rows are
        spread over processes and parts.

        Args:
            batch: The rows, on the model's device.
            tokens: Tokens that the whole step learns.
            real: Rows with sounds of their own in the whole step.
            seed: Of dropout.

        Returns:
            The loss, and what it is made of: `caption` and `rlssr` sum likewise, the two variances do not.
        """
        features, padding = self._features(batch)
        torch.manual_seed(seed)
        model, options = self.model, self.options
        encoded = model.remember(features, padding, batch.keywords)
        given, wanted = batch.tokens[:, :-1], batch.tokens[:, 1:]
        styles = batch.data_sets[:, None]
        words = model.embed(given, styles)
        if batch.beside_tokens.any():
            share = batch.share[:, None, None]
            words = share * words + (1 - share) * model.embed(batch.beside_tokens[:, :-1], styles)
        hidden = model.decoder(model.dropout(words), encoded.memory, encoded.audio_padding)
        own = int((wanted != 0).sum())
        loss = caption_loss(model.logits(hidden), wanted, wanted == 0, options.label_smoothing) * (own / tokens)
        told = {"caption": loss.detach()}
        if self.rlssr is not None and bool(batch.real.any()):
            mine = batch.real
            place = (
                encoded.memory[:, : encoded.audio_steps] if options.rlssr_place == "memory" else model.project(features)
            )
            term = self.rlssr(place[mine], padding[mine], hidden[mine], (wanted == 0)[mine])
            weighed = term.loss * (int(mine.sum()) / real)
            told |= {"rlssr": weighed.detach()}
            told |= {"encoder_variance": term.encoder_variance, "decoder_variance": term.decoder_variance}
            loss = loss + options.rlssr_weight * weighed
        return loss, told

    def _features(self, batch: Batch) -> tuple[Tensor, Tensor]:
        features, padding = self._heard(batch.heard, batch.seeds)
        if batch.beside is None:
            return features, padding
        beside, beside_padding = self._heard(batch.beside, batch.seeds)
        steps, share = max(features.shape[1], beside.shape[1]), batch.share[:, None, None]
        mixed = share * _longer(features, steps) + (1 - share) * _longer(beside, steps)
        alone = ~batch.real | (batch.share == 1.0)  # these rows last as long as their own sound
        both = _ends(padding, steps) & (_ends(beside_padding, steps) | alone[:, None])
        return mixed, both

    def _heard(self, heard: Heard, seeds: Sequence[int]) -> tuple[Tensor, Tensor]:
        """Features and what of them is padding; masked while training."""
        parts, lengths, options = heard.parts, heard.lengths, self.options
        if heard.log_mels:
            if self.training:
                frames, mels = self.encoder.masked_frames, self.encoder.masked_mels
                parts = tuple(_masked(part, own, seeds, frames, mels) for part, own in zip(parts, lengths, strict=True))
            features = self.model.features(list(parts))
            padding = self.model.padding(heard.seconds, features.shape[1])
        else:
            features = parts[0]
            padding = torch.arange(features.shape[1], device=features.device)[None] >= lengths[0][:, None]
        if self.training:
            lengths_s = (~padding).sum(dim=1)
            features = _masked(features, lengths_s, seeds, options.masked_steps, options.masked_channels)
        return features, padding


def _longer(features: Tensor, steps: int) -> Tensor:
    return nn.functional.pad(features, (0, 0, 0, steps - features.shape[1]))


def _ends(padding: Tensor, steps: int) -> Tensor:
    return nn.functional.pad(padding, (0, steps - padding.shape[1]), value=True)


def _masked(x: Tensor, lengths: Tensor, seeds: Sequence[int], steps: int, channels: int) -> Tensor:
    """Mask each row within its own length by its own seed: the same wherever and beside whatever it is computed."""
    if not steps and not channels:
        return x
    kept = torch.ones(x.shape, device=x.device)
    for row, length, seed in zip(kept, lengths.tolist(), seeds, strict=True):
        torch.manual_seed(seed)
        row[:length] = masked(row[None, :length], steps, channels)[0]
    return x * kept
