"""Kinds of pictures, on real photographs, on figures of matplotlib and on pictures made here."""

import io

import matplotlib
import numpy as np
import pytest
from PIL import Image

from dataview.image import open_image
from dataview.statistics import image_statistics

matplotlib.use("Agg")


def of(source: object, name: str = "kind") -> object:
    return image_statistics(open_image(source, 128))[name]


def photographs(data):
    """Pictures of cameras, about two hundred."""
    yield from sorted((data / "photos" / "opensfm").rglob("*.jpg"))
    yield from sorted((data / "detection" / "coco128" / "images").rglob("*.jpg"))[::2]
    yield from sorted((data / "detection" / "bccd" / "JPEGImages").iterdir())[::12]
    yield from sorted((data / "classification" / "imagenet_samples" / "images").iterdir())[::2]
    yield from sorted((data / "segmentation" / "camvid" / "train" / "images").iterdir())[::3]
    yield from sorted((data / "stereo" / "stereo_chessboard_gray").glob("left*.jpg"))


def figures(format: str):
    """A dozen figures as matplotlib saves them."""
    import matplotlib.pyplot as plt

    rng = np.random.default_rng(0)
    draw = [
        lambda ax: ax.plot(rng.normal(size=(200, 3)).cumsum(axis=0)),
        lambda ax: ax.bar(range(8), rng.random(8)),
        lambda ax: ax.scatter(*rng.normal(size=(2, 300)), s=12),
        lambda ax: ax.hist(rng.normal(size=999), 30),
        lambda ax: ax.pie(rng.random(5)),
        lambda ax: ax.contourf(rng.random((6, 6)), 5),
    ]
    for i, fill in enumerate(draw * 2):
        figure, axes = plt.subplots(figsize=(6.4, 4.8) if i % 2 else (5, 5))
        fill(axes)
        file = io.BytesIO()
        figure.savefig(file, format=format, dpi=(100, 200)[i % 2])
        plt.close(figure)
        yield file.getvalue()


def test_photographs_are_photographs_or_nothing_is_said(data):
    kinds = [of(path) for path in photographs(data)]
    assert set(kinds) <= {"photo", None} and kinds.count("photo") / len(kinds) > 0.95


def test_photographs_out_of_focus_are_no_drawings(data):
    kinds = []
    for path in list(photographs(data))[::8]:
        small = open_image(path, 128).image
        kinds.append(of(small.resize((small.width // 6, small.height // 6)).resize(small.size)))
    assert kinds.count("drawing") <= 1


@pytest.mark.parametrize("format", ["png", "jpg"])
def test_figures_of_matplotlib_are_drawings_or_nothing_is_said(format):
    kinds = [of(figure) for figure in figures(format)]
    assert set(kinds) <= {"drawing", None} and kinds.count("drawing") >= 8


def test_label_masks_are_drawings(data):
    masks = sorted((data / "segmentation" / "camvid").rglob("masks/*.png"))
    assert {of(path) for path in masks} == {"drawing"}


def page(width: int, height: int) -> Image.Image:
    """A page with panels and rows of something like text."""
    rng = np.random.default_rng(0)
    array = np.full((height, width, 3), 250, np.uint8)
    array[: height // 12] = (40, 80, 200)
    array[:, : width // 6] = (230, 230, 235)
    for y in range(height // 8, height - 30, 24):
        text = rng.random(width // 2) < 0.4
        array[y : y + 9, width // 4 : width // 4 + text.size][:, text] = 40
    return Image.fromarray(array)


@pytest.mark.parametrize("size", [(1920, 1080), (1170, 2532), (1366, 768), (2048, 1536)])
def test_what_is_flat_and_as_large_as_a_screen_is_a_screenshot(size):
    assert of(page(*size)) == "screenshot"
    assert of(page(size[0] - 7, size[1])) in ("drawing", None)


def test_a_photograph_as_large_as_a_screen_is_a_photograph(data):
    path = next((data / "photos" / "opensfm").rglob("*.jpg"))
    assert of(open_image(path).image.resize((1920, 1080))) == "photo"


def test_a_product_before_white_is_not_called_a_drawing(data):
    drawn = 0
    for path in list(photographs(data))[:20]:
        small = open_image(path, 128).image.crop((0, 0, 150, 120))
        cut = Image.new("RGB", (260, 240), "white")
        cut.paste(small, (55, 60))
        drawn += of(cut) == "drawing"
    assert drawn <= 1


@pytest.mark.parametrize("shape", [(28, 28), (1, 1), (5, 900), (31, 400)])
def test_nothing_is_said_of_tiny_pictures(shape):
    rng = np.random.default_rng(0)
    assert of(rng.integers(0, 256, (*shape, 3), np.uint8)) is None
    assert of(np.zeros(shape, np.uint8)) is None


def test_nothing_is_said_of_a_single_color():
    assert of(Image.new("RGB", (1920, 1080), "navy")) is None


# -- round pictures ------------------------------------------------------------------------------


def test_pictures_of_a_fisheye_lens_are_found(data):
    paths = sorted((data / "stereo" / "fisheye_stereo").glob("*.jpg"))
    assert len(paths) == 24 and all(of(path, "fisheye") for path in paths)


def test_other_pictures_are_not_round(data):
    assert not any(of(path, "fisheye") for path in photographs(data))
    assert not any(of(figure, "fisheye") for figure in figures("png"))


def disc(x: float, y: float, radius: float, frame: float = 6, shape=(240, 360)) -> np.ndarray:
    """Noise within a circle."""
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    inside = (columns - x) ** 2 + (rows - y) ** 2 < radius**2
    scene = rng.normal(120, 30, (*shape, 1)) * inside[..., None]
    return np.clip(scene + frame + rng.normal(0, 1, (*shape, 3)), 0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    ("x", "y", "radius"), [(180, 120, 110), (165, 112, 100), (190, 125, 140), (180, 120, 160)]
)
def test_discs_are_round_even_off_the_middle_and_cut(x, y, radius):
    assert of(disc(x, y, radius), "fisheye") is True
    assert of(disc(x, y, radius).transpose(1, 0, 2), "fisheye") is True


@pytest.mark.parametrize(
    "picture",
    [
        disc(180, 120, 40),  # a ball in the dark
        disc(180, 120, 230),  # no corner is free of it
        disc(180, 120, 110, frame=90),  # a bright frame
        np.kron(np.eye(2), np.ones((120, 120)))[..., None] * np.full(3, 120.0),
        np.pad(np.full((120, 200, 3), 120, np.uint8), ((60, 60), (60, 60), (0, 0))),  # a rectangle
        np.zeros((200, 300, 3), np.uint8),
    ],
)
def test_other_bright_things_in_the_dark_are_not_round(picture):
    assert of(np.asarray(picture, np.uint8), "fisheye") is False


def test_vignetting_is_no_border():
    rows, columns = np.mgrid[:240, :360]
    away = np.hypot(columns - 180, rows - 120) / 216
    shaded = np.clip(180 * (1.05 - away**2), 0, 255).astype(np.uint8)
    assert of(shaded, "fisheye") is False
