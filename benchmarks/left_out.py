"""How general the frozen CNNs are: sounds of collections that a label probe has never met, beside those it knows.

    .venv/bin/python benchmarks/left_out.py --data FOLDER --pool FOLDER [--json OUT]

A linear probe on each clip's features (mean and maximum over time) learns the labels of folds 1-3, altered copies
included, without one source at a time; then it names that source's clips of folds 1-4 whose label it still knows.
Beside it stand the clips of fold 4 of all other sources, and those of the same source when it was trained on. Fold 5 is
not read.
`--pool` is a folder that a training of the same data set has filled.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from aaccore.config import Network
from aaccore.data.corpus import read_corpus
from aaccore.data.pool import load
from aaccore.model import CaptioningModel
from aaccore.panns import load_published
from aaccore.published import weights_path
from aaccore.recipe import DataSet

TRAINED, JUDGED = ("1", "2", "3"), "4"
LEFT_OUT: dict[str, tuple[str, ...]] = {
    "esc10 and esc50": ("esc10", "esc50"),
    "0ad-data": ("0ad-data",),
    "cc-sounds": ("cc-sounds",),
}
RIDGE = 0.1
"""Of the mean weighted power of a standardised channel."""


@dataclass(frozen=True)
class Clips:
    """Single clips and their features.

    Attributes:
        features: Mean, then maximum over time of each channel's square root, (clips, 2, channels).
        labels: One a clip.
        sources: Collection of each.
        folds: Fold of each.
        altered: Whether each is an altered copy.
    """

    features: Tensor
    labels: list[str]
    sources: list[str]
    folds: list[str]
    altered: list[bool]


def read_clips(data: Path, pool: Path) -> tuple[Clips, list[int]]:
    """Read the single clips of folds 1-4 out of the pool; also the number of channels of each CNN."""
    model = CaptioningModel(Network(width=8, heads=1), 8)  # only its CNNs are used
    for name, encoder in zip(("yamnet", "aisfx"), model.encoders, strict=True):
        load_published(encoder, load_file(weights_path(name)))  # type: ignore[arg-type]
    folds = (*TRAINED, JUDGED)
    corpus = read_corpus(data, DataSet(development=folds, validation=(), made_scenes=0, altered=1, backgrounds=150))
    found = Clips(torch.zeros(0), [], [], [], [])
    rows = []
    for sounds in corpus.development:
        stored = load(pool, [sounds], model)
        for row, sound in enumerate(sounds):
            if sound.scene is None or len(sound.scene.parts) > 1:
                continue
            steps = stored.features[stored.steps[row] : stored.steps[row + 1]].float().clamp_min(0).sqrt()
            rows.append(torch.stack([steps.mean(dim=0), steps.amax(dim=0)]))
            found.labels.append(sound.labels[0])
            found.sources.append(sound.scene.parts[0].clip.source or "")
            found.folds.append(sound.fold)
            found.altered.append(sound.seed is not None)
    channels = [int(encoder.channels) for encoder in model.encoders]  # type: ignore[arg-type]
    return Clips(torch.stack(rows), found.labels, found.sources, found.folds, found.altered), channels


@dataclass(frozen=True)
class Probe:
    """A linear probe: `(x - mean) * scale @ weights` scores each label."""

    mean: Tensor
    scale: Tensor
    weights: Tensor


def trained(x: Tensor, y: Tensor, labels: int) -> Probe:
    """Fit by ridge regression on standardised features; a label's clips weigh less the more there are.

    Args:
        x: (clips, channels) float32.
        y: Column of each clip's label, (clips,) long.
        labels: How many labels.
    """
    centre, scale = x.mean(dim=0), 1 / x.std(dim=0).clamp_min(1e-4)
    x = (x - centre) * scale
    targets = nn.functional.one_hot(y, labels).float()
    weight = torch.bincount(y, minlength=labels).float().rsqrt()[y][:, None]
    gram = x.T @ (weight * x)
    gram.diagonal().add_(RIDGE * float(gram.diagonal().mean()))
    return Probe(centre, scale, torch.cholesky_solve(x.T @ (weight * targets), torch.linalg.cholesky(gram)))


def right(probe: Probe, x: Tensor, labels: Sequence[str], known: Sequence[str]) -> float:
    """The share of clips whose likeliest label is theirs."""
    best = ((x - probe.mean) * probe.scale @ probe.weights).argmax(dim=1).tolist()
    hits = [known[index] == label for index, label in zip(best, labels, strict=True)]
    return float(sum(hits) / len(hits))


def scores(clips: Clips, x: Tensor, leave_out: Sequence[str]) -> dict[str, tuple[float, int]]:
    """Train without some sources: the share right and the number of clips, of each group that is judged."""
    count = range(len(clips.labels))
    learned = [n for n in count if clips.folds[n] in TRAINED and clips.sources[n] not in leave_out]
    known = sorted({clips.labels[n] for n in learned})
    column = {label: index for index, label in enumerate(known)}
    probe = trained(x[learned], torch.tensor([column[clips.labels[n]] for n in learned]), len(known))
    told = [n for n in count if clips.labels[n] in column and not clips.altered[n]]
    new = [n for n in told if clips.folds[n] == JUDGED and clips.sources[n] not in leave_out]
    groups = {"left out": [n for n in told if clips.sources[n] in leave_out], "fold 4": new}
    for name, sources in LEFT_OUT.items():
        groups[f"fold 4, {name} alone"] = [n for n in new if clips.sources[n] in sources]
    return {
        name: (right(probe, x[rows], [clips.labels[n] for n in rows], known), len(rows))
        for name, rows in groups.items()
        if rows
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--pool", type=Path, required=True)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    clips, channels = read_clips(options.data, options.pool)
    first, second = torch.split(clips.features, channels, dim=2)
    inputs = {"YAMNet": first.flatten(1), "aiSFX": second.flatten(1), "both": clips.features.flatten(1)}
    found: dict[str, dict[str, dict[str, tuple[float, int]]]] = {}
    print("| left out | judged on | clips | " + " | ".join(inputs) + " |\n|" + "---|" * (3 + len(inputs)))
    for name, sources in {"nothing": (), **LEFT_OUT}.items():
        found[name] = {cnn: scores(clips, x, sources) for cnn, x in inputs.items()}
        for group, (_, count) in found[name]["both"].items():
            if not sources or " alone" not in group:
                cells = " | ".join(f"{found[name][cnn][group][0]:.3f}" for cnn in inputs)
                print(f"| {name} | {group} | {count} | {cells} |", flush=True)
    if options.json:
        options.json.write_text(json.dumps(found, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
