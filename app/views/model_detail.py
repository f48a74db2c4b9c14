"""What is told of one model: facts, scores, what it can name, and its card."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QStackedWidget,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.views.card_browser import CardBrowser
from app.views.elided_label import ElidedLabel
from app.views.file_size import size_words
from app.views.scope_bar import ScopeBar

if TYPE_CHECKING:
    from aaccore.models_folder import Model


class ModelDetail(QWidget):
    """One model, with what can be done with it."""

    use_requested = Signal(object)  # the Model
    remove_requested = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model: Model | None = None
        self._name, self._state = ElidedLabel(), QLabel()
        self._name.setProperty("kind", "heading")
        self._state.setProperty("kind", "muted")
        self.use_button = QPushButton(theme.icon("check", "on_accent"), self.tr("Use this model"))
        self.use_button.setProperty("kind", "primary")
        self.use_button.clicked.connect(lambda: self.use_requested.emit(self.model))
        self.remove_button = QPushButton(theme.icon("delete"), self.tr("Remove…"))
        self.remove_button.clicked.connect(lambda: self.remove_requested.emit(self.model))
        self.problem = QLabel()
        self.problem.setProperty("kind", "error")
        self.problem.setWordWrap(True)
        self.problem.setTextFormat(Qt.TextFormat.PlainText)
        self.problem.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.problem.setAccessibleName(self.tr("Why it cannot be used"))
        self.card = CardBrowser()
        self.scores, self.labels = _table(self.tr("Scores")), _table(self.tr("What it can name"))
        self.labels.setHeaderLabels([self.tr("Sound"), self.tr("Named"), self.tr("Of"), self.tr("Share")])
        self._facts = QWidget()
        self._grid = QGridLayout(self._facts)
        self._ways = ScopeBar(
            [("file", self.tr("Card")), ("sort", self.tr("Scores")), ("tag", self.tr("What it can name"))]
        )
        self._stack = QStackedWidget()
        for part in (self.card, self.scores, self.labels):
            self._stack.addWidget(part)
        self._ways.way_chosen.connect(self._stack.setCurrentIndex)
        self._lay_out()
        self.show_model(None, False)

    def show_model(self, model: Model | None, in_use: bool) -> None:
        """Show a model, and whether it is the one that captions."""
        self.model = model
        self._body.setVisible(model is not None)
        self._nothing.setVisible(model is None)
        if model is None:
            return
        self._name.setText(model.name)
        states = [self.tr("In use") if in_use else "", self.tr("Came with Auricle") if model.bundled else ""]
        self._state.setText("  ·  ".join(state for state in states if state))
        self._state.setVisible(any(states))
        self.use_button.setVisible(not in_use)
        self.use_button.setEnabled(not model.problem)
        self.remove_button.setVisible(not model.bundled)
        self.problem.setText(model.problem)
        self.problem.setVisible(bool(model.problem))
        for part in (self._facts, self._ways, self._stack):
            part.setVisible(model.card is not None)
        if model.card is None:
            return
        self._show_facts(
            [
                (self.tr("Size"), self.tr("{size}, {count:.1f} million weights").format(
                    size=size_words(model.bytes), count=model.parameters / 1e6)),
                (self.tr("Encoder"), ", ".join(model.encoders)),
                (self.tr("Trained on"), model.card.training_data.removeprefix("Data: ") or self.tr("not told")),
                (self.tr("Licence"), model.card.licence or self.tr("not told")),
            ]
        )  # fmt: skip
        self.card.show_card(model.card.text)
        self._show_scores(model.card.scores)
        self._show_labels(model)

    def _show_facts(self, facts: Sequence[tuple[str, str]]) -> None:
        while (item := self._grid.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        for row, (name, words) in enumerate(facts):
            label, text = QLabel(name), ElidedLabel(words)
            label.setProperty("kind", "muted")
            text.setAccessibleName(f"{name}: {words}")
            self._grid.addWidget(label, row, 0)
            self._grid.addWidget(text, row, 1)
        self._grid.setColumnStretch(1, 1)

    def _show_scores(self, scores: Sequence[tuple[str, str, str]]) -> None:
        """A row a score, a column a set."""
        sets = list(dict.fromkeys(where for _, where, _ in scores))
        values = {(name, where): value for name, where, value in scores}
        self.scores.clear()
        self.scores.setHeaderLabels([self.tr("Score"), *sets])
        for name in dict.fromkeys(name for name, _, _ in scores):
            self._add(self.scores, [name, *(values.get((name, where), "") for where in sets)])
        if not scores:
            self._add(self.scores, [self.tr("Its card tells of none.")])
        _fit(self.scores)

    def _show_labels(self, model: Model) -> None:
        self.labels.clear()
        assert model.card is not None
        for label in model.card.labels:
            share = f"{100 * label.named / label.of:.0f} %" if label.of else ""
            counts = [str(label.named), str(label.of)] if label.of else ["", ""]
            self._add(self.labels, [label.label, *counts, share])
        if not model.card.labels:
            self._add(self.labels, [self.tr("It has no labels: it says freely what it hears.")])
        _fit(self.labels)

    def _add(self, table: QTreeWidget, cells: list[str]) -> None:
        item = QTreeWidgetItem(cells)
        for column in range(1, len(cells)):
            item.setTextAlignment(column, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        table.addTopLevelItem(item)

    def _lay_out(self) -> None:
        names = QVBoxLayout()
        names.setSpacing(0)
        names.addWidget(self._name)
        names.addWidget(self._state)
        header = QHBoxLayout()
        header.addLayout(names, 1)
        header.addWidget(self.remove_button)
        header.addWidget(self.use_button)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(theme.space(4))
        self._grid.setVerticalSpacing(theme.space(1))
        self._nothing = QLabel(self.tr("Looking at the models…"))
        self._nothing.setProperty("kind", "muted")
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._body = QWidget()
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self._body)
        outer.addWidget(self._nothing)
        column = QVBoxLayout(self._body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.space(2))
        column.addLayout(header)
        for widget in (self.problem, self._facts, self._ways):
            column.addWidget(widget)
        column.addWidget(self._stack, 1)
        column.addStretch()
        column.setStretchFactor(self._stack, 100)


def _table(name: str) -> QTreeWidget:
    table = QTreeWidget()
    table.setAccessibleName(name)
    table.setRootIsDecorated(False)
    table.setUniformRowHeights(True)
    table.setSelectionMode(QTreeWidget.SelectionMode.SingleSelection)
    table.header().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    table.header().setStretchLastSection(False)
    return table


def _fit(table: QTreeWidget) -> None:
    numbers = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
    for column in range(table.columnCount()):
        if column:
            table.headerItem().setTextAlignment(column, numbers)
        table.resizeColumnToContents(column)
        table.setColumnWidth(column, table.columnWidth(column) + theme.space(4))
