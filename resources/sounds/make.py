"""Make the demo sounds by physics: `python resources/sounds/make.py [FOLDER]` writes them beside this file or there.

No recording is used. Bells are sums of damped modes, rain is a hail of filtered impulses, a siren and birds are gliding
tones, crickets are short pulses, and the speech is espeak-ng's (Debian: `apt-get install espeak-ng`). The samples
depend on nothing but the seeds below and the version of espeak-ng. Needs numpy, scipy, soundfile and soxr.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.signal import butter, fftconvolve, sosfilt

Wave = NDArray[np.float64]

RATE = 44100
CRICKETS = (
    (4350, 0.55, 1.0, 3),
    (4700, 0.62, 0.6, 3),
    (4120, 0.48, 0.5, 4),
    (4900, 0.7, 0.4, 3),
    (4500, 0.51, 0.5, 3),
    (4240, 0.66, 0.4, 4),
)
"""Pitch, Hz; period, s; gain; wing strokes a chirp."""
NOTES = (
    (0.00, 3300, 4600, 0.09, 0),
    (0.13, 4700, 3500, 0.08, 0),
    (0.25, 3300, 4600, 0.09, 0),
    (0.38, 4700, 3500, 0.08, 0),
    (0.52, 5200, 4300, 0.22, 350),
    (0.80, 2700, 3900, 0.06, 0),
    (0.88, 2700, 3900, 0.06, 0),
    (0.96, 2700, 3900, 0.06, 0),
)
"""A verse of the bird: start, s; from and to, Hz; length, s; vibrato, Hz."""


def times(duration_s: float) -> Wave:
    """The seconds of each sample."""
    return np.arange(int(duration_s * RATE)) / RATE


def band(x: Wave, low_hz: float, high_hz: float) -> Wave:
    """Keep what lies between two frequencies (first order, like the damping of air and walls)."""
    return np.asarray(sosfilt(butter(1, [low_hz, high_hz], "bandpass", fs=RATE, output="sos"), x))


def add(y: Wave, x: Wave, start_s: float, gain: float = 1.0) -> None:
    """Add `x` to `y` in place from `start_s` on, as far as `y` reaches."""
    start = int(start_s * RATE)
    part = x[: max(0, len(y) - start)]
    y[start : start + len(part)] += gain * part


def in_room(x: Wave, random: Generator, reverberation_s: float, wet: float, bright_hz: float = 6000.0) -> Wave:
    """Add the diffuse tail of a room: noise that decays by 60 dB in `reverberation_s`."""
    t = times(1.2 * reverberation_s)
    tail = band(random.standard_normal(len(t)) * np.exp(-6.91 * t / reverberation_s), 100.0, bright_hz)
    return np.asarray(x + wet * fftconvolve(x, tail / np.sqrt(np.sum(tail**2)))[: len(x)])


def glide(frequency_hz: Wave) -> Wave:
    """The phase of a tone whose frequency moves."""
    return np.asarray(2 * np.pi * np.cumsum(frequency_hz) / RATE)


def church_bell(random: Generator) -> Wave:
    """Three strokes of one bell: the partials of a minor-third bell, each a pair that beats, decaying one by one."""
    ratios = (0.5, 1.0, 1.183, 1.506, 2.0, 2.514, 2.662, 3.011, 4.166, 5.433, 6.796, 8.215, 9.6, 11.3)
    decays_s = (13.5, 9.0, 7.5, 4.5, 6.75, 3.0, 3.0, 3.75, 3.0, 2.0, 1.35, 0.9, 0.7, 0.5)
    levels = (0.5, 0.7, 0.6, 0.3, 1.0, 0.33, 0.5, 1.1, 1.3, 1.5, 1.5, 1.6, 1.6, 1.6)
    y, t = np.zeros(int(5.5 * RATE)), times(5.5)
    for start_s, gain in ((0.05, 1.0), (1.75, 0.9), (3.45, 1.0)):
        stroke = np.zeros(len(t))
        for ratio, decay_s, level in zip(ratios, decays_s, levels, strict=True):
            for side in (-1.0, 1.0):
                frequency_hz = 520.0 * ratio * (1 + side * random.uniform(0.0006, 0.0009))
                phase = random.uniform(0, 2 * np.pi)
                ring = np.exp(-6.91 * t / decay_s) * np.sin(2 * np.pi * frequency_hz * t + phase)
                stroke += 0.5 * level * random.uniform(0.8, 1.2) * ring
        clapper = random.standard_normal(int(0.03 * RATE)) * np.exp(-times(0.03) / 0.006)
        stroke[: len(clapper)] += 0.35 * band(clapper, 1500.0, 9000.0)
        stroke[:44] *= np.linspace(0, 1, 44)
        add(y, stroke, start_s, gain)
    return in_room(y, random, 1.8, 0.35, 5000.0)


def rain(random: Generator) -> Wave:
    """Steady rain: thousands of drops a second, each an impulse that its surface filters, over a wash of far ones."""
    duration_s = 6.0
    samples = int(duration_s * RATE)
    drops = np.zeros(samples)
    for low_hz, high_hz, rate, gain in ((1500, 9000, 1800, 1.0), (4000, 15000, 3000, 0.8), (600, 3000, 150, 0.9)):
        impulses = np.zeros(samples)
        at = random.integers(0, samples, int(rate * duration_s))
        impulses[at] += random.exponential(1.0, len(at)) ** 1.5 * random.choice([-1.0, 1.0], len(at))
        drops += gain * band(impulses, low_hz, high_hz)
    wash = band(random.standard_normal(samples), 400.0, 12000.0)
    return np.asarray(0.8 * drops / drops.std() + 0.6 * wash / wash.std())


def siren(random: Generator) -> Wave:
    """A wailing siren in a street: a harsh tone gliding up and down, its echoes, and far traffic."""
    t = times(5.0)
    phase = glide(900 - 400 * np.cos(2 * np.pi * t / 3.6))
    harmonics = ((1, 1.0), (2, 0.35), (3, 0.5), (4, 0.15), (5, 0.22), (7, 0.1))
    wail = np.tanh(1.5 * sum(gain * np.sin(number * phase) for number, gain in harmonics))
    street = band(random.standard_normal(len(t)), 60.0, 900.0)
    return in_room(band(wail, 500.0, 5000.0) + 0.3 * street, random, 1.1, 0.5, 3500.0)


def crickets(random: Generator) -> Wave:
    """Six crickets at night: chirps of three or four wing strokes, each cricket with its own pitch and pace."""
    y, t = np.zeros(int(5.0 * RATE)), times(0.017)
    for pitch_hz, period_s, gain, strokes in CRICKETS:
        start_s = random.uniform(0, 0.4)
        swell = np.sin(np.pi * t / 0.017) ** 0.7
        stroke = swell * (np.sin(2 * np.pi * pitch_hz * (1 - 0.7 * t) * t) + 0.08 * np.sin(4 * np.pi * pitch_hz * t))
        while start_s < 4.8:
            for number in range(strokes):
                add(y, stroke, start_s + 0.03 * number, gain * (0.6 + 0.2 * number) * random.uniform(0.9, 1.1))
            start_s += period_s * random.uniform(0.96, 1.05)
    y = in_room(y, random, 0.6, 0.2, 9000.0)
    return np.asarray(y + 0.02 * band(random.standard_normal(len(y)), 100.0, 3000.0))


def bird_song(random: Generator) -> Wave:
    """A bird sings three verses of gliding notes, the second one from further away."""
    y = np.zeros(int(5.0 * RATE))
    for verse_s, gain, pitch in ((0.3, 1.0, 1.0), (2.0, 0.35, 1.15), (2.9, 1.0, 1.0)):
        for start_s, from_hz, to_hz, length_s, vibrato_hz in NOTES:
            t = times(length_s)
            first, last = random.uniform(0.98, 1.02, 2) * pitch * (from_hz, to_hz)
            phase = glide(first + (last - first) * t / length_s + vibrato_hz * np.sin(2 * np.pi * 45 * t))
            note = np.sin(np.pi * t / length_s) ** 0.6 * (np.sin(phase) + 0.06 * np.sin(2 * phase))
            add(y, note, verse_s + start_s, gain * random.uniform(0.7, 1.0))
    y = in_room(y, random, 0.9, 0.25, 9000.0)
    return np.asarray(y + 0.015 * band(random.standard_normal(len(y)), 100.0, 3000.0))


def telephone(random: Generator) -> Wave:
    """An old telephone rings in two bursts: a clapper strikes two gongs in turn, 26 times a second."""
    y, t = np.zeros(int(1.8 * RATE)), times(0.5)
    for number, start_s in enumerate(np.arange(0.05, 1.15, 1 / 26)):
        if not any(burst_s <= start_s < burst_s + 0.45 for burst_s in (0.05, 0.7)):
            continue
        pitch = 1.0 if number % 2 else 1.25
        stroke = np.zeros(len(t))
        for frequency_hz, decay_s, level in ((800, 0.5, 1.0), (1888, 0.35, 0.8), (3200, 0.2, 0.5), (4800, 0.12, 0.25)):
            phase = random.uniform(0, 2 * np.pi)
            stroke += level * np.exp(-6.91 * t / decay_s) * np.sin(2 * np.pi * pitch * frequency_hz * t + phase)
        stroke[:80] += 0.5 * random.standard_normal(80) * np.exp(-np.arange(80) / 15)
        add(y, stroke, start_s)
    return in_room(y, random, 0.4, 0.25, 7000.0)


def spoken(sentence: str) -> Wave:
    """A man's voice by espeak-ng."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "spoken.wav"
        subprocess.run(["espeak-ng", "-v", "en-gb", "-s", "150", "-p", "38", "-w", str(path), sentence], check=True)
        voice, rate = soundfile.read(path)
    return np.asarray(soxr.resample(voice, rate, RATE))


def man_and_telephone(random: Generator) -> Wave:
    """Two sounds in turn: a man says a sentence, and a telephone rings."""
    voice = spoken("Please hold the line.")
    ringing = telephone(random)
    ring_s = len(voice) / RATE + 0.4
    y = np.zeros(int(ring_s * RATE) + len(ringing))
    add(y, in_room(np.pad(voice / np.abs(voice).max(), 4000), random, 0.35, 0.3), 0.0)
    add(y, ringing / np.abs(ringing).max(), ring_s, 0.6)
    return np.asarray(y + 0.001 * random.standard_normal(len(y)))


SOUNDS: tuple[tuple[Callable[[Generator], Wave], int, float], ...] = (  # what, seed, peak
    (bird_song, 4, 0.5),
    (church_bell, 3, 0.7),
    (crickets, 5, 0.5),
    (man_and_telephone, 8, 0.7),
    (rain, 3, 0.3),
    (siren, 3, 0.7),
)


def main() -> int:
    """Write every sound; without espeak-ng the spoken one is left as it is, and that is said."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent
    folder.mkdir(parents=True, exist_ok=True)
    spoken_left_out = shutil.which("espeak-ng") is None
    for sound, seed, peak in SOUNDS:
        if spoken_left_out and sound is man_and_telephone:
            print(f"{sound.__name__}: left as it is; it needs espeak-ng (apt-get install espeak-ng)", file=sys.stderr)
            continue
        samples = sound(np.random.default_rng(seed))
        fade = np.minimum(1.0, np.arange(len(samples))[::-1] / (0.03 * RATE))
        path = folder / f"{sound.__name__}.ogg"
        soundfile.write(path, fade * samples * peak / np.abs(samples).max(), RATE, format="OGG", subtype="VORBIS")
        print(f"{path}: {len(samples) / RATE:.1f} s")
    return int(spoken_left_out)


if __name__ == "__main__":
    sys.exit(main())
