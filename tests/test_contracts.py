from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
OPTIONAL = [
    "torchaudio", "panns_inference", "torchlibrosa", "librosa", "transformers", "scipy", "onnx", "onnxruntime", "py7zr",
]  # fmt: skip


def python(*arguments: str, folder: Path = REPOSITORY) -> subprocess.CompletedProcess[str]:
    """Run the environment's Python in a folder."""
    return subprocess.run([sys.executable, *arguments], cwd=folder, capture_output=True, text=True)


def broken_contracts(folder: Path) -> set[str]:
    """Check the contracts of a checkout; returns the names of the broken ones."""
    run = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    result = python("-c", f"import sys; sys.path.insert(0, '.'); {run}", folder=folder)
    broken = {line.split(" BROKEN")[0] for line in result.stdout.splitlines() if " BROKEN" in line}
    assert result.returncode == (1 if broken else 0), result.stdout + result.stderr
    return broken


def test_every_contract_notices_an_import_that_breaks_it(tmp_path: Path) -> None:
    for package in ("aaccore", "app"):
        shutil.copytree(REPOSITORY / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(REPOSITORY / "pyproject.toml", tmp_path)
    for module, line in {
        "aaccore/errors.py": "import aaccore.audio",
        "aaccore/tables.py": "import PySide6.QtCore",
        "aaccore/audio.py": "import sounddevice",
        "app/settings.py": "import app.worker",
        "app/views/__init__.py": "import torch",
    }.items():
        with (tmp_path / module).open("a", encoding="utf-8") as file:
            file.write(f"\n{line}\n")
    assert broken_contracts(tmp_path) == {
        "The core's stages import downwards only",
        "The core knows neither Qt nor the app",
        "Only the microphone and the player touch the sound card",
        "A page shows, a controller decides, one Worker runs",
        "Views show: they reach neither the network nor files",
    }


def test_settings_and_events_load_without_torch_and_numpy() -> None:
    result = python(
        "-c", "import sys, aaccore.config, aaccore.events, app; print({'torch', 'numpy'} & set(sys.modules))"
    )
    assert result.stdout.strip() == "set()", result.stderr


def test_help_of_the_command_line_comes_without_loading_torch() -> None:
    result = python("-X", "importtime", "-m", "aaccore", "--help")
    assert result.returncode == 0
    assert "caption" in result.stdout
    loaded = {line.rsplit("|", 1)[-1].strip() for line in result.stderr.splitlines()}
    assert "aaccore.config" in loaded
    assert "torch" not in loaded


@pytest.mark.parametrize("module", ["captioner", "model_folder", "published", "__main__"])
def test_captioning_needs_nothing_that_only_an_extra_brings(module: str) -> None:
    block = f"import sys; sys.modules.update(dict.fromkeys({OPTIONAL}))"
    result = python("-c", f"{block}; import aaccore.{module}")
    assert result.returncode == 0, result.stderr
