from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from aaccore.data import augment as effects
from aaccore.data.augment import (
    add_noise,
    augment,
    change_gain,
    change_speed,
    colour,
    pad,
    reverberate,
    roughen,
    saturate,
)

RATE = 44_100
Sound = NDArray[np.float32]


@pytest.fixture(scope="module")
def sound() -> Sound:
    """Half a second of noise at -26 dBFS."""
    return (0.05 * np.random.default_rng(0).standard_normal(RATE // 2)).astype(np.float32)


def rms(sound: Sound) -> float:
    return float(np.sqrt((sound.astype(np.float64) ** 2).mean()))


EFFECTS: list[Callable[[Sound, np.random.Generator], Sound]] = [
    change_gain,
    change_speed,
    saturate,
    lambda sound, rng: pad(sound, RATE, rng),
    lambda sound, rng: reverberate(sound, RATE, rng),
    lambda sound, rng: add_noise(sound, RATE, rng),
    lambda sound, rng: colour(sound, RATE, rng),
    lambda sound, rng: augment(sound, RATE, rng),
    lambda sound, rng: roughen(sound, RATE, rng),
]


@pytest.mark.parametrize("effect", EFFECTS)
def test_every_effect_changes_the_sound_and_keeps_it_finite_float32(
    sound: Sound, effect: Callable[[Sound, np.random.Generator], Sound]
) -> None:
    changed = [effect(sound, np.random.default_rng(seed)) for seed in range(8)]
    assert all(one.dtype == np.float32 and one.ndim == 1 and np.isfinite(one).all() for one in changed)
    assert any(len(one) != len(sound) or not np.array_equal(one, sound) for one in changed)


@pytest.mark.parametrize("effect", EFFECTS)
def test_same_state_same_sound(sound: Sound, effect: Callable[[Sound, np.random.Generator], Sound]) -> None:
    np.testing.assert_array_equal(effect(sound, np.random.default_rng(3)), effect(sound, np.random.default_rng(3)))


@pytest.mark.parametrize("effect", EFFECTS)
def test_digital_silence_survives(effect: Callable[[Sound, np.random.Generator], Sound]) -> None:
    changed = effect(np.zeros(2000, np.float32), np.random.default_rng(1))
    assert np.isfinite(changed).all()
    assert rms(changed) < 1e-3


def test_augmented_sounds_stay_within_one(sound: Sound) -> None:
    assert max(np.abs(augment(20 * sound, RATE, np.random.default_rng(seed))).max() for seed in range(40)) <= 1.0


def test_rough_sounds_are_in_louder_noise_and_rooms_than_altered_ones() -> None:
    click = np.zeros(RATE // 2, np.float32)
    click[RATE // 10] = 0.5

    def smeared(effect: Callable[[Sound, int, np.random.Generator], Sound]) -> float:
        """How much of a click's energy is where there was silence, on average, dB."""
        shares = []
        for seed in range(30):
            changed = effect(click, RATE, np.random.default_rng(seed)).astype(np.float64) ** 2
            shares.append(1 - changed[changed.argmax() - 20 : changed.argmax() + 20].sum() / changed.sum())
        return float(10 * np.log10(np.mean(shares)))

    assert smeared(roughen) > smeared(augment) + 1


def test_speed_changes_by_at_most_eight_percent(sound: Sound) -> None:
    ratios = [len(change_speed(sound, np.random.default_rng(seed))) / len(sound) for seed in range(30)]
    assert 0.92 < min(ratios) < 0.97 < 1.03 < max(ratios) < 1.09


def test_noise_is_at_least_five_decibels_below(sound: Sound) -> None:
    for seed in range(20):
        added = add_noise(sound, RATE, np.random.default_rng(seed)) - sound
        assert -36 < 20 * np.log10(rms(added) / rms(sound)) < -4.5


def test_a_limited_band_loses_its_high_frequencies(sound: Sound) -> None:
    limited = colour(sound, RATE, np.random.default_rng(0), tilted=False, limited=True)
    spectrum = np.abs(np.fft.rfft(limited))
    assert (
        spectrum[int(len(spectrum) * 0.9) :].mean()
        < 0.1 * spectrum[int(len(spectrum) * 0.05) : int(len(spectrum) * 0.15)].mean()
    )


def test_colour_keeps_the_level(sound: Sound) -> None:
    assert rms(colour(sound, RATE, np.random.default_rng(2))) == pytest.approx(rms(sound), rel=0.01)


def test_a_room_rings_on_after_the_sound() -> None:
    click = np.zeros(RATE, np.float32)
    click[1000] = 1.0
    wet = reverberate(click, RATE, np.random.default_rng(4))
    assert wet[1000] == pytest.approx(1.0, abs=0.2)
    assert np.abs(wet[:1000]).max() < 1e-4
    assert rms(wet[2500:5000]) > rms(wet[20000:22500])


def test_padding_never_makes_a_sound_too_long(sound: Sound) -> None:
    assert all(len(pad(sound, RATE, np.random.default_rng(seed), 0.6)) <= 0.6 * RATE for seed in range(20))
    long = np.zeros(11 * RATE, np.float32)
    assert len(pad(long, RATE, np.random.default_rng(0))) == len(long)


def test_backgrounds_are_offered_beside_the_effects() -> None:
    assert effects.make_background(np.random.default_rng(0), 0.1, RATE)[0].shape == (RATE // 10,)
