from __future__ import annotations

import torch

from aaccore.events import Candidate
from aaccore.reranking import agreement, log_odds, reranked, support
from aaccore.word_times import Meanings

DOG, RAIN, WOOD, AND = 0, 1, 2, 3
KNOWN = Meanings(
    silent=torch.tensor([False, False, False, True]),
    rows=torch.tensor([[True, False, False], [False, True, False], [False, False, True], [False, False, False]]),
    labels=3,
)


def said(log_probability: float, *tokens: int) -> Candidate:
    return Candidate(" ".join(map(str, tokens)), log_probability, tokens)


def test_a_caption_that_names_what_is_there_beats_one_that_reads_better() -> None:
    labels = torch.tensor([0.9, 0.1, 0.02])
    rain, dog = said(-0.9, RAIN), said(-1.2, DOG)
    assert reranked([rain, dog], labels, KNOWN, 1.0) == [dog, rain]
    assert reranked([rain, dog], labels, KNOWN, 0.0) == [rain, dog]


def test_a_second_sound_that_is_not_there_costs() -> None:
    labels = torch.tensor([0.9, 0.05, 0.01])
    assert agreement((DOG,), labels, KNOWN) > agreement((DOG, AND, WOOD), labels, KNOWN)


def test_a_second_sound_that_is_there_pays() -> None:
    labels = torch.tensor([0.9, 0.8, 0.01])
    assert agreement((DOG, AND, RAIN), labels, KNOWN) > agreement((DOG,), labels, KNOWN)


def test_support_is_told_by_the_words_that_name_sounds() -> None:
    labels = torch.tensor([0.9, 0.5, 0.2])
    least, mean, left_out = support((DOG, AND, RAIN), labels, KNOWN)
    assert (least, left_out) == (log_odds(0.5), log_odds(float(labels[2])))
    assert abs(mean - (log_odds(float(labels[0])) + log_odds(0.5)) / 2) < 1e-9


def test_a_caption_without_any_sound_has_no_support() -> None:
    labels = torch.tensor([0.9, 0.5, 0.2])
    assert support((AND,), labels, KNOWN)[:2] == (log_odds(0.0), log_odds(0.0))
    assert support((), labels, KNOWN)[2] == log_odds(float(labels[0]))


def test_captions_that_agree_alike_keep_their_order() -> None:
    labels = torch.tensor([0.9, 0.1, 0.1])
    both = [said(-1.0, DOG), said(-1.1, DOG, AND)]
    assert reranked(both, labels, KNOWN, 1.0) == both
