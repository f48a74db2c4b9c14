from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from PySide6.QtCore import QPersistentModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester, QSignalSpy

from aaccore.records import ClipRow
from app.views.clip_model import PROGRESS_ROLE, ClipModel, Column


def row(number: int, name: str, **values: object) -> ClipRow:
    made = ClipRow(number, Path("/sounds") / name, "waiting", datetime(2026, 1, 1))
    return replace(made, **values)  # type: ignore[arg-type]


@pytest.fixture
def clips(qapp: object) -> ClipModel:
    model = ClipModel()
    model.tester = QAbstractItemModelTester(  # type: ignore[attr-defined]
        model, QAbstractItemModelTester.FailureReportingMode.Fatal
    )
    model.put([
        row(1, "rain.wav", duration_s=9.0, state="done", caption="Rain falls."),
        row(2, "Bell.wav", duration_s=70.0, state="failed", reason="Bell.wav: the file is empty"),
        row(3, "dog.wav"),
    ])  # fmt: skip
    return model


def names(model: ClipModel) -> list[str]:
    return [model.index(place, Column.NAME).data() for place in range(model.rowCount())]


def test_rows_show_name_length_state_and_caption_or_reason(clips: ClipModel) -> None:
    shown = [[clips.index(place, column).data() for column in Column] for place in range(3)]
    assert shown == [
        ["rain.wav", "0:09", "Done", "Rain falls."],
        ["Bell.wav", "1:10", "Failed", "the file is empty"],
        ["dog.wav", "", "Waiting", ""],
    ]


def test_a_changed_row_is_told_alone(clips: ClipModel) -> None:
    changed, reset = QSignalSpy(clips.dataChanged), QSignalSpy(clips.modelReset)
    clips.put([row(3, "dog.wav", state="captioning")])
    assert (changed.count(), reset.count()) == (1, 0)
    assert changed.at(0)[0].row() == 2


def test_sorting_keeps_the_selected_rows_and_a_third_click_the_order_they_came_in(clips: ClipModel) -> None:
    bell = QPersistentModelIndex(clips.find(2))
    clips.sort(Column.NAME)
    assert (names(clips), bell.row()) == (["Bell.wav", "dog.wav", "rain.wav"], 0)
    clips.sort(Column.LENGTH, Qt.SortOrder.DescendingOrder)
    assert names(clips) == ["Bell.wav", "rain.wav", "dog.wav"]
    clips.sort(-1)
    assert names(clips) == ["rain.wav", "Bell.wav", "dog.wav"]


def test_new_rows_come_where_the_order_wants_them(clips: ClipModel) -> None:
    clips.sort(Column.NAME)
    clips.put([row(4, "cat.wav"), row(5, "zebra.wav")])
    assert names(clips) == ["Bell.wav", "cat.wav", "dog.wav", "rain.wav", "zebra.wav"]


def test_a_filter_looks_into_names_captions_and_reasons_and_holds_for_what_comes(clips: ClipModel) -> None:
    clips.filter("FALLS rain", [])
    assert names(clips) == ["rain.wav"]
    clips.filter("empty", [])
    assert names(clips) == ["Bell.wav"]
    clips.filter("", ["waiting"])
    assert names(clips) == ["dog.wav"]
    clips.put([row(3, "dog.wav", state="captioning"), row(4, "cat.wav")])
    assert names(clips) == ["cat.wav"]


def test_removed_rows_are_gone_for_every_filter(clips: ClipModel) -> None:
    clips.remove([1, 2])
    assert names(clips) == ["dog.wav"]
    clips.filter("", [])
    assert names(clips) == ["dog.wav"]


def test_progress_belongs_to_the_row_that_is_captioned(clips: ClipModel) -> None:
    clips.put([row(3, "dog.wav", state="captioning")])
    clips.show_progress(3, 0.42)
    state = clips.find(3).siblingAtColumn(Column.STATE)
    assert (state.data(), state.data(PROGRESS_ROLE)) == ("Captioning 42 %", 0.42)
    clips.show_progress(3, None)
    assert (state.data(), state.data(PROGRESS_ROLE)) == ("Captioning", None)


def test_a_warning_and_an_edit_are_said_and_not_only_drawn(clips: ClipModel) -> None:
    clips.put([row(1, "rain.wav", state="done", caption="Rain.", warnings=("cut off",), corrected=True)])
    index = clips.find(1)
    assert index.siblingAtColumn(Column.STATE).data() == "Done, warning"
    assert "cut off" in index.siblingAtColumn(Column.STATE).data(Qt.ItemDataRole.ToolTipRole)
    assert "(edited)" in index.siblingAtColumn(Column.CAPTION).data(Qt.ItemDataRole.ToolTipRole)
