"""A sound file as if it were heard live."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Event
from time import monotonic

from aaccore.audio import AudioFile
from aaccore.events import LiveGap, LiveSound

BLOCK_S = 0.1


class FileSource:
    """A file's sound as a source for `caption_stream`.

    Args:
        path: Any sound or video file.
        paced: At the pace of the clock, as a microphone would deliver it; else as fast as it is taken.

    Attributes:
        title: The file's name.
        paced: As above.
        dropped_s: Always 0, as `overflows`.

    Raises:
        AudioError: It cannot be read.
    """

    dropped_s, overflows = 0.0, 0

    def __init__(self, path: Path, paced: bool = False) -> None:
        self.paced = paced
        self._audio = AudioFile(path)
        self.title = path.name
        self._stopping = Event()

    def stop(self) -> None:
        """End listening, from any thread."""
        self._stopping.set()

    def blocks(self) -> Iterator[LiveSound | LiveGap | None]:
        """The file's sound in pieces of 0.1 s."""
        began, frames, rate = monotonic(), 0, self._audio.sample_rate
        with self._audio as audio:
            for samples in audio.blocks(BLOCK_S):
                while self.paced and (frames + len(samples)) / rate > monotonic() - began:
                    if self._stopping.wait(min(0.05, BLOCK_S)):
                        return
                    yield None
                if self._stopping.is_set():
                    return
                yield LiveSound(frames / rate, rate, samples, bool(abs(samples).max(initial=0.0) >= 0.9999))
                frames += len(samples)
