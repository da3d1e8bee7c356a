"""Processes that do small pieces of work: what they give back, what ends them, and what that costs."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

from dataview.pool import Fatal, ProcessPool

TESTS = Path(__file__).parent


@pytest.fixture
def pool(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(TESTS))
    pool = ProcessPool("jobs:halved", "jobs:nothing")
    yield pool
    pool.close()


def wait_for(condition, seconds: float = 60) -> bool:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)
    return bool(condition())


def started(pool: ProcessPool, number: int = 1) -> ProcessPool:
    pool.start(number)
    assert wait_for(lambda: len(pool.processes) == number)
    return pool


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] not in "ZX"


def test_nobody_waits_for_a_process_to_start(pool):
    assert pool.map([2, 4]) is None and not pool.processes
    pool.start(1)
    assert pool.map([2, 4]) is None
    assert wait_for(lambda: pool.processes)
    assert pool.map([2, 4]) == [1, 2]


def test_no_more_are_started_than_were_asked_for(pool):
    started(pool, 2)
    pool.start(2)
    pool.start(1)
    assert pool._starting == 0 and len(pool.processes) == 2


def test_many_threads_get_their_own_answers(pool):
    started(pool, 2)
    wrong = []

    def work(k: int) -> None:
        for i in range(100):
            answer = pool.map([k, i])
            if answer not in (None, [k / 2, i / 2]):
                wrong.append((k, i, answer))

    threads = [threading.Thread(target=work, args=(k,)) for k in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong and all(each.load == 0 for each in pool._processes)


def test_it_uses_no_more_processes_than_it_may(pool):
    started(pool, 2)
    assert {pool.map(["pid"], most=1)[0] for _ in range(5)} == {pool.processes[0]}


def test_what_ends_its_process_is_named_and_the_others_are_done(pool):
    started(pool, 2)
    made = pool.map([2, "segfault", 4, "exit", 6])
    assert made == [1, Fatal(f"signal {signal.SIGSEGV}"), 2, Fatal("code 3"), 3]
    assert wait_for(lambda: len(pool.processes) == 2), "another takes its place"
    assert pool.map([8]) == [4]


def test_a_process_that_is_killed_loses_nothing(pool):
    started(pool)
    timer = threading.Timer(0.3, os.kill, [pool.processes[0], signal.SIGKILL])
    timer.start()
    assert pool.map(["nap", 2]) == ["slept", 1]


def test_of_two_that_wait_for_a_process_that_dies_both_get_their_answers(pool):
    started(pool)
    answers = {}
    threads = [
        threading.Thread(target=lambda k=k: answers.update({k: pool.map(["nap", k])}))
        for k in (2, 4)
    ]
    for thread in threads:
        thread.start()
    assert wait_for(lambda: pool._processes[0].load == 2)
    os.kill(pool.processes[0], signal.SIGKILL)
    for thread in threads:
        thread.join()
    assert answers == {2: ["slept", 1], 4: ["slept", 2]}


def test_trying_one_by_one_can_be_ended(pool):
    class Enough(Exception):
        pass

    def check() -> None:
        raise Enough

    started(pool)
    with pytest.raises(Enough):
        pool.map([2, "segfault"], check=check)


def test_idle_processes_are_ended_and_used_ones_are_not(pool):
    pool._idle = 0.2
    with pool.in_use():
        started(pool)
        time.sleep(0.5)
        (pid,) = pool.processes
        assert pool.map([2]) == [1]
    assert wait_for(lambda: not is_alive(pid)) and not pool.processes
    assert pool.map([2]) is None
    assert started(pool).map([2]) == [1], "others are started when they are needed again"


def test_processes_that_cannot_be_started_are_not_tried_for_ever(monkeypatch):
    pool = ProcessPool("dataview.nowhere:nothing", "dataview.nowhere:nothing")
    pool.start(2)
    assert wait_for(lambda: pool._unusable and pool._starting == 0)
    pool.start(2)
    assert pool._starting == 0 and pool.map([1]) is None


def test_a_process_with_other_libraries_is_not_used(pool):
    pool._same = "jobs:process_id"
    pool.start(1)
    assert wait_for(lambda: pool._unusable) and not pool.processes


PARENT = """
    import os, sys, time
    from dataview.pool import ProcessPool

    pool = ProcessPool("jobs:halved", "jobs:nothing")
    pool.start(2)
    while len(pool.processes) < 2:
        time.sleep(0.01)
    print(*pool.processes, flush=True)
"""


def run_parent(more: str, tmp_path: Path) -> subprocess.Popen:
    script = tmp_path / "script.py"  # no `if __name__ == "__main__"`
    script.write_text(textwrap.dedent(PARENT) + textwrap.dedent(more))
    path = os.pathsep.join([str(TESTS.parent), str(TESTS)])
    return subprocess.Popen(
        [sys.executable, str(script)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": path},
        text=True,
    )


@pytest.mark.parametrize("busy", ["pool.map(['nap for long'])", "time.sleep(60)"])
def test_processes_end_with_a_parent_that_is_killed(tmp_path, busy):
    with run_parent(busy, tmp_path) as parent:
        children = [int(pid) for pid in parent.stdout.readline().split()]
        time.sleep(0.3)
        parent.kill()
    assert wait_for(lambda: not any(map(is_alive, children)), 10)


def test_processes_end_with_a_script_that_ends(tmp_path):
    with run_parent("print(pool.map([2]))", tmp_path) as parent:
        children = [int(pid) for pid in parent.stdout.readline().split()]
        assert parent.stdout.read() == "[1.0]\n", "and the script was run once"
    assert parent.returncode == 0
    assert wait_for(lambda: not any(map(is_alive, children)), 10)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_fork_of_the_parent_leaves_them_alone(tmp_path):
    more = """
        if os.fork() == 0:
            sys.exit()
        os.wait()
        print(pool.map([2]), flush=True)
    """
    with run_parent(more, tmp_path) as parent:
        assert parent.stdout.readlines()[-1] == "[1.0]\n"


def test_what_is_printed_does_not_get_between_the_answers(pool):
    assert started(pool).map(["print", 2]) == ["printed", 1]


def test_answers_are_exact(pool):
    values = [0.1, -0.0, 1e-300, json.loads("1e308"), None, "\udcff\n", b"\0" * 300_000]
    same = ProcessPool("jobs:same", "jobs:nothing")
    try:
        found = started(same).map(values)
        assert [repr(each) for each in found] == [repr(each) for each in values]
    finally:
        same.close()
