"""The live page's controls: what is listened to, whether, how loud, and whether it is kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Signal, SignalInstance
from PySide6.QtWidgets import QComboBox, QPushButton, QToolButton, QWidget

from app import theme
from app.views.flow_layout import FlowLayout
from app.views.level_legend import decibels
from app.views.level_meter import LevelMeter

if TYPE_CHECKING:
    from aaccore.microphone import Microphone

STATES = ("idle", "opening", "listening", "paused", "stopping")
"""`idle` listens to nothing; `opening` loads the model; `stopping` still says what is queued."""

GAINS_DB = (-18, -12, -6, 0, 6, 12, 18, 24, 30, 36)


class LiveBar(QWidget):
    """Buttons and fields in as many lines as they need."""

    listen_requested = Signal(bool)  # begin, or stop
    pause_requested = Signal(bool)
    refresh_requested = Signal()
    source_chosen = Signal(str)  # its name
    gain_chosen = Signal(float)
    keep_requested = Signal(bool)
    strip_requested = Signal(bool)
    alerts_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.state = "idle"
        self._microphones: list[Microphone] = []
        self.listen_button = QPushButton()
        self.listen_button.setProperty("kind", "primary")
        self.listen_button.clicked.connect(self.toggle)
        self.pause_button = QPushButton()
        self.pause_button.clicked.connect(lambda: self.pause_requested.emit(self.state == "listening"))
        self.sources = QComboBox()
        self.sources.setAccessibleName(self.tr("Listen to"))
        self.sources.setToolTip(self.tr("What to listen to"))
        self.sources.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.sources.setMinimumContentsLength(24)
        self.sources.activated.connect(self._choose)
        self.refresh_button = QToolButton()
        self.refresh_button.setIcon(theme.icon("retry"))
        self.refresh_button.setAccessibleName(self.tr("Look for microphones again"))
        self.refresh_button.setToolTip(self.refresh_button.accessibleName())
        self.refresh_button.clicked.connect(self.refresh_requested)
        self.gain = QComboBox()
        for gain_db in GAINS_DB:
            self.gain.addItem(self.tr("Gain {decibels} dB").format(decibels=decibels(gain_db)), float(gain_db))
        self.gain.setAccessibleName(self.tr("Gain"))
        self.gain.setToolTip(self.tr("Amplification of what is listened to"))
        self.gain.activated.connect(lambda: self.gain_chosen.emit(self.gain.currentData()))
        self.meter = LevelMeter()
        self.keep_button = self._switch("record", self.tr("Keep recording"), self.keep_requested)
        self.keep_button.setToolTip(
            self.tr("Keep the sound as a FLAC file with its captions beside it, in the library; else it is deleted")
        )
        self.strip_button = self._switch("captions", self.tr("Caption strip"), self.strip_requested)
        self.strip_button.setToolTip(self.tr("Captions in a strip of their own, above all other windows"))
        self.alerts_button = QPushButton(theme.icon("warning"), self.tr("Alerts…"))
        self.alerts_button.setToolTip(self.tr("Sounds to be called out when they are heard"))
        self.alerts_button.clicked.connect(self.alerts_requested)
        row = FlowLayout(self)
        row.setSpacing(theme.space(2))
        for widget in (
            self.listen_button, self.pause_button, self.sources, self.refresh_button, self.meter, self.gain,
            self.keep_button, self.strip_button, self.alerts_button,
        ):  # fmt: skip
            row.addWidget(widget)
        self.show_state("idle")
        self.show_recording(False)

    def toggle(self) -> None:
        """Listen, or stop: what the main button does."""
        if self.listen_button.isEnabled():
            self.listen_requested.emit(self.state == "idle")

    def show_state(self, state: str) -> None:
        """Show whether it listens, see `STATES`."""
        self.state = state
        idle = state == "idle"
        words = {"idle": self.tr("Listen"), "stopping": self.tr("Finishing …")}
        self.listen_button.setText(words.get(state, self.tr("Stop")))
        self.listen_button.setIcon(theme.icon("live" if idle else "stop", "on_accent"))
        self.listen_button.setEnabled(state != "stopping")
        self.listen_button.setToolTip(self.tr("Space"))
        self.pause_button.setText(self.tr("Go on") if state == "paused" else self.tr("Pause"))
        self.pause_button.setIcon(theme.icon("play" if state == "paused" else "pause"))
        self.pause_button.setEnabled(state in ("listening", "paused"))
        for widget in (self.sources, self.refresh_button):
            widget.setEnabled(idle)
        if idle:
            self.meter.clear()

    def show_microphones(self, microphones: Sequence[Microphone], chosen: str) -> None:
        """Offer these; the chosen one by its name, else the system's choice."""
        self._microphones = list(microphones)
        with QSignalBlocker(self.sources):
            self.sources.clear()
            for one in microphones:
                icon = theme.icon("volume" if one.system_audio else "live")
                title = one.title
                if one.system_audio and "system audio" not in title.lower():
                    title = self.tr("System audio: {title}").format(title=title)
                self.sources.addItem(icon, title, one.name)
            self.sources.setCurrentIndex(max(0, self.sources.findData(chosen)))

    def microphone(self) -> Microphone | None:
        """The one that is chosen; None for the system's choice."""
        name = self.sources.currentData()
        return next((one for one in self._microphones if one.name == name), None)

    def show_gain(self, gain_db: float) -> None:
        """Show how much is amplified."""
        with QSignalBlocker(self.gain):
            nearest = min(GAINS_DB, key=lambda one: abs(one - gain_db))
            self.gain.setCurrentIndex(GAINS_DB.index(nearest))

    def show_recording(self, recording: bool) -> None:
        """Show whether the sound is kept: in red and in words."""
        with QSignalBlocker(self.keep_button):
            self.keep_button.setChecked(recording)
        self.keep_button.setIcon(theme.icon("record", "error" if recording else "text"))
        self.keep_button.setText(self.tr("Recording is kept") if recording else self.tr("Keep recording"))

    def show_strip(self, shown: bool) -> None:
        """Show whether the strip is there."""
        with QSignalBlocker(self.strip_button):
            self.strip_button.setChecked(shown)

    def _switch(self, icon: str, text: str, signal: SignalInstance) -> QPushButton:
        button = QPushButton(theme.icon(icon), text)
        button.setCheckable(True)
        button.toggled.connect(signal)
        return button

    def _choose(self) -> None:
        self.source_chosen.emit(self.sources.currentData())
