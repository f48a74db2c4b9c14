from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from aaccore.errors import MetricUnavailable
from aaccore.metrics import java
from aaccore.metrics import meteor as module
from aaccore.metrics.meteor import meteor

needs_java = pytest.mark.skipif(shutil.which("java") is None, reason="no Java runtime")


def test_without_java_the_reason_names_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MetricUnavailable, match="install a Java runtime"):
        meteor([["rain"]], [[["rain"]]])


@pytest.mark.java
@needs_java
def test_without_the_package_the_reason_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(java, "find_spec", lambda name: None)
    with pytest.raises(MetricUnavailable, match="pycocoevalcap"):
        meteor([["rain"]], [[["rain"]]])


@pytest.mark.java
@pytest.mark.slow
@needs_java
def test_stems_and_synonyms_count_and_bars_do_not() -> None:
    pytest.importorskip("pycocoevalcap.meteor.meteor")
    # One question for all: Java reads its tables for seconds.
    reference = ["a", "child", "is", "laughing"]
    said = ["a child laughs", "a kid is laughing", "a door slams", "||| a child laughs"]
    _, (stem, synonym, neither, barred) = meteor([caption.split() for caption in said], [[reference]] * 4)
    assert stem > neither
    assert synonym > neither
    assert barred == stem


@pytest.mark.java
@needs_java
def test_a_failing_java_program_is_a_reason_and_not_a_crash(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    broken = tmp_path / "broken.jar"
    broken.write_bytes(b"this is no archive")
    monkeypatch.setattr(module, "find_jar", lambda *named: broken)
    with pytest.raises(MetricUnavailable, match="METEOR's Java program failed"):
        meteor([["rain"]], [[["rain"]]])
