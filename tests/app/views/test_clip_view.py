from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QKeySequence, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from aaccore.events import LEVEL_FLOOR_DB, LEVEL_STEP_DB, OverviewPart, SpectrogramTile
from app.settings import Preferences
from app.views.clip_view import ClipView
from app.views.colour_maps import colour_table, colours
from app.views.span import Span, on_pixels
from app.views.time_strip import TimeStrip

ROW_HZ = np.linspace(0, 8000, 64).astype(np.float32)


def part(first: int, columns: int, of: int = 100, level: int = 100, complete: bool = True) -> OverviewPart:
    levels = np.full((columns, 64), level, np.uint8)
    wave = np.full(columns, 0.5, np.float32)
    return OverviewPart(10.0, 10.0 / of, first, -wave, wave, levels, ROW_HZ, complete)


@pytest.fixture
def view(qtbot: QtBot) -> ClipView:
    view = ClipView()
    qtbot.addWidget(view)
    view.resize(900, 400)
    view.show()
    view.show_preferences(Preferences())
    view.show_loading("dog.wav")
    view.show_rows(ROW_HZ)
    view.show_overview(part(0, 100))
    view.show_overview_done()
    return view


def wheel(
    strip: TimeStrip, x: float, notches: int, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
) -> None:
    at = QPointF(x, strip.plot().center().y())
    event = QWheelEvent(
        at, strip.mapToGlobal(at), QPoint(), QPoint(0, 120 * notches), Qt.MouseButton.NoButton, modifiers,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(strip, event)


def at(strip: TimeStrip, time_s: float) -> QPoint:
    return QPoint(round(strip.x_of(time_s)), round(strip.plot().center().y()))


def drag(qtbot: QtBot, strip: TimeStrip, start_s: float, end_s: float, modifier: Qt.KeyboardModifier) -> None:
    start, end = at(strip, start_s), at(strip, end_s)
    left = Qt.MouseButton.LeftButton
    qtbot.mousePress(strip, left, modifier, start)
    for share in (0.3, 0.6, 1.0):
        point = QPoint(round(start.x() + share * (end.x() - start.x())), start.y())
        move = QMouseEvent(
            QEvent.Type.MouseMove, QPointF(point), strip.mapToGlobal(QPointF(point)), left, left, modifier
        )
        QApplication.sendEvent(strip, move)
    qtbot.mouseRelease(strip, left, modifier, end)


def test_a_recording_is_shown_whole_at_first(view: ClipView) -> None:
    assert view.span == (0.0, 10.0)
    assert view.spectrogram.span == view.waveform.span == view.span
    assert view.spectrogram.x_of(5.0) == pytest.approx(view.waveform.x_of(5.0))


def test_the_wheel_zooms_about_the_pointer(view: ClipView) -> None:
    x = view.spectrogram.x_of(3.0)
    wheel(view.spectrogram, x, 3)
    assert view.span.length_s == pytest.approx(10 / 1.25**3)
    assert view.spectrogram.time_of(x) == pytest.approx(3.0, abs=0.02)
    wheel(view.waveform, x, -8)
    assert view.span == (0.0, 10.0)


def test_the_wheel_with_shift_pans(view: ClipView) -> None:
    view.show_span(2, 4)
    wheel(view.spectrogram, 300, -1, Qt.KeyboardModifier.ShiftModifier)
    assert view.span == pytest.approx((2.2, 4.2))


def test_a_drag_pans_and_stops_at_the_ends(qtbot: QtBot, view: ClipView) -> None:
    view.show_span(4, 6)
    drag(qtbot, view.spectrogram, 5.0, 4.5, Qt.KeyboardModifier.NoModifier)
    assert view.span == pytest.approx((4.5, 6.5), abs=0.02)
    for _ in range(6):
        drag(qtbot, view.waveform, view.span.start_s + 0.1, view.span.end_s - 0.1, Qt.KeyboardModifier.NoModifier)
    assert view.span == pytest.approx((0, 2), abs=0.02)


def test_a_drag_is_no_click(qtbot: QtBot, view: ClipView) -> None:
    view.show_span(4, 6)
    with qtbot.assertNotEmitted(view.seek_wanted):
        drag(qtbot, view.spectrogram, 5.0, 4.5, Qt.KeyboardModifier.NoModifier)


def test_a_drag_with_shift_chooses_a_stretch(qtbot: QtBot, view: ClipView) -> None:
    with qtbot.waitSignal(view.stretch_chosen) as chosen:
        drag(qtbot, view.waveform, 6.0, 4.0, Qt.KeyboardModifier.ShiftModifier)
    assert chosen.args == pytest.approx([4.0, 6.0], abs=0.02)
    assert view.span == (0.0, 10.0)


@pytest.mark.parametrize("name", ["spectrogram", "waveform"])
def test_a_click_seeks(qtbot: QtBot, view: ClipView, name: str) -> None:
    strip = getattr(view, name)
    with qtbot.waitSignal(view.seek_wanted) as sought:
        qtbot.mouseClick(strip, Qt.MouseButton.LeftButton, pos=at(strip, 7.0))
    assert sought.args[0] == pytest.approx(7.0, abs=0.02)


def test_a_double_click_shows_all(qtbot: QtBot, view: ClipView) -> None:
    view.show_span(2, 3)
    qtbot.mouseDClick(view.spectrogram, Qt.MouseButton.LeftButton, pos=at(view.spectrogram, 2.5))
    assert view.span == (0.0, 10.0)


@pytest.mark.parametrize(
    ("key", "time_s"),
    [(Qt.Key.Key_Right, 6.0), (Qt.Key.Key_Left, 4.0), (Qt.Key.Key_Home, 0.0), (Qt.Key.Key_End, 10.0)],
)
def test_keys_seek(qtbot: QtBot, view: ClipView, key: Qt.Key, time_s: float) -> None:
    view.show_position(5.0)
    with qtbot.waitSignal(view.seek_wanted) as sought:
        qtbot.keyClick(view.spectrogram, key)
    assert sought.args[0] == pytest.approx(time_s)


def test_every_key_that_is_listed_does_something(qtbot: QtBot, view: ClipView) -> None:
    done: list[object] = []
    view.show_player(True, "")
    for signal in (view.seek_wanted, view.play_toggled, view.loop_toggled, view.span_changed):
        signal.connect(lambda *_: done.append(True))
    for _, name in view.own_keys():
        done.clear()
        view.show_position(2.0)
        key = QKeySequence(name)[0]
        qtbot.keyClick(view, key.key(), key.keyboardModifiers())
        if name == "-":  # all is visible; zooming in came just before
            assert view.span.length_s == view.duration_s
        assert done, name


def test_keys_zoom_about_the_cursor_and_home_shows_all(qtbot: QtBot, view: ClipView) -> None:
    view.show_position(2.0)
    qtbot.keyClick(view.waveform, Qt.Key.Key_Plus)
    assert view.span == pytest.approx((1.0, 6.0))
    qtbot.keyClick(view.waveform, Qt.Key.Key_Minus)
    assert view.span == pytest.approx((0.0, 10.0))
    qtbot.keyClick(view, Qt.Key.Key_Plus)
    qtbot.keyClick(view, Qt.Key.Key_Home)
    assert view.span == (0.0, 10.0)


def test_space_plays_and_the_button_does_too(qtbot: QtBot, view: ClipView) -> None:
    with qtbot.waitSignal(view.play_toggled):
        qtbot.keyClick(view.spectrogram, Qt.Key.Key_Space)
    with qtbot.waitSignal(view.play_toggled):
        qtbot.mouseClick(view.play_bar.play_button, Qt.MouseButton.LeftButton)
    view.show_playing(True)
    assert view.play_bar.play_button.accessibleName() == "Pause"


def test_without_an_output_play_is_disabled_and_says_why(qtbot: QtBot, view: ClipView) -> None:
    view.show_player(False, "No sound output was found")
    assert not view.play_bar.play_button.isEnabled()
    assert view.play_bar.note.text() == view.play_bar.play_button.toolTip() == "No sound output was found"
    with qtbot.assertNotEmitted(view.play_toggled):
        qtbot.keyClick(view.spectrogram, Qt.Key.Key_Space)


def test_nothing_zooms_beyond_what_can_be_seen(qtbot: QtBot, view: ClipView) -> None:
    for _ in range(40):
        qtbot.keyClick(view, Qt.Key.Key_Plus)
    assert view.span.length_s == pytest.approx(0.02)
    view.show_span(-5, 50)
    assert view.span == (0.0, 10.0)


def test_columns_fill_from_left_to_right(qtbot: QtBot, view: ClipView) -> None:
    view.show_loading("cat.wav")
    view.show_rows(ROW_HZ)
    assert "Reading cat.wav" in view.readout.text()
    view.show_overview(part(0, 40, level=200))
    view.spectrogram.repaint()
    strongest = LEVEL_FLOOR_DB + LEVEL_STEP_DB * 200
    assert view.spectrogram.point_at(3.9, 0.5)[1] == strongest
    assert view.spectrogram.point_at(4.2, 0.5)[1] is None
    assert "40 %" in view.readout.text()
    picture = view.spectrogram.grab().toImage()
    brightest = picture.pixelColor(at(view.spectrogram, 2.0))
    assert (brightest.red(), brightest.green(), brightest.blue()) == tuple(colours("viridis")[255])
    view.show_overview(part(40, 60, level=200))
    view.spectrogram.repaint()
    assert view.spectrogram.point_at(4.2, 0.5)[1] == strongest
    assert view.readout.text() == ""


def test_a_tile_lies_over_the_overview(view: ClipView) -> None:
    view.show_span(4, 6)
    levels = np.full((200, 64), 180, np.uint8)
    wave = np.full(200, 0.1, np.float32)
    view.show_tiles([SpectrogramTile(4.0, 5.0, -wave, wave, levels, ROW_HZ, True)])
    view.spectrogram.repaint()
    assert view.spectrogram.point_at(4.5, 0.5)[1] == LEVEL_FLOOR_DB + LEVEL_STEP_DB * 180
    assert view.spectrogram.point_at(5.5, 0.5)[1] == LEVEL_FLOOR_DB + LEVEL_STEP_DB * 100


def test_a_recording_that_grows_stays_in_sight(view: ClipView) -> None:
    view.show_loading("stream.aac")
    view.show_rows(ROW_HZ)
    for seconds in (3.0, 7.0, 12.0):
        columns = round(seconds * 10)
        levels, wave = np.zeros((columns, 64), np.uint8), np.zeros(columns, np.float32)
        view.show_overview(OverviewPart(seconds, 0.1, 0, wave, wave, levels, ROW_HZ, True))
        assert view.span == (0.0, seconds)


def test_the_pointer_reads_time_frequency_and_level(qtbot: QtBot, view: ClipView) -> None:
    view.spectrogram.repaint()
    qtbot.mouseMove(view.spectrogram, at(view.spectrogram, 2.5))
    time, hz, level = view.readout.text().split("   ")
    assert time in ("2.49 s", "2.50 s", "2.51 s")
    assert int(hz.removesuffix(" Hz").replace("\N{NO-BREAK SPACE}", "").replace(" ", "")) == pytest.approx(4000, abs=60)
    assert level == "−70 dB"


def test_a_word_is_marked_at_its_time_in_both(view: ClipView) -> None:
    before = view.spectrogram.grab().toImage(), view.waveform.grab().toImage()
    view.show_moment(5.0)
    after = view.spectrogram.grab().toImage(), view.waveform.grab().toImage()
    for strip, old, new in zip((view.spectrogram, view.waveform), before, after, strict=True):
        assert old.pixelColor(at(strip, 5.0)) != new.pixelColor(at(strip, 5.0))
        assert old.pixelColor(at(strip, 8.0)) == new.pixelColor(at(strip, 8.0))
    view.show_moment(None)
    assert view.spectrogram.grab().toImage() == before[0]


def test_a_chosen_stretch_out_of_sight_is_brought_into_sight(view: ClipView) -> None:
    view.show_span(0, 2)
    view.show_selection((7.0, 8.0))
    assert view.span.start_s <= 7.0
    assert view.span.end_s >= 8.0
    assert view.span.length_s == pytest.approx(2.0)


def test_the_page_turns_with_the_cursor_but_not_against_the_hand(view: ClipView) -> None:
    view.show_span(0, 2)
    view.show_position(1.9, follow=True)
    view.show_position(2.05, follow=True)
    assert view.span.start_s == pytest.approx(2.05)
    view.show_span(6, 8)
    view.show_position(2.1, follow=True)
    assert view.span == pytest.approx((6, 8))


def test_every_choice_of_the_view_button_is_told(qtbot: QtBot, view: ClipView) -> None:
    told: list[tuple[str, object]] = []
    view.setting_chosen.connect(lambda name, value: told.append((name, value)))
    for submenu in view.view_menu.menu().actions():
        for action in submenu.menu().actions():
            action.trigger()
    assert ("frequency_scale", "log") in told
    assert ("colour_map", "magma") in told
    assert ("range_db", 60.0) in told
    assert ("high_hz", 8000.0) in told
    assert ("low_hz", 100.0) in told
    view.show_preferences(Preferences(colour_map="magma"))
    checked = [a.text() for m in view.view_menu.menu().actions() for a in m.menu().actions() if a.isChecked()]
    assert checked == ["Mel", "Magma", "80 dB", "16 kHz", "0 Hz"]


def test_a_failure_stands_in_words_in_the_view_and_empty_is_empty(view: ClipView) -> None:
    view.show_failure("a.txt: not a sound file")
    assert view.notice.isVisible()
    assert view.notice.text.text() == "a.txt: not a sound file"
    assert not view.play_bar.isVisible()
    assert "not a sound file" in view.accessibleDescription()
    view.show_empty()
    assert "Choose a recording" in view.notice.text.text()


def test_what_is_shown_is_described_in_words(view: ClipView) -> None:
    view.show_segments([(0, 4), (4, 10)])
    view.show_span(2, 4)
    assert (
        view.spectrogram.accessibleDescription() == "Recording of 0:10.0, showing 0:02.0–0:04.0, 2 segments, 0 to 8k Hz"
    )


def test_every_control_has_an_accessible_name(view: ClipView) -> None:
    controls = [view.play_bar.play_button, view.play_bar.loop_button, view.play_bar.volume, view.play_bar.fit_button]
    strips: list[QWidget] = [view, view.spectrogram, view.waveform, view.view_menu, view.legend, view.readout]
    assert all(widget.accessibleName() for widget in [*controls, *strips])


@pytest.mark.parametrize("name", ["viridis", "cividis", "magma", "grey"])
def test_colours_grow_brighter_with_the_level(name: str) -> None:
    light = colours(name).astype(float) @ [0.2126, 0.7152, 0.0722]  # type: ignore[arg-type]
    assert (np.diff(light) > -1).all()
    assert light[-1] - light[0] > 150
    table = colour_table(name, -80, 0)  # type: ignore[arg-type]
    assert table[0] == table[80]
    assert table[240] == table[255]


def test_each_pixel_takes_the_columns_under_it() -> None:
    where, starts, end = on_pixels(Span(0.0, 10.0), 5, 2.0, 0.5, 8)  # columns from 2 to 6 s, pixels of 2 s
    assert (where.start, where.stop) == (1, 3)
    assert starts.tolist() == [0, 4]
    assert end == 8
    where, starts, end = on_pixels(Span(3.0, 4.0), 4, 2.0, 0.5, 8)  # finer than the columns
    assert starts.tolist() == [2, 2, 3, 3]
    assert end == 4
    assert on_pixels(Span(8.0, 9.0), 4, 2.0, 0.5, 8)[0] == slice(0, 0)
