"""Captions as subtitles for deaf and hard-of-hearing viewers: the rules of sound cues, SRT and WebVTT.

A caption becomes one cue, or several where it is too long for one; each stands in brackets of its own. Cues never
overlap, keep their order and their gap, and stay within the shortest and longest time that `Cues` allows. Where sounds
come faster than that, later cues wait. Silence has no cue.
"""

from __future__ import annotations

import html
import re
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from aaccore.config import Cues
from aaccore.events import SILENCE, Segment

SubtitleFormat = Literal["srt", "vtt"]

READING_SPEED = 17
"""Characters that are read in a second: a short sound's cue stays longer than the sound where nothing follows."""

MARKS = {"brackets": ("[", "]"), "capitals": ("(", ")"), "none": ("", "")}
NOTE = "♪"
MUSIC = re.compile(
    r"\b(music|musical|songs?|melod(y|ies)|tunes?|choir|orchestra|(guitar|piano|violin|flute|trumpet|drum|harp|chord)s?)\b",
    re.IGNORECASE,
)
SINGING = re.compile(r"\b(sings?|singing|singers?)\b", re.I)
SINGING_ANIMALS = re.compile(r"\b(birds?|songbirds?|whales?|crickets?|cicadas?|insects?|frogs?)\b", re.I)
BREAK_BEFORE = frozenset(("and", "while", "as", "then", "with", "before", "after", "in", "on", "over"))
"""A caption of several cues is best cut before one of these words, or after a comma."""


@dataclass(frozen=True)
class Cue:
    """What stands on the screen, and when, in seconds (whole milliseconds)."""

    start_s: float
    end_s: float
    lines: tuple[str, ...]


def audible(segments: Iterable[Segment]) -> list[Segment]:
    """The segments in which something is heard, as a person or the machine says."""
    return [segment for segment in segments if segment.caption.strip() and segment.caption != SILENCE]


def cues(segments: Iterable[Segment], rules: Cues) -> list[Cue]:
    """Lay out segments as cues.

    Args:
        segments: In order of time.
        rules: Style and limits.
    """
    heard = audible(segments)
    gap, free = milliseconds(rules.gap_s), 0
    found: list[Cue] = []
    for index, segment in enumerate(heard):
        texts = pages(segment, rules)
        start = max(milliseconds(segment.start_s), free)
        next_start = milliseconds(heard[index + 1].start_s) if index + 1 < len(heard) else None
        wanted = wanted_ms(milliseconds(segment.end_s) - start, texts, rules)
        found += laid_out(texts, start, wanted if next_start is None else min(wanted, next_start - gap - start), rules)
        free = milliseconds(found[-1].end_s) + gap
    return found


def by_the_clock(segments: Iterable[Segment], started: datetime) -> tuple[Segment, ...]:
    """Segments in seconds since midnight of the day on which their recording began, instead of since its start.

    What is heard after the next midnight goes on counting, 24:00:00 and later: in both formats times only rise.

    Args:
        segments: In seconds since the recording's start.
        started: Local time at its second 0.
    """
    midnight_s = (started - started.replace(hour=0, minute=0, second=0, microsecond=0)).total_seconds()
    return tuple(replace(one, start_s=one.start_s + midnight_s, end_s=one.end_s + midnight_s) for one in segments)


def wanted_ms(sound: int, texts: list[tuple[str, ...]], rules: Cues) -> int:
    """How long a segment's cues would best stay, gaps included: as the sound (ms), or as it takes to read them."""
    longest, gap = milliseconds(rules.max_s), milliseconds(rules.gap_s)
    reading = sum(max(rules.min_s, len(" ".join(text)) / READING_SPEED) for text in texts)
    gaps = gap * (len(texts) - 1)
    return min(max(sound, milliseconds(reading) + gaps), longest * len(texts) + gaps)


def needed_ms(texts: list[tuple[str, ...]], rules: Cues) -> int:
    """How long a segment's cues stay at least, gaps included."""
    return milliseconds(rules.min_s) * len(texts) + milliseconds(rules.gap_s) * (len(texts) - 1)


def laid_out(texts: list[tuple[str, ...]], start: int, room: int, rules: Cues) -> list[Cue]:
    """Put a segment's cues one after the other, from `start` on, into `room` (ms) or what they need at least."""
    gap = milliseconds(rules.gap_s)
    share = (max(room, needed_ms(texts, rules)) - gap * (len(texts) - 1)) // len(texts)
    share = min(share, milliseconds(rules.max_s))
    begins = [start + number * (share + gap) for number in range(len(texts))]
    return [Cue(begin / 1000, (begin + share) / 1000, text) for begin, text in zip(begins, texts, strict=True)]


def pages(segment: Segment, rules: Cues) -> list[tuple[str, ...]]:
    """A segment's caption in the rules' style, as the lines of one cue or several.

    Lines of a cue are about equally long. A word longer than a line is cut.
    """
    opening, closing = MARKS[rules.style]
    if rules.style != "none" and is_music(segment.caption):
        opening += f"{NOTE} "
    longest = rules.line_characters - len(opening) - len(closing)
    said = worded(segment, rules)
    words = [word[cut : cut + longest] for word in said.split() for cut in range(0, len(word), longest)]
    found = []
    while words:
        count = _fitting(words, opening, closing, rules)
        text = " ".join(words[:count])
        found.append(_balanced(f"{opening}{text.removesuffix(',') if closing else text}{closing}", rules))
        words = words[count:]
    return found


def worded(segment: Segment, rules: Cues) -> str:
    """A caption in the words of a sound cue: "A dog barks." -> "dog barks".

    The first letter of what a person wrote stays as it is: it may be a name.
    """
    caption = " ".join(segment.caption.split())
    if rules.style == "none":
        return caption
    said = caption.removesuffix(".") or caption
    article, _, rest = said.partition(" ")
    machine = not segment.candidates or any(one.caption == segment.caption for one in segment.candidates)
    if article in ("A", "An", "The") and rest:
        said = rest
    elif machine and not article[1:2].isupper() and article != "I":
        said = said[:1].lower() + said[1:]
    return said.upper() if rules.style == "capitals" else said


def is_music(caption: str) -> bool:
    """Whether a caption tells of music; birds that sing make none."""
    sung = SINGING.search(caption) and not SINGING_ANIMALS.search(caption)
    return bool(MUSIC.search(caption) or sung)


def _fitting(words: list[str], opening: str, closing: str, rules: Cues) -> int:
    """How many of the words go into one cue, cut where a listener would pause if that is not too early."""

    def fits(count: int) -> bool:
        return len(_wrapped(f"{opening}{' '.join(words[:count])}{closing}", rules.line_characters)) <= rules.lines

    count = 1
    while count < len(words) and fits(count + 1):
        count += 1
    if count == len(words):
        return count
    pauses = (at for at in range(count, count // 2, -1) if words[at] in BREAK_BEFORE or words[at - 1].endswith(","))
    return next(pauses, count)


def _balanced(text: str, rules: Cues) -> tuple[str, ...]:
    """Wrap a cue's text to as few lines as possible, and these as short as possible."""
    fewest = len(_wrapped(text, rules.line_characters))
    shortest = max(-(-len(text) // fewest), *(len(word) for word in text.split()))
    widths = range(min(shortest, rules.line_characters), rules.line_characters + 1)
    return next(tuple(lines) for width in widths if len(lines := _wrapped(text, width)) == fewest)


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)


def srt(segments: Iterable[Segment], rules: Cues) -> str:
    """Write segments as a SubRip file."""
    return "\n".join(f"{number}\n{cue_text(cue, 'srt')}" for number, cue in enumerate(cues(segments, rules), start=1))


def vtt(segments: Iterable[Segment], rules: Cues) -> str:
    """Write segments as a WebVTT file."""
    return "\n".join(["WEBVTT\n", *(cue_text(cue, "vtt") for cue in cues(segments, rules))])


def cue_text(cue: Cue, form: SubtitleFormat) -> str:
    """A cue's times and lines, with the line end of the last and without SubRip's number."""
    text, point = "\n".join(cue.lines), "."
    if form == "vtt":
        text = html.escape(text, quote=False)
    else:
        text, point = text.replace("-->", "→"), ","  # an arrow would read as the times of another cue
    return f"{_time(cue.start_s, point)} --> {_time(cue.end_s, point)}\n{text}\n"


def milliseconds(seconds: float) -> int:
    """Seconds as whole milliseconds, as subtitle files count."""
    return round(seconds * 1000)


def _time(seconds: float, point: str) -> str:
    minutes, rest = divmod(milliseconds(seconds), 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{rest // 1000:02d}{point}{rest % 1000:03d}"
