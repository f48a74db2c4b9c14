"""PANNs encoders: log-mel in, a sequence of audio features out.

Cnn10 and Cnn14 are those of Kong et al., *PANNs: Large-Scale Pretrained Audio Neural Networks* (2020); their attribute
names are the published checkpoints'. `Cnn10Sfx` is aiSFX's variant (Ma and Lerch, 2022) of the same blocks.
`MobileNetV1`, one of the PANNs paper's encoders too, has YAMNet's strides and padding, its batch norms folded into the
convolutions.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from aaccore.config import AISFX_FRONT_END, PANNS_FRONT_END, YAMNET_FRONT_END, EncoderName, FrontEnd
from aaccore.errors import ModelError

AUDIOSET_CLASSES = 521
"""Classes of YAMNet's head (AudioSet's 527 less six)."""


class Encoder(nn.Module):
    """What all encoders state: their front end, the width of a step and its length in time.

    `forward` takes log-mels (batch, frames, mels) and returns (batch, steps, channels).
    """

    front_end: FrontEnd
    channels: int
    step_frames: int

    @property
    def step_s(self) -> float:
        """Seconds from one step to the next."""
        return self.step_frames * self.front_end.hop_length / self.front_end.sample_rate

    def samples_for(self, steps: int) -> int:
        """Length of the waveform, at the front end's rate, that gives exactly `steps` steps."""
        samples = steps * self.step_frames * self.front_end.hop_length
        edge = self.front_end.window_length - self.front_end.hop_length
        return samples + edge if self.front_end.centre == "none" else samples

    def steps_for(self, seconds: float) -> int:
        """How many steps cover so many seconds; at least one."""
        return max(1, math.ceil(seconds / self.step_s - 1e-6))


class ConvBlock(nn.Module):
    """Two 3x3 convolutions with batch norms and ReLUs."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=False)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.bn2 = nn.BatchNorm2d(out_channels)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, in_channels, frames, mels) -> (batch, out_channels, frames, mels)."""
        return F.relu(self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x))))))


class _Panns(Encoder):
    """The shared part of Cnn10 and Cnn14: batch norm over mels, blocks with average pooling, mean over mels."""

    front_end = PANNS_FRONT_END
    widths: tuple[int, ...]

    def __init__(self) -> None:
        super().__init__()
        self.bn0 = nn.BatchNorm2d(self.front_end.mels)
        for index, (before, after) in enumerate(zip((1, *self.widths), self.widths, strict=False), start=1):
            setattr(self, f"conv_block{index}", ConvBlock(before, after))

    def forward(self, log_mel: Tensor) -> Tensor:
        """(batch, frames, mels) -> (batch, steps, channels)."""
        x: Tensor = self.bn0(log_mel[:, None].transpose(1, 3)).transpose(1, 3)  # bn0 normalises each mel band
        pooled = int(math.log2(self.step_frames))
        for index in range(1, len(self.widths) + 1):
            x = getattr(self, f"conv_block{index}")(x)
            if index <= pooled:
                x = F.avg_pool2d(x, 2)
        return x.mean(dim=3).transpose(1, 2)  # (batch, steps, channels)

    def last_block(self) -> nn.Module:
        """What learns where only the last block does."""
        return cast(nn.Module, getattr(self, f"conv_block{len(self.widths)}"))


class Cnn10(_Panns):
    """PANNs' Cnn10: four blocks, 512 wide, a step every 16 frames (0.16 s)."""

    widths = (64, 128, 256, 512)
    channels = 512
    step_frames = 16


class Cnn14(_Panns):
    """PANNs' Cnn14: six blocks, 2048 wide, a step every 32 frames (0.32 s); the last block is not pooled."""

    widths = (64, 128, 256, 512, 1024, 2048)
    channels = 2048
    step_frames = 32


class Cnn10Sfx(Encoder):
    """aiSFX's CNN: Cnn10's blocks on 96 mels at 44.1 kHz, max-pooled after the first three; a step every 0.186 s."""

    front_end = AISFX_FRONT_END
    channels = 512
    step_frames = 8

    def __init__(self) -> None:
        super().__init__()
        self.conv_block1 = ConvBlock(1, 64)
        self.conv_block2 = ConvBlock(64, 128)
        self.conv_block3 = ConvBlock(128, 256)
        self.conv_block4 = ConvBlock(256, 512)

    def forward(self, log_mel: Tensor) -> Tensor:
        """(batch, frames, mels) -> (batch, steps, channels)."""
        x = log_mel[:, None]
        for block in (self.conv_block1, self.conv_block2, self.conv_block3):
            x = F.max_pool2d(block(x), 2)
        return cast(Tensor, self.conv_block4(x)).mean(dim=3).transpose(1, 2)  # (batch, steps, channels)

    def last_block(self) -> nn.Module:
        """What learns where only the last block does."""
        return self.conv_block4


class SeparableBlock(nn.Module):
    """A 3x3 convolution of each channel by itself, then a 1x1 across channels; ReLU after each."""

    def __init__(self, in_channels: int, out_channels: int, stride: int) -> None:
        super().__init__()
        padding = 1 if stride == 1 else 0
        self.depthwise = nn.Conv2d(in_channels, in_channels, 3, stride, padding, groups=in_channels)
        self.pointwise = nn.Conv2d(in_channels, out_channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, in_channels, frames, mels) -> (batch, out_channels, frames / stride, mels / stride)."""
        if self.depthwise.stride[0] == 2:
            x = F.pad(x, (0, 1, 0, 1))
        return F.relu(self.pointwise(F.relu(self.depthwise(x))))


class MobileNetV1(Encoder):
    """YAMNet's MobileNetV1: 1024 wide, a step every 32 frames (0.32 s), with its head of 521 AudioSet classes."""

    front_end = YAMNET_FRONT_END
    channels = 1024
    step_frames = 32
    patch_frames = 96
    plan = (
        (64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2),
        (512, 1), (512, 1), (512, 1), (512, 1), (512, 1), (1024, 2), (1024, 1),
    )  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(1, 32, 3, 2)
        widths = (32, *(width for width, _ in self.plan))
        self.blocks = nn.ModuleList(
            SeparableBlock(before, after, stride) for before, (after, stride) in zip(widths, self.plan, strict=False)
        )
        self.classifier = nn.Linear(1024, AUDIOSET_CLASSES)

    def forward(self, log_mel: Tensor) -> Tensor:
        """(batch, frames, mels) -> (batch, steps, channels): the mean over the two mel rows that are left.

        The network learnt on patches of 0.96 s and its padding; on longer inputs its head knows far less. So the sound
        is cut into such patches, the last one filled with silence, and their steps are put in a row again.
        """
        batch, frames, mels = log_mel.shape
        patches = -(-frames // self.patch_frames)
        x = F.pad(log_mel, (0, 0, 0, patches * self.patch_frames - frames), value=math.log(0.001))
        x = x.reshape(batch * patches, 1, self.patch_frames, mels)
        x = F.relu(self.stem(F.pad(x, (0, 1, 0, 1))))
        for block in self.blocks:
            x = block(x)
        x = x.mean(dim=3).transpose(1, 2).reshape(batch, -1, self.channels)  # (batch, 3 a patch, channels)
        return x[:, : max(1, -(-frames // self.step_frames))]  # (batch, steps, channels)

    def last_block(self) -> nn.Module:
        """What learns where only the last block does: both layers of full width."""
        return self.blocks[-2:]

    def tags(self, steps: Tensor) -> Tensor:
        """Scores of the 521 AudioSet classes.

        Args:
            steps: Output of `forward`, (batch, steps, channels).

        Returns:
            Logits of the clip as a whole, (batch, 521).
        """
        return cast(Tensor, self.classifier(steps.mean(dim=1)))


ENCODERS: dict[EncoderName, Callable[[], Encoder]] = {
    "mobilenet_v1": MobileNetV1,
    "cnn10_sfx": Cnn10Sfx,
    "cnn10": Cnn10,
    "cnn14": Cnn14,
}


def load_published(encoder: Encoder, state: Mapping[str, Tensor]) -> None:
    """Load a published checkpoint's state; what it has beside the encoder (front end, AudioSet head) is left out.

    Raises:
        ModelError: A weight is missing or has another shape.
    """
    own = encoder.state_dict()
    missing = [name for name in own if name not in state and not name.endswith("num_batches_tracked")]
    wrong = [name for name in own if name in state and own[name].shape != state[name].shape]
    if missing or wrong:
        name = (missing + wrong)[0]
        what = "is missing" if missing else f"has shape {tuple(state[name].shape)}, not {tuple(own[name].shape)}"
        raise ModelError(f"not weights of {type(encoder).__name__}: {name} {what}")
    with torch.no_grad():
        encoder.load_state_dict({name: state.get(name, value) for name, value in own.items()})
