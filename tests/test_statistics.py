"""Statistics, against OpenCV, scikit-image, SciPy and pandas."""

from datetime import UTC, date, datetime

import cv2
import numpy as np
import pandas as pd
import pytest
from PIL import Image
from scipy import ndimage
from skimage import color, measure

from dataview.image import open_image
from dataview.statistics import (
    STATISTICS_SIZE,
    column_kind,
    image_statistics,
    reduce_to,
    summarize,
)


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    """A colourful picture with structure at several scales, (150, 200, 3) uint8."""
    rng = np.random.default_rng(0)
    coarse = rng.uniform(0, 255, (10, 14, 3))
    smooth = ndimage.zoom(coarse, (15, 200 / 14, 1), order=1)
    return np.clip(smooth + rng.normal(0, 12, smooth.shape), 0, 255).astype(np.uint8)


def of(array: np.ndarray) -> dict:
    return image_statistics(open_image(array))


def test_brightness_and_contrast_are_mean_and_deviation_of_opencvs_grey(photo):
    grey = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY) / 255
    found = of(photo)
    assert found["brightness"] == pytest.approx(grey.mean(), abs=0.002)
    assert found["contrast"] == pytest.approx(grey.std(), abs=0.002)


def test_saturation_is_scikit_images_mean_saturation(photo):
    assert of(photo)["saturation"] == pytest.approx(color.rgb2hsv(photo)[..., 1].mean(), abs=0.003)


def test_entropy_is_scikit_images_shannon_entropy(photo):
    luma = np.asarray(Image.fromarray(photo).convert("L"))
    assert of(photo)["entropy"] == pytest.approx(measure.shannon_entropy(luma), abs=1e-9)


def test_sharpness_is_the_deviation_of_opencvs_laplacian(photo):
    luma = np.asarray(Image.fromarray(photo).convert("L"))
    laplacian = cv2.Laplacian(luma, cv2.CV_64F, ksize=1)[1:-1, 1:-1]
    assert of(photo)["sharpness"] == pytest.approx(laplacian.std() / 255, rel=1e-6)


def test_colorfulness_is_the_formula_of_the_paper(photo):
    r, g, b = photo.reshape(-1, 3).T.astype(float)
    rg, yb = r - g, (r + g) / 2 - b
    m3 = np.sqrt(rg.var() + yb.var()) + 0.3 * np.sqrt(rg.mean() ** 2 + yb.mean() ** 2)
    assert of(photo)["colorfulness"] == pytest.approx(m3, rel=1e-5)


@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_flat_grey_image_has_no_contrast_colour_sharpness_or_entropy(level):
    found = of(np.full((40, 50, 3), level, np.uint8))
    assert found["brightness"] == pytest.approx(level / 255)
    names = ["contrast", "saturation", "colorfulness", "sharpness", "entropy"]
    assert [found[name] for name in names] == [0] * 5


@pytest.mark.parametrize("shape", [(1, 1), (1, 500), (2, 2), (300, 3)])
def test_images_without_inner_pixels_have_finite_statistics(shape):
    found = of(np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8))
    assert all(np.isfinite(v) for v in found.values() if isinstance(v, float))


def test_file_facts_are_those_of_the_full_upright_image(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    path = tmp_path / "photo.jpg"
    Image.new("L", (1600, 1200)).save(path, exif=exif)
    found = image_statistics(open_image(path, size=STATISTICS_SIZE))
    assert (found["width"], found["height"]) == (1200, 1600)
    assert found["aspect"] == pytest.approx(0.75)
    assert (found["format"], found["channels"], found["bit_depth"]) == ("JPEG", 1, 8)
    assert found["file_size"] == path.stat().st_size


def test_statistics_hardly_depend_on_the_size_of_the_decode(tmp_path, photo):
    path = tmp_path / "photo.jpg"
    Image.fromarray(photo).resize((1600, 1200)).save(path, quality=95)
    small, large = (image_statistics(open_image(path, size=s)) for s in (STATISTICS_SIZE, 600))
    for name in ["brightness", "contrast", "saturation"]:
        assert small[name] == pytest.approx(large[name], abs=0.01)


def test_reducing_keeps_the_short_side_at_the_size_or_more():
    for side in [100, 128, 255, 256, 1000]:
        short = min(reduce_to(np.zeros((side, 2 * side, 3), np.uint8), 128).shape[:2])
        assert short >= min(side, 128) and short < 256


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([1, 2, 3], "number"),
        ([1.5, None], "number"),
        (pd.array([1, None], "Int64"), "number"),
        (np.array([1, 2], np.uint8), "number"),
        ([True, False], "boolean"),
        ([True, None], "boolean"),
        (pd.array([True, None], "boolean"), "boolean"),
        (["a", "b"] * 20, "category"),
        ([f"{i}.jpg" for i in range(100)], "text"),
        (pd.Categorical([f"{i}" for i in range(100)]), "category"),
        ([datetime(2026, 1, 1), None], "datetime"),
        ([datetime(2026, 1, 1, tzinfo=UTC)], "datetime"),
        ([date(2026, 1, 1)], "datetime"),
        ([[1, 2], [3]], "text"),
        ([{"a": 1}], "text"),
        ([(1, 2)] * 5, "category"),
        ([1, "a"] * 5, "category"),
        ([None, None], "category"),
        ([], "category"),
        ([1 + 2j], "text"),
    ],
)
def test_kind_of_a_column(values, kind):
    dtype = object if isinstance(values, list) and not values else None
    assert column_kind(pd.Series(values, dtype=dtype)) == kind


def test_histogram_of_numbers_is_numpys():
    values = np.random.default_rng(0).normal(size=1000)
    summary = summarize(pd.Series(values), bins=20)
    counts, edges = np.histogram(values, 20)
    assert np.array_equal(summary.counts, counts)
    assert summary.edges == pytest.approx(edges)
    assert (summary.min, summary.max) == (values.min(), values.max())
    assert summary.mean == pytest.approx(values.mean())
    assert summary.unique == 1000


def test_whole_numbers_have_one_bin_each_where_they_fit():
    summary = summarize(pd.Series([0, 1, 1, 9]))
    assert summary.counts.tolist() == [1, 2, 0, 0, 0, 0, 0, 0, 0, 1]
    wide = summarize(pd.Series(np.arange(0, 1001)), bins=30)
    assert len(wide.counts) <= 30 and wide.counts.sum() == 1001


@pytest.mark.parametrize(
    "values",
    [
        [np.nan, np.inf, -np.inf, 1.0, 2.5],
        [7.5, 7.5, 7.5],
        [1e300, -1e300],
        [1.0, np.nextafter(1.0, 2.0)],
        [2**62, 2**62 + 1, -(2**62)],
        [0.5],
    ],
)
def test_every_value_is_counted_exactly_once(values):
    summary = summarize(pd.Series(values))
    assert summary.counts.sum() + summary.other + summary.missing == len(values)


def test_a_column_without_values_has_an_empty_summary():
    for empty in [pd.Series([], dtype=float), pd.Series([np.nan, np.nan]), pd.Series([None])]:
        summary = summarize(empty)
        assert summary.counts.sum() == 0 and summary.missing == len(empty)


def test_datetimes_are_binned_in_utc_seconds():
    times = pd.Series(pd.to_datetime(["2026-01-01T12:00+02:00", None, "2026-01-02T12:00+02:00"]))
    summary = summarize(times, bins=2)
    assert summary.kind == "datetime" and summary.missing == 1
    assert summary.min == datetime(2026, 1, 1, 10, tzinfo=UTC).timestamp()
    assert summary.counts.tolist() == [1, 1]


def test_categories_are_counted_most_frequent_first():
    summary = summarize(pd.Series(["b"] * 5 + ["a"] * 2 + ["c", None]), top=2)
    assert (summary.categories, summary.counts.tolist()) == (("b", "a"), [5, 2])
    assert (summary.other, summary.missing, summary.unique) == (1, 1, 3)
