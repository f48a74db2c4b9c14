"""A run's curve, and how its line is drawn wherever it is shown."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QPen

from app import theme
from app.run_row import Curve

LINES = 6
DASHES = (Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine, Qt.PenStyle.DashDotLine, Qt.PenStyle.DotLine)
"""Runs differ by colour and by the dashes of their lines."""


@dataclass(frozen=True, eq=False)
class Line:
    """A curve in a plot, and the run that it belongs to."""

    run: str
    curve: Curve


def line_pen(index: int, width: float = 2.0) -> QPen:
    """How the line of the run at a place in the choice is drawn."""
    pen = QPen(theme.colour(f"line_{index % LINES + 1}"), width, DASHES[index % len(DASHES)])
    pen.setCosmetic(True)  # as wide at every zoom
    return pen
