"""The list of the captions page: one row a file, what can be done with the chosen ones, and how far each is."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import (
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    Qt,
    Signal,
)
from PySide6.QtGui import QAction, QKeySequence, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QMenu,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from aaccore.records import ClipRow, State
from app import theme
from app.views.clip_model import PROGRESS_ROLE, ClipModel, Column

PROGRESS_PX = 3

FIRST_COLUMNS = {Column.NAME: 38, Column.LENGTH: 9, Column.STATE: 24}
"""Letters that the columns before the caption take."""

FEWEST_LETTERS = 12
"""Of a name, in a narrow window; its tool tip says it whole."""


class ClipTable(QTableView):
    """The files as rows; keys and the context menu say what to do with those that are chosen.

    Signals carry the rows' numbers.
    """

    opened = Signal(object)  # the one row to look at, or None
    edit_requested = Signal(int)
    play_requested = Signal(int)
    cancel_requested = Signal(list)
    retry_requested = Signal(list)
    first_requested = Signal(list)
    remove_requested = Signal(list)
    copy_requested = Signal(list)
    export_requested = Signal(list)
    folder_requested = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.clips = ClipModel(self)
        self.setModel(self.clips)
        self.setAccessibleName(self.tr("Sounds and their captions"))
        self.setItemDelegate(_CellDelegate(self))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._show_menu)
        self._lay_out()
        self._actions = self._make_actions()
        self._opened: int | None = None
        self.selectionModel().selectionChanged.connect(self._tell_opened)
        self.clips.modelReset.connect(self._restore_selection)
        self.doubleClicked.connect(lambda index: self.play_requested.emit(self.clips.row(index).id))

    def chosen(self) -> list[ClipRow]:
        """The selected rows, from top to bottom."""
        rows = sorted(self.selectionModel().selectedRows(), key=lambda index: index.row())
        return [self.clips.row(index) for index in rows]

    def choose(self, number: int) -> None:
        """Select a row, if it is shown, and bring it into view."""
        index = self.clips.find(number)
        if index.isValid():  # whatever keys are held
            flags = QItemSelectionModel.SelectionFlag
            self.selectionModel().setCurrentIndex(index, flags.ClearAndSelect | flags.Rows)
            self.scrollTo(index)

    def filter(self, text: str, state: State | None) -> None:
        """Show only rows with these words, in this state."""
        self.clips.filter(text, [state] if state else [])

    def _lay_out(self) -> None:
        self.setSortingEnabled(True)
        header = self.horizontalHeader()
        header.setSortIndicatorClearable(True)
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setStretchLastSection(True)
        header.setMinimumSectionSize(theme.space(12))
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self._measure()
        theme.themed.connect(self._measure)

    def _measure(self) -> None:
        """Give columns and rows the size that the text needs."""
        self._share_width()
        row = max(self.fontMetrics().height(), theme.icon_size().height()) + theme.space(3)
        self.verticalHeader().setDefaultSectionSize(row)
        self.setMinimumHeight(self.horizontalHeader().sizeHint().height() + 2 * row)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """A narrow window leaves room for the captions, unless the user has set the columns."""
        super().resizeEvent(event)
        if [self.columnWidth(column) for column in FIRST_COLUMNS] == self._shared:
            self._share_width()

    def _share_width(self) -> None:
        """Give each column what it needs; the name gives way, so that half of a narrow window is left for captions."""
        letter, header = self.fontMetrics().averageCharWidth(), self.horizontalHeader()
        widths = {
            column: max(letters * letter, header.sectionSizeHint(column)) for column, letters in FIRST_COLUMNS.items()
        }
        over = sum(widths.values()) - self.viewport().width() // 2
        widths[Column.NAME] = max(FEWEST_LETTERS * letter, widths[Column.NAME] - max(0, over))
        for column, width in widths.items():
            self.setColumnWidth(column, width)
        self._shared = [self.columnWidth(column) for column in FIRST_COLUMNS]

    def _make_actions(self) -> dict[str, QAction]:
        """One action for each thing to do; the keys work while the list has the focus."""
        made: dict[str, QAction] = {}

        def add(name: str, text: str, icon: str, keys: object, do: Callable[[list[int]], None]) -> None:
            action = QAction(theme.icon(icon), text, self)
            if keys is not None:
                action.setShortcuts(keys if isinstance(keys, list) else [QKeySequence(keys)])  # type: ignore[call-overload]
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
            action.triggered.connect(lambda: self._do(name, do))
            self.addAction(action)
            made[name] = action

        key = Qt.Key
        enter = [QKeySequence(key.Key_Return), QKeySequence(key.Key_Enter)]
        add("play", self.tr("Play"), "play", enter, lambda ids: self.play_requested.emit(ids[0]))
        add("edit", self.tr("Edit caption"), "edit", key.Key_F2, lambda ids: self.edit_requested.emit(ids[0]))
        add("copy", self.tr("Copy caption"), "copy", QKeySequence.StandardKey.Copy, self.copy_requested.emit)
        add("export", self.tr("Export…"), "export", None, self.export_requested.emit)
        add("first", self.tr("Caption next"), "first", "Ctrl+Up", self.first_requested.emit)
        add("cancel", self.tr("Cancel"), "cancel", "Ctrl+.", self.cancel_requested.emit)
        add("retry", self.tr("Caption again"), "retry", "Ctrl+R", self.retry_requested.emit)
        add("folder", self.tr("Show in folder"), "folder", None, lambda ids: self.folder_requested.emit(ids[0]))
        add("remove", self.tr("Remove from list"), "remove", key.Key_Delete, self.remove_requested.emit)
        return made

    def fitting(self, name: str) -> list[int]:
        """The chosen rows with which an action can do something."""
        states: dict[str, tuple[State, ...]] = {
            "edit": ("done",), "copy": ("done", "failed"), "export": ("done",), "first": ("waiting",),
            "cancel": ("waiting", "captioning"), "retry": ("done", "failed", "cancelled"),
        }  # fmt: skip
        wanted = states.get(name)
        return [row.id for row in self.chosen() if wanted is None or row.state in wanted]

    def _do(self, name: str, do: Callable[[list[int]], None]) -> None:
        if numbers := self.fitting(name):
            do(numbers)

    def menu(self) -> QMenu:
        """What can be done with the chosen rows."""
        menu = QMenu(self)
        for name, action in self._actions.items():
            if name in ("export", "first", "folder"):
                menu.addSeparator()
            shown = bool(self.fitting(name)) or name in ("play", "edit", "copy", "remove")
            if shown:
                menu.addAction(action)
                action.setEnabled(bool(self.fitting(name)))
        menu.aboutToHide.connect(self._enable_all)
        return menu

    def _enable_all(self) -> None:
        for action in self._actions.values():
            action.setEnabled(True)  # a key acts on what is chosen then

    def _show_menu(self, place: QPoint) -> None:
        if self.chosen():
            self.menu().popup(self.viewport().mapToGlobal(place))

    def _tell_opened(self, selected: QItemSelection, deselected: QItemSelection) -> None:
        chosen = self.selectionModel()
        index: QModelIndex | QPersistentModelIndex = self.currentIndex()
        if not (index.isValid() and chosen.isSelected(index)):
            ranges = chosen.selection()
            index = ranges.first().topLeft() if ranges.count() else QModelIndex()
        number = self.clips.row(index).id if index.isValid() else None
        if number != self._opened:
            self._opened = number
            self.opened.emit(number)

    def _restore_selection(self) -> None:
        """After filtering, what was looked at stays chosen as long as it is shown."""
        if self._opened is not None:
            self.choose(self._opened)


class _CellDelegate(QStyledItemDelegate):
    """Long names lose their middle; a row that is being captioned has a bar under its state."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        """Names differ at their ends."""
        super().initStyleOption(option, index)
        if index.column() == Column.NAME:
            option.textElideMode = Qt.TextElideMode.ElideMiddle
        option.state &= ~option.state.__class__.State_HasFocus  # the row is marked, not the cell

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """The cell, and its bar."""
        super().paint(painter, option, index)
        share = index.data(PROGRESS_ROLE) if index.column() == Column.STATE else None
        if share is None:
            return
        margin = theme.space(1)
        groove = QRect(option.rect.left() + margin, option.rect.bottom() - PROGRESS_PX - 1,
                       option.rect.width() - 2 * margin, PROGRESS_PX)  # fmt: skip
        painter.fillRect(groove, theme.colour("border"))
        groove.setWidth(round(groove.width() * share))
        painter.fillRect(groove, theme.colour("accent"))
