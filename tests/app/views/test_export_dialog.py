from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QAbstractButton, QComboBox, QFileDialog, QLineEdit, QPlainTextEdit

from aaccore.config import Cues, Export
from app.settings import Preferences
from app.views.export_dialog import ExportDialog


def opened(qtbot, preferences: Preferences | None = None, clips: int = 1) -> ExportDialog:
    dialog = ExportDialog(preferences or Preferences(), clips)
    qtbot.addWidget(dialog)
    dialog.show()
    return dialog


def choose(dialog: ExportDialog, form: str) -> None:
    dialog.form.format.setCurrentIndex(dialog.form.format.findData(form))


def click(qtbot, button: QAbstractButton) -> None:
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton, pos=QPoint(10, button.height() // 2))


def test_it_starts_with_what_was_chosen_last(qtbot) -> None:
    preferences = Preferences(
        export_format="vtt", export_folder="/there", export_replace=True, cue_style="capitals", line_characters=37,
        cue_lines=1, cue_min_s=2.0, cue_max_s=5.0, cue_gap_s=0.5,
    )  # fmt: skip
    dialog = opened(qtbot, preferences)
    choice = dialog.form.choice()
    assert choice is not None
    cues = Cues("capitals", 37, 1, 2.0, 5.0, 0.5)
    assert choice.export == Export("vtt", folder=Path("/there"), replace=True, cues=cues)
    assert not choice.automatically


def test_rules_of_sound_cues_show_only_for_subtitles(qtbot) -> None:
    dialog = opened(qtbot)
    form = dialog.form
    for name, shown in (("srt", True), ("vtt", True), ("csv", False), ("raven", False), ("text", False)):
        form.format.setCurrentIndex(form.format.findData(name))
        assert form.cues.isVisible() == shown
        assert form.merges.isVisible() == shown
        assert form.explanation.text()


def test_the_time_of_the_day_is_offered_for_subtitles_of_live_sound_alone(qtbot) -> None:
    dialog = opened(qtbot)
    form = dialog.form
    assert not form.times.isVisible()
    form.show_times(True)
    assert form.times.isVisible()
    with qtbot.waitSignal(dialog.choice_changed) as changed:
        qtbot.keyClick(form.times, Qt.Key.Key_Down)
    assert changed.args[0].export.times == "clock"
    choose(dialog, "csv")
    assert not form.times.isVisible()
    choose(dialog, "vtt")
    click(qtbot, form.merge)
    assert not form.times.isVisible()
    assert opened(qtbot, Preferences(export_times="clock")).form.times.currentData() == "clock"


def test_rarer_rules_of_sound_cues_wait_behind_a_button(qtbot) -> None:
    dialog = opened(qtbot)
    assert not dialog.form.limits.isVisible()
    click(qtbot, dialog.form.more)
    line = dialog.form.limits.fields["max_s"].editor
    assert isinstance(line, QLineEdit)
    line.clear()
    qtbot.keyClicks(line, "5")
    qtbot.keyClick(line, Qt.Key.Key_Tab)
    choice = dialog.form.choice()
    assert choice is not None
    assert choice.export.cues == Cues(max_s=5.0)
    dialog = opened(qtbot, Preferences(cue_gap_s=0.5))
    assert dialog.form.limits.isVisible()


def test_only_one_recording_can_be_merged_into_a_dialogue(qtbot) -> None:
    dialog = opened(qtbot, clips=1)
    assert dialog.form.merges.isVisible()
    dialog = opened(qtbot, clips=3)
    assert not dialog.form.merges.isVisible()
    assert "3" in dialog.windowTitle()


def test_export_waits_for_what_is_missing_and_says_what(qtbot) -> None:
    dialog = opened(qtbot)
    assert dialog.export_button.isEnabled()
    click(qtbot, dialog.form.merge)
    assert not dialog.export_button.isEnabled()
    assert "subtitle file" in dialog.state.text()
    qtbot.keyClicks(dialog.form.dialogue.line, "film.vtt")
    assert dialog.export_button.isEnabled()
    click(qtbot, dialog.form.in_folder)
    assert not dialog.export_button.isEnabled()
    assert "folder" in dialog.state.text()


def test_a_limit_that_cannot_be_is_not_exported_with(qtbot) -> None:
    dialog = opened(qtbot)
    line = dialog.form.looks.fields["line_characters"].editor
    assert isinstance(line, QLineEdit)
    line.clear()
    qtbot.keyClicks(line, "5")
    qtbot.keyClick(line, Qt.Key.Key_Tab)
    assert dialog.form.choice() is None
    with qtbot.assertNotEmitted(dialog.export_requested):
        dialog._request()


def test_the_format_follows_the_file_that_is_merged_into(qtbot, monkeypatch: pytest.MonkeyPatch) -> None:
    dialog = opened(qtbot)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: ("/films/film.VTT", ""))
    click(qtbot, dialog.form.merge)
    click(qtbot, dialog.form.dialogue.browse)
    assert dialog.form.format.currentData() == "vtt"
    with qtbot.waitSignal(dialog.export_requested) as asked:
        click(qtbot, dialog.export_button)
    assert asked.args[0].export.dialogue == Path("/films/film.VTT")


def test_another_folder_is_looked_for_and_another_format_chosen(qtbot, monkeypatch: pytest.MonkeyPatch) -> None:
    dialog = opened(qtbot)
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: "/results")
    choose(dialog, "csv")
    click(qtbot, dialog.form.in_folder)
    click(qtbot, dialog.form.folder.browse)
    click(qtbot, dialog.form.automatically)
    with qtbot.waitSignal(dialog.export_requested) as asked:
        click(qtbot, dialog.export_button)
    assert asked.args[0].export.folder == Path("/results")
    assert asked.args[0].export.format == "csv"
    assert asked.args[0].automatically


def test_every_change_asks_for_a_new_preview(qtbot) -> None:
    dialog = opened(qtbot)
    style = dialog.form.looks.fields["style"].editor
    assert isinstance(style, QComboBox)
    with qtbot.waitSignal(dialog.choice_changed) as changed:
        style.setFocus()
        qtbot.keyClick(style, Qt.Key.Key_Down)
    assert changed.args[0].export.cues.style == "capitals"
    dialog.show_preview("dog.srt", "1\n(DOG BARKS)\n")
    assert "dog.srt" in dialog.preview_heading.text()
    assert "(DOG BARKS)" in dialog.preview.toPlainText()
    dialog.show_preview("dog.srt", "", "film.srt: no subtitles found")
    assert dialog.preview_heading.text() == "film.srt: no subtitles found"


def test_what_was_left_out_is_listed_and_another_folder_offered(qtbot) -> None:
    dialog = opened(qtbot)
    dialog.show_progress(0)
    assert not dialog.export_button.isEnabled()
    dialog.show_outcome(
        "0 of 1 files written", ["dog.wav: /x: cannot be written to"], ["0:01.0 - 0:02.0  A dog barks."]
    )
    for text, words in ((dialog.outcome.failures, "cannot be written"), (dialog.outcome.conflicts, "A dog barks.")):
        assert isinstance(text, QPlainTextEdit)
        assert text.isVisible()
        assert words in text.toPlainText()
    click(qtbot, dialog.again)
    assert dialog.form.folder.isVisible()
    assert not dialog.again.isVisible()
    dialog.show_outcome("Written: dog.srt", [], ["0:01.0 - 0:02.0  A dog barks."])
    assert not dialog.again.isVisible()
    assert not dialog.outcome.failures.isVisible()


def test_everything_has_a_name_for_who_cannot_see_it(qtbot) -> None:
    dialog = opened(qtbot)
    nameless = [
        widget
        for kind in (QAbstractButton, QComboBox, QLineEdit, QPlainTextEdit)
        for widget in dialog.findChildren(kind)
        if not widget.accessibleName() and not widget.objectName().startswith("qt_")
    ]
    assert nameless == []
