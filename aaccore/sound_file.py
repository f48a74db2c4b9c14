"""A sound file as the decoders see it: opened without its name, and what is known of it before it is read."""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from aaccore.errors import AudioError

if TYPE_CHECKING:
    from typing_extensions import Buffer

Samples: TypeAlias = NDArray[np.float32]


@dataclass(frozen=True)
class SoundInfo:
    """What is known of a file before it is read to the end.

    Attributes:
        reader: The library that reads it.
        format_name: For people: "WAV", "AAC in MP4".
        sample_rate: Hz.
        channels: At least 1.
        frames: Exact number of samples a channel; None where only decoding can tell.
        expected_s: What the header claims, s: good for a progress bar and to notice what is missing, nothing else.
        cut_off: Its end is known to be missing.
    """

    reader: Literal["soundfile", "ffmpeg"]
    format_name: str
    sample_rate: int
    channels: int
    frames: int | None
    expected_s: float | None
    cut_off: bool = False


class SoundBytes(io.BufferedReader):
    """A file for decoders that call back: a damaged header may send them anywhere, and an error there has no caller.

    Its `name` is a number, so that no reader is misled by an extension.
    """

    def __init__(self, descriptor: int) -> None:
        super().__init__(io.FileIO(descriptor))

    def seek(self, target: int, whence: int = io.SEEK_SET, /) -> int:
        """Move, or stay and return -1 where there is no such place."""
        try:
            return super().seek(target, whence)
        except OSError:
            return -1

    def read(self, size: int | None = -1, /) -> bytes:
        """Read on; a disk that fails ends the file."""
        try:
            return super().read(size)
        except OSError:
            return b""

    def readinto(self, buffer: Buffer, /) -> int:
        """Read on; a disk that fails ends the file."""
        try:
            return super().readinto(buffer)
        except OSError:
            return 0


@contextmanager
def opened(path: Path) -> Iterator[SoundBytes]:
    """Open a regular file for reading.

    Raises:
        AudioError: It is missing, a directory, a device or unreadable.
    """
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise AudioError(f"{path.name or path}: a folder, not a file; name the files in it")
        if not stat.S_ISREG(mode):  # opening a pipe would wait for its other end
            raise AudioError(f"{path.name}: a device or a pipe, not a file; save the sound to a file first")
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    except (FileNotFoundError, NotADirectoryError):
        raise AudioError(f"{path}: no such file; check the name") from None
    except PermissionError:
        raise AudioError(f"{path.name}: may not be read; check the file's permissions") from None
    except (OSError, ValueError) as error:
        raise AudioError(f"{path.name}: cannot be opened ({getattr(error, 'strerror', None) or error})") from None
    with SoundBytes(descriptor) as file:
        yield file
