"""Every image of every folder is decoded as Pillow decodes it, or refused in words."""

import csv
import io
import os
import socket
import subprocess
import sys
import threading
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from PIL import Image, ImageFile, ImageOps

from dataview.faults import ImageError, diagnose
from dataview.image import full, mime_type, open_image, thumbnail
from dataview.pixels import array_to_rgb, window

# PIL_SAYS.csv calls these readable. Pillow 13 raises on the first `load()` of each and hides it from
# a second one; the table was made after `getexif()`, which loads, had swallowed the error.
FIRST_LOAD_FAILS = {
    "pillow/apng/chunk_no_fctl.png",
    "pillow/broken_data_stream.png",
    "pillow/truncated_end_chunk.png",
}


def encoded(image: Image.Image, format: str = "PNG", **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, format, **options)
    return out.getvalue()


def photo(width: int = 300, height: int = 200, seed: int = 0) -> Image.Image:
    noise = np.random.default_rng(seed).integers(0, 256, (height // 10, width // 10, 3), np.uint8)
    return Image.fromarray(noise).resize((width, height), Image.Resampling.BICUBIC)


def error_of(source: object, size: int | None = None) -> str | None:
    try:
        open_image(source, size)
    except ImageError as error:
        return str(error)
    return None


def pillow_error_of(path: Path) -> str | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(path) as image:
                image.load()
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return None


# -- hostile files -----------------------------------------------------------------------------------


def test_every_hostile_file_is_an_image_exactly_where_pillow_decodes_it(data):
    rows = csv.DictReader((data / "broken" / "PIL_SAYS.csv").read_text().splitlines())
    paths = [row["path"] for row in rows if (data / "broken" / row["path"]).is_file()]
    assert len(paths) > 350
    for path in paths:
        expected = pillow_error_of(data / "broken" / path)
        for size in (None, 96):
            start = time.monotonic()
            found = error_of(data / "broken" / path, size)
            assert (found is None) == (expected is None), (path, size, found, expected)
            assert time.monotonic() - start < 60, path
            assert found is None or 10 < len(found) < 150, found


def test_the_verdicts_are_those_of_the_table_except_for_three_that_pillow_forgets(data):
    rows = csv.DictReader((data / "broken" / "PIL_SAYS.csv").read_text().splitlines())
    differ = set()
    for row in rows:
        path = data / "broken" / row["path"]
        if path.is_file() and (error_of(path, 32) is None) != (row["result"] == "ok"):
            differ.add(row["path"])
    assert differ == FIRST_LOAD_FAILS


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("made/zero_bytes.jpg", "empty file (0 bytes)"),
        ("made/one_byte.jpg", "only 1 byte"),
        ("made/only_soi.jpg", "damaged JPEG"),
        ("made/html_named.jpg", "HTML"),
        ("made/text_named.png", "text that starts with 'not an image'"),
        ("made/git_lfs_pointer.png", "Git LFS pointer"),
        ("made/random_4k.jpg", "not an image"),
        ("made/truncated_50pct.jpg", "truncated JPEG"),
        ("made/bomb_20000x20000_1bit.png", "too large: 400 Mpx"),
        ("heic_needs_plugin/spring_1440x960.heic", "pillow-heif"),
        ("pillow/truncated_image.png", "truncated PNG"),
        ("pillow/hopper_webp.tif", "damaged TIFF"),
        ("pillow/unimplemented_dxgi_format.dds", "unsupported"),
    ],
)
def test_the_error_says_in_words_what_is_wrong(data, name, says):
    assert says in str(error_of(data / "broken" / name))


@pytest.mark.parametrize("size", [None, 8, 64])
def test_half_a_jpeg_is_an_error_at_every_scale(size):
    jpeg = encoded(photo(), "JPEG")
    assert "truncated JPEG" in str(error_of(jpeg[: len(jpeg) // 2], size))


@pytest.mark.parametrize("format", ["JPEG", "PNG", "GIF", "TIFF", "BMP", "WEBP", "PPM", "TGA"])
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(damage=st.data())
def test_damaged_bytes_give_an_image_or_an_image_error(format, damage):
    content = bytearray(encoded(photo(60, 40), format))
    for _ in range(damage.draw(st.integers(1, 8))):
        content[damage.draw(st.integers(0, len(content) - 1))] = damage.draw(st.integers(0, 255))
    content = content[: damage.draw(st.integers(0, len(content)))]
    try:
        assert open_image(bytes(content), 16).array.dtype == np.uint8
    except ImageError as error:
        assert str(error)


@given(st.binary(max_size=200))
def test_any_bytes_are_diagnosed(head):
    assert diagnose(head)


def test_a_bomb_that_pillow_lets_pass_is_decoded_small_in_little_memory(data):
    bomb = data / "broken" / "made" / "bomb_11000x11000_1bit_warns_only.png"
    code = f"""if True:
        import resource
        from dataview.image import open_image
        peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        before = peak()
        decoded = open_image({str(bomb)!r}, 96)
        assert (decoded.width, decoded.height) == (11000, 11000), decoded
        assert max(decoded.array.shape) < 192, decoded.array.shape
        print(peak() - before)"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert float(done.stdout) < 400  # MB; in full and in colour it takes 1,300


def test_the_users_own_pixel_limit_is_obeyed(monkeypatch):
    png = encoded(photo())
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    assert "too large" in str(error_of(png))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)
    assert error_of(png) is None


def test_postscript_is_not_run():
    assert "PostScript" in str(error_of(encoded(photo(), "EPS")))


# -- what is not a file ------------------------------------------------------------------------------


def test_what_is_not_a_regular_file_is_refused_without_opening_it(tmp_path):
    os.mkfifo(tmp_path / "pipe.jpg")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket.jpg"))
        assert "named pipe" in str(
            error_of(tmp_path / "pipe.jpg")
        )  # opening it would wait for ever
        assert "socket" in str(error_of(tmp_path / "socket.jpg"))
    assert "directory" in str(error_of(tmp_path))
    assert "device" in str(error_of("/dev/zero"))


def test_a_missing_file_is_an_image_error_whose_traceback_names_it(tmp_path):
    with pytest.raises(ImageError) as caught:
        open_image(tmp_path / "gone.jpg")
    assert str(caught.value) == "no such file"
    assert "gone.jpg" in caught.value.__notes__[0]
    (tmp_path / "link.jpg").symlink_to("nowhere.jpg")
    assert error_of(tmp_path / "link.jpg") == "a symbolic link to nothing"
    (tmp_path / "loop.jpg").symlink_to("loop.jpg")
    assert "cannot be opened" in str(error_of(tmp_path / "loop.jpg"))


def test_an_unreadable_file_is_an_image_error(tmp_path, monkeypatch):
    (tmp_path / "secret.jpg").write_bytes(b"x")
    (tmp_path / "secret.jpg").chmod(0)

    def refuse(*_):
        raise PermissionError  # root may read everything, so that mode 0 is no test for it

    monkeypatch.setattr(os, "open", refuse)
    assert "no permission" in str(error_of(tmp_path / "secret.jpg"))


@pytest.mark.parametrize(
    "source",
    [
        "zero\0byte.jpg",
        "x" * 5000,
        "htpps://example.org/cat.jpg",
        None,
        float("nan"),
        3,
        object(),
        {},
        b"",
    ],
)
def test_what_cannot_be_an_image_is_an_image_error(source):
    assert error_of(source)


# -- orientation and colour --------------------------------------------------------------------------


def test_every_photo_is_turned_as_pillow_turns_it(data):
    photos = [*(data / "photos" / "exif_py").rglob("*.jpg")]
    photos += [*(data / "broken" / "pillow").glob("*orientation*")]
    turned = 0
    for path in photos:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(path) as image:
                upright = ImageOps.exif_transpose(image)
                turned += upright.size != image.size
                expected = np.asarray(upright.convert("RGB"))
        decoded = open_image(path)
        assert_array_equal(decoded.array, expected, err_msg=path.name)
        assert (decoded.height, decoded.width) == expected.shape[:2]
    assert turned > 10


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_orientation_holds_at_a_small_size(orientation, format):
    left_red = Image.new("RGB", (400, 200), "blue")
    left_red.paste("red", (0, 0, 100, 200))
    exif = Image.Exif()
    exif[274] = orientation
    content = encoded(left_red, format, exif=exif)
    small = open_image(content, 20)
    upright = ImageOps.exif_transpose(Image.open(io.BytesIO(content))).convert("RGB")
    assert (small.width, small.height) == upright.size
    expected = np.asarray(upright.resize(small.array.shape[1::-1], Image.Resampling.BOX))
    assert np.abs(small.array.astype(int) - expected).mean() < 12


def test_a_plain_jpeg_and_png_equal_opencv():
    cv2 = pytest.importorskip("cv2")
    png, jpeg = encoded(photo()), encoded(photo(), "JPEG")
    flags = cv2.IMREAD_COLOR_RGB
    assert_array_equal(open_image(png).array, cv2.imdecode(np.frombuffer(png, np.uint8), flags))
    other = cv2.imdecode(np.frombuffer(jpeg, np.uint8), flags).astype(int)
    assert np.abs(open_image(jpeg).array - other).max() <= 4  # another libjpeg


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "CMYK", "YCbCr", "HSV"])
def test_modes_without_transparency_are_converted_as_by_pillow(mode):
    image = photo().convert(mode)
    assert_array_equal(open_image(image).array, np.asarray(image.convert("RGB")))


def test_a_cmyk_jpeg_of_photoshop_is_not_inverted(data):
    decoded = open_image(data / "broken" / "pillow" / "pil_sample_cmyk.jpg")
    with Image.open(data / "broken" / "pillow" / "pil_sample_cmyk.jpg") as image:
        assert_array_equal(decoded.array, np.asarray(image.convert("RGB")))
    assert (decoded.mode, decoded.channels) == ("CMYK", 4)


def test_lab_agrees_with_scikit_image():
    color = pytest.importorskip("skimage.color")
    rgb = np.array([[[200, 80, 40], [90, 160, 60], [255, 255, 255], [0, 0, 0]]], np.uint8)
    lab = np.round(color.rgb2lab(rgb) * (2.55, 1, 1)).astype(int) % 256  # a and b are signed bytes
    image = Image.frombytes("LAB", (4, 1), lab.astype(np.uint8).tobytes())
    assert np.abs(open_image(image).array.astype(int) - rgb).max() < 12  # other white points


@pytest.mark.parametrize("mode", ["RGBA", "LA", "PA", "RGBa"])
def test_transparency_is_shown_on_white(mode):
    rgba = np.dstack([np.asarray(photo()), np.linspace(0, 255, 300 * 200).reshape(200, 300)])
    image = Image.fromarray(rgba.astype(np.uint8)).convert("RGBA" if mode == "RGBa" else mode)
    image = image.convert(mode)
    straight = np.asarray(image.convert("RGBA")).astype(float)
    alpha = straight[..., 3:] / 255
    expected = straight[..., :3] * alpha + 255 * (1 - alpha)
    assert np.abs(open_image(image).array - expected).max() <= 1
    assert (open_image(image).array[0, 0] == 255).all()


def test_transparent_colour_of_palette_grey_and_rgb_files_is_white(data):
    for name in ("p_trns_single.png", "rgb_trns.png", "l_trns.png", "1_trns.png", "i_trns.png"):
        with Image.open(data / "broken" / "pillow" / name) as image:
            rgba = np.asarray(image.convert("RGBA"))
        array = open_image(data / "broken" / "pillow" / name).array
        if name != "i_trns.png":  # 16 bits: its transparency is not looked at
            assert (rgba[..., 3] == 0).any() and (array[rgba[..., 3] == 0] == 255).all(), name


def test_an_animation_is_its_first_frame():
    frames = [Image.new("RGB", (20, 20), c) for c in ("red", "green", "blue")]
    for format in ("GIF", "WEBP", "PNG"):
        content = encoded(frames[0], format, save_all=True, append_images=frames[1:])
        assert open_image(content).array[10, 10, 0] > 240, format


# -- more than eight bits ----------------------------------------------------------------------------


def test_sixteen_bits_are_windowed_as_by_scikit_image(data):
    exposure = pytest.importorskip("skimage.exposure")
    depth = sorted((data / "multistream" / "slambook2_rgbd").rglob("depth/*.png")) or sorted(
        (data / "multistream" / "slambook2_rgbd").rglob("*.png")
    )
    path = next(p for p in depth if Image.open(p).mode.startswith("I"))
    values = np.asarray(Image.open(path)).astype(float)
    low, high = np.percentile(values, (0.5, 99.5))
    expected = exposure.rescale_intensity(values, (low, high), (0, 255))
    decoded = open_image(path)
    assert np.abs(decoded.array[..., 0] - expected).max() <= 1
    assert decoded.bit_depth == 16 and decoded.channels == 1


@pytest.mark.parametrize("format", ["PNG", "TIFF", "PPM"])
def test_sixteen_bit_files_use_the_whole_range_and_keep_their_order(format):
    ramp = np.linspace(300, 9000, 64 * 64).reshape(64, 64).astype(np.uint16)
    for size in (None, 8):
        array = open_image(encoded(Image.fromarray(ramp), format), size).array[..., 0]
        assert array.min() <= 5 and array.max() >= 250
        assert (np.diff(array[:, 0].astype(int)) >= 0).all()


def test_outliers_do_not_hide_the_picture_and_missing_values_are_black():
    depth = np.tile(np.linspace(1, 2, 200, dtype=np.float32), (200, 1))
    depth[0, :5], depth[1, :5] = np.inf, np.nan
    levels = window(depth)
    assert levels[100, 0] == 0 and levels[100, -1] == 255 and (levels[1, :5] == 0).all()
    assert np.unique(levels).size > 150


@pytest.mark.parametrize(
    ("value", "dtype", "level"),
    [(65535, np.uint16, 255), (0, np.uint16, 0), (0.5, np.float32, 128), (np.nan, np.float32, 0)],
)
def test_a_constant_image_keeps_its_level(value, dtype, level):
    assert (window(np.full((4, 4), value, dtype)) == level).all()


@given(st.lists(st.floats(width=32), min_size=1, max_size=50))
def test_any_floats_are_windowed(values):
    assert window(np.array(values, np.float32)).shape == (len(values),)


def test_bit_depth_is_that_of_the_file(data):
    for name, bits in [
        ("tiff_16bit_RGB.tiff", 16),
        ("16bit.cropped.tif", 16),
        ("16_bit_binary.pgm", 16),
        ("hopper_gray.jpg", 8),
        ("1_trns.png", 1),
        ("16bit.cropped.jp2", 16),
    ]:
        assert open_image(data / "broken" / "pillow" / name).bit_depth == bits, name


# -- arrays ------------------------------------------------------------------------------------------


def test_uint8_arrays_are_taken_as_they_are():
    array = np.asarray(photo())
    assert_array_equal(open_image(array).array, array)
    grey = array[..., 0]
    assert_array_equal(open_image(grey).array, np.dstack([grey] * 3))
    assert_array_equal(open_image(grey[..., None]).array, np.dstack([grey] * 3))


def test_float_fractions_bool_and_wide_integers_become_eight_bits():
    assert_array_equal(array_to_rgb(np.array([[0, 0.5, 1]]))[..., 0], [[0, 128, 255]])
    assert_array_equal(array_to_rgb(np.array([[True, False]]))[..., 0], [[255, 0]])
    assert_array_equal(array_to_rgb(np.array([[0, 8, 16]]))[..., 0].max(), 255)


def test_torch_tensors_are_channels_first():
    torch = pytest.importorskip("torch")
    array = np.asarray(photo(30, 20))
    tensor = torch.from_numpy(array.copy()).permute(2, 0, 1)
    assert_array_equal(open_image(tensor).array, array)
    assert_array_equal(open_image(tensor.float() / 255).array, array)
    assert open_image(tensor.bfloat16().requires_grad_() / 255).array.shape == array.shape
    narrow = torch.zeros(3, 5, 3, dtype=torch.uint8)  # both layouts possible: torch's wins
    assert open_image(narrow).array.shape == (5, 3, 3)
    assert open_image(narrow.numpy()).array.shape == (3, 5, 3)


@pytest.mark.parametrize("shape", [(0, 5, 3), (5, 5, 7), (4,), (2, 3, 4, 5), ()])
def test_arrays_of_other_shapes_are_refused_by_their_shape(shape):
    assert error_of(np.zeros(shape)) is not None


def test_object_text_and_complex_arrays_are_refused():
    for dtype in (object, "U3", complex, "datetime64[s]"):
        assert error_of(np.zeros((4, 4), dtype)) is not None


# -- sizes -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("format", ["JPEG", "PNG"])
@settings(max_examples=25, deadline=None)
@given(width=st.integers(1, 700), height=st.integers(1, 700), size=st.integers(1, 200))
def test_the_short_side_is_at_least_the_size_and_less_than_twice_it(format, width, height, size):
    decoded = open_image(encoded(Image.new("RGB", (width, height)), format), size)
    short = min(decoded.array.shape[:2])
    assert (decoded.width, decoded.height) == (width, height)
    assert min(size, width, height) <= short <= max(2 * size, 1)


def test_a_reduced_image_looks_like_the_whole():
    image = photo(640, 480)
    for content in (encoded(image), encoded(image, "JPEG", quality=95)):
        small = open_image(content, 60).array
        expected = image.resize(small.shape[1::-1], Image.Resampling.BOX)
        assert np.abs(small.astype(int) - np.asarray(expected)).mean() < 3


def test_a_long_thin_image_keeps_its_thin_side(data):
    for name in ("wide_65000x4_rgb.png", "tall_3x40000_gray8.png"):
        decoded = open_image(data / "broken" / "made" / name, 96)
        assert min(decoded.array.shape[:2]) in (3, 4)
        small = Image.open(io.BytesIO(thumbnail(decoded.array)))
        assert max(small.size) == 96 and min(small.size) == 1


@given(width=st.integers(1, 400), height=st.integers(1, 400), size=st.integers(1, 200))
@settings(max_examples=30, deadline=None)
def test_a_thumbnail_fits_and_is_never_larger_than_the_image(width, height, size):
    data = thumbnail(np.zeros((height, width, 3), np.uint8), size)
    small = Image.open(io.BytesIO(data))
    assert max(small.size) == min(size, max(width, height))
    assert mime_type(data) == ("image/png" if max(small.size) <= 48 else "image/jpeg")
    assert small.format == mime_type(data)[6:].upper()


def test_small_images_keep_every_pixel_in_their_thumbnail():
    digit = np.random.default_rng(0).integers(0, 256, (8, 8, 3), np.uint8)
    assert_array_equal(np.asarray(Image.open(io.BytesIO(thumbnail(digit)))), digit)


def test_the_detail_view_is_upright_and_at_most_so_large():
    exif = Image.Exif()
    exif[274] = 6
    data, mime = full(encoded(photo(3000, 600), "JPEG", exif=exif), max_side=1000)
    assert Image.open(io.BytesIO(data)).size == (200, 1000) and mime == "image/png"
    data, mime = full(photo(900, 700))
    assert Image.open(io.BytesIO(data)).size == (900, 700) and mime == "image/jpeg"
    assert full(photo(20, 20))[1] == "image/png"
    with pytest.raises(ImageError):
        full(b"")


# -- facts, and what stays as it was -----------------------------------------------------------------


def test_the_facts_of_a_file(data):
    path = sorted((data / "photos" / "exif_py").rglob("Canon_40D.jpg"))[0]
    decoded = open_image(path, 16)
    assert decoded.format == "JPEG" and decoded.mode == "RGB" and decoded.channels == 3
    assert decoded.file_size == path.stat().st_size
    assert decoded.exif.camera_model == "Canon EOS 40D" and decoded.exif.captured.year == 2008
    assert open_image(np.zeros((4, 4), np.uint16)).mode == "uint16"


def test_profiles_comments_and_tags_of_a_file_stay_out_of_its_thumbnail():
    exif = Image.Exif()
    exif[0x0110] = "Secret camera"
    content = encoded(photo(), "JPEG", comment=b"secret", icc_profile=b"secret" * 99, exif=exif)
    decoded = open_image(content, 60)
    for data in (thumbnail(decoded.image, 60), thumbnail(decoded.image, 40), full(content)[0]):
        assert b"ecret" not in data


def test_a_thumbnail_is_that_of_the_picture_whatever_it_is_made_of():
    image = photo(333, 222).convert("L").convert("RGB")
    assert thumbnail(np.asarray(image), 96) == thumbnail(image, 96)
    small = np.asarray(Image.open(io.BytesIO(thumbnail(image, 96))).convert("RGB")).astype(int)
    expected = np.asarray(image.resize((96, 64), Image.Resampling.LANCZOS))
    assert np.abs(small - expected).mean() < 4


def test_what_was_decoded_does_not_change_with_the_image_of_the_user():
    image = Image.new("RGB", (20, 10), "red")
    decoded = open_image(image)
    image.paste("blue", (0, 0, 20, 10))
    assert (decoded.array == (255, 0, 0)).all() and decoded.image.getpixel((0, 0)) == (255, 0, 0)
    assert decoded.array is decoded.array and decoded.array.shape == (10, 20, 3)


def test_decoding_changes_no_global_state_and_no_image_of_the_user(data):
    filters, limit = list(warnings.filters), Image.MAX_IMAGE_PIXELS
    image = Image.open(data / "photos" / "exif_py" / "jpg" / "Canon_40D.jpg")
    open_image(image, 8)
    assert image.size == (100, 68) and image.tile, "still lazy, not drafted"
    image.load()
    open_image(image, 8)
    assert image.size == (100, 68)
    assert list(warnings.filters) == filters and limit == Image.MAX_IMAGE_PIXELS
    assert not ImageFile.LOAD_TRUNCATED_IMAGES


def test_pillow_does_not_warn_while_others_do(data):
    names = ["made/bomb_11000x11000_1bit_warns_only.png", "pillow/apng/chunk_multi_actl.png"]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for name in names:
            open_image(data / "broken" / name, 32)
        assert not caught
        warnings.warn("mine", stacklevel=1)
        assert len(caught) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for name in names:
            open_image(data / "broken" / name, 32)


def test_threads_decode_at_the_same_time_and_leave_the_filters_alone(data):
    paths = sorted((data / "photos" / "exif_py").rglob("*.jpg"))
    filters = list(warnings.filters)
    expected = [open_image(path, 32).array for path in paths]
    with ThreadPoolExecutor(8) as pool:
        for _ in range(3):
            found = pool.map(lambda path: open_image(path, 32).array, paths)
            assert all(np.array_equal(a, b) for a, b in zip(found, expected, strict=True))
    assert list(warnings.filters) == filters


def test_two_threads_may_open_the_same_lazy_image():
    content = encoded(photo(1200, 900))
    for _ in range(5):
        image, arrays = Image.open(io.BytesIO(content)), []
        threads = [
            threading.Thread(target=lambda i=image, a=arrays: a.append(open_image(i).array))
            for _ in range(4)
        ]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
        assert len(arrays) == 4 and all(np.array_equal(a, arrays[0]) for a in arrays)
