"""All keyboard shortcuts, read from the actions that have them and from the widgets that handle keys themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QHeaderView, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from app import theme


@runtime_checkable
class HandlesKeys(Protocol):
    """A widget with keys that are no action's shortcuts."""

    def own_keys(self) -> list[tuple[str, str]]:
        """What its keys do, in words, and each key as `QKeySequence` reads it."""


class ShortcutsDialog(QDialog):
    """Lists what the keyboard does, by page.

    Args:
        shortcuts: What each page offers, by its title: actions, of which those without a shortcut are left out, and
            words with their key.
        parent: Owner.
    """

    def __init__(
        self, shortcuts: Mapping[str, Sequence[QAction | tuple[str, str]]], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Keyboard shortcuts"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.list = QTreeWidget()
        self.list.setAccessibleName(self.tr("Keyboard shortcuts"))
        self.list.setHeaderLabels([self.tr("What"), self.tr("Keys")])
        self.list.setRootIsDecorated(False)
        self.list.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.list.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        for title, of_page in shortcuts.items():
            rows = dict.fromkeys(row for one in of_page if (row := shown(one)))
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


def shortcuts_of(page: QWidget) -> list[QAction | tuple[str, str]]:
    """Everything that keys do on a page."""
    own = [
        pair for widget in page.findChildren(QWidget) if isinstance(widget, HandlesKeys) for pair in widget.own_keys()
    ]
    return [*page.actions(), *page.findChildren(QAction), *own]


def shown(shortcut: QAction | tuple[str, str]) -> tuple[str, str] | None:
    """Words and keys as this system writes them; None for an action without keys.

    Of several shortcuts of an action the first is shown; the others are the system's spare ones.
    """
    if isinstance(shortcut, tuple):
        words, keys = shortcut[0], QKeySequence(shortcut[1])
    elif shortcut.shortcuts():
        words = shortcut.text().replace("&&", "\0").replace("&", "").replace("\0", "&").rstrip("…")
        keys = shortcut.shortcut()
    else:
        return None
    return words, keys.toString(QKeySequence.SequenceFormat.NativeText)
