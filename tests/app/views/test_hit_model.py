from __future__ import annotations

from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QModelIndex, Qt
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from aaccore.records import ClipRow, Hit
from app.views.hit_model import HitModel


def hit(number: int, start_s: float = 0.0, text: str = "A dog barks.", missing: bool = False) -> Hit:
    row = ClipRow(number, Path(f"/sounds/{number}.wav"), "done", datetime(2026, 5, 1), 20.0, text, missing=missing)
    return Hit(row, start_s, start_s + 10.0, text, ((2, 5),), 0.75)


def test_more_of_the_same_search_comes_behind_what_is_shown(qtbot: QtBot, qtmodeltester: ModelTester) -> None:
    model = HitModel()
    qtmodeltester.check(model)
    model.show([hit(1), hit(2)], complete=False)
    with qtbot.assertNotEmitted(model.modelReset), qtbot.waitSignal(model.rowsInserted) as inserted:
        model.show([hit(1), hit(2), hit(2, 10.0)], complete=True)
    assert inserted.args[1:] == [2, 2]
    assert not model.canFetchMore(QModelIndex())


def test_more_is_asked_for_once(qtbot: QtBot) -> None:
    model = HitModel()
    model.show([hit(1)], complete=False)
    asked: list[bool] = []
    model.more_wanted.connect(lambda: asked.append(True))
    while model.canFetchMore(QModelIndex()):
        model.fetchMore(QModelIndex())
    assert asked == [True]


def test_another_search_replaces_what_is_shown(qtbot: QtBot) -> None:
    model = HitModel()
    model.show([hit(1), hit(2)], complete=True)
    with qtbot.waitSignal(model.modelReset):
        model.show([hit(2)], complete=True)
    assert model.find(2, 0.0).row() == 0
    assert not model.find(1, 0.0).isValid()


def test_a_recording_is_found_again_at_another_moment_where_its_own_is_not_shown(qtbot: QtBot) -> None:
    model = HitModel()
    model.show([hit(1), hit(2, 10.0), hit(2, 20.0)], complete=True)
    assert [model.find(2, start_s).row() for start_s in (20.0, 30.0)] == [2, 1]


def test_an_edited_hit_is_repainted_in_its_place(qtbot: QtBot) -> None:
    model = HitModel()
    model.show([hit(1), hit(2)], complete=True)
    with qtbot.assertNotEmitted(model.modelReset), qtbot.waitSignal(model.dataChanged):
        model.show([hit(1, text="A cat meows."), hit(2)], complete=True)
    assert model.index(0).data() == "A cat meows."


def test_a_hit_is_read_out_with_its_file_moment_and_what_is_wrong(qtbot: QtBot) -> None:
    model = HitModel()
    model.show([hit(7, 10.0, missing=True)], complete=True, with_scores=True)
    words = model.index(0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert words.startswith("A dog barks., 7.wav, 0:10 – 0:20, ")
    assert words.endswith("alike: 0.75, file missing")
