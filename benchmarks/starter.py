"""How good a model is on the fixed test of the corpus: the figures of its model card.

    .venv/bin/python benchmarks/starter.py --data FOLDER [--model FOLDER ...] [--work FOLDER] [--json OUT] [--card TEXT]
        [--only clean robust robust-scenes alarms metrics speed]

`--data` is the corpus's folder (`captions.csv`, `scenes.csv`, `score.py`, `clips`). Printed are Markdown tables: what
is named in clips and scenes; the same for quiet, compressed, band-limited, noisy and reverberant sound; false alarms on
sounds in which nothing happens; the field's scores against the written captions; the speed; the scores by label.
Several models (one recipe, several seeds) make one table of means, with standard deviations and extremes.

Rendered sounds and captions stay in `--work`, so that a call goes on where the last one stopped; after a change of the
program itself, delete `WORK/captions`.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import mean
from typing import Any

import torch
from fixed_test import KINDS, SETS, Scores, Tested, references, rendered, scored, times_real_time
from nothing_heard import ALARMS, make, named
from starter_tables import report

from aaccore.captioner import bundled_model
from aaccore.config import Decoding
from aaccore.metrics.corpus import score_corpus
from aaccore.model_folder import amend

PARTS = ("clean", "robust", "robust-scenes", "alarms", "metrics", "speed")
METRICS = ("bleu", "rouge_l", "cider_d", "sbert_sim", "vocabulary")
SPEED_CLIPS = 100

Found = dict[str, Any]
"""One model's figures, as they go to `--json`."""


def figures(tested: Tested, data: Path, parts: Sequence[str]) -> Found:
    """Take all figures of one model."""
    found: Found = {"model": str(tested.folder)}
    for which in SETS if set(parts) - {"alarms", "speed"} else ():
        altered = "robust" if which == "clips" else "robust-scenes"
        for kind in KINDS if altered in parts else ("clean",):
            path, captions = tested.caption(rendered(data, tested.work, which, kind), f"{which}-{kind}")
            found.setdefault(which, {})[kind] = _figures(scored(data, path, which))
            if kind == "clean" and "metrics" in parts:
                found.setdefault("metrics", {})[which] = _metrics(captions, references(data, which))
    if "alarms" in parts:
        found["alarms"] = _alarms(tested)
    if "speed" in parts:
        sounds = rendered(data, tested.work, "clips", "clean")[: min(SPEED_CLIPS, tested.limit or SPEED_CLIPS)]
        seconds, taken_s = times_real_time(tested.folder, sounds)
        found["speed"] = {"clips": len(sounds), "sound_s": seconds, "taken_s": taken_s, "times": seconds / taken_s}
    return found


def _figures(scores: Scores) -> Found:
    figures: Found = dict(scores.figures)
    figures["others over written"] = figures["others"] / figures["others, written"]
    return {"figures": figures, "by label": scores.by_label}


def _metrics(captions: Mapping[str, str], written: Mapping[str, list[str]]) -> Found:
    names = [name for name in written if name in captions]
    result = score_corpus([captions[name] for name in names], [written[name] for name in names], METRICS)
    return {"scores": result.scores, "unavailable": result.unavailable}


def _alarms(tested: Tested) -> Found:
    kinds = make(tested.work / "sounds" / "nothing")
    _, captions = tested.caption(list(kinds), "nothing")
    rows = [(kind, captions[path.stem]) for path, kind in kinds.items() if path.stem in captions]
    return {
        "share": mean(bool(set(named(caption)) & set(ALARMS)) for _, caption in rows),
        "captions": [{"kind": kind, "caption": caption, "names": named(caption)} for kind, caption in rows],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", type=Path, nargs="+", default=[bundled_model()])
    parser.add_argument("--work", type=Path, default=Path("runs/starter-test"))
    parser.add_argument("--json", type=Path)
    parser.add_argument("--card", type=Path, help="text that, with these tables, becomes the first model's card")
    parser.add_argument("--only", choices=PARTS, nargs="+", default=PARTS)
    parser.add_argument("--beams", type=int, default=Decoding().beam_size)
    parser.add_argument("--limit", type=int, help="caption so many sounds of each set, to try the benchmark itself")
    parser.add_argument("--threads", type=int)
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    models = [
        figures(Tested(folder, options.work, options.beams, options.limit), options.data, options.only)
        for folder in options.model
    ]
    text = report(models)
    print(text)
    if options.card:
        amend(options.model[0], card=options.card.read_text(encoding="utf-8") + "\n" + text)
    if options.json:
        options.json.write_text(json.dumps(models, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
