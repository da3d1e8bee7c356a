"""The stages of an explorer give what `dv.scan`, `dv.embed` and `dv.project` give, and no more work."""

from __future__ import annotations

import numpy as np
import pytest

import dataview as dv
from dataview import pipeline as module
from dataview.cache import cache
from dataview.image import ImageError
from dataview.pipeline import Pipeline, waiting_room
from dataview.stages import Stages
from dataview.thumbnails import Thumbnails


def pictures(n: int) -> np.ndarray:
    """(n, 40, 40, 3) images, each with stripes of its own width and colour."""
    at = np.arange(40)
    widths, colors = 2 + np.arange(n) % 5, np.random.default_rng(0).integers(80, 255, (n, 3))
    stripes = (at[None] // widths[:, None] % 2)[:, None, :, None]
    return np.broadcast_to(stripes * colors[:, None, None], (n, 40, 40, 3)).astype(np.uint8)


def run(ds: dv.Dataset, **options) -> tuple[dv.Dataset, list]:
    told: list = []
    pipeline = Pipeline(
        ds,
        publish=lambda each, show: told.append((each, show)),
        thumbnails=lambda batch: None,
        **options,
    )
    stages = Stages(pipeline.stages(), lambda state: None, on_end=pipeline.close)
    stages.start()
    stages.wait(timeout=120)
    return pipeline.dataset, [(list(each.vectors), show) for each, show in told]


def test_the_stages_add_what_the_library_adds() -> None:
    ds, told = run(dv.read(pictures(60)), project="pca")
    assert told == [([], None), ([], None), (["dictionary"], None), (["dictionary"], "pca")]
    flagged = dv.flag(dv.scan(pictures(60), progress=False))
    alone = dv.project(dv.embed(flagged, progress=False), "pca")
    assert ds.frame.equals(alone.frame)
    assert np.array_equal(ds.vectors["dictionary"], alone.vectors["dictionary"])
    assert np.array_equal(ds.projections["pca"], alone.projections["pca"])
    assert ds.recipes == alone.recipes


@pytest.mark.parametrize("limits", [{"_IN_MEMORY": 1000}, {"_IN_MEMORY": 0, "_ON_DISK": 0}])
def test_images_that_do_not_fit_into_memory_give_the_same_vectors(
    limits: dict, monkeypatch: pytest.MonkeyPatch
) -> None:
    within, _ = run(dv.read(pictures(40)), project=None)
    cache().clear()
    for name, value in limits.items():
        monkeypatch.setattr(module, name, value)
    beyond, _ = run(dv.read(pictures(40)), project=None)
    assert np.array_equal(within.vectors["dictionary"], beyond.vectors["dictionary"])


def test_the_waiting_room_is_memory_then_a_file_then_nothing() -> None:
    assert type(waiting_room(100, 32)) is np.ndarray
    room = waiting_room(200_000, 32)
    assert isinstance(room, module.FileRoom)
    images = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), np.uint8)
    room[np.array([7, 199_999, 0])] = images
    assert np.array_equal(room[np.array([0, 7, 199_999])], images[[2, 0, 1]])
    assert waiting_room(10**6, 224) is None


def test_what_is_known_is_not_computed_again() -> None:
    ds, _ = run(dv.read(pictures(20)), project="pca")
    again = Pipeline(ds, publish=print, thumbnails=print).stages()
    assert again == []
    other = Pipeline(ds, publish=print, thumbnails=print, embed=lambda b: b[:, 0, 0])
    assert [stage.name for stage in other.stages()] == ["scan", "embedding", "pca", "umap"]
    named, _ = run(ds, project="pca")
    assert named is ds, "it has this map of these vectors"


def test_rows_without_a_picture_are_not_on_the_map() -> None:
    ds, _ = run(dv.read([*pictures(12), b"no image", b""]), project="pca")
    assert ds["error"].notna().tolist() == [False] * 12 + [True] * 2
    assert np.isnan(ds.projections["pca"]).all(axis=1).tolist() == [False] * 12 + [True] * 2


def test_thumbnails_are_made_once_and_dropped_beyond_the_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ds = dv.read([*pictures(4), b"no image"])
    thumbnails = Thumbnails(ds, size=32)
    assert thumbnails[0] is thumbnails[0]
    assert thumbnails[0].mime in ("image/png", "image/jpeg") and thumbnails[0].width == 40
    assert thumbnails[4].mime == "" and thumbnails[4].error
    with pytest.raises(ImageError, match=thumbnails[4].error.split(":")[0]):
        ds.image(4)
    tight = Thumbnails(ds, size=32, limit=len(thumbnails[0].data) + len(thumbnails[1].data))
    first = tight[0]
    for row in (1, 2, 3):
        _ = tight[row]
    assert tight[0] is not first and tight[0] == first
