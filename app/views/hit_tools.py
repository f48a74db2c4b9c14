"""How much a search found, and the buttons for what is done most often with it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from aaccore.records import Hit
from app import theme
from app.views.elided_label import ElidedLabel
from app.views.hit_list import HitList


class HitTools(QWidget):
    """A line above the list of hits; its buttons do what the list's actions of the same name do."""

    def __init__(self, hits: HitList, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._hits = hits
        self.count = ElidedLabel()
        self.count.setProperty("kind", "muted")
        self.count.setAccessibleName(self.tr("How much was found"))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.space(1))
        row.addWidget(self.count, 1)
        self._buttons = [self._button(name) for name in ("like", "export", "delete")]
        for button in self._buttons:
            row.addWidget(button)
        hits.choice_changed.connect(self._enable)
        self._enable()

    def show_count(self, hits: Sequence[Hit], complete: bool, searching: bool) -> None:
        """Say how much was found; see `LibraryPage.show_hits`."""
        recordings = len({hit.clip.id for hit in hits})
        more = "" if complete else "+"
        words = self.tr("{moments} moments in {recordings} recordings")
        if not searching or recordings == len(hits):
            words = self.tr("Recordings: {recordings}")
        self.count.setText(words.format(moments=f"{len(hits):,}{more}", recordings=f"{recordings:,}{more}"))

    def show_searching(self) -> None:
        """Say that a search may take a while."""
        self.count.setText(self.tr("Searching…"))

    def _button(self, name: str) -> QToolButton:
        action = self._hits.actions_by_name[name]
        button = QToolButton()
        button.setIcon(action.icon())
        button.setProperty("kind", "quiet")
        if name == "like":
            button.setText(action.text())
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setAccessibleName(action.text())
        keys = action.shortcut().toString()
        button.setToolTip(f"{action.text()} ({keys})" if keys else action.text())
        button.clicked.connect(action.trigger)
        return button

    def _enable(self) -> None:
        chosen = bool(self._hits.chosen())
        for button in self._buttons:
            button.setEnabled(chosen)
