"""Build the installed program for the system at work: `python packaging/build.py [FOLDER]` fills dist/auricle."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import PyInstaller.__main__

PACKAGING = Path(__file__).resolve().parent
ROOT = PACKAGING.parent


def build(target: Path) -> Path:
    """Build the programs.

    Args:
        target: Folder that the program's folder is put into; one of an earlier build is replaced.

    Returns:
        The program's folder.
    """
    PyInstaller.__main__.run(
        [
            *["--noconfirm", "--log-level", "WARN"],
            *["--distpath", str(target), "--workpath", str(ROOT / "build")],
            str(PACKAGING / "auricle.spec"),
        ]
    )
    return target / ("Auricle.app" if sys.platform == "darwin" else "auricle")


def main() -> None:
    """Build into dist/, or the folder that is named, and say what came of it."""
    started = time.monotonic()
    folder = build(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "dist")
    size_mb = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink()) / 1e6
    print(f"{folder}: {size_mb:.0f} MB, built in {time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main()
