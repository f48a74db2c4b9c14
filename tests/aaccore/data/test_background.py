from __future__ import annotations

import re

import numpy as np
import pytest

from aaccore.data.background import coloured_noise, hum, make_background, shaped_noise

RATE = 16_000
CLAIMS = re.compile(
    r"\b(dogs?|cats?|birds?|insects?|animals?|man|woman|person|someone|voices?|engines?|motors?|machines?|vehicles?|cars?|planes?"
    r"|wind|rain|water|fans?|fridge|footsteps|music)\b"
)


def level_db(sound: np.ndarray[tuple[int], np.dtype[np.float32]]) -> float:
    return float(10 * np.log10((sound.astype(np.float64) ** 2).mean() + 1e-20))


@pytest.mark.parametrize(("colour", "octave_db"), [("white", 0.0), ("pink", -3.0), ("brown", -6.0)])
def test_noise_has_its_colour_and_level(colour: str, octave_db: float) -> None:
    noise = coloured_noise(np.random.default_rng(0), 1 << 16, colour)
    power = np.abs(np.fft.rfft(noise)) ** 2
    low, high = power[1000:2000].mean(), power[8000:16000].mean()
    assert 10 * np.log10(high / low) / 3 == pytest.approx(octave_db, abs=0.4)
    assert level_db(noise) == pytest.approx(0.0, abs=0.01)


def test_shaped_noise_follows_its_shape() -> None:
    noise = shaped_noise(np.random.default_rng(0), 1 << 14, lambda position: np.asarray(position < 0.5, np.float32))
    power = np.abs(np.fft.rfft(noise)) ** 2
    assert power[: len(power) // 2 - 8].mean() > 1e4 * power[len(power) // 2 + 8 :].mean()


def test_hum_stands_on_a_mains_frequency() -> None:
    sound = hum(np.random.default_rng(1), RATE, RATE)
    strongest = np.argsort(np.abs(np.fft.rfft(sound)))[-1]
    assert strongest % 50 == 0 or strongest % 60 == 0


def test_backgrounds_have_the_level_asked_for() -> None:
    for seed in range(30):
        sound, captions = make_background(np.random.default_rng(seed), 1.0, RATE, level_db=-40.0)
        if not any(
            "ilen" in text or "othing can" in text or "o hear" in text or "No sound" in text for text in captions
        ):
            assert level_db(sound) == pytest.approx(-40.0, abs=0.3)


def test_backgrounds_claim_no_animal_person_or_machine() -> None:
    texts = {text for seed in range(300) for text in make_background(np.random.default_rng(seed), 0.05, RATE)[1]}
    assert len(texts) > 150
    for text in texts:
        assert not CLAIMS.search(text.lower()), text
        assert re.fullmatch(r"[A-Z][a-z ,-]+\.", text), text
        assert not re.search(r"\b(\w+) \1\b|\b[Aa] [aeiou]|  ", text), text


def test_a_background_has_three_different_captions() -> None:
    for seed in range(60):
        assert len(set(make_background(np.random.default_rng(seed), 0.05, RATE)[1])) == 3


def test_only_faint_backgrounds_are_called_faint() -> None:
    for seed in range(60):
        loud = make_background(np.random.default_rng(seed), 0.05, RATE, level_db=-22.0)[1]
        assert not any("faint" in text.lower() or "barely" in text.lower() for text in loud)


def test_captions_do_not_depend_on_the_sample_rate_in_kind() -> None:
    for seed in range(40):
        slow = make_background(np.random.default_rng(seed), 0.5, 8000)[1]
        fast = make_background(np.random.default_rng(seed), 0.5, 44_100)[1]
        kinds = ("hum", "hiss", "rumb", "tone", "static", "crackl", "noise", "ilen", "hear")
        assert any(all(any(kind in text for text in texts) for texts in (slow, fast)) for kind in kinds)
