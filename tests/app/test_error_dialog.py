from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel, QPlainTextEdit, QPushButton, QToolButton
from pytestqt.qtbot import QtBot

from app.error_dialog import KEPT, ErrorDialog


@pytest.fixture
def dialog(qtbot: QtBot) -> ErrorDialog:
    made = ErrorDialog()
    qtbot.addWidget(made)
    return made


def button(dialog: ErrorDialog, name: str) -> QPushButton | QToolButton:
    for kind in (QPushButton, QToolButton):
        for one in dialog.findChildren(kind):
            if one.accessibleName() == name:
                return one
    raise AssertionError(name)


def message(dialog: ErrorDialog) -> str:
    return next(label.text() for label in dialog.findChildren(QLabel) if label.accessibleName() == "What went wrong")


def test_message_comes_first_and_details_wait_behind_a_button(dialog: ErrorDialog, qtbot: QtBot) -> None:
    dialog.add("rain.wav: no audio stream found", "Traceback: line 1")
    details = dialog.findChild(QPlainTextEdit)
    assert dialog.isVisible()
    assert not dialog.isModal()
    assert message(dialog) == "rain.wav: no audio stream found"
    assert not details.isVisible()
    qtbot.mouseClick(button(dialog, "Show details"), Qt.MouseButton.LeftButton)
    assert details.isVisible()
    assert details.toPlainText() == "Traceback: line 1"


def test_an_error_without_details_has_no_button_for_them(dialog: ErrorDialog) -> None:
    dialog.add("the disk is full")
    assert not button(dialog, "Show details").isVisible()


def test_several_errors_collect_in_one_dialog(dialog: ErrorDialog, qtbot: QtBot) -> None:
    dialog.add("first", "a")
    assert not button(dialog, "Next problem").isVisible()
    dialog.add("second", "b")
    assert message(dialog) == "first"  # what is being read stays
    assert not button(dialog, "Previous problem").isEnabled()
    qtbot.mouseClick(button(dialog, "Next problem"), Qt.MouseButton.LeftButton)
    assert message(dialog) == "second"
    assert not button(dialog, "Next problem").isEnabled()


def test_the_same_error_is_counted(dialog: ErrorDialog) -> None:
    for _ in range(3):
        dialog.add("the same", "again")
    assert dialog.messages() == ["the same"]
    assert "3" in message(dialog)


def test_a_storm_of_errors_keeps_the_last_ones(dialog: ErrorDialog) -> None:
    for number in range(KEPT + 5):
        dialog.add(f"error {number}")
    assert len(dialog.messages()) == KEPT
    assert dialog.messages()[-1] == f"error {KEPT + 4}"


def test_copy_takes_all_messages_with_their_details(dialog: ErrorDialog, qtbot: QtBot) -> None:
    dialog.add("first", "a")
    dialog.add("second", "b")
    qtbot.mouseClick(button(dialog, "Copy the message and its details"), Qt.MouseButton.LeftButton)
    copied = QGuiApplication.clipboard().text()
    assert all(words in copied for words in ("first", "a", "second", "b"))


def test_closed_problems_are_forgotten(dialog: ErrorDialog, qtbot: QtBot) -> None:
    dialog.add("first")
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()
    dialog.add("second")
    assert dialog.messages() == ["second"]
    assert message(dialog) == "second"


def test_log_folder_is_asked_for(dialog: ErrorDialog, qtbot: QtBot) -> None:
    dialog.add("first")
    with qtbot.waitSignal(dialog.log_folder_asked):
        qtbot.mouseClick(button(dialog, "Open log folder"), Qt.MouseButton.LeftButton)
