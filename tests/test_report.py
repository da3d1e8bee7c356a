"""A report says what pandas says, holds all it needs, and shows text as text."""

from __future__ import annotations

import base64
import io
import os
import re
import warnings
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import dataview as dv
from dataview.charts import histogram, number, text
from dataview.overview import overview
from dataview.terminal import plain

VOID = {"meta", "img", "br", "wbr"}


class Page(HTMLParser):
    """A document as a tree that is checked while it is built, flattened into what tests ask for."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.sections: dict[str, str] = {}
        self.rows: list[tuple[str, list[str]]] = []  # section and cells
        self.text = ""
        self.heads: list[str] = []
        self._id = ""
        self.feed(source)
        self.close()
        assert not self.open, f"not closed: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "section":
            self._id = str(dict(attrs)["id"])
            self.sections[self._id] = ""
        if tag == "tr":
            self.rows.append((self._id, []))
        if tag in ("td", "th"):
            self.rows[-1][1].append("")
        if tag == "h3":
            self.heads.append("")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "style":
            return
        self.text += data
        if "h3" in self.open:
            self.heads[-1] += data
        if "section" in self.open:
            self.sections[self._id] += data
        if ("td" in self.open or "th" in self.open) and "title" not in self.open:
            self.rows[-1][1][-1] += data

    def table(self, section: str) -> dict[str, list[str]]:
        """The cells of a section's tables by the first of each row."""
        return {row[0]: row[1:] for where, row in self.rows if where == section and row}

    def all(self, tag: str, **attrs: str) -> list[dict[str, str | None]]:
        return [a for t, a in self.tags if t == tag and attrs.items() <= a.items()]


def save(folder: Path, name: str, pixels: np.ndarray, **how: object) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, **how)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Class folders in two splits, with one of each fault."""
    rng = np.random.default_rng(0)
    folder = tmp_path_factory.mktemp("report") / "textures"
    for split, count in (("train", 12), ("test", 5)):
        for label, size in (("clouds", (3, 4)), ("bark", (4, 60))):
            for i in range(count):
                small = rng.integers(0, 256, (*size, 3), np.uint8)
                large = Image.fromarray(small).resize((96, 72), Image.Resampling.BICUBIC)
                save(folder, f"{split}/{label}/{i:02}.png", np.asarray(large))
    train = folder / "train"
    save(folder, "train/bark/night.png", np.full((72, 96, 3), 9, np.uint8))
    save(folder, "train/bark/tall.png", rng.integers(0, 256, (300, 20, 3), np.uint8))
    (train / "clouds/copy.png").write_bytes((train / "clouds/03.png").read_bytes())
    (train / "bark/copy.png").write_bytes((train / "clouds/03.png").read_bytes())
    Image.open(train / "bark/05.png").save(train / "bark/again.jpg", quality=60)
    (train / "clouds/half.png").write_bytes((train / "clouds/04.png").read_bytes()[:99])
    (train / "clouds/empty.jpg").write_bytes(b"")
    (folder / "notes.txt").write_text("hello")
    return folder


@pytest.fixture(scope="module")
def made(folder: Path) -> dv.Report:
    return dv.report(folder, progress=False)


@pytest.fixture(scope="module")
def page(made: dv.Report) -> Page:
    return Page(made.html)


def quiet(x: object, **options: object) -> dv.Report:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return dv.report(x, progress=False, **options)


# ------------------------------------------------------------------- the numbers are right


def test_the_figures_are_those_of_the_files(made: dv.Report, folder: Path) -> None:
    found = made.overview
    files = [f for f in folder.rglob("*") if f.suffix in (".png", ".jpg")]
    assert found.images == len(files) == len(made.dataset)
    assert found.unreadable == 2
    assert found.reasons == [("empty file (0 bytes)", 1), ("truncated PNG", 1)]
    readable = [f for f in files if f.name not in ("half.png", "empty.jpg")]
    assert found.bytes == sum(f.stat().st_size for f in readable)
    assert found.left_out == "1 .txt file"
    sizes = pd.Series([Image.open(f).size for f in readable]).value_counts()
    assert dict(found.sizes) == {f"{w} x {h}": n for (w, h), n in sizes.items()}
    areas = sorted(w * h / 1e6 for w, h in map(lambda f: Image.open(f).size, readable))
    assert found.megapixels == (areas[0], float(np.median(areas)), areas[-1])


def test_the_table_of_flags_says_what_the_columns_say(made: dv.Report, page: Page) -> None:
    table = page.table("flags")
    for name in dv.flags().index:
        rule, images, share = table[name]
        flagged = made.dataset.frame[f"is_{name}"].sum()
        assert images == f"{flagged:,}"
        assert share == f"{flagged / len(made.dataset):.1%}"
        assert rule == str(dv.flags(made.dataset).rule[name])
    assert made.dataset.frame["is_dark"].sum() >= 1


def test_exact_duplicates_are_counted_as_pandas_counts_equal_digests(made: dv.Report) -> None:
    digests = made.dataset.frame["digest"].dropna()
    same = digests[digests.duplicated(keep=False)]
    exact = made.overview.exact
    assert (exact.groups, exact.images) == (same.nunique(), len(same)) == (1, 3)
    assert exact.extra == digests.duplicated().sum() == 2


def test_near_duplicates_are_those_of_the_table_of_duplicates(made: dv.Report) -> None:
    table = dv.duplicates(made.dataset)
    mixed = table.groupby("group").filter(
        lambda g: made.dataset.frame["digest"][g.index].nunique() > 1
    )
    near = made.overview.near
    assert near.images == len(mixed) > 0
    assert near.groups == mixed["group"].nunique()
    assert near.extra == (~mixed["keep"]).sum()


def test_the_duplicates_section_shows_each_group_once(made: dv.Report, page: Page) -> None:
    text = page.sections["duplicates"]
    for name in ("train/clouds/03.png", "train/clouds/copy.png", "train/bark/copy.png"):
        assert name in text
    assert "3 files in 1 group hold the same bytes as another; 2 could go." in text
    assert text.count("the same bytes") == 1 + 2  # the sentence, and all but the one to keep


def test_labels_and_splits_are_counted_as_pandas_crosses_them(made: dv.Report, page: Page) -> None:
    frame = made.dataset.frame
    crossed = pd.crosstab(frame["label"], frame["split"])
    rows = [row for where, row in page.rows if where == "labels"]
    head = next(row for row in rows if row[-1] == "all")
    assert set(head[1:-1]) == {"train", "test"}
    for label in ("clouds", "bark"):
        row = next(r for r in rows if r[0] == label and len(r) == len(head))
        assert row[1:-1] == [str(crossed.at[label, split]) for split in head[1:-1]]
        assert row[-1] == str(crossed.loc[label].sum())
        bar = next(r for r in rows if r[0] == label and len(r) == 3)
        assert bar[-1] == str((frame["label"] == label).sum())


def test_every_statistic_has_a_chart_whose_bars_count_all_values(
    made: dv.Report, page: Page
) -> None:
    charts = page.all("svg", **{"class": "histogram"})
    labels = [str(chart["aria-label"]) for chart in charts]
    frame = made.dataset.frame
    for name in ("brightness", "contrast", "entropy", "file_size"):
        values = frame[name].dropna().astype(float)
        low, high = number(values.min()), number(values.max())
        assert f"histogram of {len(values):,} values from {low} to {high}" in labels
        assert f"median {number(values.median())}" in page.sections["distributions"]
    for chart in re.findall(r'<svg class="histogram".*?</svg>', made.html):
        said = re.search(r'aria-label="histogram of ([\d,]+) ', chart)
        bars = re.findall(r": ([\d,]+)</title>", chart)
        assert said and sum(int(n.replace(",", "")) for n in bars) == int(said[1].replace(",", ""))
    assert "bit_depth 8" in page.sections["distributions"], "said once, where all are the same"


def test_the_map_has_a_point_for_each_image_that_could_be_read(made: dv.Report, page: Page) -> None:
    readable = made.overview.images - made.overview.unreadable
    assert len(page.all("circle", r="4")) == readable
    assert f"{readable} images by umap of dictionary" in page.sections["map"]
    for name in made.dataset.index[:3]:
        assert name in page.sections["map"]


def test_unreadable_files_are_listed_with_their_reasons(made: dv.Report, page: Page) -> None:
    table = page.table("unreadable")
    for name, error in made.dataset.frame["error"].dropna().items():
        assert table[name] == [error]


def test_the_code_in_it_makes_the_same_numbers(made: dv.Report, folder: Path) -> None:
    code = re.search(r"<pre>(.*?)</pre>", made.html, re.S)
    assert code is not None
    lines = [x for x in plain_lines(code[1]) if not x.startswith("dv.explore")]
    names: dict[str, object] = {}
    exec("\n".join(lines).replace("embed='dictionary'", "progress=False"), names)
    ds = names["ds"]
    if not hasattr(ds, "frame"):
        raise AssertionError(lines)
    assert dv.flags(ds).images.equals(dv.flags(made.dataset).images)


def plain_lines(html: str) -> list[str]:
    lines = Page(f"<section id='x'>{html}</section>").text.split("\n")
    return [line for line in lines if not line.startswith("ds = dv.project")]


# ------------------------------------------------------------------------- one file, no network


def test_it_loads_nothing_and_runs_nothing(made: dv.Report, page: Page) -> None:
    names = {tag for tag, _ in page.tags}
    assert not names & {"script", "link", "iframe", "object", "embed", "form", "base"}
    for tag, attrs in page.tags:
        assert not [name for name in attrs if name.startswith("on")], (tag, attrs)
        for name in ("src", "href", "srcset", "action", "xlink:href"):
            value = attrs.get(name) or ""
            assert value == "" or value.startswith(("data:image/", "#")), (tag, value[:60])
    assert not re.findall(r"url\(|@import|https?://", made.html)
    policy = page.all("meta", **{"http-equiv": "Content-Security-Policy"})
    assert "default-src 'none'" in str(policy[0]["content"])


def test_every_picture_can_be_opened_and_has_a_name(page: Page) -> None:
    images = page.all("img")
    assert len(images) > 20
    for image in images:
        kind, _, data = str(image["src"]).partition(";base64,")
        assert kind in ("data:image/png", "data:image/jpeg")
        Image.open(io.BytesIO(base64.b64decode(data))).load()
        assert image["alt"]


def test_pictures_stay_below_the_limit_and_it_says_what_was_left_out(folder: Path) -> None:
    small = quiet(folder, embed=None, limit="40 KB")
    page = Page(small.html)
    taken = sum(len(str(image["src"])) for image in page.all("img"))
    assert taken == small.pictures <= 40_000
    assert small.left_out > 0
    assert f"{small.left_out} pictures left out: the limit is 40.0 KB" in page.text
    assert page.table("flags") == Page(quiet(folder, embed=None).html).table("flags")


def test_the_contents_lead_to_every_section(page: Page) -> None:
    links = [str(link["href"]) for link in page.all("a")]
    assert links == [f"#{name}" for name in page.sections]
    assert {"flags", "duplicates", "unreadable", "labels", "distributions", "map"} <= set(
        page.sections
    )


# --------------------------------------------------------------------------------- hostile


MARKUP = "<img src=x onerror=alert(1)>\"'&amp;"


def hostile_frame(n: int = 6) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "image": list(rng.integers(0, 255, (n, 40, 50, 3), np.uint8)),
            "label": [
                MARKUP,
                "</table><script>x()</script>",
                "\x1b[31mred",
                "a\nb",
                "\u202egnp",
                "é",
            ],
            MARKUP: range(n),
            "kind of </style>": [f"</div><b>{i % 2}" for i in range(n)],
        }
    )
    frame.index = pd.Index([f'{i}"><script>alert({i})</script>\n' for i in range(n)], name=MARKUP)
    return frame


def test_markup_in_every_string_is_shown_as_text() -> None:
    made = quiet(hostile_frame(), title=MARKUP, embed=None)
    page = Page(made.html)
    assert {tag for tag, _ in page.tags} <= {
        "html", "head", "meta", "title", "style", "body", "main", "header", "h1", "h2", "h3", "p",
        "nav", "a", "div", "b", "span", "section", "table", "thead", "tbody", "tr", "th", "td",
        "figure", "figcaption", "img", "br", "svg", "rect", "code", "pre", "footer", "ul", "li",
        "circle", "wbr",
    }  # fmt: skip
    assert not [a for _, a in page.tags if any(name.startswith("on") for name in a)]
    assert MARKUP in page.text and "</table><script>x()</script>" in page.text
    assert "\x1b" not in made.html and "\u202e" not in made.html
    assert r"\x1b[31mred" in page.text and r"a\nb" in page.text


def test_names_that_are_no_text_are_in_it_as_escapes(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for name in (b"caf\xe9.png", b"line\nbreak.png", b"\x1b]0;title\x07.png", b"<b>.png"):
        save(tmp_path, os.fsdecode(name), rng.integers(0, 255, (30, 30, 3), np.uint8))
    made = quiet(tmp_path, embed=None)
    made.html.encode("utf-8")
    page = Page(made.html)
    for shown in (r"caf\xe9.png", r"line\nbreak.png", r"\x1b]0;title\x07.png", "<b>.png"):
        assert shown in page.text


@given(st.text())
def test_any_text_is_one_line_without_control_and_comes_back_from_html(value: str) -> None:
    shown = plain(value)
    assert shown.isprintable() or set(shown) - set(" ") and "\n" not in shown
    assert not re.search("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", shown)
    assert Page(f"<section id='x'>{text(value)}</section>").text == shown


# --------------------------------------------------------------------------- sizes of datasets


def test_a_report_of_nothing_says_so() -> None:
    ds = dv.flag(dv.scan(hostile_frame(), cache=False, progress=False))
    made = quiet(ds[dv.col("brightness") < -1])
    assert made.overview.images == 0
    assert "0images" in Page(made.html).text


def test_a_report_of_one_image_has_all_but_a_map_of_neighbors(tmp_path: Path) -> None:
    save(tmp_path, "only.png", np.random.default_rng(0).integers(0, 255, (50, 60, 3), np.uint8))
    page = Page(quiet(tmp_path).html)
    assert "only.png" in page.text and "1image" in page.text
    assert len(page.all("circle", r="4")) <= 1


def test_a_report_of_broken_files_alone_says_why(tmp_path: Path) -> None:
    for i in range(3):
        (tmp_path / f"{i}.png").write_bytes(b"not a picture")
    page = Page(quiet(tmp_path).html)
    assert page.table("unreadable")["0.png"] and "map" not in page.sections


@pytest.mark.slow
def test_a_report_of_ten_thousand_rows_is_small_and_right() -> None:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 255, (10_000, 8, 8, 3), np.uint8)
    labels = [f"class {i % 300}" for i in range(10_000)]
    made = quiet(images, label=labels, embed=None)
    page = Page(made.html)
    assert len(made.html) < 3_000_000
    assert "and 260 more labels" in page.sections["labels"]
    assert made.overview.labels[0][1] == 34 and len(made.overview.labels) == 300


# -------------------------------------------------------------------------- what is taken as it is


def test_flags_vectors_and_maps_of_ones_own_are_in_it() -> None:
    rng = np.random.default_rng(0)
    ds = dv.scan(rng.integers(0, 255, (30, 20, 20, 3), np.uint8), cache=False, progress=False)
    ds = dv.flag(ds, dark=0.999, near_duplicate=None)
    ds = ds.with_projection("mine", rng.normal(size=(30, 2)).astype(np.float32), {})
    made = quiet(ds)
    assert made.dataset.projections.keys() == {"mine"} and not made.dataset.vectors
    page = Page(made.html)
    assert page.table("flags")["dark"][0] == 'dv.col("brightness_p99") < 0.999'
    assert "near_duplicate" not in page.table("flags") and "by mine" in page.sections["map"]


def test_labels_that_are_numbers_or_missing_are_counted(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"image": list(rng.integers(0, 255, (9, 20, 20, 3), np.uint8))})
    frame["label"] = [0, 0, 0, 1, 1, 2, None, None, None]
    page = Page(quiet(frame, embed=None).html)
    assert "3 images without a label" in page.sections["labels"]
    assert overview(dv.read(frame)).labels == [("0.0", 3), ("1.0", 2), ("2.0", 1)]


def test_columns_of_all_kinds_are_drawn_or_left_out() -> None:
    rng = np.random.default_rng(0)
    n = 12
    frame = pd.DataFrame(
        {
            "image": list(rng.integers(0, 255, (n, 20, 20, 3), np.uint8)),
            "label": [[1, 2], [3]] * (n // 2),  # no hash
            "split": pd.Categorical(["a", "b", "c"] * (n // 3), categories=[*"abcd"]),
            "huge": [1e308, -1e308] * (n // 2),
            "endless": [np.inf, -np.inf, 1.0] * (n // 3),
            "when": pd.date_range("2024-01-01", periods=n, tz="Europe/Berlin"),
            "day": [None, *pd.date_range("2024-01-01", periods=n - 1).date],
            "maybe": pd.array([True, None, False] * (n // 3), dtype="boolean"),
            "whole": pd.array([1, None, 2**60] * (n // 3), dtype="Int64"),
            "odd": pd.interval_range(0, n),
            ("a", 1): [1j] * n,
            7: rng.normal(size=n),
        }
    )
    page = Page(quiet(frame, embed=None).html)
    assert {"huge", "endless", "when", "day", "maybe", "whole", "7"} <= set(page.heads)
    assert "image" not in page.heads, "pictures are no column to draw"
    drawn = page.sections["distributions"]
    assert "2024-01-01 00:00" in drawn or "2023-12-31" in drawn
    assert page.table("labels")["[1, 2]"][-1] == "6" and page.table("labels")["a"][-1] == "4"


def test_an_explorer_is_reported_as_it_is() -> None:
    images = np.random.default_rng(0).integers(0, 255, (9, 20, 20, 3), np.uint8)
    ex = dv.explore(images, embed=None)
    ex.wait()
    made = quiet(ex)
    assert made.dataset.columns == ex.dataset.columns and "brightness" in made.dataset.columns
    ex.close()


def test_saving_is_all_or_nothing(made: dv.Report, tmp_path: Path, monkeypatch) -> None:
    path = tmp_path / "report.html"
    path.write_text("before")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        made.save(path)
    assert path.read_text() == "before" and os.listdir(tmp_path) == ["report.html"]
    monkeypatch.undo()
    made.save(path)
    assert path.read_text(encoding="utf-8") == made.html


def test_a_place_that_cannot_be_written_is_told_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no folder"):
        dv.report("no such folder", tmp_path / "nowhere" / "report.html")
    with pytest.raises(IsADirectoryError):
        dv.report("no such folder", tmp_path)
    with pytest.raises(ValueError, match="is a URL"):
        dv.report("no such folder", "s3://bucket/report.html")
    with pytest.raises(OSError, match="nothing can be written"):
        dv.report("no such folder", "/proc/report.html")


def test_in_a_notebook_it_is_in_a_frame_that_runs_nothing(made: dv.Report) -> None:
    page = Page(f"<div>{made._repr_html_()}</div>")
    frame = page.all("iframe")[0]
    assert frame["srcdoc"] == made.html and "sandbox" in frame and not frame["sandbox"]


# ------------------------------------------------------------------------------- histograms


@settings(deadline=None)
@given(st.lists(st.floats(allow_nan=True, allow_infinity=True) | st.integers(-50, 50), max_size=80))
def test_a_histogram_counts_every_finite_value_in_its_bin(values: list[float]) -> None:
    numbers = np.array(values, np.float64)
    finite = numbers[np.isfinite(numbers)]
    with np.errstate(over="ignore", invalid="ignore"):
        drawn = histogram(numbers)
    if not len(finite):
        assert drawn is None
        return
    assert drawn is not None
    assert drawn.counts.sum() == len(finite) and len(drawn.counts) <= 40
    assert len(drawn.edges) == len(drawn.counts) + 1
    inside = finite[(finite >= drawn.edges[0]) & (finite < drawn.edges[-1])]
    if len(inside) == len(finite):
        expected, _ = np.histogram(finite, drawn.edges)
        assert drawn.counts.tolist() == expected.tolist()
