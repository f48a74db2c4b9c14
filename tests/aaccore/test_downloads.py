"""Downloads: what comes is what was published, whatever the network does."""

from __future__ import annotations

import errno
import hashlib
import shutil
import threading
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from aaccore import downloads, http_stream, part_file
from aaccore.downloads import Downloading, check_room, fetch
from aaccore.errors import DownloadError
from tests.aaccore.file_server import FileServer, served

CONTENT = np.random.default_rng(1).bytes(3 * 2**20 + 17)
MD5 = "md5:" + hashlib.md5(CONTENT).hexdigest()
SHA256 = "sha256:" + hashlib.sha256(CONTENT).hexdigest()
SIZE = len(CONTENT)


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloads, "PAUSES_S", (0.0, 0.0, 0.0))
    for name in ("http_proxy", "HTTP_PROXY", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def server() -> Iterator[FileServer]:
    with served({"/files/a=b.bin": CONTENT}) as server:
        yield server


def get(server: FileServer, path: Path, checksum: str = MD5, size: int | None = SIZE) -> list[Downloading]:
    return list(fetch(f"{server.url}/files/a%3Db.bin?download=1", path, checksum, size))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize(("checksum", "size"), [(MD5, SIZE), (SHA256, None)])
def test_a_file_comes_whole_and_alone(server: FileServer, tmp_path: Path, checksum: str, size: int | None) -> None:
    path = tmp_path / "deep" / "a.bin"
    events = get(server, path, checksum, size)
    assert path.read_bytes() == CONTENT
    assert events[-1] == Downloading(path, SIZE, SIZE)
    assert names(path.parent) == ["a.bin"]


def test_a_file_that_is_here_is_not_asked_for(server: FileServer, tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(CONTENT)
    assert get(server, tmp_path / "a.bin")[-1].done_bytes == SIZE
    assert server.asked == []


def test_another_file_of_that_name_is_replaced_only_by_the_right_one(server: FileServer, tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(b"old")
    server.files.clear()
    with pytest.raises(DownloadError):
        get(server, tmp_path / "a.bin")
    assert (tmp_path / "a.bin").read_bytes() == b"old"
    server.files["/files/a=b.bin"] = CONTENT
    get(server, tmp_path / "a.bin")
    assert (tmp_path / "a.bin").read_bytes() == CONTENT


def test_a_cut_connection_goes_on_where_it_was(server: FileServer, tmp_path: Path) -> None:
    server.cuts = [10**6, 10**6, 10**6]
    get(server, tmp_path / "a.bin")
    assert (tmp_path / "a.bin").read_bytes() == CONTENT
    starts = [asked for _, asked in server.asked]
    assert starts == [None, "bytes=1000000-", "bytes=2000000-", "bytes=3000000-"]


def test_a_server_without_ranges_begins_anew(server: FileServer, tmp_path: Path) -> None:
    server.ranges, server.cuts = False, [10**6]
    get(server, tmp_path / "a.bin")
    assert (tmp_path / "a.bin").read_bytes() == CONTENT
    assert len(server.asked) == 2


def test_a_download_that_is_given_up_goes_on_next_time(server: FileServer, tmp_path: Path) -> None:
    server.hangs = True
    events = fetch(f"{server.url}/files/a%3Db.bin", tmp_path / "a.bin", MD5, SIZE)
    started = time.monotonic()
    assert any(event.done_bytes == SIZE // 2 for event in events)
    events.close()
    assert time.monotonic() - started < http_stream.PATIENCE_S / 2
    assert names(tmp_path) == ["a.bin.part", "a.bin.part.version"]
    assert not [thread for thread in threading.enumerate() if thread.name == "download"]
    server.hangs = False
    get(server, tmp_path / "a.bin")
    assert server.asked[-1][1] == f"bytes={SIZE // 2}-"
    assert (tmp_path / "a.bin").read_bytes() == CONTENT
    assert names(tmp_path) == ["a.bin"]


def test_a_version_that_changed_meanwhile_comes_from_the_beginning(server: FileServer, tmp_path: Path) -> None:
    (tmp_path / "a.bin.part").write_bytes(b"of another version")
    (tmp_path / "a.bin.part.version").write_text('"0"')
    get(server, tmp_path / "a.bin")
    assert (tmp_path / "a.bin").read_bytes() == CONTENT
    assert len(server.asked) == 1


@pytest.mark.parametrize("litter", [b"something else", CONTENT + b"more"])
def test_a_part_of_something_else_is_thrown_away(server: FileServer, tmp_path: Path, litter: bytes) -> None:
    (tmp_path / "a.bin.part").write_bytes(litter)
    get(server, tmp_path / "a.bin")
    assert (tmp_path / "a.bin").read_bytes() == CONTENT
    assert names(tmp_path) == ["a.bin"]


def test_a_whole_part_only_gets_its_name(server: FileServer, tmp_path: Path) -> None:
    (tmp_path / "a.bin.part").write_bytes(CONTENT)
    get(server, tmp_path / "a.bin")
    assert server.asked == []
    assert names(tmp_path) == ["a.bin"]


def test_content_with_a_wrong_checksum_is_thrown_away_and_named(server: FileServer, tmp_path: Path) -> None:
    server.files["/files/a=b.bin"] = bytes(SIZE)
    with pytest.raises(DownloadError, match=r"a\.bin: what came is not the published file \(its md5 is"):
        get(server, tmp_path / "a.bin")
    assert names(tmp_path) == []


def test_a_login_page_in_place_of_the_file_is_noticed_by_its_size(server: FileServer, tmp_path: Path) -> None:
    server.files["/files/a=b.bin"] = b"<html>Log in</html>"
    with pytest.raises(DownloadError, match=f"offers 19 bytes, the published file has {SIZE}; look whether a proxy"):
        get(server, tmp_path / "a.bin")
    server.lengths = False
    server.files["/files/a=b.bin"] = CONTENT + b"more"
    with pytest.raises(DownloadError, match="offers"):
        get(server, tmp_path / "a.bin")
    assert not (tmp_path / "a.bin").exists()


def test_a_missing_file_is_said_at_once_with_where_to_put_it(server: FileServer, tmp_path: Path) -> None:
    server.statuses = [404]
    with pytest.raises(DownloadError, match=r"refused \(404 Not Found\).* browser, and put the file at .*a\.bin"):
        get(server, tmp_path / "a.bin")
    assert len(server.asked) == 1
    assert names(tmp_path) == []


def test_a_server_that_is_busy_is_asked_again_and_then_given_up(server: FileServer, tmp_path: Path) -> None:
    server.statuses = [503, 429]
    get(server, tmp_path / "a.bin")
    assert len(server.asked) == 3
    server.statuses = [503] * 9
    with pytest.raises(DownloadError, match=r"b\.bin: .* cannot be had \(503 .*; check the network and the proxy"):
        get(server, tmp_path / "b.bin")


def test_a_connection_that_is_cut_without_progress_is_given_up_and_keeps_what_came(
    server: FileServer, tmp_path: Path
) -> None:
    server.cuts = [10**6] + [0] * 9
    with pytest.raises(DownloadError, match=r"the connection was cut.*1\.0 MB are kept"):
        get(server, tmp_path / "a.bin")
    assert (tmp_path / "a.bin.part").stat().st_size == 10**6


def test_a_server_that_is_not_there_is_said_in_words(tmp_path: Path) -> None:
    with served({}) as gone:
        url = gone.url
    with pytest.raises(DownloadError, match=r"cannot be had .*; check the network and the proxy"):
        list(fetch(f"{url}/a.bin", tmp_path / "a.bin", MD5, SIZE))
    assert names(tmp_path) == []


def test_a_connection_that_falls_silent_is_given_up_with_signs_of_life_before(
    server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = downloads.stream
    monkeypatch.setattr(downloads, "stream", lambda *arguments: original(*arguments, patience_s=0.6))
    server.hangs = True
    monkeypatch.setattr(downloads, "PAUSES_S", ())
    seen: deque[Downloading] = deque()
    with pytest.raises(DownloadError, match="timed out"):
        seen.extend(fetch(f"{server.url}/files/a=b.bin", tmp_path / "a", MD5))
    assert len(seen) >= 4


def test_a_disk_without_room_is_said_before_anything_is_asked_for(
    server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**9, 10**9, 10**6))
    with pytest.raises(DownloadError, match=r"needs 36\.7 MB, 1\.0 MB are free; make room or choose another folder"):
        get(server, tmp_path / "a.bin")
    assert server.asked == []
    assert names(tmp_path) == []
    with pytest.raises(DownloadError, match="are free"):
        check_room(tmp_path / "not" / "there", 1)


def test_a_disk_that_fills_up_keeps_what_came_and_goes_on_later(
    server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = part_file.PartFile.write

    def full(part: Any, block: bytes) -> None:
        if part.done_bytes > 10**6:
            raise OSError(errno.ENOSPC, "No space left on device")
        write(part, block)

    with monkeypatch.context() as patched:
        patched.setattr(part_file.PartFile, "write", full)
        with pytest.raises(DownloadError, match="the disk is full; make room and start again"):
            get(server, tmp_path / "a.bin")
    kept = (tmp_path / "a.bin.part").stat().st_size
    assert kept > 10**6
    get(server, tmp_path / "a.bin")
    assert server.asked[-1][1] == f"bytes={kept}-"
    assert (tmp_path / "a.bin").read_bytes() == CONTENT


def test_a_folder_that_cannot_be_written_is_said(server: FileServer, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(DownloadError, match=r"cannot be written .*; choose another folder"):
        get(server, tmp_path / "file" / "a.bin")


def test_two_programs_never_write_the_same_part(server: FileServer, tmp_path: Path) -> None:
    server.hangs = True
    first = fetch(f"{server.url}/files/a=b.bin", tmp_path / "a.bin", MD5, SIZE)
    next(first)
    with pytest.raises(DownloadError, match="is being downloaded by another program"):
        get(server, tmp_path / "a.bin")
    first.close()


def test_a_proxy_of_the_environment_is_used(
    server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", server.url)
    list(fetch("http://sounds.invalid/files/a=b.bin", tmp_path / "a.bin", MD5, SIZE))
    assert (tmp_path / "a.bin").read_bytes() == CONTENT


def test_a_checksum_that_is_none_is_a_mistake_of_the_program(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="md5: or sha256:"):
        next(fetch("http://sounds.invalid/", tmp_path / "a.bin", "541141fa"))
