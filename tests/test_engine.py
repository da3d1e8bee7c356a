"""One decode, and never again: what a pass opens, what the cache spares it, and what survives a kill."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dataview.cache import cache
from dataview.engine import ScanPass
from dataview.plugins import registry, statistic
from dataview.progress import Cancelled
from dataview.readers import read
from dataview.scanning import embed, scan

opened: list[str] = []


def _note(event: str, args: tuple) -> None:
    if event == "open" and isinstance(args[0], (str, bytes)):
        opened.append(os.fsdecode(args[0]))


sys.addaudithook(_note)


def opens(folder: Path) -> list[str]:
    """Names of the images below a folder that were opened since the last call."""
    names = [
        Path(path).name
        for path in opened
        if path.startswith(f"{folder}{os.sep}") and path.endswith(("jpg", "png"))
    ]
    opened.clear()
    return sorted(names)


def photo(seed: int, size: tuple[int, int] = (200, 150)) -> Image.Image:
    small = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), np.uint8)
    return Image.fromarray(small).resize(size, Image.Resampling.BICUBIC)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Eighty photographs and two files that are none, and an empty cache."""
    monkeypatch.setenv("DATAVIEW_CACHE", str(tmp_path / "cache"))
    images = tmp_path / "images"
    images.mkdir()
    for i in range(80):
        photo(i).save(images / f"{i:02}.jpg")
    (images / "empty.jpg").write_bytes(b"")
    (images / "page.png").write_text("<!doctype html>")
    opened.clear()
    return images


@pytest.fixture
def plugins():
    before = set(registry("statistic"))
    yield
    for name in set(registry("statistic")) - before:
        registry("statistic").unregister(name)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_statistics_thumbnail_and_vectors_come_from_one_opening(folder):
    ds = scan(folder, embed="dictionary", thumbnails=True, progress=False)
    assert opens(folder) == names(folder)
    assert ds["brightness"].notna().sum() == ds["thumbnail"].notna().sum() == 80
    assert np.isfinite(ds.vectors["dictionary"]).all(axis=1).sum() == 80


def test_a_second_scan_opens_nothing_and_finds_the_same(folder):
    first = scan(folder, embed="dictionary", thumbnails=True, progress=False)
    opens(folder)
    again = scan(folder, embed="dictionary", thumbnails=True, progress=False)
    whole = scan(folder, embed="dictionary", progress=False)  # it was kept in one piece, too
    later = scan(folder, embed="dictionary", progress=False)
    assert opens(folder) == []
    assert again.frame.equals(first.frame)
    for other in (again, whole, later):
        assert other.frame.equals(first.frame[other.columns])
        vectors = other.vectors["dictionary"]
        assert np.array_equal(vectors, first.vectors["dictionary"], equal_nan=True)
        assert other.recipes == first.recipes


def test_without_the_cache_everything_is_opened_again(folder):
    scan(folder, progress=False)
    opens(folder)
    scan(folder, cache=False, progress=False)
    assert opens(folder) == names(folder)


def test_only_what_has_changed_is_opened(folder):
    before = scan(folder, embed="dictionary", progress=False)
    photo(1000).save(folder / "07.jpg")
    photo(1001).save(folder / "new.jpg")
    (folder / "08.jpg").unlink()
    opens(folder)
    after = scan(folder, embed="dictionary", progress=False)
    assert opens(folder) == ["07.jpg", "new.jpg"]
    same = after.index.intersection(before.index).drop("07.jpg")
    assert after.frame.loc[same].equals(before.frame.loc[same])
    assert after["brightness"]["07.jpg"] != before["brightness"]["07.jpg"]
    row = {name: i for i, name in enumerate(before.index)}
    now = {name: i for i, name in enumerate(after.index)}
    for name in same[:5]:
        old, new = (ds.vectors["dictionary"][at[name]] for ds, at in ((before, row), (after, now)))
        assert np.array_equal(old, new, equal_nan=True), "the dictionary has not learnt anew"


def test_a_new_statistic_opens_the_files_once_more_and_redoes_nothing_else(folder, plugins):
    scan(folder, progress=False)
    opens(folder)

    @statistic
    def redness(image):
        return image[..., 0].mean() / 255

    ds = scan(folder, progress=False)
    assert len(opens(folder)) == 80, "those that could not be read are known"
    assert ds["redness"].notna().sum() == 80
    scan(folder, progress=False)
    assert opens(folder) == []

    registry("statistic").unregister("redness")

    @statistic(name="redness")
    def edited(image):
        return image[..., 0].mean() / 254

    changed = scan(folder, progress=False)
    assert len(opens(folder)) == 80 and not changed["redness"].equals(ds["redness"])


def test_another_embedder_opens_the_files_once_more(folder):
    scan(folder, embed="dictionary", progress=False)
    opens(folder)
    ds = embed(folder, lambda images: images[:, 0, 0], name="corner", progress=False)
    assert len(opens(folder)) == 80 and ds.vectors["corner"].shape == (82, 3)
    embed(folder, "dictionary", progress=False)
    assert opens(folder) == []


def test_what_was_made_by_embed_is_known_to_scan(folder):
    embed(folder, progress=False)
    opens(folder)
    ds = scan(folder, embed="dictionary", thumbnails=True, progress=False)
    assert opens(folder) == [] and ds["thumbnail"].notna().sum() == 80


def test_a_scan_that_was_cancelled_goes_on_where_it_was(folder):
    cancel = threading.Event()
    told = []

    def progress(state):
        told.append(state)
        cancel.set()

    with pytest.raises(Cancelled):
        scan(folder, progress=progress, cancel=cancel)
    first = opens(folder)
    scan(folder, progress=told.append)
    assert told[0].done == 64 and told[-1].cached >= 64
    assert len(opens(folder)) <= 82 - 64 and len(first) >= 64


def test_arrays_are_known_by_their_content(folder):
    pictures = np.random.default_rng(0).integers(0, 256, (30, 20, 24, 3), np.uint8)
    told = []
    scan(pictures, progress=told.append)
    scan(pictures.copy(), progress=told.append)
    assert told[-1].cached == 30
    pictures[3] = 0
    changed = scan(pictures, progress=told.append)
    assert told[-1].cached == 29 and changed["brightness"][3] == 0


def test_a_file_that_cannot_be_opened_now_is_tried_again(folder, monkeypatch):
    link = folder / "link.jpg"
    link.symlink_to(folder / "later.jpg")
    assert "symbolic link" in scan(folder, progress=False)["error"]["link.jpg"]
    photo(5).save(folder / "later.jpg")
    assert scan(folder, progress=False)["error"]["link.jpg"] is None


PROCESSES = """
    import time
    from dataview.workers import shared_pool

    def start_processes(number):
        shared_pool().start(number)
        while len(shared_pool().processes) < number:
            time.sleep(0.005)
"""
COUNTED = """
    import os, sys

    def count(event, args):
        if event == "open" and str(args[0]).endswith("jpg"):
            file = os.open(os.environ["TEST_LOG"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
            os.write(file, b".")
            os.close(file)

    sys.addaudithook(count)
"""


@pytest.mark.parametrize("processes", [0, 2])
def test_two_passes_at_once_share_the_work(folder, monkeypatch, processes):
    """In two kernels: each has all, and together they open hardly more than all."""
    custom, log = folder.parent / "custom", folder.parent / "log"
    custom.mkdir()
    (custom / "sitecustomize.py").write_text(textwrap.dedent(COUNTED))
    path = os.pathsep.join([str(custom), str(Path(__file__).parents[1])])
    monkeypatch.setenv("PYTHONPATH", path)
    monkeypatch.setenv("TEST_LOG", str(log))
    for i in range(1500):
        photo(i, (96, 80)).save(folder / f"more{i:04}.jpg")
    code = """
        import json, sys
        from dataview.scanning import scan
        from dataview.readers import read
        import dataview.engine, dataview.image, dataview.statistics
        ds = read(sys.argv[1])
        start_processes(int(sys.argv[2]))
        print("ready", flush=True)
        sys.stdin.readline()
        ds = scan(ds, progress=False)
        print(json.dumps([int(ds["brightness"].notna().sum()), float(ds["brightness"].sum())]))
    """
    code = textwrap.dedent(PROCESSES) + textwrap.dedent(code)
    both = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(folder), str(processes)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for each in both:
        assert each.stdout.readline() == "ready\n"
    for each in both:
        each.stdin.write("go\n")
        each.stdin.flush()
    answers = [json.loads(each.communicate(timeout=120)[0]) for each in both]
    assert answers[0] == answers[1] and answers[0][0] == 1580
    assert 1580 <= log.stat().st_size <= 1.25 * 1600


SCANS = """
    import os, sys
    import dataview.engine, dataview.image, dataview.statistics
    from dataview.readers import read
    from dataview.scanning import scan

    def tell(*numbers):
        os.write(1, (" ".join(map(str, numbers)) + "\\n").encode())

    ds = read(sys.argv[1])
    for line in sys.stdin:
        child = os.fork()  # the imports are there already
        if child == 0:
            start_processes(int(sys.argv[2]))
            tell("pid", os.getpid())
            scan(ds, progress=lambda p: tell("at", p.done, p.cached))
            os._exit(0)
        os.waitpid(child, 0)
        tell("end")
"""


@pytest.mark.parametrize(("processes", "rounds"), [(0, 50), (2, 15)])
def test_killed_at_any_moment_it_loses_no_more_than_what_was_in_flight(folder, processes, rounds):
    """SIGKILL many times: what was told as done is not done again, and the table is right."""
    for i in range(1500):
        photo(i, (96, 80)).save(folder / f"more{i:04}.jpg")
    expected = scan(folder, cache=False, progress=False).frame
    code = textwrap.dedent(PROCESSES) + textwrap.dedent(SCANS)
    rng, kills, done, batches = np.random.default_rng(0), 0, 0, 0
    with subprocess.Popen(
        [sys.executable, "-c", code, str(folder), str(processes)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        while kills < rounds:
            parent.stdin.write("go\n")
            parent.stdin.flush()
            child = int(parent.stdout.readline().split()[1])
            after, told = rng.integers(0, 6), [(0, 0)]
            timer = threading.Timer(rng.uniform(0, 0.05), os.kill, [child, signal.SIGKILL])
            while True:
                if len(told) == 1 + after:
                    timer.start()
                if (line := parent.stdout.readline().split())[0] == "end":
                    break
                told.append((int(line[1]), int(line[2])))
            timer.cancel()
            batches += len(told) - 1
            assert all(cached >= min(now, done) for now, cached in told), "work was done again"
            done = max(done, told[-1][0])
            if done == 1582:  # it came through: begin anew
                cache().clear()
                done = 0
            else:
                kills += 1
    assert batches > rounds, "they were killed in the middle of the work"
    opens(folder)
    assert scan(folder, progress=False).frame.equals(expected)


def test_the_row_that_was_read_is_the_row_that_is_kept(folder, monkeypatch):
    """A file that is replaced between the look-up and the reading is not kept under its old key."""
    import dataview.engine as engine

    ds = read(folder)
    real = engine.decode_rows

    def replacing(items):
        if any(str(source).endswith("03.jpg") for source, _, _ in items):
            photo(2000).save(folder / "new.tmp", "JPEG")
            os.replace(folder / "new.tmp", folder / "03.jpg")
        return real(items)

    monkeypatch.setattr(engine, "decode_rows", replacing)
    during = scan(ds, progress=False)
    monkeypatch.undo()
    monkeypatch.setenv("DATAVIEW_CACHE", str(folder.parent / "cache"))
    after = scan(read(folder), progress=False)
    fresh = scan(read(folder), cache=False, progress=False)
    assert after["brightness"]["03.jpg"] == fresh["brightness"]["03.jpg"]
    assert during["brightness"]["03.jpg"] == fresh["brightness"]["03.jpg"]


def test_a_pass_over_some_rows_in_some_order_uses_the_cache_too(folder):
    ds = read(folder)
    scan(ds, progress=False)
    opens(folder)
    batches = list(ScanPass(ds, store=cache(), positions=[5, 3, 80]))
    assert [batch.positions.tolist() for batch in batches] == [[5, 3, 80]]
    assert batches[0].cached == 3 and opens(folder) == []
