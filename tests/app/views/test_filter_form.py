from __future__ import annotations

from datetime import date, timedelta

import pytest
from PySide6.QtCore import QDate
from pytestqt.qtbot import QtBot

from aaccore.records import Filters
from app.views.filter_form import BETWEEN, FilterForm


@pytest.fixture
def form(qtbot: QtBot) -> FilterForm:
    made = FilterForm()
    qtbot.addWidget(made)
    made.show()
    return made


def told(form: FilterForm) -> list[Filters]:
    filters: list[Filters] = []
    form.changed.connect(filters.append)
    return filters


def test_a_period_counts_back_from_today(form: FilterForm) -> None:
    filters = told(form)
    form.period.setCurrentIndex(form.period.findData(7))
    assert filters[-1] == Filters(first_day=date.today() - timedelta(days=6))
    assert not form.first_day.isVisible()
    form.show_filters(filters[-1])
    assert form.period.currentData() == 7


def test_two_days_can_be_chosen(form: FilterForm) -> None:
    filters = told(form)
    form.period.setCurrentIndex(form.period.findData(BETWEEN))
    assert form.first_day.isVisible()
    form.first_day.setDate(QDate(2026, 5, 1))
    form.last_day.setDate(QDate(2026, 5, 3))
    assert filters[-1] == Filters(first_day=date(2026, 5, 1), last_day=date(2026, 5, 3))


def test_a_length_is_taken_as_it_is_typed_and_left_as_it_is_typed(form: FilterForm, qtbot: QtBot) -> None:
    filters = told(form)
    qtbot.keyClicks(form.longest, "10")
    assert filters[-1] == Filters(longest_s=10.0)
    assert form.longest.text() == "10"
    qtbot.keyClicks(form.shortest, "x")
    assert form.shortest.text() == ""


def test_everything_can_be_cleared_at_once(form: FilterForm) -> None:
    form.show_models([("starter", 3)])
    form.show_filters(Filters(model="starter", corrected=True, missing=False, shortest_s=2.5))
    assert form.model.currentText() == "starter (3)"
    filters = told(form)
    form.clear.click()
    assert filters == [Filters()]
    assert (form.corrected.currentData(), form.missing.currentData(), form.shortest.text()) == (None, None, "")


def test_a_model_that_is_gone_can_still_be_shown(form: FilterForm) -> None:
    form.show_filters(Filters(model="gone"))
    assert form.model.currentData() == "gone"
