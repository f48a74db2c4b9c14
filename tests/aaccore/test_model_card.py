"""What is told of a model, from `config.json` or from its card."""

from __future__ import annotations

from typing import Any

from aaccore.captioner import bundled_model
from aaccore.model_card import LabelScore, read_card
from aaccore.model_folder import describe

CARD = """# Birds

Data: two woods,
at dawn.

Licences of the recordings: CC0.

## Against the written captions

| score | clips | scenes |
| --- | --- | --- |
| CIDEr-D | 0.461 | 0.300 |

## By label, worst first

| label | named | share |
| --- | --- | --- |
| owl | 3/4 | 0.75 |
| not a count | many | |
"""


def described(card: str = CARD, known: tuple[str, ...] = (), **extra: Any) -> dict[str, Any]:
    return {"card": card, "network": {"labels": list(known)}, "extra": extra}


def test_the_card_is_read() -> None:
    card = read_card(described(known=("wren",)))
    assert card.training_data == "Data: two woods, at dawn."
    assert card.licence == "Licences of the recordings: CC0."
    assert card.scores == (("CIDEr-D", "clips", "0.461"), ("CIDEr-D", "scenes", "0.300"))
    assert card.labels == (LabelScore("owl", 3, 4), LabelScore("wren", 0, 0))


def test_what_config_json_says_comes_first() -> None:
    extra = {
        "licence": "MIT",
        "training_data": "one wood",
        "scores": {"clips": {"spider": 0.25}},
        "labels": {"owl": [1, 2]},
    }
    card = read_card(described(**extra))
    assert (card.licence, card.training_data) == ("MIT", "one wood")
    assert card.scores == (("spider", "clips", "0.250"),)
    assert card.labels == (LabelScore("owl", 1, 2),)


def test_a_card_that_says_nothing_or_nonsense_gives_empty_texts() -> None:
    for description in (
        described("# Tiny\n"),
        described("", scores=3, labels=[1], licence=None),
        described("| a |\n" * 3),
    ):
        card = read_card(description)
        assert (card.training_data, card.licence, card.scores, card.labels) == ("", "", (), ())


def test_the_bundled_models_card_tells_its_scores_and_labels() -> None:
    card = read_card(describe(bundled_model()))
    assert ("CIDEr-D", "clips") in {(score, where) for score, where, _ in card.scores}
    assert any(label.of for label in card.labels)
    assert len(card.labels) >= 342
