"""The hand-written tables under resources/recipes keep the form that the training code relies on."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from pathlib import Path

import pytest

from aaccore.config import from_toml
from aaccore.recipe import Training, check_training, to_toml

RECIPES = Path(__file__).resolve().parents[1] / "resources" / "recipes"
CAPTIONS = ("caption_1", "caption_2", "caption_3", "caption_4")
PLAIN_WORDS = re.compile(r"[a-z]+(?:-[a-z]+)*(?: [a-z]+(?:-[a-z]+)*){0,2}")


def _rows(name: str) -> list[dict[str, str]]:
    """Read one recipe table as a list of rows, keyed by its header."""
    with (RECIPES / name).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def _captions(row: dict[str, str]) -> list[str]:
    return [row[column] for column in CAPTIONS]


def test_the_521_tags_come_in_the_order_of_their_indices() -> None:
    rows = _rows("audioset_captions.csv")
    assert list(rows[0]) == ["index", "tag", "word", *CAPTIONS]
    assert [int(row["index"]) for row in rows] == list(range(521))
    assert len({row["tag"] for row in rows}) == 521
    assert (rows[0]["tag"], rows[520]["tag"]) == ("Speech", "Field recording")


def test_a_tag_is_called_by_one_to_three_plain_words_of_its_own() -> None:
    words = [row["word"] for row in _rows("audioset_captions.csv") if row["word"]]
    assert [word for word in words if not PLAIN_WORDS.fullmatch(word)] == []
    assert len(set(words)) == len(words)


def test_a_tag_with_a_word_has_four_distinct_captions_and_one_without_has_none() -> None:
    for row in _rows("audioset_captions.csv"):
        captions = _captions(row)
        if row["word"]:
            assert "" not in captions, row
            assert len(set(captions)) == 4, row
        else:
            assert not any(captions), row


def test_a_tag_caption_is_a_short_plain_sentence() -> None:
    for row in _rows("audioset_captions.csv"):
        for caption in filter(None, _captions(row)):
            assert caption.isascii(), caption
            assert re.fullmatch(r"[A-Z].*\.", caption), caption
            assert 2 <= len(caption.split()) <= 12, caption


def test_no_caption_is_given_to_more_than_one_tag() -> None:
    counts = Counter(
        caption.lower() for row in _rows("audioset_captions.csv") for caption in filter(None, _captions(row))
    )
    assert [caption for caption, count in counts.items() if count > 1] == []


def test_tag_captions_are_not_sentences_of_the_corpus(shared: Path) -> None:
    with (shared / "sounds" / "captions.csv").open(encoding="utf-8", newline="") as lines:
        corpus = {row[f"caption_{n}"].lower() for row in csv.DictReader(lines) for n in range(1, 6)}
    ours = {caption.lower() for row in _rows("audioset_captions.csv") for caption in _captions(row)}
    assert sorted(ours & corpus) == []


def test_a_label_is_called_by_one_to_three_plain_words_of_its_own() -> None:
    rows = _rows("labels.csv")
    assert list(rows[0]) == ["label", "word"]
    assert len({row["label"] for row in rows}) == len(rows) == 342
    assert [row for row in rows if not PLAIN_WORDS.fullmatch(row["word"])] == []
    assert len({row["word"] for row in rows}) == len(rows)


def test_every_label_of_the_corpus_has_a_word(shared: Path) -> None:
    labels = json.loads((shared / "sounds" / "label_words.json").read_text(encoding="utf-8"))
    assert {row["label"] for row in _rows("labels.csv")} == set(labels)


@pytest.mark.parametrize("path", sorted(RECIPES.glob("*.toml")), ids=lambda path: path.stem)
def test_every_recipe_can_be_trained_by_and_is_the_same_when_written_again(path: Path, tmp_path: Path) -> None:
    training = from_toml(Training, path)
    check_training(training)
    (tmp_path / "run.toml").write_text(to_toml(training), encoding="utf-8")
    assert from_toml(Training, tmp_path / "run.toml") == training
