"""The program's icon as each system wants it, drawn from resources/auricle.svg."""

from __future__ import annotations

import os
import struct
import sys
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, Qt
from PySide6.QtGui import QGuiApplication, QImage, QImageWriter, QPainter
from PySide6.QtSvg import QSvgRenderer

DRAWING = Path(__file__).resolve().parents[1] / "resources" / "auricle.svg"
ICO_SIZES = (16, 24, 32, 48, 64, 128, 256)
ICNS_TYPES = {b"ic11": 32, b"ic12": 64, b"ic07": 128, b"ic08": 256, b"ic09": 512, b"ic10": 1024}


def png(size: int) -> bytes:
    """The drawing as a PNG of `size` by `size` pixels."""
    image = QImage(size, size, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    QSvgRenderer(str(DRAWING)).render(painter)
    painter.end()
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    QImageWriter(buffer, QByteArray(b"PNG")).write(image)
    return bytes(buffer.data().data())


def ico() -> bytes:
    """Windows' form: a table of where the PNG of each size lies, then those."""
    pictures = [png(size) for size in ICO_SIZES]
    start = 6 + 16 * len(pictures)
    table = struct.pack("<HHH", 0, 1, len(pictures))
    for size, picture in zip(ICO_SIZES, pictures, strict=True):
        table += struct.pack("<BBBBHHII", size % 256, size % 256, 0, 0, 1, 32, len(picture), start)
        start += len(picture)
    return table + b"".join(pictures)


def icns() -> bytes:
    """Apple's form: blocks of a type, which tells the size, and a PNG."""
    pictures = {name: png(size) for name, size in ICNS_TYPES.items()}
    blocks = b"".join(struct.pack(">4sI", name, 8 + len(picture)) + picture for name, picture in pictures.items())
    return struct.pack(">4sI", b"icns", 8 + len(blocks)) + blocks


def write_icon(folder: Path) -> Path:
    """Write the icon for the system at work into a folder; returns the file's path."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    app = QGuiApplication.instance() or QGuiApplication([])  # noqa: F841 - pictures need it alive
    form, data = {"win32": (".ico", ico), "darwin": (".icns", icns)}.get(sys.platform, (".png", lambda: png(256)))
    path = folder / f"auricle{form}"
    folder.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data())
    return path
