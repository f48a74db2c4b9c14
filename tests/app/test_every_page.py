"""What holds for each page and dialog, those that come later as well."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractScrollArea,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QScrollArea,
    QTabBar,
    QTextEdit,
    QWidget,
)
from pytestqt.qtbot import QtBot

from aaccore.events import Candidate, ClipCaptioned, Segment
from aaccore.library import Library
from app.error_dialog import ErrorDialog
from app.main_window import MainWindow
from app.views.elided_label import ElidedLabel
from app.views.reading_dialog import ReadingDialog
from app.views.shortcuts_dialog import ShortcutsDialog

CONTROLS = (
    QAbstractButton, QAbstractItemView, QAbstractSlider, QAbstractSpinBox, QComboBox, QLineEdit, QPlainTextEdit,
    QTextEdit,
)  # fmt: skip


def controls(root: QWidget) -> Iterator[QWidget]:
    """What a person can act on, without the parts that Qt's own widgets are made of, shown or not."""
    for kind in CONTROLS:
        for one in root.findChildren(kind):
            parent = one.parentWidget()
            inner = one.objectName().startswith("qt_") or isinstance(
                parent, QComboBox | QAbstractSpinBox | QLineEdit | QTabBar
            )
            if not inner and not isinstance(parent, QAbstractScrollArea) and not _in_popup(one):
                yield one


def _in_popup(widget: QWidget) -> bool:
    """Whether it belongs to the list that a combo box opens, or to a table's heading."""
    names = ("QComboBoxPrivateContainer", "QComboBoxListView", "QTableCornerButton", "QHeaderView", "QScrollBar")
    while widget is not None:
        if widget.metaObject().className() in names:
            return True
        widget = widget.parentWidget()
    return False


def where(widget: QWidget) -> str:
    """Enough to find a widget in the source."""
    text = getattr(widget, "text", str)()
    return f"{type(widget).__name__} {widget.objectName() or text!r} in {type(widget.parentWidget()).__name__}"


def without_name_or_role(root: QWidget) -> list[str]:
    found = []
    for widget in controls(root):
        interface = QAccessible.queryAccessibleInterface(widget)
        name = interface.text(QAccessible.Text.Name).strip() if interface else ""
        if not name or interface.role() in (QAccessible.Role.NoRole, QAccessible.Role.Client):
            found.append(where(widget))
        elif isinstance(widget, QAbstractButton) and not widget.text() and not widget.toolTip():
            found.append(f"{where(widget)}: an icon without a tool tip")
    return found


@pytest.fixture
def filled_window(open_window: Callable[[], MainWindow], sounds: Path, tmp_path: Path) -> MainWindow:
    """The window over a library with a captioned, a failed and a waiting recording."""
    with Library(tmp_path / "library.sqlite") as library:
        numbers = library.add([sounds / "tone.wav", sounds / "noise.flac", sounds / "long.wav"])
        said = "A dog barks while rain falls on a roof and a church bell rings in the distance."
        candidate = Candidate(said, -0.4, (1, 2), ("a", "dog"), (None, 0.5))
        segments = (Segment(0.0, 2.0, said, (candidate, Candidate("A cat.", -1.0)), "likely"),)
        library.opened(numbers[0], 2.0)
        library.finish(numbers[0], ClipCaptioned(sounds / "tone.wav", 2.0, segments), "starter")
        library.fail(numbers[1], "noise.flac: no audio stream found; drop a sound or video file")
    window = open_window()
    window.captions.hold("not in this test")
    window.captions.page.table.choose(numbers[0])
    QApplication.processEvents()
    return window


def test_every_control_has_a_name_and_a_role(filled_window: MainWindow) -> None:
    assert without_name_or_role(filled_window) == []


def test_every_control_of_the_empty_window_has_a_name_and_a_role(open_window: Callable[[], MainWindow]) -> None:
    assert without_name_or_role(open_window()) == []


def test_every_control_of_the_dialogs_has_a_name_and_a_role(filled_window: MainWindow, qtbot: QtBot) -> None:
    errors = ErrorDialog(filled_window)
    errors.add("first", "details")
    errors.add("second")
    shortcuts = ShortcutsDialog({"Everywhere": filled_window.menus.own_actions()}, filled_window)
    for dialog in (errors, shortcuts, ReadingDialog(filled_window)):
        assert without_name_or_role(dialog) == []
        dialog.close()


def test_every_action_of_the_menus_has_words(filled_window: MainWindow) -> None:
    for index in range(filled_window.pages.count()):
        filled_window.show_page(index)
        for menu in filled_window.menuBar().actions():
            assert all(action.text() for action in menu.menu().actions() if not action.isSeparator())


def test_everything_that_can_be_clicked_can_have_the_keyboard(filled_window: MainWindow) -> None:
    without = [where(w) for w in controls(filled_window) if w.focusPolicy() == Qt.FocusPolicy.NoFocus]
    assert without == []


def clipped(page: QWidget) -> list[str]:
    """Buttons and words of a page that do not fit where they stand, and what hangs over its edge."""
    found = []
    for kind in (QAbstractButton, QLabel):
        for widget in page.findChildren(kind):
            if not widget.isVisible() or isinstance(widget, ElidedLabel) or _in_popup(widget):
                continue
            if isinstance(widget.parentWidget(), QLineEdit):
                continue  # an icon in a field
            needed = widget.minimumSizeHint()
            if widget.minimumHeight():  # the style sheet's, which has room for icon and words
                needed.setHeight(widget.minimumHeight())
            if isinstance(widget, QLabel) and widget.wordWrap():
                needed.setHeight(widget.heightForWidth(widget.width()))
                needed.setWidth(0)
            if widget.width() < needed.width() or widget.height() < needed.height():
                found.append(f"{where(widget)}: {widget.size().toTuple()} of {needed.toTuple()}")
            elif not _reachable(widget, page):
                found.append(f"{where(widget)}: over the edge")
    return found


def _reachable(widget: QWidget, page: QWidget) -> bool:
    """Whether all of it is on the page, or can be scrolled to."""
    parent = widget.parentWidget()
    while parent is not None and parent is not page:
        if isinstance(parent, QScrollArea):
            return widget.width() <= parent.viewport().width()
        parent = parent.parentWidget()
    return page.rect().contains(QRect(widget.mapTo(page, QPoint(0, 0)), widget.size()))


def clipped_pages(window: MainWindow, scale: float) -> dict[str, list[str]]:
    """What does not fit in a window of 900 x 600 with letters of that size, by page."""
    window.settings.change(font_scale=scale)
    window.resize(900, 600)
    for _ in range(3):
        QApplication.processEvents()
    found = {}
    for index in range(window.pages.count()):
        window.show_page(index)
        QApplication.processEvents()
        page = window.pages.currentWidget()
        found[page.accessibleName()] = clipped(page)
    found["window"] = clipped(window.rail)
    window.settings.change(font_scale=1.0)
    return {name: problems for name, problems in found.items() if problems}


@pytest.mark.parametrize("scale", [0.8, 1.0, 1.5, 2.0])
def test_nothing_is_clipped_in_a_small_window(filled_window: MainWindow, scale: float) -> None:
    assert clipped_pages(filled_window, scale) == {}


@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_nothing_is_clipped_in_a_small_window_of_someone_new(
    open_window: Callable[[], MainWindow], scale: float
) -> None:
    assert clipped_pages(open_window(), scale) == {}


@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_the_strips_of_a_recording_do_not_lie_over_each_other(filled_window: MainWindow, scale: float) -> None:
    filled_window.settings.change(font_scale=scale)
    filled_window.resize(900, 600)
    for _ in range(3):
        QApplication.processEvents()
    view = filled_window.captions.page.panel.clip_view
    assert not view.spectrogram.geometry().intersects(view.waveform.geometry())
    filled_window.settings.change(font_scale=1.0)


def test_the_window_stays_as_small_as_it_is_made(filled_window: MainWindow) -> None:
    filled_window.settings.change(font_scale=2.0)
    filled_window.resize(900, 600)
    QApplication.processEvents()
    size = filled_window.size().toTuple()
    filled_window.settings.change(font_scale=1.0)
    assert size == (900, 600)


def only_beside(function: Callable[..., object]) -> Callable[..., object]:
    """The function, which fails when the window's thread calls it."""

    def watched(*arguments: object, **named: object) -> object:
        name = getattr(function, "__qualname__", function)
        assert threading.current_thread() is not threading.main_thread(), f"{name} in the window's thread"
        return function(*arguments, **named)

    return watched


def test_no_page_lets_the_window_s_thread_decode_transform_run_a_network_or_walk_a_folder(
    open_window: Callable[[], MainWindow], tiny_model: Path, sounds: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    import aaccore.captioner
    import aaccore.decoders
    import aaccore.spectrogram

    for owner, name in (
        (os, "walk"), (os, "scandir"), (Path, "rglob"), (aaccore.decoders, "probe"),
        (aaccore.decoders, "decode"), (aaccore.spectrogram, "tile"), (torch.nn.Module, "__call__"), (torch, "stft"),
        (aaccore.captioner.Captioner, "__init__"),
    ):  # fmt: skip
        monkeypatch.setattr(owner, name, only_beside(getattr(owner, name)))
    window = open_window()
    window.settings.change(model=str(tiny_model), device="cpu")
    captions = window.captions
    with qtbot.captureExceptions() as raised:
        window.offer([sounds])
        clips = captions.page.table.clips
        qtbot.waitUntil(lambda: clips.rowCount() == 5 and not captions.queue.busy(), timeout=60_000)
        for index in [*range(window.pages.count()), *reversed(range(window.pages.count()))]:
            window.show_page(index)
            for view in window.pages.currentWidget().findChildren(QAbstractItemView):
                if view.isVisible() and view.model() is not None and view.model().rowCount():
                    view.setCurrentIndex(view.model().index(0, 0))
            QApplication.processEvents()
        rows = [clips.row(clips.index(place, 0)) for place in range(5)]
        window.show_page(0)
        captions.page.table.choose(next(row.id for row in rows if row.path.name == "long.wav"))
        clip = captions.page.panel.clip_view
        qtbot.waitUntil(lambda: clip.duration_s == 9.0 and not clip.readout.text(), timeout=60_000)
        clip.show_span(4.0, 5.0)
        qtbot.waitUntil(lambda: bool(clip.waveform.tiles), timeout=60_000)
        window.settings.change(theme="dark", font_scale=1.5, frequency_scale="log")
        window.close()
        window.settings.change(theme="system", font_scale=1.0)
    assert raised == []
    assert {row.state for row in rows} == {"done"}
