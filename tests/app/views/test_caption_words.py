from __future__ import annotations

from dataclasses import replace

from aaccore.events import Candidate
from aaccore.records import StoredSegment
from app.views.caption_words import CaptionWord, caption_words

DOG = Candidate("A dog barks, and a bell rings.", -0.5, tuple(range(8)),
                ("a", "dog", "barks", ",", "and", "a", "bell", "rings"),
                (None, 1.0, 1.5, None, None, None, 6.0, 6.5))  # fmt: skip
BELL = Candidate("A bell rings.", -0.7, (1, 2, 3), ("a", "bell", "rings"), (None, 6.1, 6.2))
SEGMENT = StoredSegment(1, 1, 0.0, 10.0, DOG.caption, DOG.caption, (DOG, BELL))


def test_words_carry_the_times_of_their_tokens() -> None:
    words = caption_words(SEGMENT)
    assert [word.text for word in words] == ["A", "dog", "barks,", "and", "a", "bell", "rings."]
    assert [word.time_s for word in words] == [None, 1.0, 1.5, None, None, 6.0, 6.5]


def test_a_chosen_alternative_has_its_own_times() -> None:
    assert [word.time_s for word in caption_words(replace(SEGMENT, caption=BELL.caption))] == [None, 6.1, 6.2]


def test_typed_words_have_no_time_and_kept_ones_keep_theirs() -> None:
    words = caption_words(replace(SEGMENT, caption="A small dog barks."))
    assert words == [
        CaptionWord("A", None), CaptionWord("small", None), CaptionWord("dog", 1.0), CaptionWord("barks.", 1.5),
    ]  # fmt: skip


def test_a_caption_without_token_times_points_nowhere() -> None:
    bare = replace(DOG, token_times=())
    assert {word.time_s for word in caption_words(replace(SEGMENT, candidates=(bare,)))} == {None}
