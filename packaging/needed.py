"""What the installed program is made of, told from what else lies in the environment that it is built in."""

from __future__ import annotations

import tomllib
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]
EXTRAS = ("app", "train")
OMITTED = {"onnx"}
"""Reads one published file, which the installed program cannot fetch: that takes pip."""


UNREACHED = (
    *("PySide6.QtDBus", "PySide6.QtNetwork"),
    *("torch.onnx", "torch.utils.benchmark", "torch.utils.hipify", "torch.utils.tensorboard"),
    # Of scipy only the fast transforms are used.
    *(f"scipy.{name}" for name in ("cluster", "integrate", "interpolate", "io", "linalg", "ndimage", "odr")),
    *(f"scipy.{name}" for name in ("optimize", "signal", "sparse", "spatial", "stats")),
    *("fsspec", "functorch", "huggingface_hub", "jinja2", "setuptools", "tkinter", "yaml"),
)
"""Modules that others name, and that nothing here ever gets to."""


def requirements() -> list[Requirement]:
    """The packages that the installed program needs, as pyproject.toml names them."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = [*project["dependencies"], *(line for extra in EXTRAS for line in project["optional-dependencies"][extra])]
    return [requirement for requirement in map(Requirement, lines) if requirement.name not in OMITTED]


def distributions() -> set[str]:
    """The names of those packages and of all that they require in turn, in small letters with dashes."""
    found: set[str] = set()
    open_ones = requirements()
    while open_ones:
        requirement = open_ones.pop()
        name = plain(requirement.name)
        if name in found:
            continue
        found.add(name)
        try:
            lines = requires(name) or []
        except PackageNotFoundError:  # of another system, or left out on purpose
            continue
        for line in map(Requirement, lines):
            extras = requirement.extras or {""}
            if line.marker is None or any(line.marker.evaluate({"extra": extra}) for extra in extras):
                open_ones.append(line)
    return found


def strangers() -> list[str]:
    """Top-level modules of this environment that belong to none of them."""
    ours = distributions() | {"auricle"}
    return sorted(
        module for module, owners in packages_distributions().items() if not ours & {plain(name) for name in owners}
    )


def plain(name: str) -> str:
    """A package's name in the one spelling that counts."""
    return name.lower().replace("_", "-").replace(".", "-")
