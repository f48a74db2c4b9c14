"""The captions page: the list of sounds, and the one that is looked at."""

from __future__ import annotations

from typing import cast

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from aaccore.records import State
from app import theme
from app.views.clip_model import STATE_ICONS
from app.views.clip_panel import ClipPanel
from app.views.clip_table import ClipTable
from app.views.empty_captions import EmptyCaptions

BESIDE_WIDTH = 1400
"""From here on the recording stands beside the list and its captions below it; else the other way round."""


class CaptionPage(QWidget):
    """Shows the queue and one recording, and says what the user wants; table and panel have signals of their own."""

    add_requested = Signal()
    folder_requested = Signal()
    sound_chosen = Signal(object)  # Path of a demo sound
    pause_requested = Signal(bool)
    resume_answered = Signal(bool)  # go on, or not now

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.table = ClipTable()
        self.panel = ClipPanel()
        self.empty = EmptyCaptions()
        self.empty.add_requested.connect(self.add_requested)
        self.empty.folder_requested.connect(self.folder_requested)
        self.empty.sound_chosen.connect(self.sound_chosen)
        self._make_bar()
        self._make_notice()
        self.nothing_found = QLabel(self.tr("No sound in the list fits the filter."))
        self.nothing_found.setProperty("kind", "muted")
        self.nothing_found.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._lists = QStackedWidget()
        self._lists.addWidget(self.table)
        self._lists.addWidget(self.nothing_found)
        self.splitter = QSplitter(Qt.Orientation.Vertical)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setHandleWidth(theme.space(3))
        self.splitter.addWidget(self._lists)
        self.splitter.addWidget(self.panel)
        self.splitter.setStretchFactor(0, 2)
        self.splitter.setStretchFactor(1, 3)
        self.splitter.setSizes([theme.space(50), theme.space(90)])
        working = QWidget()
        column = QVBoxLayout(working)
        column.setContentsMargins(*[theme.space(3)] * 4)
        column.setSpacing(theme.space(2))
        column.addLayout(self._bar)
        column.addWidget(self.notice)
        column.addWidget(self.splitter, 1)
        self._pages = QStackedWidget()
        self._pages.addWidget(self.empty)
        self._pages.addWidget(working)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self._pages)
        self.table.clips.rows_changed.connect(self._choose_page)

    def show_paused(self, paused: bool, busy: bool) -> None:
        """Say whether the queue stands still, and whether there is anything to pause."""
        self.pause_button.setText(self.tr("Go on") if paused else self.tr("Pause"))
        self.pause_button.setIcon(theme.icon("play" if paused else "pause"))
        self.pause_button.setEnabled(paused or busy)
        self._paused = paused

    def offer_resume(self, count: int) -> None:
        """Ask whether to go on with sounds that were waiting when the window was closed."""
        self._notice_text.setText(self.tr("Still waiting from last time: {count}").format(count=count))
        self._answers.show()
        self.notice.show()

    def show_hold(self, reason: str | None) -> None:
        """Say why the queue waits for something else; None: it does not."""
        self._notice_text.setText(reason or "")
        self._answers.hide()
        self.notice.setVisible(bool(reason))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where there is room, list and recording stand side by side."""
        super().resizeEvent(event)
        beside, below = Qt.Orientation.Horizontal, Qt.Orientation.Vertical
        if event.size().width() < BESIDE_WIDTH:
            beside, below = below, beside
        if self.splitter.orientation() != beside:
            self.splitter.setOrientation(beside)
            self.splitter.setSizes([2000, 3000])
        self.panel.arrange(below)

    def _make_bar(self) -> None:
        self.add_button = QPushButton(theme.icon("add", "on_accent"), self.tr("Add sounds…"))
        self.add_button.setProperty("kind", "primary")
        self.add_button.clicked.connect(self.add_requested)
        self.filter_field = QLineEdit()
        self.filter_field.setPlaceholderText(self.tr("Filter by name or caption"))
        self.filter_field.setAccessibleName(self.tr("Filter by name or caption"))
        self.filter_field.setClearButtonEnabled(True)
        self.filter_field.setMaximumWidth(theme.space(90))
        self.filter_field.textChanged.connect(self._filter)
        self.state_filter = QComboBox()
        self.state_filter.setAccessibleName(self.tr("Filter by state"))
        self.state_filter.addItem(theme.icon("filter"), self.tr("All states"), None)
        names = {
            "captioning": self.tr("Captioning"), "waiting": self.tr("Waiting"), "done": self.tr("Done"),
            "failed": self.tr("Failed"), "cancelled": self.tr("Cancelled"),
        }  # fmt: skip
        for state, name in names.items():
            self.state_filter.addItem(theme.icon(*STATE_ICONS[cast(State, state)]), name, state)
        self.state_filter.currentIndexChanged.connect(self._filter)
        self.pause_button = QPushButton()
        self.pause_button.setToolTip(self.tr("Let the queue stand still after closing what is under way, or go on"))
        self.pause_button.clicked.connect(lambda: self.pause_requested.emit(not self._paused))
        self.show_paused(False, False)
        self._bar = QHBoxLayout()
        self._bar.setSpacing(theme.space(2))
        self._bar.addWidget(self.add_button)
        self._bar.addSpacing(theme.space(2))
        self._bar.addWidget(self.filter_field, 1)
        self._bar.addWidget(self.state_filter)
        self._bar.addStretch()
        self._bar.addWidget(self.pause_button)

    def _make_notice(self) -> None:
        self._notice_text = QLabel()
        self._notice_text.setWordWrap(True)
        self.go_on_button = QPushButton(self.tr("Go on"))
        self.go_on_button.setProperty("kind", "primary")
        self.not_now_button = QPushButton(self.tr("Not now"))
        self.go_on_button.clicked.connect(lambda: self._answer(True))
        self.not_now_button.clicked.connect(lambda: self._answer(False))
        self._answers = QWidget()
        answers = QHBoxLayout(self._answers)
        answers.setContentsMargins(0, 0, 0, 0)
        answers.addWidget(self.go_on_button)
        answers.addWidget(self.not_now_button)
        self.notice = QFrame()
        self.notice.setProperty("kind", "card")
        row = QHBoxLayout(self.notice)
        row.addWidget(self._notice_text, 1)
        row.addWidget(self._answers)
        self.notice.hide()

    def _answer(self, go_on: bool) -> None:
        self.notice.hide()
        self.resume_answered.emit(go_on)

    def _filter(self) -> None:
        self.table.filter(self.filter_field.text(), self.state_filter.currentData())

    def _choose_page(self) -> None:
        """The empty state is for an empty list, not for one that is filtered."""
        clips = self.table.clips
        self._pages.setCurrentIndex(1 if clips.any_rows() else 0)
        self._lists.setCurrentIndex(0 if clips.rowCount() or not clips.any_rows() else 1)
