"""Threads: on all processors, and BLAS as it was afterwards."""

import threading

import numpy as np
import pytest

from dataview.threads import _blas, in_threads, single_blas


def test_results_come_in_order():
    assert in_threads(lambda x: x * x, range(100)) == [x * x for x in range(100)]


def test_an_error_in_a_thread_is_raised():
    with pytest.raises(ZeroDivisionError):
        in_threads(lambda x: 1 // x, [1, 0])


def test_blas_threads_are_what_they_were_after_overlapping_uses():
    before = [info["num_threads"] for info in _blas().info()]
    barrier = threading.Barrier(4)

    def use(_):
        barrier.wait()
        return in_threads(lambda part: part @ part, [np.eye(3)] * 5)

    workers = [threading.Thread(target=use, args=(i,)) for i in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    with single_blas:
        assert {i["num_threads"] for i in _blas().info() if i["user_api"] == "blas"} == {1}
    assert [info["num_threads"] for info in _blas().info()] == before
