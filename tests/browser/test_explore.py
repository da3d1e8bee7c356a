"""From `explore` to a lasso in a DataFrame, in a real JupyterLab, with a mouse and a keyboard."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from matplotlib.path import Path as Polygon
from playwright.sync_api import expect

from tests.browser.conftest import SLOW, Widget

DIGITS = """
import dataview as dv
import numpy as np
from sklearn.datasets import load_digits

digits = load_digits()
images = (255 - digits.images * 255 / 16).astype(np.uint8)
"""
EXPLORE_DIGITS = DIGITS + "ex = dv.explore(images, label=digits.target)\nex"
QUICK = DIGITS + "ex = dv.explore(images[:400], label=digits.target[:400], project='pca')\nex"
TRIANGLE = [(0.2, 0.2), (0.8, 0.25), (0.45, 0.85)]


def test_the_quick_start_runs_from_the_first_cell_to_the_last(notebook) -> None:
    source = Path(__file__).parents[2] / "nbs/tutorials/quickstart.ipynb"
    cells = [
        "".join(cell["source"])
        for cell in json.loads(source.read_text())["cells"]
        if cell["cell_type"] == "code"
    ]
    book = notebook(*cells)
    for index in range(len(cells)):
        book.run(index)
    widget = book.widget()
    widget.wait_for_map()
    widget.part("clear").click()
    widget.lasso(TRIANGLE)
    count = widget.wait_for_count("^[1-9]")
    assert book.run_code("len(ex.selected)") == str(count)
    assert widget.page.errors == []


def test_lasso_on_real_images_is_a_dataframe_in_the_next_cell(notebook, data: Path) -> None:
    folder = data / "classification" / "cifar10" / "train"
    book = notebook(f"import dataview as dv\nex = dv.explore({str(folder)!r})\nex", "1 + 1")
    book.run(0)
    assert book.run(1) == "2", "the next cell runs while the map is computed"
    widget = book.widget()
    widget.wait_for_map("umap", timeout=240_000)
    widget.lasso(TRIANGLE)
    count = widget.wait_for_count("^[1-9]")
    assert 50 < count < 4900

    seen = json.loads(
        book.run_code(
            "import json; print(json.dumps(dict("
            "index=ex.selected.index.tolist(), all=ex.dataset.index.tolist(),"
            "polygon=ex.selection.to_json()['polygon'],"
            "points=ex.dataset.projections['umap'].tolist(),"
            "again=len(ex.dataset[eval(repr(ex.selection))]))))"
        )
    )
    inside = Polygon(seen["polygon"]).contains_points(seen["points"])
    assert seen["index"] == [i for i, is_in in zip(seen["all"], inside, strict=True) if is_in]
    assert len(seen["index"]) == count == seen["again"]
    labels = book.run_code("sorted(ex.selected.label.unique())")
    assert set(re.findall(r"'(\w+)'", labels)) <= {p.name for p in folder.iterdir()}
    assert widget.page.errors == []


@pytest.fixture
def digits(notebook):
    """A small explorer of 400 digits with its map: the notebook and the widget."""
    book = notebook(QUICK)
    book.run(0)
    widget = book.widget()
    widget.wait_for_map("pca")
    return book, widget


def test_selections_add_subtract_intersect_undo_and_clear(digits) -> None:
    book, widget = digits

    def rows() -> set[int]:
        return set(json.loads(book.run_code("print(ex.selected.index.tolist())")))

    left = [(0.02, 0.02), (0.5, 0.02), (0.5, 0.98), (0.02, 0.98)]
    right = [(0.35, 0.02), (0.98, 0.02), (0.98, 0.98), (0.35, 0.98)]
    widget.lasso(left)
    widget.wait_for_count("^[1-9]")
    a = rows()
    widget.lasso(right)
    widget.wait_for_count(f"^(?!{len(a)} )[1-9]")
    b = rows()
    assert a and b and a & b and a - b and b - a
    widget.page.keyboard.press("Control+z")
    widget.wait_for_count(f"^{len(a)} ")
    for mode, expected in (("add", a | b), ("subtract", a - b), ("intersect", a & b)):
        widget.lasso(right, mode)
        widget.wait_for_count(f"^{len(expected)} ")
        assert rows() == expected
        widget.part("undo").click()
        widget.wait_for_count(f"^{len(a)} ")
    widget.part("redo").click()
    widget.wait_for_count(f"^{len(a & b)} ")
    assert rows() == a & b
    widget.part("map-canvas").hover()
    widget.page.keyboard.press("Escape")
    expect(widget.part("count")).not_to_have_text(re.compile("[1-9] of .* selected"))
    assert rows() == set()
    assert book.run_code("ex.selection") == "dv.rows([])"


def test_python_selects_filters_and_colours_and_the_browser_shows_it(digits) -> None:
    book, widget = digits
    book.run_code("ex.select((dv.col('label') == 3) & (dv.col('brightness') > 0))")
    threes = int(book.run_code("int((digits.target[:400] == 3).sum())"))
    assert widget.wait_for_count(f"^{threes} ") == threes
    expect(widget.part("expression")).to_contain_text('dv.col("label") == 3')
    book.run_code("ex.filter = dv.col('label').isin([3, 5])")
    expect(widget.part("count")).to_contain_text(f"{threes} of")
    book.run_code("ex.color_by = 'brightness'")
    expect(widget.part("color-by").locator("option:checked")).to_have_text("brightness")
    book.run_code("ex.select(None)")
    widget.wait_for_count("^(?!.*[1-9] of .* selected)")


def test_a_click_on_a_bar_and_a_range_in_a_histogram_select(digits) -> None:
    book, widget = digits
    summary = widget.part("summary")
    summary.get_by_test_id("bar-label-7").click()
    sevens = int(book.run_code("int((digits.target[:400] == 7).sum())"))
    assert widget.wait_for_count(f"^{sevens} ") == sevens
    histogram = summary.get_by_test_id("histogram-brightness")
    histogram.scroll_into_view_if_needed()
    box = histogram.bounding_box()
    widget.page.mouse.move(box["x"] + box["width"] * 0.1, box["y"] + box["height"] / 2)
    widget.page.mouse.down()
    widget.page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + box["height"] / 2, steps=5)
    widget.page.mouse.up()
    count = widget.wait_for_count(f"^(?!{sevens} )[1-9]")
    assert book.run_code("len(ex.selected)") == str(count)
    assert "brightness" in book.run_code("ex.selection")


def test_grid_clicks_pick_and_double_click_opens_the_image(digits) -> None:
    book, widget = digits
    grid = widget.part("grid")
    box = grid.bounding_box()
    widget.part("mode-replace").click()
    cell = (box["x"] + 40, box["y"] + 60)
    widget.page.mouse.click(*cell)
    widget.wait_for_count("^1 of")
    widget.page.mouse.click(box["x"] + box["width"] * 0.6, cell[1] + 100, modifiers=["Shift"]) if (
        False
    ) else None
    widget.page.keyboard.down("Shift")
    widget.page.mouse.click(box["x"] + box["width"] * 0.5, cell[1])
    widget.page.keyboard.up("Shift")
    count = widget.wait_for_count("^(?!1 )[1-9]")
    assert book.run_code("len(ex.selected)") == str(count)
    widget.page.mouse.dblclick(*cell)
    detail = widget.part("detail")
    expect(detail).to_be_visible()
    expect(detail).to_contain_text("brightness")
    expect(detail.locator("img")).to_be_visible()
    widget.page.keyboard.press("Escape")
    expect(detail).to_have_count(0)
    assert book.run_code("len(ex.selected)") == "1", "Escape closed the image, not the selection"


def test_the_first_click_is_answered_while_a_cell_runs(digits) -> None:
    book, widget = digits
    listen = (
        "import time, threading; heard = []\n"
        "ex.on_select(lambda frame: heard.append((time.monotonic(), len(frame))))"
    )
    book.run_code(listen)
    for busy in ("time.sleep(6)", "while time.monotonic() < begun + 6: sum(range(1000))"):
        book.run_code("ex.select(None); heard.clear()")  # a trait that a cell has set
        index = book.page.evaluate(
            """(code) => {
                const notebook = window.jupyterapp.shell.currentWidget.content;
                notebook.model.sharedModel.addCell({cell_type: "code", source: code});
                return notebook.widgets.length - 1;
            }""",
            f"begun = time.monotonic()\n{busy}\nended = time.monotonic()",
        )
        book.start(index)
        book.page.wait_for_timeout(800)
        widget.part("summary").get_by_test_id("bar-label-2").click()
        grid = widget.part("grid").bounding_box()
        widget.page.mouse.dblclick(grid["x"] + 40, grid["y"] + 60)
        expect(widget.part("detail").locator("img")).to_be_visible(timeout=4000)
        widget.page.keyboard.press("Escape")
        book.wait(index)
        inside = book.run_code("[t < ended for t, n in heard][0], heard[0][1] > 0")
        assert inside == "(True, True)", f"during {busy}"


def test_a_reloaded_page_shows_the_view_again(digits) -> None:
    book, widget = digits
    widget.lasso(TRIANGLE)
    count = widget.wait_for_count("^[1-9]")
    book.run_code("ex.color_by = 'sharpness'")
    book.save()
    book.page.reload()
    book.wait_ready()
    again = book.widget()
    again.wait_for_map("pca")
    assert again.wait_for_count("^[1-9]") == count
    expect(again.part("color-by").locator("option:checked")).to_have_text("sharpness")
    book.run_code("ex.select(dv.col('label') == 1)")
    ones = int(book.run_code("int((digits.target[:400] == 1).sum())"))
    again.wait_for_count(f"^{ones} ")


def test_two_explorers_do_not_touch_each_other(notebook) -> None:
    book = notebook(
        QUICK, "other = dv.explore(images[400:700], label=digits.target[400:700], project='pca')\nother"
    )
    book.run(0)
    book.run(1)
    first, second = book.widget(0), book.widget(1)
    second.wait_for_map("pca")
    second.lasso(TRIANGLE)
    count = second.wait_for_count("^[1-9]")
    assert book.run_code("len(ex.selected), len(other.selected)") == f"(0, {count})"
    first.wait_for_map("pca")
    first.lasso(TRIANGLE)
    mine = first.wait_for_count("^[1-9]")
    assert book.run_code("len(ex.selected), len(other.selected)") == f"({mine}, {count})"


def test_markup_in_labels_columns_and_file_names_stays_text(notebook, lab, page) -> None:
    folder = lab.root / "markup"
    code = f"""
import dataview as dv, numpy as np
from pathlib import Path
from PIL import Image
folder = Path({str(folder)!r})
evil = "<img src=x onerror=window.hacked=1>"
for label in (evil, "<b>bold"):
    (folder / label.replace("/", "_")).mkdir(parents=True, exist_ok=True)
    for i in range(8):
        pixels = np.random.default_rng(i).integers(0, 255, (16, 16, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / label / f"{{i}}<script>window.hacked=2<_script>.png")
(folder / evil / "broken<img src=x onerror=window.hacked=3>.png").write_bytes(b"nothing")
ds = dv.read(folder).assign({{evil: range(17)}})
ex = dv.explore(ds, project="pca")
ex
"""
    book = notebook(code)
    book.run(0)
    widget = book.widget()
    widget.wait_for_map("pca")
    expect(widget.part("summary")).to_contain_text("<img src=x onerror=window.hacked=1>")
    book.run_code(f"ex.color_by = evil; ex.select(dv.col('label') == evil)")
    widget.wait_for_count("^9 ")
    grid = widget.part("grid").bounding_box()
    for i in range(4):
        widget.page.mouse.move(grid["x"] + 40 + 100 * i, grid["y"] + 60)
        widget.page.wait_for_timeout(100)
    widget.page.mouse.dblclick(grid["x"] + 40, grid["y"] + 60)
    expect(widget.part("detail")).to_contain_text("<img src=x")
    assert page.evaluate("() => window.hacked") is None
    assert widget.root.locator("b, script, img[src='x']").count() == 0


def test_broken_files_have_a_placeholder_that_says_why(notebook, data: Path) -> None:
    book = notebook(
        f"import dataview as dv\nex = dv.explore({str(data / 'broken')!r}, embed=None)\nex",
    )
    book.run(0)
    book.run_code("ex.wait('scan'); ex.filter = ~dv.col('error').isnull()")
    widget = book.widget()
    expect(widget.part("grid").get_by_text(re.compile("(?i)truncated|not an image|empty")).first).to_be_visible()
    assert widget.page.errors == []


def test_cancel_stops_the_work(notebook) -> None:
    book = notebook(EXPLORE_DIGITS)
    book.run(0)
    widget = book.widget()
    widget.part("cancel").click()
    expect(widget.part("cancel")).to_have_count(0, timeout=SLOW)
    assert "cancelled" in book.run_code("ex._progress['stages'][-1]['state']")


def test_a_saved_notebook_holds_a_picture_of_the_view(digits, notebook) -> None:
    book, widget = digits
    widget.page.wait_for_timeout(500)
    saved = book.save()
    bundle = next(o for o in saved.cells[0].outputs if "data" in o)["data"]
    assert bundle["image/png"].startswith("iVBOR")
    from nbconvert import HTMLExporter

    page, _ = HTMLExporter().from_notebook_node(saved)
    assert "data:image/png;base64," in page

    copy = book.path.with_name("copy-" + book.name)
    copy.write_bytes(book.path.read_bytes())
    from tests.browser.conftest import Notebook

    other = Notebook(widget.page, book.lab, [], name=copy.name)
    figure = other.page.locator(".dataview-static img")
    expect(figure).to_be_visible(timeout=SLOW)
    natural = figure.evaluate("(image) => image.naturalWidth")
    assert natural == 960


def test_the_view_survives_the_static_picture_that_is_put_beside_it(notebook) -> None:
    """The output's data change when the work is done: JupyterLab renders it anew."""
    book = notebook(QUICK)
    book.run(0)
    widget = book.widget()
    widget.root.evaluate("(root) => { root.mark = 'the same' }")
    widget.wait_for_map("pca")
    assert book.page.get_by_test_id("dataview").count() == 1
    assert book.widget().root.evaluate("(root) => root.mark") == "the same"
    widget.lasso(TRIANGLE)
    widget.wait_for_count("^[1-9]")


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_both_themes_have_legible_text(digits, theme: str, tmp_path: Path) -> None:
    book, widget = digits
    book.page.evaluate(
        "(theme) => window.jupyterapp.commands.execute('apputils:change-theme', {theme})", theme
    )
    book.page.wait_for_timeout(1500)
    contrast = widget.root.evaluate(
        """(root) => {
            const light = (text) => {
                const [r, g, b] = text.match(/[\\d.]+/g).map(Number).map((v) => v / 255)
                    .map((v) => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
                return 0.2126 * r + 0.7152 * g + 0.0722 * b;
            };
            const style = getComputedStyle(root);
            const [a, b] = [light(style.color), light(style.backgroundColor)].sort((x, y) => y - x);
            return [(a + 0.05) / (b + 0.05), light(style.backgroundColor)];
        }"""
    )
    assert contrast[0] > 7
    assert (contrast[1] < 0.2) == ("Dark" in theme)
    widget.root.screenshot(path=tmp_path / f"{theme}.png")
    pixels = np.asarray(__import__("PIL.Image").Image.open(tmp_path / f"{theme}.png").convert("L"))
    assert (pixels.mean() < 110) == ("Dark" in theme)
