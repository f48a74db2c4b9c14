"""How live sound is captioned, and by which rule: a part of the settings page."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from aaccore.config import Live
from app import theme
from app.views.config_form import ConfigForm


class LiveSettings(QWidget):
    """The rule in words, and its thresholds."""

    changed = Signal(str, object)  # name of a setting of `Live`, and its value

    def __init__(self, live: Live, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        rule = QLabel(
            self.tr(
                "Only what is new is said. Silence is not captioned, and ends what was heard. A scene that goes on, or "
                "that is only worded otherwise, is not said again; the line says how long it lasts. A new sound is "
                "said at once where the model is sure, else once it was heard for a moment. A scene is looked "
                "at once more for what was missed. Changes here hold from the next time that you listen."
            )
        )
        rule.setWordWrap(True)
        labels = {
            "window_s": self.tr("Window"),
            "step_s": self.tr("Step"),
            "silence_db": self.tr("Silence below"),
            "quiet_s": self.tr("Ended after"),
            "release_db": self.tr("Recovery"),
            "highest_gain_db": self.tr("Most gain"),
            "first_gain_db": self.tr("First gain"),
            "split": self.tr("Cut below"),
            "alike": self.tr("Same scene from"),
            "memory_s": self.tr("Not news for"),
            "sure": self.tr("Said at once from"),
            "again_s": self.tr("Second look after"),
            "heard_s": self.tr("Else heard for"),
        }
        self.form = ConfigForm(live, list(labels), labels)
        self.form.changed.connect(self.changed)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.space(4))
        column.addWidget(rule)
        column.addWidget(self.form)
