"""The system's file browser."""

from __future__ import annotations

import sys
from pathlib import Path

from PySide6.QtCore import QProcess, QUrl
from PySide6.QtGui import QDesktopServices


def show_in_folder(path: Path) -> bool:
    """Open the folder of a file, with the file marked where the system can do that; returns whether it could."""
    if path.exists():
        if sys.platform == "win32":
            return bool(QProcess.startDetached("explorer", [f"/select,{path}"])[0])
        if sys.platform == "darwin":
            return bool(QProcess.startDetached("open", ["-R", str(path)])[0])
    return open_folder(path.parent)


def open_folder(folder: Path) -> bool:
    """Open a folder; returns whether the system could."""
    return QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))
