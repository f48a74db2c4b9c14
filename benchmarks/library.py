"""How the library answers as it grows: `python3 benchmarks/library.py [--rows N ...]` prints the rows of the tables.

Libraries of made-up recordings, one to three segments each, with vectors of 256 numbers as the bundled model's, are
written into a temporary folder (about 5 GB for a million) and asked what the pages and the command line ask. Beside the
search stands what a program without an index does on the same file: `LIKE '%word%'` over all captions, and an exact
comparison of all vectors in float32, already in memory. Times of questions are the processor's, so that what else runs
counts little; those of changes are the clock's, as they wait for the disk.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from aaccore.events import Candidate, ClipCaptioned, Segment
from aaccore.library import Library
from aaccore.library_files import NEWEST, look_at_files
from aaccore.library_likeness import Embeddings, like
from aaccore.library_schema import candidates_text
from aaccore.library_search import days, folders, heard_most, search
from aaccore.records import Filters

NOUNS = """
    rain dog wind bird car thunder man woman engine water bell crowd door train cat music river horn child sea clock
    phone saw hammer frog cow sheep owl horse fire plane siren drum guitar piano violin flute insect bee cricket goat
    pig rooster chicken duck goose crow sparrow whale bicycle bus truck motor pump fan kettle tap shower toilet glass
    plate knife paper key coin lock gate stair floor snow ice hail brook fountain wave boat anchor rope sail axe
    drill printer typewriter camera radio alarm whistle harp cello gong chime rattle zip bag box cork spoon harmonica
""".split()  # noqa: SIM905 - as a list it would fill a page
VERBS = ["sounds", "rings", "hums", "rattles", "roars", "whistles", "splashes", "creaks", "clicks", "knocks"]
PLACES = ["a roof", "a street", "a forest", "a kitchen", "a station", "a field", "a hall", "a harbour"]
WIDTH, LIMIT, LISTED, BLOCK = 256, 200, 10_000, 10_000
DISTINCT = 100_000
"""So many recordings are made up; further ones repeat what was heard in them, as making up a million takes hours."""


def sentences(random: np.random.Generator, count: int) -> list[str]:
    """Made-up captions, in which some sounds are much commoner than others."""
    shares = 1 / np.arange(1, len(NOUNS) + 1)
    nouns = random.choice(len(NOUNS), (count, 2), p=shares / shares.sum())
    verbs, places = random.integers(0, len(VERBS), (count, 2)), random.integers(0, len(PLACES), count)
    return [
        f"A {NOUNS[one]} {VERBS[first]} while a {NOUNS[other]} {VERBS[second]} near {PLACES[place]}."
        for (one, other), (first, second), place in zip(nouns.tolist(), verbs.tolist(), places.tolist(), strict=True)
    ]


def fill(library: Library, rows: int) -> None:
    """Write captioned recordings, all but the last 10,000 no longer in the list."""
    random = np.random.default_rng(0)
    sounds = random.normal(size=(200, WIDTH)).astype(np.float32)
    begin = datetime(2026, 1, 1)
    for first in range(1, min(rows, DISTINCT) + 1, BLOCK):
        clips, segments = [], []
        for id in range(first, min(first + BLOCK, rows + 1)):
            count = int(random.integers(1, 4))
            captions = sentences(random, count)
            folder, name = f"/sounds/{id % 997:03d}", f"recording {id:07d}.wav"
            added = (begin + timedelta(minutes=id)).isoformat(" ")
            clips.append((id, f"{folder}/{name}", folder, name, id, added, added, count * 10.0, " ".join(captions),
                          id > rows - LISTED))  # fmt: skip
            vectors = sounds[random.integers(0, 200, count)] + random.normal(size=(count, WIDTH)).astype(np.float32)
            vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
            for place, caption in enumerate(captions):
                words = tuple(caption.lower().rstrip(".").split())
                found = Candidate(caption, -0.3, tuple(range(len(words))), words, (1.0,) * len(words))
                segments.append((id, place * 10.0, place * 10.0 + 10.0, caption, candidates_text([found] * 4), "likely",
                                 vectors[place].astype("<f2").tobytes()))  # fmt: skip
        with library.writing() as connection:
            connection.executemany(
                "INSERT INTO clip (id, path, folder, name, position, added, captioned, duration_s, caption, listed, "
                "state, model) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'done', 'starter')", clips,
            )  # fmt: skip
            connection.executemany(
                "INSERT INTO segment (clip, start_s, end_s, machine, candidates, band, embedding) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)", segments,
            )  # fmt: skip
            connection.execute(
                "INSERT INTO heard (rowid, words, stems, names) SELECT id, words(caption), stems(caption), "
                "words(name) || ' ' || stems(name) FROM clip WHERE id >= ?", (first,),
            )  # fmt: skip
    for before in range(DISTINCT, rows, BLOCK):
        repeat(library, before, rows)


def repeat(library: Library, before: int, rows: int) -> None:
    """Write a block of recordings behind these: what was heard in earlier ones, with names and days of their own."""
    first = before % DISTINCT
    values = {"first": first, "last": first + min(BLOCK, rows - before), "on": before - first, "old": rows - LISTED}
    with library.writing() as connection:
        connection.execute(
            """
            INSERT INTO clip
                (id, path, folder, name, position, added, captioned, duration_s, caption, listed, state, model)
            SELECT
                id, folder || '/' || name, folder, name, id, added, added, duration_s, caption, id > :old, 'done', model
            FROM (
                SELECT id + :on AS id, printf('/sounds/%03d', (id + :on) % 997) AS folder,
                printf('recording %07d.wav', id + :on) AS name, duration_s, caption, model,
                datetime('2026-01-01', (id + :on) || ' minutes') AS added
                FROM clip WHERE id > :first AND id <= :last
            )
            """,
            values,
        )
        connection.execute(
            """
            INSERT INTO segment (clip, start_s, end_s, machine, candidates, band, embedding)
            SELECT clip + :on, start_s, end_s, machine, candidates, band, embedding
            FROM segment WHERE clip > :first AND clip <= :last ORDER BY id
            """,
            values,
        )
        connection.execute(
            """
            INSERT INTO heard (rowid, words, stems, names)
            SELECT rowid + :on, words, stems, replace(names, printf('%07d', rowid), printf('%07d', rowid + :on))
            FROM heard WHERE rowid > :first AND rowid <= :last
            """,
            values,
        )


def timed(work: Callable[[], object], clock: Callable[[], float], repeats: int) -> str:
    """Median, smallest and largest time, ms; the first run, which reads from disk, does not count."""
    work()
    runs = []
    for _ in range(repeats):
        start = clock()
        work()
        runs.append((clock() - start) * 1000)
    return f"{statistics.median(runs):.1f} ({min(runs):.1f} to {max(runs):.1f})"


def scan(library: Library, *words: str) -> Callable[[], object]:
    conditions = " AND ".join(f"caption LIKE '%{word}%'" for word in words)
    statement = f"SELECT id, caption FROM clip WHERE {conditions} ORDER BY id DESC LIMIT {LIMIT}"
    return lambda: library.read(statement)


def questions(library: Library, rows: int) -> Iterator[tuple[str, Callable[[], object]]]:
    """What is asked, by its name in the table."""
    none, folder = Filters(corrected=True), Filters(folder=Path("/sounds/007"))
    filters = replace(folder, first_day=datetime(2026, 1, 1).date())
    blobs = library.read("SELECT embedding FROM segment ORDER BY id LIMIT 2000000")
    exact = np.frombuffer(b"".join(blob for (blob,) in blobs), "<f2").reshape(-1, WIDTH).astype(np.float32)
    blobs.clear()
    embeddings = Embeddings()
    yield "search: `dog`", lambda: search(library, "dog", limit=LIMIT)
    yield "- `LIKE '%dog%'`", scan(library, "dog")
    yield "search: `rain then thunder`", lambda: search(library, "rain then thunder", limit=LIMIT)
    yield "search: `harmonica cork spoon`, rare together", lambda: search(library, "harmonica cork spoon", limit=LIMIT)
    yield "- `LIKE`, the same three", scan(library, "harmonica", "cork", "spoon")
    yield "search: `d`, as one begins to type", lambda: search(library, "d", limit=LIMIT)
    yield "search: `zebra`, in no caption", lambda: search(library, "zebra", limit=LIMIT)
    yield "- `LIKE '%zebra%'`", scan(library, "zebra")
    yield "search: `rain dog`, both common", lambda: search(library, "rain dog", limit=LIMIT)
    yield "search: `dog` in one folder, from a day on", lambda: search(library, "dog", filters, LIMIT)
    yield "search: `near`, in all, where a filter leaves none", lambda: search(library, "near", none, LIMIT)
    yield "more like this", lambda: like(library, rows // 2, limit=LIMIT, embeddings=embeddings)
    yield "- in one folder", lambda: like(library, rows // 2, "", folder, LIMIT, embeddings)
    yield "- where a filter leaves none", lambda: like(library, rows // 2, "", none, LIMIT, embeddings)
    yield "- exact, float32 in memory, no rows read", lambda: np.argsort(-(exact @ exact[rows // 2]))[:LIMIT]
    yield "the newest 200 of all", lambda: search(library, "", limit=LIMIT)
    yield "- where a filter leaves none", lambda: search(library, "", none, LIMIT)
    yield "days", lambda: days(library)
    yield "folders", lambda: folders(library)
    yield "heard most", lambda: heard_most(library)
    yield f"the list: {min(rows, LISTED):,} rows", lambda: library.rows()
    yield "counts of the list", lambda: library.counts()
    yield "one recording with its segments", lambda: library.clip(rows // 2)
    yield "look for the files of 1,000", lambda: look_at_files(library, below=NEWEST)
    yield "open and close", lambda: Library(library.path).close()


def changes(library: Library, rows: int, folder: Path) -> Iterator[tuple[str, Callable[[], object]]]:
    """What is written, by its name in the table; each waits for the disk."""
    numbers = iter(range(10**9))
    segment = Segment(0.0, 10.0, "A dog barks.", (Candidate("A dog barks.", -0.3),), "sure", bytes(2 * WIDTH))
    clip = ClipCaptioned(folder / "none.wav", 10.0, (segment,))
    yield "keep one caption", lambda: library.finish(rows // 2, clip, "starter")
    yield "add 10,000 paths", lambda: library.add([folder / f"{next(numbers)}.wav" for _ in range(10_000)])
    yield "claim the next", lambda: library.claim("benchmark")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[10**3, 10**4, 10**5, 10**6])
    parser.add_argument("--repeats", type=int, default=7)
    options = parser.parse_args()
    for rows in options.rows:
        with TemporaryDirectory() as folder, Library(Path(folder) / "library.sqlite") as library:
            fill(library, rows)
            megabytes = sum(path.stat().st_size for path in Path(folder).iterdir()) / 1e6
            print(f"\n{rows:,} recordings, {megabytes:,.0f} MB | ms")
            start = time.perf_counter()
            like(library, rows // 2, embeddings=Embeddings())
            print(f"more like this, for the first time | {(time.perf_counter() - start) * 1000:.0f}")
            for name, work in questions(library, rows):
                print(f"{name} | {timed(work, time.process_time, options.repeats)}", flush=True)
            for name, work in changes(library, rows, Path(folder)):
                print(f"{name} | {timed(work, time.perf_counter, options.repeats)}", flush=True)
    print(f"\nlargest memory | {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3:,.0f} MB")


if __name__ == "__main__":
    main()
