"""The rail at the left of the window: an icon and a word for each page."""

from __future__ import annotations

from typing import cast

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from app import theme


class NavigationRail(QWidget):
    """Buttons of which one is down: the page in front.

    Args:
        parent: Owner.
    """

    chosen = Signal(int)  # index of the page, in the order of `add`

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("rail")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName(self.tr("Pages"))
        self._group = QButtonGroup(self)
        self._group.idClicked.connect(self.chosen)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.space(2), theme.space(3), theme.space(2), theme.space(3))
        self._upper, self._lower = QVBoxLayout(), QVBoxLayout()
        for part in (self._upper, self._lower):
            part.setSpacing(theme.space(1))
        column.addLayout(self._upper)
        column.addStretch()
        column.addLayout(self._lower)
        theme.themed.connect(self._enlarge)

    def add(self, title: str, icon: str, last: bool = False) -> None:
        """Add a page's button, above the gap, or below it with `last`."""
        index = len(self._group.buttons())
        button = QToolButton()
        button.setText(title)
        button.setIcon(theme.icon(icon))
        button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        button.setCheckable(True)
        button.setAccessibleName(title)
        button.setToolTip(f"{title} (Ctrl+{index + 1})")
        self._group.addButton(button, index)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        self._enlarge()
        (self._lower if last else self._upper).addWidget(button)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where the window is low for its text, words go without icons."""
        super().resizeEvent(event)
        self._fit()

    def _enlarge(self) -> None:
        for button in self._group.buttons():
            button.setIconSize(theme.icon_size() * 1.2)
        self._fit()

    def _fit(self) -> None:
        for style in (Qt.ToolButtonStyle.ToolButtonTextUnderIcon, Qt.ToolButtonStyle.ToolButtonTextOnly):
            for button in self._group.buttons():
                cast(QToolButton, button).setToolButtonStyle(style)
            if sum(button.sizeHint().height() + theme.space(2) for button in self._group.buttons()) < self.height():
                return

    def mark(self, index: int, icon: str, tint: str, words: str) -> None:
        """Show by icon and words what a page is doing; no words for nothing."""
        button = self._group.button(index)
        button.setIcon(theme.icon(icon, tint))
        name = f"{button.text()}: {words}" if words else button.text()
        button.setAccessibleName(name)
        button.setToolTip(f"{name} (Ctrl+{index + 1})")

    def choose(self, index: int) -> None:
        """Show which page is in front."""
        self._group.button(index).setChecked(True)
