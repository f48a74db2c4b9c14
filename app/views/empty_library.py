"""What the library page shows where there is nothing to show, and what helps then."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app import theme
from app.views.browse_lists import CountedList

WORDS_WIDTH = 560


class EmptyLibrary(QWidget):
    """Nothing has been captioned yet."""

    add_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._picture = QLabel()
        self._picture.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.add_button = QPushButton(theme.icon("add", "on_accent"), self.tr("Add sounds…"))
        self.add_button.setProperty("kind", "primary")
        self.add_button.clicked.connect(self.add_requested)
        column = QVBoxLayout(self)
        column.setSpacing(theme.space(3))
        column.addStretch(2)
        column.addWidget(self._picture)
        column.addWidget(_centred(self.tr("Nothing is here yet"), "title"))
        column.addWidget(
            _centred(
                self.tr(
                    "Whatever you caption is kept here, and you can find each moment again by what was heard. "
                    "Your sound files stay where they are."
                ),
                "muted",
            )
        )
        column.addWidget(self.add_button, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(3)
        self._follow_theme()
        theme.themed.connect(self._follow_theme)

    def _follow_theme(self) -> None:
        self._picture.setPixmap(theme.pixmap("library", 56, "accent"))


class NothingFound(QWidget):
    """A search was in vain."""

    word_chosen = Signal(object)
    cleared = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.heading, self.advice = _centred("", "heading"), _centred("", "muted")
        self.advice.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.clear_button = QPushButton(self.tr("Show everything"))
        self.clear_button.clicked.connect(self.cleared)
        self.words = CountedList(self.tr("Heard often"), chips=True)
        self.words.setProperty("kind", "plain")
        self.words.setMaximumSize(WORDS_WIDTH, theme.space(22))
        self.words.chosen.connect(self.word_chosen)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.space(1))
        column.addStretch(1)
        column.addWidget(self.heading)
        column.addWidget(self.advice)
        words = QHBoxLayout()
        words.addStretch(1)
        words.addWidget(self.words, 100)
        words.addStretch(1)
        column.addLayout(words)
        column.addWidget(self.clear_button, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(1)

    def show_reason(self, heading: str, advice: str) -> None:
        """Say what was not found, and what may help."""
        self.heading.setText(heading)
        self.advice.setText(advice)


def _centred(text: str, kind: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("kind", kind)
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
    return label
