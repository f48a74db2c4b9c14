from __future__ import annotations

from pathlib import Path

from aaccore.fingerprint import FIRST_BYTES, fingerprint, size_of


def made(folder: Path, name: str, content: bytes) -> bytes:
    (folder / name).write_bytes(content)
    return fingerprint(folder / name)


def test_a_fingerprint_tells_content_not_name(tmp_path: Path) -> None:
    mark = made(tmp_path, "a", b"dog")
    assert mark == made(tmp_path, "b", b"dog")
    assert mark != made(tmp_path, "c", b"cat")
    assert (len(mark), size_of(mark)) == (24, 3)
    assert size_of(made(tmp_path, "empty", b"")) == 0


def test_files_that_begin_alike_differ_by_their_size(tmp_path: Path) -> None:
    begin = bytes(FIRST_BYTES)
    assert made(tmp_path, "a", begin) != made(tmp_path, "b", begin + b"x")
