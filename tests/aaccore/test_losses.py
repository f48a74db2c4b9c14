from __future__ import annotations

import math
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from aaccore.losses import Rlssr, caption_loss, label_loss
from aaccore.transformer import masked_mean

NONE = torch.zeros(2, 3, dtype=torch.bool)


def drawn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def identical(norm: Any = "l2", detach: Any = "none") -> Rlssr:
    """The term with the identity in the place of g."""
    rlssr = Rlssr(5, norm, detach)
    rlssr.reconstruction = nn.Identity()
    return rlssr


def test_without_smoothing_the_caption_loss_is_the_mean_surprise_of_the_written_tokens() -> None:
    logits, targets = drawn(2, 3, 7), torch.tensor([[4, 5, 2], [6, 2, 0]])
    padding = targets == 0
    told = torch.log_softmax(logits, dim=2).gather(2, targets[..., None])[..., 0][~padding]
    torch.testing.assert_close(caption_loss(logits, targets, padding, 0.0), -told.mean())


def test_label_smoothing_spreads_its_share_evenly_over_the_vocabulary() -> None:
    logits, targets, padding = drawn(2, 3, 7), torch.tensor([[4, 5, 2], [6, 2, 3]]), NONE
    surprise = -torch.log_softmax(logits, dim=2)
    written = surprise.gather(2, targets[..., None])[..., 0]
    expected = (0.9 * written + 0.1 * surprise.mean(dim=2)).mean()
    torch.testing.assert_close(caption_loss(logits, targets, padding, 0.1), expected)


def test_with_label_smoothing_certainty_costs_more_than_the_smoothed_distribution() -> None:
    targets = torch.tensor([[1]])
    smoothed = torch.full((1, 1, 4), math.log(0.025))
    smoothed[0, 0, 1] = math.log(0.925)
    certain = torch.tensor([[[0.0, 30.0, 0.0, 0.0]]])
    losses = [float(caption_loss(logits, targets, targets == 0, 0.1)) for logits in (smoothed, certain)]
    assert losses[0] < losses[1]


def test_padding_has_no_influence_on_the_caption_loss() -> None:
    logits, targets = drawn(2, 3, 7), torch.tensor([[4, 5, 2], [2, 0, 0]])
    padding = targets == 0
    changed = logits.masked_fill(padding[..., None], 1e6)
    assert caption_loss(logits, targets, padding, 0.1) == caption_loss(changed, targets, padding, 0.1)
    grown = [F.pad(x, shape) for x, shape in ((logits, (0, 0, 0, 2)), (targets, (0, 2)))]
    padded = F.pad(padding, (0, 2), value=True)
    torch.testing.assert_close(
        caption_loss(grown[0], grown[1], padded, 0.1), caption_loss(logits, targets, padding, 0.1)
    )


def test_the_label_loss_adds_up_labels_and_averages_clips() -> None:
    probabilities, targets = torch.tensor([[0.5, 0.9], [0.2, 0.1]]), torch.tensor([[1.0, 1.0], [0.0, 0.0]])
    expected = -(math.log(0.5) + math.log(0.9) + math.log(0.8) + math.log(0.9)) / 2
    assert float(label_loss(probabilities, targets)) == pytest.approx(expected, rel=1e-5)


def test_the_label_loss_of_certain_errors_is_finite() -> None:
    probabilities = torch.tensor([[0.0, 1.0]], requires_grad=True)
    loss = label_loss(probabilities, torch.tensor([[1.0, 0.0]]))
    loss.backward()
    assert 20 < float(loss.detach()) < 40
    assert probabilities.grad is not None
    assert bool(probabilities.grad.isfinite().all())


def test_a_masked_mean_takes_what_is_not_padding() -> None:
    x = torch.tensor([[[1.0], [3.0], [100.0]], [[5.0], [100.0], [100.0]]])
    padding = torch.tensor([[False, False, True], [False, True, True]])
    assert masked_mean(x, padding).flatten().tolist() == [2.0, 5.0]
    assert masked_mean(x, torch.ones(2, 3, dtype=torch.bool)).flatten().tolist() == [0.0, 0.0]


@pytest.mark.parametrize("norm", ["l1", "l2"])
def test_rlssr_is_zero_where_g_is_the_identity_and_the_embeddings_are_equal(norm: Any) -> None:
    z = drawn(2, 3, 5)
    assert float(identical(norm)(z, NONE, z, NONE).loss) == 0.0


@pytest.mark.parametrize("norm", ["l1", "l2"])
def test_rlssr_compares_means_so_that_order_and_number_of_steps_do_not_matter(norm: Any) -> None:
    z = drawn(2, 3, 5)
    many = torch.cat([z.flip(1), z], dim=1)
    term = identical(norm)(many, torch.zeros(2, 6, dtype=torch.bool), z, NONE)
    assert float(term.loss) == pytest.approx(0.0, abs=1e-7)


@pytest.mark.parametrize(("norm", "expected"), [("l1", 2.0), ("l2", 4.0)])
def test_rlssr_measures_the_distance_of_the_means(norm: Any, expected: float) -> None:
    z = drawn(2, 3, 5)
    assert float(identical(norm)(z + 2.0, NONE, z, NONE).loss) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    ("detach", "pulled"), [("none", (True, True)), ("encoder", (False, True)), ("decoder", (True, False))]
)
def test_rlssr_pulls_only_the_sides_that_are_attached_and_always_g(detach: Any, pulled: tuple[bool, bool]) -> None:
    torch.manual_seed(0)
    rlssr = Rlssr(5, "l2", detach)
    sides = drawn(2, 3, 5).requires_grad_(), drawn(2, 3, 5, seed=1).requires_grad_()
    rlssr(sides[0], NONE, sides[1], NONE).loss.backward()
    assert tuple(side.grad is not None and bool(side.grad.any()) for side in sides) == pulled
    assert all(weight.grad is not None and bool(weight.grad.any()) for weight in rlssr.parameters())


def test_padding_has_no_influence_on_rlssr() -> None:
    torch.manual_seed(0)
    rlssr, encoder, decoder = Rlssr(5), drawn(2, 4, 5), drawn(2, 3, 5, seed=1)
    heard = torch.tensor([[False] * 4, [False, False, True, True]])
    said = torch.tensor([[False, False, True], [False] * 3])
    expected = rlssr(encoder, heard, decoder, said)
    changed = encoder.masked_fill(heard[..., None], 1e3), decoder.masked_fill(said[..., None], -1e3)
    found = rlssr(changed[0].requires_grad_(), heard, changed[1].requires_grad_(), said)
    torch.testing.assert_close(found.loss, expected.loss)
    torch.testing.assert_close(found.encoder_variance, expected.encoder_variance)
    torch.testing.assert_close(found.decoder_variance, expected.decoder_variance)
    found.loss.backward()
    for side, padding in zip(changed, (heard, said), strict=True):
        assert side.grad is not None
        assert not side.grad[padding].any()


def test_the_variances_tell_a_collapse_of_both_sides() -> None:
    same = drawn(1, 3, 5).expand(2, 3, 5)
    term = identical()(same, NONE, same, NONE)
    assert float(term.encoder_variance) == float(term.decoder_variance) == 0.0
    z = drawn(2, 3, 5)
    alive = identical()(z, NONE, z, NONE)
    assert float(alive.encoder_variance) == float(alive.decoder_variance) > 0.01


def test_g_can_learn_to_rebuild_the_encoders_embedding() -> None:
    torch.manual_seed(0)
    rlssr, encoder, decoder = Rlssr(5), drawn(2, 3, 5), drawn(2, 3, 5, seed=1)
    optimiser = torch.optim.Adam(rlssr.parameters(), lr=0.02)
    first = last = float(rlssr(encoder, NONE, decoder, NONE).loss.detach())
    for _ in range(100):
        loss = rlssr(encoder, NONE, decoder, NONE).loss
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        last = float(loss.detach())
    assert last < 0.05 * first
