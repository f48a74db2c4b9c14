"""What of Qt goes into the installed program: PyInstaller's choice without plugins for screens that have no desktop.

The GTK one would bring all of GTK along; the desktops' portal shows the same dialogs.
"""

from pathlib import PurePath

from PyInstaller.utils.hooks.qt import add_qt6_dependencies

UNUSED_FOLDERS = {"egldeviceintegrations", "generic"}
UNUSED = {f"q{name}" for name in ("eglfs", "gtk3", "linuxfb", "minimal", "minimalegl", "vkkhrdisplay", "vnc")}

hiddenimports, binaries, datas = add_qt6_dependencies(__file__)
binaries = [
    (path, folder)
    for path, folder in binaries
    if PurePath(folder).name not in UNUSED_FOLDERS and PurePath(path).stem.removeprefix("lib") not in UNUSED
]
