"""How far captions can be trusted: calibrate a model's bands, and measure them.

    .venv/bin/python benchmarks/bands.py --data FOLDER --model FOLDER --fold 4 --store FOLDER
    .venv/bin/python benchmarks/bands.py --data FOLDER [--model FOLDER] [--fold 5]

The first fits a calibration to the captions of `--model`, which must not have been trained on that fold, and stores it
in the model folder `--store`: a model trained on all folds gets that of one trained by the same recipe without the
fold. The second prints how many captions of a fold are sure, likely and guesses by the calibration in the model folder,
and how many of each are right (what that means: see `heard.py`). What was heard stays in `--work`.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from heard import HeardSound, hear

from aaccore.bands import Calibration
from aaccore.calibration import calibrate
from aaccore.captioner import bundled_model
from aaccore.model_folder import amend, load_calibration


def shares(sounds: Sequence[HeardSound], calibration: Calibration) -> str:
    """A Markdown table: of clips and scenes, the share and the right ones of each band."""
    lines = ["| captions of | number | band | share | right |", "|---|---|---|---|---|"]
    for title, chosen in (
        ("clips and scenes", list(sounds)),
        ("clips", [sound for sound in sounds if len(sound.labels) == 1]),
        ("scenes", [sound for sound in sounds if len(sound.labels) > 1]),
    ):
        bands = [calibration.band(sound.traits) for sound in chosen]
        for band in ("sure", "likely", "guess"):
            right = [sound.right for sound, its in zip(chosen, bands, strict=True) if its == band]
            share = f"{sum(right) / len(right):.1%}" if right else "-"
            lines.append(f"| {title} | {len(right)} | {band} | {len(right) / len(chosen):.1%} | {share} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", type=Path, default=bundled_model())
    parser.add_argument("--fold", default="5")
    parser.add_argument("--store", type=Path, help="model folder that the calibration fitted here is written to")
    parser.add_argument(
        "--margin", type=float, default=0.02, help="added to the wanted shares, for sounds of other folds"
    )
    parser.add_argument("--work", type=Path, default=Path("runs/bands"))
    options = parser.parse_args()
    sounds = hear(options.data, options.fold, options.model, options.work)
    if options.store:
        fitted = calibrate([s.traits for s in sounds], [s.right for s in sounds], options.margin)
        amend(options.store, calibration=fitted)
    calibration = load_calibration(options.store or options.model)
    if calibration is None:
        raise SystemExit(f"{options.model}: holds no calibration; make one with --store")
    print(shares(sounds, calibration))


if __name__ == "__main__":
    main()
