"""The settings page: what a user may choose, in their words, kept at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from app import theme
from app.settings import Preferences
from app.views.card import titled_card
from app.views.config_form import ConfigForm
from app.views.live_settings import LiveSettings

COLUMN_WIDTH = 720
"""Pixels, at the usual text size: lines that are longer are hard to read."""


class SettingsPage(QWidget):
    """Shows the preferences in groups, and where things lie.

    Args:
        preferences: What is shown first.
        folders: Where things lie, by what they are called.
        parent: Owner.
    """

    changed = Signal(str, object)  # name of a preference, new value
    reset_requested = Signal()
    undo_requested = Signal()
    folder_requested = Signal(Path)

    def __init__(
        self,
        preferences: Preferences,
        folders: Mapping[str, Path],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._preferences = preferences
        self.forms: list[ConfigForm] = []
        column = QVBoxLayout()
        column.setSpacing(theme.space(6))
        title = QLabel(self.tr("Settings"))
        title.setProperty("kind", "title")
        column.addWidget(title)
        for make in (self._captioning, self._look, self._spectrogram, self._strip, self._live, self._export):
            column.addWidget(make())
        column.addWidget(titled_card(self.tr("Folders"), self._folders(folders)))
        column.addLayout(self._reset_row())
        column.addStretch()
        self._scroll(column)

    def show_preferences(self, preferences: Preferences) -> None:
        """Show other preferences."""
        for form in self.forms:
            form.show_config(preferences)
        self.live.form.show_config(preferences.live)

    def show_styles(self, names: Sequence[str]) -> None:
        """Offer the styles of the model in use, the usual one first; none hides the choice."""
        form = next(form for form in self.forms if "style" in form.fields)
        usual = {"": self.tr("The model's usual one: {name}").format(name=names[0])} if names else {}
        form.fields["style"].offer(usual | {name: name for name in names})
        form.show_field("style", bool(names))

    def show_undo(self, possible: bool) -> None:
        """Offer, or no longer offer, to take the reset back."""
        self.undo.setVisible(possible)

    def _captioning(self) -> QWidget:
        devices = {
            "auto": self.tr("Automatic"),
            "cpu": self.tr("Processor (CPU)"),
            "cuda": self.tr("NVIDIA GPU (CUDA)"),
            "mps": self.tr("Apple GPU (MPS)"),
        }
        group = self._group(
            self.tr("Captioning"),
            {
                "device": (self.tr("Runs on"), self.tr("Automatic takes a GPU where one can be used.")),
                "beam_size": (self.tr("Beam size"), self.tr("Captions followed at once: more is slower.")),
                "window_s": (self.tr("Window"), self.tr("Sound captioned at once. Empty: the model's own.")),
                "style": (self.tr("Style"), self.tr("Whose way of writing captions have; this model knows several.")),
            },
            {"device": devices, "style": {"": ""}},
        )
        self.show_styles(())
        return group

    def _live(self) -> QWidget:
        self.live = LiveSettings(self._preferences.live)
        self.live.changed.connect(self._change_live)
        return titled_card(self.tr("Live captions"), self.live)

    def _change_live(self, name: str, value: object) -> None:
        self.changed.emit(f"live.{name}", value)

    def _strip(self) -> QWidget:
        colours = {
            "white": self.tr("White on black"),
            "yellow": self.tr("Yellow on black"),
            "theme": self.tr("As the theme"),
        }
        return self._group(
            self.tr("Caption strip"),
            {
                "strip_points": (self.tr("Text size"), self.tr("In the strip, Ctrl and the wheel change it too.")),
                "strip_colours": (self.tr("Colours"), ""),
            },
            {"strip_colours": colours},
        )

    def _look(self) -> QWidget:
        themes = {
            "system": self.tr("As the system"),
            "light": self.tr("Light"),
            "dark": self.tr("Dark"),
            "contrast": self.tr("High contrast"),
        }
        sizes = {size / 100: f"{size} %" for size in (80, 90, 100, 115, 130, 150, 175, 200, 225, 250)}
        return self._group(
            self.tr("Look"),
            {"theme": (self.tr("Theme"), ""), "font_scale": (self.tr("Text size"), "")},
            {"theme": themes, "font_scale": sizes},
        )

    def _spectrogram(self) -> QWidget:
        return self._group(
            self.tr("Spectrogram"),
            {
                "frequency_scale": (self.tr("Frequency axis"), ""),
                "colour_map": (self.tr("Colours"), ""),
                "range_db": (self.tr("Range"), self.tr("From the darkest to the brightest colour.")),
                "low_hz": (self.tr("Lowest frequency"), ""),
                "high_hz": (self.tr("Highest frequency"), ""),
            },
        )

    def _export(self) -> QWidget:
        formats = {
            "text": self.tr("Plain text"),
            "json": "JSON",
            "jsonl": "JSON Lines",
            "csv": self.tr("CSV table"),
            "srt": self.tr("SRT subtitles"),
            "vtt": self.tr("WebVTT subtitles"),
            "audacity": self.tr("Audacity labels"),
            "raven": self.tr("Raven table"),
        }
        styles = {
            "brackets": self.tr("[dog barks]"),
            "capitals": self.tr("(DOG BARKS)"),
            "none": self.tr("A dog barks."),
        }
        return self._group(
            self.tr("Export"),
            {
                "export_automatically": (self.tr("Write an export after each caption"), ""),
                "export_format": (self.tr("Format"), ""),
                "export_folder": (self.tr("Folder"), self.tr("Empty: beside the sound.")),
                "export_replace": (
                    self.tr("Replace files that are already there"),
                    self.tr("Else a new one gets a number."),
                ),
                "cue_style": (self.tr("Sound cues"), self.tr("In subtitles for the hard of hearing.")),
                "line_characters": (self.tr("Longest line"), self.tr("Of a subtitle: 42 is usual, 37 on television.")),
            },
            {"export_format": formats, "cue_style": styles},
        )

    def _group(
        self, title: str, words: dict[str, tuple[str, str]], choices: Mapping[str, Mapping[Any, str]] | None = None
    ) -> QWidget:
        """A card with some of the preferences: name -> label and help."""
        labels = {name: label for name, (label, _) in words.items()}
        helps = {name: help for name, (_, help) in words.items()}
        form = ConfigForm(self._preferences, list(words), labels, helps, choices)
        form.changed.connect(self.changed)
        self.forms.append(form)
        return titled_card(title, form)

    def _folders(self, folders: Mapping[str, Path]) -> QWidget:
        box = QWidget()
        column = QVBoxLayout(box)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.space(3))
        for name, path in folders.items():
            where = QLabel(str(path))
            where.setProperty("kind", "small")
            where.setWordWrap(True)
            where.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            words = QVBoxLayout()
            words.setSpacing(0)
            words.addWidget(QLabel(name))
            words.addWidget(where)
            button = QPushButton(theme.icon("folder"), self.tr("Open"))
            button.setAccessibleName(self.tr("Open: {name}").format(name=name))
            button.clicked.connect(lambda _=False, path=path: self.folder_requested.emit(path))
            row = QHBoxLayout()
            row.addLayout(words, 1)
            row.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
            column.addLayout(row)
        return box

    def _reset_row(self) -> QHBoxLayout:
        self.reset = QPushButton(theme.icon("undo"), self.tr("Reset to defaults"))
        self.reset.clicked.connect(self.reset_requested)
        self.undo = QPushButton(self.tr("Take the reset back"))
        self.undo.clicked.connect(self.undo_requested)
        self.undo.hide()
        row = QHBoxLayout()
        for button in (self.reset, self.undo):
            button.setAccessibleName(button.text())
            row.addWidget(button)
        row.addStretch()
        return row

    def _scroll(self, column: QVBoxLayout) -> None:
        """Put a column of readable width into the middle of the page."""
        self._column = QWidget()
        self._column.setLayout(column)
        column.setContentsMargins(*[theme.space(6)] * 4)
        inside = QWidget()
        inside.setObjectName("scrolled")
        row = QHBoxLayout(inside)
        row.setContentsMargins(0, 0, 0, 0)
        row.addStretch(1)
        row.addWidget(self._column, 100)
        row.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setAccessibleName(self.tr("Settings"))
        scroll.setWidget(inside)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(scroll)
        self._fit()
        theme.themed.connect(self._fit)

    def _fit(self) -> None:
        self._column.setMaximumWidth(round(COLUMN_WIDTH * max(1.0, theme.font_scale())))
        forms = [*self.forms, self.live.form]
        widest = max(form.label_width() for form in forms)
        for form in forms:
            form.align(widest)
