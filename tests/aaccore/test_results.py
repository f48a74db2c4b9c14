from __future__ import annotations

import csv
import io
import json
from pathlib import Path, PurePath

import pytest

from aaccore.config import Export, ExportFormat
from aaccore.errors import ConfigError
from aaccore.events import Candidate, ClipCaptioned, ClipFailed, Segment
from aaccore.exporting import FORMATS
from aaccore.results import Beside, OneFile, Stream, guess_format, is_folder, open_results


def clip(name: str) -> ClipCaptioned:
    candidates = (Candidate("A dog barks.", -0.1), Candidate("Dogs bark.", -0.2))
    return ClipCaptioned(Path(name), 2.0, (Segment(0.0, 2.0, "A dog barks.", candidates),))


CLIPS = (clip("a.wav"), ClipFailed(Path("b.wav"), "b.wav: damaged"), clip("c.wav"))


def streamed(form: ExportFormat, *clips: ClipCaptioned | ClipFailed) -> str:
    text = io.StringIO()
    stream = Stream(text, Export(form))
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
    [
        ("x.csv", "csv"),
        ("x.SRT", "srt"),
        ("x.txt", "text"),
        ("x.log", "text"),
        ("x", "text"),
        (None, "text"),
        ("x.labels.txt", "audacity"),
        ("x.Selections.txt", "raven"),
    ],
)
def test_the_suffix_says_the_format(out: str | None, form: ExportFormat) -> None:
    assert guess_format(out) == form


def test_a_folder_is_known_by_being_there_its_slash_or_no_suffix(tmp_path: Path) -> None:
    (tmp_path / "take.1").mkdir()
    assert is_folder(str(tmp_path / "take.1"))
    assert is_folder("new.d/")
    assert is_folder("new")
    assert not is_folder("new.csv")


@pytest.mark.parametrize("form", FORMATS)
def test_a_folder_gets_a_file_for_each_captioned_input(form: ExportFormat, tmp_path: Path) -> None:
    names = {one.path: PurePath("deeper", f"{one.path.stem}.x") for one in CLIPS}
    with open_results(str(tmp_path / "out"), Export(form), names) as results:
        for one in CLIPS:
            results.add(one)
    assert sorted(path.name for path in (tmp_path / "out").rglob("*")) == ["a.x", "c.x", "deeper"]
    assert "dog barks" in (tmp_path / "out" / "deeper" / "a.x").read_text(encoding="utf-8")


def test_one_file_appears_only_when_it_is_whole(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    with OneFile(out, Export("jsonl")) as results:
        results.add(CLIPS[0])
        assert not out.exists()
    assert json.loads(out.read_text(encoding="utf-8"))["path"] == "a.wav"
    assert list(tmp_path.iterdir()) == [out]


def test_an_interrupted_file_holds_what_was_done(tmp_path: Path) -> None:
    out = tmp_path / "out.json"

    def interrupted() -> None:
        with OneFile(out, Export("json")) as results:
            results.add(CLIPS[0])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert len(json.loads(out.read_text(encoding="utf-8"))) == 1


def test_a_failure_before_the_first_result_leaves_the_old_file(tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    out.write_text("old", encoding="utf-8")
    with pytest.raises(KeyboardInterrupt), OneFile(out, Export("json")):
        raise KeyboardInterrupt
    assert out.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [out]


def test_places_that_cannot_be_written_are_refused_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for out in (tmp_path / "file" / "inner", tmp_path / "file" / "out.csv", tmp_path / "nowhere" / "out.csv"):
        with pytest.raises(ConfigError, match="cannot be written"):
            open_results(str(out), Export("csv"), {Path("a.wav"): PurePath("a.csv")})


def test_an_input_is_never_overwritten(tmp_path: Path) -> None:
    sound = tmp_path / "a.txt"
    sound.touch()
    names = {sound: PurePath("a.txt")}
    for out in (sound, tmp_path):
        with pytest.raises(ConfigError, match="overwrite"):
            open_results(str(out), Export("text"), names)


def test_results_beside_their_sounds_leave_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "a.srt").write_text("by hand", encoding="utf-8")
    sounds = [clip(str(tmp_path / name)) for name in ("a.wav", "a.mp3", "b.wav")]
    with Beside([one.path for one in sounds], Export("srt")) as results:
        told = [results.add(one) for one in (*sounds, ClipFailed(tmp_path / "c.wav", "damaged"))]
    assert (tmp_path / "a.srt").read_text(encoding="utf-8") == "by hand"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.mp3.srt", "a.srt", "a.wav.srt", "b.srt"]
    assert "a.wav.srt" in told[0][0]
    assert told[2:] == [(), ()]


def test_sounds_without_a_place_in_the_dialogue_are_told(tmp_path: Path) -> None:
    dialogue = tmp_path / "a.srt"
    dialogue.write_text("1\n00:00:00,000 --> 00:00:09,000\nHello.\n", encoding="utf-8")
    names = {CLIPS[0].path: PurePath("a.sdh.srt")}
    with open_results(str(tmp_path), Export("srt", dialogue=dialogue), names) as results:
        (words,) = results.add(CLIPS[0])
    assert "A dog barks." in words
    assert "no gap" in words
    assert (tmp_path / "a.sdh.srt").read_text(encoding="utf-8") == dialogue.read_text(encoding="utf-8")
    with pytest.raises(ConfigError, match="overwrite"):
        open_results(str(dialogue), Export("srt", dialogue=dialogue), names)


@pytest.mark.parametrize("out", [None, "all.srt"])
def test_subtitles_of_several_inputs_need_a_folder(out: str | None) -> None:
    names = {Path("a.wav"): PurePath("a.srt"), Path("b.wav"): PurePath("b.srt")}
    with pytest.raises(ConfigError, match=r"(?i)folder"):
        open_results(out, Export("srt"), names)
