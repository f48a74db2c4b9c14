"""`auricle listen`: what the microphone hears, one caption a line, until Ctrl-C."""

from __future__ import annotations

import argparse
import json
import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, get_args

from aaccore.config import Decoding, Live, SubtitleTimes, check, field_help, option_help
from aaccore.errors import ConfigError
from aaccore.events import Level, Listening, LiveCaption, LiveGap, StepWidened
from aaccore.exporting import clip_text, write_whole
from aaccore.tables import clock
from aaccore.terminal import Bar, complain
from aaccore.transcript import Transcript

if TYPE_CHECKING:
    from aaccore.capture import Capture
    from aaccore.file_source import FileSource
    from aaccore.recording import Recording

DESCRIPTION = """\
Say what the microphone hears, as it happens: one line whenever something new
is heard. Silence and what goes on are not said again. Ctrl-C ends listening
after what was already heard."""
EXAMPLES = """\
examples:
  auricle listen
  auricle listen --list
  auricle listen --device "System audio" --format jsonl
  auricle listen --save evening.flac
  auricle listen --save evening.flac --save evening.srt --times clock"""


def add_listen(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command and its options."""
    listen = commands.add_parser(
        "listen",
        help="say what the microphone hears, as it happens",
        description=DESCRIPTION,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    what = listen.add_mutually_exclusive_group()
    what.add_argument("--device", metavar="NAME", help="the microphone, by a part of its name (default: the system's)")
    what.add_argument("--file", type=Path, metavar="SOUND", help="a sound file as if it were heard live, without haste")
    what.add_argument("--list", action="store_true", help="say what can be listened to, and end")
    for name in ("window", "step"):
        default = getattr(Live(), f"{name}_s")
        listen.add_argument(f"--{name}", type=float, default=default, metavar="S", help=option_help(Live, f"{name}_s"))
    listen.add_argument("--gain", type=float, default=0.0, metavar="DB", help="amplify the microphone (dB; default: 0)")
    listen.add_argument(
        "--save", type=Path, action="append", default=[], metavar="FILE", help="keep the sound in FILE.flac with the "
        "captions beside it, or in the end the captions as subtitles in FILE.srt or FILE.vtt; may be given again",
    )  # fmt: skip
    listen.add_argument(
        "--times", choices=get_args(SubtitleTimes), default="session", help="subtitles count from the session's start, "
        "or are the time of day, which goes on beyond 24:00:00 after midnight (default: session)",
    )  # fmt: skip
    listen.add_argument("--format", choices=("text", "jsonl"), default="text", help="how captions are written")
    listen.add_argument("--model", type=Path, metavar="MODEL", help="a model folder (default: Auricle's own)")
    listen.add_argument("--style", default="", metavar="NAME", help=field_help(Decoding, "style"))
    listen.set_defaults(run=_listen)


def _listen(options: argparse.Namespace) -> int:
    if options.list:
        return _list()
    live = Live(window_s=options.window, step_s=options.step)
    check(live)
    places = _places(options.save)
    with Bar("loading the model") as bar:
        from aaccore.captioner import Captioner
        from aaccore.streaming import caption_stream

        captioner = Captioner(options.model, decoding=Decoding(style=options.style))
        source = _source(options)
        counts, said = _Counts(), Transcript()
        with (
            _stopped_by_signals(source, bar),
            _recording(places.get(".flac")) as recording,
            _subtitles(places, said, options.times),
            closing(caption_stream(captioner, source, live)) as events,
        ):
            for event in events:
                if recording is not None:
                    recording.add(event)
                counts.add(event)
                said.add(event)
                _tell(event, options.format, bar)
    complain(counts.summary())
    kept = list(places.values())
    if ".flac" in places:
        kept.append(places[".flac"].with_suffix(".jsonl"))
    if kept:
        complain(f"kept in {', '.join(map(str, kept))}")
    return 0


def _places(paths: Sequence[Path]) -> dict[str, Path]:
    """What is to be kept, by its suffix."""
    places = {path.suffix.lower(): path for path in paths}
    for path in paths:
        if path.suffix.lower() not in (".flac", ".srt", ".vtt"):
            raise ConfigError(f"--save {path}: ends neither with .flac, for the sound, nor with .srt or .vtt")
    if len(places) < len(paths):
        raise ConfigError(f"--save {paths[-1]}: one file of a kind; leave the other out")
    return places


def _list() -> int:
    from aaccore.microphone import list_microphones

    found = list_microphones()
    for microphone in found:
        marks = ["default"] * microphone.default + [f"{microphone.sample_rate} Hz, {microphone.channels} channels"]
        print(f"{microphone.name}: {microphone.title} ({', '.join(marks)})")
    if not found:
        complain("no microphone was found; plug one in, or allow its use in the system's privacy settings")
    return int(not found)


def _source(options: argparse.Namespace) -> Capture | FileSource:
    if options.file:
        from aaccore.file_source import FileSource

        return FileSource(options.file)
    from aaccore.capture import Capture
    from aaccore.microphone import find_microphone

    return Capture(find_microphone(options.device) if options.device else None, options.gain)


@contextmanager
def _recording(path: Path | None) -> Iterator[Recording | None]:
    if path is None:
        yield None
        return
    from aaccore.recording import Recording

    with Recording(path) as recording:
        yield recording


@contextmanager
def _subtitles(places: Mapping[str, Path], said: Transcript, times: SubtitleTimes) -> Iterator[None]:
    """Write what was said as subtitles in the end, however that comes."""
    try:
        yield
    finally:
        for form in ("srt", "vtt"):
            if path := places.get(f".{form}"):
                path.parent.mkdir(parents=True, exist_ok=True)
                write_whole(path, clip_text(said.clip(path), form, times=times))


@contextmanager
def _stopped_by_signals(source: Capture | FileSource, bar: Bar) -> Iterator[None]:
    """Let Ctrl-C end the input, so that what is queued is still said; a second one stops at once."""
    stopping = False

    def stop(number: int, frame: FrameType | None) -> None:
        nonlocal stopping
        if stopping:
            raise KeyboardInterrupt
        stopping = True
        source.stop()

    former = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


def _tell(event: object, form: str, bar: Bar) -> None:
    """Captions on standard output; what happens to the microphone on standard error; the level on the bar."""
    if isinstance(event, LiveCaption):
        with bar.hidden():
            print(_line(event, form), flush=True)
    elif isinstance(event, Listening):
        complain(f"listening to {event.source}; Ctrl-C ends", bar)
    elif isinstance(event, LiveGap) and event.why == "disconnected":
        words = "is gone; trying again every 2 s" if event.end_s is None else "is back"
        complain(f"{clock(event.start_s)} the microphone {words}", bar)
    elif isinstance(event, LiveGap) and event.why == "dropped":
        complain(f"{clock(event.start_s)} {(event.end_s or 0) - event.start_s:.1f} s of sound were lost", bar)
    elif isinstance(event, StepWidened):
        words = "slow" if event.step_s > event.wanted_s else "fast enough again"
        complain(f"this machine is {words}: looking for something new every {event.step_s:.1f} s", bar)
    elif isinstance(event, Level):
        bar.say(f"{clock(event.time_s)} {event.level_db:4.0f} dBFS{' clipping' if event.clipped else ''}")


def _line(event: LiveCaption, form: str) -> str:
    segment = event.segment
    if form == "text":
        return f"{event.clock:%H:%M:%S} {segment.caption}"
    row = {
        "number": event.number,
        "clock": event.clock.isoformat(timespec="milliseconds"),
        "start": round(segment.start_s, 2),
        "said": round(event.said_s, 2),
        "caption": segment.caption,
        "band": segment.band,
    }
    return json.dumps(row, ensure_ascii=False)


class _Counts:
    """What a session came to."""

    def __init__(self) -> None:
        self.captions = self.gaps = self.overflows = 0
        self.seconds = self.dropped_s = 0.0

    def add(self, event: object) -> None:
        if isinstance(event, LiveCaption):
            self.captions += 1
        elif isinstance(event, Level):
            self.seconds, self.dropped_s, self.overflows = event.time_s, event.dropped_s, event.overflows
        elif isinstance(event, LiveGap) and event.why == "disconnected" and event.end_s is None:
            self.gaps += 1

    def summary(self) -> str:
        """In one sentence."""
        words = f"{self.captions} {'caption' if self.captions == 1 else 'captions'} in {clock(self.seconds)}"
        if self.gaps:
            words += f"; the microphone was gone {self.gaps} {'time' if self.gaps == 1 else 'times'}"
        if self.overflows:
            words += f"; the system lost sound {self.overflows} {'time' if self.overflows == 1 else 'times'}"
        if self.dropped_s:
            words += f"; {self.dropped_s:.1f} s of sound were lost"
        return words if self.dropped_s or self.overflows else f"{words}; nothing was lost"
