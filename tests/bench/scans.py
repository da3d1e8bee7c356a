"""The scan beside cleanvision, a Pillow loop, and the decoder alone; the cache, memory, and a network."""

from __future__ import annotations

import contextlib
import io
import os
import resource
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.bench.measuring import Numbers, jpegs, measure, seconds


@contextlib.contextmanager
def empty_cache() -> Iterator[None]:
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DATAVIEW_CACHE"] = folder
        yield


def decoded(folder: Path, size: int) -> None:
    """The machine's limit: scaled decoding and nothing else, in as many threads as processors."""
    from PIL import Image

    from dataview.threads import processors

    def decode(path: Path) -> None:
        with Image.open(path) as image:
            image.draft(None, (size, size))
            image.load()

    with ThreadPoolExecutor(processors()) as pool:
        list(pool.map(decode, sorted(folder.iterdir())))


def pillow_loop(folder: Path) -> None:
    """What one writes by hand: statistics, average hash and thumbnail of the full image."""
    import numpy as np
    from PIL import Image

    for path in sorted(folder.iterdir()):
        with Image.open(path) as image:
            rgb = np.asarray(image.convert("RGB"))
            grey = np.asarray(image.convert("L"), np.float32) / 255
            grey.mean(), grey.std(), rgb.mean(axis=(0, 1)), rgb.std(axis=(0, 1))
            np.histogram(grey, 256)
            (np.diff(grey, axis=0) ** 2).mean()
            small = image.convert("L").resize((8, 8))
            (np.asarray(small) > np.asarray(small).mean()).tobytes()
            image.thumbnail((128, 128))
            image.save(io.BytesIO(), "JPEG", quality=85)


def by_cleanvision(folder: Path) -> None:
    from cleanvision import Imagelab

    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        Imagelab(data_path=str(folder)).find_issues()


def scans(width: int, height: int, count: int, few: int) -> Numbers:
    import dataview as dv

    folder, some = jpegs(width, height, count), jpegs(width, height, few)
    what = f"scan {width} x {height}"
    with empty_cache():
        dv.scan(jpegs(width, height, 8), progress=False)  # imports, and a first file in the cache
        passed = {
            f"{what} | dataview, images/s": count
            / seconds(lambda: dv.scan(folder, progress=False)),
            f"{what} a second time | dataview, images/s": count
            / seconds(lambda: dv.scan(folder, progress=False)),
        }
    decoded(some, 128)
    passed[f"{what} | scaled decode alone, images/s"] = count / seconds(
        lambda: decoded(folder, 128)
    )
    passed[f"{what} | Pillow and NumPy loop, images/s"] = few / seconds(lambda: pillow_loop(some))
    by_cleanvision(jpegs(width, height, 8))
    passed[f"{what} | cleanvision, images/s"] = few / seconds(lambda: by_cleanvision(some))
    return passed


@measure
def scan_large() -> Numbers:
    return scans(3000, 2000, 960, 48)  # fewer would time the start and the end


@measure
def scan_small() -> Numbers:
    return scans(256, 256, 6000, 1000)


@measure
def scan_network() -> Numbers:
    """Decoding and a network together, beside the sum of the two alone."""
    import numpy as np
    import torchvision

    import dataview as dv

    folder = jpegs(256, 256, 2000)
    network = torchvision.models.mobilenet_v3_small(weights=None).eval()
    embedder = dv.TorchEmbedder(network, penultimate=True)
    images = np.random.default_rng(0).integers(0, 256, (2000, 224, 224, 3), np.uint8)
    embedder.transform(images[:64])
    ds = dv.read(folder)
    dv.scan(ds[np.arange(len(ds)) < 8], cache=False, progress=False)
    alone = seconds(lambda: dv.scan(ds, cache=False, progress=False))
    network_alone = seconds(
        lambda: [embedder.transform(images[k : k + 64]) for k in range(0, 2000, 64)]
    )
    both = seconds(lambda: dv.scan(ds, embed=embedder, cache=False, progress=False))
    what = "2,000 images of 256 x 256, mobilenet_v3_small"
    return {
        f"{what} | scan alone, s": alone,
        f"{what} | network alone, s": network_alone,
        f"{what} | both in one scan, s": both,
        f"{what} | both as a share of the sum, x": both / (alone + network_alone),
    }


@measure
def explore_warm() -> Numbers:
    """Explore 100,000 small files, then again in a fresh process, all of it from the cache."""
    import pandas  # noqa: F401

    import dataview as dv

    folder = hundred_thousand()
    cache = folder.parent / "cache"
    os.environ["DATAVIEW_CACHE"] = str(cache)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert callable(dv.explore)  # its module is loaded

    def run() -> float:
        start = time.perf_counter()
        ex = dv.explore(folder, project="pca")
        while not ex.dataset.projections:
            time.sleep(0.01)
        shown = time.perf_counter() - start
        ex.wait()
        ex.close()
        return shown

    if not (cache / "done").exists():
        dv.scan(folder, embed="dictionary", progress=False)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss + of_processes()
        run()
        (cache / "done").touch()
        what = "scan and embed 100,000 images, peak memory of all processes above the imports"
        return {f"{what} | dataview, MB": (peak - before) / 1024}
    return {"explore 100,000 cached images, to their map | dataview, s": run()}


def of_processes() -> int:
    """KB that the processes that decode have had at most, together."""
    from dataview.workers import shared_pool

    peak = 0
    for process in shared_pool().processes:
        with contextlib.suppress(OSError):  # no Linux
            status = Path(f"/proc/{process}/status").read_text()
            peak += int(status.partition("VmHWM:")[2].split()[0])
    return peak


def hundred_thousand() -> Path:
    """100,000 JPEG files of 64 x 64, no two alike."""
    small = sorted(jpegs(64, 64, 2000).iterdir())
    folder = Path(tempfile.gettempdir()) / "dataview-bench-100k" / "images"
    if not (folder.parent / "done").exists():
        folder.mkdir(parents=True, exist_ok=True)
        for i in range(100_000):
            data = small[i % len(small)].read_bytes()
            (folder / f"{i:06}.jpg").write_bytes(data + i.to_bytes(4, "little"))
        (folder.parent / "done").touch()
    return folder
