"""Alerts while listening: rules of sounds that the model can name, and what happens when one is heard."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QProcess, QStandardPaths, Qt, Signal
from PySide6.QtGui import QGuiApplication, QScreen
from PySide6.QtWidgets import QApplication, QSystemTrayIcon, QWidget

from aaccore.alerts import Alert, Alerts, Sound, Unknown, find_sound
from aaccore.config import AlertRule
from aaccore.events import LiveCaption
from app import live_jobs, theme
from app.settings import Preferences, Settings
from app.views.alerts import LONGEST_LOG, AlertsDialog
from app.views.edge_light import EdgeLight
from app.views.strip import can_stay_on_top
from app.worker import Worker

NOTIFY = "notify-send"
"""What shows notifications on desktops without a tray, GNOME for one."""


class AlertsController(QObject):
    """Keeps the rules, and calls out what they watch for.

    Args:
        dialog: Where rules are made.
        settings: Where they are kept.
        log_path: The alert log, a JSON line each.
        parent: Owner.

    Attributes:
        alerts: The rules at work.
        lights: The edges that lit up last.
    """

    failed = Signal(str, str)
    told = Signal(str)
    called = Signal(object)  # Alert

    def __init__(self, dialog: AlertsDialog, settings: Settings, log_path: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._dialog, self._settings, self._log_path = dialog, settings, log_path
        self.alerts = Alerts(())
        self.lights: list[EdgeLight] = []
        self._sounds: tuple[Sound, ...] = ()
        self._known_model: str | None = None  # whose sounds are known
        self._worker: Worker | None = None
        self._tray: QSystemTrayIcon | None = None
        dialog.rules.rule_wanted.connect(self._add)
        dialog.rules.rules_changed.connect(self._keep)
        dialog.edge_chosen.connect(lambda edge: self._settings.change(alert_edge=edge))
        dialog.notification_chosen.connect(lambda shown: self._settings.change(alert_notification=shown))
        dialog.test_requested.connect(self._test)
        settings.changed.connect(self._take)
        for alert in _read_log(log_path):
            dialog.add_alert(alert)
        self._take(settings.value)

    def open(self) -> None:
        """Show rules and log."""
        self.look_up()
        notifiable = _tray_can_notify() or bool(QStandardPaths.findExecutable(NOTIFY))
        self._dialog.show_limits(can_stay_on_top(), notifiable)
        self._dialog.show()
        self._dialog.raise_()

    def look_up(self) -> None:
        """Find out what the chosen model can name, unless that is known."""
        model = self._settings.value.model
        if self._worker is not None or model == self._known_model:
            return
        self._known_model = model
        self._worker = Worker(partial(live_jobs.find_sounds, model), self)
        self._worker.happened.connect(self._on_sounds)
        self._worker.crashed.connect(self._on_crashed)
        self._worker.finished.connect(self._on_finished)
        self._worker.start()

    def hear(self, said: LiveCaption) -> None:
        """Call out what a rule watches for."""
        for alert in self.alerts.hear(said):
            self._call(alert)
            self._write(alert)
            self._dialog.add_alert(alert)

    def shut_down(self) -> None:
        """Wait for what works, and be dark."""
        if self._worker is not None:
            self._worker.cancel()
            self._worker.wait()
        for light in self.lights:
            light.stop()
            light.deleteLater()
        self.lights.clear()
        if self._tray is not None:
            self._tray.hide()
        self._dialog.close()

    def _take(self, preferences: Preferences) -> None:
        self._dialog.rules.show_rules(preferences.alert_rules)
        self._dialog.show_ways(preferences.alert_edge, preferences.alert_notification)
        self._choose_rules()
        if self._known_model is not None and self._known_model != preferences.model:
            self.look_up()

    def _choose_rules(self) -> None:
        """Only rules of sounds that the model names are at work."""
        names = {sound.name for sound in self._sounds}
        rules = self._settings.value.alert_rules
        self.alerts.rules = [rule for rule in rules if not names or rule.sound in names]

    def _add(self, text: str) -> None:
        found = find_sound(text, self._sounds)
        if isinstance(found, Unknown):
            words = self.tr("This model never says “{sound}”.").format(sound=found.name)
            if found.nearest:
                words += " " + self.tr("Nearest: {sounds}.").format(sounds=", ".join(found.nearest))
            self._dialog.rules.show_answer(
                words if self._sounds else self.tr("The model is being asked; try again soon.")
            )
            return
        rules = self._settings.value.alert_rules
        if not any(rule.sound == found.name for rule in rules):
            self._keep((*rules, AlertRule(found.name)))
        self._dialog.rules.clear_choice()

    def _keep(self, rules: tuple[AlertRule, ...]) -> None:
        self._settings.change(alert_rules=tuple(rules))

    def _test(self) -> None:
        rules = self._settings.value.alert_rules
        sound = rules[0].sound if rules else self.tr("test")
        self._call(Alert(sound, self.tr("This is a test."), None, datetime.now().astimezone()))

    def _call(self, alert: Alert) -> None:
        preferences = self._settings.value
        if preferences.alert_edge != "off":
            self._light(preferences.alert_edge == "strong")
        if preferences.alert_notification:
            self._notify(self.tr("Heard: {sound}").format(sound=alert.sound), alert.caption)
        self.told.emit(self.tr("Alert: {sound}").format(sound=alert.sound))
        self.called.emit(alert)

    def _light(self, strong: bool) -> None:
        if any(light.active for light in self.lights):
            return
        for light in self.lights:
            light.deleteLater()
        self.lights = [EdgeLight(place) for place in _places()]
        for light in self.lights:
            light.light(strong)

    def _notify(self, title: str, text: str) -> None:
        """By the system's tray, or the desktop's own command, or else the window's entry in the task bar."""
        if _tray_can_notify():
            if self._tray is None:
                self._tray = QSystemTrayIcon(theme.icon("live", "accent"), self)
                self._tray.setToolTip("Auricle")
            self._tray.show()
            self._tray.showMessage(title, text, theme.icon("warning", "warning"))
        elif command := QStandardPaths.findExecutable(NOTIFY):
            QProcess.startDetached(command, ["--app-name=Auricle", "--", title, text])
        QApplication.alert(self._dialog.window())

    def _write(self, alert: Alert) -> None:
        row = asdict(alert) | {"clock": alert.clock.isoformat(timespec="seconds")}
        try:
            with self._log_path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
        except OSError as error:
            self.told.emit(self.tr("The alert log cannot be written: {reason}").format(reason=error.strerror))

    def _on_sounds(self, found: live_jobs.SoundsFound) -> None:
        self._sounds = found.sounds
        self._dialog.rules.show_sounds(found.sounds, found.problem)
        self._choose_rules()
        idle = len(self._settings.value.alert_rules) - len(self.alerts.rules)
        if idle:
            self.told.emit(self.tr("Alert rules for sounds that this model never says: {count}").format(count=idle))

    def _on_crashed(self, error: Exception, details: str) -> None:
        self.failed.emit(str(error) or type(error).__name__, details)

    def _on_finished(self) -> None:
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.wait()
            worker.deleteLater()
            self.look_up()  # where another model was chosen meanwhile


def _places() -> Sequence[QScreen | QWidget]:
    """What lights up: the screens, or Auricle's windows where a program may not be above the others'."""
    if can_stay_on_top():
        return QGuiApplication.screens()
    kinds = (Qt.WindowType.Window, Qt.WindowType.Dialog)
    return [one for one in QApplication.topLevelWidgets() if one.isVisible() and one.windowType() in kinds]


def _tray_can_notify() -> bool:
    return QSystemTrayIcon.isSystemTrayAvailable() and QSystemTrayIcon.supportsMessages()


def _read_log(path: Path) -> Iterator[Alert]:
    """The latest alerts, oldest first."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()[-LONGEST_LOG:]
    except OSError:
        return
    for line in lines:
        try:
            row = json.loads(line)
            yield Alert(row["sound"], row["caption"], row["band"], datetime.fromisoformat(row["clock"]))
        except (ValueError, KeyError, TypeError):
            continue
