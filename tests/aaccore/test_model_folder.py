"""Model folders: what is written comes back, and what is wrong is said, whoever made it."""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import struct
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from aaccore.bands import TRAITS, Calibration
from aaccore.config import Decoding, Network
from aaccore.decoding import beam_search
from aaccore.errors import ModelError
from aaccore.model import CaptioningModel
from aaccore.model_folder import amend, describe, load_calibration, load_model, save_model, verify
from aaccore.tokenizer import Tokenizer

NETWORK = Network(
    encoders=("mobilenet_v1",), width=16, heads=2, feedforward=32, encoder_layers=1, decoder_layers=1,
    labels=("dog", "rain"), keywords=1,
)  # fmt: skip
FILES = {"config.json", "model.safetensors", "tokenizer.json", "README.md"}


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.train(["A dog barks while rain falls.", "Someone speaks French."])


@pytest.fixture(scope="module")
def model(tokenizer: Tokenizer) -> CaptioningModel:
    torch.manual_seed(1)
    keyword_tokens = torch.tensor([[tokenizer.ids("dog")[0], 0, 0], [tokenizer.ids("rain")[0], 0, 0]])
    return CaptioningModel(NETWORK, len(tokenizer), keyword_tokens).eval()


@pytest.fixture
def folder(model: CaptioningModel, tokenizer: Tokenizer, tmp_path: Path) -> Path:
    save_model(tmp_path / "tiny", model, tokenizer, "# Tiny\n", {"seed": 1})
    return tmp_path / "tiny"


def config_of(folder: Path) -> dict[str, Any]:
    values: dict[str, Any] = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    return values


def write_config(folder: Path, config: dict[str, Any], *, checksums: bool = True) -> None:
    """Write `config.json`; a clever attacker's checksums are right."""
    if checksums:
        names = FILES - {"config.json"}
        config["files"] = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")


def test_a_saved_model_captions_as_before(folder: Path, model: CaptioningModel, tokenizer: Tokenizer) -> None:
    loaded, words = load_model(folder)
    assert not loaded.training
    assert loaded.network == NETWORK
    waveform = 0.1 * torch.randn(1, model.sample_rate, generator=torch.Generator().manual_seed(2))
    with torch.inference_mode():
        before, after = model.encode(waveform), loaded.encode(waveform)
    torch.testing.assert_close(after.memory, before.memory, atol=0.02, rtol=0)
    captions = [
        [c.caption for c in beam_search(network, encoded, vocabulary, Decoding(beam_size=1))[0]]
        for network, encoded, vocabulary in ((model, before, tokenizer), (loaded, after, words))
    ]
    assert captions[0] == captions[1]


def test_matrices_are_halved_and_the_rest_is_kept_whole(folder: Path, model: CaptioningModel) -> None:
    stored = load_file(folder / "model.safetensors")
    assert stored.keys() == model.state_dict().keys()
    for name, tensor in stored.items():
        original = model.state_dict()[name]
        if not original.is_floating_point():
            assert torch.equal(tensor, original)
        else:
            assert tensor.dtype == (torch.float16 if original.dim() > 1 else torch.float32), name
    assert {tensor.dtype for tensor in load_model(folder)[0].parameters()} == {torch.float32}


def test_numbers_too_large_for_half_precision_survive(tokenizer: Tokenizer, tmp_path: Path) -> None:
    model = CaptioningModel(NETWORK, len(tokenizer))
    with torch.no_grad():
        model.projection.weight[0, 0] = 1e6
    save_model(tmp_path / "m", model, tokenizer, "")
    assert load_model(tmp_path / "m")[0].projection.weight[0, 0] == 1e6


def test_a_model_has_four_files_and_describes_itself(folder: Path) -> None:
    assert {path.name for path in folder.iterdir()} == FILES
    told = describe(folder)
    assert told["name"] == "tiny"
    assert told["extra"] == {"seed": 1}
    assert told["card"] == "# Tiny\n"
    assert told["network"]["width"] == 16
    assert told["bytes"] == sum(path.stat().st_size for path in folder.iterdir())
    assert told["parameters"] > 3_000_000
    verify(folder)


def test_saving_again_replaces_the_model_and_leaves_nothing_beside(
    folder: Path, model: CaptioningModel, tokenizer: Tokenizer
) -> None:
    save_model(folder, model, tokenizer, "# Second\n")
    assert describe(folder)["card"] == "# Second\n"
    assert [path.name for path in folder.parent.iterdir()] == ["tiny"]


def test_what_is_no_model_is_never_replaced(model: CaptioningModel, tokenizer: Tokenizer, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "one.jpg").write_bytes(b"x")
    (tmp_path / "file").write_bytes(b"x")
    for name in ("photos", "file"):
        with pytest.raises(ModelError, match="no model folder"):
            save_model(tmp_path / name, model, tokenizer, "")
    assert (tmp_path / "photos" / "one.jpg").read_bytes() == b"x"


def test_a_failed_save_leaves_the_old_model_and_nothing_beside(
    folder: Path, tokenizer: Tokenizer, model: CaptioningModel
) -> None:
    failed = CaptioningModel(NETWORK, len(tokenizer))
    with torch.no_grad():
        failed.output_bias[0] = float("nan")
    with pytest.raises(ModelError, match=r"output_bias is not finite.*checkpoint"):
        save_model(folder, failed, tokenizer, "")
    with pytest.raises(TypeError):
        save_model(folder, model, tokenizer, "", {"not JSON": object()})
    assert [path.name for path in folder.parent.iterdir()] == ["tiny"]
    verify(folder)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="nowhere: no such model folder"):
        load_model(tmp_path / "nowhere")


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(ModelError, match=f"{name}: missing"):
        load_model(folder)


@pytest.mark.parametrize("name", sorted(FILES - {"config.json"}))
def test_a_changed_byte_is_noticed(folder: Path, name: str) -> None:
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(content)
    for read in (load_model, describe):
        with pytest.raises(ModelError, match=f"{name}: its checksum .* get it anew"):
            read(folder)


def test_a_newer_format_asks_for_an_update(folder: Path) -> None:
    write_config(folder, config_of(folder) | {"format": 2, "files": None}, checksums=False)
    with pytest.raises(ModelError, match=r"format 2, .* update Auricle"):
        load_model(folder)


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{", b'"format"', b"\xff\xfe", b'{"format": "1"}', b'{"format": true}', b"[" * 100_000]
)
def test_a_config_that_is_none_is_refused(folder: Path, content: bytes) -> None:
    (folder / "config.json").write_bytes(content)
    with pytest.raises(ModelError, match=r"config\.json"):
        load_model(folder)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"width": 10**9}, "width"),
        ({"width": "16"}, "width"),
        ({"heads": 3}, "heads"),
        ({"encoders": ["resnet"]}, "encoders"),
        ({"encoders": []}, "0 encoders"),
        ({"encoders": ["cnn14"] * 1000}, "1000 encoders"),
        ({"encoders": ["cnn10"]}, "is missing|has shape|has not"),
        ({"width": 4096, "feedforward": 16384, "decoder_layers": 24, "encoder_layers": 24}, "has shape"),
        ({"decoder_layers": 24}, "is missing"),
        ({"labels": ["dog"]}, "keyword_tokens has shape"),
        ({"labels": 5}, "labels"),
        ({"colour": "blue"}, "colour"),
    ],
)
def test_a_network_that_is_not_the_weights_is_refused(folder: Path, change: dict[str, Any], complaint: str) -> None:
    config = config_of(folder)
    config["network"] |= change
    write_config(folder, config)
    with pytest.raises(ModelError, match=complaint):
        load_model(folder)


def test_a_network_that_is_no_table_is_refused(folder: Path) -> None:
    networks: list[object] = [None, [], "wide", 3]
    for network in networks:
        write_config(folder, config_of(folder) | {"network": network})
        with pytest.raises(ModelError, match="describes no network"):
            load_model(folder)


def rewrite(folder: Path, change: Callable[[dict[str, torch.Tensor]], object]) -> None:
    """Change the tensors of a folder and make its checksums right again."""
    tensors = load_file(folder / "model.safetensors")
    change(tensors)
    save_file(tensors, folder / "model.safetensors")
    write_config(folder, config_of(folder))


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda tensors: tensors.pop("output_bias"), "output_bias is missing"),
        (lambda tensors: tensors.update(more=torch.zeros(1)), "holds 'more'"),
        (lambda tensors: tensors.update(output_bias=torch.zeros(3)), r"output_bias has shape \(3,\)"),
        (lambda tensors: tensors["projection.weight"].fill_(torch.nan), "projection.weight holds numbers"),
        (lambda tensors: tensors["projection.bias"].fill_(torch.inf), "projection.bias holds numbers"),
        (lambda tensors: tensors["keyword_tokens"].fill_(10**6), "outside the vocabulary"),
        (lambda tensors: tensors["keyword_tokens"].fill_(-1), "outside the vocabulary"),
        (lambda tensors: tensors.update(keyword_tokens=torch.zeros(2, 3)), "is of type"),
        (lambda tensors: tensors.update({"output_bias": tensors["output_bias"].long()}), "is of type"),
        (lambda tensors: tensors.clear(), "is missing"),
    ],
)
def test_wrong_weights_are_refused(
    folder: Path, change: Callable[[dict[str, torch.Tensor]], object], complaint: str
) -> None:
    rewrite(folder, change)
    with pytest.raises(ModelError, match=complaint):
        load_model(folder)


class Trap:
    """Sets a mark when it is unpickled."""

    def __reduce__(self) -> tuple[Callable[[str], None], tuple[str]]:
        return exec, ("import sys; sys.trapped = True",)


def header(described: object, data: bytes = b"") -> bytes:
    text = json.dumps(described).encode()
    return struct.pack("<Q", len(text)) + text + data


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00" * 8,
        pickle.dumps(Trap()),
        struct.pack("<Q", 2**63) + b"{}",
        header({"a": {"dtype": "F32", "shape": [2**40], "data_offsets": [0, 2**42]}}),
        header({"a": {"dtype": "F32", "shape": [1], "data_offsets": [-4, 0]}}),
        header({"a": {"dtype": "F99", "shape": [1], "data_offsets": [0, 4]}}, b"\0" * 4),
        header({"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 4]}}, b"\0" * 4),
    ],
)
def test_weights_that_are_no_safetensors_are_refused_and_never_unpickled(folder: Path, content: bytes) -> None:
    (folder / "model.safetensors").write_bytes(content)
    write_config(folder, config_of(folder))
    with pytest.raises(ModelError, match=r"model\.safetensors"):
        load_model(folder)
    assert not hasattr(sys, "trapped")


def test_a_torch_file_in_place_of_safetensors_is_not_unpickled(folder: Path) -> None:
    torch.save({"weights": Trap()}, folder / "model.safetensors")
    write_config(folder, config_of(folder))
    with pytest.raises(ModelError, match="no safetensors file"):
        load_model(folder)
    assert not hasattr(sys, "trapped")


def test_weights_that_were_cut_off_are_refused(folder: Path) -> None:
    content = (folder / "model.safetensors").read_bytes()
    for length in (4, 100, len(content) - 1):
        (folder / "model.safetensors").write_bytes(content[:length])
        with pytest.raises(ModelError, match="checksum"):
            load_model(folder)
        write_config(folder, config_of(folder))
        with pytest.raises(ModelError, match="no safetensors file"):
            load_model(folder)


def test_another_models_vocabulary_is_refused(folder: Path) -> None:
    Tokenizer.train(["A cat."]).save(folder / "tokenizer.json")
    write_config(folder, config_of(folder))
    with pytest.raises(ModelError, match=r"tokenizer\.json: 7 words, not 14"):
        load_model(folder)


def test_a_vocabulary_that_is_none_is_refused(folder: Path) -> None:
    for content in (b"", b"{}", b'{"model": 1}', b"[" * 100_000):
        (folder / "tokenizer.json").write_bytes(content)
        write_config(folder, config_of(folder))
        with pytest.raises(ModelError, match=r"tokenizer\.json: not a vocabulary"):
            load_model(folder)


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
@pytest.mark.parametrize("name", sorted(FILES))
def test_links_are_not_followed_out_of_the_folder(folder: Path, name: str) -> None:
    (folder / name).rename(folder.parent / name)
    (folder / name).symlink_to(folder.parent / name)
    with pytest.raises(ModelError, match=f"{name}: is a link"):
        load_model(folder)


@pytest.mark.skipif(os.name == "nt", reason="there are no named pipes in folders on Windows")
def test_a_pipe_or_a_folder_in_place_of_a_file_does_not_hang(folder: Path) -> None:
    (folder / "README.md").unlink()
    os.mkfifo(folder / "README.md")
    with pytest.raises(ModelError, match=r"README\.md: is no file"):
        load_model(folder)
    (folder / "README.md").unlink()
    (folder / "README.md").mkdir()
    with pytest.raises(ModelError, match=r"README\.md: is no file"):
        load_model(folder)


def test_a_file_too_large_to_be_meant_is_not_read(folder: Path) -> None:
    with (folder / "README.md").open("r+b") as file:
        file.truncate(2**40)
    with pytest.raises(ModelError, match="at most"):
        load_model(folder)


def test_a_model_may_be_copied_renamed_and_linked_to_as_a_whole(folder: Path) -> None:
    moved = folder.rename(folder.with_name("Tiny model (copy)"))
    verify(moved)
    if os.name != "nt":
        folder.symlink_to(moved)
        verify(folder)


def test_a_calibration_is_stored_beside_the_weights_and_found_again(folder: Path) -> None:
    assert load_calibration(folder) is None
    weights = (folder / "model.safetensors").read_bytes()
    calibration = Calibration(tuple(0.25 * number for number in range(len(TRAITS))), -1.5, 0.75, 0.5)
    amend(folder, calibration=calibration)
    assert load_calibration(folder) == calibration
    assert (folder / "model.safetensors").read_bytes() == weights
    assert describe(folder)["extra"] == {"seed": 1}
    verify(folder)


def test_another_card_keeps_the_calibration_and_the_checksums_right(folder: Path) -> None:
    calibration = Calibration(sure=0.9, likely=0.5)
    amend(folder, calibration=calibration)
    amend(folder, card="# Another\n", extra={"tested": True})
    verify(folder)
    assert load_calibration(folder) == calibration
    assert describe(folder)["card"] == "# Another\n"
    assert describe(folder)["extra"] == {"seed": 1, "tested": True}
    assert {path.name for path in folder.parent.iterdir()} == {"tiny"}


def test_a_damaged_folder_is_not_amended(folder: Path) -> None:
    (folder / "README.md").write_text("changed", encoding="utf-8")
    before = (folder / "config.json").read_bytes()
    with pytest.raises(ModelError, match="checksum"):
        amend(folder, calibration=Calibration())
    assert (folder / "config.json").read_bytes() == before


@pytest.mark.parametrize(
    "hostile",
    [
        [],
        "sure",
        7,
        {"weights": []},
        {"weights": "0000000"},
        {"weights": [0.0] * 10_000},
        {"weights": [float("nan")] * len(TRAITS)},
        {"weights": [float("inf")] * len(TRAITS)},
        {"weights": [10**400] * len(TRAITS)},
        {"weights": [[0.0]] * len(TRAITS)},
        {"bias": float("-inf")},
        {"bias": True},
        {"sure": 0.5, "likely": 0.9},
        {"sure": "0.9"},
        {"unknown": 1},
    ],
)
def test_a_hostile_calibration_is_refused(folder: Path, hostile: object) -> None:
    write_config(folder, {**config_of(folder), "calibration": hostile})
    with pytest.raises(ModelError, match="calibration"):
        load_calibration(folder)
    with pytest.raises(ModelError, match="calibration"):
        verify(folder)
