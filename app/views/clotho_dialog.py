"""The dialog that gets Clotho: where to, how much it is, and how far it is."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.views.path_field import PathField


class ClothoDialog(QDialog):
    """Asks where to, then shows how far it is; closing it stops the download, which goes on where it was next time.

    Args:
        folder: Where to, at first.
        parent: The window that it belongs to.
    """

    get_requested = Signal(object, str)  # Path of the folder, version

    def __init__(self, folder: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Get Clotho"))
        words = QLabel(
            self.tr(
                "Clotho has about 6,000 recordings of 15 to 30 s with five captions each. It is about 7 GB from "
                "zenodo.org, and takes 18 GB while it is unpacked. What is in the folder already is used as it is, and "
                "a download that was stopped goes on where it was.\n\nThe captions are for non-commercial use; each "
                "recording has a licence of its own."
            )
        )
        words.setWordWrap(True)
        self.folder = PathField(self.tr("Folder for Clotho"))
        self.folder.show_path(folder)
        self.version = QComboBox()
        self.version.setAccessibleName(self.tr("Version"))
        self.version.addItem(self.tr("2.1 (development, validation, evaluation)"), "2.1")
        self.version.addItem(self.tr("1.0 (development, evaluation): the paper's"), "1.0")
        grid = QGridLayout()
        grid.setColumnStretch(1, 1)
        for row, (name, widget) in enumerate(((self.tr("Folder"), self.folder), (self.tr("Version"), self.version))):
            label = QLabel(name)
            label.setBuddy(widget)
            grid.addWidget(label, row, 0)
            grid.addWidget(widget, row, 1)
        self.state = QLabel()
        self.state.setWordWrap(True)
        self.state.setTextFormat(Qt.TextFormat.PlainText)
        self.state.setAccessibleName(self.tr("How far it is"))
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setRange(0, 1000)
        self.progress.setAccessibleName(self.tr("Progress"))
        self.progress.hide()
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.get_button = QPushButton(theme.icon("download", "on_accent"), self.tr("Download"))
        self.get_button.setProperty("kind", "primary")
        buttons.addButton(self.get_button, QDialogButtonBox.ButtonRole.ActionRole)
        self.get_button.clicked.connect(self._ask)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(*[theme.space(4)] * 4)
        column.setSpacing(theme.space(3))
        column.addWidget(words)
        column.addLayout(grid)
        column.addWidget(self.state)
        column.addWidget(self.progress)
        column.addStretch()
        column.addWidget(buttons)
        self.resize(round(560 * max(1.0, theme.font_scale())), self.sizeHint().height())

    def show_progress(self, words: str, done: float | None) -> None:
        """Say what is being done, and how far it is where that is known."""
        self._mark("muted")
        self.state.setText(words)
        self.progress.show()
        self.progress.setRange(0, 0 if done is None else 1000)
        self.progress.setValue(round(1000 * (done or 0.0)))
        self._enable(False)

    def show_problem(self, words: str) -> None:
        """Say why it did not work; it can be tried again."""
        self._mark("error")
        self.state.setText(words)
        self.progress.hide()
        self._enable(True)

    def _enable(self, enabled: bool) -> None:
        for widget in (self.folder, self.version, self.get_button):
            widget.setEnabled(enabled)

    def _mark(self, kind: str) -> None:
        self.state.setProperty("kind", kind)
        self.state.style().polish(self.state)

    def _ask(self) -> None:
        path = self.folder.path()
        if path is None:
            self.show_problem(self.tr("Choose a folder first."))
        else:
            self.get_requested.emit(path, self.version.currentData())
