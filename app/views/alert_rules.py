"""The rules of alerts: which sounds are called out, how sure they must be, how often."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QCompleter,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from aaccore.alerts import Sound
from aaccore.config import AlertRule
from app import theme

PAUSES_S = (10.0, 30.0, 60.0, 300.0, 900.0, 3600.0)


class AlertRules(QWidget):
    """Shows the rules, a line each, above them a field for another sound."""

    rule_wanted = Signal(str)  # what somebody would like to be told of, in their words
    rules_changed = Signal(tuple)  # of AlertRule

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rules: list[AlertRule] = []
        self._sounds: dict[str, Sound] = {}
        self._band_words = {"sure": self.tr("sure"), "likely": self.tr("likely"), "guess": self.tr("any")}
        self.choice = QComboBox()
        self.choice.setEditable(True)
        self.choice.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.choice.setAccessibleName(self.tr("A sound to be told of"))
        self.choice.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        field = self.choice.lineEdit()
        assert field is not None
        field.setPlaceholderText(self.tr("doorbell, crying baby, siren …"))
        field.setAccessibleName(self.choice.accessibleName())
        field.returnPressed.connect(self._ask)
        completer = QCompleter(self.choice.model(), self.choice)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        self.choice.setCompleter(completer)
        self.add_button = QPushButton(theme.icon("add"), self.tr("Add"))
        self.add_button.setAutoDefault(False)
        self.add_button.clicked.connect(self._ask)
        self.answer = QLabel()
        self.answer.setProperty("kind", "error")
        self.answer.setWordWrap(True)
        self.answer.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.answer.hide()
        help = QLabel(
            self.tr(
                "Only sounds that the model in use can name, and their synonyms. The first field is how sure a caption "
                "must be, the second how often the same sound is called out at most."
            )
        )
        help.setProperty("kind", "small")
        help.setWordWrap(True)
        row = QHBoxLayout()
        row.addWidget(self.choice, 1)
        row.addWidget(self.add_button)
        self._rows = QGridLayout()
        self._rows.setColumnStretch(0, 1)
        self._rows.setVerticalSpacing(theme.space(2))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(row)
        column.addWidget(self.answer)
        column.addLayout(self._rows)
        column.addWidget(help)

    def show_sounds(self, sounds: Sequence[Sound], problem: str) -> None:
        """Offer what the model can name; `problem` says why nothing is known."""
        self._sounds = {sound.name: sound for sound in sounds}
        with QSignalBlocker(self.choice):
            text = self.choice.currentText()
            self.choice.clear()
            self.choice.addItems([sound.name for sound in sounds])
            self.choice.setEditText(text)
        self.show_answer(problem)
        self._show_rows()

    def show_rules(self, rules: Sequence[AlertRule]) -> None:
        """Show these rules."""
        if list(rules) != self._rules:
            self._rules = list(rules)
            self._show_rows()

    def show_answer(self, words: str) -> None:
        """Say why a sound cannot be watched for, and what comes nearest; empty for nothing."""
        self.answer.setText(words)
        self.answer.setVisible(bool(words))

    def clear_choice(self) -> None:
        """The sound was taken."""
        self.choice.setEditText("")
        self.show_answer("")

    def _ask(self) -> None:
        if text := self.choice.currentText().strip():
            self.rule_wanted.emit(text)

    def _show_rows(self) -> None:
        while (item := self._rows.takeAt(0)) is not None:
            if (former := item.widget()) is not None:
                former.hide()
                former.deleteLater()
        for place, rule in enumerate(self._rules):
            for column, widget in enumerate(self._row(place, rule)):
                self._rows.addWidget(widget, place, column)

    def _row(self, place: int, rule: AlertRule) -> tuple[QWidget, ...]:
        sound = self._sounds.get(rule.sound)
        words = QLabel()
        words.setWordWrap(True)
        if sound is None and self._sounds:
            words.setText(self.tr("{sound}: this model never says it").format(sound=rule.sound))
            words.setProperty("kind", "error")
        elif sound is not None and sound.of:
            words.setText(
                self.tr("{sound}, found in {named} of {of} recordings when the model was evaluated").format(
                    sound=rule.sound, named=sound.named, of=sound.of
                )
            )
        elif sound is not None:
            words.setText(self.tr("{sound}; how often it is found was not counted").format(sound=rule.sound))
        else:
            words.setText(rule.sound)
        trust = QComboBox()
        trust.setAccessibleName(self.tr("Trust for {sound}").format(sound=rule.sound))
        for band in ("sure", "likely", "guess"):
            trust.addItem(theme.icon(band, band), self._band_words[band], band)
        trust.setCurrentIndex(trust.findData(rule.band))
        trust.setToolTip(self.tr("How sure the caption must be"))
        pause = QComboBox()
        pauses = dict.fromkeys((*PAUSES_S, rule.cooldown_s))
        for seconds in sorted(pauses):
            words_of = self.tr("once in {n} s") if seconds < 60 else self.tr("once in {n} min")
            pause.addItem(words_of.format(n=f"{seconds if seconds < 60 else seconds / 60:g}"), seconds)
        pause.setCurrentIndex(pause.findData(rule.cooldown_s))
        pause.setAccessibleName(self.tr("Pause after {sound}").format(sound=rule.sound))
        pause.setToolTip(self.tr("Time before the same sound is called out again"))
        for box in (trust, pause):
            box.activated.connect(lambda _: self._change(place, trust, pause))
        remove = QToolButton()
        remove.setIcon(theme.icon("delete"))
        remove.setProperty("kind", "quiet")
        remove.setAccessibleName(self.tr("Remove the rule for {sound}").format(sound=rule.sound))
        remove.setToolTip(remove.accessibleName())
        remove.clicked.connect(lambda: self._remove(place))
        return words, trust, pause, remove

    def _change(self, place: int, trust: QComboBox, pause: QComboBox) -> None:
        rule = AlertRule(self._rules[place].sound, trust.currentData(), pause.currentData())
        self._rules[place] = rule
        self.rules_changed.emit(tuple(self._rules))

    def _remove(self, place: int) -> None:
        self.rules_changed.emit(tuple(rule for number, rule in enumerate(self._rules) if number != place))
