"""Sound cues into an existing dialogue subtitle file: only in its gaps, the dialogue as it was.

The file is kept as its lines. A merged file has the same lines with cues between them, and in SubRip new numbers before
the cues; nothing else changes. So what this module does not understand (styles, notes, positions) survives.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from aaccore.config import Cues
from aaccore.errors import ConfigError
from aaccore.events import Segment
from aaccore.subtitles import (
    Cue,
    SubtitleFormat,
    audible,
    cue_text,
    laid_out,
    milliseconds,
    needed_ms,
    pages,
    wanted_ms,
)
from aaccore.tables import clock

TIME = r"(?:(\d{1,4}):)?(\d{1,2}):(\d{1,2})[,.](\d{1,9})"
TIMES = re.compile(rf"\s*{TIME}\s*-->\s*{TIME}(?=\s|$)")
NUMBER = re.compile(r"\s*\d+\s*")
AFTER_EVERYTHING = 10**12
"""Milliseconds after the end of any recording."""


@dataclass(frozen=True)
class DialogueCue:
    """A cue of the file.

    Attributes:
        start: When it begins, ms.
        end: When it ends, ms.
        line: Index of its first line: its number or name where it has one, else its times.
        times: Index of the line with its times.
    """

    start: int
    end: int
    line: int
    times: int


@dataclass(frozen=True)
class Dialogue:
    """A subtitle file.

    Attributes:
        form: What it is written in.
        lines: Its lines, without their ends.
        cues: Its cues, in the file's order.
        line_end: How its lines end.
        mark: The byte order mark that it begins with, or nothing.
    """

    form: SubtitleFormat
    lines: tuple[str, ...]
    cues: tuple[DialogueCue, ...]
    line_end: str
    mark: str


@dataclass(frozen=True)
class Conflict:
    """A sound that found no place, and why, in words."""

    start_s: float
    end_s: float
    caption: str
    why: str

    def __str__(self) -> str:
        return f"{clock(self.start_s)} - {clock(self.end_s)}  {self.caption}  ({self.why})"


@dataclass(frozen=True)
class Merged:
    """A dialogue file with sound cues: its text, how many cues were put in, and what found no place."""

    text: str
    cues: tuple[Cue, ...]
    conflicts: tuple[Conflict, ...]


def read_dialogue(data: bytes, name: str) -> Dialogue:
    """Read a SubRip or WebVTT file, however carelessly it was written.

    Args:
        data: The file: UTF-8 or UTF-16 with a mark, UTF-8, or else Windows-1252; any line ends.
        name: Its name, for the message and where a WebVTT file lacks its head.

    Raises:
        ConfigError: It has no cues.
    """
    mark, text = _decoded(data)
    line_end = next((end for end in ("\r\n", "\n", "\r") if end in text), "\n")
    lines = tuple(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    headed = re.match(r"\s*WEBVTT(\s|$)", text) is not None
    form: SubtitleFormat = "vtt" if headed or name.lower().endswith(".vtt") else "srt"
    found = tuple(_cues(lines, form))
    if not found:
        raise ConfigError(f"{name}: no subtitles found; choose an SRT or WebVTT file")
    return Dialogue(form, lines, found, line_end, mark)


def _decoded(data: bytes) -> tuple[str, str]:
    """A file's byte order mark and its text."""
    for encoding in ("utf-8-sig", "cp1252"):
        if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            encoding = "utf-16"
        try:
            mark = "\ufeff" if data.startswith(codecs.BOM_UTF8) else ""
            return mark, data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return "", data.decode("latin-1")


def _cues(lines: Sequence[str], form: SubtitleFormat) -> Iterator[DialogueCue]:
    """Find the lines with times; a number above belongs to them, in WebVTT also a name after an empty line."""
    free = 0  # the first line that does not yet belong to a cue
    for index, line in enumerate(lines):
        if times := TIMES.match(line):
            first = index
            if index > free:
                above = lines[index - 1]
                named = form == "vtt" and above.strip() and index - 1 > free and not lines[index - 2].strip()
                first -= bool(NUMBER.fullmatch(above) or named)
            begin, end = _ms(times.groups()[:4]), _ms(times.groups()[4:])
            yield DialogueCue(min(begin, end), max(begin, end), first, index)
            free = index + 1


def _ms(parts: Sequence[str | None]) -> int:
    hours, minutes, seconds, fraction = (part or "0" for part in parts)
    return ((int(hours) * 60 + int(minutes)) * 60 + int(seconds)) * 1000 + int(fraction.ljust(3, "0")[:3])


def merge(dialogue: Dialogue, segments: Iterable[Segment], rules: Cues) -> Merged:
    """Put sound cues into the gaps of a dialogue.

    A cue begins with its sound where it can. Else it moves to the nearest place where it is still shown while the sound
    is heard, or becomes shorter, down to the shortest time that `rules` allow. A caption's cues stay together.

    Args:
        dialogue: The file.
        segments: What is heard, in order of time.
        rules: Style and limits of the cues; their gap is kept from the dialogue too.
    """
    heard, gap = audible(segments), milliseconds(rules.gap_s)
    free, last = list(_gaps(dialogue, gap)), 0
    placed: list[Cue] = []
    conflicts: list[Conflict] = []
    for index, segment in enumerate(heard):
        texts = pages(segment, rules)
        needed = needed_ms(texts, rules)
        start = milliseconds(segment.start_s)
        end = max(milliseconds(segment.end_s), start + milliseconds(rules.min_s))
        fitting = [
            (min(max(begin, last, start), close - needed), close)
            for begin, close in free
            if begin < end and close > start and close - max(begin, last) >= needed
        ]
        fitting = [(begin, close) for begin, close in fitting if start - needed < begin < end]
        if not fitting:
            why = f"no gap of {needed / 1000:.1f} s in the dialogue"
            conflicts.append(Conflict(segment.start_s, segment.end_s, segment.caption, why))
            continue
        begin, close = min(fitting, key=lambda place: abs(place[0] - start))
        if index + 1 < len(heard):  # not into the next sound
            close = min(close, milliseconds(heard[index + 1].start_s) - gap)
        room = min(wanted_ms(milliseconds(segment.end_s) - begin, texts, rules), close - begin)
        placed += laid_out(texts, begin, room, rules)
        last = milliseconds(placed[-1].end_s) + gap
    return Merged(_written(dialogue, placed), tuple(placed), tuple(conflicts))


def _gaps(dialogue: Dialogue, gap: int) -> Iterator[tuple[int, int]]:
    """Where nobody speaks, (begin, end) in ms, `gap` away from the dialogue."""
    begin = 0
    for cue in sorted(dialogue.cues, key=lambda cue: cue.start):
        if cue.start - gap > begin:
            yield begin, cue.start - gap
        begin = max(begin, cue.end + gap)
    yield begin, AFTER_EVERYTHING


def _written(dialogue: Dialogue, placed: Sequence[Cue]) -> str:
    """The dialogue's lines with cues between them."""
    if not placed:
        return dialogue.mark + dialogue.line_end.join(dialogue.lines)
    lines: list[str] = []
    waiting, number, copied = list(placed), 1, 0

    def put_cue(cue: Cue) -> None:
        nonlocal number
        if lines and lines[-1].strip():
            lines.append("")
        lines.extend([str(number)] if dialogue.form == "srt" else [])
        lines.extend(cue_text(cue, dialogue.form).split("\n"))
        number += 1

    for cue in dialogue.cues:
        lines += dialogue.lines[copied : cue.line]
        while waiting and milliseconds(waiting[0].start_s) < cue.start:
            put_cue(waiting.pop(0))
        if dialogue.form == "srt":
            lines.append(str(number))
            number += 1
        copied = cue.times if dialogue.form == "srt" else cue.line
        lines += dialogue.lines[copied : cue.times + 1]
        copied = cue.times + 1
    lines += dialogue.lines[copied:]
    for sound in waiting:
        put_cue(sound)
    return dialogue.mark + dialogue.line_end.join(lines)
