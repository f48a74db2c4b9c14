"""`auricle teach`: corrected captions in, a model that has learnt from them out."""

from __future__ import annotations

import argparse
import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from aaccore.errors import LibraryError, ModelError
from aaccore.events import ClipFailed, StepDone, Working
from aaccore.terminal import Bar, complain

if TYPE_CHECKING:
    from aaccore.fine_tuning import Taught

DESCRIPTION = """\
Teach a model your own sounds: a short fine-tune on the captions that you
corrected in the library, or on a data set of your own. A fifth of the
recordings is held back, and the former and the new model are scored on them.
The former model stays as it is: use the one that is better.

What a model is taught it learns at the cost of what it knew: in a trial 35
captions in a wholly different style were half taken over, and the scores on
other sounds fell by a tenth. More epochs teach more, and cost more.

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
    teach.add_argument("--to", type=Path, required=True, metavar="FOLDER", help="the new model's folder")
    teach.add_argument("--data", type=Path, metavar="FOLDER|CAPTIONS.csv", help="a data set in place of the library's "
                       "corrections: a CSV of file_name, caption_1 .. caption_n beside its clips")  # fmt: skip
    teach.add_argument("--library", type=Path, metavar="FILE", help="another library than the application's")
    teach.add_argument("--model", type=Path, metavar="MODEL", help="what is taught (default: the bundled model)")
    teach.add_argument("--epochs", type=float, default=12.0, metavar="N", help="passes over the corrections (default: "
                       "12)")  # fmt: skip
    teach.add_argument("--seed", type=int, default=1, help="of what is held back and drawn (default: 1)")
    teach.add_argument("--device", default="cpu", help="cpu, cuda, mps or auto (default: cpu)")
    teach.set_defaults(run=_teach)


def _teach(options: argparse.Namespace) -> int:
    from aaccore.captioner import bundled_model
    from aaccore.data.data_set import find_data_set
    from aaccore.fine_tuning import FineTuning, Taught, fine_tune

    former = options.model or bundled_model()
    if options.to.exists() and options.to.resolve() == former.resolve():
        raise ModelError(f"{options.to}: is the model that is taught; name another folder, so that it stays")
    with Bar("starting") as bar, tempfile.TemporaryDirectory(prefix="auricle-") as folder:
        if options.data is None:
            _write_corrections(options.library, Path(folder) / "data", bar)
        place = find_data_set(options.data or Path(folder) / "data")
        if place.csv_path is None or place.clips_folder is None:
            raise ModelError(f"{options.data}: is a whole data set; train on it with: auricle train")
        chosen = FineTuning(epochs=options.epochs, seed=options.seed, device=options.device)
        with closing(cast(Any, fine_tune(former, place.csv_path, place.clips_folder, options.to, chosen))) as events:
            for event in events:
                if isinstance(event, Working):
                    bar.say(event.message, event.done)
                elif isinstance(event, StepDone):
                    bar.say(f"learning: step {event.step} of {event.steps}", event.step / event.steps)
                elif isinstance(event, Taught):
                    with bar.hidden():
                        print(_report(event), flush=True)
    return 0


def _write_corrections(path: Path | None, folder: Path, bar: Bar) -> None:
    from aaccore.library import Library, library_file
    from aaccore.library_data import write_corrected

    path = path or library_file()
    if not path.exists():
        raise LibraryError(f"{path}: there is no library yet; caption something in the application first")
    with Library(path) as library:
        for event in write_corrected(library, folder):
            if isinstance(event, Working):
                bar.say(event.message, event.done)
            elif isinstance(event, ClipFailed):
                complain(f"{event.path}: {event.reason}", bar)


def _report(taught: Taught) -> str:
    """What was learnt, the scores before and after, and the held-back captions."""
    from aaccore.metrics.corpus import TITLES

    lines = [f"learnt {taught.learnt} captions, {taught.new_words} new words; held back {len(taught.held_back)}"]
    lines.append(f"{'':20} before   after")
    for name, title in TITLES.items():
        if name in taught.before:
            digits = 0 if name == "vocabulary" else 3
            lines.append(f"{title:20} {taught.before[name]:6.{digits}f}  {taught.after[name]:6.{digits}f}")
    for written, before, after in taught.held_back[:5]:
        lines += [f"written: {written}", f"  before: {before}", f"  after:  {after}"]
    return "\n".join([*lines, str(taught.folder)])
