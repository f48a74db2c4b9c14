"""The training page by itself: names and roles, room for large type, and its plots."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from aaccore.events import EpochDone, StepDone
from aaccore.recipe import Training
from app import theme
from app.run_row import Curve, RunRow
from app.settings import Preferences
from app.views.curve_line import Line
from app.views.loss_plot import LossPlot, smoothed
from app.views.run_words import number_text
from app.views.training_page import TrainingPage
from tests.app.test_every_page import clipped, controls, where, without_name_or_role


def curve(*values: float) -> Curve:
    return Curve(np.arange(1, len(values) + 1) * 10.0, np.array(values))


ROW = RunRow(
    Path("/runs/starter-1"), "running", "captions: step 30 of 90", True, Training(), 0.33, 80.0, (Path("/model"),),
    "cpu: asked for", StepDone(30, 90, {"captions/caption": 2.0}, 1e-3, 140.0, 0.04, 1430.0),
    {"captions/caption": curve(3.0, 2.0, 1.0), "scores/cider_d": curve(0.1, 0.4)},
    (EpochDone(1, 10, {}, {"dog.wav": "A dog barks."}),), "epoch 1",
)  # fmt: skip
FAILED = replace(ROW, folder=Path("/runs/other"), state="failed", words="captions.csv: row 7 names no file", last=None)


@pytest.fixture
def page(qtbot: QtBot) -> TrainingPage:
    made = TrainingPage()
    qtbot.addWidget(made)
    made.resize(814, 550)  # what a window of 900 x 600 leaves
    made.list.show_runs([ROW, FAILED])
    made.panel.show_runs([ROW, FAILED])
    made.panel.samples.show_samples(ROW.epochs, {})
    made.form.show_presets([("Recipe: starter", Path("/starter.toml"))])
    made.form.show_estimate("About 13,854 sounds an epoch, 3,896 steps, 1.7 GB of disk. About 15 min.")
    made.show()
    return made


@pytest.fixture
def scaled(qapp: QApplication) -> Iterator[None]:
    yield
    theme.apply(qapp, Preferences())


def test_every_control_has_a_name_a_role_and_the_keyboard(page: TrainingPage) -> None:
    assert without_name_or_role(page) == []
    assert [where(w) for w in controls(page) if w.focusPolicy() == Qt.FocusPolicy.NoFocus] == []


@pytest.mark.parametrize("scale", [0.8, 1.0, 1.5, 2.0])
def test_nothing_is_clipped_in_a_small_window(
    page: TrainingPage, qapp: QApplication, scaled: None, scale: float
) -> None:
    theme.apply(qapp, Preferences(font_scale=scale))
    found = {}
    for name, show in (
        ("empty", lambda: page.show_runs(False)),
        ("runs", lambda: page.show_runs(True)),
        ("form", page.show_form),
    ):
        show()
        for tab in range(page.panel.tabs.count()):
            page.panel.tabs.setCurrentIndex(tab)
            page.resize(814, 550)
            for _ in range(3):
                QApplication.processEvents()
            if problems := clipped(page):
                found[name, tab] = problems
    assert found == {}
    assert page.minimumSizeHint().width() <= 814
    assert page.minimumSizeHint().height() <= 550


def test_a_run_tells_its_figures_with_units(page: TrainingPage) -> None:
    text = page.panel.figures.text().replace("&nbsp;", " ")
    for figure in ("30 of 90", "0.001", "140 clips/s", "4%", "1.4 GB", "80 s", "cpu"):
        assert figure in text
    assert page.list.runs.index(1, 0).data(Qt.ItemDataRole.AccessibleTextRole) == "other, Failed · 33%"


def test_several_runs_are_chosen_by_keyboard(page: TrainingPage, qtbot: QtBot) -> None:
    page.show_runs(True)
    page.list.setFocus()
    qtbot.keyClick(page.list, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    assert [row.name for row in page.list.chosen()] == ["other", "starter-1"]


def test_a_plot_is_read_off_with_the_keys_and_the_pointer(qtbot: QtBot) -> None:
    plot = LossPlot()
    qtbot.addWidget(plot)
    plot.resize(400, 200)
    plot.show()
    plot.show_lines("Loss", [Line("one", curve(4.0, 2.0, 1.0))])
    assert plot.readout() == "1 at step 30"
    qtbot.keyClick(plot, Qt.Key.Key_Left)
    assert plot.accessibleDescription() == "2 at step 20"
    qtbot.keyClick(plot, Qt.Key.Key_Home)
    assert plot.readout() == "4 at step 10"
    qtbot.mouseMove(plot, QPoint(plot.width() - 20, 100))
    qtbot.waitUntil(lambda: plot.readout() == "1 at step 30")


@pytest.mark.parametrize("log", [False, True])
def test_a_plot_draws_nothing_one_point_and_what_a_logarithm_cannot_show(qtbot: QtBot, log: bool) -> None:
    plot = LossPlot()
    qtbot.addWidget(plot)
    plot.resize(300, 150)
    for lines in (
        [],
        [Line("one", curve())],
        [Line("one", curve(1.0))],
        [Line("a", curve(0.0, 1.0)), Line("b", curve(-1.0))],
    ):
        plot.show_lines("Loss", lines, 0.5, log)
        assert not plot.grab().isNull()
    assert len(plot.lines[0].curve.values) == (1 if log else 2)


def test_smoothing_starts_at_the_first_value_and_keeps_a_constant() -> None:
    assert smoothed(np.array([3.0, 3.0, 3.0]), 0.9) == pytest.approx([3.0, 3.0, 3.0])
    assert smoothed(np.array([1.0, 0.0]), 0.5) == pytest.approx([1.0, 1 / 3])
    assert list(smoothed(np.array([1.0, 5.0]), 0.0)) == [1.0, 5.0]


def test_numbers_are_short() -> None:
    assert [number_text(value) for value in (0, 0.125, 12_000, 3e-05, 2.5e6)] == ["0", "0.125", "12k", "3e-05", "2.5M"]
