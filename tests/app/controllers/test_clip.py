from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from aaccore.audio import AudioFile
from app import player
from app.controllers import clip_sound
from app.controllers.clip import ClipController
from app.player import Heard, OutputFound, OutputMissing, Playback, PlaybackFailed
from app.settings import Settings
from app.views.clip_view import ClipView

SOON_MS = 10_000


class Speaker:
    """Takes the place of playback: each playback is kept, and says what the test lets it say."""

    def __init__(self) -> None:
        self.played: list[Playback] = []
        self.found: OutputFound | OutputMissing = OutputFound("Speaker")
        self.time_s: Callable[[Playback], float] = lambda playback: playback.start_s + 0.1
        self.breaks = False

    def find(self) -> Iterator[OutputFound | OutputMissing]:
        yield self.found

    def play(self, playback: Playback) -> Iterator[Heard | PlaybackFailed]:
        self.played.append(playback)
        done = threading.Event()
        while not playback._halted:
            if self.breaks:
                yield PlaybackFailed(playback, "The sound output has gone")
                return
            time_s = self.time_s(playback)
            if playback.end_s is not None and time_s >= playback.end_s:
                yield Heard(playback, playback.end_s, ended=True)
                return
            yield Heard(playback, time_s)
            done.wait(0.01)


@pytest.fixture
def speaker(monkeypatch: pytest.MonkeyPatch) -> Speaker:
    speaker = Speaker()
    monkeypatch.setattr(clip_sound, "find_output", speaker.find)
    monkeypatch.setattr(player.Playback, "play", lambda playback: speaker.play(playback))
    return speaker


@pytest.fixture
def clip(qtbot: QtBot, tmp_path: Path, speaker: Speaker) -> Iterator[tuple[ClipView, ClipController]]:
    view = ClipView()
    qtbot.addWidget(view)
    view.resize(900, 400)
    view.show()
    controller = ClipController(view, Settings(tmp_path / "settings.json"))
    controller.failed.connect(pytest.fail)
    yield view, controller
    controller.shut_down()


def opened(qtbot: QtBot, clip: tuple[ClipView, ClipController], path: Path) -> None:
    view, controller = clip
    controller.open(path)
    qtbot.waitUntil(lambda: view.duration_s > 0 and not view.readout.text(), timeout=SOON_MS)


def at(view: ClipView, time_s: float) -> QPoint:
    return QPoint(round(view.spectrogram.x_of(time_s)), round(view.spectrogram.plot().center().y()))


def test_a_file_is_seen_with_its_frequencies(qtbot: QtBot, clip: tuple[ClipView, ClipController], sounds: Path) -> None:
    view, _ = clip
    opened(qtbot, clip, sounds / "tone.wav")
    assert view.duration_s == 2.0
    hz = view.spectrogram.row_hz
    assert hz[-1] == pytest.approx(8000)
    view.spectrogram.repaint()
    height = float(np.interp(440, hz, np.linspace(0, 1, len(hz))))
    assert view.spectrogram.point_at(1.0, height)[1] == pytest.approx(-6, abs=3)
    assert view.spectrogram.point_at(1.0, 0.9)[1] < -60  # type: ignore[operator]


def test_detail_comes_for_what_is_on_the_screen(
    qtbot: QtBot, clip: tuple[ClipView, ClipController], sounds: Path
) -> None:
    view, _ = clip
    opened(qtbot, clip, sounds / "inner" / "click.wav")
    view.show_span(0.45, 0.55)

    def fine() -> bool:
        return any(tile.start_s < 0.5 < tile.end_s for tile in view.spectrogram.tiles) and view.span.length_s < 0.11

    qtbot.waitUntil(fine, timeout=SOON_MS)
    qtbot.waitUntil(lambda: view.waveform.tiles[-1].end_s >= 0.55, timeout=SOON_MS)
    tile = next(tile for tile in view.waveform.tiles[::-1] if tile.start_s < 0.5 < tile.end_s)
    column_s = (tile.end_s - tile.start_s) / len(tile.high)
    assert column_s == pytest.approx(0.1 / view.pixels(), rel=0.5)
    assert tile.start_s + tile.high.argmax() * column_s == pytest.approx(0.5, abs=2 * column_s)


def test_nothing_of_the_recording_before_is_left(
    qtbot: QtBot, clip: tuple[ClipView, ClipController], sounds: Path
) -> None:
    view, controller = clip
    opened(qtbot, clip, sounds / "long.wav")
    qtbot.waitUntil(lambda: bool(view.waveform.tiles), timeout=SOON_MS)
    controller.open(sounds / "tone.wav", 2.0)
    assert view.waveform.tiles == []
    assert view.spectrogram.tiles == []
    qtbot.waitUntil(lambda: bool(view.waveform.tiles), timeout=SOON_MS)


def test_another_scale_is_drawn_anew_and_kept(
    qtbot: QtBot, clip: tuple[ClipView, ClipController], sounds: Path, tmp_path: Path
) -> None:
    view, _ = clip
    opened(qtbot, clip, sounds / "long.wav")
    scale = view.view_menu.menu().actions()[0].menu()
    next(action for action in scale.actions() if action.text() == "Linear").trigger()
    assert np.allclose(np.diff(view.spectrogram.row_hz), 8000 / 383, atol=0.1)
    assert Settings(tmp_path / "settings.json").value.frequency_scale == "linear"
    qtbot.waitUntil(lambda: bool(view.spectrogram.tiles), timeout=SOON_MS)
    assert np.array_equal(view.spectrogram.tiles[0].row_hz, view.spectrogram.row_hz)


@pytest.mark.parametrize("name", ["gone.wav", "note.txt", "folder"])
def test_what_is_no_sound_is_told_in_the_view(
    qtbot: QtBot, clip: tuple[ClipView, ClipController], tmp_path: Path, name: str
) -> None:
    view, controller = clip
    (tmp_path / "note.txt").write_text("Buy milk.")
    (tmp_path / "folder").mkdir()
    controller.open(tmp_path / name, 3.0)
    qtbot.waitUntil(view.notice.isVisible, timeout=SOON_MS)
    assert name in view.notice.text.text()
    assert not view.play_bar.isVisible()


def test_another_recording_takes_the_place_of_one_that_is_being_drawn(
    qtbot: QtBot, clip: tuple[ClipView, ClipController], sounds: Path, tmp_path: Path
) -> None:
    view, controller = clip
    controller.open(sounds / "long.wav")
    (tmp_path / "note.txt").write_text("Buy milk.")
    controller.open(tmp_path / "note.txt")
    for _ in range(3):
        controller.open(sounds / "long.wav")
    opened(qtbot, clip, sounds / "tone.wav")
    qtbot.wait(50)  # whatever else was under way has had its time
    assert view.duration_s == 2.0
    controller.clear()
    assert view.notice.isVisible()


def test_nothing_is_decoded_in_the_windows_thread(
    qtbot: QtBot, clip: tuple[ClipView, ClipController], sounds: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    view, _ = clip
    threads: set[threading.Thread] = set()
    opening = AudioFile.__init__

    def watched(audio: AudioFile, *arguments: Any) -> None:
        threads.add(threading.current_thread())
        opening(audio, *arguments)

    monkeypatch.setattr(AudioFile, "__init__", watched)
    opened(qtbot, clip, sounds / "long.wav")
    view.show_span(1, 2)
    qtbot.waitUntil(lambda: bool(view.spectrogram.tiles), timeout=SOON_MS)
    assert threads
    assert threading.main_thread() not in threads


def test_play_moves_the_cursor_and_pause_keeps_it(
    qtbot: QtBot, clip: tuple[ClipView, ClipController], speaker: Speaker, sounds: Path
) -> None:
    view, controller = clip
    opened(qtbot, clip, sounds / "long.wav")
    with qtbot.waitSignal(controller.time_changed, check_params_cb=lambda time_s: time_s == 0.1, timeout=SOON_MS):
        qtbot.keyClick(view.spectrogram, Qt.Key.Key_Space)
    assert view.play_bar.play_button.accessibleName() == "Pause"
    assert view.position_s == 0.1
    qtbot.mouseClick(view.play_bar.play_button, Qt.MouseButton.LeftButton)
    assert view.play_bar.play_button.accessibleName() == "Play"
    assert view.position_s == 0.1
    qtbot.keyClick(view.spectrogram, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: len(speaker.played) == 2, timeout=SOON_MS)
    assert speaker.played[1].start_s == 0.1


def test_a_click_while_it_plays_goes_on_from_there(
    qtbot: QtBot, clip: tuple[ClipView, ClipController], speaker: Speaker, sounds: Path
) -> None:
    view, _ = clip
    opened(qtbot, clip, sounds / "long.wav")
    qtbot.keyClick(view, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: len(speaker.played) == 1, timeout=SOON_MS)
    qtbot.mouseClick(view.spectrogram, Qt.MouseButton.LeftButton, pos=at(view, 4.0))
    qtbot.waitUntil(lambda: len(speaker.played) == 2, timeout=SOON_MS)
    assert speaker.played[1].start_s == pytest.approx(4.0, abs=0.02)
    qtbot.waitUntil(lambda: view.position_s == speaker.played[1].start_s + 0.1, timeout=SOON_MS)


def test_a_segment_is_heard_to_its_end_and_again(
    qtbot: QtBot, clip: tuple[ClipView, ClipController], speaker: Speaker, sounds: Path
) -> None:
    view, controller = clip
    opened(qtbot, clip, sounds / "long.wav")
    speaker.time_s = lambda playback: 5.0
    controller.select(3.0, 5.0, play=True)
    qtbot.waitUntil(lambda: view.position_s == 5.0, timeout=SOON_MS)
    assert (speaker.played[0].start_s, speaker.played[0].end_s, speaker.played[0].loop_s) == (3.0, 5.0, None)
    qtbot.waitUntil(lambda: view.play_bar.play_button.accessibleName() == "Play", timeout=SOON_MS)
    qtbot.keyClick(view, Qt.Key.Key_L)
    speaker.time_s = lambda playback: 3.5
    qtbot.keyClick(view, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: len(speaker.played) == 2, timeout=SOON_MS)
    assert (speaker.played[1].start_s, speaker.played[1].end_s, speaker.played[1].loop_s) == (3.0, 5.0, 3.0)


def test_a_click_beside_the_chosen_segment_leaves_it(
    qtbot: QtBot, clip: tuple[ClipView, ClipController], speaker: Speaker, sounds: Path
) -> None:
    view, controller = clip
    opened(qtbot, clip, sounds / "long.wav")
    controller.select(3.0, 5.0)
    assert view.waveform.selection == (3.0, 5.0)
    qtbot.mouseClick(view.spectrogram, Qt.MouseButton.LeftButton, pos=at(view, 8.0))
    assert view.waveform.selection is None
    qtbot.keyClick(view, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: len(speaker.played) == 1, timeout=SOON_MS)
    assert speaker.played[0].end_s is None


def test_volume_reaches_the_player_and_the_settings(
    qtbot: QtBot, clip: tuple[ClipView, ClipController], speaker: Speaker, sounds: Path, tmp_path: Path
) -> None:
    view, _ = clip
    opened(qtbot, clip, sounds / "long.wav")
    qtbot.keyClick(view, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: len(speaker.played) == 1, timeout=SOON_MS)
    assert speaker.played[0].volume == 0.8
    qtbot.keyClick(view.play_bar.volume, Qt.Key.Key_Home)
    assert speaker.played[0].volume == 0.0
    assert Settings(tmp_path / "settings.json").value.volume == 0.0


def test_without_an_output_nothing_plays_and_the_reason_is_shown(
    qtbot: QtBot, clip: tuple[ClipView, ClipController], speaker: Speaker, sounds: Path
) -> None:
    view, controller = clip
    speaker.found = OutputMissing("No sound output was found")
    opened(qtbot, clip, sounds / "long.wav")
    qtbot.waitUntil(lambda: not view.play_bar.play_button.isEnabled(), timeout=SOON_MS)
    assert view.play_bar.note.text() == "No sound output was found"
    controller.select(1.0, 2.0, play=True)
    assert speaker.played == []
    assert view.position_s == 1.0


def test_an_output_that_goes_while_it_plays_is_told(
    qtbot: QtBot, clip: tuple[ClipView, ClipController], speaker: Speaker, sounds: Path
) -> None:
    view, controller = clip
    opened(qtbot, clip, sounds / "long.wav")
    speaker.breaks = True
    with qtbot.waitSignal(controller.told, timeout=SOON_MS):
        qtbot.keyClick(view, Qt.Key.Key_Space)
    assert view.play_bar.play_button.accessibleName() == "Play"
    assert "has gone" in view.play_bar.note.text()
    speaker.breaks = False
    qtbot.waitUntil(lambda: controller._sound._worker is None, timeout=SOON_MS)
    qtbot.keyClick(view, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: bool(len(speaker.played) == 2 and view.play_bar.note.text() == ""), timeout=SOON_MS)


def test_closing_while_busy_leaves_no_thread(
    qtbot: QtBot, clip: tuple[ClipView, ClipController], speaker: Speaker, sounds: Path
) -> None:
    view, controller = clip
    controller.open(sounds / "long.wav", 9.0)
    view.show_span(1, 2)
    qtbot.keyClick(view, Qt.Key.Key_Space)
    controller.shut_down()
    assert all(worker.isFinished() for worker in controller._pictures._workers)


def test_a_recording_of_many_hours_is_seen_soon_and_filled_from_the_left(
    qtbot: QtBot, clip: tuple[ClipView, ClipController], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aaccore.spectrogram.PART_S", 0.0)
    path = tmp_path / "long.wav"
    with soundfile.SoundFile(path, "w", 1000, 1, "PCM_U8") as file:
        for _ in range(5):
            file.write(np.full(3600 * 1000, 0.25, np.float32))
    view, controller = clip
    filled: list[int] = []
    seen = view.show_overview
    monkeypatch.setattr(view, "show_overview", lambda part: (filled.append(part.first), seen(part)))
    controller.open(path)
    qtbot.waitUntil(lambda: len(filled) > 20, timeout=SOON_MS)
    assert view.duration_s == 5 * 3600
    assert filled[:20] == sorted(filled[:20])
    view.show_span(7200, 7210)
    qtbot.waitUntil(lambda: any(t.start_s <= 7205 <= t.end_s for t in view.waveform.tiles), timeout=SOON_MS)
