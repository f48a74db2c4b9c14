"""Log-mel front ends by config: the PANNs' one, YAMNet's and aiSFX's.

The filters are computed here, so that captioning needs no torchaudio; the parity tests hold them against torchlibrosa
and librosa. SpecAugment, used in training only, is torchaudio's.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from aaccore.config import FrontEnd

AISFX_RANGE = 9.457798957824707
"""Largest log10(10000 x + 1) in aiSFX's training data (Ma and Lerch, 2022): its spectra are divided by it."""


def hz_to_mel(hz: NDArray[np.float64], scale: str) -> NDArray[np.float64]:
    """Frequency to mel by the HTK formula or Slaney's (linear below 1 kHz, logarithmic above)."""
    if scale == "htk":
        return 2595.0 * np.log10(1.0 + hz / 700.0)
    linear, step = hz / (200.0 / 3), np.log(6.4) / 27.0
    return np.where(hz < 1000.0, linear, 15.0 + np.log(np.maximum(hz, 1000.0) / 1000.0) / step)


def mel_to_hz(mel: NDArray[np.float64], scale: str) -> NDArray[np.float64]:
    """The inverse of `hz_to_mel`."""
    if scale == "htk":
        return 700.0 * (10.0 ** (mel / 2595.0) - 1.0)
    return np.where(mel < 15.0, mel * (200.0 / 3), 1000.0 * np.exp((mel - 15.0) * np.log(6.4) / 27.0))


def mel_filters(front_end: FrontEnd) -> NDArray[np.float32]:
    """Triangular mel filters.

    Returns:
        Weights, (n_fft // 2 + 1, mels) float32.
    """
    bins = np.linspace(0.0, front_end.sample_rate / 2, front_end.n_fft // 2 + 1)
    ends = hz_to_mel(np.array([front_end.low_hz, front_end.high_hz]), front_end.mel_scale)
    edges = mel_to_hz(np.linspace(ends[0], ends[1], front_end.mels + 2), front_end.mel_scale)
    rising = (bins[:, None] - edges[None, :-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[None, 2:] - bins[:, None]) / (edges[2:] - edges[1:-1])
    weights = np.maximum(0.0, np.minimum(rising, falling))  # (bins, mels)
    if front_end.mel_norm == "slaney":
        weights *= 2.0 / (edges[2:] - edges[:-2])
    elif front_end.mel_norm == "sum":
        weights /= np.maximum(weights.sum(axis=0), 1e-10)
    return weights.astype(np.float32)


class LogMel(nn.Module):
    """Waveform to log-mel by a `FrontEnd`. Has no weights: its window and filters are not saved."""

    window: Tensor
    filters: Tensor

    def __init__(self, front_end: FrontEnd) -> None:
        super().__init__()
        self.front_end = front_end
        window = torch.hann_window(front_end.window_length, periodic=True)
        self.register_buffer("window", window, persistent=False)
        self.register_buffer("filters", torch.from_numpy(mel_filters(front_end)), persistent=False)

    def forward(self, waveform: Tensor) -> Tensor:
        """Compute the log-mel spectrogram.

        Args:
            waveform: Sound at `front_end.sample_rate`, (batch, samples) float32 in [-1, 1].

        Returns:
            (batch, frames, mels); without centring a frame needs the whole window.
        """
        front_end = self.front_end
        if front_end.divide_by_peak:
            waveform = waveform / waveform.abs().amax(dim=1, keepdim=True).clamp_min(1e-5)
        spectrum = torch.stft(
            self._padded(waveform),
            front_end.n_fft,
            hop_length=front_end.hop_length,
            win_length=front_end.window_length,
            window=self.window,
            center=False,
            return_complex=True,
        )  # (batch, bins, frames)
        power = spectrum.abs() if front_end.power == 1 else spectrum.real.square() + spectrum.imag.square()
        mel = power.transpose(1, 2) @ self.filters  # (batch, frames, mels)
        if front_end.compression == "db":
            return 10.0 * torch.log10(mel.clamp_min(1e-10))
        if front_end.compression == "log":
            return torch.log(mel + 0.001)
        return torch.log10(10000.0 * mel + 1.0) / AISFX_RANGE

    def _padded(self, waveform: Tensor) -> Tensor:
        front_end = self.front_end
        if front_end.centre == "none":  # torch centres a short window in n_fft; its first sample shall be the frame's
            side = (front_end.n_fft - front_end.window_length) // 2
            return F.pad(waveform, (side, front_end.n_fft - front_end.window_length - side))
        side = front_end.n_fft // 2
        if front_end.centre == "reflect":
            return F.pad(waveform[:, None], (side, side), mode="reflect")[:, 0]
        return F.pad(waveform, (side, side))


def masked(features: Tensor, steps: int, channels: int) -> Tensor:
    """Hide one stretch of time and one of channels in each clip: SpecAugment (Park et al., 2019), by torchaudio.

    Args:
        features: (batch, steps, channels).
        steps: Longest stretch of time that is hidden.
        channels: Widest stretch of channels that is hidden.

    Returns:
        A copy with zeros there, (batch, steps, channels).
    """
    from torchaudio.functional import mask_along_axis_iid

    x = features[:, None]  # (batch, 1, steps, channels)
    for axis, widest in ((2, min(steps, features.shape[1] - 1)), (3, channels)):
        if widest > 0:
            x = mask_along_axis_iid(x, widest, 0.0, axis)
    return x[:, 0]
