"""What is left of a view in a saved notebook, where no kernel is that could bring it back."""

from __future__ import annotations

from pathlib import Path

from nbconvert import HTMLExporter
from playwright.sync_api import expect

from tests.browser.conftest import SMALL, Notebook

SLIDER = "import ipywidgets\nipywidgets.IntSlider(3)"


def test_a_saved_notebook_shows_a_picture_of_the_view(notebook, page, lab, tmp_path: Path) -> None:
    book: Notebook = notebook(SMALL, SLIDER)
    book.run(0)
    book.run(1)
    book.widget().wait_for_map("pca")
    # the picture is put beside the view when the work is done
    page.wait_for_function(
        """() => window.jupyterapp.shell.currentWidget.content.widgets[0]
            .model.outputs.get(0).data["image/png"].length > 20000"""
    )
    saved = book.save()

    # in a page that nbconvert makes, and so on GitHub
    html, _ = HTMLExporter().from_notebook_node(saved)
    (tmp_path / "page.html").write_text(html)
    page.goto((tmp_path / "page.html").as_uri())
    picture = page.locator("img[src^='data:image/png']")
    expect(picture).to_be_visible()
    assert picture.evaluate("(image) => image.naturalWidth") == 960

    # in JupyterLab, in a copy whose kernel has no such widget
    copy = f"copy-{book.name}"
    (lab.root / copy).write_bytes(book.path.read_bytes())
    other: Notebook = notebook(name=copy)
    cells = page.locator(".jp-Notebook .jp-Cell")
    figure = cells.nth(0).locator("figure.dataview-static")
    expect(figure.locator("img")).to_be_visible()
    expect(figure).to_contain_text("run the cell to explore")
    expect(cells.nth(0)).not_to_contain_text("Error displaying widget")
    expect(cells.nth(1)).to_contain_text("Error displaying widget")  # others' widgets stay theirs

    other.run(0)
    other.widget().wait_for_map("pca")
    expect(figure).to_have_count(0)
