"""What a user installs: the wheel, built from the source distribution as an index would."""

import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[1]
EXTENSION = ".data/data/share/jupyter/labextensions/jupyterlab-dataview/"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the source distribution, and the wheel that was made from it."""
    dist = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--outdir", dist, ROOT]
    if shutil.which("uv"):
        command.insert(3, "--installer=uv")
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return dist


@pytest.fixture(scope="module")
def names(built: Path) -> list[str]:
    """The names in the wheel."""
    with zipfile.ZipFile(next(built.glob("*.whl"))) as wheel:
        return wheel.namelist()


def ending(names: list[str], *ends: str) -> list[str]:
    return [name for name in names if name.endswith(ends)]


def test_wheel_holds_the_widget_once(names: list[str]) -> None:
    assert ending(names, "widget.js") == ["dataview/static/widget.js"]
    assert ending(names, "widget.css") == ["dataview/static/widget.css"]


def test_wheel_holds_the_extension_once_and_as_shared_data(names: list[str]) -> None:
    remote = [name for name in names if "remoteEntry" in name]
    assert len(remote) == 1 and EXTENSION in remote[0]
    assert len(ending(names, f"{EXTENSION}package.json", f"{EXTENSION}install.json")) == 2
    assert not [name for name in names if name.startswith("dataview/labextension")]


def test_wheel_holds_the_settings_and_menus_of_the_extension(names: list[str]) -> None:
    assert len(ending(names, f"{EXTENSION}schemas/jupyterlab-dataview/plugin.json")) == 1


def test_wheel_holds_every_module_and_nothing_of_the_workshop(names: list[str]) -> None:
    modules = {f"dataview/{path.name}" for path in (ROOT / "dataview").glob("*.py")}
    assert modules - {"dataview/_modidx.py"} <= set(names)  # nbdev's index serves the workshop
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.startswith("jupyterlab_dataview-")} == {"dataview"}
    assert "dataview/py.typed" in names


def test_source_distribution_builds_without_node(built: Path, tmp_path: Path) -> None:
    """The front end in it is already built: someone who installs it needs no Node."""
    with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
        listed = archive.getnames()
        archive.extractall(tmp_path, filter="data")
    assert not [name for name in listed if "node_modules" in name]
    source = next(tmp_path.iterdir())
    no_node = tmp_path / "bin"
    no_node.mkdir()
    hatch = "from hatchling.build import build_wheel; build_wheel('.')"
    environment = {**os.environ, "PATH": str(no_node)}
    done = subprocess.run(
        [sys.executable, "-c", hatch], cwd=source, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-3000:]


def test_jupyterlab_lists_the_extension_as_enabled() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "jupyter", "labextension", "list"], capture_output=True, text=True
    )
    said = done.stdout + done.stderr
    line = next((line for line in said.splitlines() if "jupyterlab-dataview" in line), said)
    assert "enabled" in line and "OK" in line


def test_extension_and_package_have_one_version() -> None:
    import dataview

    package = json.loads((ROOT / "dataview" / "labextension" / "package.json").read_text())
    assert package["version"] == dataview.__version__
