from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain

import pytest
import torch

from aaccore.caption_training import CaptionLesson, prepare
from aaccore.data.batches import Batch, gather
from aaccore.data.corpus import TagCaptions
from aaccore.data.lessons import Lessons, plan, shuffled_batches
from aaccore.data.pool import Pool
from aaccore.label_head import LabelHead
from aaccore.model import CaptioningModel, Keywords
from aaccore.recipe import CaptionTraining, EncoderTraining
from aaccore.tokenizer import Tokenizer
from tests.aaccore.made_corpus import LABELS, made_model, made_pool

CERTAIN = CaptionTraining(keyword_dropout=0.0, no_keywords=0.0, tag_captions=0.0, masked_steps=0, masked_channels=0)
SAID: list[tuple[str, ...]] = [("dog_bark",), ("rain",), ("door",), ("church_bell",), ("dog_bark", "rain"), ("door",)]
TAGS = (
    TagCaptions("dog", ("A dog barks loudly.", "A dog barks.")),
    TagCaptions("", ()),
    TagCaptions("bell", ("A bell rings.",)),
)
CHOSEN = [0, 1, 2, 4]


@pytest.fixture(scope="module")
def made() -> tuple[CaptioningModel, Tokenizer]:
    return made_model()


@pytest.fixture(scope="module")
def lessons(made: tuple[CaptioningModel, Tokenizer]) -> Lessons:
    """Six sounds whose keywords are two labels, the first of them true, and two tags."""
    found = prepare(*made, made_pool(SAID), {}, TAGS)
    labels = torch.tensor([[LABELS.index(said[0]), (LABELS.index(said[0]) + 1) % 4] for said in SAID])
    ids = torch.cat([labels, torch.tensor([[4, 6]]).expand(6, 2)], dim=1)
    return replace(found, keywords=Keywords(ids, torch.tensor([[0.9, 0.4, 0.5, 0.2]]).expand(6, 4).clone()))


def batch_of(lessons: Lessons, options: CaptionTraining, step: int = 0, chosen: Sequence[int] = CHOSEN) -> Batch:
    """All rows of a step as one batch."""
    planned = plan(lessons, chosen, options, 1, step)
    return gather(lessons, planned, range(len(planned.rows)))


def losses_of(model: CaptioningModel, batch: Batch, options: CaptionTraining = CERTAIN) -> dict[str, float]:
    """The losses of a batch that is a whole step, without dropout."""
    torch.manual_seed(0)
    lesson = CaptionLesson(model, options, EncoderTraining()).eval()
    _, told = lesson(batch, int((batch.tokens[:, 1:] > 0).sum()), int(batch.real.sum()), 0)
    return {name: float(value) for name, value in told.items()}


def test_lessons_have_each_sounds_keywords_and_captions_as_tokens(made: tuple[CaptioningModel, Tokenizer]) -> None:
    model, tokenizer = made
    pool = made_pool(SAID)
    found = prepare(model, tokenizer, pool, {}, TAGS)
    assert found.keywords is not None
    assert found.keywords.ids.shape == found.keywords.scores.shape == (6, 4)
    for row, sound in enumerate(pool.sounds):
        assert [tokenizer.decode(tokens) for tokens in found.captions[row]] == list(sound.captions)
    assert [row for row, _ in found.tags] == [4, 6]  # a class without words teaches nothing


def test_a_sounds_keywords_come_from_the_head_of_its_fold(made: tuple[CaptioningModel, Tokenizer]) -> None:
    """So they are those of a head that has not heard it: as doubtful as those of new sounds."""
    heads = {}
    for fold, surest in (("1", 2), ("2", 3)):
        heads[fold] = LabelHead([1024], len(LABELS), 0.0).eval()
        with torch.no_grad():
            heads[fold].step_scores.bias[surest] = 5.0
    pool = made_pool(SAID)
    found = prepare(*made, pool, heads, TAGS)
    assert found.keywords is not None
    assert found.keywords.ids[:, 0].tolist() == [2, 3] * 3
    assert [sound.fold for sound in pool.sounds] == ["1", "2"] * 3


def test_a_network_without_keywords_has_lessons_without_them(made: tuple[CaptioningModel, Tokenizer]) -> None:
    _, tokenizer = made
    model = CaptioningModel(replace(made[0].network, labels=(), tags=(), keywords=0), len(tokenizer)).eval()
    found = prepare(model, tokenizer, made_pool(SAID), {}, TAGS)
    assert found.keywords is None
    assert found.tags == ()
    batch = batch_of(found, replace(CERTAIN, tag_captions=0.5))
    assert batch.keywords is None
    assert len(batch.tokens) == int(batch.real.sum()) == len(CHOSEN)


def test_a_batch_is_the_same_for_the_same_state_of_chance(lessons: Lessons) -> None:
    options = CaptionTraining(tag_captions=0.5)
    first, again, other = (batch_of(lessons, options, seed) for seed in (1, 1, 2))
    assert torch.equal(first.tokens, again.tokens)
    assert torch.equal(first.heard.parts[0], again.heard.parts[0])
    assert first.keywords is not None
    assert again.keywords is not None
    assert torch.equal(first.keywords.ids, again.keywords.ids)
    assert first.tokens.shape != other.tokens.shape or not torch.equal(first.tokens, other.tokens)


def test_a_batch_has_one_of_each_sounds_own_captions(lessons: Lessons) -> None:
    batch = batch_of(lessons, CERTAIN)
    for row, tokens in zip(CHOSEN, batch.tokens.tolist(), strict=True):
        assert tuple(token for token in tokens if token != Tokenizer.PAD) in lessons.captions[row]


def test_a_batch_knows_how_long_each_sound_is(lessons: Lessons) -> None:
    batch = batch_of(lessons, CERTAIN)
    pool = lessons.pool
    assert isinstance(pool, Pool)
    steps = [int(pool.steps[row + 1] - pool.steps[row]) for row in CHOSEN]
    assert batch.heard.lengths[0].tolist() == steps
    assert not batch.heard.parts[0][0, steps[0] :].any()
    own = pool.features[pool.steps[1] : pool.steps[2]].float()
    assert torch.equal(batch.heard.parts[0][1, : steps[1]], own)


def test_without_doubt_a_batch_has_the_keywords_that_were_found(lessons: Lessons) -> None:
    batch = batch_of(lessons, CERTAIN)
    assert batch.keywords is not None
    assert lessons.keywords is not None
    assert torch.equal(batch.keywords.ids, lessons.keywords.ids[CHOSEN])
    assert torch.equal(batch.keywords.scores, lessons.keywords.scores[CHOSEN])


@pytest.mark.parametrize("name", ["keyword_dropout", "no_keywords"])
def test_keywords_can_be_left_out(name: str, lessons: Lessons) -> None:
    batch = batch_of(lessons, replace(CERTAIN, **{name: 1.0}))
    assert batch.keywords is not None
    assert bool((batch.keywords.ids == -1).all())


def test_doubt_leaves_the_lessons_as_they_are(lessons: Lessons) -> None:
    assert lessons.keywords is not None
    before = lessons.keywords.ids.clone(), lessons.keywords.scores.clone(), lessons.pool.seconds.clone()
    batch_of(lessons, CaptionTraining(keyword_dropout=0.9, tag_captions=0.9))
    assert torch.equal(lessons.keywords.ids, before[0])
    assert torch.equal(lessons.keywords.scores, before[1])
    assert torch.equal(lessons.pool.seconds, before[2])


def test_rows_for_tags_have_the_tags_caption_and_the_tag_as_their_one_sure_keyword(
    lessons: Lessons, made: tuple[CaptioningModel, Tokenizer]
) -> None:
    captions = {row: [made[1].encode(c) for c in tag.captions] for row, tag in ((4, TAGS[0]), (6, TAGS[2]))}
    for seed in range(10):
        batch = batch_of(lessons, replace(CERTAIN, tag_captions=0.5), seed)
        assert (int(batch.real.sum()), len(batch.tokens)) == (4, 6)
        assert batch.keywords is not None
        for row in (4, 5):
            ids, scores = batch.keywords.ids[row], batch.keywords.scores[row]
            sure = ids[scores >= 0.3].tolist()
            assert len(sure) == 1
            assert [token for token in batch.tokens[row].tolist() if token] in captions[sure[0]]
            assert not bool((ids[scores < 0.05] >= 0).any())


def test_the_loss_of_a_step_is_finite_and_falls(lessons: Lessons) -> None:
    model, _ = made_model()
    lesson = CaptionLesson(model, CERTAIN, EncoderTraining())
    planned = plan(lessons, CHOSEN, replace(CERTAIN, tag_captions=0.5), 1, 0)
    batch = gather(lessons, planned, range(len(planned.rows)))
    optimiser = torch.optim.Adam(lesson.parameters(), lr=3e-3)
    losses = []
    for step in range(15):
        loss, _ = lesson(batch, planned.tokens, planned.real, step)
        losses.append(float(loss.detach()))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert losses[-1] < 0.8 * losses[0]


def test_the_parts_of_a_step_sum_to_the_loss_and_the_gradients_of_the_whole(lessons: Lessons) -> None:
    """However rows are spread over processes and parts, each token and each sound counts alike."""
    options = replace(CERTAIN, tag_captions=0.5, masked_steps=3, masked_channels=300)
    planned = plan(lessons, CHOSEN, options, 1, 0)
    found = []
    for parts in ([range(6)], [[0, 4], [1, 5], [2], [3]]):
        torch.manual_seed(0)
        lesson = CaptionLesson(replaced_dropout(made_model()[0]), options, EncoderTraining()).train()
        total = 0.0
        for part in parts:
            loss, _ = lesson(gather(lessons, planned, list(part)), planned.tokens, planned.real, 0)
            loss.backward()
            total += float(loss.detach())
        gradients = [p.grad for p in lesson.parameters() if p.grad is not None]
        found.append((total, gradients))
    assert found[0][0] == pytest.approx(found[1][0], rel=1e-5)
    for whole, summed in zip(found[0][1], found[1][1], strict=True):
        torch.testing.assert_close(whole, summed, atol=1e-4, rtol=1e-3)


def replaced_dropout(model: CaptioningModel) -> CaptioningModel:
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
        if hasattr(module, "dropout") and isinstance(module.dropout, float):
            module.dropout = 0.0
    return model


@torch.inference_mode()
def test_rlssr_compares_real_sounds_with_their_captions_only(
    lessons: Lessons, made: tuple[CaptioningModel, Tokenizer]
) -> None:
    batch = batch_of(lessons, replace(CERTAIN, tag_captions=0.5))
    assert batch.beside is not None
    changed = replace(batch, beside=replace(batch.beside, parts=(batch.beside.parts[0].clone(),)))
    assert changed.beside is not None
    changed.beside.parts[0][4:] *= -1.0
    first, second = losses_of(made[0], batch), losses_of(made[0], changed)
    assert first["rlssr"] == pytest.approx(second["rlssr"], rel=1e-5)
    assert first["caption"] != second["caption"]


@torch.inference_mode()
def test_without_rlssr_there_is_the_caption_loss_alone(
    lessons: Lessons, made: tuple[CaptioningModel, Tokenizer]
) -> None:
    batch = batch_of(lessons, CERTAIN)
    found = losses_of(made[0], batch, replace(CERTAIN, rlssr="none"))
    assert set(found) == {"caption"}
    assert found["caption"] == pytest.approx(losses_of(made[0], batch)["caption"])


@torch.inference_mode()
def test_rlssr_can_compare_the_input_of_the_transformer_encoder(
    lessons: Lessons, made: tuple[CaptioningModel, Tokenizer]
) -> None:
    batch = batch_of(lessons, CERTAIN)
    places = [losses_of(made[0], batch, replace(CERTAIN, rlssr_place=place)) for place in ("memory", "features")]
    assert places[0]["rlssr"] != places[1]["rlssr"]
    assert places[0]["caption"] == pytest.approx(places[1]["caption"])


@torch.inference_mode()
def test_longer_neighbours_do_not_change_a_captions_loss(
    lessons: Lessons, made: tuple[CaptioningModel, Tokenizer]
) -> None:
    together = plan(lessons, [0, 2], CERTAIN, 1, 0)
    alone = [losses_of(made[0], gather(lessons, together, [row]))["caption"] for row in (0, 1)]
    counts = [len(row.caption) - 1 for row in together.rows]
    expected = (alone[0] * counts[0] + alone[1] * counts[1]) / sum(counts)
    assert losses_of(made[0], gather(lessons, together, [0, 1]))["caption"] == pytest.approx(expected, rel=1e-4)


def test_masking_hides_some_of_what_is_heard_while_training_and_leaves_the_batch(lessons: Lessons) -> None:
    batch = batch_of(lessons, CERTAIN)
    before = batch.heard.parts[0].clone()
    options = replace(CERTAIN, masked_steps=4, masked_channels=800)
    found = []
    for training in (False, True, True):
        lesson = CaptionLesson(replaced_dropout(made_model()[0]), options, EncoderTraining()).train(training)
        found.append(float(lesson(batch, 10, 4, 0)[1]["caption"]))
    assert found[0] != found[1] == found[2]
    assert torch.equal(batch.heard.parts[0], before)


def test_mixup_mixes_two_sounds_and_their_words_and_learns_the_larger_ones_caption(lessons: Lessons) -> None:
    planned = plan(lessons, CHOSEN, replace(CERTAIN, mixup=0.4), 1, 0)
    assert [row.sound for row in planned.rows] == CHOSEN
    assert all(0.5 <= row.share <= 1.0 and row.beside in CHOSEN for row in planned.rows)
    model, _ = made_model()
    plain = losses_of(model, batch_of(lessons, CERTAIN))
    mixed = losses_of(model, gather(lessons, planned, range(4)), replace(CERTAIN, mixup=0.4))
    assert plain["caption"] != mixed["caption"]


def test_every_sound_comes_once_an_epoch_where_draws_are_not_balanced(lessons: Lessons) -> None:
    drawn = list(shuffled_batches(lessons.pool, 2, 6, seed=3))
    assert sorted(chain(*drawn[:3])) == sorted(chain(*drawn[3:])) == [0, 1, 2, 3, 4, 5]
    assert drawn == list(shuffled_batches(lessons.pool, 2, 6, seed=3)) != list(shuffled_batches(lessons.pool, 2, 6, 4))
