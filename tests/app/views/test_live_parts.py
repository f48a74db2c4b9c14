from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from aaccore.events import Level
from app.views import strip as strip_module
from app.views.level_meter import LevelMeter
from app.views.live_list import LiveList
from app.views.live_model import LiveLine, age_words
from app.views.strip import CaptionStrip

CLOCK = datetime(2026, 5, 1, 12)
RAIN = LiveLine(1, CLOCK, 0.0, 5.0, "Rain falls on a roof.", "likely")


def test_a_sound_that_lasts_is_told_with_its_length() -> None:
    assert RAIN.text == "Rain falls on a roof."
    assert replace(RAIN, end_s=42.0).text == "Rain falls on a roof, for 40 seconds."
    assert replace(RAIN, end_s=70.0).text == "Rain falls on a roof, for a minute."
    assert replace(RAIN, end_s=240.0).text == "Rain falls on a roof, for 4 minutes."
    assert replace(RAIN, end_s=4000.0).text == "Rain falls on a roof, for more than an hour."


def test_an_age_is_told_roughly() -> None:
    assert [age_words(seconds) for seconds in (1, 44, 250, 9000)] == ["now", "40 s ago", "4 min ago", "2 h ago"]


def test_the_list_has_the_newest_on_top_and_forgets_after_an_hour(qtbot: QtBot) -> None:
    view = LiveList()
    qtbot.addWidget(view)
    for number, start_s in enumerate((0.0, 1000.0, 3500.0, 3700.0), 1):
        view.lines.add(replace(RAIN, number=number, start_s=start_s, end_s=start_s + 5))
    assert [line.number for line in view.lines.lines()] == [4, 3, 2]
    said = view.lines.data(view.lines.index(0), Qt.ItemDataRole.AccessibleTextRole)
    assert said == "12:00:00, likely: Rain falls on a roof."


def test_a_click_or_enter_asks_for_the_moment_again_and_a_gap_has_none(qtbot: QtBot) -> None:
    view = LiveList()
    qtbot.addWidget(view)
    view.resize(500, 300)
    view.show()
    view.lines.add(RAIN)
    view.lines.add(LiveLine(0, CLOCK, 6.0, 8.0, "The microphone was disconnected."))
    asked: list[LiveLine] = []
    view.replay_requested.connect(asked.append)
    for row in (0, 1):
        place = view.visualRect(view.lines.index(row)).center()
        qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    QTest.keyClick(view, Qt.Key.Key_Return)
    assert asked == [RAIN, RAIN]


def test_the_meter_tells_its_level_and_marks_clipping_for_a_while(qtbot: QtBot) -> None:
    meter = LevelMeter()
    qtbot.addWidget(meter)
    meter.show_level(Level(1.0, -23.4, -9.0, False, 0.0, 0.0))
    assert meter.accessibleDescription() == "−23 dBFS"
    meter.show_level(Level(2.0, -3.0, 0.0, True, 0.0, 0.0))
    meter.show_level(Level(4.0, -30.0, -20.0, False, 0.0, 0.0))
    assert meter.clipping
    meter.show_level(Level(5.5, -30.0, -20.0, False, 0.0, 0.0))
    assert not meter.clipping


@pytest.fixture
def strip(qtbot: QtBot) -> CaptionStrip:
    strip = CaptionStrip()
    qtbot.addWidget(strip)
    strip.show()
    return strip


def test_the_strip_is_frameless_and_above_all_other_windows(strip: CaptionStrip) -> None:
    flags = strip.windowFlags()
    assert flags & Qt.WindowType.FramelessWindowHint
    assert flags & Qt.WindowType.WindowStaysOnTopHint


def test_on_wayland_the_strip_has_a_frame_whose_menu_can_keep_it_on_top(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(strip_module, "can_stay_on_top", lambda: False)
    strip = CaptionStrip()
    qtbot.addWidget(strip)
    assert not strip.windowFlags() & Qt.WindowType.FramelessWindowHint
    assert not strip.on_top


def test_the_strips_text_grows_between_its_limits(strip: CaptionStrip, qtbot: QtBot) -> None:
    chosen: list[int] = []
    strip.points_chosen.connect(chosen.append)
    strip.show_look(18, "yellow")
    QTest.keyClick(strip, Qt.Key.Key_Minus)
    strip.show_look(96, "yellow")
    QTest.keyClick(strip, Qt.Key.Key_Plus)
    assert chosen == [18, 96]
    assert strip.height() >= 2 * 96


def test_the_strip_is_moved_and_resized_by_mouse_and_keys(strip: CaptionStrip, qtbot: QtBot) -> None:
    strip.setGeometry(100, 100, 600, 300)
    QTest.keyClick(strip, Qt.Key.Key_Right)
    QTest.keyClick(strip, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    assert strip.geometry().getRect() == (120, 100, 600, 320)
    QTest.mousePress(strip, Qt.MouseButton.LeftButton, pos=QPoint(598, 100))
    QTest.mouseMove(strip, QPoint(648, 100))
    QTest.mouseRelease(strip, Qt.MouseButton.LeftButton, pos=QPoint(648, 100))
    assert strip.width() > 600


def test_a_place_that_no_screen_shows_is_not_taken(strip: CaptionStrip) -> None:
    strip.place(90_000, 90_000, 500, 100)
    assert strip.screen().availableGeometry().intersects(strip.geometry())


@pytest.mark.parametrize("colours", ["white", "yellow", "theme"])
def test_the_strips_text_stands_out_from_its_plate(strip: CaptionStrip, colours: str) -> None:
    strip.show_look(40, colours)  # type: ignore[arg-type]
    strip.show_caption("Rain falls.", "now")
    plate, ink, _ = strip.tones()
    image = strip.grab().toImage()
    shades = {image.pixelColor(x, y).rgb() for x in range(image.width()) for y in range(0, image.height(), 2)}
    assert {plate.rgb(), ink.rgb()} <= shades
    assert abs(plate.lightness() - ink.lightness()) > 120
