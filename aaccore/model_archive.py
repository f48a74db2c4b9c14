"""A model as a zip file: packed, and taken out of one that may come from anybody.

Only the four files of a model are taken, under their own names; whatever else a zip file claims, it is refused.
"""

from __future__ import annotations

import os
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from aaccore.downloads import check_room
from aaccore.errors import ModelError
from aaccore.events import Working
from aaccore.model_folder import LIMITS, describe

MOST_ENTRIES = 64
"""A zip file with more entries is no model."""
MOST_PACKED = 200
"""A file that a zip packs more tightly than by this factor is no model's: even JSON gives less."""
BLOCK_BYTES = 2**20
LITTER = re.compile(r"(^|/)(__MACOSX/|\.DS_Store$|\._)")
"""What some systems put into zip files by themselves."""


def pack_model(folder: Path, path: Path) -> Iterator[Working]:
    """Write a model as a zip file that `add_model` takes.

    Args:
        folder: The model's.
        path: The zip file; one that is there is replaced once the new one is complete.

    Raises:
        ModelError: The model is damaged, or the file cannot be written.
    """
    yield Working(f"{folder.name}: checking")
    describe(folder)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    done, total = 0, sum((folder / name).stat().st_size for name in LIMITS)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(part, "w") as archive:  # not compressed: weights do not get smaller
            for name in LIMITS:
                entry = zipfile.ZipInfo(f"{folder.resolve().name}/{name}")  # has no date: the same bytes each time
                entry.external_attr = 0o644 << 16
                with (folder / name).open("rb") as file, archive.open(entry, "w", force_zip64=True) as target:
                    while block := file.read(BLOCK_BYTES):
                        done += target.write(block)
                        yield Working(f"{path.name}: writing", done / total)
        part.replace(path)
    except OSError as error:
        raise ModelError(f"{path}: cannot be written ({error.strerror or error}); choose another place") from error
    finally:
        part.unlink(missing_ok=True)
    yield Working(f"{path}: written", 1.0)


def unpack_model(source: Path, folder: Path) -> Iterator[float]:
    """Take a model's four files out of a zip file, after a look at all that it claims to hold.

    Args:
        source: The zip file. A model's files lie at its top, or in one folder in it.
        folder: Where to; must be there and empty.

    Yields:
        The share that is done.

    Raises:
        ModelError: It is damaged, no zip file, no model, or not to be trusted.
        DownloadError: There is no room.
        OSError: The files cannot be written.
    """
    try:
        with zipfile.ZipFile(source) as archive:
            entries = _checked(source, archive.infolist())
            total = sum(entry.file_size for entry in entries.values())
            check_room(folder, total)
            done = 0
            for name, entry in entries.items():
                # Reading gives no more than the size that was checked, whatever the packed data hold.
                with archive.open(entry) as file, (folder / name).open("xb") as target:
                    while block := file.read(BLOCK_BYTES):
                        done += target.write(block)
                        yield done / max(1, total)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise ModelError(f"{source}: damaged or no zip file ({error}); get it anew") from error


def _checked(source: Path, infos: list[zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
    """The entries of the model's files by name.

    Raises:
        ModelError: Something else is in the zip file, or one of them is not what it should be.
    """

    def refused(what: str) -> ModelError:
        return ModelError(f"{source}: refused, as {what}; a model is {', '.join(LIMITS)}")

    if len(infos) > MOST_ENTRIES:
        raise refused(f"it holds {len(infos)} files")
    found: dict[str, zipfile.ZipInfo] = {}
    tops = set()
    for info in infos:
        path = PurePosixPath(info.filename)
        outside = path.is_absolute() or ".." in path.parts or "\\" in info.filename or ":" in info.filename
        if outside:
            raise refused(f"{info.filename!r} leads out of its folder")
        if stat.S_ISLNK(info.external_attr >> 16):
            raise refused(f"{info.filename!r} is a link")
        if info.is_dir() or LITTER.search(info.filename):
            continue
        name = path.name
        if name not in LIMITS or len(path.parts) > 2:
            raise refused(f"it holds {info.filename!r}")
        if name in found:
            raise refused(f"it holds two files called {name}")
        if info.flag_bits & 1:
            raise refused(f"{info.filename!r} is encrypted")
        if info.file_size > LIMITS[name]:
            raise refused(f"{info.filename!r} has {info.file_size} bytes unpacked, more than {LIMITS[name]}")
        if info.file_size > BLOCK_BYTES and info.file_size > MOST_PACKED * info.compress_size:
            raise refused(f"{info.filename!r} unpacks to {info.file_size // max(1, info.compress_size)} times its size")
        found[name] = info
        tops.add(path.parent)
    missing = [name for name in LIMITS if name not in found]
    if missing:
        raise refused(f"it lacks {' and '.join(missing)}")
    if len(tops) > 1:
        raise refused("its files lie in different folders")
    return found
