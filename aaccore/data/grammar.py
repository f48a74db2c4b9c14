"""Captions of scenes: the written captions of two or three sounds joined into one sentence, as a person would say it.

Which words may join them follows from when they are heard: "then", "before" and "after" only where one comes after the
other, "while", "as" and "over" only where they overlap, and the longer, quieter one is the background.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

import numpy as np

from aaccore.data.phrases import Phrase
from aaccore.data.shortening import variants

LONGEST_WORDS = 21  # the longest written scene captions have 24
_LONGEST_PART = {2: 9, 3: 7}  # words of a component, by how many are joined
_TRIES = 60

Order = Literal["in turn", "together", "over"]


@dataclass(frozen=True)
class Voice:
    """What is heard of one clip in a scene, and what was written about it.

    `cut` says that its end is missing, so that neither its counts nor its changes need be true.
    """

    captions: tuple[str, ...]
    label: str | None
    start_s: float
    end_s: float
    gain_db: float = 0.0
    cut: bool = False


# Placeholders: {a} the words as written; {a_says} as a clause ("... is heard" for a noun phrase); {a_name} as a noun
# phrase ("a dog barking" for a clause); {a_the} the same with "the" where "of" follows; {a_is}, {a_follows} ... agree.
# The letters before the colon are the kinds that a template suits: c clause, n noun phrase, x either.
_IN_TURN_2 = (
    "cc: {a}, and then {b}",
    "cc: {a}, and then {b}",
    "cc: {a}, then {b}",
    "cc: {a} before {b}",
    "cc: after {a}, {b}",
    "cc: {b} after {a}",
    "cc: {a}, and afterwards {b}",
    "cc: first {a}, and then {b}",
    "cc: {a_name} {a_is} followed by {b_name}",
    "cc: {a}, followed by {b_name}",
    "cc: the sound of {a_name} is followed by {b_name}",
    "nn: {a} {a_is} followed by {b}",
    "nn: {a}, followed by {b}",
    "nn: {b} {b_follows} {a}",
    "nn: {a} and then {b}",
    "nn: {a} {a_comes} before {b}",
    "nn: after {a} {b_comes} {b}",
    "nn: first there {a_is} {a}, then {b}",
    "nn: {b} {b_is} heard after {a}",
    "nc: after {a}, {b}",
    "nc: {b} after {a}",
    "nc: {a} {a_is} heard before {b}",
    "nc: {a} {a_comes} first, and then {b}",
    "nc: there {a_is} {a}, and then {b}",
    "nc: {a} {a_is} followed by {b_name}",
    "cn: {a}, followed by {b}",
    "cn: {a}, and then there {b_is} {b}",
    "cn: {a} before {b}",
    "cn: {b} {b_follows} after {a}",
    "cn: after {a}, there {b_is} {b}",
    "cn: the sound of {a_name} is followed by {b}",
)
_TOGETHER_2 = (  # a is in front, b goes on at the same time
    "cc: {a} while {b}",
    "cc: {a} while {b}",
    "cc: {a} as {b}",
    "cc: while {b}, {a}",
    "cc: as {b}, {a}",
    "cc: {a}, and {b} at the same time",
    "cn: {a} over {b_the}",
    "cn: over {b_the}, {a}",
    "cn: {a} along with {b_the}",
    "cn: {a} while {b} {b_is} heard",
    "cn: {b} {b_is} heard as {a}",
    "nc: {a} {a_is} heard while {b}",
    "nc: {a} can be heard as {b}",
    "nc: while {b}, there {a_is} {a}",
    "nc: there {a_is} {a} while {b}",
    "nn: {a} {a_is} heard over {b_the}",
    "nn: {a} {a_sounds} over {b_the}",
    "nn: {a} along with {b}",
    "nn: {a} {a_mixes} with {b}",
    "nn: {a} and {b} are heard at the same time",
)
_OVER_2 = (  # besides the former: b is longer than a, or quieter
    "xc: {a_says} over the sound of {b_name}",
    "xc: {b} in the background while {a_says}",
    "xc: {a_says} while {b_name} can be heard in the background",
    "xn: {a_says} with {b} in the background",
    "xn: {b} {b_is} heard in the background while {a_says}",
    "xn: over {b_the}, {a_says}",
)
_IN_TURN_3 = (
    "xxx: {a_says}, then {b_says}, and finally {c_says}",
    "xxx: first {a_says}, then {b_says}, and at last {c_says}",
    "xxx: {a_says}, {b_says}, and then {c_says}",
    "ccc: after {a}, {b} and then {c}",
    "nxx: after {a}, {b_says} and then {c_says}",
    "xxx: {a_says}, followed by {b_name} and then {c_name}",
    "ccc: {a} before {b} and {c}",
    "nnn: {a} {a_is} followed by {b} and then {c}",
)
_TOGETHER_3 = (
    "xxx: {a_says} and {b_says} while {c_says}",
    "xxx: {a_says} as {b_says} and {c_says}",
    "xxx: while {c_says}, {a_says} and {b_says}",
    "xxn: over {c_the}, {a_says} and {b_says}",
    "xxn: {a_says} and {b_says} over {c_the}",
    "xxx: {a_says}, {b_says}, and {c_says}",
)
_OVER_3 = (  # a, then b, and c all the while
    "xxx: while {c_says}, {a_says} and then {b_says}",
    "xxx: as {c_says}, {a_says} and then {b_says}",
    "xxx: {a_says}, and then {b_says}, while {c_says}",
    "xxn: over {c_the}, {a_says} and then {b_says}",
    "xxn: {a_says} and then {b_says} over {c_the}",
    "xxx: while {c_says}, {a_says} before {b_says}",
)
_TEMPLATES: dict[tuple[Order, int], tuple[str, ...]] = {
    ("in turn", 2): _IN_TURN_2,
    ("together", 2): _TOGETHER_2,
    ("over", 2): (*_TOGETHER_2[:5], *_TOGETHER_2[6:], *_OVER_2),
    ("in turn", 3): _IN_TURN_3,
    ("together", 3): _TOGETHER_3,
    ("over", 3): _OVER_3,
}


def arrange(voices: Sequence[Voice]) -> tuple[Order, list[Voice]] | None:
    """How two or three sounds stand to each other, and in which order the templates name them.

    Returns:
        "in turn": each starts when the one before it has ended, earliest first. "together": all overlap by half of the
        shorter one, loudest first. "over": the last named one is the background of the others. None where they neither
        follow nor clearly overlap, so that no joining word is true.
    """
    by_start = sorted(voices, key=lambda voice: voice.start_s)
    if all(_follows(one, other) for one, other in pairwise(by_start)):
        return "in turn", by_start
    background = max(voices, key=lambda voice: (voice.end_s - voice.start_s) - 0.4 * voice.gain_db)
    others = [voice for voice in by_start if voice is not background]
    if not all(_overlap(background, other) for other in others):
        return None
    behind = all(_is_behind(background, other) for other in others)
    if len(others) == 1:
        return "over" if behind else "together", [*others, background]
    if _follows(*others):
        return "over", [*others, background]
    return ("together", [*others, background]) if _overlap(*others) else None


def join(voices: Sequence[Voice], rng: np.random.Generator, count: int = 3) -> tuple[str, list[str]]:
    """Write captions of a scene.

    Args:
        voices: Two or three sounds.
        rng: Its state decides which captions and words are taken.
        count: How many captions are wanted.

    Returns:
        How the sounds stand to each other ("" where no joining word is true), and `count` different sentences of at
        most `LONGEST_WORDS` words, or fewer (even none) where the written captions cannot be joined truly.
    """
    arranged = arrange(voices)
    if arranged is None:
        return "", []
    order, ordered = arranged
    choices = [sayable(voice, ordered, order) for voice in ordered]
    if not all(choices):
        return order, []
    templates = _TEMPLATES[order, len(ordered)]
    found: dict[str, None] = {}
    used: Counter[str] = Counter()
    for attempt in range(_TRIES):
        phrases = [_choose(options, used, rng) for options in choices]
        suited = [t for t in dict.fromkeys(templates) if _suits(t, phrases) and (not used[t] or attempt > _TRIES // 2)]
        if not suited:
            continue
        weights = np.array([templates.count(template) for template in suited], float)
        template = suited[int(rng.choice(len(suited), p=weights / weights.sum()))]
        sentence = _fill(template, phrases)
        if sentence is not None and sentence not in found:
            found[sentence] = None
            used.update([template.replace(" and ", " "), template, *(phrase.text for phrase in phrases)])
        if len(found) == count:
            break
    return order, list(found)


def sayable(voice: Voice, scene: Sequence[Voice], order: Order) -> list[Phrase]:
    """The phrases of a voice's captions that are true of it in this scene and short enough to be joined."""
    loudest = max(other.gain_db for other in scene)
    phrases = []
    for phrase in (phrase for caption in voice.captions for phrase in variants(caption, voice.label)):
        if phrase.words > _LONGEST_PART[len(scene)]:
            continue
        if voice.cut and (phrase.counts or phrase.changes):
            continue
        if (phrase.loud and voice.gain_db < loudest - 4) or (
            phrase.faint and voice.gain_db > loudest - 2 and len(scene) > 1
        ):
            continue
        if order == "in turn":
            if phrase.settled is None:
                continue
            phrase = replace(phrase, text=phrase.settled)
        phrases.append(phrase)
    return phrases


def _follows(one: Voice, other: Voice) -> bool:
    return other.start_s >= one.end_s - 0.3 and other.start_s > one.start_s


def _overlap(one: Voice, other: Voice) -> bool:
    shared = min(one.end_s, other.end_s) - max(one.start_s, other.start_s)
    return shared >= 0.5 * min(one.end_s - one.start_s, other.end_s - other.start_s)


def _is_behind(background: Voice, other: Voice) -> bool:
    """Whether one is heard as the background of the other: no shorter and quieter, or far longer and no louder."""
    longer = (background.end_s - background.start_s) / (other.end_s - other.start_s)
    quieter_db = other.gain_db - background.gain_db
    return (longer >= 0.9 and quieter_db >= 4) or (longer >= 2 and quieter_db >= 1)


def _choose(options: Sequence[Phrase], used: Counter[str], rng: np.random.Generator) -> Phrase:
    """Draw one: short and plain ones more often, those of an earlier caption less."""
    weights = np.array(
        [
            0.6 ** (max(0, phrase.words - 4) + phrase.passive + (" and " in phrase.text) + 3 * used[phrase.text])
            for phrase in options
        ]
    )
    return options[int(rng.choice(len(options), p=weights / weights.sum()))]


def _suits(template: str, phrases: Sequence[Phrase]) -> bool:
    kinds, words = template.split(": ", 1)
    if any(kind not in ("x", phrase.kind[0]) for kind, phrase in zip(kinds, phrases, strict=True)):
        return False
    for letter, phrase in zip("abc", phrases, strict=False):
        named = f"{{{letter}_name}}" in words
        if named and phrase.kind == "clause" and phrase.participle is None:
            return False
        if "," in phrase.text and re.search(rf"\{{{letter}\w*\}}, ", words):
            return False  # its comma would hide where it ends
        if " and " in phrase.text and re.search(rf"there \{{{letter}_is", words):
            return False
        if "the sound of" in words and re.match("the (?!sea|surf|ocean|wind)", phrase.participle or "") and named:
            return False
        if len(phrases) == 3 and phrase.kind == "clause" and " and " in phrase.text:
            return False
        if f"{{{letter}}} in the background" in words and phrase.participle is None:
            return False
        if "the sound of" in words and re.search(r"\b(sounds?|noise|voice)\b", phrase.text):
            return False
    return True


def _fill(template: str, phrases: Sequence[Phrase]) -> str | None:
    """The sentence, or None where it came out clumsy."""
    values: dict[str, str] = {}
    for letter, phrase in zip("abc", phrases, strict=False):
        name = phrase.participle or phrase.text
        values |= {
            letter: phrase.text,
            f"{letter}_says": phrase.text
            if phrase.kind == "clause"
            else f"{phrase.text} {'are' if phrase.plural else 'is'} heard",
            f"{letter}_name": name,
            f"{letter}_the": re.sub(r"^an? (?=.* of )", "the ", name),
            f"{letter}_is": "are" if phrase.plural else "is",
        }
        for verb in ("follow", "come", "sound"):
            values[f"{letter}_{verb}s"] = verb if phrase.plural else verb + "s"
        values[f"{letter}_mixes"] = "mix" if phrase.plural else "mixes"
    text = template.split(": ", 1)[1].format(**values)
    return None if _is_clumsy(text, phrases) else text[0].upper() + text[1:] + "."


def _is_clumsy(text: str, phrases: Sequence[Phrase]) -> bool:
    words = re.findall(r"[a-z'-]+", text.lower())
    heavy = [word for word in words if len(word) >= 5 and word not in ("sound", "heard", "while", "after", "before")]
    return (
        len(words) > LONGEST_WORDS
        or any(one == other for one, other in pairwise(words))
        or len(heavy) != len(set(heavy))
        or sum(phrase.person for phrase in phrases) > 1
        or words.count("and") > 2
        or words.count("with") > 1
        or words.count("over") > 1
        or words.count("heard") > 1
        or words.count("for") > 1
    )
