from __future__ import annotations

import re
import runpy
from pathlib import Path

import numpy as np
import pytest

from aaccore.audio import load_audio
from aaccore.captioner import Captioner, bundled_model, caption_files
from aaccore.events import ClipCaptioned

SOUNDS = Path(__file__).resolve().parents[2] / "resources" / "sounds"
WORDS = {
    "bird_song": r"birds?|chirp\w*|tweet\w*",
    "church_bell": r"bells?",
    "crickets": r"crickets?|insects?",
    "man_and_telephone": r"(man|male|voice|person|someone).*(tele)?phone.*(ring\w*)",
    "rain": r"rain\w*",
    "siren": r"sirens?",
}
"""What a caption of each demo sound must have, as a regular expression."""


def test_each_sound_is_named_in_the_readme_and_a_few_seconds_long() -> None:
    readme = (SOUNDS / "README.md").read_text(encoding="utf-8")
    files = sorted(SOUNDS.glob("*.ogg"))
    assert [path.stem for path in files] == sorted(WORDS)
    for path in files:
        assert f"`{path.name}`" in readme
        waveform, rate = load_audio(path)
        assert 2 <= len(waveform) / rate <= 6
        assert path.stat().st_size < 100_000


@pytest.mark.parametrize("name", ["bird_song", "church_bell", "crickets", "rain", "siren"])
def test_the_script_makes_the_sounds_that_are_here(name: str) -> None:
    pytest.importorskip("scipy")
    script = runpy.run_path(str(SOUNDS / "make.py"))
    sound, seed, peak = next(row for row in script["SOUNDS"] if row[0].__name__ == name)
    made = sound(np.random.default_rng(seed))
    kept, _ = load_audio(SOUNDS / f"{name}.ogg")
    assert len(made) == len(kept)
    assert np.corrcoef(made, kept)[0, 1] > 0.9  # Vorbis keeps what is heard, not every sample
    assert np.abs(kept).max() == pytest.approx(peak, rel=0.2)


@pytest.mark.skipif(not bundled_model().is_dir(), reason="the bundled model is not here yet")
def test_the_bundled_model_names_every_demo_sound() -> None:
    captioner = Captioner(device="cpu")
    found = {
        event.path.stem: event.caption
        for event in caption_files(captioner, sorted(SOUNDS.glob("*.ogg")))
        if isinstance(event, ClipCaptioned)
    }
    assert sorted(found) == sorted(WORDS)
    unnamed = {name: text for name, text in found.items() if not re.search(rf"\b({WORDS[name]})\b", text.lower())}
    assert not unnamed
