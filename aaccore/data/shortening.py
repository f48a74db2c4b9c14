"""Captions made shorter by leaving away tails that only add: joined sentences stay short so."""

from __future__ import annotations

import re
from functools import lru_cache

from aaccore.data.clauses import modifies
from aaccore.data.lexicon import word_set
from aaccore.data.phrases import Phrase, parse

# Where a caption can be cut so that what stands before is still true.
_JOINT = re.compile(
    r""",\ (?!and\ )|,?\ and\ then\s|,\ and\s
    |\ (as|while|until|before|after(?!\ another|\ the\ other)|like|but|without|although|because|then|which|that\ is
    |for\ (about|some|a\ few|half|one|two|three|four|five|several|less|around))\b(?!\ (well|much))""",
    re.VERBOSE,
)
# Tails that say how, not what.
_EXTRA = re.compile(
    r"""\s(
    (with|in)\s((a|an|its|some|two|three|four|five|many|each)\s)?([\w'-]+,?\s){0,3}(sounds?|tones?|hum|hiss|crunch|thud|clang
        |crash|clicks?|snaps?|crack|buzz|ring|rumble|roar|noise|force|strength|beats?|strokes?|bursts?|notes?|rhythm|echo
        |voice|calls?|cries|rattle|whine|drone|squeak|bang|thump|splash|gaps?|tempo|row|pace|succession|order|series
        |speed|pitch|manner|mood|way)
    |at\san?\s([\w-]+,?\s){0,3}(pace|speed|tempo|level|strength|rate|rhythm|distance|volume)
    |(for|in)\s(just\s)?an?\s(\w+\s)?(moment|instant|while)
    |again\sand\sagain|over\sand\sover|one\safter\s(another|the\sother)|on\sand\son|now\sand\sthen|from\stime\sto\stime
    |bit\sby\sbit|little\sby\slittle|close\sby|nearby|outdoors|indoors|outside
    |(very\s)?(steadily|briefly|evenly|loudly|quickly|rapidly|regularly|repeatedly|clearly|softly|sharply|lightly|slowly
        |constantly|continuously)
    )$""",
    re.VERBOSE,
)

# Words after which something is missing.
_OPEN_ENDS = word_set(
    """
    and or but with from of in at for to the a an is are comes come gets get becomes become makes make gives give
    takes take lets let has have keeps keep grows grow goes
    """
)
_PEOPLE = re.compile(
    r"\b(wom[ae]n|m[ae]n|(fe)?male|girl|boy|child(ren)?|lady|kids?|baby|infant|people|crowd|audience)('s)?\b",
    re.IGNORECASE,
)


@lru_cache(maxsize=100_000)
def variants(caption: str, label: str | None = None) -> tuple[Phrase, ...]:
    """The phrases that a caption offers for joining: all of it, and what is left when tails are left away.

    Args:
        caption: One sentence or noun phrase, as written.
        label: What the clip is about, "dog_bark": a tail that alone says it is never left away.
    """
    text = caption.strip().removesuffix(".")
    text = re.sub(r"\b(just|only) (?=once|one|two|twice|a )", "", text)
    texts = [text, *(text[: match.start()] for match in _JOINT.finditer(text))]
    texts += [short for known in tuple(texts) if (short := _EXTRA.sub("", known)) != known]
    found: dict[str, Phrase] = {}
    for short in texts:
        if len(short.split()) < 2 or not _still_says(short, text, label):
            continue
        phrase = parse(short.removesuffix(","))
        if phrase is None or modifies(phrase.text.split()[-1]) or phrase.text.split()[-1] in _OPEN_ENDS:
            continue
        appositive = re.match(r", (an?|the|its|their|his|her|or|each|one) ", text[len(short) :])
        if phrase.kind == "clause" or not appositive:
            found[phrase.text] = phrase
    return tuple(found.values())


def _still_says(short: str, text: str, label: str | None) -> bool:
    if _PEOPLE.search(text) and not _PEOPLE.search(short):
        return False
    stems = [part[:4] for part in (label or "").split("_")]
    return all(stem in short.lower() for stem in stems if stem in text.lower())
