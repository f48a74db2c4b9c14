from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

REPOSITORY = Path(__file__).resolve().parents[1]

# A busy machine is no reason to fail, and the same commit tries the same examples.
settings.register_profile("auricle", deadline=None, derandomize=True)
settings.load_profile("auricle")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The corpus and reference outputs that lie beside a checkout, or a skip where they do not."""
    folder = REPOSITORY.parent / "shared"
    if not folder.is_dir():
        pytest.skip("the shared corpus is not here")
    return folder
