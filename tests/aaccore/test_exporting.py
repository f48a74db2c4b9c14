from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from aaccore.config import Cues, Export
from aaccore.events import Candidate, ClipCaptioned, ClipFailed, Segment
from aaccore.exporting import FORMATS, SUFFIXES, Exported, ExportFailed, clip_text, export
from aaccore.merging import read_dialogue


def clip(path: Path, *captions: str) -> ClipCaptioned:
    captions = captions or ("A dog barks.",)
    segments = [
        Segment(4.0 * at, 4.0 * at + 4, said, (Candidate(said, -0.1), Candidate("Or so.", -0.3)))
        for at, said in enumerate(captions)
    ]
    return ClipCaptioned(path, 4.0 * len(captions), tuple(segments))


def written(records: object) -> list[Path]:
    return [record.path for record in records if isinstance(record, Exported)]  # type: ignore[attr-defined]


@pytest.mark.parametrize("form", FORMATS)
def test_each_format_goes_beside_its_sound_and_says_what_was_heard(form: str, tmp_path: Path) -> None:
    (path,) = written(export([clip(tmp_path / "dög.wav")], Export(form)))
    assert path == tmp_path / f"dög{SUFFIXES[form]}"
    assert "dog barks" in path.read_text(encoding="utf-8")
    assert path.read_text(encoding="utf-8") == clip_text(clip(tmp_path / "dög.wav"), form)


def test_tables_read_back_in_their_usual_number_of_alternatives() -> None:
    one = clip(Path("a.wav"), "A dog barks.", "Rain falls.")
    rows = list(csv.DictReader(io.StringIO(clip_text(one, "csv"))))
    assert [(row["start"], row["caption"], row["alternatives"]) for row in rows] == [
        ("0.0", "A dog barks.", ""), ("4.0", "Rain falls.", ""),
    ]  # fmt: skip
    assert json.loads(clip_text(one, "jsonl"))["segments"][0]["alternatives"] == ["Or so."]
    assert json.loads(clip_text(one, "json", 0))[0]["segments"][0]["alternatives"] == []
    assert clip_text(ClipFailed(Path("a.wav"), "damaged"), "raven") == ""


@pytest.mark.parametrize("form", ["srt", "vtt"])
def test_subtitles_of_live_sound_tell_the_time_of_the_day_and_go_on_counting_after_midnight(form: str) -> None:
    three = clip(Path("live.flac"), "A dog barks.", "Rain falls.", "A bell rings.")
    live = replace(three, started=datetime(2026, 5, 31, 23, 59, 53, 250_000))
    for times, first_s in (("session", 0.0), ("clock", 24 * 3600 - 6.75)):
        text = clip_text(live, form, times=times)  # type: ignore[arg-type]
        cues = read_dialogue(text.encode(), "live").cues
        assert [cue.start for cue in cues] == [round(1000 * first_s) + 4000 * at for at in range(3)]
    assert "24:00:01" in text
    assert "00:00:01" not in text
    assert clip_text(three, form, times="clock") == clip_text(three, form)  # type: ignore[arg-type]


def test_a_folder_is_made_and_clips_of_one_name_get_files_of_their_own(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "deep"
    clips = [clip(tmp_path / name) for name in ("a/dog.wav", "a/dog.mp3", "b/dog.wav", "b/DOG.flac")]
    paths = written(export(clips, Export("srt", folder, replace=True)))
    assert [path.name for path in paths] == ["dog.srt", "dog.mp3.srt", "dog.wav.srt", "DOG.flac.srt"]
    assert sorted(folder.iterdir()) == sorted(paths)


def test_a_file_that_is_there_stays_unless_it_may_be_replaced(tmp_path: Path) -> None:
    old = tmp_path / "dog.labels.txt"
    old.write_text("by hand", encoding="utf-8")
    one = clip(tmp_path / "dog.wav")
    for _ in range(2):  # the second time the same result lies there already
        assert written(export([one], Export("audacity"))) == [tmp_path / "dog.wav.labels.txt"]
    other = clip(tmp_path / "dog.wav", "A fox barks.")
    assert written(export([other], Export("audacity"))) == [tmp_path / "dog (2).labels.txt"]
    assert old.read_text(encoding="utf-8") == "by hand"
    assert written(export([one], Export("audacity", replace=True))) == [old]
    assert "dog" in old.read_text(encoding="utf-8")
    assert len(list(tmp_path.iterdir())) == 3


def test_a_sound_is_never_written_over(tmp_path: Path) -> None:
    for name in ("odd.txt", "other.txt"):
        (tmp_path / name).write_bytes(b"sound")
    clips = [clip(tmp_path / "odd.txt"), clip(tmp_path / "other.wav")]
    paths = written(export(clips, Export("text", replace=True), spare=[tmp_path / "other.txt"]))
    assert [path.name for path in paths] == ["odd.txt.txt", "other.wav.txt"]
    assert (tmp_path / "odd.txt").read_bytes() == (tmp_path / "other.txt").read_bytes() == b"sound"


def test_a_folder_that_cannot_be_written_to_is_told_and_the_others_go_on(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    clips = [clip(tmp_path / "file" / "a.wav"), clip(tmp_path / "b.wav")]
    failed, done = export(clips, Export("csv"))
    assert isinstance(failed, ExportFailed)
    assert failed.source == clips[0].path
    assert str(tmp_path / "file") in failed.reason
    assert "another folder" in failed.reason
    assert isinstance(done, Exported)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b.csv", "file"]


def test_sounds_go_into_a_dialogue_and_leave_it_alone(tmp_path: Path) -> None:
    dialogue = tmp_path / "film.en.vtt"
    said = "WEBVTT\n\n00:05.000 --> 00:09.000\nHello.\n"
    dialogue.write_text(said, encoding="utf-8")
    film = clip(tmp_path / "film.mkv", "A dog barks.", "Rain falls.")
    (done,) = export([film], Export("srt", dialogue=dialogue, cues=Cues(style="capitals"), replace=True))
    assert isinstance(done, Exported)
    assert done.path == tmp_path / "film.en.sdh.vtt"
    assert "(DOG BARKS)" in done.path.read_text(encoding="utf-8")
    assert [conflict.caption for conflict in done.conflicts] == ["Rain falls."]
    assert dialogue.read_text(encoding="utf-8") == said


@pytest.mark.parametrize("content", [None, "no subtitles"])
def test_a_dialogue_that_cannot_be_read_is_told(content: str | None, tmp_path: Path) -> None:
    dialogue = tmp_path / "film.srt"
    if content:
        dialogue.write_text(content, encoding="utf-8")
    (failed,) = export([clip(tmp_path / "film.mkv")], Export("srt", dialogue=dialogue))
    assert isinstance(failed, ExportFailed)
    assert "film.srt" in failed.reason
    assert not (tmp_path / "film.sdh.srt").exists()
