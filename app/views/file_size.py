"""Sizes of files as people read them."""

from __future__ import annotations


def size_words(count: int) -> str:
    """Write a number of bytes as `33 MB` or `1.2 GB`."""
    if count >= 1e9:
        return f"{count / 1e9:.1f} GB"
    return f"{count / 1e6:.0f} MB" if count >= 1e7 else f"{count / 1e6:.1f} MB"
