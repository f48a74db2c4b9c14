"""The label head: which of the known sounds are in a clip, on the CNNs' features."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from aaccore.transformer import masked_mean

LABEL_DROPOUT = 0.2
"""Share of the features that the label head does without while it learns."""


@dataclass(frozen=True)
class Heard:
    """Which known sounds are heard, and when; a row is a label or one of the CNN's own tags, labels first.

    Attributes:
        probabilities: Of each row in the whole clip, (batch, rows).
        activations: Probability of each row at each step, 0 at padding, (batch, rows, steps).
        keywords: The rows that stand as keywords in the memory, in its order, -1 for none, (batch, keywords) long.
    """

    probabilities: Tensor
    activations: Tensor
    keywords: Tensor


def linear_softmax(probabilities: Tensor, padding: Tensor) -> Tensor:
    """Pool probabilities over time, each weighted by itself (Wang, Li and Metze, 2019).

    Args:
        probabilities: (batch, steps, labels).
        padding: True where a step is padding, (batch, steps) bool.

    Returns:
        (batch, labels).
    """
    p = probabilities.masked_fill(padding[:, :, None], 0.0)
    return p.square().sum(dim=1) / p.sum(dim=1).clamp_min(1e-7)


class LabelHead(nn.Module):
    """Which sounds are in a clip: the mean of what is heard at its steps and of what is heard over the whole of it.

    Steps are better at several sounds in turn, the clip's mean and maximum at telling similar sounds apart.

    Args:
        channels: Of each encoder.
        labels: How many sounds it tells apart.
        dropout: Share of the features dropped in training.
    """

    def __init__(self, channels: Sequence[int], labels: int, dropout: float = LABEL_DROPOUT) -> None:
        super().__init__()
        self.norms = nn.ModuleList(nn.LayerNorm(size) for size in channels)
        self.clip_norm = nn.BatchNorm1d(2 * sum(channels))
        self.dropout = nn.Dropout(dropout)
        self.step_scores = nn.Linear(sum(channels), labels)
        self.clip_scores = nn.Linear(2 * sum(channels), labels)
        for linear in (self.step_scores, self.clip_scores):
            nn.init.normal_(linear.weight, std=0.01)
            nn.init.constant_(linear.bias, -4.0)  # most labels are absent from most clips

    def at_steps(self, features: Tensor) -> Tensor:
        """Probabilities at each step: (batch, steps, channels) -> (batch, steps, labels)."""
        return torch.sigmoid(self.step_scores(self.dropout(normalised(features, self.norms))))

    def by_steps(self, features: Tensor, padding: Tensor) -> Tensor:
        """Probabilities by what is heard at the steps, (batch, labels); the arguments are those of `forward`."""
        return linear_softmax(self.at_steps(features), padding)

    def by_clip(self, pooled: Tensor) -> Tensor:
        """Probabilities by the clip as a whole: output of `pooled`, (batch, 2 * channels) -> (batch, labels)."""
        return torch.sigmoid(self.clip_scores(self.dropout(self.clip_norm(pooled))))

    def forward(self, features: Tensor, padding: Tensor) -> Tensor:
        """Probability of each label.

        Args:
            features: (batch, steps, channels).
            padding: True where a step is padding, (batch, steps) bool.

        Returns:
            (batch, labels).
        """
        return 0.5 * (self.by_steps(features, padding) + self.by_clip(pooled(features, padding)))


def pooled(features: Tensor, padding: Tensor) -> Tensor:
    """Mean and maximum over the steps that are not padding: (batch, steps, channels) -> (batch, 2 * channels)."""
    highest = features.masked_fill(padding[:, :, None], 0.0).amax(dim=1)  # features are never negative
    return torch.cat([masked_mean(features, padding), highest], dim=1)


def normalised(features: Tensor, norms: nn.ModuleList) -> Tensor:
    """Layer-normalise each encoder's channels by its own norm: (batch, steps, channels) -> the same."""
    sizes = [norm.normalized_shape[0] for norm in norms if isinstance(norm, nn.LayerNorm)]
    parts = features.split(sizes, dim=2)  # type: ignore[no-untyped-call]
    return torch.cat([norm(part) for norm, part in zip(norms, parts, strict=True)], dim=2)
