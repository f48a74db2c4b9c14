"""Whether sounds that are alike have embeddings that are near: neighbours with the same label.

    .venv/bin/python benchmarks/neighbours.py --data FOLDER [--model FOLDER] [--fold 5] [--work FOLDER]

For each clip of the fold whose label another recording has too, the nearest clips of other recordings are looked up by
the embedding that goes into the library. What was heard stays in `--work`; after a change of the program, delete it.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from heard import hear

from aaccore.captioner import bundled_model
from aaccore.data.folder import read_folder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", type=Path, default=bundled_model())
    parser.add_argument("--fold", default="5")
    parser.add_argument("--work", type=Path, default=Path("runs/bands"))
    options = parser.parse_args()
    clips = {clip.file_name: clip for clip in read_folder(options.data / "captions.csv", options.data / "clips")}
    sounds = [s for s in hear(options.data, options.fold, options.model, options.work) if s.name in clips]
    vectors = np.stack([np.frombuffer(bytes.fromhex(s.embedding), "<f2").astype(np.float32) for s in sounds])
    labels = np.array([sound.labels[0] for sound in sounds])
    recordings = np.array([clips[sound.name].recording or sound.name for sound in sounds])
    near = vectors @ vectors.T
    near[recordings[:, None] == recordings[None]] = -2.0
    best = np.argsort(-near, axis=1)[:, :5]
    known = np.array([len(set(recordings[labels == label])) > 1 for label in labels])
    same = (labels[best] == labels[:, None])[known]
    print(f"fold {options.fold}, {known.sum()} clips: the nearest has the same label {same[:, 0].mean():.3f}, ", end="")
    print(f"of the five nearest {same.mean():.3f}; {vectors.shape[1]} numbers a clip")


if __name__ == "__main__":
    main()
