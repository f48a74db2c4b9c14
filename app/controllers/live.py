"""The live page's controller: one session of listening at a time, and what is shown of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QFileDialog

from aaccore.errors import CaptioningError, MicrophoneError
from aaccore.events import Level, Listening, LiveCaption, LiveGap, LiveGoesOn, StepWidened
from app import live_jobs
from app.controllers.alerts import AlertsController
from app.controllers.live_replay import LiveReplay
from app.controllers.live_rescue import LiveRescue
from app.controllers.live_strip import LiveStrip
from app.controllers.microphones import Microphones
from app.jobs import ModelReady, choice_of
from app.live_store import Kept, Trouble
from app.settings import FrequencyScale, Preferences, Settings
from app.views.alerts import AlertsDialog
from app.views.live_model import LiveLine, age_words
from app.views.live_page import LivePage
from app.views.live_spectrogram import Gap
from app.worker import Worker

BEHIND_S = 2.0
"""From here on it is said how far captions lie behind."""


class LiveController(QObject):
    """Listens, and shows what is heard.

    Args:
        page: The page.
        library_path: The library's file; recordings lie beside it.
        settings: Which model, how, and what was chosen last time.
        parent: Owner.
        open_source: Opens what is listened to.
        find: Looks for what can be listened to.
    """

    failed = Signal(str, str)
    told = Signal(str)
    device_found = Signal(str, str)
    holding = Signal(object)  # why the queue of files has to wait, None where it need not
    rescued = Signal(list)  # of Path: sound that a crash had left

    def __init__(
        self,
        page: LivePage,
        library_path: Path,
        settings: Settings,
        parent: QObject | None = None,
        open_source: live_jobs.OpenSource = live_jobs.open_microphone,
        find: live_jobs.FindMicrophones = live_jobs.find_microphones,
    ) -> None:
        super().__init__(parent)
        self.page, self._settings, self._library_path, self._open_source = page, settings, library_path, open_source
        self.dialog = AlertsDialog(page)
        self.alerts = AlertsController(self.dialog, settings, library_path.with_name("alerts.jsonl"), self)
        self.microphones = Microphones(page, settings, find, self)
        self.strip = LiveStrip(settings, self)
        self.replay = LiveReplay(page.list, settings, self)
        self.rescue = LiveRescue(page, library_path, self)
        self._session: live_jobs.LiveSession | None = None
        self._worker: Worker | None = None
        self._closing = False
        self._scale = _scale_of(settings.value)
        self._begin_anew()
        self._second = QTimer(self, interval=1000)
        self._second.timeout.connect(self._show_newest)
        self._connect()
        self._take(settings.value)

    @property
    def listening(self) -> bool:
        """Whether a session is under way."""
        return self._worker is not None

    def listen(self) -> None:
        """Begin to listen."""
        if self._worker is not None or self._closing:
            return
        preferences = self._settings.value
        wish = live_jobs.LiveWish(
            choice_of(preferences), preferences.live, self.page.bar.microphone(), preferences.live_gain_db,
            self._library_path, self._library_path.parent,
        )  # fmt: skip
        self.replay.stop()
        self._session = live_jobs.LiveSession(wish, self._open_source)
        self._session.draw(*self._scale)
        self._session.store.keep(self.page.bar.keep_button.isChecked())
        self.replay.session = self._session
        self._begin_anew()
        self.page.list.lines.clear()
        self.page.spectrogram.clear()
        self.page.show_trouble([])
        self.page.newest.show_words(self.tr("Loading the model …"))
        self._show_state("opening")
        self.holding.emit(self.tr("Auricle is listening live. The queue waits, and goes on when listening ends."))
        self._worker = Worker(self._session.listen, self)
        self._worker.happened.connect(self._on_event)
        self._worker.crashed.connect(self._on_crashed)
        self._worker.finished.connect(self._on_finished)
        self._worker.start()

    def stop(self) -> None:
        """End listening; what is queued is still said."""
        if self._session is None or self._worker is None:
            return
        self._session.stop()
        if self.page.bar.state == "opening":
            self._worker.cancel()
        self._show_state("stopping")

    def shut_down(self) -> None:
        """Leave at once; what was said is in the library."""
        self._closing = True
        self._second.stop()
        if self._session is not None:
            self._session.stop()
        if self._worker is not None:
            self._worker.cancel()
            self._worker.wait()
        for part in (self.replay, self.microphones, self.rescue, self.strip, self.alerts):
            part.shut_down()

    def _begin_anew(self) -> None:
        self._started = datetime.now().astimezone()
        self._newest: LiveLine | None = None
        self._gaps: dict[float, Gap] = {}
        self._level: Level | None = None
        self._widened: StepWidened | None = None
        self._disconnected = False
        self._amiss: list[str] = []

    def _connect(self) -> None:
        page, bar = self.page, self.page.bar
        bar.listen_requested.connect(self._toggle)
        bar.pause_requested.connect(self._pause)
        bar.gain_chosen.connect(self._amplify)
        bar.keep_requested.connect(self._keep)
        bar.alerts_requested.connect(self.alerts.open)
        bar.strip_requested.connect(self.strip.show)
        self.strip.shown.connect(bar.show_strip)
        self.strip.told.connect(self.told)
        page.list.replay_requested.connect(self._replay)
        page.picture_requested.connect(self._ask_for_file)
        page.view_menu.chosen.connect(self._choose)
        self.rescue.rescued.connect(self.rescued)
        self._settings.changed.connect(self._take)
        for part in (self.alerts, self.replay, self.rescue, self.microphones):
            part.failed.connect(self.failed)
            part.told.connect(self.told)

    # What the user wants

    def _toggle(self, begin: bool) -> None:
        if begin:
            self.listen()
        else:
            self.stop()

    def _pause(self, paused: bool) -> None:
        if self._session is not None and self.page.bar.state in ("listening", "paused"):
            self._session.pause(paused)
            self._show_state("paused" if paused else "listening")

    def _amplify(self, gain_db: float) -> None:
        self._settings.change(live_gain_db=gain_db)
        if self._session is not None:
            self._session.amplify(gain_db)

    def _keep(self, keeping: bool) -> None:
        if self._session is not None:
            self._session.store.keep(keeping)
        self.page.bar.show_recording(keeping)

    def _replay(self, line: LiveLine) -> None:
        self.page.spectrogram.show_moment(line.start_s, line.end_s)
        self.replay.play(line)

    def _choose(self, name: str, value: object) -> None:
        self._settings.change(**{name: value})

    def _ask_for_file(self) -> None:
        name = f"Auricle {datetime.now():%Y-%m-%d %H.%M.%S}.png"
        dialog = QFileDialog(self.page, self.tr("Save the spectrogram"), name, self.tr("Pictures (*.png)"))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("png")
        dialog.fileSelected.connect(self.save_picture)
        dialog.open()

    def save_picture(self, name: str) -> None:
        """Save what the spectrogram shows."""
        if self.page.spectrogram.picture().save(name, b"PNG"):
            self.told.emit(self.tr("Saved: {path}").format(path=name))
        else:
            words = self.tr("{path}: the picture cannot be written; choose another folder")
            self.failed.emit(words.format(path=name), "")

    def _take(self, preferences: Preferences) -> None:
        page, wanted = self.page, _scale_of(preferences)
        page.bar.show_gain(preferences.live_gain_db)
        page.view_menu.show_choices(preferences)
        page.spectrogram.show_colours(preferences.colour_map, preferences.range_db)
        self._show_levels()
        if self._session is not None and wanted != self._scale:
            self._session.draw(*wanted)
        self._scale = wanted

    # What happens

    def _on_event(self, event: live_jobs.LiveNews) -> None:
        page = self.page
        if isinstance(event, live_jobs.ColumnsDrawn):
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
            self._started = event.started
            self._second.start()
            page.show_waiting(event.source)
            if page.bar.state == "opening":
                self._show_state("listening")
            self.strip.begin()
            self.alerts.look_up()
        elif isinstance(event, ModelReady):
            self.device_found.emit(event.device, event.why)
        elif isinstance(event, StepWidened):
            self._widened = event if event.step_s > event.wanted_s else None
            self._show_amiss()
        elif isinstance(event, Trouble):
            self._amiss.append(event.words)
            self._show_amiss()
        elif isinstance(event, Kept):
            self._tell_kept(event)

    def _say(self, event: LiveCaption) -> None:
        segment = event.segment
        line = LiveLine(event.number, event.clock, segment.start_s, segment.end_s, segment.caption, segment.band)
        if self._newest is not None and self._newest.going_on:
            self.page.list.lines.change(self._newest.number, 0.0, going_on=False)
        self.page.list.lines.add(line)
        self.page.spectrogram.add_mark(segment.start_s)
        self._newest = line
        self._show_newest()
        self.alerts.hear(event)

    def _go_on(self, event: LiveGoesOn) -> None:
        line = self.page.list.lines.change(event.number, 0.0, end_s=event.end_s, going_on=not event.ended)
        if line is not None and self._newest is not None and line.number == self._newest.number:
            self._newest = line
            self._show_newest()

    def _show_newest(self) -> None:
        """The newest caption and its age, on the page and in the strip."""
        line = self._newest
        if line is None:
            return
        ended = self._started + timedelta(seconds=line.end_s)
        age = self.tr("now") if line.going_on else age_words((datetime.now().astimezone() - ended).total_seconds())
        band = self.page.list.lines.band_words[line.band] if line.band else ""
        self.page.newest.show_line(line, band, age)
        self.strip.say(line.text, age)

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
        self.page.spectrogram.show_gaps(list(self._gaps.values()))
        end_s = event.start_s if event.end_s is None else event.end_s
        if known:
            self.page.list.lines.change(0, event.start_s, end_s=end_s, going_on=event.end_s is None)
        else:
            clock = self._started + timedelta(seconds=event.start_s)
            self.page.list.lines.add(LiveLine(0, clock, event.start_s, end_s, sentence, None, event.end_s is None))
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
        if self._widened is not None:
            words.append(
                self.tr("This computer is slow: something new is looked for every {seconds} s").format(
                    seconds=f"{self._widened.step_s:.1f}"
                )
            )
        self.page.show_trouble(words)

    def _show_levels(self) -> None:
        top_db, preferences = self.page.spectrogram.top_db, self._settings.value
        shown = (preferences.colour_map, top_db - preferences.range_db, top_db)
        if shown != (self.page.legend.colour_map, self.page.legend.low_db, self.page.legend.high_db):
            self.page.legend.show_levels(*shown)

    def _show_state(self, state: str) -> None:
        self.page.bar.show_state(state)
        self.microphones.watch(state == "idle")

    def _tell_kept(self, kept: Kept) -> None:
        if kept.recorded:
            self.told.emit(self.tr("Recorded, and in the library: {path}").format(path=kept.path))
        else:
            self.told.emit(self.tr("In the library: {count} captions of this session").format(count=kept.captions))

    def _on_crashed(self, error: Exception, details: str) -> None:
        if isinstance(error, MicrophoneError):
            self._amiss.append(str(error))
        else:
            self.failed.emit(str(error) or type(error).__name__, "" if isinstance(error, CaptioningError) else details)

    def _on_finished(self) -> None:
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.wait()
            worker.deleteLater()
        if self._closing:
            return
        if self._newest is None:
            self.page.show_ready()
        else:
            self._newest = self.page.list.lines.change(self._newest.number, 0.0, going_on=False) or self._newest
            self._show_newest()
        self._level, self._widened, self._disconnected = None, None, False
        self._show_amiss()
        self._show_state("idle")
        self.holding.emit(None)


def _scale_of(preferences: Preferences) -> tuple[FrequencyScale, float, float]:
    return preferences.frequency_scale, preferences.low_hz, preferences.high_hz
