from __future__ import annotations

import pytest
import torch

from aaccore.config import Decoding
from aaccore.data.pool import Pool
from aaccore.decoding import beam_search
from aaccore.evaluation import SAMPLES, caption_pool, validate
from aaccore.model import CaptioningModel
from aaccore.tokenizer import Tokenizer
from tests.aaccore.made_corpus import made_model, made_pool

SAID: list[tuple[str, ...]] = [("dog_bark",), ("rain",), ("door",), ("church_bell",), ("rain",), ("door",)] * 2


@pytest.fixture(scope="module")
def made() -> tuple[CaptioningModel, Tokenizer]:
    model, tokenizer = made_model()
    assert model.label_head is not None
    for weight in (model.embedding.weight, model.label_head.step_scores.weight):
        torch.nn.init.normal_(weight, std=1.0)  # loud enough that sounds get different captions
    return model, tokenizer


@pytest.fixture(scope="module")
def pool(made: tuple[CaptioningModel, Tokenizer]) -> Pool:
    return made_pool(SAID)


def test_a_pool_of_sounds_is_scored_against_its_captions(made: tuple[CaptioningModel, Tokenizer], pool: Pool) -> None:
    scores, samples = validate(*made, pool)
    assert {"bleu_1", "bleu_4", "rouge_l", "cider_d", "vocabulary"} <= set(scores)
    assert all(value == value and value >= 0 for value in scores.values())
    assert SAMPLES <= len(samples) <= 2 * SAMPLES
    said = [candidates[0].caption for candidates in caption_pool(*made, pool, Decoding(beam_size=1))]
    assert all(said[int(name.split()[1])] == caption for name, caption in samples.items())


def test_the_same_sounds_are_shown_every_time(made: tuple[CaptioningModel, Tokenizer], pool: Pool) -> None:
    assert validate(*made, pool) == validate(*made, pool)


def test_captions_that_people_wrote_score_higher_than_an_untrained_models(
    made: tuple[CaptioningModel, Tokenizer], pool: Pool
) -> None:
    scores, _ = validate(*made, pool)
    assert scores["bleu_4"] < 0.3
    assert scores["cider_d"] < 3


@pytest.mark.parametrize("batch_size", [1, 5, 32])
def test_every_sound_gets_its_own_caption_whatever_the_batches(
    made: tuple[CaptioningModel, Tokenizer], pool: Pool, batch_size: int
) -> None:
    model, tokenizer = made
    found = caption_pool(model, tokenizer, pool, Decoding(beam_size=2), batch_size)
    assert len({candidates[0].caption for candidates in found}) > 1
    with torch.inference_mode():
        for row in (0, 1, 2, 11):
            features = pool.features[pool.steps[row] : pool.steps[row + 1]].float()[None]
            padding = torch.zeros(1, features.shape[1], dtype=torch.bool)
            keywords, _ = model.keywords(features, padding)
            (alone,) = beam_search(model, model.remember(features, padding, keywords), tokenizer, Decoding(beam_size=2))
            assert found[row][0].caption == alone[0].caption
            assert found[row][0].log_probability == pytest.approx(alone[0].log_probability, abs=0.02)
