from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from aaccore.config import SoundTraining
from aaccore.data.pool import Pool
from aaccore.label_training import (
    chances,
    drawn_batches,
    label_scores,
    label_step,
    live_features,
    optimiser_groups,
    targets,
    tuned_features,
)
from aaccore.model import CaptioningModel
from aaccore.panns import MobileNetV1
from tests.aaccore.made_corpus import LABELS, made_model, made_pool

PLAIN = SoundTraining(mask_frames=0, mask_mels=0, feature_dropout=0.0)
SAID: list[tuple[str, ...]] = [("dog_bark",)] * 8 + [("rain",)] * 2 + [("door", "rain"), ()]


@pytest.fixture(scope="module")
def model() -> CaptioningModel:
    return made_model()[0]


@pytest.fixture(scope="module")
def pool(model: CaptioningModel) -> Pool:
    return made_pool(model, SAID)


def stem_pull(model: CaptioningModel, loss: Tensor) -> float:
    """How much a loss wants to change the CNN's first layer."""
    cnn = model.encoders[0]
    assert isinstance(cnn, MobileNetV1)
    (gradient,) = torch.autograd.grad(loss, [cnn.stem.weight], retain_graph=True)
    return float(gradient.abs().max())


def test_targets_mark_the_labels_of_each_sound(pool: Pool) -> None:
    found = targets(pool, LABELS)
    assert found.shape == (12, 4)
    assert found[[0, 8, 10, 11]].tolist() == [[0, 1, 0, 0], [0, 0, 0, 1], [0, 0, 1, 1], [0, 0, 0, 0]]


def test_a_label_outside_the_list_counts_as_none(pool: Pool) -> None:
    assert targets(pool, ("rain",)).sum() == 3


def test_sounds_of_rare_labels_are_drawn_more_often_than_their_share(pool: Pool) -> None:
    likely = chances(pool)
    assert likely.sum() == pytest.approx(1.0)
    assert likely[8] / likely[0] == pytest.approx((8 / 3) ** 0.5)  # rain is in three sounds, barking in eight
    assert likely[10] > likely[8] > likely[0] > likely[11]
    assert likely[:8].sum() < 8 / 12


def test_batches_are_the_same_for_the_same_seed_however_many_are_wanted(pool: Pool) -> None:
    long, again, short = (list(drawn_batches(pool, 3, steps, 5)) for steps in (40, 40, 20))
    assert long == again
    assert long[: len(short)] == short
    assert len(long) >= 40
    assert all(len(batch) == 3 for batch in long)
    assert list(drawn_batches(pool, 3, 40, 6)) != long


def test_a_batch_has_sounds_of_similar_length(pool: Pool) -> None:
    batches = list(drawn_batches(pool, 4, 64, 1))
    spread = [float(pool.seconds[batch].max() - pool.seconds[batch].min()) for batch in batches]
    assert sum(s == 0 for s in spread) > 0.8 * len(spread)


def test_weight_decay_spares_biases_and_norms() -> None:
    layer, norm, free = nn.Linear(3, 2), nn.LayerNorm(3), nn.Parameter(torch.zeros(5))
    groups = optimiser_groups([([layer], 0.1), ([norm, free], 0.2)], 0.5)
    found = {
        id(parameter): (group["lr"], group["weight_decay"])
        for group in groups
        for parameter in group["params"]  # type: ignore[attr-defined]
    }
    assert len(found) == 5
    assert found[id(layer.weight)] == (0.1, 0.5)
    assert found[id(layer.bias)] == (0.1, 0.0)
    assert found[id(norm.weight)] == found[id(norm.bias)] == found[id(free)] == (0.2, 0.0)


def test_only_the_first_cnns_channels_are_live(model: CaptioningModel) -> None:
    stored = torch.randn(2, 3, 1024 + 5)
    found = live_features(model, torch.randn(2, 96, 64) - 4, stored)
    assert torch.equal(found[:, :, 1024:], stored[:, :, 1024:])
    assert not torch.allclose(found[:, :, :1024], stored[:, :, :1024])


def test_the_published_tags_pull_nowhere_while_the_cnn_is_as_published(model: CaptioningModel, pool: Pool) -> None:
    chosen = [0, 3, 9]
    found = label_step(model, pool, chosen, targets(pool, LABELS)[chosen], PLAIN)
    assert stem_pull(model, found.tags) < 0.02 * stem_pull(model, found.labels)


def test_the_published_tags_pull_a_changed_cnn_back(pool: Pool) -> None:
    changed = made_model()[0]
    with torch.no_grad():
        changed.encoders[0].stem.weight.mul_(1.3)  # type: ignore[union-attr, operator]
    chosen = [0, 3, 9]
    wanted = targets(pool, LABELS)[chosen]
    parameter = changed.encoders[0].stem.weight  # type: ignore[union-attr]
    optimiser = torch.optim.SGD([parameter], lr=1e-3)  # type: ignore[list-item]
    losses = []
    for _ in range(4):
        loss = label_step(changed, pool, chosen, wanted, PLAIN).tags
        losses.append(float(loss.detach()))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert losses == sorted(losses, reverse=True)


def test_masks_and_hidden_features_change_what_is_heard(model: CaptioningModel, pool: Pool) -> None:
    chosen = [0, 3, 9]
    wanted = targets(pool, LABELS)[chosen]
    torch.manual_seed(0)
    plain, masked = (
        label_step(model, pool, chosen, wanted, options)
        for options in (PLAIN, replace(PLAIN, mask_frames=40, mask_mels=30))
    )
    assert float(plain.tags.detach()) != float(masked.tags.detach())


def test_neighbours_in_a_batch_do_not_change_a_sounds_loss(model: CaptioningModel, pool: Pool) -> None:
    wanted = targets(pool, LABELS)
    alone = [label_step(model, pool, [row], wanted[[row]], PLAIN).labels for row in (0, 2)]  # 4 and 9 steps
    together = label_step(model, pool, [0, 2], wanted[[0, 2]], PLAIN).labels
    torch.testing.assert_close(together, (alone[0] + alone[1]) / 2, atol=1e-3, rtol=1e-3)


def test_a_few_steps_teach_the_labels(pool: Pool) -> None:
    model = made_model()[0]
    assert model.label_head is not None
    wanted = targets(pool, LABELS)[[0, 8, 10]]
    optimiser = torch.optim.Adam(model.label_head.parameters(), lr=0.01)
    losses = []
    for _ in range(8):
        loss = label_step(model, pool, [0, 8, 10], wanted, PLAIN).labels
        losses.append(float(loss.detach()))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert losses[-1] < 0.5 * losses[0]


def test_tuned_features_are_the_pools_own_until_the_cnn_changes(model: CaptioningModel, pool: Pool) -> None:
    torch.testing.assert_close(tuned_features(model, pool), pool.features, atol=1e-3, rtol=1e-2)
    other = tuned_features(made_model(seed=1)[0], pool)
    assert other.shape == pool.features.shape
    assert not torch.allclose(other, pool.features, atol=0.1)


def test_label_scores_tell_how_often_the_surest_labels_are_right(model: CaptioningModel, pool: Pool) -> None:
    """Every sound's features point at labels of our choice through a head that copies four channels."""
    assert model.label_head is not None
    before = {name: value.clone() for name, value in model.label_head.state_dict().items()}
    with torch.no_grad():
        model.label_head.weight.zero_()[torch.arange(4), torch.arange(4)] = 1.0
    features = torch.zeros(len(pool.features), 1024).half()
    told = {0: [1], 1: [0], 8: [3], 10: [2, 3]}  # right, wrong, right, both right; all others point nowhere
    for row, labels in told.items():
        features[pool.steps[row] : pool.steps[row + 1], labels] = 1.0
    chosen = [0, 1, 8, 10]
    few = replace(
        pool,
        sounds=tuple(pool.sounds[row] for row in chosen),
        steps=torch.tensor([0, *(int(pool.steps[row + 1] - pool.steps[row]) for row in chosen)]).cumsum(0),
        seconds=pool.seconds[chosen],
    )
    picked = torch.cat([features[pool.steps[row] : pool.steps[row + 1]] for row in chosen])
    scores = label_scores(model, few, picked, LABELS)
    model.label_head.load_state_dict(before)
    assert scores == {"label_top1": pytest.approx(2 / 3), "both_top2": 1.0}
