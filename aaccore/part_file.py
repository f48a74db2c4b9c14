"""The file that a download grows in, with its checksum so far; only one program at a time writes it."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from aaccore.errors import DownloadError

HASHED_BYTES = 2**20


class PartFile:
    """What has come of a file. It stays when it is closed, for next time.

    Attributes:
        path: Where it lies: the wanted file's name with `.part` behind it.
        done_bytes: How much has come and is in the checksum.
    """

    def __init__(self, wanted: Path, checksum: str) -> None:
        """Open it.

        Args:
            wanted: The file that it shall become.
            checksum: `md5:` or `sha256:` and the digest in hexadecimal.

        Raises:
            DownloadError: Another program is downloading the same file.
            OSError: It cannot be written.
        """
        self.path = wanted.with_name(wanted.name + ".part")
        self._version_path = wanted.with_name(wanted.name + ".part.version")
        self.algorithm, self.wanted_digest = checksum.split(":")
        self._file = self.path.open("a+b", buffering=0)  # a full disk is noticed at once, and nothing is left over
        try:
            _lock(self._file.fileno())
        except OSError as error:
            self._file.close()
            raise DownloadError(f"{wanted.name}: is being downloaded by another program; wait for it") from error
        self._empty_digest()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        if self.done_bytes == 0:
            self.path.unlink(missing_ok=True)
            self._version_path.unlink(missing_ok=True)

    @property
    def digest(self) -> str:
        """The checksum of what has come."""
        return self._digest.hexdigest()

    @property
    def right(self) -> bool:
        """What has come is the wanted file, whole."""
        return self.digest == self.wanted_digest

    @property
    def version(self) -> str:
        """The server's name for the version that has come, or an empty text."""
        return self._version_path.read_text(encoding="utf-8") if self._version_path.is_file() else ""

    @version.setter
    def version(self, version: str) -> None:
        self._version_path.write_text(version, encoding="utf-8")

    def take_in(self) -> Iterator[None]:
        """Take what came last time into the checksum, block by block."""
        self._file.seek(0)
        while block := self._file.read(HASHED_BYTES):
            self._digest.update(block)
            self.done_bytes += len(block)
            yield

    def write(self, block: bytes) -> None:
        """Put a block behind what has come."""
        while block:
            written = self._file.write(block)  # a disk that fills up takes only some of it
            self._digest.update(block[:written])
            self.done_bytes += written
            block = block[written:]

    def restart(self) -> None:
        """Begin anew."""
        self._file.truncate(0)
        self._version_path.unlink(missing_ok=True)
        self._empty_digest()

    def become(self, wanted: Path) -> None:
        """Give it its name, once it lies on the disk whole."""
        os.fsync(self._file.fileno())
        self._file.close()
        self.path.replace(wanted)
        self._version_path.unlink(missing_ok=True)

    def _empty_digest(self) -> None:
        self._digest, self.done_bytes = hashlib.new(self.algorithm, usedforsecurity=False), 0


def digest_of(path: Path, algorithm: str) -> Iterator[str]:
    """Compute a file's checksum: empty texts while it goes on, at last the digest in hexadecimal."""
    digest = hashlib.new(algorithm, usedforsecurity=False)
    with path.open("rb") as file:
        while block := file.read(HASHED_BYTES):
            digest.update(block)
            yield ""
    yield digest.hexdigest()


def _lock(descriptor: int) -> None:
    """Keep others from writing until the file is closed.

    Raises:
        OSError: Somebody else does already.
    """
    if sys.platform == "win32":
        import msvcrt

        # A byte far behind the end: on Windows nobody can even read a locked one.
        os.lseek(descriptor, 2**31 - 2, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
