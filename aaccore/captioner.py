"""Captioner: waveforms -> captions; `caption_files`: the generator over files, which batches their windows."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sized
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from math import ceil
from pathlib import Path
from time import monotonic
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from aaccore.audio import AudioFile
from aaccore.bands import traits
from aaccore.config import Decoding, Windows
from aaccore.devices import choose_device
from aaccore.embeddings import embeddings
from aaccore.errors import CaptioningError
from aaccore.events import Band, Candidate, ClipCaptioned, ClipFailed, ClipOpened, Segment, SegmentCaptioned, Working
from aaccore.model import Encoded
from aaccore.model_folder import load_calibration, load_model
from aaccore.search import joined, search
from aaccore.segments import SILENCE, Window, merge, windows
from aaccore.word_times import meanings

Result = TypeVar("Result")
Samples = NDArray[np.float32]
Event = ClipOpened | Working | SegmentCaptioned | ClipCaptioned | ClipFailed

BATCH_WINDOWS, BATCH_S = 16, 40.0
"""Windows that wait until there are so many, or so many seconds, are captioned together."""
ENCODED_S = {"cpu": 10.0, "cuda": 160.0, "mps": 40.0}
"""Seconds of sound that go through the network at once: a fraction of a second's work, so that one can stop between."""
SIGN_OF_LIFE_S = 0.2
"""The longest time between two events."""


def bundled_model() -> Path:
    """The folder of the model that comes with the program."""
    return Path(__file__).resolve().parents[1] / "resources" / "models" / "starter"


@dataclass(frozen=True)
class Found:
    """What was found in a window: captions, best first, how far the best can be trusted, and its embedding."""

    candidates: tuple[Candidate, ...]
    band: Band | None
    embedding: bytes


class Captioner:
    """A model that is ready to caption.

    Args:
        folder: Its model folder; the bundled model by default.
        device: Where it runs, see `choose_device`.
        decoding: How captions are searched.
        windows: How long recordings are cut.

    Attributes:
        sample_rate: Rate of the waveforms it takes, Hz.
        window_s: Length of the windows that it cuts, s.
        device: Where it runs.
        why: Why it runs there, in words.
        calibration: By which its captions' bands are told; None shows none.

    Raises:
        ModelError: The model cannot be loaded.
        ConfigError: A setting cannot work.
    """

    def __init__(
        self,
        folder: Path | None = None,
        device: str = "auto",
        decoding: Decoding = Decoding(),  # noqa: B008 - frozen
        windows: Windows = Windows(),  # noqa: B008 - frozen
    ) -> None:
        self.device, self.why = choose_device(device)
        self.model, self.tokenizer = load_model(folder or bundled_model(), self.device)
        self.calibration = load_calibration(folder or bundled_model())
        self.model.eval()
        self.model.network.style(decoding.style)  # one that it does not know is told now
        self.decoding, self.windows = decoding, windows
        self.sample_rate = self.model.sample_rate
        self.window_s = windows.window_s or self.model.window_s

    @property
    def styles(self) -> tuple[str, ...]:
        """In whose styles it can caption, the usual one first; empty for a model that was taught one way only."""
        return self.model.network.styles

    def caption_windows(self, waveforms: list[Samples]) -> list[list[Candidate]]:
        """Caption sounds at once.

        Args:
            waveforms: Each (samples,) float32 at `sample_rate`, at most a window long.

        Returns:
            For each its candidates, best first; token times count from its start.
        """
        groups = self.groups(waveforms)
        found = self.search([self.encode([waveforms[index] for index in group]) for group in groups])
        return in_order(groups, found)

    def groups(self, waveforms: list[Samples]) -> list[list[int]]:
        """Which waveforms go through the network together: those of the same whole seconds.

        So what a sound is padded to, and with it its caption, does not depend on its neighbours.
        """
        by_length: dict[int, list[int]] = {}
        for index, waveform in enumerate(waveforms):
            by_length.setdefault(self._padded_s(waveform), []).append(index)
        groups = []
        for seconds, indices in by_length.items():
            size = max(1, int(ENCODED_S[torch.device(self.device).type] / seconds))
            groups += [indices[start : start + size] for start in range(0, len(indices), size)]
        return groups

    @torch.inference_mode()
    def encode(self, waveforms: list[Samples]) -> Encoded:
        """Listen to one group of `groups`."""
        samples = self._padded_s(waveforms[0]) * self.sample_rate
        batch = np.zeros((len(waveforms), samples), np.float32)
        for row, waveform in zip(batch, waveforms, strict=True):
            row[: len(waveform)] = waveform
        lengths = torch.tensor([len(waveform) for waveform in waveforms])
        return self.model.encode(torch.from_numpy(batch).to(self.device), lengths)

    def search(self, encoded: list[Encoded]) -> list[list[Candidate]]:
        """Search the captions of everything that was encoded, in that order."""
        return search(self.model, joined(encoded), self.tokenizer, self.decoding) if encoded else []

    @torch.inference_mode()
    def describe(self, encoded: list[Encoded]) -> list[Found]:
        """Find captions, band and embedding of everything that was encoded, in that order."""
        if not encoded:
            return []
        whole = joined(encoded)
        captions = self.search([whole])
        vectors = embeddings(self.model, whole)
        return [
            Found(tuple(candidates), self._band(candidates, whole, row), vector)
            for row, (candidates, vector) in enumerate(zip(captions, vectors, strict=True))
        ]

    def _band(self, candidates: list[Candidate], encoded: Encoded, row: int) -> Band | None:
        if self.calibration is None or encoded.heard is None:
            return None
        known = meanings(self.tokenizer, self.model.network)
        return self.calibration.band(traits(candidates, encoded.heard.probabilities[row], known))

    def _padded_s(self, waveform: Samples) -> int:
        return max(1, ceil(len(waveform) / self.sample_rate))


def in_order(groups: list[list[int]], found: list[Result]) -> list[Result]:
    """Undo the grouping: what was found for the groups' members one after the other, by their index."""
    places = [index for group in groups for index in group]
    return [result for _, result in sorted(zip(places, found, strict=True), key=lambda pair: pair[0])]


@dataclass
class _Clip:
    """A recording under way; `segments` has None for a window that waits for its caption."""

    path: Path
    expected_s: float | None = None
    duration_s: float = 0.0
    segments: list[Segment | None] = field(default_factory=list)
    warnings: tuple[str, ...] = ()
    captioned_s: float = 0.0
    waiting: int = 0
    ended: bool = False
    failure: str = ""


@dataclass(frozen=True)
class _Waiting:
    """A window that waits for its caption, and the segment's place."""

    clip: _Clip
    place: int
    window: Window
    waveform: Samples


def caption_files(captioner: Captioner, paths: Iterable[Path]) -> Generator[Event, None, None]:
    """Caption recordings of any length, in constant memory; windows of several short ones are captioned together.

    To cancel, close the generator: it ends after the piece of work at hand, and files are closed.

    Args:
        captioner: The model.
        paths: Sound or video files.

    Yields:
        For each file ClipOpened, SegmentCaptioned for its windows as they are done, then ClipCaptioned; or ClipFailed.
        Results come in the order of the paths; Working comes at least every 0.25 s.
    """
    job = _Job(captioner, len(paths) if isinstance(paths, Sized) else None)
    with ThreadPoolExecutor(1, "captioner") as job.executor:
        for path in paths:
            yield from job.read(path)
            yield from job.deliver()
        yield from job.caption()
        yield from job.deliver()


class _Job:
    """The state of `caption_files`: clips not yet delivered, oldest first, and windows that wait."""

    executor: ThreadPoolExecutor

    def __init__(self, captioner: Captioner, files: int | None) -> None:
        self.captioner = captioner
        self.files, self.delivered = files, 0
        self.clips: deque[_Clip] = deque()
        self.waiting: list[_Waiting] = []
        self.last_sign = monotonic()

    def read(self, path: Path) -> Iterator[Event]:
        """Open a file, queue its windows, and caption whenever enough have come together."""
        clip = _Clip(path)
        self.clips.append(clip)
        message = f"{path.name}: reading"
        try:
            audio = yield from self._beside(message, AudioFile, path, self.captioner.sample_rate)
            with audio:
                clip.expected_s = audio.duration_s or audio.expected_s
                yield ClipOpened(path, audio.duration_s, audio.source_rate)
                silence_db = self.captioner.windows.silence_db
                cut = windows(audio.blocks(), audio.sample_rate, self.captioner.window_s, silence_db)
                while window := (yield from self._beside(message, next, cut, None)):
                    yield from self._queue(clip, window)
                clip.duration_s, clip.warnings = audio.duration_s or 0.0, tuple(audio.warnings)
        except CaptioningError as error:
            clip.failure = str(error)
        except OSError as error:
            clip.failure = f"{path.name}: cannot be read ({error.strerror or error})"
        clip.ended = True

    def _queue(self, clip: _Clip, window: Window) -> Iterator[Event]:
        if window.waveform is None:
            yield from self._take(clip, len(clip.segments), Segment(window.start_s, window.end_s, SILENCE))
            return
        self.waiting.append(_Waiting(clip, len(clip.segments), window, window.waveform))
        clip.segments.append(None)
        clip.waiting += 1
        seconds = sum(len(waiting.waveform) for waiting in self.waiting) / self.captioner.sample_rate
        if len(self.waiting) >= BATCH_WINDOWS or seconds >= BATCH_S:
            yield from self.caption()

    def caption(self) -> Iterator[Event]:
        """Caption all windows that wait."""
        batch, self.waiting = self.waiting, []
        if not batch:
            return
        message = f"{batch[0].clip.path.name}: captioning"
        groups = self.captioner.groups([waiting.waveform for waiting in batch])
        encoded = []
        for group in groups:
            waveforms = [batch[index].waveform for index in group]
            encoded.append((yield from self._beside(message, self.captioner.encode, waveforms)))
        found = in_order(groups, (yield from self._beside(message, self.captioner.describe, encoded)))
        for waiting, result in zip(batch, found, strict=True):
            window, clip = waiting.window, waiting.clip
            clip.waiting -= 1
            shifted = tuple(_within(candidate, window) for candidate in result.candidates)
            caption = shifted[0].caption
            segment = Segment(window.start_s, window.end_s, caption, shifted, result.band, result.embedding)
            yield from self._take(clip, waiting.place, segment)

    def _take(self, clip: _Clip, place: int, segment: Segment) -> Iterator[Event]:
        clip.segments[place : place + 1] = [segment]
        clip.captioned_s = max(clip.captioned_s, segment.end_s)
        yield SegmentCaptioned(clip.path, segment)

    def deliver(self) -> Iterator[Event]:
        """Report the oldest clips as far as they are done."""
        while self.clips and self.clips[0].ended and not self.clips[0].waiting:
            clip = self.clips.popleft()
            self.delivered += 1
            if clip.failure:
                yield ClipFailed(clip.path, clip.failure)
                continue
            segments = [segment for segment in clip.segments if segment is not None]
            if self.captioner.windows.merge_equal:
                segments = merge(segments)
            yield ClipCaptioned(clip.path, clip.duration_s, tuple(segments), clip.warnings)

    def _beside(
        self, message: str, work: Callable[..., Result], *arguments: object
    ) -> Generator[Working, None, Result]:
        """Do a piece of work in the other thread and give signs of life; when closed, wait for its end."""
        future = self.executor.submit(work, *arguments)
        try:
            while not wait([future], max(0.0, self.last_sign + SIGN_OF_LIFE_S - monotonic())).done:
                self.last_sign = monotonic()
                yield Working(message, self._share_done())
        finally:
            wait([future])
        return future.result()

    def _share_done(self) -> float | None:
        if not self.files:
            return None
        shares = (
            1.0 if clip.ended and not clip.waiting else min(1.0, clip.captioned_s / (clip.expected_s or float("inf")))
            for clip in self.clips
        )
        return min(1.0, (self.delivered + sum(shares)) / self.files)


def _within(candidate: Candidate, window: Window) -> Candidate:
    """The candidate with times in the recording; the middle of the last step may lie after the window's end."""
    times = (None if time is None else min(window.start_s + time, window.end_s) for time in candidate.token_times)
    return replace(candidate, token_times=tuple(times))
