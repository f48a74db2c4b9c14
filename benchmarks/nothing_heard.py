"""Two hundred sounds in which nothing happens, and which of their captions claim that something does.

Silences, hums, room tones and noises of -70 to -20 dBFS, made from a seed and by recipes of their own: nothing here is
shared with the backgrounds that models are trained on. A caption is a false alarm when it names an animal, a person, an
engine or a machine by any word of the lists below ("a fan hums" over noise like a fan's counts too).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

SAMPLE_RATE = 44100
QUIETEST_DB, LOUDEST_DB = -70.0, -20.0

Samples = NDArray[np.float64]
Recipe = Callable[[np.random.Generator, int], Samples]

GROUPS = {
    "animal": """animal creature beast bird songbird birdsong birdcall sparrow blackbird thrush lark quail crow raven
        owl pigeon dove gull seagull duck goose geese swan hen chicken rooster cock turkey parrot woodpecker cuckoo
        robin finch canary peacock eagle hawk dog puppy hound cat kitten cow calf cattle bull ox pig piglet hog boar
        sheep lamb goat horse pony donkey mule camel deer elephant lion tiger bear wolf wolves fox monkey ape gorilla
        mouse mice rat squirrel hamster rabbit bat snake frog toad lizard fish whale dolphin insect bug cricket cicada
        grasshopper bee wasp hornet mosquito beetle moth housefly chirp tweet twitter cheep squawk caw coo hoot cluck
        cackle quack honk bark woof yap yelp meow miaow mew purr moo bleat baa oink neigh whinny bray croak ribbit snarl
        wing hoof hooves paw flock herd""",
    "person": """person people human man men woman women boy girl child children kid baby toddler someone somebody
        lady crowd audience singer choir chorus worker walker voice speech speak spoken talk say said tell word
        conversation chat whisper mumble shout yell scream cry sob weep laugh laughter giggle chuckle cough sneeze sniff
        snore breath breathe pant gasp sigh yawn burp belch hiccup gargle swallow chew gulp sing sang song applause
        applaud clapping cheer footstep footfall feet step stair walk jog march stomp throat mouth lip nose hand finger
        heartbeat""",
    "engine": """engine motor car automobile truck lorry bus van taxi vehicle traffic motorcycle motorbike moped
        scooter tractor train locomotive wagon railway tram subway airplane aeroplane plane aircraft jet airliner
        helicopter chopper rotor rocket ship boat motorboat ferry propeller exhaust rev idle diesel horn siren
        ambulance""",
    "machine": """machine machinery appliance device equipment fan ventilator extractor blower conditioner
        conditioning refrigerator fridge freezer compressor generator pump turbine drill saw chainsaw sander grinder
        lathe jackhammer hammer mower lawnmower trimmer vacuum hoover washer dishwasher dryer hairdryer blender mixer
        microwave oven shaver toothbrush printer copier photocopier typewriter projector computer server robot conveyor
        elevator escalator mill factory clockwork gear""",
    "weather, water or fire": """wind breeze rain raindrop drizzle thunder storm water river stream brook creek
        waterfall wave surf sea ocean drip splash shower tap faucet toilet fire flame fireplace""",
    "another thing": """bell chime gong clock watch alarm phone telephone door window glass bottle cup plate paper
        bag keyboard camera piano guitar violin organ drum flute cymbal music melody tune radio television gun gunshot
        shot explosion firework bomb wood metal stone chain key coin whistle pan kettle transformer""",
}
"""Words that name something definite, by group; the first four groups are false alarms, the others are reported."""
ALARMS = ("animal", "person", "engine", "machine")


def _forms(words: str) -> frozenset[str]:
    """The words with their endings: bark, barks, barked, barking; chat, chatting; breathe, breathing; cry, cries."""
    found: set[str] = set()
    for word in words.split():
        found.update((word, word + "s", word + "es", word + "'s", word + "ed", word + "ing"))
        found.update((word + word[-1] + "ed", word + word[-1] + "ing"))
        if word.endswith("e") and not word.endswith("ee"):
            found.update((word + "d", word[:-1] + "ing"))
        if word.endswith("y"):
            found.update((word[:-1] + "ies", word[:-1] + "ied"))
    return frozenset(found)


_FORMS = {group: _forms(words) for group, words in GROUPS.items()}


def named(caption: str) -> list[str]:
    """The groups of things that a caption names; none for "A faint hum." or "Static hisses quietly."."""
    words = set(re.findall(r"[a-z']+", caption.lower()))
    return [group for group, forms in _FORMS.items() if words & forms]


def coloured(rng: np.random.Generator, samples: int, slope: float, low_hz: float = 20.0) -> Samples:
    """Noise whose power falls with frequency to the power of `slope` above `low_hz`, RMS 1, (samples,)."""
    frequencies = np.fft.rfftfreq(samples, 1 / SAMPLE_RATE)
    gains = np.maximum(frequencies, low_hz) ** (-slope / 2)
    return shaped(rng, samples, gains)


def shaped(rng: np.random.Generator, samples: int, gains: Samples) -> Samples:
    """Noise with the given gain at each frequency of its transform, RMS 1, (samples,)."""
    bins = samples // 2 + 1
    phases = rng.standard_normal(bins) + 1j * rng.standard_normal(bins)
    spectrum = phases * gains
    spectrum[0] = 0
    noise: Samples = np.fft.irfft(spectrum, samples)
    noise /= np.sqrt((noise**2).mean())
    return noise


def mains(rng: np.random.Generator, samples: int, hertz: float) -> Samples:
    """Mains hum: harmonics that fall off, even ones stronger as from a transformer, on a little noise."""
    seconds = np.arange(samples) / SAMPLE_RATE
    base = hertz * (1 + rng.normal(0, 2e-4))
    hum = np.zeros(samples)
    fall, even = rng.uniform(0.6, 2.0), rng.uniform(1.0, 4.0)
    for k in range(1, int(rng.integers(4, 30))):
        level = (even if k % 2 == 0 else 1.0) * rng.uniform(0.3, 1.0) / k**fall
        hum += level * np.sin(2 * np.pi * base * k * seconds + rng.uniform(0, 2 * np.pi))
    hum /= np.sqrt((hum**2).mean())
    return hum + 10 ** (rng.uniform(-40, -12) / 20) * coloured(rng, samples, rng.uniform(0, 1.5))


def moving_air(rng: np.random.Generator, samples: int) -> Samples:
    """Steady noise as of air in a duct: broad humps, a soft roll-off, a slow and slight unsteadiness."""
    frequencies = np.fft.rfftfreq(samples, 1 / SAMPLE_RATE)
    gains = 1 / (1 + (frequencies / rng.uniform(200, 1200)) ** 2) ** rng.uniform(0.4, 0.9)
    for _ in range(int(rng.integers(1, 4))):
        centre, width = rng.uniform(80, 2500), rng.uniform(0.1, 0.5)
        hump = np.log(np.maximum(frequencies, 1) / centre) / width
        gains = gains * (1 + rng.uniform(0.5, 2.5) * np.exp(-0.5 * hump**2))
    return shaped(rng, samples, gains * (frequencies > 25)) * unsteady(rng, samples, rng.uniform(0, 0.15))


def room_tone(rng: np.random.Generator, samples: int) -> Samples:
    """An empty room: rumble, hiss of the recorder, now and then a trace of mains hum."""
    tone = coloured(rng, samples, rng.uniform(1.3, 2.3), rng.uniform(20, 80)) * unsteady(rng, samples, 0.1)
    tone = tone + 10 ** (rng.uniform(-40, -10) / 20) * coloured(rng, samples, rng.uniform(-0.3, 0.3))
    if rng.random() < 0.4:
        tone = tone + 10 ** (rng.uniform(-30, -8) / 20) * mains(rng, samples, rng.choice([50.0, 60.0]))
    return tone


def swell(rng: np.random.Generator, samples: int) -> Samples:
    """Noise that slowly swells and fades."""
    seconds = np.arange(samples) / SAMPLE_RATE
    rate = rng.uniform(0.1, 0.5)
    level = 10 ** (rng.uniform(3, 9) * np.sin(2 * np.pi * rate * seconds + rng.uniform(0, 6.28)) / 20)
    return coloured(rng, samples, rng.uniform(0, 2)) * level


def hiss(rng: np.random.Generator, samples: int) -> Samples:
    """Hiss of a tape or a preamplifier: noise above a soft lower edge, up to an upper one."""
    frequencies = np.fft.rfftfreq(samples, 1 / SAMPLE_RATE)
    low, high = rng.uniform(500, 3000), rng.uniform(7000, 20000)
    return shaped(rng, samples, 1 / (1 + (low / np.maximum(frequencies, 1)) ** 2) / (1 + (frequencies / high) ** 8))


def unsteady(rng: np.random.Generator, samples: int, depth: float) -> Samples:
    """A level around 1 that wanders slowly, (samples,)."""
    knots = rng.normal(0, depth, max(3, 2 * samples // SAMPLE_RATE))
    return np.exp(np.interp(np.linspace(0, len(knots) - 1, samples), np.arange(len(knots)), knots))


def _noise(slope: float) -> Recipe:
    return lambda rng, samples: coloured(rng, samples, slope)


def _hum(hertz: float) -> Recipe:
    return lambda rng, samples: mains(rng, samples, hertz)


KINDS: dict[str, tuple[int, Recipe | None]] = {
    "digital silence": (6, None),
    "dithered silence": (10, None),
    "white noise": (16, _noise(0.0)),
    "pink noise": (20, _noise(1.0)),
    "brown noise": (20, _noise(2.0)),
    "blue noise": (12, _noise(-1.0)),
    "hiss": (12, hiss),
    "mains hum, 50 Hz": (22, _hum(50.0)),
    "mains hum, 60 Hz": (22, _hum(60.0)),
    "moving air": (16, moving_air),
    "room tone": (30, room_tone),
    "slow swell": (14, swell),
}
"""How many of each kind there are, and how each is made; silences have no level."""


def make(folder: Path, seed: int = 20) -> dict[Path, str]:
    """Write the sounds as 24-bit WAV files of 3 to 10 s.

    Returns:
        The kind of each file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    kinds: dict[Path, str] = {}
    for kind, (count, recipe) in KINDS.items():
        for index in range(count):
            rng = np.random.default_rng([seed, len(kinds)])
            samples = int(rng.integers(30, 100)) * SAMPLE_RATE // 10
            path = folder / f"{len(kinds):03d}_{kind.replace(',', '').replace(' ', '_')}.wav"
            kinds[path] = kind
            if recipe is None:
                dither = rng.uniform(-1, 1, (2, samples)).sum(axis=0) / 2 / 32768
                sound = np.round(dither * 32768) / 32768 if kind == "dithered silence" else np.zeros(samples)
            else:
                # Levels are spread evenly within each kind.
                level_db = QUIETEST_DB + (LOUDEST_DB - QUIETEST_DB) * (index + rng.random()) / count
                sound = recipe(rng, samples)
                sound = sound / np.sqrt((sound**2).mean()) * 10 ** (level_db / 20)
            soundfile.write(path, np.clip(sound, -1, 1), SAMPLE_RATE, subtype="PCM_24")
    return kinds
