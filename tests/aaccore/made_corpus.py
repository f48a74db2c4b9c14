"""A small data set: twelve synthesised sounds of a second in three folds, with captions, written scenes and weights."""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path

import numpy as np
import soundfile
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from torch import nn

from aaccore.config import CaptionTraining, DataSet, Network, SoundTraining, Training
from aaccore.panns import MobileNetV1
from aaccore.published import weights_folder

RATE = 16000
WRITTEN = {
    "dog_bark": ("A dog barks twice.", "Two barks come from a dog.", "A dog is barking loudly."),
    "rain": ("Rain falls on a roof.", "The steady patter of rain.", "Heavy rain pours down outside."),
    "church_bell": ("A church bell rings.", "The ringing of a church bell.", "A bell keeps tolling."),
    "door": ("A door slams shut.", "Someone shuts a door.", "A door is closed quickly."),
}
FOLDS = ("1", "2", "3")
NETWORK = Network(
    encoders=("mobilenet_v1",), width=16, heads=2, feedforward=32, encoder_layers=1, decoder_layers=1, dropout=0.1,
    keywords=2,
)  # fmt: skip


def sound_of(label: str, seed: int) -> NDArray[np.float64]:
    """A second of something that is unlike the other labels: (samples,) at `RATE`."""
    rng, t = np.random.default_rng(seed), np.arange(RATE) / RATE
    if label == "rain":
        return 0.1 * rng.standard_normal(RATE)
    if label == "church_bell":
        return 0.5 * np.sin(2 * np.pi * rng.uniform(600, 900) * t) * np.exp(-3 * t)
    barks = (0.1, 0.5) if label == "dog_bark" else (0.3,)
    noise = 0.5 * rng.standard_normal(RATE)
    return noise * sum(np.exp(-30 * np.maximum(0, t - start)) * (t >= start) for start in barks)


def write_corpus(folder: Path, folds_with_files: tuple[str, ...] = FOLDS) -> Path:
    """Write `captions.csv`, `scenes.csv` and `clips/`; files of folds that are left out are named but not there.

    A caption of fold 3 says "unspeakable", which no other one does. A "dog_bark" comes from the source "kennel".
    """
    (folder / "clips").mkdir(parents=True)
    rows, scenes = [], []
    for fold in FOLDS:
        for number, (label, captions) in enumerate(WRITTEN.items()):
            name = f"{label}_{fold}.wav"
            said = list(captions) if fold != "3" else [f"An unspeakable {label.replace('_', ' ')}.", *captions[1:]]
            source = "kennel" if label == "dog_bark" else "made"
            rows.append([name, *said, label, fold, "1.0", source, f"{label} {fold}"])
            if fold in folds_with_files:
                soundfile.write(folder / "clips" / name, sound_of(label, 10 * int(fold) + number), RATE)
        scenes.append(
            [f"scene_{fold}", fold, "in turn", f"dog_bark_{fold}.wav;door_{fold}.wav", "0.0;0.9", "0.0;-2.0", "1.9",
             "A dog barks, then a door slams shut.", "A door is shut after a dog has barked."]
        )  # fmt: skip
    header = ["file_name", "caption_1", "caption_2", "caption_3", "label", "fold", "seconds", "source", "source_id"]
    _write_csv(folder / "captions.csv", header, rows)
    columns = ["scene", "fold", "kind", "files", "starts_s", "gains_db", "seconds", "caption_1", "caption_2"]
    _write_csv(folder / "scenes.csv", columns, scenes)
    return folder


def _write_csv(path: Path, header: list[str], rows: list[list[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([header, *rows])


def randomised(encoder: MobileNetV1, seed: int = 0) -> MobileNetV1:
    """Seeded weights whose activations keep their size through the layers."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for module in encoder.modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                scale = (2 / module.weight[0].numel()) ** 0.5
                module.weight.copy_(torch.randn(module.weight.shape, generator=generator) * scale)
                assert module.bias is not None
                module.bias.zero_()
        encoder.classifier.weight.mul_(0.1)
        encoder.classifier.bias.fill_(-2.0)
    return encoder.eval()


def write_weights(cache: Path) -> Path:
    """Write a cache folder with random weights in place of YAMNet's published ones."""
    weights_folder(cache).mkdir(parents=True)
    path = weights_folder(cache) / "yamnet.safetensors"
    save_file({name: value.contiguous() for name, value in randomised(MobileNetV1()).state_dict().items()}, path)
    path.with_suffix(".sha256").write_text(hashlib.sha256(path.read_bytes()).hexdigest())
    return cache


def small_training(**data: object) -> Training:
    """A run of a few steps: folds 1 for training, 2 for validation, 3 for nobody."""
    chosen = {"development": ("1",), "validation": ("2",), "altered": 1, "made_scenes": 0, "backgrounds": 1, **data}
    return Training(
        network=NETWORK,
        data=DataSet(**chosen),  # type: ignore[arg-type]
        sounds=SoundTraining(epochs=1.2, batch_size=4, mask_frames=8, mask_mels=4, warm_up=1),
        captions=CaptionTraining(epochs=2.4, batch_size=4, warm_up=2, tag_captions=0.25, average=0.5),
        threads=1,
        checkpoint_s=3600,
    )
