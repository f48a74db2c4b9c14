from __future__ import annotations

from collections.abc import Generator
from typing import TypeVar, cast

import pytest
import torch

from aaccore.caption_training import prepare
from aaccore.config import Decoding
from aaccore.data.lessons import Lessons
from aaccore.data.pool import Pool, gathered
from aaccore.decoding import beam_search
from aaccore.evaluation import SAMPLES, caption_pool, validate, validation_loss
from aaccore.events import Working
from aaccore.metrics.corpus import QUICK
from aaccore.model import CaptioningModel
from aaccore.tokenizer import Tokenizer
from tests.aaccore.made_corpus import made_model, made_pool

Result = TypeVar("Result")
SAID: list[tuple[str, ...]] = [("dog_bark",), ("rain",), ("door",), ("church_bell",), ("rain",), ("door",)] * 2


@pytest.fixture(scope="module")
def made() -> tuple[CaptioningModel, Tokenizer]:
    model, tokenizer = made_model()
    assert model.label_head is not None
    for weight in (model.embedding.weight, model.label_head.step_scores.weight):
        torch.nn.init.normal_(weight, std=1.0)  # loud enough that sounds get different captions
    return model, tokenizer


@pytest.fixture(scope="module")
def pool() -> Pool:
    return made_pool(SAID)


@pytest.fixture(scope="module")
def lessons(made: tuple[CaptioningModel, Tokenizer], pool: Pool) -> Lessons:
    return prepare(*made, pool, {}, ())


def result(events: Generator[object, None, Result]) -> Result:
    """Let long work come to its end; it gives signs of life on the way."""
    while True:
        try:
            assert isinstance(next(events), Working)
        except StopIteration as stop:
            return cast(Result, stop.value)


def test_a_pool_of_sounds_is_scored_against_its_captions(
    made: tuple[CaptioningModel, Tokenizer], pool: Pool, lessons: Lessons
) -> None:
    found = result(validate(*made, lessons, (*QUICK, "spice")))
    scores, samples = found.scores, found.samples
    assert "CoreNLP" in found.unavailable["spice"]
    assert {"bleu_1", "bleu_4", "rouge_l", "cider_d", "vocabulary", "loss"} <= set(scores)
    assert all(value == value and value >= 0 for value in scores.values())
    assert SAMPLES <= len(samples) <= 2 * SAMPLES
    said = [candidates[0].caption for candidates in result(caption_pool(*made, pool, Decoding(beam_size=1)))]
    assert all(said[int(name.split()[1])] == caption for name, caption in samples.items())


def test_the_same_sounds_are_shown_every_time(made: tuple[CaptioningModel, Tokenizer], lessons: Lessons) -> None:
    assert result(validate(*made, lessons)) == result(validate(*made, lessons))


def test_captions_that_people_wrote_score_higher_than_an_untrained_models(
    made: tuple[CaptioningModel, Tokenizer], lessons: Lessons
) -> None:
    scores = result(validate(*made, lessons)).scores
    assert scores["bleu_4"] < 0.3
    assert scores["cider_d"] < 3


@pytest.mark.parametrize("batch_size", [1, 5, 32])
def test_every_sound_gets_its_own_caption_whatever_the_batches(
    made: tuple[CaptioningModel, Tokenizer], pool: Pool, batch_size: int
) -> None:
    model, tokenizer = made
    found = result(caption_pool(model, tokenizer, pool, Decoding(beam_size=2), batch_size))
    assert len({candidates[0].caption for candidates in found}) > 1
    with torch.inference_mode():
        for row in (0, 1, 2, 11):
            features = pool.features[pool.steps[row] : pool.steps[row + 1]].float()[None]
            padding = torch.zeros(1, features.shape[1], dtype=torch.bool)
            keywords, _ = model.keywords(features, padding)
            (alone,) = beam_search(model, model.remember(features, padding, keywords), tokenizer, Decoding(beam_size=2))
            assert found[row][0].caption == alone[0].caption
            assert found[row][0].log_probability == pytest.approx(alone[0].log_probability, abs=0.02)


@torch.inference_mode()
def test_the_validation_loss_is_that_of_each_sounds_first_caption(
    made: tuple[CaptioningModel, Tokenizer], lessons: Lessons, pool: Pool
) -> None:
    model, tokenizer = made
    logs = []
    for row, sound in enumerate(pool.sounds):
        encoded = model.listen(*gathered(pool, [row]))
        words = torch.tensor([tokenizer.encode(sound.captions[0])])
        hidden = model.decoder(model.embed(words[:, :-1]), encoded.memory, encoded.audio_padding)
        logs += model.logits(hidden).log_softmax(dim=2)[0].gather(1, words[0, 1:, None])[:, 0].tolist()
    assert result(validation_loss(model, lessons, 5)) == pytest.approx(-sum(logs) / len(logs), rel=1e-4)
