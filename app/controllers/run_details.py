"""What stands beside a run's curves: its captions of fixed sounds with the sounds, and how it compares with others."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from aaccore.config import to_inline
from aaccore.recipe import DataSet, Training
from aaccore.runs import differences
from app.controllers.clip import ClipController
from app.controllers.one_job import OneJob
from app.data_jobs import References, find_references
from app.run_reading import sample_names
from app.run_row import RunRow
from app.settings import Settings
from app.views.run_compare import Section
from app.views.run_panel import RunPanel

SAMPLES_COMPARED = 20


class RunDetails(QObject):
    """Fills the tabs of captions and of the comparison.

    Args:
        panel: The panel of the run.
        settings: How a recording is shown and played.
        parent: Owner.
    """

    failed = Signal(str, str)
    told = Signal(str)

    def __init__(self, panel: RunPanel, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._panel = panel
        self._looking = OneJob(self)
        self._looking.happened.connect(self._on_found)
        self._looking.failed.connect(self.failed)
        self._references: dict[Path, References] = {}
        self._asked: dict[Path, frozenset[str]] = {}
        self._row: RunRow | None = None
        self._opened: Path | None = None
        self._clip = ClipController(panel.samples.clip_view, settings, self)
        self._clip.failed.connect(self.failed)
        self._clip.told.connect(self.told)
        panel.samples.sound_chosen.connect(self._open)

    def show_runs(self, rows: Sequence[RunRow]) -> None:
        """Show what belongs to the first of the chosen runs, and compare all of them."""
        row = self._row = rows[0]
        names = sample_names(row.epochs)
        if names and row.options is not None and self._asked.get(row.folder) != names:
            self._asked[row.folder] = names
            self._looking.start(partial(find_references, row.folder, row.options, names))
        self._show_samples()
        self._panel.compare.show_comparison([one.name for one in rows], self._sections(rows))

    def shut_down(self) -> None:
        """Stop what works, and wait for it."""
        self._looking.shut_down()
        self._clip.shut_down()

    def _show_samples(self) -> None:
        if self._row is not None:
            found = self._references.get(self._row.folder)
            sounds = {} if found is None else {name: (one.path, one.captions) for name, one in found.sounds.items()}
            self._panel.samples.show_samples(self._row.epochs, sounds)

    def _on_found(self, event: object) -> None:
        if isinstance(event, References):
            self._references[event.folder] = event
            self._show_samples()

    def _open(self, path: Path | None) -> None:
        if path == self._opened:
            return
        self._opened = path
        self._panel.samples.show_clip(path is not None)
        if path is None:
            self._clip.clear()
        else:
            self._clip.open(path)

    def _sections(self, rows: Sequence[RunRow]) -> list[Section]:
        scores = sorted({name for row in rows for name in row.curves if name.startswith("scores/")})
        best = [(self._title(name), tuple(self._score(row, name) for row in rows)) for name in scores]
        first = rows[0].options or Training()
        others = [row.options or Training() for row in rows[1:]] or [Training()]
        changed = {name for other in others for name, _, _ in differences(first, other)}
        changed -= {"data.folder"}
        settings = [(name, tuple(_written(row.options, name) for row in rows)) for name in sorted(changed)]
        alone = len(rows) == 1
        title = self.tr("Settings that differ from the defaults") if alone else self.tr("Settings that differ")
        nothing = [(self.tr("none"), ("",) * len(rows))]
        sections = [Section(title, tuple(settings or nothing))]
        missing = {name: why for row in rows if row.epochs for name, why in row.epochs[-1].unavailable.items()}
        best += [
            (self._title(f"scores/{name}"), (self.tr("unavailable: {why}").format(why=why),) * len(rows))
            for name, why in missing.items()
            if f"scores/{name}" not in scores
        ]
        if best:
            sections.insert(0, Section(self.tr("Scores: the best, and the last"), tuple(best)))
        if not alone and (said := self._said(rows)):
            sections.append(Section(self.tr("Sounds of which they say something different"), tuple(said)))
        return sections

    def _title(self, curve: str) -> str:
        return self._panel.curves.title(curve)

    @staticmethod
    def _score(row: RunRow, name: str) -> str:
        curve = row.curves.get(name)
        if curve is None or not len(curve.values):
            return ""
        best = curve.values.min() if name == "scores/loss" else curve.values.max()
        digits = 0 if name == "scores/vocabulary" else 3
        return f"{best:.{digits}f}, {curve.values[-1]:.{digits}f}"

    @staticmethod
    def _said(rows: Sequence[RunRow]) -> list[tuple[str, tuple[str, ...]]]:
        """The newest captions of sounds that all runs caption, where those differ."""
        newest = [next((epoch.samples for epoch in reversed(row.epochs) if epoch.samples), {}) for row in rows]
        shared = [name for name in newest[0] if all(name in samples for samples in newest)]
        lines = [(name, tuple(samples[name] for samples in newest)) for name in shared]
        return [(name, said) for name, said in lines if len(set(said)) > 1][:SAMPLES_COMPARED]


def _written(options: Training | None, dotted: str) -> str:
    """A setting's value for people."""
    value: Any = options
    for name in dotted.split("."):
        value = getattr(value, name, "")
    several = value if isinstance(value, tuple) else (value,)
    return ", ".join(to_inline(one) if isinstance(one, DataSet) else str(one) for one in several)
