from __future__ import annotations

import itertools
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QLineEdit
from pytestqt.qtbot import QtBot

from aaccore.library import Library
from aaccore.records import ClipRow
from app import jobs
from app.controllers.captions import CaptionsController
from app.settings import Settings
from app.views.caption_page import CaptionPage
from app.worker import Worker

PATIENCE_MS = 30_000
Start = Callable[[], CaptionsController]


@pytest.fixture
def start(qtbot: QtBot, tmp_path: Path, tiny_model: Path) -> Iterator[Start]:
    """Open the page as the window does; each call is a new start of the program on the same library."""
    running: list[CaptionsController] = []

    def make() -> CaptionsController:
        settings = Settings(tmp_path / "settings.json")
        settings.change(model=str(tiny_model), device="cpu")
        page = CaptionPage()
        qtbot.addWidget(page)
        controller = CaptionsController(page, tmp_path / "library.sqlite", settings)
        page.resize(1000, 700)
        page.show()
        page.activateWindow()
        qtbot.waitUntil(page.isActiveWindow)
        running.append(controller)
        return controller

    yield make
    for controller in running:
        controller.shut_down()


@pytest.fixture
def captions(start: Start) -> CaptionsController:
    return start()


def rows(captions: CaptionsController) -> dict[str, ClipRow]:
    """What the table shows, by file name."""
    clips = captions.page.table.clips
    shown = (clips.row(clips.index(place, 0)) for place in range(clips.rowCount()))
    return {row.path.name: row for row in shown}


def states(captions: CaptionsController) -> dict[str, str]:
    return {name: row.state for name, row in rows(captions).items()}


def only_beside(function: Callable[..., object], called: list[str]) -> Callable[..., object]:
    """The function, which fails when the window's thread calls it."""

    def watched(*arguments: object, **named: object) -> object:
        assert threading.current_thread() is not threading.main_thread(), f"{function} in the window's thread"
        called.append(function.__name__)
        return function(*arguments, **named)

    return watched


def all_done(captions: CaptionsController, count: int) -> bool:
    shown = states(captions)
    return len(shown) == count and set(shown.values()) == {"done"}


def choose(captions: CaptionsController, name: str) -> None:
    captions.page.table.choose(rows(captions)[name].id)
    captions.page.table.setFocus()


def test_a_dropped_file_becomes_a_row_with_its_caption(
    captions: CaptionsController, sounds: Path, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(captions.device_found, timeout=PATIENCE_MS) as found:
        captions.add([sounds / "long.wav"])
    qtbot.waitUntil(lambda: all_done(captions, 1), timeout=PATIENCE_MS)
    row = rows(captions)["long.wav"]
    shown = captions.page.panel.captions.captions.segments()
    assert found.args == ["cpu", "it was asked for"]
    assert (row.duration_s, row.caption) == (9.0, " ".join(segment.caption for segment in shown))
    assert len(shown) >= 1


def test_a_demo_sound_is_captioned_with_one_click(captions: CaptionsController, qtbot: QtBot) -> None:
    qtbot.mouseClick(captions.page.empty.demo_buttons()[0], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: all_done(captions, 1), timeout=PATIENCE_MS)
    assert captions.page.table.isVisible()
    assert not captions.page.empty.isVisible()


def test_a_bad_file_in_a_dropped_folder_of_good_ones_says_why_and_stops_no_other(
    captions: CaptionsController, sounds: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    bad = tmp_path / "bad.wav"
    bad.write_text("no sound")
    told: list[str] = []
    captions.told.connect(told.append)
    captions.add([bad, sounds])
    qtbot.waitUntil(lambda: len(states(captions)) == 6 and not captions.queue.busy(), timeout=PATIENCE_MS)
    shown = states(captions)
    assert shown.pop("bad.wav") == "failed"
    assert set(shown.values()) == {"done"}
    choose(captions, "bad.wav")
    reason = captions.page.panel.message
    assert "not a sound file" in reason.text()
    assert reason.isVisible()
    assert reason.textInteractionFlags() & Qt.TextInteractionFlag.TextSelectableByMouse
    assert "Added: 6" in told


def test_what_is_no_sound_in_a_folder_is_left_out_and_counted(
    captions: CaptionsController, sounds: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    folder = tmp_path / "mixed"
    shutil.copytree(sounds, folder)
    (folder / "notes.txt").write_text("words")
    with qtbot.waitSignal(captions.told, timeout=PATIENCE_MS) as told:
        captions.add([folder])
    assert told.args == ["Added: 5; left out, as they are no sound: 1"]
    qtbot.waitUntil(lambda: all_done(captions, 5), timeout=PATIENCE_MS)


def test_a_cancelled_file_can_be_captioned_after_all(captions: CaptionsController, sounds: Path, qtbot: QtBot) -> None:
    captions.pause(True)
    captions.add([sounds / "tone.wav", sounds / "noise.flac"])
    qtbot.waitUntil(lambda: len(states(captions)) == 2, timeout=PATIENCE_MS)
    choose(captions, "tone.wav")
    QTest.keyClick(captions.page.table, Qt.Key.Key_Period, Qt.KeyboardModifier.ControlModifier)
    assert states(captions) == {"tone.wav": "cancelled", "noise.flac": "waiting"}
    captions.pause(False)
    qtbot.waitUntil(lambda: states(captions)["noise.flac"] == "done" and not captions.queue.busy(), timeout=PATIENCE_MS)
    assert states(captions)["tone.wav"] == "cancelled"
    qtbot.mouseClick(captions.page.panel.retry_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: all_done(captions, 2), timeout=PATIENCE_MS)


def test_the_file_under_way_can_be_cancelled(captions: CaptionsController, sounds: Path, qtbot: QtBot) -> None:
    captions.add([sounds / "long.wav", sounds / "tone.wav"])
    qtbot.waitUntil(lambda: states(captions).get("long.wav") == "captioning", timeout=PATIENCE_MS)
    captions.cancel([rows(captions)["long.wav"].id])
    qtbot.waitUntil(
        lambda: states(captions).get("tone.wav") == "done" and not captions.queue.busy(), timeout=PATIENCE_MS
    )
    assert states(captions)["long.wav"] == "cancelled"


def test_a_paused_queue_stands_still_and_goes_on(captions: CaptionsController, sounds: Path, qtbot: QtBot) -> None:
    captions.add([sounds])
    qtbot.waitUntil(lambda: captions.queue.busy() and captions.page.pause_button.isEnabled(), timeout=PATIENCE_MS)
    qtbot.mouseClick(captions.page.pause_button, Qt.MouseButton.LeftButton)
    assert captions.page.pause_button.text() == "Go on"
    qtbot.waitUntil(lambda: len(states(captions)) == 5, timeout=PATIENCE_MS)
    assert "waiting" in states(captions).values()
    qtbot.mouseClick(captions.page.pause_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: all_done(captions, 5), timeout=PATIENCE_MS)


def test_the_queue_waits_and_says_so_while_something_else_runs_the_model(
    captions: CaptionsController, sounds: Path, qtbot: QtBot
) -> None:
    captions.hold("The queue waits while Auricle listens.")
    captions.add([sounds / "tone.wav"])
    qtbot.waitUntil(lambda: states(captions) == {"tone.wav": "waiting"}, timeout=PATIENCE_MS)
    notice = captions.page.notice
    assert notice.isVisible()
    assert "while Auricle listens" in " ".join(label.text() for label in notice.findChildren(QLabel))
    captions.hold("A model is being evaluated.", by="training")
    captions.hold(None, by="training")
    assert "while Auricle listens" in " ".join(label.text() for label in notice.findChildren(QLabel))
    assert states(captions) == {"tone.wav": "waiting"}
    captions.hold(None)
    assert not notice.isVisible()
    qtbot.waitUntil(lambda: all_done(captions, 1), timeout=PATIENCE_MS)


def test_caption_next_moves_a_file_to_the_front(captions: CaptionsController, sounds: Path, qtbot: QtBot) -> None:
    captions.pause(True)
    captions.add([sounds / "tone.wav", sounds / "silence.wav", sounds / "noise.flac"])
    qtbot.waitUntil(lambda: len(states(captions)) == 3, timeout=PATIENCE_MS)
    choose(captions, "noise.flac")
    QTest.keyClick(captions.page.table, Qt.Key.Key_Up, Qt.KeyboardModifier.ControlModifier)
    with qtbot.waitSignal(
        captions.queue_changed, timeout=PATIENCE_MS, check_params_cb=lambda words: "noise.flac" in words
    ):
        captions.pause(False)
    qtbot.waitUntil(lambda: all_done(captions, 3), timeout=PATIENCE_MS)


def test_an_edited_caption_keeps_the_machine_s_beside_it_and_can_be_undone(
    captions: CaptionsController, sounds: Path, qtbot: QtBot
) -> None:
    captions.add([sounds / "tone.wav"])
    qtbot.waitUntil(lambda: all_done(captions, 1) and not captions.queue.busy(), timeout=PATIENCE_MS)
    machine = rows(captions)["tone.wav"].caption
    choose(captions, "tone.wav")
    QTest.keyClick(captions.page.table, Qt.Key.Key_F2)
    line = captions.page.panel.captions.findChild(QLineEdit)
    QTest.keyClicks(line, "A tuning fork sounds.")
    QTest.keyClick(line, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: rows(captions)["tone.wav"].caption == "A tuning fork sounds.")
    segment = captions.page.panel.captions.captions.segments()[0]
    assert (segment.caption, segment.machine) == ("A tuning fork sounds.", machine)
    captions.undo.undo()
    assert (rows(captions)["tone.wav"].caption, rows(captions)["tone.wav"].corrected) == (machine, False)
    captions.undo.redo()
    assert rows(captions)["tone.wav"].corrected


def test_removed_rows_come_back_by_undo(captions: CaptionsController, sounds: Path, qtbot: QtBot) -> None:
    captions.add([sounds / "tone.wav", sounds / "noise.flac"])
    qtbot.waitUntil(lambda: all_done(captions, 2) and not captions.queue.busy(), timeout=PATIENCE_MS)
    before = rows(captions)
    captions.page.table.setFocus()
    captions.page.table.selectAll()
    QTest.keyClick(captions.page.table, Qt.Key.Key_Delete)
    assert rows(captions) == {}
    assert captions.page.empty.isVisible()
    QTest.keyClick(captions.page, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert rows(captions) == before


def test_captions_of_several_files_are_copied_with_their_names(
    captions: CaptionsController, sounds: Path, qtbot: QtBot
) -> None:
    captions.add([sounds / "tone.wav", sounds / "silence.wav"])
    qtbot.waitUntil(lambda: all_done(captions, 2), timeout=PATIENCE_MS)
    captions.page.table.selectAll()
    captions.page.table.setFocus()
    QTest.keyClick(captions.page.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    lines = [f"{name}\t{row.caption}" for name, row in rows(captions).items()]
    assert QGuiApplication.clipboard().text().splitlines() == lines


def test_what_waited_is_offered_at_the_next_start_and_a_new_file_does_not_wait_for_the_answer(
    start: Start, sounds: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    with Library(tmp_path / "library.sqlite") as library:
        library.add([sounds / "tone.wav", sounds / "silence.wav"])
    captions = start()
    assert captions.page.notice.isVisible()
    captions.add([sounds / "noise.flac"])
    qtbot.waitUntil(
        lambda: states(captions).get("noise.flac") == "done" and not captions.queue.busy(), timeout=PATIENCE_MS
    )
    assert states(captions) == {"tone.wav": "waiting", "silence.wav": "waiting", "noise.flac": "done"}
    qtbot.mouseClick(captions.page.go_on_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: all_done(captions, 3), timeout=PATIENCE_MS)


def test_not_now_lets_the_queue_wait_until_go_on(start: Start, sounds: Path, tmp_path: Path, qtbot: QtBot) -> None:
    with Library(tmp_path / "library.sqlite") as library:
        library.add([sounds / "tone.wav"])
    captions = start()
    qtbot.mouseClick(captions.page.not_now_button, Qt.MouseButton.LeftButton)
    assert not captions.page.notice.isVisible()
    assert not captions.queue.busy()
    qtbot.mouseClick(captions.page.pause_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: all_done(captions, 1), timeout=PATIENCE_MS)


def test_closing_while_busy_lets_the_file_wait_again(start: Start, sounds: Path, tmp_path: Path, qtbot: QtBot) -> None:
    captions = start()
    captions.add([sounds / "long.wav"])
    qtbot.waitUntil(lambda: states(captions) == {"long.wav": "captioning"}, timeout=PATIENCE_MS)
    captions.shut_down()
    with Library(tmp_path / "library.sqlite") as library:
        assert [row.state for row in library.rows()] == ["waiting"]


def test_closing_at_once_after_a_drop_leaves_nothing_that_would_use_the_closed_library(
    captions: CaptionsController, tmp_path: Path, qtbot: QtBot
) -> None:
    captions.pause(True)
    captions.add([tmp_path / f"{number:04}.wav" for number in range(2_000)])
    assert captions.findChild(Worker).wait(PATIENCE_MS)  # its events lie in the window's queue
    captions.shut_down()
    with qtbot.captureExceptions() as raised:
        QCoreApplication.processEvents()
    assert raised == []


def test_each_caption_is_exported_by_itself_if_wanted_and_its_row_says_where_to(
    captions: CaptionsController, sounds: Path, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    captions.settings.change(export_automatically=True, export_format="srt", export_folder=str(tmp_path / "out"))
    captions.add([sounds / "tone.wav"])
    made = tmp_path / "out" / "tone.srt"
    qtbot.waitUntil(lambda: all_done(captions, 1) and rows(captions)["tone.wav"].written == made, timeout=PATIENCE_MS)
    assert rows(captions)["tone.wav"].caption.lower().rstrip(".") in made.read_text(encoding="utf-8")
    button = captions.page.panel.written_button
    assert (button.text(), button.isVisible()) == ("tone.srt", True)
    shown: list[Path] = []
    monkeypatch.setattr("app.controllers.clip_captions.show_in_folder", lambda path: shown.append(path) or True)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert shown == [made]


def test_a_folder_that_takes_no_export_is_a_warning_on_the_row_and_stops_nothing(
    captions: CaptionsController, sounds: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    (tmp_path / "file").touch()
    captions.settings.change(export_automatically=True, export_folder=str(tmp_path / "file" / "inner"))
    captions.add([sounds / "tone.wav", sounds / "silence.wav"])
    qtbot.waitUntil(
        lambda: all_done(captions, 2) and all(row.unwritten for row in rows(captions).values()), timeout=PATIENCE_MS
    )
    choose(captions, "tone.wav")
    assert "cannot be written to" in captions.page.panel.warnings.text()
    assert captions.page.panel.warnings.isVisible()
    assert captions.page.table.clips.index(0, 2).data() == "Done, warning"


def test_what_is_done_with_several_chosen_rows_is_done_with_all_it_fits(
    captions: CaptionsController, sounds: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    bad = tmp_path / "bad.wav"
    bad.write_text("no sound")
    captions.add([sounds / "tone.wav", bad, sounds / "silence.wav"])
    qtbot.waitUntil(lambda: len(states(captions)) == 3 and not captions.queue.busy(), timeout=PATIENCE_MS)
    shutil.copy(sounds / "noise.flac", bad)  # it can be read now
    table = captions.page.table
    table.setFocus()
    table.selectAll()
    assert len(table.fitting("export")) == 2
    QTest.keyClick(table, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: all_done(captions, 3) and not captions.queue.busy(), timeout=PATIENCE_MS)
    table.selectAll()
    assert len(table.fitting("export")) == 3
    QTest.keyClick(table, Qt.Key.Key_Delete)
    assert states(captions) == {}


def test_a_file_that_went_or_cannot_be_opened_since_it_was_dropped_says_so_and_the_next_goes_on(
    captions: CaptionsController, sounds: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    gone = tmp_path / "gone.wav"
    shutil.copy(sounds / "tone.wav", gone)
    captions.pause(True)
    captions.add([gone, sounds / "silence.wav"])
    qtbot.waitUntil(lambda: len(states(captions)) == 2, timeout=PATIENCE_MS)
    gone.unlink()
    captions.pause(False)
    qtbot.waitUntil(lambda: states(captions)["silence.wav"] == "done", timeout=PATIENCE_MS)
    assert states(captions)["gone.wav"] == "failed"
    choose(captions, "gone.wav")
    assert "not found" in captions.page.panel.message.text() or "no such file" in captions.page.panel.message.text()


def test_a_file_that_is_another_one_now_is_shown_and_captioned_as_it_is(
    captions: CaptionsController, sounds: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    place = tmp_path / "take.wav"
    shutil.copy(sounds / "tone.wav", place)
    captions.add([place])
    qtbot.waitUntil(lambda: all_done(captions, 1) and not captions.queue.busy(), timeout=PATIENCE_MS)
    shutil.copy(sounds / "long.wav", place)  # while it is open
    captions.retry([rows(captions)["take.wav"].id])
    qtbot.waitUntil(lambda: rows(captions)["take.wav"].duration_s == 9.0, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: all_done(captions, 1) and not captions.queue.busy(), timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: captions.page.panel.clip_view.duration_s == pytest.approx(9.0), timeout=PATIENCE_MS)


def test_two_windows_on_one_library_share_the_queue_and_do_nothing_twice(
    start: Start, sounds: Path, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    process, number = jobs.this_process(), itertools.count()
    monkeypatch.setattr(jobs, "this_process", lambda: f"{process}{next(number)}")  # as if each were one of its own
    first, second = start(), start()
    first.pause(True)
    second.pause(True)
    first.add([sounds])
    qtbot.waitUntil(lambda: len(states(first)) == 5, timeout=PATIENCE_MS)
    captioned: list[int] = []
    for captions in (first, second):
        captions.queue.captioned.connect(captioned.append)
    first.pause(False)
    second.pause(False)
    with Library(tmp_path / "library.sqlite") as library:
        qtbot.waitUntil(lambda: library.counts()["done"] == 5, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: not first.queue.busy() and not second.queue.busy(), timeout=PATIENCE_MS)
    assert sorted(captioned) == sorted(row.id for row in rows(first).values())


def test_a_model_that_cannot_be_loaded_pauses_the_queue_with_a_word(
    captions: CaptionsController, sounds: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    captions.settings.change(model=str(tmp_path / "nowhere"))
    with qtbot.waitSignal(captions.failed, timeout=PATIENCE_MS) as failed:
        captions.add([sounds / "tone.wav", sounds / "noise.flac"])
    qtbot.waitUntil(lambda: not captions.queue.busy(), timeout=PATIENCE_MS)
    assert "nowhere" in failed.args[0]
    assert captions.page.pause_button.text() == "Go on"
    assert set(states(captions).values()) == {"waiting"}


def test_ten_thousand_files_are_listed_filtered_and_sorted(
    captions: CaptionsController, tmp_path: Path, qtbot: QtBot
) -> None:
    captions.pause(True)
    captions.add([tmp_path / f"{number:05}.wav" for number in range(10_000)])
    clips = captions.page.table.clips
    qtbot.waitUntil(lambda: clips.rowCount() == 10_000, timeout=PATIENCE_MS)
    QTest.keyClicks(captions.page.filter_field, "0999")
    assert clips.rowCount() == 11
    captions.page.filter_field.clear()
    captions.page.table.sortByColumn(0, Qt.SortOrder.DescendingOrder)
    assert clips.index(0, 0).data() == "09999.wav"


def test_the_window_s_thread_neither_decodes_nor_walks_nor_runs_the_network(
    captions: CaptionsController, sounds: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    import aaccore.captioner
    import aaccore.decoders
    import aaccore.spectrogram

    guarded = [
        (os, "walk"), (os, "scandir"), (aaccore.decoders, "probe"), (aaccore.decoders, "decode"),
        (aaccore.captioner.Captioner, "__init__"), (aaccore.captioner.Captioner, "encode"),
        (aaccore.captioner.Captioner, "search"), (aaccore.captioner, "windows"),
    ]  # fmt: skip
    called: list[str] = []
    for owner, name in guarded:
        monkeypatch.setattr(owner, name, only_beside(getattr(owner, name), called))
    jobs.captioner.cache_clear()
    captions.add([sounds])
    qtbot.waitUntil(lambda: all_done(captions, 5) and not captions.queue.busy(), timeout=PATIENCE_MS)
    for name in list(rows(captions)):
        choose(captions, name)
    captions.retry([rows(captions)["tone.wav"].id])
    qtbot.waitUntil(lambda: all_done(captions, 5) and not captions.queue.busy(), timeout=PATIENCE_MS)
    assert {"probe", "decode", "__init__", "encode", "search"} <= set(called)


PROGRAM = """
import sys
from pathlib import Path
from PySide6.QtWidgets import QApplication
from app.controllers.captions import CaptionsController
from app.settings import Settings
from app.views.caption_page import CaptionPage

folder, model, sounds = map(Path, sys.argv[1:])
app = QApplication([])
settings = Settings(folder / "settings.json")
settings.change(model=str(model), device="cpu")
page = CaptionPage()
captions = CaptionsController(page, folder / "library.sqlite", settings)
clips, told = page.table.clips, set()

def look():
    for place in range(clips.rowCount()):
        row = clips.row(clips.index(place, 0))
        if row.state == "done" and row.id not in told:
            told.add(row.id)
            print(row.id, row.caption, flush=True)

clips.rows_changed.connect(look)
captions.add([sounds])
app.exec()
"""


@pytest.mark.slow
def test_after_a_kill_nothing_that_was_shown_as_done_is_lost_or_done_again(
    start: Start, sounds: Path, tiny_model: Path, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = tmp_path / "many"
    many.mkdir()
    for number in range(12):
        shutil.copy(sounds / "tone.wav", many / f"{number}.wav")
    shown: dict[int, str] = {}
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(tmp_path), str(tiny_model), str(many)], stdout=subprocess.PIPE, text=True
    ) as program:
        assert program.stdout is not None
        while len(shown) < 3:
            number, _, caption = program.stdout.readline().strip().partition(" ")
            shown[int(number)] = caption
        program.send_signal(signal.SIGKILL)
    claimed: list[int] = []
    original = jobs.caption_next

    def watched(*arguments: object) -> Iterator[jobs.QueueEvent]:
        for event in original(*arguments):  # type: ignore[arg-type]
            if isinstance(event, jobs.Claimed):
                claimed.append(event.row.id)
            yield event

    monkeypatch.setattr(jobs, "caption_next", watched)
    captions = start()
    kept = {row.id: row.caption for row in rows(captions).values() if row.state == "done"}
    assert shown.items() <= kept.items()
    qtbot.mouseClick(captions.page.go_on_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: all_done(captions, 12), timeout=PATIENCE_MS)
    assert not set(claimed) & set(kept)
    assert sorted([*claimed, *kept]) == sorted(row.id for row in rows(captions).values())
