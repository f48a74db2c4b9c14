from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from aaccore.alerts import Alerts, Sound, Unknown, find_sound, sounds_of
from aaccore.config import AlertRule
from aaccore.events import LiveCaption, Segment

WORDS = [
    "a", "the", "dog", "barks", "bell", "rings", "church", "alarm", "beeping", "glass", "breaks", "crying", "baby",
    "phone", "doorbell",
]  # fmt: skip
SOUNDS = sounds_of(
    ("church bell", "dog bark", "smoke alarm", "breaking glass", "ringing phone", "doorbell"),
    ("alarm", "beeping", "crying baby", "dog bark"),
    WORDS,
    [("church bell", 3, 4)],
)


def said(caption: str, at_s: float = 0.0, band: Any = "sure") -> LiveCaption:
    clock = datetime(2026, 5, 1, 12) + timedelta(seconds=at_s)
    return LiveCaption(1, Segment(at_s, at_s + 1, caption, (), band), clock, at_s + 1)


def test_a_sound_whose_words_are_not_in_the_vocabulary_can_not_be_named() -> None:
    names = [sound.name for sound in SOUNDS]
    assert names == [
        "alarm", "beeping", "breaking glass", "church bell", "crying baby", "dog bark", "doorbell", "ringing phone",
    ]  # fmt: skip


def test_it_is_told_how_often_a_sound_was_found() -> None:
    assert Sound("church bell", 3, 4) in SOUNDS
    assert Sound("alarm") in SOUNDS


def test_a_model_without_labels_names_the_content_words_of_its_captions() -> None:
    assert [sound.name for sound in sounds_of((), (), ["a", "dog", ",", "of", "Morse"])] == ["Morse", "dog"]


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("church bell", "church bell"), ("Church bells!", "church bell"), ("barking dogs", "dog bark"),
        ("the infant cries", "crying baby"), ("telephone ring", "ringing phone"), ("door bell", "doorbell"),
        ("glass shattering", "breaking glass"),
    ],
)  # fmt: skip
def test_other_forms_and_synonyms_mean_the_same_sound(words: str, name: str) -> None:
    found = find_sound(words, SOUNDS)
    assert isinstance(found, Sound)
    assert found.name == name


def test_an_unknown_sound_is_answered_with_the_nearest() -> None:
    found = find_sound("smoke alarm", SOUNDS)
    assert isinstance(found, Unknown)
    assert found.nearest[0] == "alarm"
    assert find_sound("qqq", SOUNDS) == Unknown("qqq", ())


def test_a_rule_hears_other_forms_and_synonyms_in_captions() -> None:
    alerts = Alerts([AlertRule("crying baby", "guess", 0), AlertRule("church bell", "guess", 0)])
    assert [alert.sound for alert in alerts.hear(said("An infant is crying."))] == ["crying baby"]
    assert alerts.hear(said("A bell rings.")) == []
    both = alerts.hear(said("Babies cry while church bells ring."))
    assert [alert.sound for alert in both] == ["crying baby", "church bell"]


def test_a_rule_is_silent_within_its_cooldown() -> None:
    alerts = Alerts([AlertRule("dog bark", "likely", 60)])
    called = [bool(alerts.hear(said("A dog barks.", at_s))) for at_s in (0, 30, 59.9, 60, 100)]
    assert called == [True, False, False, True, False]


def test_a_caption_must_be_trusted_as_far_as_the_rule_wants() -> None:
    for band, heard in (("sure", True), ("likely", True), ("guess", False), (None, False)):
        assert bool(Alerts([AlertRule("dog bark", "likely")]).hear(said("A dog barks.", band=band))) is heard
    assert Alerts([AlertRule("dog bark", "guess")]).hear(said("A dog barks.", band=None))
