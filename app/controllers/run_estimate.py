"""What a run will take: sounds, steps, disk, and time as far as earlier runs tell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from aaccore.config import EncoderName, Network
from aaccore.recipe import DataSet, Training
from app.run_row import RunRow

CHANNELS: dict[EncoderName, int] = {"mobilenet_v1": 1024, "cnn10_sfx": 512, "cnn10": 512, "cnn14": 2048}
WEIGHTS: dict[EncoderName, float] = {"mobilenet_v1": 3.8e6, "cnn10_sfx": 5.2e6, "cnn10": 5.2e6, "cnn14": 80.8e6}
STEPS_A_SECOND, FRAMES_A_SECOND, MELS = 3.1, 100, 64
HALF, SINGLE = 2, 4
"""Bytes of a number: features are kept as halves."""
VOCABULARY = 4500
MODELS_KEPT, STATE_COPIES = 3, 3
"""A run keeps its best, newest and final model, and with the newest the optimiser's two moments and the average."""


@dataclass(frozen=True)
class Estimate:
    """What a run will take.

    Attributes:
        sounds: Sounds of an epoch; written scenes come on top.
        steps: Of the caption phase.
        bytes: Room on disk.
        time_s: Time; None where no earlier run tells.
        like: The run that the time was measured on.
    """

    sounds: int
    steps: int
    bytes: int
    time_s: float | None = None
    like: str = ""


def estimate(options: Training, clips: Sequence[Mapping[str, int]], rows: Iterable[RunRow]) -> Estimate:
    """Estimate what a run takes.

    Args:
        options: Its settings.
        clips: Clips of each fold or split, for each of its data sets.
        rows: Earlier runs: the speed of a like one is taken.
    """
    captions = options.captions
    sets = list(zip((options.data, *options.more_data), clips, strict=True))
    sounds = sum(_trained_on(data, found) for data, found in sets)
    seconds = sum((_trained_on(data, found) + _judged_on(data, found)) * data.longest_s for data, found in sets)
    pool = min(seconds * bytes_a_second(options), options.data.cache_gb * 1e9)
    learnt = parameters(options.network)
    kept = learnt * SINGLE * MODELS_KEPT + learnt * SINGLE * STATE_COPIES
    found = Estimate(sounds, round(captions.epochs * sounds / captions.batch_size), round(pool + kept))
    for row in rows:
        if row.last and row.last.clips_per_s > 0 and row.options and _alike(row.options, options):
            time_s = captions.epochs * sounds / row.last.clips_per_s
            return Estimate(found.sounds, found.steps, found.bytes, time_s, row.name)
    return found


def _trained_on(data: DataSet, clips: Mapping[str, int]) -> int:
    """Sounds of an epoch; only clips in folds are altered and made into scenes."""
    folds = data.kind == "folds"
    per_fold = data.backgrounds + data.made_scenes if folds else 0
    return sum(clips.get(fold, 0) * (1 + data.altered * folds) + per_fold for fold in data.development)


def _judged_on(data: DataSet, clips: Mapping[str, int]) -> int:
    return sum(clips.get(fold, 0) for fold in data.validation)


def bytes_a_second(options: Training) -> float:
    """What a second of sound takes in the store of features: of frozen CNNs their output, else log-mels."""
    if options.encoder.trained == "none":
        return sum(CHANNELS[name] for name in options.network.encoders) * STEPS_A_SECOND * HALF
    return len(options.network.encoders) * FRAMES_A_SECOND * MELS * HALF


def parameters(network: Network) -> float:
    """About how many weights a model has."""
    width, inner = network.width, network.feedforward
    encoder = network.encoder_layers * (4 * width**2 + 2 * width * inner)
    decoder = network.decoder_layers * (8 * width**2 + 2 * width * inner)
    return sum(WEIGHTS[name] for name in network.encoders) + encoder + decoder + VOCABULARY * width


def _alike(first: Training, second: Training) -> bool:
    """Whether the speed of one run tells that of the other."""
    return (
        (first.network.encoders, first.encoder.trained, first.device, first.precision)
        == (second.network.encoders, second.encoder.trained, second.device, second.precision)
        and (first.network.width, first.network.encoder_layers, first.network.decoder_layers)
        == (second.network.width, second.network.encoder_layers, second.network.decoder_layers)
    )  # fmt: skip
