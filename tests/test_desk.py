"""The desk: plugins that are listed, run, stopped and survived, without a browser."""

from __future__ import annotations

import io
import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Annotated, Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import dataview as dv
from dataview import transformed
from dataview.desk import Desk
from dataview.displays import display_data
from dataview.live import State
from dataview.plugins import KINDS, Plugin, registry
from dataview.progress import Cancelled
from dataview.results import PluginError
from dataview.runs import ENDED
from dataview.transformed import as_picture
from tests.test_explorer import pictures

N = 20


class Browser:
    """What the browser is told, and the requests that it makes."""

    def __init__(self, ds: dv.Dataset) -> None:
        self.state = State(ds)
        self.traits: dict[str, Any] = {}
        self.said: list[tuple[str, ...]] = []
        self.desk = Desk(
            state=lambda: self.state,
            refresh=self.refresh,
            say=lambda *words: self.said.append(words),
            tell=self.tell,
        )
        self.desk.live._delay = 0.01
        self.desk.begin()

    def tell(self, traits: dict[str, Any]) -> None:
        self.traits |= json.loads(json.dumps(traits, allow_nan=False))

    def refresh(self) -> None:
        self.change(dataset=self.desk.apply(self.state.dataset))

    def change(self, **parts: Any) -> None:
        self.state = State(**{**vars(self.state), **parts})
        self.desk.published()

    def ask(self, type: str, **request: Any) -> tuple[dict[str, Any], list[bytes]]:
        return self.desk.handlers[type]({"type": type, "id": 1, **request}, threading.Event())

    def plugin(self, name: str) -> dict[str, Any] | None:
        return next((p for p in self.traits["_plugins"]["plugins"] if p["name"] == name), None)

    def run(self, kind: str, name: str, **parameters: Any) -> dict[str, Any]:
        """A run from its beginning to its end, as the browser sees it."""
        number = self.ask("run_plugin", kind=kind, name=name, parameters=parameters)[0]["run"]
        return self.ended(number)

    def ended(self, number: int) -> dict[str, Any]:
        return self.until(
            lambda: next(
                (r for r in self.traits["_runs"] if r["id"] == number and r["state"] in ENDED), None
            )
        )

    def panel(self, name: str, **wanted: Any) -> dict[str, Any]:
        """A panel or metric, once it is as wanted."""
        return self.until(
            lambda: next(
                (
                    p
                    for p in self.traits.get("_panels", [])
                    if p["name"] == name and all(p.get(k) == v for k, v in wanted.items())
                ),
                None,
            )
        )

    def until(self, look: Callable[[], Any], seconds: float = 20) -> Any:
        end = time.monotonic() + seconds
        while not (found := look()):
            assert time.monotonic() < end, self.traits
            time.sleep(0.01)
        return found


@pytest.fixture(autouse=True)
def _own_registries() -> Iterator[None]:
    before = {kind: dict(registry(kind)._plugins) for kind in KINDS}
    yield
    for kind in KINDS:
        registry(kind)._plugins = before[kind]


@pytest.fixture
def browser() -> Iterator[Browser]:
    images = pictures(N)
    frame = pd.DataFrame({"image": list(images), "x": range(N), "right": [True, False] * (N // 2)})
    made = Browser(dv.read(frame).with_vectors("mean", images.mean(axis=(1, 2))))
    yield made
    made.desk.close()


def test_what_is_defined_is_listed_at_once_with_its_controls_and_gone_when_removed(browser) -> None:
    @dv.clusterer
    def bands(vectors, k: Annotated[int, dv.bounds(2, 9)] = 3):
        """Equal parts.

        More words."""
        return vectors[:, 0] > k

    told = browser.plugin("bands")
    assert told["doc"] == "Equal parts." and told["removable"] and told["columns"] == []
    assert told["parameters"] == [
        {"name": "k", "kind": "integer", "value": 3, "low": 2, "high": 9, "step": None}
    ]
    browser.ask("remove_plugin", kind="clusterer", name="bands")
    assert browser.plugin("bands") is None and "bands" not in registry("clusterer")


def test_a_run_adds_its_column_and_a_cell_that_runs_again_marks_it_and_keeps_the_values(browser):
    def bands(vectors, k: Annotated[int, dv.bounds(2, 9)] = 3, gone: bool = False):
        return np.arange(N) % k

    bands.__module__ = "__main__"
    dv.clusterer(bands)
    run = browser.run("clusterer", "bands", k=4, gone=True)
    assert run["state"] == "done" and run["message"] == ""
    assert browser.state.dataset["bands"].nunique() == 4
    assert browser.state.dataset.history[-1] == 'dv.run(ds, "bands", k=4, gone=True)'
    told = browser.plugin("bands")
    assert told["columns"] == ["bands"] and not told["stale"]
    assert told["values"] == {"k": 4, "gone": True}

    def newer(vectors, k: Annotated[int, dv.bounds(2, 5)] = 3, added: str = ""):
        return np.arange(N) % k + 1

    newer.__module__ = "__main__"
    dv.clusterer(newer, name="bands")
    told = browser.plugin("bands")
    assert told["stale"] and told["values"] == {"k": 4}, "what still exists and fits is kept"
    browser.run("clusterer", "bands", **told["values"])
    assert (
        set(browser.state.dataset["bands"]) == {1, 2, 3, 4} and not browser.plugin("bands")["stale"]
    )
    assert list(browser.state.dataset.columns) == ["image", "x", "right", "bands"]


def test_what_was_found_survives_the_datasets_that_stages_publish(browser) -> None:
    dv.sorter(name="by")(lambda frame: -frame.x)
    before = browser.state.dataset
    browser.run("sorter", "by")
    newer = browser.desk.apply(before.assign(more=1))
    assert list(newer["by"]) == list(range(N))[::-1] and "more" in newer.columns
    assert browser.desk.apply(newer) is newer


def bad_raises(vectors):
    raise RuntimeError("on <b>purpose</b>")


def bad_exits(vectors):
    sys.exit("bye")


class Wordless(BaseException):
    def __str__(self):
        raise RuntimeError("no words")

    __repr__ = __str__


def bad_words(vectors):
    raise Wordless


def bad_repr(vectors):
    class Unshowable:
        def __repr__(self):
            raise RuntimeError("cannot be shown")

        __hash__ = None

    return [Unshowable()] * N


def bad_shape(vectors):
    return np.zeros(N - 1)


def bad_recursion(vectors):
    return bad_recursion(vectors)


def bad_huge(vectors):
    return (f"{i}" * 10_000 for i in range(10**9))


def bad_interrupts(vectors):
    raise KeyboardInterrupt


def bad_memory(vectors):
    raise MemoryError


def bad_result(vectors):
    class Liar(list):
        def __len__(self):
            return -1

    return Liar()


def bad_array(vectors):
    class Array:
        def __array__(self, *args, **kwargs):
            raise RuntimeError("no array after all")

    return Array()


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (bad_raises, "RuntimeError: on <b>purpose</b>"),
        (bad_exits, "SystemExit: bye"),
        (bad_words, "Wordless: (it has no words: its __str__ fails)"),
        (bad_repr, "bad_repr returned what cannot be labels"),
        (bad_shape, f"bad_shape returned ({N - 1},) labels for {N} rows"),
        (bad_recursion, "RecursionError"),
        (bad_huge, f"bad_huge returned more than {N} labels"),
        (bad_interrupts, "KeyboardInterrupt"),
        (bad_memory, "MemoryError"),
        (bad_result, "bad_result returned a Liar, not labels"),
        (bad_array, "no array after all"),
    ],
)
def test_the_worst_plugins_fail_in_words_and_harm_nothing(browser, bad, words) -> None:
    dv.clusterer(bad)
    before = browser.state.dataset
    run = browser.run("clusterer", bad.__name__)
    assert run["state"] == "failed" and words in run["message"] and len(run["message"]) < 600
    assert "dataview/running.py" not in run["traceback"], "only the user's frames"
    assert browser.state.dataset is before
    dv.clusterer(name="good")(lambda vectors: np.zeros(N, int))
    assert browser.run("clusterer", "good")["state"] == "done"


def test_the_traceback_has_the_users_own_lines(browser) -> None:
    dv.clusterer(bad_raises)
    trace = browser.run("clusterer", "bad_raises")["traceback"]
    assert 'raise RuntimeError("on <b>purpose</b>")' in trace and "test_desk.py" in trace


def test_one_that_hangs_is_stopped_and_one_that_does_not_react_is_left_behind(browser) -> None:
    @dv.clusterer
    def endless(vectors):
        while True:
            pass

    begun, late = threading.Event(), threading.Event()

    @dv.clusterer
    def deaf(vectors):
        begun.set()
        for _ in range(200):
            try:
                late.wait(0.05)
                if late.is_set():
                    break
            except BaseException:
                pass
        return np.zeros(N, int)

    number = browser.ask("run_plugin", kind="clusterer", name="endless")[0]["run"]
    browser.until(lambda: browser.desk._runs[number][1].longest > 0)
    browser.ask("stop_run", run=number)
    assert browser.ended(number)["state"] == "stopped"

    number = browser.ask("run_plugin", kind="clusterer", name="deaf")[0]["run"]
    assert begun.wait(10)
    _, run = browser.desk._runs[number]
    run._patience = 0.3
    browser.ask("stop_run", run=number)
    told = browser.ended(number)
    assert told["state"] == "abandoned" and "deaf does not react" in told["message"]
    before = browser.state.dataset
    late.set()
    run._worker.join(10)
    assert not run._worker.is_alive() and browser.state.dataset is before
    assert next(r for r in browser.traits["_runs"] if r["id"] == number)["state"] == "abandoned"


def test_a_second_run_takes_the_place_of_the_one_that_runs(browser) -> None:
    @dv.clusterer
    def slow(vectors, wait: bool = True):
        while wait:
            time.sleep(0.01)
        return np.zeros(N, int)

    first = browser.ask("run_plugin", kind="clusterer", name="slow")[0]["run"]
    run = browser.desk._runs[first][1]
    assert browser.run("clusterer", "slow", wait=False)["state"] == "done"
    assert run.wait(10) and run.state == "stopped"
    assert "slow" in browser.state.dataset.columns


def test_what_a_plugin_prints_or_warns_breaks_nothing(browser, capfd) -> None:
    import warnings

    @dv.clusterer
    def loud(vectors):
        print("x" * 100_000)
        sys.stderr.write("on stderr")
        warnings.warn("look out", stacklevel=1)
        return np.zeros(N, int)

    assert browser.run("clusterer", "loud")["state"] == "done"


def test_a_statistic_that_fails_on_some_images_keeps_the_others_and_says_so(browser) -> None:
    @dv.statistic
    def some(image):
        return 1 / int(image[0, -1, 0] > 99)

    run = browser.run("statistic", "some")
    assert run["state"] == "done" and run["message"] == f"some failed on {N // 2} images"
    assert "ZeroDivisionError" in run["traceback"]
    assert browser.state.dataset["some"].notna().sum() == N // 2


@pytest.mark.parametrize(
    "request_",
    [
        {"type": "run_plugin", "kind": "clusterer", "name": "nobody"},
        {"type": "run_plugin", "kind": "eval", "name": "print"},
        {"type": "run_plugin", "kind": ["statistic"], "name": {}},
        {"type": "run_plugin", "kind": "clusterer", "name": "mine", "parameters": {"k": 99}},
        {"type": "run_plugin", "kind": "clusterer", "name": "mine", "parameters": {"__class__": 1}},
        {"type": "run_plugin", "kind": "clusterer", "name": "mine", "parameters": "k=3"},
        {"type": "stop_run", "run": "all"},
        {"type": "stop_run"},
        {"type": "dismiss_run", "run": 10**9},
        {"type": "remove_plugin", "kind": "__dict__", "name": "mine"},
        {"type": "open_panel", "kind": "clusterer", "name": "mine"},
        {"type": "panel_output", "name": "mine"},
        {"type": "transformed", "name": "mine", "rows": [0]},
    ],
)
def test_a_hostile_request_is_refused_and_changes_nothing(browser, request_) -> None:
    @dv.clusterer
    def mine(vectors, k: Annotated[int, dv.bounds(1, 9)] = 3):
        return np.zeros(N, int)

    before = browser.state.dataset
    with pytest.raises((KeyError, ValueError, TypeError)):
        browser.ask(**request_)
    assert browser.state.dataset is before and "mine" in registry("clusterer")


def test_a_slicer_that_is_only_tried_adds_no_column(browser) -> None:
    dv.slicer(name="wrong")(lambda frame: ~frame.right)
    dv.slicer(name="broken")(lambda frame: frame.nobody)
    number = browser.ask("run_plugin", kind="slicer", name="wrong", check=True)[0]["run"]
    assert browser.ended(number)["state"] == "done"
    assert "wrong" not in browser.state.dataset.columns
    number = browser.ask("run_plugin", kind="slicer", name="broken", check=True)[0]["run"]
    assert "nobody" in browser.ended(number)["message"]
    browser.run("slicer", "wrong")
    assert browser.state.dataset["wrong"].sum() == N // 2


# ------------------------------------------------------------------ metrics, panels


def test_a_metric_follows_selection_filter_and_its_own_cell(browser) -> None:
    @dv.metric
    def accuracy(frame):
        return frame.right.mean()

    assert browser.panel("accuracy", state="done")["values"] == {"all": 0.5}
    browser.change(selection=dv.col("right") == True, filter=dv.col("x") < 5)  # noqa: E712
    values = {"all": 0.5, "shown": 0.6, "selected": 1.0}
    browser.panel("accuracy", values=values)

    def newer(frame, twice: bool = False):
        return len(frame)

    newer.__module__, newer.__qualname__ = accuracy.__module__, accuracy.__qualname__
    dv.metric(newer, name="accuracy")
    browser.panel("accuracy", values={"all": 20, "shown": 5, "selected": 10})
    dv.plugins.remove("accuracy")
    browser.until(lambda: browser.traits["_panels"] == [])


@pytest.mark.parametrize(
    ("returned", "words"),
    [("many", "returned a str; a metric is a number"), ([1], "returned a list"), (None, "")],
)
def test_a_metric_that_is_no_number_says_so(browser, returned, words) -> None:
    dv.metric(name="odd")(lambda frame: returned)
    told = browser.panel("odd", state="failed" if words else "done")
    assert words in told["message"] and (words or told["values"] == {"all": None})


def test_a_panel_is_drawn_for_the_newest_selection_only_while_the_old_one_stays(browser) -> None:
    seen, hold = [], threading.Event()

    @dv.panel
    def picture(selection):
        seen.append(len(selection))
        while len(selection) == 7 and not hold.is_set():
            time.sleep(0.01)
        return f"{len(selection)} rows"

    browser.ask("open_panel", name="picture")
    first = browser.panel("picture", state="done")
    assert first["rows"] == "all" and first["count"] == N and first["version"] == 1
    browser.change(selection=dv.col("x") < 7)
    browser.until(lambda: 7 in seen)
    assert browser.ask("panel_output", name="picture")[0]["data"]["text/plain"] == "20 rows"
    for k in (8, 9, 10):
        browser.change(selection=dv.col("x") < k)
    told = browser.panel("picture", state="done", count=10)
    assert told["rows"] == "selected" and told["version"] == 2
    assert seen in ([20, 7, 10], [20, 7, 8, 10], [20, 7, 9, 10], [20, 7, 8, 9, 10])
    content, _ = browser.ask("panel_output", name="picture")
    assert content["data"] == {"text/plain": "10 rows"} and content["version"] == 2


def test_a_panel_gets_the_dataset_if_it_asks_and_the_shown_rows_where_nothing_is_selected(browser):
    @dv.panel
    def both(frame, dataset, prefix: str = "n="):
        assert isinstance(dataset, dv.Dataset) and dataset.index.equals(frame.index)
        return f"{prefix}{len(frame)} {dataset.image(0).shape}"

    browser.change(filter=dv.col("x") < 4)
    browser.ask("open_panel", name="both", parameters={"prefix": "count "})
    told = browser.panel("both", state="done")
    assert (told["rows"], told["count"]) == ("shown", 4)
    content, _ = browser.ask("panel_output", name="both")
    assert content["data"]["text/plain"] == "count 4 (12, 12, 3)"
    browser.ask("close_panel", name="both")
    with pytest.raises(KeyError, match="unknown open panel 'both'"):
        browser.ask("panel_output", name="both")


def test_a_panel_that_fails_keeps_what_it_showed_and_tries_again_with_the_next_selection(browser):
    @dv.panel
    def picky(selection):
        return f"{1 / (len(selection) - 3):.1f}"

    browser.ask("open_panel", name="picky")
    browser.panel("picky", state="done")
    browser.change(selection=dv.col("x") < 3)
    told = browser.panel("picky", state="failed")
    assert "ZeroDivisionError" in told["message"] and told["version"] == 1
    browser.change(selection=dv.col("x") < 5)
    assert browser.panel("picky", state="done", count=5)["version"] == 2


def test_a_panel_that_hangs_is_stopped_and_not_begun_again_until_something_changes(browser) -> None:
    seen = []

    @dv.panel
    def endless(selection):
        seen.append(1)
        while True:
            pass

    browser.ask("open_panel", name="endless")
    browser.panel("endless", state="running")
    browser.until(lambda: seen)
    browser.ask("stop_panel", kind="panel", name="endless")
    browser.panel("endless", state="stopped")
    time.sleep(0.3)
    assert seen == [1]
    browser.change(selection=dv.col("x") < 3)
    browser.until(lambda: len(seen) == 2)


def test_figures_of_matplotlib_are_pictures_and_are_closed(browser) -> None:
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    @dv.panel
    def drawn(selection):
        plt.plot([1, 2])  # and nothing is returned

    @dv.panel
    def axes(selection):
        return plt.subplots()[1]

    for name in ("drawn", "axes"):
        browser.ask("open_panel", name=name)
        browser.panel(name, state="done")
        content, buffers = browser.ask("panel_output", name=name)
        assert content["binary"] == ["image/png"]
        assert Image.open(io.BytesIO(buffers[0])).format == "PNG"
    assert plt.get_fignums() == []


def test_what_a_notebook_can_display_travels_as_data() -> None:
    class Rich:
        def _repr_mimebundle_(self, include=None, exclude=None):
            return {"application/vnd.vegalite.v5+json": {"a": [1]}, "text/plain": "chart"}, {}

    class Nothing:
        def _repr_html_(self):
            return None

        def __repr__(self):
            return "nothing"

    class Failing:
        def _repr_html_(self):
            raise RuntimeError("not today")

    assert display_data(Rich())["application/vnd.vegalite.v5+json"] == {"a": [1]}
    assert display_data(Nothing()) == {"text/plain": "nothing"}
    assert display_data(pd.DataFrame)["text/plain"].startswith("<class")
    assert set(display_data(Image.new("RGB", (2, 2)))) >= {"image/png"}
    with pytest.raises(RuntimeError, match="not today"):
        display_data(Failing())
    with pytest.raises(ValueError, match="up to 16 MB"):
        display_data(type("Big", (), {"_repr_html_": lambda self: "x" * (17 << 20)})())


# ------------------------------------------------------------------ transforms


def test_a_transform_is_a_picture_for_every_row_and_what_fails_says_why(browser) -> None:
    @dv.transform
    def inverted(image, amount: Annotated[float, dv.bounds(0, 1)] = 1.0):
        if image[0, -1, 0] > 99:
            raise ValueError("<b>red</b>")
        return 255 - amount * image

    request = {"name": "inverted", "rows": [1, 0, 10**6, "x"], "size": 96}
    content, buffers = browser.ask("transformed", **request, parameters={"amount": 1.0})
    assert content["rows"] == [1, 0] and content["sizes"][0] == [12, 12]
    assert content["errors"] == [None, "ValueError: <b>red</b>"]
    start, end = content["offsets"][:2]
    got = np.asarray(Image.open(io.BytesIO(buffers[0][start:end])).convert("RGB")).astype(int)
    assert np.abs(got - (255 - pictures(N)[1].astype(int))).max() <= 1  # a PNG, for it is small
    with pytest.raises(ValueError, match="amount is a number from 0 to 1"):
        browser.ask("transformed", **request, parameters={"amount": 7})


@pytest.mark.parametrize(
    ("value", "shape"),
    [
        (np.zeros((4, 5)), (4, 5, 3)),
        (np.ones((4, 5, 1), bool), (4, 5, 3)),
        (np.ones((4, 5, 4), np.float32), (4, 5, 3)),
        (np.full((4, 5, 3), 300.0), (4, 5, 3)),
        (Image.new("L", (5, 4)), (4, 5, 3)),
    ],
)
def test_what_image_libraries_return_is_a_picture(value, shape) -> None:
    got = as_picture(Plugin("transform", "t", len), value)
    assert got.shape == shape and got.dtype == np.uint8


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "returned None, not an image"),
        ("text", "returned a str"),
        (np.zeros((3, 40, 50)), r"shape \(3, 40, 50\); an image is \(height, width, 3\)"),
        (np.zeros((0, 4, 3)), "shape"),
        (np.zeros((4, 4, 3), complex), "not an image"),
        ([[1, 2], [3]], "."),
    ],
)
def test_what_is_no_picture_is_told_in_words(value, words) -> None:
    with pytest.raises(ValueError, match=words):
        as_picture(Plugin("transform", "t", len), value)


def test_a_transform_that_hangs_is_given_up_until_it_is_defined_anew(browser, monkeypatch) -> None:
    monkeypatch.setattr(transformed, "_SLOW", 0.2)

    def hangs(image):
        while True:
            pass

    dv.transform(hangs, name="hangs")
    with pytest.raises(PluginError, match="took more than 0 s for an image"):
        browser.ask("transformed", name="hangs", rows=[0], size=64)
    begun = time.monotonic()
    with pytest.raises(PluginError, match="took more than"):
        browser.ask("transformed", name="hangs", rows=[1], size=64)
    assert time.monotonic() - begun < 0.2, "it is not tried again"
    dv.plugins.remove("hangs")
    dv.transform(lambda image: image, name="hangs")
    assert browser.ask("transformed", name="hangs", rows=[0], size=64)[0]["errors"] == [None]


# ------------------------------------------------------------------ the explorer


def test_ex_run_waits_for_the_column_and_raises_what_the_plugin_raises() -> None:
    ex = dv.explore(pictures(N), embed=None)
    ex.wait(timeout=60)

    @dv.statistic
    def redness(image, scale: float = 1.0):
        return image[..., 0].mean() * scale

    done = ex.run("redness", scale=2)
    assert done is ex.dataset and "redness" in [c["name"] for c in ex._schema["columns"]]
    ex.color_by = "redness"

    @dv.statistic
    def broken(image):
        raise RuntimeError("no")

    with pytest.raises(ValueError, match="broken failed on all images"):
        ex.run("broken")
    with pytest.raises(KeyError, match="did you mean 'redness'"):
        ex.run("rednes")
    with pytest.raises(Cancelled):
        ex._desk.run = lambda plugin, params, run=ex._desk.run: _stopped(
            ex._desk, run(plugin, params)
        )
        dv.sorter(name="slow")(lambda frame: time.sleep(5))
        ex.run("slow")
    assert ex._runs[-1]["state"] in ("stopped", "abandoned")
    ex.close()


def _stopped(desk: Desk, number: int) -> int:
    desk._runs[number][1].stop()
    return number


def test_columns_of_plugins_survive_while_stages_go_on() -> None:
    @dv.sorter
    def backwards(frame):
        return -np.arange(len(frame))

    ex = dv.explore(pictures(200), project="pca")
    ex.run("backwards")
    ex.wait(timeout=120)
    assert {"backwards", "brightness"} <= set(ex.dataset.columns)
    assert ex.map == "pca" and 'dv.run(ds, "backwards")' in ex.dataset.history
    ex.close()


def test_an_explorer_opens_though_a_registered_statistic_never_ends() -> None:
    begun = threading.Event()

    @dv.statistic
    def endless(image):
        begun.set()
        while True:
            pass

    ex = dv.explore(pictures(12), embed=None)
    assert begun.wait(30) and len(ex.dataset) == 12
    ex.cancel()
    with pytest.raises(Cancelled):
        ex.wait(timeout=30)
    ex.close()
