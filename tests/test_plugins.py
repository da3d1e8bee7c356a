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


@pytest.fixture
def installed(monkeypatch):
    """``installed(entries)`` makes packages offer these; returns which were imported, in order."""
    loads: list[str] = []

    class Entry(EntryPoint):
        def load(self):
            loads.append(self.name)
            if self.value.startswith("bad"):
                sys.exit("no such luck")
            if self.value.startswith("worse"):
                raise Wordless
            module, _, name = self.value.partition(":")
            return defined(name, module) if name else None

    def install(*entries):
        found = [Entry(name, value, plugins.GROUP) for name, value in entries]
        monkeypatch.setattr(plugins, "entry_points", lambda group: found)
        monkeypatch.setattr(plugins, "_state", "not loaded")
        monkeypatch.setattr(plugins, "_broken", {})
        return loads

    yield install
    for kind in plugins.KINDS:
        registry(kind)._offered.clear()
        for name in [n for n, p in registry(kind)._plugins.items() if p.module == "package"]:
            registry(kind).unregister(name)


class Wordless(Exception):
    def __str__(self):
        raise RuntimeError("it cannot even say what it is")


def test_what_a_package_offers_is_known_by_name_and_imported_when_it_is_used(installed):
    loads = installed(("statistic.redness", "package:redness"), ("sorter.by", "package:by"))
    assert "redness" in registry("statistic") and "redness" in list(registry("statistic"))
    table = plugins.plugins()
    assert loads == [] and "(not imported yet)" in table[table.name == "redness"].doc.tolist()
    found = registry("statistic")["redness"]
    assert loads == ["statistic.redness"] and found.module == "package"
    assert found.origin.startswith("statistic.redness = package:redness")
    assert registry("statistic")["redness"] is found and loads == ["statistic.redness"]


def test_a_broken_entry_is_named_with_its_error_and_hides_no_other(installed):
    installed(
        ("statistic.one", "bad:one"), ("statistic.two", "package:two"), ("all", "worse.module")
    )
    with pytest.warns(UserWarning) as caught:
        names = [plugin.name for plugin in registry("statistic").values()]
    assert "two" in names and "one" not in names
    texts = [str(warning.message) for warning in caught]
    assert any("all = worse.module could not be loaded: Wordless" in text for text in texts)
    assert any("statistic.one = bad:one could not be loaded: SystemExit" in t for t in texts)
    assert {b.entry for b in plugins.broken_plugins()} == {
        "all = worse.module", "statistic.one = bad:one"
    }  # fmt: skip
    with pytest.raises(KeyError, match="'one' could not be loaded: statistic.one = bad:one"):
        registry("statistic")["one"]
    table = plugins.plugins()
    assert set(table[table.kind == "broken"].name) == {"all", "statistic.one"}


def test_a_malformed_entry_is_refused_and_hides_no_other(installed):
    installed(("sorter.<b>", "no object here"), ("sorter.good", "package:good"))
    with pytest.warns(UserWarning, match="<b> = no object here could not be loaded: ValueError"):
        assert list(registry("sorter")) == ["good"]


def test_two_packages_with_one_name_are_both_named(installed):
    installed(("sorter.same", "package:first"), ("sorter.same", "other:second"))
    with pytest.warns(UserWarning, match="sorter.same = other:second.*taken by.*package:first"):
        assert registry("sorter")["same"].qualname == "first"


def test_a_cell_that_takes_the_name_of_a_package_is_refused_and_both_are_named(installed):
    loads = installed(("statistic.redness", "package:redness"))
    assert "redness" in registry("statistic")
    message = "taken by statistic.redness = package:redness; give __main__.redness another one"
    with pytest.raises(ValueError, match=message):
        registry("statistic").register(defined("redness", "__main__"))
    assert loads == []
    registry("statistic").register(
        defined("redness", "package")
    )  # its own module, imported by hand
    assert registry("statistic")["redness"].module == "package" and loads == []


def test_a_plugin_that_looks_something_up_while_it_is_imported_does_not_hang(monkeypatch):
    class Entry(EntryPoint):
        def load(self):
            assert "first" not in registry("statistic")

    monkeypatch.setattr(plugins, "entry_points", lambda group: [Entry("m", "m", "g")])
    monkeypatch.setattr(plugins, "_state", "not loaded")
    assert "first" not in registry("statistic")
    assert plugins._state == "loaded"


def test_listeners_hear_of_removals(request):
    heard = []
    forget = registry("sorter").on_change(
        lambda p: heard.append((p.name, p.name in registry("sorter")))
    )
    request.addfinalizer(forget)
    registry("sorter").register(defined("by", "__main__"))
    plugins.remove("by")
    assert heard == [("by", True), ("by", False)]


def test_a_cell_that_makes_another_kind_of_its_function_removes_the_old_one():
    registry("sorter").register(defined("night", "__main__"))
    registry("slicer").register(defined("night", "__main__"))
    try:
        assert "night" in registry("slicer") and "night" not in registry("sorter")
    finally:
        plugins.remove("night")


def test_removing_says_what_there_is_and_asks_where_two_have_the_name():
    registry("sorter").register(defined("night", "one"))
    registry("slicer").register(defined("night", "two"))
    with pytest.raises(ValueError, match="'night' is a slicer and a sorter: say which"):
        plugins.remove("night")
    plugins.remove("night", kind="sorter")
    plugins.remove("night")
    with pytest.raises(KeyError, match="unknown plugin 'night'"):
        plugins.remove("night")
    with pytest.raises(KeyError, match="did you mean 'sorter'"):
        plugins.remove("night", kind="sorters")


def test_the_table_lists_plugins_with_parameters_first_line_and_place():
    import dataview as dv

    @dv.clusterer
    def halves(vectors, by: int = 3):
        """Two groups.

        In a long story.
        """

    try:
        row = dv.plugins().set_index("name").loc["halves"]
        assert row["kind"] == "clusterer" and row["parameters"] == "by=3"
        assert row["doc"] == "Two groups." and row["defined in"].startswith(f"{__name__}.test_the")
    finally:
        dv.plugins.remove("halves")


def test_every_kind_has_its_decorator_and_objects_of_scikit_learn_are_plugins():
    from sklearn.cluster import DBSCAN, KMeans

    import dataview as dv

    kinds = [kind for kind in plugins.KINDS if kind != "clusterer"]
    for kind in kinds:
        getattr(dv, kind)(name=f"a {kind}")(defined("f", "__main__"))
        assert registry(kind)[f"a {kind}"].kind == kind
        dv.plugins.remove(f"a {kind}")
    dv.clusterer(KMeans(n_clusters=5))
    dv.clusterer(KMeans(n_clusters=6))  # the cell again
    dv.clusterer(DBSCAN)
    assert registry("clusterer")["KMeans"].obj.n_clusters == 6
    dv.plugins.remove("KMeans")
    dv.plugins.remove("DBSCAN")
    with pytest.raises(TypeError, match="fit_predict"):
        dv.clusterer(5)
