"""What the training page shows before there is a run: what training is, and how to begin."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app import theme
from app.views.centred_label import centred_label

TEXT_WIDTH = 620


class EmptyTraining(QWidget):
    """The ways to begin, each with its button."""

    new_requested = Signal()
    open_requested = Signal()
    clotho_requested = Signal()
    teach_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._picture = QLabel()
        self._picture.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        title = centred_label(self.tr("Teach a model to say what it hears"), "title")
        explanation = centred_label(
            self.tr(
                "Sounds with captions go in, a captioning model comes out. A run goes on when this window is closed, "
                "and can be stopped and resumed at any time."
            ),
            "",
        )
        self.new_button = QPushButton(theme.icon("add", "on_accent"), self.tr("New run…"))
        self.new_button.setProperty("kind", "primary")
        self.new_button.clicked.connect(self.new_requested)
        self.clotho_button = QPushButton(theme.icon("download"), self.tr("Get Clotho…"))
        self.clotho_button.clicked.connect(self.clotho_requested)
        self.open_button = QPushButton(theme.icon("folder"), self.tr("Open run folder…"))
        self.open_button.clicked.connect(self.open_requested)
        self.teach_button = QPushButton(theme.icon("training"), self.tr("Teach it my sounds…"))
        self.teach_button.clicked.connect(self.teach_requested)
        card = QFrame()
        card.setProperty("kind", "card")
        inside = QVBoxLayout(card)
        inside.setContentsMargins(*[theme.space(4)] * 4)
        inside.setSpacing(theme.space(4))
        for words, button in (
            (self.tr("Let the model in use learn from the captions that you have corrected."), self.teach_button),
            (self.tr("Choose sounds and settings; a recipe fills in the rest."), self.new_button),
            (
                self.tr("No sounds yet? Clotho has 6,000 recordings with five captions each (7\u00a0GB)."),
                self.clotho_button,
            ),
            (self.tr("Follow a run that was started in a terminal or on a cluster."), self.open_button),
        ):
            row = QHBoxLayout()
            row.setSpacing(theme.space(4))
            label = QLabel(words)
            label.setWordWrap(True)
            row.addWidget(label, 1)
            row.addWidget(button)
            inside.addLayout(row)
        column = QVBoxLayout(self)
        column.setContentsMargins(*[theme.space(4)] * 4)
        column.setSpacing(theme.space(3))
        column.addStretch(2)
        column.addWidget(self._picture)
        column.addWidget(title)
        column.addLayout(_in_the_middle(explanation))
        column.addSpacing(theme.space(3))
        column.addLayout(_in_the_middle(card))
        column.addStretch(3)
        self._follow_theme()
        theme.themed.connect(self._follow_theme)

    def _follow_theme(self) -> None:
        self._picture.setPixmap(theme.pixmap("training", 56, "accent"))


def _in_the_middle(widget: QWidget) -> QHBoxLayout:
    widget.setMaximumWidth(TEXT_WIDTH)
    row = QHBoxLayout()
    row.addStretch(1)
    row.addWidget(widget, 8)
    row.addStretch(1)
    return row
