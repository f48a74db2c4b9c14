"""What captions lose where a sound is quiet, compressed, in noise or in a room, on a fold that choices are made on.

    .venv/bin/python benchmarks/altered.py --data CORPUS [--fold 4] [--model FOLDER ...] [--as clean noise room ...]
        [--every N]

The clips of the fold are altered by the corpus's `score.py`, which does the same with those of the fixed test; they are
judged by its words too. The models must not have been trained on the fold.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from statistics import mean

import numpy as np
import soxr
from fixed_test import KINDS
from heard import BATCH, Rules

from aaccore.captioner import Captioner, bundled_model
from aaccore.data.folder import read_folder


def figures(rules: Rules, captioner: Captioner, clips: list[tuple[str, str]], kind: str) -> tuple[float, float]:
    """Share of the clips (file name, label) that are named, and words of other labels in a caption."""
    named, others = [], []
    for at in range(0, len(clips), BATCH):
        batch, waveforms = clips[at : at + BATCH], []
        for number, (name, _) in enumerate(batch, at + 1):
            sound, rate = rules.score.degrade(rules.score.read(name), kind, number)
            waveforms.append(soxr.resample(sound.astype(np.float32), rate, captioner.sample_rate))
        found = captioner.caption_windows([sound[: 10 * captioner.sample_rate] for sound in waveforms])
        for (_, label), candidates in zip(batch, found, strict=True):
            named.append(rules.score.names(candidates[0].caption, rules.words[label]))
            others.append(rules.score.others(candidates[0].caption, [label], rules.words))
    return mean(named), mean(others)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--fold", default="4")
    parser.add_argument("--model", type=Path, nargs="+", default=[bundled_model()])
    parser.add_argument("--as", dest="kinds", choices=KINDS, nargs="+", default=KINDS)
    parser.add_argument("--every", type=int, default=1, help="caption every N-th clip only")
    options = parser.parse_args()
    rules = Rules(options.data)
    clips = [
        (clip.file_name, clip.label or "")
        for clip in read_folder(options.data / "captions.csv", options.data / "clips", {options.fold})
    ][:: options.every]
    print(f"{len(clips)} clips of fold {options.fold}\n\n| model | sound | named | others |\n|---|---|---|---|")
    for folder in options.model:
        captioner = Captioner(folder, "cpu")
        for kind in options.kinds:
            named, others = figures(rules, captioner, clips, kind)
            print(f"| {folder} | {kind} | {named:.3f} | {others:.2f} |", flush=True)


if __name__ == "__main__":
    main()
