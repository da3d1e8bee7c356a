"""Takes the README's picture: the quick start in JupyterLab, with a lasso around one cluster.

`python -m tests.browser.screenshot` from the root writes nbs/images/explorer.png.
"""

import io
import tempfile
from pathlib import Path

import nbformat
import numpy as np
from PIL import Image
from playwright.sync_api import sync_playwright

from tests.browser.chromium import find_chromium
from tests.browser.conftest import CHROMIUM_ARGS, Lab, Notebook

ROOT = Path(__file__).resolve().parents[2]
SQUARE = [(0.2, 0.2), (0.8, 0.2), (0.8, 0.8), (0.2, 0.8)]
# Where the threes are, in fractions of the map, which the square that was lassoed first tells.
THREES = """
square = np.array(ex.selection.to_json()["polygon"])
points = ex.dataset.projections["umap"][digits.target == 3]
points = points[np.linalg.norm(points - np.median(points, axis=0), axis=1) < 3]
x, y = 0.2 + 0.6 * ((points - square.min(axis=0)) / np.ptp(square, axis=0)).T
print(*np.stack([x, 1 - y], axis=1).ravel().tolist())
"""


def main() -> None:
    cells = [
        cell.source
        for cell in nbformat.read(ROOT / "nbs" / "tutorials" / "quickstart.ipynb", 4).cells
        if cell.cell_type == "code"
    ]
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        lab = Lab(Path(folder))
        chromium = playwright.chromium.launch(
            executable_path=find_chromium(), args=CHROMIUM_ARGS, headless=True
        )
        try:
            context = chromium.new_context(
                viewport={"width": 1500, "height": 1060}, device_scale_factor=1.5
            )
            page = context.new_page()
            notebook = Notebook(page, lab, [cells[0] + "\nimport numpy as np", *cells[1:4]])
            page.evaluate("() => window.jupyterapp.shell.collapseLeft()")
            notebook.run(0)
            notebook.run(1)
            widget = notebook.widget()
            widget.wait_for_map("umap", timeout=300_000)
            widget.lasso(SQUARE)
            page.wait_for_timeout(1000)
            threes = np.array(notebook.run_code(THREES).split(), float).reshape(-1, 2)
            page.evaluate("() => window.jupyterapp.commands.execute('notebook:delete-cell')")
            widget.root.scroll_into_view_if_needed()
            widget.lasso(around(threes))
            page.wait_for_timeout(2500)
            notebook.run(2)
            notebook.run(3)
            widget.root.scroll_into_view_if_needed()
            page.mouse.move(5, 5)
            page.wait_for_timeout(1500)
            picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
        finally:
            chromium.close()
            lab.stop()
    target = ROOT / "nbs" / "images" / "explorer.png"
    target.parent.mkdir(exist_ok=True)
    picture.save(target, optimize=True)
    print(target.relative_to(ROOT), picture.size, f"{target.stat().st_size / 1024:.0f} KB")


def around(points: np.ndarray) -> list[tuple[float, float]]:
    """A loop around points, as a hand would draw it."""
    middle, reach = points.mean(axis=0), np.ptp(points, axis=0) / 2 + 0.015
    angles = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    loop = middle + 1.2 * reach * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return [(x, y) for x, y in loop.tolist()]


if __name__ == "__main__":
    main()
