"""How a timed caption is painted: its time, how far it can be trusted, and its sentence as words one can point at."""

from __future__ import annotations

from PySide6.QtCore import QAbstractItemModel, QEvent, QModelIndex, QPersistentModelIndex, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPen
from PySide6.QtWidgets import QLineEdit, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from aaccore.records import StoredSegment
from app import theme
from app.views.caption_model import CaptionModel
from app.views.clock import clock

Index = QModelIndex | QPersistentModelIndex

PADDING, GAP, BAR_PX = 10, 16, 3
SENTENCE, SMALL = 1.1, 0.9
"""Sizes of text, times the window's."""


class CaptionDelegate(QStyledItemDelegate):
    """Lays words into lines and paints them; remembers the widths of words, so that thousands of rows cost little."""

    def __init__(self, view: QListView, model: CaptionModel) -> None:
        super().__init__(view)
        self._view, self._model = view, model
        self.playing: QPersistentModelIndex | None = None
        self.pointed: tuple[int, int] | None = None
        self._edited: QPersistentModelIndex | None = None
        self.follow_theme()

    def follow_theme(self) -> None:
        """Measure anew in the fonts at work."""
        self._font, self._small = QFont(self._view.font()), QFont(self._view.font())
        self._font.setPointSizeF(self._view.font().pointSizeF() * SENTENCE)
        self._small.setPointSizeF(self._view.font().pointSizeF() * SMALL)
        self._metrics, self._small_metrics = QFontMetrics(self._font), QFontMetrics(self._small)
        self._widths: dict[str, int] = {}
        self._heights: dict[tuple[str, int, bool, bool, bool], int] = {}
        times = self._small_metrics.horizontalAdvance("00:00:00 – 00:00:00")
        self._left = min(times, self._small_metrics.horizontalAdvance("0:00:00 – 0:00:00")) + GAP
        self._line = round(self._metrics.height() * 1.3)

    def word_rects(self, index: Index, rect: QRect) -> list[QRect]:
        """Where each word of a row is painted, given the row's rectangle."""
        area = self._sentence_area(rect)
        space = self._width(" ")
        x, y, rects = area.left(), area.top(), []
        for word in self._model.words(index):
            width = self._width(word.text)
            if x > area.left() and x + width > area.right():
                x, y = area.left(), y + self._line
            rects.append(QRect(x, y, width, self._line))
            x += width + space
        return rects

    def word_at(self, index: Index, rect: QRect, place: QPoint) -> int | None:
        """Which word lies at a place, if any."""
        for number, word in enumerate(self.word_rects(index, rect)):
            if word.adjusted(-2, 0, 3, 0).contains(place):
                return number
        return None

    def more_rect(self, rect: QRect) -> QRect:
        """Where a row's button for alternatives is painted."""
        size = theme.icon_size().width()
        return QRect(rect.right() - PADDING - size, rect.top() + PADDING, size, self._line)

    # Qt's side

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """As high as the sentence's lines, the time and band, and the machine's sentence under an edited one."""
        # Whether the scroll bar is there must not count, or it would come and go for ever.
        bar = self._view.verticalScrollBar().sizeHint().width()
        width = self._view.width() - 2 * self._view.frameWidth() - bar
        segment, edited = self._model.segment(index), self._is_edited(index)
        kind = (segment.caption, width, segment.corrected or edited, edited, segment.band is not None)
        if kind not in self._heights:
            self._heights[kind] = self._height(index, QRect(0, 0, width, 0))
        return QSize(width, self._heights[kind])

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """One row."""
        segment, rect = self._model.segment(index), option.rect
        painter.save()
        playing = self.playing is not None and self.playing.row() == index.row()
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        if selected or hovered:
            painter.fillRect(rect, theme.colour("accent_soft" if selected else "hover"))
        if playing:
            painter.fillRect(QRect(rect.left(), rect.top(), BAR_PX, rect.height()), theme.colour("accent"))
        self._paint_left(painter, segment, rect, playing)
        self._paint_words(painter, index, rect)
        if self._shows_machine(index):
            self._paint_machine(painter, segment, rect)
        if (selected or hovered) and segment.candidates:
            theme.icon("more").paint(painter, self.more_rect(rect))
        painter.setPen(theme.colour("border"))
        painter.drawLine(rect.left() + PADDING, rect.bottom(), rect.right() - PADDING, rect.bottom())
        painter.restore()

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Index) -> QWidget:
        """A line to type in; the machine's sentence stays beneath it."""
        line = QLineEdit(parent)
        line.setAccessibleName(self.tr("Caption"))
        line.setFont(self._font)
        self._edited = QPersistentModelIndex(index)
        self.sizeHintChanged.emit(index)
        return line

    def setEditorData(self, editor: QWidget, index: Index) -> None:
        """The current sentence, all of it chosen."""
        assert isinstance(editor, QLineEdit)
        if not editor.isModified():
            editor.setText(self._model.segment(index).caption)

    def setModelData(self, editor: QWidget, model: QAbstractItemModel, index: Index) -> None:
        """Ask for what was typed."""
        assert isinstance(editor, QLineEdit)
        model.setData(index, editor.text())

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, index: Index) -> None:
        """Over the sentence."""
        area = self._sentence_area(option.rect)
        height = max(editor.sizeHint().height(), self._line)
        editor.setGeometry(area.left() - 4, area.top() - 4, area.width() + 8, height)

    def destroyEditor(self, editor: QWidget, index: Index) -> None:
        """The row gets its usual height again."""
        self._edited = None
        self.sizeHintChanged.emit(index)
        super().destroyEditor(editor, index)

    def helpEvent(self, event: object, view: object, option: QStyleOptionViewItem, index: Index) -> bool:
        """The list says itself what lies under the pointer."""
        return isinstance(event, QEvent)

    # Parts

    def _height(self, index: Index, rect: QRect) -> int:
        rects, top = self.word_rects(index, rect), self._sentence_area(rect).top()
        lines = max(self._line, rects[-1].bottom() + 1 - top if rects else 0)
        if self._is_edited(index):
            lines = max(lines, self._line + 2 * PADDING)
        height = top - PADDING + lines
        if self._shows_machine(index):
            height += self._small_metrics.height() + PADDING // 2
        if self._model.segment(index).band:
            height = max(height, self._line + self._small_metrics.height() + 2)
        return height + 2 * PADDING

    def _sentence_area(self, rect: QRect) -> QRect:
        if self._is_narrow(rect):
            return rect.adjusted(PADDING, PADDING + self._line, -PADDING, -PADDING)
        right = PADDING + theme.icon_size().width() + PADDING // 2
        return rect.adjusted(self._left + PADDING, PADDING, -right, -PADDING)

    def _is_narrow(self, rect: QRect) -> bool:
        """Whether the sentence stands under its time, not beside it."""
        return rect.width() < 5 * self._left

    def _width(self, word: str) -> int:
        if word not in self._widths:
            self._widths[word] = self._metrics.horizontalAdvance(word)
        return self._widths[word]

    def _shows_machine(self, index: Index) -> bool:
        return self._model.segment(index).corrected or self._is_edited(index)

    def _is_edited(self, index: Index) -> bool:
        return self._edited is not None and self._edited.row() == index.row()

    def _paint_left(self, painter: QPainter, segment: StoredSegment, rect: QRect, playing: bool) -> None:
        """The time, and under it the band: an icon and a word."""
        font = QFont(self._small)
        font.setBold(playing)
        painter.setFont(font)
        painter.setPen(theme.colour("text" if playing else "muted"))
        line = QRect(rect.left() + PADDING, rect.top() + PADDING, self._left, self._line)
        times = f"{clock(segment.start_s)} – {clock(segment.end_s)}"
        painter.drawText(line, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, times)
        if self._is_narrow(rect):
            line.translate(self._small_metrics.horizontalAdvance(times) + GAP, 0)
            line.setWidth(self._left)
        else:
            line.translate(0, self._line)
            line.setHeight(self._small_metrics.height() + 2)
        if segment.corrected:
            name, word, tint = "edit", self.tr("edited"), "muted"
        elif segment.band:
            name, word, tint = segment.band, self._model.band_words[segment.band], segment.band
        else:
            return
        size = self._small_metrics.height()
        theme.icon(name, tint).paint(painter, QRect(line.left(), line.center().y() - size // 2, size, size))
        painter.setFont(self._small)
        painter.setPen(theme.colour(tint))
        line.adjust(size + 4, 0, 0, 0)
        right = self.more_rect(rect).left() if self._is_narrow(rect) else line.right()
        if line.left() + self._small_metrics.horizontalAdvance(word) > right:
            return  # the icon's shape says it, and the tool tip
        painter.drawText(line, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, word)

    def _paint_words(self, painter: QPainter, index: Index, rect: QRect) -> None:
        painter.setFont(self._font)
        rects, words = self.word_rects(index, rect), self._model.words(index)
        for number, (place, word) in enumerate(zip(rects, words, strict=True)):
            pointed = self.pointed == (index.row(), number)
            if pointed:
                painter.setPen(QPen(theme.colour("mark" if word.time_s is not None else "outline"), 2))
                painter.drawLine(place.left(), place.bottom() - 1, place.right(), place.bottom() - 1)
            painter.setPen(theme.colour("text"))
            painter.drawText(place.adjusted(0, 0, 2, 0), Qt.AlignmentFlag.AlignVCenter, word.text)

    def _paint_machine(self, painter: QPainter, segment: StoredSegment, rect: QRect) -> None:
        area = self._sentence_area(rect)
        area.setTop(rect.bottom() - PADDING - self._small_metrics.height())
        painter.setFont(self._small)
        painter.setPen(theme.colour("muted"))
        text = self.tr("Auricle wrote: {caption}").format(caption=segment.machine)
        text = self._small_metrics.elidedText(text, Qt.TextElideMode.ElideRight, area.width())
        painter.drawText(area, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
