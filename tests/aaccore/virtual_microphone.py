"""A real microphone that nobody has to speak into: a PulseAudio server with a null sink whose monitor is the source."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

SOURCE = ("module-remap-source", "source_name=vmic", "master=vspk.monitor", "source_properties=device.description=Desk")


@dataclass(frozen=True)
class VirtualMicrophone:
    """The server, by the environment its clients need."""

    environment: dict[str, str]

    def pactl(self, *arguments: str) -> str:
        done = subprocess.run(
            ["pactl", *arguments], env=self.environment, capture_output=True, text=True, check=True, timeout=60
        )
        return done.stdout.strip()

    def play(self, path: Path) -> subprocess.Popen[bytes]:
        """Play a sound into the microphone; returns at once."""
        return subprocess.Popen(["paplay", str(path)], env=self.environment)

    def plug_in(self) -> None:
        self.pactl("load-module", *SOURCE)
        self.pactl("set-default-source", "vmic")

    def unplug(self) -> None:
        self.pactl("unload-module", "module-remap-source")


@contextmanager
def virtual_microphone() -> Iterator[VirtualMicrophone]:
    """Start the server and make this process its client; skips the test where it cannot be had."""
    for program in ("pulseaudio", "pactl", "paplay"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed (Debian: pulseaudio pulseaudio-utils libasound2-plugins)")
    folder = Path(tempfile.mkdtemp(prefix="vmic"))  # a short path: sockets allow no long one
    added = {"XDG_RUNTIME_DIR": str(folder), "XDG_CONFIG_HOME": str(folder / "config"), "PULSE_SERVER": ""}
    environment = {**os.environ, **added}
    del environment["PULSE_SERVER"]
    server = subprocess.Popen(
        [
            "pulseaudio", "--daemonize=no", "--exit-idle-time=-1", "--log-level=error", "--use-pid-file=no", "-n",
            "-L", "module-native-protocol-unix auth-anonymous=1",
            "-L", "module-null-sink sink_name=vspk rate=48000 channels=2 norewinds=1",
            "-L", " ".join(SOURCE),
        ],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        for name, value in added.items():
            patch.setenv(name, value) if value else patch.delenv(name, raising=False)
        try:
            microphone = VirtualMicrophone(environment)
            _wait_for(server, microphone)
            yield microphone
        finally:
            server.terminate()
            server.wait(10)
            shutil.rmtree(folder, ignore_errors=True)


def _wait_for(server: subprocess.Popen[bytes], microphone: VirtualMicrophone) -> None:
    for _ in range(100):
        if server.poll() is not None:
            pytest.skip(f"pulseaudio does not start here (it ended with {server.returncode})")
        try:
            microphone.pactl("set-default-sink", "vspk")
            microphone.pactl("set-default-source", "vmic")
            return
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
            try:
                server.wait(0.1)
            except subprocess.TimeoutExpired:
                continue
    pytest.skip("pulseaudio does not answer")
