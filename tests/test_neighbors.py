"""Nearest neighbors: against scikit-learn, and for vectors that are not nice."""

import subprocess
import sys
import threading

import numpy as np
import pandas as pd
import pytest
from sklearn.neighbors import NearestNeighbors

from dataview import neighbors as module
from dataview import search
from dataview.expressions import col, rows
from dataview.neighbors import neighbors, similar
from dataview.progress import Cancelled
from dataview.readers import read


def mixture(n: int, d: int = 16, groups: int = 30, seed: int = 0) -> np.ndarray:
    """Groups that each vary in four directions, (n, d) float32."""
    rng = np.random.default_rng(seed)
    group = rng.integers(0, groups, n)
    directions = rng.normal(size=(groups, 4, d))
    inside = np.einsum("nk,nkd->nd", rng.normal(size=(n, 4)), directions[group])
    return (3 * rng.normal(size=(groups, d))[group] + inside).astype(np.float32)


def expected(x, k, metric="euclidean"):
    """scikit-learn's answer, in double precision."""
    found = NearestNeighbors(n_neighbors=k, metric=metric, algorithm="brute")
    distances, indices = found.fit(x.astype(float)).kneighbors()
    return indices, distances


def recall(found, truth):
    return np.mean([len(np.intersect1d(a, b)) / len(b) for a, b in zip(found, truth, strict=True)])


# -- exact -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
@pytest.mark.parametrize("n", [50, 1500, 4000])
def test_neighbors_are_scikit_learns(n, metric):
    x = mixture(n)
    indices, distances = neighbors(x, 9, metric)
    truth = expected(x, 9, metric)
    assert (indices.dtype, distances.dtype) == (np.int32, np.float32)
    assert (indices == truth[0]).mean() > 0.999  # but for ties of rounded distances
    assert distances == pytest.approx(truth[1], rel=1e-4, abs=1e-6)


@pytest.mark.parametrize("n", [1500, 4000])
def test_vectors_far_from_the_origin_lose_no_digits(n):
    x = np.round(mixture(n) * 64) / 64 + 10_000  # exact in float32
    x[1::2] = x[::2]
    indices, distances = neighbors(x.astype(np.float32), 5)
    assert np.array_equal(indices[:, 0], np.arange(n) ^ 1) and not distances[:, 0].any()
    assert distances == pytest.approx(expected(x, 5)[1], rel=1e-4)


@pytest.mark.parametrize("size", [1e-30, 1e-20, 1e20, 1e37])
@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_huge_and_tiny_values(size, metric):
    x = mixture(300)
    indices, distances = neighbors(x * np.float32(size), 5, metric)
    truth = expected(x, 5, metric)
    assert recall(indices, truth[0]) > 0.999
    scale = size if metric == "euclidean" else 1
    assert distances.astype(float) / scale == pytest.approx(truth[1], rel=1e-3, abs=1e-6)


def test_a_row_of_zeros_has_no_direction():
    x = np.array([[0, 0], [1, 0], [0, 0], [0, 2]], float)
    indices, distances = neighbors(x, 3, "cosine")
    assert indices[0, 0] == 2 and distances[0] == pytest.approx([0, 1, 1])
    assert distances[1] == pytest.approx([1, 1, 1])


@pytest.mark.parametrize("n", [100, 2500])
def test_missing_rows_have_no_neighbors_and_are_nobodys(n):
    x = mixture(n)
    x[3] = np.nan
    x[50, 2] = np.inf
    indices, distances = neighbors(x, 5)
    assert (indices[[3, 50]] == -1).all() and np.isinf(distances[[3, 50]]).all()
    rest = np.delete(np.arange(n), [3, 50])
    assert np.array_equal(indices[rest], rest[expected(x[rest], 5)[0]])


@pytest.mark.parametrize("n", [0, 1, 2, 3])
def test_where_there_are_too_few_others_the_rest_is_missing(n):
    indices, distances = neighbors(mixture(3)[:n], 4)
    assert indices.shape == distances.shape == (n, 4)
    assert ((indices >= 0).sum(axis=1) == max(n - 1, 0)).all()
    assert np.array_equal(np.isinf(distances), indices < 0)


@pytest.mark.parametrize("n", [40, 2500])
def test_copies_are_neighbors_but_never_oneself(n):
    indices, distances = neighbors(np.ones((n, 3)), 6)
    assert not (indices == np.arange(n)[:, None]).any() and (indices >= 0).all()
    assert not distances.any()
    assert all(len(set(row)) == 6 for row in indices.tolist())


def test_constant_columns_and_one_column():
    x = np.c_[np.zeros(200), np.arange(200) ** 1.5, np.full(200, 9)]
    assert np.array_equal(neighbors(x, 2)[0], expected(x, 2)[0])
    assert np.array_equal(neighbors(x[:, 1:2], 2)[0], expected(x, 2)[0])
    assert (neighbors(np.empty((5, 0)), 2)[0] == -1).all()


def test_only_the_rows_that_are_asked_for_are_neighbors():
    x = mixture(600)
    chosen = np.arange(0, 600, 7)
    indices, distances = neighbors(x, 3, among=chosen)
    truth = NearestNeighbors(n_neighbors=4).fit(x[chosen]).kneighbors(x)
    for row in range(600):
        others = [c for c in chosen[truth[1][row]] if c != row][:3]
        assert indices[row].tolist() == others


def test_a_file_of_vectors_is_searched_as_it_is(tmp_path):
    x = mixture(3000)
    np.save(tmp_path / "x.npy", x)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    assert np.array_equal(neighbors(mapped, 4)[0], neighbors(x, 4)[0])


# -- inverted file ---------------------------------------------------------------------------------


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_the_inverted_file_finds_nearly_all(metric):
    x = mixture(12_000, d=32)
    indices, distances = neighbors(x, 15, metric, exact=False)
    truth = neighbors(x, 15, metric, exact=True)
    assert recall(indices, truth[0]) > 0.95
    assert not (indices == np.arange(len(x))[:, None]).any()
    assert (np.diff(distances, axis=1) >= 0).all()
    same = indices == truth[0]
    assert distances[same] == pytest.approx(truth[1][same], rel=1e-3, abs=1e-5)


def test_a_cell_of_many_copies_does_not_make_the_search_quadratic(monkeypatch):
    x = mixture(8000)
    x[::2] = x[0]
    indices, distances = neighbors(x, 5, exact=False)
    assert not distances[::2].any() and not (indices[::2] % 2).any()
    truth = neighbors(x, 5, exact=True)[0]
    assert recall(indices[1::2], truth[1::2]) > 0.9

    compared = faiss_statistics()
    neighbors(x, 5, exact=False)
    limited = compared()
    monkeypatch.setattr(search, "_MOST", 10**6)
    neighbors(x, 5, exact=False)
    assert limited < 0.6 * compared()


def faiss_statistics():
    """Asks how many pairs faiss has compared since the last time."""
    from faiss import cvar

    cvar.indexIVF_stats.reset()

    def compared():
        count = cvar.indexIVF_stats.ndis
        cvar.indexIVF_stats.reset()
        return count

    return compared


def test_vectors_without_structure_are_searched_in_more_cells(monkeypatch):
    noise = np.random.default_rng(0).normal(size=(8000, 24)).astype(np.float32)
    truth = neighbors(noise, 15, exact=True)[0]
    found = recall(neighbors(noise, 15, exact=False)[0], truth)
    monkeypatch.setattr(search, "_VISITS", (8,))
    assert found > recall(neighbors(noise, 15, exact=False)[0], truth) + 0.2


def test_the_inverted_file_takes_missing_rows_copies_and_some_rows():
    x = mixture(6000)
    x[:50] = np.nan
    x[100:300] = x[100]
    indices, distances = neighbors(x, 10, exact=False)
    assert (indices[:50] == -1).all() and indices[50:].min() >= 50
    assert ((indices[100:300] >= 100) & (indices[100:300] < 300)).all()
    assert not distances[100:300].any()
    some = neighbors(x, 3, among=np.arange(0, 6000, 3), exact=False)[0]
    assert (some[50:] % 3 == 0).all()


def test_equal_vectors_and_seeds_give_equal_neighbors_everywhere(monkeypatch, root):
    code = (
        "import sys; sys.path.insert(0, 'tests'); from test_neighbors import mixture\n"
        "from dataview.dataset import content_identity; from dataview.neighbors import neighbors\n"
        "print(content_identity(*neighbors(mixture(5000), 8, exact=False, seed=3)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root)
    from dataview.dataset import content_identity

    here = content_identity(*neighbors(mixture(5000), 8, exact=False, seed=3))
    assert done.stdout.strip() == here, done.stderr
    monkeypatch.setattr(search, "processors", lambda: 1)
    assert content_identity(*neighbors(mixture(5000), 8, exact=False, seed=3)) == here


def test_how_many_rows_are_compared_exactly(monkeypatch):
    used = []
    for name in ("exact_search", "inverted_search"):
        was = getattr(module, name)
        monkeypatch.setattr(
            module, name, lambda *a, was=was, name=name: (used.append(name), was(*a))[1]
        )
    monkeypatch.setattr(module, "EXACT", 3000)
    neighbors(mixture(3000), 3)
    neighbors(mixture(3001), 3)
    neighbors(mixture(5000), 3, among=np.arange(1000))
    assert used == ["exact_search", "inverted_search", "exact_search"]


# -- progress, cancel, processes -------------------------------------------------------------------


@pytest.mark.parametrize("exact", [True, False])
def test_progress_is_told_in_rows_and_ends_at_the_end(exact):
    told = []
    neighbors(mixture(5000), 5, exact=exact, progress=told.append)
    done = [t.done for t in told]
    assert done == sorted(done) and (done[-1], told[-1].total) == (5000, 5000)
    assert len(told) >= 5 and told[0].stage == "neighbors"


@pytest.mark.parametrize(("exact", "part"), [(True, 0.3), (False, 0.01), (False, 0.7)])
def test_a_search_is_cancelled_between_two_blocks(exact, part):
    cancel, told = threading.Event(), []

    def tell(progress):
        told.append(progress.done)
        if progress.done >= part * progress.total:
            cancel.set()

    with pytest.raises(Cancelled):
        neighbors(mixture(9000), 5, exact=exact, progress=tell, cancel=cancel)
    assert told[-1] < 9000
    assert not [t for t in threading.enumerate() if t.name.startswith("dataview_")]


def test_beside_another_openmp_the_search_runs_in_another_process(monkeypatch):
    x, told, made = mixture(2500), [], []

    class Seen(module.Process):
        def __init__(self):
            super().__init__()
            made.append(self)

    monkeypatch.setattr(module, "Process", Seen)
    here = neighbors(x, 5)
    assert not made
    monkeypatch.setattr(module, "crowded", lambda: True)
    there = neighbors(x, 5, progress=told.append)
    assert np.array_equal(here[0], there[0]) and np.array_equal(here[1], there[1])
    assert len(made) == 1 and told[-1].done == 2500


def test_what_is_crowded(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setitem(sys.modules, "torch", sys)
    assert search.crowded()
    monkeypatch.setattr(sys, "platform", "linux")
    assert not search.crowded()


def test_torch_and_faiss_bear_each_other_in_one_process():
    pytest.importorskip("torch")
    code = (
        "import torch, numpy as np; from dataview.neighbors import neighbors\n"
        "before = torch.get_num_threads(); a = torch.ones(900, 900)\n"
        "for _ in range(3):\n"
        "    x = (a @ a).numpy() + np.random.default_rng(0).normal(size=(900, 900))\n"
        "    neighbors(np.vstack([x] * 4), 3)\n"
        "assert torch.get_num_threads() == before\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_few_rows_need_no_faiss():
    code = (
        "import sys, numpy as np; from dataview.neighbors import neighbors\n"
        "neighbors(np.eye(500), 3); assert 'faiss' not in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_what_makes_no_sense_is_an_error_that_says_so():
    with pytest.raises(ValueError, match="'euclidean' or 'cosine', not 'manhattan'"):
        neighbors(np.eye(3), 2, "manhattan")
    with pytest.raises(ValueError, match="k is at least 1, not 0"):
        neighbors(np.eye(3), 0)
    with pytest.raises(ValueError, match=r"\(n, d\), not of shape \(3,\)"):
        neighbors(np.ones(3))


# -- similar ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def x():
    vectors = mixture(400)
    vectors[30] = np.nan
    return vectors


@pytest.fixture
def ds(x):
    frame = pd.DataFrame(
        {"image": [np.zeros((4, 4), np.uint8)] * 400, "even": np.arange(400) % 2 == 0},
        index=[f"{i}.jpg" for i in range(400)],
    )
    return read(frame).with_vectors("given", x)


def by_distance(x, queries, without=()):
    """Rows and distances, of which the nearest to any query comes first."""
    distance = np.linalg.norm(x[:, None].astype(float) - np.atleast_2d(queries), axis=2).min(axis=1)
    order = np.argsort(distance, kind="stable")
    order = order[~np.isin(order, without) & np.isfinite(distance[order])]
    return order, distance[order]


def test_the_most_similar_rows_come_nearest_first_with_their_distance(ds, x):
    found = similar(ds, "7.jpg", k=10)
    order, distance = by_distance(x, x[7], [7])
    assert list(found.index) == [f"{i}.jpg" for i in order[:10]]
    assert found["distance"].to_numpy() == pytest.approx(distance[:10], rel=1e-5)
    assert found["distance"].dtype == np.float32
    assert "distance" not in ds.columns and "similar(1 rows, k=10)" in found.history


@pytest.mark.parametrize(
    "query",
    [
        ["3.jpg", "9.jpg", "12.jpg"],
        pd.Index(["3.jpg", "9.jpg", "12.jpg"]),
        rows(["3.jpg", "9.jpg", "12.jpg"]),
    ],
)
def test_of_several_rows_the_nearest_counts(ds, x, query):
    order, distance = by_distance(x, x[[3, 9, 12]], [3, 9, 12])
    found = similar(ds, query, k=15)
    assert list(found.index) == [f"{i}.jpg" for i in order[:15]]
    assert found["distance"].to_numpy() == pytest.approx(distance[:15], rel=1e-5)


def test_a_frame_a_dataset_and_an_expression_name_rows(ds, x):
    even = col("even") == True  # noqa: E712
    chosen = ds[even]
    expected = list(similar(ds, even, k=30).index)
    order, _ = by_distance(x, x[::2][np.isfinite(x[::2, 0])], np.arange(0, 400, 2))
    assert expected == [f"{i}.jpg" for i in order[:30]]
    assert list(similar(ds, chosen, k=30).index) == expected
    assert list(similar(ds, chosen.frame, k=30).index) == expected


def test_vectors_that_are_no_rows(ds, x):
    query = (x[5] + x[6]) / 2
    order, distance = by_distance(x, query)
    for found in (similar(ds, query, k=8), similar(ds, query[None], k=8)):
        assert list(found.index) == [f"{i}.jpg" for i in order[:8]]
    assert similar(ds, x[5], k=1).index[0] == "5.jpg"  # a vector is not taken for its row


def test_similar_by_cosine_and_by_other_vectors(ds, x):
    indices = expected(np.delete(x, 30, axis=0), 6, "cosine")[0][7]
    indices = indices + (indices >= 30)
    assert list(similar(ds, "7.jpg", k=6, metric="cosine").index) == [f"{i}.jpg" for i in indices]
    more = ds.with_vectors("other", np.arange(400.0)[:, None])
    assert set(similar(more, "7.jpg", k=2).index) == {"6.jpg", "8.jpg"}
    assert list(similar(more, "7.jpg", k=6, on="given").index) == list(
        similar(ds, "7.jpg", k=6).index
    )


def test_copies_far_from_the_origin_are_found_at_zero(x):
    far = np.nan_to_num(np.round(x * 64) / 64) + 10_000
    far[100] = far[7]
    far = read(np.zeros((400, 8, 8), np.uint8)).with_vectors("far", far)
    found = similar(far, 7, k=3)
    assert found.index[0] == 100 and found["distance"].iloc[0] == 0


def test_there_are_fewer_rows_than_asked_for(ds):
    assert len(similar(ds, "7.jpg", k=10**6)) == 398  # one has no vector, one is asked for
    assert len(similar(ds, rows(ds.index[:-5]), k=9)) == 5


def test_an_index_of_pairs(ds, x):
    frame = ds.frame.set_index(pd.MultiIndex.from_product([range(20), range(20)]))
    pairs = read(frame).with_vectors("given", x)
    wanted = list(similar(ds, "21.jpg", k=4).index)
    for query in [(1, 1), [(1, 1)]]:
        assert [f"{20 * a + b}.jpg" for a, b in similar(pairs, query, k=4).index] == wanted


def test_what_cannot_be_similar_says_why(ds, x):
    with pytest.raises(KeyError, match=r"unknown row '7\.jpeg': did you mean '7\.jpg'"):
        similar(ds, "7.jpeg")
    with pytest.raises(KeyError, match="unknown row 'b'"):
        similar(ds, ["1.jpg", "b"])
    with pytest.raises(ValueError, match="has no vector"):
        similar(ds, "30.jpg")
    with pytest.raises(ValueError, match="has no vector"):
        similar(ds, col("even") != col("even"))
    with pytest.raises(ValueError, match=r"are \(16,\), the query is \(3,\)"):
        similar(ds, np.ones(3))
    with pytest.raises(KeyError, match="did you mean 'given'"):
        similar(ds, "7.jpg", on="givn")
    with pytest.raises(ValueError, match=r"dv\.embed"):
        similar(read(np.zeros((3, 4, 4), np.uint8)), 0)
    with pytest.raises(ValueError, match="'distance' already.*column="):
        similar(similar(ds, "7.jpg"), "9.jpg")
    with pytest.raises(TypeError, match="ndarray"):
        similar(x, 0)
    with pytest.raises(ValueError, match="not 'l1'"):
        similar(ds, "7.jpg", metric="l1")
