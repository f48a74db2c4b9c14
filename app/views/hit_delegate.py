"""How a hit is painted: its sentence with the words that matched, and below it file, moment and day."""

from __future__ import annotations

from PySide6.QtCore import QLineF, QModelIndex, QPersistentModelIndex, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from aaccore.records import Hit
from app import theme
from app.views.hit_model import HitModel

Index = QModelIndex | QPersistentModelIndex

PADDING, GAP = 10, 6
SENTENCE, SMALL = 1.1, 0.9
"""Sizes of text, times the window's."""


class HitDelegate(QStyledItemDelegate):
    """Two lines a hit, all of the same height, so that a hundred thousand cost no more than what is seen."""

    def __init__(self, view: QListView, model: HitModel) -> None:
        super().__init__(view)
        self._view, self._model = view, model
        self.follow_theme()

    def follow_theme(self) -> None:
        """Measure anew in the fonts at work."""
        self._font, self._small = QFont(self._view.font()), QFont(self._view.font())
        self._font.setPointSizeF(self._view.font().pointSizeF() * SENTENCE)
        self._small.setPointSizeF(self._view.font().pointSizeF() * SMALL)
        self._bold = QFont(self._font)
        self._bold.setBold(True)
        self._metrics, self._small_metrics = QFontMetrics(self._font), QFontMetrics(self._small)
        self._bold_metrics = QFontMetrics(self._bold)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Two lines."""
        return QSize(0, self._metrics.height() + self._small_metrics.height() + GAP + 2 * PADDING)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """One hit."""
        hit, rect = self._model.hit(index), option.rect
        painter.save()
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, theme.colour("accent_soft"))
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(rect, theme.colour("hover"))
        inner = rect.adjusted(PADDING, PADDING, -PADDING, -PADDING)
        self._paint_sentence(painter, hit, QRect(inner.topLeft(), QSize(inner.width(), self._metrics.height())))
        lower = self._small_metrics.height()
        self._paint_details(painter, hit, QRect(inner.left(), inner.bottom() - lower + 1, inner.width(), lower))
        painter.setPen(theme.colour("border"))
        painter.drawLine(QLineF(rect.left() + PADDING, rect.bottom(), rect.right() - PADDING, rect.bottom()))
        painter.restore()

    def _paint_sentence(self, painter: QPainter, hit: Hit, area: QRect) -> None:
        """Words that matched are bold on a ground of their own; the first of them is always in sight."""
        begin = self._begin(hit, area.width())
        pieces = [("…", False)] if begin else []
        place = begin
        for first, last in hit.marks:
            if last <= begin:
                continue
            pieces += [(hit.text[place:first], False), (hit.text[first:last], True)]
            place = last
        pieces.append((hit.text[place:], False))
        x, baseline = float(area.left()), area.top() + self._metrics.ascent()
        for text, marked in pieces:
            metrics = self._bold_metrics if marked else self._metrics
            room = area.right() - x
            shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, max(0, int(room)))
            width = metrics.horizontalAdvance(shown)
            if marked:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(theme.colour("warning_soft"))
                painter.drawRoundedRect(QRectF(x - 1, area.top(), width + 2, area.height()), 3, 3)
            painter.setFont(self._bold if marked else self._font)
            painter.setPen(theme.colour("text"))
            painter.drawText(QPointF(x, baseline), shown)
            x += width
            if shown != text:
                break

    def _begin(self, hit: Hit, width: int) -> int:
        """Where the sentence is begun, so that its first mark can be seen: at its start, or some words later."""
        if not hit.marks or self._bold_metrics.horizontalAdvance(hit.text[: hit.marks[0][1]]) <= width:
            return 0
        begin = hit.marks[0][0]
        while begin > 0:
            earlier = hit.text.rfind(" ", 0, begin - 1) + 1
            if self._bold_metrics.horizontalAdvance(hit.text[earlier : hit.marks[0][1]]) > width // 2:
                break
            begin = earlier
        return begin

    def _paint_details(self, painter: QPainter, hit: Hit, area: QRect) -> None:
        painter.setFont(self._small)
        side = area.height()
        for icon, tint, word, wanted in (
            ("warning", "warning", self.tr("file missing"), hit.clip.missing),
            ("edit", "muted", self.tr("edited"), hit.clip.corrected),
        ):
            if not wanted:
                continue
            width = self._small_metrics.horizontalAdvance(word)
            painter.setPen(theme.colour(tint))
            painter.drawText(area, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, word)
            theme.icon(icon, tint).paint(painter, QRect(area.right() - width - side - 3, area.top(), side, side))
            area = area.adjusted(0, 0, -(width + side + 3 + PADDING), 0)
        rest = "  ·  ".join(["", *self._model.details(hit)])
        room = max(
            area.width() - self._small_metrics.horizontalAdvance(rest), self._small_metrics.averageCharWidth() * 8
        )
        name = self._small_metrics.elidedText(hit.clip.path.name, Qt.TextElideMode.ElideMiddle, room)
        words = self._small_metrics.elidedText(name + rest, Qt.TextElideMode.ElideRight, area.width())
        painter.setPen(theme.colour("muted"))
        painter.drawText(area, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, words)
