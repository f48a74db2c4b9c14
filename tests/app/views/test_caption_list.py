from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from aaccore.events import Candidate
from aaccore.records import StoredSegment
from app.views.caption_list import CaptionList

DOG = Candidate("A dog barks.", -0.5, (1, 2, 3), ("a", "dog", "barks"), (None, 1.0, 1.5))
CAT = Candidate("A cat meows.", -0.9, (1, 4, 5), ("a", "cat", "meows"), (None, 1.1, 1.6))
RAIN = Candidate("Rain falls.", -0.4, (6, 7), ("rain", "falls"), (12.0, 12.5))


@pytest.fixture
def captions(qtbot: QtBot) -> CaptionList:
    view = CaptionList()
    qtbot.addWidget(view)
    view.tester = QAbstractItemModelTester(  # type: ignore[attr-defined]
        view.captions, QAbstractItemModelTester.FailureReportingMode.Fatal
    )
    view.resize(420, 300)
    view.show_segments([
        StoredSegment(1, 7, 0.0, 10.0, DOG.caption, DOG.caption, (DOG, CAT), "sure"),
        StoredSegment(2, 7, 10.0, 20.0, RAIN.caption, RAIN.caption, (RAIN,), "guess"),
    ])  # fmt: skip
    view.show()
    qtbot.waitExposed(view)
    return view


def word_place(view: CaptionList, row: int, number: int) -> QPoint:
    index = view.captions.index(row)
    delegate = view.itemDelegate()
    return delegate.word_rects(index, view.visualRect(index))[number].center()  # type: ignore[attr-defined]


def row_place(view: CaptionList, row: int) -> QPoint:
    return view.visualRect(view.captions.index(row)).center()


def test_pointing_at_a_word_with_the_mouse_tells_when_it_was_heard(captions: CaptionList, qtbot: QtBot) -> None:
    told: list[float | None] = []
    captions.word_pointed.connect(told.append)
    for row, number in ((0, 1), (0, 0), (1, 0)):
        QTest.mouseMove(captions.viewport(), word_place(captions, row, number))
    QTest.mouseMove(captions.viewport(), QPoint(5, captions.viewport().height() - 5))
    assert told == [1.0, None, 12.0, None]


def test_pointing_at_words_with_the_keyboard_goes_to_the_row_s_ends_and_escape_lets_go(captions: CaptionList) -> None:
    told: list[float | None] = []
    captions.word_pointed.connect(told.append)
    for key in (*[Qt.Key.Key_Right] * 4, Qt.Key.Key_Left, Qt.Key.Key_Escape):
        QTest.keyClick(captions, key)
    assert told == [None, 1.0, 1.5, 1.0, None]


def test_words_say_in_their_tooltip_whether_they_were_heard(captions: CaptionList) -> None:
    index = captions.captions.index(0)
    assert "heard at 0:01.0" in captions.explanation(index, word_place(captions, 0, 1))
    assert "names nothing" in captions.explanation(index, word_place(captions, 0, 0))
    assert "90 in 100" in captions.explanation(index, captions.visualRect(index).topLeft())


def test_a_click_and_return_play_the_segment(captions: CaptionList) -> None:
    played: list[tuple[float, float]] = []
    captions.play_requested.connect(lambda start_s, end_s: played.append((start_s, end_s)))
    QTest.mouseClick(captions.viewport(), Qt.MouseButton.LeftButton, pos=row_place(captions, 1))
    QTest.keyClick(captions, Qt.Key.Key_Up)
    QTest.keyClick(captions, Qt.Key.Key_Return)
    assert played == [(10.0, 20.0), (0.0, 10.0)]


def test_the_segment_at_the_play_cursor_is_marked(captions: CaptionList) -> None:
    for time_s, wanted in ((0.0, 1), (12.0, 2), (25.0, None)):
        captions.show_time(time_s)
        playing = captions.playing()
        assert (playing.id if playing else None) == wanted


def test_a_typed_sentence_is_asked_for_and_escape_leaves_the_old_one(captions: CaptionList, qtbot: QtBot) -> None:
    asked: list[tuple[int, str]] = []
    captions.corrected.connect(lambda segment, caption: asked.append((segment.id, caption)))
    captions.play_requested.connect(lambda *segment: pytest.fail("typing plays nothing"))
    captions.edit_current()
    QTest.keyClicks(captions.findChild(QLineEdit), "A fox  barks.")
    QTest.keyClick(captions.findChild(QLineEdit), Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: asked == [(1, "A fox barks.")])
    qtbot.waitUntil(lambda: captions.findChild(QLineEdit) is None)
    captions.edit_current()
    QTest.keyClicks(captions.findChild(QLineEdit), "Nothing")
    QTest.keyClick(captions.findChild(QLineEdit), Qt.Key.Key_Escape)
    assert len(asked) == 1


def test_clearing_the_sentence_asks_for_the_machine_s(captions: CaptionList, qtbot: QtBot) -> None:
    asked: list[str] = []
    captions.corrected.connect(lambda segment, caption: asked.append(caption))
    captions.show_segment(replace(captions.captions.segments()[0], caption="A fox barks."))
    captions.edit_current()
    captions.findChild(QLineEdit).clear()
    QTest.keyClick(captions.findChild(QLineEdit), Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: asked == [DOG.caption])


def test_an_edited_row_grows_to_show_the_machine_s_sentence_beside(captions: CaptionList) -> None:
    index = captions.captions.index(1)
    before = captions.visualRect(index).height()
    captions.show_segment(replace(captions.captions.segments()[1], caption="It pours."))
    QGuiApplication.processEvents()
    assert captions.visualRect(index).height() > before
    assert RAIN.caption in captions.explanation(index, captions.visualRect(index).topLeft())


def test_the_alternatives_are_offered_best_first_with_the_current_one_checked(captions: CaptionList) -> None:
    asked: list[str] = []
    captions.corrected.connect(lambda segment, caption: asked.append(caption))
    sentences = [action for action in captions.menu(captions.captions.index(0)).actions() if action.isCheckable()]
    assert [(action.text(), action.isChecked()) for action in sentences] == [(DOG.caption, True), (CAT.caption, False)]
    sentences[1].trigger()
    assert asked == [CAT.caption]


def test_what_is_not_in_the_library_yet_cannot_be_edited(captions: CaptionList) -> None:
    captions.show_segments([])
    captions.add_segment(StoredSegment(0, 7, 0.0, 10.0, DOG.caption, DOG.caption, (DOG,)))
    captions.edit_current()
    assert captions.findChild(QLineEdit) is None


def test_the_current_sentence_is_copied(captions: CaptionList) -> None:
    captions.setCurrentIndex(captions.captions.index(1))
    QTest.keyClick(captions, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == RAIN.caption


def test_a_day_of_captions_is_shown_and_followed(captions: CaptionList) -> None:
    captions.show_segments([
        StoredSegment(n + 1, 7, 10.0 * n, 10.0 * n + 10, DOG.caption, DOG.caption, (DOG, CAT)) for n in range(8640)
    ])  # fmt: skip
    captions.show_time(86395.0)
    assert captions.captions.rowCount() == 8640
    assert captions.viewport().rect().intersects(captions.visualRect(captions.captions.index(8639)))


def test_a_row_says_its_time_band_and_sentence_to_who_cannot_see_it(captions: CaptionList) -> None:
    spoken = captions.captions.index(0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert spoken == "0:00 to 0:10, sure: A dog barks."
