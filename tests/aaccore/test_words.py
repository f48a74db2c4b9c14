from __future__ import annotations

import pytest

from aaccore.words import stem, words_of


@pytest.mark.parametrize(
    "forms",
    ["bark barks barking barked", "cry cries crying cried", "hiss hisses hissing hissed", "drip drips dripping dripped",
     "chime chimes chiming chimed", "man man's", "buzz buzzes buzzing", "sing sings singing", "ring rings ringing"],
)  # fmt: skip
def test_forms_of_a_word_have_one_stem(forms: str) -> None:
    assert len({stem(word) for word in forms.split()}) == 1


@pytest.mark.parametrize(
    "words", ["sing ring bring wing string", "bell ball bird bed", "car cat cart", "bus bush buzz"]
)
def test_different_words_have_different_stems(words: str) -> None:
    assert len({stem(word) for word in words.split()}) == len(words.split())


def test_words_come_with_their_places_and_without_case_accents_and_signs() -> None:
    text = "A Dög's bark_02, CAFÉ; don’t (run)!"
    words = words_of(text)
    assert [word for _, _, word in words] == ["a", "dog", "bark", "02", "cafe", "dont", "run"]
    assert [text[begin:end] for begin, end, _ in words] == ["A", "Dög's", "bark", "02", "CAFÉ", "don’t", "run"]


@pytest.mark.parametrize("text", ["", "  ", '"*()^:-+', "\0\n", "…"])
def test_a_text_without_letters_has_no_words(text: str) -> None:
    assert words_of(text) == []
