"""`auricle evaluate`: a data set captioned by a model, and its scores."""

from __future__ import annotations

import argparse
import json
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aaccore.config import Decoding, check, field_help, option_help
from aaccore.errors import DatasetError
from aaccore.events import ClipFailed, Working
from aaccore.exporting import write_whole
from aaccore.terminal import Bar, complain

if TYPE_CHECKING:
    from aaccore.data.folder import Clip
    from aaccore.evaluation import SplitScored


def add_evaluate(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command and its options."""
    evaluate = commands.add_parser(
        "evaluate",
        help="caption a data set and score the captions",
        description="Caption the clips of a data set and score the captions against the written ones. A data set is a "
        "folder with Clotho or AudioCaps, or a CSV of file_name, caption_1 .. caption_n with a folder of clips. "
        "Metrics that cannot be computed here say why.",
    )
    evaluate.add_argument("data", type=Path, metavar="FOLDER|CAPTIONS.csv", help="the data set, or its CSV")
    evaluate.add_argument(
        "clips",
        type=Path,
        nargs="?",
        metavar="CLIPS",
        help="folder of a CSV's clips (default: clips, audio, sounds or wav beside it)",
    )
    evaluate.add_argument(
        "--fold", "--split", action="append", metavar="F", help="only this fold of a CSV (default: all), or this split "
        "of Clotho or AudioCaps (default: evaluation); may be said again"
    )  # fmt: skip
    evaluate.add_argument("--quick", action="store_true", help="only the metrics that take seconds")
    evaluate.add_argument("--out", type=Path, metavar="FILE.json", help="also write scores and captions by clip")
    evaluate.add_argument("--beams", type=int, default=Decoding().beam_size, metavar="N",
                          help=option_help(Decoding, "beam_size"))  # fmt: skip
    evaluate.add_argument("--model", type=Path, metavar="MODEL", help="a model folder (default: the bundled one)")
    evaluate.add_argument("--style", default="", metavar="NAME", help=field_help(Decoding, "style"))
    evaluate.add_argument("--device", default="auto", help="as for caption")
    evaluate.set_defaults(run=_evaluate)


def _evaluate(options: argparse.Namespace) -> int:
    decoding = Decoding(beam_size=options.beams, style=options.style)
    check(decoding)
    from aaccore.captioner import Captioner, caption_files
    from aaccore.evaluation import SplitScored, evaluate
    from aaccore.metrics.corpus import DEFAULT, QUICK

    clips = _clips(options.data, options.clips, options.fold)
    failed = False
    with Bar("loading the model") as bar:
        captioner = Captioner(options.model, options.device, decoding)
        with closing(caption_files(captioner, [clip.path for clip in clips])) as heard:
            for event in evaluate(clips, heard, QUICK if options.quick else DEFAULT):
                if isinstance(event, Working):
                    bar.say(event.message, event.done)
                elif isinstance(event, ClipFailed):
                    failed = True
                    complain(f"{event.path}: {event.reason}", bar)
                elif isinstance(event, SplitScored):
                    with bar.hidden():
                        print(table(event), end="", flush=True)
                    if options.out:
                        write_whole(options.out, json.dumps(report(event), indent=1, ensure_ascii=False) + "\n")
    return int(failed)


def _clips(data: Path, clips: Path | None, folds: list[str] | None) -> list[Clip]:
    """The clips to caption.

    Raises:
        DatasetError: There is no data set, or no such split.
    """
    from aaccore.data.data_set import data_set_rows, find_data_set
    from aaccore.data.folder import read_folder, usable

    place = find_data_set(data, clips)
    if place.kind == "folder":
        assert place.csv_path is not None
        assert place.clips_folder is not None
        return read_folder(place.csv_path, place.clips_folder, folds)
    wanted = tuple(folds or ("evaluation",))
    for split in wanted:
        if split not in place.splits:
            raise DatasetError(f"{data}: has no split {split}; there are {', '.join(place.splits)}")
    chosen = replace(place, splits=tuple(split for split in place.splits if split in wanted))
    return usable(data_set_rows(chosen), place.passed_over)


def table(scored: SplitScored) -> str:
    """The scores for people, a line each; what could not be computed says why."""
    from aaccore.metrics.corpus import TITLES

    lines = [f"{'clips':20} {len(scored.clips)}"]
    for name, title in TITLES.items():
        if name in scored.scores:
            value = scored.scores[name]
            lines.append(f"{title:20} {value:.0f}" if name == "vocabulary" else f"{title:20} {value:.4f}")
        elif name in scored.unavailable:
            lines.append(f"{title:20} unavailable: {scored.unavailable[name]}")
    return "\n".join(lines) + "\n"


def report(scored: SplitScored) -> dict[str, Any]:
    """Everything as plain values: `scores`, `unavailable`, and `clips`, each with its own scores."""
    clips = [
        {"path": clip.file_name, "caption": caption, "written": list(clip.captions)}
        | {name: values[row] for name, values in scored.per_clip.items()}
        for row, (clip, caption) in enumerate(zip(scored.clips, scored.captions, strict=True))
    ]
    return {"scores": scored.scores, "unavailable": scored.unavailable, "clips": clips}
