from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from aaccore.data.folder import Clip, read_folder
from aaccore.data.grammar import Voice, arrange, join
from aaccore.data.scenes import make_scenes


def voice(captions: str | tuple[str, ...], start: float, end: float, gain: float = 0.0, cut: bool = False) -> Voice:
    return Voice((captions,) if isinstance(captions, str) else captions, None, start, end, gain, cut)


def written(voices: list[Voice], seeds: int = 40) -> set[str]:
    return {text for seed in range(seeds) for text in join(voices, np.random.default_rng(seed))[1]}


DOG = ("A dog barks.", "Two barks from a dog.", "A dog is barking.")
RAIN = ("Rain falls on a roof.", "The patter of rain on a roof.", "Heavy rain pours down.")
DOOR = ("A door slams.", "The slam of a door.")


def test_one_after_the_other_is_told_in_that_order() -> None:
    order, _ = join([voice(DOOR, 3.0, 4.0), voice(DOG, 0.0, 2.5)], np.random.default_rng(0))
    assert order == "in turn"
    texts = written([voice(DOOR, 3.0, 4.0), voice(DOG, 0.0, 2.5)])
    assert {
        "A dog barks, and then a door slams.",
        "A door slams after a dog barks.",
        "After a dog barks, a door slams.",
    } <= texts
    for text in texts:
        dog, door = text.lower().index("dog"), text.lower().index("door")
        if re.search(r"\b(then|before|followed by|afterwards)\b", text) or text.startswith(("First", "After")):
            assert dog < door, text
        else:
            assert door < dog, text


def test_the_longer_quieter_sound_is_the_background() -> None:
    voices = [voice(RAIN, 0.0, 8.0, gain=-6.0), voice(DOG, 3.0, 4.0)]
    assert join(voices, np.random.default_rng(0))[0] == "over"
    texts = written(voices)
    assert "A dog barks while rain falls on a roof." in texts
    assert any(text.startswith(("As rain falls", "While rain falls")) for text in texts)
    for text in texts:
        assert not re.search(r"\b(then|before|after|followed)\b", text)
        assert "dog barking in the background" not in text
        assert "A dog barks in the background" not in text


def test_three_in_turn_end_with_the_last() -> None:
    voices = [voice("A dog barks.", 0, 1), voice("A door slams.", 1.2, 2), voice("A man laughs.", 2.2, 4)]
    texts = written(voices)
    assert "A dog barks, then a door slams, and finally a man laughs." in texts
    assert all(text.index("og") < text.index("door") < text.index("laugh") for text in texts)


def test_two_events_over_a_background_keep_their_order() -> None:
    voices = [voice(RAIN, 0, 8, -6), voice("A dog barks.", 1, 2), voice("A man laughs.", 4, 6)]
    assert join(voices, np.random.default_rng(0))[0] == "over"
    assert all(text.index("dog") < text.index("laugh") for text in written(voices))


def test_nothing_is_said_where_no_joining_word_is_true() -> None:
    half = [voice(DOG, 0.0, 5.0), voice(RAIN, 4.0, 10.0)]
    assert arrange(half) is None
    assert join(half, np.random.default_rng(0)) == ("", [])


def test_counts_and_changes_are_not_said_of_a_cut_sound() -> None:
    texts = written([voice(("A dog barks twice.", "A dog barks."), 0, 2, cut=True), voice(DOOR, 2.1, 3)])
    assert texts
    assert not any("twice" in text for text in texts)


def test_a_hushed_sound_is_not_called_loud_nor_a_loud_one_faint() -> None:
    voices = [
        voice(("A dog barks loudly.", "A dog barks."), 0, 2, gain=-8),
        voice(("Faint rain falls.", "Rain falls."), 2, 5),
    ]
    assert not any("loud" in text or "aint" in text for text in written(voices))


def test_a_noun_phrase_agrees_with_its_verb() -> None:
    texts = written([voice("Two barks from a dog.", 0, 1), voice("The slam of a door.", 1.2, 2)])
    assert "Two barks from a dog are followed by the slam of a door." in texts
    assert not any("barks from a dog is" in text or "slam of a door are" in text for text in texts)


def test_one_sentence_has_one_someone() -> None:
    assert written([voice("Someone coughs.", 0, 1), voice("Somebody shuts a door.", 1.2, 2)]) == set()


def check_form(text: str) -> None:
    words = re.findall(r"[\w'-]+", text.lower())
    assert text[0].isupper(), text
    assert text.endswith(".") and text.count(".") == 1, text  # noqa: PT018
    assert not any(one == other for one, other in pairwise(words)), text
    assert 3 <= len(words) <= 24, text
    assert "  " not in text and " ," not in text and ",." not in text, text  # noqa: PT018
    assert not re.search(r"[{}]|\ba [aeio]|\b(and|while|as|with|the|a) *\.", text.lower()), text


def test_hundreds_of_captions_are_well_formed(clips: list[Clip]) -> None:
    texts = {text for scene in make_scenes(clips, 400, seed=11) if len(scene.parts) > 1 for text in scene.captions}
    assert len(texts) > 200
    for text in texts:
        check_form(text)


@pytest.mark.slow
def test_captions_of_real_clips_are_well_formed_and_short(shared: Path) -> None:
    clips = read_folder(shared / "sounds" / "captions.csv", shared / "sounds" / "clips", folds={"2"})
    texts = [text for scene in make_scenes(clips, 500, seed=3) if len(scene.parts) > 1 for text in scene.captions]
    for text in texts:
        check_form(text)
    assert 12 < np.mean([len(text.split()) for text in texts]) < 16
