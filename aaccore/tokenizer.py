"""Captions <-> token ids: one token a word, kept in one JSON file of Hugging Face's `tokenizers`."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import chain
from pathlib import Path

from tokenizers import Regex, normalizers
from tokenizers import Tokenizer as WordLevelTokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Split
from tokenizers.processors import TemplateProcessing

from aaccore.errors import ModelError

SPECIAL = ("<pad>", "<start>", "<end>", "<unknown>")
WORD = r"[^\W_]+(?:['\-][^\W_]+)*"
"""A word with the apostrophes and hyphens inside it: "woman's", "clip-clop"."""


class Tokenizer:
    """The vocabulary of captions.

    Captions are read in lower case and without punctuation, except commas, which are tokens. Words that are usually
    written with a capital within a sentence (French, Morse, I) have it in the vocabulary and so in what is written.
    """

    PAD, START, END, UNKNOWN = range(4)

    def __init__(self, tokenizer: WordLevelTokenizer) -> None:
        self._tokenizer = tokenizer
        self._words = tuple(word for word, _ in sorted(tokenizer.get_vocab().items(), key=lambda item: item[1]))

    @classmethod
    def train(cls, captions: Iterable[str], min_count: int = 1, extra_words: Iterable[str] = ()) -> Tokenizer:
        """Learn the vocabulary and the usual case of its words; the commoner a word, the lower its id.

        Args:
            captions: Sentences as people write them.
            min_count: How often the captions must have a word.
            extra_words: Words or phrases to know however seldom they come.
        """
        counts, spellings = _counted(captions)
        extra_counts, extra_spellings = _counted(extra_words)
        known = {word: count for word, count in counts.items() if count >= min_count}
        known.update({word: counts[word] for word in (",", *extra_counts)})
        ordered = sorted(known, key=lambda word: (word != ",", -known[word], word))
        for word, seen in extra_spellings.items():
            spellings.setdefault(word, seen)
        usual = {word: _usual(word, spellings.get(word, Counter())) for word in ordered}
        return cls(_assembled([*SPECIAL, *(usual[word] for word in ordered)]))

    def extended(self, captions: Iterable[str]) -> Tokenizer:
        """This vocabulary with the captions' new words behind its own, whose ids stay as they are."""
        counts, spellings = _counted(captions)
        new = [
            word for word in sorted(counts, key=lambda word: (-counts[word], word)) if self.UNKNOWN in self.ids(word)
        ]
        return Tokenizer(_assembled([*self._words, *(_usual(word, spellings.get(word, Counter())) for word in new)]))

    def __len__(self) -> int:
        return len(self._words)

    def encode(self, caption: str) -> list[int]:
        """The ids of a caption, START first and END last; a word outside the vocabulary is UNKNOWN."""
        return list(self._tokenizer.encode(caption).ids)

    def ids(self, words: str) -> list[int]:
        """The ids of a word or phrase alone, without START and END."""
        return list(self._tokenizer.encode(words, add_special_tokens=False).ids)

    def words(self, ids: Iterable[int]) -> list[str]:
        """The words of ids as they are written within a sentence; PAD, START, END and UNKNOWN have none."""
        return [self._words[number] for number in ids if number >= len(SPECIAL)]

    def decode(self, ids: Iterable[int]) -> str:
        """Write ids as a sentence, with a capital and a full stop; no words make an empty text."""
        text = " ".join(self.words(ids)).replace(" ,", ",").strip(" ,")
        return f"{text[0].upper()}{text[1:]}." if text else ""

    def save(self, path: Path) -> None:
        """Write the JSON file."""
        path.write_text(self._tokenizer.to_str(pretty=True), encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> Tokenizer:
        """Read the JSON file; only its words are taken, the rest is made anew: a file from elsewhere brings no rules.

        Raises:
            ModelError: It cannot be read, or is not a vocabulary that `save` wrote.
        """
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            vocabulary = content["model"]["vocab"]
            numbered = sorted(vocabulary.values()) == list(range(len(vocabulary)))
        except OSError as error:
            raise ModelError(f"{path}: cannot be read ({error.strerror}); get the model folder anew") from error
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise ModelError(f"{path}: not a vocabulary ({error}); get the model folder anew") from error
        words = sorted(vocabulary, key=lambda word: int(vocabulary[word])) if numbered else []
        if tuple(words[: len(SPECIAL)]) != SPECIAL:
            raise ModelError(f"{path}: its words are not numbered as Auricle does; get the model folder anew")
        for word in words[len(SPECIAL) :]:
            if not re.fullmatch(f"{WORD}|,", word):
                raise ModelError(f"{path}: {word!r} is not a word; get the model folder anew")
        return cls(_assembled(words))


def _counted(captions: Iterable[str]) -> tuple[Counter[str], dict[str, Counter[str]]]:
    """How often each lower-case word comes, and how it is spelled where it does not begin its sentence."""
    counts: Counter[str] = Counter()
    spellings: defaultdict[str, Counter[str]] = defaultdict(Counter)
    sentences = (sentence for caption in captions for sentence in re.split(r"[.!?]", caption))
    for sentence in sentences:
        found = re.findall(f"{WORD}|,", unicodedata.normalize("NFKC", sentence).replace("\u2019", "'"))
        counts.update(word.lower() for word in found)
        for word in found[1:]:
            spellings[word.lower()][word] += 1
    return counts, spellings


def _usual(word: str, seen: Counter[str]) -> str:
    """A word with its capital if a quarter of its uses have one: names are what people forget to capitalise."""
    if word == "i":
        return "I"
    capitals = [(count, spelling) for spelling, count in seen.items() if spelling != word]
    often = 4 * sum(count for count, _ in capitals) >= seen.total() > 0
    return max(capitals)[1] if capitals and often else word


def _assembled(words: Sequence[str]) -> WordLevelTokenizer:
    """Make the tokenizer of words in the order of their ids; after lower-casing, names get their capitals back."""
    vocabulary = {word: number for number, word in enumerate(words)}
    tokenizer = WordLevelTokenizer(WordLevel(vocabulary, unk_token=SPECIAL[Tokenizer.UNKNOWN]))
    restored = (
        normalizers.Replace(Regex(rf"(?<![\w'\-]){re.escape(word.lower())}(?![\w'\-])"), word)
        for word in sorted(words)
        if word != word.lower()
    )
    plain = (normalizers.NFKC(), normalizers.Replace("\u2019", "'"), normalizers.Lowercase())
    tokenizer.normalizer = normalizers.Sequence(list(chain(plain, restored)))
    tokenizer.pre_tokenizer = Split(Regex(f"{WORD}|,"), behavior="removed", invert=True)
    tokenizer.post_processor = TemplateProcessing(
        single="<start> $A <end>", special_tokens=[("<start>", Tokenizer.START), ("<end>", Tokenizer.END)]
    )
    return tokenizer
