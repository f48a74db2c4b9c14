from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from app.controllers.settings import SettingsController
from app.settings import Preferences, Settings
from app.views.config_field import ConfigField
from app.views.settings_page import SettingsPage

ELSEWHERE = {
    "model",  # chosen among the models
    "volume",  # of the player
    "cue_lines", "cue_min_s", "cue_max_s", "cue_gap_s", "export_times",  # in the export dialog
    "run_folders",  # on the training page
    "live",  # in a form of its own
    "live_source", "live_gain_db", "strip_shown", "strip_place",  # on the live page
    "alert_rules", "alert_edge", "alert_notification",  # in the alerts' dialog
}  # fmt: skip


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path / "settings.json")


@pytest.fixture
def page(settings: Settings, qtbot: QtBot, tmp_path: Path) -> SettingsPage:
    made = SettingsPage(settings.value, {"Library": tmp_path})
    qtbot.addWidget(made)
    SettingsController(made, settings, made)
    made.show()
    return made


def field(page: SettingsPage, name: str) -> ConfigField:
    return next(form.fields[name] for form in page.forms if name in form.fields)


def choose(qtbot: QtBot, page: SettingsPage, name: str, value: object) -> None:
    combo = field(page, name).editor
    assert isinstance(combo, QComboBox)
    qtbot.keyClicks(combo, combo.itemText(combo.findData(value)))


def test_every_preference_can_be_set_here_or_elsewhere(page: SettingsPage) -> None:
    here = {name for form in page.forms for name in form.fields}
    assert here.isdisjoint(ELSEWHERE)
    assert here | ELSEWHERE == {f.name for f in fields(Preferences)}


def test_a_change_is_kept_at_once(page: SettingsPage, settings: Settings, qtbot: QtBot) -> None:
    choose(qtbot, page, "device", "cpu")
    line = field(page, "beam_size").editor
    assert isinstance(line, QLineEdit)
    line.selectAll()
    qtbot.keyClicks(line, "2")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    kept = json.loads(settings.path.read_text(encoding="utf-8"))
    assert (kept["device"], kept["beam_size"]) == ("cpu", 2)
    assert Settings(settings.path).value.beam_size == 2


def test_a_wrong_value_is_marked_and_not_kept(page: SettingsPage, settings: Settings, qtbot: QtBot) -> None:
    line = field(page, "beam_size").editor
    assert isinstance(line, QLineEdit)
    line.selectAll()
    qtbot.keyClicks(line, "1000")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert "from 1 to 64" in field(page, "beam_size").wrong()
    assert settings.value.beam_size == Preferences().beam_size


def test_reset_goes_back_to_the_start_and_can_be_taken_back(
    page: SettingsPage, settings: Settings, qtbot: QtBot
) -> None:
    settings.change(beam_size=9, theme="dark")
    assert not page.undo.isVisible()
    qtbot.mouseClick(page.reset, Qt.MouseButton.LeftButton)
    assert settings.value == Preferences()
    assert field(page, "beam_size").value() == Preferences().beam_size
    qtbot.mouseClick(page.undo, Qt.MouseButton.LeftButton)
    assert (settings.value.beam_size, settings.value.theme) == (9, "dark")
    assert not page.undo.isVisible()


def test_folders_can_be_opened(page: SettingsPage, qtbot: QtBot, tmp_path: Path) -> None:
    button = next(b for b in page.findChildren(QPushButton) if b.accessibleName() == "Open: Library")
    with qtbot.waitSignal(page.folder_requested) as asked:
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert asked.args == [tmp_path]


def test_settings_that_cannot_be_kept_are_told(qtbot: QtBot, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    settings = Settings(tmp_path / "file" / "settings.json")
    page = SettingsPage(settings.value, {})
    qtbot.addWidget(page)
    controller = SettingsController(page, settings, page)
    with qtbot.waitSignal(controller.failed) as failed:
        choose(qtbot, page, "theme", "dark")
    assert "cannot be kept" in failed.args[0]


def test_the_thresholds_of_the_change_rule_can_be_set_and_reset(
    page: SettingsPage, settings: Settings, qtbot: QtBot
) -> None:
    editor = page.live.form.fields["memory_s"].editor
    assert isinstance(editor, QLineEdit)
    editor.setFocus()
    editor.selectAll()
    qtbot.keyClicks(editor, "25")
    editor.clearFocus()
    assert settings.value.live.memory_s == 25.0
    qtbot.mouseClick(page.reset, Qt.MouseButton.LeftButton)
    assert editor.text() == "10"


def test_a_style_can_be_chosen_only_where_the_loaded_model_knows_several(
    page: SettingsPage, settings: Settings, qtbot: QtBot
) -> None:
    assert not field(page, "style").isVisible()
    page.show_styles(("clotho", "audiocaps"))
    assert field(page, "style").isVisible()
    combo = field(page, "style").editor
    assert isinstance(combo, QComboBox)
    assert [combo.itemData(index) for index in range(combo.count())] == ["", "clotho", "audiocaps"]
    assert combo.currentText() == "The model's usual one: clotho"
    choose(qtbot, page, "style", "audiocaps")
    assert settings.value.style == "audiocaps"
    page.show_styles(())
    assert not field(page, "style").isVisible()
    assert settings.value.style == "audiocaps"  # for the day when that model is chosen again
