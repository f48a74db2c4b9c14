"""What a check-up looks for in captions and sounds."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from aaccore.config import Decoding
from aaccore.data.checkup_report import Level, Problem
from aaccore.data.folder import Clip
from aaccore.tokenizer import WORD

SILENCE_DB = -60.0
"""A clip whose loudest sample is below this is silence."""
LOW_RATE = 16000
SHORT_S, LONG_S = 0.5, 60.0


@dataclass(frozen=True)
class Heard:
    """What opening a clip's sound told; without decoding, length, peak and content stay unknown."""

    sample_rate: int
    seconds: float | None
    peak_db: float | None = None
    content: str = ""
    warnings: tuple[str, ...] = ()


@dataclass
class Findings:
    """Problems under way: files by level, kind and advice, in the order in which the kinds came up."""

    files: dict[tuple[Level, str, str], list[str]] = field(default_factory=dict)

    def add(self, level: Level, kind: str, advice: str, file: str) -> None:
        """Note something that is wrong with a file."""
        self.files.setdefault((level, kind, advice), []).append(file)

    def look_at(self, kind: str, advice: str, file: str) -> None:
        """Note something that training can live with."""
        self.add("look at", kind, advice, file)

    def problems(self) -> tuple[Problem, ...]:
        """What was noted, the graver first."""
        found = [Problem(*what, tuple(files)) for what, files in self.files.items()]
        return tuple(sorted(found, key=lambda problem: problem.level != "cannot train"))


def look_at_captions(clips: Sequence[Clip], findings: Findings) -> None:
    """Captions that are empty, too long, twice for one clip, or fewer than the other clips of the split have."""
    for clip in clips:
        _look_at_captions(clip, findings)
    for fold, group in by_fold(clips).items():
        usual = Counter(len(clip.captions) for clip in group).most_common(1)[0][0]
        kind = f"fewer captions than the usual {usual}" + (f" in {fold}" if fold else "")
        for clip in group:
            if len(clip.captions) < usual:
                findings.look_at(kind, "see whether some are empty", where(clip))


def _look_at_captions(clip: Clip, findings: Findings) -> None:
    longest, seen = Decoding().max_tokens, set()
    for caption in clip.captions:
        words = tuple(re.findall(WORD, caption.lower()))
        place = f"{where(clip)}: {caption[:80]}"
        if not words:
            findings.look_at("caption without words", "write what is heard", place)
        elif len(words) > longest:
            findings.look_at(f"caption of more than {longest} words", "captions are not made so long", place)
        if words and words in seen:
            findings.look_at("same caption twice for a clip", "say it in another way, or leave it out", place)
        seen.add(words)


def look_at_sounds(clips: Sequence[tuple[Clip, Heard]], findings: Findings) -> None:
    """Silence, damage, odd rates and lengths, missing licences."""
    usual = Counter(heard.sample_rate for _, heard in clips).most_common(1)[0][0] if clips else 0
    with_licence = any(clip.licence for clip, _ in clips)
    for clip, heard in clips:
        name, rate, seconds = where(clip), heard.sample_rate, heard.seconds
        if heard.peak_db is not None and heard.peak_db < SILENCE_DB:
            findings.look_at("silence", "see whether the recordings failed", name)
        for warning in heard.warnings:
            findings.look_at("damaged audio", "what can be read is used; get the files anew", f"{name}: {warning}")
        if rate < LOW_RATE:
            findings.look_at("low sample rate", "high sounds are missing from them", f"{name}: {rate} Hz")
        elif rate != usual:
            kind = f"another sample rate than the usual {usual} Hz"
            findings.look_at(kind, "they are converted; see whether they are the right files", f"{name}: {rate} Hz")
        if seconds is not None and seconds < SHORT_S:
            findings.look_at(f"shorter than {SHORT_S} s", "see whether they were cut off", f"{name}: {seconds:.2f} s")
        if seconds is not None and seconds > LONG_S:
            findings.look_at(f"longer than {LONG_S:.0f} s", "training cuts them off", f"{name}: {seconds:.0f} s")
        if with_licence and not clip.licence:
            findings.look_at("no licence", "see whether you may use them", name)


def look_for_doubles(clips: Sequence[tuple[Clip, Heard]], findings: Findings) -> None:
    """Sounds that are there twice, and those that stand on both sides of a test."""
    by_content: dict[str, list[Clip]] = {}
    by_recording: dict[str, list[Clip]] = {}
    for clip, heard in clips:
        if heard.content:
            by_content.setdefault(heard.content, []).append(clip)
        if clip.recording:
            by_recording.setdefault(clip.recording, []).append(clip)
    told: set[str | None] = set()
    for same in by_content.values():
        if len(same) > 1:
            names = _named(same)
            if len({clip.fold for clip in same}) > 1:
                findings.look_at("same sound in two splits", "scores will flatter; keep it in one", names)
                told.update(clip.recording for clip in same)
            else:
                findings.look_at("same sound twice", "it counts twice in training; keep one", names)
    for recording, pieces in by_recording.items():
        if len({clip.fold for clip in pieces}) > 1 and recording not in told:
            names = _named(pieces)
            findings.add(
                "look at", "pieces of one recording in two splits", "scores will flatter; keep them in one", names
            )


def by_fold(clips: Iterable[Clip]) -> dict[str | None, list[Clip]]:
    """Clips by split: the named ones in the order in which they came, numbers by number."""
    found: dict[str | None, list[Clip]] = {}
    for fold, group in groupby(clips, key=lambda clip: clip.fold):
        found.setdefault(fold, []).extend(group)
    return dict(sorted(found.items(), key=lambda item: int(item[0]) if item[0] and item[0].isdecimal() else 0))


def where(clip: Clip) -> str:
    """What a clip is called in a report: its split and its file."""
    return f"{clip.fold}/{clip.file_name}" if clip.fold else clip.file_name


def _named(clips: Sequence[Clip]) -> str:
    """A few clips that are the same, from as many splits as possible."""
    first = list({clip.fold: clip for clip in reversed(clips)}.values())[::-1]
    shown = (first if len(first) > 1 else list(clips))[:4]
    more = len(clips) - len(shown)
    return " = ".join(map(where, shown)) + (f" and {more} more" if more else "")
