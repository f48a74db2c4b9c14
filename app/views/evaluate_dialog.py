"""The dialog that evaluates a model: on which split, its scores, and the clips it does worst on, to be heard."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QSplitter,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.model_scores import ModelScores
from app.views.clip_view import ClipView
from app.views.path_field import PathField

CLIPS_SHOWN = 500
PATH_ROLE = Qt.ItemDataRole.UserRole + 1


class EvaluateDialog(QDialog):
    """Asks on what, shows how far it is, then scores and clips; closing it stops the work.

    Args:
        name: What the model is called.
        folder: The data set at first.
        split: Its fold or split at first.
        parent: The window that it belongs to.
    """

    evaluate_requested = Signal(object, str)  # Path of the data set, fold or split
    sound_chosen = Signal(object)  # Path of a clip

    def __init__(self, name: str, folder: str, split: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Evaluate {name}").format(name=name))
        self.folder = PathField(self.tr("Folder of the data set"))
        self.folder.show_path(folder)
        self.split = QLineEdit(split)
        self.split.setAccessibleName(self.tr("Fold or split"))
        self.split.setPlaceholderText(self.tr("All clips"))
        self.start = QPushButton(theme.icon("play", "on_accent"), self.tr("Evaluate"))
        self.start.setProperty("kind", "primary")
        self.start.clicked.connect(self._ask)
        self.words = QLabel()
        self.words.setWordWrap(True)
        self.words.setTextFormat(Qt.TextFormat.PlainText)
        self.words.setAccessibleName(self.tr("How far it is"))
        self.words.hide()
        self.live = QLabel(self.tr("Live is listening; its captions will come later while this runs."))
        self.live.setProperty("kind", "warning")
        self.live.setWordWrap(True)
        self.live.setAccessibleName(self.tr("Beside Live"))
        self.live.hide()
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName(self.tr("Progress"))
        self.progress.hide()
        self.scores = self._tree(self.tr("Scores"), [self.tr("Score"), self.tr("Value")])
        self.clips = self._tree(self.tr("Clips, the worst first"), ["CIDEr-D", self.tr("Clip"), self.tr("Caption")])
        self.clips.currentItemChanged.connect(self._choose)
        self.clip_view = ClipView()
        self.clip_view.hide()
        self._lay_out()

    def show_progress(self, words: str, done: float | None) -> None:
        """Say what is being done, and how far it is where that is known."""
        self._say(words, "muted")
        self.progress.show()
        self.progress.setRange(0, 0 if done is None else 1000)
        self.progress.setValue(round(1000 * (done or 0.0)))
        self.start.setEnabled(False)

    def show_live(self, listening: bool) -> None:
        """Warn of what an evaluation does to live captions, where there are any."""
        self.live.setVisible(listening)

    def show_problem(self, words: str) -> None:
        """Say why it did not work; it can be tried again."""
        self._say(words, "error")
        self.progress.hide()
        self.start.setEnabled(True)

    def show_scores(self, found: ModelScores) -> None:
        """Show what came of it."""
        self.progress.hide()
        self.start.setEnabled(True)
        self._say(self.tr("Could not be captioned: {names}").format(names="; ".join(found.failed)), "warning")
        self.words.setVisible(bool(found.failed))
        self.scores.clear()
        for name, value in found.scores:
            self.scores.addTopLevelItem(QTreeWidgetItem([name, value]))
        self.clips.clear()
        for clip in found.clips[:CLIPS_SHOWN]:
            item = QTreeWidgetItem([f"{clip.score:.3f}", clip.path.name, clip.caption])
            item.setData(0, PATH_ROLE, clip.path)
            for words in clip.written:
                item.addChild(QTreeWidgetItem(["", self.tr("written"), words]))
            self.clips.addTopLevelItem(item)
        self._results.show()

    def _say(self, words: str, kind: str) -> None:
        self.words.setText(words)
        self.words.setProperty("kind", kind)
        self.words.style().polish(self.words)
        self.words.show()

    def _tree(self, name: str, titles: list[str]) -> QTreeWidget:
        tree = QTreeWidget()
        tree.setAccessibleName(name)
        tree.setHeaderLabels(titles)
        for column in range(len(titles) - 1):
            tree.header().setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        tree.setMinimumHeight(theme.space(24))
        return tree

    def _lay_out(self) -> None:
        grid = QGridLayout()
        grid.setColumnStretch(1, 1)
        for row, (name, widget) in enumerate(
            ((self.tr("Data set"), self.folder), (self.tr("Fold or split"), self.split))
        ):
            label = QLabel(name)
            label.setBuddy(widget)
            grid.addWidget(label, row, 0)
            grid.addWidget(widget, row, 1)
        lists = QSplitter(Qt.Orientation.Horizontal)
        lists.addWidget(self.scores)
        lists.addWidget(self.clips)
        lists.setSizes([theme.space(55), theme.space(160)])
        self._results = QSplitter(Qt.Orientation.Vertical)
        self._results.setChildrenCollapsible(False)
        self._results.addWidget(lists)
        self._results.addWidget(self.clip_view)
        self._results.hide()
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.addButton(self.start, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(*[theme.space(4)] * 4)
        column.setSpacing(theme.space(3))
        column.addLayout(grid)
        column.addWidget(self.live)
        column.addWidget(self.words)
        column.addWidget(self.progress)
        column.addWidget(self._results, 1)
        column.addWidget(buttons)
        wide = max(1.0, theme.font_scale())
        self.resize(round(860 * wide), round(600 * wide))

    def _ask(self) -> None:
        path = self.folder.path()
        if path is None:
            self.show_problem(self.tr("Choose the folder of a data set first."))
        else:
            self.evaluate_requested.emit(path, self.split.text().strip())

    def _choose(self, item: QTreeWidgetItem | None) -> None:
        path: Path | None = None if item is None else (item.parent() or item).data(0, PATH_ROLE)
        if path is not None:
            self.clip_view.show()
            self.sound_chosen.emit(path)
