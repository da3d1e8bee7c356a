"""A notebook that was saved and opened without the kernel that made its widgets."""

import base64
import io
import json

import nbformat
from PIL import Image
from playwright.sync_api import expect

WIDGET = "application/vnd.jupyter.widget-view+json"


def saved_output(text: str) -> nbformat.NotebookNode:
    """What a cell that showed a widget leaves in the file."""
    picture = io.BytesIO()
    Image.new("RGB", (96, 44), "steelblue").save(picture, "png")
    data = {
        WIDGET: {"model_id": "0" * 32, "version_major": 2, "version_minor": 0},
        "image/png": base64.b64encode(picture.getvalue()).decode(),
        "text/plain": text,
    }
    return nbformat.v4.new_output("display_data", data=data)


def test_saved_notebook_shows_the_picture_where_the_widget_is_gone(notebook, lab):
    nb = notebook("1", "2")
    saved = nbformat.read(nb.path, 4)
    saved.cells[0].outputs = [saved_output("Explorer(digits: 1,797 images)")]
    saved.cells[1].outputs = [saved_output("IntSlider(value=3)")]
    nb.path.write_text(json.dumps(saved))
    nb.open()
    cells = nb.page.locator(".jp-Notebook .jp-Cell")
    # A notebook of unknown origin shows the picture by itself; once trusted, it looks for the widget.
    nb.page.evaluate(
        "() => { for (const cell of window.jupyterapp.shell.currentWidget.content.widgets)"
        " cell.model.trusted = true; }"
    )
    explorer = cells.nth(0)
    expect(explorer.locator("figure.dataview-static img")).to_be_visible(timeout=20_000)
    expect(explorer).to_contain_text("run the cell to explore")
    expect(explorer).not_to_contain_text("Error displaying widget")
    expect(cells.nth(1)).to_contain_text("Error displaying widget", timeout=20_000)
