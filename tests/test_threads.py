"""Threads: on all processors, and BLAS as it was afterwards."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from dataview.dictionary import DictionaryEmbedder
from dataview.progress import Cancelled
from dataview.threads import _blas, cancelled_by, in_threads, single_blas


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


def blas_threads() -> set[int]:
    return {info["num_threads"] for info in _blas().info() if info["user_api"] == "blas"}


def in_another_thread(function):
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(function).result(timeout=120)


def test_the_limit_holds_in_whatever_thread_it_is_set():
    def inside():
        with single_blas:
            return blas_threads()

    before = blas_threads()
    assert inside() == {1}
    assert in_another_thread(inside) == {1} and blas_threads() == before
    assert inside() == {1} and blas_threads() == before


def test_a_limit_may_be_taken_back_in_another_thread():
    before = blas_threads()
    single_blas.__enter__()
    in_another_thread(lambda: single_blas.__exit__(None, None, None))
    assert blas_threads() == before
    with threadpool_limits(1, user_api="blas"):  # others are not shut out afterwards
        assert blas_threads() == {1}
    assert blas_threads() == before


def test_a_limit_that_somebody_else_has_set_stays():
    before = blas_threads()
    with threadpool_limits(1, user_api="blas"):
        with single_blas:
            assert blas_threads() == {1}
        assert blas_threads() == {1}
    assert blas_threads() == before


def test_a_dictionary_is_the_same_from_any_thread():
    images = np.random.default_rng(0).integers(0, 256, (60, 32, 32, 3), np.uint8)

    def vectors():
        return DictionaryEmbedder(n_patches=20_000).fit_transform(images)

    here = vectors()
    assert np.array_equal(here, in_another_thread(vectors)) and np.array_equal(here, vectors())


def test_work_ends_when_it_is_cancelled():
    cancel, done = threading.Event(), []

    def work(i):
        done.append(i)
        cancel.set()

    with pytest.raises(Cancelled), cancelled_by(cancel):
        in_threads(work, range(10_000))
    assert len(done) < 100
    assert in_threads(abs, [-1]) == [1]  # outside, nothing is cancelled
