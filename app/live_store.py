"""What stays of a live session: the last hour for replay, recordings, and its captions in the library."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from aaccore.events import ClipCaptioned, Listening, LiveSound, Segment
from aaccore.library import Library
from aaccore.transcript import Transcript

if TYPE_CHECKING:
    from aaccore.recording import LastHour, Recording


NOTE = "recordings.txt"
"""Names a session's recordings, in the folder of its last hour."""


@dataclass(frozen=True)
class Kept:
    """A session's captions are in the library.

    Attributes:
        id: Its row.
        path: The recording, or where one would lie.
        recorded: Whether there is one.
        captions: How many.
    """

    id: int
    path: Path
    recorded: bool
    captions: int


@dataclass(frozen=True)
class Trouble:
    """Something does not work while listening goes on, in words."""

    words: str


@dataclass(frozen=True)
class _Stretch:
    """What a recording holds of its session, s."""

    path: Path
    start_s: float
    end_s: float


def recordings_folder(folder: Path) -> Path:
    """Where recordings lie."""
    return folder / "recordings"


def hour_folder(folder: Path) -> Path:
    """Where the last hours of sessions lie while they last."""
    return folder / "last_hour"


class SessionStore:
    """Keeps what a session hears; used in the worker's thread, but for `keep` and `cut`.

    Args:
        library_path: The library's file.
        folder: Where sound goes.
        model: The model's name.
    """

    def __init__(self, library_path: Path, folder: Path, model: str) -> None:
        self._library_path, self._folder, self._model = library_path, folder, model
        self._transcript = Transcript()
        self._stretches: list[_Stretch] = []
        self._hour: LastHour | None = None
        self._recording: Recording | None = None
        self._keeping = False
        self._since_s: float | None = None

    def keep(self, keeping: bool) -> None:
        """Record from now on, or no longer; from any thread."""
        self._keeping = keeping

    def take(self, event: object) -> Iterator[Kept | Trouble]:
        """Keep an event's news."""
        self._transcript.add(event)
        if isinstance(event, Listening):
            from aaccore.recording import LastHour

            try:
                self._hour = LastHour(hour_folder(self._folder))
            except OSError as error:
                yield Trouble(f"The last hour cannot be kept for replay: {error}")
        if isinstance(event, LiveSound):
            yield from self._switch(event)
            yield from self._add_to_hour(event)
        if self._recording is not None:
            try:
                self._recording.add(event)
            except (OSError, RuntimeError) as error:  # a full disk
                yield from self._close_recording()
                self._keeping = False
                yield Trouble(f"Recording has stopped: {error}")

    def end(self) -> list[Kept | Trouble]:
        """Close all files, delete the last hour, and put what was said into the library."""
        kept: list[Kept | Trouble] = [*self._close_recording()]
        hour, self._hour = self._hour, None
        if hour is not None:
            hour.delete()
        if any(not any(_inside(one, part) for part in self._stretches) for one in self._transcript.segments):
            words = "Only the captions were kept, not the sound."
            kept.append(self._into_library(self._transcript.clip(self._free_path(), warnings=(words,)), False))
        return kept

    def cut(self, start_s: float, end_s: float, path: Path) -> bool:
        """Write a stretch of what was heard into a file, from any thread; False where it is not kept."""
        import soundfile

        from aaccore.audio import load_audio

        hour = self._hour
        if hour is not None:
            samples, rate = hour.read(start_s, end_s)
            if len(samples):
                soundfile.write(path, samples, rate)
                return True
        for part in self._stretches:
            if part.start_s < end_s and part.end_s > start_s and part.path.exists():
                samples, rate = load_audio(part.path)
                begin, end = (round(max(0.0, time_s - part.start_s) * rate) for time_s in (start_s, end_s))
                soundfile.write(path, samples[begin:end], rate)
                return True
        return False

    def _switch(self, heard: LiveSound) -> Iterator[Kept | Trouble]:
        """Begin or end recording as the switch stands."""
        if self._keeping and self._recording is None:
            from aaccore.recording import Recording

            try:
                self._recording, self._since_s = Recording(self._free_path()), heard.start_s
                self._note(self._recording.path)
            except OSError as error:
                self._keeping = False
                yield Trouble(f"Nothing can be recorded: {error}")
        elif not self._keeping and self._recording is not None:
            yield from self._close_recording()

    def _note(self, path: Path) -> None:
        """Let the last hour's folder, which a crash leaves, tell of the recording."""
        if self._hour is not None:
            with (self._hour.folder / NOTE).open("a", encoding="utf-8") as file:
                file.write(f"{path}\n")

    def _add_to_hour(self, heard: LiveSound) -> Iterator[Trouble]:
        if self._hour is None:
            return
        try:
            self._hour.add(heard)
        except (OSError, RuntimeError) as error:
            hour, self._hour = self._hour, None
            hour.delete()
            yield Trouble(f"The last hour is no longer kept for replay: {error}")

    def _close_recording(self) -> Iterator[Kept]:
        recording, self._recording = self._recording, None
        if recording is None:
            return
        recording.close()
        start_s, path = self._since_s or 0.0, recording.path
        self._stretches.append(_Stretch(path, start_s, self._transcript.end_s))
        yield self._into_library(self._transcript.clip(path, start_s), True)

    def _into_library(self, clip: ClipCaptioned, recorded: bool) -> Kept:
        with Library(self._library_path) as library:
            (number,) = library.add([clip.path])
            library.finish(number, clip, self._model)
        return Kept(number, clip.path, recorded, len(clip.segments))

    def _free_path(self) -> Path:
        """A name that says when the session began and, for a later recording of it, where in it this one does."""
        folder = recordings_folder(self._folder)
        folder.mkdir(parents=True, exist_ok=True)
        name = f"Live {self._transcript.started:%Y-%m-%d %H.%M.%S}"
        taken = {part.path for part in self._stretches}
        path, number = folder / f"{name}.flac", 1
        while path.exists() or path in taken:
            number += 1
            path = folder / f"{name} ({number}).flac"
        return path


def _inside(segment: Segment, part: _Stretch) -> bool:
    return part.start_s <= segment.start_s + 1.0 and segment.end_s <= part.end_s + 1.0


def into_library(session: Path, library_path: Path) -> Iterator[Kept]:
    """Put the recordings of a session that a crash ended into the library, with what was said by then.

    Args:
        session: The folder of its last hour.
        library_path: The library's file.
    """
    from aaccore.audio import AudioFile
    from aaccore.errors import AudioError

    note = session / NOTE
    names = note.read_text(encoding="utf-8").splitlines() if note.exists() else []
    with Library(library_path) as library:
        for path in map(Path, names):
            if library.find(path) is not None:
                continue
            try:
                with AudioFile(path) as audio:
                    duration_s = sum(len(block) for block in audio.blocks(1.0)) / audio.sample_rate
            except AudioError:
                continue
            segments, started = _written(path.with_suffix(".jsonl"))
            clip = ClipCaptioned(path, duration_s, segments, started=started)
            (number,) = library.add([path])
            library.finish(number, clip, "")
            yield Kept(number, path, True, len(clip.segments))
    note.unlink(missing_ok=True)


def _written(path: Path) -> tuple[tuple[Segment, ...], datetime | None]:
    """The captions beside a recording, and when it began if there are any; a line that was cut off is left out."""
    found: dict[int, Segment] = {}
    started: datetime | None = None
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
        try:
            row = json.loads(line)
        except ValueError:
            continue
        number = row["number"]
        if "caption" in row:
            found[number] = Segment(max(0.0, row["start_s"]), row["end_s"], row["caption"], (), row["band"])
            if "clock" in row:
                clock = datetime.fromisoformat(row["clock"]).replace(tzinfo=None)
                started = clock - timedelta(seconds=row["start_s"])
        elif number in found:
            found[number] = replace(found[number], end_s=max(found[number].end_s, row["end_s"]))
    return tuple(found.values()), started
