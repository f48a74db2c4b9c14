"""Which colour stands for which level."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QLinearGradient, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app import theme
from app.settings import ColourMap
from app.views.colour_maps import colours

BAR_PX = 96


class LevelLegend(QWidget):
    """A bar of colours between its two levels, dB below a sine of full scale."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.colour_map: ColourMap = "viridis"
        self.low_db, self.high_db = -80.0, 0.0
        self.setAccessibleName(self.tr("Colours of the levels"))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme.themed.connect(self.update)

    def show_levels(self, colour_map: ColourMap, low_db: float, high_db: float) -> None:
        """Show these colours, from that level to that."""
        self.colour_map, self.low_db, self.high_db = colour_map, low_db, high_db
        self.setAccessibleDescription(self.tr("{0} at the darkest, {1} at the brightest").format(*self._texts()))
        self.setToolTip(self.tr("Level of each colour; 0 dB is a sine of full scale"))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Room for the bar and both texts."""
        metrics = QFontMetricsF(self.font())
        width = sum(metrics.horizontalAdvance(text) for text in self._texts())
        return QSize(round(width) + BAR_PX + 2 * theme.space(2), round(metrics.height()) + theme.space(1))

    def paintEvent(self, event: QPaintEvent) -> None:
        """The weakest level, the bar, the strongest level."""
        metrics = QFontMetricsF(self.font())
        low, high = self._texts()
        painter = QPainter(self)
        painter.setPen(theme.colour("muted"))
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(self.rect(), middle | Qt.AlignmentFlag.AlignLeft, low)
        painter.drawText(self.rect(), middle | Qt.AlignmentFlag.AlignRight, high)
        left = metrics.horizontalAdvance(low) + theme.space(2)
        bar = QRectF(left, self.height() / 2 - 5, BAR_PX, 10)
        gradient = QLinearGradient(bar.topLeft(), bar.topRight())
        table = colours(self.colour_map)
        for k in range(0, 256, 15):
            gradient.setColorAt(k / 255, QColor(*(int(part) for part in table[k])))
        painter.setPen(QPen(theme.colour("outline"), 1))
        painter.setBrush(gradient)
        painter.drawRect(bar)
        painter.end()

    def _texts(self) -> tuple[str, str]:
        return f"{decibels(self.low_db)}", f"{decibels(self.high_db)} dB"


def decibels(level_db: float) -> str:
    """A level in whole decibels, with a true minus sign."""
    return f"{round(level_db)}".replace("-", "−")
