"""Published weights that training starts from: which there are, which are here, and getting them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.views.file_size import size_words
from app.views.work_notice import WorkNotice

if TYPE_CHECKING:
    from aaccore.weights import Weights


class WeightsRow(QFrame):
    """Weights, with a button that gets them; while it does, how far it is."""

    def __init__(self, title: str, details: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "card")
        name, about = QLabel(title), QLabel(details)
        name.setProperty("kind", "heading")
        about.setProperty("kind", "muted")
        self.state = QLabel()
        self.state.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.state.setAccessibleName(self.tr("State of {title}").format(title=title))
        for label in (name, about, self.state):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
        self.sign = QLabel()
        self._icon = "", ""
        self.button = QPushButton()
        self.button.setAccessibleName(self.tr("Download: {title}").format(title=title))
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(theme.space(2))
        self.bar.setAccessibleName(self.tr("Progress of {title}").format(title=title))
        state = QHBoxLayout()
        state.setSpacing(theme.space(1))
        state.addWidget(self.sign)
        state.addWidget(self.state, 1)
        words = QVBoxLayout()
        words.setSpacing(theme.space(1))
        words.addWidget(name)
        words.addWidget(about)
        words.addLayout(state)
        words.addWidget(self.bar)
        row = QHBoxLayout(self)
        row.setContentsMargins(*[theme.space(3)] * 4)
        row.addLayout(words, 1)
        row.addWidget(self.button, 0, Qt.AlignmentFlag.AlignVCenter)
        self._title = title
        theme.themed.connect(self._paint_sign)

    def show_state(self, words: str, icon: str, tint: str, share: float | None = 0.0, button: str = "") -> None:
        """Show how it stands.

        Args:
            words: In words.
            icon: The same as a sign.
            tint: Its colour.
            share: How much has come, shown beside a button that cancels; None where nobody knows.
            button: What the button does: download, go on, cancel, or nothing.
        """
        self.state.setText(words)
        self._icon = icon, tint
        self._paint_sign()
        names = {
            "download": (self.tr("Download"), "download"), "resume": (self.tr("Go on"), "download"),
            "cancel": (self.tr("Cancel"), "cancel"),
        }  # fmt: skip
        self.button.setVisible(bool(button))
        if button:
            text, sign = names[button]
            self.button.setText(text)
            self.button.setIcon(theme.icon(sign))
            self.button.setAccessibleName(f"{text}: {self._title}")
        self.bar.setVisible(button == "cancel")
        self.bar.setRange(0, 0 if share is None else 1000)
        if share is not None:
            self.bar.setValue(round(1000 * share))

    def _paint_sign(self) -> None:
        name, tint = self._icon
        if name:
            self.sign.setPixmap(theme.pixmap(name, 16, tint))
        self.sign.setVisible(bool(name))


class WeightsList(QWidget):
    """One row for each published weights."""

    pressed = Signal(str)  # name of the weights whose button was pressed
    file_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows: dict[str, WeightsRow] = {}
        words = QLabel(
            self.tr(
                "Training a model of your own starts from weights that others have published. They are not needed for "
                "captions. Nothing is fetched before you press Download."
            )
        )
        words.setWordWrap(True)
        self.file_button = QPushButton(theme.icon("open"), self.tr("Load from file…"))
        self.file_button.setToolTip(self.tr("Take weights out of a file that you have got in another way"))
        self.file_button.clicked.connect(self.file_requested)
        inside = QWidget()
        inside.setObjectName("scrolled")
        self._column = QVBoxLayout(inside)
        self._column.setContentsMargins(0, 0, theme.space(2), 0)
        self._column.setSpacing(theme.space(2))
        self._column.addWidget(words)
        self._column.addWidget(self.file_button, 0, Qt.AlignmentFlag.AlignLeft)
        self.notice = WorkNotice()
        self._column.addWidget(self.notice)
        self._column.addStretch()
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setAccessibleName(self.tr("Weights for training"))
        scroll.setWidget(inside)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(scroll)

    def row(self, name: str, weights: Weights) -> WeightsRow:
        """The row of some weights; made where there is none yet."""
        if name not in self.rows:
            size = size_words(weights.size) if weights.size else self.tr("some MB, through pip")
            details = self.tr("Encoder {encoder}  ·  trained on {sounds}  ·  {licence}  ·  {size}").format(
                encoder=weights.encoder, sounds=weights.trained_on, licence=weights.licence, size=size
            )
            self.rows[name] = WeightsRow(weights.title, details)
            self.rows[name].button.clicked.connect(lambda: self.pressed.emit(name))
            self._column.insertWidget(self._column.count() - 1, self.rows[name])
        return self.rows[name]
