"""A scan on Ray gives the table that a local scan gives, also when workers die on the way."""

import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from PIL import Image

ray = pytest.importorskip("ray")
pytest.importorskip("pyarrow")

from dataview.cluster import Batch, BatchScan, ClusterError, RayScan, portable  # noqa: E402
from dataview.dataset import Stream  # noqa: E402
from dataview.decoding import Wanted, decode_row  # noqa: E402
from dataview.dictionary import DictionaryEmbedder  # noqa: E402
from dataview.plugins import registry, statistic  # noqa: E402
from dataview.progress import Cancelled  # noqa: E402
from dataview.readers import read  # noqa: E402
from dataview.scanning import scan  # noqa: E402
from dataview.tables import MANIFEST  # noqa: E402

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("ray"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:ray"),
]
ray.cloudpickle.register_pickle_by_value(sys.modules[__name__])  # workers do not know tests


@pytest.fixture(scope="module")
def cluster():
    """Ray with two workers. A busy machine may need more than one try to start it."""
    options = {"log_to_driver": False, "logging_level": logging.ERROR}
    if "RAY_ADDRESS" not in os.environ:  # a cluster that is there saves the start
        os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
        options |= {"num_cpus": 2, "object_store_memory": 200 << 20, "include_dashboard": False}
    for last in (False, False, True):
        try:
            ray.init(**options)
            break
        except Exception:
            ray.shutdown()
            if last:
                raise
    yield ray
    ray.shutdown()


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    """Seven parts of what would be two."""
    monkeypatch.setattr("dataview.cluster._suitable_rows", lambda n, ray: 11)


@pytest.fixture
def plugins():
    """Registers statistics for one test."""
    before = set(registry("statistic"))
    yield
    for name in set(registry("statistic")) - before:
        registry("statistic").unregister(name)


def noise(seed, size=(60, 40)):
    values = np.random.default_rng(seed).integers(0, 255, (*size[::-1], 3), np.uint8)
    return Image.fromarray(values)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Seventy images in two classes, and files that are none, or odd ones."""
    root = tmp_path_factory.mktemp("pets")
    for i in range(70):
        path = root / ("cat" if i % 3 else "dog") / f"{i}.{'png' if i % 5 else 'jpg'}"
        path.parent.mkdir(exist_ok=True)
        noise(i, size=(40 + i, 90 - i)).convert("L" if i % 7 == 0 else "RGB").save(path)
    whole = (root / "dog" / "0.jpg").read_bytes()
    (root / "cat" / "half.jpg").write_bytes(whole[: len(whole) // 2])
    (root / "cat" / "empty.png").write_bytes(b"")
    (root / "dog" / "page.jpg").write_text("<!doctype html>")
    (root / "dog" / "gone.jpg").symlink_to(root / "nowhere.jpg")
    os.mkfifo(root / "dog" / "pipe.jpg")
    (root / "dog" / "folder.jpg").mkdir()
    Image.new("CMYK", (9, 7)).save(root / "dog" / "cmyk.jpg")
    (root / "cat" / "caf\udce9.png").write_bytes((root / "cat" / "1.png").read_bytes())
    return root


def assert_same(found, expected, exactly=True):
    """Columns and their order, dtypes, index, values, errors, vectors, roles and history."""
    assert_frame_equal(found.frame, expected.frame, check_exact=True)
    assert found["error"].tolist() == expected["error"].tolist()
    assert list(found.vectors) == list(expected.vectors)
    for name, vectors in found.vectors.items():
        if exactly:
            assert np.array_equal(vectors, expected.vectors[name], equal_nan=True)
            assert dict(found.recipes[name]) == dict(expected.recipes[name])
        else:
            np.testing.assert_allclose(vectors, expected.vectors[name], rtol=1e-4, atol=1e-5)
    assert dict(found.roles) == dict(expected.roles) and found.title == expected.title
    assert [repr(step) for step in found.history] == [repr(step) for step in expected.history]


def small(seed=0):
    """An embedder that learns, quickly."""
    return DictionaryEmbedder(16, n_atoms=32, n_patches=3000, seed=seed)


def both(x, output=None, embed=lambda: None, **options):
    """A scan by each engine: local, and Ray."""
    local = scan(x, progress=False, cache=False, embed=embed(), **options)
    return local, scan(x, progress=False, engine="ray", output=output, embed=embed(), **options)


# -- the same table ----------------------------------------------------------------------------------


def test_both_engines_give_the_same_table(cluster, folder, tmp_path, plugins):
    @statistic
    def corner(image):
        return int(image[0, 0, 0])

    @statistic
    def picky(image):
        return None if image[0, 0, 0] % 2 else "even"

    local, found = both(folder, tmp_path / "out", thumbnails=True, embed=small)
    assert local["error"].notna().sum() == 4 and {"corner", "picky", "thumbnail"} <= set(
        local.columns
    )
    assert_same(found, local)
    opened = read(tmp_path / "out")
    assert_same(opened, local)
    paths = [opened.streams["image"].path(i) for i in range(len(local))]
    assert paths == [local.streams["image"].path(i) for i in range(len(local))]
    assert scan(opened, progress=False, cache=False).columns == opened.columns  # nothing twice


def test_a_table_with_an_index_and_columns_of_its_own(cluster, folder, tmp_path):
    files = sorted(str(path) for path in folder.rglob("*.png"))[:20]
    table = pd.DataFrame(
        {"file": files, "width": pd.Categorical(list("ab" * 10)), ("a", 1): [[k] for k in range(20)]},
        index=pd.MultiIndex.from_product([["p", "q"], pd.period_range("2024", periods=10, freq="M")]),
    )  # fmt: skip
    local, found = both(table, label="width", output=tmp_path / "out")
    assert_same(found, local)
    assert_same(read(tmp_path / "out"), local)


def test_images_in_memory_travel_too(cluster):
    pictures = [np.asarray(noise(i)) for i in range(9)]
    encoded = pd.DataFrame(
        {"image": [Path(__file__).read_bytes()[:50], b""] + [png(p) for p in pictures]}
    )
    for x in (
        np.stack(pictures).astype("float32"),
        [Image.fromarray(p) for p in pictures],
        encoded,
    ):
        local, found = both(x)
        assert_same(found, local)


def png(array):
    import io

    out = io.BytesIO()
    Image.fromarray(array).save(out, "PNG")
    return out.getvalue()


class Labelled:
    """A training set: its items have labels, and one is broken."""

    def __len__(self):
        return 12

    def __getitem__(self, i):
        if i == 7:
            raise OSError("bad sector")
        return noise(i), i % 3


def test_a_training_set_goes_to_the_workers_as_a_whole(cluster):
    local, found = both(Labelled())
    assert "bad sector" in found["error"][7] and found["label"][5] == 2
    assert_same(found, local)


def test_a_network_gives_nearly_the_same_vectors(cluster, folder):
    torch = pytest.importorskip("torch")
    from dataview.networks import TorchEmbedder

    torch.manual_seed(0)
    layers = [
        torch.nn.Conv2d(3, 8, 5, 2),
        torch.nn.ReLU(),
        torch.nn.AdaptiveAvgPool2d(2),
        torch.nn.Flatten(),
    ]
    network = torch.nn.Sequential(*layers)
    local, found = both(folder, embed=lambda: TorchEmbedder(network, input_size=32))
    assert_same(found, local, exactly=False)


# -- S3 ----------------------------------------------------------------------------------------------


def test_from_a_bucket_to_a_bucket(cluster, s3):
    for i in range(40):
        s3.put(f"pets/{'cat' if i % 2 else 'dog'}/{i}.png", png(np.asarray(noise(i))))
    s3.put("pets/cat/99.jpg", b"<!doctype html>")
    local, found = both(
        s3.url("pets"), s3.url("scanned"), embed=small, thumbnails=True, storage_options=s3.options
    )
    assert local["error"].notna().sum() == 1
    assert_same(found, local)
    opened = read(s3.url("scanned"), storage_options=s3.options)
    assert_same(opened, local)
    assert opened.streams["image"].remote and opened.image(3).shape == (40, 60, 3)


def test_what_the_store_does_not_give_is_an_error_in_its_row(cluster, s3):
    for i in range(12):
        s3.put(f"pets/{i}.png", png(np.asarray(noise(i))))
    ds = read(s3.url("pets"), storage_options=s3.options)
    s3.delete("pets/5.png")  # between listing and reading
    s3.fail(503, times=3, method="GET")
    found = scan(ds, engine="ray", progress=False)
    assert found.index[found["error"].notna()].tolist() == ["5.png"]
    assert "no such object" in found["error"]["5.png"]


# -- learning ----------------------------------------------------------------------------------------


def test_an_embedder_learns_from_the_first_images_in_their_order(cluster, folder):
    """Computed here by nothing but the decoder and the embedder."""
    ds = read(folder)
    order = np.random.default_rng(3).permutation(len(ds))
    wanted = Wanted(statistics=False, thumbnail=False, size=32)
    embedder = small(seed=1)
    parts = list(RayScan(ds, wanted, embedder, order=order, fit_images=40, part_rows=7))
    assert np.concatenate([part.positions for part in parts]).tolist() == order.tolist()
    found = np.concatenate([part.vectors for part in parts])

    rows = [decode_row(ds.source(i), {}, wanted) for i in order]
    good = [row.image for row in rows if row.image is not None]
    expected = small(seed=1).fit(np.stack(good[:40])).transform(np.stack(good))
    readable = [row.error is None for row in rows]
    assert np.array_equal(found[readable], expected) and np.isnan(found[~np.array(readable)]).all()


# -- workers that die --------------------------------------------------------------------------------


def test_a_worker_that_is_killed_midway_loses_and_doubles_nothing(
    cluster, folder, tmp_path, plugins
):
    marks, out = tmp_path / "marks", tmp_path / "out"
    marks.mkdir()
    where = str(marks)

    @statistic
    def slow(image):
        with open(f"{where}/{os.getpid()}", "ab") as file:  # noqa: PTH123
            file.write(b".")
        time.sleep(0.03)
        return float(image.mean())

    killed = []

    def kill_one():
        while len(list(out.glob("parts/part-*.parquet"))) < 2:
            time.sleep(0.01)
        before = {path: path.stat().st_size for path in marks.iterdir()}
        while not (at_work := [p for p in marks.iterdir() if p.stat().st_size > before.get(p, 0)]):
            time.sleep(0.005)
        killed.append(int(at_work[0].name))
        os.kill(killed[0], signal.SIGKILL)

    killer = threading.Thread(target=kill_one)
    killer.start()
    found = scan(folder, engine="ray", output=out, progress=False, thumbnails=True)
    killer.join(timeout=60)
    assert killed and not Path(f"/proc/{killed[0]}").exists()
    # images of the batch that it had begun were done once more
    assert sum(path.stat().st_size for path in marks.iterdir()) > found["error"].isna().sum()
    local = scan(folder, progress=False, cache=False, thumbnails=True)
    assert_same(found, local)
    assert_same(read(out), local)
    rows = [pd.read_parquet(path)["position"] for path in sorted(out.glob("parts/*"))]
    assert sorted(pd.concat(rows)) == list(range(len(local)))  # nothing lost, nothing doubled


def test_an_image_that_kills_its_worker_each_time_gets_an_error(cluster, tmp_path, plugins):
    for i in range(20):
        noise(i).save(tmp_path / f"{i}.png")
    Image.new("RGB", (60, 40), (255, 0, 255)).save(tmp_path / "13.png")

    @statistic
    def deadly(image):
        if image[..., 1].max() == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return 1.0

    ds = scan(tmp_path, engine="ray", output=tmp_path / "out", progress=False)
    assert ds["error"].dropna().to_dict() == {"13.png": "decoding it ends the process"}
    assert ds["deadly"].isna().sum() == 1 and ds["brightness"].notna().sum() == 19
    assert_same(read(tmp_path / "out"), ds)


def test_what_the_users_embedder_raises_is_raised(cluster, folder):
    def faulty(images):
        raise KeyError("the user's own mistake")

    with pytest.raises(ClusterError, match="the user's own mistake"):
        scan(folder, engine="ray", embed=faulty, progress=False)


def test_an_embedder_that_cannot_travel_is_named(cluster, folder):
    lock = threading.Lock()

    def held(images):
        with lock:
            return images.mean(axis=(1, 2))

    with pytest.raises(TypeError, match="cannot be sent to the workers"):
        scan(folder, engine="ray", embed=held, progress=False)


# -- progress, cancel, resume ------------------------------------------------------------------------


def test_a_cancelled_scan_goes_on_where_it_was(cluster, folder, tmp_path, plugins):
    marks, out = tmp_path / "marks", tmp_path / "out"
    where = str(marks)

    @statistic
    def counted(image):
        with open(where, "ab") as file:  # noqa: PTH123
            file.write(b".")
        time.sleep(0.02)
        return float(image.mean())

    cancel, told = threading.Event(), []

    def tell(progress):
        told.append(progress.done)
        if len(told) == 4:
            cancel.set()

    with pytest.raises(Cancelled):
        scan(folder, engine="ray", output=out, progress=tell, cancel=cancel)
    assert told == sorted(told) and told[-1] < 76 and not (out / MANIFEST).exists()
    done = {path: path.stat().st_mtime_ns for path in out.glob("parts/part-*.parquet")}
    assert len(done) >= 4
    with pytest.raises(ValueError, match="unfinished"):
        read(out)
    with pytest.raises(FileExistsError, match="unfinished scan"):
        scan(folder, engine="ray", output=out, progress=False, thumbnails=True)  # another scan

    before = marks.stat().st_size
    found = scan(folder, engine="ray", output=out, progress=False)
    assert marks.stat().st_size - before < 72  # of 72 readable images
    assert {path: path.stat().st_mtime_ns for path in done} == done
    assert_same(found, scan(folder, progress=False, cache=False))
    assert_same(read(out), found)


def test_what_an_embedder_has_learnt_is_kept_for_the_second_try(cluster, folder, tmp_path):
    ds = read(folder)
    wanted = Wanted(statistics=False, thumbnail=False, size=32)
    options = {"output": tmp_path, "fit_images": 20, "part_rows": 10}
    first = RayScan(ds, wanted, small(), **options)
    for count, _ in enumerate(first):
        if count == 4:
            break
    again = small()
    again.fit = None  # it need not
    vectors = np.concatenate([part.vectors for part in RayScan(ds, wanted, again, **options)])
    expected = [part.vectors for part in RayScan(ds, wanted, small(), fit_images=20)]
    assert np.array_equal(vectors, np.concatenate(expected), equal_nan=True)


# -- a script of one's own ---------------------------------------------------------------------------

SCRIPT = """
import json, sys
import dataview as dv

LEVEL = 100

@dv.statistic
def bright_share(image):
    return float((image > LEVEL).mean())

def mean_color(images):
    return helper(images)

def helper(images):
    return images.mean(axis=(1, 2))

if __name__ == "__main__":
    import ray
    before = ray.is_initialized()
    ds = dv.scan(sys.argv[1], engine="ray", embed=mean_color, progress=False)
    local = dv.scan(sys.argv[1], embed=mean_color, progress=False, cache=False)
    print(json.dumps({
        "before": before, "after": ray.is_initialized(), "same": ds.frame.equals(local.frame),
        "vectors": float(abs(ds.vectors["mean_color"] - local.vectors["mean_color"]).max()),
        "values": ds["bright_share"].tolist(),
    }))
"""


def test_functions_of_a_script_travel_and_ray_is_ended_with_the_scan(tmp_path):
    (tmp_path / "pets").mkdir()
    for i in range(8):
        noise(i).save(tmp_path / "pets" / f"{i}.png")
    (tmp_path / "script.py").write_text(SCRIPT)
    command = [sys.executable, "script.py", "pets"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout.splitlines()[-1])
    assert not said["before"] and not said["after"] and said["same"] and said["vectors"] == 0
    images = [np.asarray(Image.open(tmp_path / "pets" / f"{i}.png")) for i in range(8)]
    assert said["values"] == pytest.approx([(image > 100).mean() for image in images])


# -- without Ray -------------------------------------------------------------------------------------


def test_without_ray_the_extra_is_named(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ImportError, match=r"jupyterlab-dataview\[ray\]"):
        scan(folder, engine="ray", progress=False)


def test_an_output_that_is_taken_is_refused_before_anything_is_done(folder, tmp_path):
    (tmp_path / "thesis.doc").write_text("important")
    with pytest.raises(FileExistsError, match="thesis.doc"):
        next(iter(RayScan(read(folder), Wanted(), output=tmp_path)))
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.doc"]


def test_only_a_scan_with_ray_imports_ray():
    code = "import sys, dataview.cluster, dataview.scanning; print('ray' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_a_batch_holds_only_its_own_images():
    stream = Stream([f"{i}.png" for i in range(10)], rows=np.array([7, 2, 5]))
    some = portable(stream, [2, 0])
    assert [some.path(i) for i in range(2)] == [os.path.abspath("5.png"), os.path.abspath("7.png")]
    assert len(some._items) == 2
    assert [len(one.stream) for one in Batch(0, np.arange(2), some).rows()] == [1, 1]
    assert len(Batch(0, np.arange(3), Stream([])).rows()) == 3
    part = BatchScan(Wanted())(Batch(0, np.arange(2), some))
    assert part.errors == ["no such file"] * 2
