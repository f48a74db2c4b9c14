"""The library page: everything captioned, found by words, by likeness, or by looking around."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QHideEvent, QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QLineEdit,
    QMenu,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from aaccore.records import ClipRow, Hit
from app import theme
from app.views.browse_lists import CountedList
from app.views.clip_panel import ClipPanel
from app.views.empty_library import EmptyLibrary, NothingFound
from app.views.filter_form import FilterForm
from app.views.hit_list import HitList
from app.views.hit_tools import HitTools
from app.views.scope_bar import ScopeBar
from app.views.scrolled_column import ScrolledColumn
from app.views.work_notice import WorkNotice

BESIDE_WIDTH = 1400
"""From here on the recording stands beside the list and its captions below it; else the other way round."""
LOWEST_RECORDING = theme.space(55)
"""So much room an open recording has at least; where that is too much for the window, the page is scrolled."""
PAUSE_MS = 120
"""Typing is searched for after so short a rest."""


class LibraryPage(QWidget):
    """Shows what was found and one recording; `hits`, `panel`, `filters`, `notice` and `empty` have own signals.

    Attributes:
        lost: Says above the recording that its file is missing.
    """

    text_changed = Signal(str)
    scope_removed = Signal(str)  # key of a chip
    cleared = Signal()  # search for nothing any more
    day_chosen = Signal(object)
    folder_chosen = Signal(object)
    missing_requested = Signal()
    find_requested = Signal()
    data_set_requested = Signal()
    teach_requested = Signal()
    shown = Signal()
    hidden = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.hits, self.panel, self.filters = HitList(), ClipPanel(), FilterForm()
        self.tools = HitTools(self.hits)
        self.notice, self.empty, self.nothing_found = WorkNotice(), EmptyLibrary(), NothingFound()
        self.lost = WorkNotice()
        self.lost.answered.connect(self.find_requested)
        self.days = CountedList(self.tr("Days"))
        self.folders = CountedList(self.tr("Folders"))
        self.words = CountedList(self.tr("Heard most"), chips=True)
        self.days.chosen.connect(self.day_chosen)
        self.folders.chosen.connect(self.folder_chosen)
        self.words.chosen.connect(self.search_for)
        self.nothing_found.word_chosen.connect(self.search_for)
        self.nothing_found.cleared.connect(self.cleared)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE_MS)
        self._pause.timeout.connect(lambda: self.text_changed.emit(self.search.text()))
        self._make_bar()
        self._make_scope()
        self._lay_out()
        self.show_scope((), False)

    def show_hits(self, hits: Sequence[Hit], complete: bool, alike: bool, searching: bool) -> None:
        """Show what was found.

        Args:
            hits: All of it, as far as it was asked for.
            complete: Whether there is no more.
            alike: Whether it was found by likeness.
            searching: Whether anything was looked for; else these are the newest.
        """
        self.hits.hits.show(hits, complete, alike)
        self.tools.show_count(hits, complete, searching)
        self._found.setCurrentIndex(1 if searching and not hits else 0)

    def show_searching(self) -> None:
        """Say that a search may take a while."""
        self.tools.show_searching()

    def show_scope(self, chips: Sequence[tuple[str, str]], searching: bool) -> None:
        """Show what the search is narrowed to; where nothing is looked for, the ways to look around."""
        self.scope.show_scope(chips, searching)
        self._places.setCurrentIndex(0 if searching else self._way)
        filters = sum(key != "like" for key, _ in chips)
        self.filter_button.setText(self.tr("Filter ({count})").format(count=filters) if filters else self.tr("Filter"))
        self.tools.setVisible(searching or self._way == 0)

    def show_overview(
        self,
        days: Sequence[tuple[date, int]],
        folders: Sequence[tuple[Path, int]],
        words: Sequence[tuple[str, int]],
        models: Sequence[tuple[str, int]],
    ) -> None:
        """Show what there is to look around in, each with its number of recordings."""
        self.days.show_days(days)
        self.folders.show_folders(folders)
        self.words.show_words(words)
        self.nothing_found.words.show_words(words[:10])
        self.filters.show_models(models)
        self._pages.setCurrentIndex(1 if days else 0)

    def show_recording(self, any_open: bool) -> None:
        """Show the recording that is open, or that none is."""
        self._recording.setVisible(any_open)
        if any_open:
            # Not at once: a double click, which plays, finds its row where it was.
            QTimer.singleShot(QApplication.doubleClickInterval(), self, self._scroll_to_recording)

    def show_lost(self, row: ClipRow | None) -> None:
        """Say that the file of the open recording is missing, and what can be done; None: it is there."""
        self.lost.hide()
        if row is not None:
            words = self.tr("The file is no longer there: {path}").format(path=row.path)
            self.lost.show_result(words, [("find", self.tr("Find it again…"))], "warning")

    def recordings_in_sight(self) -> list[int]:
        """Numbers of the recordings that can be seen, the open one first."""
        opened = [self.panel.row.id] if self.panel.row is not None else []
        return list(dict.fromkeys([*opened, *(self.hits.in_sight() if self.hits.isVisible() else [])]))

    def show_text(self, text: str) -> None:
        """Show a query that was not typed."""
        self.search.blockSignals(True)
        self.search.setText(text)
        self.search.blockSignals(False)
        self._pause.stop()

    def search_for(self, text: str) -> None:
        """Search for words at once."""
        self.show_text(text)
        self.text_changed.emit(text)

    def focus_search(self) -> None:
        """Let the user type what to search for."""
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """From the field, Down and Return lead to what was found; Escape clears."""
        if watched is self.search and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self.hits.choose_first()
                return True
            if event.key() == Qt.Key.Key_Escape and self.search.text():
                self.search.clear()
                return True
        return super().eventFilter(watched, event)

    def showEvent(self, event: QShowEvent) -> None:
        """Much may have been captioned since it was last in front."""
        super().showEvent(event)
        self.shown.emit()

    def hideEvent(self, event: QHideEvent) -> None:
        """Nobody sees it any more."""
        super().hideEvent(event)
        self.hidden.emit()

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
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("Search what was heard: rain then thunder"))
        self.search.setAccessibleName(self.tr("Search the library"))
        self.search.setClearButtonEnabled(True)
        self.search.addAction(theme.icon("search", "muted"), QLineEdit.ActionPosition.LeadingPosition)
        self.search.textChanged.connect(lambda: self._pause.start())
        self.search.installEventFilter(self)
        self.filter_button = QPushButton(theme.icon("filter"), self.tr("Filter"))
        self.filter_button.setCheckable(True)
        self.filter_button.toggled.connect(self._show_filters)
        self.filters.hide()
        menu = QMenu(self)
        self.actions_by_name: dict[str, QAction] = {}
        for name, icon, words, asked in (
            ("missing", "search", self.tr("Look for missing files"), self.missing_requested),
            ("find", "folder", self.tr("Find missing files in a folder…"), self.find_requested),
            ("data", "export", self.tr("Save edited captions as a data set…"), self.data_set_requested),
            ("teach", "training", self.tr("Teach the model edited captions…"), self.teach_requested),
        ):
            action = QAction(theme.icon(icon), words, self)
            action.triggered.connect(asked)
            action.setProperty("menu", "file")
            self.addAction(action)
            menu.addAction(action)
            self.actions_by_name[name] = action
        self.more_button = QPushButton(theme.icon("more"), self.tr("Files"))
        self.more_button.setToolTip(self.tr("Missing files, and what edited captions are good for"))
        self.more_button.setMenu(menu)
        self._bar = QHBoxLayout()
        self._bar.setSpacing(theme.space(2))
        self._bar.addWidget(self.search, 1)
        self._bar.addWidget(self.filter_button)
        self._bar.addWidget(self.more_button)

    def _make_scope(self) -> None:
        self._way = 0
        self.scope = ScopeBar(
            [("clock", self.tr("Newest")), ("folder", self.tr("Folders")), ("calendar", self.tr("Days")),
             ("tag", self.tr("Heard most"))]
        )  # fmt: skip
        self.scope.way_chosen.connect(self._choose_way)
        self.scope.removed.connect(self.scope_removed)

    def _lay_out(self) -> None:
        self._found = QStackedWidget()
        self._found.addWidget(self.hits)
        self._found.addWidget(self.nothing_found)
        found = QWidget()
        column = QVBoxLayout(found)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.space(1))
        column.addWidget(self.tools)
        column.addWidget(self._found, 1)
        self._places = QStackedWidget()
        for place in (found, self.folders, self.days, self.words):
            self._places.addWidget(place)
        self._places.setMinimumHeight(theme.space(34))
        self._recording = QWidget()
        row = QHBoxLayout(self._recording)
        row.setContentsMargins(0, 0, 0, 0)
        row.addStrut(LOWEST_RECORDING)
        column = QVBoxLayout()
        row.addLayout(column)
        column.setSpacing(theme.space(2))
        column.addWidget(self.lost)
        column.addWidget(self.panel, 1)
        self.splitter = QSplitter(Qt.Orientation.Vertical)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setHandleWidth(theme.space(3))
        self.splitter.addWidget(self._places)
        self.splitter.addWidget(self._recording)
        self.splitter.setStretchFactor(0, 2)
        self.splitter.setStretchFactor(1, 3)
        self.splitter.setSizes([theme.space(60), theme.space(80)])
        self._scrolled = ScrolledColumn()
        column = QVBoxLayout(self._scrolled.column)
        column.setContentsMargins(theme.space(3), 0, theme.space(3), theme.space(3))
        column.setSpacing(theme.space(2))
        column.addWidget(self.filters)
        column.addWidget(self.scope)
        column.addWidget(self.splitter, 1)
        top = QVBoxLayout()  # stays where it is when the rest is scrolled
        top.setContentsMargins(theme.space(3), theme.space(3), theme.space(3), theme.space(2))
        top.setSpacing(theme.space(2))
        top.addLayout(self._bar)
        top.addWidget(self.notice)
        working = QWidget()
        column = QVBoxLayout(working)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(top)
        column.addWidget(self._scrolled, 1)
        self._pages = QStackedWidget()
        self._pages.addWidget(self.empty)
        self._pages.addWidget(working)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self._pages)
        self._pages.setCurrentIndex(1)
        self.show_recording(False)

    def _show_filters(self, shown: bool) -> None:
        self.filters.setVisible(shown)
        if shown:
            self._scrolled.verticalScrollBar().setValue(0)

    def _scroll_to_recording(self) -> None:
        """Where the window is too short for all, the filters give way to what was opened."""
        self._scrolled.ensureWidgetVisible(self._recording, 0, theme.space(3))

    def _choose_way(self, number: int) -> None:
        self._way = number
        self._places.setCurrentIndex(number)
        self.tools.setVisible(number == 0)
