"""Alerts: which sounds are called out, how, and what was called out."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QCompleter,
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QPushButton,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from aaccore.alerts import Alert, Sound
from aaccore.config import AlertRule
from app import theme
from app.settings import AlertEdge
from app.views.card import titled_card

LONGEST_LOG = 500
PAUSES_S = (10.0, 30.0, 60.0, 300.0, 900.0, 3600.0)


class AlertsDialog(QDialog):
    """Shows rules and the log, and says what the user wants."""

    rule_wanted = Signal(str)  # what somebody would like to be told of, in their words
    rules_changed = Signal(tuple)  # of AlertRule
    edge_chosen = Signal(str)
    notification_chosen = Signal(bool)
    test_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Alerts"))
        self.resize(640, 620)
        self._rules: list[AlertRule] = []
        self._sounds: dict[str, Sound] = {}
        self._band_words = {"sure": self.tr("sure"), "likely": self.tr("likely"), "guess": self.tr("any")}
        warning = QLabel(
            self.tr(
                "This is not a safety device: it misses sounds, and takes some for others. "
                "Never rely on it for smoke, fire, or anybody's safety."
            )
        )
        warning.setProperty("kind", "warning")
        warning.setWordWrap(True)
        inside = QWidget()
        inside.setObjectName("scrolled")
        column = QVBoxLayout(inside)
        column.setSpacing(theme.space(4))
        column.addWidget(warning)
        column.addWidget(titled_card(self.tr("Tell me when this is heard"), self._make_rules()))
        column.addWidget(titled_card(self.tr("How"), self._make_ways()))
        column.addWidget(titled_card(self.tr("What was called out"), self._make_log()), 1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(inside)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        for button in buttons.buttons():
            button.setProperty("autoDefault", False)  # Enter adds a sound
        outer = QVBoxLayout(self)
        outer.addWidget(scroll, 1)
        outer.addWidget(buttons)

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

    def show_ways(self, edge: AlertEdge, notification: bool) -> None:
        """Show how alerts come."""
        with QSignalBlocker(self.edge), QSignalBlocker(self.notification):
            self.edge.setCurrentIndex(self.edge.findData(edge))
            self.notification.setChecked(notification)

    def show_limits(self, on_screen: bool, notifiable: bool) -> None:
        """Show whether this desktop lets the screen's edge light up and shows notifications, and what it takes."""
        self.off_screen.setVisible(not on_screen)
        self.notification.setEnabled(notifiable)
        self.unable.setVisible(not notifiable)

    def add_alert(self, alert: Alert) -> None:
        """Put an alert on top of the log."""
        band = f" ({self._band_words[alert.band]})" if alert.band else ""
        self.log.insertItem(0, f"{alert.clock:%Y-%m-%d %H:%M:%S}  {alert.sound}: {alert.caption}{band}")
        while self.log.count() > LONGEST_LOG:
            self.log.takeItem(self.log.count() - 1)
        self.nothing.hide()
        self.log.show()

    def clear_choice(self) -> None:
        """The sound was taken."""
        self.choice.setEditText("")
        self.show_answer("")

    def _make_rules(self) -> QWidget:
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
        box = QWidget()
        column = QVBoxLayout(box)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(row)
        column.addWidget(self.answer)
        column.addLayout(self._rows)
        column.addWidget(help)
        return box

    def _make_ways(self) -> QWidget:
        self.edge = QComboBox()
        self.edge.setAccessibleName(self.tr("The screen's edge"))
        for value, words in {
            "off": self.tr("stays dark"), "soft": self.tr("lights up once, softly"),
            "strong": self.tr("flashes, twice a second"),
        }.items():  # fmt: skip
            self.edge.addItem(words, value)
        self.edge.activated.connect(lambda: self.edge_chosen.emit(self.edge.currentData()))
        self.notification = QCheckBox(self.tr("Desktop notification"))
        self.notification.toggled.connect(self.notification_chosen)
        self.off_screen = _small(
            self.tr("This desktop (Wayland) lets no program paint there: the edges of Auricle's windows light up.")
        )
        self.unable = _small(self.tr("This desktop shows none: notify-send is missing (Debian: libnotify-bin)."))
        self.test_button = QPushButton(theme.icon("play"), self.tr("Test"))
        self.test_button.setAutoDefault(False)
        self.test_button.setToolTip(self.tr("Do what an alert does"))
        self.test_button.clicked.connect(self.test_requested)
        label = QLabel(self.tr("The screen's edge"))
        label.setBuddy(self.edge)
        box = QWidget()
        grid = QGridLayout(box)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.addWidget(label, 0, 0)
        grid.addWidget(self.edge, 0, 1)
        grid.addWidget(self.off_screen, 1, 0, 1, 2)
        grid.addWidget(self.notification, 2, 0, 1, 2)
        grid.addWidget(self.unable, 3, 0, 1, 2)
        grid.addWidget(self.test_button, 4, 0, Qt.AlignmentFlag.AlignLeft)
        grid.setColumnStretch(1, 1)
        return box

    def _make_log(self) -> QWidget:
        self.log = QListWidget()
        self.log.setAccessibleName(self.tr("Alert log"))
        self.log.setMinimumHeight(theme.space(30))
        self.log.setWordWrap(True)
        self.log.hide()
        self.nothing = QLabel(self.tr("Nothing yet."))
        self.nothing.setProperty("kind", "muted")
        box = QWidget()
        column = QVBoxLayout(box)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.log)
        column.addWidget(self.nothing)
        return box

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


def _small(words: str) -> QLabel:
    """A line that is hidden until it applies."""
    label = QLabel(words)
    label.setProperty("kind", "small")
    label.setWordWrap(True)
    label.hide()
    return label
