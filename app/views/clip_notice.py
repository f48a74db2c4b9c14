"""What stands in the place of a recording that is not shown."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from app import theme

SIGN_PX = 32


class ClipNotice(QWidget):
    """A sign, a heading, and the reason in words that can be selected."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon = "spectrogram", "muted"
        self.sign, self.heading, self.text = QLabel(), QLabel(), QLabel()
        self.heading.setProperty("kind", "heading")
        self.text.setProperty("kind", "muted")
        self.text.setAccessibleName(self.tr("Reason"))
        self.heading.setAccessibleName(self.tr("Notice"))
        self.text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        layout = QVBoxLayout(self)
        layout.setSpacing(theme.space(2))
        layout.addStretch(1)
        for label in (self.sign, self.heading, self.text):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            label.setWordWrap(label is not self.sign)
            layout.addWidget(label)
        layout.addStretch(1)
        theme.themed.connect(self._paint_sign)

    def show_notice(self, heading: str, text: str, icon: str, tint: str) -> None:
        """Say that; `icon` and `tint` as in `theme.icon`."""
        self._icon = icon, tint
        self.heading.setText(heading)
        self.text.setText(text)
        self._paint_sign()

    def _paint_sign(self) -> None:
        name, tint = self._icon
        self.sign.setPixmap(theme.pixmap(name, SIGN_PX, tint))
