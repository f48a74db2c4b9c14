"""One answer of a web server as a generator: what it says first, then its content block by block.

A thread waits for the network, so that the generator can give a sign of life while nothing comes and ends at once when
it is closed. Proxies come from the environment or the system, as Python's urllib finds them.
"""

from __future__ import annotations

import contextlib
import queue
import re
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Generator
from dataclasses import dataclass
from http.client import HTTPResponse

from aaccore import __version__

BLOCK_BYTES = 2**18
WAITING_BLOCKS = 16
SIGN_OF_LIFE_S = 0.2
PATIENCE_S = 30.0
"""A connection on which nothing comes for so long is given up."""


@dataclass(frozen=True)
class Answer:
    """What a server says before the content.

    Attributes:
        start: Place in the file of the first byte that follows.
        total_bytes: Length of the whole file; None where the server does not tell.
        version: The server's name for this version of the file, or an empty text.
    """

    start: int
    total_bytes: int | None
    version: str


def stream(
    url: str, start: int = 0, version: str = "", patience_s: float = PATIENCE_S
) -> Generator[Answer | bytes | None, None, None]:
    """Ask for a file, or for the rest of it.

    Args:
        url: An http or https address.
        start: Bytes that are here already. The server may answer from the beginning all the same.
        version: The version that those are of; another one comes from the beginning.
        patience_s: How long nothing may come, s.

    Yields:
        First an `Answer`, then the content; None at least four times a second while nothing comes. A connection that
        is cut may look like an end: compare the length.

    Raises:
        urllib.error.HTTPError: The server refuses.
        urllib.error.URLError: The server cannot be reached, falls silent or goes away.
        http.client.HTTPException: What it says is no HTTP.
    """
    headers = {"User-Agent": f"auricle/{__version__}", "Accept-Encoding": "identity"}
    if start:
        headers["Range"] = f"bytes={start}-"
        if version:
            headers["If-Range"] = version
    reader = _Reader(urllib.request.Request(url, headers=headers), patience_s)
    reader.start()
    try:
        while True:
            try:
                part = reader.parts.get(timeout=SIGN_OF_LIFE_S)
            except queue.Empty:
                yield None
                continue
            if isinstance(part, OSError) and not isinstance(part, urllib.error.URLError):
                raise urllib.error.URLError(part) from part
            if isinstance(part, Exception):
                raise part
            if part == b"":
                return
            yield part
    finally:
        reader.stop()


class _Reader(threading.Thread):
    """Puts the answer, its blocks and an empty one, or the error that ended it, into `parts`."""

    def __init__(self, request: urllib.request.Request, patience_s: float) -> None:
        super().__init__(name="download", daemon=True)
        self.parts: queue.Queue[Answer | bytes | Exception] = queue.Queue(WAITING_BLOCKS)
        self._request, self._patience_s = request, patience_s
        self._stopped = threading.Event()
        self._response: HTTPResponse | None = None

    def run(self) -> None:
        try:
            # Made anew each time: urllib's own opener keeps the proxies that it found first.
            with urllib.request.build_opener().open(self._request, timeout=self._patience_s) as response:
                self._response = response
                self._put(_answer(response))
                while not self._stopped.is_set():
                    block = response.read1(BLOCK_BYTES)
                    self._put(block)
                    if not block:
                        return
        except Exception as error:
            self._put(error)

    def stop(self) -> None:
        """End the thread; one that is still connecting ends by itself, when that succeeds or fails."""
        self._stopped.set()
        response = self._response
        if response is None:
            return
        # Closing would wait for the read that goes on in the thread; this ends it.
        with (
            contextlib.suppress(OSError, ValueError, AttributeError),  # it may have ended just now
            socket.fromfd(response.fileno(), socket.AF_INET, socket.SOCK_STREAM) as connection,
        ):
            connection.shutdown(socket.SHUT_RDWR)
        self.join(SIGN_OF_LIFE_S * 5)

    def _put(self, part: Answer | bytes | Exception) -> None:
        while not self._stopped.is_set():
            with contextlib.suppress(queue.Full):
                self.parts.put(part, timeout=SIGN_OF_LIFE_S)
                return


def _answer(response: HTTPResponse) -> Answer:
    length, tag = response.headers.get("Content-Length", ""), response.headers.get("ETag", "")
    # A weak tag names no exact bytes, so the date stands in for it.
    version = tag if tag and not tag.startswith("W/") else response.headers.get("Last-Modified", "")
    found = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", response.headers.get("Content-Range", "").strip())
    if response.status == 206 and found:
        total = int(found[2]) if found[2] != "*" else None
        return Answer(int(found[1]), total, version)
    return Answer(0, int(length) if length.isdigit() else None, version)
