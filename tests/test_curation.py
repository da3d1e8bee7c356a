"""Decisions in an explorer: saved before they show, and on every version of the table."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import dataview as dv
from dataview.curation import HIDDEN, Curation
from dataview.decisions import Act, Log
from dataview.log_place import folder_of, open_log
from dataview.streams import Stream


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder of 24 images in two classes, from dark to bright."""
    folder = tmp_path / "photos"
    for i in range(24):
        place = folder / ("cat", "dog")[i % 2]
        place.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (16, 16), (10 * i,) * 3).save(place / f"{i}.png")
    return folder


def explored(x: Any, **options: Any) -> dv.Explorer:
    ex = dv.explore(x, project=None, embed=None, **options)
    ex.wait()
    return ex


def file_of(photos: Path) -> list[dict[str, Any]]:
    lines = (photos / ".dataview-decisions.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def ask(ex: dv.Explorer, request: str, **fields: Any) -> dict[str, Any]:
    """What the browser is answered."""
    content, _ = ex._curation.handlers[request](fields, threading.Event())
    return content


def test_looking_at_a_folder_writes_nothing_into_it(photos: Path) -> None:
    before = sorted(photos.rglob("*"))
    ex = explored(photos)
    ex.select("brightness < 0.2")
    assert len(ex.log) == 0
    assert sorted(photos.rglob("*")) == before


def test_an_act_is_in_the_folder_and_in_the_table(photos: Path) -> None:
    ex = explored(photos)
    ex.select("brightness < 0.2")
    chosen = ex.selected.index
    act = ex.tag("dark", why="nothing to be seen")
    assert ex.dataset.frame.query("dark").index.equals(chosen)
    (line,) = file_of(photos)
    assert (line["what"], line["name"], line["count"]) == ("tag", "dark", len(chosen))
    assert line["why"] == "nothing to be seen"
    assert dv.Expr.from_json(line["expression"]) == (dv.col("brightness") < 0.2)
    assert line["act"] == act.id


def test_a_folder_with_a_log_is_still_a_folder_of_classes_to_torchvision(photos: Path) -> None:
    datasets = pytest.importorskip("torchvision.datasets")
    explored(photos).tag("mine", ["cat/0.png"])
    read = datasets.ImageFolder(photos)
    assert read.classes == ["cat", "dog"]
    assert len(read) == 24


def test_what_ex_tag_has_returned_outlives_a_kill_of_the_kernel(photos: Path) -> None:
    code = f"""
        import dataview as dv

        ex = dv.explore({str(photos)!r}, embed=None)
        for i in range(10_000):
            print(ex.tag(f"tag {{i}}", ["cat/0.png"]).id, flush=True)
    """
    root = str(Path(__file__).resolve().parents[1])
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", textwrap.dedent(code)],
        stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": root},
    )  # fmt: skip
    assert process.stdout
    saved = [process.stdout.readline().strip() for _ in range(15)]
    process.send_signal(signal.SIGKILL)
    process.wait()
    ex = explored(photos)
    assert saved == [act.id for act in ex.log][:15]
    assert ex.dataset.frame.loc["cat/0.png", [f"tag {i}" for i in range(15)]].all()


def test_the_next_session_finds_every_decision(photos: Path) -> None:
    first = explored(photos)
    first.tag("dark", "brightness < 0.2")
    first.relabel("cow", "dark == True")
    first.exclude("brightness > 0.6")
    first.note("look again", ["cat/0.png"])
    first.save_slice("gray", "brightness > 0.4 and brightness < 0.6")
    second = explored(photos)
    ours, theirs = first.dataset.frame, second.dataset.frame
    pd.testing.assert_frame_equal(theirs[sorted(theirs.columns)], ours[sorted(ours.columns)])
    assert second.filter == HIDDEN
    assert second.slices == first.slices
    assert any("5 decisions" in message["text"] for message in second._messages)


def test_the_columns_survive_what_the_stages_publish(photos: Path) -> None:
    ex = dv.explore(photos, project="pca")
    ex.tag("mine", ["cat/0.png"])
    ex.wait()
    assert {"mine", "brightness"} <= set(ex.dataset.columns)
    assert ex.dataset["mine"].sum() == 1
    assert "pca" in ex.dataset.projections


def test_what_is_excluded_is_out_of_sight_until_it_is_asked_for(photos: Path) -> None:
    ex = explored(photos)
    ex.filter = dv.col("label") == "cat"
    ex.exclude(["cat/0.png", "dog/1.png"])
    assert ex.filter == (dv.col("label") == "cat") & HIDDEN
    ex.filter = None
    ex.exclude(["cat/2.png"])
    assert ex.filter is None  # the person wants to see them
    ex.exclude(["cat/0.png"], value=False)
    assert ex.dataset["excluded"].sum() == 2
    ex.undo_decision()
    ex.undo_decision()
    ex.undo_decision()
    assert "excluded" not in ex.dataset.columns


def test_undo_takes_the_filter_along_that_nothing_needs_any_more(photos: Path) -> None:
    ex = explored(photos)
    ex.exclude(["cat/0.png"])
    assert ex.filter == HIDDEN
    ex.undo_decision()
    assert ex.filter is None
    assert "excluded" not in ex.dataset.columns
    ex.redo_decision()
    assert ex.filter == HIDDEN
    assert [line["what"] for line in file_of(photos)] == ["exclude", "undo", "undo"]


def test_a_column_stays_while_the_view_refers_to_it(photos: Path) -> None:
    ex = explored(photos)
    ex.tag("mine", ["cat/0.png"])
    ex.color_by = "mine"
    ex.undo_decision()
    assert not ex.dataset["mine"].any()
    ex.color_by = None
    ex.tag("other", ["cat/0.png"])
    assert "mine" not in ex.dataset.columns


def test_slices_are_selected_by_name(photos: Path) -> None:
    ex = explored(photos)
    ex.save_slice("dark", "brightness < 0.2")
    ex.save_slice("these", ["cat/0.png", "dog/1.png"])
    ex.select("these")
    assert ex.selected.index.tolist() == ["cat/0.png", "dog/1.png"]
    ex.select("dark")
    assert ex.selection == (dv.col("brightness") < 0.2)
    assert {s["name"]: s["frozen"] for s in ex._slices} == {"dark": False, "these": True}
    assert list(ex.dataset.columns) == list(explored(photos).dataset.columns)


def test_a_lasso_is_frozen_to_its_rows_unless_it_is_told_otherwise(photos: Path) -> None:
    ex = dv.explore(photos, project="pca")
    ex.wait()
    box = dv.lasso([(-9, -9), (9, -9), (9, 9), (-9, 9)], on="pca")
    ex.select(box)
    assert ex.tag("around").frozen
    rule = ex.tag("rule", frozen=False)
    assert not rule.frozen
    assert isinstance(rule.expression, dv.expressions.Lasso)
    assert rule.expression.recipe == ex.dataset.projections.identity("pca")
    Image.new("RGB", (16, 16)).save(photos / "cat" / "new.png")
    replayed = dv.read(photos).replay(ex.log).replayed
    assert replayed is not None
    assert replayed["now"].tolist() == [24, 0]
    assert "pca" in replayed["problem"][1]


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda ex: ex.tag("brightness", "label == 'cat'"), "column 'brightness' of its own"),
        (lambda ex: ex.tag("path", "label == 'cat'"), "column 'path' of its own"),
        (lambda ex: ex.tag("label", "label == 'cat'"), "something else"),
        (lambda ex: ex.tag("excluded", "label == 'cat'"), "something else"),
        (lambda ex: ex.tag(" ", "label == 'cat'"), "needs a name"),
        (lambda ex: ex.tag("x"), "nothing is selected"),
        (lambda ex: ex.tag("x", "label == 'cow'"), "no row"),
        (lambda ex: ex.relabel("", "label == 'cat'"), "not empty"),
        (lambda ex: ex.note("  ", "label == 'cat'"), "needs a text"),
        (lambda ex: ex.note("x" * 20_000, "label == 'cat'"), "longer than"),
        (lambda ex: ex.save_slice("x", "nothing == 1"), "unknown column 'nothing'"),
        (lambda ex: ex.undo_decision(), "no decision"),
        (lambda ex: ex.undo_decision("0" * 16), "no act"),
        (lambda ex: ex.redo_decision(), "no decision"),
    ],
)
def test_what_cannot_be_is_refused_in_words_and_changes_nothing(
    photos: Path, act: Any, words: str
) -> None:
    ex = explored(photos)
    before = ex.dataset.frame
    with pytest.raises((ValueError, KeyError), match=words):
        act(ex)
    assert ex.dataset.frame.equals(before)
    assert not (photos / ".dataview-decisions.jsonl").exists()


def test_a_column_of_the_users_own_is_never_written_to() -> None:
    frame = pd.DataFrame({"image": [np.zeros((4, 4), np.uint8)] * 3, "excluded": [1, 2, 3]})
    ex = explored(frame)
    with pytest.raises(ValueError, match="of its own"):
        ex.exclude([0])
    assert ex.dataset["excluded"].tolist() == [1, 2, 3]


def test_labels_that_are_numbers_stay_numbers() -> None:
    ex = explored(np.zeros((4, 8, 8), np.uint8), label=[1, 2, 3, 4])
    ex.select([0])
    ex.relabel("4")
    assert ex.dataset["label"].tolist() == [4, 2, 3, 4]
    with pytest.raises(ValueError, match="whole numbers"):
        ex.relabel("four")


def test_a_relabel_where_there_is_no_label_makes_the_column_and_colours_by_it() -> None:
    ex = explored(np.zeros((4, 8, 8), np.uint8))
    ex.relabel("cat", [0, 1])
    assert ex.dataset.roles["label"] == "label"
    assert ex.color_by == "label"


def test_what_is_in_no_folder_is_kept_in_memory_and_says_so() -> None:
    ex = explored(np.zeros((4, 8, 8), np.uint8))
    ex.exclude([1])
    assert ex.log.path is None
    assert "log=" in ex._log["memory"]


def test_a_path_for_the_log_takes_any_data(tmp_path: Path) -> None:
    images = np.zeros((4, 8, 8), np.uint8)
    explored(images, log=tmp_path / "log.jsonl").exclude([1])
    ex = explored(images, log=tmp_path / "log.jsonl")
    assert ex.dataset["excluded"].tolist() == [False, True, False, False]


def test_a_path_in_no_folder_is_refused_before_anything_is_decided(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no folder for log="):
        dv.explore(np.zeros((4, 8, 8), np.uint8), log=tmp_path / "a" / "b" / "log.jsonl")


def test_a_place_that_cannot_be_written_is_said_and_nothing_is_lost(
    photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.open

    def refuse(path: Any, flags: int, *more: Any) -> int:
        if flags & os.O_CREAT and str(path).endswith(".jsonl"):
            raise OSError(30, "Read-only file system")
        return real(path, flags, *more)

    ex = explored(photos)
    monkeypatch.setattr(os, "open", refuse)
    act = ex.tag("mine", ["cat/0.png"])
    assert ex.log.path is None
    assert ex.log.acts == (act,)
    assert [m["text"] for m in ex._messages] == ["decisions are kept in memory only"]
    ex.tag("yours", ["cat/0.png"])
    assert len(ex._messages) == 1  # once


def test_a_full_disk_leaves_everything_as_it_was(
    photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ex = explored(photos)
    ex.tag("mine", ["cat/0.png"])
    before = ex.dataset.frame

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", full)
        with pytest.raises(OSError, match="not saved: No space left"):
            ex.exclude(["cat/0.png"])
    assert ex.dataset.frame.equals(before)
    assert len(file_of(photos)) == 1


def test_a_log_with_lines_that_are_no_acts_is_said_and_used(photos: Path) -> None:
    explored(photos).tag("mine", ["cat/0.png"])
    with (photos / ".dataview-decisions.jsonl").open("a") as file:
        file.write('{"act": "x", "what": "<script>alert(1)</script>"}\n')
    ex = explored(photos)
    assert ex.dataset["mine"].sum() == 1
    warning = next(m for m in ex._messages if m["level"] == "warning")
    assert "1 lines are no acts" in warning["text"]
    assert warning["detail"].startswith("line 2")


def test_a_file_that_is_no_log_is_left_alone(photos: Path) -> None:
    (photos / ".dataview-decisions.jsonl").write_text("mine\n")
    ex = explored(photos)
    ex.tag("t", ["cat/0.png"])
    assert ex.log.path is None
    assert "something else" in ex._log["memory"]
    assert (photos / ".dataview-decisions.jsonl").read_text() == "mine\n"


def test_where_a_log_belongs(photos: Path) -> None:
    ds = dv.read(photos)
    assert folder_of(ds) == str(photos)
    assert folder_of(ds[dv.col("label") == "cat"]) == str(photos)
    assert folder_of(dv.read(f"{photos}/*/*.png")) == str(photos)
    assert folder_of(dv.read(sorted(photos.rglob("*.png")))) is None
    assert folder_of(dv.read(np.zeros((2, 4, 4), np.uint8))) is None
    assert open_log(ds)[0].path == photos / ".dataview-decisions.jsonl"
    mine = Log()
    assert open_log(ds, mine) == (mine, "")


def test_a_part_of_a_view_goes_on_with_its_log(photos: Path) -> None:
    whole = explored(photos)
    whole.tag("mine", "label == 'cat'")
    part = explored(whole.dataset[dv.col("mine") == True])  # noqa: E712
    part.exclude(["cat/0.png"])
    assert part.log is whole.log
    assert [act.what for act in whole.log] == ["tag", "exclude"]


def test_explorers_of_one_log_show_each_others_decisions(photos: Path) -> None:
    whole = explored(photos)
    whole.tag("mine", "label == 'cat'")
    part = explored(whole.dataset[dv.col("mine") == True])  # noqa: E712
    part.exclude(["cat/0.png"])
    assert whole.dataset["excluded"].sum() == 1
    assert whole.filter == HIDDEN
    whole.undo_decision()
    assert "excluded" not in part.dataset.columns
    part.close()
    whole.exclude(["cat/2.png"])
    assert "excluded" not in part.dataset.columns


def test_an_act_that_is_appended_in_a_cell_shows_at_once(photos: Path) -> None:
    ex = explored(photos)
    ex.log.append(Act("tag", "mine", expression=dv.col("label") == "cat", count=12))
    assert ex.dataset["mine"].sum() == 12
    assert ex._log["acts"][0]["text"] == 'tag "mine"'


def test_another_kernels_acts_are_read_when_the_panel_is_opened(photos: Path) -> None:
    ex = explored(photos)
    ex.tag("mine", ["cat/0.png"])
    Log(ex.log.path).append(Act("tag", "theirs", rows=dv.rows(["cat/2.png"]), count=1))
    assert ask(ex, "refresh_log") == {"new": 1}
    assert ex.dataset["theirs"].sum() == 1


def test_what_does_not_apply_is_said_once_all_stages_have_ended(photos: Path) -> None:
    log = Log()
    log.append(Act("tag", "a", expression=dv.col("brightness") > 0.5, count=9))
    log.append(Act("tag", "b", expression=dv.col("gone") > 0.5, count=9))
    ex = explored(photos, log=log)
    assert ex.dataset["a"].any()
    (warning,) = [m for m in ex._messages if m["level"] == "warning"]
    assert warning["text"] == "1 decision does not apply here"
    assert "unknown column 'gone'" in warning["detail"]


def test_a_replayed_dataset_goes_on_with_its_log_and_keeps_another_apart(photos: Path) -> None:
    log = Log()
    log.append(Act("tag", "mine", rows=dv.rows(["cat/0.png"]), count=1))
    ds = dv.read(photos).replay(log)
    ex = explored(ds)
    assert ex.log is log
    ex.tag("mine", ["cat/2.png"])
    assert ex.dataset["mine"].sum() == 2
    other = explored(ds, log=Log())
    with pytest.raises(ValueError, match="of its own"):
        other.tag("mine", ["cat/2.png"])


def test_a_slicer_that_is_defined_later_is_looked_at_then(photos: Path) -> None:
    log = Log()
    log.append(Act("tag", "by_function", expression=dv.slicer("test_curation_cats"), count=12))
    ex = explored(photos, log=log)
    assert "by_function" not in ex.dataset.columns

    @dv.slicer(name="test_curation_cats")
    def cats(frame: pd.DataFrame) -> Any:
        return frame["label"] == "cat"

    try:
        assert ex.dataset["by_function"].sum() == 12
        assert "test_curation_cats" in [s["name"] for s in ex._slices]
        with pytest.raises(ValueError, match="there is a slicer"):
            ex.save_slice("test_curation_cats", "label == 'cat'")
    finally:
        dv.plugins.registry("slicer").unregister("test_curation_cats")


def test_the_browser_is_answered_when_it_is_saved(photos: Path) -> None:
    ex = explored(photos)
    at = {"op": "rows", "at": [0, 2]}
    said = ask(ex, "act", what="tag", name="mine", expr=at, frozen=None, why="so")
    assert said["count"] == 2
    assert said["saved"] is True
    assert file_of(photos)[0]["rows"] == ex.dataset.index[[0, 2]].tolist()
    ask(ex, "undo_act", act=said["act"])
    assert "mine" not in ex.dataset.columns
    ask(ex, "redo_act")
    assert ex.dataset["mine"].sum() == 2
    slice_ = ask(ex, "act", what="slice", name="two", expr=at)
    ask(ex, "rename_slice", act=slice_["act"], name="pair")
    assert list(ex.slices) == ["pair"]
    assert [act["text"] for act in ex._log["acts"] if not act["undone"]][-1] == 'tag "mine"'


@pytest.mark.parametrize(
    "request_",
    [
        {"what": "delete", "expr": {"op": "rows", "at": [0]}},
        {"what": "undo", "expr": {"op": "rows", "at": [0]}},
        {"what": "tag", "name": {"a": 1}, "expr": {"op": "rows", "at": [0]}},
        {"what": "tag", "name": "x", "expr": {"op": "rows", "at": [99]}},
        {"what": "tag", "name": "x", "expr": "os.system('x')"},
        {"what": "tag", "name": "x", "expr": {"op": "rows", "at": [0]}, "frozen": "yes"},
        {"what": "tag", "name": "x", "expr": {"op": "rows", "at": [0]}, "why": ["x"]},
        {"what": "relabel", "value": {"op": 1}, "expr": {"op": "rows", "at": [0]}},
        {"expr": {"op": "rows", "at": [0]}},
    ],
)
def test_a_malformed_request_is_refused_and_changes_nothing(photos: Path, request_: Any) -> None:
    ex = explored(photos)
    with pytest.raises((ValueError, KeyError, TypeError)):
        ask(ex, "act", **request_)
    assert len(ex.log) == 0
    assert not (photos / ".dataview-decisions.jsonl").exists()


def test_the_browser_cannot_write_what_only_python_says(photos: Path) -> None:
    ex = explored(photos)
    ex.set_state({"_slices": [{"name": "x"}], "_log": {"path": "/"}})
    assert ex._slices == []
    assert ex._log.get("path", "") != "/"


def test_a_message_that_nobody_knows_does_nothing(photos: Path) -> None:
    ex = explored(photos)
    ex._handle_msg({"content": {"data": {"method": "eval", "code": "1"}}, "buffers": []})
    ex._handle_msg({})
    assert len(ex.log) == 0


def test_acts_from_several_threads_are_all_there(photos: Path) -> None:
    ex = dv.explore(photos, project="pca")  # stages publish meanwhile
    threads = [
        threading.Thread(
            target=lambda n=n: [ex.tag(f"t{n}-{i}", [f"cat/{2 * n}.png"]) for i in range(5)]
        )
        for n in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    ex.wait()
    tags = {f"t{n}-{i}" for n in range(4) for i in range(5)}
    assert tags <= set(ex.dataset.columns)
    assert {"brightness"} <= set(ex.dataset.columns)
    assert len(file_of(photos)) == 20


def test_applying_again_costs_no_evaluation(photos: Path) -> None:
    calls = []

    @dv.slicer(name="test_curation_counted")
    def counted(frame: pd.DataFrame) -> Any:
        calls.append(time.monotonic())
        return frame["label"] == "cat"

    try:
        ex = explored(photos)
        ex.tag("mine", dv.slicer("test_curation_counted"))
        before = len(calls)
        for _ in range(5):
            ex._publish(ex.dataset.assign(more=1))
        assert len(calls) == before
        assert ex.dataset["mine"].sum() == 12
    finally:
        dv.plugins.registry("slicer").unregister("test_curation_counted")


def curated(ds: dv.Dataset) -> tuple[Curation, dict[str, Any]]:
    """A curation without an explorer, and what it shows."""
    shown: dict[str, Any] = {"dataset": ds, "said": []}
    curation = Curation(
        dataset=lambda: shown["dataset"],
        publish=lambda: shown.update(dataset=curation.apply(shown["dataset"])),
        selection=lambda: dv.rows([]),
        say=lambda *said: shown["said"].append(said),
        tell=lambda _: None,
    )
    curation.open(Log())
    return curation, shown


GESTURE = st.tuples(
    st.sampled_from(["tag", "exclude", "relabel", "note", "undo", "redo", "stage"]),
    st.sampled_from(["a", "b"]),
    st.sampled_from(["x > 3", "x < 5", "label == 'cat'", "label == 'new'", "a == True"]),
    st.booleans(),
    st.integers(0, 9),
)


@given(st.lists(GESTURE, max_size=14))
@settings(deadline=None, max_examples=100)
def test_what_is_shown_is_what_a_replay_of_the_log_gives(gestures: list[Any]) -> None:
    frame = pd.DataFrame({"x": range(8), "label": ["cat", "dog"] * 4}, index=list("abcdefgh"))
    stream = Stream(np.zeros((8, 2, 2), np.uint8))
    own = dv.Dataset(frame, streams={"image": stream}, roles={"label": "label"})
    curation, shown = curated(own)
    for what, name, query, frozen, number in gestures:
        try:
            if what == "undo":
                stand = [act.id for act in curation.log.standing if act.what != "undo"]
                curation.undo(stand[number % len(stand)] if stand else None)
            elif what == "redo":
                curation.redo()
            elif what == "stage":  # of the pipeline, whose dataset knows of no decisions
                own = own.assign({f"found{number}": number})
                shown["dataset"] = curation.apply(own)
            else:
                value = {"relabel": "new", "note": name}.get(what, number % 3 > 0)
                name = name if what == "tag" else ""
                chosen = dv.parse(query)
                curation.act(what, name=name, value=value, chosen=chosen, frozen=frozen)
        except (ValueError, KeyError):
            pass  # nothing is selected, no such column, nothing to take back
        replayed = own.replay(curation.log).frame
        now = shown["dataset"].frame
        pd.testing.assert_frame_equal(now[sorted(now.columns)], replayed[sorted(replayed.columns)])
        assert shown["dataset"].without_decisions().frame.equals(own.frame)
