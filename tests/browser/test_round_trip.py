"""What is done by hand in the browser, as code in a new kernel, gives the same rows."""

import json
import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from browser.conftest import Lab, Notebook, Widget
from PIL import Image
from sklearn.datasets import load_digits

pytestmark = pytest.mark.browser

GESTURES = 200
EXPLORE = 'import dataview as dv\nex = dv.explore("digits", label="label")\nex'
RECORD = """
rows_of = {}
def record(change=None):
    rows_of[ex.code()] = ex.selected.index.tolist()
ex.observe(record, names=["_selection", "_filter", "_color_by", "_sort_by", "_map", "_arrangement"])
record()
"""
# Every view again, each in a namespace of its own; what an explorer shows comes from the cache.
REPLAY = """
import ast, json, sys
rows = []
for code in json.load(sys.stdin):
    tree = ast.parse(code)
    call = tree.body.pop().value
    call = call if isinstance(call, ast.Call) else call.value  # without ".selected"
    space = {}
    exec(compile(tree, "cell", "exec"), space)
    ex = eval(ast.unparse(call), space)
    rows.append(ex.selected.index.tolist())
    ex.close()
json.dump(rows, sys.stdout)
"""


def write_digits(folder: Path, n: int = 240) -> None:
    digits = load_digits()
    for i, (image, label) in enumerate(zip(digits.images[:n], digits.target[:n], strict=True)):
        file = folder / str(label) / f"{i}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray((255 - image * 255 / 16).astype(np.uint8)).resize((16, 16)).save(file)


def polygon(chance: random.Random) -> list[tuple[float, float]]:
    """A loop around some place of the map, in fractions of it."""
    x, y, size = chance.uniform(0.2, 0.8), chance.uniform(0.2, 0.8), chance.uniform(0.1, 0.4)
    angles = sorted(chance.uniform(0, 2 * np.pi) for _ in range(chance.randint(3, 14)))
    loop = [
        (
            x + size * chance.uniform(0.4, 1) * np.cos(a),
            y + size * chance.uniform(0.4, 1) * np.sin(a),
        )
        for a in angles
    ]
    return [(min(max(px, 0.02), 0.75), min(max(py, 0.02), 0.98)) for px, py in loop]


def gestures(widget: Widget) -> dict[str, Callable[[random.Random], None]]:
    """What a hand can do, by its name."""

    def lasso(chance: random.Random) -> None:
        widget.part(f"mode-{chance.choice(['replace', 'add', 'subtract', 'intersect'])}").click()
        widget.part(f"tool-{chance.choice(['lasso', 'lasso', 'rectangle'])}").click()
        path = polygon(chance)
        widget.drag(widget.part("map-canvas"), [*path, path[0]])
        widget.part("mode-replace").click()

    def bar(chance: random.Random) -> None:
        widget.bar("label", chance.randrange(10)).click()

    def histogram(chance: random.Random) -> None:
        column = chance.choice(["brightness", "contrast", "entropy"])
        low = chance.uniform(0, 0.7)
        surface = widget.column(column).get_by_role("slider")
        widget.drag(surface, [(low, 0.5), (low + chance.uniform(0.1, 0.3), 0.5)])

    def pick(chance: random.Random) -> None:
        widget.tile(chance.randrange(6)).click(modifiers=chance.choice([[], ["Control"]]))

    def click(*names: str) -> Callable[[random.Random], None]:
        return lambda chance: widget.part(chance.choice(names)).click(force=True)

    def menu(name: str, *options: str) -> Callable[[random.Random], None]:
        return lambda chance: widget.part(name).select_option(label=chance.choice(options)) and None

    return {
        "lasso": lasso,
        "lasso again": lasso,
        "lasso once more": lasso,
        "bar": bar,
        "histogram": histogram,
        "pick": pick,
        "buttons": click("keep", "hide", "clear", "undo", "redo"),
        "arrange": click("arrange-first", "arrange-all", "arrange-only"),
        "color": menu("color-by", "label", "none", "brightness"),
        "sort": menu("sort-by", "sharpness", "as given", "label"),
        "map": menu("map-select", "pca", "umap"),
        "unfilter": lambda chance: (
            widget.part("filter").get_by_role("button").first.click()
            if widget.part("filter").count()
            else None
        ),
    }


READ = """async (root) => {
    for (let i = 0; i < 3; i++) await new Promise((done) => requestAnimationFrame(done));
    const text = (name) => root.querySelector(`[data-testid=${name}]`).textContent;
    return [text("code"), parseInt(text("count").replaceAll(",", ""))];
}"""


def read(widget: Widget) -> tuple[str, int]:
    """The code of the view and how many are selected, at one moment.

    Picked rows are written by the kernel, a moment later.
    """
    for _ in range(100):
        code, count = widget.root.evaluate(READ)
        if "…" not in code:
            return code, count
        widget.page.wait_for_timeout(50)
    raise AssertionError(f"the kernel did not write {code}")


def test_random_gestures_become_code_that_gives_the_same_rows_in_a_new_kernel(
    notebook: Callable[..., Notebook], lab: Lab, tmp_path: Path
) -> None:
    write_digits(lab.root / "digits")
    book = notebook(EXPLORE)
    book.start(0)
    widget = book.widget()
    widget.wait_for_map("umap")
    book.run_code(RECORD)
    widget.root.scroll_into_view_if_needed()
    widget.part("expression").click()
    chance = random.Random(4)
    possible = gestures(widget)
    seen: dict[str, int] = {}
    for _ in range(GESTURES):
        possible[chance.choice(list(possible))](chance)
        code, seen_count = read(widget)
        seen[code] = seen_count
    book.run_code(f"import json; json.dump(rows_of, open({str(tmp_path / 'rows.json')!r}, 'w'))")
    recorded = json.loads((tmp_path / "rows.json").read_text())

    Path("/tmp/recorded.json").write_text(json.dumps(recorded))
    codes = list(seen)
    assert len(codes) > GESTURES / 3, "many gestures make a view that was not there before"
    assert sum(count > 0 for count in seen.values()) > GESTURES / 4, "and many selected something"
    known = [code for code in codes if code in recorded]
    assert len(known) > 0.9 * len(codes), "the browser and ex.code() write the same text"

    for wanted, environment in ((codes, {}), (codes[::40], {"DATAVIEW_CACHE": str(tmp_path)})):
        answer = subprocess.run(
            [sys.executable, "-c", REPLAY],
            input=json.dumps(wanted), capture_output=True, text=True, cwd=lab.root,
            env={**os.environ, **environment},
        )  # fmt: skip
        assert answer.returncode == 0, answer.stderr
        for code, rows in zip(wanted, json.loads(answer.stdout), strict=True):
            assert len(rows) == seen[code], code
            assert rows == recorded.get(code, rows), code
