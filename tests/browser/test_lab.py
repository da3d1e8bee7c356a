"""The JupyterLab extension: tabs, menus, the sidebar, the launcher, settings, and what a reload keeps."""

from __future__ import annotations

import json
import re
import shutil
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import SMALL, Lab, Notebook, Widget


def command(page: Page, name: str, **args: Any) -> None:
    """Run a command of JupyterLab without waiting for its end."""
    page.evaluate(
        "([name, args]) => { window.jupyterapp.commands.execute(name, args); }", [name, args]
    )


def open_lab(page: Page, lab: Lab, query: str = "", workspace: str = "lab-tests") -> None:
    """JupyterLab with nothing open, and the extension ready."""
    address = f"{lab.url}/lab/workspaces/{workspace}?token={lab.token}&reset{query}"
    page.goto(address)
    wait_ready(page)


def wait_ready(page: Page) -> None:
    page.wait_for_function("() => window.jupyterapp?.commands?.hasCommand('dataview:explore-path')")
    page.evaluate("() => window.jupyterapp.restored")


def tab(page: Page) -> Widget:
    """The explorer in the tab in front."""
    root = page.locator(".dataview-tab:visible").get_by_test_id("dataview")
    root.wait_for(state="visible")
    return Widget(page, root)


def show(book: Notebook) -> None:
    """Bring a notebook to the front."""
    path = {"path": book.name}
    book.page.evaluate(
        "(args) => window.jupyterapp.commands.execute('docmanager:open', args).then(() => 0)", path
    )
    book.wait_ready()


def sidebar(page: Page) -> Locator:
    command(page, "dataview:show-explorers")
    found = page.get_by_test_id("dataview-sidebar")
    expect(found).to_be_visible()
    return found


def kernels(page: Page) -> list[str]:
    """The ids of the kernels that run."""
    return list(
        page.evaluate(
            """async () => {
                const { kernels } = window.jupyterapp.serviceManager;
                await kernels.refreshRunning();
                return [...kernels.running()].map(({ id }) => id);
            }"""
        )
    )


def make_pictures(folder: Path, n: int = 6) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(0).integers(0, 255, (n, 24, 32, 3), np.uint8)
    for i, pixels in enumerate(noise):
        Image.fromarray(pixels).save(folder / f"{i}.png")


def go_to(page: Page, folder: str) -> None:
    """Show a folder in the file browser."""
    page.evaluate(
        "(path) => window.jupyterapp.commands.execute('filebrowser:go-to-path', { path })", folder
    )


def entry(page: Page, name: str) -> Locator:
    """A line of the file browser."""
    return page.locator(".jp-DirListing-item").filter(
        has=page.get_by_text(name, exact=True)
    )  # fmt: skip


def choose(page: Page, item: Locator, label: str) -> None:
    """Right-click, and choose from the menu."""
    item.click(button="right")
    page.get_by_role("menu").get_by_text(label, exact=True).click()


def menu(page: Page, item: Locator) -> list[str]:
    """What the menu of a line says."""
    item.click(button="right")
    said = page.get_by_role("menu").locator(".lm-Menu-itemLabel:visible").all_inner_texts()
    page.keyboard.press("Escape")
    return said


def close_tabs(page: Page) -> None:
    """Close every explorer's tab, and wait until their kernels are gone."""
    page.evaluate(
        """async () => {
            const { shell, serviceManager } = window.jupyterapp;
            const tabs = [...shell.widgets("main")].filter(
                (widget) => widget.node.querySelector(".dataview-tab"));
            for (const tab of tabs) tab.close();
        }"""
    )
    expect(page.locator(".dataview-tab")).to_have_count(0)


@pytest.fixture
def pictures(lab: Lab) -> Path:
    """A folder of the server with images, tables of them, and what is none of both."""
    root = lab.root / "datasets"
    if not root.exists():
        make_pictures(root / "pics")
        (root / "empty").mkdir()
        names = "".join(f"{i}.png,{'ab'[i % 2]}\n" for i in range(6))
        (root / "pics.csv").write_text("file,label\n" + names)
        coco = {
            "images": [{"id": i, "file_name": f"{i}.png"} for i in range(4)],
            "categories": [{"id": 1, "name": "dot"}],
            "annotations": [{"image_id": 1, "category_id": 1}],
        }
        (root / "coco.json").write_text(json.dumps(coco))
        (root / "other.json").write_text('{"shapes": []}')
        (root / "notes.txt").write_text("nothing to see")
        pd.DataFrame({"file": ["0.png", "1.png"]}).to_parquet(root / "two.parquet")
    return root


# ---------------------------------------------------------------- the explorer of a notebook's cell


def test_an_explorer_moves_to_its_own_tab_and_back_as_it_is(notebook, page: Page) -> None:
    book: Notebook = notebook(SMALL)
    book.start(0)
    widget = book.widget()
    widget.wait_for_map("pca")
    book.wait(0)
    cell = page.locator(".jp-Cell").first
    widget.root.evaluate("(root) => { root.mark = 'the same view' }")
    book.run_code("ex.select(dv.col('label') == 3)")
    widget.wait_for_count(r"^[34]\d of 400")
    count = widget.count
    scrolled = "(grid) => { grid.scrollTop = 600; return grid.scrollTop === 600 }"
    page.wait_for_function(scrolled, arg=widget.part("grid").element_handle())
    before = widget.root.bounding_box()

    widget.part("open-tab").click()
    moved = tab(page)
    assert moved.root.evaluate("(root) => root.mark") == "the same view"
    assert moved.count == count
    box, place = moved.root.bounding_box(), page.locator(".dataview-tab:visible").bounding_box()
    assert box and place and before
    assert abs(box["height"] - place["height"]) < 2 and box["width"] > 0.95 * place["width"]
    expect(moved.part("open-tab")).to_have_count(0)
    assert moved.part("grid").evaluate("(grid) => grid.scrollTop") > 0
    moved.wait_for_points("pca")
    moved.lasso([(0.2, 0.2), (0.8, 0.2), (0.8, 0.8), (0.2, 0.8)])
    expect(moved.part("count")).not_to_have_text(re.compile(f"^{count} of"))
    lassoed = moved.count
    page.set_viewport_size({"width": 1300, "height": 800})
    expect(moved.root).not_to_have_css("height", f"{box['height']:g}px")
    smaller = moved.root.bounding_box()
    assert smaller and smaller["height"] < box["height"]
    expect(moved.part("map-canvas")).to_be_visible()

    show(book)
    expect(cell.get_by_test_id("away")).to_contain_text("Shown in its own tab")
    cell.get_by_test_id("bring-back").click()
    expect(cell.get_by_test_id("dataview")).to_be_visible()
    assert cell.get_by_test_id("dataview").evaluate("(root) => root.mark") == "the same view"
    expect(page.locator(".dataview-tab")).to_have_count(0)
    assert book.widget().count == lassoed
    book.expect("len(ex.selected)", str(lassoed))

    # closing the tab brings it back too, and running the cell again closes the tab
    book.widget().part("open-tab").click()
    tab(page)
    command(page, "application:close")
    expect(cell.get_by_test_id("dataview")).to_be_visible()
    book.widget().part("open-tab").click()
    tab(page)
    show(book)
    book.run(0)
    expect(page.locator(".dataview-tab")).to_have_count(0)


def test_code_is_inserted_below_the_cell_of_the_explorer(notebook, page: Page) -> None:
    book: Notebook = notebook(SMALL, "last = 'cell'")
    book.run(0)
    widget = book.widget()
    insert = """([code, from]) => globalThis[Symbol.for("dataview")].lab.insertBelow(code, from)"""
    element = widget.root.element_handle()
    assert page.evaluate(insert, ["a = 1", element]) is True
    assert [text.splitlines()[-1] for text in book.sources()] == ["ex", "a = 1", "last = 'cell'"]
    active = "() => window.jupyterapp.shell.currentWidget.content.activeCellIndex"
    assert page.evaluate(active) == 1
    assert "a" not in book.run_code("[name for name in ('a',) if name in globals()]")  # not run

    widget.part("open-tab").click()
    moved = tab(page)
    assert page.evaluate(insert, ["b = 2", moved.root.element_handle()]) is True
    assert book.sources()[1] == "b = 2"  # in the notebook, which is in front again
    assert page.evaluate(insert, ["c", page.locator("body").element_handle()]) is False


# ---------------------------------------------------------------------------- the file browser


def test_a_folder_opens_in_a_tab_with_a_kernel_that_ends_with_it(
    page: Page, lab: Lab, pictures: Path
) -> None:
    open_lab(page, lab)
    before = set(kernels(page))
    go_to(page, "datasets")
    choose(page, entry(page, "pics"), "Explore images")
    widget = tab(page)
    expect(widget.root).to_contain_text("6 images")
    expect(page.locator(".lm-TabBar-tab.jp-mod-current")).to_contain_text("pics")
    box, place = widget.root.bounding_box(), page.locator(".dataview-tab:visible").bounding_box()
    assert box and place and abs(box["height"] - place["height"]) < 2
    expect(widget.part("open-tab")).to_have_count(0)  # it is in one
    widget.wait_for_map("umap")
    widget.tile(2).click()
    assert widget.wait_for_count("^1 of 6") == 1
    (own,) = set(kernels(page)) - before

    # its code goes into a notebook on the same kernel, which has the explorer as `ex`
    widget.part("insert").click()
    page.locator(".jp-Notebook:visible").wait_for()
    page.wait_for_function(
        "() => window.jupyterapp.shell.currentWidget.context?.sessionContext?.session?.kernel"
    )
    used = "() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.id"
    assert page.evaluate(used) == own
    book = Notebook.__new__(Notebook)
    book.page, book.lab = page, lab
    book.expect("len(ex.selected), dv.__name__", "(1, 'dataview')")
    assert "import dataview as dv" in book.sources()[0]
    page.evaluate("() => window.jupyterapp.shell.currentWidget.context.save()")
    command(page, "notebook:close-and-shutdown")
    page.locator(".jp-Dialog .jp-mod-accept").click()
    expect(page.locator(".jp-Notebook")).to_have_count(0)


def test_the_menu_is_where_images_may_be(page: Page, lab: Lab, pictures: Path) -> None:
    open_lab(page, lab)
    go_to(page, "datasets")
    for name in ("pics", "pics.csv", "coco.json", "two.parquet"):
        said = menu(page, entry(page, name))
        assert "Explore images" in said and "Explore images with a kernel …" in said, name
    assert not [said for said in menu(page, entry(page, "notes.txt")) if "Explore" in said]
    go_to(page, "datasets/pics")
    assert "Explore images" in menu(page, entry(page, "0.png"))


def test_tables_and_several_images_open_in_one_kernel_that_is_chosen(
    page: Page, lab: Lab, pictures: Path
) -> None:
    open_lab(page, lab)
    go_to(page, "datasets")
    choose(page, entry(page, "pics.csv"), "Explore images")
    widget = tab(page)
    expect(widget.root).to_contain_text("pics.csv")
    expect(widget.root).to_contain_text("6 images")
    expect(widget.column("label")).to_be_visible()
    count = len(kernels(page))
    for name, text in (("coco.json", "4 images"), ("two.parquet", "2 images")):
        choose(page, entry(page, name), "Explore images with a kernel …")
        dialog = page.locator(".jp-Dialog")
        select = dialog.locator("select")
        running = select.locator("option", has_text="pics.csv").first.inner_text()
        assert running.startswith("Running: ")
        select.select_option(label=running)
        dialog.locator(".jp-mod-accept").click()
        expect(tab(page).root).to_contain_text(name)
        expect(tab(page).root).to_contain_text(text)
    assert len(kernels(page)) == count

    go_to(page, "datasets/pics")
    entry(page, "1.png").click()
    entry(page, "3.png").click(modifiers=["Control"])
    choose(page, entry(page, "3.png"), "Explore images")
    expect(page.locator(".lm-TabBar-tab.jp-mod-current")).to_contain_text("2 images")
    close_tabs(page)


HOSTILE = [
    """x"); import os; os.system("touch pwned"); (".png""",
    'it\'s a "folder"\nwith a new line',
    '<img src=x onerror="document.body.dataset.pwned=1">',
    "~",
    "s3:名前 🐙",
]


def test_names_that_are_code_or_markup_are_only_names(page: Page, lab: Lab) -> None:
    root = lab.root / "hostile"
    for name in HOSTILE:
        make_pictures(root / name, 2)
    open_lab(page, lab)
    go_to(page, "hostile")
    choose(page, entry(page, HOSTILE[0]), "Explore images")
    expect(tab(page).root).to_contain_text("2 images")
    kernel = page.evaluate("() => window.jupyterapp.shell.currentWidget.content.kernel.id")
    for name in HOSTILE[1:]:
        command(page, "dataview:explore-path", path=f"./hostile/{name}", kernelId=kernel)
        title = tab(page).root.locator("h2")
        expect(title).to_have_text(name, use_inner_text=False)
        expect(tab(page).root).to_contain_text("2 images")
    command(page, "dataview:explore-path", path="""nowhere"); open("pwned", "w"); (" """)
    expect(page.get_by_test_id("tab-error")).to_contain_text('open("pwned", "w")')
    sidebar(page)
    assert page.evaluate("() => document.body.dataset.pwned") is None
    assert not list(lab.root.rglob("pwned*"))
    close_tabs(page)


# ------------------------------------------------------------------------ what can go wrong


def test_a_folder_without_images_says_so_and_is_tried_again(
    page: Page, lab: Lab, pictures: Path
) -> None:
    open_lab(page, lab)
    command(page, "dataview:explore-path", path="datasets/empty")
    failed = page.get_by_test_id("tab-error")
    expect(failed).to_contain_text("no image in the folder")
    failed.locator("summary").click()
    expect(failed.locator("pre")).to_contain_text("NoImageError")
    shutil.copy(pictures / "pics" / "0.png", pictures / "empty" / "now.png")
    failed.get_by_test_id("tab-retry").click()
    expect(tab(page).root).to_contain_text("1 image")
    (pictures / "empty" / "now.png").unlink()

    command(page, "dataview:explore-path", path="datasets/other.json")
    expect(failed).to_contain_text("an object with 'shapes'; expected a COCO file")
    failed.get_by_test_id("tab-close").click()

    # a kernel that dies, and one that is restarted
    kernel = "() => window.jupyterapp.shell.currentWidget.content.kernel"
    page.evaluate(f"async () => {{ await ({kernel})().restart() }}")
    expect(failed).to_contain_text("The kernel was restarted")
    failed.get_by_test_id("tab-retry").click()
    expect(failed).to_contain_text("no image in the folder")
    close_tabs(page)


def test_a_kernel_without_dataview_is_named_and_another_can_be_chosen(
    page: Page, lab: Lab, pictures: Path
) -> None:
    spec = lab.root / ".data" / "kernels" / "bare"
    spec.mkdir(parents=True)
    hide = (
        "import sys\n"
        "class Hide:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'dataview': raise ModuleNotFoundError(\"No module named 'dataview'\")\n"
        "sys.meta_path.insert(0, Hide())\n"
        "from ipykernel import kernelapp; kernelapp.launch_new_instance()"
    )
    argv = [sys.executable, "-c", hide, "-f", "{connection_file}"]
    kernel = {"argv": argv, "display_name": "Bare <b>Python</b>", "language": "python"}
    (spec / "kernel.json").write_text(json.dumps(kernel))
    open_lab(page, lab)
    go_to(page, "datasets")
    page.evaluate("() => window.jupyterapp.serviceManager.kernelspecs.refreshSpecs()")
    choose(page, entry(page, "pics"), "Explore images with a kernel …")
    dialog = page.locator(".jp-Dialog")
    dialog.locator("select").select_option(label="New: Bare <b>Python</b>")
    dialog.locator(".jp-mod-accept").click()
    failed = page.get_by_test_id("tab-error")
    expect(failed).to_contain_text('dataview is not installed in the kernel "Bare <b>Python</b>"')
    failed.get_by_test_id("tab-kernel").click()
    dialog.locator("select").select_option(label="New: Python 3 (ipykernel)")
    dialog.locator(".jp-mod-accept").click()
    expect(tab(page).root).to_contain_text("6 images")
    shutil.rmtree(spec)
    close_tabs(page)


# ------------------------------------------------------------------------------------- links


def test_a_link_opens_what_is_below_the_root_and_asks_about_the_rest(
    page: Page, lab: Lab, pictures: Path, tmp_path: Path
) -> None:
    roles = '{"label": "file"}'
    open_lab(page, lab, f"&explore=datasets/pics.csv&roles={quote(roles)}")
    widget = tab(page)
    expect(widget.root).to_contain_text("6 images")
    expect(widget.part("color-by").locator("option:checked")).to_have_text("file")
    page.wait_for_url(lambda url: "explore" not in url)
    page.reload()  # restored, and not opened once more
    expect(tab(page).root).to_contain_text("6 images")
    expect(page.locator(".dataview-tab")).to_have_count(1)
    close_tabs(page)

    running = kernels(page)
    hostile = '/etc/<img src=x onerror="document.body.dataset.pwned=1">"); import os; ("'
    for path in (hostile, "../../etc", "s3://bucket/x", "~/x"):
        open_lab(page, lab, f"&explore={quote(path)}&key=guessed")
        question = page.get_by_test_id("link-question")
        expect(question.locator("pre")).to_have_text(path)
        page.wait_for_url(lambda url: "explore" not in url)
        page.locator(".jp-Dialog .jp-mod-reject").click()
        expect(question).to_have_count(0)
        expect(page.locator(".dataview-tab")).to_have_count(0)
    assert set(kernels(page)) <= set(running)
    assert page.evaluate("() => document.body.dataset.pwned") is None

    make_pictures(tmp_path / "pics")
    open_lab(page, lab, f"&explore={quote(str(tmp_path / 'pics'))}")  # a person may say yes
    page.locator(".jp-Dialog .jp-mod-accept").click()
    expect(tab(page).root).to_contain_text("6 images")
    close_tabs(page)

    open_lab(page, lab, "&explore=datasets&roles=" + quote('{"__proto__": "x"}'))
    expect(page.locator(".jp-Dialog")).to_contain_text('&roles= has "__proto__", expected one of')
    page.locator(".jp-Dialog button").click()
    expect(page.locator(".dataview-tab")).to_have_count(0)


# ------------------------------------------------------------------- launcher, palette, sidebar


def test_the_launcher_and_the_palette_ask_for_a_path(page: Page, lab: Lab, pictures: Path) -> None:
    open_lab(page, lab)
    go_to(page, "datasets")
    command(page, "launcher:create")
    page.locator(".jp-LauncherCard:visible", has_text="Image explorer").click()
    dialog = page.locator(".jp-Dialog")
    expect(dialog.locator("input")).to_have_value("datasets/")
    dialog.locator("input").fill("datasets/pics/[0-2].png")
    dialog.locator(".jp-mod-accept").click()
    expect(tab(page).root).to_contain_text("3 images")

    command(page, "apputils:activate-command-palette")
    page.keyboard.type("explorers")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("dataview-sidebar")).to_be_visible()
    expect(page.get_by_test_id("sidebar-entry")).to_have_count(1)
    close_tabs(page)
    empty = page.get_by_test_id("sidebar-empty")
    expect(empty).to_contain_text('dv.explore("photos/")')
    page.get_by_test_id("sidebar-begin").click()
    dialog.locator("input").fill(str(pictures / "pics"))
    page.keyboard.press("Enter")
    expect(tab(page).root).to_contain_text("6 images")
    close_tabs(page)


def test_the_sidebar_tells_of_the_explorers_and_leads_to_them(notebook, page: Page) -> None:
    book: Notebook = notebook(SMALL)
    book.run(0)
    book.widget().wait_for_map("pca")
    book.run_code("ex.save_slice('threes <b>', dv.col('label') == 3); print()")
    side = sidebar(page)
    one = side.get_by_test_id("sidebar-entry")
    expect(one).to_have_count(1)
    facts = one.get_by_test_id("sidebar-facts")
    expect(facts).to_have_text("400 images · 0 selected")
    expect(one).to_contain_text(book.name)
    expect(one.get_by_test_id("sidebar-memory")).to_have_text(
        re.compile(r"kernel: \d+ MB|[\d.]+ GB")
    )
    piece = one.get_by_test_id("sidebar-slice")
    expect(piece).to_contain_text("threes <b>")
    piece.click()
    expect(facts).to_have_text(re.compile(r"^400 images · [34]\d selected$"))
    book.expect("(ex.selected['label'] == 3).all(), len(ex.selected) > 0",
                "(np.True_, True)")  # fmt: skip

    command(page, "launcher:create")
    expect(page.locator(".jp-Notebook")).not_to_be_visible()
    one.get_by_test_id("sidebar-show").click()
    expect(book.widget().root).to_be_visible()
    one.get_by_test_id("sidebar-tab").click()
    expect(tab(page).root).to_contain_text("400 images")
    expect(one.get_by_test_id("sidebar-tab")).to_have_count(0)
    command(page, "launcher:create")
    one.get_by_test_id("sidebar-go").click()
    expect(tab(page).root).to_be_visible()
    one.get_by_test_id("sidebar-close").click()
    expect(page.locator(".dataview-tab")).to_have_count(0)
    expect(one).to_have_count(0)
    show(book)
    expect(page.locator("figure.dataview-static")).to_contain_text("run the cell to explore")
    book.expect("ex.comm, len(ex.selected) > 0", "(None, True)")


# ---------------------------------------------------------------------------------- a reload


def test_a_reload_brings_the_tabs_back_as_they_were(page: Page, lab: Lab, pictures: Path) -> None:
    open_lab(page, lab, workspace="reload")
    command(page, "dataview:explore-path", path="datasets/pics")
    widget = tab(page)
    widget.wait_for_map("umap")
    widget.tile(1).click()
    widget.wait_for_count("^1 of 6")
    (kernel,) = [page.evaluate("() => window.jupyterapp.shell.currentWidget.content.kernel.id")]
    saved(page)
    page.reload()
    wait_ready(page)
    again = tab(page)
    assert again.wait_for_count("^1 of 6") == 1
    again.tile(2).click(modifiers=["Control"])
    assert again.wait_for_count("^2 of 6") == 2  # Python answers it

    page.evaluate("(id) => window.jupyterapp.serviceManager.kernels.shutdown(id)", kernel)
    failed = page.get_by_test_id("tab-error")
    expect(failed).to_be_visible()
    saved(page)
    page.reload()
    wait_ready(page)
    expect(failed).to_contain_text("The kernel of this explorer is gone")
    failed.get_by_test_id("tab-retry").click()
    assert tab(page).wait_for_count("^0 of 6") == 0
    close_tabs(page)


def test_a_moved_explorer_is_in_its_tab_after_a_reload_and_can_go_back(
    notebook, page: Page
) -> None:
    book: Notebook = notebook(SMALL)
    book.run(0)
    book.widget().wait_for_map("pca")
    book.run_code("ex.select(dv.col('label') == 3)")
    book.save()
    book.widget().part("open-tab").click()
    count = tab(page).wait_for_count(r"^[34]\d of 400")
    saved(page)
    page.reload()
    wait_ready(page)
    moved = tab(page)
    assert moved.wait_for_count(f"^{count} of 400") == count
    expect(page.get_by_test_id("dataview")).to_have_count(1)
    show(book)
    cell = page.locator(".jp-Cell").first
    cell.get_by_test_id("bring-back").click()
    expect(cell.get_by_test_id("dataview")).to_be_visible()
    assert book.widget().count == count
    expect(page.locator(".dataview-tab")).to_have_count(0)


def saved(page: Page) -> None:
    """Wait until JupyterLab has saved its layout, with every tab of an explorer."""
    is_saved = """async () => {
            const { shell, serviceManager } = window.jupyterapp;
            const tabs = [...shell.widgets("main")].map(({ content }) => content?.saved?.());
            const name = location.pathname.match(/workspaces\\/([^/]+)/)[1];
            const { data } = await serviceManager.workspaces.fetch(name);
            const layout = JSON.stringify(data["layout-restorer:data"] ?? "");
            return tabs.filter(Boolean).every(({ name, model }) =>
                layout.includes(name) && data[`dataview:${name}`]?.data?.model === model);
        }"""
    deadline = time.monotonic() + 30
    while not page.evaluate(is_saved):
        assert time.monotonic() < deadline, "the layout was not saved"
        page.wait_for_timeout(100)


# ------------------------------------------------------------------------------- the settings


def test_every_setting_changes_what_it_says(page: Page, lab: Lab, pictures: Path) -> None:
    open_lab(page, lab)
    command(page, "dataview:explore-path", path="datasets/pics")
    widget = tab(page)
    widget.wait_for_map("umap")
    light = widget.root.evaluate("(root) => getComputedStyle(root).backgroundColor")
    tile = widget.tile(0).bounding_box()
    assert tile is not None

    command(page, "settingeditor:open", query="dataview")
    set_field(page, "theme", "dark")
    set_field(page, "thumbnailSize", "128")
    set_field(page, "height", "450")
    set_field(page, "embedder", "none")
    set_field(page, "cacheLimit", "3 GB")
    page.locator(".lm-TabBar-tab", has_text="pics").click()
    expect(widget.root).to_have_attribute("data-theme", "dark")
    dark = widget.root.evaluate("(root) => getComputedStyle(root).backgroundColor")
    assert dark != light
    expect(widget.part("size")).to_have_value("128")
    expect(widget.tile(0)).not_to_have_css("width", f"{tile['width']:g}px")
    larger = widget.tile(0).bounding_box()
    assert larger is not None and larger["width"] > 1.4 * tile["width"]

    # the kernels of new tabs are told theirs; a notebook's cell has its height
    command(page, "dataview:explore-path", path="datasets/pics")
    other = tab(page)
    expect(other.part("progress")).to_have_count(0)
    other.part("insert").click()
    page.locator(".jp-Notebook:visible").wait_for()
    book = Notebook.__new__(Notebook)
    book.page, book.lab = page, lab
    book.wait_ready()
    book.expect("list(ex.dataset.vectors), dv.cache_info().limit", "([], 3000000000)")
    cell = book.add_cell("dv.explore('pics', embed=None)")
    book.run(cell)
    inside = page.locator(".jp-Notebook:visible").get_by_test_id("dataview")
    expect(inside).to_have_css("height", "450px")

    page.evaluate(
        """async () => {
            const { serviceManager } = window.jupyterapp;
            await serviceManager.settings.save("jupyterlab-dataview:plugin", "{}");
        }"""
    )
    command(page, "notebook:close-and-shutdown")
    page.locator(".jp-Dialog .jp-mod-accept").click()
    close_tabs(page)


def set_field(page: Page, name: str, value: str) -> None:
    """Fill a field of the settings page."""
    field = page.locator(f'[id="jp-SettingsEditor-jupyterlab-dataview:plugin_{name}"]')
    if name == "theme":
        field.select_option(label=value)
    else:
        field.fill(value)
        field.press("Tab")


# ------------------------------------------------- behind a base URL, from a subfolder, with a token


def test_it_works_behind_a_base_url_from_a_subfolder_with_a_token(
    page: Page, tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = tmp_path_factory.mktemp("hub")
    make_pictures(root / "home" / "me" / "data" / "pics")
    (root / "elsewhere").mkdir()
    server = Lab(root, base="/user/me", served="home/me")
    try:
        open_lab(page, server, "&explore=data/pics")
        assert "/user/me/lab" in page.url
        expect(tab(page).root).to_contain_text("6 images")
        close_tabs(page)
        go_to(page, "data")
        choose(page, entry(page, "pics"), "Explore images")
        widget = tab(page)
        widget.wait_for_map("umap")
        widget.tile(0).click()
        widget.wait_for_count("^1 of 6")
        widget.part("insert").click()
        page.locator(".jp-Notebook:visible").wait_for()
        book = Notebook.__new__(Notebook)
        book.page, book.lab = page, server
        book.wait_ready()
        book.expect("import os; os.path.basename(os.getcwd())", "'data'")
        book.expect("len(ex.selected)", "1")
        saved(page)
        page.reload()
        wait_ready(page)
        page.locator(".lm-TabBar-tab", has_text="pics").click()
        assert tab(page).wait_for_count("^1 of 6") == 1
    finally:
        server.stop()
