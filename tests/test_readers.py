"""`read` takes what people have: each kind of input, the real thing, and what is said of mistakes."""

import builtins
import os
import tarfile
import time

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from pandas.testing import assert_frame_equal
from PIL import Image

from dataview.dataset import Dataset, Stream
from dataview.expressions import col
from dataview.image import ImageError, open_image
from dataview.readers import read


def picture(level=100, size=(6, 5)):
    return Image.new("RGB", size, (level, level, level))


@pytest.fixture
def folder(tmp_path):
    """Two class folders with three files each, of which the level says which it is."""
    for i, name in enumerate(
        ["cat/1.png", "cat/2.png", "cat/10.png", "dog/1.png", "dog/2.png", "dog/3.png"]
    ):
        path = tmp_path / "pets" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        picture(i * 10).save(path)
    return tmp_path / "pets"


def levels(ds):
    return [int(ds.image(i)[0, 0, 0]) for i in range(len(ds))]


# -- folders, globs, lists ---------------------------------------------------------------------------


def test_a_folder_of_class_folders(folder):
    for given in (folder, str(folder), f"{folder}/"):
        ds = read(given)
        assert ds.index.tolist() == [
            "cat/1.png",
            "cat/2.png",
            "cat/10.png",
            "dog/1.png",
            "dog/2.png",
            "dog/3.png",
        ]
        assert ds["label"].tolist() == ["cat"] * 3 + ["dog"] * 3
        assert ds.roles == {"label": "label"} and ds.title == "pets"
        assert all(map(os.path.isfile, ds["path"])) and levels(ds) == [0, 10, 20, 30, 40, 50]


def test_a_relative_folder_is_kept_relative(folder, monkeypatch):
    monkeypatch.chdir(folder.parent)
    assert read("pets")["path"].iloc[0] == os.path.join("pets", "cat/1.png")
    monkeypatch.chdir(folder)
    assert len(read(".")) == 6 and read(".").title == "pets"
    assert read("*/1.png").index.tolist() == ["cat/1.png", "dog/1.png"]


def test_six_thousand_files_are_read_in_a_moment_without_opening_one(data, monkeypatch):
    monkeypatch.setattr(builtins, "open", None)
    start = time.perf_counter()
    ds = read(data / "classification" / "cifar10")
    assert time.perf_counter() - start < 1
    monkeypatch.undo()
    assert ds["split"].value_counts().to_dict() == {"train": 5000, "test": 1000}
    assert ds["label"].value_counts().to_dict() == dict.fromkeys(sorted(ds["label"].unique()), 600)
    assert ds.roles == {"label": "label", "split": "split"}


def test_a_folder_agrees_with_torchvisions_image_folder(data):
    torchvision = pytest.importorskip("torchvision")
    root = data / "classification" / "cifar10" / "test"
    theirs = torchvision.datasets.ImageFolder(root)
    ours = read(root)
    expected = {path: theirs.classes[target] for path, target in theirs.samples}
    assert dict(zip(ours["path"], ours["label"], strict=True)) == expected


def test_every_real_folder_can_be_read(data):
    expected = {
        "photos/brighton_beach_drone": 3,
        "detection/bccd": 364,
        "detection/coco128": 128 + 100 + 100,
        "segmentation/camvid": 80,
        "stereo/fisheye_stereo": 24,
    }
    for name, n in expected.items():
        assert len(read(data / name)) == n, name
    assert set(read(data / "segmentation" / "camvid")["split"]) == {"train", "val", "test"}


def test_a_flat_folder_has_no_label_and_one_file_is_a_dataset(folder):
    ds = read(folder / "cat")
    assert (
        ds.columns == ["path"]
        and ds.index.tolist() == ["1.png", "2.png", "10.png"]
        and not ds.roles
    )
    assert read(folder / "cat" / "2.png").title == "2.png"


def test_label_folder_means_the_column_of_folders(folder):
    ds = read(folder, label="folder")
    assert ds.roles["label"] == "folder" and ds["folder"].tolist() == ["cat"] * 3 + ["dog"] * 3


def test_a_glob_keeps_the_classes(folder):
    ds = read(f"{folder}/*/[12].png")
    assert ds.index.tolist() == ["cat/1.png", "cat/2.png", "dog/1.png", "dog/2.png"]
    assert ds["label"].tolist() == ["cat", "cat", "dog", "dog"]
    assert len(read(f"{folder.parent}/**/*.png")) == 6
    (folder / "odd[1].png").write_bytes((folder / "cat" / "1.png").read_bytes())
    assert len(read(folder / "odd[1].png")) == 1  # a name that is there is not a glob


def test_what_was_left_out_is_noted(folder):
    (folder / "notes.txt").touch()
    (folder / ".DS_Store").touch()
    assert "left out: 1 .txt file, 1 hidden file" in read(folder).history[0]


def test_files_of_any_name_are_rows_that_open(data, tmp_path):
    with tarfile.open(data / "broken" / "made" / "hostile_names.tar") as tar:
        tar.extractall(tmp_path, filter="data")
    odd = [b"caf\xe9.jpg", b"new\nline.jpg", b"\xff\xfe.jpg", b"<img src=x onerror=alert(1)>.jpg"]
    content = (tmp_path / "names" / "CON.jpg").read_bytes()
    for name in odd:
        with open(os.path.join(os.fsencode(tmp_path), b"names", name), "wb") as file:
            file.write(content)
    ds = read(tmp_path / "names")
    assert len(ds) == 25 and ds.index.is_unique
    assert all(open_image(path).width == 64 for path in ds["path"])
    assert all(ds.image(i).shape == (48, 64, 3) for i in range(len(ds)))
    for text in [*ds.index, *ds["label"].dropna(), ds.title]:
        text.encode()  # the browser will have it as UTF-8
    assert r"\xff\xfe.jpg" in ds.index and "naïve café.jpg" in ds.index
    assert len(ds[col("path").contains("CON")]) == 1


def test_looping_links_and_pipes_do_not_stop_a_read(folder):
    (folder / "cat" / "loop").symlink_to("..")
    os.mkfifo(folder / "pipe.png")
    (folder / "gone.png").symlink_to("nowhere")
    ds = read(folder)
    assert len(ds) == 7
    with pytest.raises(ImageError, match="link to nothing"):
        ds.image(ds.index.get_loc("gone.png"))
    assert len(read(f"{folder}/**")) == 7


def test_broken_files_are_rows(data):
    ds = read(data / "broken")
    assert len(ds) > 340


@pytest.mark.parametrize("kind", [str, os.fspath, lambda p: p])
def test_lists_of_paths(folder, kind):
    paths = [kind(p) for p in sorted(folder.rglob("1.png"))]
    for given in (paths, tuple(paths), iter(paths), np.array(paths, object), pd.Series(paths)):
        ds = read(given)
        assert levels(ds) == [0, 30] and ds.index.tolist() == [0, 1]


def test_lists_of_images_arrays_and_bytes():
    pictures = [picture(level) for level in (10, 20, 30)]
    for given in (
        pictures,
        [np.asarray(p) for p in pictures],
        [np.asarray(p)[: i + 2] for i, p in enumerate(pictures)],
        [p._repr_png_() for p in pictures],
        [pictures[0], None, pictures[2]],
    ):
        ds = read(given)
        assert len(ds) == 3 and ds.columns == [] and ds.image(2)[0, 0, 0] == 30
    with pytest.raises(ImageError, match="missing"):
        ds.image(1)


def test_pictures_that_are_opened_but_not_loaded_stay_so(folder):
    pictures = [Image.open(p) for p in sorted(folder.rglob("1.png"))]
    ds = read(pictures)
    assert levels(ds) == [0, 30]
    assert all(p.tile for p in pictures)  # not decoded: a long list of them fits in memory


# -- arrays ------------------------------------------------------------------------------------------


def test_an_array_of_images_in_any_layout():
    stack = np.stack([np.full((6, 5, 3), level, np.uint8) for level in (10, 20, 30)])
    torch = pytest.importorskip("torch")
    tensor = torch.from_numpy(stack).permute(0, 3, 1, 2)
    for given in (stack, stack[..., :1], stack[..., 0], stack.transpose(0, 3, 1, 2), tensor):
        ds = read(given)
        assert levels(ds) == [10, 20, 30] and ds.image(0).shape == (6, 5, 3)
    assert np.shares_memory(read(stack).source(0), stack)


def test_a_memory_map_is_not_loaded(tmp_path):
    np.save(tmp_path / "a.npy", np.zeros((50, 8, 8, 3), np.uint8))
    mapped = np.load(tmp_path / "a.npy", mmap_mode="r")
    assert isinstance(read(mapped).source(3), np.memmap)


def test_a_stack_of_depth_has_one_window():
    depth = np.stack([np.full((4, 4), metres, np.float32) for metres in (1, 2, 3)])
    assert levels(read(depth)) == [0, 128, 255]
    assert levels(read((depth * 1000).astype(np.uint16))) == [0, 128, 255]
    assert levels(read(depth / 4)) == [64, 128, 191]  # fractions are fractions


def test_the_digits_with_their_labels():
    from sklearn.datasets import load_digits

    digits = load_digits()
    ds = read(digits.images, label=digits.target)
    assert len(ds) == 1797 and ds["label"].tolist() == digits.target.tolist()
    expected = np.round(digits.images[5] / 16 * 255)
    assert np.abs(ds.image(5)[..., 0] - expected).max() <= 1
    with pytest.raises(ValueError, match=r"\.reshape\(-1, 8, 8\)"):
        read(digits.data)


@pytest.mark.parametrize(
    ("array", "says"),
    [
        (np.zeros((30, 40, 3)), "one image"),
        (np.zeros((2, 3, 4, 5, 6)), "expected"),
        (np.zeros((3, 9, 9, 9)), "channels"),
        (np.zeros((0, 8, 8)), "no images"),
        (np.zeros((3, 8, 8), "U1"), "expected numbers"),
        (np.zeros(5), "expected"),
    ],
)
def test_other_arrays_are_refused_by_their_shape(array, says):
    with pytest.raises(ValueError, match=says):
        read(array)


# -- tables ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "index",
    [
        ["a", "b", "c"],
        [30, 10, 20],
        pd.date_range("2024-01-01", periods=3, name="when"),
        pd.MultiIndex.from_tuples([(1, "x"), (1, "y"), (2, "x")]),
    ],
)
def test_a_frame_keeps_its_index_and_columns(folder, index):
    paths = sorted(map(str, folder.rglob("1.png")))
    names = ["label", "path", "index", "x", "a b", "<b>", 3, ("a", 1)]
    frame = pd.DataFrame([[1, p, 2, 3, 4, 5, 6, 7] for p in [*paths, None]], index=index)
    frame.columns = pd.Index(names, dtype=object, tupleize_cols=False)
    ds = read(frame, id=("a", 1))
    assert_frame_equal(ds.frame, frame)
    assert ds.roles == {"label": "label", "id": ("a", 1)}
    assert ds.image(1)[0, 0, 0] == 30
    with pytest.raises(ImageError, match="missing"):
        ds.image(2)


def test_the_column_of_images_is_found_whatever_they_are(folder):
    paths = sorted(folder.rglob("1.png"))
    arrays = [np.asarray(Image.open(p)) for p in paths]
    for values in (
        list(map(str, paths)),
        paths,
        [p.read_bytes() for p in paths],
        [Image.open(p) for p in paths],
        arrays,
        [{"bytes": p.read_bytes(), "path": None} for p in paths],
        [{"bytes": None, "path": str(p)} for p in paths],
        pd.Categorical(list(map(str, paths))),
    ):
        frame = pd.DataFrame({"n": [1, 2], "text": ["a photo.", "cat"], "what": values})
        ds = read(frame)
        assert levels(ds) == [0, 30] and ds.columns == ["n", "text", "what"]


def test_of_several_columns_the_one_with_a_usual_name_is_the_image(folder):
    path = [str(folder / "cat" / "1.png")]
    frame = pd.DataFrame({"depth_png": path, "image_path": path})
    ds = read(
        frame, streams={"depth": "depth_png", "own": [picture(7)], "array": np.zeros((1, 4, 4))}
    )
    assert (
        list(ds.streams) == ["image", "depth", "own", "array"] and ds.image(0, "own")[0, 0, 0] == 7
    )
    with pytest.raises(ValueError, match="'left', 'right'; say which with image='left'"):
        read(pd.DataFrame({"left": path, "right": path}))
    assert read(pd.DataFrame({"left": path, "right": path}), image="right").source(0) == path[0]


def test_a_named_column_needs_no_known_ending(data):
    path = str(data / "broken" / "made" / "no_extension")
    frame = pd.DataFrame({"file": [path]})
    with pytest.raises(ValueError, match="no column holds images"):
        read(frame)
    assert read(frame, image="file").image(0).shape == (48, 64, 3)


def test_polars_and_arrow_tables(folder):
    pl, pa = pytest.importorskip("polars"), pytest.importorskip("pyarrow")
    paths = sorted(map(str, folder.rglob("1.png")))
    content = [open(p, "rb").read() for p in paths]
    table = {"path": paths, "n": [1, None]}
    for given in (pl.DataFrame(table), pl.LazyFrame(table), pa.table(table)):
        ds = read(given, time="n")
        assert levels(ds) == [0, 30] and ds.columns == ["path", "n"] and ds.roles == {"time": "n"}
        assert ds["n"].isna().tolist() == [False, True]
    pairs = [{"bytes": c, "path": None} for c in content]
    arrays = np.stack([np.asarray(Image.open(p))[..., 0] for p in paths])
    for given in (
        pl.DataFrame({"image": content}),
        pl.DataFrame({"image": pl.Series(arrays)}),
        pl.DataFrame({"image": pl.Series([picture(0), picture(30)], dtype=pl.Object)}),
        pa.table({"image": content}),
        pa.table({"image": pairs}),
        pa.RecordBatch.from_pydict({"image": content}),
    ):
        assert levels(read(given)) == [0, 30]


# -- roles -------------------------------------------------------------------------------------------


def test_roles_are_columns_or_values(folder):
    ds = read(folder, confidence=np.linspace(0, 1, 6), pred=["cat"] * 6, title="Pets")
    assert ds.columns == ["path", "label", "pred", "confidence"] and ds.title == "Pets"
    assert ds.roles == {"label": "label", "pred": "pred", "confidence": "confidence"}
    with pytest.raises(ValueError, match="5 values for 6 rows"):
        read(folder, pred=range(5))
    with pytest.raises(ValueError, match="a column 'label' already"):
        read(folder, label=range(6))


def test_a_series_of_values_is_aligned_where_the_user_gave_an_index():
    frame = pd.DataFrame({"image": [picture(), picture()]}, index=["a", "b"])
    labels = pd.Series([1, 2], index=["b", "a"])
    assert read(frame, label=labels)["label"].tolist() == [2, 1]
    assert read(list(frame["image"]), label=labels)["label"].tolist() == [1, 2]


def test_a_dataset_is_read_as_it_is_with_more_roles(folder):
    ds = read(folder).with_vectors("v", np.ones((6, 2)), recipe={"method": "m"})
    again = read(ds, pred="label", title="Again")
    assert again.roles == {"label": "label", "pred": "label"} and again.title == "Again"
    assert again.recipes == ds.recipes and again.streams["image"] is ds.streams["image"]
    assert read(ds).frame.equals(ds.frame)


# -- training sets -----------------------------------------------------------------------------------


def test_torchvision_datasets_of_files_give_paths(data):
    datasets = pytest.importorskip("torchvision").datasets
    root = data / "classification" / "cifar10" / "test"

    def fail(_):
        raise AssertionError("nothing is decoded or transformed")

    theirs = datasets.ImageFolder(root, transform=fail, target_transform=fail)
    ds = read(theirs)
    assert ds["path"].tolist() == [path for path, _ in theirs.samples]
    assert ds["label"].tolist() == [theirs.classes[t] for t in theirs.targets]
    assert ds.streams["image"].kind == "path" and ds.title == "ImageFolder"


def test_torchvision_datasets_in_memory_give_their_array(data, tmp_path):
    """Of the real class, with real files in its format."""
    datasets = pytest.importorskip("torchvision").datasets
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    import gzip

    for name in (data / "arrays" / "mnist").glob("*.gz"):
        content = gzip.decompress(name.read_bytes())
        (raw / name.name.removesuffix(".gz")).write_bytes(content)
        (raw / name.name.removesuffix(".gz").replace("t10k", "train")).write_bytes(content)
    theirs = datasets.MNIST(tmp_path, train=False)
    ds = read(theirs)
    assert ds.streams["image"].kind == "array" and len(ds) == 10_000
    assert_array_equal(ds.image(7)[..., 0], np.asarray(theirs[7][0]))
    assert ds["label"].iloc[7] == theirs.classes[theirs[7][1]]


def test_subsets_and_concatenations_are_looked_through(data):
    torchvision = pytest.importorskip("torchvision")
    from torch.utils.data import ConcatDataset, Subset, random_split

    root = data / "classification" / "cifar10" / "test"
    whole = torchvision.datasets.ImageFolder(root)
    subset = Subset(Subset(whole, range(100, 900)), [5, 3, 700])
    ds = read(subset)
    assert ds["path"].tolist() == [whole.samples[i][0] for i in (105, 103, 800)]
    assert ds.index.tolist() == [0, 1, 2] and ds.streams["image"].kind == "path"
    parts = random_split(whole, [900, 100])
    both = read(ConcatDataset(parts))
    assert both["path"].tolist() == [whole.samples[i][0] for p in parts for i in p.indices]
    fake = torchvision.datasets.FakeData(4, (3, 8, 8))
    mixed = read(ConcatDataset([subset, fake]))
    assert len(mixed) == 7 and mixed["label"].isna().sum() == 4
    assert_array_equal(mixed.image(5), np.asarray(fake[2][0]))
    assert mixed.streams["image"].extras(5) == {"label": fake[2][1]}


def test_any_indexable_dataset_gives_its_samples_when_asked():
    torch = pytest.importorskip("torch")
    torchvision = pytest.importorskip("torchvision")
    to_tensor = torchvision.transforms.ToTensor()
    plain = torchvision.datasets.FakeData(5, (3, 8, 9))
    as_tensor = torchvision.datasets.FakeData(5, (3, 8, 9), transform=to_tensor)
    for theirs in (plain, as_tensor):
        ds = read(theirs)
        assert_array_equal(ds.image(3), np.asarray(plain[3][0]))
        assert ds.streams["image"].extras(3) == {"label": plain[3][1]}
    tensors = torch.utils.data.TensorDataset(torch.rand(4, 3, 8, 8), torch.tensor([3, 1, 4, 1]))
    assert read(tensors).streams["image"].extras(2) == {"label": 4}

    class Dicts(torch.utils.data.Dataset):
        classes = ("cat", "dog")

        def __len__(self):
            return 3

        def __getitem__(self, i):
            if i == 2:
                raise OSError("disk on fire")
            return {"id": f"n{i}", "image": picture(i), "label": i, "boxes": torch.zeros(2, 4)}

    ds = read(Dicts())
    assert levels(ds.take([0, 1])) == [0, 1] and ds.columns == []
    assert ds.streams["image"].extras(1) == {"id": "n1", "label": "dog"}
    with pytest.raises(ImageError, match="disk on fire"):
        ds.image(2)


def test_what_has_no_positions_is_refused():
    data = pytest.importorskip("torch.utils.data")

    class Endless(data.IterableDataset):
        def __iter__(self):
            yield picture()

    with pytest.raises(TypeError, match="IterableDataset"):
        read(Endless())
    with pytest.raises(TypeError, match=r"loader\.dataset"):
        read(data.DataLoader([1, 2]))


def test_hugging_face_datasets_are_not_decoded(folder):
    datasets = pytest.importorskip("datasets")
    paths = sorted(map(str, folder.rglob("1.png")))
    features = datasets.Features(
        {
            "image": datasets.Image(),
            "label": datasets.ClassLabel(names=["cat", "dog"]),
            "text": datasets.Value("string"),
        }
    )
    content = {"image": [picture(5), picture(9)], "label": [1, 0], "text": ["a", None]}
    of_bytes = datasets.Dataset.from_dict(content, features=features)
    of_files = datasets.Dataset.from_dict({**content, "image": paths}, features=features)
    for theirs, expected in ((of_bytes, [5, 9]), (of_files, [0, 30])):
        for given in (theirs, theirs.with_format("torch"), theirs.with_transform(lambda _: 1 / 0)):
            ds = read(given)
            assert levels(ds) == expected and not isinstance(ds.source(0), Image.Image)
            assert ds.columns == ["label", "text"] and ds["label"].tolist() == ["dog", "cat"]
            assert ds.roles == {"label": "label"}
    assert levels(read(of_bytes.select([1, 0]))) == [9, 5]
    both = read(datasets.DatasetDict(train=of_bytes, test=of_files))
    assert levels(both) == [5, 9, 0, 30]
    assert both["split"].tolist() == ["train", "train", "test", "test"]
    strings = datasets.Dataset.from_dict({"file": paths})
    assert levels(read(strings)) == [0, 30]
    with pytest.raises(KeyError, match="did you mean 'image'"):
        read(of_bytes, image="imag")
    with pytest.raises(ValueError, match="no column holds images"):
        read(of_bytes.select_columns(["label", "text"]))
    with pytest.raises(TypeError, match="streaming"):
        read(of_bytes.to_iterable_dataset())
    with pytest.raises(ValueError, match="without rows"):
        read(of_bytes.select([]))


# -- mistakes ----------------------------------------------------------------------------------------


def test_an_empty_folder_names_what_is_there(tmp_path):
    with pytest.raises(ValueError, match="no image in the folder .*: it is empty"):
        read(tmp_path)
    for name in ("a.txt", "b.txt", "c.csv"):
        (tmp_path / name).touch()
    (tmp_path / "sub").mkdir()
    with pytest.raises(ValueError, match="it holds 2 .txt files, 1 .csv file"):
        read(tmp_path)


def test_a_missing_path_names_the_nearest(folder):
    with pytest.raises(FileNotFoundError, match="has 'pets'"):
        read(folder.parent / "pet")
    with pytest.raises(FileNotFoundError, match="has 'cat'"):
        read(folder / "cats")
    with pytest.raises(FileNotFoundError, match="2 folders"):
        read(f"{folder}/*.png")
    with pytest.raises(FileNotFoundError, match="6 other images"):
        read(f"{folder}/**/*.jpg")
    with pytest.raises(FileNotFoundError, match="no folder .*has 'pets'"):
        read(f"{folder.parent}/petz/*.png")
    with pytest.raises(
        FileNotFoundError, match="none of the files in the list exists, such as 'x.jpg'"
    ):
        read(["x.jpg", "y.jpg"])
    with pytest.raises(FileNotFoundError, match="column 'path'"):
        read(pd.DataFrame({"path": ["x.jpg"] * 100}))


def test_a_file_of_another_kind_says_how_to_read_it(data, tmp_path):
    (tmp_path / "rows.jsonl").write_text('{"path": "a.png"}')
    with pytest.raises(ValueError, match="lines=True"):
        read(tmp_path / "rows.jsonl")
    with pytest.raises(ValueError, match="a folder or a glob"):
        read(data / "SOURCES.md")


def test_a_frame_without_images_names_its_columns(folder):
    frame = pd.DataFrame({"label": ["cat"], "n": [3]})
    with pytest.raises(ValueError, match=r"'label' \(str like 'cat'\), 'n' \(int like 3\)"):
        read(frame)
    with pytest.raises(KeyError, match="unknown column .*'pth'.*did you mean 'path'"):
        read(pd.DataFrame({"path": [str(folder / "cat/1.png")]}), image="pth")
    with pytest.raises(KeyError, match="did you mean 'label'"):
        read(folder, label="lable")
    with pytest.raises(ValueError, match="'n' does not hold images but int like 3"):
        read(frame, image="n")
    with pytest.raises(ValueError, match="without rows"):
        read(frame[:0])
    with pytest.raises(ValueError, match="duplicate columns 'n'"):
        read(pd.DataFrame([[1, 2]], columns=["n", "n"]))
    with pytest.raises(ValueError, match=r"duplicate index values 0: reset_index"):
        read(pd.DataFrame({"path": [str(folder / "cat/1.png")] * 2}, index=[0, 0]))
    with pytest.raises(TypeError, match="name of a column"):
        read(frame, image=["n"])
    with pytest.raises(ValueError, match="a column of a table"):
        read(folder, image="path")


@pytest.mark.parametrize("x", [None, 3, {"a": 1}, {1, 2}, object(), print, b"bytes"])
def test_what_cannot_be_read_says_what_can(x):
    with pytest.raises(TypeError, match="expected a folder, a glob"):
        read(x)


@pytest.mark.parametrize("x", [[], (), [None], [1, 2], ["a", "b"], [[1, 2], [3, 4]]])
def test_lists_without_images_are_refused(x):
    with pytest.raises((ValueError, FileNotFoundError)):
        read(x)


def test_the_result_is_a_dataset_that_shares_the_images():
    images = np.zeros((100, 8, 8, 3), np.uint8)
    ds = read(images)
    assert isinstance(ds, Dataset) and isinstance(ds.streams["image"], Stream)
    assert np.shares_memory(ds.sample(3).source(0), images)
