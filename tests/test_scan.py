"""The scan: one decode, every bad image a row, columns, cancelling, and what embed makes of it."""

import sys
import threading
import time

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from sklearn.base import BaseEstimator, TransformerMixin

import dataview.scanning as scanning
from dataview.dataset import Dataset
from dataview.decoding import square
from dataview.dictionary import DictionaryEmbedder
from dataview.embedding import make_embedder
from dataview.engine import ScanPass
from dataview.plugins import registry, statistic
from dataview.progress import Cancelled, Progress
from dataview.projection import project
from dataview.readers import read
from dataview.scanning import ScanTable, embed, has_vectors, scan, scanned_columns


@pytest.fixture
def pictures() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (40, 20, 24, 3), np.uint8)


def embed_input(pictures):
    return np.stack([square(p, 32) for p in pictures])


@pytest.fixture
def folder(tmp_path, pictures):
    """Six good files, and four that are not."""
    for i in range(6):
        Image.fromarray(pictures[i]).save(tmp_path / f"{i}.png")
    (tmp_path / "empty.jpg").write_bytes(b"")
    (tmp_path / "page.png").write_text("<!doctype html>")
    (tmp_path / "half.png").write_bytes((tmp_path / "0.png").read_bytes()[:300])
    (tmp_path / "text.jpg").write_text("This is not an image but a text.")
    return tmp_path


@pytest.fixture
def plugins():
    """Unregister the statistics that a test registers."""
    before = set(registry("statistic"))
    yield
    for name in set(registry("statistic")) - before:
        registry("statistic").unregister(name)


def test_scan_adds_columns_after_the_users_own(pictures):
    index = pd.Index([f"row {i}" for i in range(40)], name="key")
    frame = pd.DataFrame({"x": range(40), "image": list(pictures)}, index=index)
    ds = scan(frame, progress=False)
    assert ds.columns[:2] == ["x", "image"] and ds.index.equals(index)
    assert (ds["width"] == 24).all() and (ds["height"] == 20).all()
    assert ds["brightness"].iloc[7] == pytest.approx(
        np.asarray(Image.fromarray(pictures[7]).convert("L")).mean() / 255
    )
    assert ds["error"].isna().all()


def test_bad_files_are_rows_with_an_error(folder):
    ds = scan(folder, progress=False)
    errors = ds["error"].dropna()
    assert sorted(errors.index) == ["empty.jpg", "half.png", "page.png", "text.jpg"]
    assert "empty file" in errors["empty.jpg"] and "HTML" in errors["page.png"]
    assert "truncated" in errors["half.png"]
    assert ds["brightness"].isna().equals(ds["error"].notna())


@pytest.mark.parametrize("kind", ["made", "pillow"])
def test_no_broken_file_raises(data, kind):
    files = sorted(str(p) for p in (data / "broken" / kind).rglob("*") if p.is_file())
    table = None
    ds = read(pd.DataFrame({"file": files}), image="file")
    table = ScanTable(ds)
    for batch in ScanPass(ds, embedder=DictionaryEmbedder(), thumbnails=True):
        table.add(batch)
        readable = batch.readable
        assert [t is not None for t in batch.thumbnails] == readable.tolist()
        assert batch.fresh.tolist() == readable.tolist()
    scanned = table.dataset()
    assert scanned["error"].notna().equals(scanned["brightness"].isna())
    assert 0 < scanned["error"].notna().sum() < len(files)
    assert scanned["error"].dropna().str.len().gt(5).all()


def test_each_image_is_opened_once(pictures):
    opened = []

    class Counted(_Pairs):
        def __getitem__(self, i):
            opened.append(i)
            return super().__getitem__(i)

    ds = read(Counted(pictures))
    opened.clear()
    scan(ds, embed="dictionary", thumbnails=True, progress=False)
    assert sorted(opened) == list(range(40))


def test_values_that_come_with_the_items_become_columns(pictures):
    ds = scan(_Pairs(pictures), progress=False)
    assert ds["label"].tolist() == [i % 3 for i in range(40)]
    assert ds.roles == {"label": "label"}


def test_values_that_come_with_the_items_take_no_role_that_the_user_has_given(pictures):
    ds = read(_Pairs(pictures)).assign(kind=1).replace(roles={"label": "kind"})
    assert scan(ds, progress=False).roles == {"label": "kind"}
    ds = scan(read(_Pairs(pictures)).assign(label="mine"), progress=False)
    assert (ds[ds.roles["label"]] == "mine").all() and ds["image_label"][4] == 1


class _Pairs:
    """A map-style torch dataset."""

    def __init__(self, pictures):
        self.pictures = pictures

    def __len__(self):
        return len(self.pictures)

    def __getitem__(self, i):
        if not 0 <= i < len(self):
            raise IndexError(i)
        return self.pictures[i], i % 3


def test_a_name_that_the_user_has_taken_stays_the_users(pictures):
    frame = pd.DataFrame(
        {"width": ["mine"] * 40, "error": 5, "image_error": 6, "image": list(pictures)}
    )
    ds = scan(frame, progress=False)
    assert (
        (ds["width"] == "mine").all()
        and (ds["error"] == 5).all()
        and (ds["image_error"] == 6).all()
    )
    assert (ds["image_width"] == 24).all()
    assert scanned_columns(ds)["error"] == "image_image_error"
    assert scanned_columns(ds)["brightness"] == "brightness"


def test_a_second_scan_replaces_the_columns_of_the_first(folder):
    first = scan(folder, progress=False)
    Image.new("RGB", (9, 7)).save(folder / "empty.jpg", "JPEG")
    second = scan(first, progress=False)
    assert second.columns == first.columns
    assert second["width"]["empty.jpg"] == 9 and second["error"]["empty.jpg"] is None
    assert scan(second[second["error"].isna()], progress=False).columns == first.columns


def test_what_cannot_be_read_any_more_has_no_values_any_more(folder):
    first = scan(folder, progress=False).take(range(6))
    for i in range(6):
        (folder / f"{i}.png").write_bytes(b"")
        ds = scan(first, progress=False)
        assert ds.columns == first.columns and ds["error"].notna().sum() == i + 1
        for name in ("width", "brightness", "format", "file_size"):
            assert ds[name].isna().equals(ds["error"].notna())


def test_a_scan_without_statistics_keeps_those_of_the_first(folder):
    first = scan(folder, progress=False)
    again = scan(first, statistics=False, thumbnails=True, progress=False)
    assert again.columns == [*first.columns, "thumbnail"]
    assert again["brightness"].equals(first["brightness"])


def test_what_no_image_has_is_no_column(pictures):
    assert "file_size" not in scan(pictures, progress=False).columns


def test_registered_statistics_become_columns(pictures, plugins):
    @statistic
    def redness(image):
        return image[..., 0].mean() / 255

    @statistic(name="side")
    def _(image):
        return "wide" if image.shape[1] > image.shape[0] else "tall"

    ds = scan(pictures, progress=False)
    assert ds["redness"].to_numpy() == pytest.approx(pictures[..., 0].mean(axis=(1, 2)) / 255)
    assert (ds["side"] == "wide").all()


def test_a_statistic_that_fails_is_missing_and_breaks_nothing(pictures, plugins):
    @statistic
    def broken(image):
        if image[0, 0, 0] > 128:
            raise ZeroDivisionError("on purpose")
        image[:] = 0  # nor may it change what others see
        return 1

    @statistic
    def whole(image):
        return image  # not a number

    with pytest.warns(UserWarning) as warned:
        ds = scan(pictures, progress=False)
    whole_text, broken_text = sorted((str(w.message) for w in warned), key=lambda t: "broken" in t)
    assert (
        "text or bool, or a dict of them, not ndarray" in whole_text and "on purpose" in broken_text
    )
    assert ds["broken"].isna().equals(pd.Series(pictures[:, 0, 0, 0] > 128))
    assert ds["whole"].isna().all() and ds["error"].isna().all() and (ds["brightness"] > 0.3).all()


@pytest.mark.parametrize("batch_size", [1, 7, 64])
def test_batches_come_in_the_order_that_was_asked_for(pictures, batch_size):
    order = np.random.default_rng(1).permutation(40)[:25]
    embedder = make_embedder(lambda images: images[:, 0, 0], input_size=24)
    batches = list(
        ScanPass(
            read(pictures), embedder=embedder, positions=order, batch_size=batch_size, workers=3
        )
    )
    assert np.concatenate([b.positions for b in batches]).tolist() == order.tolist()
    images = np.concatenate([b.images for b in batches])
    assert np.array_equal(images, np.stack([square(p, 24) for p in pictures[order]]))


def test_an_empty_dataset_is_scanned(pictures):
    ds = read(pictures)
    empty = scan(ds[np.zeros(40, bool)], progress=False)
    assert len(empty) == 0 and "error" in empty.columns
    assert scan(empty, progress=False).columns == empty.columns
    with pytest.raises(ValueError, match="the dataset is empty"):
        embed(empty, progress=False)
    with pytest.warns(UserWarning, match="the dataset is empty"):
        assert not scan(empty, embed="dictionary", progress=False).vectors
    none = embed(ds, lambda batch: batch[:, 0, 0], progress=False)[np.zeros(40, bool)]
    assert project(none, "umap", progress=False).projections["umap"].shape == (0, 2)


def test_cancelling_ends_the_scan_and_its_threads():
    class Slow(_Pairs):
        def __getitem__(self, i):
            time.sleep(0.02)
            return super().__getitem__(i)

    cancel = threading.Event()
    told = []

    def progress(state):
        told.append(state)
        cancel.set()

    before = threading.active_count()
    ds = read(Slow(np.zeros((5000, 8, 8, 3), np.uint8)))
    began = time.monotonic()
    with pytest.raises(Cancelled):
        scan(ds, progress=progress, cancel=cancel)
    assert time.monotonic() - began < 20 and len(told) == 1  # all of them would take 100 s
    assert threading.active_count() <= before


def test_leaving_the_iterator_ends_its_threads(pictures):
    before = threading.active_count()
    batches = iter(ScanPass(read(pictures), batch_size=4))
    next(batches)
    batches.close()
    assert threading.active_count() <= before


def test_progress_is_told_until_the_end(pictures):
    told: list[Progress] = []
    scan(pictures, progress=told.append)
    assert (told[-1].stage, told[-1].done, told[-1].total) == ("scan", 40, 40)
    assert told[-1].rate > 0 and told[-1].eta == 0
    assert "40 of 40" in str(told[-1])


def test_short_work_writes_no_progress(pictures, capsys):
    scan(pictures)
    assert capsys.readouterr() == ("", "")


def test_thumbnails_are_a_column_when_asked_for(folder):
    ds = scan(folder, thumbnails=True, progress=False)
    assert ds["thumbnail"]["0.png"][:4] == b"\x89PNG"
    assert ds["thumbnail"].isna().equals(ds["error"].notna())


@pytest.mark.parametrize(
    ("shape", "crop", "box"),
    [
        ((100, 200), None, (0, 0, 200, 100)),
        ((100, 200), 0.5, (75, 25, 125, 75)),
        ((60, 60), 1, (0, 0, 60, 60)),
    ],
)
def test_the_square_is_the_whole_image_or_its_centre(shape, crop, box):
    array = np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8)
    expected = Image.fromarray(array).crop(box).resize((32, 32), Image.Resampling.BILINEAR)
    difference = np.abs(square(array, 32, crop).astype(int) - np.asarray(expected))
    assert difference[2:-2, 2:-2].max() <= 1  # the edge knows what lies behind it


def test_the_size_suits_the_images(tmp_path):
    def size(x):
        return ScanPass(read(x), embedder=DictionaryEmbedder()).size

    assert size(np.zeros((5, 28, 28), np.uint8)) == 32
    assert size(np.zeros((5, 28, 300), np.uint8)) == 32
    Image.new("RGB", (640, 480)).save(tmp_path / "photo.jpg")
    assert size(tmp_path) == 64


# -- embed -----------------------------------------------------------------------------------------


def test_vectors_of_unreadable_images_are_missing(folder):
    ds = embed(scan(folder, progress=False), progress=False)
    assert np.isnan(ds.vectors["dictionary"]).all(axis=1).tolist() == ds["error"].notna().tolist()
    assert np.isfinite(ds.vectors["dictionary"]).all(axis=1).sum() == 6


def test_embedding_in_the_scan_is_the_same_as_after_it(folder, monkeypatch):
    together = scan(folder, embed="dictionary", progress=False)
    after = embed(scan(folder, progress=False), progress=False)
    assert np.array_equal(
        together.vectors["dictionary"], after.vectors["dictionary"], equal_nan=True
    )
    assert together.recipes["dictionary"] == after.recipes["dictionary"]

    def no_scan(*_, **__):
        raise AssertionError("it was decoded again")

    monkeypatch.setattr(scanning, "ScanPass", no_scan)
    assert embed(together, progress=False).vectors["dictionary"] is together.vectors["dictionary"]


def test_a_function_that_was_edited_makes_its_vectors_anew(pictures):
    def first(batch):
        return batch[:, 0, 0]

    def edited(batch):
        return batch[:, 1, 1]

    edited.__name__ = "first"
    ds = embed(embed(pictures, first, progress=False), edited, progress=False)
    assert np.array_equal(ds.vectors["first"], edited(embed_input(pictures)))
    ds = embed(ds, lambda batch: batch[:, 0, 0], progress=False)
    again = embed(ds, lambda batch: batch[:, 2, 2], progress=False)
    assert not np.array_equal(ds.vectors["<lambda>"], again.vectors["<lambda>"])


def test_an_object_with_other_parameters_makes_its_vectors_anew(pictures):
    class Power(TransformerMixin, BaseEstimator):
        def __init__(self, exponent):
            self.exponent = exponent

        def transform(self, batch):
            return batch[:, 0, 0].astype(float) ** self.exponent

    one = embed(pictures, Power(1), progress=False)
    two = embed(one, Power(2), progress=False)
    assert two.vectors["Power"] == pytest.approx(one.vectors["Power"] ** 2)
    assert two.recipes["Power"]["params"] == {"exponent": "2"}


def test_vectors_of_a_network_are_reused_unless_its_class_may_have_been_edited(pictures):
    torch = pytest.importorskip("torch", exc_type=Exception)

    class Mine(torch.nn.Module):
        def forward(self, x):
            return x.mean((2, 3))

    library = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3))
    ds = embed(pictures, library, input_size=16, progress=False)
    name = "sequential"
    assert embed(ds, library, input_size=16, progress=False).vectors[name] is ds.vectors[name]
    assert embed(ds, library, input_size=20, progress=False).vectors[name] is not ds.vectors[name]
    for mine in (Mine(), torch.nn.Sequential(Mine())):
        ds = embed(pictures, mine, input_size=16, name="mine", progress=False)
        again = embed(ds, mine, input_size=16, name="mine", progress=False)
        assert again.vectors["mine"] is not ds.vectors["mine"]


def test_other_parameters_make_other_vectors(folder):
    ds = scan(folder, embed="dictionary", progress=False)
    assert has_vectors(ds, DictionaryEmbedder()) and not has_vectors(ds, DictionaryEmbedder(seed=1))
    again = embed(ds, seed=1, progress=False)
    assert again.recipes["dictionary"]["content"] != ds.recipes["dictionary"]["content"]
    both = embed(ds, seed=1, name="other", progress=False)
    assert list(both.vectors) == ["dictionary", "other"]


def test_the_vectors_do_not_depend_on_the_threads(pictures):
    one, four = (embed(pictures, workers=w, progress=False).vectors["dictionary"] for w in (1, 4))
    assert np.array_equal(one, four)


def test_a_function_sees_the_images_in_the_size_that_it_asks_for(pictures):
    shapes = set()

    def mean(images):
        shapes.add(images.shape[1:])
        return images.mean(axis=(1, 2))

    ds = embed(pictures, mean, input_size=16, name="colour", progress=False)
    assert shapes == {(16, 16, 3)} and ds.vectors["colour"].shape == (40, 3)


def test_nothing_readable_is_an_error_of_embed_and_a_warning_of_scan(tmp_path):
    (tmp_path / "empty.jpg").write_bytes(b"")
    with pytest.raises(ValueError, match=r"no image could be read \(empty file"):
        embed(tmp_path, progress=False)
    with pytest.warns(UserWarning, match="no image could be read"):
        ds = scan(tmp_path, embed="dictionary", progress=False)
    assert not ds.vectors


def test_roles_are_for_read(pictures):
    ds = embed(scan(pictures, label=np.arange(40) % 2, progress=False), progress=False)
    assert isinstance(ds, Dataset) and ds.roles["label"] == "label"


def test_the_default_path_needs_neither_sklearn_nor_torch(tmp_path, pictures):
    import subprocess

    np.save(tmp_path / "x.npy", pictures)
    code = (
        "import sys, numpy, dataview as dv; from dataview.projection import project;"
        f"ds = dv.embed(dv.scan(numpy.load({str(tmp_path / 'x.npy')!r}), progress=False), progress=False);"
        "ds = project(ds, 'pca', progress=False);"
        "print({'sklearn', 'torch', 'umap', 'cv2', 'scipy'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_a_part_that_learns_leaves_the_whole_its_map(tmp_path) -> None:
    """A lasso on the whole folder must find its map again after a part of it was looked at."""
    noise = np.random.default_rng(0).integers(0, 255, (60, 24, 24, 3), np.uint8)
    noise[::2] //= 3
    for i, image in enumerate(noise):
        Image.fromarray(image).save(tmp_path / f"{i:02}.png")

    def vectors(ds: Dataset) -> np.ndarray:
        return embed(ds, progress=False).vectors["dictionary"]

    whole = read(tmp_path)
    part = whole.take(range(0, 60, 2))
    first, some = vectors(whole), vectors(part)
    assert not np.array_equal(first[::2], some), "the part has learnt from itself"
    for _ in range(2):
        assert np.array_equal(vectors(read(tmp_path)), first)
        assert np.array_equal(vectors(part), some)
    (tmp_path / "00.png").unlink()  # nearly the same images: what the whole has learnt still serves
    assert np.array_equal(vectors(read(tmp_path)), first[1:])
