"""What a file holds, told by its size and a hash of its first blocks, so that it is known again when it moved."""

from __future__ import annotations

import hashlib
from pathlib import Path

FIRST_BYTES = 1 << 20
"""How much is hashed: recordings may begin alike, with a header and silence, but not for 6 s of CD sound."""


def fingerprint(path: Path) -> bytes:
    """Tell a file by its content.

    Returns:
        24 bytes: its size (8, little-endian) and a BLAKE2b hash of its first MiB (16).

    Raises:
        OSError: It cannot be read.
    """
    with path.open("rb") as file:
        first = file.read(FIRST_BYTES)
        size = file.seek(0, 2)
    return size.to_bytes(8, "little") + hashlib.blake2b(first, digest_size=16).digest()


def size_of(mark: bytes) -> int:
    """The size that a fingerprint holds."""
    return int.from_bytes(mark[:8], "little")
