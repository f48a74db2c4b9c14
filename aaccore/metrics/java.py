"""The Java programs of the COCO caption evaluation: where Java is, and what the package `pycocoevalcap` carries."""

from __future__ import annotations

import shutil
from importlib.util import find_spec
from pathlib import Path

from aaccore.errors import MetricUnavailable


def find_java(metric: str) -> str:
    """Find the program that runs a metric.

    Raises:
        MetricUnavailable: There is no Java.
    """
    java = shutil.which("java")
    if java is None:
        raise MetricUnavailable(f"{metric} needs Java; install a Java runtime (openjdk-17-jre-headless on Debian)")
    return java


def find_jar(metric: str, jar: str, *, beside: str = "") -> Path:
    """Find a metric's archive.

    Args:
        metric: What it is called, for people.
        jar: Its path in the package.
        beside: What it needs that the package does not bring, said where the package is missing.

    Raises:
        MetricUnavailable: The package is missing, or has no such archive.
    """
    package = find_spec("pycocoevalcap")
    for folder in (package.submodule_search_locations or []) if package else []:
        path = Path(folder) / jar
        if path.is_file():
            return path
    needs = f"{beside} and the package" if beside else "the package"
    raise MetricUnavailable(f"{metric} needs {needs} pycocoevalcap; install auricle[metrics]")
