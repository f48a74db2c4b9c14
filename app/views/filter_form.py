"""What a search in the library can be narrowed to, as a form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from PySide6.QtCore import QDate, QLocale, QSignalBlocker, Signal
from PySide6.QtGui import QDoubleValidator
from PySide6.QtWidgets import (
    QComboBox,
    QDateEdit,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QWidget,
)

from aaccore.records import Filters
from app import theme

BETWEEN = -1
"""Stands for two days that are chosen, among numbers of days."""
LONGEST_S = 1_000_000.0


class FilterForm(QFrame):
    """A card of fields; each change is told at once."""

    changed = Signal(object)  # Filters

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "card")
        self.setAccessibleName(self.tr("Filter"))
        self._filters = Filters()
        self.period = self._choice(
            self.tr("Added"),
            [(self.tr("Any day"), 0), (self.tr("Today"), 1), (self.tr("Last 7 days"), 7),
             (self.tr("Last 30 days"), 30), (self.tr("Last 365 days"), 365), (self.tr("From … to …"), BETWEEN)],
        )  # fmt: skip
        self.first_day, self.last_day = self._day(self.tr("From day")), self._day(self.tr("To day"))
        self.shortest = self._seconds(self.tr("Shortest length"))
        self.longest = self._seconds(self.tr("Longest length"))
        self.model = self._choice(self.tr("Model"), [(self.tr("Any model"), "")])
        self.corrected = self._choice(
            self.tr("Captions"),
            [(self.tr("Edited or not"), None), (self.tr("Edited"), True), (self.tr("Not edited"), False)],
        )
        self.missing = self._choice(
            self.tr("Files"), [(self.tr("There or not"), None), (self.tr("Missing"), True), (self.tr("There"), False)]
        )
        self.clear = QPushButton(self.tr("Clear all"))
        self.clear.clicked.connect(lambda: self._tell(Filters()))
        self._lay_out()
        self.show_filters(Filters())

    def show_models(self, models: Sequence[tuple[str, int]]) -> None:
        """Offer these models, each with its number of recordings."""
        with QSignalBlocker(self.model):
            chosen = self._filters.model
            self.model.clear()
            self.model.addItem(self.tr("Any model"), "")
            for name, count in models:
                self.model.addItem(f"{name} ({count})", name)
            self.model.setCurrentIndex(max(0, self.model.findData(chosen)))

    def show_filters(self, filters: Filters) -> None:
        """Show what is chosen."""
        self._filters = filters
        fields = (
            self.period, self.first_day, self.last_day, self.shortest, self.longest, self.model, self.corrected,
            self.missing,
        )  # fmt: skip
        blockers = [QSignalBlocker(field) for field in fields]
        self.period.setCurrentIndex(self.period.findData(self._period(filters)))
        between = self.period.currentData() == BETWEEN
        for field, day in ((self.first_day, filters.first_day), (self.last_day, filters.last_day)):
            field.setVisible(between)
            shown = day or date.today()
            field.setDate(QDate(shown.year, shown.month, shown.day))
        for line, seconds in ((self.shortest, filters.shortest_s), (self.longest, filters.longest_s)):
            if _number(line) != seconds:  # or what is typed would change under the hands
                line.setText(QLocale().toString(seconds, "g", 10) if seconds else "")
        if filters.model and self.model.findData(filters.model) < 0:
            self.model.addItem(filters.model, filters.model)
        self.model.setCurrentIndex(self.model.findData(filters.model))
        self.corrected.setCurrentIndex(self.corrected.findData(filters.corrected))
        self.missing.setCurrentIndex(self.missing.findData(filters.missing))
        self.clear.setEnabled(filters != Filters())
        del blockers

    def _period(self, filters: Filters) -> int:
        """What of the first field stands for the days of the filters."""
        if filters.first_day is None and filters.last_day is None:
            return 0
        if filters.last_day is None and filters.first_day is not None:
            days = (date.today() - filters.first_day).days + 1
            if self.period.currentData() != BETWEEN and days in (1, 7, 30, 365):
                return days
        return BETWEEN

    def _read(self) -> None:
        """Tell what the fields say now."""
        days = self.period.currentData()
        first = last = None
        if days == BETWEEN:
            first, last = _python_day(self.first_day), _python_day(self.last_day)
        elif days:
            first = date.today() - timedelta(days=days - 1)
        self._tell(
            replace(
                self._filters, first_day=first, last_day=last, shortest_s=_number(self.shortest),
                longest_s=_number(self.longest), model=self.model.currentData(),
                corrected=self.corrected.currentData(), missing=self.missing.currentData(),
            )
        )  # fmt: skip

    def _tell(self, filters: Filters) -> None:
        self.show_filters(filters)
        self.changed.emit(filters)

    def _choice(self, name: str, choices: Sequence[tuple[str, Any]]) -> QComboBox:
        box = QComboBox()
        box.setAccessibleName(name)
        for words, value in choices:
            box.addItem(words, value)
        box.currentIndexChanged.connect(self._read)
        return box

    def _day(self, name: str) -> QDateEdit:
        field = QDateEdit()
        field.setAccessibleName(name)
        field.setCalendarPopup(True)
        field.setKeyboardTracking(False)
        field.dateChanged.connect(self._read)
        return field

    def _seconds(self, name: str) -> QLineEdit:
        field = QLineEdit()
        field.setAccessibleName(name)
        field.setPlaceholderText(self.tr("any"))
        field.setValidator(QDoubleValidator(0.0, LONGEST_S, 3, field))
        field.setMaximumWidth(theme.space(24))
        field.textChanged.connect(self._read)
        return field

    def _lay_out(self) -> None:
        days, length = QHBoxLayout(), QHBoxLayout()
        for layout in (days, length):
            layout.setSpacing(theme.space(2))
        for widget in (self.period, self.first_day, self.last_day):
            days.addWidget(widget)
        days.addStretch()
        length.addWidget(self.shortest)
        length.addWidget(QLabel(self.tr("to")))
        length.addWidget(self.longest)
        length.addWidget(QLabel(self.tr("seconds")))
        length.addStretch()
        grid = QGridLayout(self)
        grid.setContentsMargins(*[theme.space(3)] * 4)
        grid.setHorizontalSpacing(theme.space(3))
        rows = (
            (self.tr("Added"), days, self.period, self.tr("Captions"), self.corrected),
            (self.tr("Length"), length, self.shortest, self.tr("Files"), self.missing),
        )
        for row, (left, layout, first, right, field) in enumerate(rows):
            for column, words, buddy in ((0, left, first), (2, right, field)):
                label = QLabel(words)
                label.setBuddy(buddy)
                grid.addWidget(label, row, column)
            grid.addLayout(layout, row, 1)
            grid.addWidget(field, row, 3)
        label = QLabel(self.tr("Model"))
        label.setBuddy(self.model)
        self.model.setMinimumContentsLength(12)
        self.model.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        grid.addWidget(label, 2, 0)
        grid.addWidget(self.model, 2, 1)
        grid.addWidget(self.clear, 2, 3)
        grid.setColumnStretch(1, 2)
        grid.setColumnStretch(3, 1)


def _python_day(field: QDateEdit) -> date:
    day = field.date()
    return date(day.year(), day.month(), day.day())


def _number(line: QLineEdit) -> float | None:
    """What is typed, s; None where that is nothing, no number, or 0."""
    value, valid = QLocale().toDouble(line.text())
    return value if valid and value > 0 else None
