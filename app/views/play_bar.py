"""The player's controls: play, position, loop, volume."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QToolButton, QWidget

from app import theme
from app.views.clock import clock
from app.views.elided_label import ElidedLabel


class PlayBar(QWidget):
    """One line under the waveform; other controls may be put at its right end."""

    play_toggled = Signal()
    loop_toggled = Signal(bool)
    volume_chosen = Signal(float)
    whole_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.play_button = self._button("play", self.tr("Play"), self.tr("Play (Space)"))
        self.loop_button = self._button("loop", self.tr("Loop"), self.tr("Play the chosen segment again and again (L)"))
        self.loop_button.setCheckable(True)
        self.fit_button = self._button("fit", self.tr("Show all"), self.tr("Show the whole recording (Home)"))
        self.position = QLabel()
        self.position.setAccessibleName(self.tr("Position"))
        self.note = ElidedLabel()
        self.note.setProperty("kind", "small")
        self.note.setAccessibleName(self.tr("About the player"))
        self.volume_mark = QLabel()
        self.volume_mark.setAccessibleName(self.tr("Volume"))
        self.volume = QSlider(Qt.Orientation.Horizontal)
        self.volume.setRange(0, 100)
        self.volume.setFixedWidth(96)
        self.volume.setAccessibleName(self.tr("Volume"))
        self.volume.setToolTip(self.tr("Volume"))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.space(2))
        layout.addWidget(self.play_button)
        layout.addWidget(self.position)
        layout.addWidget(self.loop_button)
        layout.addWidget(self.note, 1)
        layout.addWidget(self.volume_mark)
        layout.addWidget(self.volume)
        layout.addWidget(self.fit_button)
        self._playing = False
        self._show_marks()
        theme.themed.connect(self._show_marks)
        theme.themed.connect(self._forget_room)
        self.play_button.clicked.connect(self.play_toggled)
        self.fit_button.clicked.connect(self.whole_wanted)
        self.loop_button.toggled.connect(self.loop_toggled)
        self.volume.valueChanged.connect(self._choose_volume)
        self.show_position(None, None)

    def add(self, widget: QWidget) -> None:
        """Put a control at the right end."""
        layout = self.layout()
        assert layout is not None
        layout.addWidget(widget)

    def show_position(self, time_s: float | None, duration_s: float | None) -> None:
        """Say where the player is, in a recording of that length."""
        if duration_s is None or time_s is None:
            self.position.setText("")
            return
        short = duration_s < 3600
        text = f"{clock(time_s, tenths=short)} / {clock(duration_s, tenths=short)}"
        if text != self.position.text():
            self.position.setText(text)
        room = self.position.fontMetrics().horizontalAdvance("0" * (2 * len(clock(duration_s, tenths=short)) + 3))
        self.position.setMinimumWidth(room)

    def show_playing(self, playing: bool) -> None:
        """Let the button say what it does next."""
        self._playing = playing
        self.play_button.setIcon(theme.icon("pause" if playing else "play"))
        self.play_button.setAccessibleName(self.tr("Pause") if playing else self.tr("Play"))
        if self.play_button.isEnabled():
            self.play_button.setToolTip(self.tr("Pause (Space)") if playing else self.tr("Play (Space)"))

    def show_player(self, usable: bool, reason: str) -> None:
        """Enable what plays, or say in words why it cannot."""
        for widget in (self.play_button, self.loop_button, self.volume):
            widget.setEnabled(usable)
        self.note.setText(reason)
        self.play_button.setToolTip(reason or self.tr("Play (Space)"))
        self.play_button.setAccessibleDescription(reason)

    def show_volume(self, volume: float) -> None:
        """Put the slider at a volume from 0 to 1."""
        self.volume.blockSignals(True)
        self.volume.setValue(round(100 * volume))
        self.volume.blockSignals(False)
        self._show_marks()

    def _choose_volume(self, percent: int) -> None:
        self._show_marks()
        self.volume_chosen.emit(percent / 100)

    def _show_marks(self) -> None:
        name = "volume" if self.volume.value() else "muted"
        self.volume_mark.setPixmap(theme.pixmap(name, theme.ICON_PX, "muted"))

    def _forget_room(self) -> None:
        """Letters may be of another size now; `show_position` measures them anew."""
        self.position.setMinimumWidth(0)

    def _button(self, icon: str, name: str, tip: str) -> QToolButton:
        button = QToolButton()
        button.setIcon(theme.icon(icon))
        button.setProperty("kind", "quiet")
        button.setAccessibleName(name)
        button.setToolTip(tip)
        return button
