"""Alerts: which sounds are called out, how, and what was called out."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QLabel,
    QListWidget,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from aaccore.alerts import Alert
from app import theme
from app.settings import AlertEdge
from app.views.alert_rules import AlertRules
from app.views.card import titled_card

LONGEST_LOG = 500


class AlertsDialog(QDialog):
    """Shows rules and the log, and says what the user wants; the rules have signals of their own."""

    edge_chosen = Signal(str)
    notification_chosen = Signal(bool)
    test_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Alerts"))
        self.resize(640, 620)
        self._band_words = {"sure": self.tr("sure"), "likely": self.tr("likely"), "guess": self.tr("guess")}
        self.rules = AlertRules()
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
        column.addWidget(titled_card(self.tr("Tell me when this is heard"), self.rules))
        column.addWidget(titled_card(self.tr("How"), self._make_ways()))
        column.addWidget(titled_card(self.tr("What was called out"), self._make_log()))
        column.addStretch()
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
        self.log.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.MinimumExpanding)
        self.log.hide()
        self.nothing = QLabel(self.tr("Nothing yet."))
        self.nothing.setProperty("kind", "muted")
        box = QWidget()
        column = QVBoxLayout(box)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.log)
        column.addWidget(self.nothing)
        return box


def _small(words: str) -> QLabel:
    """A line that is hidden until it applies."""
    label = QLabel(words)
    label.setProperty("kind", "small")
    label.setWordWrap(True)
    label.hide()
    return label
