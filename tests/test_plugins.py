"""The registry of plugins: who is known by which name, and what happens when that changes."""

import sys
import threading
import types
from importlib.metadata import EntryPoint

import pytest

from dataview import plugins
from dataview.plugins import Registry, registry, statistic, unknown_name


def defined(name: str, module: str, qualname: str | None = None) -> types.FunctionType:
    """A function as if `module` had defined it."""

    def function(image):
        return 0

    function.__name__, function.__module__ = name, module
    function.__qualname__ = qualname or name
    return function


def test_the_registry_is_a_read_only_mapping_in_order_of_registration():
    known = Registry("statistic")
    first, second = defined("b", "one"), defined("a", "one")
    known.register(first)
    known.register(second, name="second", unit="px")
    assert list(known) == ["b", "second"] and len(known) == 2 and "b" in known
    assert known["b"].obj is first and known.get("second").options == {"unit": "px"}
    assert not hasattr(known, "__setitem__") and not hasattr(known, "__delitem__")


def test_a_cell_that_runs_again_replaces_its_plugin():
    known = Registry("statistic")
    known.register(defined("redness", "__main__"))
    again = defined("hue", "__main__")
    assert known.register(again, name="redness") is again
    assert known["redness"].obj is again


def test_a_module_that_is_reloaded_replaces_its_plugin():
    known = Registry("statistic")
    known.register(defined("redness", "package"))
    again = defined("redness", "package")
    known.register(again)
    assert known["redness"].obj is again


@pytest.mark.parametrize("module", ["__main__", "other", "package"])
def test_a_name_that_another_definition_has_taken_is_an_error(module):
    known = Registry("statistic")
    known.register(defined("redness", "package"))
    with pytest.raises(ValueError, match="'redness' is taken by package.redness"):
        known.register(defined("f", module, "Other.f"), name="redness")


def test_an_unknown_name_names_the_near_ones():
    known = Registry("embedder")
    known.register(defined("resnet18", "one"))
    with pytest.raises(KeyError) as caught:
        known["Resnet"]
    assert str(caught.value) == "unknown embedder 'Resnet': did you mean 'resnet18'?"
    assert known.get("Resnet", None) is None
    assert "there is none" in str(unknown_name("slicer", "night", []))
    assert "..." in str(unknown_name("column", "q", range(100)))
    assert "did you mean 12" in str(unknown_name("column", "12", [12]))


@pytest.mark.parametrize(
    ("obj", "name", "error"),
    [
        (3, None, TypeError),
        ("night", None, TypeError),
        (lambda image: 0, None, ValueError),
        (len, "", None),
        (len, " ", ValueError),
        (len, 3, TypeError),
    ],
)
def test_what_cannot_be_a_plugin_is_refused(obj, name, error):
    known = Registry("statistic")
    if error is None:
        known.register(obj, name)
        assert list(known) == ["len"]
        return
    with pytest.raises(error):
        known.register(obj, name)


def test_an_object_with_transform_is_a_plugin_under_the_name_of_its_class():
    class Projector:
        def fit_transform(self, vectors):
            return vectors[:, :2]

    known = Registry("projector")
    known.register(Projector())
    assert list(known) == ["Projector"]


def test_listeners_hear_of_changes_until_they_are_taken_off_and_cannot_break_the_cell():
    known, heard = Registry("statistic"), []

    def broken(plugin):
        raise RuntimeError("no")

    known.on_change(broken)
    forget = known.on_change(lambda plugin: heard.append(plugin.name))
    with pytest.warns(UserWarning, match="listener"):
        known.register(defined("a", "__main__"))
    forget()
    forget()
    with pytest.warns(UserWarning, match="listener"):
        known.register(defined("b", "__main__"))
    assert heard == ["a"]


def test_decorators_return_the_function_with_and_without_a_name():
    try:

        @statistic
        def redness(image):
            return 1

        @statistic(name="blue share", unit="fraction")
        def blueness(image):
            return 2

        assert redness(None) == 1 and blueness(None) == 2
        assert registry("statistic")["redness"].obj is redness
        assert registry("statistic")["blue share"].options == {"unit": "fraction"}
    finally:
        registry("statistic").unregister("redness")
        registry("statistic").unregister("blue share")
    with pytest.raises(KeyError):
        registry("statistic").unregister("redness")


def test_an_unknown_kind_is_an_error():
    with pytest.raises(KeyError, match="did you mean 'statistic'"):
        registry("statistics")


def test_registering_and_reading_from_many_threads_loses_nothing():
    known = Registry("statistic")
    errors: list[Exception] = []

    def work(k: int) -> None:
        try:
            for i in range(50):
                known.register(defined(f"f{k}_{i}", "__main__"))
                assert list(known)
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors and len(known) == 400


def test_installed_plugins_are_imported_on_the_first_lookup_and_broken_ones_only_warn(monkeypatch):
    known, loads = Registry("statistic"), []

    class Entry(EntryPoint):
        def load(self):
            loads.append(self.name)
            assert "first" not in known  # looking something up while loading does not hang
            if self.name == "broken":
                sys.exit("no such luck")
            known.register(defined("first", "package"))

    entries = [Entry("broken", "bad.module", "g"), Entry("good", "package", "g")]
    monkeypatch.setattr(plugins, "entry_points", lambda group: entries)
    monkeypatch.setattr(plugins, "_state", "not loaded")
    assert loads == []
    with pytest.warns(UserWarning, match="broken = bad.module could not be loaded"):
        assert "first" in known
    assert known["first"].module == "package"
    assert loads == ["broken", "good"]
