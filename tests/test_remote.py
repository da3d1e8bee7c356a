"""Images behind URLs: listed cheaply, read rightly or with their error, and no secret shown."""

import concurrent.futures
import io
import logging
import os
import pickle
import random
import subprocess
import sys
import threading
import time
import traceback
import warnings
import zipfile

import fsspec
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from s3 import level, noise, png

from dataview import storage
from dataview.faults import ImageError
from dataview.image import open_image
from dataview.readers import read
from dataview.sources import RemoteFile
from dataview.storage import StorageError, classify, retrying
from dataview.urls import is_url, local_path, redact, url_key, url_path

CANARY = "CANARY7f3a"


@pytest.fixture
def quick(monkeypatch):
    """Pauses between tries are short."""
    monkeypatch.setattr(storage, "_FIRST_PAUSE", 0.01)


def levels(ds):
    return [level(ds.image(i)) for i in range(len(ds))]


def outcome(source):
    """The bytes of a source, or the text of its error."""
    try:
        return source.read().data
    except ImageError as error:
        assert not error.lasting
        return str(error)


def read_all(ds, threads=16):
    with concurrent.futures.ThreadPoolExecutor(threads) as pool:
        return list(pool.map(outcome, [ds.source(i) for i in range(len(ds))]))


# -- a bucket ----------------------------------------------------------------------------------------


def test_a_bucket_is_read_like_a_folder(s3, tmp_path):
    names = ["train/cat/1.png", "train/cat/2.png", "train/cat/10.png", "test/dog/1.png"]
    for i, name in enumerate(names):
        s3.put(f"pets/{name}", png(i * 10))
        (tmp_path / "pets" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "pets" / name).write_bytes(png(i * 10))
    for more in ("pets/notes.txt", "pets/.hidden.png", "pets/train/.git/1.png", "pets/empty/"):
        s3.put(more, b"")
    ds, local = read(s3.url("pets"), storage_options=s3.options), read(tmp_path / "pets")
    pd.testing.assert_frame_equal(ds.frame.drop(columns="path"), local.frame.drop(columns="path"))
    assert ds["path"].tolist() == [s3.url(f"pets/{name}") for name in ds.index]
    assert ds.roles == local.roles and ds.title == local.title == "pets"
    assert levels(ds) == levels(local)
    assert repr(ds.history[0]).count("storage_options=...") == 1
    assert "2 hidden files, 1 .txt file" in ds.history[0]
    assert ds.streams["image"].remote and not local.streams["image"].remote
    assert isinstance(ds.source(0), RemoteFile)


@pytest.mark.parametrize("slash", ["", "/"])
def test_a_bucket_alone_a_prefix_and_one_object(s3, slash):
    s3.put("a.png", png(1))
    s3.put("deep/er/b.png", png(2))
    whole = read(s3.url() + slash, storage_options=s3.options)
    assert whole.index.tolist() == ["a.png", "deep/er/b.png"] or set(whole.index) == {
        "a.png",
        "deep/er/b.png",
    }
    assert whole.title == s3.name
    prefix = read(s3.url("deep") + slash, storage_options=s3.options)
    assert prefix.index.tolist() == ["er/b.png"] and levels(prefix) == [2]
    one = read(s3.url("a.png"), storage_options=s3.options)
    assert one.index.tolist() == [0] and one.title == "a.png" and levels(one) == [1]


def test_a_prefix_is_a_folder_and_not_the_beginning_of_a_name(s3):
    s3.put("cat/1.png", png())
    s3.put("cats/1.png", png())
    assert len(read(s3.url("cat"), storage_options=s3.options)) == 1


def test_globs_match_in_a_bucket_as_on_disk(s3, tmp_path):
    names = ["1.png", "a/1.png", "a/22.png", "a/b/1.png", "ab/1.png", "b/1.png", "b/b/2.png"]
    for name in names:
        s3.put(f"x/{name}", png())
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / name).write_bytes(png())
    for glob in ("*.png", "*/*.png", "**/*.png", "a*/1.png", "a/**/1.png", "[ab]/?.png", "**"):
        found = read(s3.url(f"x/{glob}"), storage_options=s3.options)
        expected = read(f"{tmp_path}/{glob}")
        assert found.index.tolist() == expected.index.tolist(), glob
        assert levels(found)[0] == 100
    s3.log.clear()
    read(s3.url("x/a*/1.png"), storage_options=s3.options)
    assert any("prefix=x%2Fa" in request.query for request in s3.log)  # not all of x


ODD_KEYS = [
    "a b.png", "50%.png", "a%20b.png", "what?.png", "no#1.png", "ünïcode 画像🐱.png", "a//b.png",
    "star*.png", "[x].png", "a+b.png", "a&b=c.png", "'quote'\".png", "a::b.png",
    "~.png", "back\\slash.png", "what?versionId=3.png", "user@host:pw.png", "x?token=1.png",
]  # fmt: skip


def test_keys_of_any_characters_are_listed_and_read(s3):
    for i, key in enumerate(ODD_KEYS):
        s3.put(f"odd/{key}", png(i))
    s3.put("odd/folder/", b"")
    ds = read(s3.url("odd"), storage_options=s3.options)
    assert set(ds.index) == set(ODD_KEYS)
    assert {name: lvl for name, lvl in zip(ds.index, levels(ds), strict=True)} == {
        key: i for i, key in enumerate(ODD_KEYS)
    }


@pytest.mark.parametrize(
    "key", ["a b.png", "50%.png", "what?.png", "no#1.png", "star*.png", "[x].png"]
)
def test_an_object_of_odd_name_is_found_by_its_url(s3, key):
    s3.put(key, png(7))
    s3.put("starry.png", png(8))
    s3.put("x.png", png(9))
    ds = read(s3.url(key), storage_options=s3.options)
    assert levels(ds) == [7]


@pytest.mark.slow
def test_a_listing_is_a_request_for_a_thousand_keys_and_none_for_an_image(s3):
    names = [f"c{i % 3}/{i}.png" for i in range(3000)]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: s3.put(f"many/{name}", b"x"), names))
    ds = read(s3.url("many"), storage_options=s3.options)
    identities = ds.streams["image"].identities(range(3000))
    assert sorted(ds.index) == sorted(names) and ds["label"].nunique() == 3
    assert s3.count("GET") == 3 and s3.count() == 3
    assert len(set(identities)) == 3000 and None not in identities
    s3.log.clear()
    s3.fail(503, rate=0.5, seed=1)  # a page that fails is asked for again, not all of them
    again = read(s3.url("many"), storage_options=s3.options)
    assert again.index.equals(ds.index) and s3.count() < 3 * 4


def test_a_second_read_sees_what_has_changed_in_between(s3):
    s3.put("a.png", png(1))
    first = read(s3.url(), storage_options=s3.options)
    s3.put("b.png", png(2))
    s3.put("a.png", png(3))
    second = read(s3.url(), storage_options=s3.options)
    assert len(first) == 1 and len(second) == 2
    assert first.streams["image"].identity(0) != second.streams["image"].identity(0)


def test_the_same_object_has_the_same_identity_however_it_is_reached(s3):
    s3.put("cats/a.png", png(1))
    listed = read(s3.url(), storage_options=s3.options).source(0)
    one = read(s3.url("cats/a.png"), storage_options=s3.options).source(0)
    column = read([s3.url("cats/a.png")], storage_options=s3.options).source(0)
    assert listed.identity == one.identity == listed.read().identity == column.read().identity
    assert column.identity is None  # it was not listed
    s3.put("cats/a.png", png(2))
    assert column.read().identity != listed.identity


# -- faults ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [500, 503, 429, "truncate", "reset"])
def test_a_passing_fault_does_no_harm(s3, quick, fault):
    data = noise(1)
    s3.put("a.png", data)
    ds = read(s3.url("a.png"), storage_options=s3.options)
    s3.log.clear()
    s3.fail(fault, times=3, method="GET")
    assert ds.source(0).read().data == data
    assert s3.count("GET") == 4  # not more: only one layer tries again


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (500, "the server answers 500 InternalError"),
        (503, "the server answers 503 SlowDown"),
        ("truncate", "the connection broke: not all bytes arrived"),
        ("reset", "no connection to the server"),
    ],
)
def test_a_lasting_fault_ends_after_four_tries_in_an_error_that_says_which(s3, quick, fault, says):
    s3.put("a.png", noise(1))
    ds = read(s3.url("a.png"), storage_options=s3.options)
    s3.log.clear()
    s3.fail(fault)
    assert outcome(ds.source(0)) == says
    assert s3.count() == (8 if fault == "reset" else 4)  # aiohttp asks again on a new connection


@pytest.mark.parametrize(("fault", "says"), [(403, "no permission"), (404, "no such object")])
def test_what_will_not_get_better_is_not_tried_again(s3, fault, says):
    s3.put("a.png", png())
    ds = read(s3.url("a.png"), storage_options=s3.options)
    s3.log.clear()
    s3.fail(fault, method="GET")
    assert says in outcome(ds.source(0)) and s3.count() == 1


def test_a_server_that_does_not_answer_is_given_up(s3, quick, monkeypatch):
    s3.put("a.png", png())
    ds = read(s3.url("a.png"), storage_options=s3.impatient(0.3))
    s3.fail("timeout", method="GET")
    assert outcome(ds.source(0)) == "the server does not answer in time"
    monkeypatch.setattr(storage, "SECONDS", 0.1)
    s3.log.clear()
    assert outcome(ds.source(0)) == "the server does not answer in time"
    assert s3.count("GET") == 2  # no time for more


def test_timeouts_are_finite_and_the_users_own_are_kept(s3):
    fs = storage.shared_storage("s3", s3.options).fs
    assert fs.config_kwargs["read_timeout"] <= 10 and fs.config_kwargs["connect_timeout"] <= 10
    own = {**s3.options, "config_kwargs": {"read_timeout": 77}}
    assert storage.shared_storage("s3", own).fs.config_kwargs["read_timeout"] == 77
    assert own["config_kwargs"] == {"read_timeout": 77}  # not changed
    web = storage.shared_storage("https", {}).fs.client_kwargs["timeout"]
    assert web.sock_read <= 10 and web.sock_connect <= 10


def test_under_mixed_faults_every_image_is_right_or_has_its_error(s3, quick):
    pictures = {f"{i:02}.png": noise(i) for i in range(60)}
    for name, data in pictures.items():
        s3.put(name, data)
    ds = read(s3.url(), storage_options=s3.impatient(1))
    for gone in ("07.png", "33.png"):
        s3.delete(gone)
    changed = {"11.png": noise(111), "44.png": noise(144)}
    for name, data in changed.items():
        s3.put(name, data)
    listed = dict(zip(ds.index, ds.streams["image"].identities(range(60)), strict=True))
    s3.fail("timeout", times=2, method="GET")
    for seed, fault in enumerate([503, "truncate", "reset", 500]):
        s3.fail(fault, rate=0.12, method="GET", seed=seed)
    right = 0
    for name, source in zip(ds.index, map(ds.source, range(60)), strict=True):
        try:
            content = source.read()
        except ImageError as error:
            assert not error.lasting
            assert name in ("07.png", "33.png") or "server" in str(error) or "broke" in str(error)
            continue
        right += 1
        assert content.data == {**pictures, **changed}[name]
        assert (content.identity == listed[name]) == (name not in changed)
    assert right >= 50


def test_an_object_that_is_replaced_during_the_requests_is_named_as_what_was_read(s3, quick):
    versions = {noise(i): s3.put("a.png", noise(i)) for i in range(2)}
    ds = read(s3.url(), storage_options=s3.options)

    def replace(request):
        if request.method == "GET" and request.path.endswith("a.png"):
            s3.put("a.png", random.choice(list(versions)))

    s3.on_request = replace
    s3.fail("truncate", rate=0.3, method="GET", match="a.png")
    for _ in range(20):
        content = ds.source(0).read()
        assert content.identity.endswith(f"ETag {versions[content.data]}")


def test_many_threads_read_at_the_same_time(s3):
    for i in range(32):
        s3.put(f"{i}.png", png(i))
    ds = read(s3.url(), storage_options=s3.options)
    s3.latency = 0.5
    together = threading.Barrier(32)

    def one(i):
        together.wait()
        return ds.source(i).read().data

    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        found = list(pool.map(one, range(32)))
    assert sorted(map(level, found)) == list(range(32))
    assert s3.most_in_flight >= 24


def test_a_large_object_is_read_in_parts_and_not_kept(s3, monkeypatch):
    monkeypatch.setattr("dataview.sources.LARGE", 1000)
    data = noise(5, side=400)
    s3.put("large.png", data)
    ds = read(s3.url(), storage_options=s3.options)
    with ds.source(0).read() as content:
        assert not isinstance(content.data, bytes) and content.size == len(data)
        assert content.identity == ds.streams["image"].identity(0)
        assert content.open().read(100) == data[:100]
    assert np.array_equal(ds.image(0), open_image(data).array)
    with ds.source(0).read() as content:
        file = content.open()
        s3.put("large.png", noise(6, side=400))
        with pytest.raises(ImageError, match="changed") as caught:
            file.read()
        assert not caught.value.lasting


def test_a_remote_file_can_be_pickled_and_read_in_another_process(s3):
    s3.put("a.png", png(77))
    source = read(s3.url(), storage_options=s3.options).source(0)
    assert pickle.loads(pickle.dumps(source)).identity == source.identity
    code = "import pickle, sys; print(len(pickle.load(sys.stdin.buffer).read().data))"
    done = subprocess.run(
        [sys.executable, "-c", code], input=pickle.dumps(source), capture_output=True
    )
    assert int(done.stdout) == len(png(77)), done.stderr
    copies = [pickle.loads(pickle.dumps(source)) for _ in range(3)]
    assert len({id(copy._storage) for copy in copies}) == 1  # one connection pool


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_a_fork_opens_its_own_connections(s3):
    s3.put("a.png", png(77))
    source = read(s3.url(), storage_options=s3.options).source(0)
    assert source.read().size == len(png(77))
    reader, writer = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Python warns of a fork beside threads
        child = os.fork()
    if child == 0:
        try:
            os.write(writer, b"ok" if source.read().size == len(png(77)) else b"no")
        finally:
            os._exit(0)
    os.close(writer)
    assert os.read(reader, 2) == b"ok"
    os.waitpid(child, 0)


# -- mistakes ----------------------------------------------------------------------------------------


def test_what_is_not_there_names_what_is_near(s3):
    s3.put("photos/cats/1.png", png())
    s3.put("photos/dogs/1.png", png())
    for wrong, says in [
        ("photos/cat", "'cats'"),
        ("photo", "'photos'"),
        ("photso/cats/deep", "'photos'"),
        ("photos/cats/2.png", "'1.png'"),
        ("photos/*.jpg", "2 other images"),
    ]:
        with pytest.raises(FileNotFoundError, match=says):
            read(s3.url(wrong), storage_options=s3.options)
    with pytest.raises(FileNotFoundError, match="no such bucket"):
        read("s3://no-such-bucket-here/x", storage_options=s3.options)
    with pytest.raises(ValueError, match="names no bucket"):
        read("s3://", storage_options=s3.options)
    s3.put("texts/a.txt", b"x")
    with pytest.raises(ValueError, match=r"no image .* 1 \.txt file"):
        read(s3.url("texts"), storage_options=s3.options)
    with pytest.raises(ValueError, match="not an image by its name"):
        read(s3.url("texts/a.txt"), storage_options=s3.options)


@pytest.mark.parametrize(
    ("fault", "kind"), [(403, PermissionError), (503, ConnectionError), ("reset", ConnectionError)]
)
def test_a_bucket_that_cannot_be_listed_is_an_error_at_the_door(s3, quick, fault, kind):
    s3.put("a.png", png())
    s3.fail(fault)
    with pytest.raises(kind, match=s3.name):
        read(s3.url(), storage_options=s3.options)


def test_an_unknown_protocol_names_the_nearest(tmp_path):
    for url, says in [("s4://b/x", "s3://"), ("htpps://h/a.jpg", "https://")]:
        for x in (url, [url], pd.DataFrame({"image": [url]})):
            with pytest.raises(ValueError, match=says):
                read(x, **({"image": "image"} if isinstance(x, pd.DataFrame) else {}))
    with pytest.raises(ImageError, match="unknown protocol"):
        open_image("s4://b/x.jpg")


@pytest.mark.parametrize(("url", "missing"), [("s3://b/x.png", "s3fs"), ("gs://b/x.png", "gcsfs")])
def test_a_missing_library_says_how_to_install_it(monkeypatch, url, missing):
    def absent(name):
        raise ImportError(f"Install {missing}")

    monkeypatch.setattr(fsspec, "get_filesystem_class", absent)
    with pytest.raises(ImportError, match=r"pip install 'jupyterlab-dataview\[remote\]'"):
        read(url)
    with pytest.raises(ImageError, match=r"jupyterlab-dataview\[remote\]"):
        open_image(url)


def test_options_without_a_url_are_refused(tmp_path):
    (tmp_path / "a.png").write_bytes(png())
    options = {"key": CANARY}
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.write(tmp_path / "a.png", "a.png")
    for x in (
        tmp_path,
        str(tmp_path / "a.png"),
        f"file://{tmp_path}",
        [str(tmp_path / "a.png")],
        [png()],
        np.zeros((2, 4, 4)),
        pd.DataFrame({"path": [str(tmp_path / "a.png")]}),
        f"zip://::{tmp_path}/a.zip",
    ):
        with pytest.raises(ValueError, match="storage_options= is for URLs") as caught:
            read(x, storage_options=options)
        assert CANARY not in str(caught.value)


def test_options_that_the_storage_does_not_know_are_refused_by_name():
    options = {"kee": CANARY, "client_kwargs": {"endpoint_url": f"not a url {CANARY}"}}
    with pytest.raises(ValueError, match="'kee', 'client_kwargs'") as caught:
        read("s3://bucket/x", storage_options=options)
    assert CANARY not in "".join(traceback.format_exception(caught.value))


def test_waits_between_tries_grow_and_end(monkeypatch):
    waited = []
    monkeypatch.setattr(time, "sleep", waited.append)
    calls = []

    def fail():
        calls.append(1)
        raise ConnectionResetError

    with pytest.raises(StorageError, match="no connection"):
        retrying(fail)
    assert len(calls) == 4 and len(waited) == 3
    assert waited == sorted(waited) and 0 < sum(waited) < 20
    calls.clear()
    with pytest.raises(StorageError, match="no such"):
        retrying(lambda: open("/no/such/file"))
    assert len(waited) == 3


def test_a_server_that_says_when_to_come_back_is_obeyed(web, monkeypatch):
    waited = []
    monkeypatch.setattr(storage.time, "sleep", waited.append)
    web.put("a.png", png(5))
    answers = iter([429, None])
    answer = web.answer

    def busy(request, body):
        if next(answers, None):
            return 429, {"Retry-After": "7"}, b""
        return answer(request, body)

    monkeypatch.setattr(web, "answer", busy)
    monkeypatch.setattr(web, "latency", 0)
    assert RemoteFile(web.url("a.png")).read().data == png(5)
    assert 7 in waited


@pytest.mark.parametrize(
    ("error", "says", "again"),
    [
        (FileNotFoundError("s3://b/secret"), "no such object", False),
        (PermissionError("x"), "no permission", False),
        (TimeoutError(), "in time", True),
        (ConnectionResetError(), "no connection", True),
        (type("NoCredentialsError", (Exception,), {})("x"), "credentials", False),
        (type("IncompleteRead", (Exception,), {})("x"), "not all bytes", True),
        (type("HttpError", (Exception,), {"code": 503})("x"), "503", True),
        (type("ClientResponseError", (Exception,), {"status": 403})("x"), "permission", False),
        (KeyError(CANARY), "reading failed: KeyError", False),
    ],
)
def test_exceptions_of_any_library_are_sorted_without_their_words(error, says, again):
    found = classify(error)
    assert says in str(found) and found.again is again and CANARY not in str(found)


# -- the web -----------------------------------------------------------------------------------------


def test_a_picture_on_the_web(web):
    web.put("cats/a b.png", png(9))
    url = web.url("cats/a%20b.png")
    ds = read(url)
    assert levels(ds) == [9] and ds["path"].tolist() == [url] and ds.title == "a b.png"
    assert level(open_image(url).array) == 9
    web.put("picture", png(4))
    assert levels(read(web.url("picture"))) == [4]  # its name does not say so, the server does
    with pytest.raises(FileNotFoundError):
        read(web.url("dogs/a.png"))
    web.put("list.csv", b"a,b")
    with pytest.raises(ValueError, match="not an image: the server calls it"):
        read(web.url("list.csv"))


def test_a_page_of_files_is_a_folder(web):
    for name in ("x/cat/1.png", "x/cat/10.png", "x/cat/2.png", "x/dog/a b.png", "x/readme.txt"):
        web.put(name, png(len(name)))
    ds = read(web.url("x/"))
    assert ds.index.tolist() == ["cat/1.png", "cat/2.png", "cat/10.png", "dog/a b.png"]
    assert ds["label"].tolist() == ["cat"] * 3 + ["dog"]
    assert web.count(match=".png") == 0  # no image was asked for
    assert levels(ds) == [11, 11, 12, 13]
    assert read(web.url("x/*/1*.png")).index.tolist() == ["cat/1.png", "cat/10.png"]


@pytest.mark.parametrize("tags", ["etag", "modified", None])
def test_the_identity_of_a_page_is_what_the_server_says_of_its_version(web, tags):
    web.tags = tags
    web.put("a.png", png(1, (8, 8)))
    source = RemoteFile(web.url("a.png"))
    first = source.read()
    assert first.data == png(1, (8, 8)) and web.count() == 1  # one request for both
    assert source.read().identity == first.identity
    web.put("a.png", png(1, (80, 80)))
    second = source.read()
    if tags is None:
        assert first.identity is second.identity is None
    else:
        assert first.identity and second.identity and first.identity != second.identity


@pytest.mark.parametrize("fault", [503, 429, 500, "truncate", "reset"])
def test_passing_faults_of_the_web_do_no_harm(web, quick, fault):
    web.put("a.png", noise(3))
    web.fail(fault, times=3)
    assert RemoteFile(web.url("a.png")).read().data == noise(3)
    assert web.count() == 4
    web.fail(fault)
    assert outcome(RemoteFile(web.url("a.png"))) != noise(3)
    assert web.count() == (12 if fault == "reset" else 8)  # aiohttp asks again


def test_a_hanging_web_server_is_given_up(web, quick):
    import aiohttp

    web.put("a.png", png())
    web.fail("timeout")
    options = {"client_kwargs": {"timeout": aiohttp.ClientTimeout(sock_read=0.3)}}
    assert outcome(RemoteFile(web.url("a.png"), options)) == "the server does not answer in time"


def test_a_compressed_answer_is_unpacked(web):
    import gzip

    web.put("a.png", gzip.compress(png(3)))
    web.headers = {"Content-Encoding": "gzip"}
    assert RemoteFile(web.url("a.png")).read().data == png(3)


def test_nothing_listens_there(quick):
    assert outcome(RemoteFile("http://127.0.0.1:9/a.png")) == "no connection to the server"
    with pytest.raises(ConnectionError):
        read("http://127.0.0.1:9/a.png")


# -- lists and tables --------------------------------------------------------------------------------


def test_lists_and_columns_of_urls_and_paths(web, tmp_path):
    web.put("a.png", png(1))
    web.put("b.png", png(2))
    local = tmp_path / "c.png"
    local.write_bytes(png(3))
    mixed = [web.url("a.png"), str(local), web.url("b.png"), None, f"file://{local}"]
    ds = read(mixed)
    assert ds["path"].tolist()[:3] == mixed[:3] and ds["path"].isna().tolist()[3]
    assert [level(ds.image(i)) for i in (0, 1, 2, 4)] == [1, 3, 2, 3]
    assert ds.streams["image"].remote
    assert not ds.take([1, 4]).streams["image"].remote
    identities = ds.streams["image"].identities(range(5))
    assert identities[1] == identities[4] and identities[0] is None and identities[3] is None
    frame = pd.DataFrame({"n": range(5), "picture": mixed}, index=list("vwxyz"))
    table = read(frame)
    pd.testing.assert_frame_equal(table.frame, frame)
    assert level(table.image(2)) == 2
    assert web.count() == 3 and web.count("HEAD") == 0
    with pytest.raises(ImageError):
        table.image(3)


def test_a_table_of_urls_of_several_storages_says_whose_options(s3, web):
    s3.put("a.png", png(1))
    web.put("b.png", png(2))
    urls = [s3.url("a.png"), web.url("b.png")]
    ds = read(urls, storage_options={"s3": s3.options})
    assert levels(ds) == [1, 2]
    with pytest.raises(ValueError, match=r"storage_options=\{'http': \{...\}, 's3': \{...\}\}"):
        read(urls, storage_options=s3.options)


def test_many_urls_are_a_dataset_without_a_request(web):
    ds = read([web.url(f"{i}.png") for i in range(20_000)])
    assert len(ds) == 20_000 and web.count() == 0
    assert ds.streams["image"].identities(range(3)) == [None] * 3


# -- archives ----------------------------------------------------------------------------------------


def archive_of(files, method=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


PETS = {"cat/1.png": png(1), "cat/2.png": png(2), "dog/1.png": png(3), "notes.txt": b"x",
        "__MACOSX/cat/._1.png": b"", "cat/": b""}  # fmt: skip


def test_a_local_archive_is_a_folder(tmp_path, monkeypatch):
    (tmp_path / "pets.zip").write_bytes(archive_of(PETS))
    ds = read(f"zip://::{tmp_path}/pets.zip")
    assert ds.index.tolist() == ["cat/1.png", "cat/2.png", "dog/1.png"] and levels(ds) == [1, 2, 3]
    assert ds["label"].tolist() == ["cat", "cat", "dog"] and ds.title == "pets.zip"
    assert ds["path"].iloc[0] == f"zip://cat/1.png::{tmp_path}/pets.zip"
    assert not ds.streams["image"].remote
    assert read(f"zip://*/1.png::{tmp_path}/pets.zip").index.tolist() == ["cat/1.png", "dog/1.png"]
    assert read(f"zip://cat::{tmp_path}/pets.zip").index.tolist() == ["1.png", "2.png"]
    assert levels(read(f"zip://dog/1.png::{tmp_path}/pets.zip")) == [3]
    assert levels(read([f"zip://dog/1.png::{tmp_path}/pets.zip"])) == [3]
    monkeypatch.chdir(tmp_path)
    assert (
        levels(read("zip://cat::pets.zip")) == levels(read("zip://cat::file://pets.zip")) == [1, 2]
    )
    with pytest.raises(FileNotFoundError, match="'cat'"):
        read("zip://cats::pets.zip")
    with pytest.raises(ValueError, match="zip://::"):
        read("pets.zip")
    with pytest.raises(ValueError, match="needs the archive"):
        read("zip://cat")
    with pytest.raises((OSError, ValueError), match="no such file"):
        read("zip://::dogs.zip")


def test_members_have_identities_that_follow_their_content(tmp_path):
    path = tmp_path / "pets.zip"
    path.write_bytes(archive_of(PETS))
    ds = read(f"zip://::{path}")
    before = ds.streams["image"].identities(range(3))
    assert None not in before and len(set(before)) == 3
    assert [ds.source(i).read().identity for i in range(3)] == before
    path.write_bytes(archive_of({**PETS, "cat/1.png": png(99)}))
    content = ds.source(0).read()
    assert level(content.data) == 99 and content.identity not in before
    path.write_bytes(archive_of({"dog/1.png": png(3)}))
    assert outcome(ds.source(0)) == "no such file in the zip archive"


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
def test_an_archive_behind_a_url_is_read_by_ranges(s3, web, method):
    files = {f"{i}.png": noise(i, 200) for i in range(12)}
    data = archive_of(files, method)
    s3.put("pets.zip", data)
    web.put("pets.zip", data)
    for url, options in [(s3.url("pets.zip"), s3.options), (web.url("pets.zip"), None)]:
        ds = read(f"zip://::{url}", storage_options=options)
        server = s3 if options else web
        assert server.count("GET") <= 6
        assert ds.streams["image"].remote and ds.streams["image"].identity(0)
        assert read_all(ds) == [files[name] for name in ds.index]
        assert all("Range" in request.headers for request in server.log)
        source = pickle.loads(pickle.dumps(ds.source(0)))
        assert source.read().identity == ds.streams["image"].identity(0)


def test_faults_spoil_no_member_of_a_remote_archive(s3, quick):
    files = {f"{i}.png": noise(i, 100) for i in range(30)}
    s3.put("pets.zip", archive_of(files))
    ds = read(f"zip://::{s3.url('pets.zip')}", storage_options={"s3": s3.options})
    for seed, fault in enumerate([503, "truncate", "reset"]):
        s3.fail(fault, rate=0.15, seed=seed)
    found = read_all(ds, 8)
    assert sum(isinstance(data, bytes) for data in found) >= 25
    for name, data in zip(ds.index, found, strict=True):
        assert data == files[name] or isinstance(data, str)


def test_a_server_without_ranges_cannot_give_members(web):
    web.put("pets.zip", archive_of(PETS))
    web.ranges = False
    with pytest.raises(OSError, match="cannot send a part"):
        read(f"zip://::{web.url('pets.zip')}")


def test_eight_threads_read_thousands_of_members(tmp_path):
    files = {f"c{i % 7}/{i}.png": png(i % 256, (i % 20 + 1, 3)) for i in range(3000)}
    (tmp_path / "many.zip").write_bytes(archive_of(files))
    ds = read(f"zip://::{tmp_path}/many.zip")
    assert len(ds) == 3000
    assert read_all(ds, 8) == [files[name] for name in ds.index]


def test_damaged_and_encrypted_archives_say_so(tmp_path):
    def says(data):
        (tmp_path / "x.zip").write_bytes(data)
        try:
            ds = read(f"zip://::{tmp_path}/x.zip")
        except (OSError, ValueError) as error:
            return str(error)
        try:
            return ds.source(0).read().data
        except ImageError as error:
            return str(error)

    good = archive_of({"a.png": noise(1)}, zipfile.ZIP_STORED)
    assert says(good) == noise(1)
    assert "not a zip archive" in says(good[: len(good) // 2])
    assert "not a zip archive" in says(b"") and "not a zip archive" in says(png())
    flipped = bytearray(good)
    flipped[2000] ^= 1
    assert says(bytes(flipped)) == "damaged zip archive: the checksum is wrong"
    encrypted = bytearray(good)
    encrypted[good.rindex(b"PK\x01\x02") + 8] |= 1
    assert "encrypted" in says(bytes(encrypted))
    lzma = archive_of({"a.png": noise(1)}, zipfile.ZIP_LZMA)
    assert "LZMA" in says(lzma)
    packed = bytearray(archive_of({"a.png": noise(1)}))
    packed[60:90] = bytes(30)
    assert "damaged zip archive" in says(bytes(packed))


def test_a_member_that_lies_about_its_size_does_not_fill_the_memory(tmp_path):
    import tracemalloc

    bomb = bytearray(archive_of({"a.png": bytes(100_000_000)}))
    where = bomb.rindex(b"PK\x01\x02") + 24
    bomb[where : where + 4] = (1000).to_bytes(4, "little")
    (tmp_path / "bomb.zip").write_bytes(bytes(bomb))
    del bomb
    ds = read(f"zip://::{tmp_path}/bomb.zip")
    tracemalloc.start()
    try:
        with pytest.raises(ImageError, match="checksum"):
            ds.source(0).read()
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


def test_members_agree_with_the_standard_library(tmp_path):
    odd = {"ünï 画像.png": png(1), "a b.png": png(2), "50%#?.png": png(3)}
    (tmp_path / "odd.zip").write_bytes(b"prefix" * 100 + archive_of(odd))  # self-extracting
    ds = read(f"zip://::{tmp_path}/odd.zip")
    with zipfile.ZipFile(tmp_path / "odd.zip") as archive:
        assert {name: ds.source(i).read().data for i, name in enumerate(ds.index)} == {
            name: archive.read(name) for name in archive.namelist()
        }


# -- other filesystems -------------------------------------------------------------------------------


def test_any_filesystem_of_fsspec_is_read(tmp_path):
    memory = fsspec.filesystem("memory")
    for i, name in enumerate(["cat/1.png", "cat/2.png"]):
        memory.pipe_file(f"/anything/{name}", png(i))
    ds = read("memory://anything")
    assert levels(ds) == [0, 1] and ds["path"].iloc[0] == "memory://anything/cat/1.png"
    before = ds.streams["image"].identity(0)
    assert ds.source(0).read().identity == before
    memory.pipe_file("/anything/cat/1.png", png(9))
    assert level(ds.source(0).read().data) == 9 and ds.source(0).read().identity != before
    assert len(read("memory://anything/*/1.png")) == 1
    memory.rm("/anything/cat/1.png")
    assert outcome(ds.source(0)) == "no such object"
    with pytest.raises(FileNotFoundError, match="'anything'|'cat'"):
        read("memory://anything/cats")


def test_an_archive_of_another_kind_is_read_through_fsspec(tmp_path):
    import tarfile

    with tarfile.open(tmp_path / "pets.tar", "w") as tar:
        for i in range(20):
            info = tarfile.TarInfo(f"pets/{i}.png")
            info.size = len(png(i))
            tar.addfile(info, io.BytesIO(png(i)))
    ds = read(f"tar://pets::{tmp_path}/pets.tar")
    assert ds.index.tolist() == [f"{i}.png" for i in range(20)]
    assert [level(data) for data in read_all(ds, 8)] == list(range(20))


def test_file_urls_are_paths(tmp_path):
    folder = tmp_path / "my photos"
    folder.mkdir()
    (folder / "a.png").write_bytes(png(3))
    for url in (folder.as_uri(), f"file://{folder}", f"local://{folder}"):
        ds = read(url)
        assert ds["path"].tolist() == [str(folder / "a.png")] and levels(ds) == [3]
    assert local_path("file:///C:/x.jpg") == "C:/x.jpg"
    with pytest.raises(FileNotFoundError):
        read(f"file://{folder}/b.png")


# -- secrets -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://u:p@h/a.jpg", "https://h/a.jpg"),
        ("https://token@h/a.jpg", "https://h/a.jpg"),
        ("https://u:p@h:8080/a.jpg?X-Amz-Signature=s&id=3", "https://h:8080/a.jpg?...&id=3"),
        ("https://h/a.jpg?sig=1#access_token=x", "https://h/a.jpg?..."),
        ("https://h/a.jpg#x", "https://h/a.jpg"),
        ("ftp://u:p@h/a@b.jpg", "ftp://h/a@b.jpg"),
        ("s3://key:secret@bucket/a.jpg", "s3://bucket/a.jpg"),
        ("s3://bucket/a@b:c.jpg", "s3://bucket/a@b:c.jpg"),
        ("s3://bucket/what?.jpg", "s3://bucket/what?.jpg"),
        ("s3://bucket/a.jpg?secret_token=x", "s3://bucket/a.jpg?secret_token=..."),
        ("abfs://box@account.dfs/a.jpg", "abfs://box@account.dfs/a.jpg"),
        ("https://u:pa/ss@h/a.jpg", "https://h/a.jpg"),
        ("zip://a.jpg::https://u:p@h/x.zip?sig=s", "zip://a.jpg::https://h/x.zip?..."),
        ("simplecache::sftp://u:p@h/a.jpg", "simplecache::sftp://h/a.jpg"),
        ("HTTPS://u:p@h/a.jpg?key=k", "HTTPS://h/a.jpg?..."),
    ],
)
def test_a_shown_url_has_no_secrets(url, shown):
    assert redact(url) == shown


SAFE = st.text(st.sampled_from(list("abzA09-._~%+=:;!$'()*,")), max_size=6)


@settings(max_examples=500)
@given(
    st.sampled_from(["http", "https", "HTTPS", "ftp", "sftp", "s3", "webdav", "gs"]),
    SAFE,
    SAFE,
    st.sampled_from(["h", "h:80", "127.0.0.1:9000", "[::1]:80"]),
    SAFE,
    st.sampled_from(["", "zip://a.jpg::", "simplecache::"]),
)
def test_no_password_and_no_query_survives(scheme, before, after, host, path, chain):
    secret = f"{before}{CANARY}{after}"
    shown = [f"{chain}{scheme}://user:{secret}@{host}/{path}"]
    if scheme.lower().startswith("http"):
        shown += [f"{chain}{scheme}://{host}/{path}?{secret}", f"{scheme}://{secret}@{host}/{path}"]
        shown += [f"{scheme}://{host}/{path}#{secret}", f"{scheme}://{host}?a={secret}&b=1#x"]
    for url in shown:
        assert CANARY not in redact(url) and CANARY not in url_key(url)
        assert redact(redact(url)) == redact(url)


def test_signatures_do_not_change_the_identity_of_a_url_and_other_parameters_do():
    base = "https://h/get?file=a"
    assert url_key(f"{base}&X-Amz-Signature=1&X-Amz-Date=2") == url_key(f"{base}&Signature=3")
    assert url_key(base) != url_key("https://h/get?file=b") != url_key("https://h/get")
    assert url_key("https://u:p@h/x.jpg") == url_key("https://h/x.jpg")
    assert url_path("https://h/a%20b.jpg?x=1#y") == "https://h/a b.jpg"
    assert is_url("simplecache::s3://b/x") and not is_url("a::b.jpg") and not is_url("C:\\x")


def hostile_urls(s3, web):
    host = web.address.removeprefix("http://")
    return [
        f"http://{CANARY}:{CANARY}@{host}/a.png",
        f"http://{CANARY}@{host}/a.png",
        f"http://user:{CANARY}@{host}/a.png?X-Amz-Signature={CANARY}&id=7",
        f"http://{host}/a.png?sig={CANARY}",
        f"http://{host}/a.png?{CANARY}",
        f"http://{host}/a.png?whatever={CANARY}#{CANARY}",
        f"http://{host}/missing.png?token={CANARY}",
        f"http://127.0.0.1:9/a.png?token={CANARY}",
        f"http://user:{CANARY}/x@{host}/a.png",
        f"http://user:{CANARY}@no.such.host.invalid/a.png",
        f"zip://a.png::http://user:{CANARY}@{host}/x.zip?sig={CANARY}",
        f"simplecache::http://user:{CANARY}@{host}/a.png?sig={CANARY}",
        f"unknown://user:{CANARY}@{host}/a.png",
        f"ftp://user:{CANARY}@127.0.0.1:9/a.png",
        f"s3://{CANARY}:{CANARY}@bucket/a.png",
    ]


def everything_shown(ds):
    yield repr(ds)
    yield str(ds.history)
    yield ds._repr_html_()
    yield ds.title
    for stream in ds.streams.values():
        yield repr(stream)
        yield str(stream.identities(range(len(stream))))
        for i in range(len(stream)):
            yield f"{stream.path(i)} {stream[i]!r} {stream[i]}"
            try:
                content = open_image(stream[i])
                yield repr(content)
                yield repr(stream[i].read())
            except ImageError as error:
                yield "".join(traceback.format_exception(error))


def test_no_secret_is_shown_anywhere(s3, web, quick, caplog, monkeypatch, capfd):
    monkeypatch.setattr(storage, "TRIES", 1)
    caplog.set_level(logging.INFO)
    web.put("a.png", png(1))
    s3.put("a.png", png(1))
    shown, failed = [], 0
    secret = {"key": CANARY, "secret": CANARY, "token": CANARY, "client_kwargs": {
        "endpoint_url": f"http://user:{CANARY}@127.0.0.1:9"}}  # fmt: skip
    fine = {**s3.options, "secret": CANARY, "key": CANARY}
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        for x, options in [
            *((url, None) for url in hostile_urls(s3, web)),
            *(([url], None) for url in hostile_urls(s3, web)),
            (s3.url(), fine),
            (s3.url("nothing"), fine),
            ([s3.url("a.png"), s3.url("b.png")], fine),
            ("s3://bucket/x", secret),
            (["s3://bucket/x.png"], secret),
            ("s3://bucket/x", {"secret": CANARY, "unknown": CANARY}),
            ([web.url("a.png")], {"headers": {"Authorization": CANARY}}),
            ([web.url("a.png")], {"client_kwargs": {"bad": CANARY}}),
        ]:
            try:
                shown.extend(everything_shown(read(x, storage_options=options)))
            except Exception as error:
                failed += 1
                shown.append("".join(traceback.format_exception(error)))
        shown += [str(warning.message) for warning in warned]
    shown += [caplog.text, *capfd.readouterr()]
    sources = open(__file__).read().splitlines()
    for text in shown:  # a traceback quotes the lines of this file
        text = "\n".join(
            line for line in text.splitlines() if line.strip() not in map(str.strip, sources)
        )
        assert CANARY not in text
    assert len(shown) > 50 and 3 < failed < 30


def test_a_users_own_column_stays_as_it_is(web):
    web.put("a.png", png(1))
    signed = web.url("a.png?sig=abc")
    ds = read(pd.DataFrame({"url": [signed]}))
    assert ds["url"].tolist() == [signed] and levels(ds) == [1]
    assert read([signed])["path"].tolist() == [web.url("a.png?...")]
