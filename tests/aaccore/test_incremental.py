from __future__ import annotations

from dataclasses import replace
from itertools import cycle

import numpy as np
import pytest
import torch
from torch import nn

from aaccore.config import EncoderName, Network
from aaccore.features import LogMel
from aaccore.incremental import (
    CONTEXT_STEPS,
    CausalGain,
    Resampler,
    Samples,
    StreamedEncoder,
    StreamedFeatures,
    StreamedLogMel,
)
from aaccore.model import CaptioningModel
from aaccore.panns import ENCODERS, Encoder, MobileNetV1

EDGE_STEPS = 5


def made_encoder(name: EncoderName) -> Encoder:
    """Seeded weights whose activations keep their size through the layers."""
    torch.manual_seed(0)
    encoder = ENCODERS[name]()
    with torch.no_grad():
        for module in encoder.modules():
            if isinstance(module, nn.Conv2d):
                module.weight.normal_(std=(2 / module.weight[0].numel()) ** 0.5)
        if hasattr(encoder, "bn0"):  # log-mels are about -40 +- 20 dB
            encoder.get_buffer("bn0.running_mean").fill_(-40.0)
            encoder.get_buffer("bn0.running_var").fill_(400.0)
    return encoder.eval()


def sweep(rate: int, seconds: float) -> Samples:
    """A tone that glides up through noise and swells."""
    t = np.arange(int(seconds * rate)) / rate
    noise = np.random.default_rng(1).standard_normal(len(t))
    return np.asarray((0.02 + 0.05 * t) * (0.3 * noise + np.sin(2 * np.pi * (200 + 300 * t) * t)), np.float32)


def blocks(sound: Samples, sizes: tuple[int, ...]) -> list[Samples]:
    """The sound in blocks whose lengths come round again and again."""
    found, at = [], 0
    for size in cycle(sizes):
        if at >= len(sound):
            return found
        found.append(sound[at : at + size])
        at += size
    raise AssertionError


@pytest.mark.parametrize("sizes", [(1,), (160,), (997,), (5000,), (1, 5000, 278, 1024)], ids=str)
@pytest.mark.parametrize("name", list(ENCODERS))
@torch.inference_mode()
def test_streamed_steps_equal_those_of_the_whole_stream(name: EncoderName, sizes: tuple[int, ...]) -> None:
    encoder = made_encoder(name)
    front_end = encoder.front_end
    seconds = (3 * EDGE_STEPS) * encoder.step_s
    sound = sweep(front_end.sample_rate, seconds)
    whole = CausalGain(front_end.sample_rate, 2.0, 50.0).scale(sound)
    expected = encoder(LogMel(replace(front_end, divide_by_peak=False))(torch.from_numpy(whole)[None]))[0]

    gain, log_mel = CausalGain(front_end.sample_rate, 2.0, 50.0), StreamedLogMel(LogMel(front_end))
    streamed = StreamedEncoder(encoder)
    waiting, held = [], 0
    for block in blocks(sound, sizes):
        scaled = gain.scale(block)
        waiting.append(log_mel.frames(scaled)) if len(scaled) else None
        held += len(block)
        if held > 0.4 * front_end.sample_rate:  # as often as a listener would ask
            streamed.hear(torch.cat(waiting))
            waiting, held = [], 0
    streamed.hear(torch.cat(waiting)) if waiting else None

    both = min(streamed.done, len(expected) - EDGE_STEPS)
    assert both > EDGE_STEPS
    torch.testing.assert_close(streamed.kept[EDGE_STEPS:both], expected[EDGE_STEPS:both], atol=1e-4, rtol=1e-4)
    assert expected.abs().mean() > 0.01


def test_every_encoder_can_be_streamed() -> None:
    assert {type(ENCODERS[name]()) for name in ENCODERS} == {MobileNetV1, *CONTEXT_STEPS}


@pytest.mark.parametrize("sizes", [(1,), (777,), (5000,)], ids=str)
def test_a_stream_is_resampled_alike_in_blocks_of_any_size(sizes: tuple[int, ...]) -> None:
    sound = sweep(44100, 0.5)
    whole = Resampler(44100, 16000).resample(sound)
    stream = Resampler(44100, 16000)
    parts = np.concatenate([stream.resample(block) for block in blocks(sound, sizes)])
    count = min(len(whole), len(parts))
    assert count > 7000
    np.testing.assert_allclose(parts[:count], whole[:count], atol=1e-6)


def test_the_gain_falls_at_once_and_rises_slowly() -> None:
    rate = 1000
    gain = CausalGain(rate, release_db=6.0, highest_db=40.0)
    quiet, loud = np.full(1000, 0.1, np.float32), np.full(1000, 0.8, np.float32)
    scaled = [gain.scale(part) for part in (quiet, loud, quiet)]
    assert scaled[0][-1] == pytest.approx(1.0)
    assert scaled[1][25] == pytest.approx(1.0)
    assert 0.1 / 0.8 < scaled[2][-1] < 0.1 / 0.8 * 2.1
    assert np.abs(CausalGain(rate, 6.0, 40.0).scale(np.full(100, 1e-6, np.float32))).max() < 1.1e-4


def test_the_gain_begins_where_it_is_told_and_rises_from_there() -> None:
    gain = CausalGain(1000, release_db=6.0, highest_db=40.0, first_db=20.0)
    scaled = gain.scale(np.full(10000, 1e-4, np.float32))
    assert scaled[0] == pytest.approx(1e-3, rel=0.1)
    assert scaled[1000] == pytest.approx(2e-3, rel=0.1)
    assert scaled[-1] == pytest.approx(1e-2)
    assert CausalGain(1000, 6.0, highest_db=10.0, first_db=20.0).gain == pytest.approx(10 ** (10 / 20))


@pytest.fixture(scope="module")
def two_encoders() -> CaptioningModel:
    torch.manual_seed(1)
    names: tuple[EncoderName, ...] = ("mobilenet_v1", "cnn10_sfx")
    network = Network(encoders=names, width=16, heads=2, feedforward=32, encoder_layers=1, decoder_layers=1)
    return CaptioningModel(network, 20).eval()


@torch.inference_mode()
def test_a_window_of_a_stream_is_close_to_the_same_window_by_itself(two_encoders: CaptioningModel) -> None:
    rate = two_encoders.sample_rate
    sound = sweep(rate, 6.0)
    sound /= np.abs(sound).max()
    stream = StreamedFeatures(two_encoders, rate, None, longest_s=10.0)
    for block in blocks(sound, (4410,)):
        stream.hear(block)
    features, start_s = stream.window(0.0)
    expected = two_encoders.features(two_encoders.log_mels(torch.from_numpy(sound)[None]))
    assert start_s == 0
    count = features.shape[1] - 3
    assert count >= 12
    torch.testing.assert_close(features[:, 3:count], expected[:, 3:count], atol=2e-3, rtol=2e-2)


def test_a_stream_keeps_no_more_than_its_longest_window(two_encoders: CaptioningModel) -> None:
    stream = StreamedFeatures(two_encoders, 16000, CausalGain(16000, 2.0, 50.0), longest_s=2.0)
    for block in blocks(sweep(16000, 8.0), (3000,)):
        stream.hear(block)
    assert all(len(encoder.kept) * encoder.encoder.step_s < 4.0 for encoder in stream.encoders)
    features, start_s = stream.window(6.0)
    assert start_s == pytest.approx(6.08)
    assert features.shape[1] == int(stream.heard_s / two_encoders.step_s) - 19
