"""What was heard live, on disk: the last hour for replay, and recordings that a crash does not take."""

from __future__ import annotations

import json
import os
import shutil
from collections import deque
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Any, Self

import numpy as np
import soundfile
from numpy.typing import NDArray
from platformdirs import user_cache_path

from aaccore.audio import load_audio
from aaccore.events import LiveCaption, LiveGoesOn, LiveSound

Samples = NDArray[np.float32]

PIECE_S = 60.0
"""The last hour is kept in pieces of this length."""
FLUSH_S = 0.5
"""How often what was heard is handed to the system, from where a crash of the program cannot take it."""
SAME_S = 1e-3
"""Sound that starts so close to the end of the last is its continuation."""


class _Flac:
    """A mono FLAC file that is written as sound comes in; cut off at any moment it can be read up to there."""

    def __init__(self, path: Path, sample_rate: int) -> None:
        self.sample_rate, self.frames, self._flushed = sample_rate, 0, 0
        self._file: Any = soundfile.SoundFile(path, "w", sample_rate, 1, "PCM_16", format="FLAC")

    @property
    def duration_s(self) -> float:
        return self.frames / self.sample_rate

    def write(self, samples: Samples) -> None:
        self._file.write(np.clip(samples, -1.0, 1.0))
        self.frames += len(samples)
        if self.frames - self._flushed >= FLUSH_S * self.sample_rate:
            self._file.flush()
            self._flushed = self.frames

    def close(self) -> None:
        self._file.close()


@dataclass(frozen=True)
class _Piece:
    path: Path
    start_s: float
    end_s: float


class LastHour:
    """The last hour of a session, in a folder that only its user can read and that is deleted at the end.

    Args:
        folder: Where sessions are kept; the user's cache by default.
        keep_s: How much is kept.

    Attributes:
        folder: This session's.
    """

    def __init__(self, folder: Path | None = None, keep_s: float = 3600.0) -> None:
        home = folder or _home()
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.folder = home / f"{datetime.now():%Y-%m-%d %H-%M-%S.%f}.{os.getpid()}"
        self.folder.mkdir(mode=0o700)
        self._keep_s = keep_s
        self._pieces: deque[_Piece] = deque()
        self._open: _Flac | None = None
        self._count = 0
        self._lock = Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.delete()

    def add(self, heard: LiveSound) -> None:
        """Keep what was heard, and let go what is older than an hour."""
        with self._lock:
            self._add(heard)

    def _add(self, heard: LiveSound) -> None:
        last = self._pieces[-1] if self._pieces else None
        file = self._open
        if (
            file is None
            or last is None
            or abs(heard.start_s - last.end_s) > SAME_S
            or heard.sample_rate != file.sample_rate
            or file.duration_s >= PIECE_S
        ):
            self._close()
            self._count += 1
            last = _Piece(self.folder / f"{self._count:05d} {heard.start_s:.3f}.flac", heard.start_s, heard.start_s)
            file = self._open = _Flac(last.path, heard.sample_rate)
            self._pieces.append(last)
        file.write(heard.samples)
        self._pieces[-1] = replace(last, end_s=last.start_s + file.duration_s)
        while self._pieces[0].end_s < self._pieces[-1].end_s - self._keep_s:
            self._pieces.popleft().path.unlink(missing_ok=True)

    def read(self, start_s: float, end_s: float) -> tuple[Samples, int]:
        """What was heard in a stretch of the session, from any thread; gaps are left out.

        Returns:
            (samples,) float32 and their rate, Hz; nothing where nothing is kept.
        """
        with self._lock:
            if self._pieces and self._pieces[-1].end_s > start_s and self._pieces[-1].start_s < end_s:
                self._close()  # only a closed file holds its last tenths of a second
            chosen = [piece for piece in self._pieces if piece.end_s > start_s and piece.start_s < end_s]
        parts: list[Samples] = []
        rate = 0
        for piece in chosen:
            if not piece.path.exists():
                continue
            samples, piece_rate = load_audio(piece.path, rate or None)
            rate = rate or piece_rate
            begin, end = (round(max(0.0, t - piece.start_s) * rate) for t in (start_s, end_s))
            parts.append(samples[begin:end])
        return np.concatenate(parts) if parts else np.zeros(0, np.float32), rate

    def delete(self) -> None:
        """Delete the session's sound; safe to call twice."""
        with self._lock:
            self._close()
            self._pieces.clear()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _close(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None


def left_over(folder: Path | None = None) -> list[Path]:
    """Folders of sessions whose program ended without deleting them: to be offered once, then to be deleted."""
    home = folder or _home()
    sessions = sorted(path for path in home.iterdir() if path.is_dir()) if home.is_dir() else []
    return [path for path in sessions if not _alive(path)]


def rescue(session: Path, path: Path) -> float:
    """Put the sound of a session that crashed into one FLAC file, gaps left out; returns its length, s."""
    file: _Flac | None = None
    for piece in sorted(session.glob("*.flac")):
        samples, rate = load_audio(piece, file.sample_rate if file else None)
        file = file or _Flac(path, rate)
        file.write(samples)
    if file is None:
        return 0.0
    file.close()
    return file.duration_s


class Recording:
    """Keep recording: a FLAC file and its captions beside it, a line each; both hold all up to a crash's last second.

    The file's seconds are the session's from the first sound on; where nothing could be heard it has silence.

    Args:
        path: The file to make, with the suffix `.flac`; captions go to the same name with `.jsonl`.
    """

    def __init__(self, path: Path) -> None:
        self.path, self.captions_path = path, path.with_suffix(".jsonl")
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file: _Flac | None = None
        self._start_s = 0.0
        self._resampled = False
        self._captions = self.captions_path.open("w", encoding="utf-8")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def add(self, event: object) -> None:
        """Keep what a live session yields: sound, captions and how long they hold."""
        if isinstance(event, LiveSound):
            self._add_sound(event)
        elif isinstance(event, LiveCaption):
            segment = event.segment
            self._write(
                {
                    "number": event.number,
                    "start_s": round(segment.start_s - self._start_s, 2),
                    "end_s": round(segment.end_s - self._start_s, 2),
                    "caption": segment.caption,
                    "band": segment.band,
                    "clock": event.clock.isoformat(timespec="milliseconds"),
                }
            )
        elif isinstance(event, LiveGoesOn) and event.ended:
            self._write({"number": event.number, "end_s": round(event.end_s - self._start_s, 2)})

    def close(self) -> None:
        """Finish both files; safe to call twice."""
        if self._file is not None:
            self._file.close()
            self._file = None
        self._captions.close()

    def _add_sound(self, heard: LiveSound) -> None:
        if self._file is None:
            self._file, self._start_s = _Flac(self.path, heard.sample_rate), heard.start_s
        rate = self._file.sample_rate
        samples = heard.samples
        if heard.sample_rate != rate:  # another device took over
            import soxr

            samples = soxr.resample(samples, heard.sample_rate, rate)
        missing = round((heard.start_s - self._start_s) * rate) - self._file.frames
        while missing > SAME_S * rate + 1:
            part = min(missing, rate)
            self._file.write(np.zeros(part, np.float32))
            missing -= part
        self._file.write(samples)

    def _write(self, row: dict[str, object]) -> None:
        self._captions.write(json.dumps(row, ensure_ascii=False) + "\n")
        self._captions.flush()


def _home() -> Path:
    return user_cache_path("auricle") / "live"


def _alive(session: Path) -> bool:
    """Whether the program that made a session still runs."""
    number = session.name.rpartition(".")[2]
    if not number.isdigit():
        return False
    if os.name == "nt":
        import ctypes

        handle = ctypes.windll.kernel32.OpenProcess(0x1000, False, int(number))  # type: ignore[attr-defined]
        if handle:
            ctypes.windll.kernel32.CloseHandle(handle)  # type: ignore[attr-defined]
        return bool(handle)
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
