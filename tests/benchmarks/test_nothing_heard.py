from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from benchmarks import nothing_heard
from benchmarks.nothing_heard import KINDS, LOUDEST_DB, QUIETEST_DB, make, named


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """One sound of each kind: two hundred take a while."""
    monkeypatch.setattr(nothing_heard, "KINDS", {kind: (1, recipe) for kind, (_, recipe) in KINDS.items()})


def test_there_are_two_hundred_sounds() -> None:
    assert sum(count for count, _ in KINDS.values()) == 200


@pytest.mark.usefixtures("few")
def test_sounds_keep_to_their_levels(tmp_path: Path) -> None:
    for path, kind in make(tmp_path).items():
        samples, _ = soundfile.read(path)
        level_db = 10 * np.log10(np.mean(samples**2) + 1e-20)
        assert np.abs(samples).max() < 1, path
        assert level_db < -90 if "silence" in kind else QUIETEST_DB - 0.5 <= level_db <= LOUDEST_DB + 0.5, path


@pytest.mark.usefixtures("few")
def test_the_same_seed_makes_the_same_sounds(tmp_path: Path) -> None:
    for one, other in zip(make(tmp_path / "one"), make(tmp_path / "other"), strict=True):
        assert one.read_bytes() == other.read_bytes()


@pytest.mark.parametrize(
    "caption",
    [
        "A faint hum.",
        "Static hisses quietly.",
        "A low rumble goes on.",
        "Silence.",
        "An electric buzz.",
    ],
)
def test_general_words_are_no_alarm(caption: str) -> None:
    assert named(caption) == []


@pytest.mark.parametrize(
    ("caption", "group"),
    [
        ("Birds are chirping.", "animal"),
        ("Someone's chatting far away.", "person"),
        ("Babies cry.", "person"),
        ("An engine idles.", "engine"),
        ("A fan hums steadily.", "machine"),
        ("The wind blows.", "weather, water or fire"),
        ("A bell rings.", "another thing"),
    ],
)
def test_what_is_named_is_found_in_every_form(caption: str, group: str) -> None:
    assert named(caption) == [group]
