from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from aaccore.config import AISFX_FRONT_END, PANNS_FRONT_END, YAMNET_FRONT_END, FrontEnd
from aaccore.features import AISFX_RANGE, LogMel, hz_to_mel, masked, mel_filters, mel_to_hz

NAMED = {"panns": PANNS_FRONT_END, "yamnet": YAMNET_FRONT_END, "aisfx": AISFX_FRONT_END}


def waveform(front_end: FrontEnd, seconds: float = 2.0, clips: int = 2) -> torch.Tensor:
    """A chirp in noise, louder in every further clip, with a silent stretch."""
    time = np.arange(int(seconds * front_end.sample_rate)) / front_end.sample_rate
    noise = np.random.default_rng(1).standard_normal((clips, time.size))
    chirp = np.sin(2 * np.pi * (100 + front_end.sample_rate / 5 * time / seconds) * time)
    sound = (0.1 * noise + 0.4 * chirp) * 10.0 ** (np.arange(clips)[:, None] - clips)
    sound[:, time.size // 3 : time.size // 2] = 0
    return torch.from_numpy(sound.astype(np.float32))


@pytest.mark.parametrize("scale", ["htk", "slaney"])
def test_mel_scales_have_their_inverse_and_librosas_values(scale: str) -> None:
    librosa = pytest.importorskip("librosa")
    hz = np.array([0.0, 60.0, 999.0, 1000.0, 1001.0, 8000.0, 22050.0])
    np.testing.assert_allclose(mel_to_hz(hz_to_mel(hz, scale), scale), hz, atol=1e-9)
    np.testing.assert_allclose(hz_to_mel(hz, scale), librosa.hz_to_mel(hz, htk=scale == "htk"), rtol=1e-12)


def test_panns_front_end_equals_torchlibrosas() -> None:
    stft = pytest.importorskip("torchlibrosa.stft")
    sound = waveform(PANNS_FRONT_END)
    spectrogram = stft.Spectrogram(n_fft=1024, hop_length=320, win_length=1024)
    bands = stft.LogmelFilterBank(
        sr=32000, n_fft=1024, n_mels=64, fmin=50, fmax=14000, ref=1.0, amin=1e-10, top_db=None
    )
    expected = bands(spectrogram(sound))[:, 0]
    found = LogMel(PANNS_FRONT_END)(sound)
    assert found.shape == expected.shape == (2, 201, 64)
    # The quietest bands lie at the floor of -100 dB; float32 rounding shows only near it.
    assert (found - expected).abs().max() < 1e-4


def test_yamnet_front_end_equals_its_formula() -> None:
    sound = waveform(YAMNET_FRONT_END)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 400)
    starts = range(0, sound.shape[1] - 399, 160)
    frames = np.stack([sound.double().numpy()[:, start : start + 400] for start in starts], axis=1) * window
    magnitude = np.abs(np.fft.rfft(frames, 512))  # (batch, frames, bins)

    def mel(hz: float) -> float:
        return 1127.0 * float(np.log(1.0 + hz / 700.0))

    edges = [700.0 * (np.exp(m / 1127.0) - 1.0) for m in np.linspace(mel(125.0), mel(7500.0), 66)]
    filters = np.zeros((257, 64))
    for band in range(64):
        low, centre, high = edges[band : band + 3]
        for k in range(257):
            hz = k * 16000 / 512
            filters[k, band] = max(0.0, min((hz - low) / (centre - low), (high - hz) / (high - centre)))
    expected = np.log(magnitude @ filters + 0.001)
    found = LogMel(YAMNET_FRONT_END)(sound)
    assert found.shape == (2, 198, 64)
    np.testing.assert_allclose(found.numpy(), expected, atol=1e-4)


def test_aisfx_front_end_equals_librosas() -> None:
    librosa = pytest.importorskip("librosa")
    sound = waveform(AISFX_FRONT_END)
    found = LogMel(AISFX_FRONT_END)(sound)
    for clip, expected_of in zip(found, sound.numpy(), strict=True):
        mel = librosa.feature.melspectrogram(
            y=expected_of / np.abs(expected_of).max(), sr=44100, n_fft=2048, hop_length=1024, n_mels=96,
            fmin=0, fmax=22050, htk=True, norm=1.0, pad_mode="constant", power=2.0,
        )  # fmt: skip
        expected = np.log10(10000 * mel.T + 1) / AISFX_RANGE
        assert clip.shape == expected.shape
        np.testing.assert_allclose(clip.numpy(), expected, atol=1e-5)


@pytest.mark.parametrize("name", NAMED)
def test_every_band_hears_something(name: str) -> None:
    assert (mel_filters(NAMED[name]).sum(axis=0) > 0).all()


@pytest.mark.parametrize("name", NAMED)
def test_a_clip_gives_the_same_alone_and_in_a_batch(name: str) -> None:
    front_end = NAMED[name]
    sound = waveform(front_end, clips=3)
    log_mel = LogMel(front_end)
    torch.testing.assert_close(log_mel(sound)[1:2], log_mel(sound[1:2]), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("name", NAMED)
def test_silence_is_finite(name: str) -> None:
    front_end = NAMED[name]
    assert LogMel(front_end)(torch.zeros(1, front_end.sample_rate)).isfinite().all()


def test_dividing_by_the_peak_makes_the_level_irrelevant() -> None:
    sound = waveform(AISFX_FRONT_END, clips=1)
    log_mel = LogMel(AISFX_FRONT_END)
    torch.testing.assert_close(log_mel(sound), log_mel(sound * 0.01), atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("name", NAMED)
def test_front_end_leaves_nothing_in_the_saved_model(name: str) -> None:
    assert LogMel(NAMED[name]).state_dict() == {}


def test_gradient_reaches_the_waveform() -> None:
    sound = waveform(YAMNET_FRONT_END, seconds=1, clips=1).requires_grad_()
    LogMel(replace(YAMNET_FRONT_END, power=2))(sound).sum().backward()
    assert sound.grad is not None
    assert sound.grad.abs().sum() > 0


def test_masking_hides_one_stretch_of_each_axis_and_leaves_its_input() -> None:
    torch.manual_seed(0)
    features = torch.ones(4, 50, 16)
    found = masked(features, steps=20, channels=8)
    assert (features == 1).all()
    assert set(found.unique().tolist()) == {0.0, 1.0}
    for clip in found == 0:
        steps, channels = clip.all(dim=1), clip.all(dim=0)
        assert steps.sum() <= 20
        assert channels.sum() <= 8
        assert (steps[:, None] | channels).equal(clip)
        assert steps.int().diff().abs().sum() <= 2
        assert channels.int().diff().abs().sum() <= 2


def test_masking_never_hides_a_whole_clip_and_can_be_off() -> None:
    torch.manual_seed(0)
    short = torch.ones(200, 3, 16)
    assert bool((masked(short, steps=50, channels=0).amax(dim=(1, 2)) == 1).all())
    assert torch.equal(masked(short, steps=0, channels=0), short)
    assert torch.equal(masked(short[:, :1], steps=5, channels=0), short[:, :1])
