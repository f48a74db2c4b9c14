"""How to read a caption: what its band promises, and how it is known when a word was heard."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QFrame, QLabel, QScrollArea, QVBoxLayout, QWidget

from app import theme


class ReadingDialog(QDialog):
    """A page of help that stays beside the window."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("How to read captions"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        text = QLabel(self._text())
        text.setTextFormat(Qt.TextFormat.RichText)
        text.setWordWrap(True)
        text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        text.setAccessibleName(self.windowTitle())
        inner = QWidget()
        inner.setObjectName("scrolled")
        lines = QVBoxLayout(inner)
        lines.setContentsMargins(0, 0, theme.space(3), 0)
        lines.addWidget(text)
        lines.addStretch()
        scroll = QScrollArea()
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidgetResizable(True)
        scroll.setWidget(inner)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.close)
        column = QVBoxLayout(self)
        column.setContentsMargins(*[theme.space(4)] * 4)
        column.setSpacing(theme.space(4))
        column.addWidget(scroll, 1)
        column.addWidget(buttons)
        self.resize(round(560 * max(1.0, theme.font_scale())), round(520 * max(1.0, theme.font_scale())))

    def _text(self) -> str:
        return self.tr(
            "<h3>Sure, likely, guess</h3>"
            "<p>How far a caption can be trusted, judged from how probable its words are, how far ahead of the other "
            "sentences it is, and whether what it names was heard. The bands were measured on sounds the model had "
            "not learned from: of the captions marked <b>sure</b> at least 90 in 100 were right, of those marked "
            "<b>likely</b> about 65 in 100. A <b>guess</b> is wrong more often than not: listen, or choose one of the "
            "other sentences that were found. A model that was not measured this way shows no bands.</p>"
            "<h3>When a word was heard</h3>"
            "<p>Point at a word, with the mouse or with the left and right arrow keys, and the spectrogram marks its "
            "moment. The model tells every third of a second how probable each sound is that it knows by name; a word "
            "points where the sound it names is likeliest. A word that names no such sound, like “loud”, points where "
            "those sounds are heard to which the model attended while it wrote the word; failing that, where its "
            "attention to the sound itself was highest. Articles, numbers and the like name nothing heard, and words "
            "that you typed were not the model's: they point nowhere.</p>"
            "<h3>Your own words</h3>"
            "<p>An edited caption keeps Auricle's sentence beneath it; clear the line to have it back.</p>"
        )
