"""What a search is narrowed to, as chips that can be taken away; or, without any, the ways to look around."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QPushButton, QToolButton, QWidget

from app import theme
from app.views.flow_layout import FlowLayout

LONGEST = 36
"""Letters of a chip; longer texts lose their middle."""


class ScopeBar(QWidget):
    """Either the ways to look around, of which one is down, or what the search is narrowed to."""

    way_chosen = Signal(int)
    removed = Signal(str)  # key of a chip

    def __init__(self, ways: Sequence[tuple[str, str]], parent: QWidget | None = None) -> None:
        """Offer ways to look around, each with its icon and word."""
        super().__init__(parent)
        self.setAccessibleName(self.tr("What is shown"))
        self._flow = FlowLayout(self)
        self._group = QButtonGroup(self)
        self._group.idClicked.connect(self.way_chosen)
        self.chips: dict[str, QPushButton] = {}
        for number, (icon, word) in enumerate(ways):
            button = QToolButton()
            button.setIcon(theme.icon(icon))
            button.setText(word)
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            button.setProperty("kind", "quiet")
            button.setCheckable(True)
            self._group.addButton(button, number)
            self._flow.addWidget(button)
        self._group.button(0).setChecked(True)

    def ways(self) -> list[QToolButton]:
        """The buttons of the ways to look around."""
        return [button for button in self._group.buttons() if isinstance(button, QToolButton)]

    def show_way(self, number: int) -> None:
        """Show which way is chosen."""
        self._group.button(number).setChecked(True)

    def show_scope(self, chips: Sequence[tuple[str, str]], searching: bool) -> None:
        """Show what the search is narrowed to.

        Args:
            chips: Key and words of each.
            searching: Whether anything is looked for; else the ways to look around are offered.
        """
        for chip in self.chips.values():
            self._flow.removeWidget(chip)
            chip.hide()
            chip.deleteLater()
        self.chips = {key: self._chip(key, words) for key, words in chips}
        for button in self._group.buttons():
            button.setVisible(not searching)
        self.setVisible(not searching or bool(chips))
        self.updateGeometry()

    def _chip(self, key: str, words: str) -> QPushButton:
        half = LONGEST // 2
        shown = words if len(words) <= LONGEST else f"{words[:half]}…{words[-half:]}"
        chip = QPushButton(theme.icon("close"), shown.replace("&", "&&"))
        chip.setAccessibleName(self.tr("Leave out: {words}").format(words=words))
        chip.setToolTip(self.tr("Leave out: {words}").format(words=words))
        chip.setLayoutDirection(Qt.LayoutDirection.RightToLeft)  # the cross behind the words
        chip.setAutoDefault(False)
        chip.clicked.connect(lambda: self.removed.emit(key))
        self._flow.addWidget(chip)
        chip.show()
        return chip
