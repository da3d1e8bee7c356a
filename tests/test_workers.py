"""Decoding in processes: the same rows as in threads, every file opened once, and nothing that can break a scan."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFile

from dataview import workers
from dataview.cache import cache, clear_cache
from dataview.decoding import Wanted
from dataview.image import ImageError
from dataview.plugins import registry, statistic
from dataview.progress import Cancelled
from dataview.readers import read
from dataview.scanning import scan
from dataview.streams import Stream
from dataview.workers import Workers, shared_pool

# Notes what the processes open, and ends one that opens something deadly.
CUSTOM = """
    import os, signal, sys

    def note(event, args):
        if event == "open" and str(args[0]).endswith((".jpg", ".png")):
            with LOG:
                LOG.write(f"{os.path.basename(str(args[0]))}\\n")
            if "deadly" in str(args[0]):
                os.kill(os.getpid(), signal.SIGKILL)

    class Log:
        def __enter__(self):
            self.file = os.open(os.environ["TEST_LOG"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        def write(self, text):
            os.write(self.file, text.encode())
        def __exit__(self, *error):
            os.close(self.file)

    if "TEST_LOG" in os.environ:
        LOG = Log()
        sys.addaudithook(note)
"""

here: list[str] = []


def _note(event: str, args: tuple) -> None:
    if event == "open" and str(args[0]).endswith((".jpg", ".png")):
        here.append(os.path.basename(str(args[0])))


sys.addaudithook(_note)


def start(number: int = 2) -> None:
    shared_pool().start(number)
    end = time.monotonic() + 60
    while len(shared_pool().processes) < number:
        assert time.monotonic() < end, "they are there within a minute"
        time.sleep(0.01)


@pytest.fixture
def processes(tmp_path, monkeypatch):
    """Two processes that are ready; a call gives the files that were opened, there and here."""
    place = tmp_path / "custom"
    place.mkdir()
    (place / "sitecustomize.py").write_text(textwrap.dedent(CUSTOM))
    monkeypatch.setenv("PYTHONPATH", str(place))
    monkeypatch.setenv("TEST_LOG", str(place / "opened.txt"))
    monkeypatch.setenv("DATAVIEW_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(workers, "_shared", None)
    start()

    def opened() -> tuple[list[str], list[str]]:
        log = place / "opened.txt"
        there = log.read_text().splitlines() if log.exists() else []
        log.unlink(missing_ok=True)
        found = sorted(there), sorted(here)
        here.clear()
        return found

    yield opened
    shared_pool().close()


def photo(seed: int, size: tuple[int, int] = (200, 150)) -> Image.Image:
    small = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), np.uint8)
    return Image.fromarray(small).resize(size, Image.Resampling.BICUBIC)


@pytest.fixture
def folder(tmp_path) -> Path:
    """A hundred and twenty files of several kinds and sizes, some of them damaged."""
    images = tmp_path / "images"
    images.mkdir()
    for i in range(120):
        photo(i, (200, 150) if i % 3 else (90, 160 + i)).save(images / f"{i:03}.jpg")
    photo(1).convert("L").save(images / "gray.png")
    photo(2).convert("P").save(images / "palette.png")
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "Maker"
    photo(3).save(images / "turned.jpg", exif=exif)
    (images / "empty.jpg").write_bytes(b"")
    (images / "page.png").write_text("<!doctype html>")
    whole = (images / "005.jpg").read_bytes()
    (images / "short.jpg").write_bytes(whole[: len(whole) // 2])
    here.clear()
    return images


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def decode(media: Stream, wanted: Wanted) -> list:
    crew = Workers(media, 2)
    try:
        parts = crew.submit([(i, wanted) for i in range(len(media))])
        made = {i: row for part in parts for i, row in part.result().items()}
    finally:
        crew.close()
    return [made[i] for i in range(len(media))]


def assert_equal(found: list, expected: list) -> None:
    for one, other in zip(found, expected, strict=True):
        assert one.__dict__.keys() == other.__dict__.keys()
        for name in one.__dict__:
            a, b = getattr(one, name), getattr(other, name)
            same = np.array_equal(a, b) if isinstance(a, np.ndarray) else repr(a) == repr(b)
            assert same, name


@pytest.mark.parametrize(
    "wanted", [Wanted(), Wanted(size=48, crop=0.9), Wanted(False, False, size=32)]
)
def test_rows_from_processes_are_those_from_threads_to_the_last_bit(processes, folder, wanted):
    media = read(folder).streams["image"]
    there = decode(media, wanted)
    opened, mine = processes()
    assert opened == names(folder) and mine == []
    shared_pool().close()
    threads = decode(media, wanted)
    assert processes() == ([], names(folder))
    assert_equal(there, threads)
    assert sum(row.error is not None for row in there) == 3


def test_a_scan_opens_every_file_once_here_or_there(processes, folder):
    there = scan(folder, embed="dictionary", thumbnails=True, progress=False)
    opened, mine = processes()
    assert sorted(opened + mine) == names(folder)
    assert len(mine) <= 9, "the probes for the embedder's input"
    again = scan(folder, embed="dictionary", thumbnails=True, progress=False)
    assert processes() == ([], []), "all is in the cache"
    shared_pool().close()
    clear_cache()
    threads = scan(folder, embed="dictionary", thumbnails=True, progress=False)
    assert processes() == ([], names(folder))
    for other in (there, again):
        assert other.frame.equals(threads.frame)
        vectors = other.vectors["dictionary"], threads.vectors["dictionary"]
        assert np.array_equal(*vectors, equal_nan=True)


def test_relative_paths_are_seen_from_here(processes, folder, monkeypatch):
    monkeypatch.chdir(folder)
    ds = scan(["003.jpg", "../images/004.jpg", "nowhere.jpg"], progress=False, cache=False)
    assert processes()[1] == []
    assert ds["error"].tolist() == [None, None, "no such file"]


def test_paths_of_any_class_are_paths(processes, folder):
    class Name(str):
        pass

    paths = [np.str_(folder / "003.jpg"), Name(folder / "004.jpg"), folder / "005.jpg"]
    ds = scan(paths, progress=False, cache=False)
    assert ds["error"].isna().all() and processes()[1] == []


def test_pillows_settings_go_with_the_work(processes, folder, monkeypatch):
    media = read(folder).streams["image"]
    assert sum("too large" in str(row.error) for row in decode(media, Wanted())) == 0
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10_000)
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    there = decode(media, Wanted())
    shared_pool().close()
    assert_equal(there, decode(media, Wanted()))
    errors = [str(row.error) for row in there]
    assert sum("too large" in error for error in errors) > 80
    assert not any("truncated" in error for error in errors)


def test_formats_of_other_plugins_are_read_where_these_are(processes, tmp_path):
    class Opener(ImageFile.ImageFile):
        format = "ODD"

        def _open(self) -> None:
            assert self.fp.read(4) == b"ODD!"
            self._mode, self._size = "L", (64, 64)
            self.tile = [("raw", (0, 0, 64, 64), 4, ("L", 0, 1))]

    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "a.jpg").write_bytes(b"ODD!" + bytes(64 * 64))
    Image.register_open("ODD", Opener, lambda prefix: prefix[:4] == b"ODD!")
    try:
        ds = scan(tmp_path / "images", progress=False, cache=False)
    finally:
        Image.OPEN.pop("ODD")
        Image.ID.remove("ODD")
    assert ds["format"].tolist() == ["ODD"]


def test_what_is_no_file_stays_in_the_threads(processes):
    pictures = np.random.default_rng(0).integers(0, 256, (40, 20, 24, 3), np.uint8)
    ds = scan(pictures, progress=False, cache=False)
    assert ds["width"].eq(24).all()
    mixed = [Image.fromarray(picture) for picture in pictures]
    assert scan(mixed, progress=False, cache=False)["width"].eq(24).all()


def test_a_statistic_of_the_users_runs_here(processes, folder):
    seen = set()

    @statistic
    def whereabouts(image):
        seen.add(os.getpid())
        return image[..., 0].mean() / 255

    try:
        ds = scan(folder, progress=False)
        assert seen == {os.getpid()}
        assert ds["whereabouts"].notna().sum() == ds["brightness"].notna().sum()
        opened, mine = processes()
        assert opened == [] and mine == names(folder)
    finally:
        registry("statistic").unregister("whereabouts")


def test_an_image_that_ends_its_process_becomes_an_error_and_is_tried_again(processes, folder):
    photo(500).save(folder / "060-deadly.jpg")
    processes()  # what was opened so far
    ds = scan(folder, progress=False)
    opened, mine = processes()
    assert opened.count("060-deadly.jpg") == 2 and mine == []
    assert ds["error"]["060-deadly.jpg"] == "decoding it ends the process (signal 9)"
    assert ds["error"].notna().sum() == 4
    others = ds.frame.drop(index="060-deadly.jpg")
    scan(folder, progress=False)
    assert set(processes()[0]) == {"060-deadly.jpg"}, "the others are in the cache"
    shared_pool().close()
    now = scan(folder, progress=False)
    assert now["error"]["060-deadly.jpg"] is None
    assert now.frame.drop(index="060-deadly.jpg").equals(others)


def test_a_process_that_is_killed_is_not_missed(processes, folder):
    for i in range(600):
        photo(i, (96, 80)).save(folder / f"more{i:04}.jpg")
    done = []

    def progress(state) -> None:
        done.append(state.done)
        if len(done) in (2, 4, 6):
            os.kill(shared_pool().processes[0], signal.SIGKILL)

    ds = scan(folder, progress=progress)
    assert ds["error"].notna().sum() == 3
    shared_pool().close()
    assert ds.frame.equals(scan(folder, progress=False, cache=False).frame)


def test_cancelling_ends_it_and_the_next_scan_goes_on(processes, folder):
    for i in range(600):
        photo(i, (96, 80)).save(folder / f"more{i:04}.jpg")
    cancel, told = threading.Event(), []

    def progress(state) -> None:
        told.append(state.done)
        cancel.set()

    with pytest.raises(Cancelled):
        scan(folder, progress=progress, cancel=cancel)
    assert told == [64]
    first = processes()[0]
    assert len(first) < 726
    assert all(each.load == 0 for each in shared_pool()._processes)
    scan(folder, progress=told.append)
    assert told[-1].cached >= 64 and len(processes()[0]) <= 726 - 64


def test_processes_are_started_for_much_work_and_not_for_little(tmp_path, folder, monkeypatch):
    monkeypatch.setattr(workers, "_shared", None)
    for i in range(300):
        photo(i, (96, 80)).save(folder / f"more{i:04}.jpg")
    asked: list[int] = []
    monkeypatch.setattr(shared_pool(), "start", asked.append)
    scan(folder, progress=False, cache=False, workers=2)
    assert asked == []
    monkeypatch.setattr(workers, "WORTH", 0.0)
    scan(folder, progress=False, cache=False, workers=2)
    assert asked and set(asked) == {2}
    asked.clear()
    monkeypatch.setenv("DATAVIEW_CACHE", str(tmp_path / "cache"))
    scan(folder, progress=False, workers=2)
    cache().clear("table")
    asked.clear()
    scan(folder, progress=False, workers=2)
    assert asked == [], "nothing is decoded"
    scan(np.zeros((600, 8, 8, 3), np.uint8), progress=False, cache=False, workers=2)
    assert asked == [], "these are no files"


def test_a_script_without_a_guard_is_run_once(folder, tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        textwrap.dedent(
            """
            import json, sys, time
            import dataview.workers as workers
            from dataview.scanning import scan

            print("begin", flush=True)
            workers.shared_pool().start(2)
            while len(workers.shared_pool().processes) < 2:
                time.sleep(0.01)
            ds = scan(sys.argv[1], progress=False, cache=False)
            print(json.dumps(float(ds["brightness"].sum())))
            """
        )
    )
    path = str(Path(__file__).parents[1])
    done = subprocess.run(
        [sys.executable, str(script), str(folder)],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=120,
    )
    begin, total = done.stdout.splitlines()
    assert begin == "begin" and done.returncode == 0 and done.stderr == ""
    expected = scan(folder, progress=False, cache=False)["brightness"].sum()
    assert json.loads(total) == pytest.approx(float(expected))


def test_rows_that_cannot_be_had_are_errors(processes):
    class Items(list):
        def __getitem__(self, i):
            if i == 1:
                raise ImageError("no access", lasting=False)
            return super().__getitem__(i)

    media = Stream(Items([np.zeros((9, 9, 3), np.uint8)] * 3), kind="item")
    rows = decode(media, Wanted())
    assert [row.error for row in rows] == [None, "no access", None]
    assert not rows[1].lasting


def test_broken_files_are_the_same_rows_and_the_processes_survive(processes, data):
    media = read(data / "broken").streams["image"]
    before = shared_pool().processes
    there = decode(media, Wanted())
    assert shared_pool().processes == before
    shared_pool().close()
    assert_equal(there, decode(media, Wanted()))
    assert sum(row.error is not None for row in there) > 10
