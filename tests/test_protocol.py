"""The arrays and messages that travel to the browser say exactly what the table says."""

from __future__ import annotations

import threading
import uuid
from datetime import UTC, date, datetime
from queue import Queue

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from dataview.answers import Answers
from dataview.dataset import Dataset
from dataview.expressions import Expr, col
from dataview.protocol import Responder, describe_columns, encode_column, pack, smallest, to_bits
from dataview.quality import flag
from dataview.readers import read
from dataview.scanning import scan
from dataview.statistics import STATISTICS
from dataview.thumbnails import Thumbnails


def decode(header: dict, buffer: bytes) -> list:
    """What the browser reads: written from the protocol's table, not from the encoder."""
    values = np.frombuffer(buffer, header["dtype"])
    if header["encoding"] == "number":
        return [None if np.isnan(v) else float(v) for v in values.astype(float)]
    return [None if v == header["missing"] else header["values"][v] for v in values]


@pytest.mark.parametrize(
    ("series", "kind", "expected"),
    [
        (pd.Series([0.1, np.nan, -3.5]), "number", [0.1, None, -3.5]),
        (pd.Series([1, 2, 300]), "number", [1, 2, 300]),
        (pd.Series([1, None, 300], dtype="Int64"), "number", [1, None, 300]),
        (pd.Series([2**40, -(2**40)]), "number", [2**40, -(2**40)]),
        (pd.Series([1e300, 0.5]), "number", [1e300, 0.5]),
        (pd.Series([True, None, False], dtype=object), "boolean", [True, None, False]),
        (pd.Series([True, False]), "boolean", [True, False]),
        (pd.Series(["b", None, "a", "b"]), "category", ["b", None, "a", "b"]),
        (pd.Series([3, 1, 3]), "category", [3, 1, 3]),
        (pd.Series(["x", 1, None], dtype=object), "category", ["x", 1, None]),
        (pd.Series(["a", None], dtype="category"), "category", ["a", None]),
        (pd.Series([], dtype=float), "number", []),
        (pd.Series([], dtype=object), "text", []),
    ],
)
def test_a_column_arrives_as_it_was(series: pd.Series, kind: str, expected: list) -> None:
    encoded = encode_column(series, kind)
    assert encoded is not None
    assert decode(*encoded) == expected


def test_times_arrive_as_milliseconds_of_utc() -> None:
    times = pd.Series(pd.to_datetime(["2024-01-01T00:00:00.25Z", None]))
    header, buffer = encode_column(times.dt.tz_convert("Asia/Tokyo"), "datetime")
    assert decode(header, buffer) == [1704067200250.0, None]
    assert header["tz"] == "Asia/Tokyo"


def test_integers_that_no_browser_can_hold_stay_in_python() -> None:
    assert encode_column(pd.Series([2**60, 1]), "number") is None
    assert encode_column(pd.Series([2**60, None], dtype="Int64"), "number") is None


def test_more_than_255_categories_take_two_bytes() -> None:
    labels = pd.Series([f"c{i:04d}" for i in range(300)])
    header, buffer = encode_column(labels, "category")
    assert header["dtype"] == "uint16"
    assert decode(header, buffer) == list(labels)


def test_smallest_loses_nothing_and_keeps_how_floats_compare() -> None:
    for values in (np.array([0.1]), np.array([0.5, np.inf]), np.array([255]), np.array([-129])):
        assert np.array_equal(smallest(values).astype(values.dtype), values)
    assert smallest(np.array([0.5])).dtype == np.float64
    assert smallest(np.array([0.1], np.float32)).dtype == np.float32


@pytest.mark.parametrize(
    "series",
    [
        pd.Series(pd.cut([0.5, 1.5, 2.5], [0, 1, 2, 3])),
        pd.Series(pd.period_range("2024-01", periods=3, freq="M")),
        pd.Series([complex(1, 2), None, (1, 2)], dtype=object),
        pd.Series([uuid.UUID(int=1), "a", 3], dtype=object),
    ],
    ids=["intervals", "periods", "objects", "uuid"],
)
def test_a_bar_of_any_values_selects_its_rows(series: pd.Series) -> None:
    header, buffer = encode_column(series, "category")
    codes = np.frombuffer(buffer, header["dtype"])
    for code, value in enumerate(header["values"]):
        wire = {"op": "compare", "cmp": "==", "left": {"col": "x"}, "right": {"value": value}}
        found = Expr.from_json(wire).evaluate(pd.DataFrame({"x": series}))
        assert found.any() and found.tolist() == (codes == code).tolist()


def test_what_has_no_text_equals_nothing() -> None:
    header, _ = encode_column(pd.Series(["a\udcff", "b"], dtype=object), "text")
    assert header["values"] == [{"tuple": []}, "b"]


@pytest.mark.parametrize(
    "times",
    [
        [date(2024, 5, 1), None],
        [datetime(2024, 5, 1, tzinfo=UTC), pd.Timestamp("2024-05-01T02:00+02:00")],
    ],
    ids=["dates", "offsets"],
)
def test_dates_and_times_in_objects_are_read_as_expressions_read_them(times: list) -> None:
    series = pd.Series(times, dtype=object)
    header, buffer = encode_column(series, "datetime")
    moment = pd.Timestamp("2024-05-01").value / 1e6
    assert decode(header, buffer) == [None if t is None else moment for t in times]
    same = (col("t") == "2024-05-01").evaluate(pd.DataFrame({"t": series}))
    assert same.tolist() == [t is not None for t in times]


def described(**columns: list) -> dict:
    frame = pd.DataFrame({k: pd.Series(v, dtype=object) for k, v in columns.items()})
    return {column["name"]: column for column in describe_columns(Dataset(frame, streams={}))}


def test_a_mixture_of_times_with_and_without_a_zone_is_no_time() -> None:
    mixed = [datetime(2024, 5, 1), datetime(2024, 5, 1, tzinfo=UTC)]
    columns = described(t=mixed, d=[date(2024, 5, 1), None])
    assert columns["t"]["kind"] == "text" and columns["d"]["kind"] == "datetime"
    header, _ = encode_column(pd.Series(mixed, dtype=object), "text")
    assert header["values"] == [
        {"datetime": "2024-05-01T00:00:00"},
        {"datetime": "2024-05-01T00:00:00+00:00"},
    ]


def test_columns_that_no_expression_can_name_are_left_out() -> None:
    names = [pd.Period("2024-05"), pd.Interval(0, 1), b"raw", "x", ("a", 1), 3]
    frame = pd.DataFrame([range(6)])
    frame.columns = pd.Index(names, dtype=object, tupleize_cols=False)
    columns = describe_columns(Dataset(frame, streams={}))
    assert [c["name"] for c in columns] == ["x", {"tuple": ["a", 1]}, 3]
    assert [c["id"] for c in columns] == [3, 4, 5]
    for odd in (pd.period_range("2024-01", periods=2, freq="M"), pd.interval_range(0, 2)):
        frame = pd.DataFrame([[1, 2]], columns=odd)
        assert describe_columns(Dataset(frame, streams={})) == []


def test_columns_of_pictures_in_any_form_are_left_out() -> None:
    pictures = {
        "pil": [None, Image.new("RGB", (2, 2))],
        "huggingface": [{"bytes": b"x", "path": None}, None],
        "bytes": [float("nan"), b"x"],
        "array": [np.zeros((2, 2)), None],
        "vector": [np.zeros(3), None],
    }
    others = {"path": ["a.jpg", None], "text": [None, "b"], "dict": [{"a": 1}, None]}
    assert set(described(**pictures, **others)) == set(others)


def test_what_a_scan_and_a_flag_add_is_in_groups_and_a_flag_has_its_rule() -> None:
    pictures = np.random.default_rng(0).integers(0, 255, (4, 16, 16, 3), dtype=np.uint8)
    pictures[1] = 3
    ds = read(pictures, label=list("abab")).assign(brightness=[1, 2, 3, 4], is_dark=[0, 0, 1, 1])
    ds = flag(scan(ds, progress=False, cache=False), dark=0.2, exact_duplicate=None)
    columns = {column["text"]: column for column in describe_columns(ds)}
    groups = {name: column["group"] for name, column in columns.items()}
    own = ("label", "brightness", "is_dark")
    assert {name: groups.pop(name) for name in own} == dict.fromkeys(own, "")
    statistics = {name.removeprefix("image_"): group for name, group in groups.items()}
    assert statistics.pop("error") == "quality"
    flags = {name for name in statistics if name.startswith("is_") or name == "duplicate_group"}
    assert {statistics.pop(name) for name in flags} == {"quality"}
    assert statistics == {name: STATISTICS[name] for name in statistics} and len(statistics) > 20
    assert columns["image_is_dark"]["rule"] == 'dv.col("brightness_p99") < 0.2'
    assert [name for name, column in columns.items() if "rule" in column] == [
        name for name in columns if name.startswith(("is_", "image_is_")) and name not in own
    ]
    assert not columns["phash"]["shipped"], "there is nothing to see in hashes"
    doubles = flag(scan(pictures[[0, 0, 1]], progress=False, cache=False))
    kinds = {column["text"]: column["kind"] for column in describe_columns(doubles)}
    assert kinds["duplicate_group"] == "category", "the number of a group is no quantity"


@pytest.fixture
def tiles() -> Dataset:
    return read(np.zeros((3, 8, 8, 3), np.uint8)).assign(x=[1, 2, 3])


def answers_of(ds: Dataset) -> Answers:
    return Answers(ds, Thumbnails(ds), Thumbnails(ds))


def test_a_map_that_forms_changes_its_version_and_nothing_else(tiles: Dataset) -> None:
    answers = answers_of(tiles)
    points = np.array([[0, 1], [2, 3], [np.nan, np.nan]])
    seen = []
    for step, forming in ((0, True), (1, True), (1, False)):
        recipe = {"method": "umap"} | ({"forming": True} if forming else {})
        schema = answers.describe(tiles.with_projection("umap", points + step, recipe))
        (shown,) = schema["projections"]
        seen.append((shown["version"], shown["forming"]))
        assert (schema["table"], schema["columns"][0]["version"]) == (1, 1)
    assert seen == [(2, True), (3, True), (3, False)], "NaN is no change"


def test_masks_are_asked_for_again_when_rows_may_mean_something_else(tiles: Dataset) -> None:
    answers = answers_of(tiles)
    assert answers.describe(tiles)["table"] == 2, "a slicer was defined anew"
    mapped = tiles.with_projection("umap", np.zeros((3, 2)))
    assert answers.describe(mapped)["table"] == 2
    assert answers.describe(mapped.assign(y=[1, 2, 3]))["table"] == 4


def test_a_label_of_lists_is_text_and_no_failure() -> None:
    frame = pd.DataFrame({"tags": pd.Series([["a"], ["b", "c"]], dtype=object)})
    (column,) = describe_columns(Dataset(frame, streams={}, roles={"label": "tags"}))
    assert column["kind"] == "text"


def test_ordered_categories_keep_their_order() -> None:
    sizes = pd.Series(pd.Categorical(["m", "s"], ["s", "m", "l"], ordered=True))
    header, buffer = encode_column(sizes, "category")
    assert header["ordered"] and header["values"] == ["s", "m", "l"]
    assert decode(header, buffer) == ["m", "s"]


def test_bits_are_little_endian() -> None:
    mask = np.zeros(12, bool)
    mask[[0, 9]] = True
    assert to_bits(mask) == bytes([1, 2])


def test_pack_keeps_the_borders() -> None:
    offsets, packed = pack([b"ab", b"", b"c"])
    assert [packed[a:b] for a, b in zip(offsets, offsets[1:], strict=False)] == [b"ab", b"", b"c"]


def test_an_exception_in_a_handler_is_the_answer() -> None:
    answers: Queue = Queue()
    responder = Responder({"boom": lambda r, cancelled: 1 / 0}, lambda c, b: answers.put(c))
    responder.receive({"id": 7, "type": "boom"})
    assert answers.get(timeout=5) == {"id": 7, "ok": False, "error": "division by zero"}
    responder.receive("not a request")
    responder.receive({"type": "boom"})
    assert answers.empty()
    responder.close()
    responder.receive({"id": 8, "type": "boom"})


def test_a_request_that_was_withdrawn_is_not_worked_on_nor_answered() -> None:
    gate, worked, answers = threading.Event(), [], Queue()

    def handler(request: dict, cancelled: threading.Event) -> tuple[dict, list]:
        worked.append(request["id"])
        gate.wait(5)
        return {}, []

    responder = Responder({"slow": handler}, lambda c, b: answers.put(c["id"]), workers=1)
    for number in (1, 2, 3):
        responder.receive({"id": number, "type": "slow"})
    while not worked:
        threading.Event().wait(0.01)
    responder.receive({"id": 1, "type": "cancel"})
    responder.receive({"id": 2, "type": "cancel"})
    gate.set()
    assert answers.get(timeout=5) == 3
    assert worked == [1, 3] and answers.empty()


def test_slow_requests_do_not_keep_the_others_waiting() -> None:
    gate, answers = threading.Event(), Queue()
    responder = Responder(
        {
            "picture": lambda request, cancelled: (gate.wait(5) and {}, []),
            "quick": lambda request, cancelled: ({}, []),
        },
        lambda c, b: answers.put(c["id"]),
        slow=("picture",),
        workers=1,
    )
    for number, kind in enumerate(["picture", "picture", "quick"]):
        responder.receive({"id": number, "type": kind})
    assert answers.get(timeout=5) == 2
    gate.set()
    assert {answers.get(timeout=5), answers.get(timeout=5)} == {0, 1}
