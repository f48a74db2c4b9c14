"""One run: how it stands, what can be done with it, its curves, captions and log."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal, SignalInstance
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QComboBox,
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
from app.views.run_words import STATE_ICONS, figures, model_word, state_sentence, state_word
from app.views.taught_view import TaughtView


class RunPanel(QWidget):
    """Shows the chosen run; where several are chosen, the first of them, with all their curves."""

    stop_requested = Signal(object)  # folder, as with the others
    resume_requested = Signal(object)
    keep_requested = Signal(object)
    duplicate_requested = Signal(object)
    folder_requested = Signal(object)
    delete_requested = Signal(object)
    use_requested = Signal(object, object)  # folder, and the chosen one of its models, as with the next two
    export_requested = Signal(object, object)
    evaluate_requested = Signal(object, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.row: RunRow | None = None
        self.curves, self.samples, self.compare = RunCurves(), RunSamples(), RunCompare()
        self.taught = TaughtView()
        self.log = QPlainTextEdit()
        self.log.setReadOnly(True)
        self.log.setTabChangesFocus(True)
        self.log.setAccessibleName(self.tr("Log of the run"))
        self.log.setPlaceholderText(self.tr("The process has said nothing here."))
        self.log.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(self.taught, self.tr("Before and after"))
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
        former, row = self.row, rows[0]
        self.row = row
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
        self._show_models(row)
        self._show_actions(row)
        self._show_tabs(row, former is None or former.folder != row.folder)
        self.curves.show_runs(rows)
        if row.log != self.log.toPlainText():
            self.log.setPlainText(row.log)
            self.log.verticalScrollBar().setValue(self.log.verticalScrollBar().maximum())

    def _tint(self) -> None:
        if self.row is not None:
            icon, tint = STATE_ICONS[self.row.state]
            self._icon.setPixmap(theme.pixmap(icon, theme.icon_size().width(), tint))

    def _show_tabs(self, row: RunRow, first: bool) -> None:
        """A run that teaches a model has a result of its own, and neither epochs nor a data set."""
        teaches = row.teaching is not None
        self.tabs.setTabVisible(self.tabs.indexOf(self.taught), teaches)
        for part in (self.samples, self.compare):
            self.tabs.setTabVisible(self.tabs.indexOf(part), not teaches)
        if teaches:
            self.taught.show_run(row)
        if first and (teaches or self.tabs.currentWidget() is self.taught):
            self.tabs.setCurrentWidget(self.taught if teaches else self.curves)

    def _show_models(self, row: RunRow) -> None:
        """Let one of several models be chosen; the one that was chosen stays chosen."""
        chosen = self.models.currentData()
        if [self.models.itemData(place) for place in range(self.models.count())] != list(row.models):
            self.models.clear()
            for model in row.models:
                self.models.addItem(model_word(model), model)
            self.models.setCurrentIndex(max(0, self.models.findData(chosen)))
        for place, model in enumerate(row.models):
            words = self.tr("{name} (in use)").format(name=model_word(model))
            self.models.setItemText(place, words if model == row.in_use else model_word(model))
        self.models.setVisible(len(row.models) > 1)

    def _show_actions(self, row: RunRow | None) -> None:
        if row is None:
            return
        used = row.in_use is not None and row.in_use == self.models.currentData()
        self.stop.setVisible(row.alive)
        self.resume.setVisible(row.state in ("stopped", "failed", "vanished", "new"))
        again = self.tr("Resume") if row.teaching is None else self.tr("Start again")
        self.resume.setText(self.tr("Start") if row.state == "new" else again)
        self.use.setVisible(row.model is not None)
        self.use.setEnabled(not used)
        self.use.setText(self.tr("In use") if used else self.tr("Use this model"))
        self.keep.setVisible(row.taught is not None)
        self.keep.setText(self.tr("Back to the old one") if row.in_use is not None else self.tr("Keep the old one"))
        self.export_action.setEnabled(row.model is not None)
        self.evaluate_action.setEnabled(row.model is not None and row.options is not None)
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
        self.models = QComboBox()
        self.models.setAccessibleName(self.tr("Which of the run's models"))
        self.models.setToolTip(self.tr("Which of the run's models is used, exported or evaluated"))
        self.models.activated.connect(lambda: self._show_actions(self.row))
        self.use = QPushButton(theme.icon("star"), self.tr("Use this model"))
        self.use.clicked.connect(lambda: self._ask_model(self.use_requested))
        self.use.setToolTip(self.tr("Copy the model into the models folder, and caption with it"))
        self.keep = self._button(self.tr("Keep the old one"), "undo", self.keep_requested)
        self.keep.setToolTip(self.tr("Caption with the model that this one was taught from; nothing is deleted"))
        heading = QWidget()
        title = QHBoxLayout(heading)
        title.setContentsMargins(0, 0, theme.space(3), 0)
        title.setSpacing(theme.space(2))
        for part in (self._name, self._icon, self.state):
            title.addWidget(part)
        flow = FlowLayout()
        flow.setSpacing(theme.space(2))
        for widget in (heading, self.stop, self.resume, self.models, self.use, self.keep, self._more()):
            flow.addWidget(widget)
        return flow

    def _button(self, text: str, icon: str, signal: SignalInstance) -> QPushButton:
        button = QPushButton(theme.icon(icon), text)
        button.clicked.connect(lambda: self._ask(signal))
        return button

    def _ask(self, signal: SignalInstance) -> None:
        if self.row is not None:
            signal.emit(self.row.folder)

    def _ask_model(self, signal: SignalInstance) -> None:
        model = self.models.currentData()
        if self.row is not None and model is not None:
            signal.emit(self.row.folder, model)

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
        self.evaluate_action = menu.addAction(theme.icon("compare"), self.tr("Evaluate…"))
        self.evaluate_action.triggered.connect(lambda: self._ask_model(self.evaluate_requested))
        self.export_action = menu.addAction(theme.icon("export"), self.tr("Export the model as zip…"))
        self.export_action.triggered.connect(lambda: self._ask_model(self.export_requested))
        self.folder_action = add(self.tr("Open the folder"), "folder", self.folder_requested)
        menu.addSeparator()
        self.delete_action = add(self.tr("Delete…"), "delete", self.delete_requested)
        self.more.setMenu(menu)
        return self.more
