"""What was said in a live session, as the captions of one recording."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from aaccore.events import ClipCaptioned, Listening, LiveCaption, LiveGoesOn, LiveSound, Segment


class Transcript:
    """Takes a session's events; each caption lasts as long as what it says was heard.

    Attributes:
        started: Local time at the session's second 0.
        end_s: How far the session has come.
    """

    def __init__(self) -> None:
        self.started = datetime.now()
        self.end_s = 0.0
        self._segments: dict[int, Segment] = {}

    @property
    def segments(self) -> tuple[Segment, ...]:
        """What was said, in seconds of the session."""
        return tuple(self._segments.values())

    def add(self, event: object) -> None:
        """Keep what a live session yields."""
        if isinstance(event, Listening):
            self.started = event.started.replace(tzinfo=None)
        elif isinstance(event, LiveSound):
            self.end_s = event.start_s + len(event.samples) / event.sample_rate
        elif isinstance(event, LiveCaption):
            self._segments[event.number] = event.segment
        elif isinstance(event, LiveGoesOn) and event.number in self._segments:
            segment = self._segments[event.number]
            self._segments[event.number] = replace(segment, end_s=max(segment.end_s, event.end_s))

    def clip(self, path: Path, start_s: float = 0.0, warnings: tuple[str, ...] = ()) -> ClipCaptioned:
        """The session, from `start_s` to now, as the recording that lies, or would lie, at `path`."""
        moved = (_moved(one, start_s, self.end_s) for one in self._segments.values())
        inside = tuple(one for one in moved if one.end_s > one.start_s)
        started = self.started + timedelta(seconds=start_s)
        return ClipCaptioned(path, self.end_s - start_s, inside, warnings, started)


def _moved(segment: Segment, start_s: float, end_s: float) -> Segment:
    """A segment of the session in the seconds of a recording of it from `start_s` to `end_s`."""
    candidates = tuple(
        replace(one, token_times=tuple(None if time_s is None else time_s - start_s for time_s in one.token_times))
        for one in segment.candidates
    )
    begin_s, until_s = max(0.0, segment.start_s - start_s), min(segment.end_s, end_s) - start_s
    return replace(segment, start_s=begin_s, end_s=until_s, candidates=candidates)
