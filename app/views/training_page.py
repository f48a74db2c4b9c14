"""The training page: the runs, the one that is looked at, and the form of a new one."""

from __future__ import annotations

from functools import cached_property

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QPushButton, QScrollArea, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from app import theme
from app.file_drop import let_through
from app.views.empty_training import EmptyTraining
from app.views.flow_layout import FlowLayout
from app.views.run_form import RunForm
from app.views.run_list import RunList
from app.views.run_panel import RunPanel


class TrainingPage(QWidget):
    """Shows how to begin, the runs, or the form of a new run; list, panel and form have signals of their own."""

    new_requested = Signal()
    open_requested = Signal()
    clotho_requested = Signal()
    teach_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.empty, self.list, self.panel = EmptyTraining(), RunList(), RunPanel()
        for signal, mine in (
            (self.empty.new_requested, self.new_requested),
            (self.empty.open_requested, self.open_requested),
            (self.empty.clotho_requested, self.clotho_requested),
            (self.empty.teach_requested, self.teach_requested),
        ):
            signal.connect(mine)
        self._pages = QStackedWidget()
        self._pages.addWidget(_scrolling(self.empty, self.tr("How to begin")))
        self._pages.addWidget(self._runs())
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self._pages)

    @cached_property
    def form(self) -> RunForm:
        """The form of a new run, made when it is first wanted: it holds several hundred widgets."""
        made = RunForm()
        let_through(made)
        self._pages.addWidget(made)
        return made

    def show_runs(self, any_there: bool) -> None:
        """Show the runs, or how to begin where there are none."""
        self._pages.setCurrentIndex(1 if any_there else 0)

    def show_form(self) -> None:
        """Show the form of a new run."""
        self._pages.setCurrentWidget(self.form)
        self.form.name.setFocus()
        self.form.name.selectAll()

    def form_shown(self) -> bool:
        """Whether a new run is being described."""
        return isinstance(self._pages.currentWidget(), RunForm)

    def _runs(self) -> QWidget:
        self.new_button = QPushButton(theme.icon("add", "on_accent"), self.tr("New run…"))
        self.new_button.setProperty("kind", "primary")
        self.new_button.setShortcut(QKeySequence("Ctrl+N"))
        self.new_button.setToolTip(self.tr("Describe and start a training run (Ctrl+N)"))
        self.new_button.clicked.connect(self.new_requested)
        self.open_button = QPushButton(theme.icon("folder"), self.tr("Open run folder…"))
        self.open_button.setToolTip(self.tr("Follow runs that were started from a terminal or on another machine"))
        self.open_button.clicked.connect(self.open_requested)
        self.teach_button = QPushButton(theme.icon("training"), self.tr("Teach it my sounds…"))
        self.teach_button.setToolTip(self.tr("Let the model in use learn from the captions that you have corrected"))
        self.teach_button.clicked.connect(self.teach_requested)
        bar = FlowLayout()
        bar.setSpacing(theme.space(2))
        for button in (self.new_button, self.teach_button, self.open_button):
            bar.addWidget(button)
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.setChildrenCollapsible(False)
        splitter.setHandleWidth(theme.space(2))
        splitter.addWidget(self.list)
        splitter.addWidget(_scrolling(self.panel, self.tr("The chosen run")))
        splitter.setStretchFactor(0, 0)
        splitter.setStretchFactor(1, 1)
        splitter.setSizes([theme.space(55), theme.space(200)])
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(*[theme.space(3)] * 4)
        column.setSpacing(theme.space(3))
        column.addLayout(bar)
        column.addWidget(splitter, 1)
        return page


def _scrolling(widget: QWidget, name: str) -> QScrollArea:
    """Room for a widget whose text is too large for the window."""
    widget.setObjectName("scrolled")
    scroll = QScrollArea()
    scroll.setWidgetResizable(True)
    scroll.setAccessibleName(name)
    scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # what is inside has the keyboard
    scroll.setWidget(widget)
    return scroll
