"""What of torch goes into the installed program: its libraries and the modules that are reached from ours."""

import re
from pathlib import Path

from PyInstaller.utils.hooks import (
    PY_DYLIB_PATTERNS,
    collect_data_files,
    collect_dynamic_libs,
    collect_submodules,
    get_package_paths,
)

TESTS = ("aoti_custom_ops", "backend_with_compiler", "jitbackend_test", "torchbind_test")
READS_ITSELF = re.compile(r"install_config_module\(|@\S*_overload(_method)?\b|import _overload\b")
"""Settings look for comments in their own source, and what is marked so has its own source parsed."""

root = Path(get_package_paths("torch")[1])
module_collection_mode = {
    ".".join(path.relative_to(root.parent).with_suffix("").parts): "pyz+py"
    for path in root.rglob("*.py")
    if path.name != "__init__.py" and READS_ITSELF.search(path.read_text(encoding="utf-8"))
}
hiddenimports = collect_submodules("torch._dynamo.polyfills")  # by name; optimisers do not start without them
binaries = [
    (path, folder)
    for path, folder in collect_dynamic_libs("torch", search_patterns=[*PY_DYLIB_PATTERNS, "*.so.*"])
    if not any(test in path for test in TESTS)
]
# Through this program processes share tensors: torch does not load where it is missing (Windows has none).
datas = collect_data_files("torch", includes=["bin/torch_shm_manager"])
# A link to a library beside the program would make torch look for its other libraries there.
bindepend_symlink_suppression = ["**/torch/lib/*.so*"]
