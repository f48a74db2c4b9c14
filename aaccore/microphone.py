"""What can be listened to: the list of microphones, and opening one of them.

Where a Pulse or PipeWire server answers, its sources are listed by name, and the chosen one is opened through
PortAudio's "pulse" device; elsewhere PortAudio's own devices are.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Any

import sounddevice

from aaccore.errors import MicrophoneError

SYSTEM_AUDIO_HELP = {
    "linux": "System audio is listed where a PulseAudio or PipeWire server runs.",
    "darwin": "macOS offers no system audio by itself; a loopback driver such as BlackHole adds it as a microphone.",
    "win32": 'System audio is listed where Windows offers it; else switch on "Stereo Mix" in the sound settings.',
}
"""For each system, what to do where system audio is not listed."""


@dataclass(frozen=True)
class Microphone:
    """Something to listen to.

    Attributes:
        name: What tells it from the others, also after a restart.
        title: For people.
        sample_rate: Its own rate, Hz.
        channels: Its channels.
        system_audio: It is what the computer plays, not what is heard in the room.
        default: It is the system's choice.
        index: PortAudio's number; None for a source of the Pulse server.
    """

    name: str
    title: str
    sample_rate: int
    channels: int
    system_audio: bool = False
    default: bool = False
    index: int | None = None


def list_microphones(refresh: bool = False) -> list[Microphone]:
    """What can be listened to, the system's choice first.

    Args:
        refresh: Look for devices that came or went; only while nothing listens or plays through PortAudio.
    """
    if refresh:
        restart()
    sources = _pulse_sources()
    if sources is not None and _pulse_device() is None:  # PortAudio looked before the server ran
        if not _streams:
            restart()
        if _pulse_device() is None:
            sources = None
    found = _portaudio_devices() if sources is None else sources
    return sorted(found, key=lambda microphone: (not microphone.default, microphone.system_audio))


def find_microphone(name: str | None, refresh: bool = False) -> Microphone:
    """The microphone of that name or title (a part of it is enough); the system's choice without a name.

    Raises:
        MicrophoneError: There is none.
    """
    found = list_microphones(refresh)
    if not found:
        raise MicrophoneError(
            "no microphone was found; plug one in or allow the program to use it in the system's privacy settings, "
            "then look again"
        )
    if name is None:
        return found[0]
    same = [microphone for microphone in found if name in (microphone.name, microphone.title)]
    alike = [one for one in found if name.lower() in f"{one.name} {one.title}".lower()]
    if same or alike:
        return (same or alike)[0]
    known = ", ".join(microphone.title for microphone in found)
    raise MicrophoneError(f"{name}: no such microphone; there are: {known}")


def _pactl(*arguments: str) -> str | None:
    """What the Pulse server answers, None where there is none."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        done = subprocess.run(
            ["pactl", *arguments], capture_output=True, text=True, timeout=2, env={**os.environ, "LC_ALL": "C.UTF-8"}
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def _pulse_sources() -> list[Microphone] | None:
    answer = _pactl("-f", "json", "list", "sources")
    if answer is None:
        return None
    default = (_pactl("get-default-source") or "").strip()
    found = []
    for source in json.loads(answer):
        _, channels, rate = source["sample_specification"].split()  # "s16le 2ch 48000Hz"
        monitor = bool(source.get("monitor_source")) or source["name"].endswith(".monitor")
        words = str(source.get("description") or source["name"])
        title = f"System audio: {words.removeprefix('Monitor of ')}" if monitor else words
        found.append(
            Microphone(
                source["name"], title, int(rate.removesuffix("Hz")), int(channels.removesuffix("ch")), monitor,
                source["name"] == default,
            )
        )  # fmt: skip
    return found


def _pulse_device() -> int | None:
    """PortAudio's number of the device that leads to the Pulse server."""
    for index, device in enumerate(_query_devices()):
        if device["name"] == "pulse" and device["max_input_channels"] > 0:
            return index
    return None


def _query_devices() -> list[dict[str, Any]]:
    try:
        return list(sounddevice.query_devices())
    except sounddevice.PortAudioError:
        return []


def _portaudio_devices() -> list[Microphone]:
    default = sounddevice.default.device[0]
    if default < 0:  # sounddevice asks PortAudio only when a stream is opened
        try:
            default = sounddevice.query_devices(kind="input")["index"]
        except (sounddevice.PortAudioError, ValueError):
            default = -1
    return [
        Microphone(
            device["name"], device["name"], round(device["default_samplerate"]), device["max_input_channels"],
            "loopback" in device["name"].lower(), index == default, index,
        )
        for index, device in enumerate(_query_devices())
        if device["max_input_channels"] > 0
    ]  # fmt: skip


def restart() -> None:
    """Make PortAudio look for devices anew; every stream that is open through it is lost."""
    sounddevice._terminate()
    sounddevice._initialize()


def is_listed(microphone: Microphone) -> bool:
    """Whether a source of the Pulse server is still there; of PortAudio's own devices nobody can tell."""
    if microphone.index is not None:
        return True
    answer = _pactl("list", "short", "sources")
    names = [line.split("\t")[1] for line in (answer or "").splitlines() if "\t" in line]
    return microphone.name in names


_opening = Lock()
_streams: set[int] = set()


def open_stream(microphone: Microphone, callback: Callable[[Any, int, object, Any], None]) -> Any:
    """Open a microphone and start it.

    Args:
        microphone: Which.
        callback: PortAudio's: it takes (frames, channels) float32, the number of frames, times and a status.

    Returns:
        PortAudio's stream, to be given to `close_stream`.

    Raises:
        MicrophoneError: It cannot be opened.
    """
    source = microphone.name if microphone.index is None else None
    device = _pulse_device() if microphone.index is None else microphone.index
    with _opening:
        before = os.environ.get("PULSE_SOURCE")
        if source is not None:
            os.environ["PULSE_SOURCE"] = source  # the one way to choose a source through PortAudio
        try:
            stream = sounddevice.InputStream(
                microphone.sample_rate, device=device, channels=microphone.channels, dtype="float32", callback=callback
            )
            stream.start()
        except (sounddevice.PortAudioError, ValueError) as error:
            raise MicrophoneError(
                f"{microphone.title}: cannot be opened ({error}); close other programs that use it, or choose another"
            ) from error
        finally:
            if before is not None:
                os.environ["PULSE_SOURCE"] = before
            elif source is not None:
                del os.environ["PULSE_SOURCE"]
    _streams.add(id(stream))
    return stream


def close_stream(stream: Any, whole: bool) -> None:
    """Close a stream; `whole` waits for what is under way."""
    _streams.discard(id(stream))
    try:
        if whole:
            stream.stop()
        else:
            stream.abort()
        stream.close()
    except sounddevice.PortAudioError:
        pass  # it was unplugged: there is nothing left to close
