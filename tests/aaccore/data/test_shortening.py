from __future__ import annotations

from aaccore.data.shortening import variants


def texts(caption: str, label: str | None = None) -> list[str]:
    return [phrase.text for phrase in variants(caption, label)]


def test_a_plain_caption_is_offered_as_it_is() -> None:
    assert texts("A dog barks.") == ["a dog barks"]


def test_tails_that_only_say_how_are_left_away() -> None:
    assert texts("A spear stabs with a low scraping sound.") == [
        "a spear stabs with a low scraping sound",
        "a spear stabs",
    ]
    assert texts("A horse snorts again and again.") == ["a horse snorts again and again", "a horse snorts"]


def test_what_stands_before_a_joining_word_is_offered() -> None:
    assert texts("Rain pours down, then fades out.") == ["rain pours down"]
    assert texts("A frog croaks on and on for four seconds.") == ["a frog croaks on and on", "a frog croaks"]


def test_a_tail_that_alone_names_the_sound_stays() -> None:
    assert texts("Wood groans while a door opens.", "door_creak") == []
    assert texts("Wood groans while a door opens.", "wood") == ["wood groans"]


def test_who_speaks_is_never_left_away() -> None:
    assert texts("A foreign word, said quickly by a woman.", "speech_female") == []


def test_a_thing_alone_is_no_sound() -> None:
    assert texts("A gibbon, an ape, hoots clear notes.", "monkey") == []
    assert texts("One horn note after another is held.", "horn") == []
