from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from aaccore.caption_training import CaptionLesson, prepare
from aaccore.data.batches import gather
from aaccore.data.lessons import Lessons, chances, drawn_batches, plan, shuffled_batches
from aaccore.data.pool import Pool
from aaccore.distributed import Ranks
from aaccore.learner import Learner
from aaccore.recipe import CaptionTraining, EncoderTraining, Training
from tests.aaccore.made_corpus import made_model, made_pool

SIZES = (30, 6, 4)


def mixed_pool(sizes: Sequence[int] = SIZES) -> Pool:
    """A pool of several data sets, one after the other."""
    labels = ("dog_bark", "rain", "rain", "door", "dog_bark", "dog_bark")
    places = [place for place, size in enumerate(sizes) for _ in range(size)]
    pool = made_pool([(labels[row % 6],) for row in range(len(places))], channels=8)
    sounds = [replace(sound, data_set=place) for sound, place in zip(pool.sounds, places, strict=True)]
    return replace(pool, sounds=tuple(sounds))


def drawn_of(pool: Pool, batches: Iterable[list[int]]) -> list[float]:
    """The share of each data set in what was drawn."""
    counts = Counter(pool.sounds[row].data_set for batch in batches for row in batch)
    return [counts[place] / counts.total() for place in range(len(SIZES))]


@pytest.mark.parametrize("draw", [drawn_batches, shuffled_batches])
@pytest.mark.parametrize("shares", [(0.5, 0.25, 0.25), (0.1, 0.2, 0.7)])
def test_each_data_set_has_its_share_of_what_is_drawn_whatever_its_size(draw: Any, shares: tuple[float, ...]) -> None:
    pool = mixed_pool()
    found = drawn_of(pool, draw(pool, 8, 400, 1, shares=shares))
    assert found == pytest.approx(shares, abs=0.03)
    assert list(draw(pool, 8, 400, 1, shares=shares)) == list(draw(pool, 8, 400, 1, shares=shares))
    assert list(draw(pool, 8, 40, 2, shares=shares)) != list(draw(pool, 8, 40, 1, shares=shares))


def test_an_epoch_has_exact_shares_and_the_sounds_of_a_data_set_come_equally_often() -> None:
    pool = mixed_pool()
    batches = list(shuffled_batches(pool, 8, 5 * 12, 1, shares=(0.5, 0.25, 0.25)))  # 40 sounds: 5 batches an epoch
    for epoch in range(12):
        assert drawn_of(pool, batches[5 * epoch : 5 * epoch + 5]) == [0.5, 0.25, 0.25]
    counts = Counter(row for batch in batches for row in batch)
    for place in range(len(SIZES)):
        own = [counts[row] for row, sound in enumerate(pool.sounds) if sound.data_set == place]
        assert max(own) - min(own) <= 1


def test_within_a_data_set_rare_labels_are_drawn_more_often_as_ever() -> None:
    pool = mixed_pool((30,))
    likely = chances(mixed_pool((30, 6)), shares=(0.5, 0.5))[:30]
    assert likely.sum() == pytest.approx(0.5)
    assert likely[3] > likely[1] > likely[0]
    assert chances(pool, shares=(1.0,)).tolist() == chances(pool).tolist()


def test_a_data_set_that_has_no_sounds_leaves_its_share_to_the_others() -> None:
    pool = mixed_pool((10, 0, 10))
    for draw in (drawn_batches, shuffled_batches):
        assert drawn_of(pool, draw(pool, 4, 200, 1, shares=(0.4, 0.2, 0.4))) == pytest.approx([0.5, 0, 0.5], abs=0.05)


@pytest.mark.parametrize("world", [2, 3])
def test_several_processes_draw_what_one_draws(world: int) -> None:
    """The rows that they take of a step's plan are together those of one process, captions and masks alike."""
    model, tokenizer = made_model()
    pool = replace(made_pool([("rain",), ("door",), ("dog_bark",)] * 4))
    sounds = tuple(replace(sound, data_set=row % 2) for row, sound in enumerate(pool.sounds))
    lessons = prepare(model, tokenizer, replace(pool, sounds=sounds), {}, ())
    options = CaptionTraining(batch_size=6, mixup=0.4, tag_captions=0.0)
    for step, chosen in enumerate(drawn_batches(lessons.pool, 6, 5, 1, shares=(0.5, 0.5))):
        plans = [plan(lessons, chosen, options, 1, step) for _ in range(world)]
        assert all(other.rows == plans[0].rows for other in plans)
        taken = [_learner(rank, world, options).parts(plans[rank]) for rank in range(world)]
        rows = sorted(row for parts in taken for part in parts for row in part)
        assert rows == list(range(6))
        for rank, parts in enumerate(taken):
            for part in parts:
                batch = gather(lessons, plans[rank], part)
                assert batch.data_sets.tolist() == [sounds[plans[0].rows[row].sound].data_set for row in part]
                assert batch.seeds == tuple(plans[0].rows[row].seed for row in part)


def _learner(rank: int, world: int, options: CaptionTraining) -> Learner:
    learner = Learner.__new__(Learner)  # only what divides a plan: no processes are met
    learner.ranks, learner.options = Ranks(rank, world), Training(captions=options)
    return learner


def test_a_data_set_without_labels_has_no_say_in_what_labels_are_learnt_from() -> None:
    pool = mixed_pool((4, 4))
    kept = [sound.data_set == 0 for sound in pool.sounds]
    assert np.flatnonzero(chances(pool, kept)).tolist() == [0, 1, 2, 3]


def two_styles() -> Lessons:
    """The same sounds in two data sets, whose people write in different ways."""
    said = ("dog_bark", "rain")
    half = made_pool([(label,) for label in said for _ in range(4)], channels=1024)
    written = (
        {"dog_bark": ("A dog barks twice.",), "rain": ("Rain falls on a roof.",)},
        {"dog_bark": ("Two barks come from a dog.",), "rain": ("The steady patter of rain.",)},
    )
    sounds = tuple(
        replace(sound, data_set=place, captions=written[place][sound.labels[0]])
        for place in (0, 1)
        for sound in half.sounds
    )
    pool = Pool(
        sounds,
        torch.cat([half.features, half.features]),
        torch.cat([half.steps, half.steps[1:] + half.steps[-1]]),
        half.seconds.repeat(2),
    )
    model, tokenizer = made_model()
    return prepare(model, tokenizer, pool, {}, ())


def test_a_steps_loss_depends_on_the_style_where_the_model_has_styles() -> None:
    model, tokenizer = made_model()
    lessons = two_styles()
    planned = plan(lessons, [0, 8], CaptionTraining(tag_captions=0.0), 1, 0)
    assert [row.data_set for row in planned.rows] == [0, 1]
    batch = gather(lessons, planned, range(2))
    swapped = replace(batch, data_sets=batch.data_sets.flip(0))
    styled = type(model)(replace(model.network, styles=("a", "b")), len(tokenizer), model.keyword_tokens)
    missing, unexpected = styled.load_state_dict(model.state_dict(), strict=False)
    assert (missing, unexpected) == (["styles.weight"], [])
    for network, differ in ((model, False), (styled.eval(), True)):
        lesson = CaptionLesson(network, CaptionTraining(), EncoderTraining()).eval()
        losses = [float(lesson(one, planned.tokens, 2, 0)[1]["caption"]) for one in (batch, swapped)]
        assert (losses[0] != losses[1]) == differ
