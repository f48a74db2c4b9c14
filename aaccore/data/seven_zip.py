"""Sounds out of a 7z archive, as a generator. Only plain sound files are taken, and only their own names count."""

from __future__ import annotations

import importlib.util
import lzma
import queue
import shutil
import threading
from collections.abc import Generator
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, Any

from aaccore.downloads import check_room
from aaccore.errors import DatasetError

if TYPE_CHECKING:
    from py7zr import SevenZipFile

SIGN_OF_LIFE_S = 0.2
MOST_BYTES = 32 * 10**9
"""An archive that unpacks to more is refused."""


def unpack_sounds(archive: Path, folder: Path, ending: str = ".wav") -> Generator[float, None, None]:
    """Unpack an archive's sound files into one folder. It appears under its name only when it is complete.

    Args:
        archive: A 7z file. Folders in it are left out: what counts is each file's own name.
        folder: Where to; must not be there yet.
        ending: Of the files that are taken.

    Yields:
        The share that is done, at least four times a second. Close the generator to stop; nothing is left then.

    Raises:
        DatasetError: The archive is damaged, holds no such file, two of one name, a link or too much, or py7zr, which
            reads it, is missing.
        DownloadError: There is no room for the sounds.
        OSError: They cannot be written.
    """
    if importlib.util.find_spec("py7zr") is None:
        raise DatasetError(f"{archive.name}: is unpacked by py7zr; get it with: pip install 'auricle[train]'")
    from py7zr import SevenZipFile
    from py7zr.exceptions import ArchiveError

    fresh = folder.with_name(f".{folder.name}-unpacking")
    try:
        # Opened here, not by py7zr, which otherwise unpacks in several threads that nobody can stop.
        with archive.open("rb") as file, SevenZipFile(file) as packed:
            total = _checked(packed, archive, ending)
            check_room(folder.parent, total)
            shutil.rmtree(fresh, ignore_errors=True)
            fresh.mkdir(parents=True)
            yield from _unpacked(packed, fresh, ending, total)
        fresh.rename(folder)
    except (ArchiveError, lzma.LZMAError, EOFError, ValueError, KeyError, IndexError) as error:
        raise DatasetError(
            f"{archive.name}: damaged ({error or type(error).__name__}); delete it and get it again"
        ) from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _checked(packed: SevenZipFile, archive: Path, ending: str) -> int:
    """Look through the list of contents; returns the bytes that are to be written."""
    names, total = set(), 0
    for entry in packed.files:
        name = PurePosixPath(entry.filename).name
        if entry.is_symlink or entry.is_junction:
            raise DatasetError(f"{archive.name}: holds a link ({entry.filename}); it is not used")
        if entry.is_directory or not name.endswith(ending):
            continue
        if name in names:
            raise DatasetError(f"{archive.name}: holds two files called {name}; it is not used")
        names.add(name)
        total += entry.uncompressed
    if not names:
        raise DatasetError(f"{archive.name}: holds no {ending} file; it is not used")
    if total > MOST_BYTES:
        raise DatasetError(f"{archive.name}: unpacks to {total} bytes, at most {MOST_BYTES} are taken")
    return total


def _unpacked(packed: SevenZipFile, folder: Path, ending: str, total: int) -> Generator[float, None, None]:
    """Let a thread unpack, and tell how far it is."""
    from py7zr.io import Py7zIO, WriterFactory

    done: queue.Queue[int | BaseException | None] = queue.Queue()
    stopped = threading.Event()

    class Sound(Py7zIO):
        def __init__(self, path: Path) -> None:
            self._file: IO[bytes] = path.open("xb")
            self._bytes = 0

        def write(self, s: bytes | bytearray) -> int:
            if stopped.is_set():
                raise InterruptedError
            self._bytes += len(s)
            done.put(len(s))
            return self._file.write(s)

        def read(self, size: int | None = None) -> bytes:
            raise NotImplementedError("sounds are only written")

        def seek(self, offset: int, whence: int = 0) -> int:
            return 0

        def flush(self) -> None:
            self._file.flush()

        def size(self) -> int:
            return self._bytes

        def close(self) -> None:
            self._file.close()

    class Sounds(WriterFactory):
        last: Sound | None = None

        def create(self, filename: str) -> Py7zIO:
            self.last = Sound(folder / PurePosixPath(filename).name)
            return self.last

    targets = [entry.filename for entry in packed.files if not entry.is_directory and entry.filename.endswith(ending)]

    def unpack() -> None:
        sounds = Sounds()
        try:
            packed.extract(path=folder, targets=targets, factory=sounds)
            done.put(None)
        except BaseException as error:
            done.put(error)
        finally:
            if sounds.last is not None:
                sounds.last.close()

    thread = threading.Thread(target=unpack, name="unpack", daemon=True)
    thread.start()
    try:
        yield from _told(done, total)
    finally:
        stopped.set()
        thread.join()


def _told(done: queue.Queue[Any], total: int) -> Generator[float, None, None]:
    written = 0
    while True:
        yield written / max(1, total)
        try:
            news = [done.get(timeout=SIGN_OF_LIFE_S)]
        except queue.Empty:
            continue
        news += [done.get() for _ in range(done.qsize())]
        for item in news:
            if item is None:
                return
            if isinstance(item, BaseException):
                raise item
            written += item
