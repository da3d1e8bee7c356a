"""Times the main paths beside what one would use instead, and prints a table (see README.md)."""

from __future__ import annotations

import argparse
import gzip
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.bench.measuring import DATA, MEASURES, ROOT, Numbers, measure, seconds  # noqa: E402


def image_folder() -> Path:
    """CIFAR-10's training images, or the digits where they are missing."""
    cifar = DATA / "classification" / "cifar10" / "train"
    if cifar.is_dir():
        return cifar
    from PIL import Image
    from sklearn.datasets import load_digits

    folder = Path(tempfile.gettempdir()) / "dataview-bench-digits"
    if not folder.exists():
        digits = load_digits()
        for i, (image, label) in enumerate(zip(digits.images, digits.target, strict=True)):
            path = folder / str(label) / f"{i}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray((image * 255 / 16).astype("uint8")).resize((32, 32)).save(path)
    return folder


# --- explore ------------------------------------------------------------------------------------


@measure
def explore() -> Numbers:
    folder = image_folder()
    passed: Numbers = {}

    def note(what: str) -> None:
        passed[f"explore: {what} | dataview, s"] = time.perf_counter() - start

    start = time.perf_counter()
    import pandas  # noqa: F401

    import dataview as dv

    call = dv.explore  # loads its module
    note("the imports alone, pandas among them")
    start = time.perf_counter()
    ex = call(folder)
    note("returns")
    ex._answers.thumbnails({"rows": list(range(48)), "size": 96}, threading.Event())
    note("first 48 pictures")
    for stage, what in {
        "scan": "statistics of every image",
        "embedding": "embedding",
        "pca": "PCA map",
        "umap": "UMAP map",
    }.items():
        ex.wait(stage)
        note(what)
    ex.close()
    return passed


@measure
def explore_by_hand() -> Numbers:
    """What one writes without dataview: it blocks the cell, and shows nothing before the end."""
    folder = image_folder()
    start = time.perf_counter()
    import numpy as np
    import pandas as pd
    from PIL import Image

    paths = sorted(path for path in folder.rglob("*") if path.suffix in {".png", ".jpg"})
    images, rows = [], []
    for path in paths:
        with Image.open(path) as opened:
            image = np.asarray(opened.convert("RGB"))
        grey = image.mean(axis=2) / 255
        sharpness = np.diff(grey, axis=0).var() + np.diff(grey, axis=1).var()
        counts = np.bincount(image.ravel(), minlength=256) / image.size
        entropy = -(counts[counts > 0] * np.log2(counts[counts > 0])).sum()
        rows.append((str(path), path.parent.name, grey.mean(), grey.std(), sharpness, entropy))
        images.append(image)
    names = ["path", "label", "brightness", "contrast", "sharpness", "entropy"]
    pd.DataFrame(rows, columns=names)
    what = "explore: statistics of every image | Pillow and NumPy loop with its imports, s"
    passed = {what: time.perf_counter() - start}
    import umap

    umap.UMAP().fit_transform(np.stack(images).reshape(len(images), -1))
    passed["explore: UMAP map | the same, then umap-learn on pixels, s"] = (
        time.perf_counter() - start
    )
    return passed


# --- browser ------------------------------------------------------------------------------------


@measure
def browser() -> Numbers:
    from playwright.sync_api import sync_playwright

    from tests.browser.chromium import find_chromium
    from tests.browser.conftest import CHROMIUM_ARGS, Lab, Notebook

    cells = ["import dataview as dv", f"ex = dv.explore({str(image_folder())!r})\nex"]
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        lab = Lab(Path(folder))
        chromium = playwright.chromium.launch(
            executable_path=find_chromium(), args=CHROMIUM_ARGS, headless=True
        )
        try:
            page = chromium.new_context(viewport={"width": 1500, "height": 1000}).new_page()
            notebook = Notebook(page, lab, cells)
            notebook.run(0)
            start = time.perf_counter()
            notebook.start(1)
            page.wait_for_function(
                "() => [...document.querySelectorAll('.dataview img')].some((i) => i.naturalWidth)"
            )
            first = time.perf_counter() - start
            notebook.widget().wait_for_map("umap", timeout=300_000)
            return {
                "JupyterLab: first picture painted | dataview, s": first,
                "JupyterLab: UMAP map shown | dataview, s": time.perf_counter() - start,
            }
        finally:
            chromium.close()
            lab.stop()


# --- lasso --------------------------------------------------------------------------------------


@measure
def lasso() -> Numbers:
    import numpy as np
    import pandas as pd
    import shapely
    from matplotlib.path import Path as Outline

    import dataview as dv
    from dataview.dataset import Stream
    from dataview.explorer import Explorer

    n = 1_000_000
    rng = np.random.default_rng(0)
    points = rng.normal(size=(n, 2)).astype(np.float32)
    frame = pd.DataFrame(
        {"label": rng.choice(["cat", "dog", "bird"], n), "brightness": rng.random(n)},
        index=[f"image {i}" for i in range(n)],
    )
    angle = np.linspace(0, 2 * np.pi, 200, endpoint=False)
    radius = 0.83 + 0.1 * np.sin(7 * angle)
    outline = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    polygon = [tuple(corner) for corner in outline.tolist()]

    ds = dv.Dataset(frame, streams={"image": Stream(np.zeros((n, 1, 1, 3), np.uint8))})
    ex = Explorer(ds.with_projection("map", points))
    message = {"_selection": {"op": "lasso", "on": "map", "polygon": [list(p) for p in polygon]}}

    def by_widget() -> pd.DataFrame:
        ex.set_state(message)
        return ex.selected

    def by_shapely() -> pd.DataFrame:
        shape = shapely.Polygon(polygon)
        shapely.prepare(shape)
        return frame[shapely.contains_xy(shape, points[:, 0], points[:, 1])]

    def by_matplotlib() -> pd.DataFrame:
        return frame[Outline(outline).contains_points(points)]

    what = f"lasso, {len(by_widget()):,} of {n:,} rows to a DataFrame"
    assert by_widget().equals(by_shapely())
    ex.select(dv.lasso([(0, 0), (1, 0), (0, 1)], on="map"))
    assert len(ex.selected) > 0  # forgets the mask of the polygon that is timed
    return {
        f"{what} | dataview, ms": 1e3 * seconds(by_widget),
        f"{what} | shapely and pandas, ms": 1e3 * seconds(by_shapely),
        f"{what} | matplotlib and pandas, ms": 1e3 * seconds(by_matplotlib),
    }


# --- import, encode, bundle ---------------------------------------------------------------------


@measure
def import_() -> Numbers:
    def fresh(module: str) -> float:
        code = "import time; start = time.perf_counter(); import {0}; print(time.perf_counter() - start)"
        return float(subprocess.check_output([sys.executable, "-c", code.format(module)], cwd=ROOT))

    return {
        "import | dataview, s": fresh("dataview"),
        "import | pandas, s": fresh("pandas"),
        "import | umap, s": fresh("umap"),
    }


@measure
def encode() -> Numbers:
    import numpy as np

    import dataview as dv

    ds = dv.read(image_folder())
    images = np.stack([ds.image(i) for i in range(0, len(ds), max(1, len(ds) // 1000))][:1000])
    embedder = dv.DictionaryEmbedder()
    learn = seconds(lambda: embedder.fit(images))
    rate = len(images) / seconds(lambda: embedder.transform(images))
    rows = {
        f"embedding: learning it from {len(images):,} images | dataview, s": learn,
        "embedding: encoding once learnt | dataview, images/s": rate,
    }
    try:
        import torch
        import torchvision
    except (ImportError, RuntimeError):
        return rows
    network = torchvision.models.resnet18().eval()
    with torch.inference_mode():
        for size, count in [(64, 256), (224, 64)]:
            batch = torch.zeros(count, 3, size, size)
            network(batch[:8])
            rate = count / seconds(lambda batch=batch: network(batch))
            rows[f"embedding: encoding once learnt | ResNet-18 at {size} px, images/s"] = rate
    return rows


@measure
def bundle() -> Numbers:
    rows: Numbers = {}
    for folder, what in [("static", "widget"), ("labextension", "JupyterLab extension")]:
        files = [p for p in (ROOT / "dataview" / folder).rglob("*") if p.suffix in {".js", ".css"}]
        size = sum(len(gzip.compress(path.read_bytes(), 9)) for path in files)
        rows[f"bundle: {what} | dataview, KB gzip"] = size / 1024
    return rows


from tests.bench import maps, scans  # noqa: E402, F401  they register their own

# --- the table ----------------------------------------------------------------------------------


def in_a_fresh_process(name: str) -> Numbers:
    command = [sys.executable, str(Path(__file__).resolve()), "--one", name]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    if done.returncode:
        print(f"  {name} failed: {(done.stderr.strip() or '?').splitlines()[-1]}", file=sys.stderr)
        return {}
    return dict(json.loads(done.stdout.splitlines()[-1]))


def show(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=", ".join(MEASURES))
    parser.add_argument("--runs", type=int, default=3, help="how often each is measured (3)")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(MEASURES[options.one]()))
        return
    unknown = set(options.names) - set(MEASURES)
    if unknown:
        parser.error(f"no measurement {', '.join(unknown)}; there are {', '.join(MEASURES)}")

    folder = image_folder()
    count = sum(1 for path in folder.rglob("*") if path.is_file())
    print(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(f"images: {count:,} in {'/'.join(folder.parts[-2:])}\n")
    table: dict[str, list[float]] = {}
    for name in options.names or MEASURES:
        for _ in range(1 if name == "bundle" else options.runs):
            print(f"  {name} ...", end="\r", file=sys.stderr, flush=True)
            for row, number in in_a_fresh_process(name).items():
                table.setdefault(row, []).append(number)

    print("| what | by | median | fastest to slowest | unit |\n|---|---|--:|--:|---|")
    for row in sorted(table, key=lambda row: row.split(" | ")[0].split(":")[0]):
        numbers = table[row]
        what, by = row.split(" | ")
        by, unit = by.rsplit(", ", 1)
        spread = f"{show(min(numbers))} to {show(max(numbers))}"
        print(f"| {what} | {by} | {show(statistics.median(numbers))} | {spread} | {unit} |")


if __name__ == "__main__":
    main()
