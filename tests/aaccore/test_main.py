from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import torch

from aaccore import __version__
from aaccore.__main__ import main
from aaccore.events import CheckpointSaved, EpochDone, StepDone, Working
from aaccore.panns import Cnn10

REPOSITORY = Path(__file__).resolve().parents[2]


def started(*arguments: object, **options: object) -> subprocess.Popen[str]:
    """A call that goes on while the test looks at it."""
    command = [sys.executable, "-m", "aaccore", *map(str, arguments)]
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
    return subprocess.Popen(command, cwd=REPOSITORY, text=True, encoding="utf-8", **streams)


def auricle(*arguments: object, **options: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "aaccore", *map(str, arguments)]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, encoding="utf-8", **options)


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


@pytest.fixture
def own_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Models folder and cache of this test's own."""
    monkeypatch.setattr("aaccore.models_folder.models_folder", lambda: tmp_path / "models")
    monkeypatch.setattr("aaccore.published.user_cache_dir", lambda *_, **__: str(tmp_path / "cache"))
    return tmp_path


def test_a_model_is_packed_added_shown_and_removed(
    tiny_model: Path, own_places: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    models, packed = own_places / "models", own_places / "tiny.zip"
    assert main(["models", "pack", str(tiny_model), str(packed)]) == 0
    assert main(["models", "add", str(packed), "--name", "mine"]) == 0
    assert capsys.readouterr().out == f"{models / 'mine'}\n"
    assert main(["models", "list", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [model["name"] for model in listed["models"]] == ["starter", "mine"]
    assert listed["weights"][0] == {"name": "yamnet", "here": False}
    assert main(["models", "show", "mine"]) == 0
    assert "Knows nothing." in capsys.readouterr().out
    assert main(["models", "remove", "mine"]) == 0
    assert main(["models", "remove", "mine"]) == 2
    assert list(models.iterdir()) == []


def test_a_hostile_zip_ends_with_2_and_its_reason(own_places: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with zipfile.ZipFile(own_places / "bad.zip", "w") as archive:
        archive.writestr("../model.safetensors", b"")
    assert main(["models", "add", str(own_places / "bad.zip")]) == 2
    assert "leads out of its folder" in capsys.readouterr().err


def test_what_a_model_can_name_is_listed_with_how_often_it_did(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "labels"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) >= 342
    assert any("\t" in line for line in lines)


def test_weights_are_taken_from_a_file(own_places: Path, capsys: pytest.CaptureFixture[str]) -> None:
    torch.save({"model": Cnn10().state_dict()}, own_places / "mine.pth")
    assert main(["models", "download", "--from", str(own_places / "mine.pth")]) == 0
    assert "mine: ready, for the encoder cnn10" in capsys.readouterr().err
    assert (own_places / "cache" / "weights" / "mine.safetensors").is_file()
    assert main(["models", "download"]) == 2


def test_the_list_says_what_is_here(own_places: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "list"]) == 0
    names = [line.split(":")[0] for line in capsys.readouterr().out.splitlines()]
    assert names == ["starter", "yamnet", "aisfx", "cnn10", "cnn14", "cnn14_decision_level_max"]


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
    monkeypatch.chdir(tmp_path)  # the runs' folders are named from here
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
    monkeypatch.chdir(tmp_path)  # the runs' folders are named from here
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
    assert main(["models", "download", "nonsense"]) == 1
    assert "nonsense" in capsys.readouterr().err


def test_a_data_set_is_checked(data_set: Path, sounds: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "check", str(data_set), "--clips", str(sounds)]) == 0
    assert capsys.readouterr().out.endswith("This data set can be trained on.\n")
    with data_set.open("a", encoding="utf-8") as file:
        file.write("gone.wav,Nothing.,Silence.,2\n")
    report = data_set.with_name("report.json")
    assert main(["data", "check", str(data_set), "--clips", str(sounds), "--json", "--out", str(report)]) == 1
    assert json.loads(report.read_text(encoding="utf-8"))["problems"][0]["kind"] == "missing audio"


def test_clotho_that_is_here_is_not_downloaded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = "file_name,caption_1\r\ndog.wav,A dog barks.\r\n"
    (tmp_path / "clotho_captions_development.csv").write_text(table, encoding="utf-8", newline="")
    (tmp_path / "development").mkdir()
    (tmp_path / "development" / "dog.wav").touch()
    assert main(["data", "clotho", "--to", str(tmp_path), "--splits", "development"]) == 0
    assert capsys.readouterr().err == "auricle: development: is here\n"


def test_nothing_touches_the_network_unless_asked(
    tiny_model: Path, sounds: Path, data_set: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*arguments: object, **options: object) -> None:
        raise AssertionError(f"the network was asked: {arguments}")

    monkeypatch.setattr("socket.socket.connect", refuse)
    monkeypatch.setattr("socket.getaddrinfo", refuse)
    for call in (
        ["models", "list"],
        ["models", "show", tiny_model],
        ["models", "labels", tiny_model],
        ["data", "check", data_set, "--clips", sounds],
        ["caption", "--model", tiny_model, sounds / "tone.wav"],
        ["evaluate", data_set, sounds, "--quick", "--model", tiny_model],
    ):
        assert main([*map(str, call)]) == 0
    with pytest.raises(AssertionError, match="the network was asked"):
        socket.create_connection(("sounds.invalid", 80))


@pytest.mark.skipif(os.name == "nt", reason="needs signals")
def test_ctrl_c_ends_with_130_and_without_a_traceback(tiny_model: Path, sounds: Path, tmp_path: Path) -> None:
    # Far more than is done before the signal; a file that is named twice is taken once, so there are many links.
    links = tmp_path / "links"
    links.mkdir()
    for number in range(400):
        (links / f"{number}.wav").symlink_to(sounds / "long.wav")
    # A shell that runs the tests in the background has its children ignore Ctrl-C; this one shall hear it.
    former = signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        process = started("caption", "--model", tiny_model, "--format", "jsonl", links)
    finally:
        signal.signal(signal.SIGINT, former)
    assert process.stdout is not None
    first = process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=300)
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
