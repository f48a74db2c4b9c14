"""Captions to ids and back."""

from __future__ import annotations

import csv
import json
import pickle
from pathlib import Path

import pytest
from tokenizers import Tokenizer as WordLevelTokenizer

from aaccore.errors import ModelError
from aaccore.tokenizer import Tokenizer

CAPTIONS = (
    "A dog barks, and then a woman's voice speaks French.",
    "Rain falls while I play a French tune on a wind-up clock.",
    "A dog barks. A dog growls!",
    "Someone taps Morse code in the rain.",
)


@pytest.fixture
def tokenizer() -> Tokenizer:
    return Tokenizer.train(CAPTIONS)


def test_a_caption_begins_with_start_and_ends_with_end(tokenizer: Tokenizer) -> None:
    ids = tokenizer.encode("A dog barks.")
    assert ids[0] == Tokenizer.START
    assert ids[-1] == Tokenizer.END
    assert len(ids) == 5


@pytest.mark.parametrize("caption", [CAPTIONS[0], CAPTIONS[1], CAPTIONS[3]])
def test_a_caption_comes_back_as_it_was_written(tokenizer: Tokenizer, caption: str) -> None:
    assert tokenizer.decode(tokenizer.encode(caption)) == caption


def test_case_and_punctuation_make_no_difference(tokenizer: Tokenizer) -> None:
    plain = tokenizer.encode("a dog barks")
    assert tokenizer.encode("  A DOG -- barks!?") == plain
    assert tokenizer.encode("A “dog”: barks…") == plain
    assert tokenizer.encode("A woman\u2019s voice") == tokenizer.encode("a woman's voice")


def test_names_keep_their_capital_within_a_sentence(tokenizer: Tokenizer) -> None:
    assert tokenizer.decode(tokenizer.encode("someone plays french morse, i speak")) == "Someone French Morse, I."
    assert tokenizer.words(tokenizer.encode("RAIN IN FRENCH")) == ["rain", "in", "French"]


def test_a_word_that_only_begins_sentences_is_written_small(tokenizer: Tokenizer) -> None:
    assert tokenizer.words(tokenizer.encode("Someone")) == ["someone"]


def test_unknown_words_become_unknown_and_are_not_written(tokenizer: Tokenizer) -> None:
    ids = tokenizer.encode("a zebra barks")
    assert ids[2] == Tokenizer.UNKNOWN
    assert tokenizer.decode(ids) == "A barks."


def test_rare_words_are_left_out_but_extra_words_never() -> None:
    tokenizer = Tokenizer.train(CAPTIONS, min_count=3, extra_words=["air conditioning", "growls"])
    assert Tokenizer.UNKNOWN in tokenizer.ids("clock")
    assert Tokenizer.UNKNOWN not in tokenizer.ids("a dog growls, air conditioning")
    assert tokenizer.ids("air conditioning") == tokenizer.encode("Air conditioning.")[1:-1]


def test_the_same_captions_in_any_order_give_the_same_vocabulary(tokenizer: Tokenizer) -> None:
    again = Tokenizer.train(reversed(CAPTIONS))
    assert [again.encode(caption) for caption in CAPTIONS] == [tokenizer.encode(caption) for caption in CAPTIONS]


def test_no_words_are_an_empty_text(tokenizer: Tokenizer) -> None:
    assert tokenizer.encode("?!") == [Tokenizer.START, Tokenizer.END]
    assert tokenizer.decode([]) == ""
    assert tokenizer.decode([Tokenizer.START, Tokenizer.END, Tokenizer.PAD]) == ""


def test_ids_fill_the_vocabulary_without_gaps(tokenizer: Tokenizer) -> None:
    words = tokenizer.words(range(len(tokenizer)))
    assert len(words) == len(set(words)) == len(tokenizer) - 4
    assert [tokenizer.ids(word) for word in words] == [[number] for number in range(4, len(tokenizer))]


def test_a_saved_vocabulary_is_the_same_after_loading(tokenizer: Tokenizer, tmp_path: Path) -> None:
    tokenizer.save(tmp_path / "tokenizer.json")
    loaded = Tokenizer.load(tmp_path / "tokenizer.json")
    assert len(loaded) == len(tokenizer)
    assert [loaded.encode(caption) for caption in CAPTIONS] == [tokenizer.encode(caption) for caption in CAPTIONS]
    assert loaded.decode(loaded.encode(CAPTIONS[0])) == CAPTIONS[0]


def test_a_tokenizer_can_be_sent_to_another_process(tokenizer: Tokenizer) -> None:
    assert pickle.loads(pickle.dumps(tokenizer)).encode(CAPTIONS[1]) == tokenizer.encode(CAPTIONS[1])


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b"[1, 2", b"\xff\xfe\x00", b'{"model": {"type": "WordLevel", "vocab": {"a": 7}, "unk_token": "a"}}'],
)
def test_what_is_no_vocabulary_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "tokenizer.json"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"tokenizer\.json"):
        Tokenizer.load(path)


def test_another_vocabulary_of_the_same_kind_is_refused(tokenizer: Tokenizer, tmp_path: Path) -> None:
    path = tmp_path / "tokenizer.json"
    tokenizer.save(path)
    path.write_text(path.read_text(encoding="utf-8").replace('"<end>": 2', '"<end>": 999'), encoding="utf-8")
    with pytest.raises(ModelError, match="numbered"):
        Tokenizer.load(path)


def test_words_that_are_markup_are_refused(tokenizer: Tokenizer, tmp_path: Path) -> None:
    path = tmp_path / "tokenizer.json"
    tokenizer.save(path)
    path.write_text(path.read_text(encoding="utf-8").replace('"dog"', '"<b>"'), encoding="utf-8")
    with pytest.raises(ModelError, match="'<b>' is not a word"):
        Tokenizer.load(path)


def test_rules_of_a_file_from_elsewhere_have_no_effect(tokenizer: Tokenizer, tmp_path: Path) -> None:
    path = tmp_path / "tokenizer.json"
    tokenizer.save(path)
    content = json.loads(path.read_text(encoding="utf-8"))
    content["normalizer"] = {"type": "Replace", "pattern": {"Regex": "(a+)+$"}, "content": "x"}
    content["post_processor"] = None
    path.write_text(json.dumps(content), encoding="utf-8")
    assert Tokenizer.load(path).encode(CAPTIONS[0]) == tokenizer.encode(CAPTIONS[0])


def test_other_programs_can_read_the_vocabulary(tokenizer: Tokenizer, tmp_path: Path) -> None:
    tokenizer.save(tmp_path / "tokenizer.json")
    plain = WordLevelTokenizer.from_file(str(tmp_path / "tokenizer.json"))
    assert plain.encode(CAPTIONS[0]).ids == tokenizer.encode(CAPTIONS[0])


def test_a_missing_vocabulary_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be read"):
        Tokenizer.load(tmp_path / "tokenizer.json")


def test_the_corpus_comes_back_as_it_was_written(shared: Path) -> None:
    with (shared / "sounds" / "captions.csv").open(encoding="utf-8", newline="") as file:
        captions = [row[f"caption_{number}"] for row in csv.DictReader(file) for number in (1, 2)]
    tokenizer = Tokenizer.train(captions)
    encoded = [tokenizer.encode(caption) for caption in captions]
    same = sum(tokenizer.decode(ids) == caption for ids, caption in zip(encoded, captions, strict=True))
    assert same > 0.99 * len(captions)
    assert not any(Tokenizer.UNKNOWN in ids for ids in encoded)


def test_a_vocabulary_is_extended_behind_its_words() -> None:
    known = Tokenizer.train(["A dog barks.", "Rain falls."])
    more = known.extended(["The dog Rex barks.", "That is Rex again, barking.", "A dog barks."])
    assert more.words(range(4, len(known))) == known.words(range(4, len(known)))
    assert more.decode(more.encode("the dog rex barks")) == "The dog Rex barks."
    assert len(known.extended(["A dog falls."])) == len(known)
