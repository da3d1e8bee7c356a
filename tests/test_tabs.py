"""What the JupyterLab extension runs in a kernel: which file it means, and what it refuses."""

import json
import os
import subprocess
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from dataview.tabs import find_path, free_name, read_request


def picture(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (6, 5)).save(path)


def asked(**keys):
    return read_request(json.dumps({"paths": ["x"], **keys}))


def test_a_path_is_looked_for_below_the_server_and_then_from_here_upwards(tmp_path):
    deep = tmp_path / "photos" / "2026"
    deep.mkdir(parents=True)
    assert find_path("photos/2026", str(tmp_path), "/") == str(deep)
    assert find_path("photos/2026", "/of/another/machine", deep) == str(deep)
    assert find_path("./photos", "", tmp_path) == str(tmp_path / "photos")
    assert find_path(str(deep), "/nowhere") == str(deep)
    assert find_path("s3://bucket/x", str(tmp_path)) == "s3://bucket/x"
    assert find_path("photos/*.png", str(tmp_path)) == str(tmp_path / "photos/*.png")
    with pytest.raises(FileNotFoundError, match="'photos/2027' below .* this kernel runs"):
        find_path("photos/2027", str(tmp_path), deep)


def test_folders_below_the_server_may_be_called_like_urls_and_homes(tmp_path):
    for name in ("~", "~root", "s3:", "zip:"):
        (tmp_path / name).mkdir()
        assert find_path(f"./{name}", str(tmp_path)) == str(tmp_path / name)
    assert find_path("~", str(tmp_path)) == os.path.expanduser("~")


def test_a_root_with_a_tilde_is_the_home_of_who_runs_the_kernel(tmp_path, monkeypatch):
    (tmp_path / "work" / "pics").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert find_path("pics", "~/work", "/") == str(tmp_path / "work" / "pics")


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_any_name_is_a_path_or_an_error_in_words(name):
    try:
        assert isinstance(find_path(name, "/nowhere/at/all", "/"), str)
    except (FileNotFoundError, ValueError) as error:
        assert not [c for c in str(error) if unicodedata.category(c) in ("Cc", "Zl", "Zp")]


def test_a_request_becomes_the_keywords_of_explore(tmp_path):
    for name in ("a.png", "b.png"):
        picture(tmp_path / name)
    root = str(tmp_path)
    one = asked(paths=["a.png"], root=root, embedder="auto", cacheLimit="")
    assert one == {"x": str(tmp_path / "a.png")}
    several = asked(paths=["./a.png", "./b.png"], root=root, embedder="none", roles={"id": "n"})
    assert several == {
        "x": [str(tmp_path / n) for n in ("a.png", "b.png")],
        "embed": None,
        "id": "n",
    }
    assert asked(paths=["a.png"], root=root, embedder="resnet18")["embed"] == "resnet18"


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"paths": []}, "paths, a list of texts"),
        ({"paths": "a"}, "paths, a list of texts"),
        ({"paths": [{"x": 1}]}, "paths, a list of texts"),
        ({"roles": {"label": 3}}, "roles, an object of column names"),
        ({"roles": {"labels": "a"}}, "role 'labels'.*label"),
        ({"roles": {"embed": "__import__"}}, "role 'embed'"),
        ({"code": "import os"}, "an object with the keys paths"),
        ({"root": 3}, "to be texts"),
        ({"cacheLimit": "much"}, "much"),
    ],
)
def test_what_is_no_request_is_refused(keys, words):
    with pytest.raises((ValueError, KeyError), match=words):
        asked(**keys)


def test_the_limit_of_the_cache_is_the_kernels_from_then_on(tmp_path, monkeypatch):
    import dataview as dv

    monkeypatch.setenv("DATAVIEW_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("DATAVIEW_CACHE_LIMIT", "")
    picture(tmp_path / "a.png")
    asked(paths=["a.png"], root=str(tmp_path), cacheLimit="3 GB")
    assert dv.cache_info().limit == 3_000_000_000


def test_the_name_of_the_explorer_takes_no_one_elses():
    assert free_name({}) == "ex"
    assert free_name({"ex": 1, "ex2": 1, "ex4": 1}) == "ex3"


def test_a_kernel_gets_the_explorer_as_a_variable_and_says_its_model(tmp_path):
    """The code of the extension, in IPython: `ex` and `dv` are there, and the answer names the model."""
    hostile = """a"); import os; os.system("touch pwned"); (" '"""
    picture(tmp_path / hostile / "1.png")
    request = {"paths": [f"./{hostile}"], "root": str(tmp_path), "embedder": "none"}
    code = f"from dataview.tabs import open_tab\nopen_tab({json.dumps(json.dumps(request))})"
    script = f"""
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
shell = InteractiveShell.instance()
with capture_output() as shown:
    assert shell.run_cell({code!r}).success
(output,) = shown.outputs
answer = output.data["application/vnd.dataview.explorer+json"]
assert answer == {{"model": shell.user_ns["ex"].model_id, "variable": "ex"}}, answer
assert shell.user_ns["dv"].__name__ == "dataview"
assert len(shell.user_ns["ex"].dataset) == 1
"""
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert not list(tmp_path.rglob("pwned*"))
