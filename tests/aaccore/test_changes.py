from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from aaccore.changes import Changes, Look, Names, last_change
from aaccore.config import Live, Network

LIVE = Live(step_s=0.5, heard_s=1.0, alike=0.9, memory_s=10.0, sure=0.6)


def look(end_s: float, named: str, direction: float = 0.0, probability: float = 0.0) -> Look:
    """A window that names these sounds; the closer two directions, the more alike."""
    embedding = np.array([np.cos(direction), np.sin(direction)], np.float32)
    names = frozenset(named.split())
    return Look(max(0.0, end_s - 4), end_s, f"{named}.", names, embedding, dict.fromkeys(names, probability))


def said(changes: Changes, looks: list[Look | float]) -> list[str]:
    """What is let through; a number is silence at that second."""
    found = []
    for one in looks:
        if isinstance(one, Look):
            news = None if changes.heard_again(one.end_s, one.embedding) else changes.look(one)
            found += [news.look.caption] if news else []
        else:
            changes.silence(one)
    return found


def test_the_same_scene_is_said_once_however_long_it_lasts() -> None:
    changes = Changes(LIVE)
    assert said(changes, [look(t / 2, "rain") for t in range(1, 481)]) == ["rain."]
    assert changes.scene is not None
    assert (changes.scene.start_s, changes.scene.end_s) == (0.0, 240.0)


def test_other_words_for_what_sounds_alike_are_a_repeat() -> None:
    looks = [look(t / 2, "rain" if t % 4 < 2 else "shower roof", 0.1 * (t % 2)) for t in range(1, 30)]
    assert len(said(Changes(LIVE), looks)) == 1


def test_words_that_were_just_said_are_no_news_even_where_the_sound_differs() -> None:
    looks = [look(t / 2, "dog bark" if t % 6 < 3 else "bark", 1.0 * (t % 6 < 3)) for t in range(1, 30)]
    assert len(said(Changes(LIVE), looks)) == 1


def test_a_new_sound_is_said_as_soon_as_windows_agree_on_it_for_long_enough() -> None:
    changes = Changes(LIVE)
    assert said(changes, [look(t / 2, "rain") for t in range(1, 10)]) == ["rain."]
    assert changes.look(look(5.0, "rain siren", 1.0)) is None
    news = changes.look(look(5.5, "siren", 1.0))
    assert news is not None
    assert news.look.caption == "siren."
    assert news.start_s == 4.5


def test_a_new_sound_whose_label_is_sure_is_said_at_once() -> None:
    changes = Changes(LIVE)
    said(changes, [look(t / 2, "rain") for t in range(1, 10)])
    assert changes.look(look(5.5, "siren", 1.0, probability=0.7)) is not None


def test_a_hasty_caption_is_put_right_once() -> None:
    changes = Changes(LIVE)
    hasty: list[Look | float] = [look(t / 2, "splash" if t < 5 else "rain", probability=0.7) for t in range(1, 30)]
    assert said(changes, hasty) == ["splash.", "rain."]
    unsure: list[Look | float] = [look(t / 2, "splash" if t < 5 else "rain") for t in range(1, 30)]
    assert said(Changes(LIVE), unsure) == ["splash."]


def test_a_second_sound_that_is_sure_is_added_to_a_scene_that_goes_on() -> None:
    scene: list[Look | float] = [look(t / 2, "violin" if t < 5 else "violin saxophone") for t in range(1, 30)]
    assert said(Changes(LIVE), scene) == ["violin."]
    heard = [replace(one, probabilities={"saxophone": 0.7}) for one in scene if isinstance(one, Look)]
    assert said(Changes(LIVE), [*heard]) == ["violin.", "violin saxophone."]


def test_a_sure_label_of_what_was_said_before_does_not_hurry_other_words() -> None:
    changes = Changes(LIVE)
    said(changes, [look(t / 2, "rain") for t in range(1, 10)])
    hurried = replace(look(5.0, "rain siren", 1.0), probabilities={"rain": 0.9, "siren": 0.1})
    assert changes.look(hurried) is None


def test_where_looks_are_far_apart_one_is_enough() -> None:
    changes = Changes(LIVE)
    assert said(changes, [look(5.0, "rain"), look(10.0, "siren", 1.2)]) == ["rain.", "siren."]


def test_one_stray_window_is_not_said() -> None:
    looks = [look(t / 2, "rain") for t in range(1, 10)] + [look(5.0, "goat", 1.2)]
    looks += [look(5 + t / 2, "rain") for t in range(1, 10)]
    assert said(Changes(LIVE), looks) == ["rain."]  # type: ignore[arg-type]


def test_after_silence_the_same_sound_is_news_once_it_was_long_ago() -> None:
    again: list[Look | float] = [look(1.0, "bell"), look(1.5, "bell"), 4.0, look(30.0, "bell"), look(30.5, "bell")]
    assert said(Changes(LIVE), again) == ["bell.", "bell."]


def test_what_pauses_is_not_said_again() -> None:
    changes = Changes(LIVE)
    barks: list[Look | float] = []
    for second in range(0, 60, 5):
        barks += [look(second + 0.5, "dog bark", 0.3 * (second % 2)), look(second + 1.0, "bark dog"), second + 3.0]
    assert said(changes, barks) == ["bark dog."]
    assert changes.last is not None
    assert (changes.last.start_s, changes.last.end_s) == (0.0, 56.0)


def test_silence_ends_what_was_heard() -> None:
    changes = Changes(LIVE)
    said(changes, [look(1.0, "bell"), look(1.5, "bell")])
    ended = changes.silence(4.0)
    assert ended is not None
    assert ended.end_s == 1.5
    assert changes.silence(4.5) is None


def test_a_window_begins_anew_where_the_sound_became_another() -> None:
    random = np.random.default_rng(0)
    rain, siren = random.standard_normal((2, 1, 64))
    steps = np.concatenate([np.repeat(rain, 8, 0), np.repeat(siren, 4, 0)]) + 0.2 * random.standard_normal((12, 64))
    assert last_change(steps.astype(np.float32), 0.5) == 8
    assert last_change(steps[:8].astype(np.float32), 0.5) == 0
    assert last_change(steps[:1].astype(np.float32), 0.5) == 0


@pytest.mark.parametrize(("words", "expected"), [("A dog barks loudly", {"dog", "bark"}), ("It is quiet", set())])
def test_named_are_the_words_of_labels_and_tags(words: str, expected: set[str]) -> None:
    names = Names(Network(labels=("dog bark", "rain"), tags=("dog",)))
    assert names.of(words.split()) == expected


def test_a_sound_is_as_probable_as_the_likeliest_label_that_it_is_part_of() -> None:
    names = Names(Network(labels=("dog bark", "rain", "dog howl")))
    assert names.probable([0.2, 0.1, 0.4]) == {"dog": 0.4, "bark": 0.2, "rain": 0.1, "howl": 0.4}
