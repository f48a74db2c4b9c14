"""A web server with a few files and the bad habits of the network, for tests of downloads."""

from __future__ import annotations

import threading
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class FileServer:
    """What is served and how.

    Attributes:
        files: Content by path.
        cuts: After how many bytes of content the connection of each request is cut, in the order of the requests.
        statuses: What the next requests are refused with.
        ranges: Whether parts of files are given.
        hangs: Whether the content stops half-way without an end, until `released`.
        lengths: Whether the length is told.
        tag: The version that is told.
        asked: What was asked for: path and `Range`.
        url: Where it is.
    """

    files: dict[str, bytes]
    cuts: list[int] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    ranges: bool = True
    hangs: bool = False
    lengths: bool = True
    tag: str = '"1"'
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    url: str = ""
    released: threading.Event = field(default_factory=threading.Event)


@contextmanager
def served(files: dict[str, bytes]) -> Iterator[FileServer]:
    """Serve files on this machine until the block ends."""
    what = FileServer(files)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            _answer(self, what)

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    what.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield what
    finally:
        what.released.set()
        server.shutdown()
        thread.join()
        server.server_close()


def _answer(request: BaseHTTPRequestHandler, what: FileServer) -> None:
    path = urllib.parse.unquote(urllib.parse.urlsplit(request.path).path)
    asked_range = request.headers.get("Range")
    what.asked.append((path, asked_range))
    content = what.files.get(path)
    if what.statuses or content is None:
        request.send_error(what.statuses.pop(0) if what.statuses else 404)
        return
    start = 0
    if what.ranges and asked_range and request.headers.get("If-Range", what.tag) == what.tag:
        start = int(asked_range.removeprefix("bytes=").removesuffix("-"))
        if start >= len(content):
            request.send_error(416)
            return
        request.send_response(206)
        request.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
    else:
        request.send_response(200)
    if what.lengths:
        request.send_header("Content-Length", str(len(content) - start))
    request.send_header("ETag", what.tag)
    request.end_headers()
    left = content[start:]
    with suppress(OSError):
        if what.hangs:
            request.wfile.write(b"" if start else left[: len(left) // 2])
            what.released.wait()
            return
        request.wfile.write(left[: what.cuts.pop(0)] if what.cuts else left)
