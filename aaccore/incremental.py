"""Hearing a stream: log-mels and CNN steps whose receptive field has been heard are computed once and kept.

A window's features are the kept steps and, at its end, provisional ones that still lack what follows; these are
computed again the next time. Where `CaptioningModel.log_mels` scales each window by its peak, a stream is scaled by a
slow causal gain, so that a step that is kept does not depend on what comes later.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import soxr
import torch
from numpy.typing import NDArray
from torch import Tensor

from aaccore.features import LogMel
from aaccore.model import CaptioningModel
from aaccore.panns import Cnn10, Cnn10Sfx, Cnn14, Encoder, MobileNetV1

Samples = NDArray[np.float32]

CONTEXT_STEPS: dict[type[Encoder], int] = {Cnn10: 2, Cnn10Sfx: 4, Cnn14: 4}
"""Steps to either side that a step sees: two 3x3 convolutions a block reach 2 (2^blocks - 1) frames."""
GAIN_FRAME_S = 0.02
"""The gain is decided in pieces of this length, which is also what it holds back."""


class CausalGain:
    """Scale a stream to a peak of about 1 by what was heard so far: down at once, up slowly.

    Args:
        sample_rate: Of the stream, Hz.
        release_db: How fast the gain rises again after something loud, dB/s.
        highest_db: The gain never exceeds this.
        first_db: Where it begins, if that is lower: how loud a stream is must not be learnt from full gain downwards.
    """

    def __init__(self, sample_rate: int, release_db: float, highest_db: float, first_db: float = float("inf")) -> None:
        self.frame = max(1, round(GAIN_FRAME_S * sample_rate))
        self.decay = 10 ** (-release_db * self.frame / sample_rate / 20)
        self.least = 10 ** (-highest_db / 20)
        self.peak = max(self.least, 10 ** (-first_db / 20))
        self.gain = 1 / self.peak
        self.held = np.zeros(0, np.float32)

    def scale(self, samples: Samples) -> Samples:
        """Scale the whole frames of what has come: (samples,) -> (samples,) at most a frame behind."""
        held = np.concatenate([self.held, samples])
        count = len(held) // self.frame
        frames, self.held = held[: count * self.frame].reshape(count, self.frame), held[count * self.frame :]
        gains = np.empty(count + 1)
        gains[0] = self.gain
        for index, peak in enumerate(np.abs(frames).max(axis=1, initial=0.0)):
            self.peak = max(float(peak), self.peak * self.decay, self.least)
            gains[index + 1] = 1 / self.peak
        self.gain = float(gains[-1])
        ramp = np.arange(1, self.frame + 1) / self.frame  # from one frame's gain to the next without a jump
        curve = gains[:-1, None] + (gains[1:] - gains[:-1])[:, None] * ramp
        return np.asarray(frames * curve, np.float32).reshape(-1)


class Resampler:
    """Change the rate of a stream by soxr."""

    def __init__(self, source_rate: int, target_rate: int) -> None:
        self.stream: Any = None
        if source_rate != target_rate:
            self.stream = soxr.ResampleStream(source_rate, target_rate, 1, dtype="float32", quality="HQ")

    def resample(self, samples: Samples) -> Samples:
        """(samples,) -> (samples,) as far as they are known."""
        if self.stream is None:
            return samples
        found: Samples = self.stream.resample_chunk(np.ascontiguousarray(samples))
        return found


class StreamedLogMel:
    """A stream's log-mel frames; at the stream's start a centred frame reaches into silence."""

    def __init__(self, log_mel: LogMel) -> None:
        front_end = log_mel.front_end
        self.front_end = front_end
        self.log_mel = LogMel(replace(front_end, centre="none", divide_by_peak=False)).to(log_mel.window.device)
        self.held = np.zeros(0 if front_end.centre == "none" else front_end.window_length // 2, np.float32)

    def frames(self, samples: Samples) -> Tensor:
        """The frames that are complete with these samples: (samples,) -> (frames, mels)."""
        window, hop = self.front_end.window_length, self.front_end.hop_length
        held = np.concatenate([self.held, samples])
        count = (len(held) - window) // hop + 1
        if count < 1:
            self.held = held
            return self.log_mel.window.new_zeros(0, self.front_end.mels)
        self.held = held[count * hop :]
        waveform = torch.from_numpy(held[: (count - 1) * hop + window]).to(self.log_mel.window.device)
        found: Tensor = self.log_mel(waveform[None])[0]
        return found


class StreamedEncoder:
    """A CNN's steps of a stream.

    Args:
        encoder: The CNN, in evaluation mode.

    Attributes:
        kept: The steps that are final and not forgotten, (steps, channels).
        provisional: The steps after them that lack what follows, (steps, channels).
        first: Number of the first step in `kept`, counted from the stream's start.
    """

    def __init__(self, encoder: Encoder) -> None:
        self.encoder = encoder
        weights = next(encoder.parameters())
        self.kept = self.provisional = weights.new_zeros(0, encoder.channels)
        self.first = 0
        self._frames = weights.new_zeros(0, encoder.front_end.mels)
        self._from = 0  # the step at which the held frames begin

    @property
    def done(self) -> int:
        """How many steps are final, counted from the stream's start."""
        return self.first + len(self.kept)

    @property
    def heard(self) -> int:
        """How many steps there are, provisional ones included."""
        return self.done + len(self.provisional)

    def hear(self, frames: Tensor) -> None:
        """Take further log-mel frames, (frames, mels), and compute what they complete."""
        self._frames = torch.cat([self._frames, frames])
        steps = self._from + len(self._frames) // self.encoder.step_frames
        if steps == self.heard:
            return
        if isinstance(self.encoder, MobileNetV1):
            self._hear_patches(steps)
        else:
            self._hear_context(steps, CONTEXT_STEPS[type(self.encoder)])

    def forget(self, steps: int) -> None:
        """Keep only so many of the latest final steps."""
        beyond = max(0, len(self.kept) - steps)
        self.kept, self.first = self.kept[beyond:], self.first + beyond

    def steps(self, first: int) -> Tensor:
        """All steps from number `first` on, (steps, channels)."""
        return torch.cat([self.kept, self.provisional])[max(0, first - self.first) :]

    def _hear_context(self, steps: int, context: int) -> None:
        """Run the convolutions over what is new and as much before it as they see."""
        found = self._run(self._from, steps)[self.done - self._from :]
        final = max(0, steps - context - self.done)
        self.kept = torch.cat([self.kept, found[:final]])
        self.provisional = found[final:]
        self._drop(max(0, self.done - context))

    def _hear_patches(self, steps: int) -> None:
        """Run the patches that are complete; what follows them is the end of a patch that ends now."""
        assert isinstance(self.encoder, MobileNetV1)
        patch = self.encoder.patch_frames // self.encoder.step_frames
        whole = steps // patch * patch
        if whole > self.done:
            self.kept = torch.cat([self.kept, self._run(self.done, whole)])
        begin = max(0, steps - patch)
        rest = steps - whole
        self.provisional = self._run(begin, steps)[-rest:] if rest else self.kept[:0]
        self._drop(max(0, self.done - patch))

    def _run(self, first: int, end: int) -> Tensor:
        size = self.encoder.step_frames
        frames = self._frames[(first - self._from) * size : (end - self._from) * size]
        found: Tensor = self.encoder(frames[None])[0]
        return found

    def _drop(self, first: int) -> None:
        self._frames = self._frames[(first - self._from) * self.encoder.step_frames :]
        self._from = first


class StreamedFeatures:
    """A model's joined features of a stream.

    Args:
        model: In evaluation mode.
        sample_rate: Of the stream, Hz.
        gain: None takes the stream as it is.
        longest_s: The longest window that will be asked for, s.
    """

    def __init__(self, model: CaptioningModel, sample_rate: int, gain: CausalGain | None, longest_s: float) -> None:
        self.model, self.gain, self.longest_s = model, gain, longest_s
        self.to_model = Resampler(sample_rate, model.sample_rate)
        self.encoders = [StreamedEncoder(encoder) for encoder in model.encoders if isinstance(encoder, Encoder)]
        self.log_mels = [StreamedLogMel(module) for module in model.front_ends if isinstance(module, LogMel)]
        rates = [encoder.encoder.front_end.sample_rate for encoder in self.encoders]
        self.resamplers = [Resampler(model.sample_rate, rate) for rate in rates]

    @property
    def heard_s(self) -> float:
        """How far into the stream there are features, s."""
        return min(encoder.heard * encoder.encoder.step_s for encoder in self.encoders)

    @torch.inference_mode()
    def hear(self, samples: Samples) -> None:
        """Take further samples, (samples,) of any length."""
        waveform = self.to_model.resample(self.gain.scale(samples) if self.gain else samples)
        for encoder, log_mel, resampler in zip(self.encoders, self.log_mels, self.resamplers, strict=True):
            encoder.hear(log_mel.frames(resampler.resample(waveform)))
            encoder.forget(round(self.longest_s / encoder.encoder.step_s) + 4)

    @torch.inference_mode()
    def window(self, start_s: float) -> tuple[Tensor, float]:
        """The features from `start_s` (counted from the stream's start) to what was heard last.

        Returns:
            (1, steps, channels) on the coarsest encoder's steps, and the second at which they begin.
        """
        span_s = self.model.step_s
        end = int(self.heard_s / span_s + 1e-6)
        first = min(max(0, round(start_s / span_s)), max(0, end - 1))
        parts = [averaged(encoder, first * span_s, span_s, end - first) for encoder in self.encoders]
        return torch.cat(parts, dim=1)[None], first * span_s


def averaged(encoder: StreamedEncoder, start_s: float, span_s: float, spans: int) -> Tensor:
    """Average an encoder's steps on time spans that may be longer, weighted by how much they overlap.

    Returns:
        (spans, channels) from `start_s` (counted from the stream's start) on.
    """
    step_s = encoder.encoder.step_s
    first = max(encoder.first, int(start_s / step_s + 1e-6))
    steps = encoder.steps(first)
    begins = (first + np.arange(len(steps)))[None] * step_s
    froms = start_s + np.arange(spans)[:, None] * span_s
    overlap = np.minimum(begins + step_s, froms + span_s) - np.maximum(begins, froms)
    weights: NDArray[np.float64] = np.maximum(overlap, 0.0)
    weights /= weights.sum(axis=1, keepdims=True)
    return torch.from_numpy(weights).to(steps) @ steps
