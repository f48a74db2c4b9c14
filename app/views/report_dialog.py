"""A dialog that says how far some work is, and shows its report."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QPlainTextEdit, QProgressBar, QVBoxLayout, QWidget

from app import theme


class ReportDialog(QDialog):
    """Shows progress, then a text that can be copied; closing it before cancels the work (`rejected`).

    Args:
        title: What is done.
        parent: The window that it belongs to.
    """

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.words = QLabel(self.tr("Starting…"))
        self.words.setWordWrap(True)
        self.words.setTextFormat(Qt.TextFormat.PlainText)
        self.words.setAccessibleName(self.tr("How far it is"))
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setRange(0, 0)
        self.progress.setAccessibleName(self.tr("Progress"))
        self.report = QPlainTextEdit()
        self.report.setReadOnly(True)
        self.report.setTabChangesFocus(True)
        self.report.setAccessibleName(self.tr("Report"))
        self.report.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.report.setPlaceholderText(self.tr("The report comes here."))
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(*[theme.space(4)] * 4)
        column.setSpacing(theme.space(3))
        for widget in (self.words, self.progress, self.report, self.buttons):
            column.addWidget(widget, 1 if widget is self.report else 0)
        wide = max(1.0, theme.font_scale())
        self.resize(round(680 * wide), round(460 * wide))

    def show_progress(self, words: str, done: float | None) -> None:
        """Say what is being done, and how far it is where that is known."""
        self.words.setText(words)
        self.progress.setRange(0, 0 if done is None else 1000)
        self.progress.setValue(round(1000 * (done or 0.0)))

    def show_report(self, words: str, text: str, wrong: bool = False) -> None:
        """Show what came of it."""
        self.words.setText(words)
        self.words.setProperty("kind", "error" if wrong else "heading")
        self.words.style().polish(self.words)
        self.progress.hide()
        self.report.setPlainText(text)
        self.buttons.setStandardButtons(QDialogButtonBox.StandardButton.Close)
        self.report.setFocus()
