"""Duplicates, against brute force and against imagehash on pictures that were really changed."""

import itertools
from collections import deque

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import dataview as dv
from dataview import deduplication as module
from dataview.dataset import Dataset
from dataview.deduplication import (
    NEAR,
    Groups,
    count_ones,
    duplicates,
    find_duplicates,
    group_duplicates,
    near_pairs,
)

BALANCED = 0x5555_5555_5555_5555  # 32 bits set, as in the hash of any picture with structure


def table(**columns: object) -> Dataset:
    """A dataset of these columns, without images."""
    return Dataset(pd.DataFrame(columns), streams={})


def hexes(hashes: NDArray[np.uint64] | list[int]) -> list[str]:
    return [f"{int(x):016x}" for x in hashes]


def bits(x: int) -> int:
    return int(x).bit_count()


@st.composite
def hash_lists(draw: st.DrawFn) -> list[int]:
    """A few hashes and copies of them with a few bits changed, so that chains form."""
    made = draw(st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=4))
    for _ in range(draw(st.integers(0, 25))):
        changed = draw(st.sampled_from(made))
        for bit in draw(st.lists(st.integers(0, 63), max_size=5)):
            changed ^= 1 << bit
        made.append(changed)
    return made


# --- pairs ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("matched", [0, 1, 2, 3, 4])
@given(hashes=hash_lists(), near=st.integers(0, 16))
@settings(max_examples=40, deadline=None)
def test_near_pairs_are_those_of_brute_force_however_it_is_cut(matched, hashes, near):
    unique = np.unique(np.array(hashes, np.uint64))
    expected = [
        (i, j, bits(a ^ b))
        for (i, a), (j, b) in itertools.combinations(enumerate(map(int, unique)), 2)
        if bits(a ^ b) <= near
    ]
    if near + matched > 18:  # thousands of choices of bands
        near, expected = 6, [(i, j, d) for i, j, d in expected if d <= 6]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_cost", lambda n, near, m: m != matched)
        first, second, distance = near_pairs(unique, near)
    assert list(zip(first.tolist(), second.tolist(), distance.tolist(), strict=True)) == expected


def test_near_pairs_of_many_hashes_are_those_of_brute_force():
    rng = np.random.default_rng(0)
    hashes = rng.integers(0, 2**64, 3000, np.uint64)
    hashes[1500:] = hashes[:1500]
    for _ in range(8):
        hashes[1500:] ^= np.uint64(1) << rng.integers(0, 64, 1500, np.uint64)
    hashes = rng.permutation(np.unique(hashes))
    distance = np.array([count_ones(hashes ^ x) for x in hashes])
    expected = np.argwhere(np.triu(distance <= 7, 1))
    first, second, _ = near_pairs(hashes, 7)
    assert np.array_equal(np.column_stack([first, second]), expected)


def test_bits_are_counted_alike_with_and_without_numpy_2(monkeypatch):
    x = np.random.default_rng(0).integers(0, 2**64, 1000, np.uint64)
    expected = [bits(v) for v in x.tolist()]
    assert count_ones(x).tolist() == expected
    monkeypatch.delattr(np, "bitwise_count", raising=False)
    assert count_ones(x).tolist() == expected


def test_pairs_of_a_hundred_thousand_hashes_are_found_without_comparing_all(monkeypatch):
    rng = np.random.default_rng(1)
    hashes = np.unique(rng.integers(0, 2**64, 100_000, np.uint64))
    compared = 0

    def counted(x):
        nonlocal compared
        compared += len(x)
        return count_ones(x)

    monkeypatch.setattr(module, "count_ones", counted)
    for near in (4, NEAR, 8):
        near_pairs(hashes, near)
    assert compared < len(hashes) ** 2 / 2 / 50


# --- groups --------------------------------------------------------------------------------------


def brute_force(digests: list[int], hashes: list[int | None], near: int | None):
    """Adjacency of rows: equal files, or hashes that are near; then the components."""
    n = len(digests)

    def same_file(i, j):
        return digests[i] >= 0 and digests[i] == digests[j]

    def usable(i):
        return near is not None and hashes[i] is not None and bits(hashes[i]) >= module.BLANK_BITS

    def alike(i, j):
        return usable(i) and usable(j) and bits(hashes[i] ^ hashes[j]) <= near

    exact = [any(same_file(i, j) for j in range(n) if j != i) for i in range(n)]
    looks = [any(alike(i, j) and not same_file(i, j) for j in range(n) if j != i) for i in range(n)]
    component = [-1] * n
    for start in range(n):
        if component[start] < 0:
            component[start] = start
            queue = deque([start])
            while queue:
                i = queue.popleft()
                for j in range(n):
                    if component[j] < 0 and (same_file(i, j) or alike(i, j)):
                        component[j] = start
                        queue.append(j)
    return exact, looks, component


@given(
    hashes=hash_lists(),
    near=st.one_of(st.none(), st.integers(0, 12)),
    data=st.data(),
)
@settings(max_examples=200, deadline=None)
def test_groups_are_what_brute_force_connects_and_what_is_kept_covers_the_rest(hashes, near, data):
    n = len(hashes)
    # equal files have equal hashes; the same hash may be of several files, or of no file
    files = data.draw(st.lists(st.integers(-1, 3), min_size=n, max_size=n))
    known = data.draw(st.lists(st.booleans(), min_size=n, max_size=n))
    codes: dict[tuple[int, int | None], int] = {}
    listed = [x if k else None for x, k in zip(hashes, known, strict=True)]
    digests = [
        -1 if f < 0 else codes.setdefault((f, x), len(codes))
        for f, x in zip(files, listed, strict=True)
    ]
    rank = data.draw(st.permutations(range(n)))
    found = group_duplicates(
        np.array(digests, np.intp),
        np.array([x or 0 for x in listed], np.uint64),
        np.array([x is not None for x in listed], bool),
        near,
        np.array(rank),
    )
    exact, looks, component = brute_force(digests, listed, near)
    assert found.exact.tolist() == exact
    assert found.near.tolist() == looks
    size = [component.count(c) for c in component]
    assert (found.group >= 0).tolist() == [s > 1 for s in size]
    for i, j in itertools.combinations(range(n), 2):
        if size[i] > 1 and size[j] > 1:
            assert (found.group[i] == found.group[j]) == (component[i] == component[j])
    check_keepers(found, digests, listed, near, rank)


def check_keepers(
    found: Groups, digests: list[int], hashes: list[int | None], near: int | None, rank: list[int]
) -> None:
    keep = found.keeper == np.arange(len(digests))
    kept = np.flatnonzero(keep).tolist()
    for i, j in enumerate(found.keeper.tolist()):
        assert keep[j] and found.group[i] == found.group[j]
        same_file = i == j or (digests[i] >= 0 and digests[i] == digests[j])
        if same_file:
            assert found.distance[i] == 0
        else:
            assert found.distance[i] == bits(hashes[i] ^ hashes[j]) <= near
        if not keep[i]:  # no kept one is nearer
            group = [k for k in kept if found.group[k] == found.group[i]]
            if not same_file:
                assert all(bits(hashes[i] ^ hashes[k]) >= found.distance[i] for k in group)
    if near is not None:
        for i, j in itertools.combinations(kept, 2):
            if found.group[i] == found.group[j] >= 0:
                assert bits(hashes[i] ^ hashes[j]) > near
    for group in range(found.group.max(initial=-1) + 1):  # the best of a group is always kept
        rows = np.flatnonzero(found.group == group)
        assert keep[rows[np.argmin(np.array(rank)[rows])]]


def test_the_largest_group_comes_first_and_is_number_0():
    ds = table(digest=list("abccabcd"))
    found = duplicates(ds, near=None)
    assert found["group"].tolist() == [0, 0, 0, 1, 1, 2, 2]
    assert found.index.tolist() == [2, 3, 6, 0, 4, 1, 5]


def test_a_chain_is_one_group_that_keeps_an_image_near_each_of_its_images():
    chain = [BALANCED ^ ((1 << k) - 1) for k in range(0, 40, 4)]  # 4 bits from one to the next
    found = duplicates(table(phash=hexes(chain)), near=4)
    assert set(found["group"]) == {0} and len(found) == 10
    assert found.index[found["keep"]].tolist() == [0, 2, 4, 6, 8]  # each has the next one near it
    assert (found["distance"] <= 4).all()


def test_a_hundred_thousand_blank_pages_and_copies_are_grouped_without_a_pair_of_each():
    n = 100_000
    blank = find_duplicates(table(phash=["8000000000000000"] * n))
    assert not blank.near.any() and (blank.group == -1).all()
    copies = find_duplicates(table(phash=hexes([BALANCED]) * n, digest=["a"] * n))
    assert copies.exact.all() and not copies.near.any() and (copies.keeper == 0).all()


def test_blank_pages_that_are_the_same_file_are_exact_duplicates_only():
    ds = table(phash=["8000000000000000"] * 4, digest=["white", "white", "black", "gray"])
    found = find_duplicates(ds)
    assert found.exact.tolist() == [True, True, False, False]
    assert found.group.tolist() == [0, 0, -1, -1]
    assert not found.near.any()


def test_equal_files_are_exact_and_not_near_unless_another_file_looks_like_them():
    one, other = BALANCED, BALANCED ^ 0b11
    far = BALANCED ^ (2**32 - 1)
    ds = table(phash=hexes([one, one, other, far, far]), digest=["a", "a", "b", "c", "c"])
    found = find_duplicates(ds, 4)
    assert found.exact.tolist() == [True, True, False, True, True]
    assert found.near.tolist() == [True, True, True, False, False]
    assert found.group.tolist() == [0, 0, 0, 1, 1]
    assert not find_duplicates(ds, None).near.any()


def test_the_image_with_most_pixels_is_kept_then_the_largest_file_then_the_first():
    ds = table(
        phash=hexes([BALANCED] * 6),
        megapixels=[1.0, 2.0, None, 2.0, 2.0, 0.5],
        file_size=[9e6, 10, 9e9, 30, 30, None],
    )
    found = duplicates(ds)
    assert found.index[found["keep"]].tolist() == [3]
    assert set(found["keeper"]) == {3}
    assert duplicates(table(phash=hexes([BALANCED] * 3)))["keep"].tolist() == [True, False, False]


def test_what_is_kept_is_the_dataset_without_duplicates():
    rng = np.random.default_rng(0)
    hashes = rng.integers(0, 2**64, 300, np.uint64)
    flips = np.uint64(1) << rng.integers(0, 64, 200, np.uint64)
    ds = table(phash=hexes(np.r_[hashes, hashes[:200] ^ flips]))
    found = duplicates(ds)
    left = ds[~dv.rows(found.index[~found["keep"]])]
    assert len(left) == 300
    assert len(duplicates(left)) == 0


@pytest.mark.parametrize(
    "index",
    [
        list("wxyz"),
        pd.date_range("2026-01-01", periods=4, tz="UTC"),
        pd.MultiIndex.from_tuples([("a", 1), ("a", 2), ("b", 1), ("b", 2)]),
    ],
)
def test_the_table_has_the_datasets_index_and_names_keepers_by_it(index):
    frame = pd.DataFrame({"phash": hexes([BALANCED, 2**40 - 1, BALANCED, 2**50 - 1])}, index=index)
    found = duplicates(Dataset(frame, streams={}))
    assert found.index.equals(frame.index[[0, 2]])
    assert found["keeper"].tolist() == [frame.index[0]] * 2


def test_missing_hashes_and_digests_duplicate_nothing():
    ds = table(phash=[None, None, hexes([BALANCED])[0]], digest=[None, None, "a"])
    assert len(duplicates(ds)) == 0
    assert find_duplicates(ds).keeper.tolist() == [0, 1, 2]


@pytest.mark.parametrize("n", [0, 1])
def test_an_empty_dataset_has_no_duplicates(n):
    found = duplicates(table(phash=hexes([BALANCED] * n), digest=["a"] * n))
    assert len(found) == 0
    assert list(found) == ["group", "keep", "keeper", "distance", "exact"]


# --- what is refused -----------------------------------------------------------------------------


def test_a_dataset_that_was_not_scanned_is_told_to_be():
    with pytest.raises(KeyError, match=r"dv\.scan\(ds\)"):
        duplicates(table(label=["cat"]))
    with pytest.raises(KeyError, match=r"dv\.scan\(ds\).*near=None"):
        duplicates(table(digest=["a"]))
    with pytest.raises(KeyError, match=r"column[s]? digest.*dv\.scan\(ds\)"):
        duplicates(table(phash=["0" * 16]), near=None)


@pytest.mark.parametrize("near", [-1, 17, True, 2.5, "4"])
def test_a_distance_that_is_none_is_refused_in_words(near):
    with pytest.raises((TypeError, ValueError), match="0 to 16, or None"):
        duplicates(table(phash=["0" * 16]), near=near)


@pytest.mark.parametrize("value", ["cat", "0" * 15, " " + "0" * 15, "0" * 15 + "g", 12, 1.5, b"1"])
def test_a_column_phash_that_holds_no_hashes_is_refused_in_words(value):
    with pytest.raises(ValueError, match="'phash' holds .*16 hexadecimal digits"):
        duplicates(table(phash=[hexes([BALANCED])[0], value]))


def test_a_column_digest_that_cannot_be_compared_is_refused_in_words():
    with pytest.raises(TypeError, match="'digest' holds what cannot be compared"):
        duplicates(table(digest=[[1], [2]], phash=["0" * 16] * 2))
