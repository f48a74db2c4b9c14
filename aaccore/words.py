"""The words of captions: which ones only hold a sentence together, and which forms are one word."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

STOP_WORDS = frozenset(
    """
    , a an the this that these those it its he she they them his her their him who which what where there here
    someone somebody something everyone everything people one two three four five six seven several few many some more
    most another other others each every all both any much no not
    of in on at by to from into onto over under above below behind beside between among against around about across
    along through with within without near up down out off away back after before during until till since for like than
    and or but nor while as when then so if first next again once twice later together very too just only also almost
    is are was were be been being has have had having do does did can could may might will would
    time times
    """.split()  # noqa: SIM905 - as a list it would fill a page
)
"""Words that a caption may say again; content words it may not."""


@lru_cache(maxsize=1 << 14)
def stem(word: str) -> str:
    """A lower-case word without its ending, roughly: bark, barks and barking are one, and so are cry and cries."""
    word = word.removesuffix("'s")
    word = re.sub(r"(?<=[^s])s$", "", word) if len(word) > 3 else word
    word = re.sub(r"(?<=..)(ing|ed)$", "", word) if re.search(r"[aeiouy].*(ing|ed)$", word) else word
    word = re.sub(r"y$", "i", re.sub(r"(?<=..)e$", "", word))
    return re.sub(r"([^aeiou])\1$", r"\1", word)


def words_of(text: str) -> list[tuple[int, int, str]]:
    """The words of any text, in lower case and without accents, apostrophes and a final 's.

    Returns:
        For each word where it begins and ends in the text, and the word.
    """
    found = []
    for match in re.finditer(r"[^\W_]+(?:['\u2019][^\W_]+)*", text):
        if match[0].isalnum() and match[0].isascii():
            found.append((match.start(), match.end(), match[0].lower()))
            continue
        letters = unicodedata.normalize("NFKD", match[0].lower().replace("\u2019", "'"))
        word = "".join(letter for letter in letters if letter.isalnum() or letter == "'")
        found.append((match.start(), match.end(), word.removesuffix("'s").replace("'", "")))
    return found
