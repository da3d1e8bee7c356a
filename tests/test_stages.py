"""Long work runs beside the caller, tells how far it is, fails in place and can be cancelled."""

from __future__ import annotations

import threading

import pytest

from dataview.progress import Cancelled
from dataview.stages import Stage, Stages


def test_stages_run_in_order_beside_the_caller() -> None:
    gate, ran = threading.Event(), []
    stages = Stages(
        [
            Stage("a", lambda r: gate.wait(5) and ran.append("a")),
            Stage("b", lambda r: ran.append("b")),
        ],
        lambda state: None,
    )
    stages.start()
    assert ran == [] and stages.to_json()["running"]
    with pytest.raises(TimeoutError, match="a was still running"):
        stages.wait("a", timeout=0.01)
    gate.set()
    stages.wait(timeout=5)
    assert ran == ["a", "b"] and not stages.to_json()["running"]


def test_a_failed_stage_gives_up_only_those_that_need_it() -> None:
    ran: list[str] = []
    stages = Stages(
        [
            Stage("scan", lambda r: ran.append("scan")),
            Stage("embedding", lambda r: 1 / 0, needs=("scan",)),
            Stage("map", lambda r: ran.append("map"), needs=("embedding",)),
            Stage("flags", lambda r: ran.append("flags"), needs=("scan",)),
        ],
        lambda state: None,
    )
    stages.start()
    stages.wait("flags", timeout=5)
    states = {s["name"]: s["state"] for s in stages.to_json()["stages"]}
    assert states == {"scan": "done", "embedding": "failed", "map": "cancelled", "flags": "done"}
    assert ran == ["scan", "flags"]
    with pytest.raises(RuntimeError, match="embedding failed: division by zero") as caught:
        stages.wait(timeout=5)
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    failed = stages.to_json()["stages"][1]
    assert failed["message"] == "division by zero" and "1 / 0" in failed["traceback"]


def test_cancel_stops_the_running_stage_and_begins_no_other() -> None:
    running, ran = threading.Event(), []

    def endless(report: object) -> None:
        running.set()
        while True:
            report(1, 100)

    stages = Stages([Stage("a", endless), Stage("b", lambda r: ran.append(1))], lambda state: None)
    stages.start()
    assert running.wait(5)
    stages.cancel()
    with pytest.raises(Cancelled):
        stages.wait(timeout=5)
    assert [s["state"] for s in stages.to_json()["stages"]] == ["cancelled", "cancelled"]
    assert ran == []


def test_progress_has_a_rate_and_the_time_left() -> None:
    told: list[dict] = []

    def work(report: object) -> None:
        for done in range(5):
            report(done, 4)
            threading.Event().wait(0.12)

    stages = Stages([Stage("a", work)], told.append)
    stages.start()
    stages.wait(timeout=5)
    amid = [s["stages"][0] for s in told if 0 < s["stages"][0]["done"] < 4]
    assert amid and all(
        s["eta"] == pytest.approx((4 - s["done"]) / s["rate"]) for s in amid if s["rate"]
    )
    assert told[-1]["stages"][0]["state"] == "done" and told[-1]["running"] is False


def test_waiting_for_an_unknown_stage_names_the_known_ones() -> None:
    with pytest.raises(KeyError, match="scan"):
        Stages([Stage("scan", lambda r: None)], lambda s: None).wait("umpa")


def test_waiting_for_a_stage_whose_need_failed_raises_that_error() -> None:
    stages = Stages(
        [Stage("a", lambda r: 1 / 0), Stage("b", lambda r: None, needs=("a",))], lambda s: None
    )
    stages.start()
    with pytest.raises(RuntimeError, match="a failed: division by zero"):
        stages.wait("b", timeout=5)


def test_nobody_waits_for_ever_whatever_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading, "excepthook", lambda args: None)  # this test is why it is told

    def leave(report: object) -> None:
        raise SystemExit("bye")

    ended: list[int] = []
    stages = Stages([Stage("a", leave)], lambda s: None, on_end=lambda: ended.append(1))
    stages.start()
    with pytest.raises(RuntimeError, match="bye"):
        stages.wait(timeout=5)
    assert ended == [1]

    def broken(state: dict) -> None:
        if state["stages"][0]["state"] == "running":
            raise OSError("the browser is gone")

    stages = Stages([Stage("a", lambda r: None)], broken, on_end=lambda: ended.append(2))
    stages.start()
    assert stages.stages["a"].finished.wait(5)
