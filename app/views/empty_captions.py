"""What the captions page shows before there is anything in its list: how to begin, and sounds to try."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from app import theme
from app.views.centred_label import centred_label

TEXT_WIDTH = 620
"""Pixels at the usual text size."""

MOST_COLUMNS = 3


class EmptyCaptions(QScrollArea):
    """Explains by doing: each demo sound is a button."""

    add_requested = Signal()
    folder_requested = Signal()
    sound_chosen = Signal(object)  # its Path

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._picture = QLabel()
        self._picture.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        title = centred_label(self.tr("Drop sounds here, and read what they are"), "title")
        explanation = centred_label(
            self.tr("Files or whole folders: WAV, FLAC, MP3, Ogg, M4A, video files, and whatever else holds sound."), ""
        )
        self.add_button = QPushButton(theme.icon("add", "on_accent"), self.tr("Add sounds…"))
        self.add_button.setProperty("kind", "primary")
        self.add_button.clicked.connect(self.add_requested)
        self.folder_button = QPushButton(theme.icon("folder"), self.tr("Add a folder…"))
        self.folder_button.clicked.connect(self.folder_requested)
        buttons = QHBoxLayout()
        buttons.addStretch()
        buttons.addWidget(self.add_button)
        buttons.addWidget(self.folder_button)
        buttons.addStretch()
        self._demos = QGridLayout()
        self._demos.setSpacing(theme.space(2))
        self._demo_card = QFrame()
        self._demo_card.setProperty("kind", "card")
        card = QVBoxLayout(self._demo_card)
        card.setContentsMargins(*[theme.space(4)] * 4)
        card.addWidget(centred_label(self.tr("Try these sounds"), "heading"))
        card.addLayout(self._demos)
        self._demo_card.hide()
        privacy = centred_label(self.tr("Everything happens on this computer. No sound leaves it."), "muted")
        inner = QWidget()
        inner.setObjectName("scrolled")
        column = QVBoxLayout(inner)
        column.setSpacing(theme.space(3))
        column.addStretch(2)
        for widget in (self._picture, title, explanation):
            column.addWidget(widget)
        column.addSpacing(theme.space(2))
        column.addLayout(buttons)
        column.addSpacing(theme.space(4))
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self._demo_card, 8)
        row.addStretch(1)
        column.addLayout(row)
        column.addSpacing(theme.space(2))
        column.addWidget(privacy)
        column.addStretch(3)
        self.setWidget(inner)
        self.setWidgetResizable(True)
        self._follow_theme()
        theme.themed.connect(self._follow_theme)

    def show_demos(self, sounds: Sequence[tuple[str, Path]]) -> None:
        """Offer sounds to try: what to call each, and its file."""
        for name, path in sounds:
            button = QPushButton(theme.icon("sound"), name)
            button.setAccessibleName(self.tr("Try the sound “{name}”").format(name=name))
            button.clicked.connect(lambda _=False, path=path: self.sound_chosen.emit(path))
            self._demos.addWidget(button)
        self._demo_card.setVisible(bool(sounds))
        self._arrange()

    def demo_buttons(self) -> list[QPushButton]:
        """The buttons of the sounds to try."""
        return self._demo_card.findChildren(QPushButton)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """As many sounds side by side as fit."""
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        buttons = self.demo_buttons()
        if not buttons:
            return
        gap, margins = theme.space(2), 4 * theme.space(4)
        room = min(self._demo_card.maximumWidth(), self.viewport().width()) - margins
        widest = max(button.sizeHint().width() for button in buttons)
        columns = max(1, min(MOST_COLUMNS, (room + gap) // (widest + gap)))
        for number, button in enumerate(buttons):
            self._demos.addWidget(button, number // columns, number % columns)

    def _follow_theme(self) -> None:
        self._picture.setPixmap(theme.pixmap("drop", 56, "accent"))
        self._demo_card.setMaximumWidth(round(TEXT_WIDTH * max(1.0, theme.font_scale())))
        self._arrange()
