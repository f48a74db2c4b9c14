"""The live page's controller: one session of listening at a time, and what is shown of it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog

from aaccore.errors import CaptioningError, MicrophoneError
from aaccore.events import Listening, LiveCaption
from app import live_jobs, live_session
from app.controllers.alerts import AlertsController
from app.controllers.live_display import LiveDisplay
from app.controllers.live_replay import LiveReplay
from app.controllers.live_rescue import LiveRescue
from app.controllers.live_strip import LiveStrip
from app.controllers.microphones import Microphones
from app.jobs import ModelReady, choice_of
from app.live_store import Kept
from app.settings import FrequencyScale, Preferences, Settings
from app.views.alerts import AlertsDialog
from app.views.live_model import LiveLine
from app.views.live_page import LivePage
from app.worker import Worker


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
    styles_found = Signal(object)
    holding = Signal(object)  # why the queue of files has to wait, None where it need not
    rescued = Signal(list)  # of Path: sound that a crash had left

    def __init__(
        self,
        page: LivePage,
        library_path: Path,
        settings: Settings,
        parent: QObject | None = None,
        open_source: live_session.OpenSource = live_session.open_microphone,
        find: live_jobs.FindMicrophones = live_jobs.find_microphones,
    ) -> None:
        super().__init__(parent)
        self.page, self._settings, self._library_path, self._open_source = page, settings, library_path, open_source
        self.dialog = AlertsDialog(page)
        self.alerts = AlertsController(self.dialog, settings, library_path.with_name("alerts.jsonl"), self)
        self.microphones = Microphones(page, settings, find, self)
        self.strip = LiveStrip(settings, self)
        self.display = LiveDisplay(page, self.strip, self)
        self.replay = LiveReplay(page.list, settings, self)
        self.rescue = LiveRescue(page, library_path, self)
        self._session: live_session.LiveSession | None = None
        self._worker: Worker | None = None
        self._closing = False
        self._scale = _scale_of(settings.value)
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
        wish = live_session.LiveWish(
            choice_of(preferences), preferences.live, self.page.bar.microphone(), preferences.live_gain_db,
            self._library_path, self._library_path.parent,
        )  # fmt: skip
        self.replay.stop()
        self._session = live_session.LiveSession(wish, self._open_source)
        self._session.draw(*self._scale)
        self._session.store.keep(self.page.bar.keep_button.isChecked())
        self.replay.session = self._session
        self.display.begin()
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
        if self._session is not None:
            self._session.stop()
        if self._worker is not None:
            self._worker.cancel()
            self._worker.wait()
        for part in (self.display, self.replay, self.microphones, self.rescue, self.strip, self.alerts):
            part.shut_down()

    def _connect(self) -> None:
        page, bar = self.page, self.page.bar
        bar.listen_requested.connect(self._toggle)
        bar.pause_requested.connect(self._pause)
        bar.gain_chosen.connect(self._amplify)
        bar.keep_requested.connect(self._keep)
        bar.alerts_requested.connect(self.alerts.open)
        bar.strip_requested.connect(self.strip.show)
        self.strip.shown.connect(bar.show_strip)
        self.strip.told.connect(self.display.complain)
        page.list.replay_requested.connect(self._replay)
        page.picture_requested.connect(self._ask_for_file)
        page.view_menu.chosen.connect(self._choose)
        self.rescue.rescued.connect(self.rescued)
        self.microphones.about_to_reset.connect(self.replay.stop)
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
        if self.page.spectrogram.picture().save(name):
            self.told.emit(self.tr("Saved: {path}").format(path=name))
        else:
            words = self.tr("{path}: the picture cannot be written; choose another folder")
            self.failed.emit(words.format(path=name), "")

    def _take(self, preferences: Preferences) -> None:
        self.page.bar.show_gain(preferences.live_gain_db)
        self.display.take(preferences)
        scale = _scale_of(preferences)
        if self._session is not None and scale != self._scale:
            self._session.draw(*scale)
        self._scale = scale

    # What happens

    def _on_event(self, event: live_session.LiveNews) -> None:
        self.display.show(event)
        if isinstance(event, LiveCaption):
            self.alerts.hear(event)
        elif isinstance(event, Listening):
            if self.page.bar.state == "opening":
                self._show_state("listening")
            self.strip.begin()
            self.alerts.look_up()
        elif isinstance(event, ModelReady):
            self.device_found.emit(event.device, event.why)
            self.styles_found.emit(event.styles)
        elif isinstance(event, Kept):
            self._tell_kept(event)

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
            self.display.complain(str(error))
        else:
            self.failed.emit(str(error) or type(error).__name__, "" if isinstance(error, CaptioningError) else details)

    def _on_finished(self) -> None:
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.wait()
            worker.deleteLater()
        if self._closing:
            return
        self.display.end()
        self._show_state("idle")
        self.holding.emit(None)


def _scale_of(preferences: Preferences) -> tuple[FrequencyScale, float, float]:
    return preferences.frequency_scale, preferences.low_hz, preferences.high_hz
