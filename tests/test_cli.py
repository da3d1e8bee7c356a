"""The `dataview` command, as a shell runs it."""

from __future__ import annotations

import csv
import fcntl
import html
import importlib
import io
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
import tomllib
import urllib.request
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from s3 import Bucket, noise

import dataview as dv
from dataview.cli import main
from dataview.options import ENGINES, ROLES, storage_options
from dataview.server import find_target

ROOT = Path(__file__).resolve().parents[1]
COMMAND = [sys.executable, "-m", "dataview.cli"]
COMMANDS = ("explore", "scan", "report", "cache")


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "80", **more}


def run(*args: object, folder: Path | None = None, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *map(os.fspath, map(str, args))],
        capture_output=True,
        text=True,
        errors="surrogateescape",
        cwd=folder,
        env=environment(**more),
        timeout=300,
        stdin=subprocess.DEVNULL,
    )


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder of class folders with a copy, a dark one and a broken one."""
    folder = tmp_path / "photos"
    for i in range(12):
        path = folder / ("cat" if i % 3 else "dog") / f"{i:02}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(noise(i))
    (folder / "cat" / "copy.png").write_bytes(noise(1))
    (folder / "cat" / "half.png").write_bytes(noise(2)[:200])
    Image.new("RGB", (48, 48), (9, 9, 9)).save(folder / "dog" / "night.png")
    return folder


# ------------------------------------------------------------------------------ help and usage


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_fits_eighty_columns_and_ends_with_examples(command: str) -> None:
    done = run(*([command] if command else []), "--help")
    assert done.returncode == 0 and not done.stderr
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert "examples:\n  dataview" in done.stdout
    for option in re.findall(r"^  (-.*)$", done.stdout, re.M):
        assert re.search(r"  \S|^\S+$", option), f"{option!r} says nothing"


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys, dataview.cli\n"
        "try: dataview.cli.main(['scan', '--help'])\n"
        "except SystemExit: pass\n"
        "print(*{name.split('.')[0] for name in sys.modules}, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment(), check=True
    )
    assert not {"pandas", "numpy", "sklearn", "tqdm", "jupyterlab"} & set(done.stderr.split())


def test_the_command_is_what_the_package_installs() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    module, _, name = project["scripts"]["dataview"].partition(":")
    assert getattr(importlib.import_module(module), name) is main


def test_the_words_for_columns_and_engines_are_those_of_python() -> None:
    from dataview.dataset import ROLES as KNOWN
    from dataview.scanning import ENGINES as RUN

    assert set(ROLES) == {"image", *KNOWN} and ENGINES == RUN


def test_version_is_the_packages() -> None:
    assert run("--version").stdout == f"dataview {dv.__version__}\n"


@pytest.mark.parametrize(
    "args",
    [
        ["scna", "photos"],
        ["scan"],
        ["scan", "photos", "--nope"],
        ["report", "photos"],
        ["cache", "purge"],
        ["cache", "clear", "--older-than", "yesterday"],
        ["cache", "info", "thumbnail"],
        ["scan", "photos", "--storage-options", "nothing"],
        ["scan", "photos", "--workers", "0"],
        ["scan", "photos", "--output", "elsewhere"],
        ["explore", "photos", "--port", "-1"],
        [],
    ],
)
def test_wrong_usage_is_status_two_and_says_how(args: list[str]) -> None:
    done = run(*args)
    assert done.returncode == 2
    assert "usage: dataview" in done.stdout + done.stderr


# ----------------------------------------------------------------------------------------- scan


def test_scan_says_what_pandas_says(photos: Path) -> None:
    done = run("scan", photos, "--json")
    assert done.returncode == 0 and not done.stderr
    found = json.loads(done.stdout)
    ds = dv.flag(dv.scan(photos, progress=False))
    assert found["images"] == len(ds) == 15
    assert found["unreadable"] == ds.frame["error"].notna().sum() == 1
    assert found["labels"] == ds.frame["label"].value_counts().to_dict()
    assert found["bytes"] == ds.frame["file_size"].sum()
    assert found["flags"] == dv.flags(ds)["images"].to_dict()
    assert found["exact"] == {"groups": 1, "images": 2, "extra": 1}


def test_a_second_scan_is_from_the_cache(photos: Path) -> None:
    assert json.loads(run("scan", photos, "--json").stdout)["from_cache"] == 0
    assert json.loads(run("scan", photos, "--json").stdout)["from_cache"] == 15
    text = run("scan", photos).stdout
    assert "15 of them from the cache" in text
    assert "truncated PNG" in text and "exact duplicates: 2 images in 1 group, 1 could go" in text


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_the_table_is_the_datasets(photos: Path, tmp_path: Path, kind: str) -> None:
    out = tmp_path / f"table.{kind}"
    done = run("scan", photos, "-o", out, "--embed", "dictionary", "--json")
    assert done.returncode == 0, done.stderr
    json.loads(done.stdout)
    read = {"csv": pd.read_csv, "parquet": pd.read_parquet}.get(
        kind, lambda path: pd.read_json(path, lines=True, dtype={"phash": str})
    )
    frame = read(out)
    ds = dv.flag(dv.scan(photos, progress=False))
    assert frame["name"].tolist() == ds.index.tolist()
    assert frame["is_dark"].tolist() == ds.frame["is_dark"].tolist()
    np.testing.assert_allclose(frame["brightness"], ds.frame["brightness"].astype(float))
    assert frame["error"].notna().sum() == 1
    if kind != "csv":
        readable = frame[frame["error"].isna()]
        assert np.isfinite(np.stack(readable["vector_dictionary"])).all()
    else:
        assert not [name for name in frame if name.startswith("vector")]


def test_a_pipe_gets_results_alone_and_may_be_closed(photos: Path) -> None:
    script = f"{' '.join(COMMAND)} scan '{photos}' | head -1"
    done = subprocess.run(
        ["bash", "-c", script], capture_output=True, text=True, env=environment(), timeout=120
    )
    assert done.stdout.startswith("photos: 15 images") and done.stdout.count("\n") == 1
    assert not done.stderr


def test_a_catalog_and_roles_are_read_as_in_python(photos: Path, tmp_path: Path) -> None:
    names = sorted(str(p.relative_to(tmp_path)) for p in photos.rglob("*.png"))
    frame = pd.DataFrame({"file": names, "species": ["a", "b", "c"] * 5, "part": "train"})
    frame.to_csv(tmp_path / "boxes.csv", index=False)
    done = run("scan", tmp_path / "boxes.csv", "--label", "species", "--split", "part", "--json")
    found = json.loads(done.stdout)
    assert found["labels"] == {"a": 5, "b": 5, "c": 5} and found["splits"] == {"train": 15}
    done = run("scan", tmp_path / "boxes.csv", "--label", "spices")
    assert done.returncode == 1 and "species" in done.stderr


# ----------------------------------------------------------------------- what cannot be done


def failure(done: subprocess.CompletedProcess[str]) -> str:
    """What a command said that failed: one line."""
    assert done.returncode == 1, done
    assert not done.stdout
    assert done.stderr.startswith("dataview: ") and done.stderr.count("\n") == 1, done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


def test_a_path_that_is_not_there_names_the_near_one(photos: Path) -> None:
    for command in (["scan"], ["report", "-o", "x.html"], ["explore", "--no-browser"]):
        said = failure(run(*command, "phots", folder=photos.parent))
        assert "'photos'" in said
    assert "Traceback" in run("scan", "phots", DATAVIEW_TRACEBACK="1").stderr


def test_an_empty_folder_a_file_and_a_folder_without_images_are_told_in_words(
    tmp_path: Path,
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "a.txt").write_text("hello")
    assert "it is empty" in failure(run("scan", tmp_path / "empty"))
    assert "it holds 1 .txt file" in failure(run("scan", tmp_path / "texts"))
    assert "not an image by its name" in failure(run("scan", tmp_path / "texts" / "a.txt"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_may_not_be_read_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0)
    assert "closed" in failure(run("scan", tmp_path / "closed"))


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["scan", "-o", "x.xls"], "ends in one of .csv, .jsonl, .parquet"),
        (["scan", "-o", "nowhere/x.csv"], "no folder"),
        (["scan", "-o", "/proc/x.csv"], "nothing can be written"),
        (["report", "-o", "x.pdf"], "ends in .html"),
        (["report", "-o", "nowhere/x.html"], "no folder"),
        (["report", "-o", "s3://bucket/x.html"], "is a URL"),
    ],
)
def test_a_place_that_cannot_be_written_is_told_before_anything_is_read(
    photos: Path, empty_cache: Path, args: list[str], said: str
) -> None:
    assert said in failure(run(args[0], photos, *args[1:], folder=photos.parent))
    assert not (empty_cache / "cache.sqlite").exists(), "nothing was scanned"


def test_a_full_disk_leaves_what_was_there(photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "table.csv"
    out.write_text("before")
    limit = "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
    limit += "resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000)); import dataview.cli as c; "
    code = f"{limit} sys.exit(c.main(['scan', {str(photos)!r}, '-o', {str(out)!r}]))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True, text=True, env=environment(DATAVIEW_CACHE="off"), timeout=120,
    )  # fmt: skip
    assert "File too large" in failure(done)
    assert out.read_text() == "before"
    assert sorted(p.name for p in tmp_path.iterdir() if p.is_file()) == ["table.csv"]


# ------------------------------------------------------------------------------------- hostile


def test_names_that_would_move_the_cursor_are_shown_as_text(tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"\x1b[2J\xff\nfolder")
    for name in (b"\x1b]0;owned\x07.png", b"new\nline.png", b"caf\xe9.png", b"<b>bold.png"):
        path = folder / os.fsdecode(name.replace(b".png", b"")) / "x.png"
        path.parent.mkdir(parents=True)
        path.write_bytes(noise(1))
    for args in (["scan", folder], ["scan", folder, "--json"], ["scan", str(folder) + "x"]):
        done = run(*args)
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f\x80-\x9f\ud800-\udfff]", done.stdout)
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f\x80-\x9f\ud800-\udfff]", done.stderr)
    assert r"\x1b[2J\xff\nfolder" in run("scan", folder).stdout
    out = tmp_path / "table.csv"
    assert run("scan", folder, "-o", out).returncode == 0
    rows = list(csv.DictReader(io.StringIO(out.read_text("utf-8"))))
    assert {row["name"] for row in rows} >= {r"caf\xe9/x.png", "new\nline/x.png"}


def test_a_terminal_that_knows_only_ascii_is_enough(tmp_path: Path) -> None:
    (tmp_path / "猫").mkdir()
    (tmp_path / "猫" / "x.png").write_bytes(noise(1))
    done = run("scan", tmp_path, LC_ALL="C", PYTHONUTF8="0", PYTHONIOENCODING="ascii")
    assert done.returncode == 0 and r"\u732b (1)" in done.stdout


def test_what_libraries_write_does_not_reach_the_terminal(tmp_path: Path) -> None:
    good = io.BytesIO()
    Image.open(io.BytesIO(noise(3))).save(good, "TIFF", compression="tiff_lzw")
    (tmp_path / "bad.tif").write_bytes(good.getvalue()[:1500])
    (tmp_path / "fine.png").write_bytes(noise(1))
    assert run("scan", tmp_path).stderr == ""


# --------------------------------------------------------------------------------------- cache


def test_cache_says_what_is_there_and_clears_what_is_asked_for(photos: Path) -> None:
    run("scan", photos)
    before = json.loads(run("cache", "--json").stdout)
    assert before["kinds"]["thumbnail"]["entries"] > 0
    assert "thumbnail" in run("cache").stdout and "thumbnail" in run("cache", "info").stdout
    assert "nobody to ask: say --yes" in failure(run("cache", "clear"))
    assert json.loads(run("cache", "--json").stdout)["kinds"] == before["kinds"]
    assert "Did you mean 'thumbnail'" in failure(run("cache", "clear", "thumbnial", "--yes"))
    assert run("cache", "clear", "--older-than", "1d", "--yes").returncode == 0
    assert json.loads(run("cache", "--json").stdout)["kinds"] == before["kinds"]
    said = run("cache", "clear", "thumbnail", "--yes").stdout
    assert re.match(r"freed .*; the cache takes .* now\n", said)
    assert "thumbnail" not in json.loads(run("cache", "--json").stdout)["kinds"]
    freed = json.loads(run("cache", "clear", "--yes", "--json").stdout)
    assert freed["freed"] > 0 and not json.loads(run("cache", "--json").stdout)["kinds"]


def test_a_cache_that_is_off_is_told(photos: Path) -> None:
    assert "off" in run("cache", DATAVIEW_CACHE="off").stdout
    assert "the cache is off" in failure(run("cache", "clear", "--yes", DATAVIEW_CACHE="off"))


# ---------------------------------------------------------------------------- at a terminal


class Terminal:
    """A command at a terminal of its own: what it shows, and keys for it."""

    def __init__(self, *args: object, **more: str) -> None:
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ.update(environment(**more))
            os.execv(sys.executable, [*COMMAND, *map(str, args)])
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.shown = b""

    def wait_for(self, text: str, timeout: float = 120) -> None:
        deadline = time.monotonic() + timeout
        while text.encode() not in self.shown:
            assert time.monotonic() < deadline, self.shown[-3000:]
            if not self._read():
                raise AssertionError(f"it ended: {self.shown[-3000:]!r}")

    def _read(self) -> bool:
        if not select.select([self.fd], [], [], 0.2)[0]:
            return True
        try:
            data = os.read(self.fd, 65536)
        except OSError:  # Linux says so when the other side is gone
            return False
        self.shown += data
        return bool(data)

    def type(self, keys: str) -> None:
        os.write(self.fd, keys.encode())

    def end(self) -> int:
        """Until it has ended; its exit status."""
        while self._read():
            pass
        os.close(self.fd)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def test_clearing_asks_at_a_terminal(photos: Path) -> None:
    run("scan", photos)
    no = Terminal("cache", "clear")
    no.wait_for("[y/N]")
    no.type("n\n")
    assert no.end() == 1 and b"nothing was cleared" in no.shown
    yes = Terminal("cache", "clear")
    yes.wait_for("[y/N]")
    yes.type("y\n")
    assert yes.end() == 0 and b"freed" in yes.shown


def test_ctrl_c_in_a_scan_says_what_is_kept_and_the_next_goes_on_there(s3: Bucket) -> None:
    for i in range(300):
        s3.put(f"cats/{i}.png", noise(i, side=16))
    s3.latency = 0.25
    command = ["scan", s3.url("cats"), "--storage-options", json.dumps(s3.options), "--workers", 1]
    terminal = Terminal(*command)
    terminal.wait_for("scan:")  # the bar
    terminal.type("\x03")
    assert terminal.end() == 130
    said = re.search(rb"(\d+) of 300 images were scanned and are in the cache", terminal.shown)
    assert said is not None, terminal.shown[-2000:]
    assert b"Traceback" not in terminal.shown
    s3.latency = 0
    found = json.loads(run(*command, "--json").stdout)
    assert found["images"] == 300 and found["from_cache"] >= int(said[1]) > 0


# ------------------------------------------------------------------------------ object storage


def test_a_bucket_is_scanned_and_no_secret_is_shown(s3: Bucket, tmp_path: Path) -> None:
    canary = "hunter2-canary"
    for i in range(4):
        s3.put(f"cats/{i}.png", noise(i))
    options = json.dumps({**s3.options, "secret": canary})
    done = run(
        "scan", s3.url("cats"), "--storage-options", options, "--json", "-o", tmp_path / "x.csv"
    )
    assert json.loads(done.stdout)["images"] == 4
    page = tmp_path / "x.html"
    other = run("report", s3.url("cats"), "--storage-options", options, "-o", page, "--no-map")
    assert other.returncode == 0, other.stderr
    missing = run("scan", s3.url("dogs"), "--storage-options", options)
    assert missing.returncode == 1 and "dogs" in missing.stderr
    s3.fail(403)
    denied = run("scan", s3.url("cats"), "--storage-options", options)
    assert denied.returncode == 1
    for each in (done, other, missing, denied):
        assert canary not in each.stdout + each.stderr
    assert canary not in page.read_text() and canary not in (tmp_path / "x.csv").read_text()
    assert "storage_options=..." in page.read_text()


def test_malformed_options_are_refused_without_repeating_them() -> None:
    for given in ('{"secret": "hunter2"', "hunter2", '["hunter2"]', "{hunter2}"):
        done = run("scan", "s3://bucket", "--storage-options", given)
        assert done.returncode == 2 and "hunter2" not in done.stdout + done.stderr
    assert storage_options("anon=true") == {"anon": True}
    assert storage_options("secret=a=b") == {"secret": "a=b"}
    assert storage_options('{"client_kwargs": {"region_name": "x"}}')["client_kwargs"]


# -------------------------------------------------------------------------------------- report


def test_a_report_is_written_whole(photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "report.html"
    done = run("report", photos, "-o", out, "--title", "<My> photos", "--no-map")
    assert done.returncode == 0 and not done.stderr
    assert "15 images" in done.stdout
    page = out.read_text()
    assert page.startswith("<!DOCTYPE html>") and page.rstrip().endswith("</html>")
    assert "&lt;My&gt; photos" in page and "<My>" not in page
    assert [p.name for p in tmp_path.iterdir() if p.is_file()] == ["report.html"]


# ------------------------------------------------------------------------------------- explore


def test_a_target_is_below_its_root(tmp_path: Path) -> None:
    (tmp_path / "a" / "photos").mkdir(parents=True)
    here = tmp_path / "a"
    for given, root, explore in [
        ("photos", here, "photos"),
        ("photos/", here, "photos"),
        (".", here, "."),
        (str(here / "photos"), here, "photos"),
        (str(tmp_path / "b"), tmp_path, "b"),
        ("../b/x.png", tmp_path / "b", "x.png"),
        ("photos/*.png", here, "photos/*.png"),
        (str(tmp_path / "b/c/**/*.png"), tmp_path / "b" / "c", "**/*.png"),
    ]:
        found = find_target(given, here)
        assert (found.root, found.explore) == (str(root), explore)
        assert (Path(found.root) / found.explore).resolve() == (here / given).resolve()
    url = find_target("s3://bucket/a&b=c#d?", here)
    assert url.explore == "s3://bucket/a&b=c#d?" and url.root == str(here)


def test_an_address_holds_any_name_and_comes_back(tmp_path: Path) -> None:
    from urllib.parse import parse_qs, urlsplit

    for name in ("a b", "a&key=x", "a#b", "é猫", "100%", "a+b", 'q"uote', "a:b"):
        address = find_target(name, tmp_path).address({"label": "a&b"}, key="k")
        query = parse_qs(urlsplit(address).query)
        assert query["explore"][0].removeprefix("./") == name
        assert json.loads(query["roles"][0]) == {"label": "a&b"} and query["key"] == ["k"]


def test_a_url_with_a_secret_is_not_put_into_an_address() -> None:
    with pytest.raises(ValueError, match="history") as error:
        find_target("https://user:hunter2@example.org/photos")
    assert "hunter2" not in str(error.value)


def test_explore_starts_a_server_with_a_token_and_ctrl_c_ends_it(photos: Path) -> None:
    terminal = Terminal("explore", photos, "--no-browser", "--label", "folder")
    terminal.wait_for("/lab?explore=photos&")
    terminal.wait_for("\n")
    address = re.search(rb"http://\S+", terminal.shown)
    assert address is not None
    url = address[0].decode()
    assert "token=" in url and "roles=%7B" in url
    key = re.search("key=([^&]+)", url)
    page = fetch(url)
    assert key is not None and f'"dataviewKey": "{key[1]}"' in page
    root, _, _ = url.partition("/lab?")
    stranger = urllib.request.urlopen(f"{root}/", timeout=30)
    seen = stranger.url + stranger.read().decode() + str(stranger.headers)
    assert "/login" in stranger.url and key[1] not in seen, "nobody learns it without the token"
    terminal.type("\x03")
    assert terminal.end() == 0
    assert b"Traceback" not in terminal.shown and b"ended" in terminal.shown
    with pytest.raises(OSError):
        urllib.request.urlopen(url, timeout=5)


def fetch(url: str) -> str:
    for _ in range(100):
        try:
            return str(urllib.request.urlopen(url, timeout=30).read().decode())
        except OSError:
            time.sleep(0.2)
    raise TimeoutError(url)


def test_without_the_extension_explore_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    import jupyter_core.paths

    from dataview.server import ServerError, serve

    monkeypatch.setattr(jupyter_core.paths, "jupyter_path", lambda *_: [])
    with pytest.raises(ServerError, match="jupyter labextension list"):
        serve(find_target("photos", "/"))


def test_a_port_that_is_taken_is_told(photos: Path) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = run("explore", photos, "--no-browser", "--port", taken.getsockname()[1])
    assert done.returncode == 1 and "could not be started on port" in done.stderr


def test_explore_keeps_to_jupyters_configuration_and_ends_by_sigterm(
    photos: Path, tmp_path: Path
) -> None:
    (tmp_path / "config").mkdir()
    config = {"base_url": "/behind/it/", "root_dir": "/", "default_url": "/tree"}
    settings = {"ServerApp": config, "IdentityProvider": {"token": "own-token"}}
    (tmp_path / "config" / "jupyter_server_config.json").write_text(json.dumps(settings))
    process = subprocess.Popen(
        [*COMMAND, "explore", photos.name, "--no-browser"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=photos.parent,
        env=environment(
            JUPYTER_CONFIG_DIR=str(tmp_path / "config"),
            JUPYTER_RUNTIME_DIR=str(tmp_path / "runtime"),
        ),
    )  # fmt: skip
    assert process.stdout is not None and process.stderr is not None
    try:
        address = process.stdout.readline().strip()
        assert re.match(r"http://localhost:\d+/behind/it/lab\?explore=photos&", address)
        assert "token=own-token" in address
        page = urllib.request.urlopen(address, timeout=60).read().decode()
        assert '"dataviewKey"' in page and f'"{photos.parent}"' in page
        home = urllib.request.urlopen(
            address.partition("/lab?")[0] + "/?token=own-token", timeout=60
        )
        assert "/behind/it/lab?explore=photos" in home.url and "key=" not in home.url
        (opened,) = (tmp_path / "runtime").glob("jpserver-*-open.html")  # what a browser is given
        assert html.escape(address) in opened.read_text()
    finally:
        process.send_signal(signal.SIGTERM)
    assert process.wait(60) in (0, -signal.SIGTERM, 143)
