"""What the live page shows where there is nothing to listen to: what to do about it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from app import theme
from app.views.centred_label import centred_label


class EmptyLive(QScrollArea):
    """Says what to do in a few steps, and looks again."""

    refresh_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setAccessibleName(self.tr("No microphone"))
        self._picture = QLabel()
        self._picture.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.title = centred_label(self.tr("Nothing to listen to was found"), "title")
        steps = centred_label(
            self.tr(
                "Plug in a microphone or a headset.\n"
                "Or allow Auricle to use the microphone: in the system's settings, under privacy.\n"
                "Then look again."
            ),
            "",
        )
        self.help = centred_label("", "muted")
        self.look_button = QPushButton(theme.icon("retry", "on_accent"), self.tr("Look again"))
        self.look_button.setProperty("kind", "primary")
        self.look_button.clicked.connect(self.refresh_requested)
        button = QHBoxLayout()
        button.addStretch()
        button.addWidget(self.look_button)
        button.addStretch()
        files = centred_label(self.tr("Sound files need no microphone: drop them anywhere on the window."), "muted")
        inside = QWidget()
        inside.setObjectName("scrolled")
        column = QVBoxLayout(inside)
        column.setSpacing(theme.space(3))
        column.addStretch(2)
        for widget in (self._picture, self.title, steps):
            column.addWidget(widget)
        column.addLayout(button)
        column.addWidget(self.help)
        column.addWidget(files)
        column.addStretch(3)
        self.setWidget(inside)
        self._follow_theme()
        theme.themed.connect(self._follow_theme)

    def show_help(self, words: str, looking: bool) -> None:
        """Say what else can be done here, and whether it is looked for at present."""
        self.help.setText(words)
        self.help.setVisible(bool(words))
        self.look_button.setEnabled(not looking)
        self.title.setText(
            self.tr("Looking for microphones …") if looking else self.tr("Nothing to listen to was found")
        )

    def _follow_theme(self) -> None:
        self._picture.setPixmap(theme.pixmap("live", 56, "accent"))
