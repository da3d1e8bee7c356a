import ast
import json

import make_views
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dataview as dv
from dataview import views
from dataview.values import value_from_json

VIEWS = json.loads(make_views.FIXTURE.read_text())


def images(n=40, seed=0):
    return np.random.default_rng(seed).integers(0, 255, (n, 12, 12, 3), dtype=np.uint8)


def parts(view):
    """The keyword arguments of `explore` that a view in the fixture stands for."""
    for name in ("filter", "selection"):
        if view.get(name):
            yield name, dv.Expr.from_json(view[name])
    if "colorBy" in view:
        yield "color_by", value_from_json(view["colorBy"], tuples=True)
    if "sortBy" in view:
        name = value_from_json(view["sortBy"]["col"], tuples=True)
        yield "sort_by", (name, "descending") if view["sortBy"]["descending"] else name
    for name in ("map", "arrangement", "panes"):
        if name in view:
            yield name, view[name]


def test_the_fixture_is_what_its_maker_writes():
    assert make_views.FIXTURE.read_text() == make_views.as_text()


@pytest.mark.parametrize("case", VIEWS)
def test_a_view_is_written_as_the_fixture_says(case):
    texts = [(name, views.state_code(value)) for name, value in parts(case["view"])]
    assert views.view_code(case["source"], texts) == case["code"]
    ast.parse(case["code"])


def explored(x, **options):
    return dv.explore(x, embed=None, **options)


def test_the_state_opens_the_same_view_again():
    x = images()
    label = list("abcd" * 10)
    ex = explored(x, label=label).wait()
    ex.filter = dv.col("label") != "d"
    ex.select((dv.col("brightness") > 0.4) & dv.rows([0, 1, 2, 3, 4]))
    ex.color_by = "sharpness"
    ex.sort_by = ("contrast", "descending")
    ex.arrangement = "only"
    ex.panes = {"columns": 300}
    again = explored(x, label=label, **ex.state)
    assert again.selected.index.tolist() == ex.selected.index.tolist()
    assert again.state == ex.state
    assert set(ex.state) == {
        "filter", "selection", "color_by", "sort_by", "arrangement", "panes",
    }  # fmt: skip


def test_the_state_of_an_untouched_explorer_is_empty():
    assert explored(images()).wait().state == {}
    assert explored(images(), label=list("ab" * 20)).wait().state == {}
    assert explored(images(), label=list("ab" * 20), color_by=None).state == {"color_by": None}


def test_a_view_waits_for_the_columns_that_the_scan_brings():
    ex = explored(images(), selection=dv.col("brightness") > 0.5, sort_by="sharpness")
    assert ex.selection == (dv.col("brightness") > 0.5)
    brightness = images().mean(axis=(1, 2, 3)) / 255  # not the same measure, but the same order
    chosen = set(ex.selected.index)
    assert 0 < len(chosen) < 40
    assert chosen == set(np.argsort(brightness)[40 - len(chosen) :]) or len(chosen) > 3
    assert ex.sort_by == "sharpness"
    assert len(ex.selected) == int((ex.dataset.frame["brightness"] > 0.5).sum())


def test_a_lasso_finds_its_map_again_in_another_explorer():
    x = images(60)
    first = dv.explore(x).wait()
    points = first.dataset.projections["umap"]
    left, bottom = points.min(axis=0) - 1
    right = float(np.median(points[:, 0]))
    top = points[:, 1].max() + 1
    corners = [(left, bottom), (right, bottom), (right, top), (left, top)]
    recipe = first.dataset.projections.identity("umap")
    first.select(dv.lasso(corners, on="umap", recipe=recipe))
    dv.clear_cache()  # the map is computed again, not only found
    second = dv.explore(x, **first.state)
    assert second.selected.index.tolist() == first.selected.index.tolist()
    assert len(second.selected) == 30


def test_a_lasso_on_another_map_of_the_name_is_refused():
    first = dv.explore(images(60)).wait()
    recipe = first.dataset.projections.identity("umap")
    lasso = dv.lasso([(-99, -99), (99, -99), (0, 99)], on="umap", recipe=recipe)
    other = dv.explore(images(60, seed=1), selection=lasso)
    with pytest.raises(RuntimeError, match=f"another map 'umap' .recipe {recipe}"):
        _ = other.selected
    assert any("selection" in message["text"] for message in other._messages)
    with pytest.raises(ValueError, match="another map"):
        other.wait().select(lasso)


def test_a_view_that_needs_what_never_comes_says_so():
    with pytest.raises(KeyError, match="did you mean 'brightness'"):
        explored(images(), selection=dv.col("brihtness") > 0.5)
    with pytest.raises(KeyError, match="selection= 'umap'"):
        explored(images(), selection=dv.lasso([(0, 0), (1, 0), (0, 1)], on="umap"))
    with pytest.raises(KeyError, match="arrangement 'frist'.*first"):
        explored(images(), arrangement="frist")
    ex = dv.explore(images(300), selection=dv.lasso([(0, 0), (1, 0), (0, 1)], on="umap"))
    ex.cancel()
    with pytest.raises(RuntimeError, match="'umap', which did not come"):
        _ = ex.selected


def test_a_selection_made_meanwhile_takes_the_place_of_one_that_waits():
    ex = dv.explore(images(300), selection=dv.lasso([(0, 0), (1, 0), (0, 1)], on="umap"))
    ex.select([1, 2])
    assert ex.selected.index.tolist() == [1, 2]
    ex.wait()
    assert ex.selected.index.tolist() == [1, 2]


def test_a_state_with_something_wrong_in_it_changes_nothing():
    ex = explored(images(), label=list("ab" * 20)).wait()
    ex.select([3])
    before = ex.state
    for wrong in (
        {"selection": dv.col("label") == "a", "sort_by": "nope"},
        {"selection": [1], "arrangement": "sideways"},
        {"filter": "label == 'a'", "panes": {"map": 7}},
        {"filter": "label == 'a'", "selektion": None},
        {"color_by": "brightness", "map": "nowhere"},
    ):
        with pytest.raises((KeyError, ValueError)):
            ex.state = wrong
        assert ex.state == before
    ex.state = {"selection": dv.col("label") == "b", "arrangement": "all"}
    assert len(ex.selected) == 20
    assert ex.arrangement == "all"
    ex.state = {}
    assert ex.state == {}
    assert ex.selected.empty


def run(code, **names):
    """What the last line of code gives, run as a cell is."""
    tree = ast.parse(code)
    space = dict(names)
    exec(compile(ast.Module(tree.body[:-1], []), "cell", "exec"), space)
    return eval(ast.unparse(tree.body[-1]), space)


def test_code_of_a_folder_needs_nothing_but_the_folder(tmp_path):
    from PIL import Image

    for label in "ab":
        for i in range(8):
            file = tmp_path / label / f'{i} "x".png'
            file.parent.mkdir(exist_ok=True)
            Image.fromarray(images(1, seed=i + ord(label))[0]).save(file)
    ex = explored(tmp_path, label="label").wait()
    ex.select(dv.col("brightness") > ex.dataset["brightness"].median())
    found = run(ex.code())
    assert found.index.tolist() == ex.selected.index.tolist()
    assert len(found) == 8
    read = explored(dv.read(str(tmp_path))[dv.col("label") == "b"])
    read.select([f'b/{i} "x".png' for i in (1, 3)])
    assert run(read.code()).index.tolist() == ['b/1 "x".png', 'b/3 "x".png']


def test_code_names_the_variable_that_holds_the_images(monkeypatch):
    import __main__

    frame = pd.DataFrame({"image": list(images(5)), "label": list("abcde")})
    monkeypatch.setattr(__main__, "my_frame", frame, raising=False)
    ex = explored(frame, label="label")
    ex.select(dv.col("label") > "c")
    assert '    my_frame,\n    label="label",\n    embed=None,\n' in ex.code()
    assert run(ex.code(), my_frame=frame).index.tolist() == [3, 4]


def test_code_holds_no_secret():
    options = {"key": "AKIACANARY", "secret": "canary-secret"}
    url = "https://user:canary-password@example.org/a.png?token=canary-token"
    source = views.source_code(url, {"storage_options": options}, dv.read(images(1)))
    code = views.view_code(source, [])
    assert "canary" not in f"{source}{code}".lower()
    assert "storage_options=storage_options" in code
    assert "# storage_options: the dict that was given" in code


def test_code_describes_what_no_variable_holds():
    assert "# images: the ndarray of 5 images that was explored" in explored(images(5)).code()


names = st.one_of(st.text(), st.integers(-(2**40), 2**40), st.tuples(st.text(), st.integers(0, 9)))


@given(name=names, descending=st.booleans(), text=st.text(), width=st.integers(100, 4000))
@settings(max_examples=60, deadline=None)
def test_code_evaluates_to_the_state_whatever_the_names(name, descending, text, width):
    try:
        state = {
            "filter": dv.col(name) == text,
            "sort_by": (name, "descending") if descending else name,
            "panes": {"columns": width},
        }
        texts = [(key, views.state_code(value)) for key, value in state.items()]
    except (TypeError, ValueError):  # text that is no Unicode
        return
    code = views.view_code(VIEWS[0]["source"], texts)
    call = ast.parse(code).body[1].value
    for keyword in call.keywords[1:]:
        assert eval(ast.unparse(keyword.value), {"dv": dv}) == state[keyword.arg]
