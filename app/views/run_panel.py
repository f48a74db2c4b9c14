"""One run: how it stands, what can be done with it, its curves, captions and log."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal, SignalInstance
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QMenu,
    QPlainTextEdit,
    QProgressBar,
    QPushButton,
    QTabWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.run_row import RunRow
from app.views.elided_label import ElidedLabel
from app.views.flow_layout import FlowLayout
from app.views.run_compare import RunCompare
from app.views.run_curves import RunCurves
from app.views.run_samples import RunSamples
from app.views.run_words import STATE_ICONS, figures, state_sentence, state_word


class RunPanel(QWidget):
    """Shows the chosen run; where several are chosen, the first of them, with all their curves."""

    stop_requested = Signal(object)  # folder, as with the others
    resume_requested = Signal(object)
    use_requested = Signal(object)
    duplicate_requested = Signal(object)
    export_requested = Signal(object)
    evaluate_requested = Signal(object)
    folder_requested = Signal(object)
    delete_requested = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.row: RunRow | None = None
        self.curves, self.samples, self.compare = RunCurves(), RunSamples(), RunCompare()
        self.log = QPlainTextEdit()
        self.log.setReadOnly(True)
        self.log.setTabChangesFocus(True)
        self.log.setAccessibleName(self.tr("Log of the run"))
        self.log.setPlaceholderText(self.tr("The process has said nothing here."))
        self.log.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(self.curves, self.tr("Curves"))
        self.tabs.addTab(self.samples, self.tr("Captions"))
        self.tabs.addTab(self.compare, self.tr("Compare"))
        self.tabs.addTab(self.log, self.tr("Log"))
        self.tabs.tabBar().setAccessibleName(self.tr("What to see of the run"))
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.space(1), 0, 0, 0)
        column.setSpacing(theme.space(2))
        column.addLayout(self._header())
        column.addWidget(self.words)
        column.addWidget(self.progress)
        column.addWidget(self.figures)
        column.addWidget(self.tabs, 1)
        theme.themed.connect(self._tint)

    def show_runs(self, rows: Sequence[RunRow]) -> None:
        """Show the first of these runs, of which there is one at least, and the curves of all."""
        row = self.row = rows[0]
        self._name.setText(row.name)
        self._name.setToolTip(str(row.folder))
        self._tint()
        self.state.setText(state_word(row))
        sentence = state_sentence(row)
        self.words.setText(sentence)
        self.words.setVisible(bool(sentence))
        kind = {"failed": "error", "vanished": "warning"}.get(row.state, "muted")
        if self.words.property("kind") != kind:
            self.words.setProperty("kind", kind)
            self.words.style().polish(self.words)
        self.progress.setVisible(row.alive)
        self.progress.setMaximum(0 if row.state == "starting" else 1000)
        self.progress.setValue(round(1000 * (row.done or 0.0)))
        told = [f"{name}: <b>{value}</b>".replace(" ", "&nbsp;") for name, value in figures(row)]
        self.figures.setText("&nbsp;&nbsp;&nbsp; ".join(told))
        self.figures.setVisible(bool(figures(row)))
        self._show_actions(row)
        self.curves.show_runs(rows)
        if row.log != self.log.toPlainText():
            self.log.setPlainText(row.log)
            self.log.verticalScrollBar().setValue(self.log.verticalScrollBar().maximum())

    def _tint(self) -> None:
        if self.row is not None:
            icon, tint = STATE_ICONS[self.row.state]
            self._icon.setPixmap(theme.pixmap(icon, theme.icon_size().width(), tint))

    def _show_actions(self, row: RunRow) -> None:
        self.stop.setVisible(row.alive)
        self.resume.setVisible(row.state in ("stopped", "failed", "vanished", "new"))
        self.resume.setText(self.tr("Start") if row.state == "new" else self.tr("Resume"))
        self.use.setVisible(row.model is not None)
        self.export_action.setEnabled(row.model is not None)
        self.evaluate_action.setEnabled(row.model is not None)
        self.delete_action.setEnabled(not row.alive or not row.own)
        self.delete_action.setText(self.tr("Delete…") if row.own else self.tr("Remove from the list"))
        self.duplicate_action.setEnabled(row.options is not None)

    def _header(self) -> FlowLayout:
        self._name = ElidedLabel()
        self._name.setProperty("kind", "heading")
        self._icon, self.state = QLabel(), QLabel()
        self.state.setAccessibleName(self.tr("State of the run"))
        self.words = QLabel()
        self.words.setWordWrap(True)
        self.words.setTextFormat(Qt.TextFormat.PlainText)
        self.words.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.words.setAccessibleName(self.tr("What the run is doing, or why it ended"))
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setMaximumHeight(theme.space(3))
        self.progress.setAccessibleName(self.tr("Progress"))
        self.figures = QLabel()
        self.figures.setWordWrap(True)
        self.figures.setTextFormat(Qt.TextFormat.RichText)
        self.figures.setAccessibleName(self.tr("Figures of the run"))
        self.stop = self._button(self.tr("Stop"), "stop", self.stop_requested)
        self.stop.setToolTip(self.tr("Finish the step at hand and keep a checkpoint; it can go on later"))
        self.resume = self._button(self.tr("Resume"), "play", self.resume_requested)
        self.use = self._button(self.tr("Use this model"), "star", self.use_requested)
        self.use.setToolTip(self.tr("Copy the run's best model into the models folder, and caption with it"))
        heading = QWidget()
        title = QHBoxLayout(heading)
        title.setContentsMargins(0, 0, theme.space(3), 0)
        title.setSpacing(theme.space(2))
        for part in (self._name, self._icon, self.state):
            title.addWidget(part)
        flow = FlowLayout()
        flow.setSpacing(theme.space(2))
        for widget in (heading, self.stop, self.resume, self.use, self._more()):
            flow.addWidget(widget)
        return flow

    def _button(self, text: str, icon: str, signal: SignalInstance) -> QPushButton:
        button = QPushButton(theme.icon(icon), text)
        button.clicked.connect(lambda: self._ask(signal))
        return button

    def _ask(self, signal: SignalInstance) -> None:
        if self.row is not None:
            signal.emit(self.row.folder)

    def _more(self) -> QToolButton:
        self.more = QToolButton()
        self.more.setIcon(theme.icon("more"))
        self.more.setToolTip(self.tr("More to do with the run"))
        self.more.setAccessibleName(self.tr("More to do with the run"))
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self.more)

        def add(text: str, icon: str, signal: SignalInstance) -> QAction:
            action = menu.addAction(theme.icon(icon), text)
            action.triggered.connect(lambda: self._ask(signal))
            return action

        self.duplicate_action = add(self.tr("Duplicate…"), "copy", self.duplicate_requested)
        self.evaluate_action = add(self.tr("Evaluate…"), "compare", self.evaluate_requested)
        self.export_action = add(self.tr("Export the model as zip…"), "export", self.export_requested)
        self.folder_action = add(self.tr("Open the folder"), "folder", self.folder_requested)
        menu.addSeparator()
        self.delete_action = add(self.tr("Delete…"), "delete", self.delete_requested)
        self.more.setMenu(menu)
        return self.more
