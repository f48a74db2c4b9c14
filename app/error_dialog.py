"""The one error dialog: a plain message first, details below; several errors collect in it instead of piling up."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app import theme

KEPT = 100
"""Errors that are kept to look through; older ones are in the log."""


@dataclass
class _Problem:
    message: str
    details: str
    times: int = 1


class ErrorDialog(QDialog):
    """Shows what went wrong without stopping the rest; an error that comes again is counted, not shown twice.

    Args:
        parent: The window that it belongs to.
    """

    log_folder_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Something went wrong"))
        self.setModal(False)
        self.setMinimumWidth(480)
        self._problems: list[_Problem] = []
        self._shown = 0

        self._sign = QLabel()
        self._sign.setAccessibleName(self.tr("Error"))
        self._message = QLabel()
        self._message.setWordWrap(True)
        self._message.setTextFormat(Qt.TextFormat.PlainText)
        self._message.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._message.setAccessibleName(self.tr("What went wrong"))
        self._details = QPlainTextEdit()
        self._details.setReadOnly(True)
        self._details.setTabChangesFocus(True)
        self._details.setMinimumHeight(160)
        self._details.setAccessibleName(self.tr("Details"))
        self._place = QLabel()
        self._place.setProperty("kind", "muted")
        self._place.setAccessibleName(self.tr("Which of the problems"))
        self._previous = self._arrow("left", self.tr("Previous problem"), -1)
        self._next = self._arrow("right", self.tr("Next problem"), +1)
        self._expand = QPushButton(self.tr("Details"))
        self._expand.setCheckable(True)
        self._expand.setAccessibleName(self.tr("Show details"))
        self._expand.toggled.connect(self._show_details)
        self._copy = QPushButton(theme.icon("copy"), self.tr("Copy"))
        self._copy.setAccessibleName(self.tr("Copy the message and its details"))
        self._copy.clicked.connect(self._copy_all)
        self._log = QPushButton(theme.icon("folder"), self.tr("Open log folder"))
        self._log.setAccessibleName(self.tr("Open log folder"))
        self._log.clicked.connect(self.log_folder_asked)
        self._close = QPushButton(self.tr("Close"))
        self._close.setAccessibleName(self.tr("Close"))
        self._close.setDefault(True)
        self._close.clicked.connect(self.close)

        said = QHBoxLayout()
        said.setSpacing(theme.space(3))
        said.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignTop)
        said.addWidget(self._message, 1)
        turning = QHBoxLayout()
        self._turning = (self._previous, self._place, self._next)
        for widget in self._turning:
            turning.addWidget(widget)
        turning.addStretch()
        buttons = QHBoxLayout()
        for button in (self._expand, self._copy, self._log):
            buttons.addWidget(button)
        buttons.addStretch()
        buttons.addWidget(self._close)
        column = QVBoxLayout(self)
        column.setContentsMargins(*[theme.space(6)] * 4)
        column.setSpacing(theme.space(4))
        column.addLayout(said)
        column.addLayout(turning)
        column.addWidget(self._details, 1)
        column.addLayout(buttons)
        self._show_details(False)
        self._paint_sign()
        theme.themed.connect(self._paint_sign)

    def add(self, message: str, details: str = "") -> None:
        """Show another error, or count one that was there already."""
        for place, problem in enumerate(self._problems):
            if (problem.message, problem.details) == (message, details):
                problem.times += 1
                self._show(self._shown if self.isVisible() else place)
                break
        else:
            self._problems = [*self._problems, _Problem(message, details)][-KEPT:]
            # What is being read stays: new problems wait behind the arrow.
            self._show(min(self._shown, len(self._problems) - 1) if self.isVisible() else len(self._problems) - 1)
        if not self.isVisible():
            self._close.setFocus()
            self.show()

    @classmethod
    def last_words(cls, message: str, details: str) -> None:
        """Show why there will be no window, and wait until that is read."""
        dialog = cls()
        dialog.setModal(True)
        dialog.add(message, details)
        dialog.exec()

    def messages(self) -> list[str]:
        """What went wrong since the dialog was last closed, oldest first."""
        return [problem.message for problem in self._problems]

    def done(self, result: int) -> None:
        """Close and forget: what was read is not shown again."""
        super().done(result)
        self._problems = []
        self._shown = 0
        self._expand.setChecked(False)

    def _show(self, place: int) -> None:
        self._shown = place
        problem, count = self._problems[place], len(self._problems)
        times = self.tr("  (%n times)", "", problem.times) if problem.times > 1 else ""
        self._message.setText(problem.message + times)
        self._details.setPlainText(problem.details)
        self._expand.setVisible(bool(problem.details))
        self._place.setText(self.tr("{place} of {count}").format(place=place + 1, count=count))
        for widget in self._turning:
            widget.setVisible(count > 1)
        self._previous.setEnabled(place > 0)
        self._next.setEnabled(place < count - 1)

    def _arrow(self, icon: str, name: str, step: int) -> QToolButton:
        button = QToolButton()
        button.setIcon(theme.icon(icon))
        button.setProperty("kind", "quiet")
        button.setToolTip(name)
        button.setAccessibleName(name)
        button.clicked.connect(lambda: self._show(self._shown + step))
        return button

    def _show_details(self, shown: bool) -> None:
        self._details.setVisible(shown)
        self.adjustSize()

    def _copy_all(self) -> None:
        texts = (f"{problem.message}\n\n{problem.details}".strip() for problem in self._problems)
        QGuiApplication.clipboard().setText("\n\n----\n\n".join(texts))

    def _paint_sign(self) -> None:
        self._sign.setPixmap(theme.pixmap("error", theme.icon_size().width() + 8, "error"))
