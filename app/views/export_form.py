"""What an export is asked to be: format, sound cues, dialogue to merge into, and place."""

from __future__ import annotations

from dataclasses import dataclass, replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QLabel, QPushButton, QRadioButton, QVBoxLayout, QWidget

from aaccore.config import Cues, Export, ExportFormat
from app import theme
from app.settings import Preferences
from app.views.config_form import ConfigForm
from app.views.path_field import PathField

SUBTITLES = ("srt", "vtt")


@dataclass(frozen=True)
class ExportChoice:
    """What the user wants: this export, and whether each new caption shall be exported so from now on."""

    export: Export
    automatically: bool


class ExportForm(QWidget):
    """Asks how to export; the rules of sound cues show only where they matter.

    Args:
        preferences: What it starts with.
        clips: How many recordings are to be exported; one can be merged into a dialogue.
        parent: Owner.
    """

    changed = Signal()

    def __init__(self, preferences: Preferences, clips: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._preferences, self._clips = preferences, clips
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, theme.space(3), 0)
        column.setSpacing(theme.space(3))
        self._live = False
        self.cues = self._cues()
        for widget in (*self._formats(), self._times(), self.cues, self._merging(), *self._place()):
            column.addWidget(widget)
        column.addStretch()
        self._show(preferences)
        self._follow()
        self.format.currentIndexChanged.connect(self._follow)
        self.times.currentIndexChanged.connect(self.changed)
        self.looks.changed.connect(self.changed)
        self.limits.changed.connect(self.changed)
        self.dialogue.changed.connect(self._follow_dialogue)
        self.folder.changed.connect(self.changed)
        for button in (self.more, self.merge, self.in_folder, self.replace, self.automatically):
            button.toggled.connect(self._follow)

    def choice(self) -> ExportChoice | None:
        """What is chosen; None where something is missing or wrong."""
        folder, dialogue = self.folder.path(), self.dialogue.path()
        if self._wrong() or (self.in_folder.isChecked() and not folder) or (self._merges() and not dialogue):
            return None
        export = Export(
            self.format.currentData(),
            folder=folder if self.in_folder.isChecked() else None,
            replace=self.replace.isChecked(),
            dialogue=dialogue if self._merges() else None,
            times=self.times.currentData(),
            cues=self._rules(),
        )
        return ExportChoice(export, self.automatically.isChecked())

    def missing(self) -> str:
        """What has still to be chosen, in words; empty where nothing has."""
        if self._wrong():
            return self.tr("A limit of the sound cues is wrong.")
        if self._merges() and not self.dialogue.path():
            return self.tr("Choose the subtitle file with the dialogue.")
        if self.in_folder.isChecked() and not self.folder.path():
            return self.tr("Choose a folder.")
        return ""

    def show_times(self, live: bool) -> None:
        """Offer the time of the day for subtitles, or not: only what was heard live knows it."""
        self._live = live
        self._show_times()

    def choose_folder(self) -> None:
        """Go to the folder, for another one."""
        self.in_folder.setChecked(True)
        self.folder.line.setFocus()
        self.folder.line.selectAll()

    def _wrong(self) -> bool:
        return bool(self.looks.wrong() or self.limits.wrong())

    def _rules(self) -> Cues:
        looks, limits = self.looks.config(), self.limits.config()
        rules: Cues = replace(limits, style=looks.style, line_characters=looks.line_characters)
        return rules

    def _merges(self) -> bool:
        return self._clips == 1 and self.format.currentData() in SUBTITLES and self.merge.isChecked()

    def _follow(self) -> None:
        """Show what matters for what is chosen."""
        form: ExportFormat = self.format.currentData()
        self.explanation.setText(self._purposes()[form][1])
        self.cues.setVisible(form in SUBTITLES)
        self.limits.setVisible(self.more.isChecked())
        self.more.setIcon(theme.icon("down" if self.more.isChecked() else "right", "accent"))
        self._show_times()
        self.merges.setVisible(form in SUBTITLES and self._clips == 1)
        self.dialogue.setVisible(self.merge.isChecked())
        self.folder.setVisible(self.in_folder.isChecked())
        self.changed.emit()

    def _show_times(self) -> None:
        form: ExportFormat = self.format.currentData()
        self.times_box.setVisible(self._live and form in SUBTITLES and not self._merges())

    def _follow_dialogue(self) -> None:
        """Take the format of the file that is merged into."""
        path = self.dialogue.path()
        index = self.format.findData(path.suffix.lower()[1:]) if path else -1
        if index >= 0 and self.format.itemData(index) in SUBTITLES:
            self.format.setCurrentIndex(index)
        self.changed.emit()

    def _show(self, preferences: Preferences) -> None:
        self.format.setCurrentIndex(max(0, self.format.findData(preferences.export_format)))
        self.times.setCurrentIndex(max(0, self.times.findData(preferences.export_times)))
        self.folder.show_path(preferences.export_folder)
        (self.in_folder if preferences.export_folder else self.beside).setChecked(True)
        self.replace.setChecked(preferences.export_replace)
        self.automatically.setChecked(preferences.export_automatically)

    def _purposes(self) -> dict[ExportFormat, tuple[str, str]]:
        """Name and purpose of each format."""
        return {
            "srt": (self.tr("Subtitles (SRT)"), self.tr("Sound cues for nearly every player and video editor.")),
            "vtt": (self.tr("Subtitles (WebVTT)"), self.tr("Sound cues for videos on web pages.")),
            "text": (self.tr("Plain text"), self.tr("One line for a short sound, lines with times for a long one.")),
            "csv": (self.tr("CSV table"), self.tr("A row for each timed caption; any spreadsheet opens it.")),
            "audacity": (self.tr("Audacity labels"), self.tr("In Audacity: File, Import, Labels.")),
            "raven": (self.tr("Raven table"), self.tr("A selection table; open it in Raven beside the sound.")),
            "json": (self.tr("JSON"), self.tr("Captions, times and alternatives, for programs.")),
            "jsonl": (self.tr("JSON Lines"), self.tr("The same on one line, for programs that read many files.")),
        }

    def _formats(self) -> tuple[QWidget, ...]:
        self.format = QComboBox()
        self.format.setAccessibleName(self.tr("Format"))
        for form, (name, _) in self._purposes().items():
            self.format.addItem(name, form)
        self.explanation = self._muted("")
        return self._heading(self.tr("Format")), self.format, self.explanation

    def _times(self) -> QWidget:
        self.times = QComboBox()
        self.times.setAccessibleName(self.tr("Times"))
        self.times.addItem(self.tr("Since listening began (00:00:00)"), "session")
        self.times.addItem(self.tr("Time of day (after midnight 24:00:00 and on)"), "clock")
        self.times_box = QWidget()
        column = QVBoxLayout(self.times_box)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._heading(self.tr("Times")))
        column.addWidget(self.times)
        return self.times_box

    def _cues(self) -> QWidget:
        cues = self._preferences.export().cues
        labels = {
            "style": self.tr("Sound cues"), "line_characters": self.tr("Longest line"), "lines": self.tr("Lines"),
            "min_s": self.tr("Stays at least"), "max_s": self.tr("Stays at most"), "gap_s": self.tr("Gap"),
        }  # fmt: skip
        helps = dict.fromkeys(labels, "") | {"line_characters": self.tr("42 is usual, 37 on television.")}
        styles = {"brackets": "[dog barks]", "capitals": "(DOG BARKS)", "none": self.tr("A dog barks.")}
        self.looks = ConfigForm(cues, ("style", "line_characters"), labels, helps, {"style": styles})
        self.limits = ConfigForm(cues, ("lines", "min_s", "max_s", "gap_s"), labels, helps)
        self.limits.align(self.looks.label_width())
        self.looks.align(self.limits.label_width())
        self.more = QPushButton(theme.icon("right", "accent"), self.tr("More rules"))
        self.more.setAccessibleName(self.tr("More rules of sound cues"))
        self.more.setProperty("kind", "link")
        self.more.setCheckable(True)
        self.more.setAutoDefault(False)
        self.more.setChecked(replace(cues, style=Cues.style, line_characters=Cues.line_characters) != Cues())
        box = QWidget()
        column = QVBoxLayout(box)
        column.setContentsMargins(0, 0, 0, 0)
        for widget in (self.looks, self.more, self.limits):
            column.addWidget(widget)
        return box

    def _merging(self) -> QWidget:
        self.merges = QWidget()
        self.merge = QCheckBox(self.tr("Merge into an existing subtitle file"))
        self.merge.setAccessibleName(self.merge.text())
        self.dialogue = PathField(
            self.tr("Subtitle file with the dialogue"), self.tr("Subtitles (*.srt *.vtt);;All (*)")
        )
        column = QVBoxLayout(self.merges)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.merge)
        column.addWidget(self.dialogue)
        column.addWidget(self._muted(self.tr("Sounds go only where nobody speaks; the file itself stays as it is.")))
        return self.merges

    def _place(self) -> tuple[QWidget, ...]:
        self.beside = QRadioButton(self.tr("Beside each sound") if self._clips > 1 else self.tr("Beside the sound"))
        self.in_folder = QRadioButton(self.tr("In a folder"))
        self.folder = PathField(self.tr("Folder"))
        self.replace = QCheckBox(self.tr("Replace files that are already there"))
        self.automatically = QCheckBox(self.tr("From now on, export each new caption like this"))
        for button in (self.beside, self.in_folder, self.replace, self.automatically):
            button.setAccessibleName(button.text())
        kept = self._muted(self.tr("Otherwise they stay, and a new file gets a number. Sounds are never replaced."))
        heading = self._heading(self.tr("Where to"))
        return heading, self.beside, self.in_folder, self.folder, self.replace, kept, self.automatically

    def _heading(self, words: str) -> QLabel:
        label = QLabel(words)
        label.setProperty("kind", "heading")
        return label

    def _muted(self, words: str) -> QLabel:
        label = QLabel(words)
        label.setProperty("kind", "small")
        label.setWordWrap(True)
        return label
