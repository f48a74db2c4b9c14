from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from aaccore.data.lessons import chances, drawn_batches
from aaccore.data.pool import Pool
from aaccore.label_head import LabelHead
from aaccore.label_training import label_scores, pooled_features, targets, train_head
from aaccore.recipe import LabelTraining
from tests.aaccore.made_corpus import LABELS, made_pool

CHANNELS = 16
SHORT = LabelTraining(
    epochs=8.0, batch_size=4, clip_steps=40, learning_rate=0.2, masked_steps=1, masked_channels=2, average=0.5
)
SAID: list[tuple[str, ...]] = [("dog_bark",)] * 8 + [("rain",)] * 2 + [("door", "rain"), ()]


@pytest.fixture
def pool() -> Pool:
    return made_pool(SAID, CHANNELS)


def fresh_head() -> LabelHead:
    torch.manual_seed(0)
    return LabelHead([CHANNELS], len(LABELS), 0.1)


def trained(pool: Pool, options: LabelTraining = SHORT, without: str | None = None, seed: int = 1) -> dict[str, Tensor]:
    head = fresh_head()
    list(train_head(head, pool, targets(pool, LABELS), options, seed, without))
    return head.state_dict()


def same(first: dict[str, Tensor], second: dict[str, Tensor]) -> bool:
    return all(torch.equal(first[name], second[name]) for name in first)


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


def test_a_fold_can_be_left_out_of_what_is_drawn(pool: Pool) -> None:
    likely = chances(pool, [sound.fold != "2" for sound in pool.sounds])
    assert likely.sum() == pytest.approx(1.0)
    assert {pool.sounds[row].fold for row in np.flatnonzero(likely)} == {"1"}
    second = [sound.fold == "2" for sound in pool.sounds]
    assert {pool.sounds[row].fold for batch in drawn_batches(pool, 3, 40, 1, second) for row in batch} == {"2"}


def test_batches_are_the_same_for_the_same_seed_however_many_are_wanted(pool: Pool) -> None:
    long, again, short = (list(drawn_batches(pool, 3, steps, 5)) for steps in (40, 40, 20))
    assert long == again
    assert long[:20] == short
    assert len(long) == 40
    assert all(len(batch) == 3 for batch in long)
    assert list(drawn_batches(pool, 3, 40, 6)) != long
    assert list(drawn_batches(pool, 3, 0, 5)) == []


def test_a_batch_has_sounds_of_similar_length(pool: Pool) -> None:
    batches = list(drawn_batches(pool, 4, 64, 1))
    spread = [float(pool.seconds[batch].max() - pool.seconds[batch].min()) for batch in batches]
    assert sum(s == 0 for s in spread) > 0.8 * len(spread)


def test_a_head_learns_the_labels_first_by_steps_then_by_the_clip_and_tells_every_step(pool: Pool) -> None:
    head = fresh_head()
    told = list(train_head(head, pool, targets(pool, LABELS), SHORT, seed=1))
    assert [(step, steps) for step, steps, _ in told] == [(step, 64) for step in range(1, 65)]
    losses = [loss for _, _, loss in told]
    assert np.mean(losses[20:24]) < 0.7 * np.mean(losses[:4])
    assert np.mean(losses[60:]) < 0.7 * np.mean(losses[24:28])
    assert label_scores(head.eval(), pool, LABELS)["label_top1"] >= 0.9


def test_the_same_seed_trains_the_same_head_and_another_seed_another(pool: Pool) -> None:
    first = trained(pool)
    torch.rand(5)  # what was drawn elsewhere does not matter
    assert same(first, trained(pool))
    assert not same(first, trained(pool, seed=2))


def test_a_head_learns_nothing_from_the_sounds_of_the_fold_that_is_left_out(pool: Pool) -> None:
    """Sounds of fold 2 change places with others of the same length: what they are called is wrong then."""
    changed = replace(pool, features=pool.features.clone())
    for row, other in ((3, 9), (9, 3), (5, 11), (11, 5)):
        assert pool.sounds[row].fold == pool.sounds[other].fold == "2"
        there, here = (slice(int(pool.steps[at]), int(pool.steps[at + 1])) for at in (other, row))
        changed.features[here] = pool.features[there]
    for fold, learnt in (("2", False), ("1", True)):
        heads = trained(pool, without=fold), trained(changed, without=fold)
        moved = max(float((heads[0][name] - heads[1][name]).abs().max()) for name in heads[0])
        assert moved > 0.05 if learnt else moved < 0.01


def test_without_steps_a_heads_scores_stay_as_they_are(pool: Pool) -> None:
    found, before = trained(pool, replace(SHORT, epochs=0.0, clip_steps=0)), fresh_head().state_dict()
    assert all(torch.equal(found[name], before[name]) for name in before if "scores" in name)


def test_the_whole_clip_is_normalised_by_the_pools_statistics(pool: Pool) -> None:
    found, heard = trained(pool), pooled_features(pool)
    torch.testing.assert_close(found["clip_norm.running_mean"], heard.mean(dim=0))
    torch.testing.assert_close(found["clip_norm.running_var"], heard.var(dim=0))


def test_a_head_ends_with_the_average_of_its_weights(pool: Pool) -> None:
    assert not same(trained(pool, replace(SHORT, average=0.9)), trained(pool, replace(SHORT, average=0.0)))


def test_weight_decay_shrinks_matrices_but_no_biases_and_norms(pool: Pool) -> None:
    slow = replace(SHORT, learning_rate=0.02)
    strong, weak = (trained(pool, replace(slow, weight_decay=decay)) for decay in (20.0, 0.0))
    for name in ("step_scores", "clip_scores"):
        assert float(strong[f"{name}.weight"].abs().mean()) < 0.8 * float(weak[f"{name}.weight"].abs().mean())
        assert float(strong[f"{name}.bias"].mean()) < -3.5
    assert float(strong["norms.0.weight"].mean()) > 0.8


def test_label_scores_tell_how_often_the_surest_labels_are_right() -> None:
    """The head says what the features' first four channels say."""
    head = fresh_head().eval()
    with torch.no_grad():
        head.step_scores.weight.zero_()[torch.arange(4), torch.arange(4)] = 1.0
        head.clip_scores.weight.zero_()
    pool = made_pool([("dog_bark",), ("dog_bark",), ("rain",), ("door", "rain"), ("door", "rain"), ()], CHANNELS)
    pool.features.zero_()
    for row, labels in enumerate([[1], [0], [3], [2, 3], [1, 2], [0]]):  # right, wrong, right, both, one of both
        pool.features[pool.steps[row] : pool.steps[row + 1], labels] = 1.0
    assert label_scores(head, pool, LABELS) == {"label_top1": pytest.approx(2 / 3), "both_top2": 0.5}


def test_label_scores_of_no_sound_are_zero() -> None:
    assert label_scores(fresh_head().eval(), made_pool([()], CHANNELS), LABELS) == {"label_top1": 0, "both_top2": 0}
