"""Writes tests/fixtures/views.json: views, and the code that both languages must write of them.

The expected code is made here from plain strings. To write it anew: python tests/make_views.py
"""

import json
from pathlib import Path
from typing import Any

FIXTURE = Path(__file__).parent / "fixtures" / "views.json"
PHOTOS = {"notes": [], "setup": [], "x": '"photos/"', "arguments": {"label": '"folder"'}}
UNNAMED = {
    "notes": ["# images: the ndarray of 3 images that was explored"],
    "setup": [],
    "x": "images",
    "arguments": {},
}
RUN = {
    "notes": [],
    "setup": ['ds = dv.embed(dv.read("photos/"))', 'ds = dv.run(ds, "kmeans", n_clusters=3)'],
    "x": "ds",
    "arguments": {},
}
DARK = {
    "op": "compare",
    "cmp": "<",
    "left": {"col": "brightness"},
    "right": {"value": 0.25},
}
CATS = {"op": "isin", "col": "label", "values": ['a "cat"', "Ünï", None]}
LASSO = {
    "op": "lasso",
    "on": "umap",
    "polygon": [[0, 0], [1.5, -2], [0.1, 1e-7]],
    "recipe": "0123456789ab",
}


def case(source: dict[str, Any], expected: list[str], **view: Any) -> dict[str, Any]:
    """A view as the browser has it (see View in viewcode.ts), and the lines of its code."""
    return {"source": source, "view": view, "code": "\n".join(["import dataview as dv", *expected])}


def build() -> list[dict[str, Any]]:
    """The cases."""
    lasso = 'dv.lasso([(0, 0), (1.5, -2), (0.1, 1e-07)], on="umap", recipe="0123456789ab")'
    return [
        case(PHOTOS, ["", 'dv.explore("photos/", label="folder")']),
        case(
            UNNAMED,
            ["", UNNAMED["notes"][0], 'dv.explore(images, filter=dv.col("brightness") < 0.25)'],
            filter=DARK,
        ),
        case(
            PHOTOS,
            [
                "",
                "dv.explore(",
                '    "photos/",',
                '    label="folder",',
                '    filter=dv.col("brightness") < 0.25,',
                f'    selection={lasso} & dv.col("label").isin(["a \\"cat\\"", "Ünï", None]),',
                "    color_by=None,",
                '    sort_by=("sharpness", "descending"),',
                '    map="pca",',
                '    arrangement="only",',
                '    panes={"map": 0.5, "columns": 300},',
                ").selected",
            ],
            filter=DARK,
            selection={"op": "and", "terms": [LASSO, CATS]},
            colorBy=None,
            sortBy={"col": "sharpness", "descending": True},
            map="pca",
            arrangement="only",
            panes={"map": 0.5, "columns": 300},
        ),
        case(
            RUN,
            ["", *RUN["setup"], 'dv.explore(ds, color_by=("a", 1), sort_by=3)'],
            colorBy={"tuple": ["a", 1]},
            sortBy={"col": 3, "descending": False},
        ),
        case(PHOTOS, ["", f'dv.explore("photos/", label="folder", map="{"m" * 43}")'], map="m" * 43),
        case(
            PHOTOS,
            ["", "dv.explore(", '    "photos/",', '    label="folder",', f'    map="{"m" * 44}",', ")"],
            map="m" * 44,
        ),
    ]  # fmt: skip


def as_text() -> str:
    """The fixture as the file has it."""
    return json.dumps(build(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FIXTURE.write_text(as_text())
