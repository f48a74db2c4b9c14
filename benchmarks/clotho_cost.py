"""What training by `resources/recipes/clotho.toml` costs on all of Clotho: counted and measured, then extrapolated.

    .venv/bin/python benchmarks/clotho_cost.py --captions clotho_captions_development.csv [--rows 8] [--sustained 10]

One part of a step is done with sound of Clotho's mean length (noise; what it says does not matter) and real captions:
operations are counted by torch's counter, what is kept for the backward pass by its size, time by the clock on one
thread. A run is 3,839 clips as often as the recipe says. Hours on a GPU follow from `--sustained` tera-operations a
second, which is to be put in for the GPU at hand: it is not measured. Rows: the CNN frozen (its features are computed
once), and trained from log-mels.
"""

from __future__ import annotations

import argparse
import csv
import time
from dataclasses import replace
from pathlib import Path
from typing import Literal

import torch
from torch.utils.flop_counter import FlopCounterMode

from aaccore.caption_training import CaptionLesson
from aaccore.config import from_toml
from aaccore.data.batches import Batch, Heard, padded
from aaccore.learner import freeze
from aaccore.model import CaptioningModel
from aaccore.recipe import Training, recipes
from aaccore.tokenizer import Tokenizer

CLIPS, SECONDS = 3839, 22.5
"""Clotho's development split, and a clip's mean length."""


def read_captions(path: Path) -> list[str]:
    """All captions of one of Clotho's tables."""
    with path.open(encoding="utf-8", newline="") as stream:
        return [row[f"caption_{number}"] for row in csv.DictReader(stream) for number in range(1, 6)]


class Kept:
    """Counts what is kept for the backward pass, each storage once."""

    def __init__(self) -> None:
        self.sizes: dict[int, int] = {}
        self.storages: list[torch.UntypedStorage] = []

    def pack(self, x: torch.Tensor) -> torch.Tensor:
        """Count a tensor."""
        storage = x.untyped_storage()
        if storage.data_ptr() not in self.sizes:
            self.sizes[storage.data_ptr()] = storage.nbytes()
            self.storages.append(storage)  # so that no other takes its place
        return x

    @property
    def gb(self) -> float:
        """All of it, GB."""
        return sum(self.sizes.values()) / 1e9


def make_batch(model: CaptioningModel, tokenizer: Tokenizer, captions: list[str], log_mels: bool) -> Batch:
    """One part of a step."""
    rows = len(captions)
    waveforms = 0.1 * torch.randn(rows, round(SECONDS * model.sample_rate))
    with torch.no_grad():
        parts = tuple(model.log_mels(waveforms))
        if not log_mels:
            model.eval()
            parts = (torch.cat([model.features([part[row : row + 1] for part in parts]) for row in range(rows)]),)
    lengths = tuple(torch.full((rows,), part.shape[1]) for part in parts)
    heard = Heard(parts, lengths, torch.full((rows,), SECONDS), log_mels)
    tokens = padded([tuple(tokenizer.encode(caption)) for caption in captions])
    every = torch.ones(rows)
    return Batch(
        heard, None, None, tokens, torch.zeros_like(tokens), every, every.bool(), tuple(range(rows)),
        torch.zeros(rows, dtype=torch.long),
    )  # fmt: skip


def measure(options: Training, tokenizer: Tokenizer, captions: list[str]) -> tuple[float, float, float, float]:
    """Of one clip in training: tera-operations, GB kept, s on one thread; and million weights that learn."""
    model = CaptioningModel(options.network, len(tokenizer))
    lesson = CaptionLesson(model, options.captions, options.encoder)
    batch = make_batch(model, tokenizer, captions, options.encoder.trained == "all")
    lesson.train()
    freeze(model, options)
    tokens, kept = int((batch.tokens[:, 1:] != 0).sum()), Kept()
    with FlopCounterMode(display=False) as counter, torch.autograd.graph.saved_tensors_hooks(kept.pack, lambda x: x):
        lesson(batch, tokens, len(captions), 1)[0].backward()
    weights = {p.untyped_storage().data_ptr(): p.numel() for p in lesson.parameters()}
    held = kept.gb - sum(4 * n for pointer, n in weights.items() if pointer in kept.sizes) / 1e9
    began = time.perf_counter()
    lesson(batch, tokens, len(captions), 2)[0].backward()
    seconds = time.perf_counter() - began
    learns = sum(p.numel() for p in lesson.parameters() if p.requires_grad)
    rows = len(captions)
    return counter.get_total_flops() / rows / 1e12, held / rows, seconds / rows, learns / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--captions", type=Path, required=True)
    parser.add_argument("--rows", type=int, default=8)
    parser.add_argument("--sustained", type=float, default=10.0, help="tera-operations a second of the GPU at hand")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    base = from_toml(Training, recipes() / "clotho.toml")
    captions = read_captions(chosen.captions)
    tokenizer = Tokenizer.train(captions)
    part = base.captions.batch_size // base.captions.accumulate
    clips = base.captions.epochs * CLIPS
    print(
        f"{len(tokenizer)} words, {clips / base.captions.batch_size:,.0f} steps of {base.captions.batch_size} clips\n"
    )
    print(f"| CNN | weights that learn | operations a clip | kept, {part} clips at once | here, one thread "
          f"| operations of a run | at {chosen.sustained:g} tera-operations a second |")  # fmt: skip
    print("|---" * 7 + "|")
    kinds: tuple[tuple[Literal["none", "all"], str], ...] = (("none", "frozen"), ("all", "trained"))
    for trained, name in kinds:
        options = replace(base, encoder=replace(base.encoder, trained=trained))
        tera, gb, seconds, learns = measure(options, tokenizer, captions[: 5 * chosen.rows : 5])
        hours = clips * tera / chosen.sustained / 3600
        print(f"| {name} | {learns:.1f} million | {1000 * tera:.1f} giga | {gb * part:.1f} GB "
              f"| {1 / seconds:.1f} clips a second | {clips * tera / 1000:.1f} peta | {hours:.1f} h |")  # fmt: skip


if __name__ == "__main__":
    main()
