from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.fixed_test import references, scored

COUNTED = {"others", "others, written", "captions", "distinct", "repeated", "mean words"}


@pytest.mark.slow
def test_the_written_captions_are_read_out_of_score_py_as_nearly_perfect(shared: Path, tmp_path: Path) -> None:
    data = shared / "sounds"
    for which, names in (("clips", {"named", "balanced"}), ("scenes", {"both", "at least one"})):
        path = tmp_path / f"{which}.jsonl"
        rows = [{"path": f"{name}.wav", "caption": written[0]} for name, written in references(data, which).items()]
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        found = scored(data, path, which)
        assert set(found.figures) == names | {
            "others",
            "others, written",
            "captions",
            "distinct",
            "repeated",
            "mean words",
        }
        assert all(found.figures[name] > 0.9 for name in names)
        assert found.figures["captions"] == len(rows)
        assert bool(found.by_label) == (which == "clips")
