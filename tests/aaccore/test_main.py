from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from aaccore import __version__
from aaccore.__main__ import main
from aaccore.events import CheckpointSaved, EpochDone, StepDone, Working
from aaccore.subtitles import srt

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture
def caption(tiny_model: Path, capsys: pytest.CaptureFixture[str]) -> object:
    """Run `auricle caption` with the tiny model; gives its exit code, output and errors."""

    def run(*arguments: object) -> tuple[int, str, str]:
        code = main(["caption", "--model", str(tiny_model), "--device", "cpu", *map(str, arguments)])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


def started(*arguments: object, **options: object) -> subprocess.Popen[str]:
    """A call that goes on while the test looks at it."""
    command = [sys.executable, "-m", "aaccore", *map(str, arguments)]
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
    return subprocess.Popen(command, cwd=REPOSITORY, text=True, encoding="utf-8", **streams)


def auricle(*arguments: object, **options: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "aaccore", *map(str, arguments)]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, encoding="utf-8", **options)


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
    assert srt([]) == ""


def test_alternatives_are_given_as_asked(caption, sounds: Path) -> None:
    def alternatives(*options: object) -> int:
        row = json.loads(caption(sounds / "tone.wav", "--format", "jsonl", *options)[1])
        return len(row["segments"][0]["alternatives"])

    assert alternatives() == 3
    assert alternatives("--beams", 2) == 1
    assert alternatives("--alternatives", 6) == 6
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
    "arguments",
    [
        ["caption"],
        ["caption", "x.wav", "--format", "mp3"],
        ["caption", "x.wav", "--beams", "many"],
        ["nonsense"],
        [],
    ],
)
def test_a_call_that_argparse_refuses_ends_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ending:
        main(arguments)
    assert ending.value.code == 2
    assert "usage: auricle" in capsys.readouterr().err


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


def test_version_and_help_come_without_loading_the_network() -> None:
    script = (
        "import sys, runpy\nsys.argv = ['auricle', 'caption', '--help']\n"
        "try:\n    runpy.run_module('aaccore', run_name='__main__')\n"
        "except SystemExit as end:\n    assert end.code == 0\n"
        "assert not {'torch', 'numpy', 'rich'} & set(sys.modules), 'heavy'"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=REPOSITORY, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "--recursive" in done.stdout
    assert auricle("--version").stdout == f"auricle {__version__}\n"


def test_help_fits_eighty_columns() -> None:
    done = auricle("caption", "--help", env={**os.environ, "COLUMNS": "80"})
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_a_models_card_is_shown(tiny_model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "show", str(tiny_model)]) == 0
    out = capsys.readouterr().out
    assert "Knows nothing." in out
    assert "million parameters" in out


def test_the_list_says_what_is_here(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "list"]) == 0
    assert [line.split(":")[0] for line in capsys.readouterr().out.splitlines()] == ["starter", "yamnet", "aisfx"]


@pytest.fixture
def data_set(sounds: Path, tmp_path: Path) -> Path:
    """A CSV of three clips in two folds."""
    table = tmp_path / "captions.csv"
    rows = [
        "file_name,caption_1,caption_2,fold",
        "tone.wav,A tone sounds.,A high tone.,1",
        "noise.flac,Noise.,A hiss.,2",
    ]
    table.write_text("\n".join([*rows, "long.wav,A tone rises.,A long tone.,2"]) + "\n", encoding="utf-8")
    return table


def test_a_data_set_is_captioned_and_scored(
    tiny_model: Path, data_set: Path, sounds: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = data_set.with_name("report.json")
    call = ["evaluate", data_set, sounds, "--fold", "2", "--quick", "--model", tiny_model, "--out", report]
    assert main([*map(str, call)]) == 0
    scores = json.loads(report.read_text(encoding="utf-8"))
    assert [clip["path"] for clip in scores["clips"]] == ["noise.flac", "long.wav"]
    lines = dict(line.rsplit(None, 1) for line in capsys.readouterr().out.splitlines())
    assert float(lines["CIDEr-D"]) == pytest.approx(scores["scores"]["cider_d"], abs=1e-4)


def test_a_data_set_without_the_fold_ends_with_2(
    data_set: Path, sounds: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", str(data_set), str(sounds), "--fold", "9"]) == 2
    assert "fold 9" in capsys.readouterr().err


RUN = (
    Working("reading the data set"),
    StepDone(1, 2, {"caption": 3.5}, 1.0, 10.0),
    EpochDone(1, 2, {"cider_d": 0.25}, {"dog.wav": "A dog barks."}),
    CheckpointSaved(Path("runs/x/model"), 2),
)


def test_training_prints_scores_samples_and_checkpoints(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def train(settings: object, data: Path, folder: Path) -> object:
        asked.append((settings.seed, data, folder))
        yield from RUN

    monkeypatch.setattr("aaccore.training.train", train)
    recipe = tmp_path / "tiny.toml"
    recipe.write_text("seed = 4\n", encoding="utf-8")
    assert main(["train", str(recipe), "--data", "sounds"]) == 0
    assert main(["train", str(recipe), "--data", "sounds", "--seed", "7", "--run", "there"]) == 0
    assert asked == [(4, Path("sounds"), Path("runs/tiny")), (7, Path("sounds"), Path("there"))]
    assert capsys.readouterr().out.startswith(
        f"epoch 1, step 2: cider_d 0.2500\n    dog.wav: A dog barks.\n{Path('runs/x/model')}\n"
    )


@pytest.mark.skipif(os.name == "nt", reason="needs signals")
def test_training_that_is_asked_to_stop_is_closed_after_its_step(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    told = []

    def train(settings: object, data: Path, folder: Path) -> object:
        try:
            for step in range(100):
                if step == 3:
                    signal.raise_signal(signal.SIGTERM)
                    told.append("finished the step")
                yield Working(f"step {step}")
        finally:
            told.append("saved")

    monkeypatch.setattr("aaccore.training.train", train)
    recipe = tmp_path / "tiny.toml"
    recipe.touch()
    assert main(["train", str(recipe), "--data", "sounds"]) == 130
    assert told == ["finished the step", "saved"]
    assert "finishing the step" in capsys.readouterr().err


def test_a_recipe_with_a_setting_that_does_not_exist_ends_with_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = tmp_path / "wrong.toml"
    recipe.write_text("sede = 4\n", encoding="utf-8")
    assert main(["train", str(recipe), "--data", "sounds"]) == 2
    assert "sede" in capsys.readouterr().err


def test_unknown_weights_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "fetch", "nonsense"]) == 1
    assert "nonsense" in capsys.readouterr().err


@pytest.mark.skipif(os.name == "nt", reason="needs signals")
def test_ctrl_c_ends_with_130_and_without_a_traceback(tiny_model: Path, sounds: Path) -> None:
    # Far more than is done before the signal; a file that is named twice is taken once, so there are many links.
    links = sounds / "links"
    links.mkdir(exist_ok=True)
    for number in range(400):
        link = links / f"{number}.wav"
        if not link.is_symlink():
            link.symlink_to(sounds / "long.wav")
    process = started("caption", "--model", tiny_model, "--format", "jsonl", links)
    assert process.stdout is not None
    first = process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert json.loads(first)["caption"]
    assert process.returncode == 130
    assert err == "auricle: interrupted\n"


@pytest.mark.skipif(os.name == "nt", reason="needs a POSIX pipe")
def test_a_reader_that_goes_away_is_no_error_to_complain_about(tiny_model: Path, sounds: Path) -> None:
    process = started("caption", "--model", tiny_model, sounds)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    err = process.stderr.read()
    assert process.wait() == 141
    assert err == ""
    process.stderr.close()


@pytest.mark.skipif(os.name == "nt", reason="needs a POSIX terminal")
def test_a_terminal_gets_a_bar_and_the_results_stay_alone_on_standard_output(tiny_model: Path, sounds: Path) -> None:
    ours, theirs = os.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100"}
    process = started("caption", "--model", tiny_model, sounds, stderr=theirs, env=environment)
    os.close(theirs)
    seen = b""
    while True:
        try:
            piece = os.read(ours, 4096)
        except OSError:  # what Linux says at the end of a terminal
            break
        if not piece:
            break
        seen += piece
    os.close(ours)
    out = process.communicate()[0]
    assert process.returncode == 0
    assert len([line for line in out.splitlines() if not line.startswith(" ")]) == 4
    assert "\x1b" not in out
    assert b"%" in seen
    assert b"running on cpu" in seen or b"running on cuda" in seen
    assert b"4 captioned, 0 failed" in seen
