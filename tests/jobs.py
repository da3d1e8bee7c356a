"""Jobs that the tests send to another process, which imports this file."""

import os
import signal
import time

import numpy as np


def doubled(x, report, preview):
    return 2 * x


def both(x, report, preview):
    return x + 1, x.sum(axis=0)


def where(x, report, preview):
    return np.array([os.getpid()])


def owns_its_memory(x, report, preview):
    """Whether the array was read, instead of mapped."""
    base = x
    while isinstance(base, np.ndarray):
        base = base.base
    return np.array([base is None])


def writes(x, report, preview):
    x[0] = 7
    return x


def counts(x, report, preview):
    for done in range(5):
        report(done + 1, 5)
        preview(x + done)
        time.sleep(0.15)
    return x


def previews_at_once(x, report, preview):
    for done in range(200):
        preview(np.full(1000, done, np.float32))
    return x


def sleeps(x, report, preview):
    report(0, 1)
    time.sleep(1000)


def prints(x, report, preview):
    print('{"results": 0}', flush=True)
    os.write(1, b'{"results": 0}\n')
    return x


def fails(x, report, preview):
    raise ArithmeticError("such is life")


def exits(x, report, preview):
    raise SystemExit(3)


def needs_too_much(x, report, preview):
    raise MemoryError("Unable to allocate 9.00 TiB")


def nothing():
    return None


def process_id():
    return os.getpid()


def same(items, settings):
    return items


def halved(items, settings):
    """Half of numbers; texts say what to do instead."""
    return [_obeyed(item) if isinstance(item, str) else item / 2 for item in items]


def _obeyed(item):
    if item == "segfault":
        signal.signal(signal.SIGSEGV, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGSEGV)
    if item == "exit":
        os._exit(3)
    if item == "pid":
        return os.getpid()
    if item == "print":
        print("noise " * 10_000, flush=True)
        return "printed"
    time.sleep(30 if "long" in item else 1)
    return "slept"
