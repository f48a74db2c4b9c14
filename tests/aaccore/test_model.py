from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from aaccore.config import Network
from aaccore.errors import ModelError
from aaccore.label_head import LabelHead, linear_softmax, pooled
from aaccore.model import (
    KEYWORD_WORDS,
    LEAST_PROBABILITY,
    SCORE_EDGES,
    CaptioningModel,
    Keywords,
    averaged,
    resampled,
)
from aaccore.panns import AUDIOSET_CLASSES, MobileNetV1
from tests.aaccore.made_corpus import NETWORK, randomised

RATE = 16000
LABELS = ("dog", "rain", "church bell", "nameless")
TOKENS = torch.tensor([[4, 0, 0], [5, 0, 0], [6, 7, 0], [0, 0, 0]])


def made(network: Network = NETWORK, keyword_tokens: Tensor | None = None) -> CaptioningModel:
    torch.manual_seed(0)
    model = CaptioningModel(network, 12, keyword_tokens)
    for encoder in model.encoders:
        if isinstance(encoder, MobileNetV1):
            randomised(encoder)
    return model.eval()


def noise(seconds: float, seed: int = 0, rate: int = RATE) -> Tensor:
    return 0.1 * torch.randn(round(seconds * rate), generator=torch.Generator().manual_seed(seed))


def clicked(seconds: float, click_s: float, rate: int) -> Tensor:
    """Faint noise with a loud hundredth of a second, (1, samples)."""
    sound = 0.01 * noise(seconds, 1, rate)
    at = round(click_s * rate)
    sound[at : at + rate // 100] += (5 * noise(0.01, 2, rate)).clamp(-0.9, 0.9)
    sound[0] = 1.0  # the same peak with and without the click
    return sound[None]


def with_sure_labels(probabilities: list[float]) -> CaptioningModel:
    """A model whose label head gives these probabilities whatever it hears."""
    model = made(replace(NETWORK, labels=LABELS), TOKENS)
    assert model.label_head is not None
    for linear in (model.label_head.step_scores, model.label_head.clip_scores):
        torch.nn.init.zeros_(linear.weight)
        with torch.no_grad():
            linear.bias.copy_(torch.tensor(probabilities).logit())
    return model


def test_a_step_that_lies_in_one_span_counts_there_alone() -> None:
    steps = torch.zeros(1, 10, 1)
    steps[0, 4] = 1.0  # 0.4 .. 0.5 s
    assert averaged(steps, 0.1, 0.25, 4)[0, :, 0].tolist() == pytest.approx([0.0, 0.4, 0.0, 0.0])


def test_a_step_across_two_spans_counts_in_each_by_its_overlap() -> None:
    steps = torch.zeros(1, 10, 1)
    steps[0, 2] = 1.0  # 0.2 .. 0.3 s, half of it on either side of 0.25 s
    assert averaged(steps, 0.1, 0.25, 4)[0, :, 0].tolist() == pytest.approx([0.2, 0.2, 0.0, 0.0])


def test_averaging_keeps_what_does_not_change_also_beyond_the_last_step() -> None:
    found = averaged(torch.full((2, 7, 3), 5.0), 0.186, 0.32, 6)
    assert found.shape == (2, 6, 3)
    torch.testing.assert_close(found, torch.full((2, 6, 3), 5.0))


def test_steps_of_the_same_length_stay_as_they_are() -> None:
    steps = torch.arange(12.0).reshape(1, 6, 2)
    assert torch.equal(averaged(steps, 0.32, 0.32, 5), steps[:, :5])


@pytest.mark.parametrize("click_s", [0.85, 2.1, 3.05])
@torch.inference_mode()
def test_two_encoders_hear_a_click_at_its_time(click_s: float) -> None:
    model = made(replace(NETWORK, encoders=("mobilenet_v1", "cnn10_sfx")))
    rate = model.sample_rate
    quiet = 0.01 * noise(4.0, 1, rate)[None]
    quiet[:, 0] = 1.0
    heard = [model.features(model.log_mels(sound)) for sound in (clicked(4.0, click_s, rate), quiet)]
    assert heard[0].shape == (1, 13, 1024 + 512)
    moved = [part.mean(dim=1) for part in (heard[0] - heard[1]).abs()[0].split([1024, 512], dim=1)]
    for part in moved:
        assert abs(int(part.argmax()) - int(click_s / model.step_s)) <= 1
    patch = int(click_s / (3 * model.step_s))  # MobileNetV1 hears patches of three steps, each by itself
    assert moved[0].nonzero().flatten().tolist() == [3 * patch, 3 * patch + 1, 3 * patch + 2]


def test_the_model_takes_the_highest_rate_and_steps_as_the_coarsest_of_its_encoders() -> None:
    alone = CaptioningModel(NETWORK, 12)
    assert (alone.sample_rate, alone.channels) == (16000, 1024)
    assert alone.step_s == pytest.approx(0.32)
    both = CaptioningModel(replace(NETWORK, encoders=("cnn10_sfx", "mobilenet_v1")), 12)
    assert (both.sample_rate, both.channels) == (44100, 1536)
    assert both.step_s == pytest.approx(0.32)
    assert both.window_s == NETWORK.window_s


@torch.inference_mode()
def test_a_longer_neighbour_in_the_batch_changes_nothing() -> None:
    model = with_sure_labels([0.9, 0.5, 0.2, 0.1])
    short, long = noise(1.7), noise(4.2, seed=1)
    alone = model.encode(short[None])
    batch = torch.stack([torch.nn.functional.pad(short, (0, len(long) - len(short))), long])
    together = model.encode(batch, torch.tensor([len(short), len(long)]))
    steps = alone.audio_steps
    assert steps == 6
    assert together.audio_padding[0, : together.audio_steps].tolist() == [False] * 6 + [True] * 8
    assert not together.audio_padding[1].any()
    torch.testing.assert_close(together.memory[0, :steps], alone.memory[0, :steps], atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(together.memory[0, together.audio_steps :], alone.memory[0, steps:])
    tokens = torch.tensor([[1, 4, 5]])
    said = [
        model.decoder(model.embed(tokens), encoded.memory[:1], encoded.audio_padding[:1])
        for encoded in (alone, together)
    ]
    torch.testing.assert_close(said[1], said[0], atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("seconds", [0.01, 0.3, 0.999])
@torch.inference_mode()
def test_a_clip_of_less_than_a_second_is_heard_as_one_with_silence_after_it(seconds: float) -> None:
    model = made()
    short = noise(seconds)
    found = model.encode(short[None])
    padded = model.encode(torch.nn.functional.pad(short, (0, RATE - len(short)))[None])
    assert found.memory.shape == (1, 4, 16)
    assert not found.audio_padding.any()
    torch.testing.assert_close(found.memory, padded.memory)


@torch.inference_mode()
def test_silence_has_a_memory_of_finite_numbers() -> None:
    assert bool(made().encode(torch.zeros(2, 2 * RATE)).memory.isfinite().all())


@pytest.mark.parametrize("factor", [0.1, 0.001, 30.0])
@torch.inference_mode()
def test_the_level_of_a_recording_does_not_matter(factor: float) -> None:
    model, sound = made(), noise(2.0)[None]
    torch.testing.assert_close(model.encode(factor * sound).memory, model.encode(sound).memory, atol=1e-3, rtol=1e-3)


@torch.inference_mode()
def test_different_sounds_have_different_memories() -> None:
    model = made()
    memories = [model.encode(sound[None]).memory for sound in (noise(2.0), torch.sin(torch.arange(2 * RATE) * 0.2))]
    assert float((memories[0] - memories[1]).abs().mean()) > 0.05


@torch.inference_mode()
def test_the_surest_labels_become_keywords_surest_first() -> None:
    model = with_sure_labels([0.2, 0.9, 0.6, 0.3])
    found, labels = model.keywords(torch.randn(2, 5, 1024), torch.zeros(2, 5, dtype=torch.bool))
    assert found is not None
    assert labels is not None
    assert found.ids.tolist() == [[1, 2], [1, 2]]
    torch.testing.assert_close(found.scores, torch.tensor([[0.9, 0.6]] * 2))
    torch.testing.assert_close(labels, torch.tensor([[0.2, 0.9, 0.6, 0.3]] * 2))


@torch.inference_mode()
def test_a_label_without_a_word_or_less_probable_than_the_least_is_no_keyword() -> None:
    model = with_sure_labels([LEAST_PROBABILITY + 0.01, LEAST_PROBABILITY - 0.01, 0.01, 0.99])
    encoded = model.encode(noise(1.0)[None])
    assert encoded.audio_padding[0, encoded.audio_steps :].tolist() == [False, True]
    assert encoded.label_probabilities is not None
    assert float(encoded.label_probabilities[0, 3]) == pytest.approx(0.99)


@torch.inference_mode()
def test_a_keywords_memory_is_the_mean_of_its_words_and_its_probability() -> None:
    model = with_sure_labels([0.1, 0.2, 0.95, 0.1])
    encoded = model.encode(noise(1.0)[None])
    words = model.embed(torch.tensor([6, 7])).mean(dim=0)
    sure = model.keyword_scores.weight[len(SCORE_EDGES)]
    torch.testing.assert_close(encoded.memory[0, encoded.audio_steps], words + sure)


@torch.inference_mode()
def test_another_keyword_changes_what_is_said_but_not_the_audio_steps() -> None:
    model = with_sure_labels([0.9, 0.1, 0.1, 0.1])
    features, padding = torch.randn(1, 5, 1024), torch.zeros(1, 5, dtype=torch.bool)
    told = [model.remember(features, padding, Keywords(torch.tensor([[k]]), torch.tensor([[0.9]]))) for k in (0, 1)]
    torch.testing.assert_close(told[0].memory[:, :5], told[1].memory[:, :5])
    assert float((told[0].memory[:, 5] - told[1].memory[:, 5]).abs().max()) > 0.01
    token = model.embed(torch.tensor([[1]]))
    logits = [model.logits(model.decoder(token, heard.memory, heard.audio_padding)) for heard in told]
    assert not torch.allclose(logits[0], logits[1])


@torch.inference_mode()
def test_audioset_tags_are_keywords_after_the_labels_and_told_apart_from_them() -> None:
    tags = tuple(f"tag{index}" for index in range(AUDIOSET_CLASSES))
    table = torch.zeros(len(LABELS) + len(tags), KEYWORD_WORDS, dtype=torch.long)
    table[:, 0] = 4
    model = made(replace(NETWORK, labels=LABELS, tags=tags, keywords=1), table)
    cnn = model.encoders[0]
    assert isinstance(cnn, MobileNetV1)
    torch.nn.init.zeros_(cnn.classifier.weight)
    torch.nn.init.constant_(cnn.classifier.bias, -5.0)
    with torch.no_grad():
        cnn.classifier.bias[7] = 3.0
    padding = torch.zeros(1, 5, dtype=torch.bool)
    found, _ = model.keywords(torch.randn(1, 5, 1024), padding)
    assert found is not None
    assert found.ids.shape == (1, 2)
    assert int(found.ids[0, 1]) == len(LABELS) + 7
    both = Keywords(torch.tensor([[0, len(LABELS)]]), torch.tensor([[0.9, 0.9]]))
    memory = model.remember(torch.zeros(1, 5, 1024), padding, both).memory[0, 5:]
    assert not torch.allclose(memory[0], memory[1])  # the same word, said once by the label head, once by the tags


@torch.inference_mode()
def test_without_keywords_the_memory_is_sound_alone() -> None:
    model = made(replace(NETWORK, labels=LABELS, keywords=0), TOKENS)
    encoded = model.encode(noise(1.0)[None])
    assert encoded.memory.shape[1] == encoded.audio_steps == 4
    assert encoded.label_probabilities is not None
    assert made().encode(noise(1.0)[None]).label_probabilities is None


def test_a_keyword_table_of_the_wrong_size_is_refused() -> None:
    with pytest.raises(ModelError, match=r"keyword tokens have shape \(3, 3\), not \(4, 3\)"):
        CaptioningModel(replace(NETWORK, labels=LABELS), 12, TOKENS[:3])


def test_linear_softmax_weighs_each_step_by_itself_and_leaves_padding_out() -> None:
    probabilities = torch.tensor([[[0.9], [0.1], [0.5]]])
    padding = torch.tensor([[False, False, True]])
    assert float(linear_softmax(probabilities, padding)) == pytest.approx((0.81 + 0.01) / 1.0)
    constant = linear_softmax(torch.full((1, 3, 2), 0.3), torch.zeros(1, 3, dtype=torch.bool))
    torch.testing.assert_close(constant, torch.full((1, 2), 0.3))
    assert linear_softmax(torch.zeros(1, 3, 1), padding).tolist() == [[0.0]]


@torch.inference_mode()
def test_a_label_head_is_the_mean_of_what_steps_and_the_whole_clip_tell() -> None:
    torch.manual_seed(0)
    head = LabelHead([6, 10], 3, 0.5).eval()
    features, padding = torch.rand(2, 5, 16), torch.zeros(2, 5, dtype=torch.bool)
    parts = head.by_steps(features, padding), head.by_clip(pooled(features, padding))
    torch.testing.assert_close(head(features, padding), (parts[0] + parts[1]) / 2)
    assert not torch.allclose(parts[0], parts[1])


@torch.inference_mode()
def test_padding_has_no_influence_on_a_label_head() -> None:
    torch.manual_seed(0)
    head = LabelHead([6, 10], 3, 0.5).eval()
    features, padding = torch.rand(1, 5, 16), torch.zeros(1, 5, dtype=torch.bool)
    longer = torch.cat([features, torch.rand(1, 3, 16) * 9], dim=1)
    torch.testing.assert_close(head(longer, torch.tensor([[False] * 5 + [True] * 3])), head(features, padding))


@torch.inference_mode()
def test_steps_normalise_each_encoders_channels_by_themselves() -> None:
    torch.manual_seed(0)
    head = LabelHead([6, 10], 3, 0.0).eval()
    features, padding = torch.rand(1, 5, 16), torch.zeros(1, 5, dtype=torch.bool)
    louder = torch.cat([features[:, :, :6] * 50, features[:, :, 6:]], dim=2)
    torch.testing.assert_close(head.by_steps(features, padding), head.by_steps(louder, padding), atol=1e-4, rtol=1e-3)


@torch.inference_mode()
def test_an_untrained_label_head_takes_labels_for_absent() -> None:
    torch.manual_seed(0)
    head = LabelHead([16], 3, 0.0).eval()
    assert float(head(torch.rand(2, 5, 16), torch.zeros(2, 5, dtype=torch.bool)).max()) < 0.1


def test_pooling_gives_the_mean_and_the_maximum_of_what_is_not_padding() -> None:
    features = torch.tensor([[[1.0], [3.0], [9.0]]])
    assert pooled(features, torch.tensor([[False, False, True]])).tolist() == [[2.0, 3.0]]


def test_embeddings_and_next_token_scores_share_their_weights() -> None:
    model = made()
    assert "embedding.weight" in dict(model.named_parameters())
    hidden = torch.zeros(1, 1, 16)
    hidden[0, 0, 3] = 1.0
    torch.testing.assert_close(model.logits(hidden)[0, 0], model.embedding.weight[:, 3] + model.output_bias)
    torch.testing.assert_close(model.embed(torch.tensor([5]))[0], 4 * model.embedding.weight[5])


def test_resampling_keeps_a_tone_and_its_time() -> None:
    tone = torch.sin(2 * torch.pi * 440 * torch.arange(44100) / 44100)[None].repeat(2, 1)
    found = resampled(tone, 44100, 16000)
    expected = torch.sin(2 * torch.pi * 440 * torch.arange(16000) / 16000)
    assert found.shape == (2, 16000)
    torch.testing.assert_close(found[1, 500:-500], expected[500:-500], atol=2e-3, rtol=0)
    assert resampled(tone, 44100, 44100) is tone
