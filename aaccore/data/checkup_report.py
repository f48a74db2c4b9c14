"""What a check-up of a data set found, as records, as a text and as plain values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal

Level = Literal["cannot train", "look at"]

SHOWN = 5
"""Files that the text names of each problem; the records have all."""
MOST_LICENCES = 10


@dataclass(frozen=True)
class Problem:
    """Something that is wrong with some clips.

    Attributes:
        level: Whether training with them is refused, or only worth a look.
        kind: What it is, in a few words.
        advice: What to do.
        files: Where it is.
    """

    level: Level
    kind: str
    advice: str
    files: tuple[str, ...]


@dataclass(frozen=True)
class SplitFigures:
    """A split in figures; lengths in seconds, None where no sound was opened."""

    name: str
    clips: int
    captions: int
    caption_words: float
    vocabulary: int
    total_s: float | None
    shortest_s: float | None
    longest_s: float | None


@dataclass(frozen=True)
class Report:
    """What is in a data set and what is wrong with it.

    Attributes:
        name: Of the data set's folder or table.
        splits: Each split's figures.
        problems: The graver first.
        vocabulary: Different words of all captions.
        once: Those of them that stand in one caption only.
        rates: Clips by sample rate, Hz.
        licences: Clips by licence; the empty text counts those without one.
    """

    name: str
    splits: tuple[SplitFigures, ...]
    problems: tuple[Problem, ...]
    vocabulary: int
    once: int
    rates: dict[int, int]
    licences: dict[str, int]

    @property
    def can_train(self) -> bool:
        """Nothing stands in the way of training."""
        return not any(problem.level == "cannot train" for problem in self.problems)

    def text(self) -> str:
        """The report for people."""
        return "\n".join(_lines(self)) + "\n"

    def plain(self) -> dict[str, Any]:
        """The report as values for JSON."""
        return {"can_train": self.can_train, **asdict(self)}


def _lines(report: Report) -> Iterator[str]:
    yield report.name
    for split in report.splits:
        length = "" if split.total_s is None else f", {_length(split.total_s)}"
        if split.shortest_s is not None and split.longest_s is not None:
            length += f" ({split.shortest_s:.1f} to {split.longest_s:.1f} s)"
        yield (
            f"  {split.name}: {split.clips} clips{length}; {split.captions} captions of {split.caption_words:.1f} "
            f"words on average, {split.vocabulary} different words"
        )
    yield f"  all: {report.vocabulary} different words, {report.once} of them only once"
    if report.rates:
        yield "  sample rates: " + ", ".join(f"{rate} Hz ({count})" for rate, count in report.rates.items())
    if set(report.licences) - {""}:
        named = [f"{name or 'none'} ({count})" for name, count in report.licences.items()]
        yield f"  licences: {', '.join(named[:MOST_LICENCES])}" + _more(len(named) - MOST_LICENCES)
    for level in ("cannot train", "look at"):
        problems = [problem for problem in report.problems if problem.level == level]
        if problems:
            yield ""
            yield "Cannot train with:" if level == "cannot train" else "Look at:"
        for problem in problems:
            yield f"  {problem.kind} ({len(problem.files)}): {problem.advice}"
            yield from (f"    {name}" for name in problem.files[:SHOWN])
            if len(problem.files) > SHOWN:
                yield f"   {_more(len(problem.files) - SHOWN)}"
    yield ""
    yield "This data set can be trained on." if report.can_train else "This data set cannot be trained on as it is."


def _length(seconds: float) -> str:
    return f"{seconds / 3600:.1f} hours" if seconds >= 3600 else f"{seconds / 60:.1f} minutes"


def _more(count: int) -> str:
    return f" and {count} more" if count > 0 else ""
