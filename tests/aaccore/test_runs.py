from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from filelock import FileLock
from safetensors.torch import load_file

from aaccore.errors import ConfigError, DatasetError, RunError
from aaccore.events import EpochDone, RunEnded, RunStarted, StepDone, Working
from aaccore.recipe import Training, to_toml
from aaccore.run_log import EVENTS, Event, record
from aaccore.run_view import SILENT_S, RunReader, RunView, usable_models
from aaccore.runs import LOCK, RUN, differences, is_held, is_run, start, stop
from tests.aaccore.made_corpus import small_training, write_corpus, write_weights


def told(*events: Event) -> Iterator[Event]:
    yield from events


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a disk that is always full")
def test_a_full_disk_ends_a_run_with_words_a_person_can_act_on(tmp_path: Path) -> None:
    (tmp_path / EVENTS).symlink_to("/dev/full")
    with pytest.raises(RunError, match=r"cannot be written to \(No space left on device\); make room, then start"):
        list(record(told(step(1), RunEnded("finished")), tmp_path))


def step(number: int, loss: float = 1.0) -> StepDone:
    return StepDone(number, 10, {"captions/caption": loss}, 1e-3, 30.0)


def test_what_a_training_tells_is_passed_on_and_can_be_read_again(tmp_path: Path) -> None:
    events = [RunStarted("cpu", "asked for", 1, 0), step(1), EpochDone(1, 1, {"captions/cider_d": 0.4}, {"a": "Rain."})]
    assert list(record(told(*events, RunEnded("finished")), tmp_path)) == [*events, RunEnded("finished")]
    view = RunReader(tmp_path).read()
    assert view.state == "finished"
    assert view.steps["captions"] == {1: step(1)}
    assert view.epochs == {1: events[2]}
    assert view.started == events[0]


def test_a_failure_is_written_before_it_is_raised(tmp_path: Path) -> None:
    def failing() -> Iterator[Event]:
        yield Working("reading")
        raise DatasetError("captions.csv: not found")

    with pytest.raises(DatasetError):
        list(record(failing(), tmp_path))
    view = RunReader(tmp_path).read()
    assert (view.state, view.words) == ("failed", "captions.csv: not found")


def test_a_run_that_is_closed_counts_as_stopped(tmp_path: Path) -> None:
    run = record(told(step(1), step(2)), tmp_path)
    next(run)
    run.close()  # type: ignore[attr-defined]
    assert RunReader(tmp_path).read().state == "stopped"


def test_a_reader_follows_a_file_that_grows_and_ignores_a_half_line(tmp_path: Path) -> None:
    reader = RunReader(tmp_path)
    assert reader.read() == RunView(tmp_path)
    path = tmp_path / EVENTS
    lines = [json.dumps({"time": time.time(), "event": "StepDone", **vars(step(number))}) for number in (1, 2)]
    path.write_text(lines[0] + "\n" + lines[1][:20])
    view = reader.read()
    assert (view.state, list(view.steps["captions"])) == ("running", [1])
    with path.open("a") as file:
        file.write(lines[1][20:] + "\n" + '{"event": "FromALaterVersion", "time": 1}\nnot json\n')
    assert list(reader.read().steps["captions"]) == [1, 2]


def test_a_line_that_a_kill_left_half_does_not_spoil_the_next(tmp_path: Path) -> None:
    list(record(told(step(1)), tmp_path))
    with (tmp_path / EVENTS).open("a") as file:
        file.write('{"time": 1, "eve')
    list(record(told(step(2), RunEnded("finished")), tmp_path))
    view = RunReader(tmp_path).read()
    assert list(view.steps["captions"]) == [1, 2]
    assert view.state == "finished"


def test_steps_that_were_lost_with_a_kill_are_those_told_last(tmp_path: Path) -> None:
    first = [RunStarted("cpu", "", 1, 0), step(1, 5.0), step(2, 4.0), step(3, 3.0)]
    list(record(told(*first), tmp_path))
    list(record(told(RunStarted("cpu", "", 1, 1), step(2, 4.5)), tmp_path))
    found = RunReader(tmp_path).read().steps["captions"]
    assert {number: event.losses["captions/caption"] for number, event in found.items()} == {1: 5.0, 2: 4.5}


def test_a_run_that_says_nothing_for_long_has_vanished(tmp_path: Path) -> None:
    line = {"time": time.time() - 1000, "event": "StepDone", **vars(step(1))}
    (tmp_path / EVENTS).write_text(json.dumps(line) + "\n")
    view = RunReader(tmp_path).read()
    assert view.state == "vanished"
    assert view.heard_s == pytest.approx(1000, abs=100)


HOLD = """
import sys, filelock
with filelock.FileLock(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_run_whose_lock_is_held_is_alive_however_long_a_step_takes(tmp_path: Path) -> None:
    line = {"time": time.time() - 1000, "event": "StepDone", **vars(step(1))}
    (tmp_path / EVENTS).write_text(json.dumps(line) + "\n")
    command = [sys.executable, "-c", HOLD, str(tmp_path / LOCK)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline().strip() == b"held"
        reader = RunReader(tmp_path)
        assert reader.read().state == "running"
        holder.kill()
        holder.wait()
        assert reader.read().state == "vanished"


def test_looking_whether_a_run_is_held_leaves_no_lock_where_there_was_none(tmp_path: Path) -> None:
    assert not is_held(tmp_path)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / LOCK).touch()
    assert not is_held(tmp_path)
    with FileLock(tmp_path / LOCK, timeout=0):
        assert is_held(tmp_path)


@pytest.mark.parametrize("wrong_s", [-5000.0, 5000.0])
def test_a_run_on_a_machine_whose_clock_is_wrong_is_alive_as_long_as_lines_come(
    wrong_s: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now_s = 100.0
    monkeypatch.setattr("aaccore.run_view.time.monotonic", lambda: now_s)
    reader, path = RunReader(tmp_path), tmp_path / EVENTS

    def heartbeat() -> None:
        line = {"time": time.time() + wrong_s, "event": "Working", "message": "captions: step 1 of 10"}
        with path.open("a") as file:
            file.write(json.dumps(line) + "\n")

    heartbeat()
    reader.read()  # what lay there before tells nothing for sure
    for _ in range(3):
        now_s += 30
        heartbeat()
        assert reader.read().state == "running"
    now_s += SILENT_S - 1
    assert reader.read().state == "running"
    now_s += 1
    assert reader.read().state == "vanished"


def test_the_best_checkpoint_can_be_used_before_a_run_ends(tmp_path: Path) -> None:
    assert usable_models(tmp_path) == ()
    for name in ("checkpoints/step-00000005", "checkpoints/step-00000009", "checkpoints/best", "model"):
        if name == "checkpoints/best":
            assert usable_models(tmp_path)[0] == tmp_path / "checkpoints" / "step-00000009"
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "config.json").touch()
        if name == "checkpoints/best":
            assert usable_models(tmp_path)[0] == tmp_path / name
    assert usable_models(tmp_path)[0] == tmp_path / "model"


def test_what_differs_between_two_runs_is_named() -> None:
    first = Training()
    second = replace(first, seed=2, captions=replace(first.captions, rlssr="l1"))
    assert differences(first, second) == [("captions.rlssr", "l2", "l1"), ("seed", 1, 2)]


def settings(folder: Path, epochs: float = 30.0) -> Training:
    options = small_training()
    options = replace(options, data=replace(options.data, folder=str(folder), validation=()), checkpoint_s=1.0)
    return replace(options, captions=replace(options.captions, epochs=epochs, batch_size=2))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A data set, and random weights where the published ones would lie, for processes of their own."""
    folder = tmp_path_factory.mktemp("runs")
    write_corpus(folder / "data")
    write_weights(folder / "cache" / "auricle")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        patched.setenv("LOCALAPPDATA", str(folder / "cache"))
        patched.setenv("PYTHONPATH", str(Path(__file__).resolve().parents[2]))
        yield folder


def until(reader: RunReader, wanted: object, timeout_s: float = 120.0) -> RunView:
    """Wait until a run's folder tells what is wanted."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        view = reader.read()
        if wanted(view):  # type: ignore[operator]
            return view
        time.sleep(0.05)
    raise AssertionError(f"never came: {reader.read()}; {(reader.folder / 'log.txt').read_text()}")


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="kill -9 is a matter of POSIX systems")
def test_a_run_that_is_killed_again_and_again_ends_with_the_same_losses(place: Path) -> None:
    options = settings(place / "data")
    whole = place / "whole"
    assert start(whole, options).wait(240) == 0, (whole / "log.txt").read_text()
    expected = RunReader(whole).read()
    assert expected.state == "finished"

    killed, rng = place / "killed", random.Random(5)
    for _ in range(4):
        process = start(killed, options)
        reader = RunReader(killed)
        until(reader, lambda view: view.state == "running")
        time.sleep(rng.uniform(0.0, 6.0))
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    assert start(killed, options).wait(240) == 0, (killed / "log.txt").read_text()
    found = RunReader(killed).read()
    assert found.state == "finished"
    steps = expected.steps["captions"]
    assert {n: e.losses for n, e in found.steps["captions"].items()} == {n: e.losses for n, e in steps.items()}
    models = [load_file(folder / "model" / "model.safetensors") for folder in (whole, killed)]
    assert all((models[0][name] == models[1][name]).all() for name in models[0])


@pytest.mark.slow
def test_a_run_in_a_process_of_its_own_is_stopped_by_a_file_and_goes_on(place: Path) -> None:
    """Seen and stopped by nothing but its folder, as from another machine, where that has another path."""
    options = settings(place / "data", epochs=2000.0)
    folder = place / "asked"
    process = start(folder, options)
    (place / "mounted").symlink_to(place)
    folder = place / "mounted" / "asked"
    reader = RunReader(folder)
    until(reader, lambda view: view.steps.get("captions"))
    stop(folder)
    process.wait(60)
    view = reader.read()
    assert view.state == "stopped"
    assert is_run(folder)
    assert view.options == options
    again = start(folder, options)
    reached = max(view.steps["captions"])
    until(reader, lambda view: max(view.steps["captions"]) > reached)
    stop(folder)
    again.wait(60)


def test_a_folder_with_another_run_is_refused(place: Path) -> None:
    folder = place / "other"
    folder.mkdir()
    (folder / RUN).write_text(to_toml(settings(place / "data")), encoding="utf-8")
    with pytest.raises(ConfigError, match="holds a run with other settings"):
        start(folder, settings(place / "data", epochs=1.0))


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="gloo meets over a socket that torchrun for Windows lacks")
def test_two_processes_learn_what_one_learns(place: Path) -> None:
    """Of two data sets with unequal weights, each with its token."""
    options = settings(place / "data", epochs=3.0)
    options = replace(
        options,
        network=replace(options.network, keywords=0, dropout=0.0),
        captions=replace(options.captions, tag_captions=0.0, batch_size=4, data_set_token=True),
        more_data=(replace(options.data, development=("3",), altered=0, name="other", weight=3.0),),
    )
    recipe = place / "two.toml"
    recipe.write_text(to_toml(options), encoding="utf-8")
    one = subprocess.run(
        [sys.executable, "-m", "aaccore", "train", str(recipe), "--run", str(place / "by one")], capture_output=True
    )
    assert one.returncode == 0, one.stderr.decode()
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    two = subprocess.run(
        [*torchrun, "-m", "aaccore", "train", str(recipe), "--to", str(place / "by two")], capture_output=True
    )
    assert two.returncode == 0, two.stderr.decode()
    views = [RunReader(place / name).read() for name in ("by one", "by two")]
    assert views[1].started is not None
    assert views[1].started.processes == 2
    steps = [view.steps["captions"] for view in views]
    assert list(steps[0]) == list(steps[1])
    for number in steps[0]:
        for name in ("captions/caption", "captions/rlssr"):
            assert steps[1][number].losses[name] == pytest.approx(steps[0][number].losses[name], rel=1e-5)


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt" or shutil.which("pgrep") is None, reason="finds a process by pgrep and kills it")
def test_a_killed_process_of_two_ends_the_run_with_words_and_it_goes_on(place: Path) -> None:
    options = settings(place / "data", epochs=2000.0)
    options = replace(
        options,
        network=replace(options.network, keywords=0),
        captions=replace(options.captions, tag_captions=0.0),
    )
    recipe, folder = place / "lost.toml", place / "lost"
    recipe.write_text(to_toml(options), encoding="utf-8")
    folder.mkdir()
    reader, log = RunReader(folder), folder / "log.txt"
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    call = [*torchrun, "-m", "aaccore", "train", str(recipe), "--to", str(folder)]
    with log.open("wb") as output, subprocess.Popen(call, stdout=output, stderr=subprocess.STDOUT) as first:
        until(reader, lambda view: list((folder / "checkpoints").glob("*.pt")) and "captions" in view.steps)
        workers = subprocess.run(["pgrep", "-P", str(first.pid)], capture_output=True, text=True, check=True).stdout
        os.kill(max(int(line) for line in workers.split()), signal.SIGKILL)
        assert first.wait(120) != 0
    view = reader.read()
    assert view.state == "failed"
    assert view.words.startswith("another process of the run was lost; start all of them again with the same command")
    assert "auricle: another process of the run was lost" in log.read_text(errors="replace")
    reached = max(view.steps["captions"])
    with log.open("wb") as output, subprocess.Popen(call, stdout=output, stderr=subprocess.STDOUT) as second:
        view = until(reader, lambda view: max(view.steps["captions"]) > reached)
        stop(folder)
        assert second.wait(120) == 0
    assert view.started is not None
    assert view.started.step > 0
    assert reader.read().state == "stopped"
