"""Runs side by side: their scores, what differs in their settings, and what they say of the same sounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QLabel, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from app import theme


@dataclass(frozen=True)
class Section:
    """A part of the comparison: what it is called, and its lines of a name and a text for each run."""

    title: str
    lines: tuple[tuple[str, tuple[str, ...]], ...]


class RunCompare(QWidget):
    """A table of sections, a column for each run."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: tuple[tuple[str, ...], tuple[Section, ...]] | None = None
        self.hint = QLabel(
            self.tr(
                "Choose several runs in the list, with Ctrl or Shift held, to compare them and lay their curves over "
                "each other."
            )
        )
        self.hint.setProperty("kind", "muted")
        self.hint.setWordWrap(True)
        self.table = QTreeWidget()
        self.table.setAccessibleName(self.tr("Scores and settings of the chosen runs"))
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.table.setWordWrap(True)
        self.table.setRootIsDecorated(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, theme.space(2), 0, 0)
        column.addWidget(self.hint)
        column.addWidget(self.table, 1)

    def show_comparison(self, runs: Sequence[str], sections: Sequence[Section]) -> None:
        """Show runs side by side; one alone is shown with what differs from the defaults."""
        if self._shown == (tuple(runs), tuple(sections)):
            return
        self._shown = tuple(runs), tuple(sections)
        self.hint.setVisible(len(runs) < 2)
        self.table.clear()
        self.table.setColumnCount(1 + len(runs))
        self.table.setHeaderLabels(["", *runs])
        for place in range(1 + len(runs)):
            fit = QHeaderView.ResizeMode.Stretch if place else QHeaderView.ResizeMode.ResizeToContents
            self.table.header().setSectionResizeMode(place, fit)
        for section in sections:
            top = QTreeWidgetItem([section.title])
            font = top.font(0)
            font.setBold(True)
            top.setFont(0, font)
            top.setFlags(Qt.ItemFlag.ItemIsEnabled)
            self.table.addTopLevelItem(top)
            top.setFirstColumnSpanned(True)
            for name, texts in section.lines:
                line = QTreeWidgetItem([name, *texts])
                for place, text in enumerate(texts, 1):
                    line.setToolTip(place, text)
                top.addChild(line)
        self.table.expandAll()
