"""`auricle data`: getting Clotho, and looking through a data set before it is trained on."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from aaccore.events import Working
from aaccore.terminal import Bar, complain

SPLITS = ("development", "validation", "evaluation")


def add_data(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command and its actions."""
    data = commands.add_parser("data", help="download Clotho, and check a data set before training")
    actions = data.add_subparsers(title="actions", metavar="ACTION", required=True)
    clotho = actions.add_parser(
        "clotho",
        help="download and unpack Clotho",
        description="Download and unpack Clotho (about 7 GB, 13 GB while it goes on). What is in the folder already is "
        "used as it is, and a download that was stopped goes on where it was. The captions are for non-commercial use; "
        "each recording has its own licence.",
    )
    clotho.add_argument("--to", type=Path, required=True, metavar="FOLDER", help="where to")
    clotho.add_argument("--version", choices=("2.1", "1.0"), default="2.1", help="which Clotho (default: 2.1)")
    clotho.add_argument("--splits", nargs="+", choices=SPLITS, metavar="SPLIT", help="only these: %(choices)s")
    clotho.set_defaults(run=_clotho)
    check = actions.add_parser(
        "check",
        help="say what is in a data set and what is wrong with it",
        description="Look through a data set: Clotho, AudioCaps with your own sounds, or any CSV of file_name, "
        "caption_1 .. caption_n. Ends with 1 where it cannot be trained on.",
    )
    check.add_argument("place", type=Path, metavar="FOLDER", help="the data set's folder, or its CSV")
    check.add_argument("--clips", type=Path, metavar="FOLDER", help="where the CSV's files lie")
    check.add_argument("--quick", action="store_true", help="read only the headers of the sounds")
    check.add_argument("--json", action="store_true", help="as JSON, with all files")
    check.add_argument("--out", type=Path, metavar="FILE", help="write it there, not to standard output")
    check.set_defaults(run=_check)


def _clotho(options: argparse.Namespace) -> int:
    from aaccore.data.clotho_download import fetch_clotho

    with Bar("starting") as bar:
        for event in fetch_clotho(options.to, options.version, options.splits):
            bar.say(event.message, event.done)
            if isinstance(event, Working) and event.done == 1.0:
                complain(event.message, bar)
    return 0


def _check(options: argparse.Namespace) -> int:
    from aaccore.data.checkup import CheckedUp, check_up

    with Bar("starting") as bar:
        for event in check_up(options.place, options.clips, listen=not options.quick):
            if isinstance(event, CheckedUp):
                report = event.report
            else:
                bar.say(event.message, event.done)
    text = json.dumps(report.plain(), indent=1, ensure_ascii=False) + "\n" if options.json else report.text()
    if options.out:
        from aaccore.exporting import write_whole

        write_whole(options.out, text)
    else:
        print(text, end="")
    return 0 if report.can_train else 1
