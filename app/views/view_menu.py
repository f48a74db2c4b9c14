"""The one button for how a recording is shown: scale, colours, range and frequencies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from app import theme
from app.settings import Preferences

RANGES_DB = (40.0, 60.0, 80.0, 100.0, 120.0)
HIGHEST_HZ = (4000.0, 8000.0, 12000.0, 16000.0, 24000.0, 48000.0, 96000.0)
LOWEST_HZ = (0.0, 50.0, 100.0, 200.0, 500.0, 1000.0)


class ViewMenu(QToolButton):
    """A menu of choices; each is one of the settings."""

    chosen = Signal(str, object)  # name of the setting, and its value

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setText(self.tr("View"))
        self.setIcon(theme.icon("view"))
        self.setProperty("kind", "quiet")
        self.setToolButtonStyle(self.toolButtonStyle().ToolButtonTextBesideIcon)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setAccessibleName(self.tr("View"))
        self.setToolTip(self.tr("Scale, colours, range and frequencies of the spectrogram"))
        menu = QMenu(self)
        self.setMenu(menu)
        self._actions: dict[str, dict[object, QAction]] = {}
        scales = {"mel": self.tr("Mel"), "linear": self.tr("Linear"), "log": self.tr("Logarithmic")}
        colour_maps = {"viridis": "Viridis", "cividis": "Cividis", "magma": "Magma", "grey": self.tr("Grey")}
        self._add(menu, self.tr("Frequency scale"), "frequency_scale", scales)
        self._add(menu, self.tr("Colours"), "colour_map", colour_maps)
        self._add(menu, self.tr("Range"), "range_db", {value: f"{value:g} dB" for value in RANGES_DB})
        self._add(menu, self.tr("Highest frequency"), "high_hz", {value: _hertz(value) for value in HIGHEST_HZ})
        self._add(menu, self.tr("Lowest frequency"), "low_hz", {value: _hertz(value) for value in LOWEST_HZ})

    def show_choices(self, preferences: Preferences) -> None:
        """Check what is set."""
        for name, actions in self._actions.items():
            value = getattr(preferences, name)
            for choice, action in actions.items():
                action.setChecked(choice == value)

    def _add(self, menu: QMenu, title: str, name: str, choices: Mapping[Any, str]) -> None:
        inner = menu.addMenu(title)
        group = QActionGroup(inner)
        # A value that was set elsewhere may be none of these.
        group.setExclusionPolicy(QActionGroup.ExclusionPolicy.ExclusiveOptional)
        self._actions[name] = {}
        for value, text in choices.items():
            action = inner.addAction(text)
            action.setCheckable(True)
            action.setData((name, value))
            group.addAction(action)
            self._actions[name][value] = action
        group.triggered.connect(self._choose)

    def _choose(self, action: QAction) -> None:
        action.setChecked(True)
        self.chosen.emit(*action.data())


def _hertz(value: float) -> str:
    return f"{value / 1000:g} kHz" if value >= 1000 else f"{value:g} Hz"
