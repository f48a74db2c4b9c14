"""The player's controls: play, position, loop, volume."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QToolButton, QWidget

from app import theme
from app.views.clock import clock
from app.views.elided_label import ElidedLabel

VOLUME_PX, NARROW_VOLUME_PX = 96, 56


class PlayBar(QWidget):
    """One line under the waveform; another button may be put at its right end.

    Where there is too little room, the length of the recording, the button's word and the volume's mark give way.
    """

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
        self._playing = self._narrow = False
        self._added: QToolButton | None = None
        self._shown: tuple[float | None, float | None] = (None, None)
        self._show_marks()
        theme.themed.connect(self._show_marks)
        theme.themed.connect(self._fit)
        self.play_button.clicked.connect(self.play_toggled)
        self.fit_button.clicked.connect(self.whole_wanted)
        self.loop_button.toggled.connect(self.loop_toggled)
        self.volume.valueChanged.connect(self._choose_volume)
        self.show_position(None, None)

    def add(self, button: QToolButton) -> None:
        """Put a button with icon and word at the right end."""
        layout = self.layout()
        assert layout is not None
        layout.addWidget(button)
        self._added = button

    def show_position(self, time_s: float | None, duration_s: float | None) -> None:
        """Say where the player is, in a recording of that length."""
        former, self._shown = self._shown, (time_s, duration_s)
        text, room = self._position_text()
        if text != self.position.text():
            self.position.setText(text)
        if room != self.position.minimumWidth():
            self.position.setMinimumWidth(room)
        if former[1] != duration_s:
            self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Say as much as there is room for."""
        super().resizeEvent(event)
        self._fit()

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

    def _position_text(self) -> tuple[str, int]:
        """What to say about the position, and the pixels it takes at most."""
        time_s, duration_s = self._shown
        if time_s is None or duration_s is None:
            return "", 0
        short = duration_s < 3600
        text, length = clock(time_s, tenths=short), clock(duration_s, tenths=short)
        letters = len(length) if self._narrow else 2 * len(length) + 3
        room = self.position.fontMetrics().horizontalAdvance("0" * letters)
        return (text if self._narrow else f"{text} / {length}"), room

    def _fit(self) -> None:
        """Take the wide form, or the narrow one where the wide one has no room."""
        layout = self.layout()
        assert layout is not None
        for narrow in (False, True):
            self._take_form(narrow)
            if layout.minimumSize().width() <= self.width():
                break

    def _take_form(self, narrow: bool) -> None:
        self._narrow = narrow
        self.volume.setFixedWidth(NARROW_VOLUME_PX if narrow else VOLUME_PX)
        self.volume_mark.setVisible(not narrow)
        if self._added is not None:
            style = Qt.ToolButtonStyle
            self._added.setToolButtonStyle(style.ToolButtonIconOnly if narrow else style.ToolButtonTextBesideIcon)
        self.show_position(*self._shown)

    def _button(self, icon: str, name: str, tip: str) -> QToolButton:
        button = QToolButton()
        button.setIcon(theme.icon(icon))
        button.setProperty("kind", "quiet")
        button.setAccessibleName(name)
        button.setToolTip(tip)
        return button
