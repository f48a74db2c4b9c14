"""Embeddings: short vectors of unit length, alike for what sounds alike."""

from __future__ import annotations

import numpy as np
import torch

from aaccore.config import Network
from aaccore.embeddings import LONGEST, embeddings
from aaccore.label_head import Heard
from aaccore.model import CaptioningModel, Encoded

LABELS = ("dog", "wolf", "rain")


def made(width: int, labels: tuple[str, ...] = LABELS) -> CaptioningModel:
    torch.manual_seed(1)
    network = Network(
        encoders=("mobilenet_v1",), width=width, heads=1, feedforward=16, encoder_layers=0, decoder_layers=1,
        labels=labels, keywords=0,
    )  # fmt: skip
    words = torch.tensor([[4 + row, 0, 0] for row in range(len(labels))]).reshape(-1, 3)
    return CaptioningModel(network, 10, words).eval()


def heard(probabilities: list[list[float]], width: int) -> Encoded:
    clips = len(probabilities)
    generator = torch.Generator().manual_seed(2)
    memory, padding = torch.randn(clips, 4, width, generator=generator), torch.zeros(clips, 4, dtype=torch.bool)
    known = Heard(torch.tensor(probabilities), torch.zeros(clips, 3, 4), torch.zeros(clips, 0, dtype=torch.long))
    return Encoded(memory, padding, 0.5, 4, heard=known)


def vectors(model: CaptioningModel, encoded: Encoded) -> np.ndarray:
    return np.stack([np.frombuffer(row, "<f2").astype(np.float64) for row in embeddings(model, encoded)])


def test_vectors_have_unit_length_and_at_most_256_numbers() -> None:
    for width, numbers in ((16, 16), (600, LONGEST)):
        found = vectors(made(width), heard([[0.9, 0.1, 0.0], [0.0, 0.0, 0.8]], width))
        assert found.shape == (2, numbers)
        np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1.0, atol=2e-3)


def test_clips_with_the_same_labels_are_nearer_than_others() -> None:
    found = vectors(made(64), heard([[0.9, 0.1, 0.0], [0.7, 0.1, 0.0], [0.0, 0.0, 0.9]], 64))
    assert found[0] @ found[1] > 0.7 > found[0] @ found[2]


def test_without_a_label_head_the_memory_alone_is_described() -> None:
    encoded = heard([[0.0] * 3], 16)
    plain = Encoded(encoded.memory, encoded.audio_padding, 0.5, 4)
    (found,) = vectors(made(16, ()), plain)
    mean = encoded.memory[0].mean(dim=0).numpy()
    np.testing.assert_allclose(found, mean / np.linalg.norm(mean), atol=2e-3)


def test_padding_changes_nothing() -> None:
    encoded, model = heard([[0.9, 0.1, 0.0]], 16), made(16)
    longer = torch.cat([encoded.memory, torch.full((1, 3, 16), 9.0)], dim=1)
    padding = torch.cat([encoded.audio_padding, torch.ones(1, 3, dtype=torch.bool)], dim=1)
    padded = Encoded(longer, padding, 0.5, 7, heard=encoded.heard)
    np.testing.assert_array_equal(vectors(model, padded), vectors(model, encoded))
