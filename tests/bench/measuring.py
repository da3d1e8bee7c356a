"""What the benchmarks share: where they are registered, a clock, and the pictures they use."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("DATAVIEW_TEST_DATA", ROOT.parent / "shared" / "data"))

Numbers = dict[str, float]
MEASURES: dict[str, Callable[[], Numbers]] = {}


def measure(function: Callable[[], Numbers]) -> Callable[[], Numbers]:
    """Registers a function that times rows of the table: ``"what | by what, unit"`` -> number."""
    MEASURES[function.__name__.rstrip("_")] = function
    return function


def seconds(function: Callable[[], object]) -> float:
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def photographs() -> list[Image.Image]:
    """Real photographs of at least 768 pixels, or made ones where they are missing."""
    files = sorted((DATA / "photos").glob("brighton*/**/*.[jJ]*")) + sorted(
        (DATA / "photos").glob("opensfm/**/*.jpg")
    )
    photos = [Image.open(file).convert("RGB") for file in files]
    photos = [photo for photo in photos if min(photo.size) >= 768]
    if not photos:
        rng = np.random.default_rng(0)
        for _ in range(4):  # octaves of noise, which cost a decoder about what a photograph does
            canvas = Image.new("RGB", (3000, 2000))
            for k in range(2, 9):
                noise = rng.integers(0, 256, (2000 >> k, 3000 >> k, 3), np.uint8)
                layer = Image.fromarray(noise).resize((3000, 2000), Image.Resampling.BICUBIC)
                canvas = Image.blend(canvas, layer, 0.3)
            photos.append(canvas)
    return photos


def jpegs(width: int, height: int, count: int) -> Path:
    """A folder of JPEG files (quality 90) of one size, cut from photographs; made once."""
    folder = Path(tempfile.gettempdir()) / f"dataview-bench-{width}x{height}-{count}"
    if (folder / "done").exists():
        return folder / "images"
    (folder / "images").mkdir(parents=True, exist_ok=True)
    photos, rng = photographs(), np.random.default_rng(0)
    for i in range(count):
        photo = photos[i % len(photos)]
        scale = min(photo.width / width, photo.height / height) * rng.uniform(0.5, 1)
        x = rng.uniform(0, photo.width - width * scale)
        y = rng.uniform(0, photo.height - height * scale)
        box = (x, y, x + width * scale, y + height * scale)
        picture = photo.resize((width, height), Image.Resampling.BICUBIC, box=box)
        picture.save(folder / "images" / f"{i:06}.jpg", quality=90)
    (folder / "done").touch()
    return folder / "images"
