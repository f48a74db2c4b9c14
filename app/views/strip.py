"""The caption strip: the newest live caption in a plate of its own, large, above all other windows."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QAction,
    QActionGroup,
    QCloseEvent,
    QColor,
    QContextMenuEvent,
    QCursor,
    QFont,
    QFontMetricsF,
    QGuiApplication,
    QKeyEvent,
    QMouseEvent,
    QMoveEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QTextLayout,
    QTextOption,
    QWheelEvent,
)
from PySide6.QtWidgets import QMenu, QWidget

from app import theme
from app.settings import StripColours

SMALLEST_PT, LARGEST_PT = 18, 96
SIZES_PT = (18, 24, 32, 40, 48, 64, 80, 96)
EDGE_PX = 10
"""So near to its edge the strip is resized, not moved."""
AGE_SHARE = 0.35
"""Size of the age, times the caption's."""
KEPT_MS = 500
"""A place is told once it has been the same for so long."""


class CaptionStrip(QWidget):
    """Shows one caption and its age; the last one stays. Drag to move it, or its edges to resize it.

    Keys: + and - change the text's size, arrows move it, with Shift they resize it, Escape hides it.
    """

    closed = Signal()
    points_chosen = Signal(int)
    colours_chosen = Signal(str)
    placed = Signal(tuple)  # left, top, width, height

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.on_top = can_stay_on_top()
        flags = Qt.WindowType.Window | Qt.WindowType.WindowStaysOnTopHint
        if self.on_top:
            flags |= Qt.WindowType.FramelessWindowHint | Qt.WindowType.Tool
        self.setWindowFlags(flags)  # with a frame where only its menu can keep it on top
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setWindowTitle(self.tr("Auricle captions"))
        self.setAccessibleName(self.tr("Caption strip"))
        self.setMouseTracking(True)
        self.setMinimumSize(200, 60)
        self.resize(QSize(900, 130))
        self.points, self.colours = 32, "white"
        self.caption = self.age = ""
        self._pressed: tuple[QPoint, QRect, Qt.Edge] | None = None
        self._still = QTimer(self, singleShot=True, interval=KEPT_MS)
        self._still.timeout.connect(lambda: self.placed.emit(self.geometry().getRect()))
        self._make_menu()
        theme.themed.connect(self.update)

    def show_caption(self, caption: str, age: str) -> None:
        """Show a caption and how old it is."""
        if (caption, age) != (self.caption, self.age):
            self.caption, self.age = caption, age
            self.setAccessibleDescription(f"{caption} {age}")
            self.update()

    def show_look(self, points: int, colours: StripColours) -> None:
        """Paint in that size, pt, and those colours."""
        self.points, self.colours = points, colours
        for action in (*self._sizes.actions(), *self._presets.actions()):
            action.setChecked(action.data() in (points, colours))
        if self.height() < self._two_lines():
            self.resize(self.width(), self._two_lines())
        self.update()

    def place(self, left: int, top: int, width: int, height: int) -> None:
        """Stand there, if a screen still shows that place; else at the foot of the first screen."""
        wanted = QRect(left, top, max(width, self.minimumWidth()), max(height, self.minimumHeight()))
        if any(screen.availableGeometry().intersects(wanted) for screen in QGuiApplication.screens()):
            self.setGeometry(wanted)
        else:
            self.stand_at_foot()

    def stand_at_foot(self) -> None:
        """Stand at the foot of the screen, in its middle."""
        room = QGuiApplication.primaryScreen().availableGeometry()
        width = min(room.width(), max(900, room.width() * 2 // 3))
        height = self._two_lines()
        self.setGeometry(room.center().x() - width // 2, room.bottom() - height - 40, width, height)

    def tones(self) -> tuple[QColor, QColor, QColor]:
        """Colours of the plate, the text and its outline."""
        if self.colours == "white":
            return QColor("#000000"), QColor("#ffffff"), QColor("#404040")
        if self.colours == "yellow":
            return QColor("#000000"), QColor("#ffe600"), QColor("#4d4500")
        return theme.colour("surface"), theme.colour("text"), theme.colour("border")

    def paintEvent(self, event: QPaintEvent) -> None:
        """The plate, the caption in as many lines as fit, its age."""
        plate, ink, outline = self.tones()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), plate)
        painter.setPen(QPen(outline, 2))
        painter.drawRect(self.rect().adjusted(1, 1, -1, -1))
        small = self._small()
        metrics = QFontMetricsF(small)
        age_height = metrics.height() if self.age else 0.0
        room = QRectF(self.rect()).adjusted(16, 8, -16, -8 - age_height)
        self._paint_caption(painter, room, ink, outline)
        if self.age:
            painter.setFont(small)
            painter.setPen(ink)
            below = QRectF(16, self.height() - 6 - age_height, self.width() - 32, age_height)
            painter.drawText(below, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, self.age)
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin to move or resize; the window system does it where it can."""
        if event.button() != Qt.MouseButton.LeftButton:
            return
        edges = self._edges(event.position())
        handle = self.windowHandle()
        started = handle is not None and (
            handle.startSystemResize(edges) if edges else handle.startSystemMove()
        )  # fmt: skip
        if not started:
            self._pressed = (event.globalPosition().toPoint(), self.geometry(), edges)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Move or resize, or show which of both a press would do."""
        if self._pressed is None:
            self.setCursor(QCursor(_shape(self._edges(event.position()))))
            return
        origin, before, edges = self._pressed
        by = event.globalPosition().toPoint() - origin
        place = QRect(before)
        if not edges:
            place.translate(by)
        if edges & Qt.Edge.LeftEdge:
            place.setLeft(min(before.left() + by.x(), before.right() - self.minimumWidth()))
        if edges & Qt.Edge.RightEdge:
            place.setRight(max(before.right() + by.x(), before.left() + self.minimumWidth()))
        if edges & Qt.Edge.TopEdge:
            place.setTop(min(before.top() + by.y(), before.bottom() - self.minimumHeight()))
        if edges & Qt.Edge.BottomEdge:
            place.setBottom(max(before.bottom() + by.y(), before.top() + self.minimumHeight()))
        self.setGeometry(place)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """It stands."""
        self._pressed = None

    def wheelEvent(self, event: QWheelEvent) -> None:
        """With Ctrl, larger or smaller."""
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._grow(1 if event.angleDelta().y() > 0 else -1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Everything that the mouse can do."""
        key, steps = event.key(), {
            Qt.Key.Key_Left: (-20, 0), Qt.Key.Key_Right: (20, 0), Qt.Key.Key_Up: (0, -20), Qt.Key.Key_Down: (0, 20)
        }  # fmt: skip
        if key == Qt.Key.Key_Escape:
            self.close()
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self._grow(1)
        elif key == Qt.Key.Key_Minus:
            self._grow(-1)
        elif key in steps and event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            x, y = steps[Qt.Key(key)]
            self.resize(self.width() + x, self.height() + y)
        elif key in steps:
            self.move(self.pos() + QPoint(*steps[Qt.Key(key)]))
        elif key == Qt.Key.Key_Menu:
            self.menu.popup(self.mapToGlobal(self.rect().center()))
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Sizes and colours."""
        self.menu.popup(event.globalPos())

    def moveEvent(self, event: QMoveEvent) -> None:
        """Tell the place once it stays."""
        self._still.start()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Tell the size once it stays."""
        self._still.start()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Tell that it was closed."""
        self._still.stop()
        self.closed.emit()

    def _make_menu(self) -> None:
        self.menu = QMenu(self)
        sizes = self.menu.addMenu(self.tr("Text size"))
        self._sizes, self._presets = QActionGroup(self), QActionGroup(self)
        for points in SIZES_PT:
            self._sizes.addAction(_choice(sizes.addAction(f"{points} pt"), points))
        presets = self.menu.addMenu(self.tr("Colours"))
        for name, words in {
            "white": self.tr("White on black"), "yellow": self.tr("Yellow on black"), "theme": self.tr("As the theme"),
        }.items():  # fmt: skip
            self._presets.addAction(_choice(presets.addAction(words), name))
        self._sizes.triggered.connect(lambda action: self.points_chosen.emit(action.data()))
        self._presets.triggered.connect(lambda action: self.colours_chosen.emit(action.data()))
        self.menu.addAction(theme.icon("close"), self.tr("Hide the strip"), self.close)

    def _grow(self, direction: int) -> None:
        step = 2 if self.points < 48 else 4
        self.points_chosen.emit(min(LARGEST_PT, max(SMALLEST_PT, self.points + direction * step)))

    def _font(self) -> QFont:
        font = QFont(self.font())
        font.setPointSizeF(self.points)
        font.setWeight(QFont.Weight.DemiBold)
        return font

    def _small(self) -> QFont:
        font = self._font()
        font.setPointSizeF(max(12.0, self.points * AGE_SHARE))
        return font

    def _two_lines(self) -> int:
        """How high it has to be for a caption of two lines and its age."""
        return round(2 * QFontMetricsF(self._font()).height() + QFontMetricsF(self._small()).height()) + 18

    def _paint_caption(self, painter: QPainter, room: QRectF, ink: QColor, outline: QColor) -> None:
        """Lines from the top; the last that fits ends with an ellipsis where the sentence is longer."""
        font = self._font()
        metrics = QFontMetricsF(font)
        most = max(1, int((room.height() + 2) // metrics.height()))
        lines = _lines(self.caption, font, room.width())
        if len(lines) > most:
            rest = " ".join(lines[most - 1 :])
            lines = [*lines[: most - 1], metrics.elidedText(rest, Qt.TextElideMode.ElideRight, room.width())]
        top = room.top() + max(0.0, (room.height() - len(lines) * metrics.height()) / 2)
        path = QPainterPath()
        for number, line in enumerate(lines):
            x = room.left() + (room.width() - metrics.horizontalAdvance(line)) / 2
            path.addText(QPointF(x, top + metrics.ascent() + number * metrics.height()), font, line)
        join = QPen(outline, max(2.0, self.points / 10))
        join.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        painter.strokePath(path, join)
        painter.fillPath(path, ink)

    def _edges(self, at: QPointF) -> Qt.Edge:
        edges = Qt.Edge(0)
        if at.x() < EDGE_PX:
            edges |= Qt.Edge.LeftEdge
        if at.x() >= self.width() - EDGE_PX:
            edges |= Qt.Edge.RightEdge
        if at.y() < EDGE_PX:
            edges |= Qt.Edge.TopEdge
        if at.y() >= self.height() - EDGE_PX:
            edges |= Qt.Edge.BottomEdge
        return edges


def can_stay_on_top() -> bool:
    """Whether a program may keep a window above the others here: Wayland leaves that to its user."""
    return not QGuiApplication.platformName().startswith("wayland")


def _lines(text: str, font: QFont, width: float) -> list[str]:
    """A sentence as lines of a width."""
    layout = QTextLayout(text, font)
    option = QTextOption()
    option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    layout.setTextOption(option)
    layout.beginLayout()
    found = []
    while (line := layout.createLine()).isValid():
        line.setLineWidth(width)
        found.append(text[line.textStart() : line.textStart() + line.textLength()].strip())
    layout.endLayout()
    return found


def _choice(action: QAction, value: object) -> QAction:
    action.setCheckable(True)
    action.setData(value)
    return action


def _shape(edges: Qt.Edge) -> Qt.CursorShape:
    left, right = bool(edges & Qt.Edge.LeftEdge), bool(edges & Qt.Edge.RightEdge)
    top, bottom = bool(edges & Qt.Edge.TopEdge), bool(edges & Qt.Edge.BottomEdge)
    if (left and top) or (right and bottom):
        return Qt.CursorShape.SizeFDiagCursor
    if (right and top) or (left and bottom):
        return Qt.CursorShape.SizeBDiagCursor
    if left or right:
        return Qt.CursorShape.SizeHorCursor
    return Qt.CursorShape.SizeVerCursor if top or bottom else Qt.CursorShape.SizeAllCursor
