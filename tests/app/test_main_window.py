from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QMimeData, QObject, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QAction, QDragEnterEvent, QDragLeaveEvent, QDragMoveEvent, QDropEvent, QGuiApplication
from PySide6.QtWidgets import (
    QApplication,
    QFileDialog,
    QLabel,
    QLineEdit,
    QMessageBox,
    QToolButton,
    QTreeWidget,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app import theme
from app.file_drop import named_files
from app.main_window import MainWindow
from app.views.drop_overlay import DropOverlay
from app.views.reading_dialog import ReadingDialog
from app.views.shortcuts_dialog import ShortcutsDialog


@pytest.fixture
def window(open_window: Callable[[], MainWindow]) -> MainWindow:
    made = open_window()
    made.captions.hold("not in this test")  # nothing here needs the model
    return made


def urls(*paths: Path) -> QMimeData:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return data


def drag(window: MainWindow, data: QMimeData) -> QDragEnterEvent:
    event = QDragEnterEvent(
        QPoint(300, 300), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    QApplication.sendEvent(window, event)
    return event


def hover(window: MainWindow, data: QMimeData) -> QDragMoveEvent:
    event = QDragMoveEvent(
        QPoint(300, 300),
        Qt.DropAction.MoveAction | Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    event.setDropAction(Qt.DropAction.MoveAction)  # what many a file manager proposes
    QApplication.sendEvent(window, event)
    return event


def drop(window: MainWindow, data: QMimeData) -> QDropEvent:
    event = QDropEvent(
        QPointF(300, 300),
        Qt.DropAction.MoveAction | Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(window, event)
    return event


def action(window: MainWindow, words: str) -> QAction:
    return next(a for a in window.findChildren(QAction) if a.text().replace("&", "").startswith(words))


def rail(window: MainWindow, title: str) -> QToolButton:
    return next(b for b in window.rail.findChildren(QToolButton) if b.text() == title)


def test_dragged_files_light_up_the_window_and_a_drop_hands_them_over(window: MainWindow, qtbot: QtBot) -> None:
    overlay = window.findChild(DropOverlay)
    data = urls(Path("/sounds/dog.wav"), Path("/sounds/more"))
    assert drag(window, data).isAccepted()
    assert overlay.isVisible()
    assert overlay.rect() == window.rect()
    assert hover(window, data).dropAction() == Qt.DropAction.CopyAction
    with qtbot.waitSignal(window.files_offered) as offered:
        event = drop(window, data)
    assert offered.args == [[Path("/sounds/dog.wav"), Path("/sounds/more")]]
    assert event.dropAction() == Qt.DropAction.CopyAction  # a move would let the other side delete its file
    assert not overlay.isVisible()


def test_a_drag_that_leaves_takes_the_overlay_along(window: MainWindow) -> None:
    drag(window, urls(Path("/sounds/dog.wav")))
    QApplication.sendEvent(window, QDragLeaveEvent())
    assert not window.findChild(DropOverlay).isVisible()


def test_no_part_flashes_up_as_a_window_of_its_own(open_window: Callable[[], MainWindow], qapp: QApplication) -> None:
    shown: list[str] = []

    class Watch(QObject):
        def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - as Qt spells it
            if event.type() == QEvent.Type.Show and isinstance(watched, QWidget) and watched.isWindow():
                shown.append(type(watched).__name__)
            return False

    watch = Watch()
    qapp.installEventFilter(watch)
    window = open_window()
    for index in range(window.pages.count()):
        window.show_page(index)
    window.training.page.new_requested.emit()
    qapp.removeEventFilter(watch)
    assert shown == ["MainWindow"]


def test_what_is_no_file_cannot_be_dropped(window: MainWindow) -> None:
    data = QMimeData()
    data.setText("a dog barks")
    assert not drag(window, data).isAccepted()
    data.setUrls([QUrl("https://example.org/dog.wav")])
    assert not drag(window, data).isAccepted()


def test_no_field_swallows_a_dropped_file(window: MainWindow) -> None:
    assert isinstance(window.training.page.form, QWidget)  # which is made when it is first wanted
    assert [field for field in window.findChildren(QLineEdit) if field.acceptDrops()] == []


def test_dropped_files_bring_the_captions_page_to_the_front_and_stand_in_its_list(
    window: MainWindow, sounds: Path, qtbot: QtBot
) -> None:
    qtbot.mouseClick(rail(window, "Settings"), Qt.MouseButton.LeftButton)
    assert window.pages.currentWidget().accessibleName() == "Settings"
    drag(window, urls(sounds))
    drop(window, urls(sounds / "tone.wav", sounds / "inner"))
    assert window.pages.currentIndex() == 0
    table = window.captions.page.table
    qtbot.waitUntil(lambda: table.clips.rowCount() == 2)


def test_pasted_paths_and_files_are_handed_over(window: MainWindow, qtbot: QtBot) -> None:
    QGuiApplication.clipboard().setText('/sounds/a dog.wav\n"/sounds/cat.wav"\nfile:///sounds/b%20ell.wav\n')
    with qtbot.waitSignal(window.files_offered) as offered:
        action(window, "Paste files").trigger()
    assert offered.args == [[Path("/sounds/a dog.wav"), Path("/sounds/cat.wav"), Path("/sounds/b ell.wav")]]
    QGuiApplication.clipboard().setMimeData(urls(Path("/sounds/rain.ogg")))
    with qtbot.waitSignal(window.files_offered) as offered:
        qtbot.keyClick(window, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert offered.args == [[Path("/sounds/rain.ogg")]]


def test_pasted_words_that_name_no_file_are_answered_in_words(window: MainWindow, qtbot: QtBot) -> None:
    QGuiApplication.clipboard().setText("a dog barks")
    with qtbot.assertNotEmitted(window.files_offered):
        action(window, "Paste files").trigger()
    assert "no files" in window.statusBar().currentMessage()


def test_relative_paths_name_no_file() -> None:
    data = QMimeData()
    data.setText("dog.wav")
    assert named_files(data) == []


def test_files_are_asked_for_and_handed_over(window: MainWindow, sounds: Path, qtbot: QtBot) -> None:
    action(window, "Open files").trigger()
    dialog = window.findChild(QFileDialog)
    with qtbot.waitSignal(window.files_offered) as offered:
        dialog.filesSelected.emit([str(sounds / "tone.wav")])
    assert offered.args == [[sounds / "tone.wav"]]
    dialog.close()


def test_pages_are_reached_by_rail_keyboard_and_menu(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.keyClick(window, Qt.Key.Key_2, Qt.KeyboardModifier.ControlModifier)
    second = window.pages.widget(1)
    assert window.pages.currentWidget() is second
    assert rail(window, second.accessibleName()).isChecked()
    qtbot.mouseClick(rail(window, "Captions"), Qt.MouseButton.LeftButton)
    assert window.pages.currentWidget().accessibleName() == "Captions"
    action(window, "Settings").trigger()
    assert window.pages.currentWidget().accessibleName() == "Settings"


def test_menus_hold_the_actions_of_the_page_in_front(window: MainWindow) -> None:
    menus = {menu.text().replace("&", ""): menu for menu in window.menuBar().actions()}

    def entries(name: str) -> list[str]:
        return [a.text() for a in menus[name].menu().actions()]

    window.show_page(0)
    assert menus["Edit"].isVisible()
    assert any("Undo" in text for text in entries("Edit"))
    action(window, "Settings").trigger()
    assert not any("Undo" in text for text in entries("Edit"))
    assert entries("File")[-1] == "&Quit"
    for _ in range(3):  # going back and forth doubles nothing
        window.show_page(0)
        window.show_page(1)
    assert len(entries("File")) == len(set(entries("File")) - {""}) + entries("File").count("")


def test_all_shortcuts_are_listed(window: MainWindow) -> None:
    action(window, "Keyboard shortcuts").trigger()
    dialog = window.findChild(ShortcutsDialog)
    tree = dialog.findChild(QTreeWidget)
    groups = [tree.topLevelItem(i) for i in range(tree.topLevelItemCount())]
    listed = {(group.child(i).text(0), group.child(i).text(1)) for group in groups for i in range(group.childCount())}
    assert {("Open files", "Ctrl+O"), ("Captions", "Ctrl+1"), ("Keyboard shortcuts", "F1")} <= listed
    assert {("Captions: point at the next word", "Right"), ("Recording: zoom in", "+"), ("Play", "Return")} <= listed
    assert [group.text(0) for group in groups][:2] == ["Everywhere", "Captions"]
    dialog.close()


def test_help_tells_what_the_bands_promise_and_how_a_word_s_moment_is_known(window: MainWindow) -> None:
    action(window, "How to read captions").trigger()
    dialog = window.findChild(ReadingDialog)
    text = dialog.findChild(QLabel).text()
    assert "at least 90 in 100 were right" in text
    assert "points where the sound it names is likeliest" in text
    dialog.close()


def test_no_two_actions_of_a_page_share_a_shortcut(window: MainWindow) -> None:
    own = {a: a.text() for a in window.menus.own_actions()}
    for page in (window.pages.widget(i) for i in range(window.pages.count())):
        keys: dict[str, str] = {}
        for one in {*own, *page.actions()}:
            for shortcut in one.shortcuts():
                assert keys.setdefault(shortcut.toString(), one.text()) == one.text()


def test_about_names_the_version(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []
    monkeypatch.setattr(QMessageBox, "about", lambda parent, title, text: shown.append(text))
    action(window, "About").trigger()
    assert "Auricle 0." in shown[0]


def test_theme_and_text_size_change_while_the_window_is_open(window: MainWindow, qtbot: QtBot) -> None:
    settings = window.settings
    settings.change(theme="light")
    light = window.grab().toImage().pixelColor(window.width() // 2, 4)
    with qtbot.waitSignal(theme.themed):
        settings.change(theme="dark")
    dark = window.grab().toImage().pixelColor(window.width() // 2, 4)
    assert light.lightness() > 200
    assert dark.lightness() < 60
    small = rail(window, "Captions").sizeHint().height()
    settings.change(font_scale=2.0)
    assert rail(window, "Captions").sizeHint().height() > small
    settings.reset()


def test_device_and_queue_stand_in_the_status_bar(window: MainWindow) -> None:
    window.captions.device_found.emit("cpu", "torch finds no CUDA device")
    window.captions.queue_changed.emit("3 waiting")
    shown = [label.text() for label in window.statusBar().findChildren(type(window.device_label)) if label.isVisible()]
    assert "Processor (CPU): torch finds no CUDA device" in shown
    assert "3 waiting" in shown
    window.captions.queue_changed.emit("")
    assert not window.queue_label.isVisible()


def test_errors_of_a_controller_reach_the_dialog(window: MainWindow) -> None:
    window.captions.failed.emit("the disk is full", "details")
    assert window.errors.isVisible()
    assert window.errors.messages() == ["the disk is full"]


def test_the_window_comes_back_in_its_size(open_window: Callable[[], MainWindow]) -> None:
    first = open_window()
    first.resize(730, 510)
    first.close()
    second = open_window()
    assert (second.width(), second.height()) == (730, 510)


def test_closing_while_sounds_are_walked_through_leaves_no_thread(window: MainWindow, sounds: Path) -> None:
    window.offer([sounds] * 50)
    window.close()
    assert not window.isVisible()
