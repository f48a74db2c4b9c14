"""How loud it is: a bar in dBFS with its highest moment, and a mark that stays for a while after clipping."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from aaccore.events import Level
from app import theme
from app.views.level_legend import decibels

LOWEST_DB = -72.0
CLIP_S = 3.0
"""So long the clipping mark stays."""
FALL_DB_S = 20.0
"""How fast the mark of the highest moment falls."""


class LevelMeter(QWidget):
    """Shows `Level`s, each as it comes."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Level"))
        self.setToolTip(
            self.tr("Level in dBFS: the bar is the mean, the line the highest moment; 0 dB is as loud as can be kept")
        )
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.clear()
        theme.themed.connect(self.updateGeometry)
        theme.themed.connect(self.update)

    @property
    def clipping(self) -> bool:
        """Whether the mark is there."""
        return self._clipped_s is not None

    def clear(self) -> None:
        """Nothing is listened to."""
        self._level: Level | None = None
        self._held_db = LOWEST_DB
        self._clipped_s: float | None = None
        self.setAccessibleDescription(self.tr("Nothing is listened to"))
        self.update()

    def show_level(self, level: Level) -> None:
        """Show how loud it is now."""
        passed_s = 0.0 if self._level is None else max(0.0, level.time_s - self._level.time_s)
        self._held_db = max(level.peak_db, self._held_db - FALL_DB_S * passed_s)
        if level.clipped:
            self._clipped_s = level.time_s
        elif self._clipped_s is not None and level.time_s - self._clipped_s > CLIP_S:
            self._clipped_s = None
        self._level = level
        words = self.tr("{level} dBFS").format(level=decibels(level.level_db))
        self.setAccessibleDescription(words + (self.tr(", clipping") if self.clipping else ""))
        self.update()

    def sizeHint(self) -> QSize:
        """Room for the bar, the number and the mark."""
        metrics = QFontMetricsF(self.font())
        return QSize(
            round(metrics.horizontalAdvance(f"{self._clip_word()}  −100 dBFS")) + theme.space(34),
            max(round(metrics.height()) + theme.space(2), theme.space(8)),
        )

    def paintEvent(self, event: QPaintEvent) -> None:
        """The bar, the line, the number, the mark."""
        metrics = QFontMetricsF(self.font())
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        number_width = metrics.horizontalAdvance("−100 dBFS") + theme.space(2)
        clip_width = metrics.horizontalAdvance(self._clip_word()) + theme.space(3)
        bar = QRectF(0.5, self.height() / 2 - 6, self.width() - number_width - clip_width - theme.space(2), 12)
        painter.setPen(QPen(theme.colour("outline"), 1))
        painter.setBrush(theme.colour("sunken"))
        painter.drawRoundedRect(bar, 3, 3)
        if self._level is not None:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour("success"))
            inside = bar.adjusted(1, 1, -1, -1)
            painter.drawRect(
                QRectF(inside.left(), inside.top(), self._share(self._level.level_db) * inside.width(), 10)
            )
            painter.setBrush(theme.colour("text"))
            x = inside.left() + self._share(self._held_db) * inside.width()
            painter.drawRect(QRectF(max(inside.left(), x - 2), inside.top(), 2, inside.height()))
        clip = QRectF(bar.right() + theme.space(2), self.height() / 2 - metrics.height() / 2 - 1, clip_width, 0)
        clip.setHeight(metrics.height() + 2)
        middle = Qt.AlignmentFlag.AlignCenter
        if self.clipping:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour("error"))
            painter.drawRoundedRect(clip, 3, 3)
            painter.setPen(theme.colour("surface"))
        else:
            painter.setPen(theme.colour("disabled"))
        painter.drawText(clip, middle, self._clip_word())
        painter.setPen(theme.colour("muted" if self._level is None else "text"))
        text = "– dBFS" if self._level is None else f"{decibels(self._level.level_db)} dBFS"
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, text)
        painter.end()

    def _clip_word(self) -> str:
        return self.tr("CLIP")

    @staticmethod
    def _share(level_db: float) -> float:
        return min(1.0, max(0.0, 1 - level_db / LOWEST_DB))
