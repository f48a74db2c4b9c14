"""Getting Clotho: what is missing is downloaded and unpacked, what is here is left as it is."""

from __future__ import annotations

import csv
import hashlib
import io
import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import py7zr
import pytest

from aaccore import downloads
from aaccore.data import clotho_download
from aaccore.data.clotho import read_clotho
from aaccore.data.clotho_download import FILES, fetch_clotho, room
from aaccore.data.seven_zip import unpack_sounds
from aaccore.downloads import Downloading
from aaccore.errors import ConfigError, DatasetError, DownloadError
from aaccore.events import Working
from tests.aaccore.file_server import FileServer, served

CAPTIONS = b"file_name,caption_1\r\n rain.wav,Rain falls.\r\ndog.wav,A dog barks.\r\n"
METADATA = "file_name,keywords,sound_id,license\r\ndog.wav,café,12,CC0\r\n".encode("iso-8859-1")


def packed(names: list[str], folder: str = "development/") -> bytes:
    file = io.BytesIO()
    with py7zr.SevenZipFile(file, "w", filters=[{"id": py7zr.FILTER_COPY}]) as archive:
        for name in names:
            archive.writestr(f"sound of {name}".encode(), folder + name)
    return file.getvalue()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FileServer]:
    """The development split in small, under its published names."""
    contents = (CAPTIONS, METADATA, packed([" rain.wav", "dog.wav"]))
    files, paths = [], {}
    for file, content in zip(FILES["2.1", "development"], contents, strict=True):
        files.append(replace(file, md5=hashlib.md5(content).hexdigest(), size=len(content)))
        paths[f"/record/4783391/files/{file.name}"] = content
    monkeypatch.setitem(FILES, ("2.1", "development"), tuple(files))
    monkeypatch.setattr(clotho_download, "UNPACKED_BYTES", {"development": 100, "validation": 100, "evaluation": 100})
    monkeypatch.setattr(downloads, "PAUSES_S", (0.0, 0.0))
    with served(paths) as server:
        yield server


def get(folder: Path, server: FileServer) -> list[Downloading | Working]:
    return list(fetch_clotho(folder, "2.1", ["development"], server.url))


def names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


WHOLE = [
    "clotho_captions_development.csv",
    "clotho_metadata_development.csv",
    "development/ rain.wav",
    "development/dog.wav",
]


def test_a_split_is_downloaded_unpacked_and_read(tmp_path: Path, server: FileServer) -> None:
    server.cuts = [20]
    events = get(tmp_path / "new", server)
    assert names(tmp_path / "new") == WHOLE
    assert events[-1] == Working(f"development: ready in {tmp_path / 'new'}", 1.0)
    rain, dog = read_clotho(tmp_path / "new", ["development"])
    assert rain.path.read_bytes() == b"sound of  rain.wav"
    assert (dog.recording, dog.licence) == ("freesound/12", "CC0")


def test_what_is_here_is_used_as_it_is_and_nothing_is_asked_for(tmp_path: Path, server: FileServer) -> None:
    (tmp_path / "csv").mkdir()
    (tmp_path / "csv" / "clotho_captions_development.csv").write_bytes(CAPTIONS)
    (tmp_path / "clotho_audio_files" / "development").mkdir(parents=True)
    for name in (" rain.wav", "dog.wav"):
        (tmp_path / "clotho_audio_files" / "development" / name).touch()
    before = names(tmp_path)
    assert get(tmp_path, server) == [Working("development: is here", 1.0)]
    assert server.asked == []
    assert names(tmp_path) == before


def test_a_users_incomplete_recordings_are_never_touched_and_said(tmp_path: Path, server: FileServer) -> None:
    (tmp_path / "development").mkdir()
    (tmp_path / "development" / "dog.wav").write_bytes(b"mine")
    with pytest.raises(DatasetError, match=r" rain\.wav is not in"):
        get(tmp_path, server)
    assert (tmp_path / "development" / "dog.wav").read_bytes() == b"mine"


def test_a_download_that_was_given_up_goes_on(tmp_path: Path, server: FileServer) -> None:
    server.hangs = True
    events = fetch_clotho(tmp_path, "2.1", ["development"], server.url)
    next(event for event in events if isinstance(event, Downloading) and event.done_bytes)
    events.close()
    server.hangs = False
    get(tmp_path, server)
    assert names(tmp_path) == WHOLE


def test_an_archive_that_is_not_the_published_one_is_thrown_away(tmp_path: Path, server: FileServer) -> None:
    path = "/record/4783391/files/clotho_audio_development.7z"
    server.files[path] = bytes(len(server.files[path]))
    with pytest.raises(DownloadError, match=r"clotho_audio_development\.7z: what came is not the published file"):
        get(tmp_path, server)
    assert names(tmp_path) == WHOLE[:2]


def test_a_disk_without_room_is_said_before_anything_is_asked_for(
    tmp_path: Path, server: FileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clotho_download, "UNPACKED_BYTES", {"development": 10**18})
    with pytest.raises(DownloadError, match="make room or choose another folder"):
        get(tmp_path, server)
    assert server.asked == []


def test_the_room_is_that_of_the_sounds_and_the_largest_archive(tmp_path: Path) -> None:
    assert room(tmp_path, "2.1", ["development"]) == 4_541_582_263 + 7_100_000_000
    assert room(tmp_path, "2.1", ["development", "validation", "evaluation"]) == 11_100_000_000 + 1_300_000_000


def test_the_first_version_has_no_validation_split(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"Clotho 1\.0 has no validation split"):
        next(fetch_clotho(tmp_path, "1.0", ["validation"]))


def test_the_published_captions_have_the_listed_checksums_and_their_archive_gives_all_recordings(
    shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    captions, metadata, archive = FILES["2.1", "evaluation"]
    content = (shared / "reference" / "clotho" / captions.name).read_bytes()
    clips = [row["file_name"] for row in csv.DictReader(io.StringIO(content.decode(), newline=""))]
    made = packed(clips, "evaluation/")
    swapped = [replace(file, md5=hashlib.md5(x).hexdigest()) for file, x in ((metadata, METADATA), (archive, made))]
    monkeypatch.setitem(FILES, ("2.1", "evaluation"), (captions, *swapped))
    files = dict(zip((captions.name, metadata.name, archive.name), (content, METADATA, made), strict=True))
    with served({f"/record/4783391/files/{name}": content for name, content in files.items()}) as server:
        list(fetch_clotho(tmp_path, "2.1", ["evaluation"], server.url))
    assert len(read_clotho(tmp_path, ["evaluation"])) == 1045
    validation = (shared / "reference" / "clotho" / "clotho_captions_validation.csv").read_bytes()
    assert hashlib.md5(validation).hexdigest() == FILES["2.1", "validation"][0].md5


def test_a_damaged_archive_leaves_nothing(tmp_path: Path) -> None:
    archive = tmp_path / "sounds.7z"
    content = bytearray(packed(["dog.wav", "cat.wav"]))
    content[34] ^= 255
    archive.write_bytes(content)
    with pytest.raises(DatasetError, match=r"sounds\.7z: damaged"):
        list(unpack_sounds(archive, tmp_path / "sounds"))
    archive.write_bytes(bytes(100))
    with pytest.raises(DatasetError, match=r"sounds\.7z: damaged"):
        list(unpack_sounds(archive, tmp_path / "sounds"))
    assert names(tmp_path) == ["sounds.7z"]


def test_names_that_lead_out_of_the_folder_stay_in_it(tmp_path: Path) -> None:
    archive = tmp_path / "sounds.7z"
    archive.write_bytes(packed(["dog.wav"], "a/b/c/"))
    list(unpack_sounds(archive, tmp_path / "in" / "sounds"))
    assert names(tmp_path) == ["in/sounds/dog.wav", "sounds.7z"]


@pytest.mark.skipif(os.name == "nt", reason="makes a link")
def test_archives_with_links_doubles_or_no_sounds_are_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").touch()
    (tmp_path / "dog.wav").symlink_to(tmp_path / "elsewhere")
    archive = tmp_path / "sounds.7z"
    with py7zr.SevenZipFile(archive, "w") as file:
        file.write(tmp_path / "dog.wav", "dog.wav")
    with pytest.raises(DatasetError, match="holds a link"):
        list(unpack_sounds(archive, tmp_path / "sounds"))
    archive.write_bytes(packed(["dog.wav", "b/dog.wav"], "a/"))
    with pytest.raises(DatasetError, match=r"two files called dog\.wav"):
        list(unpack_sounds(archive, tmp_path / "sounds"))
    archive.write_bytes(packed(["dog.txt"]))
    with pytest.raises(DatasetError, match=r"no \.wav file"):
        list(unpack_sounds(archive, tmp_path / "sounds"))


def test_unpacking_that_is_given_up_leaves_nothing(tmp_path: Path) -> None:
    archive = tmp_path / "sounds.7z"
    archive.write_bytes(packed([f"{number}.wav" for number in range(200)]))
    steps = unpack_sounds(archive, tmp_path / "sounds")
    next(steps)
    steps.close()
    assert names(tmp_path) == ["sounds.7z"]
    assert not [path for path in tmp_path.iterdir() if path.is_dir()]


def test_without_py7zr_the_message_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(DatasetError, match=r"pip install 'auricle\[train\]'"):
        next(unpack_sounds(tmp_path / "sounds.7z", tmp_path / "sounds"))


def test_room_counts_what_has_come(tmp_path: Path) -> None:
    (tmp_path / "clotho_audio_validation.7z.part").write_bytes(bytes(1000))
    assert room(tmp_path, "2.1", ["validation"]) == 1_260_701_425 - 1000 + 2_000_000_000
    shutil.copy(tmp_path / "clotho_audio_validation.7z.part", tmp_path / "x")
    (tmp_path / "validation").mkdir()
    assert room(tmp_path, "2.1", ["validation"]) == 0
