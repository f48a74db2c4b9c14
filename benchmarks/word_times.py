"""Whether a word points at the moment when its sound was heard, on the two-sound scenes of the corpus.

    .venv/bin/python benchmarks/word_times.py --data FOLDER [--model FOLDER] [--fold 5] [--work FOLDER]

Judged are the words of the captions that name one of the scene's two sounds. Such a word is right where its time lies
within half a second of that sound's span in the recipe. The chance level is that of a time drawn evenly from the scene;
it is high where sounds are long. What was heard stays in `--work`; after a change of the program, delete it.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path

from heard import HeardSound, Rules, hear

from aaccore.captioner import bundled_model

NEAR_S = 0.5


def pointed(sounds: Iterable[HeardSound], rules: Rules) -> list[tuple[str, bool, float]]:
    """For each word that names a sound of its scene: the scene's kind, whether it is right, and the chance of that."""
    found = []
    for sound in sounds:
        for place, label in rules.sound_words(sound.words, sound.labels).items():
            start, end = sound.spans[label][0] - NEAR_S, sound.spans[label][1] + NEAR_S
            time = sound.token_times[place]
            chance = (min(sound.seconds, end) - max(0.0, start)) / sound.seconds
            found.append((sound.kind, time is not None and start <= time <= end, chance))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", type=Path, default=bundled_model())
    parser.add_argument("--fold", default="5")
    parser.add_argument("--work", type=Path, default=Path("runs/bands"))
    options = parser.parse_args()
    sounds = [s for s in hear(options.data, options.fold, options.model, options.work) if len(s.labels) == 2]
    rows = pointed(sounds, Rules(options.data))
    print(f"fold {options.fold}, {len(sounds)} scenes of two sounds\n")
    print("| scenes | sound words | right | chance |\n|---|---|---|---|")
    for kind in ("all", *sorted({kind for kind, _, _ in rows})):
        chosen = [(right, chance) for of, right, chance in rows if kind in ("all", of)]
        shares = [sum(values) / len(chosen) for values in zip(*chosen, strict=True)]
        print(f"| {kind} | {len(chosen)} | {shares[0]:.3f} | {shares[1]:.3f} |")


if __name__ == "__main__":
    main()
