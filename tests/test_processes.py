"""A process of its own: what it gives back, shows on the way, and how it ends."""

import os
import signal
import subprocess
import sys
import threading
import time

import jobs
import numpy as np
import pytest

from dataview.processes import Process, ProcessError, can_travel, paced
from dataview.progress import Cancelled

X = np.arange(6, dtype=np.float32).reshape(3, 2)


@pytest.fixture(scope="module")
def process():
    with Process() as shared:
        yield shared


def ended(process: Process) -> bool:
    return process._process.poll() is not None


def test_a_job_gives_back_an_array_or_several(process):
    assert np.array_equal(process.run(jobs.doubled, X), 2 * X)
    more, total = process.run(jobs.both, X)
    assert np.array_equal(more, X + 1) and total.tolist() == [6, 9]


@pytest.mark.parametrize("shape", [(0, 4), (4, 0), (1, 1)])
def test_empty_arrays_travel(process, shape):
    assert process.run(jobs.doubled, np.zeros(shape, np.float32)).shape == shape


def test_it_runs_elsewhere_and_one_process_does_many_jobs(process):
    first, second = (int(process.run(jobs.where, X)[0]) for _ in range(2))
    assert first == second == process._process.pid != os.getpid()


def test_the_array_is_mapped_and_may_be_written_to_without_changing_the_callers(process):
    assert not process.run(jobs.owns_its_memory, X)[0]
    before = X.copy()
    assert process.run(jobs.writes, X)[0].tolist() == [7, 7]
    assert np.array_equal(X, before)


def test_previews_and_reports_come_while_it_works(process):
    told, seen = [], []
    process.run(
        jobs.counts, X, report=lambda *t: told.append(t), preview=lambda p: seen.append(p[0, 0])
    )
    assert told == [(i, 5) for i in range(1, 6)]
    assert seen == sorted(seen) and seen[0] == 0 and len(seen) >= 3


def test_previews_wait_for_whoever_takes_them_and_each_is_whole(process):
    seen = []

    def slow(array):
        time.sleep(0.02)
        seen.append(array)

    process.run(jobs.previews_at_once, X, preview=slow)
    assert 0 < len(seen) < 200
    assert all((array == array[0]).all() and len(array) == 1000 for array in seen)


def test_nobody_who_wants_previews_costs_nothing(process):
    assert np.array_equal(process.run(jobs.previews_at_once, X), X)


def test_an_error_comes_with_its_traceback_and_the_next_job_runs(process):
    with pytest.raises(
        ProcessError, match="(?s)the sum failed: ArithmeticError: such is life.*Trac"
    ):
        process.run(jobs.fails, X, name="the sum")
    with pytest.raises(ProcessError, match="SystemExit: 3"):
        process.run(jobs.exits, X)
    assert np.array_equal(process.run(jobs.doubled, X), 2 * X)


def test_too_little_memory_is_said_in_words(process):
    with pytest.raises(ProcessError, match="not enough memory.*9.00 TiB"):
        process.run(jobs.needs_too_much, X)


def test_what_a_job_prints_is_not_taken_for_its_answer(process):
    assert np.array_equal(process.run(jobs.prints, X), X)


def test_no_room_for_the_array_names_the_way_out(process, monkeypatch):
    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "save", full)
    with pytest.raises(ProcessError, match="No space left.*TMPDIR"):
        process.run(jobs.doubled, X)
    monkeypatch.undo()
    assert np.array_equal(process.run(jobs.doubled, X), 2 * X)


def test_cancelling_ends_the_process_at_once():
    cancel = threading.Event()
    with Process() as own:
        with pytest.raises(Cancelled):
            own.run(jobs.sleeps, X, cancel=cancel, report=lambda *_: cancel.set())
        assert ended(own)


@pytest.mark.parametrize("who", ["report", "preview"])
def test_a_callback_that_raises_ends_the_process(who):
    def fail(*_):
        raise KeyboardInterrupt

    with Process() as own:
        with pytest.raises(KeyboardInterrupt):
            own.run(jobs.counts, X, **{who: fail})
        assert ended(own)
        with pytest.raises(ProcessError):
            own.run(jobs.doubled, X)


def test_a_process_that_is_killed_is_an_error_that_says_so():
    with Process() as own:
        kill = lambda *_: os.kill(own._process.pid, signal.SIGKILL)  # noqa: E731
        with pytest.raises(ProcessError, match="the job failed.*killed by signal 9.*out of memory"):
            own.run(jobs.sleeps, X, report=kill)
        with pytest.raises(ProcessError, match="killed by signal 9"):
            own.run(jobs.doubled, X)


def test_a_process_whose_parent_has_died_ends_and_leaves_nothing(root, tmp_path):
    code = (
        "import os, sys, numpy as np; sys.path.insert(0, 'tests'); import jobs\n"
        "from dataview.processes import Process\n"
        "own = Process(); print(own._process.pid, flush=True)\n"
        "own.run(jobs.sleeps, np.zeros(3), report=lambda *_: os._exit(9))\n"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=root,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )  # fmt: skip
    child = int(found.stdout)
    for _ in range(100):
        if not runs(child):
            break
        time.sleep(0.1)
    assert not runs(child), found.stderr
    assert not list(tmp_path.glob("dataview-*"))


def runs(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_nothing_is_left_in_the_temporary_folder(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with Process() as own:
        own.run(jobs.counts, X, preview=lambda _: None)
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_travel_is_known():
    assert can_travel(jobs.doubled) and not can_travel(lambda x: x)


def test_paced_previews_leave_the_work_its_time(monkeypatch):
    now = [0.0]
    monkeypatch.setattr("dataview.processes.time.monotonic", lambda: now[0])
    shown = []

    def costs_a_tenth(array):
        now[0] += 0.1
        shown.append(now[0])

    show = paced(costs_a_tenth, every=0.5, share=0.05)
    while now[0] < 10:
        show(lambda: X)
        now[0] += 0.01
    assert 4 <= len(shown) <= 5 and min(np.diff(shown)) >= 2
    paced(None)(lambda: pytest.fail("nobody wants it"))
