"""Fixtures that several test files share."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("DATAVIEW_TEST_DATA", ROOT.parent / "shared" / "data"))


@pytest.fixture(scope="session")
def root() -> Path:
    """The root of the repository."""
    return ROOT


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of real images, which is not part of the repository."""
    if not (DATA / "classification").is_dir():
        pytest.skip(f"no test images in {DATA}: name their folder in DATAVIEW_TEST_DATA")
    return DATA
