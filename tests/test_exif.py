"""EXIF, against exif-py and Pillow."""

import io
import logging
import struct
import warnings
from datetime import datetime

import exifread
import numpy as np
import pytest
from exifread.utils import get_gps_coords
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from dataview.exif import Exif, read_block, read_exif
from dataview.image import ImageError, open_image

EXIF, GPS = 0x8769, 0x8825


def block(main: dict | None = None, details: dict | None = None, gps: dict | None = None) -> bytes:
    """An EXIF block as Pillow writes it."""
    exif = Image.Exif()
    exif.update(main or {})
    for ifd, tags in ((EXIF, details), (GPS, gps)):
        if tags:
            exif.get_ifd(ifd).update(tags)
    return exif.tobytes()


def raw(kind: int, length: int, field: bytes, tag: int = 0x010F, more: bytes = b"") -> bytes:
    """A big-endian block with one entry."""
    return (
        b"MM\0*\0\0\0\x08\0\1"
        + struct.pack(">HHL4s", tag, kind, length, field)
        + b"\0\0\0\0"
        + more
    )


# -- real files ----------------------------------------------------------------------------------


def photos(data):
    yield from sorted((data / "photos").rglob("*.[jJ][pP]*[gG]"))
    yield from sorted((data / "broken" / "pillow").rglob("*exif*.*"))


def numbers_of(tags: dict, name: str) -> float | None:
    try:
        return float(tags[name].values[0]) or None
    except (KeyError, IndexError, TypeError, ValueError, ZeroDivisionError):
        return None


def test_photographs_have_the_values_of_exif_py(data):
    logging.disable(logging.CRITICAL)
    named = {"camera_make": "Image Make", "camera_model": "Image Model", "lens": "EXIF LensModel"}
    counted = {
        "exposure_time": "EXIF ExposureTime",
        "f_number": "EXIF FNumber",
        "iso": "EXIF ISOSpeedRatings",
        "focal_length": "EXIF FocalLength",
    }
    seen = {"camera_make": 0, "exposure_time": 0, "captured": 0, "latitude": 0}
    for path in photos(data):
        try:
            found = open_image(path, 16).exif
        except ImageError:
            continue
        with path.open("rb") as file:
            tags = exifread.process_file(file, details=False)
        for name, tag in named.items():
            text = tags[tag].values if tag in tags else None
            text = text.split("\0")[0].strip() or None if isinstance(text, str) else None
            assert getattr(found, name) == text, (path.name, name)
        for name, tag in counted.items():
            expected = numbers_of(tags, tag)
            if expected != 4294967295:  # unknown
                assert getattr(found, name) == (expected and pytest.approx(expected)), (
                    path.name,
                    name,
                )
        for tag in ("EXIF DateTimeOriginal", "EXIF DateTimeDigitized"):
            if tag in tags:
                assert f"{found.captured:%Y:%m:%d %H:%M:%S}" == tags[tag].values
                break
        else:
            assert found.captured is None
        position = get_gps_coords(tags)
        if position:
            assert (found.latitude, found.longitude) == pytest.approx(position), path.name
        else:
            assert found.latitude is None and found.longitude is None, path.name
        for name in seen:
            seen[name] += getattr(found, name) is not None
    logging.disable(logging.NOTSET)
    assert min(seen.values()) >= 30, seen


def test_orientation_is_what_pillow_reads(data):
    seen = set()
    for path in photos(data):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                with Image.open(path) as image:
                    image.load()
                    expected = image.getexif().get(0x0112)
                    found = read_exif(image).orientation
        except Exception:
            continue
        assert found == (expected if expected in range(1, 9) else None), path.name
        seen.add(found)
    assert seen == {None, *range(1, 9)}


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_every_format_that_holds_exif_is_read(format):
    image, file = Image.new("RGB", (20, 10)), io.BytesIO()
    tags = {0x829A: 1 / 250, 0x829D: 2.8, 0x8827: 400, 0x9003: "2020:03:01 12:34:56"}
    gps = {1: "S", 2: (33.0, 51.0, 24.0), 3: "E", 4: (151.0, 12.0, 54.0)}
    exif = Image.Exif()
    exif.load(block({0x010F: "Maker", 0x0110: "Model"}, tags, gps))
    try:
        image.save(file, format, exif=exif)
    except (KeyError, OSError):
        pytest.skip(f"this Pillow writes no {format}")
    found = open_image(file.getvalue()).exif
    assert (found.camera_make, found.camera_model, found.iso) == ("Maker", "Model", 400)
    assert (found.exposure_time, found.f_number) == (pytest.approx(0.004), pytest.approx(2.8))
    assert found.captured == datetime(2020, 3, 1, 12, 34, 56)
    assert (found.latitude, found.longitude) == (pytest.approx(-33.8566667), pytest.approx(151.215))


def test_tags_that_the_user_has_set_on_an_image_in_memory_count():
    image = Image.new("RGB", (20, 10))
    image.getexif()[0x0112] = 6
    image.getexif()[0x0110] = "Mine"
    decoded = open_image(image)
    assert (decoded.width, decoded.height) == (10, 20) and decoded.exif.camera_model == "Mine"


def test_an_image_without_exif_has_none_of_it():
    assert open_image(np.zeros((4, 4), np.uint8)).exif == Exif()
    assert read_block(b"") == read_block(b"Exif\0\0") == read_block(b"garbage" * 9) == Exif()


# -- nonsense ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("details", "name"),
    [
        ({0x9003: "0000:00:00 00:00:00"}, "captured"),
        ({0x9003: "    :  :     :  :  "}, "captured"),
        ({0x9003: "2020:13:01 00:00:00"}, "captured"),
        ({0x9003: "2020:02:30 00:00:00"}, "captured"),
        ({0x9003: "2020:01:01 24:61:00"}, "captured"),
        ({0x9003: "0001:01:01 00:00:00"}, "captured"),
        ({0x9003: "yesterday"}, "captured"),
        ({0x829A: 0.0}, "exposure_time"),
        ({0x829D: 0.0}, "f_number"),
        ({0x8827: 0}, "iso"),
        ({0x8827: 65535}, "iso"),
        ({0xA434: " \0\0"}, "lens"),
        ({0xA434: "\x01\x02"}, "lens"),
    ],
)
def test_values_that_mean_nothing_are_none(details, name):
    assert getattr(read_block(block(details=details)), name) is None


def test_times_in_the_forms_that_cameras_write():
    for text in ("2020:03:01 12:34:56", "2020-03-01 12:34:56", "2020/03/01 12:34:56\0"):
        assert read_block(block(details={0x9003: text})).captured == datetime(
            2020, 3, 1, 12, 34, 56
        )
    digitized = {0x9003: "0000:00:00 00:00:00", 0x9004: "2020:03:01 12:34:56"}
    assert read_block(block(details=digitized)).captured == datetime(2020, 3, 1, 12, 34, 56)
    offset = {0x9003: "2020:03:01 12:34:56", 0x9011: "+02:00"}
    assert read_block(block(details=offset)).captured == datetime(2020, 3, 1, 12, 34, 56)


def test_high_sensitivities_are_in_another_tag():
    assert read_block(block(details={0x8827: 65535, 0x8832: 102400})).iso == 102400
    assert read_block(block(details={0x8827: 100, 0x8832: 102400})).iso == 100


GOOD = {1: "N", 2: (52.0, 30.0, 36.0), 3: "W", 4: (13.0, 24.0, 0.0)}


@pytest.mark.parametrize(
    "change",
    [
        {2: (91.0, 0.0, 0.0)},
        {2: (90.0, 0.0, 1.0)},
        {4: (180.0, 30.0, 0.0)},
        {2: (52.0, 61.0, 0.0)},
        {1: ""},
        {1: "X"},
        {3: "N"},
        {2: (0.0, 0.0, 0.0), 4: (0.0, 0.0, 0.0)},
    ],
)
def test_a_place_that_is_none_on_earth_is_none(change):
    found = read_block(block(gps=GOOD | change))
    assert found.latitude is None and found.longitude is None


def test_a_good_place_is_in_degrees():
    found = read_block(block(gps=GOOD))
    assert (found.latitude, found.longitude) == (pytest.approx(52.51), pytest.approx(-13.4))
    equator = read_block(block(gps=GOOD | {2: (0.0, 0.0, 0.0)}))
    assert (equator.latitude, equator.longitude) == (0, pytest.approx(-13.4))


def test_fractions_without_a_denominator_are_none():
    zero = struct.pack(">LL", 0, 0)
    assert read_block(raw(5, 1, b"\0\0\0\x1a", 0x829A, zero)) == Exif()
    gps = block(gps=GOOD)
    broken = gps.replace(struct.pack(">LL", 52, 1), zero).replace(struct.pack("<LL", 52, 1), zero)
    assert broken != gps and read_block(broken).latitude is None


@pytest.mark.parametrize(
    "content",
    [
        raw(3, 2, b"\0\1\0\2"),  # numbers for a name
        raw(2, 100, b"\0\0\0\x10"),  # beyond the end
        raw(2, 0xFFFFFFFF, b"\0\0\0\0"),
        raw(99, 1, b"abcd"),  # no such type
        raw(2, 0, b"abcd"),
        raw(2, 4, b"abcd")[:15],  # cut off
        b"MM\0*\xff\xff\xff\xff",
        b"II*\0\0\0\0\0",
    ],
)
def test_malformed_entries_are_left_out(content):
    assert read_block(content) == read_block(b"Exif\0\0" + content) == Exif()


def test_text_ends_at_its_first_zero_byte_and_may_be_latin_or_utf8():
    assert read_block(raw(2, 4, b"AB\0C")).camera_make == "AB"
    assert read_block(raw(2, 4, "Köl".encode())).camera_make == "Köl"
    assert read_block(raw(2, 3, "Köl".encode("latin-1") + b"\0")).camera_make == "Köl"
    assert read_block(raw(129, 4, b"AB  ")).camera_make == "AB"


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_damaged_block_gives_plausible_values_or_none(data):
    tags = {0x829A: 0.01, 0x829D: 2.8, 0x8827: 400, 0x9003: "2020:03:01 12:34:56", 0xA434: "Lens"}
    content = bytearray(block({0x010F: "Maker", 0x0112: 6}, tags, GOOD))
    for _ in range(data.draw(st.integers(1, 12))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    found = read_block(bytes(content[: data.draw(st.integers(0, len(content)))]))
    assert found.orientation in (None, *range(1, 9))
    assert found.latitude is None or (abs(found.latitude) <= 90 and abs(found.longitude) <= 180)
    for value in (found.exposure_time, found.f_number, found.focal_length, found.iso):
        assert value is None or 0 < value < 2**32
    for text in (found.camera_make, found.camera_model, found.lens):
        assert text is None or (text.isprintable() and text.strip() == text != "")


def test_damaged_exif_does_not_damage_the_image():
    exif = block({0x0112: 6})
    file = io.BytesIO()
    Image.new("RGB", (20, 10)).save(file, "JPEG", exif=exif)
    good = file.getvalue()
    exif = exif.removeprefix(b"Exif\0\0")
    at = good.index(exif)
    for cut in range(len(exif) - 3):
        bad = good[: at + cut] + b"\xff" * 4 + good[at + cut + 4 :]
        assert sorted((open_image(bad).width, open_image(bad).height)) == [10, 20]
