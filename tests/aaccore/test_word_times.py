"""Each word points at the moment when what it names was heard."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from aaccore.captioner import Captioner, caption_files
from aaccore.config import Network
from aaccore.events import ClipCaptioned
from aaccore.label_head import Heard
from aaccore.model import Encoded
from aaccore.tokenizer import Tokenizer
from aaccore.word_times import meanings, moments

NETWORK = Network(labels=("dog bark", "falling rain"), tags=("siren",), keywords=2)
TOKENIZER = Tokenizer.train(["A dog barks while rain falls, and then a siren wails loudly."])
STEPS = 6


def heard(peaks: tuple[int, int, int], keywords: tuple[int, int] = (0, 2)) -> Encoded:
    """One clip in which bark, rain and siren are loudest at these steps; two keywords stand after the sound."""
    activations = torch.full((1, 3, STEPS), 0.01)
    activations[0, range(3), list(peaks)] = 0.9
    memory, padding = torch.zeros(1, STEPS + 2, 8), torch.zeros(1, STEPS + 2, dtype=torch.bool)
    known = Heard(torch.full((1, 3), 0.5), activations, torch.tensor([keywords]))
    return Encoded(memory, padding, step_s=0.5, audio_steps=STEPS, heard=known)


def pointed(encoded: Encoded, words: str, look: list[float]) -> list[float]:
    """When each of some words was heard, if the decoder attended to the memory like this."""
    tokens = torch.tensor([[TOKENIZER.ids(words)]])
    looks = torch.tensor(look).expand(1, 1, tokens.shape[2], -1)
    found = moments(encoded, torch.tensor([0]), tokens, looks, meanings(TOKENIZER, NETWORK))
    return [float(second) for second in found[0, 0]]


EVENLY = [1 / (STEPS + 2)] * (STEPS + 2)


def test_words_point_where_the_sound_that_they_name_is_heard_most() -> None:
    encoded = heard((1, 3, 5))
    assert pointed(encoded, "dog barks rain falls siren", EVENLY) == [0.75, 0.75, 1.75, 1.75, 2.75]


def test_words_that_name_nothing_heard_point_nowhere() -> None:
    assert all(math.isnan(second) for second in pointed(heard((1, 3, 5)), "a while, and then", EVENLY))


def test_a_word_of_no_known_sound_points_where_the_keyword_is_heard_to_which_the_decoder_attended() -> None:
    to_siren = [0.1] * STEPS + [0.05, 0.35]
    assert pointed(heard((1, 3, 5)), "wails loudly", to_siren) == [2.75, 2.75]


def test_without_known_sounds_the_decoder_s_attention_to_the_sound_decides() -> None:
    encoded = Encoded(torch.zeros(1, STEPS, 8), torch.zeros(1, STEPS, dtype=torch.bool), 0.5, STEPS)
    assert pointed(encoded, "dog", [0.1, 0.1, 0.1, 0.1, 0.5, 0.1]) == [2.25]


def test_forms_of_a_word_mean_the_same() -> None:
    known = meanings(Tokenizer.train(["bark barks barking barked"]), NETWORK)
    assert known.rows[4:, 0].tolist() == [False, True, True, True, True]  # the first token is the comma
    assert not known.rows[:, 1:].any()


@pytest.mark.slow
def test_the_bundled_model_hears_two_demo_sounds_when_they_are_played(tmp_path: Path) -> None:
    folder = Path(__file__).resolve().parents[2] / "resources" / "sounds"
    parts = []
    for name in ("siren.ogg", "church_bell.ogg"):
        sound, rate = soundfile.read(folder / name)
        parts.append((sound if sound.ndim == 1 else sound.mean(axis=1))[: round(4.5 * rate)])
    soundfile.write(tmp_path / "both.wav", np.concatenate(parts), rate)
    change_s, end_s = len(parts[0]) / rate, sum(map(len, parts)) / rate
    (clip,) = [
        e for e in caption_files(Captioner(device="cpu"), [tmp_path / "both.wav"]) if isinstance(e, ClipCaptioned)
    ]
    spans = {"siren": (0.0, change_s), "bell": (change_s, end_s)}
    best = clip.segments[0].candidates[0]
    times = {word: time for word, time in zip(best.words, best.token_times, strict=True) if word in spans}
    assert times, best.caption
    for word, time in times.items():
        assert time is not None
        assert spans[word][0] - 0.5 <= time <= spans[word][1] + 0.5, best.caption
