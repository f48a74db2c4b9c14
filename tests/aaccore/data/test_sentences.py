from __future__ import annotations

import csv
from pathlib import Path

import pytest

from aaccore.data.sentences import is_sentence


@pytest.mark.parametrize(
    "caption",
    [
        "A dog barks twice while rain falls on a roof.",
        "While sea waves slide up and draw back, thunder rumbles.",
        "As a door creaks, a woman groans in pain.",
        "The sound of rain beating on the ground.",
        "A fire crackles while the babble of a stream can be heard.",
        "A dog barks and a quiet melody is heard in the background.",
        "While a cat meows, there is a short metallic click of a pistol.",
        "A bus idles, and the hiss of gas is heard.",
        "Several loud barks are heard from a dog.",
        "A sheep bleats once.",
        "People talk, and then drums play a short beat.",
        "Someone opens a can, and then there is a brief click of a can.",
        "Over the buzzing of a fly, a short bird song is heard.",
        "Birds sing.",
        "The bells of a church ring out.",
        "The sounds of a city are heard, and a bus stops.",
        "The glass of a window breaks.",
        "The wings of a big bird flap, and then it calls.",
        "Crickets chirp in the dark.",
        "Silence.",
        "",
    ],
)
def test_a_whole_sentence_is_taken_for_one(caption: str) -> None:
    assert is_sentence(caption)


@pytest.mark.parametrize(
    "caption",
    [
        "While a trumpet plays a fast, dramatic tune.",
        "As a string section plays a tune and then a car drives past.",
        "A man talks while a stream babbles can be heard.",
        "A bell rings while a brush scrubs back and forth can be heard in the background.",
        "While a man says a short sentence, there is a deep male voice speaks a foreign language.",
        "A person walks on gravel, and then a footsteps go through grass.",
        "The siren of a car horns is heard.",
        "Ocean waves break against the shore and then fades.",
        "A person coughs once over the sound of a crowd can be heard.",
        "The engines of a propeller airplane drones on and on.",
        "The branches of a tree splits the ground.",
        "The bells of a church is struck slowly.",
        "A bird sings a short, high and clear.",
    ],
)
def test_what_hangs_in_the_air_or_has_two_verbs_or_one_of_many_is_no_sentence(caption: str) -> None:
    assert not is_sentence(caption)


def test_hardly_a_written_caption_is_taken_for_a_broken_one(shared: Path) -> None:
    captions = [
        text
        for name in ("captions.csv", "scenes.csv")
        for row in csv.DictReader((shared / "sounds" / name).read_text(encoding="utf-8").splitlines())
        for column, text in row.items()
        if column.startswith("caption") and text
    ]
    broken = [caption for caption in captions if not is_sentence(caption)]
    assert len(captions) > 30_000
    assert len(broken) < len(captions) / 1000, broken
