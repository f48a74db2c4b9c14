"""Seconds as people read them."""

from __future__ import annotations


def clock(seconds: float | None, tenths: bool = False) -> str:
    """Write a time as `0:07`, `12:30` or `1:02:03`, with tenths where wanted; an unknown one as nothing."""
    if seconds is None:
        return ""
    whole, tenth = divmod(round(seconds * 10) if tenths else 10 * round(seconds), 10)
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    text = f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
    return f"{text}.{tenth}" if tenths else text
