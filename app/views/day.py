"""Days as people read them."""

from __future__ import annotations

from datetime import date

from PySide6.QtCore import QDate, QLocale


def day_words(day: date, long: bool = False) -> str:
    """Write a day in the manner of the user's country."""
    form = QLocale.FormatType.LongFormat if long else QLocale.FormatType.ShortFormat
    return QLocale().toString(QDate(day.year, day.month, day.day), form)
