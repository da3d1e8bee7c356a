"""Everything that is wrong with files, in one scan: a row for each, and nothing else happens."""

import csv
import json
import os
import subprocess
import sys
import tarfile
import textwrap
from pathlib import Path

import pytest

from tests.test_image import FIRST_LOAD_FAILS

SCAN = """
    import json, os, resource, sys, threading
    import pandas as pd
    import dataview as dv
    import dataview.scanning, dataview.image, PIL.Image
    PIL.Image.init()
    root = sys.argv[1]
    files = sorted(os.path.join(folder, name) for folder, _, names in os.walk(root) for name in names)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    ds = dv.scan(pd.DataFrame({"file": pd.Series(files, dtype=object)}), image="file", progress=False)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    found = [[os.fsencode(file).hex(), error, None if width != width else width]
             for file, error, width in zip(files, ds["error"], ds["width"])]
    print(json.dumps({"found": found, "peak": peak, "threads": threading.active_count()}))
"""


def scanned(folder: Path) -> dict:
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(SCAN), str(folder)],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    answer = json.loads(done.stdout.splitlines()[-1])
    answer["found"] = {
        os.fsdecode(bytes.fromhex(name)): (error, width) for name, error, width in answer["found"]
    }
    return answer


def test_all_broken_files_are_rows_with_what_pillow_says(data):
    answer = scanned(data / "broken")
    assert answer["peak"] < 1 << 20, "KB above the imports"
    assert answer["threads"] == 1
    found = {os.path.relpath(name, data / "broken"): it for name, it in answer["found"].items()}
    with open(data / "broken" / "PIL_SAYS.csv", newline="", encoding="utf-8") as file:
        says = {row["path"]: row["result"] == "ok" for row in csv.DictReader(file)}
    verdict = {name: error is None for name, (error, _) in found.items()}
    assert all((width is not None) == verdict[name] for name, (_, width) in found.items())
    there = set(says) & set(verdict)
    assert len(there) > 350
    assert {name for name in there if verdict[name] != says[name]} == FIRST_LOAD_FAILS


@pytest.fixture
def mess(tmp_path: Path, data: Path) -> Path:
    """What cannot be kept in a repository: links, pipes, names that are not text."""
    folder = tmp_path / "mess"
    folder.mkdir()
    content = min((data / "detection/bccd").rglob("*.jpg")).read_bytes()
    (folder / "good.jpg").write_bytes(content)
    (folder / "a.jpg").symlink_to(folder / "b.jpg")
    (folder / "b.jpg").symlink_to(folder / "a.jpg")
    (folder / "self").symlink_to(folder)
    (folder / "dangling.jpg").symlink_to(folder / "nothing.jpg")
    (folder / "linked.jpg").symlink_to(folder / "good.jpg")
    os.mkfifo(folder / "pipe.jpg")
    (folder / "new\nline.jpg").write_bytes(content)
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff\xfe.jpg")).write_bytes(content)
    (folder / "sealed.jpg").write_bytes(content)
    (folder / "sealed.jpg").chmod(0)
    (folder / "huge.jpg").touch()
    os.truncate(folder / "huge.jpg", 20 << 30)  # 20 GB of nothing, sparse
    names = data / "broken/made/hostile_names.tar"
    if names.exists():
        with tarfile.open(names) as tar:
            tar.extractall(folder / "names", filter="data")
    return folder


def test_links_pipes_and_odd_names_are_rows_too(mess):
    answer = scanned(mess)
    assert answer["peak"] < 1 << 20 and answer["threads"] == 1
    found = {os.path.relpath(name, mess): it for name, it in answer["found"].items()}
    errors = {name: error for name, (error, _) in found.items()}
    assert errors["good.jpg"] is errors["linked.jpg"] is errors["new\nline.jpg"] is None
    assert errors[os.fsdecode(b"\xff\xfe.jpg")] is None
    assert "symbolic link" in errors["dangling.jpg"] and "named pipe" in errors["pipe.jpg"]
    assert errors["a.jpg"] and errors["b.jpg"] and errors["huge.jpg"]
    if os.geteuid():  # to root nothing is sealed
        assert "permission" in errors["sealed.jpg"]
    good = [name for name in found if name.startswith("names")]
    assert all(errors[name] is None for name in good), "a name is never a reason"


def test_a_folder_with_all_of_it_is_read(mess):
    """The same by folder: the loop of links ends, the pipe is left out, the rest is there."""
    from dataview.scanning import scan

    ds = scan(mess, progress=False)
    assert ds["error"]["good.jpg"] is None and "pipe.jpg" not in ds.index
    assert ds["error"].notna().sum() >= 3 and len(ds) < 200
