"""`auricle search`: recordings of the library by words, by likeness, or by when and where they were made."""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
from collections.abc import Sequence
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from aaccore.errors import LibraryError
from aaccore.events import ClipCaptioned, ClipFailed, Working
from aaccore.records import Filters, Hit
from aaccore.tables import clock, csv_rows
from aaccore.terminal import Bar, complain

if TYPE_CHECKING:
    from aaccore.library import Library

COLUMNS = ("path", "start", "end", "caption", "score", "seconds", "added", "model", "corrected", "missing")
"""What is told of a hit: the columns of a CSV table and the keys of JSON."""

EXAMPLES = """\
examples:
  auricle search dog
  auricle search "rain then thunder" --format csv
  auricle search --like bark.wav --limit 5
  auricle search --from 2026-05-01 --corrected"""


def add_search(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command and its options."""
    search = commands.add_parser(
        "search",
        help="find recordings in the library",
        description="Find moments in the library of everything that the application has captioned: by words in any "
        "order and form, of which the last may be begun only, or by likeness to a sound. No words find the newest.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    search.add_argument("words", nargs="*", metavar="WORD", help="what is heard, or is in the file's name")
    search.add_argument("--like", type=Path, metavar="FILE", help="find what sounds like this file")
    search.add_argument("--format", choices=("text", "json", "jsonl", "csv"), default="text", help="(default: text)")
    search.add_argument("--limit", type=_count, default=50, metavar="N", help="hits at most (default: 50)")
    search.add_argument("--from", type=_day, dest="first_day", metavar="DAY", help="added on YYYY-MM-DD or later")
    search.add_argument("--to", type=_day, dest="last_day", metavar="DAY", help="added on YYYY-MM-DD or before")
    search.add_argument("--shortest", type=_seconds, metavar="S", help="at least so long")
    search.add_argument("--longest", type=_seconds, metavar="S", help="at most so long")
    search.add_argument("--model", default="", metavar="NAME", help="captioned by this model")
    search.add_argument("--folder", type=Path, metavar="FOLDER", help="in this folder or one inside it")
    search.add_argument("--corrected", action="store_true", help="with a caption that somebody edited")
    search.add_argument("--missing", action="store_true", help="whose file was not found when last looked for")
    search.add_argument("--library", type=Path, metavar="FILE", help="another library than the application's")
    search.set_defaults(run=_search)


def _search(options: argparse.Namespace) -> int:
    from aaccore.library import Library, library_file
    from aaccore.library_search import search

    path = options.library or library_file()
    if not path.is_file():
        raise LibraryError(f"{path}: there is no library yet; caption something in the application first")
    if options.like and options.words:
        raise LibraryError("--like: finds by sound alone; leave the words out, or search for the words first")
    filters = Filters(
        options.first_day, options.last_day, options.shortest, options.longest, options.model,
        options.corrected or None, options.missing or None, options.folder and _absolute(options.folder),
    )  # fmt: skip
    with Library(path) as library:
        if library.complaint:
            complain(library.complaint)
        if options.like:
            hits = _alike(library, options.like, filters, options.limit)
        else:
            hits = search(library, " ".join(options.words), filters, options.limit)
    sys.stdout.write(_written(hits, options.format))
    if not hits:
        complain("nothing found")
    return 0


def _alike(library: Library, path: Path, filters: Filters, limit: int) -> list[Hit]:
    """What sounds like a file: by what the library knows of it, or else by listening to it."""
    from aaccore.library_likeness import like, sound_of

    known = library.find(_absolute(path))
    if known is not None:
        return like(library, known, filters=filters, limit=limit)
    from aaccore.captioner import Captioner, bundled_model, caption_files

    with Bar("loading the model") as bar, closing(caption_files(Captioner(), [path])) as events:
        for event in events:
            if isinstance(event, Working):
                bar.say(event.message, event.done)
            elif isinstance(event, ClipFailed):
                raise LibraryError(event.reason)
            elif isinstance(event, ClipCaptioned):
                return like(library, sound_of(event), bundled_model().name, filters, limit)
    raise AssertionError("captioning ended without a word")


def _written(hits: Sequence[Hit], form: str) -> str:
    """The hits in a format."""
    if form == "text":
        return "".join(f"{hit.clip.path}  {clock(hit.start_s)} - {clock(hit.end_s)}  {hit.text}\n" for hit in hits)
    records = [dict(zip(COLUMNS, _values(hit), strict=True)) for hit in hits]
    if form == "csv":
        return csv_rows([COLUMNS, *([str(value) for value in record.values()] for record in records)])
    if form == "jsonl":
        return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    return json.dumps(records, ensure_ascii=False, indent=2) + "\n"


def _values(hit: Hit) -> tuple[object, ...]:
    row = hit.clip
    return (
        str(row.path), round(hit.start_s, 1), round(hit.end_s, 1), hit.text, round(hit.score, 3),
        round(row.duration_s or 0.0, 3), row.added.isoformat(), row.model, row.corrected, row.missing,
    )  # fmt: skip


def _absolute(path: Path) -> Path:
    return Path(os.path.abspath(path))  # noqa: PTH100 - keeps links as they are, as the library does


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 on")
    return int(text)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a day such as 2026-05-31") from None


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a length in seconds")
    return seconds
