"""Models as zip files: what is packed comes back, and whatever else a zip file claims is refused."""

from __future__ import annotations

import io
import pickle
import stat
import zipfile
from pathlib import Path
from typing import Any

import pytest

from aaccore.errors import ModelError
from aaccore.model_archive import pack_model, unpack_model
from aaccore.model_folder import LIMITS

Entries = list[tuple[str | zipfile.ZipInfo, bytes]]


def zipped(path: Path, entries: Entries, compression: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return path


def whole(model: Path, top: str = "tiny/") -> Entries:
    return [(top + name, (model / name).read_bytes()) for name in LIMITS]


def unpacked(source: Path, folder: Path) -> dict[str, bytes]:
    folder.mkdir()
    list(unpack_model(source, folder))
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def link(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)
    entry.create_system, entry.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    return entry


def test_a_packed_model_comes_back_and_packing_twice_gives_the_same_bytes(tiny_model: Path, tmp_path: Path) -> None:
    events = list(pack_model(tiny_model, tmp_path / "out" / "tiny.zip"))
    assert events[-1].done == 1.0
    found = unpacked(tmp_path / "out" / "tiny.zip", tmp_path / "back")
    assert found == {name: (tiny_model / name).read_bytes() for name in LIMITS}
    list(pack_model(tiny_model, tmp_path / "again.zip"))
    assert (tmp_path / "again.zip").read_bytes() == (tmp_path / "out" / "tiny.zip").read_bytes()


@pytest.mark.parametrize("top", ["", "my model/"])
def test_the_files_may_lie_at_the_top_or_in_one_folder_with_a_systems_litter(
    tiny_model: Path, tmp_path: Path, top: str
) -> None:
    litter: Entries = [("__MACOSX/._README.md", b"x"), (f"{top}.DS_Store", b"x")]
    source = zipped(tmp_path / "m.zip", litter + whole(tiny_model, top), zipfile.ZIP_DEFLATED)
    assert set(unpacked(source, tmp_path / "back")) == set(LIMITS)


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("../model.safetensors", "leads out of its folder"),
        ("/etc/README.md", "leads out of its folder"),
        ("C:\\README.md", "leads out of its folder"),
        (link("tiny/extra"), "is a link"),
        ("tiny/weights.pth", r"it holds 'tiny/weights\.pth'"),
        ("tiny/inner/README.md", "it holds 'tiny/inner/README.md'"),
        ("README.md", "two files called README.md"),
    ],
)
def test_what_is_no_part_of_a_model_is_refused_with_the_reason(
    tiny_model: Path, tmp_path: Path, entry: str | zipfile.ZipInfo, words: str
) -> None:
    source = zipped(tmp_path / "m.zip", [*whole(tiny_model), (entry, b"x")])
    with pytest.raises(ModelError, match=f"refused, as .*{words}"):
        unpacked(source, tmp_path / "back")
    assert list((tmp_path / "back").iterdir()) == []
    assert not (tmp_path / "model.safetensors").exists()


def test_a_link_in_place_of_a_models_file_is_refused(tiny_model: Path, tmp_path: Path) -> None:
    entries = [entry for entry in whole(tiny_model) if not str(entry[0]).endswith("README.md")]
    source = zipped(tmp_path / "m.zip", [*entries, (link("tiny/README.md"), b"/etc/passwd")])
    with pytest.raises(ModelError, match=r"'tiny/README\.md' is a link"):
        unpacked(source, tmp_path / "back")


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tiny_model: Path, tmp_path: Path) -> None:
    entries = [entry for entry in whole(tiny_model) if not str(entry[0]).endswith(".safetensors")]
    bomb: Entries = [*entries, ("tiny/model.safetensors", bytes(64 * 2**20))]
    source = zipped(tmp_path / "m.zip", bomb, zipfile.ZIP_DEFLATED)
    with pytest.raises(ModelError, match=r"unpacks to \d+ times its size"):
        unpacked(source, tmp_path / "back")
    many: Entries = [(f"tiny/{number}", b"") for number in range(100)]
    with pytest.raises(ModelError, match="it holds 104 files"):
        unpacked(zipped(tmp_path / "m.zip", whole(tiny_model) + many), tmp_path / "second")


def test_a_file_larger_than_a_models_can_be_is_refused(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(LIMITS, "README.md", 3)
    with pytest.raises(ModelError, match=r"README\.md' has \d+ bytes unpacked, more than 3"):
        unpacked(zipped(tmp_path / "m.zip", whole(tiny_model)), tmp_path / "back")


def test_a_size_that_lies_gives_no_more_than_it_says(tiny_model: Path, tmp_path: Path) -> None:
    source = zipped(tmp_path / "m.zip", whole(tiny_model), zipfile.ZIP_DEFLATED)
    content = bytearray(source.read_bytes())
    card = (tiny_model / "README.md").stat().st_size.to_bytes(4, "little")
    where = content.rindex(b"tiny/README.md") - 46
    assert content[where + 24 : where + 28] == card
    content[where + 24 : where + 28] = (2).to_bytes(4, "little")
    source.write_bytes(content)
    with pytest.raises(ModelError, match="damaged or no zip file"):
        unpacked(source, tmp_path / "back")
    assert (tmp_path / "back" / "README.md").stat().st_size <= 2


@pytest.mark.parametrize("damage", ["cut", "flipped", "pickle", "empty"])
def test_a_damaged_file_or_no_zip_at_all_is_said(tiny_model: Path, tmp_path: Path, damage: str) -> None:
    class Harmful:
        def __reduce__(self) -> tuple[Any, ...]:
            return Path.touch, (tmp_path / "harmed",)

    source = zipped(tmp_path / "m.zip", whole(tiny_model))
    content = bytearray(source.read_bytes())
    if damage == "cut":
        content = content[:-30]
    if damage == "flipped":
        content[len(content) // 2] ^= 255
    if damage == "pickle":
        content = bytearray(pickle.dumps(Harmful()))
    if damage == "empty":
        content = bytearray()
    source.write_bytes(content)
    with pytest.raises(ModelError, match="damaged or no zip file"):
        unpacked(source, tmp_path / "back")
    assert not (tmp_path / "harmed").exists()


def test_a_zip_without_all_files_or_with_two_folders_is_refused(tiny_model: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"it lacks README\.md"):
        unpacked(zipped(tmp_path / "m.zip", whole(tiny_model)[:3]), tmp_path / "a")
    split = whole(tiny_model)[:3] + whole(tiny_model, "other/")[3:]
    with pytest.raises(ModelError, match="different folders"):
        unpacked(zipped(tmp_path / "m.zip", split), tmp_path / "b")


def test_an_encrypted_file_is_refused(tiny_model: Path, tmp_path: Path) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in whole(tiny_model):
            archive.writestr(name, content)
    content = bytearray(file.getvalue())
    where = content.rindex(b"tiny/README.md") - 46
    content[where + 8] |= 1
    (tmp_path / "m.zip").write_bytes(content)
    with pytest.raises(ModelError, match=r"README\.md' is encrypted"):
        unpacked(tmp_path / "m.zip", tmp_path / "back")
