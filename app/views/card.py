"""A titled frame around what belongs together."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QLabel, QVBoxLayout, QWidget

from app import theme


def titled_card(title: str, content: QWidget) -> QWidget:
    """A title, and under it the content in a frame."""
    box = QWidget()
    column = QVBoxLayout(box)
    column.setContentsMargins(0, 0, 0, 0)
    heading = QLabel(title)
    heading.setProperty("kind", "heading")
    column.addWidget(heading)
    frame = QFrame()
    frame.setProperty("kind", "card")
    inside = QVBoxLayout(frame)
    inside.setContentsMargins(*[theme.space(4)] * 4)
    inside.addWidget(content)
    column.addWidget(frame)
    return box
