"""The models page: what captions, what else could, and published weights that training starts from."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMimeData, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from app import theme
from app.file_drop import accept_copy
from app.views.model_detail import ModelDetail
from app.views.model_list import ModelList
from app.views.scope_bar import ScopeBar
from app.views.weights_list import WeightsList
from app.views.work_notice import WorkNotice


class ModelsPage(QWidget):
    """Shows models and weights; `list`, `detail`, `weights` and `notice` have signals of their own."""

    folder_requested = Signal()
    zip_requested = Signal()
    dropped = Signal(list)  # of Path: folders and zip files
    shown = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAcceptDrops(True)
        self.list, self.detail, self.weights, self.notice = ModelList(), ModelDetail(), WeightsList(), WorkNotice()
        self.ways = ScopeBar([("models", self.tr("Models")), ("download", self.tr("Weights for training"))])
        self.add_zip = QPushButton(theme.icon("add"), self.tr("Add from zip file…"))
        self.add_zip.clicked.connect(self.zip_requested)
        self.add_folder = QPushButton(theme.icon("folder"), self.tr("Add from folder…"))
        self.add_folder.clicked.connect(self.folder_requested)
        hint = QLabel(self.tr("Or drop a model here. It is checked before it is used; nothing in it is run."))
        hint.setProperty("kind", "small")
        hint.setWordWrap(True)
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.space(2))
        column.addWidget(self.list, 1)
        for widget in (self.add_zip, self.add_folder, hint):
            column.addWidget(widget)
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.setChildrenCollapsible(False)
        splitter.setHandleWidth(theme.space(4))
        splitter.addWidget(left)
        splitter.addWidget(self.detail)
        splitter.setStretchFactor(0, 1)
        splitter.setStretchFactor(1, 3)
        splitter.setSizes([theme.space(64), theme.space(160)])
        self._stack = QStackedWidget()
        self._stack.addWidget(splitter)
        self._stack.addWidget(self.weights)
        self.ways.way_chosen.connect(self._stack.setCurrentIndex)
        top = QHBoxLayout()
        top.addWidget(self.ways, 1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(*[theme.space(3)] * 4)
        outer.setSpacing(theme.space(2))
        outer.addLayout(top)
        outer.addWidget(self.notice)
        outer.addWidget(self._stack, 1)

    def show_way(self, number: int) -> None:
        """Show the models, 0, or the weights, 1."""
        self.ways.show_way(number)
        self._stack.setCurrentIndex(number)

    def showEvent(self, event: QShowEvent) -> None:
        """Models may have come since it was last in front."""
        super().showEvent(event)
        self.shown.emit()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take what may be a model; the window takes the rest."""
        if _models_in(event.mimeData()):
            accept_copy(event)
        else:
            event.ignore()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        """Go on offering to copy, whatever the other side proposes anew."""
        accept_copy(event)

    def dropEvent(self, event: QDropEvent) -> None:
        """Take what was dropped."""
        accept_copy(event)
        self.dropped.emit(_models_in(event.mimeData()))


def _models_in(data: QMimeData) -> list[Path]:
    """The zip files, and the folders with a model in them, that a drag names; nothing where it names others too."""
    paths = [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
    fitting = [path for path in paths if path.suffix.lower() == ".zip" or (path / "config.json").is_file()]
    return fitting if len(fitting) == len(paths) else []
