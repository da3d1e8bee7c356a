"""Listing images: complete, in a natural order, and without end in no folder."""

import glob
import os
import random
import re
import tarfile
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataview.files import (
    folder_columns,
    glob_parts,
    is_image_name,
    list_images,
    matches,
    natural_key,
    natural_sort,
    near_path,
    printable,
)
from dataview.urls import is_url


def listed(root):
    left_out = Counter()
    return sorted(list_images(str(root), left_out)), left_out


def touch(root, *names):
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()


def test_every_format_that_pillow_reads_by_a_usual_name_is_an_image_name():
    for name in ("a.jpg", "a.JPEG", "a.b.png", "a.webp", "a.avif", "a.tif", "a.heic", "a b.PnG"):
        assert is_image_name(name), name
    for name in ("a.txt", "jpg", ".jpg.txt", "a.jpg ", "a", "a.pdf", "a.eps", "a.mp4"):
        assert not is_image_name(name), name


def test_natural_order_counts():
    names = [
        "a/img1.png",
        "a/img2.png",
        "a/img10.png",
        "a b/1.png",
        "B/1.png",
        "b/2.png",
        "img1.png",
    ]
    shuffled = random.Random(0).sample(names, len(names))
    assert sorted(shuffled, key=natural_key) == names
    assert natural_key("9" * 250) > natural_key("8" * 250)
    assert sorted(["x²", "x1", "x", "", "1", "१"], key=natural_key)  # other digits do not fail


def natural_parts(name):
    """The order as it is defined: numbers by value, text without case, folder by folder."""
    parts = (re.split(r"(\d+)", part.casefold(), flags=re.ASCII) for part in name.split("/"))
    return (*([int(t) if i % 2 else t for i, t in enumerate(part)] for part in parts), [name])


TEXT = st.text(st.sampled_from(list("aAbßé./0019 \0\1\2\3x\ud800")), max_size=9)


@settings(max_examples=500)
@given(st.lists(TEXT | st.text(max_size=8), max_size=12))
def test_the_natural_order_is_that_of_its_definition(names):
    expected = sorted(names, key=natural_parts)
    assert sorted(names, key=natural_key) == expected
    natural_sort(names)
    assert names == expected


def test_real_names_are_in_the_order_of_the_definition(data):
    names, _ = listed(data)
    expected = sorted(names, key=natural_parts)
    natural_sort(names)
    assert names == expected and len(names) > 6000


def test_numbers_that_python_does_not_read_are_sorted_too():
    names = [f"{'9' * 5000}.jpg", f"1{'0' * 5000}.jpg", f"{'0' * 6000}7.jpg"]
    natural_sort(names)
    assert names[0].endswith("07.jpg") and names[2].startswith("10")


def test_a_listing_equals_that_of_the_standard_library(data):
    names, _ = listed(data / "classification" / "cifar10")
    found = glob.glob("**/*.jpg", root_dir=data / "classification" / "cifar10", recursive=True)
    assert names == sorted(found) and len(names) == 6000


def test_what_is_not_an_image_is_counted(tmp_path):
    touch(tmp_path, "a.jpg", "b.txt", "c.txt", "README", ".hidden.jpg", ".git/x.jpg", "d/e.PNG")
    os.mkfifo(tmp_path / "pipe.jpg")
    names, left_out = listed(tmp_path)
    assert names == ["a.jpg", "d/e.PNG"]
    assert left_out == {
        ".txt file": 2,
        "file without extension": 1,
        "hidden file": 2,
        "special file": 1,
    }


def test_looping_links_end_and_every_folder_is_listed_once(tmp_path):
    touch(tmp_path, "a/1.jpg", "b/2.jpg", "z/3.jpg")
    (tmp_path / "a" / "self").symlink_to(".")
    (tmp_path / "a" / "up").symlink_to("..")
    (tmp_path / "a" / "to_b").symlink_to("../b")
    (tmp_path / "b" / "to_a").symlink_to("../a")
    (tmp_path / "aaa").symlink_to("z")  # comes first by name: the real folder still wins
    (tmp_path / "x").symlink_to("y")
    (tmp_path / "y").symlink_to("x")
    assert listed(tmp_path)[0] == ["a/1.jpg", "b/2.jpg", "z/3.jpg"]


def test_links_to_folders_and_files_elsewhere_are_followed(tmp_path):
    touch(tmp_path, "elsewhere/1.jpg", "root/own.jpg")
    (tmp_path / "root" / "cats").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "root" / "link.jpg").symlink_to(tmp_path / "elsewhere" / "1.jpg")
    (tmp_path / "root" / "dangling.jpg").symlink_to("nowhere.jpg")
    assert listed(tmp_path / "root")[0] == ["cats/1.jpg", "dangling.jpg", "link.jpg", "own.jpg"]


def test_a_folder_that_cannot_be_read_is_counted(tmp_path, monkeypatch):
    touch(tmp_path, "a.jpg", "secret/b.jpg")
    scandir = os.scandir

    def refuse(path):
        if str(path).rstrip("/").endswith("secret"):
            raise PermissionError(path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    assert listed(tmp_path) == (["a.jpg"], {"unreadable folder": 1})


def test_names_of_any_bytes_are_listed_and_have_a_printable_spelling(tmp_path):
    for name in (b"caf\xe9.jpg", b"new\nline.jpg", b"\xff.png", "画像🐱.jpg".encode()):
        with open(os.path.join(os.fsencode(tmp_path), name), "wb"):
            pass
    names, _ = listed(tmp_path)
    assert len(names) == 4 and all(os.path.exists(tmp_path / name) for name in names)
    shown = {printable(name) for name in names}
    assert shown == {r"caf\xe9.jpg", "new\nline.jpg", r"\xff.png", "画像🐱.jpg"}
    assert all(name.encode() for name in shown)


def test_hostile_names_are_listed(data, tmp_path):
    with tarfile.open(data / "broken" / "made" / "hostile_names.tar") as tar:
        expected = [m.name for m in tar if m.isfile() and not m.name.startswith("names/.")]
        tar.extractall(tmp_path, filter="data")
    assert listed(tmp_path)[0] == sorted(expected) and len(expected) > 20


@pytest.mark.parametrize(
    "pattern",
    [
        "*/*.jpg",
        "**/*.jpg",
        "**",
        "a/**/1.jpg",
        "*/b/*",
        "a/*",
        "[ab]/?.jpg",
        "**/b/**",
        "a/b/c/1.jpg",
    ],
)
def test_globs_match_as_in_the_standard_library(tmp_path, pattern):
    names = ["1.jpg", "a/1.jpg", "a/22.jpg", "a/b/1.jpg", "a/b/c/1.jpg", "b/1.jpg", "b/b/2.jpg"]
    touch(tmp_path, *names)
    expected = [n for n in glob.glob(pattern, root_dir=tmp_path, recursive=True) if n in names]
    found = [n for n in names if matches(n.split("/"), pattern.split("/"))]
    assert found == sorted(set(expected))


def test_a_glob_is_parted_at_its_first_wildcard():
    assert glob_parts("a/b/*.jpg") == ("a/b", ["*.jpg"])
    assert glob_parts("/*/x.jpg") == ("/", ["*", "x.jpg"])
    assert glob_parts("*.jpg") == (".", ["*.jpg"])


def test_urls_are_known_from_paths():
    assert is_url("s3://bucket/x") and is_url("https://a") and is_url("memory://x")
    assert (
        not is_url("/a//b") and not is_url("C:\\x") and not is_url("a:b/c") and not is_url("c://x")
    )


def test_folders_tell_class_and_split():
    assert folder_columns(["a.jpg"]) == {}
    assert folder_columns(["cat/a.jpg", "b.jpg"]) == {"label": ["cat", None]}
    both = folder_columns(["train/cat/a.jpg", "val2017/dog/b.jpg"])
    assert both == {"label": ["cat", "dog"], "split": ["train", "val2017"]}
    assert folder_columns(["train/a.jpg", "test/b.jpg"]) == {"split": ["train", "test"]}
    assert "split" not in folder_columns(["train/a.jpg", "bus/b.jpg"])  # vehicles
    assert folder_columns(["cat/night/a.jpg"])["folder"] == ["cat/night"]
    assert folder_columns(["cat/a.jpg"], folder=True)["folder"] == ["cat"]


def test_a_missing_path_is_answered_with_what_is_near(tmp_path):
    touch(tmp_path, "photos/a.jpg")
    assert "has 'photos'" in near_path(str(tmp_path / "photso"))
    assert "has 'photos'" in near_path(str(tmp_path / "photo" / "x" / "y.jpg"))
    assert "with 1 entries" in near_path(str(tmp_path / "zzz"))
    (tmp_path / "empty").mkdir()
    assert "is empty" in near_path(str(tmp_path / "empty" / "x"))
