"""The models folder: which models are here, adding one from a folder or a zip file, and removing.

A model from elsewhere is checked before it is used: nothing in it is run, and it is built once before it gets its name.
"""

from __future__ import annotations

import re
import shutil
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_data_path

from aaccore.captioner import bundled_model
from aaccore.downloads import check_room
from aaccore.errors import ModelError
from aaccore.events import Working
from aaccore.model_archive import unpack_model
from aaccore.model_card import ModelCard, read_card
from aaccore.model_folder import CONFIG, LIMITS, describe, verify


@dataclass(frozen=True)
class Model:
    """A model that is here.

    Attributes:
        name: What it is called.
        folder: Where it lies.
        bundled: It came with the program and cannot be removed.
        bytes: Its size.
        parameters: Its weights, counted.
        encoders: Its CNNs.
        card: What is told of it; None where it cannot be used.
        problem: Why it cannot be used, or an empty text.
    """

    name: str
    folder: Path
    bundled: bool
    bytes: int = 0
    parameters: int = 0
    encoders: tuple[str, ...] = ()
    card: ModelCard | None = None
    problem: str = ""


@dataclass(frozen=True)
class ModelAdded:
    """A model is in the models folder."""

    name: str
    folder: Path


def models_folder() -> Path:
    """Where added models lie."""
    return user_data_path("auricle", appauthor=False) / "models"


def list_models(models: Path | None = None) -> Iterator[Model]:
    """Tell which models are here, the bundled one first; one after the other, as each takes a moment to check.

    Args:
        models: Replaces the models folder.
    """
    folder = models or models_folder()
    if bundled_model().is_dir():
        yield look_at(bundled_model())
    for place in sorted(folder.iterdir()) if folder.is_dir() else []:
        if not place.name.startswith(".") and (place / CONFIG).exists():
            yield look_at(place)


def look_at(folder: Path) -> Model:
    """Tell what a model is; one that is damaged says so in `problem`."""
    name, bundled = folder.resolve().name, folder.resolve() == bundled_model().resolve()
    try:
        found = describe(folder)
    except ModelError as error:
        return Model(name, folder, bundled, problem=str(error))
    encoders = tuple(found["network"]["encoders"])
    return Model(name, folder, bundled, found["bytes"], found["parameters"], encoders, read_card(found))


def find_model(name: str, models: Path | None = None) -> Path:
    """The folder of a model that is named: the bundled one, one in the models folder, or a path.

    Raises:
        ModelError: There is none.
    """
    if name == bundled_model().name:
        return bundled_model()
    places = [(models or models_folder()) / name] if _is_name(name) else []
    for place in (*places, Path(name)):
        if place.is_dir():
            return place
    raise ModelError(f"{name}: no such model; `auricle models list` tells which are here")


def add_model(source: Path, name: str | None = None, models: Path | None = None) -> Iterator[Working | ModelAdded]:
    """Take a model into the models folder, once it is checked. Nothing of it is run.

    Args:
        source: A model folder, or a zip file with one.
        name: What it shall be called; by default as the source, with a number where that is taken.
        models: Replaces the models folder.

    Yields:
        What is being done; at last `ModelAdded`. Close the generator to stop; nothing is left then.

    Raises:
        ModelError: It is damaged, no model, or not to be trusted, or the name is taken.
        DownloadError: There is no room.
    """
    folder = models or models_folder()
    if not source.is_dir() and not source.is_file():
        raise ModelError(f"{source}: not found; give a model folder or a zip file with one")
    called = _free_name(folder, source, name)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=".adding-", dir=folder))
        try:
            yield Working(f"{called}: copying", 0.0)
            steps = _from_folder(source, fresh) if source.is_dir() else unpack_model(source, fresh)
            yield from (Working(f"{called}: copying", done) for done in steps)
            yield Working(f"{called}: checking")
            try:
                verify(fresh)
            except ModelError as error:
                # It has not got its name yet; what the message calls it shall mean something to whoever reads it.
                raise ModelError(str(error).replace(str(fresh), str(source))) from error
            fresh.chmod(0o755)
            fresh.rename(folder / called)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    except OSError as error:
        raise ModelError(
            f"{folder / called}: cannot be written ({error.strerror or error}); make room there"
        ) from error
    yield ModelAdded(called, folder / called)


def remove_model(name: str, models: Path | None = None) -> None:
    """Delete a model from the models folder.

    Raises:
        ModelError: It came with the program, is not in the models folder, or cannot be deleted.
    """
    if name == bundled_model().name:
        raise ModelError(f"{name}: came with the program and stays")
    folder = models or models_folder()
    place = folder / name
    if not _is_name(name) or not (place / CONFIG).exists() or place.is_symlink():
        raise ModelError(f"{name}: no model in {folder}; `auricle models list` tells which are here")
    aside = folder / f".removed-{name}"
    try:
        shutil.rmtree(aside, ignore_errors=True)
        place.rename(aside)  # at once, so that nobody finds half a model
        shutil.rmtree(aside)
    except OSError as error:
        raise ModelError(f"{place}: cannot be deleted ({error.strerror or error}); close what uses it") from error


def _is_name(name: str) -> bool:
    return bool(re.fullmatch(r"\w[\w .()-]*(?<![ .])", name))


def _free_name(folder: Path, source: Path, name: str | None) -> str:
    """What the model will be called."""
    taken = {path.name.lower() for path in folder.iterdir()} if folder.is_dir() else set()
    taken.add(bundled_model().name.lower())
    if name is not None:
        if not _is_name(name):
            raise ModelError(f"{name!r}: cannot be a model's name; use letters, digits, spaces, '.', '-' and '_'")
        if name.lower() in taken:
            raise ModelError(f"{name}: there is a model of that name; remove it first or give another name")
        return name
    stem = source.resolve().name if source.is_dir() else source.stem
    stem = re.sub(r"[^\w .()-]+", "-", stem).strip(" .-()") or "model"
    numbers = ("", *(f"-{number}" for number in range(2, 10_000)))
    return next(stem + number for number in numbers if (stem + number).lower() not in taken)


def _from_folder(source: Path, fresh: Path) -> Iterator[float]:
    """Copy a model folder's four files; what else lies there stays there."""
    sizes = {}
    for name, limit in LIMITS.items():
        try:
            status = (source / name).lstat()
        except OSError:
            raise ModelError(f"{source}: no {name} in it; a model folder has {', '.join(LIMITS)}") from None
        if not stat.S_ISREG(status.st_mode):
            raise ModelError(f"{source / name}: is a link or no file; a model folder holds its files itself")
        if status.st_size > limit:
            raise ModelError(f"{source / name}: has {status.st_size} bytes, at most {limit} are taken")
        sizes[name] = status.st_size
    check_room(fresh, sum(sizes.values()))
    done = 0
    for name in sizes:
        with (source / name).open("rb") as file, (fresh / name).open("xb") as target:
            while block := file.read(2**20):
                done += target.write(block)
                yield done / max(1, sum(sizes.values()))
