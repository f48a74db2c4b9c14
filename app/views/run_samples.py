"""What a run says of a few fixed sounds after each epoch, beside what people wrote of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHeaderView, QLabel, QSplitter, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from aaccore.events import EpochDone
from app import theme
from app.views.clip_view import ClipView

PATH_ROLE = Qt.ItemDataRole.UserRole + 1


class RunSamples(QWidget):
    """A branch a sound: captions by epoch, the newest first, then the written ones; a sound that is here is shown."""

    sound_chosen = Signal(object)  # its Path, or None

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._epochs: tuple[EpochDone, ...] = ()
        self._references: Mapping[str, tuple[Path, Sequence[str]]] = {}
        self.tree = QTreeWidget()
        self.tree.setAccessibleName(self.tr("Captions of fixed sounds by epoch"))
        self.tree.setHeaderLabels([self.tr("Sound, epoch"), self.tr("Caption")])
        self.tree.header().setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        self.tree.header().setStretchLastSection(True)
        self.tree.setWordWrap(True)
        self.tree.setMinimumHeight(theme.space(20))
        self.tree.currentItemChanged.connect(self._tell)
        self.clip_view = ClipView()
        self.clip_view.hide()
        self.nothing = QLabel(
            self.tr("After each epoch the captions of a few sounds of the validation split stand here.")
        )
        self.nothing.setProperty("kind", "muted")
        self.nothing.setWordWrap(True)
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._splitter = QSplitter(Qt.Orientation.Vertical)
        self._splitter.setChildrenCollapsible(False)
        self._splitter.addWidget(self.tree)
        self._splitter.addWidget(self.clip_view)
        self._splitter.setStretchFactor(0, 3)
        self._splitter.setStretchFactor(1, 2)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, theme.space(2), 0, 0)
        column.addWidget(self._splitter, 1)
        column.addWidget(self.nothing, 1)
        self.show_samples((), {})

    def show_samples(self, epochs: Sequence[EpochDone], references: Mapping[str, tuple[Path, Sequence[str]]]) -> None:
        """Show captions by epoch.

        Args:
            epochs: The validations, in order.
            references: Of the sounds that are here: where, and what people wrote.
        """
        told = tuple(epoch for epoch in epochs if epoch.samples)
        self._splitter.setVisible(bool(told))
        self.nothing.setVisible(not told)
        if told == self._epochs and references == self._references:
            return
        chosen = self._sound(self.tree.currentItem())
        opened = {self._sound(item) for item in self._tops() if item.isExpanded()}
        first = not self._epochs
        self._epochs, self._references = told, dict(references)
        self.tree.blockSignals(True)
        self.tree.clear()
        for number, name in enumerate(told[-1].samples if told else ()):
            item = self._branch(name)
            self.tree.addTopLevelItem(item)
            item.setExpanded(name in opened or (first and number == 0))
            if name == chosen:
                self.tree.setCurrentItem(item)
        self.tree.blockSignals(False)
        self._tell()

    def show_clip(self, shown: bool) -> None:
        """Show, or hide, the recording that is chosen."""
        self.clip_view.setVisible(shown)

    def _branch(self, name: str) -> QTreeWidgetItem:
        path, written = self._references.get(name, (None, ()))
        item = QTreeWidgetItem([name, self._epochs[-1].samples[name]])
        item.setData(0, PATH_ROLE, path)
        for epoch in reversed(self._epochs):
            if name in epoch.samples:
                item.addChild(QTreeWidgetItem([self.tr("epoch {n}").format(n=epoch.epoch), epoch.samples[name]]))
        for caption in written:
            child = QTreeWidgetItem([self.tr("written"), caption])
            child.setForeground(1, theme.colour("muted"))
            item.addChild(child)
        return item

    def _tops(self) -> list[QTreeWidgetItem]:
        items = [self.tree.topLevelItem(index) for index in range(self.tree.topLevelItemCount())]
        return [item for item in items if item is not None]

    @staticmethod
    def _sound(item: QTreeWidgetItem | None) -> str | None:
        """The sound that a line belongs to."""
        if item is None:
            return None
        return (item.parent() or item).text(0)

    def _tell(self) -> None:
        item = self.tree.currentItem()
        self.sound_chosen.emit(None if item is None else (item.parent() or item).data(0, PATH_ROLE))
