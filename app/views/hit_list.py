"""The list of what a search found, and what can be done with the chosen hits."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QListView, QMenu, QWidget

from aaccore.records import Hit
from app import theme
from app.views.hit_delegate import HitDelegate
from app.views.hit_model import HitModel


class HitList(QListView):
    """One hit a row. Choosing one opens it; keys and the context menu say what to do with those that are chosen.

    Signals carry the recordings' numbers.
    """

    opened = Signal(object)  # the Hit to look at
    play_requested = Signal(object)  # a Hit
    edit_requested = Signal(object)  # a Hit
    like_requested = Signal(int)
    copy_requested = Signal(list)  # of Hit
    export_requested = Signal(list)
    folder_requested = Signal(int)
    delete_requested = Signal(list)
    choice_changed = Signal()
    sight_changed = Signal()  # others can be seen than before

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.hits = HitModel(self)
        self.setModel(self.hits)
        self._delegate = HitDelegate(self, self.hits)
        self.setItemDelegate(self._delegate)
        self.setAccessibleName(self.tr("Recordings found"))
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._show_menu)
        self.actions_by_name = self._make_actions()
        self._opened: tuple[int, float] | None = None
        self.doubleClicked.connect(lambda index: self.play_requested.emit(self.hits.hit(index)))
        self.selectionModel().currentChanged.connect(self._open)
        self.selectionModel().selectionChanged.connect(self.choice_changed)
        self.hits.modelReset.connect(self._restore)
        self.hits.modelReset.connect(self.sight_changed)
        self.verticalScrollBar().valueChanged.connect(self.sight_changed)
        theme.themed.connect(self._follow_theme)

    def chosen(self) -> list[Hit]:
        """The selected hits, from top to bottom."""
        rows = sorted(self.selectionModel().selectedRows(), key=lambda index: index.row())
        return [self.hits.hit(index) for index in rows]

    def chosen_clips(self) -> list[int]:
        """Numbers of the recordings of the selected hits, each once."""
        return list(dict.fromkeys(hit.clip.id for hit in self.chosen()))

    def in_sight(self) -> list[int]:
        """Numbers of the recordings of the hits that can be seen, each once."""
        area = self.viewport().rect()
        first, last = self.indexAt(area.topLeft()), self.indexAt(area.bottomLeft())
        end = last.row() + 1 if last.isValid() else self.hits.rowCount()
        rows = range(first.row(), end) if first.isValid() else range(0)
        return list(dict.fromkeys(self.hits.hit(self.hits.index(row)).clip.id for row in rows))

    def choose_first(self) -> None:
        """Open the first hit, and give the list the keyboard."""
        if self.hits.rowCount():
            self.setFocus()
            self.setCurrentIndex(self.hits.index(0))

    def _make_actions(self) -> dict[str, QAction]:
        """One action for each thing to do; the keys work while the list has the focus."""
        made: dict[str, QAction] = {}

        def add(name: str, text: str, icon: str, keys: object, do: Callable[[list[Hit]], None]) -> None:
            action = QAction(theme.icon(icon), text, self)
            if keys is not None:
                action.setShortcuts(keys if isinstance(keys, list) else [QKeySequence(keys)])  # type: ignore[call-overload]
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
            action.triggered.connect(lambda: self._do(do))
            self.addAction(action)
            made[name] = action

        key, standard = Qt.Key, QKeySequence.StandardKey
        enter = [QKeySequence(key.Key_Return), QKeySequence(key.Key_Enter)]
        add("play", self.tr("Play"), "play", enter, lambda hits: self.play_requested.emit(hits[0]))
        add("edit", self.tr("Edit caption"), "edit", key.Key_F2, lambda hits: self.edit_requested.emit(hits[0]))
        add("copy", self.tr("Copy caption"), "copy", standard.Copy, self.copy_requested.emit)
        add("like", self.tr("More like this"), "compare", "Ctrl+L",
            lambda hits: self.like_requested.emit(hits[0].clip.id))  # fmt: skip
        add("export", self.tr("Export…"), "export", None,
            lambda hits: self.export_requested.emit(self.chosen_clips()))  # fmt: skip
        add("folder", self.tr("Show in folder"), "folder", None,
            lambda hits: self.folder_requested.emit(hits[0].clip.id))  # fmt: skip
        add("delete", self.tr("Delete from library"), "delete", key.Key_Delete,
            lambda hits: self.delete_requested.emit(self.chosen_clips()))  # fmt: skip
        return made

    def _do(self, do: Callable[[list[Hit]], None]) -> None:
        if hits := self.chosen():
            do(hits)

    def menu(self) -> QMenu:
        """What can be done with the chosen hits."""
        menu = QMenu(self)
        for name, action in self.actions_by_name.items():
            if name in ("like", "folder", "delete"):
                menu.addSeparator()
            menu.addAction(action)
        return menu

    def _show_menu(self, place: QPoint) -> None:
        if self.chosen():
            self.menu().popup(self.viewport().mapToGlobal(place))

    def _open(self, current: QModelIndex, former: QModelIndex) -> None:
        if current.isValid():
            hit = self.hits.hit(current)
            self._opened = hit.clip.id, hit.start_s
            self.opened.emit(hit)

    def _restore(self) -> None:
        """After another search, what is looked at stays chosen where it is found again."""
        index = self.hits.find(*self._opened) if self._opened is not None else QModelIndex()
        if index.isValid():
            flags = QItemSelectionModel.SelectionFlag
            self.selectionModel().blockSignals(True)  # it is open already
            self.selectionModel().setCurrentIndex(index, flags.ClearAndSelect)
            self.selectionModel().blockSignals(False)
            self.scrollTo(index)
        else:
            self.scrollToTop()
        self.choice_changed.emit()

    def _follow_theme(self) -> None:
        self._delegate.follow_theme()
        self.scheduleDelayedItemsLayout()
