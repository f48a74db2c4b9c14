"""Captions as subtitle files for deaf and hard-of-hearing viewers: SRT and WebVTT.

A sound's cue stands in brackets, has at most two lines of 42 characters, stays from 1 to 7 seconds and leaves a short
gap before the next one. Silence has no cue.
"""

from __future__ import annotations

import html
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass

from aaccore.events import Segment

LINE_LENGTH, LINES = 42, 2
SHORTEST_S, LONGEST_S = 1.0, 7.0
GAP_S = 0.1
"""Between two cues, s: two pictures of a film and a little."""


@dataclass(frozen=True)
class Cue:
    """What stands on the screen, and when, in seconds."""

    start_s: float
    end_s: float
    lines: tuple[str, ...]


def cues(segments: Iterable[Segment]) -> list[Cue]:
    """Lay out segments as cues; a caption too long for one goes on in the next.

    Args:
        segments: In order of time, not overlapping by more than a window's tail.
    """
    heard = [segment for segment in segments if segment.candidates]
    found: list[Cue] = []
    for index, segment in enumerate(heard):
        lines = textwrap.wrap(f"[{segment.caption.removesuffix('.')}]", LINE_LENGTH)
        pages = [tuple(lines[start : start + LINES]) for start in range(0, len(lines), LINES)]
        start_s = max(segment.start_s, found[-1].end_s + GAP_S) if found else segment.start_s
        # A cue may outlast a short sound, but not run into the next one.
        last_s = max(segment.end_s, start_s + SHORTEST_S * len(pages))
        if index + 1 < len(heard):
            last_s = min(last_s, max(heard[index + 1].start_s - GAP_S, start_s + 0.5 * len(pages)))
        share_s = (last_s - start_s) / len(pages)
        for number, page in enumerate(pages):
            begin_s = start_s + number * share_s
            gap_s = GAP_S if number + 1 < len(pages) else 0.0
            found.append(Cue(begin_s, begin_s + min(LONGEST_S, share_s - gap_s), page))
    return found


def srt(segments: Iterable[Segment]) -> str:
    """Write segments as a SubRip file."""
    blocks = [
        f"{number}\n{_time(cue.start_s, ',')} --> {_time(cue.end_s, ',')}\n{chr(10).join(cue.lines)}\n"
        for number, cue in enumerate(cues(segments), start=1)
    ]
    return "\n".join(blocks)


def vtt(segments: Iterable[Segment]) -> str:
    """Write segments as a WebVTT file."""
    blocks = [
        f"{_time(cue.start_s, '.')} --> {_time(cue.end_s, '.')}\n{html.escape(chr(10).join(cue.lines), quote=False)}\n"
        for cue in cues(segments)
    ]
    return "\n".join(["WEBVTT\n", *blocks])


def _time(seconds: float, point: str) -> str:
    milliseconds = round(seconds * 1000)
    minutes, milliseconds = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{milliseconds // 1000:02d}{point}{milliseconds % 1000:03d}"
