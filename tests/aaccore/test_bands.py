"""Bands: told by a few traits of a caption, and by numbers that a model folder may hold."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from aaccore.bands import TRAITS, Calibration, checked, traits
from aaccore.config import Network
from aaccore.errors import ConfigError
from aaccore.events import Candidate
from aaccore.tokenizer import Tokenizer
from aaccore.word_times import meanings

TOKENIZER = Tokenizer.train(["A dog barks while rain falls."])
KNOWN = meanings(TOKENIZER, Network(labels=("dog", "rain"), tags=("barking",)))
FOUND = (-0.5, 0.1, 2.0, 3.0, -4.0, 5.0, 6.0)
CALIBRATION = Calibration(weights=(1.0, *[0.0] * (len(TRAITS) - 1)), bias=0.0, sure=0.8, likely=0.6)


def said(words: str, log_probability: float = -0.5) -> Candidate:
    tokens = tuple(TOKENIZER.ids(words))
    return Candidate(TOKENIZER.decode(tokens), log_probability, tokens, tuple(TOKENIZER.words(tokens)))


@pytest.mark.parametrize(("trait", "band"), [(2.0, "sure"), (1.0, "likely"), (0.0, "guess"), (-1e9, "guess")])
def test_a_probable_caption_is_sure_and_an_improbable_one_a_guess(trait: float, band: str) -> None:
    assert CALIBRATION.band((trait, *FOUND[1:])) == band


def test_traits_tell_how_well_the_label_head_supports_what_is_said() -> None:
    told = traits([said("dog barks"), said("rain", -0.8)], torch.tensor([0.9, 0.2, 0.5]), KNOWN)
    found = dict(zip(TRAITS, told, strict=True))
    assert found["log probability"] == -0.5
    assert found["lead"] == pytest.approx(0.3)
    assert found["least support"] == pytest.approx(0.0)  # "barks": 0.5
    assert found["mean support"] == pytest.approx(math.log(9) / 2)  # and "dog": 0.9
    assert found["surest left out"] == pytest.approx(math.log(0.25))  # rain
    assert found["gap"] == pytest.approx(math.log(9) - math.log(0.25))
    assert found["words"] == 2


def test_a_caption_that_names_no_known_sound_has_the_least_support() -> None:
    found = dict(zip(TRAITS, traits([said("a while")], torch.tensor([0.9, 0.2, 0.5]), KNOWN), strict=True))
    assert found["least support"] == found["mean support"] == pytest.approx(math.log(0.01 / 0.99))


@pytest.mark.parametrize(
    "changed",
    [
        {"weights": (1.0,)},
        {"weights": (math.nan,) * len(TRAITS)},
        {"weights": (math.inf,) * len(TRAITS)},
        {"bias": math.nan},
        {"bias": math.inf},
        {"sure": -0.1},
        {"sure": 2.0},
        {"likely": 0.9},
        {"likely": math.nan},
    ],
)
def test_numbers_that_tell_no_band_are_refused(changed: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        checked(replace(CALIBRATION, **changed))  # type: ignore[arg-type]
