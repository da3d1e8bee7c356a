"""The layout of a neighbor graph: against umap-learn's formulas, and always the same."""

import numba
import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.datasets import load_digits
from sklearn.neighbors import NearestNeighbors

from dataview import layout as module
from dataview.layout import _move, compiled, curve, forces, fuzzy_graph, layout, membership


@pytest.fixture(scope="module")
def digits():
    """Neighbors of 600 digits: indices (600, 14) and distances."""
    x = load_digits().data[:600].astype(np.float32)
    x[5] = x[6]  # a copy: its nearest neighbor is at 0
    distances, indices = NearestNeighbors(n_neighbors=14).fit(x).kneighbors()
    return indices.astype(np.int32), distances.astype(np.float32)


def last(graph, points, **params):
    return [moved for moved in layout(graph, points, **params)][-1].copy()


def start(n=600, seed=0):
    return np.random.default_rng(seed).uniform(0, 10, (n, 2)).astype(np.float32)


def test_weights_and_graph_are_umap_learns(digits):
    from umap.umap_ import compute_membership_strengths, fuzzy_simplicial_set, smooth_knn_dist

    indices, distances = digits
    own = np.arange(600, dtype=np.int32)[:, None]
    with_own = np.hstack([own, indices]), np.hstack([np.zeros_like(distances[:, :1]), distances])
    sigmas, nearest = smooth_knn_dist(with_own[1], 15.0, local_connectivity=1.0)
    expected = compute_membership_strengths(*with_own, sigmas, nearest)[2].reshape(600, 15)[:, 1:]
    assert membership(distances) == pytest.approx(expected, abs=1e-4)
    theirs = fuzzy_simplicial_set(
        np.zeros((600, 1)), 15, np.random.RandomState(0), "euclidean",
        knn_indices=with_own[0], knn_dists=with_own[1],
    )[0]  # fmt: skip
    ours = fuzzy_graph(indices, distances)
    assert abs(ours - theirs).max() < 1e-4 and ours.nnz == theirs.nnz
    assert abs(ours - ours.T).max() < 1e-6


def test_a_missing_neighbor_has_no_weight():
    indices = np.array([[1, -1], [0, 2], [1, -1]], np.int32)
    distances = np.array([[1, np.inf], [1, 2], [2, np.inf]], np.float32)
    graph = fuzzy_graph(indices, distances).toarray()
    assert np.isfinite(graph).all() and (graph > 0).tolist() == [
        [False, True, False],
        [True, False, True],
        [False, True, False],
    ]


@pytest.mark.parametrize(("min_dist", "spread"), [(0.1, 1.0), (0.0, 1.0), (0.8, 1.0), (0.5, 2.0)])
def test_the_curve_is_umap_learns(min_dist, spread):
    from umap.umap_ import find_ab_params

    assert curve(min_dist, spread) == pytest.approx(find_ab_params(spread, min_dist), rel=1e-6)


def test_looked_up_forces_are_within_a_percent_of_the_formulas():
    a, b = curve()
    d2 = np.geomspace(1e-6, 1e6, 10_000).astype(np.float32)
    step = d2.view(np.int32) >> 16
    attraction, repulsion = forces(a, b, 0.7)
    d2 = d2.astype(float)
    expected = -2 * a * b * d2 ** (b - 1) / (1 + a * d2**b)
    assert attraction[step] == pytest.approx(expected, rel=0.01)
    expected = 2 * 0.7 * b / ((0.001 + d2) * (1 + a * d2**b))
    assert repulsion[step] == pytest.approx(expected, rel=0.01)


@pytest.mark.parametrize("value", [0.0, np.inf, np.nan, -np.nan, 3e38, 1e-45])
def test_no_distance_is_looked_up_outside_the_tables(value):
    step = int(np.float32(value).view(np.int32) >> 16)
    assert all(np.isfinite(table[step]) for table in forces(*curve()))


def test_any_number_of_processors_gives_the_same_points(digits, monkeypatch):
    graph = fuzzy_graph(*digits)
    expected = last(graph, start(), epochs=30, seed=5)
    for count in (1, 3, 7):
        monkeypatch.setattr(module, "processors", lambda count=count: count)
        assert np.array_equal(fuzzy_graph(*digits).toarray(), graph.toarray())
        assert np.array_equal(last(graph, start(), epochs=30, seed=5), expected)
    assert not np.array_equal(last(graph, start(), epochs=30, seed=6), expected)


def test_compiled_and_interpreted_are_the_same(digits):
    graph = fuzzy_graph(*digits)
    share = (graph.data / graph.data.max()).astype(np.float32)
    before, moved = start(), []
    for move in (compiled().move, _move):
        after = before.copy()
        with np.errstate(over="ignore"):
            move(
                after, before, graph.indptr.astype(np.int64), graph.indices.astype(np.int32),
                share, 3, 100, 140, *forces(*curve()), np.float32(0.5), 5, np.uint64(2),
            )  # fmt: skip
        moved.append(after)
    assert moved[0] == pytest.approx(moved[1], abs=1e-4)
    assert (moved[0] != before).any(axis=1).nonzero()[0].tolist() == list(range(100, 140))


def test_neighbors_come_together_and_others_part(digits):
    indices, _ = digits
    points = last(fuzzy_graph(*digits), start(), epochs=200)
    near = np.linalg.norm(points[indices] - points[:, None], axis=2).mean()
    far = np.linalg.norm(points[::-1] - points, axis=1).mean()
    assert far > 5 * near


def test_a_row_without_neighbors_stays(digits):
    graph = fuzzy_graph(*digits).tolil()
    graph[7, :] = 0
    points = last(csr_array(graph), start(), epochs=20)
    assert np.array_equal(points[7], start()[7]) and not np.array_equal(points[8], start()[8])


def test_a_graph_without_pairs_moves_nothing():
    points = last(csr_array((9, 9), dtype=np.float32), start(9), epochs=3)
    assert np.array_equal(points, start(9))


def test_where_compiled_code_cannot_be_kept_it_is_compiled_all_the_same(monkeypatch):
    njit, asked = numba.njit, []

    def nowhere(*args, cache, **kwargs):
        asked.append(cache)
        if cache:
            raise RuntimeError("cannot cache function: no locator available")
        return njit(*args, cache=cache, **kwargs)

    monkeypatch.setattr(numba, "njit", nowhere)
    compiled.cache_clear()
    try:
        assert membership(np.ones((3, 2), np.float32)).tolist() == [[1, 1]] * 3
        assert asked == [True, False, True, False]
    finally:
        compiled.cache_clear()
