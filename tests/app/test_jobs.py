from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest

from aaccore.errors import ModelError
from aaccore.events import ClipCaptioned, ClipFailed, ClipOpened, Working
from aaccore.library import Library
from aaccore.model_folder import load_model, save_model
from app import jobs
from app.settings import Preferences
from app.walk_jobs import walk


@pytest.fixture
def library_path(tmp_path: Path) -> Path:
    return tmp_path / "library.sqlite"


@pytest.fixture
def gate() -> Event:
    gate = Event()
    gate.set()
    return gate


def test_the_next_file_is_captioned_and_kept_before_it_is_told(
    sounds: Path, tiny_model: Path, library_path: Path, gate: Event
) -> None:
    list(walk([sounds / "tone.wav"], library_path))
    choice = jobs.ModelChoice(str(tiny_model), "cpu")
    kinds = []
    with Library(library_path) as library:
        for event in jobs.caption_next(library_path, choice, gate):
            kinds.append(type(event))
            if isinstance(event, ClipCaptioned):
                row = library.rows()[0]
                assert (row.state, row.caption, row.model) == ("done", event.caption, tiny_model.name)
    assert kinds[:3] == [jobs.Claimed, Working, jobs.ModelReady]
    assert {ClipOpened, ClipCaptioned} <= set(kinds)
    assert list(jobs.caption_next(library_path, choice, gate)) == []


def test_a_bad_file_fails_with_its_reason(tiny_model: Path, tmp_path: Path, library_path: Path, gate: Event) -> None:
    (tmp_path / "bad.wav").write_text("words")
    list(walk([tmp_path / "bad.wav"], library_path))
    *_, failed = jobs.caption_next(library_path, jobs.ModelChoice(str(tiny_model), "cpu"), gate)
    assert isinstance(failed, ClipFailed)
    with Library(library_path) as library:
        assert (library.rows()[0].state, library.rows()[0].reason) == ("failed", failed.reason)


def test_a_stopped_job_lets_its_file_wait_again(
    sounds: Path, tiny_model: Path, library_path: Path, gate: Event
) -> None:
    list(walk([sounds / "long.wav"], library_path))
    job = jobs.caption_next(library_path, jobs.ModelChoice(str(tiny_model), "cpu"), gate)
    while not isinstance(next(job), ClipOpened):
        pass
    job.close()
    with Library(library_path) as library:
        assert library.rows()[0].state == "waiting"


def test_a_closed_gate_stands_still_between_two_events(
    sounds: Path, tiny_model: Path, library_path: Path, gate: Event
) -> None:
    list(walk([sounds / "long.wav"], library_path))
    job = jobs.caption_next(library_path, jobs.ModelChoice(str(tiny_model), "cpu"), gate)
    while not isinstance(next(job), ClipOpened):
        pass
    gate.clear()
    assert [next(job), next(job)] == [Working("paused")] * 2
    gate.set()
    assert any(isinstance(event, ClipCaptioned) for event in job)


def test_without_its_model_a_file_waits_on(sounds: Path, tmp_path: Path, library_path: Path, gate: Event) -> None:
    list(walk([sounds / "tone.wav"], library_path))
    with pytest.raises(ModelError):
        list(jobs.caption_next(library_path, jobs.ModelChoice(str(tmp_path / "none"), "cpu"), gate))
    with Library(library_path) as library:
        assert library.rows()[0].state == "waiting"


def test_the_model_is_kept_until_a_setting_asks_for_another(tiny_model: Path) -> None:
    choice = jobs.choice_of(Preferences(model=str(tiny_model), device="cpu"))
    first = jobs.captioner(choice)
    assert jobs.captioner(choice) is first
    other = jobs.captioner(jobs.choice_of(Preferences(model=str(tiny_model), device="cpu", beam_size=2)))
    assert (other is first, other.decoding.beam_size) == (False, 2)


def test_a_style_is_asked_for_where_the_model_knows_it(tiny_model: Path, tmp_path: Path) -> None:
    model, tokenizer = load_model(tiny_model)
    styled = type(model)(replace(model.network, styles=("clotho", "own")), len(tokenizer))
    save_model(tmp_path / "styled", styled, tokenizer, "")
    for folder, style, expected in ((tmp_path / "styled", "own", "own"), (tiny_model, "own", "")):
        choice = jobs.choice_of(Preferences(model=str(folder), device="cpu", style=style))
        assert jobs.captioner(choice).decoding.style == expected
    assert jobs.captioner(replace(choice, model=str(tmp_path / "styled"))).styles == ("clotho", "own")
