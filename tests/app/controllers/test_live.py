from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Event

import numpy as np
import pytest
import soundfile
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QToolButton
from pytestqt.qtbot import QtBot

from aaccore.config import AlertRule
from aaccore.errors import MicrophoneError
from aaccore.events import LiveCaption, LiveGap, LiveSound, Segment
from aaccore.library import Library
from aaccore.microphone import Microphone
from app import live_jobs, live_session
from app.controllers.live import LiveController
from app.live_store import hour_folder
from app.main_window import MainWindow
from app.settings import Settings
from app.views.live_page import LivePage
from tests.app.notification_server import notification_server

PATIENCE_MS = 30_000
RATE = 16000
BUILT_IN = Microphone("built-in", "Built-in microphone", RATE, 1, default=True, index=0)
PLAYED = Microphone("played", "Speakers", RATE, 2, system_audio=True, index=1)


class Room:
    """A microphone in a room in which one decides what sounds; like one, it hears until it is stopped."""

    title, paced, dropped_s, overflows = "Built-in microphone", False, 0.0, 0
    heard_s = 0.0
    """What was heard and dealt with."""

    def __init__(self) -> None:
        self.gain_db, self.paused = 0.0, False
        self.stopping = Event()
        self._sound: SimpleQueue[np.ndarray | float] = SimpleQueue()

    def open(self, microphone: Microphone | None, gain_db: float) -> Room:
        self.microphone, self.gain_db = microphone, gain_db
        return self

    def sounds(self, samples: np.ndarray) -> None:
        """Let something be heard, in pieces of 0.1 s."""
        for at in range(0, len(samples), RATE // 10):
            self._sound.put(samples[at : at + RATE // 10].astype(np.float32))

    def breaks(self, length_s: float) -> None:
        """The device is gone for a while."""
        self._sound.put(length_s)

    def blocks(self) -> Iterator[LiveSound | LiveGap | None]:
        while not (self._sound.empty() and self.stopping.is_set()):
            try:
                piece = self._sound.get(timeout=0.02)
            except Empty:
                yield None
                continue
            if isinstance(piece, float):
                lost_at = self.heard_s
                yield LiveGap(lost_at, None, "disconnected")
                yield LiveGap(lost_at, lost_at + piece, "disconnected")
                self.heard_s += piece
            elif not self.paused:
                yield LiveSound(self.heard_s, RATE, piece, bool(np.abs(piece).max() >= 1))
                self.heard_s += len(piece) / RATE

    def stop(self) -> None:
        self.stopping.set()

    def pause(self) -> None:
        self.paused = True

    def resume(self) -> None:
        self.paused = False


def tone(seconds: float, hz: float = 700.0, level: float = 0.3) -> np.ndarray:
    t = np.arange(round(seconds * RATE)) / RATE
    return level * np.sin(2 * np.pi * hz * t)


Start = Callable[..., LiveController]


@pytest.fixture
def room() -> Room:
    return Room()


@pytest.fixture
def start(qtbot: QtBot, tmp_path: Path, tiny_model: Path, room: Room) -> Iterator[Start]:
    """Open the page as the window does; each call is a new start of the program."""
    running: list[LiveController] = []

    def make(*microphones: Microphone, opens: live_session.OpenSource = room.open) -> LiveController:
        settings = Settings(tmp_path / "settings.json")
        settings.change(model=str(tiny_model), device="cpu", alert_edge="off", alert_notification=False)
        page = LivePage()
        qtbot.addWidget(page)

        def find(refresh: bool) -> Iterator[live_jobs.MicrophonesFound]:
            yield live_jobs.MicrophonesFound(microphones, "Plug one in.")

        controller = LiveController(page, tmp_path / "library.sqlite", settings, None, opens, find)
        running.append(controller)
        page.resize(1000, 700)
        page.show()
        page.activateWindow()
        qtbot.waitUntil(page.isActiveWindow)
        qtbot.waitUntil(lambda: page.bar.sources.count() == len(microphones), timeout=PATIENCE_MS)
        return controller

    yield make
    for controller in running:
        controller.shut_down()


@pytest.fixture
def live(start: Start) -> LiveController:
    return start(BUILT_IN, PLAYED)


def listen(live: LiveController, qtbot: QtBot) -> None:
    qtbot.mouseClick(live.page.bar.listen_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: live.page.bar.state == "listening", timeout=PATIENCE_MS)


def stop(live: LiveController, qtbot: QtBot) -> None:
    qtbot.mouseClick(live.page.bar.listen_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not live.listening, timeout=PATIENCE_MS)


def said(live: LiveController) -> list[str]:
    return [line.caption for line in live.page.list.lines.lines() if line.number]


def caption(text: str, at_s: float = 0.0, band: str = "sure", number: int = 1) -> LiveCaption:
    clock = datetime(2026, 5, 1, 12).astimezone() + timedelta(seconds=at_s)
    return LiveCaption(number, Segment(at_s, at_s + 1, text, (), band), clock, at_s + 1)  # type: ignore[arg-type]


def test_what_is_heard_appears_large_in_the_list_and_in_the_picture(
    live: LiveController, room: Room, qtbot: QtBot
) -> None:
    listen(live, qtbot)
    room.sounds(tone(4))
    qtbot.waitUntil(lambda: bool(said(live)), timeout=PATIENCE_MS)
    page = live.page
    qtbot.waitUntil(lambda: page.spectrogram.end >= 120, timeout=PATIENCE_MS)
    assert page.newest.sentence.text() == said(live)[0]
    assert "dBFS" in page.bar.meter.accessibleDescription()
    assert page.spectrogram.marks == [0.0]
    assert room.microphone == BUILT_IN


def test_space_listens_and_stops(live: LiveController, qtbot: QtBot) -> None:
    live.page.list.setFocus()
    QTest.keyClick(live.page.list, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: live.page.bar.state == "listening", timeout=PATIENCE_MS)
    QTest.keyClick(live.page.list, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: not live.listening, timeout=PATIENCE_MS)
    assert live.page.bar.state == "idle"


def test_stopping_still_says_what_was_queued_and_puts_it_into_the_library(
    live: LiveController, room: Room, qtbot: QtBot, tmp_path: Path
) -> None:
    listen(live, qtbot)
    room.sounds(tone(4))
    stop(live, qtbot)
    with Library(tmp_path / "library.sqlite") as library:
        (row,) = library.rows()
        kept = [segment.caption for segment in library.segments(row.id)]
    assert said(live) == kept[::-1] != []
    assert row.state == "done"
    assert "only the captions" in " ".join(row.warnings).lower()


def test_without_a_device_the_page_says_what_to_do_and_looks_again(start: Start, qtbot: QtBot) -> None:
    live = start()
    qtbot.waitUntil(live.page.empty.isVisible, timeout=PATIENCE_MS)
    qtbot.waitUntil(live.page.empty.look_button.isEnabled, timeout=PATIENCE_MS)
    with qtbot.waitSignal(live.microphones.about_to_reset):
        qtbot.mouseClick(live.page.empty.look_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: live.page.empty.help.text() == "Plug one in.", timeout=PATIENCE_MS)


def test_a_device_that_cannot_be_opened_is_told_on_the_page(start: Start, qtbot: QtBot) -> None:
    def in_use(microphone: Microphone | None, gain_db: float) -> live_session.LiveSource:
        raise MicrophoneError("Built-in microphone: cannot be opened; close other programs that use it")

    live = start(BUILT_IN, opens=in_use)
    qtbot.mouseClick(live.page.bar.listen_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not live.listening, timeout=PATIENCE_MS)
    assert "close other programs" in live.page.trouble.text()
    assert live.page.bar.state == "idle"


def test_system_audio_is_marked_and_the_chosen_device_is_remembered(live: LiveController, start: Start) -> None:
    sources = live.page.bar.sources
    assert [sources.itemText(row) for row in range(2)] == ["Built-in microphone", "System audio: Speakers"]
    sources.setCurrentIndex(1)
    sources.activated.emit(1)
    assert start(BUILT_IN, PLAYED).page.bar.microphone() == PLAYED


def test_while_paused_nothing_is_heard(live: LiveController, room: Room, qtbot: QtBot) -> None:
    listen(live, qtbot)
    qtbot.mouseClick(live.page.bar.pause_button, Qt.MouseButton.LeftButton)
    assert room.paused
    assert live.page.bar.pause_button.text() == "Go on"
    room.sounds(tone(4))
    qtbot.waitUntil(room._sound.empty, timeout=PATIENCE_MS)
    stop(live, qtbot)
    assert said(live) == []


def test_sound_that_was_lost_anywhere_is_told(live: LiveController, room: Room, qtbot: QtBot) -> None:
    room.dropped_s, room.overflows = 1.5, 2
    listen(live, qtbot)
    room.sounds(tone(1))
    qtbot.waitUntil(live.page.trouble.isVisible, timeout=PATIENCE_MS)
    assert "1.5 s of sound were lost so far" in live.page.trouble.text()
    assert "lost before it reached Auricle, 2 times so far" in live.page.trouble.text()


def test_a_frozen_picture_stands_still_while_listening_goes_on(live: LiveController, room: Room, qtbot: QtBot) -> None:
    page = live.page
    listen(live, qtbot)
    room.sounds(tone(2))
    qtbot.waitUntil(lambda: page.spectrogram.end >= 60, timeout=PATIENCE_MS)
    qtbot.mouseClick(page.freeze_button, Qt.MouseButton.LeftButton)
    assert page.spectrogram.frozen
    assert page.freeze_button.text() == "Go on"
    end = page.spectrogram.end
    room.sounds(tone(2, 3000))
    qtbot.waitUntil(lambda: page.spectrogram.end > end + 30, timeout=PATIENCE_MS)
    qtbot.mouseClick(page.freeze_button, Qt.MouseButton.LeftButton)
    assert not page.spectrogram.frozen


def test_the_picture_is_saved_as_png(live: LiveController, tmp_path: Path, qtbot: QtBot) -> None:
    live.save_picture(str(tmp_path / "picture.png"))
    assert QImage(str(tmp_path / "picture.png")).size() == live.page.spectrogram.size()
    with qtbot.waitSignal(live.failed):
        live.save_picture(str(tmp_path / "nowhere" / "picture.png"))


def test_a_device_that_goes_and_comes_back_is_marked(live: LiveController, room: Room, qtbot: QtBot) -> None:
    listen(live, qtbot)
    room.sounds(tone(1))
    room.breaks(2.0)
    room.sounds(tone(1))
    qtbot.waitUntil(lambda: bool(live.page.spectrogram.gaps), timeout=PATIENCE_MS)
    stop(live, qtbot)
    (gap,) = live.page.spectrogram.gaps
    assert (gap.start_s, gap.end_s, gap.word) == (pytest.approx(1.0), pytest.approx(3.0), "disconnected")
    assert "disconnected" in next(line.caption for line in live.page.list.lines.lines() if not line.number)
    assert not live.page.trouble.isVisible()


def test_keep_recording_makes_a_file_with_its_captions_in_the_library(
    live: LiveController, room: Room, qtbot: QtBot, tmp_path: Path
) -> None:
    qtbot.mouseClick(live.page.bar.keep_button, Qt.MouseButton.LeftButton)
    assert live.page.bar.keep_button.text() == "Recording is kept"
    listen(live, qtbot)
    room.sounds(tone(4))
    stop(live, qtbot)
    with Library(tmp_path / "library.sqlite") as library:
        (row,) = library.rows()
        kept = [segment.caption for segment in library.segments(row.id)]
    assert soundfile.info(row.path).duration == pytest.approx(4.0)
    assert row.path.with_suffix(".jsonl").exists()
    assert kept == said(live)[::-1] != []
    assert row.started is not None
    assert abs(row.started - live.display.started.replace(tzinfo=None)) < timedelta(milliseconds=1)
    assert not any(hour_folder(tmp_path).iterdir())


def test_recording_may_be_switched_while_listening(
    live: LiveController, room: Room, qtbot: QtBot, tmp_path: Path
) -> None:
    listen(live, qtbot)
    room.sounds(tone(2))
    qtbot.waitUntil(lambda: room.heard_s > 1.99, timeout=PATIENCE_MS)
    qtbot.mouseClick(live.page.bar.keep_button, Qt.MouseButton.LeftButton)
    room.sounds(tone(1))
    stop(live, qtbot)
    recorded = list((tmp_path / "recordings").glob("*.flac"))
    assert [soundfile.info(path).duration for path in recorded] == [pytest.approx(1.0)]


def test_a_click_on_a_line_cuts_its_moment_out_of_the_last_hour(
    live: LiveController, room: Room, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[float] = []

    def play(playback: object) -> Iterator[object]:
        heard.append(soundfile.info(playback.path).duration)  # type: ignore[attr-defined]
        yield from ()

    monkeypatch.setattr("app.player.Playback.play", play)
    listen(live, qtbot)
    room.sounds(tone(4))
    qtbot.waitUntil(lambda: bool(said(live)) and live.page.spectrogram.end > 150, timeout=PATIENCE_MS)
    index = live.page.list.lines.index(0)
    place = live.page.list.visualRect(index).center()
    qtbot.mouseClick(live.page.list.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.waitUntil(lambda: bool(heard), timeout=PATIENCE_MS)
    assert 0.4 <= heard[0] <= 4.0
    assert live.page.spectrogram.moment is not None


def test_the_file_queue_waits_while_something_is_heard(live: LiveController, qtbot: QtBot) -> None:
    reasons: list[object] = []
    live.holding.connect(reasons.append)
    listen(live, qtbot)
    stop(live, qtbot)
    assert "listening" in str(reasons[0])
    assert reasons[1:] == [None]


def test_the_window_holds_its_queue_and_says_so(open_window: Callable[[], MainWindow], qtbot: QtBot) -> None:
    window = open_window()
    window.live.holding.emit("Auricle is listening live.")
    assert window.captions.queue.held == "Auricle is listening live."
    button = next(one for one in window.rail.findChildren(QToolButton) if one.text() == "Live")
    assert button.accessibleName() == "Live: listening"
    window.live.holding.emit(None)
    assert button.accessibleName() == "Live"
    assert window.captions.queue.held is None


def test_closing_while_listening_keeps_what_was_said(
    live: LiveController, room: Room, qtbot: QtBot, tmp_path: Path
) -> None:
    listen(live, qtbot)
    room.sounds(tone(4))
    qtbot.waitUntil(lambda: bool(said(live)), timeout=PATIENCE_MS)
    live.shut_down()
    assert not live.listening or live._worker.isFinished()  # type: ignore[union-attr]
    with Library(tmp_path / "library.sqlite") as library:
        assert [segment.caption for segment in library.segments(library.rows()[0].id)] == said(live)[::-1]


def test_the_strip_keeps_the_last_caption_and_tells_its_age(live: LiveController, room: Room, qtbot: QtBot) -> None:
    qtbot.mouseClick(live.page.bar.strip_button, Qt.MouseButton.LeftButton)
    strip = live.strip.view
    assert strip is not None
    assert strip.isVisible()
    listen(live, qtbot)
    room.sounds(tone(3))
    qtbot.waitUntil(lambda: bool(said(live)), timeout=PATIENCE_MS)
    stop(live, qtbot)
    live.display.started -= timedelta(minutes=4)
    live.display.show_newest()
    assert strip.caption == said(live)[0]
    assert strip.age.endswith("min ago")
    QTest.keyClick(strip, Qt.Key.Key_Escape)
    assert not live.page.bar.strip_button.isChecked()


def test_the_strip_comes_back_as_it_was_left(start: Start, qtbot: QtBot) -> None:
    live = start(BUILT_IN)
    live.strip.show(True)
    strip = live.strip.view
    assert strip is not None
    strip.setGeometry(40, 50, 600, 300)
    QTest.keyClick(strip, Qt.Key.Key_Plus)
    qtbot.waitUntil(lambda: live._settings.value.strip_place == (40, 50, 600, 300), timeout=PATIENCE_MS)
    live.shut_down()
    again = start(BUILT_IN)
    listen(again, qtbot)
    view = again.strip.view
    assert view is not None
    assert view.isVisible()
    assert (view.geometry().getRect(), view.points) == ((40, 50, 600, 300), 34)


def test_where_windows_cannot_stay_on_top_the_page_says_what_works(
    live: LiveController, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.views.strip.can_stay_on_top", lambda: False)
    qtbot.mouseClick(live.page.bar.strip_button, Qt.MouseButton.LeftButton)
    assert "Always on top" in live.page.trouble.text()


def open_alerts(live: LiveController, qtbot: QtBot) -> None:
    qtbot.mouseClick(live.page.bar.alerts_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: live.dialog.rules.choice.count() > 0, timeout=PATIENCE_MS)


def add_rule(live: LiveController, words: str) -> None:
    line = live.dialog.rules.choice.lineEdit()
    line.setText(words)
    QTest.keyClick(line, Qt.Key.Key_Return)


def test_an_alert_comes_once_within_its_cooldown_and_stands_in_the_log(
    live: LiveController, qtbot: QtBot, start: Start
) -> None:
    open_alerts(live, qtbot)
    add_rule(live, "dogs")
    called: list[object] = []
    live.alerts.called.connect(called.append)
    for at_s in (0.0, 20.0, 59.0):
        live.alerts.hear(caption("A dog barks twice.", at_s))
    assert len(called) == 1
    live.alerts.hear(caption("A dog barks twice.", 61.0))
    assert len(called) == 2
    assert live.dialog.log.count() == 2
    assert start(BUILT_IN).dialog.log.count() == 2
    assert live.dialog.isVisible()


def test_a_sound_that_the_model_never_says_is_refused_with_the_nearest(live: LiveController, qtbot: QtBot) -> None:
    open_alerts(live, qtbot)
    add_rule(live, "barking cat")
    assert live._settings.value.alert_rules == ()
    assert live.dialog.rules.answer.isVisible()
    assert "never says “barking cat”. Nearest: barks" in live.dialog.rules.answer.text()
    add_rule(live, "barking")
    assert [rule.sound for rule in live._settings.value.alert_rules] == ["barks"]
    assert not live.dialog.rules.answer.isVisible()


def test_band_and_cooldown_of_a_rule_can_be_chosen_and_it_can_go(live: LiveController, qtbot: QtBot) -> None:
    open_alerts(live, qtbot)
    add_rule(live, "bell")
    trust, pause = (box for box in live.dialog.findChildren(QComboBox) if "bell" in box.accessibleName())
    trust.setCurrentIndex(trust.findData("sure"))
    trust.activated.emit(trust.currentIndex())
    pause.setCurrentIndex(pause.findData(300.0))
    pause.activated.emit(pause.currentIndex())
    assert live._settings.value.alert_rules == (AlertRule("bell", "sure", 300.0),)
    live.alerts.hear(caption("A bell rings.", band="likely"))
    assert live.dialog.log.count() == 0
    (remove,) = (one for one in live.dialog.findChildren(QToolButton) if "bell" in one.accessibleName())
    qtbot.mouseClick(remove, Qt.MouseButton.LeftButton)
    assert live._settings.value.alert_rules == ()


def test_rules_are_looked_at_again_when_the_model_changes(live: LiveController, qtbot: QtBot) -> None:
    open_alerts(live, qtbot)
    add_rule(live, "bell")
    live.alerts._sounds = ()
    live._settings.change(alert_rules=(AlertRule("bell"), AlertRule("doorbell")))
    live.alerts._known_model = "another"
    with qtbot.waitSignal(live.told, timeout=PATIENCE_MS) as told:
        live.alerts.look_up()
    assert told.args == ["Alert rules for sounds that this model never says: 1"]
    assert [rule.sound for rule in live.alerts.alerts.rules] == ["bell"]


def test_the_test_button_lights_the_screens_edge(live: LiveController, qtbot: QtBot) -> None:
    live._settings.change(alert_edge="strong")
    qtbot.mouseClick(live.dialog.test_button, Qt.MouseButton.LeftButton)
    (light,) = live.alerts.lights
    assert light.isVisible()
    assert light.grab().toImage().pixelColor(3, 3) == QColor("#ffb000")
    assert not light.mask().contains(light.rect().center())
    qtbot.waitUntil(lambda: len(light.lights) == 3, timeout=PATIENCE_MS)
    assert np.diff(light.lights).min() > 0.45
    assert live.dialog.log.count() == 0


def test_where_nothing_can_be_above_other_windows_those_of_the_program_light_up(
    live: LiveController, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QGuiApplication, "platformName", lambda: "wayland")
    live._settings.change(alert_edge="soft")
    open_alerts(live, qtbot)
    assert live.dialog.off_screen.isVisible()
    qtbot.mouseClick(live.dialog.test_button, Qt.MouseButton.LeftButton)
    lit = {light.parentWidget() for light in live.alerts.lights}
    assert {live.page, live.dialog} <= lit
    assert all(light.geometry() == light.parentWidget().rect() for light in live.alerts.lights)


@pytest.mark.skipif(not shutil.which("notify-send"), reason="notify-send is not installed (Debian: libnotify-bin)")
@pytest.mark.skipif(not shutil.which("dbus-daemon"), reason="dbus-daemon is not installed (Debian: dbus)")
def test_an_alert_arrives_as_a_notification_of_the_desktop(
    live: LiveController, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    live._settings.change(alert_rules=(AlertRule("barks"),), alert_notification=True)
    with notification_server() as (server, address):
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
        qtbot.mouseClick(live.dialog.test_button, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: bool(server.shown), timeout=PATIENCE_MS)
        live.alerts.hear(caption("A dog barks twice."))
        qtbot.waitUntil(lambda: len(server.shown) == 2, timeout=PATIENCE_MS)
    assert server.shown == [
        ("Auricle", "Heard: barks", "This is a test."), ("Auricle", "Heard: barks", "A dog barks twice."),
    ]  # fmt: skip


def test_where_no_notification_can_be_shown_the_dialog_says_so(
    live: LiveController, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    open_alerts(live, qtbot)
    assert not live.dialog.notification.isEnabled()
    assert live.dialog.unable.isVisible()


@pytest.mark.parametrize("keep", [True, False])
def test_what_a_crash_has_left_is_offered_once(start: Start, qtbot: QtBot, tmp_path: Path, keep: bool) -> None:
    session = hour_folder(tmp_path) / "2026-05-01 12-00-00.000000.999999999"
    session.mkdir(parents=True)
    soundfile.write(session / "00001 0.000.flac", tone(2), RATE)
    live = start(BUILT_IN)
    page = live.page
    qtbot.waitUntil(page.left_over.isVisible, timeout=PATIENCE_MS)
    rescued: list[list[Path]] = []
    live.rescued.connect(rescued.append)
    qtbot.mouseClick(page.keep_left_over if keep else page.delete_left_over, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not session.exists(), timeout=PATIENCE_MS)
    assert not page.left_over.isVisible()
    qtbot.waitUntil(lambda: len(rescued) == keep, timeout=PATIENCE_MS)
    assert [soundfile.info(path).duration for paths in rescued for path in paths] == [2.0] * keep


def test_what_was_offered_and_not_wanted_is_gone_next_time(start: Start, qtbot: QtBot, tmp_path: Path) -> None:
    session = hour_folder(tmp_path) / "2026-05-01 12-00-00.000000.999999999"
    session.mkdir(parents=True)
    live = start(BUILT_IN)
    qtbot.waitUntil(live.page.left_over.isVisible, timeout=PATIENCE_MS)
    live.shut_down()
    assert not session.exists()


def test_a_recording_that_a_crash_cut_off_comes_into_the_library(start: Start, qtbot: QtBot, tmp_path: Path) -> None:
    session = hour_folder(tmp_path) / "2026-05-01 12-00-00.000000.999999999"
    session.mkdir(parents=True)
    path = tmp_path / "Live.flac"
    soundfile.write(path, tone(2), RATE)
    line = (
        '{"number": 1, "start_s": 0.5, "end_s": 1.0, "caption": "A bell rings.", "band": "sure", '
        '"clock": "2026-05-01T12:00:03.500+02:00"}\n'
    )
    path.with_suffix(".jsonl").write_text(line + '{"number": 1, "end_s": 1.8}\n{"number": 2, "cap', encoding="utf-8")
    (session / "recordings.txt").write_text(f"{path}\n", encoding="utf-8")
    start(BUILT_IN)
    qtbot.waitUntil(lambda: not (session / "recordings.txt").exists(), timeout=PATIENCE_MS)
    with Library(tmp_path / "library.sqlite") as library:
        (row,) = library.rows()
        (segment,) = library.segments(row.id)
    assert (segment.start_s, segment.end_s, segment.caption, segment.band) == (0.5, 1.8, "A bell rings.", "sure")
    assert row.started == datetime(2026, 5, 1, 12, 0, 3)
