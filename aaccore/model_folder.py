"""The model format: a folder that can be copied, zipped and inspected, and that never runs what it holds.

`config.json` has the format's version, the network, the vocabulary's size, the SHA-256 of the other files and, where
the model is calibrated, how its captions' bands are told; `model.safetensors` the weights, most of them in half
precision; `tokenizer.json` the vocabulary; `README.md` the card.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load as tensors_in
from safetensors.torch import save as tensors_out
from torch import Tensor

from aaccore.bands import Calibration, checked
from aaccore.config import Network, from_dict
from aaccore.errors import ConfigError, ModelError
from aaccore.model import CaptioningModel
from aaccore.tokenizer import Tokenizer

FORMAT = 1
CONFIG, WEIGHTS, VOCABULARY, CARD = "config.json", "model.safetensors", "tokenizer.json", "README.md"
LIMITS = {CONFIG: 2**22, WEIGHTS: 2**32, VOCABULARY: 2**26, CARD: 2**22}
"""Bytes that a file may have: a folder from elsewhere must not fill the memory."""


def save_model(
    folder: Path, model: CaptioningModel, tokenizer: Tokenizer, card: str, extra: Mapping[str, Any] | None = None
) -> None:
    """Write a model folder. It appears under its name only when it is complete; a model that was there is replaced.

    Args:
        folder: Where to; its parent is made if need be.
        model: The network.
        tokenizer: The network's vocabulary.
        card: The model card, Markdown.
        extra: More for `config.json` (recipe, scores), plain values; `describe` returns it.

    Raises:
        ModelError: There is something else at `folder`, or the weights are not finite.
    """
    if folder.exists() and not (folder / CONFIG).is_file() and (not folder.is_dir() or any(folder.iterdir())):
        raise ModelError(f"{folder}: is there and no model folder; name another place")
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        (fresh / WEIGHTS).write_bytes(tensors_out({name: _stored(name, x) for name, x in model.state_dict().items()}))
        tokenizer.save(fresh / VOCABULARY)
        (fresh / CARD).write_text(card, encoding="utf-8")
        config = {
            "format": FORMAT,
            "network": asdict(model.network),
            "vocabulary": len(tokenizer),
            "files": {name: _sha256((fresh / name).read_bytes()) for name in (WEIGHTS, VOCABULARY, CARD)},
            "extra": dict(extra or {}),
        }
        (fresh / CONFIG).write_text(json.dumps(config, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        _written_through(fresh)
        _put_in_place(fresh, folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def load_model(folder: Path, device: str | torch.device = "cpu") -> tuple[CaptioningModel, Tokenizer]:
    """Read a model folder; every file is checked first, and nothing in it is run.

    Returns:
        The model, in evaluation mode and single precision on `device`, and its tokenizer.

    Raises:
        ModelError: Something is missing, damaged, not what `config.json` says, or of a newer format.
    """
    config, contents = _contents(folder)
    network = _network(config, folder)
    tokenizer = Tokenizer.load(folder / VOCABULARY)
    if config.get("vocabulary") != len(tokenizer):
        raise _damaged(folder / VOCABULARY, f"{len(tokenizer)} words, not {config.get('vocabulary')}")
    tensors = _tensors(folder / WEIGHTS, contents[WEIGHTS])
    # What decides the network's size is compared before it is built: a few bytes must not ask for all the memory.
    _compare(folder / WEIGHTS, dict(_deciding(network, len(tokenizer))), tensors)
    try:
        model = CaptioningModel(network, len(tokenizer))
    except (ConfigError, ModelError, ValueError, RuntimeError) as error:
        raise _damaged(folder / CONFIG, f"this network cannot be built ({error})") from error
    state = model.state_dict()
    _compare_all(folder / WEIGHTS, state, tensors, len(tokenizer))
    model.load_state_dict({name: tensor.to(state[name].dtype) for name, tensor in tensors.items()})
    return model.eval().to(device), tokenizer


def load_calibration(folder: Path) -> Calibration | None:
    """Read by which numbers the bands of a model's captions are told; None where it has not been calibrated.

    Raises:
        ModelError: `config.json` is damaged, or its calibration cannot be used.
    """
    return _calibration(_config(folder), folder)


def load_styles(folder: Path) -> tuple[str, ...]:
    """Read in whose styles a model can caption, the usual one first; empty for a model that was taught one way only.

    Raises:
        ModelError: `config.json` is damaged.
    """
    return _network(_config(folder), folder).styles


def amend(
    folder: Path,
    card: str | None = None,
    calibration: Calibration | None = None,
    extra: Mapping[str, Any] | None = None,
) -> None:
    """Give a model another card, a calibration or more in `config.json`; its weights and words stay as they are.

    Raises:
        ModelError: The folder is damaged; then nothing is changed.
    """
    config, contents = _contents(folder)
    if card is not None:
        contents[CARD] = card.encode("utf-8")
        config["files"][CARD] = _sha256(contents[CARD])
    if calibration is not None:
        config["calibration"] = asdict(checked(calibration))
    config["extra"] = {**config.get("extra", {}), **(extra or {})}
    fresh = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.resolve().parent))
    try:
        for name, content in contents.items():
            (fresh / name).write_bytes(content)
        (fresh / CONFIG).write_text(json.dumps(config, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        _written_through(fresh)
        _put_in_place(fresh, folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def verify(folder: Path) -> None:
    """Check everything that `load_model` checks.

    Raises:
        ModelError: As there.
    """
    load_model(folder)
    load_calibration(folder)


def describe(folder: Path) -> dict[str, Any]:
    """Tell what a model is, without building it: `config.json`'s values, `name`, `bytes`, `parameters` and the `card`.

    Raises:
        ModelError: Something is missing, damaged or of a newer format.
    """
    config, contents = _contents(folder)
    _network(config, folder)
    tensors = _tensors(folder / WEIGHTS, contents[WEIGHTS])
    return {
        **config,
        "name": folder.resolve().name,
        "bytes": sum((folder / name).stat().st_size for name in LIMITS),
        "parameters": sum(tensor.numel() for tensor in tensors.values() if tensor.is_floating_point()),
        "card": contents[CARD].decode("utf-8", errors="replace"),
    }


def _damaged(path: Path, reason: str) -> ModelError:
    return ModelError(f"{path}: {reason}; the model folder is damaged or changed, get it anew")


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _stored(name: str, tensor: Tensor) -> Tensor:
    """Matrices in half precision where that loses only digits; what is one-dimensional (norms, biases) stays whole."""
    tensor = tensor.detach().cpu().contiguous()
    if not tensor.is_floating_point():
        return tensor
    if not bool(tensor.isfinite().all()):
        raise ModelError(f"{name} is not finite: this training has failed; take an earlier checkpoint")
    half = tensor.half()
    return half if tensor.dim() > 1 and bool(half.isfinite().all()) else tensor.float()


def _written_through(folder: Path) -> None:
    """Let the files reach the disk before the folder gets its name, so that a power cut leaves no half model."""
    for path in folder.iterdir():
        with path.open("rb+") as file:
            os.fsync(file.fileno())


def _put_in_place(fresh: Path, folder: Path) -> None:
    """Give `fresh` its name; a former model steps aside for a moment and comes back if that fails."""
    umask = os.umask(0)
    os.umask(umask)
    fresh.chmod(0o777 & ~umask)
    if not folder.exists():
        fresh.rename(folder)
        return
    aside = fresh.with_name(f"{fresh.name}-former")
    folder.rename(aside)
    try:
        fresh.rename(folder)
    except OSError:
        aside.rename(folder)
        raise
    shutil.rmtree(aside, ignore_errors=True)


def _contents(folder: Path) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Read the files and compare their checksums: `config.json`'s values and the bytes of the others."""
    config = _config(folder)
    files = config.get("files")
    contents = {}
    for name in (WEIGHTS, VOCABULARY, CARD):
        contents[name] = _read(folder / name)
        if not isinstance(files, dict) or files.get(name) != _sha256(contents[name]):
            raise _damaged(folder / name, "its checksum is not the one in config.json")
    return config, contents


def _config(folder: Path) -> dict[str, Any]:
    if not folder.is_dir():
        raise ModelError(f"{folder}: no such model folder; `auricle models` lists those that are here")
    try:
        config = json.loads(_read(folder / CONFIG))
    except (ValueError, RecursionError) as error:
        raise _damaged(folder / CONFIG, f"not JSON ({error})") from error
    if not isinstance(config, dict) or not isinstance(config.get("format"), int):
        raise _damaged(folder / CONFIG, "names no format")
    if config["format"] > FORMAT:
        raise ModelError(f"{folder}: has format {config['format']}, this Auricle reads up to {FORMAT}; update Auricle")
    return config


def _calibration(config: Mapping[str, Any], folder: Path) -> Calibration | None:
    if config.get("calibration") is None:
        return None
    try:
        return checked(from_dict(Calibration, config["calibration"], "calibration."))
    except (TypeError, AttributeError, OverflowError, ConfigError) as error:
        raise _damaged(folder / CONFIG, f"holds a calibration that cannot be used ({error})") from error


def _read(path: Path) -> bytes:
    """Read a file whole, if it is one: a link may lead anywhere, and a pipe never ends."""
    try:
        status = path.lstat()
        if stat.S_ISLNK(status.st_mode):
            raise ModelError(f"{path}: is a link; a model folder holds its files itself, copy the file there")
        if not stat.S_ISREG(status.st_mode):
            raise ModelError(f"{path}: is no file; get the model folder anew")
        if status.st_size > LIMITS[path.name]:
            raise ModelError(f"{path}: has {status.st_size} bytes, at most {LIMITS[path.name]} are read")
        return path.read_bytes()
    except FileNotFoundError as error:
        raise ModelError(f"{path}: missing; a model folder has {', '.join(LIMITS)}") from error
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror}); check its permissions") from error


def _network(config: Mapping[str, Any], folder: Path) -> Network:
    try:
        network = from_dict(Network, config["network"], "network.")
        if not 1 <= len(network.encoders) <= 2:
            raise ConfigError(f"{len(network.encoders)} encoders")
        return network
    except (KeyError, TypeError, AttributeError, ConfigError) as error:
        raise _damaged(folder / CONFIG, f"describes no network this Auricle knows ({error})") from error


def _tensors(path: Path, content: bytes) -> dict[str, Tensor]:
    try:
        tensors = tensors_in(content)
    except (SafetensorError, KeyError, ValueError, RuntimeError, OverflowError) as error:
        raise _damaged(path, f"no safetensors file ({error})") from error
    for name, tensor in tensors.items():
        if tensor.is_floating_point() and not bool(tensor.isfinite().all()):
            raise _damaged(path, f"{name} holds numbers that are not finite")
    return tensors


def _deciding(network: Network, vocabulary: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Name and shape of the weights that the network's size follows from."""
    yield "embedding.weight", (vocabulary, network.width)
    for part, layers in (("encoder", network.encoder_layers), ("decoder", network.decoder_layers)):
        for layer in range(layers):
            yield f"{part}.layers.{layer}.feedforward.0.weight", (network.feedforward, network.width)
    yield "keyword_tokens", (len(network.labels) + len(network.tags), 3)
    if network.styles:
        yield "styles.weight", (len(network.styles), network.width)


def _compare(path: Path, wanted: Mapping[str, tuple[int, ...]], tensors: Mapping[str, Tensor]) -> None:
    for name, shape in wanted.items():
        if name not in tensors:
            raise _damaged(path, f"{name} is missing")
        if tuple(tensors[name].shape) != shape:
            raise _damaged(path, f"{name} has shape {tuple(tensors[name].shape)}, not {shape}")


def _compare_all(path: Path, state: Mapping[str, Tensor], tensors: Mapping[str, Tensor], vocabulary: int) -> None:
    """Check that the file's tensors are those of the network, no more and no fewer."""
    _compare(path, {name: tuple(tensor.shape) for name, tensor in state.items()}, tensors)
    for name, tensor in tensors.items():
        if name not in state:
            raise _damaged(path, f"holds {name!r}, which the network has not")
        if tensor.is_floating_point() != state[name].is_floating_point():
            raise _damaged(path, f"{name} is of type {tensor.dtype}")
    tokens = tensors["keyword_tokens"]
    if not bool(((tokens >= 0) & (tokens < vocabulary)).all()):
        raise _damaged(path, "keyword_tokens points outside the vocabulary")
