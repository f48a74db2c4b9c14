"""The records that long work yields.

The command line prints them, a test lists them, the app shows them. All are frozen; times are seconds.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Band = Literal["sure", "likely", "guess"]
"""How far a caption can be trusted: of the sure ones 90 % are right, of the likely ones 65 %."""

SILENCE = "Silence."
"""The caption of a segment in which nothing is heard."""


@dataclass(frozen=True)
class Candidate:
    """One beam's caption.

    Attributes:
        caption: The sentence, with capital and full stop.
        log_probability: Mean log-probability of its tokens (natural logarithm), at most 0.
        tokens: Token ids without start and end.
        words: The word of each token.
        token_times: Per token, the second (from the recording's start) at which it was heard; None for words that name
            nothing heard ("a", "and").
    """

    caption: str
    log_probability: float
    tokens: tuple[int, ...] = ()
    words: tuple[str, ...] = ()
    token_times: tuple[float | None, ...] = ()


@dataclass(frozen=True)
class Segment:
    """A timed caption of a recording.

    Attributes:
        start_s: Its start in the recording.
        end_s: Its end.
        caption: The sentence.
        candidates: The captions that were found, best first (empty for silence).
        band: How far it can be trusted; None where the model is not calibrated.
        embedding: What was heard as a vector of unit length, float16 little-endian; empty for silence.
    """

    start_s: float
    end_s: float
    caption: str
    candidates: tuple[Candidate, ...] = ()
    band: Band | None = None
    embedding: bytes = b""


@dataclass(frozen=True)
class Working:
    """A sign of life, at least four times a second; `done` is the share from 0 to 1 where it is known."""

    message: str
    done: float | None = None


@dataclass(frozen=True)
class ClipOpened:
    """A recording could be opened; `duration_s` is None where only decoding can tell."""

    path: Path
    duration_s: float | None
    sample_rate: int


@dataclass(frozen=True)
class SegmentCaptioned:
    """A window of a long recording is done; the final, merged segments come with `ClipCaptioned`."""

    path: Path
    segment: Segment


@dataclass(frozen=True)
class ClipCaptioned:
    """A recording is done; `started` is the local time at its second 0, known where it was heard live."""

    path: Path
    duration_s: float
    segments: tuple[Segment, ...]
    warnings: tuple[str, ...] = ()
    started: datetime | None = None

    @property
    def caption(self) -> str:
        """All segments' captions in one text."""
        return " ".join(segment.caption for segment in self.segments)


@dataclass(frozen=True)
class ClipFailed:
    """A recording could not be captioned; the others go on."""

    path: Path
    reason: str


LEVEL_FLOOR_DB, LEVEL_STEP_DB = -120.0, 0.5
"""Levels for the screen are kept in a byte each: 0 is the floor or less, each step that much more; a sine of full scale
is 0 dB."""


@dataclass(frozen=True, eq=False)
class OverviewPart:
    """Some columns of a recording's picture, for the screen; they come from left to right.

    Attributes:
        duration_s: The recording's length, as far as it is known by now.
        column_s: Length of a column; where it changes, all parts before are void.
        first: Which column of the recording `low[0]` is.
        low: Smallest sample of each column, (columns,) float32.
        high: Largest sample.
        levels: Loudest level of each column and row, (columns, rows) uint8, see `LEVEL_STEP_DB`.
        row_hz: Frequency of each row, rising.
        complete: Whether all of the sound was looked at, not only a piece of each column.
    """

    duration_s: float
    column_s: float
    first: int
    low: NDArray[np.float32]
    high: NDArray[np.float32]
    levels: NDArray[np.uint8]
    row_hz: NDArray[np.float32]
    complete: bool


@dataclass(frozen=True, eq=False)
class SpectrogramTile:
    """A stretch of a recording in the detail that the screen can show: its columns divide it evenly.

    Attributes:
        start_s: Where its first column begins.
        end_s: Where its last column ends.
        low: See `OverviewPart`, as the others.
    """

    start_s: float
    end_s: float
    low: NDArray[np.float32]
    high: NDArray[np.float32]
    levels: NDArray[np.uint8]
    row_hz: NDArray[np.float32]
    complete: bool


@dataclass(frozen=True)
class RunStarted:
    """A training run begins, or goes on at `step` of its caption phase."""

    device: str
    why: str
    processes: int
    step: int


@dataclass(frozen=True)
class RunEnded:
    """A training run is over for now; `words` say why where it failed."""

    state: Literal["finished", "stopped", "failed"]
    words: str = ""


@dataclass(frozen=True)
class StepDone:
    """A training step.

    Attributes:
        step: Steps done in its phase.
        steps: Steps of that phase.
        losses: By name, `labels/...` or `captions/...`.
        learning_rate: At this step.
        clips_per_s: How fast it goes, over all processes.
        waited: Share of the time in which the device waited for data.
        memory_mb: Memory of the GPU, or of the process where there is none.
    """

    step: int
    steps: int
    losses: dict[str, float]
    learning_rate: float
    clips_per_s: float
    waited: float = 0.0
    memory_mb: float = 0.0


@dataclass(frozen=True)
class EpochDone:
    """An epoch's validation: scores by name, captions of a few fixed clips, and why other scores are missing."""

    epoch: int
    step: int
    scores: dict[str, float]
    samples: dict[str, str] = field(default_factory=dict)
    unavailable: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Compared:
    """What two models say of one sound, the former and the taught one.

    Attributes:
        name: The sound's.
        before: The former model's caption.
        after: The taught one's.
        written: What a person wrote; empty where nobody did.
    """

    name: str
    before: str
    after: str
    written: str = ""


@dataclass(frozen=True)
class Taught:
    """A model has learnt corrections; its folder lies complete on disk.

    Attributes:
        folder: The new model.
        before: Scores of the former model on the held-back corrections, by name.
        after: Those of the new one.
        learnt: Corrections that were learnt.
        held_back: The corrections that were not, and what both models say of them.
        new_words: How many words were added to the vocabulary.
        others: Some sounds that nobody corrected, and what both models say of them.
    """

    folder: Path
    before: dict[str, float]
    after: dict[str, float]
    learnt: int
    held_back: tuple[Compared, ...]
    new_words: int = 0
    others: tuple[Compared, ...] = ()


@dataclass(frozen=True)
class CheckpointSaved:
    """A checkpoint lies complete on disk."""

    path: Path
    step: int


@dataclass(frozen=True)
class ExperimentRun:
    """An experiment comes to a run; `number` of `runs` counts from 1."""

    row: str
    seed: int
    folder: Path
    number: int
    runs: int


@dataclass(frozen=True)
class ReportWritten:
    """A file of an experiment's report lies complete on disk."""

    path: Path


@dataclass(frozen=True)
class Listening:
    """Live captioning has begun: what is heard, and when second 0 was."""

    source: str
    started: datetime


@dataclass(frozen=True)
class LiveSound:
    """A piece of live sound.

    Attributes:
        start_s: Its start since listening began.
        sample_rate: Its rate, Hz.
        samples: Mono, (samples,) float32, the gain applied.
        clipped: Whether it reached full scale.
    """

    start_s: float
    sample_rate: int
    samples: NDArray[np.float32]
    clipped: bool = False


@dataclass(frozen=True)
class Level:
    """How loud it is, at least four times a second.

    Attributes:
        time_s: The second since listening began.
        level_db: Mean level (RMS), dBFS, at least -120.
        peak_db: Highest sample, dBFS, at least -120.
        clipped: Whether full scale was reached.
        dropped_s: Sound lost so far, s: this is to be shown, not hidden.
        behind_s: How far captioning lies behind what is heard, s.
        overflows: How often the system lost sound before it reached the program, of unknown length; to be shown too.
    """

    time_s: float
    level_db: float
    peak_db: float
    clipped: bool
    dropped_s: float
    behind_s: float
    overflows: int = 0


@dataclass(frozen=True)
class LiveCaption:
    """Something new is heard.

    Attributes:
        number: Counts the captions of a session from 1.
        segment: What is heard since when, in seconds since listening began; its end moves on with `LiveGoesOn`.
        clock: Local time at the segment's start.
        said_s: The second at which it was said.
    """

    number: int
    segment: Segment
    clock: datetime
    said_s: float


@dataclass(frozen=True)
class LiveGoesOn:
    """What caption `number` says can still be heard, up to `end_s`; `ended` where it can be heard no more.

    After a short pause it may go on once more, with the same number.
    """

    number: int
    start_s: float
    end_s: float
    ended: bool = False


@dataclass(frozen=True)
class LiveGap:
    """Nothing could be heard; `end_s` is None as long as that lasts.

    Attributes:
        start_s: The second since listening began.
        end_s: When hearing went on.
        why: "disconnected", "paused" or "dropped".
    """

    start_s: float
    end_s: float | None
    why: Literal["disconnected", "paused", "dropped"]


@dataclass(frozen=True)
class StepWidened:
    """The machine is slower, or faster again: a caption is sought every `step_s` in place of `wanted_s`."""

    step_s: float
    wanted_s: float
