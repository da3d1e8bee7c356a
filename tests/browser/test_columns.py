"""Many columns, and a map that gets better while one looks at it, in a real JupyterLab."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.conftest import Notebook, Widget

SCANNED = """
import numpy as np, dataview as dv
from dataview.answers import Answers
from dataview.quality import flag
noise = np.random.default_rng(0)
images = noise.integers(0, 255, (300, 16, 16, 3), dtype=np.uint8)
images[:40] //= 8
asked, send = [], Answers.column
def listen(self, request, cancelled):
    asked.append(self.schema["columns"][request["column"]]["text"])
    return send(self, request, cancelled)
Answers.column = listen
versions, send_map = [], Answers.projection
def listen_to_maps(self, request, cancelled):
    content, buffers = send_map(self, request, cancelled)
    versions.append(content["version"])
    return content, buffers
Answers.projection = listen_to_maps
ds = dv.scan(dv.read(images, label=["a", "b", "c"] * 100), progress=False)
ds = flag(ds.assign(score=noise.normal(size=300)))
ds = ds.with_projection("map", noise.normal(size=(300, 2)))
ex = dv.explore(ds, embed=None, project=None)
ex
"""

FORMING = """
def publish(points, forming=True):
    recipe = {"method": "umap"} | ({"forming": True} if forming else {})
    ex._publish(ex.dataset.with_projection("umap", points, recipe), "umap")
first = noise.normal(size=(300, 2))
first[250:] = np.nan  # not placed yet
publish(first)
"""


def opened(notebook) -> tuple[Notebook, Widget]:
    book = notebook(SCANNED)
    book.start(0)
    widget = book.widget()
    widget.wait_for_points("map")
    book.wait(0)
    return book, widget


def publish(book: Notebook, widget: Widget, points: str) -> None:
    """Python has a better version of the map; until its points are at their places."""
    book.run_code(f"publish({points})")
    book.expect("versions[-1] == ex._schema['projections'][-1]['version']", "True")
    expect(widget.surface).not_to_have_class(re.compile("travelling"))


def fold(widget: Widget, group: str):
    return widget.part("summary").locator(f'[data-group="{group}"] .dataview-fold')


def test_many_columns_are_in_groups_and_a_flag_filters(notebook) -> None:
    book, widget = opened(notebook)
    summary, page = widget.part("summary"), widget.page
    names = [block.get_attribute("aria-label") for block in summary.locator("section").all()]
    assert names[:2] == ["label", "score"], "the user's own are first"
    expect(fold(widget, "image")).to_have_attribute("aria-expanded", "true")
    expect(fold(widget, "color")).to_have_attribute("aria-expanded", "false")
    assert "red_mean" not in names and "is_dark" in names

    # what nobody has looked at was not sent
    expect(widget.column("score").locator(".dataview-histogram path").first).to_be_attached()
    asked = set(book.run_code("print(*asked)").split())
    assert {"label", "score"} <= asked
    assert not asked & {"red_mean", "saturation"}
    fold(widget, "color").click()
    expect(widget.column("saturation").locator(".dataview-histogram path").first).to_be_attached()
    assert "saturation" in book.run_code("print(*asked)").split()

    # a flag is one line, and a click on it is a filter like any other
    dark = int(book.run_code("int(ds['is_dark'].sum())"))
    assert 30 < dark < 100
    line = widget.column("is_dark").get_by_role("button").first
    expect(line).to_contain_text(re.compile(rf"^is_dark\s*{dark}\s*\d+ %"))
    expect(line).to_have_attribute("title", re.compile("brightness_p99 < 0.32"))
    line.click()
    expect(widget.part("shown")).to_have_text(f"{dark} shown")
    expect(line).to_have_attribute("aria-pressed", "true")
    book.expect("ex.filter", 'dv.col("is_dark") == True')
    line.click(modifiers=["Alt"])
    expect(widget.part("shown")).to_have_text(f"{300 - dark} shown")
    line.click(modifiers=["Alt"])
    expect(widget.part("shown")).to_have_count(0)
    line.click(modifiers=["Shift"])
    widget.wait_for_count(f"^{dark} ")

    # the columns are found by their names, and chosen by their groups
    widget.surface.focus()
    page.keyboard.press("/")
    expect(widget.part("find-column")).to_be_focused()
    page.keyboard.type("red")
    expect(summary.locator("section")).to_have_count(2)
    expect(summary.locator("section").first).to_have_attribute("aria-label", "red_mean")
    page.keyboard.press("Escape")
    expect(summary.locator("section").first).to_have_attribute("aria-label", "label")
    colors = widget.part("color-by").locator('optgroup[label="color"] option')
    expect(colors.first).to_have_text("red_mean")
    widget.part("color-by").select_option("red_mean")
    book.expect("ex.color_by", "'red_mean'")


def test_a_forming_map_moves_on_under_a_selection_that_keeps_its_rows(notebook) -> None:
    book, widget = opened(notebook)
    forming = widget.part("map").locator(".dataview-map-forming")
    expect(forming).to_be_hidden()
    book.run_code(FORMING)
    expect(forming).to_be_visible()
    widget.part("map").locator('[data-map="umap"]').wait_for(state="attached")
    expect(widget.surface).not_to_have_class(re.compile("travelling"))

    # a lasso means the rows that it was drawn around, none of those without a place
    widget.lasso([(0.02, 0.02), (0.6, 0.02), (0.6, 0.98), (0.02, 0.98)])
    count = widget.wait_for_count("^[1-9]")
    book.expect("type(ex.selection).__name__, len(ex.selected)", f"('Rows', {count})")
    book.expect("bool(ex.selected.index.max() < 250)", "True")
    rows = book.run_code("print(ex.selected.index.tolist())")
    publish(book, widget, "np.c_[-first[:, 1], first[:, 0]] * 3")
    book.expect("print(ex.selected.index.tolist())", rows)
    assert widget.count == count

    # whoever has looked closer at the map goes on looking there
    ring = widget.part("map").locator(".dataview-map-ring")
    place = "(r) => [r.getAttribute('cx'), r.getAttribute('cy')]"
    book.run_code("moved = noise.normal(size=(300, 2)); moved[0] = 1")
    publish(book, widget, "moved")
    widget.part("map").get_by_role("button", name="Zoom in").click()
    widget.part("arrange-all").click()
    widget.tile(0).hover()
    expect(ring).not_to_have_attribute("cx", "0.0")
    before = ring.evaluate(place)
    publish(book, widget, "np.r_[moved[:1], 9 * moved[1:]]")
    widget.tile(1).hover()
    widget.tile(0).hover()
    expect(ring).not_to_have_attribute("cx", "0.0")
    assert ring.evaluate(place) == before

    # Python writes a lasso of its own as rows before the map is done: that is said
    wire = {"op": "lasso", "on": "umap", "polygon": [[-1, -1], [1, -1], [1, 1], [-1, 1]]}
    book.run_code(f"ex._selection = {wire}; ex._selection = {{'op': 'rows', 'at': [3, 5]}}")
    widget.wait_for_count("^2 ")
    expect(widget.part("messages")).to_contain_text("the selection keeps its rows")
    book.run_code("publish(moved, forming=False)")
    expect(forming).to_be_hidden()
    widget.wait_for_points("umap")
    assert widget.count == 2
