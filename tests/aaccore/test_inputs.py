from __future__ import annotations

import os
from pathlib import Path, PurePath

import pytest

from aaccore.inputs import Input, find, result_names


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """`b.wav`, `a.mp3`, `.hidden.wav`, `deeper/c.wav` and `.git/d.wav`."""
    for name in ("b.wav", "a.mp3", ".hidden.wav", "deeper/c.wav", ".git/d.wav"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    return tmp_path


def names(places: list[Path], recursive: bool = False) -> list[str]:
    return [one.name.as_posix() for one in find([str(place) for place in places], recursive).inputs]


def test_a_folder_gives_its_own_files_in_order_without_the_hidden_ones(tree: Path) -> None:
    assert names([tree]) == ["a.mp3", "b.wav"]


def test_recursive_takes_the_folders_inside_too(tree: Path) -> None:
    assert names([tree], recursive=True) == ["a.mp3", "b.wav", "deeper/c.wav"]


def test_a_file_named_by_the_user_is_taken_whatever_it_is(tree: Path) -> None:
    found = find([str(tree / ".hidden.wav"), str(tree / "missing.wav")], False)
    assert [(one.name.name, one.chosen) for one in found.inputs] == [(".hidden.wav", True), ("missing.wav", True)]


def test_a_file_that_is_named_twice_is_taken_once_and_counts_as_chosen(tree: Path) -> None:
    found = find([str(tree), str(tree / "b.wav"), str(tree / "deeper" / ".." / "b.wav")], False)
    assert [(one.name.name, one.chosen) for one in found.inputs] == [("a.mp3", False), ("b.wav", True)]


def test_a_pattern_that_the_shell_left_alone_is_unfolded(tree: Path) -> None:
    assert names([tree / "*.wav"]) == ["b.wav"]
    assert names([tree / "*.flac"]) == ["*.flac"]


def test_a_file_whose_name_looks_like_a_pattern_is_that_file(tree: Path) -> None:
    (tree / "take[1].wav").touch()
    assert names([tree / "take[1].wav"]) == ["take[1].wav"]


def test_a_folder_without_files_is_a_problem_that_names_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    found = find([str(tmp_path)], False)
    assert found.inputs == ()
    assert "--recursive" in found.problems[0]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read every folder")
def test_a_folder_that_may_not_be_read_is_a_problem(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0)
    assert "cannot be read" in find([str(closed)], False).problems[0]


def results_of(*inputs: str) -> list[str]:
    made = [Input(Path(f"/{number}", name), PurePath(name), True) for number, name in enumerate(inputs)]
    return [name.as_posix() for name in result_names(made, ".srt").values()]


def test_a_result_has_its_inputs_name() -> None:
    assert results_of("dog.wav", "deeper/cat.mp3", "no suffix") == ["dog.srt", "deeper/cat.srt", "no suffix.srt"]


def test_inputs_that_differ_in_their_suffix_get_different_results() -> None:
    assert results_of("a.wav", "a.mp3", "A.flac", "b.wav") == ["a.wav.srt", "a.mp3.srt", "A.flac.srt", "b.srt"]


def test_inputs_of_the_same_name_are_numbered() -> None:
    assert results_of("a.wav", "a.wav", "a.wav") == ["a.wav.srt", "a.wav (2).srt", "a.wav (3).srt"]


def test_a_former_result_beside_its_input_changes_no_name() -> None:
    assert results_of("film.mp4", "film.srt") == ["film.srt", "film.srt.srt"]
    assert results_of("film.srt", "film.mp4") == ["film.srt.srt", "film.srt"]
