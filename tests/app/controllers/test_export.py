from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from aaccore.events import Candidate, ClipCaptioned, Segment
from aaccore.library import Library
from app.controllers.export import ExportController
from app.settings import Settings

CAPTIONS = ("A dog barks.", "Rain falls on a roof.")


@pytest.fixture
def library(tmp_path: Path) -> tuple[Path, list[int]]:
    """A library with two captioned recordings, of 8 s each."""
    path = tmp_path / "library.sqlite"
    sounds = tmp_path / "sounds"
    sounds.mkdir()
    for name in ("one.wav", "two.wav"):
        (sounds / name).write_bytes(b"sound of " + name.encode())
    with Library(path) as library:
        ids = library.add([sounds / "one.wav", sounds / "two.wav"])
        for id in ids:
            row = library.claim("test:1:x")
            assert row is not None
            segments = tuple(
                Segment(4.0 * at, 4.0 * at + 4, said, (Candidate(said, -0.1),)) for at, said in enumerate(CAPTIONS)
            )
            library.finish(id, ClipCaptioned(row.path, 8.0, segments), "tiny")
    return path, ids


@pytest.fixture
def export(qtbot, tmp_path: Path, library: tuple[Path, list[int]]) -> Iterator[ExportController]:
    window = QWidget()
    qtbot.addWidget(window)
    controller = ExportController(Settings(tmp_path / "settings.json"), library[0], window)
    yield controller
    controller.shut_down()


def press_export(qtbot, export: ExportController) -> None:
    assert export.dialog is not None
    qtbot.mouseClick(export.dialog.export_button, Qt.MouseButton.LeftButton)


def choose(export: ExportController, form: str) -> None:
    assert export.dialog is not None
    export.dialog.form.format.setCurrentIndex(export.dialog.form.format.findData(form))


def test_chosen_recordings_are_written_beside_their_sounds_and_the_choice_is_kept(
    qtbot, export: ExportController, library: tuple[Path, list[int]], tmp_path: Path
) -> None:
    export.open_for(library[1])
    choose(export, "jsonl")
    with qtbot.waitSignal(export.told), qtbot.waitSignal(export.wrote) as wrote:
        press_export(qtbot, export)
    assert wrote.args[0] == [tmp_path / "sounds" / name for name in ("one.jsonl", "two.jsonl")]
    (row,) = [json.loads(line) for line in wrote.args[0][0].read_text(encoding="utf-8").splitlines()]
    assert row["caption"] == "A dog barks. Rain falls on a roof."
    qtbot.waitUntil(lambda: export.dialog is None)
    assert Settings(tmp_path / "settings.json").value.export_format == "jsonl"


def test_the_preview_follows_the_choice(qtbot, export: ExportController, library: tuple[Path, list[int]]) -> None:
    export.open_for(library[1][:1])
    dialog = export.dialog
    assert dialog is not None
    qtbot.waitUntil(lambda: "[dog barks]" in dialog.preview.toPlainText())
    assert "one.srt" in dialog.preview_heading.text()
    for form in ("csv", "raven", "audacity"):
        choose(export, form)
    qtbot.waitUntil(lambda: "one.labels.txt" in dialog.preview_heading.text())
    assert dialog.preview.toPlainText().startswith("0.000000\t4.000000\tA dog barks.")


def test_a_live_session_is_exported_by_the_clock(
    qtbot, export: ExportController, library: tuple[Path, list[int]], tmp_path: Path
) -> None:
    path, ids = library
    with Library(path) as opened:
        opened.finish(ids[0], replace(opened.clip(ids[0]), started=datetime(2026, 5, 31, 21, 30, 0)), "tiny")
    export.open_for(ids[:1])
    dialog = export.dialog
    assert dialog is not None
    qtbot.waitUntil(dialog.form.times.isVisible)
    qtbot.keyClick(dialog.form.times, Qt.Key.Key_Down)
    qtbot.waitUntil(lambda: "21:30:00,000 -->" in dialog.preview.toPlainText())
    with qtbot.waitSignal(export.wrote) as wrote:
        press_export(qtbot, export)
    assert "21:30:04,000 -->" in wrote.args[0][0].read_text(encoding="utf-8")
    assert Settings(tmp_path / "settings.json").value.export_times == "clock"


def test_a_correction_is_what_is_exported(qtbot, export: ExportController, library: tuple[Path, list[int]]) -> None:
    with Library(library[0]) as opened:
        opened.correct(opened.segments(library[1][0])[0].id, "A fox barks.")
    export.open_for(library[1][:1])
    with qtbot.waitSignal(export.wrote) as wrote:
        press_export(qtbot, export)
    text = wrote.args[0][0].read_text(encoding="utf-8")
    assert "[fox barks]" in text
    assert "dog" not in text


def test_a_folder_that_cannot_be_written_to_warns_and_another_is_taken(
    qtbot, export: ExportController, library: tuple[Path, list[int]], tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    export.open_for(library[1][:1])
    dialog = export.dialog
    assert dialog is not None
    dialog.form.in_folder.setChecked(True)
    dialog.form.folder.line.setText(str(tmp_path / "file" / "inner"))
    with qtbot.waitSignal(export.exported) as exported:
        press_export(qtbot, export)
    assert exported.args == [library[1][0]]
    qtbot.waitUntil(dialog.again.isVisible)
    with Library(library[0]) as opened:
        assert "cannot be written to" in opened.row(library[1][0]).complaints()[0]
        assert opened.row(library[1][0]).written is None
    qtbot.mouseClick(dialog.again, Qt.MouseButton.LeftButton)
    dialog.form.folder.line.setText(str(tmp_path / "good"))
    with qtbot.waitSignal(export.wrote) as wrote:
        press_export(qtbot, export)
    assert wrote.args[0] == [tmp_path / "good" / "one.srt"]
    with Library(library[0]) as opened:
        assert opened.row(library[1][0]).written == tmp_path / "good" / "one.srt"
        assert opened.row(library[1][0]).complaints() == ()


def test_conflicts_of_a_merge_are_listed_afterwards(
    qtbot, export: ExportController, library: tuple[Path, list[int]], tmp_path: Path
) -> None:
    dialogue = tmp_path / "sounds" / "film.srt"
    said = "1\n00:00:03,000 --> 00:00:09,000\nHello.\n"
    dialogue.write_text(said, encoding="utf-8")
    export.open_for(library[1][:1])
    dialog = export.dialog
    assert dialog is not None
    dialog.form.merge.setChecked(True)
    dialog.form.dialogue.line.setText(str(dialogue))
    with qtbot.waitSignal(export.wrote) as wrote:
        press_export(qtbot, export)
    qtbot.waitUntil(dialog.outcome.conflicts.isVisible)
    assert "Rain falls on a roof." in dialog.outcome.conflicts.toPlainText()
    assert wrote.args[0] == [tmp_path / "sounds" / "film.sdh.srt"]
    assert "[dog barks]" in wrote.args[0][0].read_text(encoding="utf-8")
    assert dialogue.read_text(encoding="utf-8") == said
    qtbot.mouseClick(dialog.cancel, Qt.MouseButton.LeftButton)
    assert export.dialog is None


def test_a_dialogue_without_subtitles_is_told_in_the_preview(
    qtbot, export: ExportController, library: tuple[Path, list[int]], tmp_path: Path
) -> None:
    (tmp_path / "film.srt").write_text("nothing", encoding="utf-8")
    export.open_for(library[1][:1])
    dialog = export.dialog
    assert dialog is not None
    dialog.form.merge.setChecked(True)
    dialog.form.dialogue.line.setText(str(tmp_path / "film.srt"))
    qtbot.waitUntil(lambda: "no subtitles" in dialog.preview_heading.text())


def test_new_captions_are_written_by_themselves_only_if_wanted(
    qtbot, export: ExportController, library: tuple[Path, list[int]], tmp_path: Path
) -> None:
    export.automatic(library[1][0])
    assert not list((tmp_path / "sounds").glob("*.srt"))
    export._settings.change(export_automatically=True, export_format="csv")
    for id in library[1]:
        export.automatic(id)
    made = [tmp_path / "sounds" / name for name in ("one.csv", "two.csv")]
    qtbot.waitUntil(lambda: all(path.exists() for path in made))
    qtbot.waitUntil(lambda: export._worker is None)


def test_closing_the_dialog_stops_what_it_asked_for(
    qtbot, export: ExportController, library: tuple[Path, list[int]]
) -> None:
    export.open_for(library[1])
    press_export(qtbot, export)
    assert export.dialog is not None
    qtbot.keyClick(export.dialog, Qt.Key.Key_Escape)
    assert export.dialog is None
    qtbot.waitUntil(lambda: export._worker is None)


def test_what_is_not_captioned_yet_is_told_and_the_others_are_written(
    qtbot, export: ExportController, library: tuple[Path, list[int]], tmp_path: Path
) -> None:
    with Library(library[0]) as opened:
        (waiting,) = opened.add([tmp_path / "sounds" / "three.wav"])
    export.open_for([library[1][0], waiting])
    dialog = export.dialog
    assert dialog is not None
    with qtbot.waitSignal(export.wrote) as wrote:
        press_export(qtbot, export)
    assert [path.name for path in wrote.args[0]] == ["one.srt"]
    qtbot.waitUntil(dialog.outcome.failures.isVisible)
    assert "three.wav: not captioned yet" in dialog.outcome.failures.toPlainText()


def test_a_recording_that_is_gone_is_an_error_in_words(
    qtbot, export: ExportController, library: tuple[Path, list[int]]
) -> None:
    with qtbot.waitSignal(export.failed) as failed:
        export.open_for([999])
    assert "999" in failed.args[0]
