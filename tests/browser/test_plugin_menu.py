"""Plugins in a real JupyterLab: defined in a cell, run by clicks, redefined, removed, survived."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.browser.conftest import DIGITS, SLOW, Lab, Notebook, Widget, open_page

Opened = tuple[Notebook, Widget]
OPEN = (
    DIGITS
    + "from typing import Annotated, Literal\nimport time\n"
    + "ex = dv.explore(images[:200], label=digits.target[:200], project='pca')\nex"
)


@pytest.fixture(scope="module")
def view(browser: Browser, lab: Lab) -> Iterator[Opened]:
    """An explorer of 200 digits that has nothing more to do."""
    with open_page(browser) as page:
        book = Notebook(page, lab, [OPEN])
        book.start(0)
        widget = book.widget()
        widget.wait_for_map("pca")
        book.wait(0)
        yield book, widget
        book.end()


@pytest.fixture
def opened(view: Opened) -> Opened:
    """The explorer without plugins, the drawer closed and nothing selected."""
    book, widget = view
    book.clear_below(1)
    book.run_code(
        "for name in dv.plugins()['name']:\n    dv.plugins.remove(name)\n"
        "ex.select(None); ex.filter = None; ex.color_by = 'label'; ex.sort_by = None"
    )
    close(widget)
    for close_line in widget.part("runs").get_by_title("Dismiss").all():
        close_line.click()
    widget.root.scroll_into_view_if_needed()
    return book, widget


def drawer(widget: Widget) -> Locator:
    if not widget.part("plugins-drawer").count():
        widget.part("plugins").click()
    return widget.part("plugins-drawer")


def close(widget: Widget) -> None:
    """Close the drawer, wherever the focus is."""
    if widget.part("plugins-drawer").count():
        widget.part("plugins-drawer").get_by_title("Close (Escape)").click()


def item(widget: Widget, kind: str, name: str) -> Locator:
    """A plugin in the drawer, which is opened."""
    found = drawer(widget).get_by_test_id(f"plugin-{kind}-{name}")
    expect(found).to_be_visible()
    return found


def define(book: Notebook, widget: Widget, code: str) -> int:
    """Run a cell that defines something; the view is in sight again."""
    index = book.add_cell(code)
    book.run(index)
    widget.root.scroll_into_view_if_needed()
    return index


def test_a_statistic_becomes_a_column_by_a_click_and_is_removed(opened: Opened) -> None:
    book, widget = opened
    define(
        book,
        widget,
        "@dv.statistic\ndef ink(image, scale: Annotated[float, dv.bounds(0, 2)] = 1.0):\n"
        "    '''How much ink there is.'''\n    return scale * (255 - image).mean() / 255",
    )
    widget.part("compute-ink").click()
    expect(widget.column("ink")).to_be_visible()
    book.expect(
        "'ink' in ex.dataset.columns, ex.dataset.history[-1]", "(True, 'dv.run(ds, \"ink\")')"
    )
    plugin = item(widget, "statistic", "ink")
    expect(plugin).to_contain_text("How much ink there is.")
    before = book.run_code("float(ex.dataset['ink'].max())")
    plugin.locator('[data-control="scale"] input[type=number]').fill("2")
    plugin.get_by_test_id("run-plugin").click()
    book.expect(f"round(float(ex.dataset['ink'].max()) / {before}, 6)", "2.0")
    plugin = item(widget, "statistic", "ink")
    plugin.locator('[data-control="scale"] input[type=number]').fill("3")
    expect(plugin).to_contain_text("a number from 0 to 2")
    plugin.get_by_test_id("remove-plugin").click()
    expect(plugin).to_have_count(0)
    book.expect("'ink' in dv.plugins()['name'].tolist()", "False")


def test_a_clusterer_in_the_color_menu_runs_and_colors_and_its_cell_again_marks_it(opened: Opened):
    book, widget = opened
    code = (
        "@dv.clusterer\ndef bands(vectors, k: Annotated[int, dv.bounds(2, 9)] = 3):\n"
        "    order = vectors[:, 0].argsort().argsort()\n    return order * k // len(vectors)"
    )
    index = define(book, widget, code)
    widget.part("color-by").select_option(label="bands")
    book.expect("ex.color_by, ex.dataset['bands'].nunique()", "('bands', 3)")
    expect(widget.root.locator(".dataview-map-legend")).to_contain_text("bands")
    plugin = item(widget, "clusterer", "bands")
    plugin.locator('[data-control="k"] input[type=number]').fill("5")
    plugin.get_by_test_id("run-plugin").click()
    book.expect("ex.dataset['bands'].nunique()", "5")
    book.run(index)  # the cell again
    plugin = item(widget, "clusterer", "bands")
    expect(plugin).to_contain_text("changed")
    expect(plugin.locator('[data-control="k"] input[type=number]')).to_have_value("5")
    expect(plugin.get_by_test_id("run-plugin")).to_have_text("Run again")


def test_objects_of_scikit_learn_are_run_with_their_own_parameters(opened: Opened) -> None:
    book, widget = opened
    define(book, widget, "from sklearn.cluster import KMeans\ndv.clusterer(KMeans(n_clusters=4))")
    plugin = item(widget, "clusterer", "KMeans")
    plugin.locator("summary").click()
    plugin.locator('[data-control="n_clusters"] input').fill("6")
    plugin.locator('[data-control="init"] select').select_option("random")
    plugin.get_by_test_id("run-plugin").click()
    book.expect("ex.color_by, ex.dataset['KMeans'].nunique()", "('KMeans', 6)")
    assert 'init="random", n_clusters=6' in book.run_code("print(ex.dataset.history[-1])")


def test_a_sorter_in_the_sort_menu_orders_the_grid(opened: Opened) -> None:
    book, widget = opened
    define(book, widget, "@dv.sorter\ndef backwards(frame):\n    return -np.arange(len(frame))")
    widget.part("sort-by").select_option(label="backwards")
    book.expect("ex.sort_by", "'backwards'")
    widget.tile(0).click()
    book.expect("ex.selected.index.tolist()", "[199]")


def test_a_slicer_selects_and_filters_and_is_asked_again_when_its_cell_is_run(opened: Opened):
    book, widget = opened
    code = "@dv.slicer\ndef ones(frame):\n    return frame.label == 1"
    define(book, widget, code)
    count = book.run_code("int((digits.target[:200] == 1).sum())")
    plugin = item(widget, "slicer", "ones")
    plugin.get_by_test_id("slicer-select").click()
    widget.wait_for_count(f"^{count} of")
    item(widget, "slicer", "ones").get_by_test_id("slicer-filter").click()
    expect(widget.part("shown")).to_have_text(f"{count} shown")
    book.expect("ex.filter, 'ones' in ex.dataset.columns", '(dv.slicer("ones"), False)')
    fewer = define(book, widget, code.replace("== 1", "== 12"))
    expect(widget.part("shown")).to_have_text("0 shown")
    assert fewer


def test_an_embedder_and_a_projector_make_maps(opened: Opened) -> None:
    book, widget = opened
    define(
        book,
        widget,
        "@dv.embedder(input_size=8)\ndef raw(images):\n    return images.mean(axis=-1).reshape(len(images), -1)\n"
        "@dv.projector\ndef corner(vectors):\n    return vectors[:, 20:22]",
    )
    item(widget, "embedder", "raw").get_by_test_id("run-plugin").click()
    book.expect("ex.map, ex.dataset.vectors['raw'].shape", "('raw pca', (200, 64))")
    close(widget)
    widget.part("map-select").select_option(label="corner")
    book.expect("ex.map", "'corner'")
    widget.wait_for_points("corner")
    book.run_code("ex.map = 'pca'")


def test_a_metric_is_a_line_over_the_columns_that_follows_the_selection(opened: Opened) -> None:
    book, widget = opened
    define(book, widget, "@dv.metric\ndef mean_label(frame):\n    return frame.label.mean()")
    line = widget.part("metric-mean_label")
    whole = float(book.run_code("float(ex.dataset['label'].mean())"))
    expect(line.locator('[data-part="all"]')).to_contain_text(f"{whole:.4g}"[:4])
    book.run_code("ex.select(dv.col('label') == 7)")
    widget.root.scroll_into_view_if_needed()
    expect(line.locator('[data-part="selected"]')).to_have_text(re.compile(r"7$"))
    define(book, widget, "@dv.metric\ndef mean_label(frame):\n    return 'none'")
    expect(line).to_contain_text("mean_label returned a str; a metric is a number")
    define(book, widget, "dv.plugins.remove('mean_label')")
    expect(line).to_have_count(0)


def test_a_panel_of_matplotlib_is_redrawn_as_the_selection_changes(opened: Opened) -> None:
    book, widget = opened
    define(
        book,
        widget,
        "@dv.panel\ndef plot(selection, bins: Annotated[int, dv.bounds(2, 50)] = 10):\n"
        "    import matplotlib.pyplot as plt\n    fig, ax = plt.subplots(figsize=(3, 2))\n"
        "    ax.hist(selection.label, bins=bins)\n    return fig",
    )
    widget.part("side-plot").click()
    panel = widget.part("panel-plot")
    picture = panel.locator("img")
    expect(picture).to_be_visible()
    expect(panel).to_contain_text("all 200 images")
    first = picture.get_attribute("src")
    assert first is not None and first.startswith("data:image/png;base64,")
    book.run_code("ex.select(dv.col('label') < 3)")
    widget.root.scroll_into_view_if_needed()
    expect(panel).to_contain_text(re.compile(r"\d+ selected"))
    expect(picture).not_to_have_attribute("src", first)
    assert book.run_code("import matplotlib.pyplot as plt; plt.get_fignums()") == "[]"
    widget.part("side-columns").click()
    expect(widget.part("summary")).to_be_visible()
    book.expect("[p['name'] for p in ex._panels]", "[]")


def test_html_of_a_panel_runs_in_a_page_of_its_own_and_reaches_nothing(opened: Opened) -> None:
    book, widget = opened
    define(
        book,
        widget,
        "class Page:\n    def _repr_html_(self):\n"
        "        return '<p id=said>before</p><script>"
        'try { parent.document.title = "stolen"; window.reached = 1 } catch (e) {'
        ' document.getElementById("said").textContent = "refused: " + e.name }'
        '</script><img src=x onerror="parent.postMessage(1)">\'\n'
        "@dv.panel\ndef page(selection):\n    return Page()",
    )
    widget.part("side-page").click()
    frame = widget.part("panel-page").frame_locator("iframe")
    expect(frame.locator("#said")).to_have_text("refused: SecurityError")
    assert widget.page.title() != "stolen"
    assert widget.part("panel-page").locator("iframe").get_attribute("sandbox") == "allow-scripts"
    define(
        book, widget, "@dv.panel\ndef page(selection):\n    return '<b onclick=alert(1)>text</b>'"
    )
    expect(widget.part("panel-page").locator("pre")).to_have_text("<b onclick=alert(1)>text</b>")


VEGA = """
class Chart:
    def _repr_mimebundle_(self, include=None, exclude=None):
        spec = {"$schema": "https://vega.github.io/schema/vega-lite/v5.json", "mark": "bar",
                "data": {"values": [{"a": "x", "b": 3}, {"a": "y", "b": 5}]},
                "encoding": {"x": {"field": "a", "type": "nominal"},
                             "y": {"field": "b", "type": "quantitative"}}}
        return {"application/vnd.vegalite.v5+json": spec, "text/plain": "a chart"}

@dv.panel
def chart(selection):
    return Chart()
"""


def test_a_chart_of_vega_lite_is_drawn_by_jupyterlab(opened: Opened) -> None:
    book, widget = opened
    define(book, widget, VEGA)
    widget.part("side-chart").click()
    expect(widget.part("panel-chart").locator("canvas, svg").first).to_be_visible(timeout=SLOW)


def test_a_transform_is_seen_in_the_grid_and_before_and_after_in_the_large_picture(opened: Opened):
    book, widget = opened
    source = widget.tile(0).locator("img").get_attribute("src")
    define(
        book,
        widget,
        "@dv.transform\ndef inverted(image, keep: bool = False):\n    return image if keep else 255 - image",
    )
    item(widget, "transform", "inverted").get_by_test_id("use-transform").click()
    close(widget)
    expect(widget.tile(0).locator("img")).not_to_have_attribute("src", str(source))
    widget.tile(0).dblclick()
    detail = widget.part("detail")
    detail.get_by_test_id("transform-select").select_option("inverted")
    after = detail.locator(".dataview-picture img")
    expect(after).to_have_attribute("alt", re.compile("transformed"))
    detail.get_by_test_id("before").click()
    expect(after).not_to_have_attribute("alt", re.compile("transformed"))
    detail.get_by_test_id("close-detail").click()
    define(
        book, widget, "@dv.transform\ndef inverted(image):\n    raise ValueError('<i>not this</i>')"
    )
    expect(widget.part("grid")).to_contain_text("not this")
    define(book, widget, "dv.plugins.remove('inverted')")
    expect(widget.tile(0).locator("img")).to_have_attribute("src", str(source))


def test_what_raises_is_told_in_place_with_its_traceback_and_nothing_else_breaks(opened: Opened):
    book, widget = opened
    define(
        book,
        widget,
        "@dv.clusterer\ndef bad(vectors):\n    raise RuntimeError('on <b>purpose</b>')",
    )
    widget.part("color-by").select_option(label="bad")
    line = widget.part("runs")
    expect(line).to_contain_text("bad failed: RuntimeError: on <b>purpose</b>")
    line.get_by_test_id("traceback").click()
    expect(line.locator("pre")).to_contain_text("raise RuntimeError('on <b>purpose</b>')")
    assert "dataview/running.py" not in line.locator("pre").inner_text()
    widget.lasso([(0.1, 0.1), (0.9, 0.1), (0.9, 0.9), (0.1, 0.9)])
    widget.wait_for_count("^[1-9]")
    define(book, widget, "@dv.clusterer\ndef bad(vectors):\n    return [1, 2, 3]")
    item(widget, "clusterer", "bad").get_by_test_id("run-plugin").click()
    expect(item(widget, "clusterer", "bad")).to_contain_text(
        "bad returned (3,) labels for 200 rows"
    )


def test_what_hangs_shows_its_time_and_is_stopped_while_the_view_answers(opened: Opened) -> None:
    book, widget = opened
    define(
        book,
        widget,
        "@dv.clusterer\ndef endless(vectors):\n    while True:\n        try:\n            time.sleep(0.01)\n"
        "        except Exception:\n            pass",
    )
    item(widget, "clusterer", "endless").get_by_test_id("run-plugin").click()
    line = item(widget, "clusterer", "endless").locator('[data-run="endless"]')
    expect(line).to_contain_text(re.compile(r"runs · [1-9] s"))
    assert book.run_code("1 + 1") == "2", "cells run meanwhile"
    widget.root.scroll_into_view_if_needed()
    item(widget, "clusterer", "endless").get_by_test_id("stop-run").click()
    expect(line).to_contain_text("endless was stopped")
    book.expect("ex._runs[-1]['state'], 'endless' in ex.dataset.columns", "('stopped', False)")


def test_the_drawer_opens_by_a_key_and_gives_the_focus_back(opened: Opened) -> None:
    book, widget = opened
    define(book, widget, "@dv.sorter\ndef by_label(frame):\n    return frame.label")
    widget.surface.focus()
    widget.page.keyboard.press("u")
    expect(widget.part("plugins-drawer")).to_be_visible()
    for _ in range(12):
        widget.page.keyboard.press("Tab")
        if widget.page.evaluate("() => document.activeElement.dataset.testid") == "run-plugin":
            break
    widget.page.keyboard.press("Enter")
    expect(item(widget, "sorter", "by_label")).to_contain_text("Run again")
    widget.page.keyboard.press("Escape")
    expect(widget.part("plugins-drawer")).to_have_count(0)
    assert (
        widget.page.evaluate("() => document.activeElement.getAttribute('role')") == "application"
    )
    book.expect("ex.sort_by", "'by_label'")


PACKAGES = """
import importlib, pathlib, sys, warnings
warnings.simplefilter("ignore")
site = pathlib.Path("site-packages").resolve()
info = site / "offers-1.0.dist-info"
info.mkdir(parents=True)
(info / "METADATA").write_text("Metadata-Version: 2.1\\nName: offers\\nVersion: 1.0\\n")
(info / "entry_points.txt").write_text('''[dataview.plugins]
statistic.ink = offered:ink
statistic.<img src=x onerror=alert(1)> = offered:nothing
panel.gone = nowhere:panel
''')
(site / "offered.py").write_text('''
import dataview as dv
@dv.statistic
def ink(image, scale: float = 1.0):
    "How much ink."
    return scale * float(255 - image.mean())
''')
sys.path.insert(0, str(site))
importlib.invalidate_caches()
"""


def test_what_packages_offer_is_imported_when_the_drawer_opens_and_the_broken_are_named(
    notebook,
) -> None:
    book = notebook(PACKAGES + DIGITS + "ex = dv.explore(images[:50], embed=None)\nex", "ex.wait()")
    book.start(0)
    widget = book.widget()
    book.run(1)
    book.run_code("'offered' in sys.modules")
    widget.root.scroll_into_view_if_needed()
    plugin = item(widget, "statistic", "ink")
    expect(plugin).to_contain_text("How much ink.")
    expect(plugin.get_by_test_id("remove-plugin")).to_have_count(0)
    broken = drawer(widget).get_by_test_id("broken-plugin")
    expect(broken).to_have_count(2)
    expect(broken.first).to_contain_text(
        "statistic.<img src = x onerror=alert(1)> = offered:nothing"
    )
    expect(broken.first).to_contain_text("is no MODULE:NAME")
    expect(broken.last).to_contain_text("panel.gone = nowhere:panel (offers 1.0)")
    expect(broken.last).to_contain_text("No module named 'nowhere'")
    assert drawer(widget).locator("img").count() == 0
    plugin.get_by_test_id("run-plugin").click()
    book.expect("'ink' in ex.dataset.columns", "True")
