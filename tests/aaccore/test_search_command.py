from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from aaccore import captioner
from aaccore.__main__ import main
from aaccore.captioner import Captioner, caption_files
from aaccore.events import ClipCaptioned
from aaccore.library import Library
from aaccore.search_command import COLUMNS
from tests.aaccore.made_library import put

Search = Callable[..., tuple[int, str, str]]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "library.sqlite"


@pytest.fixture
def search(path: Path, capsys: pytest.CaptureFixture[str]) -> Search:
    """Run `auricle search` on the library at `path`; gives its exit code, output and errors."""

    def run(*arguments: object) -> tuple[int, str, str]:
        code = main(["search", "--library", str(path), *map(str, arguments)])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


def test_every_format_tells_the_same_hits(search: Search, path: Path) -> None:
    with Library(path) as library:
        put(library, Path("/sounds/storm.wav"), "Rain falls.", "Thunder rolls, far away.")
        put(library, Path("/sounds/dog.wav"), "A dog barks.")
    code, out, err = search("rain", "then", "thunder")
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "/sounds/storm.wav  0:00.0 - 0:10.0  Rain falls.",
        "/sounds/storm.wav  0:10.0 - 0:20.0  Thunder rolls, far away.",
    ]
    rows = json.loads(search("rain then thunder", "--format", "json")[1])
    assert [tuple(row) for row in rows] == [COLUMNS] * 2
    assert rows[1] | {"added": ""} == {
        "path": "/sounds/storm.wav", "start": 10.0, "end": 20.0, "caption": "Thunder rolls, far away.", "score": 1.0,
        "seconds": 20.0, "added": "", "model": "m", "corrected": False, "missing": False,
    }  # fmt: skip
    assert [json.loads(line) for line in search("rain thunder", "--format", "jsonl")[1].splitlines()] == rows
    table = list(csv.DictReader(io.StringIO(search("rain thunder", "--format", "csv")[1])))
    assert table == [{name: str(value) for name, value in row.items()} for row in rows]


def test_filters_narrow_the_search(search: Search, path: Path) -> None:
    with Library(path) as library:
        put(library, Path("/sounds/a.wav"), "A dog barks.")
        put(library, Path("/other/b.wav"), "A dog barks.", "A dog barks.", model="two")
        library.correct(library.segments(1)[0].id, "A fox barks.")
    today = date.today().isoformat()
    assert search("--from", today, "--to", today)[1].count("\n") == 2
    for options in (["--corrected"], ["--folder", "/sounds"], ["--longest", 10], ["--model", "m"], ["fox"]):
        assert search(*options)[1] == "/sounds/a.wav  0:00.0 - 0:10.0  A fox barks.\n", options
    assert search("--limit", 1, "--shortest", 0)[1].startswith("/other/b.wav")
    assert search("--missing") == (0, "", "auricle: nothing found\n")


@pytest.mark.parametrize(
    "options", [["--from", "yesterday"], ["--limit", "0"], ["--longest", "-1"], ["--shortest", "nan"]]
)
def test_an_option_that_cannot_work_is_refused(search: Search, options: list[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        search(*options)


def test_without_a_library_it_says_so_and_makes_none(search: Search, path: Path) -> None:
    code, out, err = search("dog")
    assert (code, out) == (2, "")
    assert "there is no library yet" in err
    assert not path.exists()


def test_what_sounds_like_a_file_is_found_whether_the_library_knows_it_or_not(
    search: Search, path: Path, sounds: Path, tmp_path: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(captioner, "bundled_model", lambda: tiny_model)
    with Library(path) as library:
        ids = library.add([sounds / "tone.wav", sounds / "noise.flac"])
        for event in caption_files(Captioner(), [library.row(id).path for id in ids]):
            if isinstance(event, ClipCaptioned):
                library.finish(library.find(event.path) or ids[event.path.suffix == ".flac"], event, tiny_model.name)
    (known,) = json.loads(search("--like", sounds / "tone.wav", "--format", "json")[1])
    assert known["path"] == str(sounds / "noise.flac")
    (tmp_path / "new.flac").write_bytes((sounds / "long.wav").read_bytes())
    new = json.loads(search("--like", tmp_path / "new.flac", "--format", "json")[1])
    assert {row["path"] for row in new} == {str(sounds / "tone.wav"), str(sounds / "noise.flac")}
    assert new[0]["score"] >= new[1]["score"]
    (tmp_path / "bad.wav").write_text("no sound")
    code, out, err = search("--like", tmp_path / "bad.wav")
    assert (code, out) == (2, "")
    assert "bad.wav" in err
    assert search("dog", "--like", sounds / "tone.wav")[0] == 2
