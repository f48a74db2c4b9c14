from __future__ import annotations

import os
from pathlib import Path

import pytest

from aaccore.errors import AudioError
from aaccore.sound_file import opened


def test_a_missing_file_is_named_with_its_folder(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match=r"away.wav: no such file"), opened(tmp_path / "away.wav"):
        pass


def test_a_path_through_a_file_is_a_missing_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    with pytest.raises(AudioError, match="no such file"), opened(tmp_path / "file" / "a.wav"):
        pass


def test_a_folder_is_told_from_a_file(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="a folder, not a file"), opened(tmp_path):
        pass


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_refused_without_waiting_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.wav")
    with pytest.raises(AudioError, match="a device or a pipe"), opened(tmp_path / "pipe.wav"):
        pass


def test_a_file_that_may_not_be_read_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(b"x")

    def refuse(*_: object) -> int:  # a real permission would not stop an administrator
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(AudioError, match="may not be read; check the file's permissions"), opened(path):
        pass


def test_a_name_that_no_system_takes_is_an_audio_error(tmp_path: Path) -> None:
    with pytest.raises(AudioError), opened(tmp_path / "a\0b.wav"):
        pass
    with pytest.raises(AudioError), opened(tmp_path / ("long" * 1000)):
        pass


def test_readers_do_not_see_the_extension(tmp_path: Path) -> None:
    (tmp_path / "a.raw").write_bytes(b"x")
    with opened(tmp_path / "a.raw") as file:
        assert isinstance(file.name, int)


def test_a_place_that_is_not_there_is_answered_not_raised(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"0123456789")
    with opened(tmp_path / "a") as file:
        file.seek(4)
        assert file.seek(-1) == -1
        assert file.seek(-100, os.SEEK_CUR) == -1
        assert file.seek(-(2**62), os.SEEK_END) == -1
        assert file.read(2) == b"45"


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="only Linux has a file whose start cannot be read")
def test_a_disk_that_fails_ends_the_file() -> None:
    with opened(Path("/proc/self/mem")) as file:
        assert file.read(10) == b""
        assert file.readinto(bytearray(4)) == 0
