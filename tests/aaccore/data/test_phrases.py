from __future__ import annotations

import pytest

from aaccore.data.phrases import Phrase, parse


def parsed(caption: str) -> Phrase:
    phrase = parse(caption)
    assert phrase is not None, caption
    return phrase


@pytest.mark.parametrize(
    "caption",
    [
        "A dog barks twice.",
        "Rain falls on a roof.",
        "Two gulps of liquid are swallowed.",
        "Three quick cries come from a peacock.",
        "Several birds sing together.",
        "A burst of radio static breaks loose.",
        "A lonely coyote is howling.",
        "A baby cries.",
        "A fly buzzes around.",
        "The sea sloshes and washes over the shoreline.",
    ],
)
def test_sentences_with_a_verb_are_clauses(caption: str) -> None:
    assert parsed(caption).kind == "clause"


@pytest.mark.parametrize(
    ("caption", "plural"),
    [
        ("The harsh, dry noise of scraping metal.", False),
        ("Three quick barks from a dog.", True),
        ("A short clank of metal against metal.", False),
        ("Creaking wood and gentle splashes of water.", True),
        ("Loud separate clicks of a mouse in a small room.", True),
        ("A single, sharp crash of a glass pane.", False),
    ],
)
def test_captions_without_a_verb_are_noun_phrases_with_a_number(caption: str, plural: bool) -> None:
    phrase = parsed(caption)
    assert (phrase.kind, phrase.plural) == ("noun", plural)


@pytest.mark.parametrize(
    "caption",
    [
        "A dog barks while rain falls.",
        "At first it rains.",
        "In the distance, a dog barks.",
        "Nothing but silence.",
        "Someone hits wood, then stone.",
        "A horse close by gives a snort.",
        "Rain.",
        "A voice says: hello.",
        "A train that never stops.",
        "A toilet is flushed, growing louder.",
    ],
)
def test_captions_that_cannot_be_joined_are_refused(caption: str) -> None:
    assert parse(caption) is None


def test_the_first_word_is_written_small_unless_it_is_a_name() -> None:
    assert parsed("A dog barks.").text == "a dog barks"
    assert parsed("French words from a woman.").text == "French words from a woman"


def test_nothing_is_called_the_before_it_was_spoken_of() -> None:
    assert parsed("The crow calls twice.").text == "a crow calls twice"
    assert parsed("The elephant trumpets.").text == "an elephant trumpets"
    assert parsed("The wind blows.").text == "the wind blows"
    assert parsed("The rain falls steadily.").text == "rain falls steadily"


def test_clauses_are_turned_into_participles() -> None:
    assert parsed("A dog barks twice.").participle == "a dog barking twice"
    assert parsed("Someone strums a guitar.").participle == "someone strumming a guitar"
    assert parsed("The sound of a fire dies away.").participle == "the sound of a fire dying away"
    assert parsed("A wolf is howling outside.").participle == "a wolf howling outside"
    assert parsed("A baby keeps crying.").participle is None


def test_what_goes_on_is_no_single_event() -> None:
    assert parsed("A wolf is howling.").settled == "a wolf howls"
    assert parsed("Cars are passing by.").settled == "cars pass by"
    assert parsed("A baby keeps crying.").settled is None


def test_claims_are_noticed() -> None:
    assert parsed("A dog barks twice.").counts
    assert parsed("The rumble of thunder fades away.").changes
    assert parsed("A dog barks loudly.").loud
    assert parsed("A faint hum of a fridge.").faint
    plain = parsed("Rain falls on a roof.")
    assert (plain.counts, plain.changes, plain.loud, plain.faint) == (False, False, False, False)


def test_talk_of_the_whole_recording_is_left_away() -> None:
    assert parsed("A baby cries without a break.").text == "a baby cries"
    assert parsed("Rain falls on a tent the whole time.").text == "rain falls on a tent"
