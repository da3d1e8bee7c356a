"""A saved table comes back exactly as it was, or says what is wrong with it; reading one runs no code."""

import builtins
import io
import json
import math
import os
import pickle
import signal
import subprocess
import sys
import time
import uuid
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

pa = pytest.importorskip("pyarrow")
import pyarrow.parquet as pq  # noqa: E402

from dataview import tables  # noqa: E402
from dataview.arrow import from_arrow, index_from_arrow, index_to_arrow, to_arrow  # noqa: E402
from dataview.dataset import Dataset, Stream  # noqa: E402
from dataview.expressions import col  # noqa: E402
from dataview.places import Place  # noqa: E402
from dataview.sources import RemoteFile  # noqa: E402
from dataview.tables import (  # noqa: E402
    MANIFEST,
    Output,
    Part,
    ScanStep,
    check_savable,
    is_saved,
    open_saved,
    part_from_parquet,
    part_to_parquet,
)
from dataview.tagged import from_tagged, to_tagged  # noqa: E402

# -- one value ---------------------------------------------------------------------------------------

VALUES = [
    None, True, 0, -(2**70), 0.1, -0.0, math.inf, "", "a\0b", "caf\udce9", b"", b"\x00\xff", 1 + 2j,
    complex(math.inf, 0), (1, ("a", None)), [1, [2.5]], {"a": [1], 2: None, (1, 2): {}}, {1, 2},
    frozenset({"x"}), Decimal("0.10"), uuid.UUID(int=7), Path("a/b"), date(2024, 2, 29),
    datetime(2024, 5, 1, 12, 30, 1, 7), datetime(2024, 5, 1, tzinfo=UTC),
    datetime(2024, 10, 27, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"), fold=1),
    datetime(2024, 5, 1, tzinfo=timezone(timedelta(hours=5, minutes=30))), timedelta(days=-1, microseconds=3),
    pd.Timestamp("2024-05-01 12:00:00.123456789"), pd.Timestamp("2024-05-01", tz="Asia/Tokyo"),
    pd.Timedelta(7, "ns"), pd.Period("2024-05", "M"), pd.Interval(0, 0.5, closed="left"), pd.NaT, pd.NA,
    np.float32(0.1), np.int8(-3), np.bool_(True), np.str_("x"), np.datetime64("2024-05-01", "s"),
]  # fmt: skip


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_a_value_keeps_its_type_in_json(value):
    again = from_tagged(json.loads(json.dumps(to_tagged(value), allow_nan=False)))
    assert type(again) is type(value)
    assert again is value or again == value
    if isinstance(value, datetime):
        assert (again.tzinfo, again.fold) == (value.tzinfo, value.fold)
    if isinstance(value, float):
        assert math.copysign(1, again) == math.copysign(1, value)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.dates(),
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(json_values)
def test_any_nesting_of_values_survives(value):
    again = from_tagged(json.loads(json.dumps(to_tagged(value), allow_nan=False)))
    assert repr(again) == repr(value)  # NaN is not equal to itself


@pytest.mark.parametrize(
    "odd", [object(), lambda: 0, type("Mine", (), {})(), np.array([object()]), range(3)]
)
def test_a_value_without_a_safe_form_is_refused(odd):
    with pytest.raises(TypeError):
        to_tagged([odd])


@pytest.mark.parametrize(
    "data",
    [{"nonsense": 1}, {"date": "x"}, {"date": "2024-05-01", "uuid": "1"}, {"bytes": "%"}, {"numpy": ["|O", ""]},
     {"numpy": ["<f8", ""]}, {"array": "AAAA"}, {"period": [1, "__import__('os')"]}, {"datetime": [1, 2]},
     {"timestamp": [1, "us", "../../etc/passwd"]}],
    ids=repr,
)  # fmt: skip
def test_a_form_that_is_none_is_a_value_error(data):
    with pytest.raises(ValueError):
        from_tagged(data)


def test_an_array_of_objects_is_not_unpickled():
    out = io.BytesIO()
    np.save(out, np.array([Bomb()], object), allow_pickle=True)
    with pytest.raises(ValueError):
        from_tagged({"array": to_tagged(out.getvalue())["bytes"]})


# -- columns and indexes -----------------------------------------------------------------------------

MIXED = [1, "a", None, math.nan, pd.NA, (1, 2), b"x", 2.5]
COLUMNS = {
    "int8": pd.Series([1, -2, 3], dtype="int8"),
    "uint64": pd.Series([0, 2**64 - 1, 1], dtype="uint64"),
    "float16": pd.Series([0.5, math.nan, -math.inf], dtype="float16"),
    "float32": pd.Series([0.1, math.nan, 3], dtype="float32"),
    "big endian": pd.Series(np.array([1.5, 2, 3], ">f8")),
    "complex": pd.Series([1j, 2, 3]),
    "bool": pd.Series([True, False, True]),
    "str": pd.Series(["a", None, "ü"], dtype="str"),
    "string": pd.Series(["a", None, "ü"], dtype="string"),
    "python string": pd.Series(["a", None, "b"], dtype=pd.StringDtype("python", na_value=math.nan)),
    "text objects": pd.Series(["a", None, "b"], dtype=object),
    "text and NaN": pd.Series(["a", math.nan, "b"], dtype=object),
    "surrogates": pd.Series(["a", "caf\udce9", None], dtype=object),
    "bytes": pd.Series([b"a", None, b"\xff"]),
    "large ints": pd.Series([2**63, -(2**70), 1], dtype=object),
    "int objects": pd.Series([1, None, 3], dtype=object),
    "bool and None": pd.Series([True, None, False], dtype=object),
    "nothing": pd.Series([None, None, None], dtype=object),
    "NaN objects": pd.Series([math.nan, math.nan, math.nan], dtype=object),
    "lists": pd.Series([[1, 2], [], None]),
    "dicts": pd.Series([{"a": 1}, {"b": [2]}, None]),
    "arrays": pd.Series([np.zeros((2, 3), "uint8"), None, np.arange(3.0)]),
    "mixed": pd.Series(MIXED, dtype=object),
    "ns": pd.Series(pd.to_datetime(["2024-05-01 00:00:00.000000001", None, "2024"], format="mixed")),
    "seconds": pd.Series(np.array(["2024-05-01", "NaT", "0001-01-01"], "M8[s]")),
    "zone": pd.Series(pd.to_datetime(["2024-05-01", None, "2024"], format="mixed")).dt.tz_localize("Asia/Tokyo"),
    "timedelta": pd.Series(np.array([1, "NaT", -3], "m8[ms]")),
    "category": pd.Series(pd.Categorical(["b", None, "a"], ["c", "b", "a"], ordered=True)),
    "category of dates": pd.Series(pd.Categorical(pd.to_datetime(["2024", "2023", "2024"]))),
    "empty category": pd.Series(pd.Categorical([None, None, None], [])),
    "category of mixed": pd.Series(pd.Categorical(["a", 1, None], ["a", 1])),
    "Int64": pd.Series([1, None, 3], dtype="Int64"),
    "boolean": pd.Series([True, None, False], dtype="boolean"),
    "Float32": pd.Series([1.5, None, 2], dtype="Float32"),
    "period": pd.Series(pd.PeriodIndex(["2024-05", "NaT", "2024-06"], freq="M")),
    "interval": pd.Series(pd.arrays.IntervalArray.from_tuples([(0, 1), None, (1, 2)])),
    "sparse": pd.Series(pd.arrays.SparseArray([0.0, 0.0, 1.5])),
    "arrow list": pd.Series([[1], None, []], dtype=pd.ArrowDtype(pa.list_(pa.int8()))),
    "arrow decimal": pd.Series([Decimal("1.10"), None, Decimal(2)], dtype=pd.ArrowDtype(pa.decimal128(9, 2))),
    "arrow seconds": pd.Series([1, None, 2], dtype=pd.ArrowDtype(pa.timestamp("s"))),
}  # fmt: skip


def through_parquet(array):
    """What Parquet makes of an array: that is not always the type that was written."""
    out = io.BytesIO()
    pq.write_table(pa.table({"x": array}), out)
    return pq.read_table(io.BytesIO(out.getvalue()))["x"]


def exact(values):
    return [(type(value), repr(value)) for value in values]


@pytest.mark.parametrize("column", COLUMNS.values(), ids=COLUMNS)
def test_a_column_of_any_dtype_comes_back_exactly(column):
    array, note = to_arrow(column)
    for some in (slice(None), slice(0)):
        piece, _ = (array, note) if some.stop is None else to_arrow(column[some])
        again = from_arrow(through_parquet(piece), json.loads(json.dumps(note)))
        assert again.dtype == column.dtype
        assert exact(again) == exact(column[some])
    if isinstance(column.dtype, pd.StringDtype):
        assert again.dtype.storage == column.dtype.storage


def test_a_column_is_plain_arrow_for_other_tools():
    for name in ("text objects", "text and NaN", "str", "category", "Int64", "bool and None"):
        column = COLUMNS[name]
        expected = [None if pd.isna(value) else value for value in column]
        assert to_arrow(column)[0].to_pylist() == expected, name


def test_a_column_that_cannot_be_saved_is_refused():
    for odd in ([object()] * 3, [np.array([None])] * 3, [1, 2, print]):
        with pytest.raises(TypeError):
            to_arrow(pd.Series(odd, dtype=object))


INDEXES = {
    "range": pd.RangeIndex(6, name="n"),
    "range with steps": pd.RangeIndex(10, -2, -2),
    "texts": pd.Index([f"{i}/ü.jpg" for i in range(6)], name=("a", 1)),
    "objects": pd.Index(["a", 1, 2.5, ("x", 1), None, b"y"], dtype=object, tupleize_cols=False),
    "dates": pd.date_range("2024-01-01", periods=6, freq="36h", tz="Europe/Berlin", name="taken"),
    "no freq": pd.DatetimeIndex(pd.date_range("2024-01-01", periods=6)[::-1].to_numpy()),
    "durations": pd.timedelta_range("1h", periods=6, freq="2h"),
    "periods": pd.period_range("2024-01", periods=6, freq="M"),
    "categories": pd.CategoricalIndex(list("fedcba"), categories=list("abcdefg"), ordered=True),
    "uuids": pd.Index([uuid.UUID(int=i) for i in range(6)]),
    "intervals": pd.interval_range(0, 6),
    "floats": pd.Index([0.5, -1, 2, 3, math.inf, math.nan]),
    "float32": pd.Index(np.arange(6, dtype="float32")),
    "pairs": pd.MultiIndex.from_product([["p", "q"], range(3)], names=["part", None]),
    "pairs with gaps": pd.MultiIndex.from_arrays([["a", None, "b", "c", "d", "e"], [1, 2, 3, None, 5, 6]]),
    "triples": pd.MultiIndex.from_arrays(
        [pd.period_range("2024", periods=6, freq="Y"), pd.Categorical(list("aabbcc")), np.arange(6, dtype="int8")]
    ),
}  # fmt: skip


@pytest.mark.parametrize("index", INDEXES.values(), ids=INDEXES)
def test_any_index_comes_back_exactly(index):
    arrays, note = index_to_arrow(index)
    again = index_from_arrow([through_parquet(a) for a in arrays], json.loads(json.dumps(note)))
    assert type(again) is type(index) and again.names == index.names
    assert again.equals(index) and getattr(again, "freq", None) == getattr(index, "freq", None)
    assert exact(again) == exact(index)
    for i in range(index.nlevels):
        expected = index.levels[i].dtype if index.nlevels > 1 else index.dtype
        found = again.levels[i].dtype if index.nlevels > 1 else again.dtype
        if not isinstance(expected, pd.CategoricalDtype):
            assert getattr(found, "categories", pd.Index([], dtype=found)).dtype == expected
        else:
            assert found == expected


# -- a dataset ---------------------------------------------------------------------------------------


def make(index=None, paths=None, **parts):
    """Six rows that have everything a dataset can have."""
    paths = [f"s3://pets/{i}.jpg" for i in range(6)] if paths is None else paths
    frame = pd.DataFrame(
        {"path": paths, "brightness": [0.1, 0.2, math.nan, 0.4, 0.5, 0.6]}, index=index
    )
    frame[("a", 1)] = pd.Categorical(list("aabbca"))
    frame["error"] = np.array([None, None, "empty file (0 bytes)", None, None, None], object)
    frame["thumbnail"] = np.array([b"\xff\xd8 0", b"1", None, b"3", b"4", b"5"], object)
    files = [RemoteFile(p) if "://" in p else p for p in paths]
    ds = Dataset(
        frame,
        streams={"image": Stream(files, kind="path")},
        roles={"label": ("a", 1)},
        title="pets",
    )
    vectors = np.random.default_rng(0).normal(size=(6, 5)).astype("float32")
    vectors[2] = math.nan
    ds = ds.with_vectors(
        "v", vectors, {"method": "v", "params": {"n": 5, "x": [0.5, None]}, "seed": 0}
    )
    ds = ds.with_projection("map", vectors[:, :2], {"method": "pca"})
    history = (
        "dv.read('s3://pets')",
        col("brightness") > 0.05,
        ScanStep((("brightness", "brightness"),)),
    )
    return ds._replace(history=history)  # fmt: skip


def in_parts(ds, sizes=(2, 3, 1)):
    """The rows of a dataset as parts, in an order that is not theirs."""
    order, start = np.random.default_rng(1).permutation(len(ds)), 0
    for size in sizes:
        at = order[start : start + size]
        errors = ds["error"].iloc[at].tolist()
        thumbnails = ds["thumbnail"].iloc[at].tolist()
        columns = {"brightness": ds["brightness"].iloc[at].tolist()}
        yield start, Part(at, columns, errors, thumbnails, ds.vectors["v"][at])
        start += size


def save(ds, url, options=None):
    output = Output(url, options)
    output.begin({"identity": "this", "what": ds.title})
    numbers = {}
    for number, part in in_parts(ds):
        output.write_part(number, part, [f"s3://pets/{i}.jpg" for i in part.positions])
        numbers[number] = len(part.positions)
    output.finish(ds, numbers, thumbnails="thumbnail", vectors="v")


def assert_same(saved, ds):
    assert_frame_equal(saved.frame, ds.frame)
    assert exact(saved.frame["error"]) == exact(ds["error"])
    assert exact(saved.frame["thumbnail"]) == exact(ds["thumbnail"])
    for name in ("vectors", "projections"):
        arrays, expected = getattr(saved, name), getattr(ds, name)
        assert list(arrays) == list(expected)
        for key, array in arrays.items():
            assert array.dtype == np.float32 and np.array_equal(
                array, expected[key], equal_nan=True
            )
            assert saved.recipes[name][key] == dict(expected.recipes[key])
    assert saved.roles == dict(ds.roles) and saved.title == ds.title
    assert [repr(step) for step in saved.history] == [repr(step) for step in ds.history]
    stream = saved.streams["image"]
    assert [stream.path(i) for i in range(6)] == [ds.streams["image"].path(i) for i in range(6)]


@pytest.mark.parametrize("index", INDEXES.values(), ids=INDEXES)
def test_a_dataset_comes_back_exactly(tmp_path, index):
    ds = make(index)
    save(ds, tmp_path / "out")
    saved = open_saved(tmp_path / "out")
    assert_same(saved, ds)
    assert saved.history[1:] == ds.history[1:]  # an expression and a scan, not their texts


def test_a_dataset_comes_back_from_a_bucket(s3):
    ds = make()
    save(ds, s3.url("scanned"), s3.options)
    assert is_saved(s3.url("scanned"), s3.options) and not is_saved(s3.url("scan"), s3.options)
    saved = open_saved(s3.url("scanned"), s3.options)
    assert_same(saved, ds)


def test_a_dataset_without_rows_columns_or_paths_can_be_saved(tmp_path):
    pictures = np.zeros((3, 4, 4), np.uint8)
    for k, frame in enumerate([pd.DataFrame(index=range(3)), pd.DataFrame({"x": [1]})[:0]]):
        ds = Dataset(frame, streams={"image": Stream(pictures[: len(frame)])})
        output = Output(tmp_path / str(k))
        output.begin({})
        output.finish(ds)
        saved = open_saved(tmp_path / str(k))
        assert_frame_equal(saved.frame, frame)
        assert [saved.streams["image"][i] for i in range(len(frame))] == [None] * len(frame)


def test_columns_of_any_name_come_back(tmp_path):
    names = [
        "position",
        "a",
        "A",
        "",
        "x\ny",
        3,
        "3",
        ("a", 1),
        2.5,
        None,
        pd.Timestamp("2024"),
        "caf\udce9",
    ]
    frame = pd.DataFrame(np.arange(24).reshape(2, 12))
    for columns in (
        pd.Index(names, dtype=object, tupleize_cols=False),
        pd.RangeIndex(12, name="n"),
        pd.MultiIndex.from_product([["p", "q"], range(6)], names=["part", None]),
        pd.Index([f"c{i}" for i in range(12)], name="columns"),
    ):
        frame.columns = columns
        place = tmp_path / str(time.monotonic_ns())
        Output(place).finish(Dataset(frame, streams={}))
        again = open_saved(place).frame
        assert_frame_equal(again, frame)
        assert again.columns.identical(frame.columns) or exact(again.columns) == exact(columns)


def test_the_table_is_parquet_that_any_tool_reads(tmp_path):
    polars = pytest.importorskip("polars")
    save(make(), tmp_path)
    table = polars.read_parquet(tmp_path / "table.parquet")
    assert table["path"].to_list() == [f"s3://pets/{i}.jpg" for i in range(6)]
    assert table["error"].to_list() == [None, None, "empty file (0 bytes)", None, None, None]
    parts = [polars.read_parquet(path) for path in sorted((tmp_path / "parts").iterdir())]
    found = {row["position"]: row for part in parts for row in part.iter_rows(named=True)}
    assert [found[i]["source"] for i in range(6)] == table["path"].to_list()
    assert [found[i]["thumbnail"] for i in range(6)] == make()["thumbnail"].tolist()
    assert np.array_equal(found[0]["vector"], make().vectors["v"][0])


def test_rows_keep_their_order_whatever_order_they_are_in_the_file(tmp_path):
    save(make(), tmp_path)
    table = pq.read_table(tmp_path / "table.parquet")
    pq.write_table(table.take([3, 1, 0, 2, 5, 4]), tmp_path / "table.parquet")
    assert_same(open_saved(tmp_path), make())


@given(
    values=st.lists(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(), min_size=1
    ),
)
def test_what_a_part_found_comes_back_as_the_same_python_values(values):
    n = len(values)
    columns = {
        name: values for name in ("x", "error_", "error", "position", "vector", "vector_", "")
    }
    errors = ["not a name: \udcff", *[None] * (n - 1)]
    part = Part(np.arange(n), columns, errors, [None] * n, None, {"x": "Traceback ..."})
    again = part_from_parquet(part_to_parquet(part, [None] * n))
    assert {k: exact(v) for k, v in again.columns.items()} == {k: exact(values) for k in columns}
    assert again.errors == errors and again.vectors is None and again.failures == part.failures


# -- where the images are ----------------------------------------------------------------------------


def test_relative_paths_are_found_from_another_folder(tmp_path, monkeypatch):
    (tmp_path / "pets").mkdir()
    (tmp_path / "elsewhere").mkdir()
    for i in range(6):
        (tmp_path / "pets" / f"{i}.jpg").write_bytes(b"x")
    monkeypatch.chdir(tmp_path)
    ds = make(paths=[f"pets/{i}.jpg" for i in range(6)])
    save(ds, "out")
    monkeypatch.chdir(tmp_path / "elsewhere")
    saved = open_saved("../out")
    assert_frame_equal(saved.frame, ds.frame)  # the user's column is as it was
    assert all(os.path.exists(saved.streams["image"][i]) for i in range(6))


def test_no_secret_is_written(tmp_path):
    secrets = ["hunter2", "c0ffee", "AKIASECRET"]
    paths = [
        f"https://ann:hunter2@127.0.0.1/{i}.jpg?id={i}&X-Amz-Signature=c0ffee" for i in range(6)
    ]
    files = [RemoteFile(path, {"key": "AKIASECRET"}) for path in paths]
    ds = make(paths=paths).replace(
        streams={"image": Stream(files, kind="path"), "mask": Stream(files)}
    )
    save(ds, tmp_path, {"key": "AKIASECRET"})
    for path in tmp_path.rglob("*.*"):
        data = path.read_bytes()
        if path.suffix == ".parquet":
            data += repr(pq.read_table(path).to_pydict()).encode()
        assert not [secret for secret in secrets if secret.encode() in data], path
    shown = open_saved(tmp_path).frame["path"][3]
    assert shown == RemoteFile(paths[3]).url and "id=3" in shown
    place = Place("s3://ann:hunter2@bucket/x?token=c0ffee", {"secret": "AKIASECRET"})
    assert not [secret for secret in secrets if secret in f"{place} {place!r} {place.url}"]


def test_images_in_a_bucket_are_read_with_the_options_of_the_table(s3):
    for i in range(6):
        s3.put(f"pets/{i}.jpg", b"content %d" % i)
    urls = [s3.url(f"pets/{i}.jpg") for i in range(6)]
    save(make(paths=urls), s3.url("out"), s3.options)
    stream = open_saved(s3.url("out"), s3.options).streams["image"]
    assert stream[3].read().data == b"content 3" and stream.remote


# -- what is not finished, or not ours ----------------------------------------------------------------


def test_a_scan_that_has_not_ended_is_refused(tmp_path):
    output = Output(tmp_path / "out")
    output.begin({"identity": "this", "what": "pets"})
    for number, part in in_parts(make()):
        output.write_part(number, part, [None] * len(part.positions))
    assert is_saved(tmp_path / "out")
    with pytest.raises(ValueError, match="unfinished: 3 parts, no manifest"):
        open_saved(tmp_path / "out")
    with pytest.raises(FileNotFoundError, match="no saved table"):
        open_saved(tmp_path / "nowhere")


def test_a_table_is_complete_or_unfinished_at_any_moment(tmp_path, monkeypatch):
    """Whatever file was the last that could be written."""
    ds, write = make(), Place.write_by
    for limit in range(20):
        written: list[str] = []

        def until(self, name, pour, limit=limit, written=written):
            if len(written) >= limit:
                raise OSError(28, "No space left on device")
            written.append(name)
            write(self, name, pour)

        monkeypatch.setattr(Place, "write_by", until)
        folder = tmp_path / str(limit)
        try:
            save(ds, folder)
        except OSError:
            with pytest.raises((ValueError, FileNotFoundError), match="unfinished|no saved table"):
                open_saved(folder)
            continue
        assert_same(open_saved(folder), ds)
        assert written[-1] == MANIFEST
        return
    raise AssertionError("it never ended")


def test_nothing_is_overwritten(tmp_path):
    save(make(), tmp_path / "done")
    with pytest.raises(FileExistsError, match="finished scan"):
        Output(tmp_path / "done").begin({"identity": "this"})
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.doc").write_text("important")
    with pytest.raises(FileExistsError, match="thesis.doc"):
        Output(tmp_path / "mine").begin({"identity": "this"})
    with pytest.raises(NotADirectoryError):
        Output(tmp_path / "mine" / "thesis.doc").begin({})
    Output(tmp_path / "begun").begin({"identity": "another", "what": "cats"})
    for identity in ("this", None):
        with pytest.raises(FileExistsError, match="unfinished scan of cats"):
            Output(tmp_path / "begun").begin({"identity": identity})


def test_two_scans_into_one_place_do_not_become_one_table(tmp_path):
    first = Output(tmp_path)
    first.begin({"identity": "this"})
    (tmp_path / tables.STARTED).unlink()  # as if both had looked at the same moment
    second = Output(tmp_path)
    second.begin({"identity": "another"})
    with pytest.raises(FileExistsError, match="another scan"):
        first.finish(make())
    second.finish(make())
    assert_same(open_saved(tmp_path), make())


def test_the_same_scan_goes_on_with_the_parts_that_are_there(tmp_path):
    Output(tmp_path).begin({"identity": "this", "part_rows": 2})
    number, part = next(in_parts(make()))
    Output(tmp_path).write_part(number, part, [None] * 2)
    again = Output(tmp_path)
    job, there = again.begin({"identity": "this", "part_rows": 3})
    assert job["part_rows"] == 2 and there == {number}
    assert np.array_equal(again.read_part(number).positions, part.positions)


def damage_manifest(folder, change):
    note = json.loads((folder / MANIFEST).read_text())
    change(note)
    (folder / MANIFEST).write_text(json.dumps(note))


def test_damage_is_said(tmp_path):
    parts = "parts/part-000000000.parquet"
    cases = {
        "complete": lambda folder: (folder / parts).unlink(),
        "Parquet": lambda folder: (folder / parts).write_bytes((folder / parts).read_bytes()[:-9]),
        "rows instead of": lambda folder: (folder / parts).write_bytes(
            (folder / "parts/part-000000002.parquet").read_bytes()
        ),
        "none of its parts": lambda folder: damage_manifest(folder, lambda note: note["parts"].pop()),
        "other rows": lambda folder: damage_manifest(folder, lambda note: note.update(rows=7)),
        "later": lambda folder: damage_manifest(folder, lambda note: note.update(version=9)),
        "manifest": lambda folder: (folder / MANIFEST).write_text("{"),
        "damaged": lambda folder: damage_manifest(folder, lambda note: note.update(columns=7)),
    }  # fmt: skip
    for match, harm in cases.items():
        folder = tmp_path / match
        save(make(), folder)
        harm(folder)
        with pytest.raises(ValueError, match=match):
            open_saved(folder)


# -- hostile files -----------------------------------------------------------------------------------


class Bomb:
    def __reduce__(self):
        return exec, ("import os; os.environ['EXPLODED'] = 'boom'",)


def test_reading_unpickles_nothing(tmp_path, monkeypatch):
    save(make(), tmp_path)

    def never(*_, **__):
        raise AssertionError("something was unpickled, or evaluated")

    for name in ("loads", "load", "Unpickler"):
        monkeypatch.setattr(pickle, name, never)
    monkeypatch.setattr(builtins, "eval", never)
    assert_same(open_saved(tmp_path), make())


def test_a_column_type_that_runs_code_is_refused(tmp_path):
    """Ray, where it is loaded, teaches Arrow a type whose every value is a pickle."""

    class Pickled(pa.ExtensionType):
        def __init__(self):
            super().__init__(pa.binary(), "test.pickled")

        def __arrow_ext_serialize__(self):
            return b""

        @classmethod
        def __arrow_ext_deserialize__(cls, storage, data):
            return cls()

        def __arrow_ext_scalar_class__(self):
            class Scalar(pa.ExtensionScalar):
                def as_py(self, **_):
                    return pickle.loads(self.value.as_py())

            return Scalar

    pa.register_extension_type(Pickled())
    try:
        storage = pa.array([pickle.dumps(Bomb())] * 6, pa.binary())
        hostile = pa.ExtensionArray.from_storage(Pickled(), storage)
        pa.table({"x": hostile}).to_pylist()
        assert os.environ.pop("EXPLODED") == "boom"  # so the test tests something
        for k, name in enumerate(["table.parquet", "parts/part-000000000.parquet"]):
            folder = tmp_path / str(k)
            save(make(), folder)
            table = pq.read_table(folder / name)
            rows = len(table)
            for column in ("path", "error", "thumbnail"):
                if column in table.column_names:
                    at = table.column_names.index(column)
                    bad = table.set_column(at, column, hostile[:rows])
                    pq.write_table(bad, folder / name)
                    with pytest.raises(ValueError, match="extension type"):
                        open_saved(folder)
    finally:
        pa.unregister_extension_type("test.pickled")
    assert "EXPLODED" not in os.environ


# -- when something is missing -----------------------------------------------------------------------


def test_without_pyarrow_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    for call in (lambda: open_saved(tmp_path), lambda: Output(tmp_path)):
        with pytest.raises(ImportError, match=r"jupyterlab-dataview\[ray\]"):
            call()


def test_importing_it_loads_neither_pyarrow_nor_pandas():
    code = "import sys, dataview.tables; print({'pyarrow', 'pandas', 'ray'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_a_column_that_cannot_be_saved_is_named_before_the_scan():
    ds = make().assign(thing=[object()] * 6)
    with pytest.raises(TypeError, match="'thing'.*drop it"):
        check_savable(ds)
    check_savable(make())


def test_a_killed_writer_leaves_no_half_file(tmp_path):
    code = (
        "import sys, time; from dataview.places import Place\n"
        "def pour(file):\n"
        "    file.write(b'half'); file.flush(); print('ready', flush=True); time.sleep(60)\n"
        f"Place({str(tmp_path)!r}).write_by('table.parquet', pour)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(signal.SIGKILL)
    assert not (tmp_path / "table.parquet").exists()
    assert len(Place(tmp_path).names()) == 1
    Place(tmp_path).clean()
    assert Place(tmp_path).names() == []


def test_steps_of_other_kinds_are_kept_as_text():
    odd = SimpleNamespace(x=1)
    assert tables._step_from_json(json.loads(json.dumps(tables._step_to_json(odd)))) == repr(odd)
