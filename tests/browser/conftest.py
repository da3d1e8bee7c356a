"""A real JupyterLab in a real Chromium, driven as a person would drive it."""

from __future__ import annotations

import json
import os
import re
import secrets
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
import pytest
from playwright.sync_api import Browser, Error, Locator, Page, expect, sync_playwright

from tests.browser.chromium import find_chromium

expect.set_options(timeout=30_000)  # ms
CHROMIUM_ARGS = [
    "--headless=new",
    "--no-sandbox",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
QUIET = {
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyterlab/docmanager-extension:plugin": {"autosave": False},
    "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"},
}
OPEN: list[Page] = []  # the pages that tests have open
SLOW = 60_000  # ms: the longest that anything here may take on a machine with two busy cores


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The tests of a file share a notebook, a JupyterLab and a Chromium: they share a worker."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.xdist_group(f"browser {item.path.name}"))


class Lab:
    """A JupyterLab server over a folder of its own.

    ``base`` is the path that a proxy would put it behind, ``served`` the part of the folder that it
    serves.
    """

    def __init__(self, root: Path, *options: str, base: str = "", served: str = "") -> None:
        self.root, self.base = root, base
        self.token = secrets.token_hex(16)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        settings = root / ".settings"
        settings.mkdir(parents=True)
        overrides = root / ".app"
        overrides.mkdir()
        env = os.environ | {
            "JUPYTER_CONFIG_DIR": str(root / ".config"),
            "JUPYTER_DATA_DIR": str(root / ".data"),
            "JUPYTER_RUNTIME_DIR": str(root / ".runtime"),
            "JUPYTERLAB_SETTINGS_DIR": str(settings),
            "IPYTHONDIR": str(root / ".ipython"),
            "PYTHONPATH": str(Path(__file__).parents[2]),
        }
        for plugin, values in QUIET.items():
            self.set_setting(settings, plugin, values)
        self.log = (root / ".jupyter.log").open("w")
        self.process = subprocess.Popen(
            [
                sys.executable, "-m", "jupyterlab", "--no-browser", "--ip=127.0.0.1",
                f"--port={self.port}", "--ServerApp.port_retries=0",
                f"--ServerApp.root_dir={root / served}", f"--ServerApp.base_url={base}/",
                f"--IdentityProvider.token={self.token}", "--LabApp.expose_app_in_browser=True",
                "--allow-root", *options,
            ],
            env=env, cwd=root, stdout=self.log, stderr=subprocess.STDOUT,
        )  # fmt: skip
        self.wait_until_up()

    @staticmethod
    def set_setting(folder: Path, plugin: str, values: dict[str, object]) -> None:
        package, name = plugin.split(":")
        path = folder / package / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{self.base}"

    def wait_until_up(self) -> None:
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise RuntimeError(f"JupyterLab ended:\n{Path(self.log.name).read_text()[-3000:]}")
            try:
                urllib.request.urlopen(f"{self.url}/api?token={self.token}", timeout=5)
                return
            except OSError:
                time.sleep(0.2)
        raise TimeoutError("JupyterLab did not answer within 90 s")

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.log.close()


class Notebook:
    """One notebook open in JupyterLab: run its cells, read their outputs, touch its widgets."""

    def __init__(self, page: Page, lab: Lab, cells: list[str], name: str | None = None) -> None:
        self.page, self.lab = page, lab
        self.name = name or f"nb-{secrets.token_hex(4)}.ipynb"
        if cells:
            notebook = nbformat.v4.new_notebook(
                cells=[nbformat.v4.new_code_cell(c) for c in cells],
                metadata={
                    "kernelspec": {
                        "name": "python3", "display_name": "Python 3", "language": "python"
                    }
                },
            )  # fmt: skip
            nbformat.write(notebook, lab.root / self.name)
        self.open()

    @property
    def path(self) -> Path:
        return self.lab.root / self.name

    def open(self) -> None:
        """(Re)load the page on this notebook and wait for its kernel."""
        workspace = self.name.split(".")[0]
        self.page.goto(
            f"{self.lab.url}/lab/workspaces/{workspace}/tree/{self.name}"
            f"?token={self.lab.token}&reset",
            timeout=SLOW,
        )
        self.wait_ready()

    def wait_ready(self) -> None:
        self.page.wait_for_function(
            """() => {
                const widget = window.jupyterapp?.shell?.currentWidget;
                const kernel = widget?.context?.sessionContext?.session?.kernel;
                return widget?.content?.widgets?.length && kernel?.status === "idle";
            }""",
            timeout=SLOW,
        )

    def start(self, index: int) -> None:
        """Begin to run a cell and return at once."""
        self.page.evaluate(
            """(index) => {
                const app = window.jupyterapp;
                app.shell.currentWidget.content.activeCellIndex = index;
                app.commands.execute("notebook:run-cell");
            }""",
            index,
        )

    def wait(self, index: int, timeout: float = SLOW) -> None:
        """Until the kernel has run a cell that was started."""
        self.page.wait_for_function(
            """(index) => {
                const cell = window.jupyterapp.shell.currentWidget.content.widgets[index];
                return cell.model.executionCount !== null && cell.model.executionState === "idle";
            }""",
            arg=index,
            timeout=timeout,
        )

    def run(self, index: int, timeout: float = SLOW) -> str:
        """Run a cell to its end; the text of its output. An exception in it is one here."""
        self.page.evaluate(
            """async (index) => {
                const app = window.jupyterapp;
                app.shell.currentWidget.content.activeCellIndex = index;
                await app.commands.execute("notebook:run-cell");
            }""",
            index,
        )
        return self.text(index)

    def run_code(self, code: str) -> str:
        """Append a cell, run it, and return the text of its output."""
        return self.run(self.add_cell(code))

    def text(self, index: int) -> str:
        """What a cell printed and showed, as text."""
        outputs = self.page.evaluate(
            "(i) => window.jupyterapp.shell.currentWidget.content.widgets[i].model.outputs.toJSON()",
            index,
        )
        lines = []
        for output in outputs:
            if output["output_type"] == "error":
                raise AssertionError("\n".join(output["traceback"]))
            text = output.get("text") or output.get("data", {}).get("text/plain", "")
            lines.append("".join(text))
        return "".join(lines).strip()

    def expect(self, code: str, text: str, timeout: float = 10) -> None:
        """Run code until its output is `text`: what was done in the browser travels to the kernel.

        ipywidgets holds back a change until the kernel has taken the one before.
        """
        index = self.add_cell(code)
        deadline = time.monotonic() + timeout
        said = None
        while said != text and time.monotonic() < deadline:
            try:
                said = self.run(index)
            except AssertionError as error:  # an exception in the cell
                said = str(error)
        assert said == text, code

    def add_cell(self, code: str) -> int:
        """Append a cell without running it; its number."""
        return int(
            self.page.evaluate(
                """(source) => {
                    const notebook = window.jupyterapp.shell.currentWidget.content;
                    notebook.model.sharedModel.addCell({ cell_type: "code", source });
                    return notebook.widgets.length - 1;
                }""",
                code,
            )
        )

    def clear_below(self, count: int) -> None:
        """Take away all cells but the first ones."""
        self.page.evaluate(
            """(count) => {
                const model = window.jupyterapp.shell.currentWidget.content.model.sharedModel;
                model.deleteCellRange(count, model.cells.length);
            }""",
            count,
        )

    def sources(self) -> list[str]:
        """The code of every cell."""
        return list(
            self.page.evaluate(
                "() => window.jupyterapp.shell.currentWidget.content.widgets"
                ".map((cell) => cell.model.sharedModel.getSource())"
            )
        )

    def save(self) -> nbformat.NotebookNode:
        self.page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
        return nbformat.read(self.path, 4)

    def end(self) -> None:
        """Stop the kernel."""
        self.page.evaluate(
            "() => window.jupyterapp?.shell?.currentWidget?.context?.sessionContext?.shutdown()"
        )

    def widget(self, index: int = 0) -> Widget:
        """The index-th explorer of the notebook, scrolled into view."""
        root = self.page.get_by_test_id("dataview").nth(index)
        try:
            root.wait_for(state="attached", timeout=SLOW)
        except Error as error:
            said = [self.text(i) for i in range(len(self.sources()))]
            raise AssertionError(f"there is no view; the cells say {said}") from error
        root.scroll_into_view_if_needed()
        return Widget(self.page, root)


class Widget:
    """An explorer in the page, as a person sees and touches it."""

    def __init__(self, page: Page, root: Locator) -> None:
        self.page, self.root = page, root

    def part(self, name: str) -> Locator:
        return self.root.get_by_test_id(name)

    @property
    def count(self) -> int:
        """How many rows the footer says are selected."""
        found = re.match(r"([\d,]+) of", self.part("count").inner_text())
        return int(found[1].replace(",", "")) if found else 0

    def wait_for_map(self, name: str = "umap", timeout: float = 2 * SLOW) -> None:
        """Until no stage is running and the points are at their places in a projection."""
        expect(self.part("progress")).to_have_count(0, timeout=timeout)
        self.wait_for_points(name)

    def wait_for_points(self, name: str, timeout: float = SLOW) -> None:
        """Until the points are at their places in a projection."""
        at_rest = f'[data-map="{name}"][aria-busy="false"]'
        self.part("map").locator(at_rest).wait_for(state="attached", timeout=timeout)

    @property
    def surface(self) -> Locator:
        """What takes the mouse and the keys of the map."""
        return self.part("map").get_by_role("application")

    def tile(self, position: int) -> Locator:
        """An image in the grid, by its place in it."""
        return self.part("grid").locator(f'[aria-posinset="{position + 1}"]')

    def column(self, name: str) -> Locator:
        """The block of a column in the summary, scrolled into view; its group is opened."""
        block = (
            self.part("summary").locator("section").and_(self.page.get_by_label(name, exact=True))
        )
        folded = self.part("summary").locator(".dataview-fold[aria-expanded=false]")
        while not block.count() and folded.count():
            folded.first.click()
        block.scroll_into_view_if_needed()
        return block

    def bar(self, column: str, label: object) -> Locator:
        """The bar of a category."""
        return self.column(column).locator(f'[data-label="{label}"]')

    def wait_for_count(self, test: str, timeout: float = SLOW) -> int:
        expect(self.part("count")).to_have_text(re.compile(test), timeout=timeout)
        return self.count

    def drag(self, target: Locator, path: list[tuple[float, float]], *keys: str) -> None:
        """Press, move and release the mouse along a path in fractions of an element's box."""
        target.scroll_into_view_if_needed()
        box = target.bounding_box()
        assert box is not None, f"{target} is not visible"
        points = [(box["x"] + fx * box["width"], box["y"] + fy * box["height"]) for fx, fy in path]
        for key in keys:
            self.page.keyboard.down(key)
        self.page.mouse.move(*points[0])
        self.page.mouse.down()
        for x, y in points[1:]:
            self.page.mouse.move(x, y, steps=3)
        self.page.mouse.up()
        for key in keys:
            self.page.keyboard.up(key)

    def lasso(self, path: list[tuple[float, float]], mode: str = "replace") -> None:
        self.part(f"mode-{mode}").click()
        self.part("tool-lasso").click()
        self.drag(self.part("map-canvas"), [*path, path[0]])


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    server = Lab(tmp_path_factory.mktemp("lab"))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=find_chromium(), args=CHROMIUM_ARGS, headless=True
        )
        yield chromium
        chromium.close()


@contextmanager
def open_page(browser: Browser) -> Iterator[Page]:
    """A page of its own, on which no script may fail."""
    context = browser.new_context(viewport={"width": 1500, "height": 1000})
    page = context.new_page()
    page.set_default_timeout(SLOW)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    OPEN.append(page)
    try:
        yield page
    finally:
        OPEN.remove(page)
        context.close()
    assert errors == [], "no script on the page failed"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    """A failing test leaves pictures of its pages."""
    report = yield
    if report.when == "call" and report.failed:
        for number, page in enumerate(OPEN):
            path = Path(tempfile.gettempdir()) / f"dataview-{item.name}-{number}.png"
            try:
                page.screenshot(path=path)
            except Error as error:
                report.sections.append(("screenshot", str(error)))
            else:
                report.sections.append(("screenshot", str(path)))
    return report


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh page."""
    with open_page(browser) as page:
        yield page


@pytest.fixture
def notebook(page: Page, lab: Lab) -> Iterator[Callable[..., Notebook]]:
    """``notebook(cell, cell, ...)`` opens a new notebook with these cells; its kernel ends with the test."""
    opened: list[Notebook] = []

    def open_notebook(*cells: str, name: str | None = None) -> Notebook:
        for each in opened:
            each.end()
        opened.append(Notebook(page, lab, list(cells), name))
        return opened[-1]

    yield open_notebook
    if opened:
        opened[-1].end()


DIGITS = """
import dataview as dv
import numpy as np
from sklearn.datasets import load_digits

digits = load_digits()
images = (255 - digits.images * 255 / 16).astype(np.uint8)
"""
SMALL = DIGITS + "ex = dv.explore(images[:400], label=digits.target[:400], project='pca')\nex"


@pytest.fixture(scope="session")
def opened(browser: Browser, lab: Lab) -> Iterator[tuple[Notebook, Widget]]:
    """A notebook with an explorer of 400 digits, which many tests use one after the other."""
    with open_page(browser) as page:
        book = Notebook(page, lab, [SMALL])
        book.start(0)
        widget = book.widget()
        widget.root.evaluate("(root) => { root.mark = 'made before the work was done' }")
        widget.wait_for_map("pca")
        book.wait(0)
        yield book, widget
        book.end()


@pytest.fixture
def digits(opened: tuple[Notebook, Widget]) -> tuple[Notebook, Widget]:
    """The explorer of 400 digits as it was in the beginning: the notebook and the widget."""
    book, widget = opened
    book.clear_below(1)
    book.run_code(
        "ex.select(None); ex.filter = None; ex.color_by = 'label'; ex.sort_by = None; ex.map = 'pca'"
    )
    book.clear_below(1)
    if widget.part("detail").is_visible():
        widget.part("close-detail").click()
    widget.part("mode-replace").click()
    widget.part("tool-lasso").click()
    widget.part("arrange-first").click()
    widget.surface.press("0")
    widget.part("summary").evaluate("(pane) => pane.scrollTo(0, 0)")
    expect(widget.part("count")).to_have_text("0 of 400 selected")
    widget.wait_for_points("pca")
    return book, widget
