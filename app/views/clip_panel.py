"""One recording: what it is called, what it looks like, and its captions; the same wherever it is opened."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from aaccore.records import ClipRow
from app import theme
from app.views.caption_list import CaptionList
from app.views.clip_view import ClipView
from app.views.clock import clock
from app.views.elided_label import ElidedLabel

WRITTEN_LETTERS = 28
"""So much of an exported file's name is shown."""


class ClipPanel(QWidget):
    """Header, clip view and captions; where there are no captions, why not."""

    export_requested = Signal(int)
    retry_requested = Signal(int)
    folder_requested = Signal(object)  # Path of a file that was exported

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.row: ClipRow | None = None
        self.clip_view = ClipView()
        self.captions = CaptionList()
        self._name = ElidedLabel()
        self._name.setProperty("kind", "heading")
        self._details = QLabel()
        self._details.setProperty("kind", "muted")
        self.export_button = QPushButton(theme.icon("export"), self.tr("Export…"))
        self.export_button.clicked.connect(lambda: self.row and self.export_requested.emit(self.row.id))
        self.written_button = QPushButton(theme.icon("file"), "")
        self.written_button.setAccessibleName(self.tr("Last export: show it in its folder"))
        self.written_button.setToolTip(self.tr("Last export: show it in its folder"))
        self.written_button.setProperty("kind", "link")
        self.written_button.clicked.connect(self._ask_for_folder)
        self.warnings = _words("warning")
        self.message = _words("muted")
        self.message.setAccessibleName(self.tr("Why there is no caption"))
        self.retry_button = QPushButton(theme.icon("retry"), self.tr("Caption again"))
        self.retry_button.clicked.connect(lambda: self.row and self.retry_requested.emit(self.row.id))
        self._lay_out()
        self.show_row(None)

    def show_row(self, row: ClipRow | None) -> None:
        """Show what is known of a recording; None: that none is chosen."""
        self.row = row
        self._body.setVisible(row is not None)
        self._nothing.setVisible(row is None)
        if row is None:
            return
        self._name.setText(row.path.name)
        self._name.setToolTip(str(row.path))
        details = [clock(row.duration_s), self.tr("model {name}").format(name=row.model) if row.model else ""]
        self._details.setText("  ·  ".join(detail for detail in details if detail))
        self._show_written(row)
        self.warnings.setText("\n".join(row.complaints()))
        self.warnings.setVisible(bool(row.complaints()))
        self.export_button.setEnabled(row.state == "done")
        words = {
            "waiting": self.tr("Waits for its turn."),
            "captioning": self.tr("Listening…"),
            "failed": row.reason.removeprefix(f"{row.path.name}: "),
            "cancelled": self.tr("Cancelled before it was captioned."),
            "done": self.tr("Nothing to say about this recording."),
        }
        self.message.setText(words[row.state])
        self.message.setProperty("kind", "error" if row.state == "failed" else "muted")
        self.message.style().polish(self.message)
        self.clip_view.setVisible(row.state != "failed")
        self.retry_button.setVisible(row.state in ("failed", "cancelled"))

    def show_captions(self, any_there: bool) -> None:
        """Show the list of captions, or why there is none."""
        self._lower.setCurrentIndex(0 if any_there else 1)

    def arrange(self, orientation: Qt.Orientation) -> None:
        """Put the captions below the clip view, or beside it."""
        if self.splitter.orientation() != orientation:
            self.splitter.setOrientation(orientation)
            self.splitter.setSizes([3000, 2000])

    def _show_written(self, row: ClipRow) -> None:
        """Say where the file is that was made of it."""
        button = self.written_button
        button.setVisible(row.written is not None)
        if row.written is not None:
            name, letter = row.written.name, self.fontMetrics().averageCharWidth()
            button.setText(self.fontMetrics().elidedText(name, Qt.TextElideMode.ElideMiddle, WRITTEN_LETTERS * letter))
            button.setToolTip(self.tr("Written: {path}\nClick to show it in its folder.").format(path=row.written))
            button.setAccessibleName(self.tr("Written: {name}").format(name=name))

    def _ask_for_folder(self) -> None:
        if self.row is not None and self.row.written is not None:
            self.folder_requested.emit(self.row.written)

    def _lay_out(self) -> None:
        names = QVBoxLayout()
        names.setSpacing(0)
        names.addWidget(self._name)
        names.addWidget(self._details)
        header = QHBoxLayout()
        header.addLayout(names, 1)
        header.addWidget(self.written_button)
        header.addWidget(self.export_button)
        reason = QWidget()
        inner = QVBoxLayout(reason)
        inner.setContentsMargins(0, theme.space(1), 0, 0)
        inner.addWidget(self.message)
        inner.addWidget(self.retry_button, 0, Qt.AlignmentFlag.AlignLeft)
        inner.addStretch()
        self._lower = QStackedWidget()
        self._lower.setMinimumWidth(theme.space(60))
        self._lower.addWidget(self.captions)
        self._lower.addWidget(reason)
        self.splitter = QSplitter(Qt.Orientation.Vertical)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setHandleWidth(theme.space(2))
        self.splitter.addWidget(self.clip_view)
        self.splitter.addWidget(self._lower)
        self.splitter.setStretchFactor(0, 3)
        self.splitter.setStretchFactor(1, 2)
        self._body = QWidget()
        column = QVBoxLayout(self._body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.space(1))
        column.addLayout(header)
        column.addWidget(self.warnings)
        column.addWidget(self.splitter, 1)
        self._nothing = QLabel(self.tr("Choose a sound to see and hear it."))
        self._nothing.setProperty("kind", "muted")
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self._body)
        outer.addWidget(self._nothing)


def _words(kind: str) -> QLabel:
    """Text of several lines that can be selected, also by keyboard."""
    label = QLabel()
    label.setProperty("kind", kind)
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setTextInteractionFlags(
        Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
    )
    return label
