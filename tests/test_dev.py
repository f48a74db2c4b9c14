from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

import dev

REPOSITORY = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def commands(extras: tuple[str, ...] = (), backend: str = "cpu", pip_has_cpu_torch: bool = True) -> list[list[str]]:
    """The plan's commands without the path of the environment's Python."""
    steps = dev.plan(PROJECT, extras, backend, pip_has_cpu_torch)
    assert all(step.command[:2] == [str(dev.PYTHON), "-m"] for step in steps)
    return [step.command[2:] for step in steps]


def test_cpu_torch_is_installed_first_by_pip_where_pip_finds_it() -> None:
    assert commands()[0] == ["pip", "install", "torch==2.13.0+cpu"]


def test_uv_installs_cpu_torch_where_pip_does_not_find_it() -> None:
    first, second = commands(pip_has_cpu_torch=False)[:2]
    assert first == ["pip", "install", dev.UV]
    assert second == [
        *["uv", "pip", "install", "--python", str(dev.PYTHON)],
        *["--torch-backend", "cpu", "torch==2.13.0"],
    ]


@pytest.mark.parametrize("pip_has_cpu_torch", [True, False])
def test_gpu_lets_uv_choose_the_build_of_torch(pip_has_cpu_torch: bool) -> None:
    installs = commands(backend="auto", pip_has_cpu_torch=pip_has_cpu_torch)
    assert installs[1][-3:] == ["--torch-backend", "auto", "torch==2.13.0"]
    assert not any("+cpu" in word for command in installs for word in command)


def test_no_later_command_can_replace_torch() -> None:
    for command in commands(extras=("train", "metrics", "dev"))[1:]:
        assert "--no-deps" in command or "torch==2.13.0" in command


def test_running_installs_the_core_the_window_and_what_training_needs() -> None:
    named = " ".join(word for command in commands(dev.EXTRAS["run"]) for word in command)
    assert "PySide6-Essentials" in named
    assert "torchaudio" in named
    assert "transformers" not in named
    assert "pytest" not in named


def test_torchaudio_and_panns_inference_come_without_their_dependencies() -> None:
    for command in commands(extras=("train", "metrics", "dev")):
        for package in dev.NO_DEPENDENCIES:
            if any(word.startswith(f"{package}==") for word in command):
                assert "--no-deps" in command


def test_every_requirement_has_one_exact_version() -> None:
    for requirement in dev.requirements(PROJECT, tuple(PROJECT["optional-dependencies"])):
        assert requirement.count("==") == 1, requirement


def test_packages_without_dependencies_are_required_somewhere() -> None:
    names = {r.split("==")[0] for r in dev.requirements(PROJECT, tuple(PROJECT["optional-dependencies"]))}
    assert set(dev.NO_DEPENDENCIES) <= names


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of one module and no dependencies, in which `dev` makes a real environment without a network."""
    wheel = tmp_path / "torch-2.13.0+cpu-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        info = "torch-2.13.0+cpu.dist-info"
        archive.writestr("torch.py", "")
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: torch\nVersion: 2.13.0+cpu\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    root = tmp_path / "checkout"
    root.mkdir()
    (root / "pyproject.toml").write_text(
        '[project]\nname = "tiny"\nversion = "1"\ndependencies = ["torch==2.13.0"]\nscripts = {}\n'
        "[project.optional-dependencies]\napp = []\ntrain = []\n",
        encoding="utf-8",
    )
    for name, value in {
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(tmp_path),
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_NO_CACHE_DIR": "1",
    }.items():
        monkeypatch.setenv(name, value)
    venv = root / ".venv"
    python = venv / dev.PYTHON.relative_to(dev.VENV)
    monkeypatch.setattr(dev, "missing_packages", lambda extras: [])
    monkeypatch.setattr(dev, "ROOT", root)
    monkeypatch.setattr(dev, "VENV", venv)
    monkeypatch.setattr(dev, "PYTHON", python)
    monkeypatch.setattr(dev, "STATE", venv / dev.STATE.name)
    monkeypatch.setattr(dev, "LOG", venv / dev.LOG.name)
    return root


def without_building(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Leave out the step that builds the program (it needs an index); returns the names of the steps that ran."""
    ran: list[str] = []
    run_step = dev.run_step

    def run(step: dev.Step) -> None:
        ran.append(step.name)
        if "--editable" not in step.command:
            run_step(step)

    monkeypatch.setattr(dev, "run_step", run)
    return ran


@pytest.mark.slow
def test_environment_is_made_once_and_again_after_an_interruption(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = without_building(monkeypatch)
    dev.make_environment("run")
    assert ran[0] == "an empty environment"
    assert subprocess.run([str(dev.PYTHON), "-c", "import torch"]).returncode == 0

    ran.clear()
    dev.make_environment("run")
    assert ran == []

    dev.STATE.write_text(json.dumps({**dev.read_state(), "unfinished": True}), encoding="utf-8")
    left_half = checkout / ".venv" / "left_half"
    left_half.touch()
    dev.make_environment("run")
    assert ran[0] == "an empty environment"
    assert not left_half.exists()

    ran.clear()
    dev.make_environment("run", backend="cpu")
    assert ran == []


@pytest.mark.slow
def test_failed_installation_says_what_failed_and_keeps_the_environment(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_building(monkeypatch)
    pyproject = checkout / "pyproject.toml"
    good = pyproject.read_text(encoding="utf-8")
    pyproject.write_text(good.replace('"torch==2.13.0"', '"torch==2.13.0", "no-such-package==1"'), encoding="utf-8")
    with pytest.raises(SystemExit, match=r"(?s)Could not install the other packages.*no-such-package"):
        dev.make_environment("run")

    kept = checkout / ".venv" / "kept"
    kept.touch()
    pyproject.write_text(good, encoding="utf-8")
    dev.make_environment("run")
    assert kept.exists()


@pytest.mark.parametrize(
    ("line", "advice"),
    [
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "disk is full"),
        ("Failed to establish a new connection: [Errno -3] Temporary failure in name resolution", "check the network"),
        ("error: subprocess-exited-with-error", "setup.log"),
    ],
)
def test_a_failure_comes_with_a_way_out(line: str, advice: str) -> None:
    assert advice in dev.way_out(["Collecting numpy==2.4.6", line])


def test_mending_takes_only_torchaudios_libraries(checkout: Path) -> None:
    packages = checkout / ".venv" / ("Lib" if os.name == "nt" else "lib/python3.11") / "site-packages"
    for path in ("torchaudio/lib/libtorchaudio.so", "torchaudio/lib/__init__.py", "torch/lib/libtorch.so"):
        (packages / path).parent.mkdir(parents=True, exist_ok=True)
        (packages / path).touch()
    dev.mend_torchaudio()
    assert not (packages / "torchaudio/lib/libtorchaudio.so").exists()
    assert (packages / "torchaudio/lib/__init__.py").exists()
    assert (packages / "torch/lib/libtorch.so").exists()


def test_missing_system_packages_are_named_in_a_line_to_copy(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    dev.install_packages(["default-jre-headless"])
    assert "sudo apt-get install default-jre-headless\n" in capsys.readouterr().out


def test_without_venv_the_line_to_copy_is_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: "/usr/bin/apt-get" if name == "apt-get" else None)
    monkeypatch.setattr(dev, "find_spec", lambda name: None)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    missing = dev.missing_packages(())
    assert missing == [f"python3.{sys.version_info.minor}-venv"]
    with pytest.raises(SystemExit, match="cannot make the environment"):
        dev.install_packages(missing)


def test_what_only_tests_need_is_asked_for_by_the_tests_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: "/usr/bin/apt-get" if name == "apt-get" else None)
    monkeypatch.setattr(dev, "has_library", lambda name: True)
    assert dev.missing_packages(dev.EXTRAS["run"]) == []
    assert {"default-jre-headless", "xvfb", "pulseaudio"} <= set(dev.missing_packages(dev.EXTRAS["all"]))


def test_libraries_of_the_window_are_named_by_their_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(dev, "has_library", lambda name: name not in ("libEGL.so.1", "libportaudio.so.2"))
    assert dev.missing_packages(dev.EXTRAS["run"]) == ["libportaudio2", "libegl1"]
    assert dev.missing_packages(()) == []


@pytest.mark.skipif(sys.platform != "linux", reason="names of Linux libraries")
def test_a_library_is_there_when_the_system_can_load_it() -> None:
    assert dev.has_library("libc.so.6")
    assert not dev.has_library("libnobody-has-this.so.1")


def test_all_checks_run_and_one_failure_fails_them(
    monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    python = sys.executable
    monkeypatch.setattr(
        dev,
        "checks",
        lambda: [
            dev.Step("first", [python, "-c", "print('a long list'); raise SystemExit(1)"]),
            dev.Step("second", [python, "-c", "print('nothing to say')"]),
        ],
    )
    summary = "===== 3 passed in 0.10s ====="
    monkeypatch.setattr(dev, "pytest_command", lambda everything, extra: [python, "-c", f"print('...\\n{summary}')"])
    assert dev.run_tests(everything=False, extra=[]) == 1
    out = capfdbinary.readouterr().out.decode().splitlines()
    assert "first: FAILED" in out
    assert "a long list" in out
    assert "second: passed" in out
    assert "nothing to say" not in out
    assert "FAILED: first" in out
    assert out[-1] == summary


def test_minutes_long_tests_run_only_when_all_are_asked_for() -> None:
    assert "not soak and not package" in dev.pytest_command(everything=False, extra=[])
    assert "-m" not in dev.pytest_command(everything=True, extra=[])[3:]


def test_an_old_python_is_refused_in_words_not_in_a_traceback() -> None:
    path = str(REPOSITORY / "dev.py")
    script = f"import sys, runpy; sys.version_info = (3, 9); runpy.run_path({path!r}, run_name='__main__')"
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert result.returncode == 1
    assert result.stderr.startswith("Auricle needs Python 3.11 or newer")
    assert "Traceback" not in result.stderr


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[list[str], Path]]:
    """What `dev.py run` would become, without the path of the environment's Python, and in which folder."""
    calls: list[tuple[list[str], Path]] = []

    def start(command: list[str], folder: Path) -> int:
        calls.append((command[command.index("-m") + 1 :], folder))
        return 0

    monkeypatch.setattr(dev, "make_environment", lambda profile, backend: None)
    monkeypatch.setattr(dev, "start", start)
    return calls


def test_run_opens_the_window_where_there_is_a_display(
    started: list[tuple[list[str], Path]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(dev, "has_display", lambda: True)
    monkeypatch.chdir(tmp_path)
    dev.main(["run"])
    dev.main(["run", "dog.wav", "recordings"])
    dev.main(["run", "dog.wav", "--beams", "2"])
    assert started == [
        (["app"], dev.ROOT),
        (["app", "dog.wav", "recordings"], tmp_path),
        (["aaccore", "caption", "dog.wav", "--beams", "2"], tmp_path),
    ]


def test_package_builds_where_the_project_lies(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[tuple[list[str], Path]] = []
    monkeypatch.setattr(dev, "make_environment", lambda profile, backend: calls.append(([profile], dev.ROOT)))
    monkeypatch.setattr(dev, "start", lambda command, folder: calls.append((command, folder)))
    dev.main(["package"])
    assert calls == [(["all"], dev.ROOT), ([str(dev.PYTHON), "packaging/build.py"], dev.ROOT)]
    assert (REPOSITORY / "packaging" / "build.py").is_file()


def test_run_captions_in_the_terminal_where_there_is_no_display(
    started: list[tuple[list[str], Path]],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    dev.main(["run"])
    assert "No display here" in capsys.readouterr().out
    dev.main(["run", "dog.wav"])
    assert started == [
        (["aaccore", "caption", dev.DEMO_SOUNDS], dev.ROOT),
        (["aaccore", "caption", "dog.wav"], tmp_path),
    ]


@pytest.mark.parametrize(
    ("platform", "variables", "shown"),
    [
        ("linux", {}, False),
        ("linux", {"DISPLAY": ":0"}, True),
        ("linux", {"WAYLAND_DISPLAY": "wayland-0"}, True),
        ("darwin", {}, True),
        ("win32", {}, True),
    ],
)
def test_a_display_is_what_the_system_names(
    platform: str, variables: dict[str, str], shown: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert dev.has_display() is shown


@pytest.mark.skipif(os.name != "posix", reason="a program cannot be replaced by another on Windows")
def test_started_program_gives_its_own_exit_code(tmp_path: Path) -> None:
    program = "import os, sys; print(os.getcwd(), flush=True); sys.exit(7)"
    script = f"import dev, pathlib; dev.start([{sys.executable!r}, '-c', {program!r}], pathlib.Path({str(tmp_path)!r}))"
    result = subprocess.run([sys.executable, "-c", script], cwd=REPOSITORY, capture_output=True, text=True)
    assert (result.returncode, result.stdout.strip()) == (7, str(tmp_path.resolve()))
