"""The shape of the project: what its parts may import, and what must agree."""

import ast
import configparser
import json
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

import dataview

ROOT = Path(__file__).resolve().parents[1]
NUMBERED = sorted((ROOT / "nbs").glob("[0-9][0-9]_*.ipynb"))
PAGES = [ROOT / "nbs" / "index.ipynb", *sorted((ROOT / "nbs" / "tutorials").glob("*.ipynb"))]
PUBLIC = {name: module for module, names in dataview._HOME.items() for name in names}


def cells(path: Path, kind: str) -> list[str]:
    notebook = nbformat.read(path, as_version=4)
    return [cell.source for cell in notebook.cells if cell.cell_type == kind]


def exports(path: Path) -> list[str]:
    """The modules that a notebook says it exports."""
    return re.findall(r"^#\|\s*default_exp\s+(\S+)", "\n".join(cells(path, "code")), re.MULTILINE)


MODULE = {path: (exports(path) or [path.stem[3:]])[0] for path in NUMBERED}
FLOOR = {module: int(path.stem[:2]) for path, module in MODULE.items()}


def python(source: str) -> str:
    """Code without the lines that only IPython reads."""
    return "\n".join("" if line.lstrip().startswith(("%", "!")) else line for line in
                     source.splitlines())  # fmt: skip


def imported(tree: ast.AST) -> set[str]:
    """The names of the dataview modules that `tree` uses, however it names them."""
    found, aliases = set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name[9:] for alias in node.names if alias.name.startswith("dataview.")}
            aliases |= {a.asname or a.name for a in node.names if a.name == "dataview"}
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            if node.level:
                module = f"dataview.{module}".rstrip(".")
            if module == "dataview":
                found |= {PUBLIC.get(alias.name, alias.name) for alias in node.names}
            elif module.startswith("dataview."):
                found.add(module[9:])
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if node.value.id in aliases | {"dv"}:
                found.add(PUBLIC.get(node.attr, node.attr))
    return {name.split(".")[0] for name in found} & set(FLOOR)


def test_there_are_notebooks() -> None:
    assert {"plugins", "expressions", "dataset", "statistics", "explorer"} <= set(FLOOR)


@pytest.mark.parametrize("path", NUMBERED, ids=lambda path: path.stem)
def test_a_notebook_imports_only_from_lower_floors(path: Path) -> None:
    here = int(path.stem[:2])
    for source in cells(path, "code"):
        for module in imported(ast.parse(python(source))):
            lower = FLOOR[module] < here
            assert lower or module == MODULE[path], f"{path.name} imports {module} from above"


@pytest.mark.parametrize("path", NUMBERED, ids=lambda path: path.stem)
def test_a_module_imports_only_from_lower_floors(path: Path) -> None:
    module = MODULE[path]
    tree = ast.parse((ROOT / "dataview" / f"{module}.py").read_text())
    above = {name for name in imported(tree) if FLOOR[name] >= FLOOR[module]}
    assert not above, f"dataview/{module}.py imports {sorted(above)} from above"


@pytest.mark.parametrize("path", NUMBERED + PAGES, ids=lambda path: path.stem)
def test_a_notebook_opens_with_its_title_and_one_sentence(path: Path) -> None:
    first = cells(path, "markdown")[0].strip()
    assert re.match(r"# \S.*\n\n> \S.*", first), f"{path.name} starts with {first[:80]!r}"


def test_a_numbered_notebook_exports_one_module_of_its_own() -> None:
    assert [path.name for path in NUMBERED if len(exports(path)) != 1] == []
    assert len(FLOOR) == len(NUMBERED)


def test_every_module_comes_from_a_notebook() -> None:
    hand_written = {"__init__", "_modidx"}
    modules = {path.stem for path in (ROOT / "dataview").glob("*.py")} - hand_written
    assert modules == set(FLOOR)


def test_pages_export_nothing() -> None:
    for path in PAGES:
        assert not [
            source for source in cells(path, "code") if re.search(r"^#\| *export", source, re.M)
        ], path.name


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_import_loads_nothing_heavy() -> None:
    heavy = {"pandas", "sklearn", "umap", "torch", "torchvision", "cv2", "matplotlib", "scipy"}
    loaded = run("import sys, dataview; print(*{name.split('.')[0] for name in sys.modules})")
    assert not heavy & set(loaded.split())


def test_import_survives_the_absence_of_torch() -> None:
    run(
        "import sys\n"
        "for name in ['torch', 'torchvision', 'safetensors']: sys.modules[name] = None\n"
        "import dataview\n"
        "for name in dir(dataview): getattr(dataview, name)\n"
    )


def test_versions_agree() -> None:
    settings = configparser.ConfigParser()
    settings.read(ROOT / "settings.ini")
    package = json.loads((ROOT / "js" / "package.json").read_text())
    lock = json.loads((ROOT / "js" / "package-lock.json").read_text())
    assert (
        dataview.__version__
        == settings["DEFAULT"]["version"]
        == package["version"]
        == lock["version"]
    )


def tracked() -> list[Path]:
    """Every file that git tracks or would track."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    try:
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git clone")
    names = {name for name in listed.decode().split("\0") if name}
    return [ROOT / name for name in sorted(names) if (ROOT / name).is_file()]


def test_the_top_level_holds_what_it_should() -> None:
    allowed = {
        "pyproject.toml", "settings.ini", "README.md", "LICENSE", "CHANGELOG.md", "Makefile",
        "nbs", "dataview", "js", "tests",
    }  # fmt: skip
    top = {path.relative_to(ROOT).parts[0] for path in tracked()}
    assert {name for name in top if not name.startswith(".")} <= allowed


def test_no_file_names_a_private_place() -> None:
    """No home folder, scratch folder or package index of whoever wrote a file is in it."""
    places = re.compile(
        rb"/(?:home|Users|root|work|mnt)/[a-z]"  # someone's folders
        rb"|/tmp/(?!dataview|x\b|my)[a-z]\w*/"
        rb"|/opt/[a-z]"
        rb"|(?:index-url|registry)\s*=\s*http"
    )
    found = []
    for path in tracked():
        if path == Path(__file__) or path.suffix in {".png", ".jpg"}:
            continue
        for match in places.finditer(path.read_bytes()):
            found.append(f"{path.relative_to(ROOT)}: {match[0].decode(errors='replace')}")
    assert not found


def test_the_lock_file_names_no_host_but_the_public_registry() -> None:
    lock = (ROOT / "js" / "package-lock.json").read_text()
    resolved = re.findall(r'"resolved": "(https?://[^/"]+)', lock)
    assert set(resolved) <= {"https://registry.npmjs.org"}


def test_the_readme_is_short_and_made_from_the_index() -> None:
    readme = (ROOT / "README.md").read_text()
    assert len(readme.splitlines()) < 120
    assert "make demo" in readme and "make test" in readme
    for image in re.findall(r"!\[[^\]]*\]\(([^)]+)\)|src=\"([^\"]+)\"", readme):
        name = image[0] or image[1]
        assert (ROOT / name).is_file(), f"README.md shows {name}, which is not there"
