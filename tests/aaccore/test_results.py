from __future__ import annotations

import csv
import io
import json
from pathlib import Path, PurePath

import pytest

from aaccore.errors import ConfigError
from aaccore.events import Candidate, ClipCaptioned, ClipFailed, Segment
from aaccore.results import FORMATS, Format, OneFile, Stream, guess_format, is_folder, open_results


def clip(name: str) -> ClipCaptioned:
    candidates = (Candidate("A dog barks.", -0.1), Candidate("Dogs bark.", -0.2))
    return ClipCaptioned(Path(name), 2.0, (Segment(0.0, 2.0, "A dog barks.", candidates),))


CLIPS = (clip("a.wav"), ClipFailed(Path("b.wav"), "b.wav: damaged"), clip("c.wav"))


def streamed(form: Format, *clips: ClipCaptioned | ClipFailed) -> str:
    text = io.StringIO()
    stream = Stream(text, form, None)
    for one in clips:
        stream.add(one)
    stream.end()
    return text.getvalue()


@pytest.mark.parametrize("count", [0, 1, 3])
def test_streamed_formats_read_back_whole(count: int) -> None:
    clips = CLIPS[:count]
    paths = [str(one.path) for one in clips]
    assert [row["path"] for row in json.loads(streamed("json", *clips))] == paths
    assert [json.loads(line)["path"] for line in streamed("jsonl", *clips).splitlines()] == paths
    assert [row["path"] for row in csv.DictReader(io.StringIO(streamed("csv", *clips)))] == paths
    captioned = [one for one in clips if isinstance(one, ClipCaptioned)]
    assert streamed("text", *clips).splitlines() == [f"{one.path}: A dog barks." for one in captioned]


def test_a_json_stream_is_what_one_dump_would_be() -> None:
    rows = json.loads(streamed("json", *CLIPS))
    assert streamed("json", *CLIPS) == json.dumps(rows, indent=2, ensure_ascii=False) + "\n"


@pytest.mark.parametrize(
    ("out", "form"),
    [("x.csv", "csv"), ("x.SRT", "srt"), ("x.txt", "text"), ("x.log", "text"), ("x", "text"), (None, "text")],
)
def test_the_suffix_says_the_format(out: str | None, form: Format) -> None:
    assert guess_format(out) == form


def test_a_folder_is_known_by_being_there_its_slash_or_no_suffix(tmp_path: Path) -> None:
    (tmp_path / "take.1").mkdir()
    assert is_folder(str(tmp_path / "take.1"))
    assert is_folder("new.d/")
    assert is_folder("new")
    assert not is_folder("new.csv")


@pytest.mark.parametrize("form", FORMATS)
def test_a_folder_gets_a_file_for_each_captioned_input(form: Format, tmp_path: Path) -> None:
    names = {one.path: PurePath("deeper", f"{one.path.stem}.x") for one in CLIPS}
    with open_results(str(tmp_path / "out"), form, None, names) as results:
        for one in CLIPS:
            results.add(one)
    assert sorted(path.name for path in (tmp_path / "out").rglob("*")) == ["a.x", "c.x", "deeper"]
    assert "dog barks" in (tmp_path / "out" / "deeper" / "a.x").read_text(encoding="utf-8")


def test_one_file_appears_only_when_it_is_whole(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    with OneFile(out, "jsonl", None) as results:
        results.add(CLIPS[0])
        assert not out.exists()
    assert json.loads(out.read_text(encoding="utf-8"))["path"] == "a.wav"
    assert list(tmp_path.iterdir()) == [out]


def test_an_interrupted_file_holds_what_was_done(tmp_path: Path) -> None:
    out = tmp_path / "out.json"

    def interrupted() -> None:
        with OneFile(out, "json", None) as results:
            results.add(CLIPS[0])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert len(json.loads(out.read_text(encoding="utf-8"))) == 1


def test_a_failure_before_the_first_result_leaves_the_old_file(tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    out.write_text("old", encoding="utf-8")
    with pytest.raises(KeyboardInterrupt), OneFile(out, "json", None):
        raise KeyboardInterrupt
    assert out.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [out]


def test_places_that_cannot_be_written_are_refused_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for out in (tmp_path / "file" / "inner", tmp_path / "file" / "out.csv", tmp_path / "nowhere" / "out.csv"):
        with pytest.raises(ConfigError, match="cannot be written"):
            open_results(str(out), "csv", None, {Path("a.wav"): PurePath("a.csv")})


def test_an_input_is_never_overwritten(tmp_path: Path) -> None:
    sound = tmp_path / "a.txt"
    sound.touch()
    names = {sound: PurePath("a.txt")}
    for out in (sound, tmp_path):
        with pytest.raises(ConfigError, match="overwrite"):
            open_results(str(out), "text", None, names)


@pytest.mark.parametrize("out", [None, "all.srt"])
def test_subtitles_of_several_inputs_need_a_folder(out: str | None) -> None:
    names = {Path("a.wav"): PurePath("a.srt"), Path("b.wav"): PurePath("b.srt")}
    with pytest.raises(ConfigError, match=r"(?i)folder"):
        open_results(out, "srt", None, names)
