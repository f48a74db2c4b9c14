"""One setting in a form: its editor by the type of its field, its unit, and beneath it its help or what is wrong."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import Field, fields, is_dataclass
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLabel, QLineEdit, QSizePolicy, QVBoxLayout, QWidget

from aaccore.config import from_dict, from_inline, to_inline
from aaccore.errors import ConfigError
from app import theme

UNITS = ("_s", "_hz", "_db")


def label_of(field: Field[Any]) -> str:
    """The name of a setting in words: its own label, or the field's name without its unit."""
    name = field.name
    for unit in UNITS:
        name = name.removesuffix(unit)
    return str(field.metadata.get("label") or name.replace("_", " ").capitalize())


class ConfigField(QWidget):
    """The editor of one setting.

    Args:
        kind: The dataclass that the setting belongs to.
        name: The setting's field.
        help: What it does, in place of the field's own help; empty for no word.
        label: What it is called, in place of the field's own label.
        choices: Words of each value that may be chosen; by default those of a `Literal`, else the value is typed.
        parent: Owner.
    """

    edited = Signal()  # the value changed and is a right one

    def __init__(
        self,
        kind: type,
        name: str,
        label: str = "",
        help: str | None = None,
        choices: Mapping[Any, str] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.kind, self.name = kind, name
        field = next(f for f in fields(kind) if f.name == name)
        hint = get_type_hints(kind)[name]
        self.label = label or label_of(field)
        self._help = _sentence(str(field.metadata.get("help", ""))) if help is None else help
        self._optional, self._type = _without_none(hint)
        if choices is None and get_origin(self._type) is Literal:
            choices = {value: str(value).replace("_", " ").capitalize() for value in get_args(self._type)}
        self._in_tables = get_origin(self._type) is tuple and is_dataclass(get_args(self._type)[0])
        self._kept: Any = None
        self.editor = self._make_editor(choices)
        self.editor.setAccessibleName(self.label)
        self.editor.setAccessibleDescription(self._help)
        self._hint = QLabel(self._help)
        self._hint.setWordWrap(True)
        self._hint.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        row = QHBoxLayout()
        row.addWidget(self.editor)
        if unit := field.metadata.get("unit"):
            row.addWidget(QLabel(unit))
        if self.editor.sizePolicy().horizontalPolicy() != QSizePolicy.Policy.Expanding:
            row.addStretch()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.space(1))
        column.addLayout(row)
        column.addWidget(self._hint)
        self._mark("")

    def value(self) -> Any:
        """What the editor holds.

        Raises:
            ConfigError: That cannot be; the message says why.
        """
        if isinstance(self.editor, QCheckBox):
            return self.editor.isChecked()
        if isinstance(self.editor, QComboBox):
            return self.editor.currentData()
        value = self._parsed(self.editor.text().strip())
        return getattr(from_dict(self.kind, {self.name: value}), self.name)

    def show_value(self, value: Any) -> None:
        """Show a value; one that the choices lack becomes a choice."""
        self._kept = value
        if isinstance(self.editor, QCheckBox):
            self.editor.setChecked(value)
        elif isinstance(self.editor, QComboBox):
            held = [self.editor.itemData(index) for index in range(self.editor.count())]  # findData knows no tuples
            if value not in held:
                self.editor.addItem(_written(value), value)
            self.editor.setCurrentIndex([*held, value].index(value))
        else:
            self.editor.setText(_written(value))
            self._mark("")

    def offer(self, choices: Mapping[Any, str]) -> None:
        """Let other values be chosen from; the one that is shown stays."""
        assert isinstance(self.editor, QComboBox)
        self.editor.clear()
        for value, words in choices.items():
            self.editor.addItem(words, value)
        self.show_value(self._kept)

    def wrong(self) -> str:
        """What is wrong with the value, in words; empty where nothing is."""
        try:
            self.value()
        except ConfigError as error:
            return str(error).rsplit(": ", 1)[-1]
        return ""

    def show_complaint(self, complaint: str) -> None:
        """Mark the value as wrong for a reason that lies outside this field, until it is edited."""
        self._mark(complaint)

    def _make_editor(self, choices: Mapping[Any, str] | None) -> QCheckBox | QComboBox | QLineEdit:
        if choices is not None:
            combo = QComboBox()
            for value, words in choices.items():
                combo.addItem(words, value)
            combo.activated.connect(self._take)
            return combo
        if self._type is bool:
            box = QCheckBox(self.label)
            box.clicked.connect(self._take)
            return box
        line = QLineEdit()
        if self._type in (int, float):
            line.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        else:
            line.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        line.textEdited.connect(lambda: self._mark(self.wrong()))
        line.editingFinished.connect(self._take)
        return line

    def _take(self) -> None:
        """Tell of the new value where it is one."""
        complaint = self.wrong()
        self._mark(complaint)
        if not complaint and (value := self.value()) != self._kept:
            self._kept = value
            self.edited.emit()

    def _mark(self, complaint: str) -> None:
        self._hint.setText(self.tr("Not taken: {complaint}").format(complaint=complaint) if complaint else self._help)
        self._hint.setVisible(bool(complaint or self._help))
        for widget, name, value in (
            (self.editor, "wrong", bool(complaint)),
            (self._hint, "kind", "error" if complaint else "small"),
        ):
            if widget.property(name) != value:
                widget.setProperty(name, value)
                widget.style().polish(widget)  # the style sheet looks at properties only then

    def _parsed(self, text: str) -> Any:
        if self._optional and not text:
            return None
        if self._in_tables:
            return from_inline(text)
        if get_origin(self._type) is tuple:
            return tuple(part.strip() for part in text.split(",") if part.strip())
        if self._type not in (int, float):
            return text
        try:
            return self._type(text.replace(",", "."))
        except ValueError:
            number = self.tr("must be a whole number") if self._type is int else self.tr("must be a number")
            raise ConfigError(number) from None


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]


def _without_none(hint: Any) -> tuple[bool, Any]:
    """Whether a type may be None, and what else it is."""
    if get_origin(hint) in (Union, types.UnionType):
        return True, next(part for part in get_args(hint) if part is not type(None))
    return False, hint


def _written(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, tuple):
        return ", ".join(to_inline(item) if is_dataclass(item) else str(item) for item in value)
    return f"{value:g}" if isinstance(value, float) and float(f"{value:g}") == value else str(value)
