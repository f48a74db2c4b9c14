"""A line for a folder or a file, with a button that looks for it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QPushButton, QWidget

from app import theme


class PathField(QWidget):
    """Shows a path that can be typed or looked for.

    Args:
        name: What it is, for people who cannot see it.
        files: Which files may be chosen, as a Qt file filter; empty for a folder.
        parent: Owner.
    """

    changed = Signal()

    def __init__(self, name: str, files: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name, self._files = name, files
        self.line = QLineEdit()
        self.line.setAccessibleName(name)
        self.line.setPlaceholderText(name)
        self.line.textChanged.connect(self.changed)
        self.browse = QPushButton(theme.icon("folder"), self.tr("Browse…"))
        self.browse.setAccessibleName(self.tr("Browse: {name}").format(name=name))
        self.browse.setAutoDefault(False)
        self.browse.clicked.connect(self._look)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.line, 1)
        row.addWidget(self.browse)
        self.setFocusProxy(self.line)

    def path(self) -> Path | None:
        """What is chosen; None where nothing is."""
        text = self.line.text().strip()
        return Path(text).expanduser() if text else None

    def show_path(self, path: str) -> None:
        """Show a path; empty for none."""
        self.line.setText(path)

    def _look(self) -> None:
        start = self.line.text()
        if self._files:
            found, _ = QFileDialog.getOpenFileName(self, self._name, start, self._files)
        else:
            found = QFileDialog.getExistingDirectory(self, self._name, start)
        if found:
            self.line.setText(found)
