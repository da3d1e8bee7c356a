"""A bucket is scanned like a folder: whatever the network does, no image is lost and none kept wrong."""

import sqlite3

import numpy as np
import pandas as pd
import pytest
from s3 import noise

import dataview.storage as storage
from dataview.cache import cache
from dataview.readers import read
from dataview.scanning import scan

COUNT = 150


@pytest.fixture
def bucket(s3, monkeypatch):
    monkeypatch.setattr(storage, "_FIRST_PAUSE", 0.01)
    for i in range(COUNT):
        s3.put(f"cats/{i:03}.png", noise(i))
    return s3


def local(tmp_path, seeds):
    folder = tmp_path / "cats"
    folder.mkdir()
    for name, seed in seeds.items():
        (folder / name).write_bytes(noise(seed))
    return scan(folder, cache=False, progress=False)


SAME = ["width", "brightness", "sharpness", "phash", "digest", "format", "file_size"]


def test_a_second_scan_of_a_bucket_asks_for_the_listing_alone(bucket, tmp_path):
    first = scan(bucket.url("cats"), storage_options=bucket.options, progress=False)
    assert bucket.count("GET", ".png") == COUNT and bucket.count("HEAD", ".png") == 0
    expected = local(tmp_path, {f"{i:03}.png": i for i in range(COUNT)})
    assert first.frame[SAME].equals(expected.frame[SAME])
    bucket.clear()
    again = scan(bucket.url("cats"), storage_options=bucket.options, progress=False)
    assert bucket.count(match=".png") == 0 and again.frame.equals(first.frame)
    bucket.put("cats/007.png", noise(1007))
    bucket.put("cats/new.png", noise(1008))
    bucket.clear()
    changed = scan(bucket.url("cats"), storage_options=bucket.options, progress=False)
    assert bucket.count("GET", ".png") == 2
    assert changed["digest"]["007.png"] != first["digest"]["007.png"]


def test_under_faults_nothing_is_lost_and_nothing_is_kept_wrong(bucket, tmp_path):
    ds = read(bucket.url("cats"), storage_options=bucket.impatient())
    bucket.delete("cats/003.png")  # after the listing
    bucket.put("cats/005.png", noise(1005))
    for kind in (503, 500, 429, "truncate", "reset"):
        bucket.fail(kind, rate=0.12, method="GET", match=".png")
    bucket.fail("timeout", times=2, method="GET", match=".png")
    scanned = scan(ds, embed="dictionary", progress=False)
    seeds = {f"{i:03}.png": i for i in range(COUNT)} | {"005.png": 1005}
    expected = local(tmp_path, seeds)
    good = scanned["error"].isna()
    assert not good["003.png"] and 0 < (~good).sum() < COUNT / 2
    found, right = scanned.frame[SAME][good], expected.frame[SAME][good]
    pd.testing.assert_frame_equal(found, right, check_dtype=False, check_exact=True)
    assert np.isfinite(scanned.vectors["dictionary"]).all(axis=1).tolist() == good.tolist()
    bucket.clear()
    bucket.put("cats/003.png", noise(3))
    after = scan(bucket.url("cats"), storage_options=bucket.options, progress=False)
    assert after.frame[SAME].equals(expected.frame[SAME])
    assert after["error"].isna().all()
    assert bucket.count("GET", ".png") == (~good).sum(), "only what had failed is asked for"


def test_no_secret_is_in_the_cache(bucket, empty_cache):
    canary = "canary-of-a-secret-key"
    options = {**bucket.options, "secret": canary}
    ds = scan(bucket.url("cats"), storage_options=options, embed="dictionary", progress=False)
    assert ds["error"].isna().all()
    cache().close()
    files = [path for path in empty_cache.rglob("*") if path.is_file()]
    assert files and all(canary.encode() not in path.read_bytes() for path in files)
    with sqlite3.connect(next(path for path in files if path.suffix == ".sqlite")) as con:
        assert con.execute("pragma integrity_check").fetchone() == ("ok",)
    assert canary not in repr(ds) + repr(ds.history) + ds.frame.to_csv() + str(ds.recipes)
