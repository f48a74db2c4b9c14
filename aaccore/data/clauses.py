"""Where the verb of a short English clause stands, and how the clause is turned; what is doubtful is said to be so."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Literal

from aaccore.data.lexicon import (
    ADJECTIVES,
    BASE_OF_THIRD,
    BASES,
    CERTAIN_VERBS,
    DETERMINERS,
    ENDING_NOUNS,
    IRREGULAR_PLURALS,
    MASS_NOUNS,
    PLURAL_AUXILIARIES,
    PLURAL_STARTS,
    PREPOSITIONS,
    SINGULAR_AUXILIARIES,
    UNIQUE_NOUNS,
    Y_ADJECTIVES,
    gerund,
    third_person,
    word_set,
)

Number = Literal["singular", "plural", "either"]

_SINGLE_THINGS = word_set("fire voice conversation radio television breeze rock stone glass paper")
_ARTICLES = word_set("a an the one two three four five six seven eight nine ten several some many")
_SINGULAR_STARTS = word_set("a an one another someone somebody something everybody each every")
_KEEPS_NO_GERUND = word_set(
    """
    keep begin start come get let stop sound seem become grow have do say can end set go make give take turn meet
    """
)
_GOES_ON = word_set("keep keeps continue continues remain remains stay stays")
_COLLECTIVES = word_set("pair group series flock set crowd herd handful bunch mass number chorus swarm pack")
_BASE_OF_GERUND = {gerund(verb): verb for verb in sorted(BASES | set(BASE_OF_THIRD.values()))}


def introduce(text: str, words: list[str], at: int) -> str | None:
    """Turn "the crow calls" into "a crow calls", for nobody has spoken of the crow yet; None where that is not easy."""
    noun, rest = words[at - 1], text[4:]
    if words[1].endswith("est"):
        return None
    if words[1] in UNIQUE_NOUNS or noun in UNIQUE_NOUNS:
        return text
    if at > 3 or modifies(noun) or is_adverb(noun):
        return None
    if (
        not words[1].endswith("'s")
        and noun not in _SINGLE_THINGS
        and (noun in MASS_NOUNS or _is_plural(noun) or noun.endswith("ing"))
    ):
        return rest
    return f"{'an' if rest[0] in 'aeiou' else 'a'} {rest}"


def modifies(word: str) -> bool:
    """Whether a word before a noun rather than a noun itself."""
    if word in ADJECTIVES or word in DETERMINERS or word in Y_ADJECTIVES or word.endswith(("'s", "s'")):
        return True
    return word not in ENDING_NOUNS and word.endswith(
        ("ed", "ous", "ful", "less", "ish", "like", "ic", "al", "ive", "pitched", "sounding")
    )


def commas_only_between_adjectives(text: str) -> bool:
    """Whether every comma stands as in "a short, dry knock"."""
    words = text.lower().split()
    for at, (here, after) in enumerate(pairwise(words)):
        if not here.endswith(","):
            continue
        word, follower, before = here[:-1], after.rstrip(","), words[at - 1].rstrip(",") if at else "a"
        starts = modifies(before) or before in PREPOSITIONS or is_adverb(before)
        adjective = modifies(word) or (word.endswith("ing") and word not in ENDING_NOUNS)
        goes_on = (modifies(follower) and follower not in _ARTICLES) or follower.endswith("ing")
        if not (starts and adjective and goes_on):
            return False
    return True


def number_of_start(words: list[str]) -> Number:
    """Which number the first words promise of the subject."""
    if words[0] in PLURAL_STARTS:
        return "plural"
    if words[0] in ("a", "an", "lots", "plenty") and any(
        w in ("few", "couple", "number", "lots", "lot", "plenty") for w in words[:3]
    ):
        return "plural"
    if words[0] in ("a", "an", "the") and "of" in words[:5] and _COLLECTIVES & set(words[:4]):
        return "either"
    if re.search(r"^an? .*\band (an?|other|some|several|many) ", " ".join(words)):
        return "either"
    possessive = any(word.endswith("'s") for word in words[:3])
    return "singular" if words[0] in _SINGULAR_STARTS and not possessive else "either"


def is_adverb(word: str) -> bool:
    """Whether a word in -ly stands between a subject and its verb."""
    return word.endswith("ly") and word not in Y_ADJECTIVES and word not in ("fly", "housefly", "belly")


def _is_plural(word: str) -> bool:
    return word in IRREGULAR_PLURALS or (word.endswith("s") and not word.endswith(("ss", "us", "'s")))


def find_verb(words: list[str], number: Number) -> int | Literal["doubtful"] | None:
    """Find the clause's verb.

    Args:
        words: The caption in small letters without commas.
        number: What `number_of_start` says of it.

    Returns:
        Its place, or None where there is no verb, or "doubtful".
    """
    for at in range(1, len(words)):
        word, before = words[at], next((w for w in reversed(words[:at]) if not is_adverb(w)), "")
        if word in SINGULAR_AUXILIARIES or word in PLURAL_AUXILIARIES or word in ("can", "could", "may"):
            return at
        if word in BASE_OF_THIRD and before in ("by", "off", "up") and number != "plural":
            return "doubtful"  # "A horse close by gives a snort."
        if word in CERTAIN_VERBS and before not in ("a", "an", "the"):
            return at
        noun_here = modifies(before) or before in PREPOSITIONS or not before
        if word in BASE_OF_THIRD and not noun_here and number != "plural":
            if before.endswith("ing") and before not in ENDING_NOUNS:
                return "doubtful"
            listed = "of" in words[:at] and (at + 1 == len(words) or words[at + 1] in PREPOSITIONS)
            bare = number == "either" and words[0] != "the" and before not in MASS_NOUNS
            if listed or bare or (_is_plural(before) and "of" not in words[:at]):
                return "doubtful"
            return at
        if word in BASES and not noun_here and number != "singular":
            if _is_plural(before) or "and" in words[:at]:
                return at if not before.endswith("ing") else "doubtful"
            return "doubtful" if number == "plural" else None if before in PREPOSITIONS else "doubtful"
    return None


def is_noun_phrase(words: list[str], number: Number) -> bool:
    """Whether what has no verb reads as a noun phrase: it ends its head with "of", "from" ... or is short."""
    if words[0] in ("someone", "somebody", "something", "everybody") or (words[0] in ADJECTIVES and words[1] == "and"):
        return False
    for at, word in enumerate(words[1:], 1):
        unknown = _is_plural(word) and word not in IRREGULAR_PLURALS and word not in BASE_OF_THIRD
        if (
            (number == "singular" or (words[0] == "the" and not _is_plural(_head(words))))
            and unknown
            and not (modifies(words[at - 1]) or words[at - 1] in PREPOSITIONS)
        ):
            compound = at + 1 == len(words) or words[at + 1] in PREPOSITIONS  # "of guitar notes"
            if not (compound and set(words[:at]) & {"of", "from", "by", "in", "on"}):
                return False
    if words[0] in DETERMINERS:
        return True
    head = _head(words)
    return _is_plural(head) or head.endswith("ing") or head in MASS_NOUNS


def _head(words: list[str]) -> str:
    """The noun before the first preposition."""
    for at, word in enumerate(words):
        if at and word in PREPOSITIONS and word not in ("and", "or"):
            return words[at - 1]
    return words[-1]


def head_is_plural(words: list[str], number: Number) -> bool:
    """Whether "are" goes with a noun phrase."""
    if number != "either":
        return number == "plural"
    before_of = words[: next((i for i, w in enumerate(words) if i and w in PREPOSITIONS and w != "and"), len(words))]
    return "and" in before_of or _is_plural(_head(words))


def participle(text: str, words: list[str], at: int) -> str | None:
    """Turn "a dog barks twice" into "a dog barking twice"; None where that reads badly."""
    pieces, word = text.split(), words[at]
    if word in ("is", "are"):
        follows = at + 1 < len(words) and words[at + 1].endswith("ing") and words[at + 1] != "being"
        return " ".join(pieces[:at] + pieces[at + 1 :]) if follows else None
    base = BASE_OF_THIRD.get(word, word if word in BASES else None)
    if base is None or base in _KEEPS_NO_GERUND or "and" in words:
        return None
    return " ".join([*pieces[:at], gerund(base), *pieces[at + 1 :]])


def settled(text: str, words: list[str], at: int) -> str | None:
    """Turn "a wolf is howling" into "a wolf howls"; None for "a wolf keeps howling", which has no end."""
    pieces, word = text.split(), words[at]
    if word in _GOES_ON or "goes on" in text or "go on" in text:
        return None
    if word not in ("is", "are"):
        return text
    verb_at = at + 1 + (at + 2 < len(words) and is_adverb(words[at + 1]))
    if verb_at >= len(words) or not words[verb_at].endswith("ing"):
        return text
    base = _BASE_OF_GERUND.get(words[verb_at])
    if base is None:
        return None
    return " ".join(
        [*pieces[:at], *pieces[at + 1 : verb_at], third_person(base) if word == "is" else base, *pieces[verb_at + 1 :]]
    )
