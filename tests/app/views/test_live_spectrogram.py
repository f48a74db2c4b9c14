from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from app.views.live_spectrogram import COLUMN_S, KEPT_COLUMNS, Gap, LiveSpectrogram

ROW_HZ = np.linspace(0, 16000, 64, dtype=np.float32)


def columns(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 200, (count, 64), dtype=np.uint8)


@pytest.fixture
def view(qtbot: QtBot) -> LiveSpectrogram:
    view = LiveSpectrogram()
    qtbot.addWidget(view)
    view.resize(500, 240)
    view.show()
    return view


def pixels(view: LiveSpectrogram) -> np.ndarray:
    """The plot alone, without its frame: the axes move."""
    image, plot = view.picture(), view.plot().toRect()
    whole = np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), -1)
    return whole[plot.top() + 1 : plot.bottom() - 1, plot.left() + 1 : plot.right() - 1].copy()


def test_columns_that_come_in_pieces_look_like_all_at_once(view: LiveSpectrogram) -> None:
    levels = columns(1200)
    for first in range(0, 1200, 7):
        view.add(first, levels[first : first + 7], ROW_HZ)
        view.picture()
    in_pieces = pixels(view)
    view.clear()
    view.add(0, levels, ROW_HZ)
    np.testing.assert_array_equal(pixels(view), in_pieces)


def test_only_new_columns_are_drawn(view: LiveSpectrogram, monkeypatch: pytest.MonkeyPatch) -> None:
    view.add(0, columns(900), ROW_HZ)
    view.picture()
    before = view._canvas
    view.add(900, columns(3, 1), ROW_HZ)
    assert view._drawn == 900
    view.picture()
    assert view._canvas is before
    assert view._drawn == 903


def test_frozen_it_stands_still_and_then_catches_up(view: LiveSpectrogram, qtbot: QtBot) -> None:
    view.add(0, columns(900), ROW_HZ)
    view.freeze(True)
    before = pixels(view)
    view.add(900, columns(100, 1), ROW_HZ)
    np.testing.assert_array_equal(pixels(view), before)
    with qtbot.waitSignal(view.frozen_changed) as changed:
        view.freeze(False)
    assert changed.args == [False]
    assert not np.array_equal(pixels(view), before)


def test_a_moment_out_of_sight_is_brought_back_frozen(view: LiveSpectrogram, qtbot: QtBot) -> None:
    view.add(0, columns(4000), ROW_HZ)
    view.show_moment(10.0, 12.0)
    assert view.frozen
    with qtbot.waitSignal(view.time_clicked) as clicked:
        qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=view.plot().center().toPoint())
    assert clicked.args[0] == pytest.approx(11.0, abs=3 * COLUMN_S)


def test_a_gap_shows_nothing_that_was_heard(view: LiveSpectrogram) -> None:
    view.add(0, columns(400), ROW_HZ)
    view.add(600, columns(100), ROW_HZ)
    width = round(view.plot().width())
    middle = pixels(view)[:, width - 250 : width - 150]
    assert len(np.unique(middle)) == 1
    view.show_gaps([Gap(400 * COLUMN_S, 600 * COLUMN_S, "disconnected")])
    assert len(np.unique(pixels(view)[:, width - 250 : width - 150])) > 1


def test_more_than_an_hour_keeps_the_last(view: LiveSpectrogram) -> None:
    view.add(KEPT_COLUMNS, columns(900), ROW_HZ)
    late = pixels(view)
    view.clear()
    view.add(0, columns(900), ROW_HZ)
    np.testing.assert_array_equal(pixels(view), late)


def test_other_rows_begin_anew(view: LiveSpectrogram) -> None:
    view.add(0, columns(900), ROW_HZ)
    view.add(900, columns(10), ROW_HZ / 2)
    assert len(np.unique(pixels(view)[:, :100])) == 1
    assert view.plot().contains(QPoint(view.width() // 2, 10))
