"""The form of a new run: what it starts from, its name, its data set, its settings, and what it will take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from aaccore.recipe import Training
from app import theme
from app.views.card import titled_card
from app.views.config_form import ConfigForm
from app.views.path_field import PathField
from app.views.run_sections import Section, Sections

COLUMN_WIDTH = 720
"""Pixels, at the usual text size: lines that are longer are hard to read."""


class RunForm(QWidget):
    """Asks for everything that a run needs; what is wrong is said beside its field."""

    preset_chosen = Signal(object)  # Path of a recipe or of a run's settings; None: of a file to look for
    data_changed = Signal(object)  # Path of the data set's folder, or None
    options_changed = Signal()
    check_requested = Signal()
    clotho_requested = Signal()
    start_requested = Signal(str, object)  # name, Training
    cancel_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.sections = Sections(Training())
        self._column = QWidget()
        column = QVBoxLayout(self._column)
        column.setContentsMargins(*[theme.space(6)] * 4)
        column.setSpacing(theme.space(5))
        title = QLabel(self.tr("New run"))
        title.setProperty("kind", "title")
        column.addWidget(title)
        column.addWidget(titled_card(self.tr("Start from"), self._start()))
        for section in self.sections.everyday:
            column.addWidget(self._card(section))
        self.all_settings = QPushButton(theme.icon("right"), self.tr("All settings"))
        self.all_settings.setCheckable(True)
        self.all_settings.toggled.connect(self._show_others)
        column.addWidget(self.all_settings, 0, Qt.AlignmentFlag.AlignLeft)
        self._others = QWidget()
        inner = QVBoxLayout(self._others)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(theme.space(5))
        for section in self.sections.others:
            inner.addWidget(self._card(section))
        self._others.hide()
        column.addWidget(self._others)
        column.addStretch()
        self._lay_out()

    def show_presets(self, presets: Sequence[tuple[str, Path]]) -> None:
        """Offer recipes and earlier runs to start from."""
        chosen = self.preset.currentData()
        self.preset.clear()
        for words, path in presets:
            self.preset.addItem(words, path)
        self.preset.insertSeparator(self.preset.count())
        self.preset.addItem(theme.icon("folder"), self.tr("Another file…"), None)
        self.preset.setCurrentIndex(max(0, self._place(chosen)))

    def show_preset(self, path: Path) -> None:
        """Show what the settings came from."""
        if self._place(path) < 0:
            self.preset.insertItem(0, path.name, path)
        self.preset.setCurrentIndex(self._place(path))

    def show_options(self, options: Training, name: str) -> None:
        """Show a run's settings and a name for it; a data set that is chosen stays where they name none."""
        folder = options.data.folder or str(self.data.path() or "")
        self.sections.show(replace(options, data=replace(options.data, folder=folder)))
        self.name.setText(name)
        self.data.show_path(folder)
        self.show_refusal("")
        self.show_name_problem("")

    def show_data(self, words: str, wrong: bool = False) -> None:
        """Say what was found where the data set should be."""
        self.data_words.setText(words)
        self.data_words.setProperty("kind", "error" if wrong else "small")
        self.data_words.style().polish(self.data_words)
        self.data_words.setVisible(bool(words))

    def show_estimate(self, words: str) -> None:
        """Say what the run will take."""
        self.estimate.setText(words)

    def show_name_problem(self, words: str) -> None:
        """Say why the name cannot be; empty where it can."""
        self.name.setProperty("wrong", bool(words))
        self.name.style().polish(self.name)
        self.name_problem.setText(words)
        self.name_problem.setVisible(bool(words))
        if words:
            self.name.setFocus()

    def show_refusal(self, words: str, setting: str = "") -> None:
        """Say why the run cannot start; beside the setting that is at fault, where it is one."""
        self.refusal.setText(words)
        self.refusal.setVisible(bool(words))
        if setting == "data.folder":
            self.show_data(words, wrong=True)
            self.data.setFocus()
        elif (field := self.sections.field(setting)) is not None:
            if not self.sections.is_everyday(setting):
                self.all_settings.setChecked(True)
            field.show_complaint(words)
            field.editor.setFocus()
            self._scroll.ensureWidgetVisible(field)

    def show_busy(self, words: str) -> None:
        """Say what is being done before the run can start; empty where nothing is."""
        self.start_button.setEnabled(not words)
        self.start_button.setText(words or self.tr("Start training"))
        self.check_button.setEnabled(not words)

    def options(self) -> Training | None:
        """The settings as edited; None where one is wrong."""
        if self.sections.wrong():
            return None
        found = self.sections.read()
        return replace(found, data=replace(found.data, folder=str(self.data.path() or "")))

    def _place(self, path: Path | None) -> int:
        """Where a preset stands; -1 where it is not offered."""
        held = [self.preset.itemData(index) for index in range(self.preset.count())]
        return held.index(path) if path is not None and path in held else -1

    def _start(self) -> QWidget:
        self.preset = QComboBox()
        self.preset.setAccessibleName(self.tr("Recipe or run to start from"))
        self.preset.activated.connect(lambda: self.preset_chosen.emit(self.preset.currentData()))
        self.name = QLineEdit()
        self.name.setAccessibleName(self.tr("Name of the run"))
        self.name.textEdited.connect(lambda: self.show_name_problem(""))
        self.name_problem = self._words("error")
        self.data = PathField(self.tr("Folder of the data set"))
        self.data.changed.connect(self._data_edited)
        self.data_words = self._words("small")
        self.check_button = QPushButton(theme.icon("search"), self.tr("Check data"))
        self.check_button.setToolTip(self.tr("Listen to every sound, and read what is wrong with the data set"))
        self.check_button.clicked.connect(self.check_requested)
        self.clotho_button = QPushButton(theme.icon("download"), self.tr("Get Clotho…"))
        self.clotho_button.clicked.connect(self.clotho_requested)
        buttons = QHBoxLayout()
        buttons.setSpacing(theme.space(2))
        buttons.addWidget(self.check_button)
        buttons.addWidget(self.clotho_button)
        buttons.addStretch()
        box = QWidget()
        self._grid = QGridLayout(box)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(theme.space(4))
        self._grid.setVerticalSpacing(theme.space(2))
        self._grid.setColumnStretch(1, 1)
        self._grid_labels = []
        rows: tuple[tuple[str, QWidget, int], ...] = (
            (self.tr("Recipe or run"), self.preset, 0), (self.tr("Name"), self.name, 1),
            (self.tr("Data set"), self.data, 3),
        )  # fmt: skip
        for words, widget, row in rows:
            label = QLabel(words)
            label.setBuddy(widget)
            self._grid_labels.append(label)
            self._grid.addWidget(label, row, 0)
            self._grid.addWidget(widget, row, 1)
        self._grid.addWidget(self.name_problem, 2, 1)
        self._grid.addWidget(self.data_words, 4, 1)
        self._grid.addLayout(buttons, 5, 1)
        return box

    def _words(self, kind: str) -> QLabel:
        label = QLabel()
        label.setProperty("kind", kind)
        label.setWordWrap(True)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.hide()
        return label

    def _card(self, section: Section) -> QWidget:
        form = self.sections.forms[section]
        form.changed.connect(self._edited)
        return titled_card(section.title, form)

    def _lay_out(self) -> None:
        inside = QWidget()
        inside.setObjectName("scrolled")
        row = QHBoxLayout(inside)
        row.setContentsMargins(0, 0, 0, 0)
        row.addStretch(1)
        row.addWidget(self._column, 100)
        row.addStretch(1)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setAccessibleName(self.tr("Settings of the new run"))
        self._scroll.setWidget(inside)
        line = QFrame()
        line.setProperty("kind", "line")
        self.estimate = QLabel()
        self.estimate.setWordWrap(True)
        self.estimate.setProperty("kind", "muted")
        self.estimate.setAccessibleName(self.tr("What the run will take"))
        self.refusal = self._words("error")
        self.refusal.setAccessibleName(self.tr("Why the run cannot start"))
        self.cancel_button = QPushButton(self.tr("Cancel"))
        self.cancel_button.clicked.connect(self.cancel_requested)
        self.start_button = QPushButton(theme.icon("play", "on_accent"), self.tr("Start training"))
        self.start_button.setProperty("kind", "primary")
        self.start_button.clicked.connect(self._ask)
        words = QVBoxLayout()
        words.setSpacing(theme.space(1))
        words.addWidget(self.refusal)
        words.addWidget(self.estimate)
        foot = QHBoxLayout()
        foot.setContentsMargins(theme.space(6), theme.space(3), theme.space(6), theme.space(3))
        foot.setSpacing(theme.space(2))
        foot.addLayout(words, 1)
        foot.addWidget(self.cancel_button)
        foot.addWidget(self.start_button)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(self._scroll, 1)
        outer.addWidget(line)
        outer.addLayout(foot)
        self._fit()
        theme.themed.connect(self._fit)

    def _fit(self) -> None:
        self._column.setMaximumWidth(round(COLUMN_WIDTH * max(1.0, theme.font_scale())))
        forms: list[ConfigForm] = list(self.sections.forms.values())
        widest = max(form.label_width() for form in forms)
        for form in forms:
            form.align(widest)
        self._grid.setColumnMinimumWidth(0, widest)

    def _show_others(self, shown: bool) -> None:
        self._others.setVisible(shown)
        self.all_settings.setIcon(theme.icon("down" if shown else "right"))

    def _data_edited(self) -> None:
        self.show_data("")
        self.data_changed.emit(self.data.path())

    def _edited(self) -> None:
        self.show_refusal("")
        self.options_changed.emit()

    def _ask(self) -> None:
        wrong = self.sections.wrong()
        if wrong:
            setting, complaint = next(iter(wrong.items()))
            self.show_refusal(complaint, setting)
            field = self.sections.field(setting)
            self.refusal.setText(f"{field.label if field else setting}: {complaint}")
        elif (options := self.options()) is not None:
            self.show_refusal("")
            self.start_requested.emit(self.name.text().strip(), options)
