"""Published weights: fetched, taken out of files, and the same whichever way they came."""

from __future__ import annotations

import hashlib
import io
import pickle
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from aaccore import downloads
from aaccore.downloads import Downloading
from aaccore.errors import DownloadError, ModelError
from aaccore.panns import Cnn10, load_published
from aaccore.published import weights_path
from aaccore.weights import CATALOGUE, UNLIKE, are_here, fetch, take_file
from tests.aaccore.file_server import FileServer, served


def checkpoint(seed: int = 1) -> bytes:
    """Cnn10 as PANNs publish it: the state under `model`, with the front end and the head beside the encoder."""
    torch.manual_seed(seed)
    state = dict(Cnn10().state_dict())
    state |= {"fc_audioset.weight": torch.zeros(527, 512), "logmel_extractor.melW": torch.zeros(513, 64)}
    file = io.BytesIO()
    torch.save({"iteration": 600000, "model": state}, file)
    return file.getvalue()


CNN10 = checkpoint()
MD5 = hashlib.md5(CNN10).hexdigest()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FileServer]:
    monkeypatch.setitem(CATALOGUE, "cnn10", replace(CATALOGUE["cnn10"], md5=MD5, size=len(CNN10)))
    monkeypatch.setattr(downloads, "PAUSES_S", (0.0, 0.0))
    with served({"/record/3987831/files/Cnn10_mAP=0.380.pth": CNN10}) as server:
        yield server


def names(cache: Path) -> list[str]:
    return sorted(path.name for path in (cache / "weights").iterdir())


def same_as_published(path: Path) -> bool:
    wanted = torch.load(io.BytesIO(CNN10), weights_only=True)["model"]
    return all(torch.equal(value, wanted[name]) for name, value in load_file(path).items())


def test_weights_are_fetched_over_cut_connections_and_kept_as_safetensors(tmp_path: Path, server: FileServer) -> None:
    server.cuts = [10**6, 3 * 10**6]
    events = list(fetch(["cnn10"], tmp_path, server.url))
    assert [asked for _, asked in server.asked] == [None, "bytes=1000000-", "bytes=4000000-"]
    assert any(isinstance(event, Downloading) for event in events)
    assert same_as_published(weights_path("cnn10", tmp_path))
    assert names(tmp_path) == ["cnn10.safetensors", "cnn10.sha256"]
    load_published(Cnn10(), load_file(weights_path("cnn10", tmp_path)))
    asked = len(server.asked)
    assert next(iter(fetch(["cnn10"], tmp_path, server.url))).done == 1.0
    assert len(server.asked) == asked


def test_another_file_than_the_published_one_is_refused(tmp_path: Path, server: FileServer) -> None:
    server.files = dict.fromkeys(server.files, bytes(len(CNN10)))
    with pytest.raises(DownloadError, match=r"Cnn10_mAP=0\.380\.pth: what came is not the published file"):
        list(fetch(["cnn10"], tmp_path, server.url))
    assert names(tmp_path) == []
    assert not are_here("cnn10", tmp_path)


def test_unknown_weights_are_refused_with_those_that_are_known(tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match="vggish: no such weights; known are yamnet, aisfx, cnn10, cnn14"):
        next(fetch(["vggish"], tmp_path))


def test_a_published_file_that_is_here_gives_the_same_weights(tmp_path: Path, server: FileServer) -> None:
    file = tmp_path / "downloaded by hand.pth"
    file.write_bytes(CNN10)
    events = list(take_file(file, cache=tmp_path))
    assert events[-1].message == "cnn10: ready, for the encoder cnn10"
    assert same_as_published(weights_path("cnn10", tmp_path))
    assert file.is_file()
    assert server.asked == []


def test_weights_of_ones_own_get_a_name_of_their_own(tmp_path: Path) -> None:
    file = tmp_path / "My Cnn10 (fine).pth"
    file.write_bytes(checkpoint(seed=2))
    assert list(take_file(file, cache=tmp_path))[-1].message == "My-Cnn10-fine: ready, for the encoder cnn10"
    assert weights_path("My-Cnn10-fine", tmp_path).is_file()
    for name, words in (("cnn10", "is not the published file of cnn10"), ("../up", "cannot be a name")):
        with pytest.raises(ModelError, match=words):
            list(take_file(file, name, tmp_path))


def test_safetensors_are_taken_too(tmp_path: Path, server: FileServer) -> None:
    list(fetch(["cnn10"], tmp_path, server.url))
    source = (tmp_path / "weights" / "cnn10.safetensors").rename(tmp_path / "mine.safetensors")
    list(take_file(source, cache=tmp_path))
    assert same_as_published(weights_path("mine", tmp_path))


def test_a_file_with_other_shapes_or_without_weights_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "other.pth"
    torch.save({"model": {"conv.weight": torch.zeros(3)}}, file)
    with pytest.raises(ModelError, match=r"fits no encoder .*not weights of Cnn10: bn0"):
        list(take_file(file, cache=tmp_path))
    file.write_bytes(b"no weights")
    with pytest.raises(ModelError, match="not a readable file of weights"):
        list(take_file(file, cache=tmp_path))
    with pytest.raises(ModelError, match="cannot be read"):
        list(take_file(tmp_path / "gone.pth", cache=tmp_path))


def test_a_file_that_runs_code_is_refused_and_not_run(tmp_path: Path) -> None:
    class Harmful:
        def __reduce__(self) -> tuple[Any, ...]:
            return Path.touch, (tmp_path / "harmed",)

    file = tmp_path / "harmful.pth"
    torch.save({"model": {"bn0.weight": Harmful()}}, file)
    with pytest.raises(ModelError, match="not a readable file of weights"):
        list(take_file(file, cache=tmp_path))
    file.write_bytes(pickle.dumps(Harmful(), protocol=2))
    with pytest.raises(ModelError, match="not a readable file of weights"):
        list(take_file(file, cache=tmp_path))
    assert not (tmp_path / "harmed").exists()


def test_weights_for_another_sampling_rate_are_refused_although_their_shapes_fit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(UNLIKE, MD5, "listens at 16 kHz")
    (tmp_path / "a.pth").write_bytes(CNN10)
    with pytest.raises(ModelError, match="cannot be used: listens at 16 kHz"):
        list(take_file(tmp_path / "a.pth", cache=tmp_path))
