"""`auricle teach`: corrected captions in, a model that has learnt from them out."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, cast

from aaccore.errors import ConfigError, ModelError
from aaccore.events import ClipFailed, RunEnded, StepDone, Taught, Working
from aaccore.recipe import FineTuning
from aaccore.runs import STOP, TEACH, stop
from aaccore.terminal import Asked, Bar, complain

DESCRIPTION = """\
Teach a model your own sounds: a short fine-tune on the captions that you
corrected in the library, or on a data set of your own. A fifth of the
recordings is held back, and the former and the new model are scored on them.
The former model stays as it is: use the one that is better.

What a model is taught it learns at the cost of what it knew. So it goes only as
far as your corrections need: in a trial with 40 captions in a wholly different
style, half of that style was taken over, and the score on other sounds fell
from .58 to .57. Some recordings that you did not correct show what else has
changed.

  auricle teach --to my-model
  auricle caption --model my-model recording.wav"""


def add_teach(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command and its options."""
    teach = commands.add_parser(
        "teach",
        help="teach a model the captions that you corrected",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    place = teach.add_mutually_exclusive_group(required=True)
    place.add_argument("--to", type=Path, metavar="FOLDER", help="the new model's folder")
    place.add_argument("--run", type=Path, dest="folder", metavar="FOLDER", help="a run's folder, which tells how it "
                       "gets on; the model will be in it, and a teach.toml that is there says how")  # fmt: skip
    teach.add_argument("--data", type=Path, metavar="FOLDER|CAPTIONS.csv", help="with --to, a data set in place of the "
                       "library's corrections: a CSV of file_name, caption_1 .. caption_n and its clips")  # fmt: skip
    teach.add_argument("--library", type=Path, metavar="FILE", help="another library than the application's")
    teach.add_argument("--model", type=Path, metavar="MODEL", help="what is taught (default: the bundled model)")
    usual = FineTuning()
    teach.add_argument("--epochs", type=float, default=usual.epochs, metavar="N", help="passes over the corrections "
                       f"(default: {usual.epochs:g})")  # fmt: skip
    teach.add_argument("--seed", type=int, default=usual.seed, help="of what is held back and drawn (default: "
                       f"{usual.seed})")  # fmt: skip
    teach.add_argument("--device", default=usual.device, help=f"cpu, cuda, mps or auto (default: {usual.device})")
    teach.set_defaults(run=_teach)


def _teach(options: argparse.Namespace) -> int:
    how = FineTuning(epochs=options.epochs, seed=options.seed, device=options.device)
    if options.folder is not None:
        return _teach_run(options, how)
    with (
        Bar("starting") as bar,
        tempfile.TemporaryDirectory(prefix="auricle-") as sounds,
        closing(cast(Any, _events(options, how, Path(sounds)))) as events,
    ):
        for event in events:
            _tell(event, bar)
    return 0


def _events(options: argparse.Namespace, how: FineTuning, sounds: Path) -> Iterator[object]:
    """What is taught from a data set, or from the library."""
    from aaccore.captioner import bundled_model
    from aaccore.data.data_set import find_data_set
    from aaccore.data.folder import read_folder
    from aaccore.fine_tuning import fine_tune
    from aaccore.library import library_file
    from aaccore.teaching import learn_corrections

    former = options.model or bundled_model()
    if options.to.exists() and options.to.resolve() == former.resolve():
        raise ModelError(f"{options.to}: is the model that is taught; name another folder, so that it stays")
    if options.data is None:
        return learn_corrections(former, options.library or library_file(), sounds, options.to, how)
    place = find_data_set(options.data)
    if place.csv_path is None or place.clips_folder is None:
        raise ModelError(f"{options.data}: is a whole data set; train on it with: auricle train")
    return fine_tune(former, read_folder(place.csv_path, place.clips_folder), [], options.to, how)


def _teach_run(options: argparse.Namespace, how: FineTuning) -> int:
    from aaccore.config import from_toml
    from aaccore.recipe import Teaching, to_toml
    from aaccore.run_log import record
    from aaccore.teaching import teach

    folder: Path = options.folder
    if options.data is not None:
        raise ConfigError("--data goes with --to; a run teaches what was corrected in a library")
    if (folder / TEACH).exists():
        teaching = from_toml(Teaching, folder / TEACH)
    else:
        model, library = (str(path.resolve()) if path else "" for path in (options.model, options.library))
        teaching = Teaching(model, library, how)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / TEACH).write_text(to_toml(teaching), encoding="utf-8")
    (folder / STOP).unlink(missing_ok=True)
    with (
        Asked(lambda: stop(folder)) as asked,
        Bar("starting") as bar,
        closing(cast(Any, record(cast(Any, teach(folder, teaching)), folder))) as events,
    ):
        for event in events:
            _tell(event, bar)
            if not isinstance(event, Taught | RunEnded) and (asked.stopping or (folder / STOP).exists()):
                return 130
    return 0


def _tell(event: object, bar: Bar) -> None:
    """The result on standard output; the rest only on the bar."""
    if isinstance(event, Working):
        bar.say(event.message, event.done)
    elif isinstance(event, ClipFailed):
        complain(f"{event.path}: {event.reason}", bar)
    elif isinstance(event, StepDone):
        bar.say(f"learning: step {event.step} of {event.steps}", event.step / event.steps)
    elif isinstance(event, Taught):
        with bar.hidden():
            print(_report(event), flush=True)


def _report(taught: Taught) -> str:
    """What was learnt, the scores before and after, and the held-back captions."""
    from aaccore.metrics.corpus import TITLES

    lines = [f"learnt {taught.learnt} captions, {taught.new_words} new words; held back {len(taught.held_back)}"]
    lines.append(f"{'':20} before   after")
    for name, title in TITLES.items():
        if name in taught.before:
            digits = 0 if name == "vocabulary" else 3
            lines.append(f"{title:20} {taught.before[name]:6.{digits}f}  {taught.after[name]:6.{digits}f}")
    for one in taught.held_back[:5]:
        lines += [f"written: {one.written}", f"  before: {one.before}", f"  after:  {one.after}"]
    if taught.others:
        same = sum(one.before == one.after for one in taught.others)
        lines.append(f"of {len(taught.others)} sounds that nobody corrected, {same} are captioned as before")
        for one in [one for one in taught.others if one.before != one.after][:5]:
            lines += [f"  before: {one.before}", f"  after:  {one.after}"]
    return "\n".join([*lines, str(taught.folder)])
