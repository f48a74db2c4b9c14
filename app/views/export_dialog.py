"""The export dialog: how and where to, how the result begins, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.settings import Preferences
from app.views.export_form import ExportForm
from app.views.export_outcome import ExportOutcome


class ExportDialog(QDialog):
    """Asks how to export, shows how far it is, and what became of it.

    Args:
        preferences: What it starts with.
        clips: How many recordings are to be exported.
        parent: The window that it belongs to.
    """

    choice_changed = Signal(object)  # ExportChoice
    export_requested = Signal(object)  # ExportChoice

    def __init__(self, preferences: Preferences, clips: int = 1, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._clips = clips
        self.setWindowTitle(self.tr("Export") if clips == 1 else self.tr("Export {n} recordings").format(n=clips))
        self.form = ExportForm(preferences, clips)
        self.outcome = ExportOutcome()
        self.pages = QStackedWidget()
        self.pages.addWidget(self._form_page())
        self.pages.addWidget(self.outcome)
        self.state = QLabel()
        self.state.setWordWrap(True)
        self.state.setProperty("kind", "muted")
        self.state.setAccessibleName(self.tr("State of the export"))
        column = QVBoxLayout(self)
        column.setContentsMargins(*[theme.space(4)] * 4)
        column.setSpacing(theme.space(3))
        column.addWidget(self.pages, 1)
        column.addWidget(self.state)
        column.addWidget(self._buttons())
        self.form.changed.connect(self._changed)
        self._show_form()
        wide = max(1.0, theme.font_scale())
        self.resize(QSize(round(840 * wide), round(620 * wide)).boundedTo(self.screen().availableSize()))

    def show_preview(self, name: str, text: str, wrong: str = "") -> None:
        """Show how the file begins, or why there is none."""
        self.preview_heading.setText(wrong or self.tr("{name} begins:").format(name=name))
        self.preview_heading.setProperty("kind", "error" if wrong else "muted")
        self.preview_heading.style().polish(self.preview_heading)
        self.preview.setPlainText(text)

    def show_progress(self, done: int) -> None:
        """Show that the export runs, and how many files are done."""
        self.pages.setEnabled(False)
        self.export_button.setEnabled(False)
        self.state.setText(self.tr("Writing: {done} of {n}").format(done=done, n=self._clips))

    def show_outcome(self, heading: str, failures: Sequence[str], conflicts: Sequence[str]) -> None:
        """Show what became of the export; see `ExportOutcome`."""
        self.outcome.show_outcome(heading, failures, conflicts)
        self.pages.setEnabled(True)
        self.pages.setCurrentWidget(self.outcome)
        self.state.clear()
        self.export_button.hide()
        self.again.setVisible(bool(failures))
        self.cancel.setText(self.tr("Close"))
        self.cancel.setAccessibleName(self.cancel.text())
        self.cancel.setFocus()

    def _show_form(self) -> None:
        self.pages.setEnabled(True)
        self.pages.setCurrentIndex(0)
        self.again.hide()
        self.export_button.show()
        self.cancel.setText(self.tr("Cancel"))
        self.cancel.setAccessibleName(self.cancel.text())
        self._changed()

    def _changed(self) -> None:
        choice = self.form.choice()
        self.export_button.setEnabled(choice is not None)
        self.state.setText(self.form.missing())
        if choice:
            self.choice_changed.emit(choice)

    def _request(self) -> None:
        if choice := self.form.choice():
            self.export_requested.emit(choice)

    def _choose_folder(self) -> None:
        self._show_form()
        self.form.choose_folder()

    def _form_page(self) -> QWidget:
        scroll = QScrollArea()
        self.form.setObjectName("scrolled")
        scroll.setWidget(self.form)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.preview_heading = QLabel(self.tr("Preview"))
        self.preview_heading.setProperty("kind", "muted")
        self.preview_heading.setTextFormat(Qt.TextFormat.PlainText)
        self.preview_heading.setWordWrap(True)
        self.preview = QPlainTextEdit()
        self.preview.setReadOnly(True)
        self.preview.setTabChangesFocus(True)
        self.preview.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        fixed = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        fixed.setPointSizeF(self.font().pointSizeF())
        self.preview.setFont(fixed)
        self.preview.setAccessibleName(self.tr("Beginning of the result"))
        page, right = QWidget(), QVBoxLayout()
        right.setSpacing(theme.space(2))
        right.addWidget(self.preview_heading)
        right.addWidget(self.preview, 1)
        row = QHBoxLayout(page)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.space(4))
        row.addWidget(scroll, 1)
        row.addLayout(right, 1)
        return page

    def _buttons(self) -> QDialogButtonBox:
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.cancel = buttons.button(QDialogButtonBox.StandardButton.Cancel)
        self.cancel.setAutoDefault(False)
        self.again = QPushButton(theme.icon("folder"), self.tr("Choose another folder…"))
        self.again.setAccessibleName(self.tr("Choose another folder"))
        self.again.setAutoDefault(False)
        self.again.clicked.connect(self._choose_folder)
        self.export_button = QPushButton(theme.icon("export", "on_accent"), self.tr("Export"))
        self.export_button.setAccessibleName(self.tr("Export"))
        self.export_button.setProperty("kind", "primary")
        self.export_button.setDefault(True)
        self.export_button.clicked.connect(self._request)
        buttons.addButton(self.again, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.addButton(self.export_button, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.rejected.connect(self.reject)
        return buttons
