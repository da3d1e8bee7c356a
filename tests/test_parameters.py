"""Parameters: what a signature becomes, and that what a browser sends is checked against it."""

from __future__ import annotations

import enum
import json
import math
from functools import partial
from typing import Annotated, Any, Literal, Optional

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dataview as dv
from dataview.parameters import Bounds, Control, arguments, bounds, controls
from dataview.plugins import Plugin


class Ge:
    ge = 2


class Side(enum.Enum):
    left = "L"
    right = "R"


def example(
    image,
    count: Annotated[int, bounds(1, 10)] = 3,
    share: Annotated[float, dv.bounds(0, 1, step=0.1)] = 0.5,
    free: int = 7,
    side: Side = Side.left,
    how: Literal["mean", 2, True] = "mean",
    on: bool = False,
    text: str = "",
    *,
    guessed=1.5,
    maybe: Optional[int] = 4,  # noqa: UP045  as many write it
    nothing: int | None = None,
    anything: Any = object,
    infinite: float = math.inf,
    wrong: Literal["a", "b"] = "c",
    outside: Annotated[int, bounds(0, 1)] = 5,
):
    return 0


PLUGIN = Plugin("statistic", "example", example)
SHOWN = {control.name: control for control in controls(PLUGIN)}


def test_type_hints_become_controls_and_what_has_none_keeps_its_default() -> None:
    kinds = {name: control.kind for name, control in SHOWN.items()}
    assert kinds == {
        "count": "integer", "share": "number", "free": "integer", "side": "choice", "how": "choice",
        "on": "switch", "text": "text", "guessed": "number", "maybe": "integer",
    }  # fmt: skip
    assert SHOWN["count"].bounds == Bounds(1, 10) and SHOWN["share"].bounds.step == 0.1
    assert SHOWN["how"].choices == ("mean", 2, True)


def test_controls_are_json_and_their_values_come_back() -> None:
    told = json.loads(json.dumps([control.to_json() for control in SHOWN.values()]))
    assert next(c for c in told if c["name"] == "side")["choices"] == ["left", "right"]
    for control in told:
        default = SHOWN[control["name"]].default
        assert SHOWN[control["name"]].from_wire(control["value"]) == default


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from(sorted(SHOWN)), JSON)
def test_whatever_a_browser_sends_is_a_value_of_the_control_or_refused_in_words(
    name, value
) -> None:
    control = SHOWN[name]
    try:
        got = arguments(PLUGIN, {name: value}, wire=True)[name]
    except ValueError as error:
        assert str(error).startswith(f"{name} is ") and len(str(error)) < 300
        return
    if control.kind == "choice":
        assert got in control.choices
    elif control.kind == "integer":
        assert type(got) is int and abs(got) <= 2**53
    elif control.kind == "number":
        assert type(got) is float and math.isfinite(got)
    else:
        assert type(got) is {"switch": bool, "text": str}[control.kind]
    low, high = control.bounds.low, control.bounds.high
    if control.kind in ("integer", "number"):
        assert (low is None or got >= low) and (high is None or got <= high)


@given(st.integers(1, 10) | st.floats(0, 1) | st.booleans() | st.text(max_size=20))
def test_a_value_that_python_may_give_survives_the_way_to_the_browser_and_back(value) -> None:
    for control in SHOWN.values():
        try:
            checked = control.check(value)
        except ValueError:
            continue
        assert control.from_wire(json.loads(json.dumps(control.to_wire(checked)))) == checked


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"count": 11}, "count is a whole number from 1 to 10, not 11"),
        ({"count": True}, "not True"),
        ({"count": 2.5}, "not 2.5"),
        ({"share": float("nan")}, "share is a number from 0 to 1"),
        ({"free": 10**400}, "a whole number, not 1000"),
        ({"side": 2}, "side is one of left, right, not 2"),
        ({"how": "mean"}, "how is one of mean, 2, True"),
        ({"text": "x" * 10_001}, "a text of up to 10,000 characters"),
        ({"text": ["<script>"]}, "not ['<script>']"),
        ({"on": 1}, "on is True or False"),
        ([1], "parameters are a dict"),
    ],
)
def test_hostile_values_are_refused_and_named(values, message) -> None:
    with pytest.raises(ValueError) as caught:
        arguments(PLUGIN, values, wire=True)
    assert message in str(caught.value)


def test_only_what_has_a_control_can_come_from_a_browser() -> None:
    assert arguments(PLUGIN, {"anything": print}) == {"anything": print}
    for name in ("anything", "image", "__class__", "nobody"):
        with pytest.raises(KeyError, match="unknown parameter of example"):
            arguments(PLUGIN, {name: 1}, wire=True)
    with pytest.raises(KeyError, match="did you mean 'count'"):
        arguments(PLUGIN, {"cont": 1})


def test_python_gives_choices_by_value_or_name_and_numpys_numbers_are_numbers() -> None:
    assert arguments(PLUGIN, {"side": Side.right})["side"] is Side.right
    assert arguments(PLUGIN, {"side": "right"})["side"] is Side.right
    assert arguments(PLUGIN, {"how": 2})["how"] == 2
    got = arguments(PLUGIN, {"count": np.int64(4), "share": np.float32(0.5)})
    assert got == {"count": 4, "share": 0.5} and type(got["count"]) is int


def test_options_of_the_decorator_are_defaults_and_arguments() -> None:
    plugin = Plugin("statistic", "example", example, {"count": 9, "unit": "px"})
    assert next(c for c in controls(plugin) if c.name == "count").default == 9
    assert arguments(plugin, {}) == {"count": 9} and arguments(plugin, {"count": 2}) == {"count": 2}


def test_classes_and_objects_of_scikit_learn_have_their_parameters_as_controls() -> None:
    from sklearn.cluster import DBSCAN, KMeans

    shown = {c.name: c for c in controls(Plugin("clusterer", "dbscan", DBSCAN))}
    assert shown["eps"].default == 0.5 and shown["min_samples"].bounds.low == 1
    assert shown["algorithm"].kind == "choice" and "n_jobs" not in shown
    shown = {c.name: c for c in controls(Plugin("clusterer", "k", KMeans(n_clusters=5)))}
    assert shown["n_clusters"].default == 5


def test_what_has_no_signature_or_unknown_hints_has_no_controls_and_raises_nothing() -> None:
    def unresolved(image, k: "NoSuchType" = 3):  # noqa: F821, UP037
        return 0

    class Odd:
        def __getattr__(self, name):
            raise RuntimeError("no")

        def __call__(self, image, k: int = 2):
            return 0

    assert controls(Plugin("statistic", "max", max)) == []
    assert [c.kind for c in controls(Plugin("statistic", "u", unresolved))] == ["integer"]
    assert controls(Plugin("statistic", "p", partial(example, count=2)))[0].default == 2


@pytest.mark.parametrize(
    "given_bounds", [(2, 1), (float("nan"), 1), ("a", 1), (0, 1, 0), (True, 2)]
)
def test_bounds_that_make_no_sense_are_an_error(given_bounds) -> None:
    with pytest.raises(ValueError):
        bounds(*given_bounds)


def test_bounds_of_other_libraries_are_understood() -> None:
    def function(image, k: Annotated[int, Ge()] = 3):
        return 0

    assert controls(Plugin("statistic", "f", function))[0] == Control("k", "integer", 3, Bounds(2))
