"""Statistics, against OpenCV, scikit-image, Pillow and cleanvision."""

import json
import math
import warnings
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime

import cv2
import numpy as np
import pandas as pd
import pytest
from cleanvision.issue_managers.image_property import (
    BlurrinessProperty,
    calc_percentile_brightness,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image, ImageStat
from scipy import ndimage
from skimage import color, measure

from dataview.hashes import digest
from dataview.image import ImageError, open_image
from dataview.statistics import (
    STATISTICS,
    STATISTICS_SIZE,
    batch_statistics,
    column_kind,
    image_statistics,
    reduce_to,
    statistic_column,
)


def textured(height: int, width: int, seed: int = 0) -> np.ndarray:
    """A colourful picture with structure at several scales, (height, width, 3) uint8."""
    rng = np.random.default_rng(seed)
    coarse = rng.uniform(0, 255, (height // 15 + 1, width // 15 + 1, 3))
    zoom = (height / coarse.shape[0], width / coarse.shape[1], 1)
    smooth = ndimage.zoom(coarse, zoom, order=1)
    return np.clip(smooth + rng.normal(0, 12, smooth.shape), 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    return textured(150, 200)


def of(source: object, size: int | None = None) -> dict:
    return image_statistics(open_image(source, size))


def blurry_score(image: Image.Image) -> float:
    """1 - what cleanvision calls the blurry score, with its own numbers."""
    check = BlurrinessProperty()
    scores = check.get_scores(
        pd.DataFrame([check.calculate(image)]),
        "blurry",
        normalizing_factor=0.01,
        color_threshold=0.18,
    )
    return 1 - float(scores["blurry_score"].iloc[0])


def colorfulness(rgb: np.ndarray) -> float:
    """M3 of Hasler and Suesstrunk, in double precision."""
    r, g, b = rgb.reshape(-1, 3).T.astype(float)
    rg, yb = r - g, (r + g) / 2 - b
    return float(np.hypot(rg.std(), yb.std()) + 0.3 * np.hypot(rg.mean(), yb.mean()))


# -- against other implementations ---------------------------------------------------------------


def assert_like_others(rgb: np.ndarray) -> None:
    found = of(rgb)
    gray = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    assert found["brightness"] * 255 == pytest.approx(gray.mean(), abs=0.51)
    assert found["contrast"] * 255 == pytest.approx(gray.std(), abs=0.51)
    stat = ImageStat.Stat(Image.fromarray(rgb))
    for i, name in enumerate(("red", "green", "blue")):
        assert found[f"{name}_mean"] * 255 == pytest.approx(stat.mean[i], abs=1e-6)
        assert found[f"{name}_std"] * 255 == pytest.approx(stat.stddev[i], abs=1e-4)
    assert found["saturation"] == pytest.approx(color.rgb2hsv(rgb)[..., 1].mean(), abs=1e-5)
    assert found["colorfulness"] == pytest.approx(colorfulness(rgb), rel=2e-4, abs=1e-3)
    entropies = [measure.shannon_entropy(rgb[..., i]) for i in range(3)]
    assert found["entropy"] == pytest.approx(np.mean(entropies), abs=1e-9)
    whole = Image.fromarray(rgb).entropy()
    assert found["entropy"] == pytest.approx(whole - math.log2(3), abs=1e-6)
    p05, p99 = calc_percentile_brightness(Image.fromarray(rgb), [5, 99])
    assert found["brightness_p05"] == pytest.approx(p05, abs=1e-6)
    assert found["brightness_p99"] == pytest.approx(p99, abs=1e-6)


@settings(max_examples=60, deadline=None)
@given(
    arrays(
        np.uint8,
        st.tuples(st.integers(1, 20), st.integers(1, 20), st.just(3)),
        elements=st.integers(0, 255),
    )
)
def test_any_small_image_has_the_numbers_of_other_libraries(rgb):
    assert_like_others(rgb)


@pytest.mark.parametrize("shape", [(90, 90), (150, 200), (255, 129), (3, 700)])
def test_light_and_color_are_those_of_other_libraries(shape):
    rgb = textured(*shape)
    if rgb.shape[0] * rgb.shape[1] < 1 << 13:  # above, percentiles are those of a sample
        return assert_like_others(rgb)
    found = of(rgb)
    p05, p99 = calc_percentile_brightness(Image.fromarray(rgb), [5, 99])
    assert found["brightness_p05"] == pytest.approx(p05, abs=0.01)
    assert found["brightness_p99"] == pytest.approx(p99, abs=0.01)
    assert found["colorfulness"] == pytest.approx(colorfulness(rgb), rel=2e-4)
    assert found["saturation"] == pytest.approx(color.rgb2hsv(rgb)[..., 1].mean(), abs=1e-5)


def test_photographs_have_the_numbers_of_other_libraries(data):
    for path in sorted((data / "photos" / "opensfm").rglob("*.jpg"))[::4]:
        rgb = open_image(path, 128).array[:80, :100]
        assert_like_others(np.ascontiguousarray(rgb))


@pytest.mark.parametrize("shape", [(3, 3), (4, 50), (150, 200), (201, 133)])
def test_sharpness_is_the_deviation_of_opencvs_laplacian(shape):
    rgb = textured(*shape)
    luma = np.asarray(Image.fromarray(rgb).convert("L"))
    laplacian = cv2.Laplacian(luma, cv2.CV_64F, ksize=1)[1:-1, 1:-1]
    assert of(rgb)["sharpness"] == pytest.approx(laplacian.std() / 255, rel=1e-4, abs=1e-6)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 64), st.integers(1, 64), st.integers(1, 255), st.integers(0, 99))
def test_blurriness_of_a_small_image_is_cleanvisions(height, width, levels, seed):
    rng = np.random.default_rng(seed)
    rgb = rng.integers(0, levels + 1, (height, width, 3)).astype(np.uint8)
    assert of(rgb)["blurriness"] == pytest.approx(blurry_score(Image.fromarray(rgb)), abs=1e-6)


def test_blurriness_and_brightness_of_files_agree_with_cleanvision(data):
    """Where the full picture is larger, means over blocks of it make little difference."""
    photos = data / "photos"
    paths = sorted((data / "detection" / "bccd" / "JPEGImages").iterdir())[::24]
    paths += sorted((data / "detection" / "coco128" / "images").rglob("*.jpg"))[::6]
    paths += [*photos.glob("opensfm/lund/images/*.jpg"), *photos.glob("exif_py/jpg/*.jpg")]
    rows = []
    for path in paths:
        with Image.open(path) as image:
            p05, p99 = calc_percentile_brightness(image, [5, 99])
            expected = (p05, p99, blurry_score(image), image.entropy())
        found = of(path, STATISTICS_SIZE)
        names = ("brightness_p05", "brightness_p99", "blurriness", "entropy")
        rows.append((expected, [found[name] for name in names]))
    expected, found = np.array(rows).transpose(1, 0, 2)
    off = np.abs(expected - found)
    assert (off[:, :3].mean(axis=0) < 0.02).all() and (off[:, :3].max(axis=0) < 0.2).all()
    for at, threshold in ((0, 0.95), (1, 0.32), (2, 0.71)):  # light, dark, blurry
        near = np.abs(expected[:, at] - threshold) < 0.02
        assert (((expected > threshold) == (found > threshold))[:, at] | near).all()


def test_a_blurred_picture_is_blurrier_and_less_sharp(photo):
    image = Image.fromarray(np.asarray(Image.fromarray(photo).resize((800, 600))))
    scores = []
    for radius in (0, 8, 32):
        found = of(Image.fromarray(cv2.GaussianBlur(np.asarray(image), (0, 0), radius or 0.1)))
        scores.append((found["blurriness"], -found["sharpness"]))
    assert scores == sorted(scores)


@pytest.mark.parametrize("change", [lambda v: v * 0.3, lambda v: 150 + v * 0.3])
def test_focus_tells_a_blurred_picture_in_any_light(photo, change):
    large = cv2.resize(photo, (800, 600))
    blurred = cv2.GaussianBlur(large, (0, 0), 800 / 64)
    light = [np.clip(change(v.astype(float)), 0, 255).astype(np.uint8) for v in (large, blurred)]
    sharp, soft = (of(v)["focus"] for v in (large, blurred))
    assert soft < sharp / 3
    assert [of(v)["focus"] for v in light] == pytest.approx([sharp, soft], abs=0.01)
    found = of(large)
    assert found["focus"] == pytest.approx(found["sharpness"] / found["contrast"], rel=0.01)


@pytest.mark.parametrize("shape", [(140, 150), (1, 1), (2, 300)])
def test_a_picture_without_anything_to_see_has_no_focus(shape):
    noise = np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8)
    assert of(np.full((*shape, 3), 77, np.uint8))["focus"] is None
    assert (of(noise)["focus"] is None) == (min(shape) < 3)


# -- gray, and the color that there is most of ---------------------------------------------------


@pytest.mark.parametrize("level", [0, 77, 128, 255])
def test_a_flat_gray_image_has_no_contrast_color_sharpness_or_entropy(level):
    found = of(np.full((140, 150, 3), level, np.uint8))
    assert found["brightness"] == pytest.approx(level / 255)
    assert found["brightness_p05"] == pytest.approx(level / 255, rel=1e-6)
    names = ["contrast", "saturation", "colorfulness", "sharpness", "entropy", "red_std"]
    assert [found[name] for name in names] == [0] * 6
    assert found["grayscale"] is True and found["kind"] is None and found["fisheye"] is False
    assert found["dominant_color"] == "#" + f"{level:02x}" * 3


def test_gray_is_what_has_no_color_even_after_a_lossy_codec(photo, tmp_path):
    gray = Image.fromarray(photo).convert("L")
    for name in ("gray.jpg", "gray.webp", "gray.png"):
        gray.convert("RGB").save(tmp_path / name)
        assert of(tmp_path / name)["grayscale"], name
    assert not of(photo)["grayscale"]
    stamped = np.asarray(gray.convert("RGB")).copy()
    stamped[20:30, 20:30] = (200, 30, 30)
    assert not of(stamped)["grayscale"]


def test_the_dominant_color_is_that_of_the_largest_area():
    rgb = np.full((200, 300, 3), (250, 240, 10), np.uint8)
    rgb[:, :120] = (20, 40, 60)
    assert of(rgb)["dominant_color"] == "#faf00a"
    rgb[:, :160] = (20, 40, 60)
    assert of(rgb)["dominant_color"] == "#14283c"


# -- files, sizes, extremes ----------------------------------------------------------------------


def test_names_and_order_are_those_of_the_registry(photo):
    assert list(of(photo)) == list(STATISTICS)
    assert set(STATISTICS.values()) == {"image", "file", "pixels", "color", "camera", "quality"}


def odd_images() -> dict[str, object]:
    rng = np.random.default_rng(0)
    depth = rng.uniform(0, 9, (70, 90)).astype(np.float32)
    depth[:30] = np.nan
    noise = rng.integers(0, 256, (90, 70, 3), np.uint8)
    return {
        "pixel": noise[:1, :1],
        "row": noise[:1],
        "column": noise[:, :1],
        "two": noise[:2, :2],
        "strip": np.tile(noise[:3], (1, 900, 1)),
        "black": np.zeros((300, 200), np.uint8),
        "white": np.full((130, 140), 255, np.uint8),
        "mask": noise[..., 0] > 128,
        "depth": depth,
        "all missing": np.full((40, 40), np.nan),
        "16 bit": (noise[..., 0].astype(np.uint16) << 8),
        "cmyk": Image.fromarray(noise).convert("CMYK"),
        "palette": Image.fromarray(noise).quantize(7),
        "alpha": np.dstack([noise, noise[..., 0]]),
        "lab": Image.fromarray(noise).convert("LAB"),
        "float": noise / 255,
    }


FRACTIONS = (
    "brightness contrast red_mean green_mean blue_mean red_std green_std blue_std saturation "
    "brightness_p05 brightness_p99 blurriness"
).split()


@pytest.mark.parametrize("name", odd_images())
def test_odd_images_have_plain_finite_statistics_within_their_ranges(name):
    found = of(odd_images()[name])
    assert list(found) == list(STATISTICS)
    json.dumps(found, allow_nan=False)
    assert all(-1e-9 <= found[each] <= 1 + 1e-9 for each in FRACTIONS)
    assert 0 <= found["entropy"] <= 8 and found["sharpness"] >= 0 and found["colorfulness"] >= 0
    assert len(found["phash"]) == 16 and len(found["dominant_color"]) == 7


def test_broken_and_odd_files_have_statistics_or_are_no_images(data):
    n = 0
    for path in sorted((data / "broken" / "pillow").rglob("*.*")):
        try:
            decoded = open_image(path, STATISTICS_SIZE)
        except ImageError:
            continue
        n += 1
        json.dumps(image_statistics(decoded), allow_nan=False)
    assert n > 150


def test_a_very_long_strip_takes_the_time_and_memory_of_a_photograph():
    strip = np.tile(textured(200, 600), (1, 120, 1))
    wide, high = of(strip), of(strip.transpose(1, 0, 2))
    assert (wide["width"], wide["height"]) == (72000, 200) == (high["height"], high["width"])
    assert wide["brightness"] == pytest.approx(high["brightness"], abs=1e-3)
    assert wide["brightness"] == pytest.approx(of(strip[:, :600])["brightness"], abs=0.01)


def test_file_facts_are_those_of_the_full_upright_image(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    path = tmp_path / "photo.jpg"
    Image.new("L", (1600, 1200)).save(path, exif=exif)
    content = path.read_bytes()
    found = image_statistics(open_image(path, size=STATISTICS_SIZE), content)
    assert (found["width"], found["height"]) == (1200, 1600)
    assert found["aspect"] == pytest.approx(0.75) and found["megapixels"] == pytest.approx(1.92)
    assert (found["format"], found["channels"], found["bit_depth"]) == ("JPEG", 1, 8)
    assert found["file_size"] == path.stat().st_size and found["orientation"] == 6
    with path.open("rb") as file:
        assert found["digest"] == digest(content) == digest(file)
    assert of(path)["digest"] is None


def test_what_the_camera_wrote_is_among_the_statistics(data):
    found = of(data / "photos" / "exif_py" / "jpg" / "Canon_40D.jpg")
    assert found["camera_model"] == "Canon EOS 40D" and found["captured"] == "2008-05-30T15:56:01"
    assert (found["exposure_time"], found["f_number"]) == (pytest.approx(1 / 160), 7.1)
    assert (found["iso"], found["focal_length"], found["orientation"]) == (100, 135.0, 1)


def test_statistics_hardly_depend_on_the_size_of_the_decode(tmp_path, photo):
    path = tmp_path / "photo.jpg"
    Image.fromarray(photo).resize((1600, 1200)).save(path, quality=95)
    small, large = (of(path, size) for size in (STATISTICS_SIZE, 600))
    for name in ["brightness", "contrast", "saturation", "blurriness", "brightness_p99"]:
        assert small[name] == pytest.approx(large[name], abs=0.01), name


def test_statistics_of_several_images_are_those_of_each(data):
    paths = sorted((data / "classification" / "cifar10").rglob("*.*"))[::400]
    paths += sorted((data / "photos" / "exif_py").rglob("*.jpg"))[::9]
    paths += sorted((data / "stereo" / "fisheye_stereo").glob("*.jpg"))[:3]
    decoded = [open_image(path, STATISTICS_SIZE) for path in paths]
    decoded += [open_image(image) for image in odd_images().values()]
    files = [path.read_bytes() for path in paths] + [None] * len(odd_images())
    expected = [image_statistics(*pair) for pair in zip(decoded, files, strict=True)]
    for found, each in zip(batch_statistics(decoded, files), expected, strict=True):
        assert list(found) == list(each)
        for name, value in each.items():
            close = pytest.approx(value, rel=1e-5, abs=1e-6) if isinstance(value, float) else value
            assert found[name] == close, name
    assert batch_statistics([]) == []


def test_threads_find_the_same_numbers_as_one_alone(data):
    paths = sorted((data / "photos" / "exif_py").rglob("*.jpg"))[:40]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        expected = [of(path, STATISTICS_SIZE) for path in paths]
        with ThreadPoolExecutor(8) as pool:
            assert list(pool.map(lambda path: of(path, STATISTICS_SIZE), paths)) == expected


def test_reducing_keeps_the_short_side_at_the_size_or_more():
    for side in [100, 128, 255, 256, 1000]:
        short = min(reduce_to(np.zeros((side, 2 * side, 3), np.uint8), 128).shape[:2])
        assert short >= min(side, 128) and short < 256


# -- columns -------------------------------------------------------------------------------------


def test_a_scanned_column_is_what_its_values_are():
    index = pd.Index(["a", "b", "c"])
    captured = statistic_column(
        "captured", ["2020-03-01T12:34:56", None, "1899-01-01T00:00:00"], index
    )
    assert column_kind(captured) == "datetime" and captured.index.equals(index)
    assert captured["a"] == pd.Timestamp(2020, 3, 1, 12, 34, 56) and pd.isna(captured["b"])
    assert column_kind(statistic_column("captured", [None, None])) == "datetime"
    assert column_kind(statistic_column("iso", [100, None, 400])) == "number"
    assert column_kind(statistic_column("fisheye", [True, None, False])) == "boolean"
    assert column_kind(statistic_column("kind", ["photo", None, "drawing"])) == "category"


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
