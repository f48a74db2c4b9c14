"""What became of an export: files that were written, sounds that found no place, folders that refused."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPlainTextEdit, QVBoxLayout, QWidget

from app import theme


class ExportOutcome(QWidget):
    """Says how many files were written, and lists what was left out and why; the lists can be copied."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.heading = QLabel()
        self.heading.setProperty("kind", "heading")
        self.heading.setWordWrap(True)
        self.heading.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.failures = self._list(self.tr("Files that could not be written"))
        self.conflicts = self._list(self.tr("Sounds that found no gap in the dialogue"))
        self.failures_heading = QLabel(self.tr("These could not be written:"))
        self.conflicts_heading = QLabel(
            self.tr("These sounds found no gap in the dialogue and were left out. The dialogue is as it was.")
        )
        self.conflicts_heading.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.space(2))
        for widget in (self.heading, self.failures_heading, self.failures, self.conflicts_heading, self.conflicts):
            column.addWidget(widget)
        column.addStretch()

    def show_outcome(self, heading: str, failures: Sequence[str], conflicts: Sequence[str]) -> None:
        """Show what happened, in words."""
        self.heading.setText(heading)
        for lines, label, text in (
            (failures, self.failures_heading, self.failures),
            (conflicts, self.conflicts_heading, self.conflicts),
        ):
            label.setVisible(bool(lines))
            text.setVisible(bool(lines))
            text.setPlainText("\n".join(lines))

    def _list(self, name: str) -> QPlainTextEdit:
        text = QPlainTextEdit()
        text.setReadOnly(True)
        text.setTabChangesFocus(True)
        text.setAccessibleName(name)
        return text
