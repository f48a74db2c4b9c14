from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from aaccore.caption_training import CaptionBatch, Lessons, caption_step, make_batch, prepare
from aaccore.data.corpus import TagCaptions
from aaccore.label_head import LabelHead
from aaccore.losses import Rlssr
from aaccore.model import CaptioningModel, Keywords
from aaccore.recipe import CaptionTraining
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


def batch_of(lessons: Lessons, options: CaptionTraining, seed: int = 0) -> CaptionBatch:
    return make_batch(lessons, CHOSEN, options, np.random.default_rng(seed))


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
    assert len(batch.tokens) == batch.sounds == len(CHOSEN)


def test_a_batch_is_the_same_for_the_same_state_of_chance(lessons: Lessons) -> None:
    options = CaptionTraining(tag_captions=0.5)
    first, again, other = (batch_of(lessons, options, seed) for seed in (1, 1, 2))
    assert torch.equal(first.tokens, again.tokens)
    assert torch.equal(first.features, again.features)
    assert first.keywords is not None
    assert again.keywords is not None
    assert torch.equal(first.keywords.ids, again.keywords.ids)
    assert first.tokens.shape != other.tokens.shape or not torch.equal(first.tokens, other.tokens)


def test_a_batch_has_one_of_each_sounds_own_captions(lessons: Lessons) -> None:
    batch = batch_of(lessons, CERTAIN)
    for row, tokens in zip(CHOSEN, batch.tokens.tolist(), strict=True):
        assert tuple(token for token in tokens if token != Tokenizer.PAD) in lessons.captions[row]


def test_a_batch_marks_what_is_beyond_a_sound_as_padding(lessons: Lessons) -> None:
    batch = batch_of(lessons, CERTAIN)
    steps = [int(lessons.pool.steps[row + 1] - lessons.pool.steps[row]) for row in CHOSEN]
    assert (~batch.padding).sum(dim=1).tolist() == steps
    assert not batch.features[batch.padding].any()
    own = lessons.pool.features[lessons.pool.steps[1] : lessons.pool.steps[2]].float()
    assert torch.equal(batch.features[1, : steps[1]], own)


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
    before = lessons.keywords.ids.clone(), lessons.keywords.scores.clone(), lessons.pool.features.clone()
    batch_of(lessons, CaptionTraining(keyword_dropout=0.9, tag_captions=0.9))
    assert torch.equal(lessons.keywords.ids, before[0])
    assert torch.equal(lessons.keywords.scores, before[1])
    assert torch.equal(lessons.pool.features, before[2])


def test_rows_for_tags_have_the_tags_caption_and_the_tag_as_their_one_sure_keyword(
    lessons: Lessons, made: tuple[CaptioningModel, Tokenizer]
) -> None:
    captions = {row: [made[1].encode(c) for c in tag.captions] for row, tag in ((4, TAGS[0]), (6, TAGS[2]))}
    for seed in range(10):
        batch = batch_of(lessons, replace(CERTAIN, tag_captions=0.5), seed)
        assert (batch.sounds, len(batch.tokens)) == (4, 6)
        assert batch.keywords is not None
        for row in (4, 5):
            ids, scores = batch.keywords.ids[row], batch.keywords.scores[row]
            sure = ids[scores >= 0.3].tolist()
            assert len(sure) == 1
            assert [token for token in batch.tokens[row].tolist() if token] in captions[sure[0]]
            assert not bool((ids[scores < 0.05] >= 0).any())


def test_the_loss_of_a_step_is_finite_and_falls(lessons: Lessons) -> None:
    model, _ = made_model()
    rlssr = Rlssr(16)
    batch = batch_of(lessons, replace(CERTAIN, tag_captions=0.5))
    optimiser = torch.optim.Adam([*model.parameters(), *rlssr.parameters()], lr=3e-3)
    losses = []
    for _ in range(15):
        found = caption_step(model, rlssr, batch, CERTAIN)
        assert found.rlssr is not None
        loss = found.caption + found.rlssr.loss
        losses.append(float(loss.detach()))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert losses[-1] < 0.8 * losses[0]


@torch.inference_mode()
def test_rlssr_compares_real_sounds_with_their_captions_only(
    lessons: Lessons, made: tuple[CaptioningModel, Tokenizer]
) -> None:
    torch.manual_seed(0)
    rlssr = Rlssr(16)
    batch = batch_of(lessons, replace(CERTAIN, tag_captions=0.5))
    changed = replace(batch, features=batch.features.clone())
    changed.features[batch.sounds :] *= -1.0
    first, second = (caption_step(made[0], rlssr, b, CERTAIN) for b in (batch, changed))
    assert first.rlssr is not None
    assert second.rlssr is not None
    assert float(first.rlssr.loss) == pytest.approx(float(second.rlssr.loss), rel=1e-5)
    assert float(first.caption) != float(second.caption)


@torch.inference_mode()
def test_without_rlssr_there_is_the_caption_loss_alone(
    lessons: Lessons, made: tuple[CaptioningModel, Tokenizer]
) -> None:
    batch = batch_of(lessons, CERTAIN)
    found = caption_step(made[0], None, batch, CERTAIN)
    assert found.rlssr is None
    torch.testing.assert_close(found.caption, caption_step(made[0], Rlssr(16), batch, CERTAIN).caption)


@torch.inference_mode()
def test_longer_neighbours_do_not_change_a_captions_loss(
    lessons: Lessons, made: tuple[CaptioningModel, Tokenizer]
) -> None:
    rows = [make_batch(lessons, [row], CERTAIN, np.random.default_rng(0)) for row in (0, 2)]
    tokens = torch.zeros(2, max(batch.tokens.shape[1] for batch in rows), dtype=torch.long)
    for place, batch in zip(tokens, rows, strict=True):
        place[: batch.tokens.shape[1]] = batch.tokens[0]
    together = replace(make_batch(lessons, [0, 2], CERTAIN, np.random.default_rng(0)), tokens=tokens)
    counts = [batch.tokens.shape[1] - 1 for batch in rows]
    alone = [caption_step(made[0], None, batch, CERTAIN).caption for batch in rows]
    expected = (alone[0] * counts[0] + alone[1] * counts[1]) / sum(counts)
    torch.testing.assert_close(caption_step(made[0], None, together, CERTAIN).caption, expected, atol=1e-4, rtol=1e-4)


@torch.inference_mode()
def test_masking_hides_some_of_what_is_heard_but_leaves_the_batch(
    lessons: Lessons, made: tuple[CaptioningModel, Tokenizer]
) -> None:
    batch = batch_of(lessons, CERTAIN)
    before = batch.features.clone()
    plain = caption_step(made[0], None, batch, CERTAIN).caption
    torch.manual_seed(0)
    hidden = caption_step(made[0], None, batch, replace(CERTAIN, masked_steps=4, masked_channels=800)).caption
    assert float(plain) != float(hidden)
    assert torch.equal(batch.features, before)
