"""The timed captions of one recording: hear them, point at their words, choose others, write better ones."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QGuiApplication,
    QHelpEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QListView, QMenu, QToolTip, QWidget

from aaccore.records import StoredSegment
from app import theme
from app.views.caption_delegate import CaptionDelegate
from app.views.caption_model import CaptionModel, Index


class CaptionList(QListView):
    """A row for each segment.

    Mouse: click plays, a word under the pointer is pointed at, the three dots or the right button offer the rest.
    What the keys do, `own_keys` says.
    """

    play_requested = Signal(float, float)  # start and end, s
    word_pointed = Signal(
        object
    )  # when the word was heard, s; None where it names nothing heard, or none is pointed at
    corrected = Signal(object, str)  # the StoredSegment, and its new sentence

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.captions = CaptionModel(self)
        self.setModel(self.captions)
        self._delegate = CaptionDelegate(self, self.captions)
        self.setItemDelegate(self._delegate)
        self.setAccessibleName(self.tr("Captions"))
        self.setMouseTracking(True)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._laid_width = 0
        self.setEditTriggers(QAbstractItemView.EditTrigger.EditKeyPressed)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._show_menu_at)
        self.captions.typed.connect(self.corrected)
        self.captions.modelReset.connect(self._forget_pointed)
        self.selectionModel().currentChanged.connect(self._leave_row)
        theme.themed.connect(self._follow_theme)

    def show_segments(self, segments: Sequence[StoredSegment]) -> None:
        """Show a recording's captions."""
        self._delegate.playing = None
        self.captions.show(segments)
        if segments:
            self.setCurrentIndex(self.captions.index(0))

    def add_segment(self, segment: StoredSegment) -> None:
        """Show one more at the end, while a recording is being captioned."""
        self.captions.append(segment)

    def show_segment(self, segment: StoredSegment) -> None:
        """Show a segment as it is now, and choose it."""
        index = self.captions.replace(segment)
        if index.isValid():
            self._delegate.sizeHintChanged.emit(index)
            self.setCurrentIndex(index)
            self.scrollTo(index)

    def show_time(self, time_s: float) -> None:
        """Mark the segment at the play cursor and keep it in view."""
        index = self.captions.at(time_s)
        before = self._delegate.playing.row() if self._delegate.playing else -1
        if index.row() != before:
            self._delegate.playing = QPersistentModelIndex(index) if index.isValid() else None
            self.viewport().update()
            if index.isValid():
                self.scrollTo(index)

    def playing(self) -> StoredSegment | None:
        """The segment that is marked as the one at the play cursor."""
        index = self._delegate.playing
        return self.captions.segment(index) if index and index.isValid() else None

    def edit_current(self) -> None:
        """Open the current sentence, or the first one, for typing."""
        index = self.currentIndex() if self.currentIndex().isValid() else self.captions.index(0)
        if index.isValid() and index.flags() & Qt.ItemFlag.ItemIsEditable:
            self.setFocus()
            self.setCurrentIndex(index)
            self.executeDelayedItemsLayout()  # or the editor would have no place, and close
            self.edit(index)

    def menu(self, index: QModelIndex) -> QMenu:
        """What can be done with a segment: the other sentences that were found come first."""
        segment, menu = self.captions.segment(index), QMenu(self)
        sentences = dict.fromkeys([segment.machine, *(candidate.caption for candidate in segment.candidates)])
        menu.addAction(self.tr("What Auricle found, best first:")).setEnabled(False)
        for sentence in sentences:
            action = menu.addAction(sentence)
            action.setCheckable(True)
            action.setChecked(sentence == segment.caption)
            action.setEnabled(segment.id > 0)
            action.triggered.connect(lambda _=False, chosen=sentence: self._choose(segment, chosen))
        menu.addSeparator()
        play = menu.addAction(theme.icon("play"), self.tr("Play"))
        play.triggered.connect(lambda: self.play_requested.emit(segment.start_s, segment.end_s))
        edit = menu.addAction(theme.icon("edit"), self.tr("Edit caption"), QKeySequence(Qt.Key.Key_F2))
        edit.setEnabled(segment.id > 0)
        edit.triggered.connect(self.edit_current)
        copy = menu.addAction(theme.icon("copy"), self.tr("Copy"), QKeySequence(QKeySequence.StandardKey.Copy))
        copy.triggered.connect(self._copy)
        return menu

    def own_keys(self) -> list[tuple[str, str]]:
        """What the keys do here: words, and the key."""
        keys = {
            self.tr("choose the one above"): "Up", self.tr("choose the one below"): "Down",
            self.tr("point at the next word"): "Right", self.tr("point at the word before"): "Left",
            self.tr("point at no word"): "Esc", self.tr("play"): "Return", self.tr("edit"): "F2",
            self.tr("what else was found"): "Alt+Down", self.tr("copy"): "Ctrl+C",
        }  # fmt: skip
        return [(self.tr("Captions: {what}").format(what=words), key) for words, key in keys.items()]

    # Qt's side

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """The word under the pointer is pointed at."""
        super().mouseMoveEvent(event)
        index = self.indexAt(event.position().toPoint())
        number = None
        if index.isValid():
            number = self._delegate.word_at(index, self.visualRect(index), event.position().toPoint())
        self._point(None if number is None else (index.row(), number))

    def leaveEvent(self, event: QEvent) -> None:
        """No word is pointed at any more."""
        super().leaveEvent(event)
        self._point(None)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click plays the segment; on the three dots it offers the alternatives."""
        super().mouseReleaseEvent(event)
        place = event.position().toPoint()
        index = self.indexAt(place)
        if event.button() != Qt.MouseButton.LeftButton or not index.isValid():
            return
        segment, dots = self.captions.segment(index), self._delegate.more_rect(self.visualRect(index))
        if segment.candidates and dots.adjusted(-4, -4, 4, 4).contains(place):
            self._show_menu(index, dots.bottomLeft())
        else:
            self.play_requested.emit(segment.start_s, segment.end_s)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Words by Left and Right, Return plays, Alt+Down offers alternatives."""
        index, key = self.currentIndex(), event.key()
        if not index.isValid() or self.state() == QAbstractItemView.State.EditingState:
            super().keyPressEvent(event)
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self._step(index, 1 if key == Qt.Key.Key_Right else -1)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            segment = self.captions.segment(index)
            self.play_requested.emit(segment.start_s, segment.end_s)
        elif key == Qt.Key.Key_Down and event.modifiers() & Qt.KeyboardModifier.AltModifier:
            self._show_menu(index, self._delegate.more_rect(self.visualRect(index)).bottomLeft())
        elif key == Qt.Key.Key_Escape and self._delegate.pointed:
            self._point(None)
        elif event.matches(QKeySequence.StandardKey.Copy):
            self._copy()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Sentences wrap anew."""
        super().resizeEvent(event)
        if self.width() != self._laid_width:
            self._laid_width = self.width()
            self.scheduleDelayedItemsLayout()

    def viewportEvent(self, event: QEvent) -> bool:
        """Explain the band or the word under the pointer."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            index = self.indexAt(event.pos())
            if index.isValid():
                QToolTip.showText(event.globalPos(), self.explanation(index, event.pos()), self)
                return True
        return super().viewportEvent(event)

    def explanation(self, index: QModelIndex, place: QPoint) -> str:
        """What is to be said about a place in a row."""
        number = self._delegate.word_at(index, self.visualRect(index), place)
        return self.captions.explanation(index) if number is None else self.captions.word_words(index, number)

    # Parts

    def _point(self, pointed: tuple[int, int] | None) -> None:
        if pointed == self._delegate.pointed:
            return
        self._delegate.pointed = pointed
        self.viewport().update()
        if pointed is None:
            self.word_pointed.emit(None)
            return
        index = self.captions.index(pointed[0])
        self.word_pointed.emit(self.captions.words(index)[pointed[1]].time_s)

    def _forget_pointed(self) -> None:
        self._point(None)

    def _leave_row(self, current: Index, previous: Index) -> None:
        """A word of another row is pointed at no more."""
        if self._delegate.pointed and self._delegate.pointed[0] != current.row():
            self._point(None)

    def _step(self, index: QModelIndex, by: int) -> None:
        """Point at the next word of the current row, and say it to who cannot see it."""
        count = len(self.captions.words(index))
        if not count:
            return
        pointed = self._delegate.pointed
        number = pointed[1] + by if pointed and pointed[0] == index.row() else (0 if by > 0 else count - 1)
        number = max(0, min(count - 1, number))
        self._point((index.row(), number))
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, self.captions.word_words(index, number)))

    def _choose(self, segment: StoredSegment, sentence: str) -> None:
        if sentence != segment.caption:
            self.corrected.emit(segment, sentence)

    def _show_menu_at(self, place: QPoint) -> None:
        index = self.indexAt(place)
        self._show_menu(index if index.isValid() else self.currentIndex(), place)

    def _show_menu(self, index: QModelIndex, place: QPoint) -> None:
        if index.isValid():
            self.setCurrentIndex(index)
            self.menu(index).popup(self.viewport().mapToGlobal(place))

    def _copy(self) -> None:
        rows = sorted(index.row() for index in self.selectedIndexes())
        sentences = (self.captions.segment(self.captions.index(row)).caption for row in rows)
        QGuiApplication.clipboard().setText("\n".join(sentences))

    def _follow_theme(self) -> None:
        self._delegate.follow_theme()
        self.scheduleDelayedItemsLayout()
        self.viewport().update()
