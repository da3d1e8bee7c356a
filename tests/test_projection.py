"""Maps: PCA against scikit-learn, UMAP in its process, and what happens when that goes wrong."""

import importlib
import os
import signal
import subprocess
import sys
import threading
import time
import types

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE, trustworthiness
from sklearn.preprocessing import FunctionTransformer

from dataview.plugins import projector as register
from dataview.plugins import registry
from dataview.progress import Cancelled
from dataview.projection import ProjectionError, Worker, project, project_vectors
from dataview.projectors import make_projector, nearest, pca
from dataview.readers import read


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


# -- UMAP ------------------------------------------------------------------------------------------


def test_umap_keeps_groups_apart_and_neighbours_together(groups, worker):
    points = project_vectors(groups, worker=worker)
    assert points.dtype == np.float32 and points.shape == (180, 2)
    assert trustworthiness(groups, points, n_neighbors=10) > 0.9
    label = np.repeat([0, 1, 2], 60)
    nearest_rows = nearest(points, 6, "euclidean")[0][:, 1:]
    assert (label[nearest_rows] == label[:, None]).mean() > 0.99


def test_the_same_seed_gives_the_same_map_in_another_process(groups, worker):
    first = project_vectors(groups, seed=3, worker=worker, n_epochs=20)
    assert np.array_equal(first, project_vectors(groups, seed=3, n_epochs=20))
    assert not np.array_equal(first, project_vectors(groups, seed=4, worker=worker, n_epochs=20))


def test_epochs_are_reported(groups, worker):
    told = []
    project_vectors(groups, worker=worker, n_epochs=30, progress=told.append)
    assert told[0].stage == "umap" and (told[-2].done, told[-2].total) == (30, 30)
    assert [t.done for t in told[:30]] == list(range(30))


@pytest.mark.parametrize("n", [0, 1, 2, 3, 4, 5, 16])
def test_few_rows_have_a_map(n, worker):
    x = np.random.default_rng(0).normal(size=(n, 6))
    points = project_vectors(x, worker=worker, n_epochs=10)
    assert points.shape == (n, 2) and np.isfinite(points).all()


def test_equal_rows_are_one_point(worker):
    assert not project_vectors(np.ones((30, 5)), worker=worker).any()


def test_many_copies_of_few_rows_do_not_fail(groups, worker):
    points = project_vectors(np.repeat(groups[:3], 40, axis=0), worker=worker, n_epochs=20)
    assert np.isfinite(points).all()


def test_rows_without_a_vector_are_not_on_the_map(groups, worker):
    x = groups.copy()
    x[[3, 70]] = np.nan
    x[5, 2] = np.inf
    points = project_vectors(x, worker=worker, n_epochs=20)
    assert np.flatnonzero(np.isnan(points).any(axis=1)).tolist() == [3, 5, 70]
    assert np.isnan(project_vectors(np.full((9, 4), np.nan))).all()
    assert np.isnan(project_vectors(np.empty((9, 0)))).all()


def test_neighbours_are_exact(groups):
    indices, distances = nearest(groups, 5, "euclidean")
    every = np.linalg.norm(groups[:, None].astype(float) - groups[None], axis=2)
    assert indices[:, 0].tolist() == list(range(180))
    assert distances == pytest.approx(np.sort(every, axis=1)[:, :5], abs=1e-4)


# -- the process -----------------------------------------------------------------------------------


def test_cancelling_kills_the_process(groups):
    cancel = threading.Event()
    with Worker(warm=False) as own:
        threading.Timer(0.5, cancel.set).start()
        began = time.monotonic()
        with pytest.raises(Cancelled):
            project_vectors(groups, worker=own, cancel=cancel, n_epochs=10**7)
        assert time.monotonic() - began < 5 and not own.alive


def test_a_process_that_is_killed_is_an_error_that_says_so(groups):
    with Worker(warm=False) as own:
        threading.Timer(0.5, os.kill, (own._process.pid, signal.SIGKILL)).start()
        with pytest.raises(ProjectionError, match="umap failed.*killed by signal 9"):
            project_vectors(groups, worker=own, n_epochs=10**7)
        with pytest.raises(ProjectionError, match="killed by signal 9"):
            project_vectors(groups, worker=own)


def test_an_error_in_the_process_comes_with_its_traceback(groups, worker):
    with pytest.raises(ProjectionError, match="(?s)min_dist must be less.*Traceback"):
        project_vectors(groups, worker=worker, min_dist=9)
    assert worker.alive and project_vectors(groups, worker=worker, n_epochs=5).shape == (180, 2)


def test_a_process_whose_parent_has_died_ends(groups, tmp_path):
    code = (
        "import os, numpy as np, threading; from dataview.projection import *; own = Worker(warm=False);"
        "print(own._process.pid, flush=True);"
        "threading.Timer(3, os._exit, (9,)).start();"
        "project_vectors(np.random.default_rng(0).normal(size=(99, 5)), worker=own, n_epochs=10**8)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    child = int(found.stdout)
    for _ in range(100):
        if not _runs(child):
            break
        time.sleep(0.1)
    assert not _runs(child)


def _runs(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_file_of_the_user_called_umap_is_not_taken_for_the_library(groups, tmp_path, monkeypatch):
    for name in ["umap.py", "statistics.py", "numpy.py"]:
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
    assert worker.alive


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


# -- of a dataset ----------------------------------------------------------------------------------


def test_project_keeps_the_map_and_its_recipe_under_a_name(ds, worker):
    mapped = project(ds, "umap", worker=worker, n_epochs=10, name="map", progress=False)
    assert mapped.projections["map"].shape == (180, 2) and not ds.projections
    recipe = mapped.recipes["map"]
    assert (recipe["method"], recipe["on"], recipe["seed"]) == ("umap", "given", 0)
    assert recipe["params"] == {"n_epochs": 10}


def test_a_map_that_is_there_is_not_computed_again(ds):
    mapped = project(ds, "pca", progress=False)
    assert project(mapped, "pca", progress=False) is mapped
    other = mapped.with_vectors("given", 2 * ds.vectors["given"])
    assert project(other, "pca", progress=False) is not other


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
