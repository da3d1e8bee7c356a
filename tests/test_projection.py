"""Maps: against scikit-learn and umap-learn, always the same, shown while they form, and kept."""

import importlib
import os
import signal
import sys
import threading
import time
import types

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE, trustworthiness
from sklearn.preprocessing import FunctionTransformer

from dataview import projection, projectors
from dataview.dataset import content_identity
from dataview.neighbors import neighbors
from dataview.plugins import projector as register
from dataview.plugins import registry
from dataview.progress import Cancelled
from dataview.projection import ProjectionError, Worker, project, project_vectors
from dataview.projectors import Projector, make_projector, pca, plan, umap
from dataview.readers import read


@pytest.fixture(autouse=True)
def empty_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("DATAVIEW_CACHE", str(tmp_path / "cache"))


def mixture(n: int, d: int = 16, groups: int = 30) -> np.ndarray:
    """Groups that each vary in four directions, (n, d) float32."""
    rng = np.random.default_rng(0)
    group = rng.integers(0, groups, n)
    directions = rng.normal(size=(groups, 4, d))
    inside = np.einsum("nk,nkd->nd", rng.normal(size=(n, 4)), directions[group])
    return (3 * rng.normal(size=(groups, d))[group] + inside).astype(np.float32)


def kept(x, points, k=15):
    """The share of the k nearest neighbors that are so on the map, too."""
    high, low = neighbors(x, k, exact=True)[0], neighbors(points, k, exact=True)[0]
    return np.mean([len(np.intersect1d(a, b)) / k for a, b in zip(high, low, strict=True)])


@pytest.fixture(scope="module")
def groups() -> np.ndarray:
    """Three well separated groups of 60 points, (180, 12) float32."""
    rng = np.random.default_rng(0)
    centers = rng.normal(scale=10, size=(3, 12))
    return (np.repeat(centers, 60, axis=0) + rng.normal(size=(180, 12))).astype(np.float32)


@pytest.fixture(scope="module")
def worker():
    with Worker() as shared:
        yield shared


@pytest.fixture
def ds(groups):
    images = np.zeros((180, 8, 8), np.uint8)
    return read(images).with_vectors("given", groups)


# -- PCA -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(200, 10), (10, 200), (50, 50)])
def test_pca_is_scikit_learns_up_to_sign(shape):
    x = (np.random.default_rng(0).normal(size=shape) * np.geomspace(9, 1, shape[1])).astype(
        np.float32
    )
    expected = PCA(2, svd_solver="full").fit_transform(x.astype(float))
    assert np.abs(pca(x)) == pytest.approx(np.abs(expected), rel=1e-3, abs=1e-3)


def test_pca_does_not_turn_over_when_rows_are_repeated(groups):
    assert np.sign(pca(groups)) == pytest.approx(np.sign(pca(np.vstack([groups, groups]))[:180]))


@pytest.mark.parametrize("shape", [(1, 5), (2, 5), (7, 1), (1, 1)])
def test_missing_components_are_zero(shape):
    points = pca(np.random.default_rng(0).normal(size=shape).astype(np.float32))
    assert points.shape == (shape[0], 2) and np.isfinite(points).all()


def test_pca_of_huge_values_is_finite():
    x = np.array([[3e38, 1], [-3e38, 2], [0, 5]], np.float32)
    points = pca(x)
    assert np.isfinite(points).all() and points[0, 0] == pytest.approx(3e38, rel=1e-3)


# -- UMAP ------------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore:n_jobs value")
def test_umap_is_as_good_as_umap_learns():
    """Of the digits: neighborhoods on the map, and neighbors that are kept."""
    import umap as learn

    x = load_digits().data.astype(np.float32)
    ours, theirs = umap(x), learn.UMAP(random_state=0).fit_transform(x)
    for k in (5, 15, 50):
        assert (
            trustworthiness(x, ours, n_neighbors=k)
            > trustworthiness(x, theirs, n_neighbors=k) - 0.005
        )
    assert kept(x, ours) > kept(x, theirs) - 0.01


def test_umap_keeps_groups_apart_and_neighbors_together(groups, worker):
    points = project_vectors(groups, worker=worker)
    assert points.dtype == np.float32 and points.shape == (180, 2)
    assert trustworthiness(groups, points, n_neighbors=10) > 0.9
    label = np.repeat([0, 1, 2], 60)
    assert (label[neighbors(points, 5)[0]] == label[:, None]).mean() > 0.99


def test_umap_by_cosine_does_not_see_lengths(groups, worker):
    length = np.geomspace(0.1, 10, 180)[:, None].astype(np.float32)
    points = project_vectors(groups * length, metric="cosine", worker=worker)
    assert trustworthiness(groups, points, n_neighbors=10, metric="cosine") > 0.9


@pytest.mark.parametrize("params", [{}, {"landmarks": 100}])
def test_the_same_seed_gives_the_same_map_in_another_process(groups, worker, params):
    first = project_vectors(groups, seed=3, worker=worker, n_epochs=20, **params)
    assert np.array_equal(first, project_vectors(groups, seed=3, n_epochs=20, **params))
    assert not np.array_equal(first, project_vectors(groups, seed=4, worker=worker, n_epochs=20))


def test_the_number_of_processors_does_not_change_the_map(monkeypatch):
    x = mixture(3000)
    monkeypatch.setattr("dataview.neighbors.EXACT", 1000)
    first = umap(x, landmarks=500, n_epochs=10)
    for module in ("layout", "search", "threads"):
        monkeypatch.setattr(f"dataview.{module}.processors", lambda: 1)
    assert np.array_equal(umap(x, landmarks=500, n_epochs=10), first)


def test_progress_goes_to_1000_and_covers_neighbors_and_epochs(worker):
    for params in ({}, {"landmarks": 1000}, {"landmarks": 1000, "n_epochs": 0}):
        told = []
        project_vectors(mixture(4000), worker=worker, progress=told.append, **params)
        done = [t.done for t in told]
        assert done == sorted(done) and {t.total for t in told[:-1]} == {1000}
        assert told[0].stage == "umap" and told[-1].done == told[-1].total
        assert max(np.diff([0, *done[:-1], 1000])) < 300


@pytest.mark.parametrize("n", [0, 1, 2, 3, 4, 5, 16])
def test_few_rows_have_a_map(n, worker):
    x = np.random.default_rng(0).normal(size=(n, 6))
    points = project_vectors(x, worker=worker, n_epochs=10)
    assert points.shape == (n, 2) and np.isfinite(points).all()


def test_equal_rows_are_one_point(worker):
    assert not project_vectors(np.ones((30, 5)), worker=worker).any()


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_many_copies_of_few_rows_do_not_fail(groups, worker, metric):
    points = project_vectors(np.repeat(groups[:3], 40, axis=0), metric=metric, worker=worker)
    assert np.isfinite(points).all()
    label = np.repeat([0, 1, 2], 40)
    assert (label[neighbors(points, 5)[0]] == label[:, None]).mean() > 0.9


@pytest.mark.parametrize("scale", [1e-35, 1e-20, 1e20, 1e37])
def test_huge_and_tiny_vectors_have_a_map(groups, worker, scale):
    points = project_vectors(groups * np.float32(scale), worker=worker)
    label = np.repeat([0, 1, 2], 60)
    assert (label[neighbors(points, 5)[0]] == label[:, None]).mean() > 0.95


def test_constant_columns_and_one_column_have_a_map(groups, worker):
    x = np.hstack([np.full((180, 3), 5), groups, np.zeros((180, 2))])
    assert trustworthiness(groups, project_vectors(x, worker=worker), n_neighbors=10) > 0.9
    line = np.arange(100.0)[:, None]
    assert trustworthiness(line, project_vectors(line, worker=worker), n_neighbors=5) > 0.9


def test_rows_without_a_vector_are_not_on_the_map(groups, worker):
    x = groups.copy()
    x[[3, 70]] = np.nan
    x[5, 2] = np.inf
    points = project_vectors(x, worker=worker, n_epochs=20)
    assert np.flatnonzero(np.isnan(points).any(axis=1)).tolist() == [3, 5, 70]
    assert np.isnan(project_vectors(np.full((9, 4), np.nan))).all()
    assert np.isnan(project_vectors(np.empty((9, 0)))).all()


# -- landmarks -------------------------------------------------------------------------------------


def test_a_landmark_map_is_nearly_as_good_and_without_epochs_it_keeps_fewer_neighbors():
    x = mixture(6000)
    maps = {
        "all": umap(x, landmarks=0, n_epochs=200),
        "landmarks": umap(x, landmarks=1200, n_epochs=200),
        "placed": umap(x, landmarks=1200, n_epochs=0),
    }
    some = np.random.default_rng(0).choice(6000, 1500, replace=False)
    trust = {k: trustworthiness(x[some], v[some], n_neighbors=15) for k, v in maps.items()}
    share = {k: kept(x, v) for k, v in maps.items()}
    assert min(trust.values()) > trust["all"] - 0.02
    assert share["landmarks"] > 0.9 * share["all"]
    assert share["all"] > share["placed"] > 0.4 * share["all"]


def test_when_there_are_landmarks():
    assert plan(40_000, None, None) == (0, 500)
    assert plan(40_001, None, None) == (8000, 500)
    assert plan(1_000_000, None, None) == (20_000, 100)
    assert plan(3_000_000, None, None) == (20_000, 0)
    assert plan(3_000_000, 0, None) == (0, 100)
    assert plan(500, 300, 7) == (300, 7)
    assert plan(500, 500, None) == (0, 500)


def test_landmarks_alone_take_copies_and_few_dimensions():
    x = np.repeat(mixture(150, d=1), 5, axis=0)
    points = umap(x, landmarks=300, n_epochs=0)
    assert np.isfinite(points).all()


# -- previews --------------------------------------------------------------------------------------


def test_previews_come_while_the_map_forms_and_the_last_is_the_map(worker):
    x = mixture(4000)
    x[7] = np.nan
    frames, times = [], []

    def show(points):
        times.append(time.monotonic())
        frames.append(points)

    points = project_vectors(x, n_epochs=1500, preview=show, worker=worker)
    assert len(frames) >= 3 and all(f.shape == (4000, 2) for f in frames)
    assert all(f.dtype == np.float32 and np.isnan(f[7]).all() for f in frames)
    assert np.array_equal(frames[-1], points, equal_nan=True)
    good = np.isfinite(points[:, 0])
    apart = [np.abs(f[good] - points[good]).mean() for f in frames]
    assert apart[0] > apart[len(apart) // 2] > apart[-1] == 0
    assert min(np.diff(times[:-1])) > 0.3


def test_previews_of_a_landmark_map_begin_with_the_landmarks(groups, worker):
    frames = []
    project_vectors(groups, landmarks=100, n_epochs=3, preview=frames.append, worker=worker)
    assert np.isfinite(frames[0]).all(axis=1).sum() == 100
    assert np.isfinite(frames[-1]).all()


def test_a_preview_that_was_shown_does_not_change_any_more(groups):
    frames, copies = [], []
    projector = make_projector("umap", n_epochs=30_000)

    def show(points):
        frames.append(points)
        copies.append(points.copy())

    projector(groups, preview=show)
    assert len(frames) > 1 and all(map(np.array_equal, frames, copies))


def test_a_method_without_previews_shows_what_it_has_made(groups):
    frames = []
    points = project_vectors(groups, "pca", preview=frames.append)
    assert len(frames) == 1 and np.array_equal(frames[0], points)


def test_a_preview_that_raises_ends_the_work(groups):
    def fail(points):
        raise KeyboardInterrupt

    with Worker(warm=False) as own:
        with pytest.raises(KeyboardInterrupt):
            project_vectors(groups, worker=own, n_epochs=10**7, preview=fail)
        assert own._process.poll() is not None


# -- the process -----------------------------------------------------------------------------------


@pytest.mark.parametrize("after", [0, 0.5])
def test_cancelling_kills_the_process(groups, after):
    cancel = threading.Event()
    with Worker(warm=False) as own:
        timer = threading.Timer(after + 0.2, cancel.set)
        timer.start()
        began = time.monotonic()
        with pytest.raises(Cancelled):
            project_vectors(groups, worker=own, cancel=cancel, n_epochs=10**7)
        assert time.monotonic() - began < 5 and own._process.poll() is not None


def test_cancelling_the_search_for_neighbors():
    cancel, told = threading.Event(), []
    x = np.random.default_rng(0).normal(size=(20_000, 256)).astype(np.float32)

    def tell(progress):
        told.append(progress)
        cancel.set()

    with pytest.raises(Cancelled):
        project_vectors(x, landmarks=0, cancel=cancel, progress=tell)
    assert told[-1].done < 300


def test_a_process_that_is_killed_is_an_error_that_says_so(groups):
    with Worker(warm=False) as own:
        threading.Timer(0.5, os.kill, (own._process.pid, signal.SIGKILL)).start()
        with pytest.raises(ProjectionError, match="umap failed.*killed by signal 9.*out of memory"):
            project_vectors(groups, worker=own, n_epochs=10**7)
        with pytest.raises(ProjectionError, match="killed by signal 9"):
            project_vectors(groups, worker=own)


def test_an_error_in_the_process_comes_with_its_traceback(groups, worker):
    with pytest.raises(ProjectionError, match="(?s)tsne failed: ValueError: perplexity.*Traceback"):
        project_vectors(groups, TSNE, perplexity=500, worker=worker)
    assert project_vectors(groups, worker=worker, n_epochs=5).shape == (180, 2)


def test_a_warm_process_has_compiled_before_there_is_a_job(groups):
    with Worker() as own:
        loaded = own.run(_modules, groups)
    assert loaded.all()


def _modules(x, report, preview):
    return np.array([name in sys.modules for name in ("numba", "faiss", "dataview.layout")])


def test_a_file_of_the_user_called_like_a_library_is_not_taken_for_it(
    groups, tmp_path, monkeypatch
):
    for name in ["numba.py", "statistics.py", "numpy.py"]:
        (tmp_path / name).write_text("raise RuntimeError('the wrong one')")
    monkeypatch.chdir(tmp_path)
    assert project_vectors(groups[:20], n_epochs=5).shape == (20, 2)


def test_what_a_method_prints_is_not_taken_for_an_answer(groups, worker):
    points = project_vectors(groups, TSNE(max_iter=250, verbose=2, random_state=0), worker=worker)
    assert points.shape == (180, 2)


# -- any method ------------------------------------------------------------------------------------


def test_a_class_gets_two_components_and_the_seed(groups, worker):
    made = make_projector(TSNE, seed=7, max_iter=250)
    assert (made.name, made.params["n_components"], made.params["random_state"]) == ("tsne", 2, 7)
    assert project_vectors(groups, made, worker=worker).shape == (180, 2)


def test_an_object_is_used_and_left_as_it_was(groups, worker):
    method = PCA(2)
    points = project_vectors(groups, method, worker=worker)
    assert np.abs(points) == pytest.approx(np.abs(pca(groups)), abs=1e-3)
    assert not hasattr(method, "components_")


def test_a_function_that_no_other_process_could_import_runs_here(groups):
    assert project_vectors(groups, lambda x: x[:, :2]) == pytest.approx(groups[:, :2])
    local = FunctionTransformer(lambda x: x[:, :2])
    assert project_vectors(groups, local) == pytest.approx(groups[:, :2])


def test_a_function_of_a_module_beside_the_notebook_runs_in_the_process(
    groups, worker, tmp_path, monkeypatch
):
    (tmp_path / "beside_the_notebook.py").write_text(
        "import os\ndef where(x):\n    return x[:, :2] * 0 + os.getpid()\n"
    )
    monkeypatch.syspath_prepend(tmp_path)  # after the worker was started
    where = importlib.import_module("beside_the_notebook").where
    assert (project_vectors(groups, where, worker=worker) != os.getpid()).all()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", ["", *(p for p in sys.path if p != str(tmp_path))])
    assert (project_vectors(groups, where) != os.getpid()).all()


def test_a_function_of_a_module_that_is_no_file_runs_here(groups, worker, monkeypatch):
    made = types.ModuleType("made_here")
    exec("import os\ndef where(x):\n    return x[:, :2] * 0 + os.getpid()\n", made.__dict__)
    monkeypatch.setitem(sys.modules, "made_here", made)
    assert (project_vectors(groups, made.where, worker=worker) == os.getpid()).all()
    assert worker._process.poll() is None


def test_a_registered_projector_is_found_by_name(groups):
    register(name="first two")(lambda x, scale=1: scale * x[:, :2])
    try:
        assert project_vectors(groups, "first two", scale=2) == pytest.approx(2 * groups[:, :2])
    finally:
        registry("projector").unregister("first two")


@pytest.mark.parametrize("wrong", [lambda x: x, lambda x: x[:5, :2], lambda x: None])
def test_a_method_that_returns_something_else_is_an_error_that_says_what(wrong, groups):
    with pytest.raises(ValueError, match=r"must return \(180, 2\)"):
        project_vectors(groups, wrong)


def test_what_is_no_method_is_an_error_that_names_what_is(groups):
    with pytest.raises(KeyError, match="did you mean 'umap'"):
        project_vectors(groups, "umapp")
    with pytest.raises(TypeError, match="not int"):
        project_vectors(groups, 3)
    with pytest.raises(TypeError, match="whiten"):
        project_vectors(groups, "pca", whiten=True)
    with pytest.raises(TypeError, match="perplexity"):
        project_vectors(groups, TSNE(), perplexity=3)
    with pytest.raises(ValueError, match=r"\(n, d\)"):
        project_vectors(groups[0], "pca")


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"min_dist": 9}, "min_dist is from 0 to 1.0, not 9"),
        ({"min_dist": 2.5, "spread": 2}, "min_dist is from 0 to 2, not 2.5"),
        ({"spread": 0}, "spread is above 0"),
        ({"n_neighbors": 1}, "n_neighbors is an integer of at least 2, not 1"),
        ({"n_neighbors": 7.5}, "n_neighbors is an integer"),
        ({"metric": "manhattan"}, r"(?s)'euclidean' or 'cosine'.*umap\.UMAP.*'manhattan'"),
        ({"n_epochs": -1}, "n_epochs is an integer of at least 0"),
        ({"landmarks": 7}, "landmarks are 0 or at least 100, not 7"),
        ({"negative_sample_rate": None}, "negative_sample_rate"),
        ({"repulsion_strength": float("nan")}, "repulsion_strength"),
    ],
)
def test_parameters_of_umap_that_make_no_sense_fail_before_any_work(params, message):
    with pytest.raises(ValueError, match=message):
        make_projector("umap", **params)


def test_parameters_that_umap_does_not_take_are_named_with_those_that_it_takes():
    with pytest.raises(TypeError, match="umap takes n_neighbors, min_dist.*; not densmap, init"):
        make_projector("umap", densmap=True, init="random")


def test_umap_learn_can_be_given_as_an_object(groups, worker):
    import umap as learn

    method = learn.UMAP(metric="manhattan", n_epochs=20, random_state=0)
    assert trustworthiness(groups, project_vectors(groups, method, worker=worker)) > 0.8


# -- of a dataset ----------------------------------------------------------------------------------


def test_project_keeps_the_map_and_its_recipe_under_a_name(ds, groups, worker):
    mapped = project(ds, "umap", worker=worker, n_epochs=10, name="map", progress=False)
    assert mapped.projections["map"].shape == (180, 2) and not ds.projections
    assert dict(mapped.recipes["map"]) == {
        "method": "umap", "params": {"n_epochs": 10}, "seed": 0, "version": 2, "landmarks": 0,
        "on": "given", "content": content_identity(groups),
    }  # fmt: skip
    fewer = project(ds, "umap", worker=worker, n_epochs=10, landmarks=100, progress=False)
    assert fewer.recipes["umap"]["landmarks"] == fewer.recipes["umap"]["params"]["landmarks"] == 100
    assert "version" not in project(ds, TSNE, worker=worker, progress=False).recipes["tsne"]


def test_a_map_that_is_there_is_not_computed_again(ds):
    mapped = project(ds, "pca", progress=False)
    assert project(mapped, "pca", progress=False) is mapped
    other = mapped.with_vectors("given", 2 * ds.vectors["given"])
    assert project(other, "pca", progress=False) is not other


@pytest.fixture
def no_work(monkeypatch):
    """Whoever computes a map from here on fails."""

    def forbid():
        monkeypatch.setattr(projection, "project_vectors", lambda *_, **__: pytest.fail("computed"))

    return forbid


@pytest.mark.parametrize("method", ["pca", "umap"])
def test_a_map_that_was_made_before_is_taken_from_the_cache(ds, groups, worker, no_work, method):
    first = project(ds, method, worker=worker, progress=False)
    no_work()
    renamed = read(np.zeros((180, 8, 8), np.uint8)).with_vectors("other", groups.copy())
    again = project(renamed, method, name="again", progress=False)
    assert np.array_equal(again.projections["again"], first.projections[method])
    assert again.recipes["again"]["on"] == "other"


@pytest.mark.parametrize("change", ["vectors", "seed", "params", "version"])
def test_a_map_of_another_recipe_is_not(ds, groups, worker, no_work, monkeypatch, change):
    project(ds, "umap", n_epochs=9, worker=worker, progress=False)
    no_work()
    params = {"n_epochs": 9, "progress": False}
    if change == "vectors":
        ds = ds.with_vectors("given", groups + 1)
    elif change == "version":
        monkeypatch.setitem(projectors.VERSION, "umap", 99)
    else:
        params |= {"seed": 5} if change == "seed" else {"n_epochs": 10}
    with pytest.raises(pytest.fail.Exception, match="computed"):
        project(ds, "umap", **params)


def test_a_users_method_and_an_unfinished_map_are_not_kept(ds, groups, worker):
    calls = []
    method = Projector("mine", lambda x: (calls.append(1), x[:, :2])[1])
    for _ in range(2):
        project(ds, method, progress=False)
    assert len(calls) == 2
    with pytest.raises(RuntimeError, match="stop"):
        project(ds, "umap", n_epochs=10**6, preview=_stop, progress=False)
    assert not projection.cache().info().kinds


def _stop(points):
    raise RuntimeError("stop")


def test_a_damaged_entry_is_made_anew(ds, worker, monkeypatch):
    first = project(ds, "pca", progress=False).projections["pca"]
    key = projection._key(project(ds, "pca", progress=False).recipes["pca"])
    for broken in (b"", b"no array", b"\x93NUMPY\x01\x00"):
        projection.cache().put([(key, "projection/1", broken)])
        assert np.array_equal(project(ds, "pca", progress=False).projections["pca"], first)


def test_without_a_cache_maps_are_made(ds, monkeypatch):
    monkeypatch.setenv("DATAVIEW_CACHE", "off")
    assert project(ds, "pca", progress=False).projections["pca"].shape == (180, 2)


def test_the_vectors_that_were_added_last_are_projected(ds, groups):
    more = ds.with_vectors("more", groups[:, ::-1])
    assert project(more, "pca", progress=False).recipes["pca"]["on"] == "more"
    assert project(more, "pca", on="given", progress=False).recipes["pca"]["on"] == "given"


def test_vectors_may_be_called_like_a_method(ds, groups):
    both = project(ds.with_vectors("pca", groups * 2), "pca", progress=False)
    assert both.vectors["pca"].shape == (180, 12) and both.projections["pca"].shape == (180, 2)
    assert both.vectors.recipes["pca"]["method"] == "given"
    assert both.projections.recipes["pca"]["method"] == both.recipes["pca"]["method"] == "pca"
    assert project(both, "pca", progress=False) is both


def test_vectors_that_are_not_there_are_an_error(ds, groups):
    with pytest.raises(KeyError, match="did you mean 'given'"):
        project(ds, "pca", on="givn")
    with pytest.raises(ValueError, match=r"dv\.embed"):
        project(read(np.zeros((3, 8, 8), np.uint8)), "pca")
    with pytest.raises(TypeError, match="ndarray"):
        project(groups, "pca")
