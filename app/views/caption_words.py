"""The words of a caption that one can point at, and when each was heard."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from aaccore.events import Candidate
from aaccore.records import StoredSegment


@dataclass(frozen=True)
class CaptionWord:
    """A word of a sentence.

    Attributes:
        text: As it is written, with its comma or full stop.
        time_s: When it was heard, from the recording's start; None where it names nothing heard.
    """

    text: str
    time_s: float | None


def caption_words(segment: StoredSegment) -> list[CaptionWord]:
    """Split a segment's caption into words with their times.

    A sentence that the model found has that candidate's times. In one that somebody wrote, the words that the machine's
    sentence has too keep theirs, in order; the others have none.
    """
    times = list(_timed(_source(segment)))
    words = []
    for text in segment.caption.split():
        bare = _bare(text)
        place = next((number for number, (word, _) in enumerate(times) if word == bare), None)
        time_s = None
        if place is not None:
            time_s = times[place][1]
            del times[: place + 1]
        words.append(CaptionWord(text, time_s))
    return words


def _source(segment: StoredSegment) -> Candidate | None:
    """The candidate that a sentence comes from."""
    for wanted in (segment.caption, segment.machine):
        for candidate in segment.candidates:
            if candidate.caption == wanted:
                return candidate
    return None


def _timed(candidate: Candidate | None) -> Iterator[tuple[str, float | None]]:
    """A candidate's tokens as bare words with times; a token may be a phrase."""
    if candidate is None or len(candidate.words) != len(candidate.token_times):
        return
    for phrase, time_s in zip(candidate.words, candidate.token_times, strict=True):
        for word in phrase.split():
            if bare := _bare(word):
                yield bare, time_s


def _bare(word: str) -> str:
    return word.strip(".,;:!?\"'()[]").casefold()
