"""Hashes, against imagehash and xxhash itself."""

import io
from itertools import pairwise

import imagehash
import numpy as np
import pytest
import xxhash
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from dataview.hashes import digest, hamming, phash
from dataview.image import open_image
from dataview.statistics import image_statistics


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 90), st.integers(1, 90), st.integers(0, 9999), st.integers(1, 255))
def test_phash_of_any_picture_is_that_of_imagehash(height, width, seed, levels):
    rng = np.random.default_rng(seed)
    picture = Image.fromarray(rng.integers(0, levels + 1, (height, width)).astype(np.uint8))
    assert phash(picture) == str(imagehash.phash(picture))


@pytest.mark.parametrize("level", [0, 1, 100, 255])
def test_phash_of_a_flat_picture_is_that_of_imagehash(level):
    picture = Image.new("L", (64, 80), level)
    assert phash(picture) == str(imagehash.phash(picture))


def test_phash_of_photographs_is_near_that_of_the_full_picture(data):
    paths = sorted((data / "detection" / "bccd" / "JPEGImages").iterdir())[::20]
    paths += sorted((data / "detection" / "coco128" / "images").rglob("*.jpg"))[::4]
    distances = []
    for path in paths:
        with Image.open(path) as image:
            expected = str(imagehash.phash(image))
        distances.append(hamming(image_statistics(open_image(path, 128))["phash"], expected))
    assert np.mean(distances) < 1.5 and max(distances) <= 6


def test_copies_of_a_photograph_are_near_and_others_are_far(data):
    hashes = []
    for path in sorted((data / "photos" / "opensfm" / "lund").rglob("*.jpg"))[::5]:
        image = open_image(path).image
        file = io.BytesIO()
        image.resize((image.width // 3, image.height // 3)).save(file, "JPEG", quality=60)
        here, copy = (
            image_statistics(open_image(x, 128))["phash"] for x in (path, file.getvalue())
        )
        assert hamming(here, copy) <= 4
        hashes.append(here)
    assert all(hamming(a, b) > 10 for a, b in pairwise(hashes))


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_digests_are_equal_exactly_for_equal_bytes(a, b):
    assert (digest(a) == digest(b)) == (a == b)
    assert digest(a) == xxhash.xxh3_128(a).hexdigest() and len(digest(a)) == 32


def test_a_digest_is_that_of_the_whole_file_wherever_it_stands(tmp_path):
    content = np.random.default_rng(0).bytes(3_500_000)
    path = tmp_path / "large"
    path.write_bytes(content)
    with path.open("rb") as file:
        file.read(17)
        assert digest(file) == digest(content) == digest(memoryview(content))


def test_hamming_counts_bits():
    assert hamming("ff00", "0f01") == 5 and hamming("0" * 16, "f" * 16) == 64
