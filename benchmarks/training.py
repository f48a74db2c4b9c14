"""Clips a second in training: CNN frozen and trained, computed once and every step, one process and two.

    .venv/bin/python benchmarks/training.py --data CORPUS [--clips 64] [--steps 40] [--batch 16] [--repeats 1]

The baseline is a plain loop that decodes, resamples and computes log-mels and the CNN in every step, over the same
clips with the same network, loss and optimiser. Every other row is `auricle train` in processes of its own with one
thread each, and the figures are those it writes into its run folder: clips a second, and the share of the time in which
the device waited for data. What is computed once is timed as a row of its own. The rows are measured in turns; the
fastest turn of each counts. `yamnet` is to be there (`auricle models download yamnet`).
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Literal

import numpy as np
import torch

from aaccore.caption_training import CaptionLesson
from aaccore.config import from_toml
from aaccore.data.batches import Batch, Heard, padded
from aaccore.data.corpus import read_corpus
from aaccore.data.shards import SAMPLE_RATE, Sound, waveform
from aaccore.first_weights import untrained
from aaccore.learner import freeze
from aaccore.model import CaptioningModel, resampled
from aaccore.recipe import Training, recipes, to_toml
from aaccore.run_log import EVENTS
from aaccore.run_view import RunReader
from aaccore.tokenizer import Tokenizer

Trained = Literal["none", "all"]
TRAINED: tuple[Trained, ...] = ("none", "all")
REPOSITORY = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Figure:
    """Clips a second, and the share of the time in which the device waited."""

    clips_per_s: float
    waited: float = 0.0


def settings(data: Path, batch: int, steps: int, clips: int, trained: Trained) -> Training:
    """The recipe of the ablation for a few steps on one thread, with nothing validated."""
    base = from_toml(Training, recipes() / "ablation.toml")
    return replace(
        base,
        data=replace(base.data, folder=str(data), scenes="", development=("1",), validation=()),
        encoder=replace(base.encoder, trained=trained),
        captions=replace(base.captions, batch_size=batch, epochs=steps * batch / clips),
        threads=1,
        checkpoint_s=3600.0,
    )


def write_part(corpus: Path, folder: Path, clips: int) -> None:
    """Name the first clips of fold 1 in a data set of their own."""
    with (corpus / "captions.csv").open(encoding="utf-8", newline="") as stream:
        rows = csv.DictReader(stream)
        chosen = [row for row in rows if row["fold"] == "1"][:clips]
    with (folder / "captions.csv").open("w", encoding="utf-8", newline="") as stream:
        table = csv.DictWriter(stream, list(chosen[0]))
        table.writeheader()
        table.writerows(chosen)
    (folder / "clips").symlink_to((corpus / "clips").resolve(), target_is_directory=True)


def plain_loop(options: Training, steps: int) -> Figure:
    """The baseline: everything in every step, one thing after another."""
    torch.set_num_threads(1)
    corpus = read_corpus(Path(options.data.folder), options.data)
    model, tokenizer, _ = untrained(corpus, options)
    lesson = CaptionLesson(model, options.captions, options.encoder).train()
    model.encoders.eval()
    freeze(model, options)
    optimiser = torch.optim.AdamW([p for p in lesson.parameters() if p.requires_grad], lr=1e-4)
    sounds, rng, began = corpus.development[0], np.random.default_rng(1), 0.0
    for step in range(steps + 1):
        if step == 1:  # the first one warms up
            began = time.perf_counter()
        chosen = [sounds[index] for index in rng.integers(len(sounds), size=options.captions.batch_size)]
        batch = _heard(model, tokenizer, chosen)
        optimiser.zero_grad(set_to_none=True)
        loss, _ = lesson(batch, int((batch.tokens[:, 1:] != 0).sum()), len(chosen), step)
        loss.backward()
        optimiser.step()
    return Figure(steps * options.captions.batch_size / (time.perf_counter() - began))


def _heard(model: CaptioningModel, tokenizer: Tokenizer, sounds: Sequence[Sound]) -> Batch:
    waveforms = []
    for sound in sounds:
        samples = torch.from_numpy(waveform(sound))[None]
        waveforms.append(resampled(samples, SAMPLE_RATE, model.sample_rate)[0])
    longest = max(len(samples) for samples in waveforms)
    stacked = torch.stack([torch.nn.functional.pad(samples, (0, longest - len(samples))) for samples in waveforms])
    with torch.inference_mode():
        log_mels = model.log_mels(stacked)
    parts = tuple(part.clone() for part in log_mels)
    seconds = torch.tensor([len(samples) / model.sample_rate for samples in waveforms])
    lengths = tuple(torch.full((len(sounds),), part.shape[1]) for part in parts)
    tokens = padded([tuple(tokenizer.encode(sound.captions[0])) for sound in sounds])
    every = torch.ones(len(sounds))
    seeds = tuple(range(len(sounds)))
    return Batch(
        Heard(parts, lengths, seconds, True), None, None, tokens, torch.zeros_like(tokens), every, every.bool(), seeds,
        torch.zeros(len(sounds), dtype=torch.long),
    )  # fmt: skip


def trained_by(options: Training, place: Path, processes: int) -> Figure:
    """`auricle train` in processes of its own; the median of its reports but the first."""
    recipe = place / "recipe.toml"
    place.mkdir(parents=True)
    recipe.write_text(to_toml(options), encoding="utf-8")
    torchrun = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}"]
    call = [*(torchrun if processes > 1 else []), "-m", "aaccore", "train", str(recipe), "--to", str(place / "run")]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(REPOSITORY)}
    subprocess.run([sys.executable, *call], check=True, env=environment, capture_output=True)
    steps = [event for _, event in sorted(RunReader(place / "run").read().steps["captions"].items())]
    steps = steps[1:] or steps
    return Figure(median(step.clips_per_s for step in steps), median(step.waited for step in steps))


def computed_once(options: Training, place: Path, clips: int) -> Figure:
    """How fast the pool is built, from the run's first line to the end of its first two steps."""
    two_steps = 2 * options.captions.batch_size / clips
    trained_by(replace(options, captions=replace(options.captions, epochs=two_steps)), place, 1)
    times = [json.loads(line)["time"] for line in (place / "run" / EVENTS).read_text(encoding="utf-8").splitlines()]
    return Figure(clips / (max(times) - min(times)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--clips", type=int, default=64)
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--repeats", type=int, default=1)
    chosen = parser.parse_args()
    best: dict[tuple[str, str], Figure] = {}

    def keep(trained: str, row: str, figure: Figure) -> None:
        if (trained, row) not in best or figure.clips_per_s > best[trained, row].clips_per_s:
            best[trained, row] = figure

    for _ in range(chosen.repeats):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            write_part(chosen.data, folder, chosen.clips)
            for trained in TRAINED:
                options = settings(folder, chosen.batch, chosen.steps, chosen.clips, trained)
                keep(trained, "baseline: everything in every step", plain_loop(options, max(3, chosen.steps // 8)))
                keep(trained, "computing once", computed_once(options, folder / trained / "0", chosen.clips))
                for processes in (1, 2):
                    figure = trained_by(options, folder / trained / str(processes), processes)
                    keep(trained, f"`auricle train`, {processes} process{'es' * (processes - 1)}", figure)
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n")
    print("| CNN | what | clips a second | against the baseline | waiting for data |\n|---|---|---|---|---|")
    for (cnn, row), figure in best.items():
        baseline = best[cnn, "baseline: everything in every step"].clips_per_s
        waited = f"{figure.waited:.1%}" if row.startswith("`") else ""
        kind = "frozen" if cnn == "none" else "trained"
        print(f"| {kind} | {row} | {figure.clips_per_s:.1f} | {figure.clips_per_s / baseline:.1f}x | {waited} |")


if __name__ == "__main__":
    main()
