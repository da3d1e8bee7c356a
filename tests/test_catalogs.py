"""Files that list images: which they are, where their images lie, and what is said of mistakes."""

import json
import os

import pandas as pd
import pytest
from PIL import Image

import dataview as dv
from dataview.catalogs import coco_frame, image_folder, read_catalog


def picture(path, level=100):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (6, 5), (level, level, level)).save(path)


def levels(ds):
    return [int(ds.image(i)[0, 0, 0]) for i in range(len(ds))]


@pytest.fixture
def pets(tmp_path):
    """Three images in a folder beside the tables, and a table of them."""
    for i, name in enumerate("abc"):
        picture(tmp_path / "images" / f"{name}.png", 40 * i)
    frame = pd.DataFrame({"file": ["c.png", "a.png", "b.png"], "label": ["dog", "cat", "cat"]})
    return tmp_path, frame


@pytest.mark.parametrize("kind", ["csv", "semicolons", "tsv", "parquet", "json"])
def test_a_table_gives_its_rows_in_order_with_their_images(pets, kind):
    folder, frame = pets
    path = folder / {"semicolons": "pets.csv"}.get(kind, f"pets.{kind}")
    if kind == "parquet":
        frame.to_parquet(path)
    elif kind == "json":
        frame.to_json(path, orient="records")
    else:
        frame.to_csv(path, sep={"csv": ",", "semicolons": ";", "tsv": "\t"}[kind], index=False)
    ds = dv.read(path)
    assert levels(ds) == [80, 0, 40]
    assert list(ds.frame["file"]) == list(frame["file"]), "the user's column stays as it was"
    assert ds.roles["label"] == "label"
    assert ds.title == path.name
    assert ds.history == (f"dv.read({str(path)!r})",)


def test_paths_may_be_relative_to_the_file_absolute_or_start_anywhere_near(pets, monkeypatch):
    folder, _ = pets
    monkeypatch.chdir("/")  # the working directory has no part in it
    paths = ["images/a.png", str(folder / "images" / "b.png")]
    (folder / "list.csv").write_text("path\n" + "\n".join(paths))
    assert levels(dv.read(folder / "list.csv")) == [0, 40]
    deep = folder / "splits" / "first"
    deep.mkdir(parents=True)
    (deep / "list.csv").write_text("path\na.png\n")
    assert levels(dv.read(deep / "list.csv")) == [0]


def test_the_folder_that_is_called_like_the_file_decides_between_two(tmp_path):
    for level, split in ((10, "train"), (20, "val")):
        picture(tmp_path / "images" / split / "1.png", level)
    for split, level in (("train", 10), ("val", 20)):
        path = tmp_path / "annotations" / f"instances_{split}.csv"
        path.parent.mkdir(exist_ok=True)
        path.write_text("path\n1.png\n")
        assert levels(dv.read(path)) == [level]
    (tmp_path / "all.csv").write_text("path\n1.png\n")
    with pytest.raises(ValueError, match="several folders: 'images/train', 'images/val'"):
        dv.read(tmp_path / "all.csv")


def test_a_coco_file_is_one_row_for_each_image_with_its_commonest_category():
    coco = {
        "images": [{"id": 5, "file_name": "b.jpg"}, {"id": 3, "file_name": "a.jpg"}],
        "categories": [{"id": 1, "name": "cat"}, {"id": 2, "name": "dog"}],
        "annotations": [
            {"image_id": 5, "category_id": 2},
            {"image_id": 5, "category_id": 1},
            {"image_id": 5, "category_id": 2},
            {"image_id": 99, "category_id": 1},
        ],
    }
    frame = coco_frame(coco)
    assert list(frame["file_name"]) == ["b.jpg", "a.jpg"]
    assert frame["label"][0] == "dog" and pd.isna(frame["label"][1])
    assert list(frame["n_objects"]) == [3, 0]
    assert list(frame["categories"]) == ["cat, dog", ""]
    assert list(frame["id"]) == [5, 3]


@pytest.mark.parametrize(
    ("path", "n"),
    [
        ("voc100_multiformat/gts/coco_format_v1/instances_default.json", 100),
        ("voc100_multiformat/dets/coco_format/coco_dets.json", 98),
        ("coco128/panoptic_segmentation/annotations/panoptic_train2017.json", 100),
        ("bccd/test.csv", 4888),
    ],
)
def test_real_files_find_their_images(data, path, n):
    ds = dv.read(data / "detection" / path)
    assert len(ds) == n
    streams = ds.streams["image"]
    assert all(os.path.isfile(streams.path(i)) for i in range(0, n, 13))
    if path.endswith(".json"):
        with open(data / "detection" / path) as file:
            coco = json.load(file)
        names = {c["name"] for c in coco["categories"]}
        assert set(ds.frame["label"].dropna()) <= names


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("x.json", '{"shapes": [], "a<b>": 1}', "an object with 'shapes', 'a<b>'"),
        ("x.json", "[1, 2]", "it is a list; expected a COCO file"),
        ("x.json", "{", "cannot be read: "),
        ("x.json", '{"images": [{"id": 1}]}', '"file_name"'),
        ("x.csv", "a,b\n", "has no rows; its columns are \\['a', 'b'\\]"),
        ("x.csv", "", "cannot be read: No columns"),
        ("x.csv", "label,n\ncat,3\n", "no column holds images.*'label' \\(str like 'cat'\\)"),
        ("x.csv", "path\nmissing.png\n", "none of the images .* such as 'missing.png'"),
        ("x.parquet", "no parquet", "cannot be read: "),
    ],
)
def test_a_file_that_lists_no_images_says_what_it_is(tmp_path, name, content, words):
    (tmp_path / name).write_text(content)
    with pytest.raises((ValueError, FileNotFoundError), match=words):
        dv.read(tmp_path / name)


def test_the_column_of_the_images_can_be_named(pets):
    folder, frame = pets
    frame.assign(other=frame["file"]).to_csv(folder / "two.csv", index=False)
    ds = dv.read(folder / "two.csv", image="other")
    assert levels(ds) == [80, 0, 40]
    assert ds.history == (f"dv.read({str(folder / 'two.csv')!r}, image='other')",)
    with pytest.raises(KeyError, match="othr"):
        dv.read(folder / "two.csv", image="othr")


def test_urls_in_a_table_stay_as_they_are(tmp_path):
    assert image_folder(str(tmp_path / "x.csv"), ["https://example.org/a.jpg"]) == str(tmp_path)
    (tmp_path / "x.csv").write_text("path\nhttps://example.org/a.jpg\n")
    assert dv.read(tmp_path / "x.csv").streams["image"].path(0) == "https://example.org/a.jpg"


def test_a_byte_order_mark_is_no_part_of_the_first_name(tmp_path):
    (tmp_path / "x.csv").write_bytes(b"\xef\xbb\xbfpath;n\na.png;1\n")
    assert list(read_catalog(tmp_path / "x.csv").columns) == ["path", "n"]
