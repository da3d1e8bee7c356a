"""Linked explorers: the same rows are selected, whoever selects them."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dataview as dv
from dataview.links import keys_of, same_rows

OPEN: list[dv.Explorer] = []


@pytest.fixture(autouse=True)
def _close() -> Iterator[None]:
    yield
    while OPEN:
        OPEN.pop().close()


def explorer(index: Any, **columns: Any) -> dv.Explorer:
    frame = pd.DataFrame({"image": [np.zeros((4, 4), np.uint8)] * len(index), **columns}, index)
    ex = dv.explore(frame, embed=None, project=None)
    ex.wait()
    OPEN.append(ex)
    return ex


def selected(ex: dv.Explorer) -> list[Any]:
    return list(ex.selected.index)


def test_rows_with_the_same_index_are_selected_in_both_whichever_is_asked() -> None:
    a, b = explorer(list("abcd")), explorer(list("dcxb"))
    dv.link(a, b)
    a.select(["b", "a", "c"])
    assert selected(b) == ["c", "b"]
    b.select(["d", "x"])
    assert selected(a) == ["d"]
    b.select(None)
    assert selected(a) == []


def test_an_expression_travels_as_it_is_where_it_means_the_same_rows() -> None:
    a = explorer(list("abcd"), size=[1, 2, 3, 4])
    b = explorer(list("abcd"), size=[1, 2, 3, 9])
    c = explorer(list("abcd"), size=[9, 2, 3, 4])
    d = explorer(list("abcd"))
    dv.link(a, b, c, d)
    a.select(dv.col("size") > 2)
    assert b.selection == (dv.col("size") > 2)
    assert selected(c) == ["c", "d"]
    assert c.selection == dv.rows(["c", "d"])
    assert selected(d) == ["c", "d"]


def test_a_click_in_a_browser_is_followed() -> None:
    a, b = explorer(list("abcd")), explorer(list("dcba"))
    tied = dv.link(a, b)
    a.set_state({"_selection": {"op": "rows", "at": [0, 1]}})
    assert tied.wait()
    assert selected(b) == ["b", "a"]
    b.set_state({"_selection": None})
    assert tied.wait()
    assert selected(a) == []


def test_images_and_their_objects_are_tied_by_the_column_that_names_the_image() -> None:
    images = explorer(["a", "b", "c"])
    objects = explorer(range(5), sample=["b", "a", "b", None, "c"])
    dv.link(images, objects, on="sample")
    images.select(["b"])
    assert selected(objects) == [0, 2]
    objects.select([1, 3, 4])
    assert selected(images) == ["a", "c"]


def test_a_level_of_the_index_can_be_what_they_share() -> None:
    images = explorer(["a", "b"])
    levels = pd.MultiIndex.from_tuples([("a", 0), ("b", 0), ("b", 1)], names=["sample", "part"])
    objects = explorer(levels)
    dv.link(images, objects, on="sample")
    images.select(["b"])
    assert selected(objects) == [("b", 0), ("b", 1)]


def test_no_selection_goes_round_in_a_circle() -> None:
    a, b, c = explorer(list("abc")), explorer(list("abx")), explorer(list("xbc"))
    changes: list[str] = []
    for name, ex in (("a", a), ("b", b), ("c", c)):
        ex.observe(lambda _, name=name: changes.append(name), "_selection")
    first, second = dv.link(a, b, c), dv.link(c, b)
    a.select(["a", "b"])
    assert first.wait()
    assert second.wait()
    assert selected(a) == ["a", "b"]  # what b and c lack does not come back as unselected
    assert selected(b) == ["a", "b"]
    assert selected(c) == ["b"]
    assert sorted(changes) == ["a", "b", "c"]


def test_an_ended_link_ties_nothing() -> None:
    a, b = explorer(list("ab")), explorer(list("ab"))
    tied = dv.link(a, b)
    tied.unlink()
    tied.unlink()
    a.select(["a"])
    assert selected(b) == []
    assert "ended" in repr(tied)


def test_a_closed_explorer_is_left_out_and_the_others_go_on() -> None:
    a, b, c = (explorer(list("ab")) for _ in range(3))
    tied = dv.link(a, b, c)
    b.close()
    a.select(["a"])
    assert selected(c) == ["a"]
    c.close()
    a.select(["b"])
    assert selected(a) == ["b"]
    assert tied.explorers == (a,)


def test_a_link_survives_what_the_stages_publish() -> None:
    images = (np.arange(40 * 64) % 251).astype(np.uint8).reshape(40, 8, 8)
    a = dv.explore(images, project="pca")
    b = dv.explore(images[:20], embed=None)
    OPEN.extend([a, b])
    tied = dv.link(a, b)
    a.select([3, 30])
    a.wait()
    b.wait()
    assert tied.wait()
    assert selected(a) == [3, 30]
    assert selected(b) == [3]
    box = dv.lasso([(-99, -99), (99, -99), (99, 99), (-99, 99)], on="pca")
    a.select(box)
    assert selected(b) == list(range(20))


def test_what_is_selected_when_they_are_tied_is_selected_in_all() -> None:
    a, b = explorer(list("ab")), explorer(list("ab"))
    b.select(["b"])
    dv.link(a, b)
    assert selected(a) == ["b"]


def test_a_selection_that_fails_is_said_and_the_link_goes_on() -> None:
    a, b = explorer(list("ab")), explorer(list("ab"))
    fails = [False]

    @dv.slicer(name="test_links_fails")
    def half(frame: pd.DataFrame) -> Any:
        if fails[0]:
            raise RuntimeError("not today")
        return np.arange(len(frame)) < 1

    try:
        tied = dv.link(a, b)
        a.select("test_links_fails")
        assert selected(b) == ["a"]
        fails[0] = True
        tied._on_change({"owner": a})
        assert tied.wait()
        assert any("could not follow" in message["text"] for message in a._messages)
        a.select(["b"])
        assert selected(b) == ["b"]
    finally:
        dv.plugins.registry("slicer").unregister("test_links_fails")


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda a, b: dv.link(a), ValueError, "two explorers or more"),
        (lambda a, b: dv.link(a, a), ValueError, "each once"),
        (lambda a, b: dv.link(a, b.dataset), TypeError, "not a Dataset"),
        (lambda a, b: dv.link(a, b), ValueError, "no row in common"),
        (lambda a, b: dv.link(a, b, on="smaple"), KeyError, "sample"),
    ],
)
def test_what_cannot_be_tied_is_refused_in_words(make: Any, error: Any, words: str) -> None:
    a, b = explorer(list("ab")), explorer([1, 2, 3], sample=["a", "b", "b"])
    with pytest.raises(error, match=words):
        make(a, b)


LABELS = st.one_of(st.integers(0, 6), st.sampled_from("abc"), st.booleans(), st.none())


@given(st.lists(LABELS, max_size=8, unique_by=repr), st.lists(LABELS, max_size=8), st.data())
@settings(deadline=None, max_examples=60)
def test_the_rows_that_follow_are_those_with_an_equal_key(
    here: list[Any], there: list[Any], data: Any
) -> None:
    mask = np.array(
        data.draw(st.lists(st.booleans(), min_size=len(here), max_size=len(here))), bool
    )
    chosen = [k for k, m in zip(here, mask, strict=True) if m and k is not None]
    want = [k is not None and any(type(k) is type(c) and k == c for c in chosen) for k in there]
    loose = [k is not None and any(k == c for c in chosen) for k in there]  # 1 and True are equal
    got = same_rows(mask, pd.Index(here, dtype=object), pd.Index(there, dtype=object)).tolist()
    assert got in (want, loose)


def test_keys_are_the_column_the_level_or_the_index() -> None:
    ds = explorer(pd.Index(["a", "b"], name="file"), sample=[1, 2]).dataset
    assert keys_of(ds).tolist() == ["a", "b"]
    assert keys_of(ds, "sample").tolist() == [1, 2]
    assert keys_of(ds, "file").tolist() == ["a", "b"]
    assert keys_of(ds, "elsewhere").tolist() == ["a", "b"]
