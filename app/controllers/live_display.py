"""What the live page shows of a session: captions and gaps, the picture, and what is amiss."""

from __future__ import annotations

from datetime import datetime, timedelta

from PySide6.QtCore import QObject, QTimer

from aaccore.events import Level, Listening, LiveCaption, LiveGap, LiveGoesOn, StepWidened
from app import live_session
from app.controllers.live_strip import LiveStrip
from app.live_store import Trouble
from app.settings import Preferences
from app.views.live_model import LiveLine, age_words
from app.views.live_page import LivePage
from app.views.live_spectrogram import Gap

BEHIND_S = 2.0
"""From here on it is said how far captions lie behind."""


class LiveDisplay(QObject):
    """Puts a session's events onto the page and into the strip.

    Args:
        page: The page.
        strip: The caption strip.
        parent: Owner.

    Attributes:
        started: Local time at the session's second 0.
    """

    def __init__(self, page: LivePage, strip: LiveStrip, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._page, self._strip = page, strip
        self._range_db = 80.0
        self._newest: LiveLine | None = None
        self._gaps: dict[float, Gap] = {}
        self._level: Level | None = None
        self._widened: StepWidened | None = None
        self._disconnected = False
        self._amiss: list[str] = []
        self._forget()
        self._second = QTimer(self, interval=1000)
        self._second.timeout.connect(self.show_newest)

    def begin(self) -> None:
        """A new session begins."""
        self._forget()
        self._page.list.lines.clear()
        self._page.spectrogram.clear()
        self._page.show_trouble([])
        self._page.newest.show_words(self.tr("Loading the model …"))

    def show(self, event: live_session.LiveNews) -> None:
        """Show an event."""
        page = self._page
        if isinstance(event, live_session.ColumnsDrawn):
            page.spectrogram.add(event.first, event.levels, event.row_hz)
            self._show_levels()
        elif isinstance(event, Level):
            self._level = event
            page.bar.meter.show_level(event)
            self._show_amiss()
        elif isinstance(event, LiveCaption):
            self._say(event)
        elif isinstance(event, LiveGoesOn):
            self._go_on(event)
        elif isinstance(event, LiveGap):
            self._show_gap(event)
        elif isinstance(event, Listening):
            self.started = event.started
            self._second.start()
            page.show_waiting(event.source)
        elif isinstance(event, StepWidened):
            self._widened = event if event.step_s > event.wanted_s else None
            self._show_amiss()
        elif isinstance(event, Trouble):
            self.complain(event.words)

    def complain(self, words: str) -> None:
        """Say that something is amiss, until the next session."""
        self._amiss.append(words)
        self._show_amiss()

    def end(self) -> None:
        """Nothing is heard any more; the last caption stays."""
        if self._newest is None:
            self._page.show_ready()
        else:
            self._newest = self._page.list.lines.change(self._newest.number, going_on=False) or self._newest
            self.show_newest()
        self._level, self._widened, self._disconnected = None, None, False
        self._show_amiss()

    def take(self, preferences: Preferences) -> None:
        """Paint in the colours that the user wants."""
        self._range_db = preferences.range_db
        self._page.view_menu.show_choices(preferences)
        self._page.spectrogram.show_colours(preferences.colour_map, preferences.range_db)
        self._show_levels()

    def shut_down(self) -> None:
        """Count no more seconds."""
        self._second.stop()

    def show_newest(self) -> None:
        """The newest caption and its age, on the page and in the strip."""
        line = self._newest
        if line is None:
            return
        ended = self.started + timedelta(seconds=line.end_s)
        age = self.tr("now") if line.going_on else age_words((datetime.now().astimezone() - ended).total_seconds())
        band = self._page.list.lines.band_words[line.band] if line.band else ""
        self._page.newest.show_line(line, band, age)
        self._strip.say(line.text, age)

    def _forget(self) -> None:
        self.started = datetime.now().astimezone()
        self._newest, self._level, self._widened = None, None, None
        self._gaps, self._amiss, self._disconnected = {}, [], False

    def _say(self, event: LiveCaption) -> None:
        segment = event.segment
        line = LiveLine(event.number, event.clock, segment.start_s, segment.end_s, segment.caption, segment.band)
        if self._newest is not None and self._newest.going_on:
            self._page.list.lines.change(self._newest.number, going_on=False)
        self._page.list.lines.add(line)
        self._page.spectrogram.add_mark(segment.start_s)
        self._newest = line
        self.show_newest()

    def _go_on(self, event: LiveGoesOn) -> None:
        line = self._page.list.lines.change(event.number, end_s=event.end_s, going_on=not event.ended)
        if line is not None and self._newest is not None and line.number == self._newest.number:
            self._newest = line
            self.show_newest()

    def _show_gap(self, event: LiveGap) -> None:
        words = {
            "disconnected": self.tr("disconnected"), "paused": self.tr("paused"), "dropped": self.tr("lost"),
        }[event.why]  # fmt: skip
        sentence = {
            "disconnected": self.tr("The microphone was disconnected."), "paused": self.tr("Listening was paused."),
            "dropped": self.tr("Sound was lost: this computer was too busy."),
        }[event.why]  # fmt: skip
        known = event.start_s in self._gaps
        self._gaps[event.start_s] = Gap(event.start_s, event.end_s, words)
        self._page.spectrogram.show_gaps(list(self._gaps.values()))
        end_s = event.start_s if event.end_s is None else event.end_s
        if known:
            self._page.list.lines.change(0, event.start_s, end_s=end_s, going_on=event.end_s is None)
        else:
            clock = self.started + timedelta(seconds=event.start_s)
            self._page.list.lines.add(LiveLine(0, clock, event.start_s, end_s, sentence, None, event.end_s is None))
        if event.why == "disconnected":
            self._disconnected = event.end_s is None
        self._show_amiss()

    def _show_amiss(self) -> None:
        words = list(self._amiss)
        if self._disconnected:
            words.append(self.tr("The microphone is disconnected; it is tried again every 2 s."))
        level = self._level
        if level is not None and level.behind_s >= BEHIND_S:
            words.append(self.tr("{seconds} s behind").format(seconds=round(level.behind_s)))
        if level is not None and level.dropped_s > 0:
            words.append(self.tr("{seconds} s of sound were lost so far").format(seconds=f"{level.dropped_s:.1f}"))
        if level is not None and level.overflows:
            words.append(
                self.tr("Sound was lost before it reached Auricle, {count} times so far").format(count=level.overflows)
            )
        if self._widened is not None:
            words.append(
                self.tr("This computer is slow: something new is looked for every {seconds} s").format(
                    seconds=f"{self._widened.step_s:.1f}"
                )
            )
        self._page.show_trouble(words)

    def _show_levels(self) -> None:
        view, legend = self._page.spectrogram, self._page.legend
        shown = (view.colour_map, view.top_db - self._range_db, view.top_db)
        if shown != (legend.colour_map, legend.low_db, legend.high_db):
            legend.show_levels(*shown)
