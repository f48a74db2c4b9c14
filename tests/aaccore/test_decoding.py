"""Beam search on tiny seeded models, against an exhaustive search and against itself."""

from __future__ import annotations

import itertools
import math

import pytest
import torch
from torch import Tensor

from aaccore.config import Decoding, Network
from aaccore.decoding import OPEN_WORDS, beam_search
from aaccore.model import CaptioningModel, Encoded
from aaccore.tokenizer import Tokenizer
from aaccore.words import STOP_WORDS, stem

NETWORK = Network(
    encoders=("mobilenet_v1",), width=16, heads=2, feedforward=32, encoder_layers=0, decoder_layers=2, keywords=0
)
SENTENCES = (
    "A dog barks twice, and then a bird sings in a tree.",
    "Rain falls on a roof while someone walks over gravel with slow steps.",
    "An engine hums and rattles as the wind whistles past.",
    "Dogs barking, birds singing and a door slamming.",
)
STEPS = 6


def made(captions: tuple[str, ...], seed: int, contrast: float = 2.0) -> tuple[CaptioningModel, Tokenizer]:
    """A random model of these captions' words; `contrast` makes it surer of itself."""
    torch.manual_seed(seed)
    tokenizer = Tokenizer.train(captions)
    model = CaptioningModel(NETWORK, len(tokenizer)).eval()
    with torch.no_grad():
        model.embedding.weight.mul_(contrast)
    return model, tokenizer


def heard(clips: int, seed: int) -> Encoded:
    """Random memories; the last two steps are not sound."""
    generator = torch.Generator().manual_seed(seed)
    memory = torch.randn(clips, STEPS, NETWORK.width, generator=generator)
    return Encoded(memory, torch.zeros(clips, STEPS, dtype=torch.bool), step_s=0.5, audio_steps=STEPS - 2)


def one(encoded: Encoded, clip: int) -> Encoded:
    """The memory of one clip alone."""
    alone = slice(clip, clip + 1)
    return Encoded(encoded.memory[alone], encoded.audio_padding[alone], encoded.step_s, encoded.audio_steps)


def mean_log_probability(model: CaptioningModel, encoded: Encoded, tokens: tuple[int, ...]) -> float:
    """The score of a caption of the first clip, by teacher forcing."""
    ids = torch.tensor([[Tokenizer.START, *tokens, Tokenizer.END]])
    with torch.inference_mode():
        hidden: Tensor = model.decoder(model.embed(ids[:, :-1]), encoded.memory[:1], encoded.audio_padding[:1])
        gains = model.logits(hidden).log_softmax(dim=2)[0].gather(1, ids[0, 1:, None])
    return float(gains.mean())


@pytest.mark.parametrize("beam_size", [1, 4])
def test_many_clips_at_once_are_captioned_as_each_alone(beam_size: int) -> None:
    model, tokenizer = made(SENTENCES, seed=3)
    encoded, options = heard(7, seed=4), Decoding(beam_size=beam_size)
    together = beam_search(model, encoded, tokenizer, options)
    for clip, candidates in enumerate(together):
        (alone,) = beam_search(model, one(encoded, clip), tokenizer, options)
        assert [c.caption for c in candidates] == [c.caption for c in alone]
        assert [c.token_times for c in candidates] == [c.token_times for c in alone]
        assert [c.log_probability for c in candidates] == pytest.approx([c.log_probability for c in alone], abs=1e-4)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_beam_as_wide_as_the_space_finds_every_caption_in_order(seed: int) -> None:
    model, tokenizer = made(("dog barks loudly",), seed, contrast=1.0)
    encoded = heard(1, seed)
    options = Decoding(beam_size=64, min_tokens=1, max_tokens=3, no_content_word_twice=False)
    words = range(4, len(tokenizer))
    (comma,) = tokenizer.ids(",")
    every = [c for n in (1, 2, 3) for c in itertools.product(words, repeat=n) if all(map(int.__ne__, c, c[1:]))]
    every = [c for c in every if comma not in (c[0], c[-1])]
    expected = sorted(((mean_log_probability(model, encoded, c), c) for c in every), reverse=True)
    (found,) = beam_search(model, encoded, tokenizer, options)
    assert [c.tokens for c in found] == [tokens for _, tokens in expected]
    assert [c.log_probability for c in found] == pytest.approx([score for score, _ in expected], abs=1e-5)


def test_a_beam_of_one_takes_the_likeliest_token_each_time() -> None:
    model, tokenizer = made(("dog barks loudly",), seed=5)
    encoded = heard(1, seed=6)
    options = Decoding(beam_size=1, min_tokens=0, max_tokens=5, no_content_word_twice=False)
    tokens: list[int] = []
    while len(tokens) < 5:
        with torch.inference_mode():
            ids = torch.tensor([[Tokenizer.START, *tokens]])
            hidden = model.decoder(model.embed(ids), encoded.memory, encoded.audio_padding)
        gains = model.logits(hidden.clone())[0, -1].detach()
        gains[[Tokenizer.PAD, Tokenizer.START, Tokenizer.UNKNOWN, *tokens[-1:]]] = -math.inf
        if not tokens or tokenizer.words(tokens)[-1] == ",":
            gains[Tokenizer.END] = -math.inf
        if not tokens or len(tokens) == 4:
            gains[tokenizer.ids(",")] = -math.inf
        if (best := int(gains.argmax())) == Tokenizer.END:
            break
        tokens.append(best)
    ((candidate,),) = beam_search(model, encoded, tokenizer, options)
    assert candidate.tokens == tuple(tokens)


def test_candidates_are_as_many_as_beams_all_different_and_best_first() -> None:
    model, tokenizer = made(SENTENCES, seed=7)
    for candidates in beam_search(model, heard(5, seed=8), tokenizer, Decoding(beam_size=6)):
        assert len({c.caption for c in candidates}) == 6
        scores = [c.log_probability for c in candidates]
        assert scores == sorted(scores, reverse=True)
        assert scores[0] < 0


def test_the_score_is_the_mean_log_probability_with_the_end() -> None:
    model, tokenizer = made(SENTENCES, seed=9)
    encoded = heard(1, seed=10)
    for candidate in beam_search(model, encoded, tokenizer, Decoding())[0]:
        expected = mean_log_probability(model, encoded, candidate.tokens)
        assert candidate.log_probability == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize(("low", "high"), [(1, 2), (5, 5), (8, 12), (0, 1)])
def test_captions_keep_to_the_length_limits(low: int, high: int) -> None:
    model, tokenizer = made(SENTENCES, seed=11)
    found = beam_search(model, heard(4, seed=12), tokenizer, Decoding(min_tokens=low, max_tokens=high))
    lengths = [len(c.tokens) for candidates in found for c in candidates]
    assert min(lengths) >= max(low, 1)
    assert max(lengths) <= high


@pytest.mark.parametrize("beam_size", [1, 4])
def test_no_content_word_comes_twice_in_any_form(beam_size: int) -> None:
    model, tokenizer = made(SENTENCES, seed=13)
    options = Decoding(beam_size=beam_size, min_tokens=10, max_tokens=20)
    for candidates in beam_search(model, heard(6, seed=14), tokenizer, options):
        for candidate in candidates:
            stems = [stem(word.lower()) for word in candidate.words if word.lower() not in STOP_WORDS]
            assert len(stems) == len(set(stems)), candidate.caption


def test_a_content_word_may_come_twice_when_that_is_wanted() -> None:
    model, tokenizer = made(("dog barks loudly",), seed=15)
    options = Decoding(min_tokens=6, max_tokens=8, no_content_word_twice=False)
    assert len(beam_search(model, heard(1, seed=16), tokenizer, options)[0][0].tokens) >= 6


def test_no_three_words_come_in_a_row_a_second_time() -> None:
    model, tokenizer = made(("again and again and again and again",), seed=15)
    options = Decoding(beam_size=8, min_tokens=4, max_tokens=12, no_content_word_twice=False)
    for candidates in beam_search(model, heard(4, seed=16), tokenizer, options):
        for candidate in candidates:
            threes = list(zip(candidate.tokens, candidate.tokens[1:], candidate.tokens[2:], strict=False))
            assert len(threes) == len(set(threes)), candidate.caption


def test_a_caption_with_nothing_left_to_say_ends() -> None:
    model, tokenizer = made(("dog barks loudly",), seed=15)
    candidates = beam_search(model, heard(1, seed=16), tokenizer, Decoding(beam_size=4, min_tokens=6))[0]
    assert [sorted(set(c.words) - {","}) for c in candidates] == [["barks", "dog", "loudly"]] * 4


def test_no_token_comes_twice_in_a_row_and_no_sentence_ends_open() -> None:
    model, tokenizer = made(("the dog, and the bird, and a cat, of the very old",), seed=17)
    options = Decoding(min_tokens=4, max_tokens=9, no_content_word_twice=False)
    for candidates in beam_search(model, heard(8, seed=18), tokenizer, options):
        for candidate in candidates:
            assert all(map(str.__ne__, candidate.words, candidate.words[1:]))
            assert candidate.words[-1] not in OPEN_WORDS
            assert "<" not in candidate.caption


def test_each_token_has_a_word_and_a_time_within_the_sound() -> None:
    model, tokenizer = made(SENTENCES, seed=19)
    for candidate in beam_search(model, heard(1, seed=20), tokenizer, Decoding())[0]:
        assert len(candidate.tokens) == len(candidate.words) == len(candidate.token_times)
        assert list(candidate.words) == tokenizer.words(candidate.tokens)
        assert tokenizer.decode(candidate.tokens) == candidate.caption
        assert all(time is None or 0 < time < 0.5 * (STEPS - 2) for time in candidate.token_times)


def test_times_point_at_the_only_step_of_sound_that_is_not_padding() -> None:
    model, tokenizer = made(SENTENCES, seed=21)
    encoded = heard(2, seed=22)
    encoded.audio_padding[0, :] = True
    encoded.audio_padding[0, 2] = False
    first, _ = beam_search(model, encoded, tokenizer, Decoding())
    assert {time for candidate in first for time in candidate.token_times} == {1.25, None}


def test_padded_memory_has_no_influence_on_the_captions() -> None:
    model, tokenizer = made(SENTENCES, seed=23)
    short = heard(3, seed=24)
    longer = torch.cat((short.memory, torch.full((3, 4, NETWORK.width), 50.0)), dim=1)
    padding = torch.cat((short.audio_padding, torch.ones(3, 4, dtype=torch.bool)), dim=1)
    padded = Encoded(longer, padding, short.step_s, short.audio_steps)
    without, with_padding = (beam_search(model, e, tokenizer, Decoding()) for e in (short, padded))
    assert [[c.tokens for c in clip] for clip in without] == [[c.tokens for c in clip] for clip in with_padding]


def test_no_clips_have_no_captions() -> None:
    model, tokenizer = made(SENTENCES, seed=25)
    assert beam_search(model, heard(0, seed=26), tokenizer, Decoding()) == []
