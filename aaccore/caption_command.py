"""`auricle caption`: sound files in, captions out."""

from __future__ import annotations

import argparse
from contextlib import closing
from pathlib import Path, PurePath
from time import monotonic
from typing import TYPE_CHECKING, get_args, get_type_hints

from aaccore.config import Cues, Decoding, Export, ExportFormat, Windows, check, field_help, option_help
from aaccore.errors import ConfigError
from aaccore.events import ClipCaptioned, ClipFailed, SegmentCaptioned, Working
from aaccore.exporting import FORMATS, SUFFIXES, read_subtitles, result_name
from aaccore.inputs import Found, find, result_names
from aaccore.results import Beside, Results, guess_format, open_results
from aaccore.tables import clock
from aaccore.terminal import Bar, complain

if TYPE_CHECKING:
    from aaccore.captioner import Captioner

NOT_SOUND = ("not a sound file", "no audio stream found", "the file is empty", "a device or a pipe")
"""Why a file within a folder is left out without a word; whoever names the file itself is told."""

CUE_OPTIONS = {
    "--cue-line": "line_characters",
    "--cue-lines": "lines",
    "--cue-min": "min_s",
    "--cue-max": "max_s",
    "--cue-gap": "gap_s",
}
"""The fields of `Cues` by the option that sets them."""

DESCRIPTION = """\
Say what is heard in sound and video files, as a sentence. Long recordings are
cut into windows, each with its own caption. Files in folders are judged by
their content; what is not sound is left out."""
EXAMPLES = """\
examples:
  auricle caption dog.wav
  auricle caption recordings/ --recursive --out table.csv
  auricle caption film.mp4 --out film.srt
  auricle caption film.mp4 --merge-into film.en.srt --out film.en.sdh.srt
  auricle caption recordings/ --format audacity --beside
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
    place = caption.add_mutually_exclusive_group()
    place.add_argument(
        "--out",
        metavar="FILE|FOLDER",
        help="where to write; a folder (no suffix) gets one file for each input; what was there is replaced "
        "(default: standard output)",
    )
    place.add_argument(
        "--beside",
        action="store_true",
        help="write one file beside each input; where one of its name is there already, it stays and the new one gets "
        "a number",
    )
    caption.add_argument("--beams", type=int, metavar="N", help=option_help(Decoding, "beam_size"))
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
    caption.add_argument("--style", default="", metavar="NAME", help=field_help(Decoding, "style"))
    _add_cues(caption)
    caption.set_defaults(run=_caption)


def _add_cues(caption: argparse.ArgumentParser) -> None:
    """Add the options of subtitles."""
    group = caption.add_argument_group("subtitles (formats srt and vtt)")
    group.add_argument(
        "--merge-into",
        metavar="DIALOGUE",
        help="an SRT or WebVTT file whose gaps the sound cues of one input go into; its dialogue stays as it is, the "
        "file itself too, and what finds no gap is told",
    )
    group.add_argument(
        "--cue-style",
        choices=get_args(get_type_hints(Cues)["style"]),
        help=option_help(Cues, "style"),
    )
    for option, name in CUE_OPTIONS.items():
        default = getattr(Cues, name)
        metavar = "S" if isinstance(default, float) else "N"
        group.add_argument(option, type=type(default), metavar=metavar, help=option_help(Cues, name))


def _cues(options: argparse.Namespace) -> Cues:
    """The rules of subtitles that were asked for."""
    given = {name: getattr(options, option[2:].replace("-", "_")) for option, name in CUE_OPTIONS.items()}
    given["style"] = options.cue_style
    cues = Cues(**{name: value for name, value in given.items() if value is not None})
    check(cues)
    return cues


def _export(options: argparse.Namespace) -> Export:
    """What results are written as.

    Raises:
        ConfigError: The options contradict each other, or the dialogue cannot be read.
    """
    form: ExportFormat = options.format or guess_format(options.out)
    dialogue = Path(options.merge_into) if options.merge_into else None
    if dialogue:
        its = read_subtitles(dialogue).form
        if form != its and (options.format or Path(options.out or "").suffix):
            asked = f"--format {form}" if options.format else f"--out {options.out}"
            raise ConfigError(
                f"--merge-into {dialogue}: is written as {its}, so the result is too, not as {asked} says"
            )
        form = its
    elif options.beside and options.format is None:
        raise ConfigError("--beside: say with --format what to write")
    return Export(form, alternatives=options.alternatives, dialogue=dialogue, cues=_cues(options))


def _decoding(beams: int | None, alternatives: int | None, style: str) -> Decoding:
    """The search that finds as many captions as are asked for."""
    if alternatives is not None and alternatives < 0:
        raise ConfigError(f"--alternatives {alternatives}: must be at least 0")
    if alternatives is not None and beams is not None and alternatives >= beams:
        raise ConfigError(f"--alternatives {alternatives}: takes at least --beams {alternatives + 1}")
    enough = max(Decoding().beam_size, (alternatives or 0) + 1)
    decoding = Decoding(beam_size=enough if beams is None else beams, style=style)
    check(decoding)
    return decoding


def _caption(options: argparse.Namespace) -> int:
    decoding = _decoding(options.beams, options.alternatives, options.style)
    windows = Windows(window_s=options.window)
    check(windows)
    export = _export(options)
    found = find(options.paths, options.recursive)
    for problem in found.problems:
        complain(problem)
    if not found.inputs:
        return 1
    names: dict[Path, PurePath] = result_names(found.inputs, SUFFIXES[export.format])
    if export.dialogue:
        if len(names) > 1:
            raise ConfigError(f"--merge-into {export.dialogue}: takes one input, not {len(names)}")
        names = {path: PurePath(result_name(path, export)) for path in names}
    place = Beside(names, export) if options.beside else open_results(options.out, export, names)
    with Bar("loading the model") as bar, place as results:
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
        for word in results.add(clip):
            complain(f"{clip.path}: {word}")
    except BrokenPipeError:
        raise
    except OSError as error:
        place = error.filename or "standard output"
        complain(f"{clip.path}: its result cannot be written ({error.strerror}: {place})")
        return False
    return isinstance(clip, ClipCaptioned)


def _is_not_sound(clip: ClipFailed) -> bool:
    return any(words in clip.reason for words in NOT_SOUND)
