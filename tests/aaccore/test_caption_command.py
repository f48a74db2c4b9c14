from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from aaccore.__main__ import main


@pytest.fixture
def caption(tiny_model: Path, capsys: pytest.CaptureFixture[str]) -> object:
    """Run `auricle caption` with the tiny model; gives its exit code, output and errors."""

    def run(*arguments: object) -> tuple[int, str, str]:
        code = main(["caption", "--model", str(tiny_model), "--device", "cpu", *map(str, arguments)])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


def test_text_is_one_line_a_file_and_nothing_else(caption, sounds: Path) -> None:
    code, out, err = caption(sounds / "tone.wav", sounds / "noise.flac", "--window", 10)
    assert code == 0
    assert err == ""
    lines = out.splitlines()
    assert [line.split(": ")[0] for line in lines] == [str(sounds / "tone.wav"), str(sounds / "noise.flac")]
    assert all(line.endswith(".") for line in lines)


def test_every_format_reads_back_and_tells_the_same(caption, sounds: Path, tmp_path: Path) -> None:
    path = sounds / "long.wav"
    (row,) = json.loads(caption(path, "--format", "json")[1])
    assert row == json.loads(caption(path, "--format", "jsonl")[1])
    assert set(row) == {"path", "seconds", "caption", "segments"}
    assert row["seconds"] == 9.0
    assert row["caption"] == " ".join(segment["caption"] for segment in row["segments"])
    table = list(csv.DictReader(io.StringIO(caption(path, "--format", "csv")[1])))
    assert [(float(r["start"]), float(r["end"]), r["caption"]) for r in table] == [
        (segment["start"], segment["end"], segment["caption"]) for segment in row["segments"]
    ]
    for form in ("srt", "vtt"):
        text = caption(path, "--format", form)[1]
        assert text.count(" --> ") >= len(row["segments"])
        assert caption(path, "--out", tmp_path / f"x.{form}")[1] == ""
        assert (tmp_path / f"x.{form}").read_text(encoding="utf-8") == text


def test_sound_cues_go_into_the_gaps_of_a_dialogue(caption, sounds: Path, tmp_path: Path) -> None:
    dialogue = tmp_path / "film.srt"
    dialogue.write_text("1\n00:00:00,000 --> 00:00:06,000\nHello.\n", encoding="utf-8")
    options = [sounds / "long.wav", "--merge-into", dialogue, "--cue-style", "capitals"]
    code, out, err = caption(*options)
    assert code == 0
    assert "\nHello.\n" in out
    assert out.count(" --> ") + err.count("no gap") > 1
    assert caption(*options, "--out", tmp_path) == (0, "", err)
    assert (tmp_path / "film.sdh.srt").read_text(encoding="utf-8") == out
    assert caption(*options, "--out", dialogue)[0] == 2
    assert caption(*options, "--format", "vtt")[0] == 2
    assert caption(sounds / "tone.wav", *options)[0] == 2
    assert dialogue.read_text(encoding="utf-8").count(" --> ") == 1


def test_cues_follow_the_rules_that_are_asked_for(caption, sounds: Path) -> None:
    path = sounds / "long.wav"
    text = caption(path, "--format", "srt", "--cue-line", 20, "--cue-lines", 1, "--cue-style", "capitals")[1]
    said = [line for line in text.splitlines() if line and "-->" not in line and not line.isdigit()]
    assert said
    assert all(line == line.upper() and len(line) <= 20 and line[0] + line[-1] == "()" for line in said)
    plain = caption(path, "--format", "srt", "--cue-style", "none")[1]
    assert "[" not in plain


def test_results_beside_their_sounds_come_in_the_format_that_is_named(caption, sounds: Path, tmp_path: Path) -> None:
    sound = tmp_path / "tone.wav"
    sound.write_bytes((sounds / "tone.wav").read_bytes())
    assert caption(sound, "--beside", "--format", "raven") == (0, "", "")
    assert "Selection\tView" in (tmp_path / "tone.selections.txt").read_text(encoding="utf-8")
    code, _, err = caption(sound, "--beside")
    assert code == 2
    assert "--format" in err


def test_alternatives_are_given_as_asked(caption, sounds: Path) -> None:
    def alternatives(*options: object) -> int:
        row = json.loads(caption(sounds / "tone.wav", "--format", "jsonl", *options)[1])
        return len(row["segments"][0]["alternatives"])

    assert alternatives() == 7
    assert alternatives("--beams", 2) == 1
    assert alternatives("--alternatives", 9) == 9
    assert alternatives("--alternatives", 0) == 0
    out = caption(sounds / "tone.wav", "--alternatives", 2)[1]
    assert out.count("    or: ") == 2


def test_one_bad_file_fails_and_the_others_go_on(caption, sounds: Path, tmp_path: Path) -> None:
    text = tmp_path / "notes.wav"
    text.write_text("no sound", encoding="utf-8")
    code, out, err = caption(
        sounds / "tone.wav", tmp_path / "missing.wav", text, sounds / "noise.flac", "--format", "jsonl"
    )
    assert code == 1
    rows = [json.loads(line) for line in out.splitlines()]
    assert ["error" in row for row in rows] == [False, True, True, False]
    assert err.splitlines() == [
        f"auricle: {tmp_path / 'missing.wav'}: no such file; check the name",
        f"auricle: {text}: not a sound file; drop a sound or video file",
    ]


def test_a_folder_gives_its_own_sounds_and_counts_what_is_none(caption, sounds: Path, tmp_path: Path) -> None:
    for name in ("tone.wav", "noise.flac"):
        (tmp_path / name).write_bytes((sounds / name).read_bytes())
    (tmp_path / "wrong suffix.txt").write_bytes((sounds / "tone.wav").read_bytes())
    (tmp_path / "notes.txt").write_text("no sound", encoding="utf-8")
    (tmp_path / "empty.wav").touch()
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "deep.wav").write_bytes((sounds / "tone.wav").read_bytes())
    code, out, err = caption(tmp_path, "--format", "csv")
    assert code == 0
    rows = [Path(row["path"]).name for row in csv.DictReader(io.StringIO(out))]
    assert rows == ["noise.flac", "tone.wav", "wrong suffix.txt"]
    assert err == "auricle: 2 files are not sound, left out\n"
    code, out, _ = caption(tmp_path, "--format", "jsonl", "--recursive")
    assert code == 0
    assert [Path(json.loads(line)["path"]).name for line in out.splitlines()][-1] == "deep.wav"


def test_a_damaged_sound_in_a_folder_is_told(caption, sounds: Path, tmp_path: Path) -> None:
    (tmp_path / "broken.flac").write_bytes((sounds / "noise.flac").read_bytes()[:60])
    code, _, err = caption(tmp_path)
    assert code == 1
    assert "broken.flac" in err


def test_a_folder_without_sound_fails_with_a_word(caption, tmp_path: Path) -> None:
    assert caption(tmp_path)[0] == 1
    (tmp_path / "notes.txt").write_text("no sound", encoding="utf-8")
    code, out, err = caption(tmp_path)
    assert (code, out) == (1, "")
    assert "1 file is not sound" in err


def test_a_folder_of_results_keeps_the_names_of_its_inputs(caption, sounds: Path, tmp_path: Path) -> None:
    (tmp_path / "in" / "deeper").mkdir(parents=True)
    for name in ("a.wav", "a.mp3", "deeper/b.wav"):
        (tmp_path / "in" / name).write_bytes((sounds / "tone.wav").read_bytes())
    out = tmp_path / "out"
    assert caption(tmp_path / "in", "--recursive", "--format", "vtt", "--out", out)[0] == 0
    made = sorted(path.relative_to(out).as_posix() for path in out.rglob("*.*"))
    assert made == ["a.mp3.vtt", "a.wav.vtt", "deeper/b.vtt"]


def test_a_result_that_cannot_be_written_fails_that_file_only(caption, sounds: Path, tmp_path: Path) -> None:
    (tmp_path / "tone.srt").mkdir()
    code, _, err = caption(sounds / "tone.wav", sounds / "noise.flac", "--format", "srt", "--out", tmp_path)
    assert code == 1
    assert "tone.wav: its result cannot be written" in err
    assert (tmp_path / "noise.srt").is_file()


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (["--beams", 0], "beam_size"),
        (["--beams", 2, "--alternatives", 2], "--beams 3"),
        (["--alternatives", -1], "alternatives"),
        (["--window", "nan"], "window_s"),
        (["--window", 0.5], "window_s"),
        (["--device", "toaster"], "device"),
        (["--out", "/dev/null/x.csv"], "cannot be written"),
        (["--merge-into", "nowhere.srt"], "nowhere.srt: cannot be read"),
        (["--format", "srt", "--cue-line", 5], "line_characters"),
    ],
)
def test_settings_that_cannot_work_end_with_2_and_their_name(
    caption, sounds: Path, options: list[object], word: str
) -> None:
    code, out, err = caption(sounds / "tone.wav", *options)
    assert (code, out) == (2, "")
    assert word in err


def test_a_missing_model_ends_with_2(sounds: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["caption", str(sounds / "tone.wav"), "--model", str(tmp_path), "--format", "json"])
    captured = capsys.readouterr()
    assert (code, captured.out) == (2, "")
    assert "config.json" in captured.err
