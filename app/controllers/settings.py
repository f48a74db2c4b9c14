"""Decides for the settings page: keeps what is changed, and takes a reset back."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from PySide6.QtCore import QObject, Signal

from aaccore.errors import ConfigError
from app.settings import Preferences, Settings
from app.views.settings_page import SettingsPage


class SettingsController(QObject):
    """Between the settings page and the settings.

    Args:
        page: The page.
        settings: The settings.
        parent: Owner.
    """

    failed = Signal(str, str)
    told = Signal(str)

    def __init__(self, page: SettingsPage, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._page, self._settings = page, settings
        self._before_reset: Preferences | None = None
        page.changed.connect(self._change)
        page.reset_requested.connect(self._reset)
        page.undo_requested.connect(self._undo)
        settings.changed.connect(page.show_preferences)

    def shut_down(self) -> None:
        """Nothing works here."""

    def _change(self, name: str, value: Any) -> None:
        try:
            if name.startswith("live."):
                self._settings.change(live=replace(self._settings.value.live, **{name.removeprefix("live."): value}))
            else:
                self._settings.change(**{name: value})
        except ConfigError as error:
            self.failed.emit(str(error), "")
        self._forget_reset()
        self._complain()

    def _reset(self) -> None:
        self._before_reset = self._settings.value
        self._settings.reset()
        self._page.show_undo(True)
        self.told.emit(self.tr("The settings are back to how they were at first"))
        self._complain()

    def _undo(self) -> None:
        if self._before_reset is not None:
            self._settings.change(**asdict(self._before_reset))
        self._forget_reset()

    def _forget_reset(self) -> None:
        self._before_reset = None
        self._page.show_undo(False)

    def _complain(self) -> None:
        """Say what was wrong with the file, once."""
        complaint, self._settings.complaint = self._settings.complaint, ""
        if complaint:
            self.failed.emit(complaint, "")
