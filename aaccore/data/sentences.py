"""Whether a caption is a whole English sentence, as far as that can be said for certain."""

from __future__ import annotations

import re

from aaccore.data.clauses import find_verb, modifies, number_of_start
from aaccore.data.lexicon import (
    ADJECTIVES,
    BASE_OF_THIRD,
    BASES,
    PLURAL_STARTS,
    PREPOSITIONS,
    SINGULAR_AUXILIARIES,
    Y_ADJECTIVES,
    word_set,
)

_JOINTS = re.compile(
    r",? (?:while|as|before|after|until|when|but|that|which|who|where|followed by|over|then|finally|at last|behind)\b"
    r"|,? and (?:then |finally |at last )?(?=(?:an?|the|one|two|three|someone|somebody|there|another)\b)|[,;]"
)
"""Where one clause may end and the next begin."""
_HEARD = re.compile(r"\b(?:can be|is|are) heard\b")
_PAIRS = re.compile(r"\b(?:back and forth|up and down|again and again|over and over|on and on)\b")
_OVER_HEARD = re.compile(r"\bover the\b[^,]*\bheard\b")
_LAST_THING = re.compile(r".*\ban? ([a-z ,]+)$")
_PARTS_OF = re.compile(r"the (\w+) of ")
_SUBORDINATE = re.compile(r"(?:while|as|when) ")
_SUBJECTS = word_set("a an the one someone somebody something there it he she they their its another") | PLURAL_STARTS
_AFTER_NOUN = BASES | BASE_OF_THIRD.keys() | PREPOSITIONS | {"are", "is", "can", "while", ""}
_SINGULAR_IN_S = word_set("bus gas glass grass class brass press series news lens bass dress cross gallows bellows")


def is_sentence(caption: str) -> bool:
    """Whether a caption may stand as a sentence; what is doubtful may.

    Not one is a clause that hangs in the air ("While a trumpet plays."), one with two verbs ("A stream babbles can be
    heard."), one for many ("A footsteps go past.", "Waves break and then fades.", "The engines of a plane drones.") or
    one that ends before the thing is named ("A bird sings a short, high.").
    """
    text = _PAIRS.sub("again", caption.lower().strip(" ."))
    two_verbs = any(_has_two_verbs(clause) for clause in _JOINTS.split(text)) or _OVER_HEARD.search(text)
    wrong_number = _has_one_of_many(text) or _changes_number(text) or _is_one_of_many_parts(text)
    return not (_hangs(text) or two_verbs or wrong_number or _names_no_thing(text))


def _hangs(text: str) -> bool:
    """Whether nothing follows a subordinate clause that comes first."""
    if not _SUBORDINATE.match(text):
        return False
    return not any(_begins_clause(rest.split()) for rest in re.split(r", ", text)[1:])


def _begins_clause(words: list[str]) -> bool:
    verb = find_verb(words, number_of_start(words)) if len(words) > 1 else None
    return verb is not None and (words[0] in _SUBJECTS or not modifies(words[0]))


def _has_two_verbs(clause: str) -> bool:
    """Whether "is heard" follows a verb, or a verb follows "there is"."""
    words = clause.split()
    heard = _HEARD.search(clause)
    if len(words) < 4:
        return False
    if heard and " and " not in clause:
        before = clause[: heard.start()].split()
        return len(before) > 2 and _has_verb(before)
    if words[0] == "there" and words[1] in ("is", "are"):
        return _has_verb(words[2:])
    return False


def _has_verb(words: list[str]) -> bool:
    at = find_verb(words, number_of_start(words))
    return isinstance(at, int) and words[at] != "can"  # more often a thing: "the click of a can"


def _has_one_of_many(text: str) -> bool:
    """Whether "a" stands before a plural that nothing follows but a verb or a joint, as in "a car horns is"."""
    words = [*text.replace(",", "").split(), "", ""]
    for article, first, second, third in zip(words, words[1:], words[2:], words[3:], strict=False):
        if article not in ("a", "an") or modifies(first):
            continue
        if (_is_many(first) and second in _AFTER_NOUN) or (_is_many(second) and third == "is"):
            return True
    return False


def _changes_number(text: str) -> bool:
    """Whether a second verb stands for one where the first stands for many."""
    first, joint, rest = text.partition(" and then ")
    words, (second, after, *_) = first.split(), [*rest.split(), "", ""]
    if not joint or second not in BASE_OF_THIRD or after in BASES:  # "and then drums play"
        return False
    at = find_verb(words, number_of_start(words))
    return isinstance(at, int) and words[at] in BASES


def _is_one_of_many_parts(text: str) -> bool:
    """Whether the verb stands for one where the subject is "the engines of" something."""
    parts, words = _PARTS_OF.match(text), _JOINTS.split(text)[0].split()
    if parts is None or not _is_many(parts[1]):
        return False
    at = find_verb(words, "either")
    return isinstance(at, int) and (words[at] in BASE_OF_THIRD or words[at] in SINGULAR_AUXILIARIES)


def _names_no_thing(text: str) -> bool:
    """Whether nothing but adjectives follows the last "a"."""
    tail = _LAST_THING.match(text)
    words = tail[1].replace(",", "").split() if tail else []
    # "a little" and "a second" are things
    return len(words) > 1 and all(word in ADJECTIVES or word in Y_ADJECTIVES or word == "and" for word in words)


def _is_many(noun: str) -> bool:
    return noun.endswith("s") and not noun.endswith(("ss", "us", "is")) and noun not in _SINGULAR_IN_S
