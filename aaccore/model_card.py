"""What a model's card and `config.json` tell of it: training data, licence, scores, and what it can name.

`extra` in `config.json` is asked first: `training_data` and `licence` (text), `scores` ({set: {score: number}}) and
`labels` ({label: [named, of]}). What is missing there is looked for in the card: a paragraph that begins with "Data:"
or with "Licence", the table under "Against the written captions", the one under "By label".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class LabelScore:
    """What a model can name, and how often it did: in `named` of `of` recordings; `of` is 0 where nobody counted."""

    label: str
    named: int
    of: int


@dataclass(frozen=True)
class ModelCard:
    """What is told of a model; texts are empty where nothing is.

    Attributes:
        text: The card, Markdown.
        training_data: What it was trained on.
        licence: Of the model or of what it was trained on, as its maker words it.
        scores: Values by score and set, in their order: ("CIDEr-D", "clips", "0.461").
        labels: What it can name, in alphabetical order.
    """

    text: str
    training_data: str
    licence: str
    scores: tuple[tuple[str, str, str], ...]
    labels: tuple[LabelScore, ...]


def read_card(description: Mapping[str, Any]) -> ModelCard:
    """Find out what is told of a model.

    Args:
        description: What `aaccore.model_folder.describe` gives.
    """
    card, given = description["card"], description.get("extra")
    extra: Mapping[str, Any] = given if isinstance(given, Mapping) else {}
    return ModelCard(
        card,
        _text(extra.get("training_data")) or _paragraph(card, r"(?:Training )?[Dd]ata:"),
        _text(extra.get("licence")) or _paragraph(card, r"Licen[cs]es?\b"),
        tuple(_scores(card, extra.get("scores"))),
        tuple(_labels(card, extra.get("labels"), description["network"].get("labels") or ())),
    )


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""


def _paragraph(card: str, beginning: str) -> str:
    """The first paragraph that begins so, in one line."""
    found = re.search(rf"(?:^|\n)[ \t]*({beginning}.*?)(?:\n[ \t]*\n|\Z)", card, re.DOTALL)
    return " ".join(found[1].split()) if found else ""


def _scores(card: str, extra: object) -> Iterator[tuple[str, str, str]]:
    if isinstance(extra, Mapping):
        for where, values in extra.items():
            for name, value in values.items() if isinstance(values, Mapping) else ():
                yield str(name), str(where), f"{value:.3f}" if isinstance(value, float) else str(value)
        return
    header, rows = _table(card, "Against the written captions")
    for row in rows:
        for where, value in zip(header[1:], row[1:], strict=False):
            yield row[0], where, value


def _labels(card: str, extra: object, known: Any) -> Iterator[LabelScore]:
    counts: dict[str, tuple[int, int]] = {str(label): (0, 0) for label in known}
    if isinstance(extra, Mapping):
        for label, pair in extra.items():
            if isinstance(pair, list) and len(pair) == 2 and all(isinstance(count, int) for count in pair):
                counts[str(label)] = (pair[0], pair[1])
    else:
        for row in _table(card, "By label")[1]:
            found = re.fullmatch(r"(\d+)/(\d+)", row[1]) if len(row) > 1 else None
            if found:
                counts[row[0]] = (int(found[1]), int(found[2]))
    yield from (LabelScore(label, named, of) for label, (named, of) in sorted(counts.items()))


def _table(card: str, heading: str) -> tuple[list[str], list[list[str]]]:
    """Header and rows of the first table under a heading that begins so; empty where there is none."""
    found = re.search(rf"(?:^|\n)#+ *{re.escape(heading)}[^\n]*\n(.*?)(?=\n#|\Z)", card, re.DOTALL)
    lines = [line.strip() for line in found[1].splitlines()] if found else []
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    return (rows[0], rows[2:]) if len(rows) > 2 else ([], [])
