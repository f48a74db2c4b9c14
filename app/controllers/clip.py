"""One recording in the clip view: its pictures, its sound, and what of it is marked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.controllers.clip_pictures import ClipPictures
from app.controllers.clip_sound import ClipSound
from app.settings import Preferences, Settings
from app.views.clip_view import ClipView
from app.views.span import Span


class ClipController(QObject):
    """Opens recordings in a clip view.

    Args:
        view: The view.
        settings: Colours, scale, range and volume come from here, and go there when they are chosen in the view.
        parent: Owner.
    """

    time_changed = Signal(float)
    failed = Signal(str, str)  # message, details
    told = Signal(str)

    def __init__(self, view: ClipView, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._view, self._settings = view, settings
        self._pictures = ClipPictures(view, settings.value, self)
        self._pictures.failed.connect(self.failed)
        self._pictures.ended.connect(view.show_overview_done)
        self._sound = ClipSound(view, self)
        self._sound.time_changed.connect(self.time_changed)
        self._sound.failed.connect(self.failed)
        self._sound.told.connect(self.told)
        settings.changed.connect(self._take)
        view.volume_chosen.connect(self._choose_volume)
        view.stretch_chosen.connect(self.select)
        view.setting_chosen.connect(self._choose)
        view.seek_wanted.connect(self.seek)
        self._take(settings.value)

    def open(self, path: Path, duration_s: float | None = None) -> None:
        """Show a recording from its start.

        Args:
            path: The file; that it cannot be read is shown in the view, in words.
            duration_s: Its length where it is known.
        """
        self._pictures.close()  # or a known length would bring tiles of the recording before into sight
        self._view.show_loading(path.name)
        if duration_s:
            self._view.show_duration(duration_s)
        self._pictures.open(path)
        self._sound.open(path)
        self.time_changed.emit(0.0)

    def clear(self) -> None:
        """Show no recording."""
        self._pictures.close()
        self._sound.close()
        self._view.show_empty()

    def show_segments(self, segments: Sequence[tuple[float, float]]) -> None:
        """Mark the captioned segments, (start, end) in seconds."""
        self._view.show_segments(list(segments))

    def show_moment(self, time_s: float | None) -> None:
        """Mark when the word was heard that is pointed at; None takes the mark away."""
        self._view.show_moment(time_s)

    def select(self, start_s: float, end_s: float, play: bool = False) -> None:
        """Choose a stretch: it is marked, brought into sight, and heard where `play` is True."""
        self._view.show_selection((start_s, end_s))
        self._sound.select(Span(start_s, end_s))
        self.seek(start_s)
        if play:
            self._sound.play()

    def seek(self, time_s: float) -> None:
        """Go to a time."""
        self._view.show_position(time_s)
        self._view.show_time(time_s)
        self._sound.seek(time_s)
        self.time_changed.emit(time_s)

    def pause(self) -> None:
        """Fall silent."""
        self._sound.pause()

    def shut_down(self) -> None:
        """Stop all work and wait for its end."""
        self._sound.shut_down()
        self._pictures.shut_down()

    def _choose_volume(self, volume: float) -> None:
        self._settings.change(volume=volume)

    def _choose(self, name: str, value: object) -> None:
        self._settings.change(**{name: value})

    def _take(self, preferences: Preferences) -> None:
        self._view.show_preferences(preferences)
        self._pictures.take(preferences)
        self._sound.take_volume(preferences.volume)
