"""The window's menus: the window's own actions, and between them those of the page in front."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal, SignalInstance
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu, QWidget

from app import theme


class Menus(QObject):
    """Builds the menus; what is chosen comes out as a signal.

    A page offers its actions by `addAction`; the property "menu" ("file", "edit" or "view") says where one stands while
    the page is in front, and the property "separator" puts a line before it.

    Args:
        window: The window they belong to.
    """

    open_files_asked = Signal()
    open_folder_asked = Signal()
    paste_asked = Signal()
    find_asked = Signal()
    teach_asked = Signal()
    quit_asked = Signal()
    reading_asked = Signal()
    shortcuts_asked = Signal()
    log_folder_asked = Signal()
    about_asked = Signal()

    def __init__(self, window: QMainWindow) -> None:
        super().__init__(window)
        self._window = window
        keys = QKeySequence.StandardKey
        self._first = [
            self._action(self.tr("&Open files…"), "file", self.open_files_asked, QKeySequence(keys.Open)),
            self._action(self.tr("Open &folder…"), "folder", self.open_folder_asked, QKeySequence("Ctrl+Shift+O")),
            self._action(self.tr("&Paste files"), "paste", self.paste_asked, QKeySequence(keys.Paste)),
        ]
        self._last = [self._action(self.tr("&Quit"), "", self.quit_asked, QKeySequence("Ctrl+Q"))]
        self._find = self._action(self.tr("&Find in the library…"), "search", self.find_asked, QKeySequence(keys.Find))
        self._teach = self._action(self.tr("&Teach it my corrections…"), "training", self.teach_asked)
        self._pages: list[QAction] = []
        self._lines: list[QAction] = []
        bar = window.menuBar()
        self._menus = {"file": bar.addMenu(self.tr("&File")), "edit": bar.addMenu(self.tr("&Edit"))}
        self._menus["view"] = bar.addMenu(self.tr("&View"))
        help_menu = bar.addMenu(self.tr("&Help"))
        help_menu.addAction(
            self._action(self.tr("Keyboard &shortcuts"), "keyboard", self.shortcuts_asked, QKeySequence("F1"))
        )
        help_menu.addAction(self._action(self.tr("How to &read captions"), "help", self.reading_asked))
        help_menu.addAction(self._action(self.tr("Open &log folder"), "folder", self.log_folder_asked))
        help_menu.addSeparator()
        help_menu.addAction(self._action(self.tr("&About Auricle"), "info", self.about_asked))

    def add_page(self, title: str, icon: str, choose: Callable[[], None]) -> None:
        """Add a page to the View menu, with its number as shortcut."""
        action = QAction(theme.icon(icon), title, self)
        action.setShortcut(QKeySequence(f"Ctrl+{len(self._pages) + 1}"))
        action.triggered.connect(choose)
        self._window.addAction(action)
        self._pages.append(action)

    def show_page(self, page: QWidget) -> None:
        """Fill the menus for the page in front."""
        own = {name: [a for a in page.actions() if a.property("menu") == name] for name in self._menus}
        for menu in self._menus.values():
            for action in menu.actions():  # not `clear`: it would delete lines that Python still knows
                menu.removeAction(action)
        for line in self._lines:
            line.deleteLater()
        self._lines.clear()
        self._fill(self._menus["file"], self._first, own["file"], self._last)
        self._fill(self._menus["edit"], own["edit"], [self._find, self._teach])
        self._fill(self._menus["view"], self._pages, own["view"])

    def own_actions(self) -> list[QAction]:
        """The window's own actions, those of no page."""
        return [action for action in self._window.actions() if not action.isSeparator()]

    def _fill(self, menu: QMenu, *groups: list[QAction]) -> None:
        for group in groups:
            if group and menu.actions():
                self._add_line(menu)
            for action in group:
                if action.property("separator"):
                    self._add_line(menu)
                menu.addAction(action)

    def _add_line(self, menu: QMenu) -> None:
        line = QAction(self)
        line.setSeparator(True)
        self._lines.append(line)
        menu.addAction(line)

    def _action(self, text: str, icon: str, asked: SignalInstance, shortcut: QKeySequence | None = None) -> QAction:
        action = QAction(text, self)
        if icon:
            action.setIcon(theme.icon(icon))
        if shortcut is not None:
            action.setShortcut(shortcut)
        action.triggered.connect(asked)
        self._window.addAction(action)  # so that its shortcut works while it stands in no menu
        return action
