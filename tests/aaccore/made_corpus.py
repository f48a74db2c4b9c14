"""A small data set: sixteen synthesised sounds of a second in four folds, with captions, written scenes and weights."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import soundfile
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from torch import nn

from aaccore.config import Network
from aaccore.data.pool import Pool
from aaccore.data.shards import Sound
from aaccore.model import KEYWORD_WORDS, CaptioningModel
from aaccore.panns import AUDIOSET_CLASSES, MobileNetV1
from aaccore.published import weights_folder
from aaccore.recipe import CaptionTraining, DataSet, LabelTraining, Training
from aaccore.tokenizer import Tokenizer

RATE = 16000
WRITTEN = {
    "dog_bark": ("A dog barks twice.", "Two barks come from a dog.", "A dog is barking loudly."),
    "rain": ("Rain falls on a roof.", "The steady patter of rain.", "Heavy rain pours down outside."),
    "church_bell": ("A church bell rings.", "The ringing of a church bell.", "A bell keeps tolling."),
    "door": ("A door slams shut.", "Someone shuts a door.", "A door is closed quickly."),
}
FOLDS = ("1", "2", "3", "4")
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

    A caption of fold 4 says "unspeakable", which no other one does. A "dog_bark" comes from the source "kennel".
    """
    (folder / "clips").mkdir(parents=True)
    rows, scenes = [], []
    for fold in FOLDS:
        for number, (label, captions) in enumerate(WRITTEN.items()):
            name = f"{label}_{fold}.wav"
            said = list(captions) if fold != "4" else [f"An unspeakable {label.replace('_', ' ')}.", *captions[1:]]
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


class InThisProcess(ThreadPoolExecutor):
    """Stands in for a pool of processes: works in this one, where a test can see what happens and make it fail."""

    def __init__(self, processes: int, mp_context: object) -> None:
        super().__init__(processes)


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


LABELS = ("church_bell", "dog_bark", "door", "rain")


def made_model(seed: int = 0) -> tuple[CaptioningModel, Tokenizer]:
    """An untrained model that knows the words of `WRITTEN`, with a keyword for each label, and its tokenizer."""
    tokenizer = Tokenizer.train(caption for captions in WRITTEN.values() for caption in captions)
    words = {"church_bell": "church bell", "dog_bark": "dog", "door": "door", "rain": "rain"}
    table = torch.zeros(len(LABELS) + AUDIOSET_CLASSES, KEYWORD_WORDS, dtype=torch.long)
    for row, label in zip(table, LABELS, strict=False):
        ids = tokenizer.ids(words[label])
        row[: len(ids)] = torch.tensor(ids)
    table[len(LABELS) :, 0] = torch.arange(4, len(tokenizer)).repeat(AUDIOSET_CLASSES)[:AUDIOSET_CLASSES]
    tags = tuple(f"tag {index}" for index in range(AUDIOSET_CLASSES))
    torch.manual_seed(seed)
    model = CaptioningModel(replace(NETWORK, labels=tuple(words.values()), tags=tags), len(tokenizer), table)
    randomised(model.encoders[0], seed)  # type: ignore[arg-type]
    return model.eval(), tokenizer


def made_pool(labels: Sequence[tuple[str, ...]], channels: int = 1024, seed: int = 0) -> Pool:
    """A pool of 4, 6 or 9 steps of noise for each tuple of labels, in folds 1 and 2 by turns.

    The more of a sound is `LABELS[i]`, the larger is its channel i: a label head can learn it.
    """
    generator = torch.Generator().manual_seed(seed)
    features, sounds = [], []
    for row, said in enumerate(labels):
        steps = (4, 6, 9)[row % 3]
        noise = torch.randn(steps, channels, generator=generator) + 2 * torch.randn(channels, generator=generator)
        noise = noise.relu()  # as the CNNs' features are
        for label in said:
            noise[:, LABELS.index(label)] += 40.0
        features.append(noise.half())
        captions = tuple(caption for label in said for caption in WRITTEN[label]) or ("Nothing.",)
        sounds.append(Sound(f"sound {row}", captions, said, str(1 + row % 2), None, 0, 0.32 * steps))
    starts = torch.tensor([0, *(len(part) for part in features)]).cumsum(0)
    return Pool(tuple(sounds), torch.cat(features), starts, torch.tensor([sound.seconds for sound in sounds]))


def small_training(**data: object) -> Training:
    """A run of a few steps: folds 1 and 2 for training, 3 for validation, 4 for nobody."""
    chosen = {
        "development": ("1", "2"), "validation": ("3",), "altered": 1, "made_scenes": 0, "backgrounds": 1, **data
    }  # fmt: skip
    return Training(
        network=NETWORK,
        data=DataSet(**chosen),  # type: ignore[arg-type]
        labels=LabelTraining(epochs=0.8, batch_size=4, clip_steps=2),
        captions=CaptionTraining(epochs=1.2, batch_size=4, warm_up=2, tag_captions=0.25, average=0.5),
        threads=1,
        checkpoint_s=3600,
    )
