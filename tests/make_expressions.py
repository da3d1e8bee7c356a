"""Writes tests/fixtures/expressions.json: a table, expressions, and the rows that each must give.

The rows come from plain pandas, from shapely, or were written by hand; never from `evaluate`. Each
expression is written as the Python text that its repr must be. The Python and the TypeScript tests
read the file. To write it anew: python tests/make_expressions.py
"""

import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely

import dataview as dv

FIXTURE = Path(__file__).parent / "fixtures" / "expressions.json"
NAN, INF = float("nan"), float("inf")
N = 12


def table() -> tuple[pd.DataFrame, dict[str, np.ndarray]]:
    """Twelve rows with what makes trouble, and two projections."""
    days = ["2024-04-30", "2024-05-01", "2024-05-01 12:30:00.000250", None, "1969-12-31 23:59:59.5"]
    days = (days * 3)[:N]
    naive = pd.Series(pd.to_datetime(days, format="ISO8601")).astype("datetime64[us]")
    columns: dict[Any, pd.Series] = {
        "brightness": pd.Series([0.1, 0.2, NAN, 0.5, 0.9, 0.1, 1, 0, -0.5, 0.3, NAN, 0.25], dtype="float32"),
        "score": pd.Series([0.1, 0.30000000000000004, NAN, INF, -INF, 1e-7, 1, 0, 0.3, 1e16, 5, -2]),
        "count": pd.Series([3, -1, 0, 7, 2**40, 5, 5, 4, 1, 0, 9, 12], dtype="int64"),
        "tiny": pd.Series([-128, 127, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9], dtype="int8"),
        "shots": pd.Series([1, None, 3, 4, None, 6, 7, 8, 9, 10, 11, 12], dtype="Int64"),
        "checked": pd.Series([True, False] * 6, dtype="bool"),
        "maybe": pd.Series([True, None, False] * 4, dtype="boolean"),
        "label": pd.Series(["cat", "dog", None, "owl", "cat", "Dog", "", "cat", "dog", "cat", None, "z"], dtype="str"),
        "pred": pd.Series(["cat", "cat", None, "owl", "dog", "Dog", "", None, "dog", "owl", "cat", "a"], dtype="str"),
        "path": pd.Series(['a "b".jpg', "it's.png", "<b>x</b>", "back\\slash", "night_01", "Night/ÄÖ", "İstanbul ΣΑΣ",
                           "line\nbreak", "\U0001f600.jpg", "\ufffd", None, "\u202egpj"], dtype="object"),
        "size": pd.Series(pd.Categorical(["S", "L", "M", None, "S", "M", "L", "XL", "S", "M", None, "S"],
                                         ["S", "M", "L", "XL"], ordered=True)),
        "color": pd.Series(pd.Categorical(["red", "blue", None, "red", "green", "blue"] * 2)),
        "mixed": pd.Series(["a", 1, True, None, 2.5, "1", 0, False, NAN, "b", 3, "a"], dtype="object"),
        "time": naive,
        "seen": naive.dt.tz_localize("UTC"),
        "local": naive.dt.tz_localize("Europe/Berlin"),
        "took": pd.Series([timedelta(seconds=s) for s in range(N)]).where(pd.Series(range(N)) != 4),
        "a b": pd.Series(range(N), dtype="int16"),
        "<b>&": pd.Series(["x", "y"] * 6, dtype="str"),
        "index": pd.Series(range(N, 0, -1), dtype="int64"),
        "": pd.Series([0.5] * N),
        3: pd.Series([1.5] * 6 + [2.5] * 6),
        "3": pd.Series([0] * N, dtype="int64"),
        ("train", 1): pd.Series(range(N), dtype="uint8"),
        None: pd.Series(["none"] * N, dtype="str"),
        "empty": pd.Series([None] * N, dtype="object"),
        "id": pd.Series([2**60 + i for i in range(N)], dtype="int64"),
        "day": naive.dt.date.astype(object).where(naive.notna(), None),
        "part": pd.Series(pd.cut(list(range(N)), [-1, 3, 7, 11])),
        "month": pd.Series(pd.PeriodIndex(naive, freq="M")),
    }  # fmt: skip
    frame = pd.DataFrame(dict(enumerate(columns.values())))
    frame.columns = pd.Index(list(columns), dtype=object, tupleize_cols=False)
    frame.index = pd.Index([f"img{i}" for i in range(N)], dtype="str")
    grid = [(x, y) for y in (0.0, 1.0, 2.0) for x in (0.0, 1.0, 2.0, 3.0)]
    umap = [(0.5, 0.5), (1.5, 0.5), (2.5, 2.5), (NAN, 1), (1, NAN), (0.1, 0.9), (0.9, 0.1), (3, 3),
            (INF, 1), (1.2, 1.3), (-1, 0.5), (0.35, 0.2)]  # fmt: skip
    return frame, {"umap": np.array(umap, np.float32), "grid": np.array(grid, np.float32)}


Expected = Callable[[pd.DataFrame], Any] | list[int]

# Python text, and what pandas makes of the same (a missing answer is False) or the rows by hand.
CASES: list[tuple[str, Expected]] = [
    # numbers: missing is false, != is true; float32 is compared in float32
    ('dv.col("brightness") < 0.2', lambda f: f["brightness"] < 0.2),
    ('dv.col("brightness") <= 0.2', lambda f: f["brightness"] <= 0.2),
    ('dv.col("brightness") == 0.1', lambda f: f["brightness"] == 0.1),
    ('dv.col("brightness") != 0.1', lambda f: f["brightness"] != 0.1),
    ('dv.col("brightness") > 0.1', lambda f: f["brightness"] > 0.1),
    ('dv.col("brightness") >= 0.9', lambda f: f["brightness"] >= 0.9),
    ('dv.col("brightness") < 1e+39', [0, 1, 3, 4, 5, 6, 7, 8, 9, 11]),
    ('dv.col("brightness") == float("nan")', lambda f: f["brightness"] == NAN),
    ('dv.col("brightness") != None', list(range(N))),
    ('dv.col("brightness") < None', []),
    ('dv.col("brightness").isnull()', lambda f: f["brightness"].isnull()),
    ('dv.col("brightness").between(0.1, 0.5)', [0, 1, 3, 5, 9, 11]),
    ('dv.col("brightness").between(0.5, float("nan"))', []),
    ('dv.col("brightness").isin([0.1, 0.9])', [0, 4, 5]),
    ('dv.col("brightness").isin([0.1, None])', [0, 2, 5, 10]),
    ('~(dv.col("brightness") < 0.2)', lambda f: ~(f["brightness"] < 0.2)),
    ('dv.col("score") == 0.30000000000000004', lambda f: f["score"] == 0.30000000000000004),
    ('dv.col("score") == 0.3', lambda f: f["score"] == 0.3),
    ('dv.col("score") == float("inf")', lambda f: f["score"] == INF),
    ('dv.col("score") >= float("-inf")', lambda f: f["score"] >= -INF),
    ('dv.col("score").isin([1e-07, 1e+16, float("nan")])', [2, 5, 9]),
    ('dv.col("count") == 1099511627776', lambda f: f["count"] == 2**40),
    ('dv.col("count") > 2.5', lambda f: f["count"] > 2.5),
    ('dv.col("count").isin([0, 5.5, 7, True, "7"])', [2, 3, 8, 9]),
    ('dv.col("tiny") < 300', lambda f: f["tiny"] < 300),
    ('dv.col("tiny").isin([300, -128])', [0]),
    ('dv.col("shots") > 8', lambda f: f["shots"] > 8),
    ('dv.col("shots") != 3', lambda f: (f["shots"] != 3).fillna(True)),
    ('dv.col("shots").isnull()', lambda f: f["shots"].isnull()),
    ('dv.col("brightness") == "x"', lambda f: f["brightness"] == "x"),
    ('dv.col("brightness") != "x"', lambda f: f["brightness"] != "x"),
    # bools are 0 and 1
    ('dv.col("checked") == True', lambda f: f["checked"]),
    ('dv.col("checked") == 1', lambda f: f["checked"] == 1),
    ('dv.col("checked") < True', lambda f: ~f["checked"]),
    ('dv.col("maybe") == False', lambda f: f["maybe"] == False),  # noqa: E712
    ('dv.col("maybe") != False', lambda f: (f["maybe"] != False).fillna(True)),  # noqa: E712
    # texts
    ('dv.col("label") == "cat"', lambda f: f["label"] == "cat"),
    ('dv.col("label") != "cat"', lambda f: f["label"] != "cat"),
    (
        'dv.col("label") < "dog"',
        lambda f: f["label"].astype(object).map(lambda v: isinstance(v, str) and v < "dog"),
    ),
    ('dv.col("label") == 3', lambda f: f["label"] == 3),
    ('dv.col("label") != 3', lambda f: f["label"] != 3),
    ('dv.col("label").isin(["cat", "dog"])', lambda f: f["label"].isin(["cat", "dog"])),
    ('dv.col("label").isin([])', lambda f: f["label"].isin([])),
    ('dv.col("label").isin([None, 3])', lambda f: f["label"].isnull()),
    ('dv.col("label").isnull()', lambda f: f["label"].isnull()),
    ('dv.col("label").between("cat", "dog")', [0, 1, 4, 7, 8, 9]),
    ('dv.col("label") == ""', lambda f: f["label"] == ""),
    ('dv.col("label") == dv.col("pred")', lambda f: f["label"] == f["pred"]),
    ('dv.col("label") != dv.col("pred")', lambda f: f["label"] != f["pred"]),
    ('dv.col("label") < dv.col("pred")', [4, 9]),
    ('dv.col("path").contains("b")', lambda f: f["path"].str.contains("b", regex=False)),
    ('dv.col("path").contains(".")', lambda f: f["path"].str.contains(".", regex=False)),
    ('dv.col("path").contains("NIGHT", case=False)', [4, 5]),
    ('dv.col("path").contains("äö", case=False)', [5]),
    ('dv.col("path").contains("σας", case=False)', [6]),
    ('dv.col("path").contains("\\"")', [0]),
    ('dv.col("path").contains("\\\\")', [3]),
    ('dv.col("path").contains("\\n")', [7]),
    ('dv.col("path").contains("")', lambda f: f["path"].notnull()),
    ('dv.col("path").startswith("<b>")', lambda f: f["path"].str.startswith("<b>")),
    ('dv.col("path") == "it\'s.png"', lambda f: f["path"] == "it's.png"),
    ('dv.col("path") == "\\u202egpj"', [11]),
    ('dv.col("path") > "\ufffd"', [8]),  # by code point, where UTF-16 has it the other way round
    ('dv.col("empty") < 3', []),
    ('dv.col("empty").contains("a")', []),
    ('dv.col("empty") != 3', list(range(N))),
    # categories
    ('dv.col("size") == "M"', lambda f: f["size"] == "M"),
    ('dv.col("size") < "L"', lambda f: f["size"] < "L"),
    ('dv.col("size") >= "L"', lambda f: f["size"] >= "L"),
    ('dv.col("size").between("M", "L")', [1, 2, 5, 6, 9]),
    ('dv.col("size") == "none"', lambda f: f["size"] == "none"),
    ('dv.col("size").isnull()', lambda f: f["size"].isnull()),
    ('dv.col("color") == "red"', lambda f: f["color"] == "red"),
    ('dv.col("color") < "green"', [1, 5, 7, 11]),
    ('dv.col("color") != "red"', lambda f: f["color"] != "red"),
    ('dv.col("color").startswith("b")', [1, 5, 7, 11]),
    # objects of several kinds, value by value
    ('dv.col("mixed") == "a"', lambda f: f["mixed"] == "a"),
    ('dv.col("mixed") == 1', lambda f: f["mixed"] == 1),
    ('dv.col("mixed") != 1', lambda f: f["mixed"] != 1),
    ('dv.col("mixed").isin([0, "b"])', lambda f: f["mixed"].isin([0, "b"])),
    ('dv.col("mixed").contains("1")', [5]),
    ('dv.col("mixed").isnull()', lambda f: f["mixed"].isnull()),
    ('dv.col("mixed") == dv.col("label")', []),
    ('dv.col("count") == dv.col("index")', lambda f: f["count"] == f["index"]),
    ('dv.col("brightness") < dv.col("score")', lambda f: f["brightness"] < f["score"]),
    ('dv.col("brightness") != dv.col("score")', lambda f: f["brightness"] != f["score"]),
    ('dv.col("checked") == dv.col("tiny")', lambda f: f["checked"] == f["tiny"]),
    ('dv.col("count") == dv.col("label")', []),
    ('dv.col("time") <= dv.col("time")', lambda f: f["time"] <= f["time"]),
    ('dv.col("seen") == dv.col("local")', lambda f: f["seen"] == f["local"]),
    ('dv.col("time") == dv.col("seen")', []),
    # datetimes
    (
        'dv.col("time") < dv.timestamp("2024-05-01")',
        lambda f: f["time"] < pd.Timestamp("2024-05-01"),
    ),
    ('dv.col("time") == dv.timestamp("2024-05-01T12:30:00.000250")', [2, 7]),
    ('dv.col("time") >= "2024-05"', lambda f: f["time"] >= "2024-05"),
    ('dv.col("time") < "1970"', lambda f: f["time"] < "1970"),
    ('dv.col("time") == "not a date"', []),
    ('dv.col("time") == 3', []),
    ('dv.col("time") != None', list(range(N))),
    ('dv.col("time").isnull()', lambda f: f["time"].isnull()),
    ('dv.col("time").isin([dv.timestamp("2024-04-30"), "2024-05-01"])', [0, 1, 5, 6, 10, 11]),
    ('dv.col("time").between("2024-05-01", "2024-05-01T12:30")', [1, 6, 11]),
    ('dv.col("time") == dv.timestamp("2024-05-01T00:00:00+00:00")', []),
    (
        'dv.col("seen") < dv.timestamp("2024-05-01T00:00:00+00:00")',
        lambda f: f["seen"] < pd.Timestamp("2024-05-01", tz="UTC"),
    ),
    ('dv.col("seen") >= "2024-05-01T14:30+02:00"', lambda f: f["seen"] >= "2024-05-01T14:30+02:00"),
    ('dv.col("seen") >= "2024-05-01"', lambda f: f["seen"] >= "2024-05-01"),
    (
        'dv.col("local") >= "2024-05-01T00:00+02:00"',
        lambda f: f["local"] >= pd.Timestamp("2024-04-30T22:00Z"),
    ),
    ('dv.col("local") >= "2024-05-01"', lambda f: f["local"] >= "2024-05-01"),
    ('dv.col("took") > dv.duration(8.5)', lambda f: f["took"] > pd.Timedelta(8.5, "s")),
    ('dv.col("took").isin([dv.duration(3)])', [3]),
    # names
    ('dv.col("a b") < 3', lambda f: f["a b"] < 3),
    ('dv.col("<b>&") == "x"', lambda f: f["<b>&"] == "x"),
    ('dv.col("index") > 10', lambda f: f["index"] > 10),
    ('dv.col("") == 0.5', list(range(N))),
    ("dv.col(3) == 2.5", lambda f: f[3] == 2.5),
    ('dv.col("3") == 0', list(range(N))),
    ('dv.col(("train", 1)) < 2', [0, 1]),
    ('dv.col(None) == "none"', list(range(N))),
    ('dv.col("id") == 1152921504606846977', lambda f: f["id"] == 2**60 + 1),
    # rows, and the algebra
    ('dv.rows(["img3", "img7", "absent"])', [3, 7]),
    ("dv.rows([])", []),
    ("dv.rows([3])", []),
    (
        '(dv.col("brightness") < 0.2) & dv.col("label").isin(["cat", "dog"])',
        lambda f: (f["brightness"] < 0.2) & f["label"].isin(["cat", "dog"]),
    ),
    (
        '(dv.col("count") > 4) & (dv.col("tiny") > 4) & ~dv.col("checked").isnull()',
        lambda f: (f["count"] > 4) & (f["tiny"] > 4),
    ),
    (
        '((dv.col("count") > 4) & (dv.col("tiny") > 4)) | (dv.col("label") == "cat")',
        lambda f: ((f["count"] > 4) & (f["tiny"] > 4)) | (f["label"] == "cat"),
    ),
    (
        '~((dv.col("count") > 4) | dv.col("label").isnull())',
        lambda f: ~((f["count"] > 4) | f["label"].isnull()),
    ),
    # Python's dates are datetimes; intervals and periods are their texts
    ('dv.col("day") == "2024-05-01"', [1, 2, 6, 7, 11]),
    ('dv.col("day") >= "2024-05"', [1, 2, 6, 7, 11]),
    ('dv.col("day") == dv.timestamp("2024-04-30")', [0, 5, 10]),
    ('dv.col("day").isin(["1969-12-31", None])', [3, 4, 8, 9]),
    ('dv.col("day") < dv.col("time")', [2, 4, 7, 9]),
    ('dv.col("day") != dv.col("month")', list(range(N))),
    ('dv.col("part") == "(3, 7]"', [4, 5, 6, 7]),
    ('dv.col("part") > "(-1, 3]"', [4, 5, 6, 7, 8, 9, 10, 11]),
    ('dv.col("part").isin(["(7, 11]", "(7.0, 11.0]"])', [8, 9, 10, 11]),
    ('dv.col("month") == "2024-05"', [1, 2, 6, 7, 11]),
    ('dv.col("month").startswith("2024")', [0, 1, 2, 5, 6, 7, 10, 11]),
    ('dv.col("month").isnull()', [3, 8]),
    # how numbers are written
    (
        'dv.col("score").isin([0, -1.5, 1e-05, 0.0001, 1234567.125, 123456789012345.6, 9007199254740991, '
        "1e+16, 1.2345678901234568e+20, 1e+22, 1.7976931348623157e+308, 5e-324])",
        [7, 9],
    ),
    ('dv.col("id").isin([1152921504606846976, 1.5, 100000000000000000000])', [0]),
]

# Lassos away from their edges, by shapely.
LASSOS = [
    ("umap", [(0, 0), (2, 0), (0, 2)]),
    ("umap", [(0.3, 0.1), (1.9, 0.2), (1.3, 1.9), (0.05, 1.1)]),
    ("umap", [(-2, 0.3), (5, 0.45), (5, 2.75), (-2, 0.6)]),
    ("grid", [(0.5, -0.5), (2.5, 0.5), (1.5, 2.5), (0.5, 1.6)]),
]
# On the edges and with crossings, by hand from the rule: left and lower edges belong to a rectangle.
LASSO_ROWS = [
    ("grid", [(0, 0), (2, 0), (2, 1), (0, 1)], [0, 1]),
    ("grid", [(1, 1), (3, 1), (3, 3), (1, 3)], [5, 6, 9, 10]),
    ("grid", [(-0.5, -0.5), (3.5, -0.5), (3.5, 2.5), (-0.5, 2.5), (-0.5, -0.5), (3.5, -0.5),
              (3.5, 2.5), (-0.5, 2.5)], []),  # enclosed twice
    ("grid", [(0, 0), (1, 1), (2, 2)], []),  # without an area
]  # fmt: skip

# No meaning: TypeError in Python, ExpressionError in the browser.
ERRORS = [
    'dv.col("label") < 3',
    'dv.col("brightness") < "x"',
    'dv.col("mixed") < 3',
    'dv.col("mixed") < "z"',
    'dv.col("time") < 3',
    'dv.col("time") < "not a date"',
    'dv.col("time") < dv.timestamp("2024-05-01T00:00:00+00:00")',
    'dv.col("time") < dv.col("seen")',
    'dv.col("count") < dv.col("label")',
    'dv.col("size") < "none"',
    'dv.col("size") < dv.col("label")',
    'dv.col("brightness").contains("1")',
    'dv.col("checked").contains("T")',
    'dv.col("time").startswith("2024")',
]

# Valid, but the browser must ask Python: a part of what it lacks.
ABSENT = [
    ('dv.col("nowhere") < 1', "nowhere"),
    ('dv.lasso([(0, 0), (1, 0), (0, 1)], on="tsne")', "tsne"),
    ('dv.slicer("night")', "night"),
]

C: dict[str, Any] = {"op": "isnull", "col": "a"}
INVALID: list[Any] = [
    None, 3, "x", [], {}, {"op": "eval"}, {"op": ["and"]}, {"op": "isnull"},
    {"op": "isnull", "col": "a", "more": 1}, {"op": "isnull", "col": ["a"]},
    {"op": "isnull", "col": {"tuple": "ab"}}, {"op": "isnull", "col": {"tuple": ["a"], "b": 1}},
    {"op": "compare", "cmp": "<>", "left": {"col": "a"}, "right": {"value": 1}},
    {"op": "compare", "cmp": "<", "left": {"value": 1}, "right": {"col": "a"}},
    {"op": "compare", "cmp": "<", "left": {"col": "a"}, "right": {"value": {"tuple": [1]}}},
    {"op": "compare", "cmp": "<", "left": {"col": "a"}, "right": {"value": 1, "col": "b"}},
    {"op": "compare", "cmp": "<", "left": {"col": "a"}, "right": {"value": {"float": "1"}}},
    {"op": "compare", "cmp": "<", "left": {"col": "a"}, "right": {"value": {"int": "12"}}},
    {"op": "compare", "cmp": "<", "left": {"col": "a"}, "right": {"value": {"datetime": "now"}}},
    {"op": "compare", "cmp": "<", "left": {"col": "a"}, "right": {"value": {"datetime": "2024-02-30"}}},
    {"op": "compare", "cmp": "<", "left": {"col": "a"}, "right": {"value": {"datetime": "2024-01-01T24:00"}}},
    {"op": "compare", "cmp": "<", "left": {"col": "a"}, "right": {"value": {"datetime": "2024-01-01T00:00+25:00"}}},
    {"op": "compare", "cmp": "<", "left": {"col": "a"}, "right": {"value": {"timedelta": "1"}}},
    {"op": "isin", "col": "a", "values": "abc"}, {"op": "isin", "col": "a", "values": [[1]]},
    {"op": "between", "col": "a", "low": 1}, {"op": "contains", "col": "a", "text": "x"},
    {"op": "contains", "col": "a", "text": "x", "case": 1},
    {"op": "contains", "col": "a", "text": 1, "case": True}, {"op": "startswith", "col": "a", "text": None},
    {"op": "lasso", "on": "umap", "polygon": [[0, 0], [1, 1]]},
    {"op": "lasso", "on": "umap", "polygon": [[0, 0], [1, 1], [1, "0"]]},
    {"op": "lasso", "on": "umap", "polygon": [[0, 0], [1, 1], [1]]},
    {"op": "lasso", "on": "umap", "polygon": [[0, 0], [1, 1], [1, True]]},
    {"op": "lasso", "on": "umap", "polygon": [[0, 0], [1, 1], [1, 1e39]]},
    {"op": "lasso", "on": 3, "polygon": [[0, 0], [1, 1], [1, 0]]},
    {"op": "lasso", "on": "umap", "polygon": [[0, 0], [1, 1], [1, 0]], "recipe": 3},
    {"op": "lasso", "on": "umap", "polygon": [[0, 0], [1, 1], [1, 0]], "recipes": "a"},
    {"op": "slicer", "name": 1}, {"op": "rows"}, {"op": "rows", "index": 3},
    {"op": "rows", "at": [0.5]}, {"op": "rows", "at": [-1]}, {"op": "rows", "at": [True]},
    {"op": "rows", "at": [0], "index": []},
    {"op": "rows", "bits": 1}, {"op": "rows", "bits": "AQ"}, {"op": "rows", "bits": "AR=="},
    {"op": "rows", "bits": "A*=="}, {"op": "rows", "bits": "AQ==", "at": []},
    {"op": "and", "terms": []}, {"op": "and", "terms": [C]}, {"op": "or", "terms": [C, 3]},
    {"op": "not", "term": [C]}, {"op": "not"},
]  # fmt: skip


def expression(text: str) -> dv.Expr:
    return eval(text, {"dv": dv})


def mask(answer: Any) -> list[int]:
    """The rows where pandas says yes; a missing answer is no."""
    answer = pd.Series(answer).astype("boolean").fillna(False)
    return np.flatnonzero(answer.to_numpy(dtype=bool)).tolist()


def lasso_rows(points: np.ndarray, polygon: list[tuple[float, float]]) -> list[int]:
    usable = np.isfinite(points).all(axis=1)
    inside = shapely.contains_xy(shapely.Polygon(polygon), points[:, 0], points[:, 1])
    return np.flatnonzero(inside & usable).tolist()


def value(v: Any) -> Any:
    """A cell of the table in the JSON form of values, by plain means."""
    if v is None or v is pd.NA or v is pd.NaT or v != v:
        return None
    if isinstance(v, pd.Timestamp):
        return {"datetime": (v.tz_convert("UTC") if v.tz else v).to_pydatetime().isoformat()}
    if isinstance(v, pd.Timedelta):
        return {"timedelta": v.total_seconds()}
    if isinstance(v, date):
        return {"datetime": f"{v.isoformat()}T00:00:00"}
    if isinstance(v, pd.Interval | pd.Period):
        return str(v)
    if isinstance(v, float) and abs(v) == INF:
        return {"float": "inf" if v > 0 else "-inf"}
    if isinstance(v, int) and abs(v) > 2**53:
        return {"int": str(v)}
    return v


def column(name: Any, series: pd.Series) -> dict[str, Any]:
    named = {"tuple": list(name)} if isinstance(name, tuple) else name
    dtype: Any = series.dtype
    column = {"name": named, "dtype": str(dtype), "values": [value(v) for v in series.tolist()]}
    if name == "day":
        column["dtype"] = "datetime64[s]"  # what dates travel as
    if isinstance(dtype, pd.CategoricalDtype):
        categories = [value(v) for v in dtype.categories]
        column |= {"categories": categories, "ordered": bool(dtype.ordered)}
    return column


def build() -> dict[str, Any]:
    frame, projections = table()
    cases = []
    for text, expected in CASES:
        rows = expected if isinstance(expected, list) else mask(expected(frame))
        cases.append({"python": text, "rows": rows})
    for on, polygon in LASSOS:
        text = f'dv.lasso([{", ".join(map(str, polygon))}], on="{on}")'
        cases.append({"python": text, "rows": lasso_rows(projections[on], polygon)})
    on, polygon = LASSOS[0]
    text = f'dv.lasso([{", ".join(map(str, polygon))}], on="{on}", recipe="0123456789ab")'
    cases.append({"python": text, "rows": lasso_rows(projections[on], polygon)})
    for on, polygon, rows in LASSO_ROWS:
        text = f'dv.lasso([{", ".join(map(str, polygon))}], on="{on}")'
        cases.append({"python": text, "rows": rows})
    for case in cases:
        case["json"] = expression(case["python"]).to_json()
    return {
        "table": {
            "index": frame.index.tolist(),
            "columns": [column(name, frame.iloc[:, i]) for i, name in enumerate(frame.columns)],
            "projections": {
                name: [[value(v) for v in point] for point in points.tolist()]
                for name, points in projections.items()
            },
        },
        "cases": cases,
        "errors": [{"python": text, "json": expression(text).to_json()} for text in ERRORS],
        "absent": [
            {"python": text, "json": expression(text).to_json(), "what": what}
            for text, what in ABSENT
        ],
        "invalid": INVALID,
    }


def as_text(fixture: dict[str, Any]) -> str:
    """JSON with a line for each column and case, so that a change is a line in a diff."""

    def rows(items: list[Any]) -> str:
        return "[\n  " + ",\n  ".join(json.dumps(item) for item in items) + "\n ]"

    parts = {
        "index": json.dumps(fixture["table"]["index"]),
        "columns": rows(fixture["table"]["columns"]),
        "projections": json.dumps(fixture["table"]["projections"]),
    }
    table = "{" + ", ".join(f'"{key}": {text}' for key, text in parts.items()) + "}"
    lists = [f' "{key}": {rows(fixture[key])}' for key in ("cases", "errors", "absent", "invalid")]
    return "{\n" + ",\n".join([f' "table": {table}', *lists]) + "\n}\n"


if __name__ == "__main__":
    FIXTURE.write_text(as_text(build()))
