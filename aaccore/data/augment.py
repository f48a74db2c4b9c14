"""Changes to a sound that leave its caption true: other microphones, rooms, levels, codecs and speeds.

Every effect takes (samples,) float32 and a random generator that decides how strong it is, and returns the same kind.
"""

from __future__ import annotations

import numpy as np
import scipy.fft
import soxr
from numpy.typing import NDArray

from aaccore.data.background import coloured_noise, hum, make_background

__all__ = ["augment", "make_background", "roughen"]

Sound = NDArray[np.float32]


def augment(sound: Sound, sample_rate: int, rng: np.random.Generator, longest_s: float = 10.0) -> Sound:
    """Apply a random choice of the effects below, in the order in which a real recording meets them.

    Args:
        sound: (samples,) float32.
        sample_rate: In Hz.
        rng: Decides which effects and how strong; the same state gives the same sound.
        longest_s: Padding never makes it longer than this.

    Returns:
        (samples,) float32 within -1 and 1, a little longer or shorter where speed, room or padding changed it.
    """
    if rng.random() < 0.4:
        sound = change_speed(sound, rng)
    if rng.random() < 0.25:
        sound = pad(sound, sample_rate, rng, longest_s)
    if rng.random() < 0.4:
        sound = reverberate(sound, sample_rate, rng)
    if rng.random() < 0.45:
        sound = add_noise(sound, sample_rate, rng)
    tilted, limited = rng.random() < 0.4, rng.random() < 0.35
    if tilted or limited:
        sound = colour(sound, sample_rate, rng, tilted=tilted, limited=limited)
    if rng.random() < 0.12:
        sound = saturate(sound, rng)
    return change_gain(sound, rng)


def roughen(sound: Sound, sample_rate: int, rng: np.random.Generator) -> Sound:
    """Put a sound into a loud room, loud noise or both, so that it is hard to tell from others.

    Args:
        sound: (samples,) float32.
        sample_rate: In Hz.
        rng: Decides how strong; the same state gives the same sound.

    Returns:
        (samples,) float32 within -1 and 1, a little longer or shorter.
    """
    if rng.random() < 0.3:
        sound = change_speed(sound, rng)
    place = rng.random()
    if place < 0.6:
        sound = reverberate(sound, sample_rate, rng, below_db=(-3.0, 9.0))
    if place > 0.5:
        sound = add_noise(sound, sample_rate, rng, below_db=(3.0, 18.0))
    if rng.random() < 0.3:
        sound = colour(sound, sample_rate, rng, tilted=rng.random() < 0.7, limited=rng.random() < 0.5)
    return change_gain(sound, rng)


def change_gain(sound: Sound, rng: np.random.Generator) -> Sound:
    """Another level, -24 to +6 dB, kept from clipping."""
    louder = sound * np.float32(10 ** (rng.uniform(-24.0, 6.0) / 20))
    return louder / max(1.0, float(np.abs(louder).max(initial=0.0)))


def change_speed(sound: Sound, rng: np.random.Generator) -> Sound:
    """Up to 8 % faster and higher or slower and lower, by resampling."""
    return np.asarray(soxr.resample(sound, 1000, 1000 * float(rng.uniform(0.92, 1.08)), quality="LQ"), np.float32)


def pad(sound: Sound, sample_rate: int, rng: np.random.Generator, longest_s: float = 10.0) -> Sound:
    """Up to 2 s of digital silence before and after, as far as `longest_s` allows."""
    room = max(0.0, min(2.0, longest_s - len(sound) / sample_rate))
    before, after = (int(part * sample_rate) for part in rng.uniform(0.0, 0.5 * room, 2))
    return np.pad(sound, (before, after))


def reverberate(
    sound: Sound, sample_rate: int, rng: np.random.Generator, below_db: tuple[float, float] = (0.0, 18.0)
) -> Sound:
    """A room: exponentially decaying noise (60 dB in 0.15 to 1 s), so much weaker than the direct sound.

    High frequencies of the tail are dulled; the tail is cut at the end of the sound plus a third of its length.
    """
    decay_s = float(rng.uniform(0.15, 1.0))
    length = int(decay_s * sample_rate)
    time = np.arange(length, dtype=np.float32) / np.float32(sample_rate)
    tail = rng.standard_normal(length, dtype=np.float32) * np.exp(-6.9 / decay_s * time, dtype=np.float32)
    tail[: int(rng.uniform(0.002, 0.02) * sample_rate)] = 0.0
    size = scipy.fft.next_fast_len(len(sound) + length, real=True)
    response = scipy.fft.rfft(tail, size)
    dull = float(rng.uniform(2000.0, 12000.0)) * 2 / sample_rate
    response /= 1.0 + (np.linspace(0, 1, len(response), dtype=np.float32) / np.float32(dull)) ** 2
    energy = float(np.sqrt((np.abs(response) ** 2).mean()))
    weaker_db = float(rng.uniform(*below_db))
    response = 1.0 + response * np.float32(10 ** (-weaker_db / 20) / max(energy, 1e-9))
    wet = scipy.fft.irfft(scipy.fft.rfft(sound, size) * response, size)
    return np.asarray(wet[: len(sound) + length // 3], np.float32)


def add_noise(
    sound: Sound, sample_rate: int, rng: np.random.Generator, below_db: tuple[float, float] = (5.0, 35.0)
) -> Sound:
    """White, pink or brown noise or mains hum, so much weaker than the sound."""
    kind = str(rng.choice(("white", "pink", "pink", "brown", "hum")))
    noise = hum(rng, len(sound), sample_rate) if kind == "hum" else coloured_noise(rng, len(sound), kind)
    rms = float(np.sqrt((sound**2).mean())) if len(sound) else 0.0
    return sound + noise * np.float32(rms * 10 ** (-rng.uniform(*below_db) / 20))


def colour(
    sound: Sound, sample_rate: int, rng: np.random.Generator, *, tilted: bool = True, limited: bool = True
) -> Sound:
    """Another microphone or codec: a tilt of up to 3 dB an octave with a broad bump, a band from telephone to 12 kHz.

    Args:
        sound: (samples,) float32.
        sample_rate: In Hz.
        rng: Decides how strong.
        tilted: Whether to tilt and bump the spectrum.
        limited: Whether to limit the band.
    """
    size = scipy.fft.next_fast_len(max(16, len(sound)), real=True)
    spectrum = scipy.fft.rfft(sound, size)
    # The curve is smooth: it is computed on a coarse grid of octaves and read off between.
    grid = np.geomspace(20.0, sample_rate / 2, 200)
    octaves = np.log2(grid / 1000.0)
    curve_db = np.zeros_like(grid)
    if tilted:
        curve_db += rng.uniform(-3.0, 3.0) * octaves
        curve_db += rng.uniform(-8.0, 8.0) * np.exp(-((octaves - rng.uniform(-3.0, 3.5)) ** 2))
    if limited:
        high = float(rng.choice((3400.0, 4000.0, 5500.0, 7000.0, 8000.0, 11000.0, 12000.0)))
        low = float(rng.uniform(20.0, 300.0))
        curve_db -= 40.0 * np.clip(np.log2(grid / high), 0.0, 2.0) * 2 + 18.0 * np.clip(np.log2(low / grid), 0.0, 4.0)
    curve = np.interp(np.linspace(0, sample_rate / 2, len(spectrum)), grid, 10 ** (np.clip(curve_db, -90.0, 24.0) / 20))
    coloured = scipy.fft.irfft(spectrum * curve.astype(np.float32), size)[: len(sound)]
    before, after = (float(np.sqrt((part**2).mean())) if len(part) else 0.0 for part in (sound, coloured))
    return (coloured * np.float32(before / max(after, 1e-9))).astype(np.float32) if after > 0.02 * before else sound


def saturate(sound: Sound, rng: np.random.Generator) -> Sound:
    """A microphone driven a little too hard: soft saturation, or clipping of the highest peaks."""
    peak = float(np.abs(sound).max(initial=0.0))
    if peak == 0.0:
        return sound
    if rng.random() < 0.5:
        drive = float(rng.uniform(1.0, 3.0))
        return np.asarray(np.tanh(sound * (drive / peak)) * (peak / np.tanh(drive)), np.float32)
    edge = peak * float(rng.uniform(0.3, 0.8))
    return np.asarray(np.clip(sound, -edge, edge), np.float32)
