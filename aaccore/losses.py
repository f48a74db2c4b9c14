"""Losses: of captions, of labels, and RLSSR.

RLSSR is the reconstruction latent space similarity regularisation of Koh, Xue and Chng (arXiv 2108.04692). The paper
leaves its place, weight and layers open; our reading is in `Rlssr`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from aaccore.transformer import masked_mean


def caption_loss(logits: Tensor, targets: Tensor, padding: Tensor, label_smoothing: float) -> Tensor:
    """Label-smoothed cross-entropy, the mean over all tokens that are not padding.

    Args:
        logits: (batch, tokens, vocab).
        targets: Token ids, (batch, tokens) long.
        padding: True where `targets` is padding, (batch, tokens) bool.
        label_smoothing: Probability spread over the vocabulary.

    Returns:
        A scalar.
    """
    return F.cross_entropy(logits[~padding], targets[~padding], label_smoothing=label_smoothing)


def label_loss(probabilities: Tensor, targets: Tensor) -> Tensor:
    """Binary cross-entropy over labels, summed over labels and averaged over clips.

    Args:
        probabilities: Of each label in each clip, (batch, labels) in [0, 1].
        targets: (batch, labels) in [0, 1].
    """
    clipped = probabilities.clamp(1e-6, 1 - 1e-6)
    return F.binary_cross_entropy(clipped, targets, reduction="none").sum(dim=1).mean()


@dataclass(frozen=True)
class RlssrTerm:
    """The term and what tells whether both embeddings collapse: their variances over the batch."""

    loss: Tensor
    encoder_variance: Tensor
    decoder_variance: Tensor


class Rlssr(nn.Module):
    """Reconstruct the encoder's embedding from the decoder's and measure how far off it is. Training only.

    z_e is the encoder's output, z_d the decoder's last hidden states (teacher forced); g, a small network, maps z_d
    into z_e's space; the term is || mean(g(z_d)) - mean(z_e) || (L1: mean absolute, L2: mean squared difference), with
    masked means over steps and tokens. One side may be detached: with both attached the term can be met by a collapse
    of both, which is why their variances are returned beside it.
    """

    def __init__(
        self, width: int, norm: Literal["l1", "l2"] = "l2", detach: Literal["encoder", "decoder", "none"] = "none"
    ):
        super().__init__()
        self.norm, self.detach = norm, detach
        self.reconstruction: nn.Module = nn.Sequential(nn.Linear(width, width), nn.GELU(), nn.Linear(width, width))

    def forward(self, encoder: Tensor, encoder_padding: Tensor, decoder: Tensor, decoder_padding: Tensor) -> RlssrTerm:
        """Compute the term.

        Args:
            encoder: z_e, (batch, steps, width).
            encoder_padding: True where `encoder` is padding, (batch, steps) bool.
            decoder: z_d, (batch, tokens, width).
            decoder_padding: True where `decoder` is padding, (batch, tokens) bool.
        """
        z_e = masked_mean(encoder.detach() if self.detach == "encoder" else encoder, encoder_padding)
        z_d = decoder.detach() if self.detach == "decoder" else decoder
        rebuilt = masked_mean(self.reconstruction(z_d), decoder_padding)
        loss = F.l1_loss(rebuilt, z_e) if self.norm == "l1" else F.mse_loss(rebuilt, z_e)
        with torch.no_grad():
            spread = masked_mean(decoder, decoder_padding).var(dim=0, correction=0).mean()
            return RlssrTerm(loss, z_e.var(dim=0, correction=0).mean(), spread)
