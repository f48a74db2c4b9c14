"""Files that are dropped or pasted: which they are, that they are only copied, and that fields let them through."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QTextEdit, QWidget


def named_files(data: QMimeData) -> list[Path]:
    """The local files that a drag or the clipboard names: as URLs, or as lines of absolute paths."""
    if data.hasUrls():
        return [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
    lines = [line.strip().strip("\"'") for line in data.text().splitlines()]
    named = [QUrl(line).toLocalFile() if line.startswith("file:") else line for line in lines if line]
    paths = [Path(name) for name in named]
    return paths if paths and all(path.is_absolute() for path in paths) else []


def accept_copy(event: QDropEvent) -> None:
    """Accept what is dragged or dropped as a copy: a source that is told of a move may delete what it gave."""
    event.setDropAction(Qt.DropAction.CopyAction)
    event.accept()


def let_through(widget: QWidget) -> None:
    """Let files reach the window that are dropped on the fields in a widget: they would become the fields' text."""
    for kind in (QLineEdit, QPlainTextEdit, QTextEdit):
        for field in widget.findChildren(kind):
            field.setAcceptDrops(False)
