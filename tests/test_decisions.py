"""The log of decisions: nothing that was reported as saved is lost, and nothing in a file is run."""

import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import dataview as dv
from dataview.decisions import Act, Log, read_log

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
name = text.filter(lambda t: t.strip() != "")
values = st.one_of(text, st.integers(-(2**70), 2**70), st.floats(allow_nan=False), st.booleans())


@st.composite
def expressions(draw: Any) -> dv.Expr:
    column = dv.col(draw(name))
    leaf = draw(
        st.sampled_from(
            [
                lambda: column == draw(values),
                lambda: column.isnull(),
                lambda: column.contains(draw(text)),
                lambda: dv.slicer(draw(name)),
                lambda: dv.lasso([(0, 0), (1, draw(st.floats(-9, 9))), (2, 0)], on=draw(name)),
                lambda: dv.rows(draw(st.lists(st.one_of(text, st.integers())))),
            ]
        )
    )()
    expr: dv.Expr = ~leaf if draw(st.booleans()) else leaf
    return expr


@st.composite
def acts(draw: Any) -> Act:
    what = draw(st.sampled_from(["slice", "tag", "exclude", "relabel", "note"]))
    frozen = draw(st.booleans())
    return Act(
        what,
        draw(name) if what in ("slice", "tag") else "",
        {
            "tag": draw(st.sampled_from([None, True, False])),
            "exclude": draw(st.sampled_from([None, True, False])),
            "relabel": draw(values.filter(lambda value: value != "")),
            "note": draw(name),
        }.get(what),
        expression=None if frozen and draw(st.booleans()) else draw(expressions()),
        rows=dv.rows(draw(st.lists(st.one_of(text, st.integers())))) if frozen else None,
        count=draw(st.integers(0, 2**40)),
        why=draw(text),
        who=draw(text),
    )


@given(acts())
def test_an_act_survives_the_file(act: Act) -> None:
    line = json.dumps(act.to_json())
    assert "\n" not in line
    assert Act.from_json(json.loads(line)) == act


@given(st.lists(acts(), max_size=6, unique_by=lambda act: act.id))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
def test_a_log_read_again_is_the_same_log(tmp_path_factory: Any, made: list[Act]) -> None:
    path = tmp_path_factory.mktemp("log") / "decisions.jsonl"
    log = Log(path)
    for act in made:
        log.append(act)
    assert path.exists() == bool(made)
    again = Log(path)
    assert again.acts == tuple(made)
    assert again.refused == ()
    assert len(log.diff(again)) == 0
    assert log.frame["id"].tolist() == [act.id for act in made]


def some(what: str = "tag", name: str = "blurry", **more: Any) -> Act:
    if what in ("exclude", "relabel", "note"):
        name = ""
    return Act(what, name, expression=more.pop("expression", dv.col("x") > 1), **more)


# ---------------------------------------------------------------------------------------- crashes

APPENDING = """
    import sys
    from dataview import col
    from dataview.decisions import Act, Log

    log = Log(sys.argv[1])
    for number in range(int(sys.argv[2])):
        act = log.append(Act("note", value=f"note {number} " + "x" * 3000, expression=col("x") > number))
        print(act.id, flush=True)
"""


def appending(path: Path, count: int) -> subprocess.Popen[str]:
    code = textwrap.dedent(APPENDING)
    root = str(Path(__file__).resolve().parents[1])
    return subprocess.Popen(
        [sys.executable, "-c", code, str(path), str(count)],
        stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": root},
    )  # fmt: skip


@pytest.mark.parametrize("after", [1, 7, 40])
def test_every_act_that_was_saved_outlives_a_kill(tmp_path: Path, after: int) -> None:
    path = tmp_path / "decisions.jsonl"
    process = appending(path, 100_000)
    assert process.stdout
    saved = [process.stdout.readline().strip() for _ in range(after)]
    process.send_signal(signal.SIGKILL)
    process.wait()
    saved += process.stdout.read().split()[: -1 or None]
    there = [act.id for act in Log(path)]
    assert [act for act in saved if len(act) == 16 and act not in there] == []


def test_two_processes_do_not_tear_each_others_lines(tmp_path: Path) -> None:
    path = tmp_path / "decisions.jsonl"
    processes = [appending(path, 40) for _ in range(2)]
    said = [process.communicate()[0].split() for process in processes]
    log = read_log(path)
    for ids in said:
        assert [act.id for act in log if act.id in ids] == ids
    assert len(log) == 80


def test_a_torn_end_is_cut_off_by_the_next_act_and_nothing_else_is(tmp_path: Path) -> None:
    path = tmp_path / "decisions.jsonl"
    first = Log(path).append(some())
    whole = path.read_bytes()
    for end in range(1, len(whole) - 1, 7):
        path.write_bytes(whole + whole[:end])
        log = Log(path)
        assert log.acts == (first,)
        assert log.refused == ()
        second = log.append(some("exclude"))
        assert read_log(path).acts == (first, second)


def test_the_torn_end_of_another_file_is_never_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "labels.json"
    path.write_text('{"images": [1, 2, 3]}')
    with pytest.raises(ValueError, match="something else"):
        Log(path).append(some())
    assert path.read_text() == '{"images": [1, 2, 3]}'


def test_a_file_that_is_no_log_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(ValueError, match="line 1: not JSON"):
        Log(path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises((ValueError, OSError)):
        Log(tmp_path / "pipe").append(some())


def test_an_act_that_could_not_be_written_is_not_in_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = Log(tmp_path / "decisions.jsonl")
    log.append(some())
    size = (tmp_path / "decisions.jsonl").stat().st_size

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            log.append(some("exclude"))
    assert len(log) == 1
    assert (tmp_path / "decisions.jsonl").stat().st_size == size
    log.append(some("exclude"))
    assert len(read_log(tmp_path / "decisions.jsonl")) == 2


def test_what_another_kernel_appended_comes_before_the_next_act(tmp_path: Path) -> None:
    anna, ben = (Log(tmp_path / "log.jsonl", who=who) for who in ("anna", "ben"))
    anna.append(some())
    ben.append(some("exclude"))
    assert [act.who for act in ben] == ["anna", "ben"]
    assert anna.refresh() == 1
    assert anna.acts == ben.acts


def test_a_file_that_was_replaced_or_deleted_meanwhile_takes_no_act(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    log = Log(path)
    log.append(some())
    whole = path.read_bytes()
    path.unlink()
    with pytest.raises(FileNotFoundError, match="moved or deleted"):
        log.append(some("exclude"))
    assert not path.exists()
    Log(path).append(some("exclude"))
    with pytest.raises(ValueError, match="replaced"):
        log.append(some("exclude"))
    path.write_bytes(whole)  # a copy of the same log, as from a colleague
    theirs = Log(path).append(some("note", value="theirs"))
    ours = log.append(some("exclude"))
    assert log.acts[1:] == (theirs, ours)


def test_a_link_in_somebody_elses_folder_is_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("")
    (tmp_path / "decisions.jsonl").symlink_to(victim)
    with pytest.raises(OSError, match="symbolic link"):
        Log(tmp_path / "decisions.jsonl", follow_links=False)
    (tmp_path / "new.jsonl").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic link"):
        Log(tmp_path / "new.jsonl", follow_links=False).append(some())
    assert victim.read_text() == ""
    assert not (tmp_path / "elsewhere").exists()


# ---------------------------------------------------------------------------------------- hostile

GOOD = some().to_json()
DEEP: Any = {"op": "isnull", "col": "x"}
for _ in range(300):
    DEEP = {"op": "not", "term": DEEP}


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("not json", "not JSON"),
        ("[1, 2]", "a JSON list"),
        ("null", "a JSON NoneType"),
        ("{}", "no act"),
        ('{"act": ' + "[" * 100_000, "not JSON|nested"),
        ('{"act": 1' + "0" * 5000 + "}", "digits"),
        ('{"act": NaN}', "NaN"),
        ("\udcff", "UTF-8"),
        (json.dumps(GOOD | {"what": "delete"}), "kind of act"),
        (json.dumps(GOOD | {"what": ["tag"]}), "kind of act"),
        (json.dumps(GOOD | {"name": 7}), "name is 7"),
        (json.dumps(GOOD | {"name": "x" * 1000}), "longer than"),
        (json.dumps(GOOD | {"name": "\ud800"}), "no Unicode"),
        (json.dumps(GOOD | {"name": "  "}), "needs a name"),
        (json.dumps(GOOD | {"when": "yesterday"}), "when is"),
        (json.dumps(GOOD | {"count": -1}), "count is -1"),
        (json.dumps(GOOD | {"count": True}), "count is True"),
        (json.dumps(GOOD | {"act": "../../etc"}), "id is"),
        (json.dumps(GOOD | {"call": "os.system"}), "unknown field"),
        (json.dumps(GOOD | {"expression": {"op": "eval", "code": "1"}}), "no known op"),
        (json.dumps(GOOD | {"expression": "__import__('os')"}), "no known op"),
        (json.dumps(GOOD | {"expression": DEEP}), "nested"),
        (json.dumps(GOOD | {"rows": [[1]]}), "not a value"),
        (json.dumps(GOOD | {"rows": {"a": 1}}), "not a list"),
        (json.dumps({**GOOD, "what": "undo", "of": "no"}), "of is"),
        (json.dumps({**GOOD, "what": "relabel", "value": None}), "needs a label"),
        (json.dumps({**GOOD, "what": "relabel", "value": {"op": "x"}}), "not a value"),
        (json.dumps({k: v for k, v in GOOD.items() if k != "expression"}), "neither"),
    ],
)
def test_a_hostile_line_is_refused_in_words_with_its_number(
    tmp_path: Path, line: str, why: str
) -> None:
    path = tmp_path / "log.jsonl"
    lines = [json.dumps(GOOD), line, json.dumps(some("exclude").to_json()), ""]
    path.write_text("\n".join(lines), encoding="utf-8", errors="surrogateescape")
    with pytest.raises(ValueError, match=f"(?s)line 2: .*({why})"):
        read_log(path)
    log = read_log(path, strict=False)
    assert [bad.line for bad in log.refused] == [2]
    assert [act.what for act in log] == ["tag", "exclude"]
    log.append(some("note", value="on it goes"))
    assert len(read_log(path, strict=False)) == 3


def test_a_line_without_end_is_refused_before_it_fills_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "log.jsonl"
    Log(path).append(some())
    with path.open("ab") as file:
        file.truncate(path.stat().st_size + (200 << 20))  # a hole: it costs no disk
    with pytest.raises(ValueError, match="a line of more than 64 MB"):
        Log(path)
    monkeypatch.setattr("dataview.journal.MAX_LINE", 1000)
    with pytest.raises(ValueError, match="by a rule instead"):
        Log(tmp_path / "new.jsonl").append(Act("exclude", rows=dv.rows(range(1000)), count=1000))


@given(
    st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), text),
        lambda inner: st.one_of(st.lists(inner), st.dictionaries(text, inner)),
    ),
    st.sampled_from(sorted(GOOD)),
)
def test_any_json_in_any_field_is_an_act_or_a_value_error(data: Any, key: str) -> None:
    for hostile in (data, GOOD | {key: data}):
        try:
            assert isinstance(Act.from_json(hostile), Act)
        except ValueError as error:
            assert str(error)  # noqa: PT017


# ----------------------------------------------------------------------------------------- replay


class Table:
    """What the property below says of acts, in pandas alone."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self.own = frame
        self.done: list[tuple[str, str, str, Any, np.ndarray[Any, Any]]] = []

    def now(self, undone: set[str]) -> pd.DataFrame:
        frame = self.own.copy()
        for id, what, name, value, mask in self.done:
            if id in undone:
                continue
            if what == "tag":
                frame[name] = frame.get(name, pd.Series(False, frame.index))
                frame.loc[mask, name] = value
            elif what == "exclude":
                frame["excluded"] = frame.get("excluded", pd.Series(False, frame.index))
                frame.loc[mask, "excluded"] = value
            elif what == "relabel":
                frame.loc[mask, "label"] = value
            elif what == "note":
                old = frame.get("note", pd.Series(None, frame.index, dtype=object))
                new = [
                    (f"{o}; {value}" if isinstance(o, str) else value) if m else o
                    for o, m in zip(old, mask, strict=True)
                ]
                frame["note"] = pd.Series(new, frame.index, dtype=object)
        return frame


STEP = st.one_of(
    st.tuples(
        st.sampled_from(["tag", "exclude"]),
        st.sampled_from(["a", "b"]),
        st.booleans(),
    ),
    st.tuples(st.just("relabel"), st.just(""), st.sampled_from(["cat", "dog", "cow"])),
    st.tuples(st.just("note"), st.just(""), st.sampled_from(["seen", "odd"])),
    st.tuples(st.just("undo"), st.just(""), st.integers(0, 20)),
    st.tuples(st.just("redo"), st.just(""), st.just(0)),
)
CONDITION = st.one_of(
    st.tuples(st.just("x"), st.integers(0, 8)),
    st.tuples(st.just("label"), st.sampled_from(["cat", "dog", "cow"])),
)


@given(st.lists(st.tuples(STEP, CONDITION, st.booleans()), max_size=12))
@settings(deadline=None, max_examples=150)
def test_replaying_acts_is_what_pandas_does_with_them(steps: list[Any]) -> None:
    frame = pd.DataFrame(
        {"x": np.arange(8), "label": ["cat", "dog", "cow", "cat"] * 2}, index=list("abcdefgh")
    )
    pixels = np.zeros((8, 2, 2), np.uint8)
    ds = dv.Dataset(frame, streams={"image": dv.dataset.Stream(pixels)}, roles={"label": "label"})
    log, table = Log(), Table(frame)
    undone: list[str] = []
    for (what, tag, value), (column, limit), frozen in steps:
        now = table.now(set(undone))
        if what in ("undo", "redo"):
            stand = [act for act in table.done if act[0] not in undone]
            if what == "undo" and stand:
                id = stand[value % len(stand)][0]
                log.undo(id)
                undone.append(id)
            elif what == "redo" and log.redoable is not None:
                undone.remove(log.redoable.of)
                log.redo()
            continue
        expr = dv.col("x") >= limit if column == "x" else dv.col("label") == limit
        mask = (now[column] >= limit if column == "x" else now[column] == limit).to_numpy()
        rows = dv.rows(frame.index[mask]) if frozen else None
        tag = tag if what == "tag" else ""
        act = log.append(Act(what, tag, value, expr, rows, count=int(mask.sum())))
        table.done.append((act.id, what, tag, value, mask))
    want = table.now(set(undone))
    got = ds.replay(log)
    assert set(got.columns) == set(want.columns)
    shown = [frame.astype(object).where(frame.notna(), None) for frame in (got.frame, want)]
    pd.testing.assert_frame_equal(shown[0][list(want.columns)], shown[1])
    report = got.replayed
    assert report is not None
    assert (report["problem"].isin(["", "no row is meant any more"])).all()
    assert (report["then"] == report["now"]).all()
    assert got.replay(log).frame.equals(got.frame)  # once more is the same
    assert got.without_decisions().frame.equals(frame)


def digits(n: int = 10, **columns: Any) -> dv.Dataset:
    frame = pd.DataFrame({"x": range(n), **columns}, index=[f"img-{i}" for i in range(n)])
    roles = {"label": "label"} if "label" in columns else {}
    pixels = np.zeros((n, 2, 2), np.uint8)
    return dv.Dataset(frame, streams={"image": dv.dataset.Stream(pixels)}, roles=roles)


def problems(ds: dv.Dataset, *made: Act) -> list[str]:
    log = Log()
    for act in made:
        log.append(act)
    report = ds.replay(log).replayed
    assert report is not None
    return list(report["problem"])


def test_a_replay_says_what_no_longer_applies_and_does_the_rest() -> None:
    points = np.zeros((10, 2), np.float32)
    ds = digits().with_projection("umap", points, recipe={"method": "umap", "seed": 1})
    box = [(-1, -1), (1, -1), (1, 1), (-1, 1)]
    said = problems(
        ds,
        some("tag", "gone", expression=dv.col("sharpness") > 3, count=2),
        some("tag", "map", expression=dv.lasso(box, on="pca"), count=2),
        some("tag", "recipe", expression=dv.lasso(box, on="umap", recipe="0" * 12), count=2),
        some("tag", "fine", expression=dv.lasso(box, on="umap"), count=10),
        some("tag", "nobody", expression=dv.slicer("never registered"), count=2),
        Act("exclude", rows=dv.rows(["img-1", "img-77"]), count=2),
        some("tag", "x", count=2),
        some("slice", "none", expression=dv.col("x") > 99, count=4),
    )
    for words, problem in zip(
        ["unknown column 'sharpness'", "unknown projection 'pca'", "another map 'umap'", "",
         "never registered", "1 of 2 rows are not in this table", "column 'x' of its own",
         "no row is meant any more"], said, strict=True,
    ):  # fmt: skip
        assert words in problem if words else problem == ""


def test_a_label_that_fits_none_of_the_others_is_a_problem_and_not_a_column_of_objects() -> None:
    ds = digits(label=list(range(10)))
    log = Log()
    log.append(some("relabel", value="seven", expression=dv.col("x") == 3))
    log.append(some("relabel", value="7", expression=dv.col("x") == 4))
    done = ds.replay(log)
    assert done["label"].tolist() == [0, 1, 2, 3, 7, 5, 6, 7, 8, 9]
    assert done["label"].dtype == ds["label"].dtype
    assert done.replayed is not None
    assert "whole numbers" in done.replayed["problem"][0]


@pytest.mark.parametrize("dtype", ["object", "str", "category"])
def test_a_new_label_joins_labels_of_any_text_dtype(dtype: str) -> None:
    ds = digits(label=pd.Series(["a", "b"] * 5, [f"img-{i}" for i in range(10)]).astype(dtype))
    log = Log()
    log.append(some("relabel", value="new", expression=dv.col("x") < 2))
    assert ds.replay(log)["label"].tolist()[:3] == ["new", "new", "a"]
    assert ds["label"].tolist()[:3] == ["a", "b", "a"]


def test_labels_where_there_were_none_become_a_column_with_the_role() -> None:
    log = Log()
    log.append(some("relabel", value="cat", expression=dv.col("x") < 2))
    done = digits().replay(log)
    assert done.roles["label"] == "label"
    assert done["label"].tolist()[:3] == ["cat", "cat", None]
    assert "label" not in done.without_decisions().roles


def test_a_subset_goes_back_to_its_own_values() -> None:
    log = Log()
    log.append(some("relabel", value="z", expression=dv.col("x") < 4))
    ds = digits(label=list("abcdefghij")).replay(log)
    part = ds[dv.col("x") > 2]
    assert part.without_decisions()["label"].tolist() == list("defghij")
    assert ds.assign(label=1).without_decisions()["label"].tolist() == [1] * 10


def test_excluded_rows_can_be_dropped() -> None:
    log = Log()
    log.append(some("exclude", expression=dv.col("x") < 4))
    ds = digits().replay(log)
    assert ds["excluded"].sum() == 4
    assert len(digits().replay(log, drop=True)) == 6
    assert len(digits().replay(Log(), drop=True)) == 10


def test_undo_and_redo_keep_the_history() -> None:
    log = Log()
    a, b = log.append(some()), log.append(some("exclude"))
    log.undo()
    log.undo(a.id)
    assert [act.what for act in log] == ["tag", "exclude", "undo", "undo"]
    assert [act.id for act in log.standing if act.what != "undo"] == []
    with pytest.raises(ValueError, match="no decision"):
        log.undo()
    with pytest.raises(ValueError, match="already"):
        log.undo(a.id)
    log.redo()
    log.redo()
    assert {a.id, b.id} <= {act.id for act in log.standing}
    log.undo()
    log.append(some("note", value="new"))
    with pytest.raises(ValueError, match="bring again"):
        log.redo()
    assert log.frame["undone"].tolist()[:2] == [False, True]


def test_slices_are_those_that_stand_and_the_last_of_a_name() -> None:
    log = Log()
    log.append(some("slice", "night", expression=dv.col("x") < 1))
    second = log.append(some("slice", "night", expression=dv.col("x") < 2))
    log.append(Act("slice", "picked", rows=dv.rows([1])))
    assert list(log.slices) == ["night", "picked"]
    assert log.slices["night"] == (dv.col("x") < 2)
    log.undo(second.id)
    assert log.slices["night"] == (dv.col("x") < 1)


def test_diff_names_what_only_one_of_two_copies_has(tmp_path: Path) -> None:
    ours = Log(tmp_path / "a.jsonl")
    shared = ours.append(some())
    (tmp_path / "b.jsonl").write_bytes((tmp_path / "a.jsonl").read_bytes())
    theirs = Log(tmp_path / "b.jsonl")
    mine, undo = ours.append(some("exclude")), theirs.undo(shared.id)
    diff = ours.diff(tmp_path / "b.jsonl")
    assert diff[["only", "id"]].to_numpy().tolist() == [["here", mine.id], ["there", undo.id]]


def test_a_log_in_memory_can_be_saved_and_goes_on_there(tmp_path: Path) -> None:
    log = Log()
    log.append(some())
    log.save(tmp_path / "log.jsonl")
    log.append(some("exclude"))
    assert read_log(tmp_path / "log.jsonl").acts == log.acts
    with pytest.raises(FileExistsError):
        Log().save(tmp_path / "log.jsonl")


def test_reading_a_folder_does_not_list_its_log(tmp_path: Path) -> None:
    from PIL import Image

    Image.new("L", (4, 4)).save(tmp_path / "a.png")
    before = dv.read(tmp_path)
    Log(tmp_path / ".dataview-decisions.jsonl").append(some())
    after = dv.read(tmp_path)
    assert after.history == before.history
    assert after.index.tolist() == ["a.png"]
