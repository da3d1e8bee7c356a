"""The bytes of a file, read by one open, and a name for exactly those bytes."""

import hashlib
import os
import pickle
import socket
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
from PIL import Image
from s3 import noise, png

from dataview import sources
from dataview.faults import ImageError
from dataview.image import open_image
from dataview.readers import read
from dataview.sources import Content, RemoteFile, file_identity, read_file
from dataview.streams import Stream

opened: list[object] = []
sys.addaudithook(lambda event, args: opened.append(args[0]) if event == "open" else None)


def opens_of(path):
    return sum(
        os.fspath(name) == os.fspath(path)
        for name in opened
        if isinstance(name, (str, os.PathLike))
    )


def error_of(path):
    with pytest.raises(ImageError) as caught:
        read_file(path)
    assert not caught.value.lasting
    return str(caught.value)


def rest(path, seconds=10):
    """Make a file look as if it had been written some time ago."""
    then = time.time_ns() - int(seconds * 1e9) - 1
    os.utime(path, ns=(then, then))


# -- one open ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("format", ["JPEG", "PNG", "TIFF", "GIF", "WEBP"])
def test_each_file_is_opened_once(tmp_path, format):
    paths = [tmp_path / f"{i}.img" for i in range(5)]
    for i, path in enumerate(paths):
        Image.new("RGB", (300, 200), (i, 9, 9)).save(path, format)
        rest(path)
    (tmp_path / "broken.img").write_bytes(noise(1)[:300])
    (tmp_path / "page.img").write_bytes(b"<!doctype html>")
    (tmp_path / "young.img").write_bytes(png())  # it is read when it has come to rest
    opened.clear()
    for path in paths:
        assert open_image(path, size=50).width == 300
    assert open_image(tmp_path / "young.img").width == 8
    for name in ("broken.img", "page.img"):
        with pytest.raises(ImageError):
            open_image(tmp_path / name)
        paths.append(tmp_path / name)
    assert [opens_of(path) for path in paths] == [1] * len(paths)
    assert opens_of(tmp_path / "young.img") == 1


def test_identities_open_nothing_and_are_those_of_a_read(tmp_path):
    for i in range(20):
        (tmp_path / f"{i}.png").write_bytes(png(i))
        rest(tmp_path / f"{i}.png", i + 10)
    ds = read(tmp_path)
    opened.clear()
    stream = ds.streams["image"]
    identities = stream.identities(range(20))
    assert not [path for path in opened if str(path).endswith(".png")]
    assert identities == [read_file(path).identity for path in ds["path"]]
    assert identities == [stream.identity(i) for i in range(20)] and len(set(identities)) == 20
    some = ds.take([7, 3])
    assert some.streams["image"].identities([0, 1]) == [identities[7], identities[3]]
    with pytest.raises(IndexError):
        stream.identity(20)


def test_the_data_is_that_of_the_file(tmp_path):
    for size in (0, 1, 4096, 3_000_001):
        data = np.random.default_rng(size).bytes(size)
        (tmp_path / "a").write_bytes(data)
        content = read_file(tmp_path / "a")
        assert content.data == data and content.size == size
        assert content.open().read() == data


# -- identity ----------------------------------------------------------------------------------------


def test_an_identity_changes_with_the_content_and_not_with_a_look(tmp_path, monkeypatch):
    path = tmp_path / "a.png"
    path.write_bytes(png(1))
    rest(path)
    before = file_identity(path)
    read_file(path), os.stat(path), path.chmod(0o600)
    assert file_identity(path) == before == file_identity(str(path))
    monkeypatch.chdir(tmp_path)
    assert file_identity("a.png") == before  # relative and absolute name the same file
    rest(path, 99)
    assert file_identity(path) != before
    path.write_bytes(png(1) + b"x")
    longer = file_identity(path)
    assert longer != before
    (tmp_path / "b.png").write_bytes(path.read_bytes())
    assert file_identity(tmp_path / "b.png") != longer


def test_bitmaps_of_equal_size_and_time_that_change_names_are_told_apart(tmp_path):
    then = time.time_ns() - 10**12
    for name, level in [("a.bmp", 10), ("b.bmp", 20)]:
        Image.new("L", (20, 20), level).save(tmp_path / name)
        os.utime(tmp_path / name, ns=(then, then))
    first = file_identity(tmp_path / "a.bmp")
    os.replace(tmp_path / "a.bmp", tmp_path / "c.bmp")
    os.replace(tmp_path / "b.bmp", tmp_path / "a.bmp")
    assert file_identity(tmp_path / "a.bmp") != first


def test_what_is_no_file_has_no_identity(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "dangling").symlink_to("nowhere")
    for odd in (
        tmp_path,
        tmp_path / "pipe",
        tmp_path / "loop",
        tmp_path / "dangling",
        "no",
        "a\0b",
        "/dev/null",
    ):
        assert file_identity(odd) is None


def test_bytes_and_arrays_are_named_by_their_content():
    values = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
    same = [values, values.copy(), np.asfortranarray(values), values[::-1][::-1]]
    other = [values.astype(np.int16), values.reshape(4, 12), values + 1, values.astype(">i2")]
    found = Stream([*same, *other], kind="array").identities(range(8))
    assert len(set(found[:4])) == 1 and len(set(found)) == 5 and None not in found
    data = Stream([b"abc", bytearray(b"abc"), memoryview(b"abc"), b"abd"]).identities(range(4))
    assert data[0] == data[1] == data[2] != data[3]
    assert hashlib.blake2b(b"abc", digest_size=16).hexdigest() in data[0]


def test_the_window_of_a_stack_is_part_of_its_identity():
    depth = np.arange(3 * 16, dtype=np.float32).reshape(3, 4, 4)
    one, two = read(depth), read(np.concatenate([depth, depth[:1] + 1000]))
    assert one.streams["image"].identity(0) != two.streams["image"].identity(0)
    again = read(depth.copy()).streams["image"]
    assert one.streams["image"].identities(range(3)) == again.identities(range(3))


def test_what_cannot_be_named_has_none():
    picture = Image.new("RGB", (4, 4))
    assert Stream([picture, None]).identities([0, 1]) == [None, None]
    assert Stream(["no/such/file.png", None]).identities([0, 1]) == [None, None]
    assert Stream([1, 2], get=lambda i: np.zeros((4, 4)), kind="item").identities([0]) == [None]
    assert Stream([b"x"], get=lambda data: data + b"y", kind="bytes").identities([0]) == [None]


# -- what is not a readable file ---------------------------------------------------------------------


def test_what_is_not_a_regular_file_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "one").symlink_to("two")
    (tmp_path / "two").symlink_to("one")
    (tmp_path / "dangling").symlink_to("nowhere")
    (tmp_path / "to_pipe").symlink_to("pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket"))
        assert error_of(tmp_path / "socket") == "a socket, not a file"
    assert (
        error_of(tmp_path / "pipe") == error_of(tmp_path / "to_pipe") == "a named pipe, not a file"
    )
    assert error_of(tmp_path) == "a directory, not a file"
    assert error_of("/dev/zero") == "a device, not a file"
    assert "symbolic links" in error_of(tmp_path / "loop")
    assert error_of(tmp_path / "loop") == error_of(tmp_path / "one")
    assert error_of(tmp_path / "dangling") == "a symbolic link to nothing"
    assert error_of(tmp_path / "gone") == "no such file"
    assert "not a file name" in error_of("zero\0byte")
    assert "cannot be opened" in error_of("x" * 5000)


def test_a_file_that_becomes_a_pipe_between_the_look_and_the_open_does_not_hang(
    tmp_path, monkeypatch
):
    os.mkfifo(tmp_path / "a.png")
    (tmp_path / "file").write_bytes(b"x")
    stat = os.stat
    monkeypatch.setattr(os, "stat", lambda path: stat(tmp_path / "file"))
    assert error_of(str(tmp_path / "a.png")) == "a named pipe, not a file"


def test_a_file_that_may_not_be_read_says_so(tmp_path):
    path = tmp_path / "secret.png"
    path.write_bytes(png())
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("this user may read everything")
    assert error_of(path) == "no permission to read the file"


def test_a_disk_that_fails_is_an_error_that_need_not_last(tmp_path, monkeypatch):
    (tmp_path / "a.png").write_bytes(png())
    rest(tmp_path / "a.png")

    def fail(*_):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "read", fail)
    assert error_of(tmp_path / "a.png") == "cannot be read: Input/output error"


def test_names_of_any_bytes_are_read(tmp_path):
    for name in (b"new\nline.png", b"caf\xe9.png", b"\xff.png", "画像🐱.png".encode(), b" .png"):
        path = os.path.join(os.fsencode(tmp_path), name)
        with open(path, "wb") as file:
            file.write(png(8))
        text = os.fsdecode(path)
        assert read_file(text).identity == file_identity(text) is not None
        assert open_image(text).array[0, 0, 0] == 8
    ds = read(tmp_path)
    assert len(ds) == 5 and all(ds.image(i)[0, 0, 0] == 8 for i in range(5))


def test_the_verdict_on_the_content_lasts_and_that_on_its_surroundings_does_not(tmp_path):
    (tmp_path / "half.png").write_bytes(noise(1)[:900])
    for source, lasting in [
        (tmp_path / "half.png", True),
        (b"", True),
        (tmp_path / "gone.png", False),
    ]:
        with pytest.raises(ImageError) as caught:
            open_image(source)
        assert caught.value.lasting is lasting
        assert pickle.loads(pickle.dumps(caught.value)).lasting is lasting


# -- files that change -------------------------------------------------------------------------------


def test_a_file_that_grows_while_it_is_read_is_read_again_or_refused(tmp_path, monkeypatch):
    path = tmp_path / "a.png"
    path.write_bytes(noise(1))
    rest(path)
    real, calls = os.read, []

    def read_and_append(descriptor, size):
        calls.append(size)
        data = real(descriptor, size)
        if len(calls) == 1:
            with open(path, "ab") as file:
                file.write(b"more")
        return data

    monkeypatch.setattr(os, "read", read_and_append)
    content = read_file(path)
    assert content.data == noise(1) + b"more" and content.identity == file_identity(path)
    opened.clear()
    monkeypatch.setattr(sources, "_TICK", 0)

    def always_append(descriptor, size):
        data = real(descriptor, size)
        with open(path, "ab") as file:
            file.write(b"more")
        return data

    monkeypatch.setattr(os, "read", always_append)
    assert error_of(path) == "changed while it was read"


def test_a_file_that_is_replaced_while_it_is_read_is_the_one_that_was_opened(tmp_path, monkeypatch):
    path = tmp_path / "a.png"
    path.write_bytes(noise(1))
    rest(path)
    before = file_identity(path)
    real = os.read

    def read_and_replace(descriptor, size):
        if not (tmp_path / "done").exists():
            (tmp_path / "done").touch()
            (tmp_path / "new").write_bytes(noise(2))
            os.replace(tmp_path / "new", path)
        return real(descriptor, size)

    monkeypatch.setattr(os, "read", read_and_replace)
    content = read_file(path)
    assert content.data == noise(1) and content.identity == before != file_identity(path)


def test_a_file_of_this_moment_is_read_when_its_clock_has_moved_on(tmp_path, monkeypatch):
    path = tmp_path / "a.png"
    path.write_bytes(noise(1))
    changed = os.stat(path).st_mtime_ns
    waits = []
    sleep = time.sleep

    def overwrite_in_the_same_tick(seconds):
        if not waits:
            path.write_bytes(noise(2)[::-1][: len(noise(1))].ljust(len(noise(1))))
            os.utime(path, ns=(changed, changed))
        waits.append(seconds)
        sleep(seconds)

    monkeypatch.setattr(sources.time, "sleep", overwrite_in_the_same_tick)
    content = read_file(path)
    assert waits and content.data == path.read_bytes() and content.identity == file_identity(path)


WRITER = """
import os, random, sys, time
path, log, seconds = sys.argv[1], open(sys.argv[2], "a", buffering=1), float(sys.argv[3])
end, version = time.monotonic() + seconds, 0
random.seed(0)
while time.monotonic() < end:
    version += 1
    if random.random() < 0.5:
        data = bytes([version % 256]) * random.randrange(1, 200_000)
        with open(path + ".new", "wb") as file:
            file.write(data)
        os.replace(path + ".new", path)
    else:  # one write, over what is there
        file = os.open(path, os.O_RDWR)
        data = bytes([version % 256]) * os.fstat(file).st_size
        os.pwrite(file, data, 0)
        os.close(file)
    log.write(f"{version % 256} {len(data)} {os.stat(path).st_mtime_ns}\\n")
    time.sleep(random.choice([0, 0, 0.001, 0.01, 0.3]))
"""


def test_a_file_that_is_rewritten_all_the_time_is_never_read_in_part(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(bytes(100_000))
    log = tmp_path / "log"
    log.write_text(f"0 100000 {os.stat(path).st_mtime_ns}\n")
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(path), str(log), "6"])
    results, errors, lock = [], [], threading.Lock()

    def reader():
        while writer.poll() is None:
            try:
                content = read_file(path)
            except ImageError as error:
                with lock:
                    errors.append(error)
                continue
            found = set(content.data)
            _, _, size, changed, _ = content.identity.split("\0")
            with lock:
                results.append((found, len(content.data), int(size), changed))

    threads = [threading.Thread(target=reader) for _ in range(3)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    versions = {tuple(line.split()) for line in log.read_text().splitlines()}
    assert len(versions) > 10 and len(results) > 5
    for found, length, size, changed in results:
        assert len(found) == 1, "parts of two versions"
        assert length == size and (str(*found), str(size), changed) in versions
    assert all(not error.lasting and "changed" in str(error) for error in errors)


def test_a_large_file_is_read_as_far_as_it_is_needed(tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "LARGE", 1000)
    path = tmp_path / "large.png"
    path.write_bytes(noise(1, 200))
    rest(path)
    opened.clear()
    with read_file(path) as content:
        assert not isinstance(content.data, bytes)
        assert content.identity == file_identity(path) and content.size == len(noise(1, 200))
        content.verify()
        assert content.open().read() == noise(1, 200)
    assert content.data.closed and opens_of(path) == 1
    assert np.array_equal(open_image(path).array, open_image(noise(1, 200)).array)
    with read_file(path) as content:
        assert np.array_equal(open_image(content).array, open_image(content).array)
        assert not content.data.closed
    with read_file(path) as content:
        path.write_bytes(noise(2, 200))
        with pytest.raises(ImageError, match="changed") as caught:
            content.verify()
        assert not caught.value.lasting


def test_no_descriptor_is_left_open(tmp_path):
    (tmp_path / "a.png").write_bytes(png())
    (tmp_path / "b.png").write_bytes(b"")
    os.mkfifo(tmp_path / "pipe")
    before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else None
    if before is None:
        pytest.skip("no /proc")
    for _ in range(5):
        for name in ("a.png", "b.png", "pipe", "gone"):
            try:
                open_image(tmp_path / name)
            except ImageError:
                pass
    assert len(os.listdir("/proc/self/fd")) <= before


# -- sources as values -------------------------------------------------------------------------------


def test_a_stream_can_be_pickled(tmp_path):
    (tmp_path / "a.png").write_bytes(png(5))
    for x in (tmp_path, [png(5)], np.full((1, 4, 4), 5, np.uint8), ["memory://x/a.png"]):
        stream = read(x).streams["image"]
        copy = pickle.loads(pickle.dumps(stream))
        assert copy.identities([0]) == stream.identities([0]) and len(copy) == 1


def test_content_shows_no_bytes():
    assert "secret" not in repr(Content(b"secret", "name", 6))
    assert repr(RemoteFile("https://a:b@h/x.jpg")) == "RemoteFile('https://h/x.jpg')"
