"""Search in the library as one types, and ways to look around in it without a query."""

from __future__ import annotations

import os
from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from aaccore.library import Library
from aaccore.library_queue import COLUMNS, clip_row
from aaccore.records import ClipRow, Filters, Hit
from aaccore.words import STOP_WORDS, stem, words_of

MOMENTS = 20
"""Hits of one recording at most: a day's recording would hide all others."""
BEGUN_SCORE = 0.5
"""Of a hit by the beginning of a word; a hit by whole words has 1."""
ROWS_AT_ONCE = 50

NAMES_NO_SOUND = frozenset(
    map(
        stem,
        """
        silence sound noise hear background foreground distance far nearby close loud quiet soft slow fast heavy light
        small large big old come go move pass fall start stop continue begin end make play follow repeat
        """.split(),  # noqa: SIM905 - as a list it would fill a page
    )
)
"""Content words that stand in many captions and yet are not what one hears; by stem."""

IN_LIBRARY = "captioned IS NOT NULL AND deleted IS NULL"


@dataclass(frozen=True)
class Query:
    """What was typed, understood.

    Attributes:
        words: Its content words, at least one; all words where there are only little ones.
    """

    words: tuple[str, ...]

    @property
    def stems(self) -> frozenset[str]:
        """What a text must have of it."""
        return frozenset(stem(word) for word in self.words)

    def exact(self) -> str:
        """FTS5's words for: each word is there, in whatever form. They hold letters and digits only, no operators."""
        return " AND ".join(f'("{word}" OR "{stem(word)}")' for word in self.words)

    def beginning(self) -> str:
        """FTS5's words for: the same with the last word as the beginning of a longer one, and not what is `exact`."""
        begun = [*(f'("{word}" OR "{stem(word)}")' for word in self.words[:-1]), f'"{self.words[-1]}" *']
        return f"({' AND '.join(begun)}) NOT ({self.exact()})"

    def found(self, text: str, begun: bool) -> list[tuple[int, int, str]]:
        """Begin, end and stem of a text's words that it names; with `begun`, also of those that begin like its last."""
        stems, last = self.stems, self.words[-1]
        return [
            (begin, end, stem(word))
            for begin, end, word in words_of(text)
            if stem(word) in stems or (begun and word.startswith(last))
        ]


def understood(text: str) -> Query | None:
    """What was typed as a query: little words ("then") are left out; None where there are no words."""
    words = [word for _, _, word in words_of(text)]
    words = [word for word in words if word not in STOP_WORDS] or words
    return Query(tuple(words)) if words else None


def search(library: Library, text: str, filters: Filters = Filters(), limit: int = 200) -> list[Hit]:  # noqa: B008 - frozen
    """Find recordings that hold all the words, in whatever segments or in their name.

    Args:
        library: Where.
        text: Anything typed. The last word may be begun only; forms of a word count as that word. No words find all.
        filters: What the search is narrowed to.
        limit: Hits at most.

    Returns:
        Recordings with whole words first, then those with words that begin so; newest first; each with the moments of
        the segments that hold most of the words.
    """
    query = understood(text)
    if query is None:
        return _hits(library, _found(library, "", filters, limit), None, False, limit)
    hits = _hits(library, _found(library, query.exact(), filters, limit), query, False, limit)
    if len(hits) < limit:
        left = limit - len(hits)
        hits += _hits(library, _found(library, query.beginning(), filters, left), query, True, left)
    return hits


def _found(library: Library, match: str, filters: Filters, limit: int) -> list[ClipRow]:
    """The newest recordings that match, all without `match`."""
    conditions, values = conditions_of(filters)
    source = "clip"
    if match:
        # CROSS JOIN: the index first, in the order of its rows, so that it stops at the limit.
        source = "heard CROSS JOIN clip ON clip.id = heard.rowid"
        conditions, values = ["heard MATCH ?", *conditions], [match, *values]
    # By day and number is by number, but has an index that days can be picked from.
    order = "heard.rowid DESC" if match else "substr(clip.added, 1, 10) DESC, clip.id DESC"
    where = " AND ".join([*conditions, IN_LIBRARY])
    found = library.read(f"SELECT {COLUMNS} FROM {source} WHERE {where} ORDER BY {order} LIMIT ?", [*values, limit])
    return [clip_row(values) for values in found]


def conditions_of(filters: Filters) -> tuple[list[str], list[Any]]:
    """The filters as SQL conditions on `clip`, and their values."""
    wanted: list[tuple[str, Any]] = [
        ("substr(clip.added, 1, 10) >= ?", filters.first_day and filters.first_day.isoformat()),
        ("substr(clip.added, 1, 10) <= ?", filters.last_day and filters.last_day.isoformat()),
        ("clip.duration_s >= ?", filters.shortest_s),
        ("clip.duration_s <= ?", filters.longest_s),
        ("clip.model = ?", filters.model or None),
        ("clip.corrected = ?", filters.corrected),
        ("clip.missing = ?", filters.missing),
    ]
    sql = [condition for condition, value in wanted if value is not None]
    values = [value for _, value in wanted if value is not None]
    if filters.folder:
        folder, inside = str(filters.folder), str(filters.folder).rstrip(os.sep) + os.sep
        # Between the folder and its last inner one lie some others, "yard-2" between "yard" and "yard/": these go.
        sql.append("clip.folder >= ? AND clip.folder < ? AND (clip.folder = ? OR substr(clip.folder, 1, ?) = ?)")
        values += [folder, inside[:-1] + chr(ord(os.sep) + 1), folder, len(inside), inside]
    return sql, values


def _hits(library: Library, rows: list[ClipRow], query: Query | None, begun: bool, limit: int) -> list[Hit]:
    """The moments in these recordings, until there are enough."""
    hits: list[Hit] = []
    for start in range(0, len(rows), ROWS_AT_ONCE):
        some = rows[start : start + ROWS_AT_ONCE]
        segments: dict[int, list[tuple[float, float, str]]] = defaultdict(list)
        for clip, start_s, end_s, text in library.read(
            "SELECT clip, start_s, end_s, coalesce(corrected, machine) FROM segment "
            f"WHERE clip IN ({', '.join(str(row.id) for row in some)}) ORDER BY clip, start_s",
        ):
            segments[clip].append((start_s, end_s, text))
        for row in some:
            hits += _moments(row, segments[row.id], query, begun)
        if len(hits) >= limit:
            break
    return hits[:limit]


def _moments(row: ClipRow, segments: list[tuple[float, float, str]], query: Query | None, begun: bool) -> list[Hit]:
    """The hits in one recording: segments with all words, or where there are none, with any; else its beginning."""
    score = BEGUN_SCORE if begun else 1.0
    found = [(segment, query.found(segment[2], begun)) for segment in segments] if query else []
    found = [(segment, words) for segment, words in found if words]
    if not found:
        start_s, end_s, text = segments[0] if segments else (0.0, row.duration_s or 0.0, "")
        return [Hit(row, start_s, end_s, text, (), score)]
    most = max(len({stem for *_, stem in words}) for _, words in found)
    least = most if query and most >= len(query.stems) else 1
    return [
        Hit(row, start_s, end_s, text, tuple((begin, end) for begin, end, _ in words), score)
        for (start_s, end_s, text), words in found
        if len({stem for *_, stem in words}) >= least
    ][:MOMENTS]


def days(library: Library) -> list[tuple[date, int]]:
    """On which days how many recordings came in, newest first."""
    found = library.read(
        f"SELECT substr(added, 1, 10) AS day, count(*) FROM clip WHERE {IN_LIBRARY} GROUP BY day ORDER BY day DESC"
    )
    return [(date.fromisoformat(day), count) for day, count in found]


def folders(library: Library) -> list[tuple[Path, int]]:
    """In which folders how many recordings lie, by name."""
    found = library.read(f"SELECT folder, count(*) FROM clip WHERE {IN_LIBRARY} GROUP BY folder ORDER BY folder")
    return [(Path(folder), count) for folder, count in found]


def models(library: Library) -> list[tuple[str, int]]:
    """Which models captioned how many recordings, by name."""
    found = library.read(f"SELECT model, count(*) FROM clip WHERE {IN_LIBRARY} GROUP BY model ORDER BY model")
    return [(model, count) for model, count in found]


def heard_most(library: Library, limit: int = 100) -> list[tuple[str, int]]:
    """Which words for what is heard stand in the captions of how many recordings, most first; forms are one word."""
    counts: dict[str, int] = {}
    forms: dict[str, tuple[int, int, str]] = {}
    for term, column, count in library.read("SELECT term, col, doc FROM vocabulary WHERE col IN ('words', 'stems')"):
        if column == "words":  # the commonest form stands for all, the shorter one of two
            forms[stem(term)] = max(forms.get(stem(term), (0, 0, "")), (count, -len(term), term))
        elif term not in NAMES_NO_SOUND:
            counts[term] = count
    most = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:limit]
    return [(forms[term][2] if term in forms else term, count) for term, count in most]
