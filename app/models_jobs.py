"""The models page's long work as generators of events; what loads torch is imported inside, in the worker's thread."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aaccore.events import Working

if TYPE_CHECKING:
    from aaccore.downloads import Downloading
    from aaccore.models_folder import Model, ModelAdded
    from aaccore.weights import Weights


@dataclass(frozen=True)
class ModelsListed:
    """All models that are here, the bundled one first."""

    models: tuple[Model, ...]


@dataclass(frozen=True)
class ModelRemoved:
    """A model is no longer in the models folder."""

    name: str


@dataclass(frozen=True)
class WeightsFound:
    """Published weights: whether they are here, and how many bytes of an unfinished download are."""

    name: str
    weights: Weights
    here: bool
    kept_bytes: int


@dataclass(frozen=True)
class WeightsReady:
    """Weights have come, or were taken from a file."""

    words: str


def list_models(models: Path) -> Iterator[Working | ModelsListed]:
    """Look at each model in the models folder and at the bundled one."""
    from aaccore import models_folder

    found = []
    for model in models_folder.list_models(models):
        found.append(model)
        yield Working(model.name)
    yield ModelsListed(tuple(found))


def add_model(source: Path, models: Path) -> Iterator[Working | ModelAdded]:
    """Take a model in from a folder or a zip file, once it is checked; see `aaccore.models_folder.add_model`.

    Raises:
        ModelError: It is refused; the message says why.
        DownloadError: There is no room.
    """
    from aaccore import models_folder

    yield from models_folder.add_model(source, models=models)


def remove_model(name: str, models: Path) -> Iterator[ModelRemoved]:
    """Delete a model from the models folder.

    Raises:
        ModelError: It cannot be deleted.
    """
    from aaccore import models_folder

    models_folder.remove_model(name, models)
    yield ModelRemoved(name)


def look_at_weights(cache: Path | None) -> Iterator[WeightsFound]:
    """Tell which published weights there are, and which are here; nothing is asked of the network."""
    from aaccore.published import weights_folder
    from aaccore.weights import CATALOGUE, are_here

    for name, weights in CATALOGUE.items():
        part = weights_folder(cache) / f"{weights.file_name}.part"
        kept = part.stat().st_size if weights.file_name and part.is_file() else 0
        yield WeightsFound(name, weights, are_here(name, cache), kept)


def download(name: str, cache: Path | None, server: str | None) -> Iterator[Downloading | Working | WeightsReady]:
    """Get published weights, going on where a download stopped.

    Args:
        name: A key of `aaccore.weights.CATALOGUE`.
        cache: Replaces the user's cache folder.
        server: Replaces the server of the PANNs.

    Raises:
        DownloadError: They cannot be had, or there is no room.
        ModelError: What came holds no such weights.
    """
    from aaccore import weights

    yield from weights.fetch([name], cache, server or weights.SERVER)
    yield WeightsReady(name)


def take_file(path: Path, cache: Path | None) -> Iterator[Working | WeightsReady]:
    """Take weights out of a file that was downloaded otherwise.

    Raises:
        ModelError: It holds none that fit.
        DownloadError: There is no room.
    """
    from aaccore import weights

    words = ""
    for event in weights.take_file(path, cache=cache):
        words = event.message
        yield event
    yield WeightsReady(words)
