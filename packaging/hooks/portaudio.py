"""Runs first in the installed program: sounddevice finds the PortAudio inside, not the system's, if that has one."""

import ctypes.util
import sys
from pathlib import Path

_find_in_system = ctypes.util.find_library


def _find(name: str) -> str | None:
    inside = Path(sys._MEIPASS) / f"lib{name}.so.2"  # type: ignore[attr-defined]
    return str(inside) if name == "portaudio" and inside.exists() else _find_in_system(name)


if sys.platform.startswith("linux"):
    ctypes.util.find_library = _find
