"""Text of an empty page: in the middle, over as many lines as it takes."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel


def centred_label(text: str, kind: str = "") -> QLabel:
    """A label of a look of the theme, or of the usual one."""
    label = QLabel(text)
    label.setWordWrap(True)
    label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
    if kind:
        label.setProperty("kind", kind)
    return label
