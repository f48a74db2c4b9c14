"""Finding the sounds among files and folders that were dropped, as a generator of events."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

from aaccore.errors import CaptioningError
from aaccore.events import Working
from aaccore.library import Library
from aaccore.records import ClipRow

BATCH_FILES, BATCH_S = 500, 0.2
"""Files are put into the list whenever so many were found, or so much time has gone."""

SOUND_STARTS = (
    *(b"RIFF", b"RIFX", b"RF64", b"BW64", b"fLaC", b"OggS", b"ID3", b"FORM", b"caff", b".snd", b"MAC ", b"wvpk"),
    *(b"\xff\xfb", b"\xff\xf3", b"\xff\xf2", b"\xff\xf1", b"\xff\xf9", b"\x1aE\xdf\xa3", b"0&\xb2u"),
)
"""How WAV, FLAC, Ogg, AIFF, CAF, AU, Monkey's Audio, WavPack, MP3, ADTS, Matroska and WMA begin."""

OTHER_STARTS = (
    *(b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"%PDF", b"PK", b"\x1f\x8b", b"7z\xbc", b"BM", b"II*", b"MM\0*"),
    *(b"\x7fELF", b"MZ", b"SQLite format 3"),
)
"""How pictures, documents, archives and programs begin."""


@dataclass(frozen=True)
class FilesAdded:
    """Rows that have come into the library, or that were in it and are listed again."""

    rows: tuple[ClipRow, ...]


@dataclass(frozen=True)
class FilesWalked:
    """Everything that was dropped has been looked at.

    Attributes:
        added: Files that came into the list.
        left_out: Files in folders that are no sound.
        problems: Folders that cannot be read, in words.
        here: Files that were captioned already, and stand in the list as they are.
    """

    added: int
    left_out: int
    problems: tuple[str, ...]
    here: int = 0


@dataclass
class _Walk:
    """What a walk has met so far."""

    left_out: int = 0
    problems: list[str] = field(default_factory=list)

    def files(self, places: Iterable[Path]) -> Iterator[Path | None]:
        """The files to take, folders inside folders too; None for each that is left out."""
        for place in places:
            if not place.is_dir():
                yield Path(os.path.abspath(place))  # noqa: PTH100 - keeps links as they are
                continue
            for root, folders, names in os.walk(os.path.abspath(place), onerror=self._report):  # noqa: PTH100
                folders[:] = sorted(name for name in folders if not name.startswith("."))
                for name in sorted(names):
                    path = Path(root, name)
                    taken = not name.startswith(".") and is_sound(path)
                    self.left_out += not taken
                    yield path if taken else None

    def _report(self, error: OSError) -> None:
        self.problems.append(f"{error.filename}: the folder cannot be read ({error.strerror})")


def is_sound(path: Path) -> bool:
    """Judge by a file's first bytes whether it may be sound; only where they tell nothing the decoders are asked."""
    try:
        with path.open("rb") as file:
            start = file.read(512)
    except OSError:
        return path.is_file()  # its row will say why it cannot be read
    if start.startswith(SOUND_STARTS) or start[4:8] == b"ftyp":
        return not (start.startswith(b"RIFF") and start[8:12] == b"WEBP")
    if not start or start.startswith(OTHER_STARTS) or _is_text(start):
        return False
    from aaccore.decoders import probe

    try:
        probe(path)
    except CaptioningError:
        return False
    return True


def _is_text(start: bytes) -> bool:
    try:
        text = start[:-3].decode("utf-8")  # a character may be cut at the end
    except UnicodeDecodeError:
        return False
    return not any(character < " " and character not in "\t\r\n\f\x1b" for character in text)


def walk(
    places: Sequence[Path], library_path: Path, front: bool = False
) -> Generator[FilesAdded | Working | FilesWalked, None, None]:
    """Put files, and what is sound in folders and the folders inside them, into the library's queue.

    Args:
        places: Files and folders; a file that is named itself is always taken, its row says what is wrong with it.
        library_path: The library's file.
        front: They are to be captioned before all that waits.

    Yields:
        FilesAdded for each batch, Working where nothing is found for a while, at last FilesWalked.
    """
    found = _Walk()
    batch: list[Path] = []
    taken: list[int] = []
    here: set[int] = set()
    last = monotonic()
    with Library(library_path) as library:
        for path in found.files(places):
            if path is not None:
                batch.append(path)
            if len(batch) < BATCH_FILES and monotonic() - last < BATCH_S:
                continue
            if batch:
                yield _added(library, batch, taken, here, front)
            else:
                yield Working("looking for sounds")
            batch, last = [], monotonic()
        if batch:
            yield _added(library, batch, taken, here, front)
    yield FilesWalked(len({*taken} - here), found.left_out, tuple(found.problems), len(here))


def _added(library: Library, paths: list[Path], taken: list[int], here: set[int], front: bool) -> FilesAdded:
    numbers = list(dict.fromkeys(library.add(paths)))
    taken += numbers
    if front:
        library.first(taken)
    rows = tuple(library.row(number) for number in numbers)
    here |= {row.id for row in rows if row.state == "done"}
    return FilesAdded(rows)
