"""The library page, used through the real window."""

from __future__ import annotations

import csv
import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from aaccore import library_files
from aaccore.library import Library
from app import library_jobs
from app.controllers import library_watch
from app.controllers.library import LibraryController
from app.main_window import MainWindow
from app.views.library_page import LibraryPage
from tests.aaccore.made_library import put

PATIENCE_MS = 20_000


@dataclass
class Shown:
    """The window with its library page in front, and the recordings in it by their file names."""

    window: MainWindow
    ids: dict[str, int]
    folder: Path

    @property
    def page(self) -> LibraryPage:
        return self.window.library.page

    @property
    def library(self) -> LibraryController:
        return self.window.library

    def hits(self) -> list[tuple[str, float]]:
        """File and moment of each hit that the list shows."""
        model = self.page.hits.hits
        found = [model.hit(model.index(row)) for row in range(model.rowCount())]
        return [(hit.clip.path.name, hit.start_s) for hit in found]

    def names(self) -> set[str]:
        return {name for name, _ in self.hits()}


@pytest.fixture
def folder(sounds: Path, tmp_path: Path) -> Path:
    copy = tmp_path / "recordings"
    shutil.copytree(sounds, copy)
    return copy


@pytest.fixture
def shown(open_window: Callable[[], MainWindow], folder: Path, tmp_path: Path, qtbot: QtBot) -> Shown:
    with Library(tmp_path / "library.sqlite") as library:
        ids = {
            "tone.wav": put(library, folder / "tone.wav", "A bell rings.", vectors=([1.0, 0.0],)),
            "noise.flac": put(library, folder / "noise.flac", "Rain falls on a roof.", vectors=([0.0, 1.0],)),
            "long.wav": put(
                library, folder / "long.wav", "A dog barks.", "Thunder rolls while rain falls.",
                vectors=([0.6, 0.8], [0.1, 0.9]),
            ),
            "click.wav": put(library, folder / "inner" / "click.wav", "A door closes.", model="other"),
        }  # fmt: skip
    window = open_window()
    window.captions.hold("not in this test")
    window.find_recordings()
    made = Shown(window, ids, folder)
    qtbot.waitUntil(lambda: len(made.hits()) == 4 and not made.library.searching.busy(), timeout=PATIENCE_MS)
    return made


def type_query(shown: Shown, text: str, qtbot: QtBot) -> None:
    qtbot.keyClicks(shown.page.search, text)


def wait_for(shown: Shown, names: set[str], qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: shown.names() == names and not shown.library.searching.busy(), timeout=PATIENCE_MS)


def wait_until_marked(shown: Shown, names: set[str], qtbot: QtBot) -> None:
    """Wait until these hits, and no others, are marked as missing."""
    model = shown.page.hits.hits

    def marked() -> set[str]:
        hits = [model.hit(model.index(row)) for row in range(model.rowCount())]
        return {hit.clip.path.name for hit in hits if hit.clip.missing}

    qtbot.waitUntil(lambda: marked() == names, timeout=PATIENCE_MS)


def is_missing(shown: Shown, name: str) -> bool:
    with Library(shown.folder.parent / "library.sqlite") as library:
        return library.row(shown.ids[name]).missing


def choose(shown: Shown, name: str) -> None:
    """Choose a recording's first hit, as a click does."""
    row = [found for found, _ in shown.hits()].index(name)
    shown.page.hits.setFocus()
    shown.page.hits.setCurrentIndex(shown.page.hits.hits.index(row))


def test_hits_come_as_one_types(shown: Shown, qtbot: QtBot) -> None:
    type_query(shown, "rai", qtbot)
    wait_for(shown, {"noise.flac", "long.wav"}, qtbot)
    type_query(shown, "n thunder", qtbot)
    wait_for(shown, {"long.wav"}, qtbot)
    model = shown.page.hits.hits
    hit = model.hit(model.index(0))
    assert [hit.text[first:last] for first, last in hit.marks] == ["Thunder", "rain"]
    assert shown.page.tools.count.text() == "Recordings: 1"


def test_the_search_runs_beside_the_window(shown: Shown, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    found_by: list[threading.Thread] = []
    real = library_jobs.search

    def watched(*arguments: object) -> object:
        found_by.append(threading.current_thread())
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(library_jobs, "search", watched)
    type_query(shown, "bell", qtbot)
    wait_for(shown, {"tone.wav"}, qtbot)
    assert found_by
    assert threading.main_thread() not in found_by


def test_a_hit_opens_its_recording_at_its_moment(shown: Shown, qtbot: QtBot) -> None:
    type_query(shown, "thunder", qtbot)
    wait_for(shown, {"long.wav"}, qtbot)
    qtbot.keyClick(shown.page.search, Qt.Key.Key_Down)
    panel = shown.page.panel
    assert panel.isVisible()
    assert panel.row is not None
    assert panel.row.path.name == "long.wav"
    assert panel.clip_view.position_s == 10.0
    assert tuple(panel.clip_view.waveform.selection or ()) == (10.0, 20.0)
    assert panel.captions.captions.segment(panel.captions.currentIndex()).caption == "Thunder rolls while rain falls."


def test_more_like_this_finds_the_nearest_first(shown: Shown, qtbot: QtBot) -> None:
    choose(shown, "noise.flac")
    qtbot.keyClick(shown.page.hits, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    wait_for(shown, {"long.wav", "tone.wav"}, qtbot)
    assert shown.hits() == [("long.wav", 10.0), ("tone.wav", 0.0)]
    qtbot.mouseClick(shown.page.scope.chips["like"], Qt.MouseButton.LeftButton)
    wait_for(shown, set(shown.ids), qtbot)


def test_what_cannot_be_compared_says_why(shown: Shown, qtbot: QtBot) -> None:
    choose(shown, "click.wav")
    shown.page.hits.actions_by_name["like"].trigger()
    nothing = shown.page.nothing_found
    qtbot.waitUntil(nothing.isVisible, timeout=PATIENCE_MS)
    assert "caption it again" in nothing.advice.text()


def test_filters_narrow_the_search_and_chips_take_them_away(shown: Shown, qtbot: QtBot) -> None:
    qtbot.mouseClick(shown.page.filter_button, Qt.MouseButton.LeftButton)
    form = shown.page.filters
    assert form.isVisible()
    form.model.setCurrentIndex(form.model.findData("other"))
    wait_for(shown, {"click.wav"}, qtbot)
    assert shown.page.filter_button.text() == "Filter (1)"
    qtbot.mouseClick(shown.page.scope.chips["model"], Qt.MouseButton.LeftButton)
    wait_for(shown, set(shown.ids), qtbot)
    qtbot.keyClicks(form.shortest, "15")
    wait_for(shown, {"long.wav"}, qtbot)
    qtbot.mouseClick(form.clear, Qt.MouseButton.LeftButton)
    wait_for(shown, set(shown.ids), qtbot)
    assert form.shortest.text() == ""


def test_without_a_query_one_looks_around_by_folder_day_and_what_is_heard(shown: Shown, qtbot: QtBot) -> None:
    page = shown.page
    assert ("rain", 2) in page.words.entries()
    assert [count for _, count in page.days.entries()] == [4]
    newest, folders, _, words = page.scope.ways()
    qtbot.mouseClick(folders, Qt.MouseButton.LeftButton)
    assert page.folders.isVisible()
    item = page.folders.item(1)
    assert item.text() == str(shown.folder / "inner")
    qtbot.mouseClick(page.folders.viewport(), Qt.MouseButton.LeftButton, pos=page.folders.visualItemRect(item).center())
    wait_for(shown, {"click.wav"}, qtbot)
    qtbot.mouseClick(page.scope.chips["folder"], Qt.MouseButton.LeftButton)
    qtbot.mouseClick(words, Qt.MouseButton.LeftButton)
    page.words.setFocus()
    page.words.setCurrentRow([word for word, _ in page.words.entries()].index("rain"))
    qtbot.keyClick(page.words, Qt.Key.Key_Return)
    wait_for(shown, {"noise.flac", "long.wav"}, qtbot)
    assert page.search.text() == "rain"
    assert not newest.isVisible()


def test_a_search_in_vain_helps_on(shown: Shown, qtbot: QtBot) -> None:
    type_query(shown, "elephant", qtbot)
    nothing = shown.page.nothing_found
    qtbot.waitUntil(nothing.isVisible, timeout=PATIENCE_MS)
    assert nothing.heading.text() == "Nothing found for “elephant”"
    qtbot.mouseClick(nothing.clear_button, Qt.MouseButton.LeftButton)
    wait_for(shown, set(shown.ids), qtbot)


def test_an_empty_library_says_what_will_be_here(open_window: Callable[[], MainWindow], qtbot: QtBot) -> None:
    window = open_window()
    window.find_recordings()
    page = window.library.page
    qtbot.waitUntil(page.empty.isVisible, timeout=PATIENCE_MS)
    qtbot.mouseClick(page.empty.add_button, Qt.MouseButton.LeftButton)
    window.findChild(QFileDialog).close()


def test_a_moved_file_is_marked_missing_and_found_again(shown: Shown, tmp_path: Path, qtbot: QtBot) -> None:
    moved = tmp_path / "elsewhere" / "renamed.wav"
    moved.parent.mkdir()
    page = shown.page
    choose(shown, "tone.wav")
    (shown.folder / "tone.wav").rename(moved)
    page.actions_by_name["missing"].trigger()
    qtbot.waitUntil(lambda: "missing" in page.notice.answers, timeout=PATIENCE_MS)
    qtbot.mouseClick(page.notice.answers["missing"], Qt.MouseButton.LeftButton)
    wait_for(shown, {"tone.wav"}, qtbot)
    index = page.hits.hits.index(0)
    assert "file missing" in index.data(Qt.ItemDataRole.AccessibleTextRole)
    page.actions_by_name["find"].trigger()
    dialog = shown.window.findChild(QFileDialog)
    dialog.fileSelected.emit(str(moved.parent))
    dialog.close()
    qtbot.waitUntil(lambda: "Found again: 1" in page.notice.words.text(), timeout=PATIENCE_MS)
    page.cleared.emit()
    wait_for(shown, {"renamed.wav", *shown.ids} - {"tone.wav"}, qtbot)
    assert page.panel.row is not None
    assert page.panel.row.path == moved


def test_a_file_that_goes_is_marked_unasked_and_one_that_comes_back_is_not(
    shown: Shown, tmp_path: Path, qtbot: QtBot
) -> None:
    page, away = shown.page, tmp_path / "away.wav"
    choose(shown, "tone.wav")
    (shown.folder / "tone.wav").rename(away)
    choose(shown, "noise.flac")  # what is in sight is looked for
    wait_until_marked(shown, {"tone.wav"}, qtbot)
    assert not page.lost.isVisible()
    choose(shown, "tone.wav")
    assert page.lost.isVisible()
    assert "no longer there" in page.lost.words.text()
    assert str(shown.folder / "tone.wav") in page.lost.words.text()
    qtbot.waitUntil(page.panel.clip_view.notice.isVisible, timeout=PATIENCE_MS)
    away.rename(shown.folder / "tone.wav")
    shown.window.show_page(0)
    shown.window.find_recordings()
    wait_until_marked(shown, set(), qtbot)
    assert not page.lost.isVisible()
    qtbot.waitUntil(lambda: not page.panel.clip_view.notice.isVisible(), timeout=PATIENCE_MS)


def test_the_open_recording_tells_that_its_file_has_gone_and_finds_it_again(
    shown: Shown, tmp_path: Path, qtbot: QtBot
) -> None:
    page, moved = shown.page, tmp_path / "elsewhere" / "renamed.wav"
    moved.parent.mkdir()
    choose(shown, "tone.wav")
    (shown.folder / "tone.wav").rename(moved)
    qtbot.waitUntil(page.lost.isVisible, timeout=PATIENCE_MS)
    qtbot.mouseClick(page.lost.answers["find"], Qt.MouseButton.LeftButton)
    dialog = shown.window.findChild(QFileDialog)
    dialog.fileSelected.emit(str(moved.parent))
    dialog.close()
    wait_for(shown, {"renamed.wav", *shown.ids} - {"tone.wav"}, qtbot)
    assert not page.lost.isVisible()
    assert page.panel.row is not None
    assert page.panel.row.path == moved
    assert page.hits.chosen_clips() == [shown.ids["tone.wav"]]


@pytest.mark.parametrize("scale", [1.0, 1.5])
def test_an_opened_recording_is_seen_whole_in_a_small_window_with_filters_and_a_notice_open(
    shown: Shown, scale: float, qtbot: QtBot
) -> None:
    page, window = shown.page, shown.window
    window.settings.change(font_scale=scale)
    window.resize(900, 600)
    (shown.folder / "noise.flac").unlink()
    page.actions_by_name["missing"].trigger()
    qtbot.waitUntil(lambda: "missing" in page.notice.words.text(), timeout=PATIENCE_MS)
    qtbot.mouseClick(page.filter_button, Qt.MouseButton.LeftButton)
    choose(shown, "tone.wav")
    view = page.panel.clip_view

    def in_sight(widget: QWidget) -> bool:
        return widget.visibleRegion().boundingRect() == widget.rect()

    qtbot.waitUntil(lambda: all(map(in_sight, (view.spectrogram, view.waveform, view.play_bar))), timeout=PATIENCE_MS)
    assert view.spectrogram.geometry().intersected(view.waveform.geometry()).isEmpty()
    assert page.notice.isVisible()
    qtbot.mouseClick(page.filter_button, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(page.filter_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: in_sight(page.filters.period), timeout=PATIENCE_MS)
    window.settings.change(font_scale=1.0)


def test_files_out_of_sight_are_looked_for_too_but_only_while_the_page_is_in_front(
    shown: Shown, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library_watch, "REST_MS", 1)
    monkeypatch.setattr(library_files, "LOOK_ROWS", 1)
    type_query(shown, "bell", qtbot)
    wait_for(shown, {"tone.wav"}, qtbot)
    shown.window.show_page(0)
    qtbot.waitUntil(lambda: not shown.library.watch.busy(), timeout=PATIENCE_MS)
    (shown.folder / "noise.flac").unlink()
    shown.library.watch.begin_again()
    assert not shown.library.watch.busy()
    shown.window.find_recordings()
    qtbot.waitUntil(lambda: is_missing(shown, "noise.flac"), timeout=PATIENCE_MS)


def test_closing_stops_the_look_for_files(shown: Shown) -> None:
    shown.library.watch.look_soon()
    shown.window.close()
    assert not shown.library.watch.busy()


def test_deleting_can_be_undone_and_leaves_the_sound_alone(
    shown: Shown, open_window: Callable[[], MainWindow], qtbot: QtBot
) -> None:
    clips = shown.window.captions.page.table.clips
    choose(shown, "tone.wav")
    qtbot.keyClick(shown.page.hits, Qt.Key.Key_Delete)
    wait_for(shown, set(shown.ids) - {"tone.wav"}, qtbot)
    assert clips.get(shown.ids["tone.wav"]) is None
    assert not shown.page.panel.isVisible()
    qtbot.mouseClick(shown.page.notice.answers["undo"], Qt.MouseButton.LeftButton)
    wait_for(shown, set(shown.ids), qtbot)
    assert clips.get(shown.ids["tone.wav"]) is not None
    shown.library.delete([shown.ids["tone.wav"]])
    shown.window.close()
    assert (shown.folder / "tone.wav").is_file()
    again = open_window()
    again.captions.hold("not in this test")
    again.find_recordings()
    after = Shown(again, shown.ids, shown.folder)
    wait_for(after, set(shown.ids) - {"tone.wav"}, qtbot)


def test_an_edit_on_the_library_page_shows_everywhere_and_is_found(shown: Shown, qtbot: QtBot) -> None:
    choose(shown, "tone.wav")
    segment = shown.page.panel.captions.captions.segments()[0]
    shown.page.panel.captions.corrected.emit(segment, "A kettle whistles.")
    row = shown.window.captions.page.table.clips.get(shown.ids["tone.wav"])
    assert row is not None
    assert row.caption == "A kettle whistles."
    type_query(shown, "kettle", qtbot)
    wait_for(shown, {"tone.wav"}, qtbot)


def test_edited_captions_become_a_data_set(shown: Shown, tmp_path: Path, qtbot: QtBot) -> None:
    with Library(tmp_path / "library.sqlite") as library:
        library.correct(library.segments(shown.ids["tone.wav"])[0].id, "A kettle whistles.")
    page, target = shown.page, tmp_path / "set"
    target.mkdir()
    page.actions_by_name["data"].trigger()
    dialog = shown.window.findChild(QFileDialog)
    dialog.fileSelected.emit(str(target))
    dialog.close()
    qtbot.waitUntil(lambda: "open" in page.notice.answers, timeout=PATIENCE_MS)
    assert "Clips with edited captions: 1" in page.notice.words.text()
    with (target / "captions.csv").open(encoding="utf-8") as file:
        assert [row["caption_1"] for row in csv.DictReader(file)] == ["A kettle whistles."]


def test_a_data_set_without_edits_is_refused_with_the_reason(shown: Shown, tmp_path: Path, qtbot: QtBot) -> None:
    shown.library.files.write_to(str(tmp_path / "set"))
    qtbot.waitUntil(lambda: "no caption is corrected" in shown.page.notice.words.text(), timeout=PATIENCE_MS)


def test_chosen_hits_are_copied_and_exported(shown: Shown, qtbot: QtBot) -> None:
    shown.page.hits.setFocus()
    shown.page.hits.selectAll()
    qtbot.keyClick(shown.page.hits, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert "tone.wav\tA bell rings." in QGuiApplication.clipboard().text()
    shown.page.hits.actions_by_name["export"].trigger()
    dialog = shown.library.exports.dialog
    assert dialog is not None
    dialog.reject()


def test_more_hits_are_fetched_where_the_list_has_room(
    shown: Shown, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    monkeypatch.setattr(library_jobs, "PAGE_HITS", 1)
    type_query(shown, "rain", qtbot)
    wait_for(shown, {"noise.flac", "long.wav"}, qtbot)
    qtbot.waitUntil(lambda: shown.library.searching.wanted.limit > 2, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: shown.page.tools.count.text() == "Recordings: 2", timeout=PATIENCE_MS)


def test_ctrl_f_leads_to_the_search_from_any_page(shown: Shown, qtbot: QtBot) -> None:
    window = shown.window
    window.show_page(0)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    qtbot.keyClick(window, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert window.pages.currentWidget() is shown.page
    assert shown.page.search.hasFocus()
