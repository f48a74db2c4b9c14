"""Kill -9 at random moments: processes are forked from one that has torch loaded, so that many kills cost little."""

from __future__ import annotations

import multiprocessing
import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from aaccore.checkpoints import newest
from aaccore.recipe import Training
from aaccore.run_log import record
from aaccore.run_view import RunReader
from aaccore.training import train
from tests.aaccore.made_corpus import small_training, write_corpus, write_weights

pytestmark = pytest.mark.skipif(os.name == "nt", reason="kill -9 is a matter of POSIX systems")


def follow(options: Training, place: Path, folder: Path, room_bytes: int | None = None) -> None:
    """A whole run, in a process of its own, that may write no file longer than `room_bytes`."""
    if room_bytes is not None:
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (room_bytes, room_bytes))
    for _ in record(train(options, place / "data", folder, cache=place / "cache"), folder):
        pass


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("killed")
    write_corpus(folder / "data")
    write_weights(folder / "cache")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("OMP_NUM_THREADS", "1")
        yield folder


def started(options: Training, place: Path, folder: Path, room_bytes: int | None = None) -> BaseProcess:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["aaccore.training", "aaccore.run_log", "torch._dynamo"])
    process = context.Process(target=follow, args=(options, place, folder, room_bytes))
    process.start()
    return process


def settings(steps: int) -> Training:
    """As the paper's, without labels; 34 sounds, so that an epoch has 17 steps, and many checkpoints."""
    options = small_training(altered=3, backgrounds=0)
    return replace(
        options,
        network=replace(options.network, keywords=0),
        labels=replace(options.labels, epochs=0.0),
        captions=replace(options.captions, epochs=steps * 2 / 34, batch_size=2, tag_captions=0.0),
        checkpoint_s=0.25,
    )


def told(folder: Path, event: str = "") -> int:
    """How often a run has told something."""
    path = folder / "events.jsonl"
    return path.read_text().count(f'"event": "{event}') if path.exists() else 0


def writing(folder: Path) -> bool:
    """Whether a checkpoint's model folder, or its state, is being written."""
    checkpoints = folder / "checkpoints"
    return any(checkpoints.glob(".*-*")) or any(checkpoints.glob("*.part"))


def kill(process: BaseProcess, folder: Path, after: str, wait_s: float, in_the_act: bool) -> str:
    """Kill a process some time after it has told something anew, or in the first checkpoint then; tells in which."""
    before = told(folder, after)
    while told(folder, after) == before and process.is_alive():
        time.sleep(0.005)
    moment = time.monotonic() + wait_s
    while time.monotonic() < moment and process.is_alive():
        time.sleep(0.005)
    while in_the_act and not writing(folder) and process.is_alive():
        time.sleep(0.0005)
    alive = process.is_alive()
    process.kill()
    process.join()
    return ("writing" if writing(folder) else "elsewhere") if alive else "over"


@pytest.fixture(scope="module")
def whole(place: Path) -> Path:
    """A short run that was never killed."""
    return finished(settings(150), place, place / "whole")


def finished(options: Training, place: Path, folder: Path) -> Path:
    """Start a run, or go on with it, to its end."""
    process = started(options, place, folder)
    process.join()
    assert process.exitcode == 0
    return folder


@pytest.mark.soak
def test_a_run_killed_at_twenty_random_moments_ends_as_one_that_never_was(place: Path) -> None:
    options = settings(1500)
    killed_and_compared(place, options, 20, finished(options, place, place / "long"))


@pytest.mark.slow
def test_a_run_killed_at_a_few_random_moments_ends_as_one_that_never_was(place: Path, whole: Path) -> None:
    killed_and_compared(place, settings(150), 4, whole)


@pytest.mark.slow
def test_a_disk_without_room_for_a_checkpoint_ends_a_run_with_words_and_it_goes_on(place: Path, whole: Path) -> None:
    full = place / "full"
    kill(started(settings(150), place, full), full, "CheckpointSaved", 0.0, in_the_act=False)
    before = newest(full / "checkpoints")
    process = started(settings(150), place, full, room_bytes=1_000_000)
    process.join()
    assert process.exitcode != 0
    view = RunReader(full).read()
    assert view.state == "failed"
    assert "cannot be written (File too large); make room, then start the run again" in view.words
    after = newest(full / "checkpoints")
    assert (before and before["step"]) == (after and after["step"])
    same(finished(settings(150), place, full), whole)


def killed_and_compared(place: Path, options: Training, kills: int, whole: Path) -> None:
    """Kill by turns at any moment, while it learns, and while it writes a checkpoint."""
    killed = place / f"killed {kills} times"
    rng, moments = random.Random(kills), Counter[str]()
    for number in range(kills):
        after = "" if number % 4 == 0 else "RunStarted"
        process = started(options, place, killed)
        moments[kill(process, killed, after, rng.uniform(0.0, 1.0), in_the_act=number % 4 > 1)] += 1
    assert moments["over"] == 0, moments
    assert moments["writing"] >= kills // 4, moments  # a half is killed while it writes, or just after
    same(finished(options, place, killed), whole)


def same(folder: Path, whole: Path) -> None:
    """Everything that a run told and left is that of another one, bit by bit."""
    found, expected = (RunReader(run).read() for run in (folder, whole))
    assert found.state == "finished"
    assert {n: e.losses for n, e in found.steps["captions"].items()} == {
        n: e.losses for n, e in expected.steps["captions"].items()
    }
    assert found.epochs == expected.epochs
    models = [load_file(run / "model" / "model.safetensors") for run in (whole, folder)]
    assert all(torch.equal(models[0][name], models[1][name]) for name in models[0])
    states = [newest(run / "checkpoints") for run in (whole, folder)]
    assert states[0] is not None
    assert states[1] is not None
    for name, value in states[0]["learner"]["lesson"].items():
        assert torch.equal(value, states[1]["learner"]["lesson"][name])
    left = [{path.name for path in (run / "checkpoints").iterdir()} for run in (folder, whole)]
    assert left[0] == left[1]  # nothing half is left
