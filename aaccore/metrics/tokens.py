"""Captions to the tokens the published scores are counted on, without Java.

The field tokenizes with Stanford's PTBTokenizer 3.4.1 (lower-cased) and then drops a fixed list of punctuation. These
rules give the same tokens for all of Clotho's captions; what differs is exotic (abbreviated months, "y'all", emoji).
"""

from __future__ import annotations

import re
from functools import lru_cache

# Brackets are not among them: the published scores count them as words (-lrb- and so on), so ours do.
_DROPPED = frozenset(["'", "`", '"', ".", "?", "!", ",", ":", ";", "-", "..."])
_BRACKETS = {"(": "-lrb-", ")": "-rrb-", "[": "-lsb-", "]": "-rsb-", "{": "-lcb-", "}": "-rcb-"}
_SPLIT_WORDS = {
    "cannot": ("can", "not"),
    "gonna": ("gon", "na"),
    "gotta": ("got", "ta"),
    "wanna": ("wan", "na"),
    "lemme": ("lem", "me"),
    "gimme": ("gim", "me"),
    "'tis": ("'t", "is"),
    "'twas": ("'t", "was"),
}
_TYPOGRAPHIC = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "…": "...", "–": "--", "—": "--"})

_TOKEN = re.compile(
    r"""
      -[lr][rsc]b-                                        # brackets, as in tokenized text
    | [a-z](?:\.[a-z])+(?:\.|\b)(?!\w)                    # initials keep their stops: "a.m.", "u.s."
    | (?:mr|mrs|ms|dr|st|jr|prof|etc|vs)\. | no\.(?=\s\d) # so do common abbreviations
    | \d+(?:[.,:]\d+)+ | \.\d+                            # "10:30", "1,000", "3.5", ".5"
    | n't\b | '(?:s|re|ve|ll|d|m|t)\b                     # endings that stand alone, as in tokenized text
    | '(?:tis|twas|cause|em)\b | '\d\ds\b | '?n'(?!\w) | 'n'    # "'tis", "'80s", "rock 'n' roll"
    | [do]'[a-z]+ | ma'am                                 # "o'clock", "d'you"
    | @?\w+?(?=n't\b)                                     # "do" of "don't"
    | @?\w+(?:[-./@]\w+)*                                 # words, "high-pitched", "and/or"
    | [!?]{2,} | \.{3} | -{2,}
    | [^\w\s]
    """,
    re.VERBOSE,
)


@lru_cache(maxsize=1 << 17)
def ptb_tokens(caption: str) -> tuple[str, ...]:
    """Split a caption as the reference evaluation does.

    Applying it to its own tokens, joined by spaces, changes nothing.

    Args:
        caption: A sentence as written, or already tokenized.

    Returns:
        Lower-case tokens without punctuation: "It can't stop." gives it, ca, n't, stop.
    """
    tokens: list[str] = []
    for token in _TOKEN.findall(caption.lower().translate(_TYPOGRAPHIC)):
        if token in _SPLIT_WORDS:
            tokens.extend(_SPLIT_WORDS[token])
        elif token not in _DROPPED and not token.startswith("--"):
            tokens.append(_BRACKETS.get(token, token))
    return tuple(tokens)
