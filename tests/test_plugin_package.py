"""The package that the tutorial writes, installed into an environment of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import nbformat
import pytest

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[1]
TUTORIAL = ROOT / "nbs" / "tutorials" / "plugins.ipynb"

LOOK = """
import json, sys, warnings
warnings.simplefilter("error")
import numpy as np
import dataview as dv

known = dv.plugins().set_index("name")
names = {name: known.loc[name, "kind"] for name in ("ink_share", "most_ink") if name in known.index}
imported = "dataview_ink" in sys.modules
images = [np.full((4, 4, 3), value, np.uint8) for value in (255, 0)]
ranks = None
if names:
    ds = dv.run(dv.run(dv.read(images), "ink_share", threshold=10), "most_ink")
    ranks = ds["most_ink"].tolist()
    known = dv.plugins().set_index("name")
doc = known.loc["ink_share", "doc"] if names else None
print(json.dumps([names, imported, ranks, doc]))
"""


def run(*command: object, **more: object) -> str:
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, **more)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with what the tutorial's cells write."""
    folder = tmp_path_factory.mktemp("package")
    for cell in nbformat.read(TUTORIAL, as_version=4).cells:
        if cell.cell_type == "code" and ".write_text(" in cell.source:
            exec(cell.source, {"folder": folder})
    assert {path.name for path in folder.iterdir()} == {
        "pyproject.toml", "dataview_ink.py", "test_dataview_ink.py"
    }  # fmt: skip
    return folder


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a fresh environment that has dataview and nothing else of its own."""
    place = tmp_path_factory.mktemp("fresh") / "venv"
    run(sys.executable, "-m", "venv", *(["--without-pip"] if shutil.which("uv") else []), place)
    found = place / "bin" / "python"
    script = "import sysconfig; print(sysconfig.get_paths()['purelib'])"
    packages = Path(run(found, "-c", script).strip())
    # what dataview needs is where it is for these tests
    lines = [str(ROOT), sysconfig.get_paths()["purelib"], sysconfig.get_paths()["platlib"]]
    (packages / "dataview.pth").write_text("\n".join(dict.fromkeys(lines)) + "\n")
    return found


def pip(python: Path, *arguments: object) -> None:
    if shutil.which("uv"):
        command, *rest = arguments
        run("uv", "pip", command, "--offline", "--python", python, *rest)
    else:
        run(python, "-m", "pip", *arguments, *(["-y"] if arguments[0] == "uninstall" else []))


def look(python: Path, folder: Path) -> list:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    return json.loads(run(python, "-c", LOOK, cwd=folder, env=environment))


def test_its_own_tests_pass(package: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": f"{package}{os.pathsep}{ROOT}"}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    assert "2 passed" in run(*command, cwd=package, env=environment)


def test_the_package_is_found_when_installed_used_when_asked_and_gone_when_uninstalled(
    package: Path, python: Path, tmp_path: Path
) -> None:
    assert look(python, tmp_path)[0] == {}
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", package)
    wheel = next((package / "dist").glob("*.whl"))
    pip(python, "install", "--no-deps", wheel)
    names, imported, ranks, doc = look(python, tmp_path)
    assert names == {"ink_share": "statistic", "most_ink": "sorter"}
    assert not imported, "listing a plugin does not import its package"
    assert ranks == [1, 0] and doc == "The share of dark pixels."
    pip(python, "uninstall", "dataview-ink")
    assert look(python, tmp_path)[0] == {}
