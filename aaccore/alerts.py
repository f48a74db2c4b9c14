"""Alert rules: which sounds of live captions are called out.

Only what the model can name can be watched for: its labels and tags, or, of a model without these, the commonest words
of its captions. It is no safety device: a model misses sounds, and mistakes others.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from difflib import SequenceMatcher
from itertools import islice

from aaccore.config import AlertRule
from aaccore.events import Band, LiveCaption
from aaccore.words import STOP_WORDS, stem, words_of

SYNONYMS = (
    "baby infant newborn", "phone telephone cellphone smartphone", "dog puppy canine", "bark woof yap yelp",
    "cat kitten feline", "meow mew", "cry sob weep wail", "child kid", "speak talk speech say chat",
    "laugh laughter giggle chuckle", "car automobile vehicle", "scream shriek", "shout yell holler",
    "gunshot gunfire", "rain rainfall downpour drizzle", "thunder thunderstorm", "siren ambulance",
    "beep bleep", "break shatter smash", "smoke fire", "detector alarm alert", "knock rap", "motorcycle motorbike",
    "airplane plane aircraft jet", "clap applause applaud", "water liquid", "boil simmer", "footstep footfall",
    "engine motor", "creak squeak", "ring chime", "bird birdsong", "faucet tap", "explosion blast detonation",
)  # fmt: skip
"""Words of a line stand for the same sound."""

_FIRST = {stem(word): stem(line.split()[0]) for line in SYNONYMS for word in line.split()}
_TRUST: dict[Band | None, int] = {"sure": 2, "likely": 1, "guess": 0, None: 0}
_CLOSE = 0.6
_MOST_WORDS = 300


@dataclass(frozen=True)
class Sound:
    """Something that a model can name.

    Attributes:
        name: In the model's words.
        named: In how many recordings of its evaluation it was named.
        of: In how many it was to be heard; 0 where nobody counted.
    """

    name: str
    named: int = 0
    of: int = 0


@dataclass(frozen=True)
class Unknown:
    """A sound that a model never names, and the nearest that it does."""

    name: str
    nearest: tuple[str, ...]


@dataclass(frozen=True)
class Alert:
    """A sound that a rule watches for was heard.

    Attributes:
        sound: As the rule names it.
        caption: What was said.
        band: How far that can be trusted.
        clock: Local time at which the sound began.
    """

    sound: str
    caption: str
    band: Band | None
    clock: datetime


def sounds_of(
    labels: Iterable[str], tags: Iterable[str], words: Sequence[str], counts: Iterable[tuple[str, int, int]] = ()
) -> list[Sound]:
    """What a model can name, in alphabetical order.

    Args:
        labels: Of its label head.
        tags: Words for AudioSet's classes that it is given.
        words: Its vocabulary, commonest first: a label with a word that is not in it can never be said.
        counts: Of its evaluation: label, in how many recordings it was named, in how many it was to be heard.
    """
    known = {stem(word.lower()) for word in words}
    counted = {label: (named, of) for label, named, of in counts}
    names = [name for name in dict.fromkeys((*labels, *tags)) if name and _stems(name) <= known]
    if not names:
        content = (word for word in words if len(word) > 2 and word.isalpha() and word.lower() not in STOP_WORDS)
        names = list(islice(content, _MOST_WORDS))
    return sorted((Sound(name, *counted.get(name, (0, 0))) for name in names), key=lambda sound: sound.name)


def find_sound(text: str, sounds: Sequence[Sound]) -> Sound | Unknown:
    """The sound that somebody means, in other forms of its words or with synonyms; else what comes nearest."""
    wanted = _stems(text)
    for meaning in (_stems, meanings, _letters):  # the nearer the better
        for sound in sounds:
            if wanted and meaning(sound.name) == meaning(text):
                return sound
    return Unknown(text.strip(), tuple(sound.name for sound in _nearest(text, sounds)))


def meanings(text: str) -> frozenset[str]:
    """The content words of a text as stems, one for all synonyms."""
    return frozenset(_FIRST.get(one, one) for one in _stems(text))


@dataclass
class Alerts:
    """What is watched for, and when each rule was last heard.

    Attributes:
        rules: The rules at work.
        heard: When each sound was last called out.
    """

    rules: Sequence[AlertRule]
    heard: dict[str, datetime] = field(default_factory=dict)

    def hear(self, said: LiveCaption) -> list[Alert]:
        """The alerts that a caption gives; a rule is silent within its cooldown."""
        segment, found = said.segment, list[Alert]()
        named = meanings(segment.caption)
        for rule in self.rules:
            if not meanings(rule.sound) <= named or _TRUST[segment.band] < _TRUST[rule.band]:
                continue
            last = self.heard.get(rule.sound)
            if last is not None and said.clock - last < timedelta(seconds=rule.cooldown_s):
                continue
            self.heard[rule.sound] = said.clock
            found.append(Alert(rule.sound, segment.caption, segment.band, said.clock))
        return found


def _stems(text: str) -> frozenset[str]:
    return frozenset(stem(word) for _, _, word in words_of(text) if word not in STOP_WORDS)


def _letters(text: str) -> frozenset[str]:
    """A text as one word: a door bell is a doorbell."""
    return frozenset({stem("".join(word for _, _, word in words_of(text)))})


def _nearest(text: str, sounds: Sequence[Sound], most: int = 3) -> list[Sound]:
    """Those that share a word, fewest other words first; then those that are spelled alike."""
    wanted = meanings(text)

    def closeness(sound: Sound) -> tuple[float, float]:
        named = meanings(sound.name)
        shared = len(wanted & named) / max(1, len(wanted | named))
        return shared, SequenceMatcher(None, text.lower(), sound.name.lower()).ratio()

    ranked = sorted(((closeness(sound), sound) for sound in sounds), key=lambda pair: pair[0], reverse=True)
    return [sound for (shared, alike), sound in ranked if shared > 0 or alike >= _CLOSE][:most]
