"""How many different words a system uses: a captioner that always says the safe thing has few."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def vocabulary(captions: Iterable[Sequence[str]]) -> int:
    """Count the different words of tokenized captions."""
    return len({word for caption in captions for word in caption})
