"""The dialog that comes before a model is taught: what there is to learn, what will happen, and what it costs."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app import theme

SIGN_PX = 20


class TeachDialog(QDialog):
    """Says whether there is enough to learn from; if so, it can be started.

    Args:
        parent: The window that it belongs to.
    """

    start_requested = Signal(str)  # what the taught model shall be called

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Teach it my sounds"))
        self.words, self.steps, self.problem = QLabel(), QLabel(), QLabel()
        self.words.setAccessibleName(self.tr("What there is to learn from"))
        self.words.setProperty("kind", "heading")
        self.steps.setAccessibleName(self.tr("What will happen"))
        self.steps.setTextFormat(Qt.TextFormat.RichText)
        self.problem.setAccessibleName(self.tr("What is wrong with the name"))
        self.problem.setProperty("kind", "error")
        for label in (self.words, self.steps, self.problem):
            label.setWordWrap(True)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._sign = QLabel()
        self._sign.setFixedWidth(SIGN_PX)
        self._icon = "clock", "accent"
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(theme.space(2))
        self.bar.setAccessibleName(self.tr("Recordings with corrections, of those that are needed"))
        self.name = QLineEdit()
        self.name.setAccessibleName(self.tr("Name of the taught model"))
        self.name.returnPressed.connect(self._ask)
        self.start = QPushButton(theme.icon("training", "on_accent"), self.tr("Teach"))
        self.start.setProperty("kind", "primary")
        self.start.clicked.connect(self._ask)
        self._lay_out()
        self.show_looking()

    def show_looking(self) -> None:
        """Say that the corrections are being counted."""
        self._say(self.tr("Looking for captions that you have corrected…"), "clock", "accent")
        self.bar.setRange(0, 0)
        self._arrange(enough=False)

    def show_too_few(self, words: str, how: Sequence[str], there: int, needed: int) -> None:
        """Say that there is too little to learn from.

        Args:
            words: How much there is.
            how: What to do, step by step.
            there: Recordings with corrections.
            needed: How many are needed.
        """
        self._say(words, "info", "accent")
        self._list(how)
        self.bar.setRange(0, needed)
        self.bar.setValue(there)
        self._arrange(enough=False)

    def show_enough(self, words: str, what: Sequence[str], name: str) -> None:
        """Say what there is to learn from, and what will happen.

        Args:
            words: How much there is.
            what: What will happen, one thing each.
            name: What the model will be called.
        """
        self._say(words, "check", "success")
        self._list(what)
        self.name.setText(name)
        self._arrange(enough=True)
        self.start.setFocus()

    def show_refusal(self, words: str) -> None:
        """Say why there is nothing to learn from."""
        self._say(words, "error", "error")
        self._list([])
        self._arrange(enough=False)
        self.bar.hide()

    def show_problem(self, words: str) -> None:
        """Say beside the name what is wrong with it."""
        self.problem.setText(words)
        self.problem.setVisible(bool(words))
        self.name.setProperty("wrong", bool(words))
        self.name.style().polish(self.name)
        if words:
            self.name.setFocus()

    def _say(self, words: str, icon: str, tint: str) -> None:
        self.words.setText(words)
        self._icon = icon, tint
        self._sign.setPixmap(theme.pixmap(icon, SIGN_PX, tint))

    def _list(self, lines: Sequence[str]) -> None:
        items = "".join(f'<li style="margin-bottom: {theme.space(2)}px">{line}</li>' for line in lines)
        self.steps.setText(f"<ul style='margin: 0; -qt-list-indent: 1'>{items}</ul>" if lines else "")

    def _arrange(self, enough: bool) -> None:
        self.bar.setVisible(not enough)
        self._named.setVisible(enough)
        self.start.setVisible(enough)
        self.show_problem("")

    def _lay_out(self) -> None:
        explanation = QLabel(
            self.tr(
                "A model can learn from the captions that you have corrected: what your sounds are called, and how you "
                "put it. The model in use stays as it is; the taught one is a copy."
            )
        )
        explanation.setWordWrap(True)
        head = QHBoxLayout()
        head.setSpacing(theme.space(2))
        head.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignTop)
        head.addWidget(self.words, 1)
        self._named = QWidget()
        grid = QGridLayout(self._named)
        grid.setContentsMargins(0, 0, 0, 0)
        label = QLabel(self.tr("Name of the taught model"))
        label.setBuddy(self.name)
        grid.addWidget(label, 0, 0)
        grid.addWidget(self.name, 0, 1)
        grid.addWidget(self.problem, 1, 1)
        inside = QWidget()
        inside.setObjectName("scrolled")
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.space(3))
        column.addWidget(explanation)
        column.addLayout(head)
        for widget in (self.bar, self.steps, self._named):
            column.addWidget(widget)
        column.addStretch()
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setAccessibleName(self.tr("What there is to learn from, and what will happen"))
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(inside)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.addButton(self.start, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.rejected.connect(self.reject)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(*[theme.space(4)] * 4)
        outer.setSpacing(theme.space(3))
        outer.addWidget(scroll, 1)
        outer.addWidget(buttons)
        wide = max(1.0, theme.font_scale())
        self.resize(round(580 * wide), round(430 * wide))

    def _ask(self) -> None:
        self.start_requested.emit(self.name.text().strip())
