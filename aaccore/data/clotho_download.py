"""Clotho, downloaded and unpacked. What is here already, in whatever place people keep it, is used as it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from aaccore.data.clotho import SPLITS, Split, audio_folder, read_clotho, table_path
from aaccore.data.seven_zip import unpack_sounds
from aaccore.downloads import Downloading, check_room, fetch
from aaccore.errors import ConfigError, DatasetError, DownloadError
from aaccore.events import Working

Version = Literal["2.1", "1.0"]
SERVER = "https://zenodo.org"


@dataclass(frozen=True)
class Published:
    """A file of Clotho; `size` in bytes, None where it is not known."""

    name: str
    md5: str
    size: int | None = None
    record: int = 4783391


EVALUATION = (
    Published("clotho_captions_evaluation.csv", "1b16b9e57cf7bdb7f13a13802aeb57e2", 361_995),
    Published("clotho_metadata_evaluation.csv", "13946f054d4e1bf48079813aac61bf77"),
    Published("clotho_audio_evaluation.7z", "4569624ccadf96223f19cb59fe4f849f"),
)
FILES: dict[tuple[Version, Split], tuple[Published, ...]] = {
    ("2.1", "development"): (
        Published("clotho_captions_development.csv", "d4090b39ce9f2491908eebf4d5b09bae", 1_336_762),
        Published("clotho_metadata_development.csv", "170d20935ecfdf161ce1bb154118cda5", 830_797),
        Published("clotho_audio_development.7z", "c8b05bc7acdb13895bb3c6a29608667e", 4_541_582_263),
    ),
    ("2.1", "validation"): (
        Published("clotho_captions_validation.csv", "5879e023032b22a2c930aaa0528bead4", 367_649),
        Published("clotho_metadata_validation.csv", "2e010427c56b1ce6008b0f03f41048ce", 224_803),
        Published("clotho_audio_validation.7z", "7dba730be08bada48bd15dc4e668df59", 1_260_701_425),
    ),
    ("2.1", "evaluation"): EVALUATION,
    # The first version has no validation split, and the same evaluation split.
    ("1.0", "development"): (
        Published("clotho_captions_development.csv", "dd568352389f413d832add5cf604529f", None, 3490684),
        Published("clotho_audio_development.7z", "e3ce88561b317cc3825e8c861cae1ec6", None, 3490684),
    ),
    ("1.0", "evaluation"): EVALUATION,
}
"""Records 4783391 and 3490684 of Zenodo. The captions are for non-commercial use, each sound has its own licence."""

UNPACKED_BYTES: dict[Split, int] = {
    "development": 7_100_000_000, "validation": 2_000_000_000, "evaluation": 2_000_000_000
}  # fmt: skip
USUAL_ARCHIVE_BYTES = 1_300_000_000
"""Taken for an archive whose size is not known, when room is looked for."""


def fetch_clotho(
    folder: Path, version: Version = "2.1", splits: Sequence[Split] | None = None, server: str = SERVER
) -> Iterator[Downloading | Working]:
    """Get what is missing of Clotho: captions, metadata and recordings. Archives are deleted once they are unpacked.

    Args:
        folder: Where to: `clotho_captions_SPLIT.csv`, `clotho_metadata_SPLIT.csv` and a folder `SPLIT` of recordings.
        version: Which Clotho.
        splits: Which of its splits; None for all it has.
        server: Where from.

    Yields:
        How far it is. Close the generator to stop; what has come is kept for next time.

    Raises:
        ConfigError: The version has no such split.
        DownloadError: A file cannot be had, is not what was published, or there is no room.
        DatasetError: An archive cannot be unpacked, or lacks a recording that has captions.
    """
    wanted = list(splits) if splits is not None else [split for split in SPLITS if (version, split) in FILES]
    for split in wanted:
        if (version, split) not in FILES:
            raise ConfigError(f"Clotho {version} has no {split} split; it has development and evaluation")
    missing = [split for split in wanted if not is_here(folder, split)]
    yield from (Working(f"{split}: is here", 1.0) for split in wanted if split not in missing)
    check_room(folder, room(folder, version, missing))
    for split in missing:
        yield from _fetch_split(folder, version, split, server)
        read_clotho(folder, [split])
        yield Working(f"{split}: ready in {folder}", 1.0)


def is_here(folder: Path, split: Split) -> bool:
    """Whether the captions of a split and all its recordings are here."""
    try:
        return bool(read_clotho(folder, [split]))
    except DatasetError:
        return False


def room(folder: Path, version: Version, splits: Sequence[Split]) -> int:
    """The bytes that getting some splits takes at most, while it goes on."""
    needed, peak = 0, 0
    for split in splits:
        if audio_folder(folder, split):
            continue
        archive = FILES[version, split][-1]
        come = sum(path.stat().st_size for path in _archive_places(folder, archive) if path.is_file())
        peak = max(peak, needed + max(0, (archive.size or USUAL_ARCHIVE_BYTES) - come) + UNPACKED_BYTES[split])
        needed += UNPACKED_BYTES[split] - come
    return peak


def _archive_places(folder: Path, archive: Published) -> tuple[Path, Path]:
    return folder / archive.name, folder / f"{archive.name}.part"


def _fetch_split(folder: Path, version: Version, split: Split, server: str) -> Iterator[Downloading | Working]:
    *tables, archive = FILES[version, split]
    for file in tables:
        if table_path(folder, file.name) is None:
            yield from _fetch(folder, file, server)
    if audio_folder(folder, split) is not None:
        return  # what it lacks is said by the reader; a folder of the user's is never changed
    yield from _fetch(folder, archive, server)
    try:
        for done in unpack_sounds(folder / archive.name, folder / split):
            yield Working(f"unpacking {archive.name}", done)
    except OSError as error:
        raise DownloadError(
            f"{folder / split}: cannot be written ({error.strerror or error}); make room or choose another folder, and "
            "start again: the archive is kept"
        ) from error
    (folder / archive.name).unlink()


def _fetch(folder: Path, file: Published, server: str) -> Iterator[Downloading]:
    url = f"{server}/record/{file.record}/files/{file.name}?download=1"
    yield from fetch(url, folder / file.name, f"md5:{file.md5}", file.size)
