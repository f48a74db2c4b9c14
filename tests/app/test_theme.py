from __future__ import annotations

import re

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QStyleOptionViewItem,
    QTableWidget,
    QToolButton,
    QTreeWidget,
)
from pytestqt.qtbot import QtBot

from app import theme
from app.settings import Preferences

THEMES = ("light", "dark", "contrast")
GROUNDS = ("window", "surface", "sunken", "hover", "accent_soft")
WORDS = {
    **dict.fromkeys(("text", "accent"), GROUNDS),
    **dict.fromkeys(("muted", "error", "warning", "success", "sure", "likely", "guess"), GROUNDS),
    "on_accent": ("accent", "accent_hover"),
}
SIGNS = {  # what is no text needs a contrast of 3
    "outline": ("window", "surface"),
    "focus": GROUNDS,
    "disabled": ("window", "surface"),
    "wave": ("plot",),
    "cursor": ("plot",),
    "mark": ("plot",),
}


def luminance(colour: QColor) -> float:
    """Relative luminance by WCAG 2.2."""
    parts = (colour.redF(), colour.greenF(), colour.blueF())
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str, name: str) -> float:
    table = theme.tokens()[name]
    darker, brighter = sorted(luminance(QColor(table[token])) for token in (one, other))
    return (brighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("name", THEMES)
def test_words_stand_out_from_every_ground(name: str) -> None:
    least = 7.0 if name == "contrast" else 4.5
    weak = {
        (words, ground): round(contrast(words, ground, name), 2)
        for words, grounds in WORDS.items()
        for ground in grounds
        if contrast(words, ground, name) < least
    }
    for state in ("error", "warning"):
        if contrast(state, f"{state}_soft", name) < least:
            weak[state, f"{state}_soft"] = round(contrast(state, f"{state}_soft", name), 2)
    assert weak == {}


@pytest.mark.parametrize("name", THEMES)
def test_edges_and_signs_can_be_told_from_their_ground(name: str) -> None:
    weak = {(a, b): contrast(a, b, name) for a, grounds in SIGNS.items() for b in grounds if contrast(a, b, name) < 3}
    assert weak == {}


def test_every_theme_has_the_same_tokens() -> None:
    assert {frozenset(theme.tokens()[name]) for name in THEMES} == {frozenset(theme.tokens()["light"])}


@pytest.mark.parametrize("name", THEMES)
def test_style_sheet_is_filled_in(name: str, qapp: QApplication) -> None:
    theme.apply(qapp, Preferences(theme=name))  # type: ignore[arg-type]
    sheet = qapp.styleSheet()
    assert "@" not in sheet
    assert theme.colour("accent").name() in sheet
    assert qapp.palette().color(QPalette.ColorRole.Window) == theme.colour("window")


@pytest.mark.parametrize("name", sorted(path.stem for path in (theme.RESOURCES / "icons").glob("*.svg")))
def test_icon_is_drawn_in_the_colour_it_is_asked_for(name: str, qapp: QApplication) -> None:
    picture = theme.pixmap(name, 48, "error").toImage()
    dots = [picture.pixelColor(x, y) for x in range(48) for y in range(48)]
    full = [dot.getRgb()[:3] for dot in dots if dot.alpha() > 250]
    wanted = theme.colour("error").getRgb()[:3]
    assert full
    assert max(abs(a - b) for dot in full for a, b in zip(dot, wanted, strict=True)) <= 2


def test_icons_of_buttons_follow_the_theme(qapp: QApplication, qtbot: QtBot) -> None:
    theme.apply(qapp, Preferences(theme="light"))
    button = QToolButton()
    qtbot.addWidget(button)
    button.setIcon(theme.icon("play"))

    def middle() -> str:
        return button.icon().pixmap(24, 24).toImage().pixelColor(12, 12).name()

    assert middle() == theme.tokens()["light"]["text"]
    with qtbot.waitSignal(theme.themed):
        theme.apply(qapp, Preferences(theme="dark"))
    assert middle() == theme.tokens()["dark"]["text"]
    theme.apply(qapp, Preferences(theme="light"))
    assert middle() == theme.tokens()["light"]["text"]


def test_icons_of_choices_follow_the_theme(qapp: QApplication, qtbot: QtBot) -> None:
    choice = QComboBox()
    qtbot.addWidget(choice)
    theme.apply(qapp, Preferences(theme="light"))
    choice.addItem(theme.icon("play"), "Play")
    theme.apply(qapp, Preferences(theme="dark"))
    assert choice.itemIcon(0).pixmap(24, 24).toImage().pixelColor(12, 12) == theme.colour("text")


def test_icons_of_choices_and_tables_grow_with_the_text(qapp: QApplication, qtbot: QtBot) -> None:
    choice, table, tree = QComboBox(), QTableWidget(), QTreeWidget()
    for widget in (choice, table, tree):
        qtbot.addWidget(widget)
        widget.show()

    def edges() -> set[int]:
        found = {choice.iconSize().height()}
        for view in (table, tree):
            option = QStyleOptionViewItem()
            view.initViewItemOption(option)
            found.add(option.decorationSize.height())
        return found

    for scale, edge in ((1.0, theme.ITEM_ICON_PX), (2.0, 2 * theme.ITEM_ICON_PX)):
        theme.apply(qapp, Preferences(font_scale=scale))
        assert edges() == {edge}
    theme.apply(qapp, Preferences())


def test_text_size_follows_the_scale_and_comes_back(qapp: QApplication) -> None:
    theme.apply(qapp, Preferences(font_scale=1.0))
    usual = qapp.font().pointSizeF()
    theme.apply(qapp, Preferences(font_scale=2.5))
    assert qapp.font().pointSizeF() == pytest.approx(2.5 * usual)
    theme.apply(qapp, Preferences(font_scale=0.8))
    assert qapp.font().pointSizeF() == pytest.approx(0.8 * usual)
    theme.apply(qapp, Preferences())
    assert qapp.font().pointSizeF() == pytest.approx(usual)


def test_system_theme_follows_the_systems_colours(qapp: QApplication) -> None:
    theme.apply(qapp, Preferences(theme="system"))
    systems = theme.tokens()["dark" if qapp.styleHints().colorScheme() == Qt.ColorScheme.Dark else "light"]
    assert theme.colour("window").name() == systems["window"]
    qapp.styleHints().setColorScheme(Qt.ColorScheme.Dark)  # as where the user switches the whole desktop
    qapp.styleHints().colorSchemeChanged.emit(Qt.ColorScheme.Dark)
    theme.apply(qapp, Preferences(theme="light"))
    assert theme.colour("window").name() == theme.tokens()["light"]["window"]


def test_one_style_sheet_alone_names_colours() -> None:
    views = (theme.RESOURCES.parent / "app").rglob("*.py")
    named = {path.name for path in views if re.search(r"#[0-9a-fA-F]{6}\b|setStyleSheet", path.read_text("utf-8"))}
    own = {"strip.py", "edge_light.py"}  # what lies over other programs looks alike in every theme
    assert named <= {"theme.py"} | own
