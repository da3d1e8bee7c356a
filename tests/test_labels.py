"""Labels: rows are found again by the values of any index, and travel by position."""

import base64
import json
import uuid
from pathlib import PurePosixPath

import numpy as np
import pandas as pd
import pytest

import dataview as dv
from dataview.expressions import Expr, rows_at
from dataview.labels import check_index, positions_from_json, positions_to_json

HARD = [
    pd.period_range("2024-01", periods=4, freq="M"),
    pd.interval_range(0, 4),
    pd.Index([uuid.UUID(int=i) for i in range(4)]),
    pd.Index([PurePosixPath(f"a/{i}.jpg") for i in range(4)]),
    pd.Index([b"a", b"b", b"c", b"\xff"]),
    pd.Index([1j, 2j, 3j, 4j]),
    pd.to_timedelta([1, 2, 3, 4], unit="s"),
    pd.Index(["a", "b", None, "d"]),
    pd.Index([3, 250, 7, 0], dtype="uint8"),
    pd.Index(["a", "b", "c", "d"], dtype="string"),
    pd.Index([1, 2, None, 4], dtype="Int64"),
    pd.MultiIndex.from_product([["a", "b"], pd.period_range("2024", periods=2, freq="Y")]),
    pd.MultiIndex.from_arrays([["a", "a", None, "b"], [1, 2, 1, None]]),
]


@pytest.mark.parametrize("index", HARD, ids=lambda i: f"{type(i).__name__} {i.dtype}")
def test_rows_of_an_index_that_no_expression_can_hold_are_found_by_their_text(index):
    check_index(index)
    frame = pd.DataFrame({"x": range(4)}, index=index)
    for expr in (dv.rows(index[[0, 2]]), dv.rows(list(index[[0, 2]])), rows_at(index, [0, 2])):
        assert expr.evaluate(frame).tolist() == [True, False, True, False]
        assert Expr.from_json(json.loads(json.dumps(expr.to_json()))) == expr
        assert eval(repr(expr), {"dv": dv}) == expr
        assert expr.to_json(index=index) == {"op": "rows", "at": [0, 2]}
        assert Expr.from_json({"op": "rows", "at": [0, 2]}, index=index) == expr
        assert hash(expr) == hash(dv.rows(list(index[[0, 2]])))


def test_a_period_in_the_index_is_named_by_its_text():
    frame = pd.DataFrame({"x": [1, 2]}, index=pd.period_range("2024-01", periods=2, freq="M"))
    assert dv.rows(["2024-02"]).evaluate(frame).tolist() == [False, True]
    assert repr(dv.rows(frame.index[:1])) == 'dv.rows(["2024-01"])'


@pytest.mark.parametrize(
    "index",
    [
        pd.to_datetime(["2024-05-01 12:00:00.000000001", "2024-05-01 12:00:00.000000002"]),
        pd.to_timedelta([1, 2], unit="ns"),
        pd.Index([PurePosixPath("a"), "a"], dtype=object),
        pd.Index([None, float("nan")], dtype=object),
        pd.MultiIndex.from_product([["a"], pd.to_datetime([1, 2], unit="ns")]),
    ],
    ids=lambda index: f"{type(index).__name__} {index.dtype}",
)
def test_an_index_whose_rows_an_expression_cannot_tell_apart_is_refused(index):
    with pytest.raises(ValueError, match=r"reset_index\(\)"):
        check_index(index)


def test_the_refusal_names_the_two_rows():
    days = pd.to_datetime(["2024", "2025", "2025"]) + pd.to_timedelta([0, 3, 7], unit="ns")
    with pytest.raises(ValueError, match=r"2025.*003'.*2025.*007'"):
        check_index(days)


@pytest.mark.parametrize("index", [pd.RangeIndex(3), pd.Index([0.5, np.nan]), pd.Index(["a", "b"])])
def test_usual_indexes_pass(index):
    check_index(index)


def test_labels_are_found_by_kind_whatever_the_dtype():
    for dtype in ("int64", "int8", "uint16", "Int64", "float64"):
        frame = pd.DataFrame({"x": range(3)}, index=pd.Index([1, 2, 3], dtype=dtype))
        assert dv.rows([3, 1, 300]).evaluate(frame).tolist() == [True, False, True]
        assert dv.rows(pd.Index([3, -1], dtype="int32")).evaluate(frame).tolist() == [0, 0, 1]
        assert not dv.rows(["1"]).evaluate(frame).any()
    repeated = pd.DataFrame({"x": range(3)}, index=["a", "b", "a"])
    assert dv.rows(["a"]).evaluate(repeated).tolist() == [True, False, True]
    moments = pd.date_range("2024-01-01", periods=3)
    frame = pd.DataFrame({"x": range(3)}, index=moments)
    assert dv.rows(moments[:1].as_unit("s")).evaluate(frame).tolist() == [True, False, False]
    assert not dv.rows(moments.tz_localize("UTC")).evaluate(frame).any()


def test_lists_cannot_be_labels():
    with pytest.raises(TypeError):
        dv.rows([[1]])


def test_a_kept_mask_is_not_taken_for_that_of_another_table():
    expr = dv.rows(["b"])
    for labels in ("abc", "bca", "abc"):
        frame = pd.DataFrame({"x": range(3)}, index=list(labels))
        mask = expr.evaluate(frame)
        assert mask.tolist() == [label == "b" for label in labels]
        mask[:] = False  # the caller's own


def test_many_picks_travel_as_bits_and_few_as_a_list():
    index = pd.RangeIndex(100_003)
    many, few = dv.rows(index[::3]), dv.rows(index[:1000])
    wire = many.to_json(index=index)
    assert wire.keys() == {"op", "bits"} and len(json.dumps(wire)) < 17_000
    # read by other means than the encoder's
    packed = np.frombuffer(base64.b64decode(wire["bits"]), np.uint8)
    assert [i for i in range(60) if packed[i >> 3] >> (i & 7) & 1] == list(range(0, 60, 3))
    assert Expr.from_json(wire, index=index) == many
    assert few.to_json(index=index)["at"] == list(range(1000))
    nested = ~many & (dv.col("x") == 1)
    assert Expr.from_json(nested.to_json(index=index), index=index) == nested
    assert "index" in many.to_json()  # away from the browser, always the user's own values


@pytest.mark.parametrize(
    "text",
    ["", "AQ", "AQ==AQ==", "AQ=", "AR==", "A*==", " AQ==", "AQ==\n", "CA==", "AQA=", "é", "\ud800"],
)
def test_bits_that_are_not_those_of_the_table_are_refused(text):
    assert positions_from_json("BQ==", 3).tolist() == [0, 2]
    with pytest.raises(ValueError, match="invalid expression"):
        Expr.from_json({"op": "rows", "bits": text}, index=pd.RangeIndex(3))
    with pytest.raises(ValueError, match="index"):
        Expr.from_json({"op": "rows", "bits": "BQ=="})


def test_positions_survive_the_journey():
    rng = np.random.default_rng(0)
    for n in (0, 1, 8, 1001, 5000, 70_000):
        for share in (0, 0.02, 0.5, 1):
            mask = rng.random(n) < share
            data = json.loads(json.dumps(positions_to_json(mask)))
            (value,) = data.values()
            assert np.array_equal(positions_from_json(value, n), np.flatnonzero(mask))


@pytest.fixture
def explorer():
    """Makes an explorer of a frame with black pictures."""
    from dataview.dataset import Dataset
    from dataview.explorer import Explorer
    from dataview.streams import Stream

    def make(index: pd.Index) -> Explorer:
        frame = pd.DataFrame({"x": range(len(index))}, index=index)
        return Explorer(Dataset(frame, streams={"image": Stream(np.zeros((len(index), 1, 1)))}))

    return make


@pytest.mark.parametrize("index", HARD[:6], ids=lambda i: f"{type(i).__name__} {i.dtype}")
def test_a_click_in_the_grid_selects_its_row_whatever_the_index(explorer, index):
    ex = explorer(index)
    ex.set_state({"_selection": {"op": "rows", "at": [2]}})
    assert ex.selected.index.tolist() == [index[2]] and not ex._messages
    ex.select([index[1]])
    assert ex._selection == {"op": "rows", "at": [1]}


def test_a_large_mask_is_selected_by_bits(explorer):
    ex = explorer(pd.Index([f"{i}.jpg" for i in range(100_000)]))
    mask = np.arange(100_000) % 3 == 0
    ex.select(mask)
    assert len(json.dumps(ex._selection)) < 17_000
    assert ex.selected.index.equals(ex.dataset.index[mask])
    ex.set_state({"_selection": {"op": "rows", **positions_to_json(~mask)}})
    assert len(ex.selected) == (~mask).sum() and not ex._messages
