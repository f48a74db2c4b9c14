"""Teaching a model the library's corrections: what there is to learn, the start, and the way back."""

from __future__ import annotations

import re
from functools import partial
from html import escape
from math import ceil
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from aaccore.events import Working
from aaccore.library_data import Corrections
from aaccore.recipe import FEWEST, FineTuning, Teaching
from app.controllers.new_run import NAME
from app.controllers.one_job import OneJob
from app.run_row import RunRow
from app.settings import Settings, model_name
from app.training_jobs import CorrectionsFound, Places, look_at_corrections
from app.views.run_words import duration_text
from app.views.teach_dialog import TeachDialog

START_S, SOUND_S, STEP_S = 20.0, 0.9, 0.5
"""What a teaching takes on two processor cores: to begin, for each sound that is heard and captioned, for each step."""


class TeachingController(QObject):
    """Asks whether to teach the model in use, and goes back to it.

    Args:
        library_path: The library's file.
        places: Where runs are put.
        settings: Which model captions, and where.
        parent: Owner.
    """

    ready = Signal(object, object)  # folder, Teaching
    failed = Signal(str, str)
    told = Signal(str)

    def __init__(self, library_path: Path, places: Places, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._library_path, self._places, self._settings = library_path, places, settings
        self.dialog: TeachDialog | None = None
        self._job = OneJob(self)
        self._job.happened.connect(self._on_event)
        self._job.refused.connect(self._on_refused)
        self._job.failed.connect(self.failed)

    def open(self, parent: QWidget) -> None:
        """Say what there is to learn from, and ask whether to begin; one dialog at a time."""
        if self.dialog is not None:
            self.dialog.raise_()
            return
        self.dialog = TeachDialog(parent.window())
        self.dialog.start_requested.connect(self._start)
        self.dialog.finished.connect(self._on_closed)
        self.dialog.open()
        self._job.start(partial(look_at_corrections, self._library_path, self._places))

    def keep_former(self, row: RunRow) -> None:
        """Let the model that a run went out from caption, now or still."""
        if row.teaching is None:
            return
        if row.in_use is None:
            words = self.tr("{name} stays in use. The taught model stays in this list until you delete it.")
            self.told.emit(words.format(name=model_name(self._settings.value.model)))
            return
        former = row.teaching.model
        words = self.tr("{name} captions again, from the next recording on")
        if former and not (Path(former) / "config.json").is_file():
            words, former = self.tr("{name} is no longer here; the model that came with Auricle captions"), ""
        self._settings.change(model=former)
        self.told.emit(words.format(name=model_name(row.teaching.model)))

    def shut_down(self) -> None:
        """Stop what works, and wait for it."""
        if self.dialog is not None:
            self.dialog.reject()
        self._job.shut_down()

    def _on_event(self, event: Working | CorrectionsFound) -> None:
        if self.dialog is None or isinstance(event, Working):
            return
        found = event.corrections
        if found.recordings < FEWEST:
            words = self.tr("Corrected captions: {captions}, of {recordings} recordings. {needed} are needed.")
            self.dialog.show_too_few(self._counted(words, found), self._how(found), found.recordings, FEWEST)
        else:
            words = self.tr("Corrected captions: {captions}, of {recordings} recordings. That is enough to begin.")
            self.dialog.show_enough(self._counted(words, found), self._what(found), event.name)

    def _counted(self, words: str, found: Corrections) -> str:
        return words.format(captions=found.captions, recordings=found.recordings, needed=FEWEST)

    def _how(self, found: Corrections) -> list[str]:
        """What to do where there are too few."""
        lines = [
            self.tr("Open a recording on the Captions or Library page, and listen to it."),
            self.tr("Press F2 on a caption that is wrong, or is not how you would put it, and write yours."),
            self.tr("Do that in {count} more recordings or, better, in 20 and more; then come back.").format(
                count=FEWEST - found.recordings
            ),
        ]
        return [*lines, *self._missing(found)]

    def _what(self, found: Corrections) -> list[str]:
        """What will happen, and what it costs."""
        how = FineTuning()
        held = how.judged_on(found.recordings)
        watched = min(how.watched, found.others)
        time_s = START_S + SOUND_S * (found.captions + watched) + STEP_S * how.steps(found.captions)
        time_s = max(120.0, 60 * ceil(time_s / 60))  # in whole minutes: it is a guess
        name = escape(model_name(self._settings.value.model))
        first = self.tr(
            "<b>{name}</b> learns from {learnt} recordings. On another {held}, which are held back, it is scored "
            "before and after."
        )
        others = self.tr(
            "It learns gently. {count} other recordings of your library show what else it says differently."
        )
        costs = self.tr(
            "<b>Other sounds may be named worse afterwards</b>, and captions are no longer called sure, likely or a "
            "guess. {name} stays as it is, and in use until you choose the taught model; you can go back at any time."
        )
        takes = self.tr("It takes about {time} here, and goes on when this window or Auricle is closed.")
        return [
            first.format(name=name, learnt=found.recordings - held, held=held),
            costs.format(name=name),
            *([others.format(count=watched)] if watched else []),
            takes.format(time=duration_text(time_s)),
            *self._missing(found),
        ]

    def _missing(self, found: Corrections) -> list[str]:
        if not found.missing:
            return []
        words = self.tr("Recordings left out, as their files have moved: {count}. The library can find them again.")
        return [words.format(count=found.missing)]

    def _on_refused(self, words: str) -> None:
        if self.dialog is not None:
            self.dialog.show_refusal(words)

    def _start(self, name: str) -> None:
        if self.dialog is None:
            return
        folder = self._places.own / name
        if not re.fullmatch(NAME, name):
            self.dialog.show_problem(self.tr("Letters, digits, spaces, '.', '-' and '_', please"))
        elif folder.exists():
            self.dialog.show_problem(self.tr("There is a run of that name; choose another"))
        else:
            value = self._settings.value
            self.dialog.accept()
            self.ready.emit(folder, Teaching(value.model, str(self._library_path), FineTuning(device=value.device)))

    def _on_closed(self) -> None:
        self._job.cancel()
        dialog, self.dialog = self.dialog, None
        if dialog is not None:
            dialog.deleteLater()
