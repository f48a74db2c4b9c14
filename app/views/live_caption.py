"""The newest live caption, large, with how far it can be trusted and how long ago it began."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QFont, QFontMetrics
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app import theme
from app.views.live_model import LiveLine

LARGE = 2.0
"""Times the window's text."""


class NewestCaption(QFrame):
    """Shows a line; before the first it says what is going on."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "card")
        self.sentence = QLabel()
        self.sentence.setWordWrap(True)
        self.sentence.setTextFormat(Qt.TextFormat.PlainText)
        self.sentence.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.sentence.setAccessibleName(self.tr("Newest caption"))
        self._icon, self.state = QLabel(), QLabel()
        self.state.setProperty("kind", "muted")
        below = QHBoxLayout()
        below.setSpacing(theme.space(1))
        below.addWidget(self._icon)
        below.addWidget(self.state)
        below.addStretch()
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.space(4), theme.space(3), theme.space(4), theme.space(3))
        column.setSpacing(theme.space(1))
        column.addWidget(self.sentence)
        column.addLayout(below)
        self._line: LiveLine | None = None
        self._band_word = ""
        self._follow_theme()
        theme.themed.connect(self._follow_theme)

    def show_words(self, words: str, state: str = "") -> None:
        """Say something other than a caption."""
        self._line = None
        self.sentence.setText(words)
        self.state.setText(state)
        self._follow_theme()

    def show_line(self, line: LiveLine, band_word: str, age: str) -> None:
        """Show a caption."""
        self._line, self._band_word = line, band_word
        self.sentence.setText(line.text)
        going_on = self.tr("still heard") if line.going_on else age
        self.state.setText(" · ".join(part for part in (band_word, f"{line.clock:%H:%M:%S}", going_on) if part))
        self._show_icon()
        if self._tinted:
            self._follow_theme()

    @property
    def line(self) -> LiveLine | None:
        """The caption that is shown."""
        return self._line

    def _follow_theme(self) -> None:
        # Widgets get the application's new font only after the theme has been told.
        QTimer.singleShot(0, self, self._fit)
        self._fit()

    def _fit(self) -> None:
        self._tinted = self._line is None
        self.sentence.setProperty("kind", "muted" if self._line is None else "")
        self.sentence.style().unpolish(self.sentence)
        self.sentence.style().polish(self.sentence)
        font = QFont(QApplication.font())  # after the style sheet, which takes the label's own away
        font.setPointSizeF(font.pointSizeF() * (LARGE if self._line else 1.25))
        self.sentence.setFont(font)
        font.setPointSizeF(QApplication.font().pointSizeF() * LARGE)
        self.sentence.setMinimumHeight(QFontMetrics(font).height())  # or all below would jump at the first caption
        self._show_icon()

    def _show_icon(self) -> None:
        band = self._line.band if self._line else None
        self._icon.setVisible(band is not None)
        if band is not None:
            self._icon.setPixmap(theme.pixmap(band, self.fontMetrics().height(), band))
