from __future__ import annotations

import json
import shutil
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

from aaccore import runs
from aaccore.config import from_toml
from aaccore.events import EpochDone, RunEnded, RunStarted, StepDone, Working
from aaccore.model_folder import load_model, save_model
from aaccore.recipe import Training, to_toml
from aaccore.run_log import EVENTS
from app.controllers.run_estimate import estimate
from app.controllers.training import TrainingController
from app.main_window import MainWindow
from app.run_row import RunRow
from app.settings import Settings
from app.views.run_panel import RunPanel
from app.views.training_page import TrainingPage
from tests.aaccore.made_corpus import small_training, write_corpus, write_weights
from tests.app.test_every_page import without_name_or_role

LONG_MS = 300_000


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A data set, a recipe, and random weights where the published ones would lie, for processes of their own."""
    folder = tmp_path_factory.mktemp("training")
    write_corpus(folder / "data")
    write_weights(folder / "cache" / "auricle")
    (folder / "tiny.toml").write_text(to_toml(options(2000.0)), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        patched.setenv("LOCALAPPDATA", str(folder / "cache"))
        patched.setenv("PYTHONPATH", str(Path(__file__).resolve().parents[3]))
        yield folder


def options(epochs: float, folder: str = "") -> Training:
    made = small_training()
    data = replace(made.data, folder=folder, backgrounds=0)
    return replace(made, data=data, captions=replace(made.captions, epochs=epochs, batch_size=4))


@pytest.fixture
def page(qtbot: QtBot, tmp_path: Path) -> Iterator[TrainingPage]:
    """The page over an empty folder, with its controller."""
    made = TrainingPage()
    qtbot.addWidget(made)
    made.resize(1000, 700)
    controller = TrainingController(made, tmp_path / "app" / "library.sqlite", Settings(tmp_path / "settings.json"))
    made.controller = controller  # type: ignore[attr-defined]
    made.show()
    yield made
    controller.shut_down()


def write_run(folder: Path, *events: object, ago_s: float = 1.0, training: Training | None = None) -> Path:
    """Write a run's folder as a training leaves it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / runs.RUN).write_text(to_toml(training or options(1.0)), encoding="utf-8")
    with (folder / EVENTS).open("a", encoding="utf-8") as file:
        for event in events:
            line = {"time": time.time() - ago_s, "event": type(event).__name__} | asdict(event)  # type: ignore[call-overload]
            file.write(json.dumps(line) + "\n")
    return folder


def step(number: int, loss: float = 1.0) -> StepDone:
    return StepDone(number, 100, {"captions/caption": loss, "captions/rlssr": 0.1}, 1e-3, 50.0, 0.1, 500.0)


def epoch(number: int, said: str = "A dog barks.") -> EpochDone:
    return EpochDone(number, 10 * number, {"captions/cider_d": 0.1 * number}, {"dog_bark_3.wav": said})


def click(qtbot: QtBot, button: QPushButton) -> None:
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def listed(page: TrainingPage) -> dict[str, str]:
    return {row.name: row.state for row in page.list.runs.rows}


def open_form(qtbot: QtBot, page: TrainingPage, recipe: Path, data: Path, patched: pytest.MonkeyPatch) -> None:
    """Begin a new run from a file, as a user does."""
    page.new_requested.emit()
    patched.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(recipe), ""))
    page.form.preset.setCurrentIndex(page.form.preset.count() - 1)
    page.form.preset.activated.emit(page.form.preset.count() - 1)
    page.form.data.show_path(str(data))
    qtbot.waitUntil(lambda: "Clips by fold" in page.form.data_words.text())


@pytest.mark.slow
def test_a_run_is_started_watched_stopped_resumed_and_its_model_captions_a_file(
    open_window: Callable[[], MainWindow], place: Path, sounds: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = open_window()
    window.show_training()
    page, panel = window.training.page, window.training.page.panel
    click(qtbot, page.empty.new_button)
    open_form(qtbot, page, place / "tiny.toml", place / "data", monkeypatch)
    page.form.name.setText("first")
    click(qtbot, page.form.start_button)

    qtbot.waitUntil(lambda: listed(page).get("first") == "running", timeout=LONG_MS)
    assert not page.form_shown()
    qtbot.waitUntil(lambda: panel.row is not None and "captions/rlssr" in panel.row.curves, timeout=LONG_MS)
    qtbot.waitUntil(lambda: len(panel.curves.plots[0].lines[0].curve.steps) > 1, timeout=LONG_MS)
    assert panel.curves.choices[0].currentData() == "captions/caption"
    assert panel.stop.isVisibleTo(panel)
    qtbot.waitUntil(lambda: panel.samples.tree.topLevelItemCount() > 0, timeout=LONG_MS)

    click(qtbot, panel.stop)
    qtbot.waitUntil(lambda: listed(page)["first"] == "stopped", timeout=LONG_MS)
    reached = panel.row.last.step
    click(qtbot, panel.resume)
    qtbot.waitUntil(lambda: panel.row.state == "running" and panel.row.last.step > reached, timeout=LONG_MS)
    click(qtbot, panel.stop)
    qtbot.waitUntil(lambda: listed(page)["first"] == "stopped", timeout=LONG_MS)

    with qtbot.waitSignal(window.settings.changed, timeout=LONG_MS):
        click(qtbot, panel.use)
    assert Path(window.settings.value.model).name == "first"
    window.offer([sounds / "tone.wav"])
    table = window.captions.page.table
    qtbot.waitUntil(lambda: table.clips.rowCount() == 1, timeout=LONG_MS)
    qtbot.waitUntil(lambda: _done(window), timeout=LONG_MS)
    qtbot.waitUntil(lambda: not window.training.processes.running, timeout=LONG_MS)


def _done(window: MainWindow) -> bool:
    clips = window.captions.page.table.clips
    row = clips.row(clips.index(0, 0))
    assert row.state != "failed", row.reason
    return row.state == "done" and row.model == "first"


def test_a_wrong_value_is_marked_beside_its_field_and_nothing_starts(
    page: TrainingPage, place: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_form(qtbot, page, place / "tiny.toml", place / "data", monkeypatch)
    field = page.form.sections.field("captions.epochs")
    field.editor.setText("-3")
    click(qtbot, page.form.start_button)
    assert field.editor.property("wrong")
    assert "from 0" in page.form.refusal.text()
    assert page.form_shown()
    field.editor.setText("3")
    rare = page.form.sections.field("captions.gradient_norm")
    rare.editor.setText("much")
    click(qtbot, page.form.start_button)
    assert rare.isVisible()  # though it is among all the other settings
    assert rare.editor.property("wrong")


def test_settings_that_do_not_fit_each_other_are_refused_beside_the_one_at_fault(
    page: TrainingPage, place: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_form(qtbot, page, place / "tiny.toml", place / "data", monkeypatch)
    combo = page.form.sections.field("encoder.trained").editor
    combo.setCurrentIndex(combo.findText("All of it"))
    combo.activated.emit(combo.currentIndex())
    click(qtbot, page.form.start_button)
    qtbot.waitUntil(lambda: "network.keywords = 0" in page.form.refusal.text(), timeout=LONG_MS)
    assert page.form.start_button.isEnabled()
    assert listed(page) == {}


def test_a_data_set_that_cannot_work_is_refused_with_the_reason(
    page: TrainingPage, place: Path, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = write_corpus(tmp_path / "broken", ("2", "3", "4"))
    open_form(qtbot, page, place / "tiny.toml", broken, monkeypatch)
    click(qtbot, page.form.start_button)
    qtbot.waitUntil(lambda: ".wav" in page.form.refusal.text(), timeout=LONG_MS)
    page.form.data.show_path(str(tmp_path / "nowhere"))
    qtbot.waitUntil(lambda: "not found" in page.form.data_words.text())
    assert listed(page) == {}


def test_the_check_up_of_a_data_set_can_be_read_and_holds_the_start_back(
    page: TrainingPage, place: Path, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = write_corpus(tmp_path / "broken", ("2", "3", "4"))
    open_form(qtbot, page, place / "tiny.toml", broken, monkeypatch)
    click(qtbot, page.form.check_button)
    dialog = page.controller.new_run.dialog
    qtbot.waitUntil(lambda: "missing audio" in dialog.report.toPlainText(), timeout=LONG_MS)
    assert "cannot be trained on" in dialog.words.text()
    dialog.reject()
    click(qtbot, page.form.start_button)
    assert "missing audio" in page.form.refusal.text()


def test_the_form_says_what_a_run_will_take_and_takes_the_time_from_a_like_one(
    page: TrainingPage, place: Path, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_form(qtbot, page, place / "tiny.toml", place / "data", monkeypatch)
    qtbot.waitUntil(lambda: "16 sounds" in page.form.estimate.text())
    assert "first steps" in page.form.estimate.text()
    write_run(tmp_path / "app" / "runs" / "earlier", step(10), RunEnded("finished"))
    qtbot.waitUntil(lambda: "earlier" in listed(page))
    page.form.options_changed.emit()
    assert "at the speed of earlier" in page.form.estimate.text()


def test_the_form_counts_the_sounds_and_the_disk_of_every_data_set_of_a_recipe(
    page: TrainingPage, place: Path, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = from_toml(Training, place / "tiny.toml")
    second = replace(one.data, name="second", folder=str(write_corpus(tmp_path / "second")))
    (tmp_path / "two.toml").write_text(to_toml(replace(one, more_data=(second,))), encoding="utf-8")
    open_form(qtbot, page, tmp_path / "two.toml", place / "data", monkeypatch)
    qtbot.waitUntil(lambda: "32 sounds" in page.form.estimate.text())
    both = estimate(replace(one, more_data=(second,)), [{"1": 4}, {"1": 4}], ()).bytes
    alone = [estimate(one, [{"1": 4}], ()).bytes, estimate(one, [{}], ()).bytes]
    assert both - alone[0] == pytest.approx(alone[0] - alone[1], rel=0.01)


def test_a_name_that_is_taken_or_no_name_is_refused_beside_it(
    page: TrainingPage, place: Path, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "app" / "runs" / "taken").mkdir(parents=True)
    open_form(qtbot, page, place / "tiny.toml", place / "data", monkeypatch)
    for name in ("taken", "../out", ""):
        page.form.name.setText(name)
        click(qtbot, page.form.start_button)
        assert page.form.name_problem.isVisible()
        assert page.form.name.property("wrong")


def test_a_run_that_was_started_elsewhere_is_followed_as_it_grows_and_found_again(
    page: TrainingPage, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_run(tmp_path / "cluster" / "far", RunStarted("cuda", "asked for", 8, 0), step(10))
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(folder))
    click(qtbot, page.empty.open_button)
    qtbot.waitUntil(lambda: listed(page) == {"far": "running"})
    assert "50 clips/s" in page.panel.figures.text().replace("&nbsp;", " ")
    write_run(folder, step(20, 0.5), epoch(1), RunEnded("finished"), ago_s=0.0)
    qtbot.waitUntil(lambda: listed(page) == {"far": "finished"})
    assert list(page.panel.curves.plots[0].lines[0].curve.values) == [1.0, 0.5]
    assert page.panel.curves.plots[1].readout() == "0.1 at step 10"
    assert Settings(tmp_path / "settings.json").value.run_folders == (str(folder),)
    page.panel.delete_action.trigger()  # from the list alone
    qtbot.waitUntil(lambda: listed(page) == {})
    assert folder.is_dir()


def test_a_failed_run_says_why_and_one_without_a_sign_of_life_is_told_apart(
    page: TrainingPage, tmp_path: Path, qtbot: QtBot
) -> None:
    folder = tmp_path / "app" / "runs"
    write_run(folder / "bad", step(10), RunEnded("failed", "captions.csv: row 7: bark.wav is missing"))
    write_run(folder / "gone", step(10), ago_s=600.0)
    early = write_run(folder / "early")
    (early / runs.LOG).write_text("Traceback\nauricle: no weights are here; get them first\n")
    qtbot.waitUntil(lambda: listed(page).get("gone") == "vanished")
    page.list.choose([folder / "bad"])
    assert "bark.wav is missing" in page.panel.words.text()
    assert page.panel.resume.isVisible()
    page.list.choose([folder / "gone"])
    assert "no sign of life" in page.panel.state.text().lower()
    qtbot.waitUntil(lambda: listed(page)["early"] == "failed")
    page.list.choose([early])
    assert page.panel.words.text() == "no weights are here; get them first"


def test_several_runs_lie_over_each_other_and_what_differs_is_told(
    page: TrainingPage, tmp_path: Path, qtbot: QtBot
) -> None:
    folder, other = tmp_path / "app" / "runs", options(1.0)
    other = replace(other, captions=replace(other.captions, rlssr="none"))
    write_run(folder / "one", step(10, 2.0), epoch(1), RunEnded("finished"))
    write_run(folder / "two", step(10, 3.0), epoch(1, "Rain."), RunEnded("finished"), training=other)
    qtbot.waitUntil(lambda: len(listed(page)) == 2)
    page.list.choose([folder / "one", folder / "two"])
    page.panel.tabs.setCurrentWidget(page.panel.compare)
    assert [line.run for line in page.panel.curves.plots[0].lines] == ["one", "two"]
    table = page.panel.compare.table
    lines = {
        line.text(0): (line.text(1), line.text(2))
        for top in range(table.topLevelItemCount())
        for line in [table.topLevelItem(top).child(row) for row in range(table.topLevelItem(top).childCount())]
    }
    assert lines["captions.rlssr"] == ("l2", "none")
    assert lines["CIDEr-D"] == ("0.100, 0.100", "0.100, 0.100")
    assert lines["dog_bark_3.wav"] == ("A dog barks.", "Rain.")


def test_captions_of_fixed_sounds_stand_beside_what_people_wrote_with_the_sound(
    page: TrainingPage, place: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    training = options(1.0, str(place / "data"))
    write_run(tmp_path / "app" / "runs" / "one", step(10), epoch(1, "Rain."), epoch(2), training=training)
    samples = page.panel.samples
    qtbot.waitUntil(lambda: samples.tree.topLevelItemCount() == 1)
    qtbot.waitUntil(lambda: samples.tree.topLevelItem(0).childCount() == 5)
    top = samples.tree.topLevelItem(0)
    assert [top.child(row).text(1) for row in range(5)] == [
        "A dog barks.", "Rain.", "A dog barks twice.", "Two barks come from a dog.", "A dog is barking loudly."
    ]  # fmt: skip
    page.panel.tabs.setCurrentWidget(samples)
    samples.tree.setCurrentItem(top)
    qtbot.waitUntil(lambda: samples.clip_view.isVisible())


def test_a_run_is_deleted_only_after_a_yes_and_duplicated_with_its_settings(
    page: TrainingPage, tmp_path: Path, qtbot: QtBot
) -> None:
    folder = write_run(tmp_path / "app" / "runs" / "old-1", step(10), RunEnded("stopped"), training=options(7.0))
    qtbot.waitUntil(lambda: len(listed(page)) == 1)
    page.panel.duplicate_action.trigger()
    assert page.form_shown()
    assert page.form.name.text() == "old-2"
    assert page.form.options().captions.epochs == 7.0
    click(qtbot, page.form.cancel_button)
    page.list.setFocus()
    for answer in ("Cancel", "Delete"):
        assert folder.is_dir()
        qtbot.keyClick(page.list, Qt.Key.Key_Delete)
        question = page.findChild(QMessageBox)
        click(qtbot, next(b for b in question.findChildren(QPushButton) if b.text().replace("&", "") == answer))
        qtbot.waitUntil(lambda: page.findChild(QMessageBox) is None)
    qtbot.waitUntil(lambda: listed(page) == {})
    assert not folder.exists()
    assert page.empty.isVisible()


def test_clotho_that_is_here_already_is_taken_for_the_new_run(
    page: TrainingPage, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[Path, str]] = []

    def here(folder: Path, version: str) -> Iterator[Working]:
        asked.append((folder, version))
        yield Working("development: is here", 1.0)

    monkeypatch.setattr("app.data_jobs.fetch_clotho", here)
    click(qtbot, page.empty.clotho_button)
    dialog = page.controller.clotho.dialog
    dialog.folder.show_path(str(tmp_path / "clotho"))
    click(qtbot, dialog.get_button)
    qtbot.waitUntil(page.form_shown)
    assert asked == [(tmp_path / "clotho", "2.1")]
    assert page.form.data.path() == tmp_path / "clotho"


def test_who_evaluates_while_live_listens_reads_that_its_captions_come_later(
    open_window: Callable[[], MainWindow], tmp_path: Path, qtbot: QtBot
) -> None:
    window = open_window()
    window.show_training()
    window.live.holding.emit("Auricle is listening live.")
    evaluation = window.training.evaluation
    evaluation.open(RunRow(tmp_path / "run", options=options(1.0)), tmp_path / "run" / "model", window)
    assert evaluation.dialog is not None
    words = evaluation.dialog.live
    assert words.isVisible()
    assert "later" in words.text()
    window.live.holding.emit(None)
    assert not words.isVisible()


def test_a_models_scores_and_its_worst_clips_are_shown_and_can_be_heard(
    page: TrainingPage, place: Path, tmp_path: Path, tiny_model: Path, qtbot: QtBot
) -> None:
    folder = tmp_path / "app" / "runs" / "one"
    write_run(folder, step(10), RunEnded("finished"), training=options(1.0, str(place / "data")))
    shutil.copytree(tiny_model, folder / "model")
    qtbot.waitUntil(lambda: page.panel.row is not None and page.panel.evaluate_action.isEnabled())
    page.panel.evaluate_action.trigger()
    dialog = page.controller.evaluation.dialog
    dialog.split.setText("9")
    with qtbot.waitSignal(page.controller.holding) as held:
        click(qtbot, dialog.start)
    assert "evaluated" in held.args[0]
    qtbot.waitUntil(lambda: "no clips in 9" in dialog.words.text(), timeout=LONG_MS)
    dialog.split.setText("3")
    click(qtbot, dialog.start)
    qtbot.waitUntil(lambda: dialog.clips.topLevelItemCount() == 4, timeout=LONG_MS)
    shown = {dialog.scores.topLevelItem(row).text(0) for row in range(dialog.scores.topLevelItemCount())}
    assert {"clips", "CIDEr-D", "BLEU-4", "ROUGE-L"} <= shown
    scores = [float(dialog.clips.topLevelItem(row).text(0)) for row in range(4)]
    assert scores == sorted(scores)
    dialog.clips.setCurrentItem(dialog.clips.topLevelItem(0))
    assert dialog.clip_view.isVisible()
    assert without_name_or_role(dialog) == []
    dialog.reject()
    qtbot.waitUntil(lambda: not page.controller.evaluation._job.busy, timeout=LONG_MS)


def test_a_runs_model_is_exported_as_a_zip_file_that_is_a_model(
    page: TrainingPage, tmp_path: Path, tiny_model: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_run(tmp_path / "app" / "runs" / "one", step(10), RunEnded("finished"))
    shutil.copytree(tiny_model, folder / "model")
    target = tmp_path / "out" / "mine.zip"
    target.parent.mkdir()
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(target), ""))
    qtbot.waitUntil(lambda: page.panel.row is not None and page.panel.export_action.isEnabled())
    page.panel.export_action.trigger()
    qtbot.waitUntil(lambda: target.is_file() and not page.controller.models._job.busy, timeout=LONG_MS)
    with zipfile.ZipFile(target) as archive:
        assert any(name.endswith("model.safetensors") for name in archive.namelist())


def test_each_of_a_runs_models_can_be_used_and_exported_and_the_one_in_use_says_so(
    page: TrainingPage, tmp_path: Path, tiny_model: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_run(tmp_path / "app" / "runs" / "one", step(10), RunEnded("stopped"))
    places = [folder / "checkpoints" / name for name in ("best", "step-00000010")]
    for number, place in enumerate(places):
        save_model(place, *load_model(tiny_model), f"# Number {number}\n")
    panel = page.panel
    qtbot.waitUntil(lambda: panel.row is not None and len(panel.row.models) == 2)
    assert [panel.models.itemText(place) for place in range(2)] == ["Best checkpoint", "Checkpoint of step 10"]
    choose(panel, 1)
    with qtbot.waitSignal(page.controller._settings.changed, timeout=LONG_MS) as changed:
        click(qtbot, panel.use)
    assert (Path(changed.args[0].model) / "README.md").read_text() == "# Number 1\n"
    qtbot.waitUntil(lambda: panel.row.in_use == places[1])
    assert panel.models.currentText() == "Checkpoint of step 10 (in use)"
    assert (panel.use.text(), panel.use.isEnabled()) == ("In use", False)
    assert "in use" in page.list.runs.data(page.list.runs.index(0), Qt.ItemDataRole.AccessibleTextRole)
    choose(panel, 0)
    assert (panel.use.text(), panel.use.isEnabled()) == ("Use this model", True)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "mine.zip"), ""))
    qtbot.waitUntil(lambda: not page.controller.models._job.busy)
    panel.export_action.trigger()
    qtbot.waitUntil(lambda: (tmp_path / "mine.zip").is_file() and not page.controller.models._job.busy, timeout=LONG_MS)
    with zipfile.ZipFile(tmp_path / "mine.zip") as archive:
        card = next(name for name in archive.namelist() if name.endswith("README.md"))
        assert archive.read(card) == b"# Number 0\n"


def choose(panel: RunPanel, place: int) -> None:
    """Choose one of a run's models, as a user does."""
    panel.models.setCurrentIndex(place)
    panel.models.activated.emit(place)
