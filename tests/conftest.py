"""Fixtures that several test files share."""

import os
from pathlib import Path

import pytest

pytest_plugins = ["s3"]  # the fixtures `s3` and `web`

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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests take longest: they are marked, and come last."""
    for item in items:
        if "browser" in item.path.parts:
            item.add_marker("browser")
    items.sort(key=lambda item: "browser" in item.path.parts)
