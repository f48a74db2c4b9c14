from __future__ import annotations

from pathlib import Path

import pytest

from aaccore.data.folder import Clip

WRITTEN = {
    "dog_bark": (
        "A dog barks twice.",
        "A dog is barking loudly.",
        "Two barks from a dog.",
        "A dog barks again and again.",
    ),
    "rain": ("Rain falls on a roof.", "The steady patter of rain.", "It rains.", "Heavy rain pours down outside."),
    "door": ("A door slams shut.", "Someone shuts a door.", "The dull slam of a door.", "A door is closed quickly."),
    "laughter": (
        "A man laughs.",
        "A short laugh of a man.",
        "A man is laughing loudly.",
        "A man chuckles for a moment.",
    ),
    "church_bell": (
        "Church bells ring.",
        "A church bell rings slowly.",
        "The ringing of church bells.",
        "A bell keeps tolling.",
    ),
    "speech_female": (
        "A woman speaks French.",
        "French words spoken by a woman.",
        "A woman says a word.",
        "A woman talks.",
    ),
}
SECONDS = {"dog_bark": 1.4, "rain": 8.0, "door": 0.6, "laughter": 2.2, "church_bell": 6.0, "speech_female": 3.0}


@pytest.fixture(scope="session")
def clips() -> list[Clip]:
    """Six labels in three folds, two clips each; the sounds themselves do not exist."""
    return [
        Clip(
            file_name=f"{label}_{fold}_{take}.wav",
            path=Path(f"{label}_{fold}_{take}.wav"),
            captions=captions,
            label=label,
            fold=fold,
            source="made",
            seconds=SECONDS[label] * (1.0 + 0.1 * take),
            recording=f"{fold} {take}" if label == "door" else f"{label} {fold} {take}",
        )
        for fold in ("1", "2", "3")
        for label, captions in WRITTEN.items()
        for take in (0, 1)
    ]
