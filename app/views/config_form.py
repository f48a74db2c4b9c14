"""A form made from any frozen dataclass of settings: help, units and limits come from its fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QGridLayout, QLabel, QVBoxLayout, QWidget

from app import theme
from app.views.card import titled_card
from app.views.config_field import ConfigField, label_of


class ConfigForm(QWidget):
    """The settings of a config beneath each other; a config inside it becomes a group of its own.

    Args:
        config: What the form shows first.
        only: The settings to show, in this order; by default all.
        labels: What a setting is called, where its name says too little.
        helps: What a setting does, where the field's help is not for this reader.
        choices: The values to choose from, with their words, where a setting is not to be typed.
        parent: Owner.
    """

    changed = Signal(str, object)  # name (with dots inside groups) and new value, which is a right one

    def __init__(
        self,
        config: Any,
        only: Sequence[str] = (),
        labels: Mapping[str, str] | None = None,
        helps: Mapping[str, str] | None = None,
        choices: Mapping[str, Mapping[Any, str]] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        labels, helps, choices = labels or {}, helps or {}, choices or {}
        self._config = config
        self.fields: dict[str, ConfigField] = {}
        self.groups: dict[str, ConfigForm] = {}
        self._labels: list[QLabel] = []
        self._rows = QGridLayout()
        self._rows.setHorizontalSpacing(theme.space(4))
        self._rows.setVerticalSpacing(theme.space(3))
        self._rows.setColumnStretch(1, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.space(4))
        column.addLayout(self._rows)
        every = {field.name: field for field in fields(config)}
        for name in only or every:
            if is_dataclass(getattr(config, name)):
                group = ConfigForm(getattr(config, name))
                self.groups[name] = group
                group.changed.connect(self._forwarder(name))
                column.addWidget(titled_card(labels.get(name) or label_of(every[name]), group))
            else:
                self._add(ConfigField(type(config), name, labels.get(name, ""), helps.get(name), choices.get(name)))
        self.show_config(config)

    def config(self) -> Any:
        """The config as edited.

        Raises:
            ConfigError: A setting is wrong; see `wrong`.
        """
        values = {name: field.value() for name, field in self.fields.items()}
        values |= {name: group.config() for name, group in self.groups.items()}
        return replace(self._config, **values)

    def show_config(self, config: Any) -> None:
        """Show a config of the same kind."""
        self._config = config
        for name, field in self.fields.items():
            field.show_value(getattr(config, name))
        for name, group in self.groups.items():
            group.show_config(getattr(config, name))

    def wrong(self) -> dict[str, str]:
        """What is wrong, in words, by the name of the setting; empty where all is right."""
        found = {name: complaint for name, field in self.fields.items() if (complaint := field.wrong())}
        for name, group in self.groups.items():
            found |= {f"{name}.{inner}": complaint for inner, complaint in group.wrong().items()}
        return found

    def show_field(self, name: str, shown: bool) -> None:
        """Show a setting, or hide it where it has nothing to say."""
        self.fields[name].setVisible(shown)
        for label in self._labels:
            if label.buddy() is self.fields[name].editor:
                label.setVisible(shown)

    def label_width(self) -> int:
        """Width of the widest label, pixels."""
        return max((label.sizeHint().width() for label in self._labels), default=0)

    def align(self, label_width: int) -> None:
        """Make room for labels of a width, so that several forms beneath each other line up."""
        self._rows.setColumnMinimumWidth(0, label_width)

    def _add(self, field: ConfigField) -> None:
        self.fields[field.name] = field
        row = self._rows.rowCount()
        if isinstance(field.editor, QCheckBox):  # it has its words beside it
            self._rows.addWidget(field, row, 0, 1, 2)
        else:
            label = QLabel(field.label)
            label.setBuddy(field.editor)
            self._labels.append(label)
            label.setContentsMargins(0, theme.space(2), 0, 0)
            self._rows.addWidget(label, row, 0, Qt.AlignmentFlag.AlignTop)
            self._rows.addWidget(field, row, 1)
        field.edited.connect(self._edited)

    def _edited(self) -> None:
        field = self.sender()
        assert isinstance(field, ConfigField)
        self.changed.emit(field.name, field.value())

    def _forwarder(self, group: str) -> Any:
        return lambda name, value: self.changed.emit(f"{group}.{name}", value)
