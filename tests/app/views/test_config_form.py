from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QComboBox, QLabel, QLineEdit
from pytestqt.qtbot import QtBot

from aaccore.config import Decoding, Export, Network, setting
from aaccore.errors import ConfigError
from app.views.config_form import ConfigForm


@dataclass(frozen=True)
class Inner:
    rate: float = setting(1e-3, "highest rate", low=0, high=1)


@dataclass(frozen=True)
class Outer:
    batch_size: int = setting(32, "clips in a step", unit="clips", low=1, high=64)
    window_s: float | None = setting(None, "empty for the model's", unit="s", low=1, high=60)
    norm: Literal["none", "l1", "l2"] = setting("l2", "norm of the term")
    detach: bool = setting(False, "does not pull")
    folds: tuple[str, ...] = setting(("1", "2"), "folds that are trained on")
    name: str = setting("", "of the run")
    inner: Inner = field(default_factory=Inner)


@pytest.fixture
def form(qtbot: QtBot) -> ConfigForm:
    made = ConfigForm(Outer())
    qtbot.addWidget(made)
    made.show()
    return made


def line(form: ConfigForm, name: str) -> QLineEdit:
    editor = form.fields[name].editor
    assert isinstance(editor, QLineEdit)
    return editor


def enter(qtbot: QtBot, editor: QLineEdit, text: str) -> None:
    editor.selectAll()
    qtbot.keyClicks(editor, text) if text else qtbot.keyClick(editor, Qt.Key.Key_Delete)
    qtbot.keyClick(editor, Qt.Key.Key_Return)


def words(form: ConfigForm) -> list[str]:
    return [label.text() for label in form.findChildren(QLabel) if label.isVisible()]


def test_untouched_form_gives_its_config_back(form: ConfigForm) -> None:
    assert form.config() == Outer()
    assert form.wrong() == {}


def test_every_type_has_its_editor(form: ConfigForm) -> None:
    kinds = {name: type(one.editor) for name, one in form.fields.items()}
    assert kinds["norm"] is QComboBox
    assert kinds["detach"] is QCheckBox
    assert {kinds[name] for name in ("batch_size", "window_s", "folds", "name")} == {QLineEdit}
    assert list(form.groups) == ["inner"]


def test_label_unit_and_help_come_from_the_field(form: ConfigForm) -> None:
    assert {"Batch size", "clips", "Clips in a step", "Window", "s"} <= set(words(form))
    assert line(form, "batch_size").accessibleName() == "Batch size"
    assert line(form, "batch_size").accessibleDescription() == "Clips in a step"


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [("batch_size", "8", 8), ("window_s", "2,5", 2.5), ("folds", "1, 3,5", ("1", "3", "5")), ("name", "mine", "mine")],
)
def test_typed_value_is_told_and_in_the_config(
    form: ConfigForm, qtbot: QtBot, name: str, text: str, value: Any
) -> None:
    with qtbot.waitSignal(form.changed) as told:
        enter(qtbot, line(form, name), text)
    assert told.args == [name, value]
    assert getattr(form.config(), name) == value


def test_an_optional_number_may_be_left_empty(form: ConfigForm, qtbot: QtBot) -> None:
    form.show_config(Outer(window_s=10.0))
    with qtbot.waitSignal(form.changed) as told:
        enter(qtbot, line(form, "window_s"), "")
    assert told.args == ["window_s", None]


@pytest.mark.parametrize(
    ("text", "complaint"), [("99", "must be from 1 to 64"), ("many", "must be a whole number"), ("", "whole number")]
)
def test_wrong_value_is_marked_beside_its_field_and_not_told(
    form: ConfigForm, qtbot: QtBot, text: str, complaint: str
) -> None:
    with qtbot.assertNotEmitted(form.changed):
        enter(qtbot, line(form, "batch_size"), text)
    assert complaint in form.wrong()["batch_size"]
    assert any(complaint in shown for shown in words(form))
    assert line(form, "batch_size").property("wrong")
    with pytest.raises(ConfigError):
        form.config()
    enter(qtbot, line(form, "batch_size"), "16")
    assert not line(form, "batch_size").property("wrong")
    assert "Clips in a step" in words(form)


def test_choices_and_switches_are_told_at_once(form: ConfigForm, qtbot: QtBot) -> None:
    switch = form.fields["detach"].editor
    with qtbot.waitSignal(form.changed) as told:
        qtbot.mouseClick(switch, Qt.MouseButton.LeftButton, pos=switch.rect().center() - switch.rect().center() / 1.2)
    assert told.args == ["detach", True]
    with qtbot.waitSignal(form.changed) as told:
        qtbot.keyClick(form.fields["norm"].editor, Qt.Key.Key_Up)
    assert told.args == ["norm", "l1"]


def test_a_config_inside_is_a_group_whose_names_have_a_dot(form: ConfigForm, qtbot: QtBot) -> None:
    with qtbot.waitSignal(form.changed) as told:
        enter(qtbot, line(form.groups["inner"], "rate"), "2e-4")
    assert told.args == ["inner.rate", 2e-4]
    assert form.config().inner == Inner(2e-4)
    enter(qtbot, line(form.groups["inner"], "rate"), "2")
    assert "inner.rate" in form.wrong()


def test_a_value_that_the_choices_lack_becomes_one(qtbot: QtBot) -> None:
    form = ConfigForm(Outer(), only=["batch_size"], choices={"batch_size": {8: "few", 32: "many"}})
    qtbot.addWidget(form)
    form.show_config(Outer(batch_size=12))
    assert form.config().batch_size == 12


def test_small_numbers_keep_all_their_digits(qtbot: QtBot) -> None:
    form = ConfigForm(Inner(0.123456789))
    qtbot.addWidget(form)
    assert form.config() == Inner(0.123456789)


@pytest.mark.parametrize("config", [Network(), Decoding(), Export()], ids=lambda config: type(config).__name__)
def test_configs_of_the_core_make_forms(config: Any, qtbot: QtBot) -> None:
    form = ConfigForm(config)
    qtbot.addWidget(form)
    assert form.wrong() == {}
    assert form.config() == config


@dataclass(frozen=True)
class Place:
    """A config that a setting may have several of."""

    folder: str = setting("", "where it lies")
    splits: tuple[str, ...] = setting((), "which parts")
    weight: float = setting(1.0, "share", low=0.1, high=10)


@dataclass(frozen=True)
class Places:
    """Has several."""

    more: tuple[Place, ...] = setting((), "further ones")


def test_several_configs_are_typed_as_tables_and_a_wrong_one_is_marked(qtbot: QtBot) -> None:
    form = ConfigForm(Places((Place("a, b", ("1", "2"), 0.5),)))
    qtbot.addWidget(form)
    assert line(form, "more").text() == '{folder = "a, b", splits = ["1", "2"], weight = 0.5}'
    assert form.config() == Places((Place("a, b", ("1", "2"), 0.5),))
    form.show_config(Places())
    assert line(form, "more").text() == ""
    assert form.config() == Places()
    qtbot.keyClicks(line(form, "more"), '{folder = "c"}, {folder = "d", weight = 2}')
    assert form.config() == Places((Place("c"), Place("d", weight=2.0)))
    for text, words in (
        ('{folder = "c"', "must be like"),
        ("c", "must be like"),
        ('{folder = "c", weight = 99}', "must be from 0.1 to 10"),
        ('{name = "c"}', "no such setting"),
    ):
        line(form, "more").clear()
        qtbot.keyClicks(line(form, "more"), text)
        assert words in form.wrong()["more"]
