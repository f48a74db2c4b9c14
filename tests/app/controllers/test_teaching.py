from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton
from pytestqt.qtbot import QtBot

from aaccore import runs
from aaccore.events import ClipCaptioned, Compared, RunEnded, Segment, Taught
from aaccore.library import Library
from aaccore.recipe import FineTuning, Teaching, to_toml
from aaccore.run_log import EVENTS
from app.main_window import MainWindow
from app.settings import Settings
from app.views.taught_view import TaughtView
from tests.app.test_every_page import without_name_or_role

LONG_MS = 300_000
Opened = Callable[[], MainWindow]


@pytest.fixture(autouse=True)
def _path_of_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).resolve().parents[3]))


def fill(folder: Path, corrected: int, others: int) -> None:
    """A library with recordings of a second, some of them corrected."""
    random, t = np.random.default_rng(1), np.arange(16000) / 16000
    with Library(folder / "library.sqlite") as library:
        for number in range(corrected + others):
            path = folder / f"sound {number}.wav"
            soundfile.write(path, np.sin(2 * np.pi * random.uniform(200, 2000) * t) * random.uniform(0.1, 0.6), 16000)
            (id,) = library.add([path])
            library.finish(id, ClipCaptioned(path, 1.0, (Segment(0.0, 1.0, "A dog barks twice."),)), "tiny")
            if number < corrected:
                library.correct(library.segments(id)[0].id, "My kettle whistles.")


def click(qtbot: QtBot, button: QAbstractButton) -> None:
    assert button.isVisible()
    assert button.isEnabled()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def write_taught(folder: Path, taught: Taught, teaching: Teaching) -> None:
    """A run's folder as a teaching leaves it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / runs.TEACH).write_text(to_toml(teaching), encoding="utf-8")
    with (folder / EVENTS).open("a", encoding="utf-8") as file:
        for event in (taught, RunEnded("finished")):
            line = {"time": time.time(), "event": type(event).__name__} | asdict(event)
            file.write(json.dumps(line, default=str) + "\n")


def taught_model(folder: Path, before: float = 0.1, after: float = 0.4) -> Taught:
    held = (Compared("kettle.flac", "A bird sings.", "My kettle whistles.", "The kettle whistles."),)
    others = (Compared("a.flac", "Rain.", "Rain."), Compared("b.flac", "A bell rings.", "A kettle rings."))
    scores = [{"cider_d": score, "bleu_4": score / 2, "rouge_l": score} for score in (before, after)]
    return Taught(folder / "model", *scores, 12, held, 2, others)


def test_with_too_few_corrections_it_is_said_how_many_are_needed_and_what_to_do(
    open_window: Opened, tmp_path: Path, qtbot: QtBot
) -> None:
    fill(tmp_path, 2, 1)
    window = open_window()
    window.show_training()
    click(qtbot, window.training.page.empty.teach_button)
    dialog = window.training.teaching.dialog
    assert dialog is not None
    qtbot.waitUntil(lambda: "2 recordings. 5 are needed" in dialog.words.text())
    assert "in 3 more recordings" in dialog.steps.text()
    assert "Press F2" in dialog.steps.text()
    assert (dialog.bar.value(), dialog.bar.maximum()) == (2, 5)
    assert not dialog.start.isVisible()
    assert without_name_or_role(dialog) == []
    dialog.reject()
    assert window.training.teaching.dialog is None


def test_it_is_reached_from_where_corrections_are_made_and_listed(
    open_window: Opened, tmp_path: Path, qtbot: QtBot
) -> None:
    fill(tmp_path, 5, 25)
    (tmp_path / "sound 7.wav").unlink()
    window = open_window()
    teaching = window.training.teaching
    entries = [action for action in window.menus.own_actions() if "corrections" in action.text()]
    for ask in (entries[0].trigger, window.library.page.actions_by_name["teach"].trigger):
        ask()
        dialog = teaching.dialog
        assert dialog is not None
        qtbot.waitUntil(dialog.start.isVisible)
        dialog.reject()
    assert "5 recordings. That is enough" in dialog.words.text()
    assert "On another 1, which are held back" in dialog.steps.text()
    assert "Other sounds may be named worse afterwards" in dialog.steps.text()
    assert "you can go back at any time" in dialog.steps.text()


def test_a_recording_that_is_gone_is_told_and_a_name_that_is_taken_refused(
    open_window: Opened, tmp_path: Path, qtbot: QtBot
) -> None:
    fill(tmp_path, 6, 2)
    (tmp_path / "sound 0.wav").unlink()
    (tmp_path / "runs" / "taken").mkdir(parents=True)
    window = open_window()
    window.training.teach()
    dialog = window.training.teaching.dialog
    assert dialog is not None
    qtbot.waitUntil(dialog.start.isVisible)
    assert "left out, as their files have moved: 1" in dialog.steps.text()
    assert "2 other recordings of your library show" in dialog.steps.text()
    for name in ("taken", "../out", ""):
        dialog.name.setText(name)
        click(qtbot, dialog.start)
        assert dialog.problem.isVisible()
    dialog.reject()
    assert not window.training.processes.running


@pytest.mark.slow
def test_a_model_is_taught_though_the_window_closes_used_and_put_back(
    open_window: Opened, tiny_model: Path, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    strong = partial(FineTuning, epochs=100.0, learning_rate=3e-2, enough=0.0)
    monkeypatch.setattr("app.controllers.teaching.FineTuning", strong)
    fill(tmp_path, 8, 4)
    old = Path(shutil.copytree(tiny_model, tmp_path / "models" / "old"))
    Settings(tmp_path / "settings.json").change(model=str(old))
    window = open_window()
    window.training.teach()
    dialog = window.training.teaching.dialog
    assert dialog is not None
    qtbot.waitUntil(dialog.start.isVisible)
    click(qtbot, dialog.start)
    assert window.pages.currentWidget() is window.training.page
    process = window.training.processes.running[tmp_path / "runs" / "my-sounds"]
    window.close()

    window = open_window()
    window.show_training()
    panel = window.training.page.panel
    qtbot.waitUntil(lambda: panel.row is not None and panel.row.taught is not None, timeout=LONG_MS)
    assert process.wait(60) == 0
    qtbot.waitUntil(lambda: panel.row.state == "finished")
    assert panel.tabs.currentWidget() is panel.taught
    assert panel.taught.scores.topLevelItemCount() == 3
    first = panel.taught.clips.topLevelItem(0).child(0)
    assert [first.child(row).text(0) for row in range(3)] == ["you", "before", "after"]
    assert panel.keep.text() == "Keep the old one"

    before = caption(window, qtbot, tmp_path / "sound 0.wav", "old")
    window.show_training()
    with qtbot.waitSignal(window.settings.changed, timeout=LONG_MS):
        click(qtbot, panel.use)
    assert Path(window.settings.value.model) == tmp_path / "models" / "my-sounds"
    qtbot.waitUntil(lambda: panel.use.text() == "In use")
    assert "in use" in panel.state.text()
    after = caption(window, qtbot, tmp_path / "sound 0.wav", "my-sounds")
    assert before != after == "My kettle whistles."

    window.show_training()
    click(qtbot, panel.keep)
    assert Path(window.settings.value.model) == old
    qtbot.waitUntil(lambda: panel.use.text() == "Use this model")
    assert caption(window, qtbot, tmp_path / "sound 0.wav", "old") == before
    models = window.models
    window.show_page(window._pages.index(models.page))
    qtbot.waitUntil(lambda: [model.name for model in models._models][1:] == ["my-sounds", "old"], timeout=LONG_MS)
    models.remove("my-sounds")
    qtbot.waitUntil(lambda: not (tmp_path / "models" / "my-sounds").exists() and not models.busy(), timeout=LONG_MS)


def caption(window: MainWindow, qtbot: QtBot, path: Path, model: str) -> str:
    """What the model in use says of a file that somebody corrected."""
    window.offer([path])
    clips = window.captions.page.table.clips

    def done() -> bool:
        row = next(clips.row(clips.index(n, 0)) for n in range(clips.rowCount()) if named(clips, n) == path.name)
        assert row.state != "failed", row.reason
        return row.state == "done" and row.model == model

    with Library(window._library_path) as library:
        number = library.find(path)
        assert number is not None
        window.captions.retry([number])
        qtbot.waitUntil(done, timeout=LONG_MS)
        return library.segments(number)[0].machine


def named(clips: object, place: int) -> str:
    return str(clips.row(clips.index(place, 0)).path.name)  # type: ignore[attr-defined]


def test_the_result_tells_scores_what_changed_and_what_is_at_risk(qtbot: QtBot, tmp_path: Path) -> None:
    from app.run_row import RunRow

    view = TaughtView()
    qtbot.addWidget(view)
    view.show()
    row = RunRow(tmp_path, "running", teaching=Teaching())
    view.show_run(row)
    assert "when it is done" in view.verdict.text()
    assert not view.scores.isVisible()
    row = replace(row, state="finished", taught=taught_model(tmp_path), left_out=("gone.wav: not found",))
    view.show_run(row)
    assert "more as you did" in view.verdict.text()
    assert "may be named worse" in view.cost.text()
    assert "Of 2 other recordings in your library, which it was not taught, it says the same as before of 1" in (
        view.cost.text()
    )
    assert [view.scores.topLevelItem(0).text(n) for n in range(3)] == ["CIDEr-D", "0.100", "0.400"]
    assert "gone.wav: not found" in view.hint.text()
    assert "So few sounds tell little" in view.hint.text()
    changed = view.clips.topLevelItem(1)
    assert changed.childCount() == 1
    assert changed.child(0).text(1) == "A kettle rings."
    view.show_run(replace(row, taught=taught_model(tmp_path, 0.4, 0.4)))
    assert "the old model is the better choice" in view.verdict.text()


def test_the_run_whose_model_is_in_use_says_so_and_the_way_back_leads_to_the_former(
    open_window: Opened, tiny_model: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    run, used = tmp_path / "runs" / "mine", tmp_path / "models" / "copy of mine"
    shutil.copytree(tiny_model, run / "model")
    shutil.copytree(tiny_model, used)
    write_taught(run, taught_model(run), Teaching(str(tmp_path / "models" / "gone")))
    window = open_window()
    window.show_training()
    panel = window.training.page.panel
    qtbot.waitUntil(lambda: panel.row is not None and panel.row.taught is not None)
    assert panel.row.in_use is None
    click(qtbot, panel.keep)
    assert "starter stays in use" in window.statusBar().currentMessage()
    window.settings.change(model=str(used))
    qtbot.waitUntil(lambda: panel.row.in_use == run / "model")
    assert "in use" in panel.state.text()
    assert not panel.use.isEnabled()
    click(qtbot, panel.keep)
    assert window.settings.value.model == ""
    assert "gone is no longer here" in window.statusBar().currentMessage()
    qtbot.waitUntil(lambda: panel.row.in_use is None)
