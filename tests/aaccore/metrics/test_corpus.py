from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from aaccore.metrics import java
from aaccore.metrics.corpus import DEFAULT, QUICK, TITLES, score_corpus


@dataclass(frozen=True)
class Example:
    """Captions written for these tests: six clips, three references each."""

    candidates: list[str]
    references: list[list[str]]


@dataclass(frozen=True)
class Published:
    """A captioning system's output on a public split with the scores that its authors published."""

    candidates: list[str]
    references: list[list[str]]
    scores: dict[str, float]
    per_clip: dict[str, list[float]]


EXAMPLE = Example(
    candidates=[
        "A dog barks twice while rain falls on a roof.",
        "Someone can't stop coughing.",
        "A bell rings and then a bell rings and then a bell rings.",
        "A kettle whistles.",
        "Music.",
        "Two men talk, and a woman's laughter drowns them out.",
    ],
    references=[
        [
            "A dog barks two times as rain falls on a tin roof.",
            "While rain falls on a roof, a dog barks.",
            "Steady rain and a barking dog.",
        ],
        [
            "A man can't stop coughing.",
            "Someone coughs again and again, as if they cannot stop.",
            "A person has a coughing fit.",
        ],
        [
            "A bell rings three times.",
            "A church bell strikes, and then it strikes twice more.",
            "Three slow strokes of a bell.",
        ],
        [
            "A kettle starts to whistle as the water boils.",
            "The whistle of a kettle grows louder and louder: it's tea time!",
            "A kettle whistles on the stove.",
        ],
        [
            "Waves roll onto a beach.",
            "The sea washes over pebbles (and drags them back).",
            "Surf breaks, and gulls cry.",
        ],
        [
            "Two men talk until a woman laughs over them.",
            "A woman's laughter drowns out the talk of two men.",
            "Men are talking; a woman laughs out loud.",
        ],
    ],
)

# Written down once from pycocoevalcap 1.2 (its Java tokenizer and its scorers) on the captions above.
EXPECTED = {
    "bleu_1": 0.6780817190352683,
    "bleu_2": 0.592174988099546,
    "bleu_3": 0.506327290182739,
    "bleu_4": 0.40264332306803047,
    "rouge_l": 0.5171379657315431,
    "cider_d": 1.8925584188977467,
}
EXPECTED_BY_CLIP = {
    "bleu_1": [
        0.8999999999100001,
        0.8187307527504899,
        0.38461538458579886,
        0.3678794409261896,
        1.8315638852103013e-17,
        0.9090909089256201,
    ],
    "bleu_4": [
        0.6580370063974517,
        0.5789300671658841,
        3.057690288182074e-05,
        0.011633369375307054,
        1.0299640631524183e-10,
        0.49616829993596173,
    ],
    "rouge_l": [
        0.7155425219941348,
        0.7155425219941348,
        0.431858407079646,
        0.6288659793814433,
        0.0,
        0.6110183639398998,
    ],
    "cider_d": [
        3.95529434854436,
        2.3378773198885296,
        0.41002810565806824,
        1.7453679638989148,
        0.0,
        2.906782775396608,
    ],
}
EXPECTED_METEOR = 0.3638589783053953
EXPECTED_METEOR_BY_CLIP = [
    0.544209755399708,
    0.4360070399592863,
    0.23561593770175526,
    0.32253203916506945,
    0.0,
    0.44885029198105486,
]

PUBLISHED_BY_CLIP = ("bleu_1", "bleu_2", "bleu_3", "bleu_4", "rouge_l", "meteor", "cider_d")

needs_java = pytest.mark.skipif(shutil.which("java") is None, reason="no Java runtime")


@pytest.fixture(scope="module", params=["conette_clotho_eval", "conette_audiocaps_test"])
def published(request: pytest.FixtureRequest, shared: Path) -> Published:
    clips = json.loads((shared / "reference" / f"{request.param}.json").read_text(encoding="utf-8"))
    scores = clips.pop("_published")
    return Published(
        candidates=[clip["candidate"] for clip in clips.values()],
        references=[clip["references"] for clip in clips.values()],
        scores=scores,
        per_clip={name: [clip["metrics"][name] for clip in clips.values()] for name in PUBLISHED_BY_CLIP},
    )


@pytest.mark.parametrize("name", EXPECTED)
def test_the_example_scores_as_in_the_reference_evaluation(name: str) -> None:
    found = score_corpus(EXAMPLE.candidates, EXAMPLE.references, QUICK)
    assert found.scores[name] == pytest.approx(EXPECTED[name], abs=1e-12)
    if name in EXPECTED_BY_CLIP:
        assert found.per_clip[name] == pytest.approx(EXPECTED_BY_CLIP[name], abs=1e-12)


@pytest.mark.java
@pytest.mark.slow
@needs_java
def test_the_example_has_the_meteor_of_the_reference_evaluation() -> None:
    pytest.importorskip("pycocoevalcap.meteor.meteor")
    found = score_corpus(EXAMPLE.candidates, EXAMPLE.references, ["meteor"])
    assert found.scores["meteor"] == pytest.approx(EXPECTED_METEOR, abs=1e-12)
    assert found.per_clip["meteor"] == pytest.approx(EXPECTED_METEOR_BY_CLIP, abs=1e-12)


def test_published_scores_come_out_to_nine_digits(published: Published) -> None:
    # Those figures were counted on words split at spaces: "woman's" is one word there.
    found = score_corpus(published.candidates, published.references, QUICK, tokenize=str.split)
    for name in EXPECTED:
        assert found.scores[name] == pytest.approx(published.scores[name], abs=1e-9), name
        assert found.per_clip[name] == pytest.approx(published.per_clip[name], abs=1e-9), name
    assert found.scores["vocabulary"] == published.scores["vocab_len.cands"]


@pytest.mark.java
@pytest.mark.slow
@needs_java
def test_published_meteor_comes_out_to_nine_digits(published: Published) -> None:
    pytest.importorskip("pycocoevalcap.meteor.meteor")
    found = score_corpus(published.candidates, published.references, ["meteor"], tokenize=str.split)
    assert found.scores["meteor"] == pytest.approx(published.scores["meteor"], abs=1e-9)
    assert found.per_clip["meteor"] == pytest.approx(published.per_clip["meteor"], abs=1e-9)


def test_capitals_and_punctuation_change_no_score() -> None:
    plain = [caption.lower().rstrip(".") for caption in EXAMPLE.candidates]
    assert score_corpus(plain, EXAMPLE.references, QUICK) == score_corpus(EXAMPLE.candidates, EXAMPLE.references, QUICK)


def test_what_cannot_be_computed_says_why_and_has_no_score() -> None:
    found = score_corpus(EXAMPLE.candidates, EXAMPLE.references, ["spice", "spider", "fense", "cider_d"])
    assert set(found.scores) == {"cider_d"}
    assert "CoreNLP" in found.unavailable["spice"]
    assert "SPICE" in found.unavailable["spider"]
    assert "TinyBERT" in found.unavailable["fense"]


def test_a_metric_that_fails_leaves_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(java.shutil, "which", lambda program: None)
    found = score_corpus(EXAMPLE.candidates, EXAMPLE.references, ["meteor", "rouge_l"])
    assert set(found.scores) == {"rouge_l"}
    assert "Java" in found.unavailable["meteor"]


def test_every_score_has_a_title() -> None:
    found = score_corpus(EXAMPLE.candidates, EXAMPLE.references, QUICK)
    assert set(found.scores) <= set(TITLES)
    assert {metric for metric in DEFAULT if metric != "bleu"} <= set(TITLES)


def test_each_clip_has_its_score_in_the_order_given() -> None:
    found = score_corpus(EXAMPLE.candidates, EXAMPLE.references, QUICK)
    turned = score_corpus(EXAMPLE.candidates[::-1], EXAMPLE.references[::-1], QUICK)
    assert turned.per_clip["cider_d"] == pytest.approx(found.per_clip["cider_d"][::-1], abs=1e-12)


@pytest.mark.parametrize(
    ("candidates", "references", "metrics", "complaint"),
    [
        ([], [], QUICK, "no clips"),
        (["Rain."], [], QUICK, "1 candidates but references for 0 clips"),
        (["Rain."], [[]], QUICK, "clip 0"),
        (["Rain."], ["Rain falls."], QUICK, "clip 0"),
        (["Rain."], [["Rain falls."]], ["blue"], "no metric 'blue'"),
    ],
)
def test_input_that_cannot_be_scored_is_refused(
    candidates: list[str], references: list[list[str]], metrics: list[str], complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint):
        score_corpus(candidates, references, metrics)
