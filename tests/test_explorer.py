"""The explorer without a browser: what Python sets and reads, and what the browser is answered.

The messages are those that the front end sends; `tests/browser` holds the two ends together.
"""

from __future__ import annotations

import io
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import dataview as dv
from dataview.explorer import Explorer, explore


def pictures(n: int, seed: int = 0) -> np.ndarray:
    """(n, 12, 12, 3) images in two kinds: red ramps and blue noise."""
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 60, (n, 12, 12, 3), dtype=np.uint8)
    images[::2, ..., 0] += np.linspace(0, 180, 12, dtype=np.uint8)
    images[1::2, ..., 2] += rng.integers(60, 180, (len(images[1::2]), 12, 12), dtype=np.uint8)
    return images


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[dict, list[bytes]]]:
    """``ask(ex, type=..., ...)`` sends a request as the browser does and returns the answer."""

    def ask(ex: Explorer, **request: Any) -> tuple[dict, list[bytes]]:
        answers: list = []
        monkeypatch.setattr(ex._responder, "_send", lambda c, b: answers.append((c, b)))
        ex._handle_custom_msg({"id": 1, **request}, [])
        deadline = time.monotonic() + 20
        while not answers and time.monotonic() < deadline:
            time.sleep(0.005)
        return answers[0]

    return ask


@pytest.fixture(scope="module")
def ready() -> Explorer:
    frame = pd.DataFrame(
        {"image": list(pictures(60)), "label": ["red", "blue"] * 30, "<b>": range(60)},
        index=[f"row {i}" for i in range(60)],
    )
    return explore(frame, label="label").wait(timeout=120)


def test_a_widget_stands_at_once_and_the_maps_follow() -> None:
    begun = time.monotonic()
    ex = explore(pictures(300), project="pca")
    assert time.monotonic() - begun < 5
    assert ex.wait("scan", timeout=60) is ex
    assert {"width", "height", "brightness", "error"} <= set(ex.dataset.columns)
    ex.wait(timeout=60)
    assert ex.map == "pca" and ex.dataset.projections["pca"].shape == (300, 2)


def test_umap_replaces_pca_as_the_map(ready: Explorer) -> None:
    assert ready.map == "umap"
    assert set(ready.dataset.projections) == {"pca", "umap"}
    names = [s["name"] for s in ready._progress["stages"]]
    assert names == ["scan", "embedding", "pca", "umap"]
    assert not ready._progress["running"]


@pytest.mark.parametrize(
    "index",
    [
        pd.Index([f"i{i}" for i in range(10)]),
        pd.Index(range(100, 90, -1)),
        pd.date_range("2024-01-01", periods=10, freq="h"),
        pd.Index(np.linspace(0, 1, 10)),
    ],
    ids=["text", "integers", "times", "floats"],
)
def test_selected_has_the_users_own_index_and_columns(index: pd.Index) -> None:
    columns = {"label": list("ab") * 5, "index": 1, "x": 2, "a b": 3, "<b>": 4, 3: 5, ("a", 1): 6}
    frame = pd.DataFrame({"image": list(pictures(10)), **columns}, index=index)
    ex = explore(frame, embed=None)
    assert len(ex.selected) == 0 and list(ex.selected.columns)[: len(frame.columns)] == list(
        frame.columns
    )
    ex.select(index[[4, 1]])
    assert list(ex.selected.index) == list(index[[1, 4]])
    assert ex.selected["a b"].tolist() == [3, 3]
    again = eval(repr(ex.selection), {"dv": dv, "datetime": __import__("datetime")})
    assert again == ex.selection
    assert ex.dataset[again].frame.index.equals(ex.selected.index)
    ex.close()


def test_everything_that_select_takes(ready: Explorer) -> None:
    red = [f"row {i}" for i in range(0, 60, 2)]
    for chosen in (
        dv.col("label") == "red",
        "label == 'red'",
        np.arange(60) % 2 == 0,
        (np.arange(60) % 2 == 0).tolist(),
        ready.dataset.frame["label"] == "red",
        red,
        pd.Index(red),
        ready.dataset.frame.loc[red],
    ):
        ready.select(chosen)
        assert ready.selected.index.tolist() == red
        ready.select(None)
        assert len(ready.selected) == 0 and ready.selection == dv.rows([])


def test_a_bad_selection_is_refused_and_changes_nothing(ready: Explorer) -> None:
    ready.select(["row 3"])
    for bad, error, named in (
        (dv.col("lable") == "red", KeyError, "label"),
        ("label = 'red'", ValueError, "=="),
        ("__import__('os').system('true')", ValueError, "import"),
        (np.ones(59, bool), ValueError, "60"),
        (["row 3", "row 99"], KeyError, "row 99"),
        (dv.lasso([(0, 0), (1, 1), (1, 0)], on="tsne"), KeyError, "umap"),
        (3, TypeError, "select takes"),
    ):
        with pytest.raises(error, match=named):
            ready.select(bad)
        assert ready.selected.index.tolist() == ["row 3"]
    for name in ("color_by", "sort_by", "map"):
        with pytest.raises(KeyError):
            setattr(ready, name, "nothing")
    ready.select(None)


def test_what_the_browser_selects_is_read_in_python(ready: Explorer) -> None:
    points = ready.dataset.projections["umap"]
    middle = float(np.median(points[:, 0]))
    low, high = points.min(0) - 1, points.max(0) + 1
    corners = [[middle, low[1]], [high[0], low[1]], [high[0], high[1]], [middle, high[1]]]
    polygon = [[float(x), float(y)] for x, y in corners]
    ready.set_state({"_selection": {"op": "lasso", "on": "umap", "polygon": polygon}})
    assert ready.selected.index.tolist() == [
        f"row {i}" for i in np.flatnonzero(points[:, 0] > middle)
    ]
    ready.set_state({"_selection": {"op": "rows", "at": [5, 2]}})
    assert ready.selection == dv.rows(["row 5", "row 2"])
    assert ready.selected.index.tolist() == ["row 2", "row 5"]
    ready.set_state({"_selection": None})
    assert ready.selected.empty


def test_a_malformed_state_from_the_browser_is_refused_in_words(
    ready: Explorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready.select(["row 1"])
    sent: list[str] = []
    monkeypatch.setattr(ready, "send_state", lambda key=None: sent.append(key))
    ready.set_state({"_selection": {"op": "eval", "code": "1"}, "_mode": "add"})
    assert ready.selection == dv.rows(["row 1"]) and ready._mode == "add"
    assert "malformed selection" in ready._messages[-1]["text"]
    triangle = [[0, 0], [1, 1], [1, 0]]
    for name, bad in {
        "_selection": {"op": "lasso", "on": "tsne", "polygon": triangle},
        "_filter": {"op": "slicer", "name": "nobody"},
        "_color_by": {"col": "nothing"},
        "_sort_by": {"col": "label"},
        "_map": "tsne",
        "_mode": "xor",
        "_height": -5,
        "_arrangement": "<b>",
        "_panes": {"map": "__import__('os')"},
    }.items():
        before = getattr(ready, name)
        sent.clear()
        ready.set_state({name: bad})
        assert getattr(ready, name) == before
        assert f"malformed {name[1:]}" in ready._messages[-1]["text"]
        assert name in sent, "the browser is put right"
    source = dict(ready._source)
    ready.set_state({"_schema": {}, "_messages": 3, "_esm": "alert(1)", "_source": {"x": "evil()"}})
    assert ready._source == source
    assert ready._schema["n"] == 60 and ready._esm != "alert(1)"
    monkeypatch.undo()
    ready._mode = "replace"
    ready.select(None)


def test_on_select_is_called_with_the_rows_and_its_errors_are_shown(ready: Explorer) -> None:
    seen: list[list[str]] = []
    ex = explore(ready.dataset)

    @ex.on_select
    def remember(frame: pd.DataFrame) -> None:
        seen.append(frame.index.tolist())

    ex.on_select(lambda frame: 1 / 0)
    ex.on_select(lambda frame: ex.select(["row 9"]) if len(frame) else None)  # calls nobody again
    ex.set_state({"_selection": {"op": "rows", "at": [7]}})
    deadline = time.monotonic() + 10
    while not (seen and ex._messages) and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.1)
    assert seen == [["row 7"]] and ex.selected.index.tolist() == ["row 9"]
    assert "division by zero" in ex._messages[-1]["text"]
    assert "1 / 0" in ex._messages[-1]["detail"]
    ex.close()


def test_a_dataset_with_vectors_and_maps_needs_no_work(ready: Explorer) -> None:
    ex = explore(ready.dataset)
    ex.wait(timeout=30)
    assert ex.map == "umap"
    assert ex.dataset.projections["umap"] is ready.dataset.projections["umap"]
    ex.close()


def test_the_map_that_a_dataset_has_stays_on_show() -> None:
    alone = dv.project(dv.embed(dv.scan(pictures(30), progress=False), progress=False), "pca")
    flat = dv.project(alone, lambda x: x[:, :2], name="flat", progress=False)
    ex = explore(flat).wait(timeout=60)
    assert ex.map == "flat" and list(ex.dataset.projections) == ["pca", "flat"]
    other = explore(flat, embed=lambda batch: batch.reshape(len(batch), -1)[:, :9], project="pca")
    other.wait(timeout=60)
    assert not np.array_equal(other.dataset.projections["pca"], flat.projections["pca"])
    ex.close()
    other.close()


def test_a_map_that_the_user_chose_stays_when_a_better_one_arrives() -> None:
    ex = explore(pictures(60), project="pca").wait(timeout=60)
    ex.map = "pca"
    ex._publish(ex.dataset.with_projection("umap", ex.dataset.projections["pca"] * 2), "umap")
    assert ex.map == "pca"
    ex.close()


def test_images_that_cannot_be_read_end_no_scan() -> None:
    ex = explore([*[b"no image"] * 70, *pictures(20)]).wait(timeout=120)
    assert ex.dataset["error"].notna().sum() == 70
    assert np.isfinite(ex.dataset.projections["umap"]).all(axis=1).sum() == 20
    nothing = explore([b"no image"] * 3)
    with pytest.raises(RuntimeError, match="no image could be read"):
        nothing.wait(timeout=60)
    assert nothing.dataset["error"].notna().all()
    ex.close()
    nothing.close()


def test_columns_of_any_kind_and_an_index_with_a_hole_are_explored() -> None:
    pa = pytest.importorskip("pyarrow")
    frame = pd.DataFrame(
        {
            "image": list(pictures(3)),
            "label": [np.zeros(2), np.ones(2), None],
            "tags": pd.Series([[1], [2, 3], None], dtype=pd.ArrowDtype(pa.list_(pa.int64()))).array,
            "sure": pd.array([True, None, False], dtype="bool[pyarrow]"),
        },
        index=pd.Index([1, 2, pd.NA], dtype="Int64"),
    )
    ex = explore(frame, embed=None).wait(timeout=60)
    assert ex.dataset["width"].tolist() == [12, 12, 12] and ex.color_by is None
    assert len(ex.dataset[dv.col("sure").isnull()]) == 1
    assert ex.picture().startswith(b"\x89PNG")
    ex.close()


def test_a_column_that_the_scan_brings_can_colour_from_the_start() -> None:
    ex = explore(pictures(20), embed=None, color_by="brightness")
    ex.wait(timeout=60)
    assert ex.color_by == "brightness"
    with pytest.raises(KeyError, match="brightness"):
        explore(pictures(3), color_by="brihtness")
    ex.close()


def test_a_redefined_slicer_selects_anew(ready: Explorer) -> None:
    def few(frame: pd.DataFrame) -> np.ndarray:
        return np.arange(len(frame)) < 3

    dv.slicer(name="first few")(few)
    ready.select("first few")
    assert len(ready.selected) == 3
    before = ready._schema["generation"]

    def few(frame: pd.DataFrame) -> np.ndarray:
        return np.arange(len(frame)) < 5

    dv.slicer(name="first few")(few)
    assert len(ready.selected) == 5
    assert ready._schema["generation"] > before, "the browser asks for its mask again"
    ready.select(None)


def test_a_columns_version_changes_with_its_values_and_with_them_alone(ready: Explorer) -> None:
    ex = explore(ready.dataset.assign({1: 0, "1": 0}))

    def versions() -> dict:
        return {repr(c["name"]): c["version"] for c in ex._schema["columns"]}

    before = versions()
    ex._publish(ex.dataset.assign({"1": 5}))
    after = versions()
    assert {name for name in after if after[name] != before[name]} == {"'1'"}
    ex.close()


def test_a_closed_explorer_still_answers_in_python(ready: Explorer) -> None:
    ex = explore(ready.dataset)
    ex.on_select(print)
    ex.close()
    ex.close()
    ex.select(["row 4"])
    assert ex.selected.index.tolist() == ["row 4"]


def test_a_statistic_that_raises_is_told_in_the_interface() -> None:
    from dataview.plugins import registry

    dv.statistic(name="faulty")(lambda image: 1 / 0)
    try:
        ex = explore(pictures(6), embed=None).wait(timeout=60)
    finally:
        registry("statistic").unregister("faulty")
    assert "faulty" in ex._messages[-1]["text"] and "1 / 0" in ex._messages[-1]["detail"]
    ex.close()


def test_columns_and_maps_are_answered_as_buffers(ready: Explorer, ask: Callable) -> None:
    described = {c["text"]: c for c in ready._schema["columns"]}
    assert "image" not in described, "the pictures themselves are not a column to show"
    assert described["label"]["kind"] == "category" and described["label"]["role"] == "label"
    answer, (buffer,) = ask(ready, type="column", column=described["<b>"]["id"])
    assert np.frombuffer(buffer, answer["dtype"]).tolist() == list(range(60))
    answer, (buffer,) = ask(ready, type="projection", name="pca")
    assert np.array_equal(
        np.frombuffer(buffer, np.float32).reshape(-1, 2), ready.dataset.projections["pca"]
    )
    wire = {"op": "compare", "cmp": "==", "left": {"col": "label"}, "right": {"value": "red"}}
    answer, (buffer,) = ask(ready, type="mask", expr=wire)
    bits = np.unpackbits(np.frombuffer(buffer, np.uint8), bitorder="little")[:60]
    assert bits.tolist() == [1, 0] * 30
    for bad in (
        {"type": "column", "column": 99},
        {"type": "projection", "name": "x"},
        {"type": "x"},
    ):
        answer, buffers = ask(ready, **bad)
        assert not answer["ok"] and answer["error"] and not buffers


def test_thumbnails_and_samples_are_pictures(ready: Explorer, ask: Callable) -> None:
    answer, (packed,) = ask(ready, type="thumbnails", rows=[3, 59, 1000, -1], size=128)
    assert answer["rows"] == [3, 59] and answer["sizes"] == [[12, 12]] * 2
    for start, end, row in zip(
        answer["offsets"], answer["offsets"][1:], answer["rows"], strict=False
    ):
        shown = np.asarray(Image.open(io.BytesIO(packed[start:end])).convert("RGB"))
        assert np.array_equal(shown, pictures(60)[row])
    answer, (picture,) = ask(ready, type="sample", row=3)
    assert np.array_equal(
        np.asarray(Image.open(io.BytesIO(picture)).convert("RGB")), pictures(60)[3]
    )
    assert answer["index"] == "row 3"
    assert {"text": "<b>", "kind": "number", "group": "", "value": "3"} in answer["fields"]


def test_broken_files_are_rows_with_their_error(data: Path, ask: Callable) -> None:
    ex = explore(data / "broken", embed=None)
    ex.wait("scan", timeout=120)
    errors = ex.dataset.frame["error"]
    assert errors.notna().sum() > 50 and errors.isna().sum() > 150
    row = int(np.flatnonzero(errors.notna())[0])
    answer, _ = ask(ex, type="thumbnails", rows=[row], size=128)
    assert answer["mime"] == [""] and answer["errors"] == [errors.iloc[row]]
    answer, buffers = ask(ex, type="sample", row=row)
    assert answer["ok"] and answer["error"] == errors.iloc[row] and not buffers
    ex.close()


def test_what_cannot_be_explored_is_refused_at_the_call(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "photos").mkdir()
    Image.new("RGB", (8, 8)).save(tmp_path / "photos" / "a.png")
    with pytest.raises((ValueError, FileNotFoundError), match="empty"):
        explore(tmp_path / "empty")
    with pytest.raises(FileNotFoundError, match="photos"):
        explore(tmp_path / "photo")
    with pytest.raises(ValueError, match="weight"):
        explore(pd.DataFrame({"weight": [1.0], "height": [2.0]}))
    with pytest.raises(KeyError, match="label"):
        explore(pd.DataFrame({"image": list(pictures(3)), "label": 1}), label="lable")
    with pytest.raises(TypeError):
        explore(42)
    with pytest.raises(KeyError, match="umap"):
        explore(tmp_path / "photos", project="umpa")
    with pytest.raises(KeyError, match="resnet18"):
        explore(tmp_path / "photos", embed="resnet81")


def test_a_failing_embedder_is_told_in_place_and_the_rest_goes_on() -> None:
    def faulty(batch: np.ndarray) -> np.ndarray:
        raise ValueError("no such layer")

    ex = explore(pictures(20), embed=faulty)
    with pytest.raises(RuntimeError, match="no such layer"):
        ex.wait(timeout=60)
    states = {s["name"]: s["state"] for s in ex._progress["stages"]}
    assert states == {
        "scan": "done",
        "embedding": "failed",
        "pca": "cancelled",
        "umap": "cancelled",
    }
    assert "brightness" in ex.dataset.columns
    ex.close()


def test_cancel_ends_the_work_and_keeps_what_is_ready() -> None:
    ex = explore(pictures(400))
    ex.wait("scan", timeout=60)
    ex.cancel()
    with pytest.raises(dv.Cancelled):
        ex.wait(timeout=60)
    assert ex._progress["stages"][-1]["state"] == "cancelled"
    assert "brightness" in ex.dataset.columns
    ex.close()


def test_running_a_cell_again_cancels_what_its_last_run_began(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    runs = iter([("cell", "run 1"), ("other", "run 2"), ("cell", "run 3"), ("cell", "run 3")])
    monkeypatch.setattr("dataview.cells.running_cell", lambda: next(runs))
    made = [explore(pictures(300)) for _ in range(4)]
    assert [ex._stages.cancelled.is_set() for ex in made] == [True, False, False, False]
    for ex in made:
        ex.close()


@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_a_handful_of_images_is_explored_too(n: int) -> None:
    ex = explore(pictures(n)).wait(timeout=120)
    assert len(ex.dataset) == n
    ex.select(np.ones(n, bool))
    assert len(ex.selected) == n
    ex.close()


def test_the_static_picture_is_a_png_of_the_view(ready: Explorer) -> None:
    plain = ready.picture()
    assert Image.open(io.BytesIO(plain)).size == (960, 440)
    ready.select(["row 1", "row 2"])
    assert ready.picture() != plain
    data, _ = ready._bundle()
    assert {"image/png", "text/plain", "application/vnd.jupyter.widget-view+json"} <= set(data)
    assert data["text/plain"].startswith("Explorer(")
    ready.select(None)


@pytest.mark.skipif(os.name != "posix", reason="processes are counted with /proc")
def test_a_closed_explorer_leaves_no_process() -> None:
    ex = explore(pictures(500))
    ex.wait("embedding", timeout=60)
    ex.close()
    deadline = time.monotonic() + 20
    while _children() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not _children()


def _children() -> list[str]:
    me, found = os.getpid(), []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rsplit(")", 1)[1].split()
            command = status.with_name("cmdline").read_text()
        except OSError:
            continue
        if int(fields[1]) == me and fields[0] != "Z" and "dataview" in command:
            found.append(command)
    return found
