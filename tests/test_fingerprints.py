"""A fingerprint changes when what a function does may have changed, and only then."""

import functools
import math
import subprocess
import sys
import textwrap

import numpy as np
import pytest

from dataview.fingerprints import fingerprint


def made(source: str, name: str = "f", **names: object):
    space: dict = {"__name__": "__main__", "np": np, **names}
    exec(textwrap.dedent(source), space)  # noqa: S102  as a notebook cell is
    return space[name]


def test_the_same_source_has_the_same_fingerprint():
    source = "def f(image, k=2):\n    return np.mean(image) * k"
    assert fingerprint(made(source)) == fingerprint(made(source)) is not None


@pytest.mark.parametrize(
    "edited",
    [
        "def f(image, k=3):\n    return np.mean(image) * k",
        "def f(image, k=2):\n    return np.median(image) * k",
        "def f(image, k=2):\n    return np.mean(image) + k",
        "def f(image, *, k=2):\n    return np.mean(image) * k",
        "def f(image, k=2.0):\n    return np.mean(image) * k",
    ],
)
def test_an_edit_changes_it(edited):
    source = "def f(image, k=2):\n    return np.mean(image) * k"
    assert fingerprint(made(source)) != fingerprint(made(edited))


def test_what_a_function_refers_to_changes_it():
    source = "def f(image):\n    return [g(x) for x in image if x > LIMIT]"
    one = made(source, g=math.sin, LIMIT=1)
    assert fingerprint(one) == fingerprint(made(source, g=math.sin, LIMIT=1))
    assert fingerprint(one) != fingerprint(made(source, g=math.cos, LIMIT=1))
    assert fingerprint(one) != fingerprint(made(source, g=math.sin, LIMIT=True))
    weights = np.arange(3)
    assert fingerprint(made(source, g=math.sin, LIMIT=weights)) is not None
    assert fingerprint(made(source, g=math.sin, LIMIT=weights)) != fingerprint(
        made(source, g=math.sin, LIMIT=weights + 1)
    )


def test_helpers_are_followed_however_they_call_each_other():
    source = """
        def g(x):
            return f(x - 1) if x else {constant}
        def f(x):
            return g(x)
    """
    one, other = (made(source.format(constant=c)) for c in (0, 1))
    assert fingerprint(one) == fingerprint(made(source.format(constant=0)))
    assert fingerprint(one) != fingerprint(other)


def test_closures_and_partials_are_told_apart():
    def scaled(k):
        return lambda image: image * k

    assert fingerprint(scaled(1)) == fingerprint(scaled(1)) != fingerprint(scaled(2))
    assert fingerprint(functools.partial(math.pow, 2)) != fingerprint(
        functools.partial(math.pow, 3)
    )


def test_what_holds_a_state_of_its_own_has_none():
    class Network:
        def __call__(self, image):
            return 0

    network = Network()
    assert fingerprint(network) is None
    assert fingerprint(lambda image: network(image)) is None
    assert fingerprint(network.__call__) is None
    assert fingerprint(made("def f(x):\n    return model(x)", model=Network())) is None


def test_it_is_equal_in_another_process():
    source = "def f(image, k={1, 'a', 'b'}):\n    return {'x', 'y', 'z'} & k"
    code = (
        "from dataview.fingerprints import fingerprint\n"
        f"space = {{'__name__': '__main__'}}; exec({source!r}, space)\n"
        "print(fingerprint(space['f']))"
    )
    done = [
        subprocess.check_output([sys.executable, "-c", code], text=True, env=None).strip()
        for _ in range(2)
    ]
    assert done == [fingerprint(made(source))] * 2
