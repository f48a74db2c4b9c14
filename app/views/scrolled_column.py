"""A column of widgets that is scrolled where the window is too short for all of them."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QScrollArea, QWidget


class ScrolledColumn(QScrollArea):
    """As wide as there is room, and never squeezed in height.

    Attributes:
        column: What is scrolled; the page gives it a layout.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.column: QWidget = _Column()
        self.column.setObjectName("scrolled")
        self.setWidget(self.column)


class _Column(QWidget):
    """As high at least as its layout needs at its width: a scroll area would give it all the height it likes."""

    def heightForWidth(self, width: int) -> int:
        """What is needed at a width."""
        layout = self.layout()
        return -1 if layout is None else layout.totalMinimumHeightForWidth(width)
