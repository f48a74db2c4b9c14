"""The curves of the chosen runs: two plots, each of what one wants to see, smoothed or not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLabel, QSlider, QVBoxLayout, QWidget

from app import theme
from app.run_row import Curve, RunRow
from app.views.curve_line import Line, line_pen
from app.views.flow_layout import FlowLayout

if TYPE_CHECKING:
    from app.views.loss_plot import LossPlot

FIRST = ("captions/caption", "scores/cider_d")
"""What the two plots show first, where it is there."""
NOTHING = Curve(np.zeros(0), np.zeros(0))


class RunCurves(QWidget):
    """Shows curves of one run, or of several over each other; which one is told by the line's colour and dashes."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: tuple[RunRow, ...] = ()
        self._titles = self._words()
        self._touched: set[QComboBox] = set()
        self.plots: tuple[LossPlot, ...] = ()
        self.choices = (QComboBox(), QComboBox())
        self._legend = QWidget()
        self._legend_row = QHBoxLayout(self._legend)
        self._legend_row.setContentsMargins(0, 0, 0, 0)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, theme.space(2), 0, 0)
        self._column.setSpacing(theme.space(1))
        self._column.addLayout(self._bar())
        self._column.addWidget(self._legend)
        self._column.addWidget(self.choices[1], 0, Qt.AlignmentFlag.AlignLeft)
        for name, choice in zip((self.tr("Upper curve"), self.tr("Lower curve")), self.choices, strict=True):
            choice.setAccessibleName(name)
            choice.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
            choice.activated.connect(self._chosen)

    def show_runs(self, rows: Sequence[RunRow]) -> None:
        """Show the curves of these runs."""
        others = [row.name for row in rows] != [row.name for row in self._rows]
        self._rows = tuple(rows)
        names = sorted({name for row in rows for name in row.curves}, key=self._order)
        for choice, first in zip(self.choices, FIRST, strict=True):
            self._offer(choice, names, first)
        if others:
            self._show_legend()
        self._draw()

    def showEvent(self, event: QShowEvent) -> None:
        """Make the plots when they are first seen: to load them takes a third of what the window takes without."""
        super().showEvent(event)
        if not self.plots:
            from app.views.loss_plot import LossPlot

            self.plots = (LossPlot(), LossPlot())
            self._column.insertWidget(2, self.plots[0], 1)
            self._column.addWidget(self.plots[1], 1)
            self._draw()

    def _offer(self, choice: QComboBox, names: Sequence[str], first: str) -> None:
        """Bring a choice up to date; what is chosen stays."""
        if [choice.itemData(index) for index in range(choice.count())] == list(names):
            return
        chosen = choice.currentData() if choice in self._touched else None
        choice.clear()
        for name in names:
            choice.addItem(self.title(name), name)
        for wanted in (chosen, first, "labels/loss"):
            if wanted in names:
                choice.setCurrentIndex(names.index(wanted))
                break
        choice.setEnabled(bool(names))

    def title(self, name: str) -> str:
        """What a curve is called."""
        return self._titles.get(name) or name.rsplit("/", 1)[-1].replace("_", " ").capitalize()

    def _bar(self) -> FlowLayout:
        self.smoothing = QSlider(Qt.Orientation.Horizontal)
        self.smoothing.setRange(0, 19)
        self.smoothing.setValue(10)
        self.smoothing.setAccessibleName(self.tr("Smoothing"))
        self.smoothing.setToolTip(self.tr("How much the lines are smoothed; what was measured stays as a faint line"))
        self.smoothing.setFixedWidth(theme.space(24))
        self.smoothing.valueChanged.connect(self._draw)
        self.log = QCheckBox(self.tr("Log scale"))
        self.log.setAccessibleName(self.tr("Logarithmic scale"))
        self.log.toggled.connect(self._draw)
        label = QLabel(self.tr("Smoothing"))
        label.setProperty("kind", "muted")
        smoothing = QWidget()
        row = QHBoxLayout(smoothing)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(label)
        row.addWidget(self.smoothing)
        flow = FlowLayout()
        flow.setSpacing(theme.space(3))
        for widget in (self.choices[0], smoothing, self.log):
            flow.addWidget(widget)
        return flow

    def _chosen(self) -> None:
        choice = self.sender()
        if isinstance(choice, QComboBox):
            self._touched.add(choice)
        self._draw()

    def _draw(self) -> None:
        for choice, plot in zip(self.choices, self.plots, strict=False):  # before they are seen, there are none
            name = choice.currentData()
            lines = [Line(row.name, row.curves.get(name, NOTHING)) for row in self._rows]  # each keeps its colour
            scores = name is not None and name.startswith("scores/")
            smoothing = 0.0 if scores else self.smoothing.value() / 20
            plot.show_lines(
                self.title(name) if name else choice.accessibleName(), lines, smoothing, self.log.isChecked()
            )

    def _show_legend(self) -> None:
        while item := self._legend_row.takeAt(0):
            if widget := item.widget():
                widget.deleteLater()
        for index, row in enumerate(self._rows):
            self._legend_row.addWidget(_Stroke(index))
            self._legend_row.addWidget(QLabel(row.name))
        self._legend_row.addStretch()
        self._legend.setVisible(len(self._rows) > 1)

    def _order(self, name: str) -> tuple[int, str]:
        return (list(self._titles).index(name) if name in self._titles else 99, name)

    def _words(self) -> dict[str, str]:
        return {
            "captions/caption": self.tr("Caption loss (nats per word)"),
            "scores/loss": self.tr("Validation loss (nats per word)"),
            "scores/cider_d": "CIDEr-D",
            "scores/bleu_1": "BLEU-1",
            "scores/bleu_2": "BLEU-2",
            "scores/bleu_3": "BLEU-3",
            "scores/bleu_4": "BLEU-4",
            "scores/rouge_l": "ROUGE-L",
            "scores/meteor": "METEOR",
            "scores/spice": "SPICE",
            "scores/sbert_sim": "SBERT-sim",
            "scores/vocabulary": self.tr("Different words used"),
            "captions/rlssr": self.tr("RLSSR term"),
            "captions/encoder_variance": self.tr("Variance of the audio embedding"),
            "captions/decoder_variance": self.tr("Variance of the text embedding"),
            "labels/loss": self.tr("Label loss"),
            "learning_rate": self.tr("Learning rate"),
            "clips_per_s": self.tr("Speed (clips per second)"),
            "waited": self.tr("Share of the time waiting for data"),
            "memory_mb": self.tr("Memory (MB)"),
        }


class _Stroke(QWidget):
    """A piece of a run's line, for the legend."""

    def __init__(self, index: int) -> None:
        super().__init__()
        self._index = index
        self.setFixedSize(QSize(theme.space(8), theme.space(4)))
        theme.themed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw it."""
        with QPainter(self) as painter:
            painter.setPen(line_pen(self._index))
            painter.drawLine(0, self.height() // 2, self.width(), self.height() // 2)
