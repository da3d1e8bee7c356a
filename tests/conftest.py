"""Fixtures that several test files share."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

import pytest

pytest_plugins = ["s3"]  # the fixtures `s3` and `web`

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("DATAVIEW_TEST_DATA", ROOT.parent / "shared" / "data"))

# Nothing that a test scans, here or in a process that it starts, belongs into the cache of whoever
# runs the tests. This folder is for what lives longer than one test, such as a JupyterLab.
CACHE = tempfile.mkdtemp(prefix="dataview-cache-")
os.environ["DATAVIEW_CACHE"] = CACHE
os.environ.pop("DATAVIEW_CACHE_LIMIT", None)
atexit.register(shutil.rmtree, CACHE, ignore_errors=True)


@pytest.fixture(autouse=True)
def empty_cache(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the scan cache, which is empty when a test begins."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("DATAVIEW_CACHE", str(folder))
    return folder


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


LONGEST = "test_round_trip.py"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests are marked. They take longest and come first, so that no worker waits in the end."""
    for item in items:
        if "browser" in item.path.parts:
            item.add_marker("browser")
    items.sort(key=lambda item: ("browser" not in item.path.parts, item.path.name != LONGEST))
