"""The caption strip: made when it is first wanted, and remembered as it was left."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from app.settings import Preferences, Settings
from app.views.strip import CaptionStrip


class LiveStrip(QObject):
    """Shows, hides and remembers the strip.

    Args:
        settings: Its size, colours and place.
        parent: Owner.

    Attributes:
        view: The strip, once it was wanted.
    """

    told = Signal(str)
    shown = Signal(bool)

    def __init__(self, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self.view: CaptionStrip | None = None
        self._caption, self._age = "", ""
        self._closing = False
        settings.changed.connect(self._take)

    def begin(self) -> None:
        """Listening begins: the strip is there if it was there last time."""
        if self._settings.value.strip_shown:
            self.show(True)

    def show(self, shown: bool) -> None:
        """Show or hide it."""
        if not shown:
            if self.view is not None:
                self.view.close()
            return
        if self.view is None:
            self.view = self._made()
        self.view.show_caption(self._caption or self.tr("What is heard will stand here."), self._age)
        self.view.show()
        self._settings.change(strip_shown=True)
        self.shown.emit(True)
        if not self.view.on_top:
            self.told.emit(
                self.tr(
                    "This desktop (Wayland) lets no program stay on top by itself. What works: choose “Always on top” "
                    "in the menu of the strip's title bar, or start Auricle with QT_QPA_PLATFORM=xcb."
                )
            )

    def say(self, caption: str, age: str) -> None:
        """Show a caption and its age; it stays until the next."""
        self._caption, self._age = caption, age
        if self.view is not None:
            self.view.show_caption(caption, age)

    def shut_down(self) -> None:
        """Close it; whether it was shown is remembered."""
        self._closing = True
        if self.view is not None:
            self.view.close()
            self.view.deleteLater()
            self.view = None

    def _made(self) -> CaptionStrip:
        view, preferences = CaptionStrip(), self._settings.value
        view.show_look(preferences.strip_points, preferences.strip_colours)
        if len(preferences.strip_place) == 4:
            view.place(*preferences.strip_place)
        else:
            view.stand_at_foot()
        view.closed.connect(self._on_closed)
        view.points_chosen.connect(lambda points: self._settings.change(strip_points=points))
        view.colours_chosen.connect(lambda colours: self._settings.change(strip_colours=colours))
        view.placed.connect(lambda place: self._settings.change(strip_place=tuple(place)))
        return view

    def _take(self, preferences: Preferences) -> None:
        if self.view is not None:
            self.view.show_look(preferences.strip_points, preferences.strip_colours)

    def _on_closed(self) -> None:
        if not self._closing:
            self._settings.change(strip_shown=False)
            self.shown.emit(False)
