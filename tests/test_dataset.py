"""A Dataset keeps the user's table as it is and everything else aligned with it."""

import subprocess
import sys
import threading
import time
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from pandas.testing import assert_frame_equal

from dataview.dataset import Dataset, Stream, content_identity
from dataview.expressions import col, lasso, rows
from dataview.faults import ImageError

ODD_NAMES = ["label", "index", "x", "a b", "<b>", 3, ("a", 1), 2.5, None, True, ""]


def make(n=10, index=None, **parts):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"x": rng.normal(size=n), "label": list("abcde" * n)[:n]}, index=index)
    images = np.arange(n, dtype=np.uint8)[:, None, None].repeat(4, 1).repeat(4, 2)
    parts = {
        "vectors": {"v": rng.normal(size=(n, 3))},
        "projections": {"map": rng.normal(size=(n, 2))},
    } | parts
    return Dataset(frame, streams={"image": Stream(images)}, **parts)


INDEXES = {
    "string": [f"id {i}" for i in range(10)],
    "integer": [100 - 7 * i for i in range(10)],
    "datetime": pd.date_range("2024-01-01", periods=10, tz="UTC", name="when"),
    "pairs": pd.MultiIndex.from_product([["p", "q"], range(5)]),
}


# -- the user's table --------------------------------------------------------------------------------


@pytest.mark.parametrize("index", INDEXES.values(), ids=INDEXES)
def test_any_unique_index_is_kept(index):
    ds = make(index=index)
    taken = ds.take([7, 2])
    assert_frame_equal(taken.frame, ds.frame.iloc[[7, 2]])
    assert taken.index.equals(ds.frame.index[[7, 2]])
    assert ds.sort_by("x").index.equals(ds.frame.sort_values("x").index)
    assert len(ds.index) == 10 and ds.index.name == ds.frame.index.name


def test_columns_of_any_name_survive():
    values = {name: [i, i + 1] for i, name in enumerate(dict.fromkeys(ODD_NAMES))}
    frame = pd.DataFrame({i: v for i, v in enumerate(values.values())})
    frame.columns = pd.Index(list(values), dtype=object, tupleize_cols=False)
    ds = Dataset(frame, streams={}, roles={"label": ("a", 1), "id": 3})
    assert_frame_equal(ds.frame, frame)
    for name in values:
        if name is not None:
            assert ds[name].tolist() == values[name], name
    assert ds.columns == list(frame.columns)
    for result in (ds.take([1]), ds.sort_by(3), ds.assign(new=1), ds.assign({("b", 2): [1, 2]})):
        assert result.columns[: len(values)] == ds.columns
    assert ds.assign({("b", 2): [1, 2]})[("b", 2)].tolist() == [1, 2]


def test_duplicate_columns_and_index_values_are_named():
    frame = pd.DataFrame([[1, 2, 3]] * 3, columns=["a", "b", "a"], index=[7, 7, 8])
    with pytest.raises(ValueError, match="duplicate columns 'a': rename"):
        Dataset(frame, streams={})
    with pytest.raises(ValueError, match=r"duplicate index values 7: reset_index\(\)"):
        Dataset(frame.iloc[:, :2], streams={})
    many = pd.DataFrame({"a": range(40)}, index=list(range(20)) * 2)
    with pytest.raises(ValueError, match="0, 1, 2, 3, 4 and 15 more"):
        Dataset(many, streams={})


def test_neither_side_can_change_the_other():
    frame = pd.DataFrame({"a": [1, 2]})
    ds = Dataset(frame, streams={})
    frame["b"] = 3
    frame.loc[0, "a"] = 99
    own = ds.frame
    own["c"] = 4
    assert ds.columns == ["a"] and ds["a"].tolist() == [1, 2]
    ds = make()
    with pytest.raises(ValueError, match="read-only"):
        ds.vectors["v"][0, 0] = 1
    with pytest.raises(TypeError):
        ds.streams["other"] = Stream([])
    with pytest.raises(TypeError):
        ds.vectors["v"] = None


# -- rows --------------------------------------------------------------------------------------------


def test_everything_stays_aligned_through_any_steps():
    ds = make(30)
    steps = (
        ds[col("label").isin(["a", "c"])]
        .sort_by("x", descending=True)
        .sample(7, seed=3)
        .take([4, 0, 6])
    )
    for i, key in enumerate(steps.index):
        at = ds.index.get_loc(key)
        assert steps.image(i)[0, 0, 0] == at
        assert_array_equal(steps.vectors["v"][i], ds.vectors["v"][at])
        assert_array_equal(steps.projections["map"][i], ds.projections["map"][at])
        assert steps.frame.iloc[i].equals(ds.frame.iloc[at])
    assert len(steps.history) == 4


def test_rows_by_expression_query_and_mask_are_the_same():
    ds = make()
    expected = ds.frame[(ds.frame.x > 0) & (ds.frame.label == "a")].index.tolist()
    assert expected
    expr = (col("x") > 0) & (col("label") == "a")
    assert ds[expr].index.tolist() == expected
    assert ds.query("x > 0 and label == 'a'").index.tolist() == expected
    assert ds[(ds["x"] > 0) & (ds["label"] == "a")].index.tolist() == expected
    assert ds[ds.mask(expr)].index.tolist() == expected
    assert ds[ds.mask("x > 0 and label == 'a'")].index.tolist() == expected


def test_a_lasso_on_a_subset_is_the_subset_of_the_lasso():
    ds = make(50)
    square = lasso([(-1, -1), (1, -1), (1, 1), (-1, 1)], on="map")
    subset = ds[col("x") > 0]
    assert 0 < len(subset[square]) < len(subset)
    assert subset[square].index.tolist() == ds[square & (col("x") > 0)].index.tolist()
    assert ds[rows([3, 4])].index.tolist() == [3, 4]


def test_empty_selections_are_datasets():
    none = make()[col("x") > 100]
    assert len(none) == 0 and none.columns == ["x", "label"] and none.vectors["v"].shape == (0, 3)
    assert len(none.sort_by("x")) == len(none.sample(0)) == len(none.take([])) == 0
    assert "0 rows" in repr(none) and none._repr_html_()


def test_sorting_is_stable_with_missing_values_last():
    frame = pd.DataFrame({"v": [2.0, np.nan, 1.0, 2.0], "mixed": [1, "b", None, "a"]})
    ds = Dataset(frame, streams={})
    assert ds.sort_by("v").index.tolist() == [2, 0, 3, 1]
    assert ds.sort_by("v", descending=True).index.tolist() == [0, 3, 2, 1]
    assert ds.sort_by("mixed").index.tolist() == [0, 3, 1, 2]


def test_a_sample_is_the_same_for_a_seed_and_in_order():
    ds = make(100)
    first = ds.sample(20, seed=1).index.tolist()
    assert first == ds.sample(20, seed=1).index.tolist() == sorted(set(first))
    assert first != ds.sample(20, seed=2).index.tolist()
    with pytest.raises(ValueError, match="101 rows of 100"):
        ds.sample(101)


@pytest.mark.parametrize(
    ("positions", "error"),
    [
        ([10], IndexError),
        ([-11], IndexError),
        ([1, 1], ValueError),
        ([0.5], TypeError),
        ([1, -9], ValueError),
    ],
)
def test_positions_that_are_not_there_or_twice_are_refused(positions, error):
    with pytest.raises(error):
        make().take(positions)


def test_wrong_keys_are_answered_with_what_is_near():
    ds = make()
    with pytest.raises(KeyError, match="did you mean 'label'"):
        ds["lable"]
    with pytest.raises(KeyError, match="did you mean 'map'"):
        ds[lasso([(0, 0), (1, 0), (1, 1)], on="mapp")]
    with pytest.raises(KeyError, match="image"):
        ds.image(0, "imag")
    with pytest.raises(TypeError, match="take"):
        ds[[0, 1]]
    with pytest.raises(ValueError, match="3 values for 10 rows"):
        ds[np.array([True, False, True])]
    with pytest.raises(ValueError, match="index of this mask"):
        ds[ds["x"].sort_values() > 0]
    with pytest.raises(KeyError, match="did you mean 'label'"):
        ds.replace(roles={"lable": "x"})
    with pytest.raises(KeyError, match="there is"):
        make(roles={"label": "nothing"})


# -- more columns and arrays -------------------------------------------------------------------------


def test_assigned_columns_come_after_the_users_and_are_checked():
    ds = make(index=INDEXES["string"])
    more = ds.assign(score=np.arange(10), label="z")
    assert more.columns == ["x", "label", "score"] and ds["label"].iloc[0] == "a"
    shuffled = pd.Series(range(10), index=ds.index).sample(frac=1, random_state=0)
    assert ds.assign(s=shuffled)["s"].tolist() == list(range(10))
    with pytest.raises(ValueError, match="3 values for 10 rows"):
        ds.assign(score=[1, 2, 3])
    with pytest.raises(ValueError, match="lacks rows"):
        ds.assign(score=pd.Series([1, 2]))


def test_vectors_and_projections_carry_recipes_and_are_checked():
    ds = make()
    more = ds.with_vectors("w", np.ones((10, 4)), recipe={"method": "ones", "seed": 0})
    assert more.recipes["w"]["method"] == "ones" and "w" not in ds.vectors
    given = ds.with_projection("p", np.zeros((10, 2))).recipes["p"]
    assert given["content"] == content_identity(np.zeros((10, 2), np.float32))
    assert more.vectors["w"].dtype == np.float32 and more.take([1]).recipes == more.recipes
    for shape in ((9, 2), (10, 3), (10,)):
        with pytest.raises(ValueError, match="expected"):
            ds.with_projection("p", np.zeros(shape))
    with pytest.raises(ValueError, match="expected"):
        ds.with_vectors("w", np.zeros(10))
    both = more.with_projection("w", np.zeros((10, 2)), {"method": "zeros"}).take([3, 4])
    assert both.vectors["w"].shape == (2, 4) and both.projections["w"].shape == (2, 2)
    assert both.vectors.recipes["w"]["method"] == "ones"
    assert both.projections.recipes["w"]["method"] == both.recipes["w"]["method"] == "zeros"
    with pytest.raises(ValueError, match="stream 'image' has 3"):
        ds.replace(streams={"image": Stream([1, 2, 3])})


def test_content_identity_is_that_of_content_only():
    array = np.arange(12.0).reshape(3, 4)
    assert content_identity(array) == content_identity(array.T.copy().T)
    others = [array.T, array.astype("float32"), array.ravel(), array + 1e-9, array[:0]]
    assert len({content_identity(a) for a in [array, *others]}) == 6
    code = "import numpy as np; from dataview.dataset import content_identity as c; print(c(np.arange(5)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == content_identity(np.arange(5))


def test_a_subset_of_a_large_dataset_is_cheap():
    n = 200_000
    vectors = np.zeros((n, 64), np.float32)
    frame = pd.DataFrame({"x": np.arange(n)})
    ds = Dataset(frame, streams={"image": Stream(["a.jpg"] * n)}, vectors={"v": vectors})
    assert np.shares_memory(ds.vectors["v"], vectors)
    assert np.shares_memory(ds.assign(y=1).vectors["v"], vectors)
    tracemalloc.start()
    start = time.perf_counter()
    half = ds[col("x") >= n // 2]
    seconds = time.perf_counter() - start
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert seconds < 1 and peak < 10e6  # the vectors of half the rows are 25 MB
    assert half.vectors["v"].shape == (n // 2, 64)


# -- how it looks ------------------------------------------------------------------------------------


def test_markup_in_names_and_values_stays_text():
    bad = "<script>alert(1)</script>"
    frame = pd.DataFrame({bad: [bad]}, index=[f'"{bad}'])
    picture = np.zeros((9, 9), np.uint8)
    tags, titles = [], []

    class Parser(HTMLParser):
        def handle_starttag(self, tag, attributes):
            tags.append(tag)
            titles.extend(value for name, value in attributes if name == "title")

    for source in (bad, picture):
        Parser().feed(Dataset(frame, streams={"image": Stream([source])}, title=bad)._repr_html_())
    assert "script" not in tags and {"table", "img", "span"} <= set(tags)
    assert titles == [frame.index[0]]


def test_a_broken_image_is_named_in_the_picture_and_raises_on_its_own():
    ds = Dataset(pd.DataFrame({"a": [1]}), streams={"image": Stream(["no.jpg"])})
    assert "no such file" in ds._repr_html_()
    with pytest.raises(ImageError, match="no such file"):
        ds.image(0)
    assert Dataset(pd.DataFrame({"a": [1]}), streams={})._repr_html_()


# -- streams -----------------------------------------------------------------------------------------


def test_a_stream_knows_its_kind_and_its_paths(tmp_path):
    assert Stream([None, tmp_path / "a.jpg"]).path(1) == str(tmp_path / "a.jpg")
    assert Stream([None, "b"]).path(0) is None
    assert [Stream(x).kind for x in (["a"], [b"a"], [np.zeros((2, 2))], np.zeros((2, 2, 2)))] == [
        "path",
        "bytes",
        "array",
        "array",
    ]
    with pytest.raises(IndexError):
        Stream(["a"])[1]
    assert Stream(["a", "b"])[-1] == "b"


def test_an_item_is_read_once_for_image_and_extras_and_its_errors_are_image_errors():
    read = []

    def get(item):
        read.append(item)
        if item == 2:
            raise RuntimeError("bad sample")
        return np.full((2, 2), item, np.uint8), {"label": item}

    stream = Stream(range(3), get=get, kind="item").take(np.array([1, 2]))
    source, extras = stream.load(0)
    assert source[0, 0] == 1 and extras == {"label": 1} and read == [1]
    with pytest.raises(ImageError, match="RuntimeError: bad sample"):
        stream.load(1)


def test_a_training_set_is_read_by_one_thread_at_a_time():
    inside, most = [], []

    class Careless:
        def __len__(self):
            return 20

        def __getitem__(self, i):
            inside.append(threading.get_ident())
            most.append(len(inside))
            time.sleep(0.001)
            inside.pop()
            return np.zeros((2, 2), np.uint8)

    stream = Stream(Careless(), get=lambda item: item, kind="item")
    parts = [stream, stream.take(np.arange(20))]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda i: parts[i % 2].load(i % 20), range(60)))
    assert max(most) == 1


def test_an_index_that_differs_by_nanoseconds_alone_is_refused_at_the_door():
    index = pd.to_datetime(["2024-05-01", "2024-05-01"]) + pd.to_timedelta([0, 1], unit="ns")
    with pytest.raises(ValueError, match=r"reset_index\(\)"):
        Dataset(pd.DataFrame({"x": [1, 2]}, index=index), streams={})
