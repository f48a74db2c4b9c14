"""The scores of a whole split: every metric that can be computed, and for the others the reason why not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from aaccore.errors import MetricUnavailable
from aaccore.metrics.bleu import bleu
from aaccore.metrics.cider_d import cider_d
from aaccore.metrics.meteor import meteor
from aaccore.metrics.rouge_l import rouge_l
from aaccore.metrics.sbert import sbert_sim
from aaccore.metrics.spice import spice
from aaccore.metrics.tokens import ptb_tokens
from aaccore.metrics.vocabulary import vocabulary

TITLES = {
    "bleu_1": "BLEU-1",
    "bleu_2": "BLEU-2",
    "bleu_3": "BLEU-3",
    "bleu_4": "BLEU-4",
    "rouge_l": "ROUGE-L",
    "meteor": "METEOR",
    "cider_d": "CIDEr-D",
    "spice": "SPICE",
    "spider": "SPIDEr",
    "sbert_sim": "SBERT-sim (MiniLM)",
    "fense": "FENSE",
    "vocabulary": "words used",
}
"""How each score is called in reports, in their order."""

QUICK = ("bleu", "rouge_l", "cider_d", "vocabulary")
"""What a thousand clips take a second or two for: fit for every epoch of a training."""

DEFAULT = ("bleu", "rouge_l", "meteor", "cider_d", "spice", "spider", "sbert_sim", "fense", "vocabulary")
"""What the field reports; METEOR and SBERT-sim take most of a minute for a thousand clips, SPICE several."""

_NEVER = {
    "fense": "FENSE needs paraphrase-TinyBERT-L6-v2 and its error detector, which can not be installed as packages; "
    "SBERT-sim (MiniLM) is the nearest there is",
}


@dataclass(frozen=True)
class CorpusScores:
    """What `score_corpus` found.

    Attributes:
        scores: The corpus's scores by name ("bleu_1", "cider_d"); see `TITLES`.
        per_clip: For the scores a clip has of its own, one value a clip, in the order given.
        unavailable: For each metric asked for that could not be computed, the reason.
    """

    scores: dict[str, float]
    per_clip: dict[str, list[float]]
    unavailable: dict[str, str]


@dataclass(frozen=True)
class _Captions:
    """Candidates and references as sentences and as tokens."""

    candidates: Sequence[str]
    references: Sequence[Sequence[str]]
    candidate_tokens: list[Sequence[str]]
    reference_tokens: list[list[Sequence[str]]]


_Scores = dict[str, tuple[float, list[float] | None]]


def score_corpus(
    candidates: Sequence[str],
    references: Sequence[Sequence[str]],
    metrics: Sequence[str] = DEFAULT,
    tokenize: Callable[[str], Sequence[str]] = ptb_tokens,
) -> CorpusScores:
    """Score one candidate a clip against the clip's references.

    Args:
        candidates: One caption a clip, as written.
        references: For each clip its references, at least one.
        metrics: Which to compute, from `DEFAULT`.
        tokenize: From a sentence to its tokens; `str.split` for captions that were tokenized before.

    Returns:
        The scores, clip by clip where there are such, and the reasons for those that are missing.

    Raises:
        ValueError: No clips, a clip without references, lengths that differ, or a metric that does not exist.
    """
    _check(candidates, references, metrics)
    captions = _Captions(
        candidates,
        references,
        [tokenize(candidate) for candidate in candidates],
        [[tokenize(reference) for reference in clip] for clip in references],
    )
    scores: dict[str, float] = {}
    per_clip: dict[str, list[float]] = {}
    unavailable: dict[str, str] = {}
    for metric in metrics:
        if metric in _NEVER:
            unavailable[metric] = _NEVER[metric]
            continue
        try:
            found = _METRICS[metric](captions)
        except MetricUnavailable as error:
            unavailable[metric] = str(error)
            continue
        for name, (score, by_clip) in found.items():
            scores[name] = score
            if by_clip is not None:
                per_clip[name] = by_clip
    return CorpusScores(scores, per_clip, unavailable)


def _check(candidates: Sequence[str], references: Sequence[Sequence[str]], metrics: Sequence[str]) -> None:
    if not candidates:
        raise ValueError("no clips to score")
    if len(candidates) != len(references):
        raise ValueError(f"{len(candidates)} candidates but references for {len(references)} clips")
    for i, clip in enumerate(references):
        if not clip or isinstance(clip, str):
            raise ValueError(f"clip {i} needs a list of references, not {clip!r}")
    for metric in metrics:
        if metric not in _METRICS and metric not in _NEVER:
            raise ValueError(f"no metric {metric!r}; there are {', '.join(DEFAULT)}")


def _bleu(captions: _Captions) -> _Scores:
    corpus, by_clip = bleu(captions.candidate_tokens, captions.reference_tokens)
    return {f"bleu_{n}": scores for n, scores in enumerate(zip(corpus, by_clip, strict=True), start=1)}


def _rouge_l(captions: _Captions) -> _Scores:
    by_clip = [rouge_l(*clip) for clip in zip(captions.candidate_tokens, captions.reference_tokens, strict=True)]
    return {"rouge_l": (sum(by_clip) / len(by_clip), by_clip)}


def _meteor(captions: _Captions) -> _Scores:
    return {"meteor": meteor(captions.candidate_tokens, captions.reference_tokens)}


def _cider_d(captions: _Captions) -> _Scores:
    return {"cider_d": cider_d(captions.candidate_tokens, captions.reference_tokens)}


def _spice(captions: _Captions) -> _Scores:
    return {"spice": spice(captions.candidate_tokens, captions.reference_tokens)}


def _spider(captions: _Captions) -> _Scores:
    try:
        of_graphs, graphs_by_clip = spice(captions.candidate_tokens, captions.reference_tokens)
    except MetricUnavailable as error:
        raise MetricUnavailable(f"SPIDEr is the mean of CIDEr-D and SPICE, and {error}") from error
    of_words, words_by_clip = cider_d(captions.candidate_tokens, captions.reference_tokens)
    by_clip = [(a + b) / 2 for a, b in zip(words_by_clip, graphs_by_clip, strict=True)]
    return {"spider": ((of_words + of_graphs) / 2, by_clip)}


def _sbert_sim(captions: _Captions) -> _Scores:
    return {"sbert_sim": sbert_sim(captions.candidates, captions.references)}


def _vocabulary(captions: _Captions) -> _Scores:
    return {"vocabulary": (float(vocabulary(captions.candidate_tokens)), None)}


_METRICS: dict[str, Callable[[_Captions], _Scores]] = {
    "bleu": _bleu,
    "rouge_l": _rouge_l,
    "meteor": _meteor,
    "cider_d": _cider_d,
    "spice": _spice,
    "spider": _spider,
    "sbert_sim": _sbert_sim,
    "vocabulary": _vocabulary,
}
