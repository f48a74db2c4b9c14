"""`auricle caption`: sound files in, captions out."""

from __future__ import annotations

import argparse
from contextlib import closing
from pathlib import Path, PurePath
from time import monotonic
from typing import TYPE_CHECKING

from aaccore.config import Decoding, Windows, check, field_help
from aaccore.errors import ConfigError
from aaccore.events import ClipCaptioned, ClipFailed, SegmentCaptioned, Working
from aaccore.inputs import Found, find, result_names
from aaccore.results import FORMATS, SUFFIXES, Results, guess_format, open_results
from aaccore.tables import clock
from aaccore.terminal import Bar, complain

if TYPE_CHECKING:
    from aaccore.captioner import Captioner

NOT_SOUND = ("not a sound file", "no audio stream found", "the file is empty", "a device or a pipe")
"""Why a file within a folder is left out without a word; whoever names the file itself is told."""

DESCRIPTION = """\
Say what is heard in sound and video files, as a sentence. Long recordings are
cut into windows, each with its own caption. Files in folders are judged by
their content; what is not sound is left out."""
EXAMPLES = """\
examples:
  auricle caption dog.wav
  auricle caption recordings/ --recursive --out table.csv
  auricle caption film.mp4 --out film.srt
  auricle caption *.flac --format jsonl --alternatives 3"""


def add_caption(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command and its options."""
    caption = commands.add_parser(
        "caption",
        help="say what is heard in sound and video files",
        description=DESCRIPTION,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    caption.add_argument("paths", nargs="+", metavar="PATH", help="a sound or video file, or a folder of them")
    caption.add_argument("--recursive", action="store_true", help="take the folders inside folders too")
    caption.add_argument(
        "--format", choices=FORMATS, help="how results are written; by default as --out's suffix says, else text"
    )
    caption.add_argument(
        "--out",
        metavar="FILE|FOLDER",
        help="where to write; a folder (no suffix) gets one file for each input; what was there is replaced "
        "(default: standard output)",
    )
    caption.add_argument("--beams", type=int, metavar="N", help=f"{field_help(Decoding, 'beam_size')} (default: 4)")
    caption.add_argument(
        "--alternatives",
        type=int,
        metavar="N",
        help="other captions for each segment (default: none in text and csv, all beams' in json and jsonl)",
    )
    caption.add_argument("--window", type=float, metavar="S", help=field_help(Windows, "window_s"))
    caption.add_argument(
        "--device", default="auto", help="auto, cpu, cuda, cuda:1 or mps (default: auto, a GPU where there is one)"
    )
    caption.add_argument("--model", metavar="MODEL", help="a model folder (default: the one that comes with Auricle)")
    caption.set_defaults(run=_caption)


def _decoding(beams: int | None, alternatives: int | None) -> Decoding:
    """The search that finds as many captions as are asked for."""
    if alternatives is not None and alternatives < 0:
        raise ConfigError(f"--alternatives {alternatives}: must be at least 0")
    if alternatives is not None and beams is not None and alternatives >= beams:
        raise ConfigError(f"--alternatives {alternatives}: takes at least --beams {alternatives + 1}")
    enough = max(Decoding().beam_size, (alternatives or 0) + 1)
    decoding = Decoding(beam_size=enough if beams is None else beams)
    check(decoding)
    return decoding


def _caption(options: argparse.Namespace) -> int:
    decoding = _decoding(options.beams, options.alternatives)
    windows = Windows(window_s=options.window)
    check(windows)
    form = options.format or guess_format(options.out)
    found = find(options.paths, options.recursive)
    for problem in found.problems:
        complain(problem)
    if not found.inputs:
        return 1
    names: dict[Path, PurePath] = result_names(found.inputs, SUFFIXES[form])
    with Bar("loading the model") as bar, open_results(options.out, form, options.alternatives, names) as results:
        from aaccore.captioner import Captioner, bundled_model

        model = Path(options.model) if options.model else bundled_model()
        captioner = Captioner(model, options.device, decoding, windows)
        if bar.shown or captioner.device != options.device != "auto":
            complain(f"running on {captioner.device}: {captioner.why}", bar)
        failures = _caption_all(captioner, found, results, bar)
    return int(failures > 0 or bool(found.problems))


def _caption_all(captioner: Captioner, found: Found, results: Results, bar: Bar) -> int:
    """Caption every input and write the results; returns how many failed."""
    from aaccore.captioner import caption_files

    chosen = {one.path for one in found.inputs if one.chosen}
    captioned = failed = skipped = 0
    heard_s, started = 0.0, monotonic()
    with closing(caption_files(captioner, [one.path for one in found.inputs])) as events:
        for event in events:
            if isinstance(event, Working):
                bar.say(event.message, event.done)
            elif isinstance(event, SegmentCaptioned):
                bar.say(f"{event.path.name}: {event.segment.caption}")
            elif isinstance(event, ClipFailed) and event.path not in chosen and _is_not_sound(event):
                skipped += 1
            elif isinstance(event, ClipCaptioned | ClipFailed):
                with bar.hidden():
                    failed += not _report(event, results)
                if isinstance(event, ClipCaptioned):
                    captioned, heard_s = captioned + 1, heard_s + event.duration_s
                bar.say(event.path.name, (captioned + failed + skipped) / len(found.inputs))
    if skipped:
        complain(f"{skipped} {'file is' if skipped == 1 else 'files are'} not sound, left out", bar)
    if bar.shown:
        taken_s = monotonic() - started
        speed = f"{clock(heard_s)} of sound in {clock(taken_s)}, {heard_s / taken_s:.0f} times real time"
        complain(f"{captioned} captioned, {failed} failed; {speed}", bar)
    return failed + int(not captioned and not failed)


def _report(clip: ClipCaptioned | ClipFailed, results: Results) -> bool:
    """Write one result and what is to be said about it; False where something failed."""
    words = clip.warnings if isinstance(clip, ClipCaptioned) else (clip.reason,)
    for word in words:
        reason = word.removeprefix(f"{clip.path}: ").removeprefix(f"{clip.path.name}: ")
        complain(f"{clip.path}: {reason}")
    try:
        results.add(clip)
    except BrokenPipeError:
        raise
    except OSError as error:
        place = error.filename or "standard output"
        complain(f"{clip.path}: its result cannot be written ({error.strerror}: {place})")
        return False
    return isinstance(clip, ClipCaptioned)


def _is_not_sound(clip: ClipFailed) -> bool:
    return any(words in clip.reason for words in NOT_SOUND)
