"""The window without its pages: rail, menus, status bar, dialogs; it takes files dropped or pasted anywhere."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QByteArray, QSettings, Qt, Signal, SignalInstance
from PySide6.QtGui import (
    QAction,
    QCloseEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QGuiApplication,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QApplication,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QMainWindow,
    QMessageBox,
    QPlainTextEdit,
    QStackedWidget,
    QTextEdit,
    QWidget,
)

from aaccore import __version__
from app import theme
from app.error_dialog import ErrorDialog
from app.file_browser import open_folder
from app.file_drop import accept_copy, let_through, named_files
from app.menus import Menus
from app.settings import Preferences, Settings
from app.views.drop_overlay import DropOverlay
from app.views.elided_label import ElidedLabel
from app.views.navigation import NavigationRail
from app.views.reading_dialog import ReadingDialog
from app.views.shortcuts_dialog import ShortcutsDialog, shortcuts_of


class Controller(Protocol):
    """What every controller of a page has."""

    failed: SignalInstance
    told: SignalInstance

    def shut_down(self) -> None:
        """Cancel what works, and wait for it."""


class WindowFrame(QMainWindow):
    """Holds pages, of which it knows no more than that each has a controller.

    Args:
        settings: What the user has chosen; where the window stands is kept beside them.
        log_folder: Where the log lies.
        parent: Owner.
    """

    files_offered = Signal(list)  # of Path: dropped, pasted, opened or named on the command line

    def __init__(self, settings: Settings, log_folder: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.settings, self.log_folder = settings, log_folder
        self._pages: list[QWidget] = []
        self._controllers: list[Controller] = []
        self.setWindowTitle("Auricle")
        self.setMinimumSize(720, 480)
        self.setAcceptDrops(True)
        self.errors = ErrorDialog(self)
        self.rail = NavigationRail()
        self.pages = QStackedWidget()
        self.pages.setObjectName("pages")
        middle = QWidget()
        row = QHBoxLayout(middle)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.rail)
        row.addWidget(self.pages, 1)
        self.setCentralWidget(middle)
        self._overlay = DropOverlay(self)
        self.menus = Menus(self)
        self._make_status_bar()
        self._connect()
        self._restore()

    def add_page(self, title: str, icon: str, page: QWidget, controller: Controller, last: bool = False) -> None:
        """Add a page with its entry in the rail and its controller; the first one is in front."""
        index = self.pages.addWidget(page)
        self._pages.append(page)
        page.setAccessibleName(title)
        let_through(page)
        self.rail.add(title, icon, last)
        self.menus.add_page(title, icon, lambda: self.show_page(index))
        controller.failed.connect(self.errors.add)
        controller.told.connect(self.tell)
        self._controllers.append(controller)
        if index == 0:
            self.show_page(0)

    def show_page(self, index: int) -> None:
        """Bring a page to the front."""
        self.pages.setCurrentIndex(index)
        self.rail.choose(index)
        self.menus.show_page(self._pages[index])

    def tell(self, words: str) -> None:
        """Say something in the status bar for some seconds."""
        self.statusBar().showMessage(words, 10_000)

    def show_device(self, device: str, why: str) -> None:
        """Show where the model runs and why."""
        name = {"cpu": self.tr("Processor (CPU)"), "mps": self.tr("Apple GPU")}.get(device, device.upper())
        self.device_label.setText(f"{name}: {why}" if why else name)

    def show_queue(self, words: str) -> None:
        """Show how the queue stands; empty hides it."""
        self.queue_label.setText(words)
        self.queue_label.setVisible(bool(words))

    def offer(self, paths: Sequence[Path]) -> None:
        """Hand over files and folders to caption, and show how they get on."""
        if paths:
            self.show_page(0)
            self.files_offered.emit(list(paths))

    def paste(self) -> None:
        """Paste into the field that has the keyboard, or take the files that the clipboard names."""
        field = QApplication.focusWidget()
        if isinstance(field, QLineEdit | QPlainTextEdit | QTextEdit):
            field.paste()
        elif paths := named_files(QGuiApplication.clipboard().mimeData()):
            self.offer(paths)
        else:
            self.tell(self.tr("The clipboard holds no files; copy sound files or their paths first"))

    def open_files(self) -> None:
        """Ask for files to caption."""
        self._ask_for(QFileDialog.FileMode.ExistingFiles, self.tr("Caption sound and video files"))

    def open_folder(self) -> None:
        """Ask for a folder to caption."""
        self._ask_for(QFileDialog.FileMode.Directory, self.tr("Caption a folder"))

    def open_in_system(self, folder: Path) -> None:
        """Show a folder in the system's file browser."""
        if not open_folder(folder):
            self.tell(self.tr("The folder cannot be opened here: {folder}").format(folder=folder))

    def open_log_folder(self) -> None:
        """Show where the log lies."""
        self.open_in_system(self.log_folder)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Say that files may be dropped."""
        if named_files(event.mimeData()):
            accept_copy(event)
            self._overlay.cover()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        """Go on offering to copy, whatever the other side proposes anew."""
        accept_copy(event)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """Take the overlay away again."""
        self._overlay.hide()

    def dropEvent(self, event: QDropEvent) -> None:
        """Take what was dropped."""
        self._overlay.hide()
        accept_copy(event)
        self.offer(named_files(event.mimeData()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the overlay over all of the window."""
        super().resizeEvent(event)
        self._overlay.setGeometry(self.rect())

    def closeEvent(self, event: QCloseEvent) -> None:
        """Go out of sight, then cancel what works and wait for it."""
        self._kept.setValue("geometry", self.saveGeometry())
        self._kept.sync()
        self.hide()
        self.errors.close()
        for controller in reversed(self._controllers):
            controller.shut_down()
        self._controllers.clear()
        event.accept()

    def _ask_for(self, mode: QFileDialog.FileMode, title: str) -> None:
        dialog = QFileDialog(self, title, str(self._kept.value("folder", "")))
        dialog.setFileMode(mode)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.filesSelected.connect(self._selected)
        dialog.open()

    def _selected(self, names: list[str]) -> None:
        paths = [Path(name) for name in names]
        self._kept.setValue("folder", str(paths[0].parent))
        self.offer(paths)

    def _make_status_bar(self) -> None:
        self.queue_label, self.device_label = ElidedLabel(), ElidedLabel()
        self.queue_label.setAccessibleName(self.tr("Queue"))
        self.device_label.setAccessibleName(self.tr("Device in use"))
        self.queue_label.hide()
        bar = self.statusBar()
        bar.setAccessibleName(self.tr("Status"))
        self.device_label.setText(self.tr("The model loads with the first sound"))
        bar.addPermanentWidget(self.queue_label)
        bar.addPermanentWidget(self.device_label)

    def _connect(self) -> None:
        self.rail.chosen.connect(self.show_page)
        self.errors.log_folder_asked.connect(self.open_log_folder)
        menus = self.menus
        menus.open_files_asked.connect(self.open_files)
        menus.open_folder_asked.connect(self.open_folder)
        menus.paste_asked.connect(self.paste)
        menus.quit_asked.connect(self.close)
        menus.log_folder_asked.connect(self.open_log_folder)
        menus.reading_asked.connect(lambda: ReadingDialog(self).show())
        menus.shortcuts_asked.connect(self._show_shortcuts)
        menus.about_asked.connect(self._about)
        self.settings.changed.connect(self._dress)

    def _restore(self) -> None:
        """Come back in the size and place of last time."""
        self._kept = QSettings(str(self.settings.path.with_name("window.ini")), QSettings.Format.IniFormat, self)
        geometry = self._kept.value("geometry")
        if not (isinstance(geometry, QByteArray) and self.restoreGeometry(geometry)):
            self.resize(1180, 760)

    def _dress(self, preferences: Preferences) -> None:
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        theme.apply(app, preferences)

    def _show_shortcuts(self) -> None:
        shortcuts: dict[str, Sequence[QAction | tuple[str, str]]] = {self.tr("Everywhere"): self.menus.own_actions()}
        for page in self._pages:
            shortcuts[page.accessibleName()] = shortcuts_of(page)
        ShortcutsDialog(shortcuts, self).open()

    def _about(self) -> None:
        QMessageBox.about(
            self,
            self.tr("About Auricle"),
            self.tr(
                "<p><b>Auricle {version}</b></p><p>Says in a sentence what can be heard. Everything is computed on "
                "this machine: nothing is sent anywhere.</p><p>It is not a safety device.</p><p>Apache-2.0</p>"
            ).format(version=__version__),
        )
