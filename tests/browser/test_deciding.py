"""Slices and decisions with a mouse and a keyboard, in a real JupyterLab; and what is on the disk."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.conftest import Notebook, Widget


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder of 40 images in two classes, from dark to bright."""
    folder = tmp_path / "photos"
    for i in range(40):
        place = folder / ("cat", "dog")[i % 2]
        place.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (16, 16), (6 * i, 3 * i, 120)).save(place / f"{i:02}.png")
    return folder


def explored(notebook: Any, photos: Path, more: str = "") -> tuple[Notebook, Widget]:
    call = f"dv.explore({str(photos)!r}, project='pca'{more})"
    book = notebook(f"import dataview as dv\nex = {call}\nex")
    book.run(0)
    widget = book.widget()
    widget.wait_for_map("pca")
    return book, widget


def acts(photos: Path) -> list[dict[str, Any]]:
    lines = (photos / ".dataview-decisions.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def decide(widget: Widget, what: str, text: str | None = None, why: str = "") -> None:
    """Open a panel by its button, fill it in, press Enter, and wait until it has gone."""
    widget.part(what).click()
    panel = widget.part(f"decide-{what}")
    if text is not None:
        panel.get_by_test_id("decide-text").fill(text)
    panel.get_by_test_id("decide-why").fill(why)
    widget.page.keyboard.press("Enter")
    expect(panel).to_have_count(0)


def test_what_is_decided_is_in_the_next_cell_on_the_disk_and_in_the_next_session(
    notebook: Any, photos: Path
) -> None:
    book, widget = explored(notebook, photos)
    expect(widget.part("tag")).to_have_attribute("aria-disabled", "true")
    widget.bar("label", "cat").click()
    widget.wait_for_count("^20 ")

    widget.part("slices").click()
    widget.part("slice-name").fill("all cats")
    widget.page.keyboard.press("Enter")
    expect(widget.part("slice")).to_contain_text("all cats")
    expect(widget.part("slice")).to_contain_text("20 · rule")
    widget.page.keyboard.press("Escape")
    widget.wait_for_count("^20 ")  # Escape has closed the panel, and nothing else

    decide(widget, "tag", "seen", why="looked at one by one")
    expect(widget.part("said")).to_contain_text("20 images tagged “seen” · saved")
    first = acts(photos)
    assert [act["what"] for act in first] == ["slice", "tag"]
    assert first[1]["why"] == "looked at one by one"
    book.expect("int(ex.dataset['seen'].sum()), ex.log[-1].why", "(20, 'looked at one by one')")

    widget.tile(0).click()
    widget.wait_for_count("^1 ")
    decide(widget, "relabel", "cow")
    decide(widget, "note", "a cow, surely")
    decide(widget, "exclude", why="no cows")
    expect(widget.part("shown")).to_have_text("39 shown")
    expect(widget.part("filter")).to_contain_text("excluded")
    widget.wait_for_count("^0 ")
    book.expect(
        "ex.dataset.frame.loc['cat/00.png', ['label', 'note', 'excluded', 'seen']].map(str).tolist()",
        "['cow', 'a cow, surely', 'True', 'True']",
    )

    widget.part("decisions").click()
    panel = widget.part("decisions-panel")
    expect(panel.get_by_test_id("decision")).to_have_count(5)
    expect(panel.get_by_test_id("log-place")).to_contain_text("photos/.dataview-decisions.jsonl")
    panel.get_by_test_id("undo-act").nth(1).click()  # the note
    expect(panel.get_by_test_id("decision").nth(1)).to_contain_text("taken back")
    widget.page.keyboard.press("Escape")
    book.expect("'note' in ex.dataset.columns, len(ex.log)", "(False, 6)")
    assert [act["what"] for act in acts(photos)][2:] == ["relabel", "note", "exclude", "undo"]

    again, view = explored(notebook, photos)
    expect(view.part("shown")).to_have_text("39 shown")
    again.expect("ex.dataset['label'].tolist()[0], int(ex.dataset['seen'].sum())", "('cow', 20)")
    view.part("slices").click()
    view.part("slice-select").click()
    view.wait_for_count("^19 ")  # one of them is a cow by now
    again.expect("set(ex.selected.label), len(ex.selected)", "({'cat'}, 19)")


def test_the_keys_open_the_panels_and_are_text_where_somebody_types(
    notebook: Any, photos: Path
) -> None:
    book, widget = explored(notebook, photos)
    keys = widget.page.keyboard
    widget.surface.click()
    keys.press("x")
    expect(widget.part("decide-exclude")).to_have_count(0)  # nothing is selected
    widget.bar("label", "dog").click()
    widget.wait_for_count("^20 ")
    keys.press("t")
    keys.type("text xs", delay=5)
    expect(widget.part("decide-text")).to_have_value("text xs")
    keys.press("Escape")
    expect(widget.part("decide-tag")).to_have_count(0)
    widget.wait_for_count("^20 ")
    keys.press("x")
    expect(widget.part("decide-exclude")).to_be_visible()
    keys.press("Enter")
    expect(widget.part("shown")).to_have_text("20 shown")
    keys.press("Control+z")
    widget.wait_for_count("^20 ")
    expect(widget.part("filter")).to_have_count(0)
    book.expect("'excluded' in ex.dataset.columns, len(ex.log)", "(False, 2)")
    widget.root.focus()  # which the cell has had
    keys.press("Control+Shift+z")
    expect(widget.part("shown")).to_have_text("20 shown")
    widget.wait_for_count("^0 ")
    keys.press("Control+z")
    widget.wait_for_count("^20 ")
    keys.press("b")
    widget.part("decide-relabel").get_by_title("Relabel: cat").click()
    book.expect("set(ex.dataset['label'])", "{'cat'}")


def test_what_was_not_saved_is_not_shown_as_saved(notebook: Any, photos: Path) -> None:
    book, widget = explored(notebook, photos)
    book.run_code(
        "import os\nfsync = os.fsync\n"
        "def full(_): raise OSError(28, 'No space left on device')\n"
        "os.fsync = full"
    )
    widget.bar("label", "cat").click()
    widget.wait_for_count("^20 ")
    widget.part("tag").click()
    widget.part("decide-text").fill("brightness")
    widget.page.keyboard.press("Enter")
    expect(widget.part("decide-problem")).to_contain_text("has a column 'brightness' of its own")
    widget.part("decide-text").fill("seen")
    widget.page.keyboard.press("Enter")
    expect(widget.part("decide-problem")).to_contain_text("not saved: No space left on device")
    expect(widget.part("said")).to_be_hidden()
    book.expect("'seen' in ex.dataset.columns, len(ex.log)", "(False, 0)")
    book.run_code("os.fsync = fsync")
    widget.part("decide-submit").click()
    expect(widget.part("said")).to_contain_text("saved")
    assert [act["name"] for act in acts(photos)] == ["seen"]


def test_names_with_markup_are_text_and_a_log_in_memory_says_so(notebook: Any) -> None:
    name = "<img src=x onerror=\"document.title='run'\">"
    book = notebook(
        "import dataview as dv, numpy as np\n"
        "ex = dv.explore(np.zeros((6, 16, 16), np.uint8), embed=None)\nex"
    )
    book.run(0)
    widget = book.widget()
    widget.tile(0).click()
    widget.wait_for_count("^1 ")
    widget.part("tag").click()
    expect(widget.part("memory")).to_contain_text('give explore a log="PATH"')
    widget.page.keyboard.press("Escape")
    decide(widget, "tag", name, why=name)
    expect(widget.part("said")).to_contain_text("kept in memory")
    widget.part("decisions").click()
    expect(widget.part("decision")).to_contain_text("<img src=x")
    expect(widget.part("log-place")).to_contain_text("Kept until the kernel ends")
    assert "run" not in widget.page.title()
    assert widget.root.locator("img[src=x]").count() == 0


def test_a_slice_is_renamed_removed_added_and_shown_alone(notebook: Any, photos: Path) -> None:
    book, widget = explored(notebook, photos)
    book.run_code(
        "ex.save_slice('cats', \"label == 'cat'\"); ex.save_slice('two', ['dog/01.png', 'dog/03.png'])"
    )
    widget.part("slices").click()
    slices = widget.part("slice")
    expect(slices).to_have_count(2)
    slices.nth(0).get_by_test_id("slice-select").click()
    widget.wait_for_count("^20 ")
    slices.nth(1).get_by_test_id("slice-select").click(modifiers=["Shift"])
    widget.wait_for_count("^22 ")
    slices.nth(1).get_by_test_id("slice-filter").click()
    expect(widget.part("shown")).to_have_text("2 shown")
    slices.nth(1).get_by_test_id("slice-rename").click()
    widget.part("slice-rename-text").fill("a pair")
    widget.page.keyboard.press("Enter")
    expect(slices.nth(1)).to_contain_text("a pair")
    slices.nth(0).get_by_test_id("slice-remove").click()
    expect(slices).to_have_count(1)
    book.expect("list(ex.slices), ex.slices['a pair']",
                "(['a pair'], dv.rows([\"dog/01.png\", \"dog/03.png\"]))")  # fmt: skip


def test_linked_explorers_follow_each_others_clicks(notebook: Any, photos: Path) -> None:
    book = notebook(
        f"import dataview as dv\n"
        f"a = dv.explore({str(photos)!r}, embed=None)\n"
        f"b = dv.explore(dv.read({str(photos)!r})[dv.col('label') == 'cat'], embed=None)\n"
        "tied = dv.link(a, b)",
        "a", "b",
    )  # fmt: skip
    for cell in range(3):
        book.run(cell)
    a, b = book.widget(0), book.widget(1)
    a.tile(0).click()
    b.wait_for_count("^1 ")
    book.expect("list(b.selected.index)", "['cat/00.png']")
    b.tile(2).click()
    a.wait_for_count("^1 ")
    book.expect("list(a.selected.index) == list(b.selected.index)", "True")
    book.run_code("a.select(None)")
    b.wait_for_count("^0 ")
