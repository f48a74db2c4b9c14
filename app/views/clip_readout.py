"""The line above a spectrogram: what lies under the pointer, or how far the recording is read."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from app.views.axis_ticks import time_text
from app.views.level_legend import decibels
from app.views.span import Span


class ClipReadout(QLabel):
    """Says a time, a frequency and a level; where the pointer is on nothing, the state."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = ""
        self.setProperty("kind", "small")
        self.setAccessibleName(self.tr("Under the pointer"))
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def show_state(self, words: str) -> None:
        """Say how the recording stands; empty where there is nothing to say."""
        self._state = words
        self.setText(words)

    def show_nothing(self) -> None:
        """The pointer is on nothing."""
        self.setText(self._state)

    def show_point(
        self, time_s: float, span: Span, duration_s: float, hz: float | None = None, level_db: float | None = None
    ) -> None:
        """Say what lies under the pointer.

        Args:
            time_s: Its time.
            span: What is visible, which tells how finely times matter.
            duration_s: Length of the recording.
            hz: Its frequency, where there is one.
            level_db: Its level, where it is known.
        """
        words = time_text(time_s, 0.01 if span.length_s > 1 else 0.001, duration_s)
        parts = [f"{words} s" if duration_s < 60 else words]
        if hz is not None:
            parts.append(f"{hz:,.0f} Hz".replace(",", " "))
        if level_db is not None:
            parts.append(f"{decibels(level_db)} dB")
        self.setText("   ".join(parts))
