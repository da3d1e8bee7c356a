"""Expressions: what they mean, how they are written, and what they refuse."""

import copy
import json
import math
import pickle
import re
import uuid
from datetime import UTC, date, datetime, time, timedelta, timezone
from types import SimpleNamespace

import make_expressions
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from matplotlib.path import Path as MplPath

import dataview as dv
from dataview.expressions import MAX_DEPTH, MAX_TERMS, Expr, Or, slicer
from dataview.plugins import registry
from dataview.polygons import points_in_polygon
from dataview.values import plain, timestamp, value_from_json, value_to_json

settings.register_profile("no clock", deadline=None)  # a busy machine is no failure
settings.load_profile("no clock")

FIXTURE = json.loads(make_expressions.FIXTURE.read_text())


def again(expr: Expr) -> Expr:
    """The expression after a journey as JSON text."""
    return Expr.from_json(json.loads(json.dumps(expr.to_json())))


@pytest.fixture(scope="module")
def table() -> SimpleNamespace:
    frame, projections = make_expressions.table()
    return SimpleNamespace(frame=frame, projections=projections)


def rows(mask: np.ndarray) -> list[int]:
    return np.flatnonzero(mask).tolist()


# -------------------------------------------------------------------- the fixture of both languages


def test_the_fixture_is_what_its_generator_writes():
    assert make_expressions.FIXTURE.read_text() == make_expressions.as_text(
        make_expressions.build()
    )


@pytest.mark.parametrize("case", FIXTURE["cases"], ids=lambda case: case["python"][:60])
def test_an_expression_gives_the_rows_that_the_fixture_states(case, table):
    expr = eval(case["python"], {"dv": dv})
    assert repr(expr) == case["python"]
    assert expr.to_json() == case["json"]
    assert again(expr) == expr
    mask = expr.evaluate(table)
    assert mask.dtype == bool and mask.shape == (len(table.frame),)
    assert rows(mask) == case["rows"]


@pytest.mark.parametrize("case", FIXTURE["errors"], ids=lambda case: case["python"][:60])
def test_what_has_no_meaning_is_a_type_error_that_names_the_column(case, table):
    name = case["json"].get("col") or case["json"]["left"]["col"]
    with pytest.raises(TypeError, match=re.escape(repr(name))):
        Expr.from_json(case["json"]).evaluate(table)


@pytest.mark.parametrize("case", FIXTURE["absent"], ids=lambda case: case["python"][:60])
def test_what_is_absent_is_a_key_error(case, table):
    with pytest.raises(KeyError, match=case["what"]):
        Expr.from_json(case["json"]).evaluate(table)


@pytest.mark.parametrize("data", FIXTURE["invalid"], ids=lambda data: json.dumps(data)[:60])
def test_json_that_is_no_expression_is_refused(data):
    with pytest.raises(ValueError):
        Expr.from_json(data, index=pd.RangeIndex(3))


# ------------------------------------------------------------------------- writing and reading them

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
numbers = st.integers(-(10**30), 10**30) | st.floats(allow_nan=True)
moments = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1)) | st.datetimes(
    datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)
)
durations = st.timedeltas(timedelta(days=-50_000), timedelta(days=50_000))
scalars = st.none() | st.booleans() | numbers | texts | moments | durations
names = scalars | st.tuples(texts, st.integers()) | st.tuples(texts)
columns = st.builds(dv.col, names)
coordinates = st.floats(-1e6, 1e6)
leaves = st.one_of(
    st.builds(
        lambda c, op, v: getattr(c, op)(v),
        columns,
        st.sampled_from(["__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__"]),
        scalars | columns,
    ),
    st.builds(lambda c, v: c.isin(v), columns, st.lists(scalars, max_size=4)),
    st.builds(lambda c, a, b: c.between(a, b), columns, scalars, scalars),
    st.builds(lambda c: c.isnull(), columns),
    st.builds(lambda c, t, case: c.contains(t, case=case), columns, texts, st.booleans()),
    st.builds(lambda c, t: c.startswith(t), columns, texts),
    st.builds(
        dv.lasso, st.lists(st.tuples(coordinates, coordinates), min_size=3, max_size=6), texts
    ),
    st.builds(dv.slicer, texts),
    st.builds(dv.rows, st.lists(names, max_size=4)),
)
expressions = st.recursive(
    leaves,
    lambda e: (
        st.builds(lambda a, b: a & b, e, e)
        | st.builds(lambda a, b: a | b, e, e)
        | e.map(lambda a: ~a)
    ),
    max_leaves=8,
)


@given(expressions)
def test_repr_is_code_that_makes_the_same_expression(expr):
    made = eval(repr(expr), {"dv": dv, "__builtins__": {"float": float}})
    assert made == expr and hash(made) == hash(expr) and repr(made) == repr(expr)
    assert "\n" not in repr(expr)


@given(expressions)
def test_json_makes_the_same_expression(expr):
    assert again(expr) == expr
    json.dumps(expr.to_json(), allow_nan=False)


@given(expressions)
def test_json_survives_javascript_which_has_one_kind_of_number(expr):
    text = json.dumps(expr.to_json(), allow_nan=False)
    as_floats = json.loads(text, parse_int=float)
    as_integers = json.loads(
        text, parse_float=lambda t: int(float(t)) if float(t) % 1 == 0 else float(t)
    )
    assert Expr.from_json(as_floats) == expr
    assert Expr.from_json(as_integers) == expr


@given(expressions)
def test_expressions_can_be_copied_and_pickled(expr):
    assert pickle.loads(pickle.dumps(expr)) == expr
    assert copy.deepcopy(expr) == expr


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["op", "col", "terms", "term", "cmp", "left", "right", "value", "values",
                             "index", "at", "polygon", "on", "name", "text", "case", "tuple", "x"]),
            inner | st.sampled_from(["and", "or", "not", "isin", "isnull", "rows", "lasso"]),
            max_size=4,
        )
    ),
    max_leaves=12,
)  # fmt: skip


@given(junk)
def test_any_json_is_an_expression_or_a_value_error(data):
    try:
        expr = Expr.from_json(data)
    except ValueError:
        return
    assert again(expr) == expr


@given(st.text() | st.text("abx01.'\"`()[]<>=!&|~, \n\\andornotin", max_size=40))
def test_any_text_is_a_query_or_a_value_error(query):
    try:
        expr = dv.parse(query)
    except ValueError as error:
        assert "^" in str(error).splitlines()[-1]
        return
    assert again(expr) == expr


def test_bidirectional_and_invisible_characters_cannot_disguise_code():
    expr = dv.col("label") == "a\u202e\u200b\x1b"
    assert repr(expr) == 'dv.col("label") == "a\\u202e\\u200b\\u001b"'


def test_lone_surrogates_of_a_file_name_survive():
    expr = dv.col("path") == b"\xff.jpg".decode("utf-8", "surrogateescape")
    assert repr(expr).isascii()
    assert eval(repr(expr), {"dv": dv}) == expr == again(expr)


# --------------------------------------------------------------------------------- what they are like


def test_terms_are_kept_flat_whatever_the_order_of_making():
    a, b, c = (dv.col("x") == v for v in "abc")
    assert (a & b) & c == a & (b & c)
    assert (a | b) | c == a | (b | c) != a & b & c
    assert ~~a == a
    assert len({a & b, a & b, b & a}) == 2


def test_expressions_that_look_alike_are_told_apart():
    distinct = [
        dv.col("x") == 1,
        dv.col("x") == True,  # noqa: E712
        dv.col("x") == "1",
        dv.col("x") == None,  # noqa: E711
        dv.col("x") == float("nan"),
        dv.col("x") == dv.col("1"),
        dv.col("x") == 1.5,
        dv.col("x") == datetime(2024, 1, 1),
        dv.col("x") == datetime(2024, 1, 1, tzinfo=UTC),
        dv.rows([("a", 1)]),
        dv.rows(["a", 1]),
    ]
    assert len(set(distinct)) == len(distinct)
    assert (dv.col("x") == 1) == (dv.col("x") == 1.0) == (dv.col("x") == np.int8(1))


def test_values_of_numpy_and_pandas_become_plain():
    noon = datetime(2024, 5, 1, 12)
    for given_, expected in [
        (np.float32(0.5), 0.5),
        (np.int64(3), 3),
        (np.bool_(True), True),
        (np.str_("a"), "a"),
        (np.array(2.0), 2),
        (pd.Timestamp(noon), noon),
        (np.datetime64("2024-05-01T12:00:00.000000001"), noon),
        (pd.Timestamp(noon, tz="Europe/Berlin"), datetime(2024, 5, 1, 10, tzinfo=UTC)),
        (noon.replace(tzinfo=timezone(timedelta(hours=2))), datetime(2024, 5, 1, 10, tzinfo=UTC)),
        (date(2024, 5, 1), datetime(2024, 5, 1)),
        (pd.Timedelta(90, "s"), timedelta(seconds=90)),
        (np.timedelta64(90, "s"), timedelta(seconds=90)),
        (pd.NA, None),
        (pd.NaT, None),
        (np.datetime64("NaT"), None),
    ]:
        value = plain(given_)
        assert value == expected and type(value) is type(expected), given_
        assert value_from_json(value_to_json(given_)) == value
    assert math.isnan(plain(np.float64("nan")))


@pytest.mark.parametrize("value", [[1], {}, object(), b"x", 1j, ("a", 1), np.zeros(2), len])
def test_what_is_not_a_value_is_refused_where_it_is_given(value):
    with pytest.raises(TypeError):
        dv.col("x") == value  # noqa: B015


def test_lists_are_refused_where_one_value_is_meant_and_texts_where_a_list_is():
    with pytest.raises(TypeError, match="isin"):
        dv.col("x") == ["a", "b"]  # noqa: B015
    with pytest.raises(TypeError, match="list"):
        dv.col("x").isin("cat")
    with pytest.raises(TypeError, match="text"):
        dv.col("x").contains(3)
    assert dv.col("x").isin({"b", "a"}) == dv.col("x").isin(np.array(["a", "b"]))


def test_comparisons_work_from_either_side():
    x = dv.col("x")
    for small in (0.2, np.float64(0.2), np.float32(0.25)):
        assert repr(small < x) == f'dv.col("x") > {float(small)}'
    assert repr(pd.Timestamp("2024-05-01") <= x) == 'dv.col("x") >= dv.timestamp("2024-05-01")'


def test_truth_of_an_expression_is_an_error_that_says_what_to_write():
    with pytest.raises(TypeError, match="& | ~"):
        bool((dv.col("x") > 1) and (dv.col("y") > 1))
    with pytest.raises(TypeError, match="between"):
        0 < dv.col("x") < 1  # noqa: B015
    with pytest.raises(TypeError, match="compare it"):
        bool(dv.col("x"))
    with pytest.raises(TypeError):
        (dv.col("x") > 1) & True


def test_columns_names_every_column_that_is_used():
    expr = (dv.col("a") < dv.col(3)) & ~(
        dv.col(("b", 1)).isnull() | dv.lasso([(0, 0), (1, 0), (0, 1)])
    )
    assert expr.columns() == {"a", 3, ("b", 1)}


# ---------------------------------------------------------------------------------------- evaluating


def test_an_unknown_name_is_an_error_that_names_the_near_ones(table):
    with pytest.raises(KeyError, match="did you mean 'brightness'"):
        (dv.col("brigthness") < 1).evaluate(table)
    with pytest.raises(KeyError, match="did you mean 'umap'"):
        dv.lasso([(0, 0), (1, 0), (0, 1)], on="UMAP").evaluate(table)
    with pytest.raises(KeyError, match="projection"):
        dv.lasso([(0, 0), (1, 0), (0, 1)]).evaluate(table.frame)
    with pytest.raises(KeyError):
        (dv.col(True) == 1).evaluate(pd.DataFrame({1: [1]}))
    with pytest.raises(ValueError, match="2 columns"):
        (dv.col("a") == 1).evaluate(pd.DataFrame([[1, 2]], columns=["a", "a"]))


@pytest.mark.parametrize("dtype", ["float64", "float32", "Float64", "int64", "Int8", "float64[pyarrow]", "int16[pyarrow]"])  # fmt: skip
@pytest.mark.parametrize("cmp", ["__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__"])
def test_numbers_of_any_dtype_compare_as_in_pandas(dtype, cmp):
    values = [1, 2, 3, 0, 3] if dtype == "int64" else [1, 2, None, 0, 3]
    frame = pd.DataFrame({"x": pd.Series(values, dtype=dtype)})
    expected = getattr(frame["x"], cmp)(2).fillna(cmp == "__ne__").astype(bool)
    assert getattr(dv.col("x"), cmp)(2).evaluate(frame).tolist() == expected.tolist()


@pytest.mark.parametrize("dtype", ["object", "str", "string", "category", "string[python]", "string[pyarrow]"])  # fmt: skip
def test_texts_of_any_dtype_are_the_same(dtype):
    frame = pd.DataFrame({"x": pd.Series(["cat", None, "dog", "Cat"], dtype=dtype)})
    for expr, expected in [
        (dv.col("x") == "cat", [0]),
        (dv.col("x") != "cat", [1, 2, 3]),
        (dv.col("x") < "dog", [0, 3]),
        (dv.col("x").isin(["dog", None]), [1, 2]),
        (dv.col("x").contains("CAT", case=False), [0, 3]),
        (dv.col("x").isnull(), [1]),
    ]:
        assert rows(expr.evaluate(frame)) == expected


@pytest.mark.parametrize("dtype", ["datetime64[ns]", "datetime64[s]", "datetime64[us, UTC]", "timestamp[ns][pyarrow]", "timestamp[us, UTC][pyarrow]"])  # fmt: skip
def test_datetimes_of_any_dtype_are_the_same(dtype):
    frame = pd.DataFrame({"t": pd.to_datetime(pd.Series(["2024-04-30", None, "2024-05-01"]))})
    if "UTC" in dtype:
        frame["t"] = frame["t"].dt.tz_localize("UTC")
    frame["t"] = frame["t"].astype(dtype)
    assert rows((dv.col("t") >= "2024-05").evaluate(frame)) == [2]
    assert rows((dv.col("t") != frame["t"][0]).evaluate(frame)) == [1, 2]
    assert rows(dv.col("t").isin([frame["t"][0]]).evaluate(frame)) == [0]


def test_nanoseconds_are_cut_in_the_column_and_in_the_value():
    moment = pd.Timestamp("2024-05-01 12:00:00.123456789")
    frame = pd.DataFrame({"t": [moment]})
    assert (dv.col("t") == moment).evaluate(frame).all()


def test_objects_that_are_no_values_are_equal_to_none_and_break_nothing():
    things = [[1, 2], np.zeros(3), "a", None, {"a": 1}, object()]
    frame = pd.DataFrame({"x": pd.Series(things, dtype=object)})
    assert rows((dv.col("x") == "a").evaluate(frame)) == [2]
    assert rows(dv.col("x").isin(["a", None]).evaluate(frame)) == [2, 3]
    assert rows(dv.col("x").isnull().evaluate(frame)) == [3]
    other = pd.DataFrame({"x": pd.period_range("2024-01", periods=2, freq="M")})
    assert not (dv.col("x") == 1).evaluate(other).any()


def test_what_is_no_plain_value_goes_by_its_text():
    things = [uuid.UUID(int=1), pd.Period("2024-05"), pd.Interval(0, 1), b"x", (1, 2), time(12, 30)]
    frame = pd.DataFrame({"x": pd.Series(things, dtype=object)})
    for place, thing in enumerate(things):
        found = rows((dv.col("x") == str(thing)).evaluate(frame))
        assert found == ([] if thing == b"x" else [place])
    assert rows(dv.col("x").isin(["(0, 1]", "2024-05"]).evaluate(frame)) == [1, 2]
    assert rows(dv.col("x").contains("0001").evaluate(frame)) == [0]


@pytest.mark.parametrize("dtype", ["object", "date32[pyarrow]", "datetime64[s]"])
def test_dates_without_a_time_are_datetimes(dtype):
    days = pd.Series([date(2024, 4, 30), date(2024, 5, 1), None, date(9999, 12, 31)], dtype=object)
    frame = pd.DataFrame({"d": days.astype(dtype)})
    assert rows((dv.col("d") == "2024-05-01").evaluate(frame)) == [1]
    assert rows((dv.col("d") >= "2024-05").evaluate(frame)) == [1, 3]
    assert rows((dv.col("d") < date(2024, 5, 1)).evaluate(frame)) == [0]
    assert rows(dv.col("d").isin(["2024-04-30", None]).evaluate(frame)) == [0, 2]


def test_aware_datetimes_of_several_offsets_are_instants_and_mixtures_have_no_order():
    noon = datetime(2024, 5, 1, 12, tzinfo=UTC)
    east = noon.astimezone(timezone(timedelta(hours=3)))
    frame = pd.DataFrame({"t": pd.Series([noon, east, None], dtype=object)})
    assert rows((dv.col("t") == noon).evaluate(frame)) == [0, 1]
    assert rows((dv.col("t") < "2024-05-01T12:30Z").evaluate(frame)) == [0, 1]
    mixed = pd.DataFrame({"t": pd.Series([noon, datetime(2024, 5, 1, 12)], dtype=object)})
    assert rows((dv.col("t") == noon).evaluate(mixed)) == [0]
    with pytest.raises(TypeError, match="no meaning"):
        (dv.col("t") < noon).evaluate(mixed)


def test_integers_are_compared_exactly():
    frame = pd.DataFrame({"id": np.array([2**60, 2**60 + 1], np.int64)})
    assert rows((dv.col("id") == 2**60 + 1).evaluate(frame)) == [1]
    assert rows(dv.col("id").isin([2**60 + 1, 2**70, 0.5, float("inf")]).evaluate(frame)) == [1]
    assert rows((again(dv.col("id") < 2**60 + 1)).evaluate(frame)) == [0]


@pytest.mark.parametrize("frame", [pd.DataFrame({"x": []}), pd.DataFrame({"x": pd.Series([], dtype="str")})])  # fmt: skip
def test_an_empty_table_gives_an_empty_mask(frame):
    assert (dv.col("x") == 1).evaluate(frame).shape == (0,)
    assert dv.rows([1]).evaluate(frame).shape == (0,)


@pytest.mark.parametrize(
    "index",
    [
        pd.RangeIndex(4),
        pd.Index([10, -3, 7, 2**60]),
        pd.Index(["a", "b", "", "é"]),
        pd.date_range("2024-01-01", periods=4),
        pd.date_range("2024-03-30 12:00", periods=4, tz="Europe/Berlin"),
        pd.Index([0.5, 1.5, np.nan, 3]),
        pd.MultiIndex.from_product([["train", "test"], [1, 2]]),
        pd.MultiIndex.from_product([["a"], pd.date_range("2024-01-01", periods=4)]),
        pd.Index([1, "1", None, True], dtype=object)[[0, 1, 2]].append(pd.Index(["x"])),
        pd.CategoricalIndex(["a", "b", "c", "d"]),
    ],
    ids=lambda index: f"{type(index).__name__} {index.dtype}",
)
def test_rows_are_the_rows_of_any_index(index):
    frame = pd.DataFrame({"x": range(4)}, index=index)
    expr = dv.rows(frame.index[[0, 2]])
    assert rows(expr.evaluate(frame)) == [0, 2]
    assert again(expr) == expr == eval(repr(expr), {"dv": dv})
    assert expr.to_json(index=frame.index) == {"op": "rows", "at": [0, 2]}
    assert Expr.from_json({"op": "rows", "at": [0, 2]}, index=frame.index) == expr


def test_positions_mean_nothing_without_an_index_and_must_be_in_it():
    with pytest.raises(ValueError, match="index"):
        Expr.from_json({"op": "rows", "at": [0]})
    with pytest.raises(ValueError, match="3"):
        Expr.from_json({"op": "rows", "at": [3]}, index=pd.RangeIndex(3))
    nested = {"op": "not", "term": {"op": "rows", "at": [1]}}
    expr = Expr.from_json(nested, index=pd.Index(["a", "b"]))
    assert expr == ~dv.rows(["b"]) and expr.to_json(index=pd.Index(["b", "a"])) == {
        "op": "not",
        "term": {"op": "rows", "at": [0]},
    }


# --------------------------------------------------------------------------------------------- lasso

small = st.integers(-8, 8).map(lambda v: v / 4)
polygons = st.lists(st.tuples(small, small), min_size=3, max_size=8)


def by_the_rule(points: np.ndarray, polygon) -> np.ndarray:
    """The even-odd rule as it is written in the documentation, point by point."""
    inside = np.zeros(len(points), bool)
    for k, (x, y) in enumerate(points.astype(np.float32).astype(float).tolist()):
        for (xi, yi), (xj, yj) in zip(polygon, [polygon[-1], *polygon[:-1]], strict=True):
            if (yi > y) != (yj > y) and x < (xj - xi) * (y - yi) / (yj - yi) + xi:
                inside[k] = not inside[k]
    return inside


@given(polygons, st.floats(0.001, 1000), st.sampled_from([0, 1e3]))
def test_a_lasso_follows_the_rule_on_every_edge_and_corner(polygon, scale, offset):
    x, y = np.meshgrid(np.arange(-9, 10) / 4, np.arange(-9, 10) / 4)  # many lie on the outline
    points = (np.stack([x.ravel(), y.ravel()], axis=1) * scale + offset).astype(np.float32)
    polygon = [(px * scale + offset, py * scale + offset) for px, py in polygon]
    np.testing.assert_array_equal(points_in_polygon(points, polygon), by_the_rule(points, polygon))


@given(polygons, st.integers(0, 2**32 - 1))
def test_a_lasso_agrees_with_shapely_away_from_its_outline(polygon, seed):
    shape = shapely.Polygon(polygon)
    assume(shape.is_valid and shape.area > 0.1)
    points = np.random.default_rng(seed).uniform(-2.2, 2.2, (400, 2)).astype(np.float32)
    clear = shapely.distance(shapely.points(points), shape.exterior) > 1e-6
    inside = points_in_polygon(points, polygon)
    np.testing.assert_array_equal(inside[clear], shapely.contains_xy(shape, points)[clear])


def test_a_lasso_of_200_vertices_agrees_with_matplotlib_on_100_000_points():
    rng = np.random.default_rng(0)
    points = rng.normal(size=(100_000, 2)).astype(np.float32)
    points[::1000] = np.nan
    turns = np.linspace(0, 2 * np.pi, 200, endpoint=False)
    star = np.stack([np.cos(turns), np.sin(turns)], axis=1) * (1 + 0.4 * np.sin(7 * turns))[:, None]
    expected = MplPath(np.vstack([star, star[:1]])).contains_points(points)
    np.testing.assert_array_equal(points_in_polygon(points, star), expected)


def test_a_polygon_is_checked_where_it_is_given():
    for polygon in (
        [(0, 0), (1, 1)],
        [(0, 0), (1, 1), (float("nan"), 0)],
        [1, 2, 3],
        [(0, 0, 0)] * 3,
    ):
        with pytest.raises(ValueError):
            dv.lasso(polygon)
    array = np.array([[0, 0], [1.5, 0], [0, 1]], np.float32)
    assert dv.lasso(array) == dv.lasso([(0, 0.0), (1.5, -0.0), (0, 1)], on="umap")


# ------------------------------------------------------------------------------------------- slicers


@pytest.fixture
def night():
    @slicer(name="night")
    def dark(frame):
        return frame["x"] < 2

    yield dv.slicer("night")
    registry("slicer").unregister("night")


def test_a_slicer_is_a_function_and_by_its_name_an_expression(night):
    frame = pd.DataFrame({"x": [1, 2, 3]}, index=list("abc"))
    assert rows((night | (dv.col("x") == 3)).evaluate(frame)) == [0, 2]
    assert eval(repr(night), {"dv": dv}) == night == again(night)
    with pytest.raises(KeyError, match="did you mean 'night'"):
        dv.slicer("nihgt").evaluate(frame)


@pytest.mark.parametrize(
    "answer",
    [
        lambda f: [True, False, True],
        lambda f: pd.Series([True, None, True], f.index, dtype="boolean"),
        lambda f: pd.Series([True, None, True], f.index, dtype="object"),
        lambda f: np.array([1, 0, 1], bool),
    ],
)
def test_a_slicer_may_answer_with_any_bools(night, answer):
    slicer(name="night")(named(answer))
    assert rows(night.evaluate(pd.DataFrame({"x": [1, 2, 3]}))) == [0, 2]


@pytest.mark.parametrize(
    "answer",
    [
        lambda f: [1, 0, 1],
        lambda f: [True],
        lambda f: None,
        lambda f: pd.Series([True, True, True], [2, 1, 0]),
        lambda f: f["nothing"],
    ],
)
def test_what_is_wrong_with_a_slicer_is_said_with_its_name(night, answer):
    slicer(name="night")(named(answer))
    with pytest.raises((TypeError, ValueError, KeyError)) as caught:
        night.evaluate(pd.DataFrame({"x": [1, 2, 3]}))
    assert "'night'" in "".join(caught.value.__notes__)


def named(function):
    """A function that replaces the fixture's: the same place of definition."""
    old = registry("slicer")["night"].obj
    function.__module__, function.__qualname__ = old.__module__, old.__qualname__
    return function


# ------------------------------------------------------------------------------------------- queries


@pytest.mark.parametrize(
    "query",
    [
        "x < 2",
        "x >= -1.5 and y != 3",
        "x < 2 and y > 1 or label == 'cat'",
        "not (x < 2 or y > 1)",
        "not x < 2 or y > 1",
        "x < 2 & y > 1 | label == 'cat'",
        "~(x < 2)",
        "0 < x <= 2",
        "x < y < 5",
        "3 > x",
        "label in ['cat', 'dog']",
        "label not in ('cat', \"dog\")",
        "x in [1, -2.0]",
        "`a b` == 1",
        "checked",
        "not checked and x < 3",
        "label == 'it\\'s'",
        "x < 1e-3",
        "label.isnull() or x.isin([1, 2])",
        "x.between(0, 2)",
    ],
)
def test_a_query_means_what_it_means_in_pandas(query):
    rng = np.random.default_rng(0)
    n = 60
    frame = pd.DataFrame(
        {
            "x": rng.integers(-3, 4, n).astype(float),
            "y": rng.integers(-3, 7, n),
            "label": rng.choice(["cat", "dog", "owl", "it's"], n),
            "a b": rng.integers(0, 2, n),
            "checked": rng.integers(0, 2, n).astype(bool),
        }
    )
    frame.loc[::7, "x"] = np.nan
    expected = frame.index.isin(frame.query(query, engine="python").index)
    np.testing.assert_array_equal(dv.parse(query).evaluate(frame), expected)


def test_queries_give_the_expressions_that_one_would_write():
    x, label = dv.col("x"), dv.col("label")
    for query, expr in [
        ("path.contains('n', case=False)", dv.col("path").contains("n", case=False)),
        ("path.contains('n', False)", dv.col("path").contains("n", case=False)),
        ("label.startswith('c') and label != None", label.startswith("c") & (label != None)),  # noqa: E711
        ("x == 9007199254740993", x == 2**53 + 1),
        ("label in []", label.isin([])),
        ("`a ``b``` == 1", dv.col("a `b`") == 1),
        ("größe < 3", dv.col("größe") < 3),
        ("label == '\\u00e9\\n'", label == "é\n"),
        ("((x == 1))", x == 1),
    ]:
        assert dv.parse(query) == expr


HOSTILE = [
    "", " ", "(", ")", "x <", "< x", "x = 1", "x == 1 y", "1 == 1", "1", "'a' == label.x", "x.y",
    "x.__class__", "x.__class__.__mro__", "__import__('os').system('id')", "exec('1')",
    "x == (lambda: 1)()", "[c for c in x]", "x if x else y", "x := 1", "@x == 1", "f'{x}' == y(",
    "x; y", "x == 'a", 'x == "a\nb"', "x == '\\q'", "`x == 1", "x in 'abc'", "x in [y]", "x in [1 2]",
    "x.contains(3)", "x.contains('a', 'b')", "x.between(1)", "x.isnull(1)", "x.isin(1)", "x is None",
    "x == 1e999", "x ** 2 < 3", "x + 1 < 2", "not", "x not", "x not 3", "1 < 2 < x", "x < -'a'", "0x10 < x",
    "1_000 < x", "x == b'a'", "x\x00 == 1", "-x < 1", "x == 1 and", "x == 1 or or y == 2",
    "9" * 200 + " < x", "(" * 5000, "not " * 5000 + "x", "~" * 5000 + "x", "(" * 150 + "x" + ")" * 150,
]  # fmt: skip


@pytest.mark.parametrize("query", HOSTILE, ids=lambda query: repr(query[:30]))
def test_a_hostile_query_is_an_error_that_points_to_the_place(query):
    with pytest.raises(ValueError) as caught:
        dv.parse(query)
    assert re.search(r"\n {2,}\^$", str(caught.value))


def test_the_caret_is_under_the_mistake_however_long_the_query():
    query = " or ".join(["x == 1"] * 40) + " or x = 1"
    with pytest.raises(ValueError) as caught:
        dv.parse(query)
    line, caret = str(caught.value).splitlines()[1:]
    assert line[caret.index("^")] == "="


# -------------------------------------------------------------------------------------------- limits


def test_deep_and_wide_expressions_are_refused_and_those_at_the_limit_work():
    frame = pd.DataFrame({"x": [1.0, 2.0]})
    expr = dv.col("x") == 1
    for i in range(MAX_DEPTH - 1):
        expr = (expr & (dv.col("x") < 5)) if i % 2 else (expr | (dv.col("x") > 5))
    assert eval(repr(expr), {"dv": dv}) == again(expr) == expr
    assert expr.evaluate(frame).tolist() == [True, False]
    assert copy.deepcopy(expr) == pickle.loads(pickle.dumps(expr)) == expr
    assert len({expr, again(expr)}) == 1 and len(list(expr.walk())) == 2 * MAX_DEPTH - 1
    with pytest.raises(ValueError, match="deep.*dv.rows"):
        _ = ~expr
    wide = Or.of(*(dv.col("x") == i for i in range(MAX_TERMS)))
    assert eval(repr(wide), {"dv": dv}) == again(wide) == wide
    with pytest.raises(ValueError, match="isin"):
        _ = wide | expr


def test_a_hundred_clicks_that_add_and_take_away_in_turn_are_no_limit():
    frame = pd.DataFrame({"x": range(300)})
    chosen = dv.col("x") < 10
    for i in range(80):
        chosen = (chosen | (dv.col("x") == i + 20)) & ~(dv.col("x") == i)
    assert rows(chosen.evaluate(frame)) == list(range(80, 100))
    for i in range(500):  # of one kind, however many, they stay flat
        chosen = chosen & ~(dv.col("x") == i + 80)
    assert not chosen.evaluate(frame).any() and chosen.depth < 170


def test_the_deepest_expression_works_where_much_of_the_stack_is_in_use():
    expr = dv.col("x") == 1
    for i in range(MAX_DEPTH - 1):
        expr = (expr & (dv.col("x") < 5)) if i % 2 else (expr | (dv.col("x") > 5))
    frame = pd.DataFrame({"x": [1.0, 2.0]})

    def work(frames: int) -> list[bool]:
        if frames:
            return work(frames - 1)
        assert again(expr) == expr and hash(again(expr)) == hash(expr)
        assert len(repr(expr)) > 1000
        return expr.evaluate(frame).tolist()

    assert work(250) == [True, False]


def test_deep_json_is_a_value_error_and_no_recursion_error():
    data = {"op": "isnull", "col": "x"}
    for _ in range(5_000):
        data = {"op": "not", "term": data}
    with pytest.raises(ValueError, match="deep"):
        Expr.from_json(data)
    name = "x"
    for _ in range(5_000):
        name = {"tuple": [name]}
    with pytest.raises(ValueError):
        Expr.from_json({"op": "isnull", "col": name})


def test_a_timestamp_is_iso_8601_and_nothing_else():
    assert timestamp("2024") == datetime(2024, 1, 1)
    assert timestamp("2024-05-01T12:30:15.25+02:00") == datetime(
        2024, 5, 1, 10, 30, 15, 250_000, UTC
    )
    assert timestamp("2024-05-01 12:30Z").tzinfo is UTC
    for text in ("", "now", "2024-13-01", "2024-02-30", "2024-05-01T25:00", "24-05-01", "2024-05-01T12:30+25:00",
                 "0001-01-01T00:00+05:00", "2024-W01-1", "２０２４"):  # fmt: skip
        with pytest.raises(ValueError):
            timestamp(text)


def test_a_column_of_booleans_is_an_expression_where_one_is_wanted():
    frame = pd.DataFrame({"dark": [True, False, None, True], "odd": [True, True, False, False]})
    dark, odd, few = dv.col("dark"), dv.col("odd"), dv.rows([0])
    for made, expected in [
        (dark & odd, [True, False, False, False]),
        (dark | odd, [True, True, False, True]),
        (~dark, [False, True, True, False]),
        (few | odd, [True, True, False, False]),
        (odd & few, [True, False, False, False]),
        (few & odd, [True, False, False, False]),
    ]:
        assert made.evaluate(frame).tolist() == expected
        assert eval(repr(made), {"dv": dv}) == made
    with pytest.raises(TypeError):
        dark & 1
