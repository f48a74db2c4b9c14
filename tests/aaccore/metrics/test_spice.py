from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from aaccore.errors import MetricUnavailable
from aaccore.metrics import java
from aaccore.metrics import spice as module
from aaccore.metrics.corpus import score_corpus
from aaccore.metrics.spice import CORENLP, spice

JAVA = f"""#!{sys.executable}
import json, sys
asked, out = sys.argv[4], sys.argv[6]
assert sys.argv[1:4] == ["-Xmx8G", "-jar", "spice-1.0.jar"], sys.argv
clips = json.load(open(asked))
if any("broken" in clip["test"] for clip in clips):
    print("Exception in thread: no parse", file=sys.stderr)
    sys.exit(1)
found = [dict(image_id=c["image_id"], scores=dict(All=dict(f=float(c["test"] in c["refs"])))) for c in reversed(clips)]
json.dump(found, open(out, "w"))
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stands in for the package and for Java: the F-score is 1 where a reference is the caption itself."""
    folder = tmp_path / "pycocoevalcap" / "spice"
    (folder / "lib").mkdir(parents=True)
    (folder / "spice-1.0.jar").touch()
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "java").write_text(JAVA)
    (tmp_path / "bin" / "java").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))

    class Found:
        submodule_search_locations = (str(folder.parent),)

    monkeypatch.setattr(java, "find_spec", lambda name: Found())
    module._scores.cache_clear()
    return folder


def test_without_corenlp_the_reason_says_what_to_put_where(package: Path) -> None:
    with pytest.raises(MetricUnavailable, match=rf"CoreNLP 3\.6\.0, .* put {CORENLP[0]} and .* into {package / 'lib'}"):
        spice([["rain"]], [[["rain"]]])
    (package / "lib" / CORENLP[0]).touch()
    with pytest.raises(MetricUnavailable, match=f"put {CORENLP[1]} into"):
        spice([["rain"]], [[["rain"]]])


def test_without_java_or_the_package_the_reason_names_it(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(java, "find_spec", lambda name: None)
    with pytest.raises(MetricUnavailable, match="the package pycocoevalcap"):
        spice([["rain"]], [[["rain"]]])
    (package.parents[1] / "bin" / "java").unlink()
    with pytest.raises(MetricUnavailable, match="install a Java runtime"):
        spice([["rain"]], [[["rain"]]])


@pytest.mark.skipif(os.name == "nt", reason="a script stands in for Java")
def test_with_corenlp_clips_get_the_programs_scores_and_spider_is_the_mean_with_cider_d(package: Path) -> None:
    for name in CORENLP:
        (package / "lib" / name).touch()
    said, written = ["A dog barks.", "Rain falls."], [["A dog barks.", "A bark."], ["It rains."]]
    found = score_corpus(said, written, ["cider_d", "spice", "spider"])
    assert found.scores["spice"] == 0.5
    assert found.per_clip["spice"] == [1.0, 0.0]
    assert found.scores["spider"] == pytest.approx((found.scores["cider_d"] + 0.5) / 2)
    assert found.per_clip["spider"] == pytest.approx(
        [(a + b) / 2 for a, b in zip(found.per_clip["cider_d"], [1.0, 0.0], strict=True)]
    )
    assert not found.unavailable


@pytest.mark.skipif(os.name == "nt", reason="a script stands in for Java")
def test_a_failing_program_is_a_reason_and_not_a_crash(package: Path) -> None:
    for name in CORENLP:
        (package / "lib" / name).touch()
    found = score_corpus(["Something broken."], [["Something broken."]], ["spice", "spider", "rouge_l"])
    assert set(found.scores) == {"rouge_l"}
    assert found.unavailable["spice"] == "SPICE's Java program failed: Exception in thread: no parse"
    assert "SPICE's Java program failed" in found.unavailable["spider"]
