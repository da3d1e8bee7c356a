"""What the command line shows in a browser: a report that needs nothing, and an explorer on JupyterLab."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect
from s3 import Bucket, noise

import dataview as dv
from tests.browser.conftest import QUIET, SLOW, Lab, Widget

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of two classes in a folder that is nobody's working directory."""
    folder = tmp_path_factory.mktemp("cli") / "two words & más"
    rng = np.random.default_rng(0)
    for label, size in (("clouds", (3, 4)), ("bark", (4, 40))):
        (folder / label).mkdir(parents=True)
        for i in range(15):
            small = Image.fromarray(rng.integers(0, 256, (*size, 3), np.uint8))
            small.resize((96, 72), Image.Resampling.BICUBIC).save(folder / label / f"{i}.png")
    Image.new("RGB", (96, 72), (8, 8, 8)).save(folder / "bark" / "<b>night.png")
    (folder / "bark" / "half.png").write_bytes((folder / "bark" / "1.png").read_bytes()[:99])
    return folder


# ------------------------------------------------------------------------------------- report


@contextmanager
def opened(
    browser: Browser, path: Path, scheme: str
) -> Iterator[tuple[Page, list[str], list[str]]]:
    """A file in a browser: the page, what its console said, and what it asked for."""
    context = browser.new_context(color_scheme=scheme, viewport={"width": 1100, "height": 900})
    page = context.new_page()
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri())
    yield page, said, asked
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_report_is_drawn_without_network_or_complaint(
    browser: Browser, pictures: Path, tmp_path: Path, scheme: str
) -> None:
    out = tmp_path / "report.html"
    dv.report(pictures, out, progress=False)
    with opened(browser, out, scheme) as (page, said, asked):
        expect(page.locator("h1")).to_have_text("two words & más")
        drawn = page.evaluate(
            "() => [...document.images].map((image) => image.complete && image.naturalWidth > 0)"
        )
        assert len(drawn) > 20 and all(drawn)
        assert said == []
        assert [url for url in asked if not url.startswith("data:")] == [out.as_uri()]
        light = page.evaluate(
            "() => getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)"
        )
        assert (sum(light) > 600) == (scheme == "light")
        bars = page.locator("#distributions svg.histogram rect")
        assert bars.count() > 50
        assert all(
            box and box["height"] > 0 for box in (bars.nth(i).bounding_box() for i in (0, 9))
        )
        wide = page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
        assert wide, "nothing sticks out to the right"
        expect(page.locator("#flags")).to_contain_text("<b>night.png")
        page.locator("nav a", has_text="Map").click()
        expect(page.locator("#map svg.scatter circle")).to_have_count(31)


def test_a_report_fits_a_narrow_window_and_prints(
    browser: Browser, pictures: Path, tmp_path: Path
) -> None:
    out = tmp_path / "report.html"
    dv.report(pictures, out, progress=False)
    with opened(browser, out, "dark") as (page, _, _):
        page.set_viewport_size({"width": 380, "height": 800})
        assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
        page.emulate_media(media="print")
        ink = page.evaluate("() => getComputedStyle(document.body).color")
        assert ink == "rgb(0, 0, 0)"
        assert len(page.pdf()) > 10_000


def test_a_report_shows_itself_in_a_notebook(notebook) -> None:
    code = "import numpy as np, dataview as dv\n"
    code += "images = np.random.default_rng(0).integers(0, 255, (12, 40, 40, 3), np.uint8)\n"
    code += "dv.report(images, title='<b>noise', embed=None)"
    book = notebook(code)
    book.run(0)
    frame = book.page.frame_locator("iframe[title=report]")
    expect(frame.locator("h1")).to_have_text("<b>noise")
    expect(frame.locator("#flags")).to_be_visible()
    shown = frame.locator("img").first
    assert shown.evaluate("(image) => image.complete && image.naturalWidth > 0")


# ------------------------------------------------------------------------------------ explore


@contextmanager
def command(folder: Path, home: Path, *args: str, **more: str) -> Iterator[str]:
    """`dataview explore` in a folder, with more in its environment; its address."""
    settings = home / "settings"
    settings.mkdir(parents=True)
    for plugin, values in QUIET.items():
        Lab.set_setting(settings, plugin, values)
    env = os.environ | {
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(settings),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
        "IPYTHONDIR": str(home / "ipython"),
        "PYTHONPATH": str(ROOT),
        **more,
    }
    log = home / "log"
    with log.open("w") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-m", "dataview.cli", "explore", *args, "--no-browser"],
            env=env, cwd=folder, stdout=subprocess.PIPE, stderr=stderr, text=True,
        )  # fmt: skip
        try:
            assert process.stdout is not None
            address = process.stdout.readline().strip()
            assert address.startswith("http"), log.read_text()
            yield address
        finally:
            process.terminate()
            process.wait(30)


def explorer(page: Page) -> Widget:
    """The explorer in the tab in front."""
    root = page.locator(".dataview-tab:visible").get_by_test_id("dataview")
    root.wait_for(state="visible", timeout=2 * SLOW)
    return Widget(page, root)


def test_explore_opens_a_folder_in_a_tab(page: Page, pictures: Path, tmp_path: Path) -> None:
    with command(pictures.parent, tmp_path, pictures.name) as address:
        page.goto(address, timeout=2 * SLOW)
        widget = explorer(page)
        expect(widget.part("count")).to_have_text("0 of 32 selected", timeout=SLOW)
        widget.wait_for_map("umap", timeout=4 * SLOW)
        expect(page.get_by_role("dialog")).to_have_count(0)


def test_explore_opens_what_is_elsewhere_and_a_glob_without_a_question(
    page: Page, pictures: Path, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    with command(elsewhere, tmp_path / "home", f"{pictures}/bark/*.png") as address:
        page.goto(address, timeout=2 * SLOW)
        expect(explorer(page).part("count")).to_have_text("0 of 17 selected", timeout=SLOW)
        expect(page.get_by_role("dialog")).to_have_count(0)


def test_explore_opens_a_bucket_without_a_question(page: Page, s3: Bucket, tmp_path: Path) -> None:
    for i in range(12):
        s3.put(f"cats & dogs/{i}.png", noise(i))
    credentials = {
        "AWS_ACCESS_KEY_ID": s3.options["key"],
        "AWS_SECRET_ACCESS_KEY": s3.options["secret"],
        "AWS_ENDPOINT_URL": s3.address,
    }
    with command(tmp_path, tmp_path / "home", s3.url("cats & dogs"), **credentials) as address:
        page.goto(address, timeout=2 * SLOW)
        expect(explorer(page).part("count")).to_have_text("0 of 12 selected", timeout=SLOW)
        expect(page.get_by_role("dialog")).to_have_count(0)
        page.goto(address.replace("key=", "other="), timeout=2 * SLOW)
        dialog = page.get_by_role("dialog")
        expect(dialog).to_contain_text(s3.url("cats & dogs"), timeout=SLOW)
