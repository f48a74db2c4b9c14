"""Synthetic quiet, hum, hiss, rumble and tones with truthful, general captions.

They teach a model to say "a faint hum" where it knows no more, and not to hear animals, people or machines in noise.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy.fft
from numpy.typing import NDArray

Sound = NDArray[np.float32]

_TILT = {"white": 0.0, "pink": -0.5, "brown": -1.0}  # exponent of the amplitude over frequency


def coloured_noise(rng: np.random.Generator, samples: int, colour: str) -> Sound:
    """Noise of root mean square 1.

    Args:
        rng: Its state decides the noise.
        samples: Length.
        colour: "white", "pink" (-3 dB an octave) or "brown" (-6 dB an octave).

    Returns:
        (samples,) float32.
    """
    if _TILT[colour] == 0.0:
        return _unit(rng.standard_normal(samples, dtype=np.float32))
    return shaped_noise(rng, samples, lambda position: np.maximum(position, 4e-4) ** _TILT[colour])


def shaped_noise(rng: np.random.Generator, samples: int, shape: Callable[[Sound], NDArray[np.floating]]) -> Sound:
    """Noise whose spectrum is `shape` of the frequency from 0 to 1 (half the sample rate), root mean square 1."""
    size = scipy.fft.next_fast_len(max(samples, 16), real=True)
    bins = size // 2 + 1
    spectrum = rng.standard_normal((bins, 2), dtype=np.float32).view(np.complex64)[:, 0]
    position = np.linspace(0.0, 1.0, bins, dtype=np.float32)
    return _unit(scipy.fft.irfft(spectrum * shape(position).astype(np.float32), size)[:samples])


def hum(rng: np.random.Generator, samples: int, sample_rate: int) -> Sound:
    """Mains hum: 50 or 60 Hz with falling harmonics, root mean square 1, (samples,) float32."""
    pitch = float(rng.choice((50.0, 60.0))) * (2.0 if rng.random() < 0.3 else 1.0)
    time = np.arange(samples, dtype=np.float32) / sample_rate
    sound = np.zeros(samples, np.float32)
    for harmonic in range(1, 2 + int(rng.integers(1, 8))):
        strength = float(rng.uniform(0.2, 1.0)) / harmonic
        sound += strength * np.sin(2 * np.pi * ((pitch * harmonic * time) % 1.0) + float(rng.uniform(0, 6.28)))
    return _unit(sound)


def make_background(
    rng: np.random.Generator, seconds: float, sample_rate: int, level_db: float | None = None, *, plain: bool = False
) -> tuple[Sound, tuple[str, ...]]:
    """Make a sound in which nothing in particular happens.

    Args:
        rng: Decides what it is.
        seconds: Length.
        sample_rate: In Hz.
        level_db: Root mean square in dBFS; None draws -70 to -20.
        plain: Only steady noises that can lie under other sounds.

    Returns:
        The sound, (samples,) float32, and three different captions of it.
    """
    samples = max(16, int(seconds * sample_rate))
    level = float(rng.uniform(-70.0, -20.0)) if level_db is None else level_db
    kinds = _PLAIN if plain else _ALL
    kind = kinds[int(rng.integers(len(kinds)))]
    sound, nouns = kind(rng, samples, sample_rate)
    sound = sound * np.float32(10 ** (level / 20))
    return np.clip(sound, -1.0, 1.0), _captions(rng, nouns, level)


def _unit(sound: NDArray[np.floating]) -> Sound:
    return (sound / max(1e-12, float(np.sqrt((sound**2).mean())))).astype(np.float32)


def _silence(rng: np.random.Generator, samples: int, sample_rate: int) -> tuple[Sound, tuple[str, ...]]:
    """Digital silence with at most rounding noise, whatever level was asked for."""
    strength = 0.0 if rng.random() < 0.5 else 1e-4
    return (rng.standard_normal(samples, dtype=np.float32) * np.float32(strength)), ()


def _room(rng: np.random.Generator, samples: int, sample_rate: int) -> tuple[Sound, tuple[str, ...]]:
    steep = float(rng.uniform(0.6, 1.4))
    sound = shaped_noise(rng, samples, lambda position: np.maximum(position, 1e-3) ** -steep)
    return sound, ("background noise", "room noise", "noise", "steady noise in a room")


def _hiss(rng: np.random.Generator, samples: int, sample_rate: int) -> tuple[Sound, tuple[str, ...]]:
    low = float(rng.uniform(0.02, 0.3))
    sound = shaped_noise(rng, samples, lambda position: (position / (position + low)) ** 2)
    return sound, ("hiss", "even hiss", "hissing noise", "hiss of noise")


def _white(rng: np.random.Generator, samples: int, sample_rate: int) -> tuple[Sound, tuple[str, ...]]:
    colour = str(rng.choice(("white", "pink")))
    nouns = ("rush of noise", "steady noise", f"{colour} noise", "even rushing noise")
    return coloured_noise(rng, samples, colour), nouns


def _rumble(rng: np.random.Generator, samples: int, sample_rate: int) -> tuple[Sound, tuple[str, ...]]:
    edge = float(rng.uniform(50.0, 200.0)) / (sample_rate / 2)
    sound = shaped_noise(rng, samples, lambda position: 1.0 / (1.0 + (position / edge) ** 4))
    return sound, ("low rumble", "deep rumble", "rumbling noise", "dull rumble")


def _hum(rng: np.random.Generator, samples: int, sample_rate: int) -> tuple[Sound, tuple[str, ...]]:
    noise = coloured_noise(rng, samples, "pink") * np.float32(rng.uniform(0.0, 0.5))
    return _unit(hum(rng, samples, sample_rate) + noise), ("hum", "low hum", "steady hum", "even humming noise")


def _static(rng: np.random.Generator, samples: int, sample_rate: int) -> tuple[Sound, tuple[str, ...]]:
    clicks = rng.standard_normal(samples, dtype=np.float32) * (
        rng.random(samples, dtype=np.float32) < rng.uniform(5e-4, 5e-3)
    )
    sound = 3.0 * _unit(clicks + 1e-6) + float(rng.uniform(0.3, 1.5)) * coloured_noise(rng, samples, "white")
    return _unit(sound), ("crackle of static", "static noise", "crackling static", "noise with small crackles")


def _waves(rng: np.random.Generator, samples: int, sample_rate: int) -> tuple[Sound, tuple[str, ...]]:
    """Low-passed noise that swells and falls slowly."""
    edge = float(rng.uniform(150.0, 900.0)) / (sample_rate / 2)
    sound = shaped_noise(rng, samples, lambda position: 1.0 / (1.0 + (position / edge) ** 2))
    points = rng.uniform(-14.0, 0.0, max(3, int(samples / sample_rate * rng.uniform(0.5, 1.2)) + 2))
    swell_db = np.interp(np.linspace(0, len(points) - 1, samples), np.arange(len(points)), points)
    nouns = ("noise that swells and falls", "rushing noise that comes and goes", "uneven rush of air or noise")
    return _unit(sound * 10 ** (swell_db / 20)), nouns


def _tone(rng: np.random.Generator, samples: int, sample_rate: int) -> tuple[Sound, tuple[str, ...]]:
    pitch = float(np.exp(rng.uniform(np.log(80.0), np.log(6000.0))))
    height = "low" if pitch < 300 else "high" if pitch > 1200 else "steady"
    time = np.arange(samples) / sample_rate
    nouns = (f"{height} tone", f"{height} electronic tone", f"single {height} tone", f"pure, {height} tone")
    return _unit(np.sin(2 * np.pi * pitch * time)), nouns


def _sweep(rng: np.random.Generator, samples: int, sample_rate: int) -> tuple[Sound, tuple[str, ...]]:
    ends = np.exp(rng.uniform(np.log(100.0), np.log(5000.0), 2))
    if 0.8 < ends[1] / ends[0] < 1.25:
        ends[1] = ends[0] * 2.0
    pitch = np.geomspace(ends[0], ends[1], samples)
    way = "rising" if ends[1] > ends[0] else "falling"
    nouns = (f"{way} tone", f"{way} electronic tone", f"tone that is {way} in pitch")
    return _unit(np.sin(2 * np.pi * np.cumsum(pitch) / sample_rate)), nouns


_PLAIN = (_room, _hiss, _white, _rumble, _hum)
_ALL = (
    _silence,
    _room,
    _room,
    _hiss,
    _hiss,
    _white,
    _white,
    _rumble,
    _rumble,
    _hum,
    _hum,
    _static,
    _waves,
    _tone,
    _sweep,
)

_OF_SILENCE = (
    "Silence.",
    "Nothing can be heard.",
    "It is silent.",
    "There is nothing to hear.",
    "Almost complete silence.",
    "No sound at all.",
)
_FRAMES = (
    "{A} {size}{noun}.",
    "{A} {size}{noun}.",
    "{A} {size}{noun} is heard.",
    "{A} {size}{noun} in the background.",
    "Nothing but {a} {size}{noun}.",
    "{A} {size}{noun} goes on evenly.",
    "There is {a} {size}{noun} and nothing else.",
    "{A} {size}{noun} can be heard.",
)
_MASS = ("noise", "static", "hiss of noise")


def _captions(rng: np.random.Generator, nouns: tuple[str, ...], level_db: float) -> tuple[str, ...]:
    if not nouns:
        return tuple(str(text) for text in rng.choice(_OF_SILENCE, 3, replace=False))
    sizes = (
        ("very faint", "faint", "barely audible")
        if level_db < -55
        else ("faint", "quiet", "soft")
        if level_db < -40
        else ("", "", "soft")
    )
    found: dict[str, None] = {}
    while len(found) < 3:
        noun = nouns[int(rng.integers(len(nouns)))]
        size = sizes[int(rng.integers(len(sizes)))]
        frame = _FRAMES[int(rng.integers(len(_FRAMES)))]
        if ("evenly" in frame and ("even" in noun or " that " in noun)) or (" that " in noun and "is heard" in frame):
            continue
        found[_sentence(frame, size + " " if size else "", noun)] = None
    return tuple(found)


def _sentence(frame: str, size: str, noun: str) -> str:
    mass = (
        noun.split(" that ")[0].split(" with ")[0].split(" in ")[0].endswith(("noise", "static")) and " of " not in noun
    )
    article = "" if mass else "an " if (size + noun)[0] in "aeiou" else "a "
    text = frame.replace("{A} ", article).replace("{a} ", article).format(size=size, noun=noun)
    return text[0].upper() + text[1:]
