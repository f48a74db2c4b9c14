"""The installed program: built, copied to where nothing of the project is, and run in an empty environment."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from aaccore import __version__
from aaccore.recipe import to_toml
from aaccore.run_view import RunReader
from tests.aaccore.made_corpus import small_training, write_corpus, write_weights

REPOSITORY = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.package


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the programs."""
    built = tmp_path_factory.mktemp("built")
    command = [sys.executable, str(REPOSITORY / "packaging" / "build.py"), str(built)]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr
    name = "Auricle.app" if sys.platform == "darwin" else "auricle"
    place = tmp_path_factory.mktemp("another place") / name
    shutil.copytree(built / name, place, symlinks=True)
    shutil.rmtree(built)
    return place / "Contents" / "MacOS" if sys.platform == "darwin" else place


def run(program: Path, *arguments: str, home: Path | None = None, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a program with nothing in its environment but what is named here."""
    kept = ("SYSTEMROOT", "TEMP") if os.name == "nt" else ()  # without these Windows starts nothing
    environment = {**{name: os.environ[name] for name in kept}, **more}
    if home is not None:
        home.mkdir(exist_ok=True)
        environment |= {"HOME": str(home), "USERPROFILE": str(home), "LOCALAPPDATA": str(home)}
    return subprocess.run(
        [str(program), *arguments], cwd=home or program.parent, env=environment, capture_output=True, text=True
    )


def sound(installed: Path, name: str) -> str:
    """A demo sound that lies inside."""
    inside = installed.parent if sys.platform == "darwin" else installed
    return str(next(inside.rglob(f"sounds/{name}.ogg")))


def test_self_test_passes_in_an_empty_environment(installed: Path) -> None:
    result = run(installed / "auricle-app", "--self-test")
    assert result.returncode == 0, result.stdout + result.stderr
    assert re.search(r"^self-test passed: .*rain", result.stdout, re.MULTILINE)


def test_self_test_passes_in_an_empty_home_and_leaves_nothing_of_its_own_there(installed: Path, tmp_path: Path) -> None:
    result = run(installed / "auricle-app", "--self-test", home=tmp_path / "home")
    assert result.returncode == 0, result.stdout + result.stderr
    assert list((tmp_path / "home").rglob("*auricle*")) == []


def test_command_line_program_captions_without_a_word_too_many(installed: Path, tmp_path: Path) -> None:
    result = run(installed / "auricle", "caption", sound(installed, "siren"), home=tmp_path / "home")
    assert result.returncode == 0, result.stderr
    assert "siren" in result.stdout.rpartition(": ")[2]
    assert result.stderr == ""
    assert run(installed / "auricle", "--version").stdout.strip() == f"auricle {__version__}"


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux' loader")
def test_portaudio_comes_from_inside(installed: Path, tmp_path: Path) -> None:
    result = run(installed / "auricle", "listen", "--list", home=tmp_path / "home", LD_DEBUG="files")
    loaded = re.findall(r"calling init: (.*libportaudio.*)", result.stderr)
    assert loaded
    assert all(Path(path).is_relative_to(installed) for path in loaded)


@pytest.mark.skipif(sys.platform != "linux", reason="puts weights where Linux looks for them")
def test_training_runs_in_processes_of_the_installed_program(installed: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    write_weights(home / ".cache" / "auricle")
    options = small_training()
    options = replace(options, data=replace(options.data, folder=str(write_corpus(tmp_path / "data"))), threads=2)
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "run.toml").write_text(to_toml(options), encoding="utf-8")
    result = run(installed / "auricle", "train", str(tmp_path / "run"), home=home)
    assert result.returncode == 0, result.stderr
    assert RunReader(tmp_path / "run").read().state == "finished"
