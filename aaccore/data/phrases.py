"""A written caption taken apart as far as joining needs: a clause, "A dog barks", or a noun phrase, "The hum of a fan".

Captions of sounds are short and alike, so agreement tells most: after "a" or "one" only a form in -s can be the
clause's verb, after "two" or "several" only the bare form. What stays doubtful is refused; there are other captions.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from aaccore.data.clauses import (
    commas_only_between_adjectives,
    find_verb,
    head_is_plural,
    introduce,
    is_adverb,
    is_noun_phrase,
    number_of_start,
    participle,
    settled,
)
from aaccore.data.lexicon import PREPOSITIONS, PROPER, word_set

# Joining words of the caption's own, words for the whole recording, words that point elsewhere: none survives joining.
_NOT_JOINABLE = re.compile(
    r"""\b(while|then|before|after|afterwards|as|until|till|when|whenever|once\sthe|because|though|although|but|which
    |that|who|whose|where|if|followed|following|finally|first|at\slast|at\sfirst|meanwhile|during|early\son
    |silence|silent|else|only|nothing|just|alone|background|foreground|whole|entire|throughout|without|endless(ly)?
    |all\s(the|through|along|over)|nonstop|constantly|recording|microphone|clip|listener|hears?
    |you|your|we|i|they|them|he|she|him|it|others|everything|itself|by\s(him|her|it|them)sel(f|ves)|its\sown
    |seconds?|half-second|minutes?|again\sin|another|also|too|joins?|starts?\swith|begins?\swith|ends?\swith
    |more\sand\smore|between|pauses?|quiet\s(place|room|space)|in\s(the\s)?quiet|break(s|ing)?\sthe\squiet
    |there|there's|it's|doesn't|don't|like|so|very\slittle|time|rest|rests|gaps?|no|not|never|others?\ssounds?
    |somewhere|far\soff|near\sand\sfar|change|changing|stays?\sthe\ssame|lets?\sup|off\sand\son|on\sand\soff|now
    |at\sonce|nearly|almost)\b""",
    re.VERBOSE | re.IGNORECASE,
)
# Tails that speak of the whole recording can be left away.
_TAIL = re.compile(
    r""",?\s(without\s((an?|any|much)\s)?(break|pauses?|stop(ping)?|change|changing|end|rest|interruption|pausing|ceasing)
    |all\sthe\s(time|while|way\sthrough)|(for\s)?the\s(whole|entire)\stime|from\s(beginning|start)\sto\s(end|finish)
    |throughout|and\snothing\selse|all\s(through|along)|with(out|\sno)\spauses?|at\sthe\ssame\sspeed|in\sa\ssilent\sroom
    |in\sthe\sbackground|over\sand\sover\sagain|with\s(short\s)?(pauses|silences?)(\sin\sbetween|\sbetween\sthem)?)$""",
    re.VERBOSE | re.IGNORECASE,
)
_BAD_STARTS = word_set(
    """
    in after for it at with from inside on again outside first only just nothing each twice out somewhere you this
    that they he she its there what under over through between along beside across near during among against by up
    everything outdoors indoors sitting standing once slowly softly gently suddenly quietly loudly far not no
    nearby more most now here some one's hear achoo
    """
)
_PASSIVE = re.compile(r"\b(is|are)\b.*\bby\b")
_COUNT = re.compile(
    r"""\b(once|twice|thrice|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|several|few|couple
    |single|double|triple|second|third|last|final)\b""",
    re.VERBOSE | re.IGNORECASE,
)
_CHANGE = re.compile(
    r"""\b(fad\w+|louder|softer|quieter|weaker|stronger|swell\w*|rising|rises?|grow\w*|build\w*|dies|dying|die|away
    |approach\w*|nearer|closer|(slow|calm)(s|ing)?\sdown|end(s|ing)?|stops?|weaken\w*|soften\w*|gain\w*|become\w*
    |gets?|getting|comes\sto)\b""",
    re.VERBOSE | re.IGNORECASE,
)
_LOUD = re.compile(
    r"\b(loud\w*|powerful\w*|booming|deafening|thunderous|full-voiced|blar\w+|close|nearby|forceful\w*)\b",
    re.IGNORECASE,
)
_FAINT = re.compile(
    r"\b(faint\w*|quiet\w*|soft\w*|distant\w*|distance|far-off|faraway|weak\w*|far|hardly|barely|muffled)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Phrase:
    """A caption without its full stop, its first word written small unless it is a name.

    `participle` is a clause turned for "the sound of ...": "a dog barking twice"; None where that reads badly.
    `settled` is it as one event among others, "a dog barks" for "a dog is barking"; None where it only goes on and on.
    `counts`, `changes`, `loud`, `faint` say what the phrase claims, for it must not be said of a cut or hushed sound.
    """

    text: str
    kind: Literal["clause", "noun"]
    plural: bool
    participle: str | None
    settled: str | None
    counts: bool
    changes: bool
    loud: bool
    faint: bool

    @property
    def words(self) -> int:
        """How many words it has."""
        return len(self.text.split())

    @property
    def passive(self) -> bool:
        """Whether it says "is made by" or the like, which piles up badly in a longer sentence."""
        return _PASSIVE.search(self.text) is not None

    @property
    def person(self) -> bool:
        """Whether it speaks of an unnamed person, of whom a sentence should have one."""
        return re.search(r"\b(someone|somebody|person)\b", self.text) is not None


@lru_cache(maxsize=100_000)
def parse(caption: str) -> Phrase | None:
    """Take a caption apart; None where it cannot be joined with others safely.

    Args:
        caption: One sentence or noun phrase, as written.
    """
    text = _TAIL.sub("", caption.strip().removesuffix(".")).removesuffix(",")
    words = [word.lower() for word in text.replace(",", "").split()]
    if (
        len(words) < 2
        or re.search(r"[^\w\s,'-]", text)
        or _NOT_JOINABLE.search(text)
        or words[0] in _BAD_STARTS | PREPOSITIONS
        or is_adverb(words[0])
    ):
        return None
    if not commas_only_between_adjectives(text):
        return None
    number = number_of_start(words)
    found = find_verb(words, number)
    if found == "doubtful":
        return None
    if found is None and not is_noun_phrase(words, number):
        return None
    first = text.split()[0]
    small = text if first.lower().removesuffix("'s") in PROPER else first.lower() + text[len(first) :]
    if found is not None and words[0] == "the" and "of" not in words[2:5]:
        introduced = introduce(small, words, found)
        if introduced is None:
            return None
        if introduced != small:
            return parse(introduced[0].upper() + introduced[1:])
    return Phrase(
        text=small,
        kind="noun" if found is None else "clause",
        plural=head_is_plural(words, number) if found is None else False,
        participle=None if found is None else participle(small, words, found),
        settled=small if found is None else settled(small, words, found),
        counts=_COUNT.search(text) is not None,
        changes=_CHANGE.search(text) is not None,
        loud=says_loud(text),
        faint=_FAINT.search(text) is not None,
    )


def says_loud(text: str) -> bool:
    """Whether it claims that the sound is loud or near."""
    return _LOUD.search(text) is not None
