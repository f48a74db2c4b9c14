"""A recording to look at and to listen to: spectrogram above waveform, and the player's controls."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedLayout, QVBoxLayout, QWidget

from aaccore.events import OverviewPart, SpectrogramTile
from app import theme
from app.settings import Preferences
from app.views.axis_ticks import hz_text
from app.views.clip_notice import ClipNotice
from app.views.clip_readout import ClipReadout
from app.views.clock import clock
from app.views.level_legend import LevelLegend
from app.views.play_bar import PlayBar
from app.views.span import Span
from app.views.spectrogram_view import SpectrogramView
from app.views.view_menu import ViewMenu
from app.views.waveform_view import WaveformView

SHORTEST_SPAN_S = 0.02
STEP_SHARE = 0.1
"""How far an arrow key seeks, as a share of what is visible."""


class ClipView(QWidget):
    """Shows one recording, or why there is none; what the keys do, `own_keys` says."""

    span_changed = Signal(float, float, int)  # start, end, and how many pixels show it
    seek_wanted = Signal(float)
    play_toggled = Signal()
    loop_toggled = Signal(bool)
    volume_chosen = Signal(float)
    stretch_chosen = Signal(float, float)
    setting_chosen = Signal(str, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.duration_s = 0.0
        self.span = Span(0.0, 0.0)
        self.position_s = 0.0
        self.setAccessibleName(self.tr("Recording"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.spectrogram, self.waveform = SpectrogramView(), WaveformView()
        self.legend, self.play_bar, self.view_menu = LevelLegend(), PlayBar(), ViewMenu()
        self.readout, self.notice = ClipReadout(), ClipNotice()
        self._keys = self._make_keys()
        self._lay_out()
        for strip in (self.spectrogram, self.waveform):
            strip.span_wanted.connect(self.show_span)
            strip.time_clicked.connect(self.seek_wanted)
            strip.stretch_chosen.connect(self.stretch_chosen)
        self.spectrogram.pointed.connect(self._point)
        self.waveform.pointed.connect(self._point_at_time)
        self.play_bar.play_toggled.connect(self.play_toggled)
        self.play_bar.loop_toggled.connect(self.loop_toggled)
        self.play_bar.volume_chosen.connect(self.volume_chosen)
        self.play_bar.whole_wanted.connect(self.show_all)
        self.view_menu.chosen.connect(self.setting_chosen)
        self.show_empty()

    def _lay_out(self) -> None:
        self._header = QWidget()
        header = QHBoxLayout(self._header)
        header.setContentsMargins(0, 0, 0, 0)
        header.addWidget(self.readout, 1)
        header.addWidget(self.legend)
        picture = QWidget()
        inner = QVBoxLayout(picture)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(theme.space(1))
        inner.addWidget(self._header)
        inner.addWidget(self.spectrogram, 3)
        inner.addWidget(self.waveform, 1)
        self._stack = QStackedLayout()
        self.play_bar.add(self.view_menu)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.space(1))
        layout.addLayout(self._stack, 1)  # before it is filled: what it shows has no window of its own then
        layout.addWidget(self.play_bar)
        self._stack.addWidget(picture)
        self._stack.addWidget(self.notice)
        theme.themed.connect(self._fit)

    def show_empty(self) -> None:
        """Show that no recording is chosen."""
        text = self.tr("Choose a recording to see and hear it.")
        self._show_notice(self.tr("No recording"), text, "spectrogram", "muted")

    def show_failure(self, reason: str) -> None:
        """Show in words why the recording cannot be shown."""
        self._show_notice(self.tr("This recording cannot be shown"), reason, "error", "error")

    def show_loading(self, name: str) -> None:
        """Show that a recording is being read, of which nothing is known yet."""
        self._forget()
        words = self.tr("Reading {0} …").format(name)
        self.readout.show_state(words)
        self.setAccessibleDescription(words)
        self._stack.setCurrentIndex(0)
        self.play_bar.show()

    def show_overview(self, part: OverviewPart) -> None:
        """Add columns of the whole recording."""
        self.spectrogram.show_overview(part)
        self.waveform.show_overview(part)
        self.show_duration(part.duration_s)
        read_s = (part.first + len(part.low)) * part.column_s
        share = min(1.0, read_s / max(1e-9, part.duration_s))
        if not part.complete:
            words = self.tr("Looking through … {0} %").format(round(100 * share))
        else:
            words = "" if share > 0.999 else self.tr("Reading … {0} %").format(round(100 * share))
        self.readout.show_state(words)
        self._show_levels()
        self.legend.setVisible(True)

    def show_overview_done(self) -> None:
        """The recording is known whole."""
        self.readout.show_state("")
        self._describe()

    def show_duration(self, duration_s: float) -> None:
        """Take the recording's length, as far as it is known; what shows all goes on to show all."""
        if duration_s == self.duration_s:
            return
        whole = self.span.end_s >= self.duration_s and self.span.start_s == 0
        self.duration_s = duration_s
        self._take_span(Span(0.0, duration_s) if whole else self.span)
        self.show_position(self.position_s)

    def show_span(self, start_s: float, end_s: float) -> None:
        """Show that stretch, or what of it there is."""
        if self.duration_s <= 0:
            return
        length_s = min(max(end_s - start_s, min(SHORTEST_SPAN_S, self.duration_s)), self.duration_s)
        start_s = min(max(0.0, (start_s + end_s - length_s) / 2), self.duration_s - length_s)
        span = Span(start_s, start_s + length_s)
        if span != self.span:
            self._take_span(span)

    def pixels(self) -> int:
        """How many pixels wide the sound is."""
        return max(1, round(self.spectrogram.plot().width() * self.devicePixelRatioF()))

    def show_all(self) -> None:
        """Show the whole recording."""
        self.show_span(0.0, self.duration_s)

    def show_tiles(self, tiles: list[SpectrogramTile]) -> None:
        """Show these stretches in detail."""
        self.spectrogram.show_tiles(tiles)
        self.waveform.show_tiles(tiles)

    def show_rows(self, row_hz: NDArray[np.float32]) -> None:
        """Let frequency run like that along the axis."""
        self.spectrogram.show_rows(row_hz)

    def show_preferences(self, preferences: Preferences) -> None:
        """Take colours, range and volume from the settings."""
        self.view_menu.show_choices(preferences)
        self.play_bar.show_volume(preferences.volume)
        self.spectrogram.show_colours(preferences.colour_map, preferences.range_db)
        self._show_levels()

    def show_segments(self, segments: list[tuple[float, float]]) -> None:
        """Mark the captioned segments, (start, end) in seconds."""
        spans = [Span(*segment) for segment in segments]
        self.spectrogram.show_segments(spans)
        self.waveform.show_segments(spans)
        self._describe()

    def show_selection(self, selection: tuple[float, float] | None) -> None:
        """Mark the chosen stretch, and bring it into sight."""
        span = None if selection is None else Span(*selection)
        self.spectrogram.show_selection(span)
        self.waveform.show_selection(span)
        if span is not None and (span.start_s < self.span.start_s or span.end_s > self.span.end_s):
            length_s = max(self.span.length_s, 1.2 * span.length_s)
            middle_s = (span.start_s + span.end_s) / 2
            self.show_span(middle_s - length_s / 2, middle_s + length_s / 2)

    def show_moment(self, time_s: float | None) -> None:
        """Mark when the word was heard that is pointed at; None takes the mark away."""
        self.spectrogram.show_moment(time_s)
        self.waveform.show_moment(time_s)

    def show_position(self, time_s: float, follow: bool = False) -> None:
        """Put the cursor there; `follow` turns the page where it thereby leaves the sight."""
        followed = follow and self.span.start_s <= self.position_s <= self.span.end_s
        self.position_s = min(time_s, self.duration_s)
        self.spectrogram.show_cursor(self.position_s)
        self.waveform.show_cursor(self.position_s)
        self.play_bar.show_position(self.position_s, self.duration_s)
        if followed:
            self.show_time(self.position_s)

    def show_time(self, time_s: float) -> None:
        """Turn the page to that time where it is out of sight."""
        if not self.span.start_s <= time_s <= self.span.end_s:
            self.show_span(time_s, time_s + self.span.length_s)

    def show_playing(self, playing: bool) -> None:
        """Show whether sound is heard."""
        self.play_bar.show_playing(playing)

    def show_player(self, usable: bool, reason: str) -> None:
        """Show whether there is something to play on, and why not."""
        self.play_bar.show_player(usable, reason)

    def own_keys(self) -> list[tuple[str, str]]:
        """What the keys do here: words, and the key."""
        return [(self.tr("Recording: {what}").format(what=words), key) for key, (words, _) in self._keys.items()]

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Play, seek and zoom."""
        event.ignore()
        if self._stack.currentIndex() == 1 or self.duration_s <= 0:
            return
        key = {Qt.Key.Key_Equal: Qt.Key.Key_Plus, Qt.Key.Key_Underscore: Qt.Key.Key_Minus}.get(
            Qt.Key(event.key()), event.key()
        )
        name = QKeySequence(key).toString()
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier and f"Shift+{name}" in self._keys:
            name = f"Shift+{name}"
        if name in self._keys:
            event.accept()
            self._keys[name][1]()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Ask for detail that fits the new width."""
        super().resizeEvent(event)
        self._fit()
        self._tell_span()

    def _fit(self) -> None:
        """Where there is little room for the size of the text, the pictures take that of the line above them."""
        least = sum(strip.minimumHeight() for strip in (self.spectrogram, self.waveform)) + 3 * theme.space(1)
        lines = self._header.sizeHint().height() + self.play_bar.sizeHint().height()
        self._header.setVisible(self.height() >= least + lines)

    def _make_keys(self) -> dict[str, tuple[str, Callable[[], None]]]:
        """What each key does, in words and in deed."""
        return {
            "Space": (self.tr("play, pause"), self._play_or_pause),
            "Left": (self.tr("back"), partial(self._seek_by, -STEP_SHARE)),
            "Right": (self.tr("forward"), partial(self._seek_by, STEP_SHARE)),
            "Shift+Left": (self.tr("a little back"), partial(self._seek_by, -0.1 * STEP_SHARE)),
            "Shift+Right": (self.tr("a little forward"), partial(self._seek_by, 0.1 * STEP_SHARE)),
            "+": (self.tr("zoom in"), partial(self._zoom, 0.5)),
            "-": (self.tr("zoom out"), partial(self._zoom, 2.0)),
            "Home": (self.tr("show all, from the start"), self._show_start),
            "End": (self.tr("to the end"), self._show_end),
            "L": (self.tr("loop the chosen segment"), self._loop),
        }

    def _play_or_pause(self) -> None:
        if self.play_bar.play_button.isEnabled():
            self.play_toggled.emit()

    def _seek_by(self, share: float) -> None:
        """Seek by a share of what is visible."""
        time_s = self.position_s + share * self.span.length_s
        self.seek_wanted.emit(min(max(0.0, time_s), self.duration_s))

    def _show_start(self) -> None:
        self.show_all()
        self.seek_wanted.emit(0.0)

    def _show_end(self) -> None:
        self.seek_wanted.emit(self.duration_s)

    def _loop(self) -> None:
        if self.play_bar.loop_button.isEnabled():
            self.play_bar.loop_button.toggle()

    def _zoom(self, factor: float) -> None:
        """Zoom about the cursor where it is in sight, else about the middle."""
        start_s, end_s = self.span
        at_s = self.position_s if start_s <= self.position_s <= end_s else (start_s + end_s) / 2
        self.show_span(at_s - (at_s - start_s) * factor, at_s + (end_s - at_s) * factor)

    def _take_span(self, span: Span) -> None:
        self.span = span
        self.spectrogram.show_span(self.duration_s, span)
        self.waveform.show_span(self.duration_s, span)
        self._describe()
        self._tell_span()

    def _tell_span(self) -> None:
        if self.span.length_s > 0:
            self.span_changed.emit(self.span.start_s, self.span.end_s, self.pixels())

    def _show_notice(self, heading: str, text: str, icon: str, tint: str) -> None:
        self._forget()
        self.notice.show_notice(heading, text, icon, tint)
        self.setAccessibleDescription(f"{heading}: {text}")
        self._stack.setCurrentIndex(1)
        self.play_bar.hide()

    def _forget(self) -> None:
        self.duration_s, self.span, self.position_s = 0.0, Span(0.0, 0.0), 0.0
        for strip in (self.spectrogram, self.waveform):
            strip.clear()
            strip.show_span(0.0, self.span)
            strip.show_segments([])
            strip.show_selection(None)
            strip.show_cursor(None)
            strip.show_moment(None)
        self.play_bar.show_position(None, None)
        self.legend.setVisible(False)
        self.readout.show_state("")

    def _show_levels(self) -> None:
        spectrogram = self.spectrogram
        high_db = spectrogram.top_db
        self.legend.show_levels(spectrogram.colour_map, high_db - spectrogram.range_db, high_db)

    def _describe(self) -> None:
        """Say in words what is painted."""
        length, spectrogram = clock(self.duration_s, tenths=True), self.spectrogram
        seen = f"{clock(self.span.start_s, tenths=True)}–{clock(self.span.end_s, tenths=True)}"
        text = self.tr("Recording of {0}, showing {1}, {2} segments").format(length, seen, len(spectrogram.segments))
        self.setAccessibleDescription(text)
        if len(spectrogram.row_hz):
            low, high = hz_text(round(float(spectrogram.row_hz[0]))), hz_text(round(float(spectrogram.row_hz[-1])))
            spectrogram.setAccessibleDescription(self.tr("{0}, {1} to {2} Hz").format(text, low, high))
        self.waveform.setAccessibleDescription(text)

    def _point(self, time_s: float | None, height: float) -> None:
        if time_s is None or not len(self.spectrogram.row_hz):
            self.readout.show_nothing()
        else:
            self.readout.show_point(time_s, self.span, self.duration_s, *self.spectrogram.point_at(time_s, height))

    def _point_at_time(self, time_s: float | None, height: float) -> None:
        if time_s is None:
            self.readout.show_nothing()
        else:
            self.readout.show_point(time_s, self.span, self.duration_s)
