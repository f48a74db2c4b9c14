"""How the window looks: named tokens of a theme, put into the one style sheet, the palette and the icons.

Widgets ask for a look by the property `kind`: `QLabel` title, heading, caption, muted, small, error, warning;
`QPushButton` primary, link; `QToolButton` quiet; `QFrame` card, line. Painted parts ask
`colour(name)` and redraw on `themed`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QByteArray, QObject, QRectF, QSize, Qt, QTemporaryDir, Signal
from PySide6.QtGui import QAction, QColor, QFont, QGuiApplication, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QWidget
from shiboken6 import isValid

if TYPE_CHECKING:
    from app.settings import Preferences

RESOURCES = Path(__file__).resolve().parents[1] / "resources"
ICON_SIZES = (16, 20, 24, 32, 48, 96)
ICON_PX = 20
"""Edge of an icon beside text of the usual size."""
ITEM_ICON_PX = 16
"""The same in tables, choices and menus, whose lines are close."""


class _Look(QObject):
    """The look at present; one for the program, as there is one QApplication."""

    themed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.name = "light"
        self.scale = 1.0
        self.points = 10.0  # the system's text size
        self.dressing = True  # whether the style sheet is set at once
        self.applied: tuple[str, float] | None = None
        self.preferences: Preferences | None = None
        self.font: QFont | None = None  # the system's, before any scale
        self.icons: dict[tuple[str, str], QIcon] = {}
        self.folder = QTemporaryDir()  # of pictures for the style sheet
        self.names: dict[int, tuple[str, str]] = {}  # an icon's cache key -> what it shows

    def follow_system(self) -> None:
        """Take the system's new colours where the user wants those."""
        app = QApplication.instance()
        if isinstance(app, QApplication) and self.preferences is not None:
            apply(app, self.preferences)


_look = _Look()
themed = _look.themed
"""Emitted after the colours or the text size changed."""


@cache
def tokens() -> dict[str, dict[str, Any]]:
    """All tables of themes.toml: light, dark, contrast (colours), sizes (pixels), type (factors)."""
    return tomllib.loads((RESOURCES / "styles" / "themes.toml").read_text(encoding="utf-8"))


def colour(name: str) -> QColor:
    """A colour of the theme at work, by its token's name.

    Raises:
        KeyError: There is no such token.
    """
    return QColor(tokens()[_look.name][name])


def space(steps: int) -> int:
    """Pixels of so many steps of the grid of 4."""
    return 4 * steps


def font_scale() -> float:
    """How much larger than the system's the text is."""
    return _look.scale


def icon_size() -> QSize:
    """Size of an icon beside text."""
    edge = round(ICON_PX * max(1.0, _look.scale))
    return QSize(edge, edge)


def icon(name: str, tint: str = "text") -> QIcon:
    """An icon of resources/icons in the theme's colours; buttons and actions that show it follow the theme.

    Args:
        name: The file's name without `.svg`.
        tint: Token of its colour.

    Raises:
        FileNotFoundError: There is no such icon.
    """
    key = (name, tint)
    if key not in _look.icons:
        made = QIcon()
        svg = _drawing(name)
        for mode, state, token in (
            (QIcon.Mode.Normal, QIcon.State.Off, tint),
            (QIcon.Mode.Normal, QIcon.State.On, "accent" if tint == "text" else tint),
            (QIcon.Mode.Disabled, QIcon.State.Off, "disabled"),
        ):
            for size in ICON_SIZES:
                made.addPixmap(_pixmap(svg, colour(token), size), mode, state)
        _look.icons[key] = made
        _look.names[made.cacheKey()] = key
    return _look.icons[key]


def pixmap(name: str, size: int, tint: str = "text") -> QPixmap:
    """An icon as a picture for a label, `size` pixels wide and sharp on any screen; set it anew on `themed`."""
    app = QGuiApplication.instance()
    ratio = app.devicePixelRatio() if isinstance(app, QGuiApplication) else 1.0
    made = _pixmap(_drawing(name), colour(tint), round(size * ratio))
    made.setDevicePixelRatio(ratio)
    return made


def apply(app: QApplication, preferences: Preferences) -> None:
    """Dress the application in the theme and text size that the user chose; does nothing where it is so already.

    Qt walks through all widgets, and crashes where one goes meanwhile: each needs a parent, or whoever deletes it, as
    Python's garbage collector may come at any time.
    """
    hints = app.styleHints()
    if _look.preferences is None:
        _look.font = app.font()
        hints.colorSchemeChanged.connect(_look.follow_system)
        hints.accessibility().contrastPreferenceChanged.connect(_look.follow_system)
    _look.preferences = preferences
    wanted = {"light": Qt.ColorScheme.Light, "dark": Qt.ColorScheme.Dark, "contrast": Qt.ColorScheme.Dark}
    scheme = wanted.get(preferences.theme, Qt.ColorScheme.Unknown)
    if scheme is Qt.ColorScheme.Unknown:
        hints.unsetColorScheme()
    else:
        hints.setColorScheme(scheme)  # for title bars and the system's own dialogs
    name = _system_theme() if preferences.theme == "system" else preferences.theme
    if _look.applied == (name, preferences.font_scale):
        return
    _look.applied = _look.name, _look.scale = name, preferences.font_scale
    font = QFont(_look.font or app.font())
    points = font.pointSizeF() if font.pointSizeF() > 0 else 10.0
    font.setPointSizeF(points * _look.scale)
    _look.points = points
    former = {key: _look.icons.pop(pair) for key, pair in _look.names.items() if pair in _look.icons}
    if not app.styleSheet() and app.style().name().lower() != "fusion":  # a style sheet hides the style beneath it
        app.setStyle("Fusion")
    app.setFont(font)
    app.setPalette(_palette())
    if _look.dressing:
        app.setStyleSheet(style_sheet(points))
    _tint_again(app, set(former))
    _look.themed.emit()


@contextmanager
def undressed(app: QApplication) -> Iterator[None]:
    """Build the first window in plain dress, and dress it at the end; to be called before the first `apply`.

    Under a style sheet a widget is dressed anew with all that is in it each time that one gets a parent: building from
    the inside outwards takes three times as long. A sheet that is there already stays: taken away and given back, Qt
    keeps hold of widgets that are gone, and crashes at the next change of theme.
    """
    _look.dressing = bool(app.styleSheet())
    try:
        yield
    finally:
        if not _look.dressing:
            _look.dressing = True
            app.setStyleSheet(style_sheet(_look.points))
            _look.themed.emit()


def style_sheet(points: float) -> str:
    """The style sheet with its @tokens filled in for the look at work.

    Args:
        points: The system's text size, pt.
    """
    values: dict[str, str] = dict(tokens()[_look.name])
    values |= {name: f"{pixels}px" for name, pixels in tokens()["sizes"].items()}
    values |= {f"type_{name}": f"{points * factor * _look.scale:.1f}pt" for name, factor in tokens()["type"].items()}
    wide = max(1.0, _look.scale)  # what holds text grows with it
    edges = {"icon": ICON_PX, "item_icon": ITEM_ICON_PX, "control": 22, "check": 16, "arrow_edge": 14}
    values |= {name: f"{round(pixels * wide)}px" for name, pixels in edges.items()}
    values["round"] = f"{round(16 * wide) // 2 + 1}px"  # half of an indicator with its edges
    # A focus ring is a pixel thicker than the edge it replaces, so the padding gives that pixel back.
    values |= {"focused_padding": "3px 11px", "focused_quiet": "3px", "focused_field": "3px 7px"}
    values |= {"arrow": _picture_file("down", "muted"), "tick": _picture_file("check", "on_accent")}
    template = (RESOURCES / "styles" / "auricle.qss").read_text(encoding="utf-8")
    return re.sub(r"@(\w+)", lambda found: values[found[1]], template)


def _system_theme() -> str:
    hints = QGuiApplication.styleHints()
    if hints.accessibility().contrastPreference() == Qt.ContrastPreference.HighContrast:
        return "contrast"
    return "dark" if hints.colorScheme() == Qt.ColorScheme.Dark else "light"


def _palette() -> QPalette:
    """The tokens as Qt's colour roles, for what the style sheet does not name."""
    role, palette = QPalette.ColorRole, QPalette()
    for roles, token in (
        ((role.Window,), "window"),
        ((role.Base, role.Button, role.ToolTipBase), "surface"),
        ((role.AlternateBase,), "window"),
        ((role.WindowText, role.Text, role.ButtonText, role.ToolTipText), "text"),
        ((role.PlaceholderText,), "muted"),
        ((role.Highlight, role.Accent, role.Link, role.LinkVisited), "accent"),
        ((role.HighlightedText, role.BrightText), "on_accent"),
        ((role.Mid, role.Midlight), "border"),
        ((role.Dark, role.Shadow), "outline"),
        ((role.Light,), "hover"),
    ):
        for one in roles:
            palette.setColor(one, colour(token))
    for one in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, one, colour("disabled"))
    return palette


def _tint_again(app: QApplication, former: set[int]) -> None:
    """Give every button, action and choice its icon in the new colours."""
    targets: dict[int, Any] = {}
    for widget in app.allWidgets():
        if isinstance(widget, QAbstractButton):
            targets[id(widget)] = widget
        elif isinstance(widget, QComboBox):
            for row in range(widget.count()):
                if (key := widget.itemIcon(row).cacheKey()) in former:
                    widget.setItemIcon(row, icon(*_look.names[key]))
        targets |= {id(action): action for action in QWidget.actions(widget)}
    for top in app.topLevelWidgets():
        targets |= {id(action): action for action in top.findChildren(QAction)}
    for target in targets.values():
        # A menu that was cleared leaves Python names of actions that are gone.
        if isValid(target) and (key := target.icon().cacheKey()) in former:
            target.setIcon(icon(*_look.names[key]))
    for key in former:
        _look.names.pop(key, None)


@cache
def _drawing(name: str) -> str:
    return (RESOURCES / "icons" / f"{name}.svg").read_text(encoding="utf-8")


def _picture_file(name: str, tint: str) -> str:
    """Path of an icon in one colour: style sheets take pictures from files alone."""
    path = Path(_look.folder.path()) / f"{name}-{colour(tint).name()[1:]}.svg"
    if not path.exists():
        path.write_text(_drawing(name).replace("currentColor", colour(tint).name()), encoding="utf-8")
    return path.as_posix()


def _pixmap(svg: str, tint: QColor, size: int) -> QPixmap:
    picture = QPixmap(size, size)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    drawing = QSvgRenderer(QByteArray(svg.replace("currentColor", tint.name()).encode()))
    drawing.render(painter, QRectF(0, 0, size, size))
    painter.end()
    return picture
