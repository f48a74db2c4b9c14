from __future__ import annotations

import torch

from aaccore.config import Decoding
from aaccore.decoding import beam_search
from aaccore.model import CaptioningModel, Encoded
from aaccore.reranking import agreement
from aaccore.search import search
from aaccore.tokenizer import Tokenizer
from aaccore.word_times import meanings
from tests.aaccore.made_corpus import made_model, made_pool


def listened() -> tuple[CaptioningModel, Tokenizer, Encoded]:
    """A small model that has heard three sounds; its head is sure of a door in the last."""
    model, tokenizer = made_model(seed=4)
    assert model.label_head is not None
    torch.nn.init.normal_(model.embedding.weight, std=1.0)
    pool = made_pool([("dog_bark",), ("rain",), ("door",)])
    with torch.inference_mode():
        features = pool.features.float()[None, : int(pool.steps[1])].repeat(3, 1, 1)
        encoded = model.listen(features, torch.zeros(features.shape[:2], dtype=torch.bool))
    assert encoded.heard is not None
    encoded.heard.probabilities[:, :4] = torch.tensor(
        [[0.1, 0.9, 0.2, 0.1], [0.1, 0.1, 0.1, 0.9], [0.1, 0.1, 0.9, 0.1]]
    )
    return model, tokenizer, encoded


@torch.inference_mode()
def test_no_caption_is_found_twice_and_no_more_than_are_wanted() -> None:
    model, tokenizer, encoded = listened()
    found = search(model, encoded, tokenizer, Decoding(beam_size=6))
    for candidates in found:
        captions = [candidate.caption for candidate in candidates]
        assert 1 <= len(captions) <= 6
        assert len(set(captions)) == len(captions)


@torch.inference_mode()
def test_captions_come_in_the_order_of_both_judgements() -> None:
    model, tokenizer, encoded = listened()
    assert encoded.heard is not None
    known = meanings(tokenizer, model.network)
    for candidates, heard in zip(
        search(model, encoded, tokenizer, Decoding()), encoded.heard.probabilities, strict=True
    ):
        worths = [
            candidate.log_probability
            + Decoding().label_weight * agreement(candidate.tokens, heard[: known.labels], known)
            for candidate in candidates
        ]
        assert worths == sorted(worths, reverse=True)


@torch.inference_mode()
def test_captions_are_found_that_free_beams_do_not_find() -> None:
    model, tokenizer, encoded = listened()
    free = beam_search(model, encoded, tokenizer, Decoding(beam_size=8))
    found = search(model, encoded, tokenizer, Decoding(beam_size=8))
    for beams, captions in zip(free, found, strict=True):
        assert {c.caption for c in captions} - {c.caption for c in beams}


@torch.inference_mode()
def test_without_a_say_for_the_label_head_the_beams_decide_alone() -> None:
    model, tokenizer, encoded = listened()
    for options in (Decoding(beam_size=4, label_weight=0.0), Decoding(beam_size=1)):
        assert search(model, encoded, tokenizer, options) == beam_search(model, encoded, tokenizer, options)


@torch.inference_mode()
def test_a_clip_gets_its_captions_whatever_stands_beside_it() -> None:
    model, tokenizer, encoded = listened()
    together = search(model, encoded, tokenizer, Decoding())
    assert encoded.heard is not None
    for row in range(3):
        heard = encoded.heard
        one = type(heard)(heard.probabilities[[row]], heard.activations[[row]], heard.keywords[[row]])
        alone = Encoded(
            encoded.memory[[row]], encoded.audio_padding[[row]], encoded.step_s, encoded.audio_steps, heard=one
        )
        found = search(model, alone, tokenizer, Decoding())[0]
        assert [c.caption for c in found] == [c.caption for c in together[row]]
