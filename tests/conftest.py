from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from hypothesis import settings

from aaccore.config import Network
from aaccore.model import CaptioningModel
from aaccore.model_folder import save_model
from aaccore.tokenizer import Tokenizer

REPOSITORY = Path(__file__).resolve().parents[1]

# A busy machine is no reason to fail, and the same commit tries the same examples.
settings.register_profile("auricle", deadline=None, derandomize=True)
settings.load_profile("auricle")

CAPTIONS = ["A dog barks twice.", "Rain falls on a roof.", "A bell rings, and a man speaks.", "Wind blows outside."]


@pytest.fixture(scope="session")
def shared() -> Path:
    """The corpus and reference outputs that lie beside a checkout, or a skip where they do not."""
    folder = REPOSITORY.parent / "shared"
    if not folder.is_dir():
        pytest.skip("the shared corpus is not here")
    return folder


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder with small layers and seeded random weights: its captions are nonsense, and always the same."""
    torch.manual_seed(3)
    tokenizer = Tokenizer.train(CAPTIONS)
    network = Network(
        encoders=("mobilenet_v1",), window_s=4.0, width=16, heads=2, feedforward=32, encoder_layers=1, decoder_layers=1,
        keywords=0,
    )  # fmt: skip
    model = CaptioningModel(network, len(tokenizer))
    torch.nn.init.normal_(model.embedding.weight, std=1.0)  # loud enough that sounds get different captions
    folder = tmp_path_factory.mktemp("models") / "tiny"
    save_model(folder, model, tokenizer, "# Tiny\n\nKnows nothing.\n")
    return folder


@pytest.fixture(scope="session")
def sounds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of tones and noises: `tone.wav`, `noise.flac`, `long.wav` (9 s), `silence.wav`, `inner/click.wav`."""
    folder = tmp_path_factory.mktemp("sounds")
    random = np.random.default_rng(1)
    t = np.arange(2 * 16000) / 16000
    (folder / "inner").mkdir()
    soundfile.write(folder / "tone.wav", 0.5 * np.sin(2 * np.pi * 440 * t), 16000)
    soundfile.write(folder / "noise.flac", 0.1 * random.standard_normal(3 * 16000), 16000)
    soundfile.write(
        folder / "long.wav", 0.3 * np.sin(2 * np.pi * np.cumsum(np.linspace(100, 4000, 9 * 16000)) / 16000), 16000
    )
    soundfile.write(folder / "silence.wav", np.zeros(2 * 16000), 16000)
    soundfile.write(folder / "inner" / "click.wav", np.eye(1, 16000, 8000)[0], 16000)
    return folder
