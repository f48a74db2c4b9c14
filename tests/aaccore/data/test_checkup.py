"""The check-up finds what would harm training, and says what to do about it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from aaccore.data.checkup import CheckedUp, check_up
from aaccore.data.checkup_report import Report
from aaccore.errors import DatasetError
from aaccore.events import Working

HEADER = "file_name,caption_1,caption_2,fold,source,source_id,licence\n"


def put(folder: Path, name: str, seconds: float = 1.0, rate: int = 32000, level: float = 0.1, seed: int = 0) -> None:
    path = folder / "clips" / name
    path.parent.mkdir(exist_ok=True, parents=True)
    seed = seed or sum(name.encode())
    soundfile.write(path, level * np.random.default_rng(seed).standard_normal(int(seconds * rate)), rate)


def checked(folder: Path, rows: str, *, listen: bool = True) -> Report:
    (folder / "captions.csv").write_text(HEADER + rows, encoding="utf-8")
    (folder / "clips").mkdir(exist_ok=True)
    *steps, last = check_up(folder, listen=listen)
    assert {type(step) for step in steps} == {Working}
    assert isinstance(last, CheckedUp)
    return last.report


def kinds(report: Report) -> dict[str, str]:
    return {problem.kind: problem.level for problem in report.problems}


def test_a_good_data_set_has_figures_and_no_problems(tmp_path: Path) -> None:
    for name in ("a.wav", "b.wav", "c.wav"):
        put(tmp_path, name)
    rows = (
        "a.wav,A dog barks.,Barking.,development,farm,1,CC0\nb.wav,Rain falls.,It rains.,development,farm,2,CC0\n"
        "c.wav,A dog runs.,Steps.,evaluation,farm,3,CC BY\n"
    )
    report = checked(tmp_path, rows)
    assert report.problems == ()
    assert report.can_train
    development, evaluation = report.splits
    assert (development.name, development.clips, development.captions) == ("development", 2, 4)
    assert (development.total_s, development.caption_words, development.vocabulary) == (2.0, 2.0, 8)
    assert (evaluation.clips, report.vocabulary, report.once) == (1, 10, 8)
    assert report.rates == {32000: 3}
    assert report.licences == {"CC0": 2, "CC BY": 1}


def test_what_stands_in_the_way_of_training_is_graded_so(tmp_path: Path) -> None:
    put(tmp_path, "good.wav")
    (tmp_path / "clips" / "text.wav").write_text("no sound")
    (tmp_path / "clips" / "empty.wav").write_bytes(b"")
    put(tmp_path, "nothing.wav", seconds=0)
    rows = (
        "good.wav,A dog barks.,Barking.,1,,,\ntext.wav,A cat.,Meow.,1,,,\nempty.wav,A cat.,Meow.,1,,,\n"
        "nothing.wav,A cat.,Meow.,1,,,\ngone.wav,A cat.,Meow.,1,,,\n../up.wav,A cat.,Meow.,1,,,\n"
        "good.wav,A dog.,Wuff.,1,,,\nsilent.wav,,,1,,,\n,A cat.,,1,,,\nmore.wav,A cat,Meow,1,,,,loud\n"
    )
    report = checked(tmp_path, rows)
    grave = {problem.kind: problem.files for problem in report.problems if problem.level == "cannot train"}
    assert set(grave) == {
        "unreadable audio", "missing audio", "outside the folder", "listed twice", "no caption", "no file name",
        "extra columns",
    }  # fmt: skip
    assert len(grave["unreadable audio"]) == 3
    assert grave["missing audio"] == (f"captions.csv line 6: gone.wav is not in {tmp_path / 'clips'}",)
    assert not report.can_train


def test_what_is_only_worth_a_look_is_graded_so(tmp_path: Path) -> None:
    for name in ("a.wav", "b.wav"):
        put(tmp_path, name)
    put(tmp_path, "silent.wav", level=1e-5)
    put(tmp_path, "low.wav", rate=8000)
    put(tmp_path, "other.wav", rate=44100)
    put(tmp_path, "short.wav", seconds=0.1)
    put(tmp_path, "long.wav", seconds=61, rate=32000)
    long = " ".join(["dog"] * 27)
    rows = (
        f"a.wav,A dog barks.,{long},1,,,CC0\nb.wav,Rain falls.,rain falls,1,,,CC0\nsilent.wav,Quiet.,...,1,,,CC0\n"
        "low.wav,A,B,1,,,CC0\nother.wav,A,B,1,,,CC0\nshort.wav,A,B,1,,,CC0\nlong.wav,A,,1,,,\n"
    )
    report = checked(tmp_path, rows)
    assert kinds(report) == dict.fromkeys(
        [
            "caption of more than 26 words", "same caption twice for a clip", "caption without words",
            "fewer captions than the usual 2 in 1", "silence", "low sample rate", "shorter than 0.5 s",
            "longer than 60 s", "no licence", "another sample rate than the usual 32000 Hz",
        ],
        "look at",
    )  # fmt: skip
    assert report.can_train


def test_clips_in_two_splits_are_found_by_their_sound_and_by_their_recording(tmp_path: Path) -> None:
    for name, seed in (("a.wav", 1), ("b.wav", 1), ("c.wav", 2), ("d.wav", 3), ("e.wav", 4), ("f.wav", 4)):
        put(tmp_path, name, seed=seed)
    rows = (
        "a.wav,A.,B.,development,,,\nb.wav,A.,B.,evaluation,,,\nc.wav,A.,B.,development,farm,7,\n"
        "d.wav,A.,B.,evaluation,farm,7,\ne.wav,A.,B.,development,,,\nf.wav,A.,B.,development,,,\n"
    )
    found = {problem.kind: problem.files for problem in checked(tmp_path, rows).problems}
    assert found == {
        "same sound in two splits": ("development/a.wav = evaluation/b.wav",),
        "same sound twice": ("development/e.wav = development/f.wav",),
        "pieces of one recording in two splits": ("development/c.wav = evaluation/d.wav",),
    }


def test_a_quick_look_reads_only_headers(tmp_path: Path) -> None:
    put(tmp_path, "a.wav", level=0)
    report = checked(tmp_path, "a.wav,A dog barks.,,1,,,\n", listen=False)
    assert report.problems == ()
    assert report.splits[0].total_s == 1.0


def test_nothing_usable_at_all_cannot_be_trained_on(tmp_path: Path) -> None:
    assert kinds(checked(tmp_path, "gone.wav,A dog.,,1,,,\n"))["no usable clip"] == "cannot train"


def test_the_report_can_be_read_and_stored(tmp_path: Path) -> None:
    put(tmp_path, "a.wav")
    rows = "a.wav,A dog barks.,,1,,,CC0\n" + "".join(f"gone{number}.wav,A cat.,,1,,,\n" for number in range(7))
    report = checked(tmp_path, rows)
    text = report.text()
    assert "  1: 1 clips, 0.0 minutes (1.0 to 1.0 s); 1 captions of 3.0 words on average, 3 different words" in text
    assert "Cannot train with:\n  missing audio (7): put the files there" in text
    assert "    and 2 more\n" in text
    assert text.endswith("This data set cannot be trained on as it is.\n")
    stored = json.loads(json.dumps(report.plain()))
    assert stored["can_train"] is False
    assert len(stored["problems"][0]["files"]) == 7


def test_audiocaps_without_some_sounds_can_be_trained_on(tmp_path: Path) -> None:
    put(tmp_path, "abc.wav")
    table = "audiocap_id,youtube_id,start_time,caption\n1,abc,10,A dog barks\n2,gone,0,A cat\n"
    (tmp_path / "train.csv").write_text(table, encoding="utf-8")
    *_, last = check_up(tmp_path)
    assert isinstance(last, CheckedUp)
    assert kinds(last.report) == {"missing audio": "look at"}


def test_clotho_is_checked_by_split(tmp_path: Path) -> None:
    put(tmp_path, " rain.wav")
    (tmp_path / "clips").rename(tmp_path / "development")
    table = "file_name,caption_1\r\n rain.wav,Rain falls.\r\n"
    (tmp_path / "clotho_captions_development.csv").write_text(table, encoding="utf-8", newline="")
    *_, last = check_up(tmp_path)
    assert isinstance(last, CheckedUp)
    assert [(split.name, split.clips) for split in last.report.splits] == [("development", 1)]
    assert last.report.can_train


def test_a_folder_without_a_data_set_or_with_several_is_said(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"gone: not found"):
        list(check_up(tmp_path / "gone"))
    with pytest.raises(DatasetError, match="no data set; a CSV of file_name"):
        list(check_up(tmp_path))
    for name in ("one.csv", "two.csv"):
        (tmp_path / name).write_text("file_name,caption_1\n")
    with pytest.raises(DatasetError, match=r"several tables \(one\.csv, two\.csv\); name one"):
        list(check_up(tmp_path))
