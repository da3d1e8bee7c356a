"""`run`: what plugins find becomes columns, vectors and maps; what is wrong is said in words."""

from __future__ import annotations

import contextlib
import enum
import threading
import warnings
from collections.abc import Iterator
from itertools import count

import numpy as np
import pandas as pd
import pytest

import dataview as dv
from dataview.guards import Guard, guarded
from dataview.plugins import KINDS, Plugin, registry
from dataview.progress import Cancelled
from dataview.results import PluginError, label_column, rank_column, result_columns
from dataview.running import Work, compute
from tests.test_explorer import pictures

N = 20


@pytest.fixture(autouse=True)
def _own_registries() -> Iterator[None]:
    before = {kind: dict(registry(kind)._plugins) for kind in KINDS}
    yield
    for kind in KINDS:
        registry(kind)._plugins = before[kind]


@pytest.fixture
def ds() -> dv.Dataset:
    images = pictures(N)
    frame = pd.DataFrame(
        {"image": list(images), "x": np.arange(N)[::-1] % 7, "taken": "the user's"},
        index=[f"row {i}" for i in range(N)],
    )
    return dv.read(frame).with_vectors("mean", images.mean(axis=(1, 2)))


def test_a_statistic_adds_its_column_and_a_dict_several(ds) -> None:
    @dv.statistic
    def redness(image, scale: float = 1.0):
        return image[..., 0].mean() * scale

    @dv.statistic
    def color(image):
        return {
            "red": float(image[..., 0].mean()),
            "name": "red" if image[0, -1, 0] > 99 else "blue",
        }

    done = dv.run(dv.run(ds, "redness", scale=2), "color")
    expected = pictures(N)[..., 0].mean(axis=(1, 2))
    assert np.allclose(done["redness"], 2 * expected) and np.allclose(done["color_red"], expected)
    assert done["color_name"].tolist() == ["red", "blue"] * (N // 2)
    assert done.columns == ["image", "x", "taken", "redness", "color_red", "color_name"]
    assert done.history[-2:] == ('dv.run(ds, "redness", scale=2.0)', 'dv.run(ds, "color")')
    again = eval(done.history[-2], {"dv": dv, "ds": ds})
    assert again["redness"].equals(done["redness"])


def test_a_scan_takes_dicts_too_and_only_the_statistic_that_was_named_is_run(ds) -> None:
    calls = []

    @dv.statistic
    def other(image):
        calls.append(1)
        return 0

    @dv.statistic
    def color(image):
        if image[0, -1, 0] < 99:
            raise ValueError("only red ones")
        return {"red": 1, "blue": 0}

    with pytest.warns(UserWarning, match="color failed on 10 images"):
        done = dv.run(ds, "color")
    assert calls == [] and "color" not in done.columns and done["color_red"].sum() == N // 2
    with pytest.warns(UserWarning, match="'color' failed"):
        scanned = dv.scan(ds, progress=False)
    assert "color" not in scanned.columns and scanned["color_red"].notna().sum() == N // 2
    assert len(calls) == N


def test_a_slicer_is_a_column_of_bools_a_sorter_of_ranks_a_clusterer_of_labels(ds) -> None:
    @dv.slicer
    def small(frame):
        return frame.x < 3

    @dv.sorter
    def by_x(frame, descending: bool = False):
        return -frame.x if descending else frame.x

    @dv.sorter
    def comparing(a, b):
        return b.x - a.x

    @dv.clusterer
    def halves(vectors, by: int = 0):
        return np.where(vectors[:, by] > vectors[:, by].mean(), 1, -1)

    done = ds
    for name in ("small", "by_x", "comparing", "halves"):
        done = dv.run(done, name)
    assert done["small"].dtype == bool and done["small"].tolist() == (ds["x"] < 3).tolist()
    assert done["by_x"].tolist() == (ds["x"].rank(method="min") - 1).tolist()
    assert done["comparing"].tolist() == (ds["x"].rank(method="min", ascending=False) - 1).tolist()
    assert isinstance(done["halves"].dtype, pd.CategoricalDtype)
    assert done["halves"].isna().sum() == N // 2 and set(done["halves"].dropna()) == {1}
    descending = dv.run(done, "by_x", descending=True)
    assert descending["by_x"].equals(done["comparing"]) and len(descending.columns) == len(
        done.columns
    )


def test_models_of_scikit_learn_are_clusterers_as_they_are_and_repeat_themselves(ds) -> None:
    from sklearn.cluster import DBSCAN, KMeans

    model = KMeans(n_clusters=2)
    dv.clusterer(model, name="two")
    dv.clusterer(DBSCAN)
    a, b = dv.run(ds, "two"), dv.run(ds, "two")
    assert a["two"].equals(b["two"]) and a["two"].nunique() == 2 and not hasattr(model, "labels_")
    assert dv.run(ds, "two", n_clusters=3)["two"].nunique() == 3
    assert dv.run(ds, "DBSCAN", eps=1e9, min_samples=1)["DBSCAN"].nunique() == 1
    assert dv.run(ds, "DBSCAN", eps=1e-9)["DBSCAN"].isna().all(), "noise is missing"


def test_an_embedder_adds_vectors_and_a_projector_a_map(ds) -> None:
    @dv.embedder(input_size=8)
    def corner(images, weight: float = 1.0):
        return images[:, 0, 0] * weight

    @dv.projector
    def first_two(vectors, flip: bool = False):
        return vectors[:, 1::-1] if flip else vectors[:, :2]

    done = dv.run(dv.run(ds, "corner", weight=2), "first_two", flip=True)
    assert done.vectors["corner"].shape == (N, 3) and done.projections["corner pca"].shape == (N, 2)
    points = done.projections["first_two"]
    assert np.allclose(points, done.vectors["corner"][:, 1::-1])


def test_what_is_the_users_own_is_never_overwritten(ds) -> None:
    @dv.statistic
    def taken(image):
        return 1

    once = dv.run(ds, "taken")
    twice = dv.run(once, "taken")
    assert once.columns[-1] == "image_taken" and twice.columns == once.columns
    assert once["taken"].eq("the user's").all()
    assert result_columns(twice, "taken") == ["image_taken"]


def test_enum_parameters_are_code_that_runs_again(ds) -> None:
    class Part(enum.Enum):
        top = 0
        bottom = 1

    @dv.statistic
    def part(image, which: Part = Part.top):
        return which.value

    done = dv.run(ds, "part", which=Part.bottom)
    assert done.history[-1] == "dv.run(ds, \"part\", which='bottom')"
    assert eval(done.history[-1], {"dv": dv, "ds": ds})["part"].eq(1).all()


ROWS = f"for {N} rows"


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        (lambda v: v[1:, 0] > 0, rf"bad returned \({N - 1},\) labels {ROWS}"),
        (lambda v: v, rf"bad returned \({N}, 3\) labels {ROWS}"),
        (lambda v: None, f"bad returned None {ROWS}: is its `return` missing"),
        (lambda v: "abc", f"bad returned a str, not labels {ROWS}"),
        (lambda v: {"a": 1}, f"bad returned a dict, not labels {ROWS}"),
        (lambda v: 3, f"bad returned a int, not labels {ROWS}"),
        (lambda v: count(), f"bad returned more than {N} labels {ROWS}"),
        (lambda v: [[1, 2]] * N, f"bad returned|cannot be labels|not numbers"),  # noqa: F541
        (lambda v: np.linspace(0, 1, N), "fractions"),
        (lambda v: [object()] * N, "labels that are object"),
        (lambda v: pd.Series(range(N)), "whose index is not that of"),
    ],
)
def test_a_result_of_another_shape_is_told_in_words(ds, returned, message) -> None:
    dv.clusterer(name="bad")(returned)
    with pytest.raises(PluginError, match=message):
        dv.run(ds, "bad")


@pytest.mark.parametrize(
    ("kind", "function", "message"),
    [
        ("sorter", lambda frame: [1j] * N, "complex"),
        ("sorter", lambda frame: [{}] * N, "without an order|dict"),
        ("sorter", lambda a, b: "less", "compared two rows and returned a str"),
        ("slicer", lambda frame: np.arange(N), "returned int, not bools"),
        ("projector", lambda vectors: vectors, "shape"),
        ("statistic", lambda image: image, "failed on all images"),
        ("statistic", lambda image: {1: 2}, "failed on all images"),
        ("statistic", lambda image: "x" * 100_000, "failed on all images"),
        ("statistic", lambda image: 10**100, "failed on all images"),
        ("statistic", lambda image: {str(i): i for i in range(1000)}, "failed on all images"),
        ("embedder", lambda images: images[1:, 0, 0], "vectors for"),
    ],
)
def test_what_other_kinds_return_is_checked_too(ds, kind, function, message) -> None:
    function.__name__ = "bad"
    registry(kind).register(function, "bad")
    with pytest.raises(ValueError, match=message):
        dv.run(ds, "bad")


def test_a_series_goes_by_its_index_and_generators_and_tensors_are_taken(ds) -> None:
    shuffled = pd.Series(range(N), index=ds.index).sample(frac=1, random_state=0)
    plugin = Plugin("clusterer", "c", len)
    assert label_column(plugin, shuffled, ds.index).tolist() == list(range(N))
    assert label_column(plugin, (i % 2 for i in range(N)), ds.index).tolist() == [0, 1] * (N // 2)
    assert label_column(plugin, pd.Categorical(["a", "b"] * (N // 2)), ds.index).nunique() == 2
    torch = pytest.importorskip("torch")
    assert label_column(plugin, torch.arange(N), ds.index).tolist() == list(range(N))


def test_rows_without_a_vector_have_no_label_and_missing_keys_no_rank(ds) -> None:
    vectors = ds.vectors["mean"].copy()
    vectors[3] = np.nan
    holed = ds.with_vectors("holed", vectors)
    dv.clusterer(name="all_one")(lambda v: np.ones(len(v), int))
    assert dv.run(holed, "all_one")["all_one"].isna().tolist() == [i == 3 for i in range(N)]
    keys = [None, *range(N - 1)]
    ranks = rank_column(Plugin("sorter", "s", lambda frame: keys), ds.frame, {})
    assert ranks.isna().tolist() == [True] + [False] * (N - 1) and ranks.iloc[-1] == N - 2


def test_what_is_not_there_is_named(ds) -> None:
    dv.metric(name="accuracy")(lambda frame: 1)
    dv.slicer(name="night")(lambda frame: frame.x > 0)
    with pytest.raises(KeyError, match="did you mean 'accuracy'"):
        dv.run(ds, "acuracy")
    with pytest.raises(TypeError, match="accuracy is a metric, and adds nothing"):
        dv.run(ds, "accuracy")
    with pytest.raises(KeyError, match="unknown parameter of night 'k'"):
        dv.run(ds, "night", k=3)
    dv.clusterer(name="c")(lambda v: v[:, 0] > 0)
    with pytest.raises(PluginError, match="needs vectors, and the dataset has none yet"):
        dv.run(dv.read(list(pictures(3))), "c")
    dv.sorter(name="night")(lambda frame: frame.x)
    with pytest.raises(ValueError, match="'night' is a slicer from .* and a sorter from"):
        dv.run(ds, "night")
    assert "night" in dv.run(ds, registry("sorter")["night"].obj).columns


def test_a_plugin_cannot_change_the_dataset_that_it_sees(ds) -> None:
    @dv.sorter
    def vandal(frame):
        frame["x"] = 0
        del frame["taken"]
        return range(N)

    @dv.clusterer
    def vandal_too(vectors):
        vectors[:] = 0
        return np.zeros(N, int)

    before, vectors = ds.frame.copy(), ds.vectors["mean"].copy()
    done = dv.run(dv.run(ds, "vandal"), "vandal_too")
    assert done.frame[before.columns].equals(before)
    assert np.array_equal(done.vectors["mean"], vectors)


def test_a_library_model_works_in_a_process_of_its_own_where_there_is_much_to_do(ds, monkeypatch):
    from sklearn.cluster import KMeans

    from dataview import running

    monkeypatch.setattr(running, "_LARGE", 0)
    dv.clusterer(name="far")(KMeans(n_clusters=2))
    far = dv.run(ds, "far")["far"]
    monkeypatch.undo()
    assert far.equals(dv.run(ds, "far")["far"])


@pytest.mark.parametrize(
    "kind", ["statistic", "clusterer", "sorter", "slicer", "embedder", "projector"]
)
def test_an_endless_plugin_of_any_kind_is_stopped(ds, kind) -> None:
    begun = threading.Event()

    def endless(first):
        begun.set()
        while True:
            try:
                threading.Event().wait(0.01)
            except Exception:
                pass

    plugin = Plugin(kind, "endless", endless)
    registry(kind).register(endless, "endless")
    work, errors = Work(), []

    def labor():
        try:
            compute(ds, plugin, {}, work)
        except Cancelled as error:
            errors.append(error)

    thread = threading.Thread(target=labor)
    thread.start()
    assert begun.wait(20)
    for _ in range(100):
        work.guard.stop()
        thread.join(0.2)
        if not thread.is_alive():
            break
    assert not thread.is_alive() and len(errors) == 1


def test_a_scan_with_an_endless_statistic_ends_when_it_is_cancelled(ds) -> None:
    from dataview.engine import ScanPass

    begun = threading.Event()

    def endless(image):
        begun.set()
        while True:
            pass

    guard, cancel, ended = Guard(), threading.Event(), []
    scan = ScanPass(ds, cancel=cancel, plugins=[guarded(Plugin("statistic", "e", endless), guard)])

    def labor():
        with guard.stopped_by(cancel), contextlib.suppress(Cancelled):
            for batch in scan:  # nothing of it is taken for a value
                assert set(batch.columns["e"]) == {None}
        ended.append(True)

    thread = threading.Thread(target=labor)
    thread.start()
    assert begun.wait(20)
    cancel.set()
    thread.join(20)
    assert ended == [True]


def test_sys_exit_and_other_ways_out_are_failures_of_the_plugin_alone(ds) -> None:
    import sys

    class Odd(BaseException):
        pass

    @dv.statistic
    def leaves(image):
        if image[0, -1, 0] > 99:
            sys.exit("bye")
        if image[0, 0, 0] % 2:
            raise Odd
        return 1

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        done = dv.run(ds, "leaves")
    assert done["leaves"].notna().sum() < N and "SystemExit: bye" in str(caught[0].message)
