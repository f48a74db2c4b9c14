"""Captions as text and tables: lines for people, JSON Lines and CSV for programs, marks for Audacity and Raven."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from typing import Any

from aaccore.events import SILENCE, ClipCaptioned, ClipFailed, Segment

COLUMNS = ("path", "seconds", "start", "end", "caption", "alternatives", "error")
"""The columns of a CSV table; a row is a segment, alternatives are separated by " | "."""

RAVEN_COLUMNS = (
    "Selection", "View", "Channel", "Begin File", "Begin Time (s)", "End Time (s)", "Low Freq (Hz)", "High Freq (Hz)",
    "Caption",
)  # fmt: skip
RAVEN_BAND_HZ = (0, 16000)
"""A caption tells of no band; Raven wants one, and this is what the model hears."""


def record(clip: ClipCaptioned | ClipFailed, alternatives: int | None = None) -> dict[str, Any]:
    """A file's result as plain values.

    Args:
        clip: The result.
        alternatives: How many other captions a segment gets; None for all that were found.

    Returns:
        `path`, `seconds`, `caption` and `segments` (each `start`, `end`, `caption`, `alternatives`; seconds), and
        `warnings` where there are any; or `path` and `error`.
    """
    if isinstance(clip, ClipFailed):
        return {"path": str(clip.path), "error": clip.reason}
    segments = [
        {
            "start": round(segment.start_s, 1),
            "end": round(segment.end_s, 1),
            "caption": segment.caption,
            "alternatives": others(segment, alternatives),
        }
        for segment in clip.segments
    ]
    found: dict[str, Any] = {"path": str(clip.path), "seconds": round(clip.duration_s, 3), "caption": clip.caption}
    found["segments"] = segments
    if clip.warnings:
        found["warnings"] = list(clip.warnings)
    return found


def others(segment: Segment, count: int | None) -> list[str]:
    """The captions that were found beside the current one, best first."""
    return [candidate.caption for candidate in segment.candidates if candidate.caption != segment.caption][:count]


def json_line(clip: ClipCaptioned | ClipFailed, alternatives: int | None = None) -> str:
    """One line of JSON Lines, without its end."""
    return json.dumps(record(clip, alternatives), ensure_ascii=False)


def json_text(clips: Iterable[ClipCaptioned | ClipFailed], alternatives: int | None = None) -> str:
    """All files as one JSON array."""
    return json.dumps([record(clip, alternatives) for clip in clips], ensure_ascii=False, indent=2) + "\n"


def csv_text(clip: ClipCaptioned | ClipFailed, alternatives: int | None = None) -> str:
    """The rows of one file, in the columns `COLUMNS`; a failed one has a row with its error."""
    if isinstance(clip, ClipFailed):
        return csv_rows([(str(clip.path), "", "", "", "", "", clip.reason)])
    return csv_rows(
        (
            str(clip.path),
            f"{clip.duration_s:.3f}",
            f"{segment.start_s:.1f}",
            f"{segment.end_s:.1f}",
            segment.caption,
            " | ".join(others(segment, alternatives)),
            "",
        )
        for segment in clip.segments
    )


def csv_rows(rows: Iterable[Iterable[str]]) -> str:
    """Rows as CSV lines (RFC 4180, but with plain line ends)."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def audacity_labels(clip: ClipCaptioned) -> str:
    """What is heard as Audacity's labels: start, end (seconds) and text, separated by tabs; silence has none."""
    return "".join(f"{s.start_s:.6f}\t{s.end_s:.6f}\t{_one_line(s.caption)}\n" for s in _marked(clip))


def raven_table(clip: ClipCaptioned) -> str:
    """What is heard as a selection table of Raven: tab-separated, in the columns `RAVEN_COLUMNS`; silence has none."""
    rows: list[Iterable[object]] = [RAVEN_COLUMNS]
    for number, s in enumerate(_marked(clip), start=1):
        times = (f"{s.start_s:.6f}", f"{s.end_s:.6f}")
        name, caption = _one_line(clip.path.name), _one_line(s.caption)
        rows.append((number, "Spectrogram 1", 1, name, *times, *RAVEN_BAND_HZ, caption))
    return "".join("\t".join(map(str, row)) + "\n" for row in rows)


def _marked(clip: ClipCaptioned) -> list[Segment]:
    return [segment for segment in clip.segments if segment.caption != SILENCE]


def _one_line(text: str) -> str:
    return " ".join(text.split())


def text_lines(clip: ClipCaptioned, alternatives: int = 0) -> str:
    """A file's captions for people: one line, or a heading and a line with the time for each segment."""
    lines = []
    if len(clip.segments) == 1:
        segment = clip.segments[0]
        lines.append(f"{clip.path}: {segment.caption}")
        lines += [f"    or: {caption}" for caption in others(segment, alternatives)]
    else:
        lines.append(f"{clip.path}:")
        for segment in clip.segments:
            lines.append(f"  {clock(segment.start_s)} - {clock(segment.end_s)}  {segment.caption}")
            lines += [f"    or: {caption}" for caption in others(segment, alternatives)]
    return "\n".join(lines) + "\n"


def clock(seconds: float) -> str:
    """A time for people: 0:07.5, 1:02:03.0."""
    tenths = round(seconds * 10)
    minutes, tenths = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    rest = f"{tenths // 10:02d}.{tenths % 10}"
    return f"{hours}:{minutes:02d}:{rest}" if hours else f"{minutes}:{rest}"
