"""A card that says how long work gets on, and then what came of it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar, QPushButton, QToolButton, QVBoxLayout, QWidget

from app import theme


class WorkNotice(QFrame):
    """Words, and while something works a bar and a button that stops it; afterwards what can be done next."""

    cancelled = Signal()
    answered = Signal(str)  # key of the answer
    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "card")
        self._icon = "info", "accent"
        self._sign = QLabel()
        self.words = QLabel()
        self.words.setWordWrap(True)
        self.words.setTextFormat(Qt.TextFormat.PlainText)
        self.words.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.words.setAccessibleName(self.tr("Message"))
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(theme.space(2))
        self.bar.setAccessibleName(self.tr("Progress"))
        self.cancel_button = QPushButton(theme.icon("cancel"), self.tr("Cancel"))
        self.cancel_button.clicked.connect(self.cancelled)
        self.close_button = QToolButton()
        self.close_button.setIcon(theme.icon("close"))
        self.close_button.setProperty("kind", "quiet")
        self.close_button.setAccessibleName(self.tr("Close the message"))
        self.close_button.setToolTip(self.tr("Close the message"))
        self.close_button.clicked.connect(self.hide)
        self.close_button.clicked.connect(self.closed)
        self.answers: dict[str, QPushButton] = {}
        self._row = QHBoxLayout()
        self._row.setSpacing(theme.space(2))
        self._row.addWidget(self._sign)
        self._row.addWidget(self.words, 1)
        self._row.addWidget(self.cancel_button)
        self._row.addWidget(self.close_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.space(3), theme.space(2), theme.space(2), theme.space(2))
        column.addLayout(self._row)
        column.addWidget(self.bar)
        theme.themed.connect(self._paint_sign)
        self.hide()

    def show_work(self, words: str, share: float | None) -> None:
        """Say what is being done, and how much of it is; None where nobody knows."""
        self._say(words, "clock", "accent", ())
        self.bar.setRange(0, 0 if share is None else 1000)
        if share is not None:
            self.bar.setValue(round(1000 * share))
        self.bar.show()
        self.cancel_button.show()
        self.close_button.hide()

    def show_result(self, words: str, answers: Sequence[tuple[str, str]] = (), kind: str = "success") -> None:
        """Say what came of it.

        Args:
            words: The result.
            answers: Key and words of what can be done next.
            kind: success, info, warning or error.
        """
        icons = {"success": ("check", "success"), "info": ("info", "accent"), "warning": ("warning", "warning")}
        self._say(words, *icons.get(kind, ("error", "error")), answers)
        self.bar.hide()
        self.cancel_button.hide()
        self.close_button.show()

    def _say(self, words: str, icon: str, tint: str, answers: Sequence[tuple[str, str]]) -> None:
        self.words.setText(words)
        self._icon = icon, tint
        self._paint_sign()
        for button in self.answers.values():
            self._row.removeWidget(button)
            button.hide()
            button.deleteLater()
        self.answers = {}
        for key, text in answers:
            button = QPushButton(text)
            button.clicked.connect(lambda _=False, key=key: self.answered.emit(key))
            self._row.insertWidget(self._row.count() - 2, button)
            self.answers[key] = button
        self.show()

    def _paint_sign(self) -> None:
        name, tint = self._icon
        edge = theme.icon_size().width()
        self._sign.setFixedWidth(edge)
        self._sign.setPixmap(theme.pixmap(name, edge, tint))
