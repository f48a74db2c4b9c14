"""All keyboard shortcuts, read from the actions that have them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QHeaderView, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from app import theme


class ShortcutsDialog(QDialog):
    """Lists what the keyboard does, by page.

    Args:
        actions: The actions of each page, by its title; those without a shortcut are left out.
        parent: Owner.
    """

    def __init__(self, actions: Mapping[str, Sequence[QAction]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Keyboard shortcuts"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.list = QTreeWidget()
        self.list.setAccessibleName(self.tr("Keyboard shortcuts"))
        self.list.setHeaderLabels([self.tr("What"), self.tr("Keys")])
        self.list.setRootIsDecorated(False)
        self.list.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.list.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        for title, of_page in actions.items():
            rows = dict.fromkeys((shown_text(action), shown_keys(action)) for action in of_page if action.shortcuts())
            if rows:
                self._add(title, list(rows))
        self.list.expandAll()
        self.list.setCurrentIndex(self.list.model().index(0, 0, self.list.model().index(0, 0)))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.close)
        column = QVBoxLayout(self)
        column.setContentsMargins(*[theme.space(4)] * 4)
        column.setSpacing(theme.space(4))
        column.addWidget(self.list)
        column.addWidget(buttons)
        self.resize(round(520 * max(1.0, theme.font_scale())), 560)

    def _add(self, title: str, rows: Sequence[tuple[str, str]]) -> None:
        heading = QTreeWidgetItem(self.list, [title])
        font = self.list.font()
        font.setBold(True)
        heading.setFont(0, font)
        heading.setFirstColumnSpanned(True)
        heading.setFlags(Qt.ItemFlag.ItemIsEnabled)
        for row in rows:
            QTreeWidgetItem(heading, list(row))


def shown_text(action: QAction) -> str:
    """An action's words without the mark of its menu key."""
    return action.text().replace("&&", "\0").replace("&", "").replace("\0", "&").rstrip("…")


def shown_keys(action: QAction) -> str:
    """An action's first shortcut as this system writes it; the others are the system's spare ones."""
    return action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
