"""Published files, downloaded: checked against their checksum, resumed where they stopped, whole or not at all.

What has come lies beside the wanted file with `.part` behind its name until its checksum is right.
"""

from __future__ import annotations

import errno
import http.client
import re
import shutil
import ssl
import time
import urllib.error
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from aaccore.errors import DownloadError
from aaccore.http_stream import Answer, stream
from aaccore.part_file import PartFile, digest_of

PAUSES_S = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Waits before each further attempt; as soon as something comes again, they begin anew."""
SIGN_OF_LIFE_S = 0.2
MARGIN_BYTES = 32 * 2**20
"""Room that a download leaves on the disk."""


@dataclass(frozen=True)
class Downloading:
    """How much of a file is here; `total_bytes` is None until it is known."""

    path: Path
    done_bytes: int
    total_bytes: int | None

    @property
    def done(self) -> float | None:
        """The share from 0 to 1, where it is known."""
        return self.done_bytes / self.total_bytes if self.total_bytes else None

    @property
    def message(self) -> str:
        """How far it is, for people."""
        total = f" of {megabytes(self.total_bytes)}" if self.total_bytes else ""
        return f"{self.path.name}: {megabytes(self.done_bytes)}{total}"


def fetch(url: str, path: Path, checksum: str, size: int | None = None) -> Iterator[Downloading]:
    """Download a file, or the rest of it; one that is here and whole is left as it is.

    Args:
        url: Where it lies.
        path: Where it shall lie; its folder is made.
        checksum: `md5:` or `sha256:` and the digest in hexadecimal.
        size: Its length in bytes, where that is known.

    Yields:
        How far it is, at least four times a second. Close the generator to stop; what has come is kept for next time.

    Raises:
        DownloadError: It cannot be had, is not what was published, or there is no room. Nothing then lies at `path`
            but what lay there before.
    """
    if not re.fullmatch(r"md5:[0-9a-f]{32}|sha256:[0-9a-f]{64}", checksum):
        raise ValueError(f"checksum = {checksum!r}: must be md5: or sha256: and the digest")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        whole = yield from _is_here(path, checksum)
        if not whole:
            with PartFile(path, checksum) as part:
                yield from _filled(_Wanted(url, path, size), part)
                part.become(path)
        length = path.stat().st_size
        yield Downloading(path, length, length)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            words = f"{path.parent}: the disk is full; make room and start again: what has come is kept"
        else:
            words = f"{path}: cannot be written ({error.strerror or error}); choose another folder"
        raise DownloadError(words) from error


def check_room(folder: Path, wanted_bytes: int) -> None:
    """Check that a disk has room.

    Args:
        folder: A folder on it; it need not be there yet.
        wanted_bytes: How much is to be written.

    Raises:
        DownloadError: It has not.
    """
    there = next(place for place in (folder.absolute(), *folder.absolute().parents) if place.exists())
    free = shutil.disk_usage(there).free
    if free < wanted_bytes + MARGIN_BYTES:
        raise DownloadError(
            f"{folder}: needs {megabytes(wanted_bytes + MARGIN_BYTES)}, {megabytes(free)} are free; make room or "
            "choose another folder"
        )


def megabytes(count: int) -> str:
    """A size for people."""
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"


@dataclass
class _Wanted:
    """What is asked for; `size` becomes known with the first answer at the latest, if the server tells it."""

    url: str
    path: Path
    size: int | None


def _is_here(path: Path, checksum: str) -> Generator[Downloading, None, bool]:
    """Whether the right file lies at `path` already."""
    if not path.is_file():
        return False
    algorithm, wanted = checksum.split(":")
    length, said, found = path.stat().st_size, time.monotonic(), ""
    for found in digest_of(path, algorithm):  # noqa: B007 - the last one counts
        if time.monotonic() - said >= SIGN_OF_LIFE_S:
            said = time.monotonic()
            yield Downloading(path, 0, length)
    return found == wanted


def _filled(wanted: _Wanted, part: PartFile) -> Iterator[Downloading]:
    """Get what is missing and check the whole."""
    said = time.monotonic()
    for _ in part.take_in():
        if time.monotonic() - said >= SIGN_OF_LIFE_S:
            said = time.monotonic()
            yield Downloading(wanted.path, part.done_bytes, wanted.size)
    resumed = part.done_bytes > 0
    if part.right:
        return
    yield from _complete(wanted, part)
    if resumed and not part.right:
        # Two different files may have been put together: once more, from the beginning.
        part.restart()
        yield from _complete(wanted, part)
    if not part.right:
        found = part.digest
        part.restart()
        raise DownloadError(
            f"{wanted.path.name}: what came is not the published file (its {part.algorithm} is {found}, not "
            f"{part.wanted_digest}); start again, and look whether a proxy or a login page is between"
        )


def _complete(wanted: _Wanted, part: PartFile) -> Iterator[Downloading]:
    """Get what is missing, with as many attempts as `PAUSES_S` allows without any progress."""
    name, failures = wanted.path.name, 0
    while wanted.size is None or part.done_bytes != wanted.size:
        before = part.done_bytes
        if wanted.size is not None:
            check_room(wanted.path.parent, wanted.size - before)
        try:
            with closing(_attempt(wanted, part)) as attempt:
                yield from attempt
            if wanted.size is None:
                return
            reason: object = "the connection was cut"
        except urllib.error.HTTPError as error:
            error.close()
            if error.code == 416 and before:
                part.restart()  # the server has less than is here: that is another file
            elif error.code < 500 and error.code not in (408, 425, 429):
                raise DownloadError(
                    f"{name}: {wanted.url} is refused ({error.code} {error.reason}); it may have moved: look there "
                    f"with a browser, and put the file at {wanted.path}"
                ) from error
            reason = f"{error.code} {error.reason}"
        except (urllib.error.URLError, http.client.HTTPException) as error:
            reason = getattr(error, "reason", None) or str(error) or type(error).__name__
            if isinstance(reason, ssl.SSLCertVerificationError):
                raise DownloadError(
                    f"{name}: the server's certificate is not trusted ({reason.verify_message}); check the clock and "
                    "what stands between this machine and the network"
                ) from error
        failures = 0 if part.done_bytes > before else failures + 1
        if failures > len(PAUSES_S):
            kept = f": {megabytes(part.done_bytes)} are kept" if part.done_bytes else ""
            raise DownloadError(
                f"{name}: {wanted.url} cannot be had ({reason}); check the network and the proxy and start again{kept}"
            )
        yield from _pause(wanted, part, PAUSES_S[failures - 1] if failures else 0.0)


def _attempt(wanted: _Wanted, part: PartFile) -> Generator[Downloading, None, None]:
    """One request: what comes goes behind what is here, or in its place where the server begins anew."""
    said = time.monotonic()
    with closing(stream(wanted.url, part.done_bytes, part.version)) as pieces:
        for piece in pieces:
            if isinstance(piece, Answer):
                _begin(piece, wanted, part)
            elif piece is not None:
                part.write(piece)
                if wanted.size is not None and part.done_bytes > wanted.size:
                    raise _another_size(wanted, part.done_bytes)
            if piece is None or time.monotonic() - said >= SIGN_OF_LIFE_S:
                said = time.monotonic()
                yield Downloading(wanted.path, part.done_bytes, wanted.size)


def _begin(answer: Answer, wanted: _Wanted, part: PartFile) -> None:
    """Compare what is announced with what is wanted."""
    if answer.start not in (0, part.done_bytes):
        raise http.client.HTTPException(f"the server answers from byte {answer.start}, not {part.done_bytes}")
    if answer.start == 0 and part.done_bytes:
        part.restart()
    if answer.total_bytes is not None and wanted.size is None:
        wanted.size = answer.total_bytes
        check_room(wanted.path.parent, wanted.size - answer.start)
    if answer.total_bytes is not None and answer.total_bytes != wanted.size:
        raise _another_size(wanted, answer.total_bytes)
    if answer.version:
        part.version = answer.version


def _another_size(wanted: _Wanted, found: int) -> DownloadError:
    return DownloadError(
        f"{wanted.path.name}: the server offers {found} bytes, the published file has {wanted.size}; look whether a "
        "proxy or a login page is between"
    )


def _pause(wanted: _Wanted, part: PartFile, pause_s: float) -> Iterator[Downloading]:
    end = time.monotonic() + pause_s
    while (left := end - time.monotonic()) > 0:
        yield Downloading(wanted.path, part.done_bytes, wanted.size)
        time.sleep(min(left, SIGN_OF_LIFE_S))
