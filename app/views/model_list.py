"""The models that are here, one a row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from app import theme
from app.views.file_size import size_words

if TYPE_CHECKING:
    from aaccore.models_folder import Model

Index = QModelIndex | QPersistentModelIndex

ICON_ROLE = Qt.ItemDataRole.UserRole
DETAILS_ROLE = Qt.ItemDataRole.UserRole + 1
SMALL = 0.9


class ModelList(QListWidget):
    """Name, size, and whether a model is in use or cannot be used."""

    looked_at = Signal(object)  # the Model, or None

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Models"))
        self.setMouseTracking(True)
        self.setUniformItemSizes(True)
        self.setItemDelegate(_RowDelegate(self))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._models: list[Model] = []
        self.currentRowChanged.connect(self._tell)
        theme.themed.connect(self.scheduleDelayedItemsLayout)

    def show_models(self, models: Sequence[Model], in_use: str) -> None:
        """Show these; `in_use` is the name of the one that captions. What was looked at stays so."""
        former = self._models[self.currentRow()].name if 0 <= self.currentRow() < len(self._models) else in_use
        self.blockSignals(True)
        self.clear()
        self._models = list(models)
        for model in models:
            icon, words = "", [size_words(model.bytes)]
            if model.problem:
                icon, words = "warning", [self.tr("cannot be used")]
            elif model.bundled:
                words.append(self.tr("came with Auricle"))
            if model.name == in_use:
                icon, words = icon or "check", [self.tr("in use"), *words]
            item = QListWidgetItem(model.name)
            item.setData(ICON_ROLE, icon)
            item.setData(DETAILS_ROLE, "  ·  ".join(words))
            item.setData(Qt.ItemDataRole.AccessibleTextRole, ", ".join([model.name, *words]))
            item.setToolTip(str(model.folder))
            self.addItem(item)
        self.blockSignals(False)
        names = [model.name for model in models]
        self.setCurrentRow(names.index(former) if former in names else 0)
        self._tell(self.currentRow())

    def look_at(self, name: str) -> None:
        """Choose a model by its name."""
        names = [model.name for model in self._models]
        if name in names:
            self.setCurrentRow(names.index(name))

    def _tell(self, row: int) -> None:
        self.looked_at.emit(self._models[row] if 0 <= row < len(self._models) else None)


class _RowDelegate(QStyledItemDelegate):
    """Two lines, and a sign of its state."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        small = QFontMetrics(_small(option.font))
        return QSize(0, option.fontMetrics.height() + small.height() + theme.space(5))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        painter.save()
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        if selected or option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(option.rect, theme.colour("accent_soft" if selected else "hover"))
        inner = option.rect.adjusted(theme.space(3), theme.space(2), -theme.space(3), -theme.space(2))
        edge = theme.icon_size().width()
        if name := index.data(ICON_ROLE):
            place = QRect(inner.left(), inner.center().y() - edge // 2, edge, edge)
            theme.icon(name, "success" if name == "check" else "warning").paint(painter, place)
        inner.adjust(edge + theme.space(2), 0, 0, 0)
        bold = QFont(option.font)
        bold.setBold(True)
        painter.setFont(bold)
        painter.setPen(theme.colour("text"))
        title = QFontMetrics(bold).elidedText(index.data(), Qt.TextElideMode.ElideMiddle, inner.width())
        painter.drawText(inner, Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft, title)
        small = _small(option.font)
        painter.setFont(small)
        painter.setPen(theme.colour("muted"))
        details = QFontMetrics(small).elidedText(index.data(DETAILS_ROLE), Qt.TextElideMode.ElideRight, inner.width())
        painter.drawText(inner, Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignLeft, details)
        painter.restore()


def _small(font: QFont) -> QFont:
    small = QFont(font)
    small.setPointSizeF(font.pointSizeF() * SMALL)
    return small
