from __future__ import annotations

import csv
from pathlib import Path

import pytest

from aaccore.metrics.tokens import ptb_tokens

# Right-hand sides are what PTBTokenizer of pycocoevalcap 1.2 (Stanford CoreNLP 3.4.1) printed for the left-hand sides.
REFERENCE = [
    ("A dog barks twice.", "a dog barks twice"),
    (
        "They can't stop, won't stop; she's sure it's 5 o'clock.",
        "they ca n't stop wo n't stop she 's sure it 's 5 o'clock",
    ),
    ("It cannot stop", "it can not stop"),
    (
        "They'll say I'm late, we've heard, you're told, he'd go",
        "they 'll say i 'm late we 've heard you 're told he 'd go",
    ),
    ("dogs' barks and the dog's bark 'quoted'", "dogs barks and the dog 's bark quoted"),
    ('A voice says "Hello."', "a voice says hello"),
    ("a high-pitched sound - and -- then... quiet…", "a high-pitched sound and then quiet"),
    ("rain,wind,and thunder", "rain wind and thunder"),
    ("A dog (big) barks [twice] {here}", "a dog -lrb- big -rrb- barks -lsb- twice -rsb- -lcb- here -rcb-"),
    ("wait!! what?! no!", "wait !! what ?! no"),
    ("at 5 a.m. in the U.S. with Mr. Smith etc. and so on", "at 5 a.m. in the u.s. with mr. smith etc. and so on"),
    ("10:30 and 1,000 people, 3.5 s at 10% and/or 24/7", "10:30 and 1,000 people 3.5 s at 10 % and/or 24/7"),
    ("gonna wanna gotta lemme gimme 'tis", "gon na wan na got ta lem me gim me 't is"),
    ("rock 'n' roll in the '80s", "rock 'n' roll in the '80s"),
    ("beep “quoted” ‘single’ a – b — c", "beep quoted single a b c"),
    ("bark , bark .", "bark bark"),
    ("café naïve", "café naïve"),
    ("", ""),
]


@pytest.mark.parametrize(("caption", "expected"), REFERENCE)
def test_tokens_are_those_of_the_java_tokenizer(caption: str, expected: str) -> None:
    assert " ".join(ptb_tokens(caption)) == expected


@pytest.mark.parametrize("caption", [caption for caption, _ in REFERENCE])
def test_tokenizing_tokens_changes_nothing(caption: str) -> None:
    once = ptb_tokens(caption)
    assert ptb_tokens(" ".join(once)) == once


@pytest.mark.java
@pytest.mark.slow
def test_every_caption_of_clotho_gets_the_java_tokens(shared: Path) -> None:
    tokenizer = pytest.importorskip("pycocoevalcap.tokenizer.ptbtokenizer").PTBTokenizer()
    captions = sorted(_clotho_captions(shared))
    assert len(captions) > 25_000
    expected = tokenizer.tokenize({i: [{"caption": caption}] for i, caption in enumerate(captions)})
    different = [caption for i, caption in enumerate(captions) if " ".join(ptb_tokens(caption)) != expected[i][0]]
    assert different == []


def _clotho_captions(shared: Path) -> set[str]:
    captions: set[str] = set()
    for split in ("development", "validation", "evaluation"):
        with (shared / "reference" / "clotho" / f"clotho_captions_{split}.csv").open(
            encoding="utf-8", newline=""
        ) as file:
            for row in csv.DictReader(file):
                captions.update(text for column, text in row.items() if column.startswith("caption_"))
    return captions
