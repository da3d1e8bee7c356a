"""Guards: what others wrote is stopped, and nothing else is hit."""

from __future__ import annotations

import threading
import time

import numpy as np
import pandas as pd
import pytest

import dataview as dv
from dataview import expressions
from dataview.guards import Guard, within
from dataview.progress import Cancelled


def in_thread(function):
    """What a function returns or raises in another thread."""
    found = []

    def labor():
        try:
            found.append(function())
        except BaseException as error:
            found.append(error)

    thread = threading.Thread(target=labor)
    thread.start()
    thread.join(30)
    assert not thread.is_alive()
    return found[0]


def test_what_is_done_after_the_call_is_never_hit() -> None:
    """The exception arises in the function or not at all, however late `stop` comes."""
    for k in range(200):
        guard, outside = Guard(), []

        def labor(guard=guard, outside=outside, k=k):
            try:
                guard(sum, range(50 * k))
            except Cancelled:
                pass
            for i in range(300):  # nobody's business
                outside.append(i)

        thread = threading.Thread(target=labor)
        thread.start()
        time.sleep(k * 1e-6)
        guard.stop()
        thread.join(10)
        assert outside == list(range(300))


def test_several_threads_are_stopped_at_once_and_one_inside_another_too() -> None:
    guard, inner, begun, ended = Guard(), Guard(), threading.Barrier(4), []

    def endless():
        begun.wait(10)
        while True:
            time.sleep(0.001)

    def labor(nested):
        with pytest.raises(Cancelled):
            guard(inner, endless) if nested else guard(endless)
        ended.append(nested)

    threads = [threading.Thread(target=labor, args=(k == 0,)) for k in range(3)]
    for thread in threads:
        thread.start()
    begun.wait(10)
    end = time.monotonic() + 10
    while any(thread.is_alive() for thread in threads) and time.monotonic() < end:
        guard.stop()
        time.sleep(0.05)
    assert sorted(ended) == [False, False, True] and guard.longest == 0


def test_nothing_begins_after_a_stop() -> None:
    guard = Guard()
    guard.stop()
    with pytest.raises(Cancelled):
        guard(pytest.fail, "it was begun")


def test_a_call_with_a_limit_ends_in_words_and_what_it_raises_comes_through() -> None:
    def endless():
        while True:
            pass

    error = in_thread(lambda: within(0.1, endless))
    assert isinstance(error, TimeoutError) and "more than 0.1 s" in str(error)
    assert in_thread(lambda: within(10, len, "abc")) == 3
    assert isinstance(in_thread(lambda: within(10, lambda: 1 / 0)), ZeroDivisionError)


def test_a_slicer_that_never_ends_does_not_hold_up_whoever_asks_for_its_rows(monkeypatch) -> None:
    monkeypatch.setattr(expressions, "_PATIENCE", 0.2)

    @dv.slicer
    def endless(frame):
        while True:
            pass

    try:
        ds = dv.read(pd.DataFrame({"image": list(np.zeros((3, 4, 4, 3), np.uint8))}))
        error = in_thread(lambda: ds[dv.slicer("endless")])
        assert isinstance(error, TimeoutError)
        assert "the slicer 'endless': it took more than 0.2 s" in str(error)
        ex = dv.explore(ds, embed=None)
        ex.wait(timeout=60)
        in_thread(lambda: ex.set_state({"_filter": {"op": "slicer", "name": "endless"}}))
        assert ex.filter is None and "malformed filter" in ex._messages[-1]["text"]
        assert "took more than" in ex._messages[-1]["detail"]
        ex.close()
    finally:
        dv.plugins.remove("endless")
