"""The live page: what the microphone hears, as it happens."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence, QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.views.empty_live import EmptyLive
from app.views.flow_layout import FlowLayout
from app.views.level_legend import LevelLegend
from app.views.live_bar import LiveBar
from app.views.live_caption import NewestCaption
from app.views.live_list import LiveList
from app.views.live_spectrogram import LiveSpectrogram
from app.views.scrolled_column import ScrolledColumn
from app.views.view_menu import ViewMenu


class LivePage(QWidget):
    """Shows a session and says what the user wants; bar, list and spectrogram have signals of their own."""

    shown = Signal()
    picture_requested = Signal()
    left_over_answered = Signal(bool)  # keep, or delete

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.bar = LiveBar()
        self.empty = EmptyLive()
        self.newest = NewestCaption()
        self.list = LiveList()
        self.spectrogram = LiveSpectrogram()
        self.legend, self.view_menu = LevelLegend(), ViewMenu()
        self.trouble = QLabel()
        self.trouble.setProperty("kind", "warning")
        self.trouble.setWordWrap(True)
        self.trouble.setAccessibleName(self.tr("What is amiss"))
        self.trouble.hide()
        self._make_left_over()
        picture = self._make_picture()
        splitter = QSplitter(Qt.Orientation.Vertical)
        splitter.setChildrenCollapsible(False)
        splitter.setHandleWidth(theme.space(3))
        self.list.setMinimumHeight(theme.space(24))
        splitter.addWidget(self.list)
        splitter.addWidget(picture)
        splitter.setStretchFactor(0, 1)
        splitter.setStretchFactor(1, 1)
        working = ScrolledColumn()
        column = QVBoxLayout(working.column)
        column.setContentsMargins(*[theme.space(3)] * 4)
        column.setSpacing(theme.space(2))
        for widget in (self.bar, self.left_over, self.newest, self.trouble):
            column.addWidget(widget)
        column.addWidget(splitter, 1)
        self._pages = QStackedWidget()
        self._pages.addWidget(self.empty)
        self._pages.addWidget(working)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self._pages)
        self._make_actions()
        self.show_ready()

    def show_usable(self, usable: bool) -> None:
        """Show the page, or that there is nothing to listen to."""
        self._pages.setCurrentIndex(1 if usable else 0)

    def show_ready(self) -> None:
        """Say how to begin."""
        self.newest.show_words(
            self.tr("Press Listen, and read here what is heard."),
            self.tr("Only what is new is said. Nothing leaves this computer."),
        )

    def show_waiting(self, source: str) -> None:
        """Say that nothing was heard yet."""
        self.newest.show_words(self.tr("Listening …"), source)

    def show_trouble(self, words: list[str]) -> None:
        """Say what is amiss at present: lost sound, delay, a microphone that is gone."""
        self.trouble.setText("  ·  ".join(words))
        self.trouble.setVisible(bool(words))

    def show_frozen(self, frozen: bool) -> None:
        """Show whether the spectrogram stands still."""
        self.freeze_button.setChecked(frozen)
        self.freeze_button.setText(self.tr("Go on") if frozen else self.tr("Freeze"))
        self.freeze_button.setIcon(theme.icon("play" if frozen else "pause"))

    def offer_left_over(self, count: int) -> None:
        """Ask once what to do with the sound of sessions that were cut off; 0 takes the question away."""
        self.left_over.setVisible(count > 0)

    def showEvent(self, event: QShowEvent) -> None:
        """Tell that it is looked at, and let Space begin."""
        super().showEvent(event)
        self.bar.listen_button.setFocus()
        self.shown.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space listens and stops, wherever it means nothing else."""
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self.bar.toggle()
        else:
            super().keyPressEvent(event)

    def _make_left_over(self) -> None:
        words = QLabel(
            self.tr("Auricle ended while it was listening. What it heard in the last hour is still here, until now.")
        )
        words.setWordWrap(True)
        self.keep_left_over = QPushButton(self.tr("Keep and caption it"))
        self.keep_left_over.setProperty("kind", "primary")
        self.delete_left_over = QPushButton(self.tr("Delete it"))
        self.keep_left_over.clicked.connect(lambda: self.left_over_answered.emit(True))
        self.delete_left_over.clicked.connect(lambda: self.left_over_answered.emit(False))
        self.left_over = QFrame()
        self.left_over.setProperty("kind", "card")
        row = QHBoxLayout(self.left_over)
        row.addWidget(words, 1)
        row.addWidget(self.keep_left_over)
        row.addWidget(self.delete_left_over)
        self.left_over.hide()

    def _make_picture(self) -> QWidget:
        self.freeze_button = self._quiet("pause", self.tr("Freeze"))
        self.freeze_button.setCheckable(True)
        self.freeze_button.setToolTip(self.tr("Let the picture stand still; listening goes on"))
        self.freeze_button.toggled.connect(self.spectrogram.freeze)
        self.spectrogram.frozen_changed.connect(self.show_frozen)
        self.save_button = self._quiet("export", self.tr("Save picture…"))
        self.save_button.setToolTip(self.tr("Save the spectrogram as a PNG file"))
        self.save_button.clicked.connect(self.picture_requested)
        tools = FlowLayout()
        for widget in (self.freeze_button, self.save_button, self.view_menu, self.legend):
            tools.addWidget(widget)
        picture = QWidget()
        column = QVBoxLayout(picture)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.space(1))
        column.addWidget(self.spectrogram, 1)
        column.addLayout(tools)
        return picture

    def _quiet(self, icon: str, text: str) -> QToolButton:
        button = QToolButton()
        button.setProperty("kind", "quiet")
        button.setIcon(theme.icon(icon))
        button.setText(text)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        return button

    def _make_actions(self) -> None:
        """For the menu and the list of shortcuts."""
        self.listen_action = QAction(theme.icon("live"), self.tr("Listen or stop"), self)
        self.listen_action.setShortcut(QKeySequence("Ctrl+Shift+L"))
        self.listen_action.triggered.connect(self.bar.toggle)
        self.freeze_action = QAction(theme.icon("pause"), self.tr("Freeze the spectrogram"), self)
        self.freeze_action.setShortcut(QKeySequence("Ctrl+Shift+F"))
        self.freeze_action.triggered.connect(self.freeze_button.toggle)
        self.picture_action = QAction(theme.icon("export"), self.tr("Save the spectrogram…"), self)
        self.picture_action.triggered.connect(self.picture_requested)
        for action, menu in (
            (self.picture_action, "file"), (self.listen_action, "edit"), (self.freeze_action, "view"),
        ):  # fmt: skip
            action.setProperty("menu", menu)
            self.addAction(action)
