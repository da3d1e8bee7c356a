"""The scan cache: keys, entries, eviction, claims, and what happens when disks and processes fail.

SQLite's own checks, the kernel's own limits and plain dictionaries are what it is tested against.
"""

import contextlib
import hashlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
import warnings
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataview import claims, database, entries
from dataview.cache import (
    Cache,
    CacheInfo,
    Kind,
    cache,
    cache_info,
    clear_cache,
    content_key,
)
from dataview.database import DatabaseWarning
from dataview.sizes import parse_size, readable_size

ROOT = Path(__file__).resolve().parents[1]
linux = pytest.mark.skipif(sys.platform != "linux", reason="as Linux does it")
posix = pytest.mark.skipif(os.name != "posix", reason="as POSIX does it")


def python(code: str, *arguments: object, **options: object) -> subprocess.CompletedProcess[str]:
    """Run some Python in a process of its own."""
    command = [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        command, capture_output=True, text=True, timeout=120, env=environment, **options
    )  # type: ignore[call-overload, no-any-return]


def answer(code: str, *arguments: object, **options: object) -> object:
    """What some Python in a process of its own prints last, as JSON."""
    done = python(code, *arguments, **options)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def keys_of(*numbers: int) -> list[bytes]:
    return [content_key("test", number) for number in numbers]


def value_of(key: bytes, part: str, size: int = 1000) -> bytes:
    """Bytes that only this entry has."""
    return hashlib.shake_128(key + part.encode()).digest(size)


def batch_of(numbers: range, size: int = 4000) -> list[tuple[bytes, str, bytes]]:
    return [
        (key, part, value_of(key, part, length))
        for key in keys_of(*numbers)
        for part, length in (("statistics/1", 100), ("thumbnail/128/1", size))
    ]


def check_file(path: Path) -> None:
    """SQLite and its own sums say that a file is whole."""
    with contextlib.closing(sqlite3.connect(path)) as con:
        assert con.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        counted = con.execute(
            "SELECT id / 256, part, count(*), sum(length(value)) FROM entries GROUP BY 1, 2"
        ).fetchall()
        noted = con.execute("SELECT id, part, entries, bytes FROM batches WHERE entries").fetchall()
        assert sorted(counted) == sorted(noted)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture(autouse=True)
def forget_warnings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "_warned", set())


@contextlib.contextmanager
def one_warning(about: str) -> Iterator[None]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    assert [each.category for each in caught] == [DatabaseWarning], [str(w.message) for w in caught]
    assert about in str(caught[0].message)


def use_everything(mine: Cache) -> None:
    """Call all there is; nothing may be raised."""
    keys = keys_of(1, 2)
    for _ in range(2):
        mine.put([(keys[0], "vector/a", b"value")])
        mine.get("vector/a", keys)
        mine.has("vector/a", keys)
        mine.claim(b"work")
        mine.release(b"work")
        repr(mine.info())
        mine.clear(older_than=3600)


# ---- keys


part = st.one_of(
    st.none(),
    st.integers(),
    st.text(st.characters(), max_size=6),  # with surrogates and NUL
    st.binary(max_size=6),
    st.text(alphabet="ab1:sin\0\udc80", max_size=3),
    st.sampled_from(["", b"", 0, "0", b"0", "None", "s1:a", "s0:", b"n0:", -1, 10**40]),
)


def typed(parts: list[object]) -> list[tuple[type, object]]:
    return [(type(part), part) for part in parts]


@settings(max_examples=1000, deadline=None)
@given(st.lists(part, max_size=4), st.lists(part, max_size=4))
def test_other_parts_have_another_key(one: list, other: list) -> None:
    assert (content_key(*one) == content_key(*other)) == (typed(one) == typed(other))


@settings(max_examples=300, deadline=None)
@given(st.lists(st.text(st.characters(), max_size=4), min_size=1, max_size=4), st.data())
def test_moving_the_border_between_parts_changes_the_key(
    parts: list[str], data: st.DataObject
) -> None:
    joined = "".join(parts)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(joined)), max_size=3)))
    again = [joined[a:b] for a, b in zip([0, *cuts], [*cuts, len(joined)], strict=True)]
    assert (content_key(*again) == content_key(*parts)) == (again == parts)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=4), st.text(max_size=4), st.text(max_size=2))
def test_two_parts_cannot_be_forged_by_one(one: str, other: str, text: str) -> None:
    size = len(other.encode())
    for between in (text, "s", "\0", ":", f"s{size}:", f"{size}", f"{size}:", f"s{size}"):
        assert content_key(one, other) != content_key(one + between + other)


def test_a_key_is_what_it_was_in_every_version() -> None:
    written = b"s3:a/bi2:42i2:-1b2:\x00\xffn0:s3:\xed\xb2\x80"
    expected = hashlib.blake2b(written, digest_size=16).digest()
    assert content_key("a/b", 42, -1, b"\x00\xff", None, "\udc80") == expected
    assert content_key("a/b", 42).hex() == "070ad9c7158f9bea2e86d952104f270e"


def test_a_key_is_the_same_in_another_process() -> None:
    code = "import json; from dataview.cache import content_key as k; print(json.dumps(k('a', 1).hex()))"
    assert answer(code) == content_key("a", 1).hex()


def test_a_key_tells_path_size_and_time_apart() -> None:
    state = ("photos/cat.jpg", 48_213, 1_700_000_000_000_000_000)
    changed = [
        ("photos/cat.JPG", *state[1:]),
        (state[0], 48_214, state[2]),
        (*state[:2], state[2] + 1),
    ]
    assert len({content_key(*each) for each in [state, *changed]}) == 4


@pytest.mark.parametrize("part", [1.0, True, Path("a"), ["a"], np.int64(1), bytearray(b"a")])
def test_a_part_of_another_type_is_refused(part: object) -> None:
    with pytest.raises(TypeError, match=type(part).__name__):
        content_key("a", part)  # type: ignore[arg-type]


# ---- sizes


@pytest.mark.parametrize(
    "text, size",
    [
        ("10 GB", 10**10),
        ("500MB", 5 * 10**8),
        ("1.5 gb", 15 * 10**8),
        ("2 GiB", 2 << 30),
        ("1,000,000", 10**6),
        (" 64 KiB ", 65536),
        (1234, 1234),
        ("1T", 10**12),
    ],
)
def test_a_size_is_read_as_it_is_written(text: str | int, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize(
    "text", ["", "ten", "-1", "10 XB", "1e9", "nan", "10 GB!", "GB", True, 1.5]
)
def test_no_size_is_refused_with_an_example(text: object) -> None:
    with pytest.raises(ValueError, match="10 GB"):
        parse_size(text)  # type: ignore[arg-type]


@settings(deadline=None)
@given(st.integers(0, 10**15))
def test_a_readable_size_is_right_to_its_digits(size: int) -> None:
    text = readable_size(size)
    assert abs(parse_size(text.replace("bytes", "B")) - size) <= max(0.06 * size, 0)
    assert len(text) <= 9 or size >= 10**14


def test_the_limit_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATAVIEW_CACHE_LIMIT", "500MB")
    assert Cache().limit == 500_000_000
    monkeypatch.setenv("DATAVIEW_CACHE_LIMIT", "a lot")
    with pytest.raises(ValueError, match="DATAVIEW_CACHE_LIMIT.*'a lot'.*10 GB"):
        Cache()
    monkeypatch.delenv("DATAVIEW_CACHE_LIMIT")
    assert Cache().limit == 10**10


def test_a_limit_too_small_is_refused(folder: Path) -> None:
    with pytest.raises(ValueError, match="at least 1 MB"):
        Cache(folder, 1000)


# ---- entries


def test_what_was_put_is_there_in_another_process(folder: Path) -> None:
    batch = batch_of(range(100))
    Cache(folder).put(batch)
    code = """
        import json, sys
        from dataview.cache import Cache
        mine = Cache(sys.argv[1])
        found = mine.get("thumbnail/128/1", [bytes.fromhex(key) for key in sys.argv[2:]])
        print(json.dumps([value and value.hex() for value in found]))
    """
    keys = keys_of(99, 5, 5, 100)
    expected = [value_of(key, "thumbnail/128/1", 4000).hex() for key in keys[:3]] + [None]
    assert answer(code, folder, *(key.hex() for key in keys)) == expected


def test_any_number_of_keys_in_any_order(folder: Path) -> None:
    mine = Cache(folder)
    mine.put(batch_of(range(0, 3000, 2), size=10))
    numbers = np.random.default_rng(0).integers(0, 3000, 5000).tolist()
    keys: list[bytes | None] = [*keys_of(*numbers)]
    keys[17] = keys[4000] = None
    found = mine.get("statistics/1", keys)
    there = [key is not None and number % 2 == 0 for key, number in zip(keys, numbers, strict=True)]
    assert [value is not None for value in found] == there
    assert mine.has("statistics/1", keys).tolist() == there
    assert mine.has("statistics/1", keys).dtype == bool
    for key, value in zip(keys, found, strict=True):
        assert value is None or value == value_of(key, "statistics/1", 100)
    assert mine.get("statistics/1", []) == [] and mine.has("statistics/1", []).shape == (0,)
    assert mine.get("statistics/2", keys[:3]) == [None] * 3


operation = st.one_of(
    st.tuples(
        st.just("put"),
        st.lists(
            st.tuples(st.integers(0, 20), st.sampled_from(["a", "a/1", "a/2", "b/1"]), st.binary()),
            max_size=8,
        ),
    ),
    st.tuples(st.just("clear"), st.sampled_from(["a", "a/1", "b", None])),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(operation, max_size=12))
def test_it_holds_what_a_dictionary_would_hold(operations: list) -> None:
    with tempfile.TemporaryDirectory() as folder:
        mine, expected = Cache(folder), {}
        for kind, given_value in operations:
            if kind == "put":
                mine.put((content_key(i), name, value) for i, name, value in given_value)
                expected |= {(name, i): value for i, name, value in given_value}
            else:
                with contextlib.suppress(ValueError):  # no such part yet
                    mine.clear(given_value)
                gone = given_value and f"{given_value}/"
                expected = {
                    at: value
                    for at, value in expected.items()
                    if gone and not f"{at[0]}/".startswith(gone)
                }
        for name in ("a", "a/1", "a/2", "b/1"):
            found = mine.get(name, [content_key(i) for i in range(21)])
            assert found == [expected.get((name, i)) for i in range(21)]
        kinds: dict[str, list[int]] = {}
        for (name, _), value in expected.items():
            kinds.setdefault(name.split("/")[0], []).append(len(value))
        assert mine.info().kinds == {k: Kind(len(v), sum(v)) for k, v in kinds.items()}
        mine.close()
        if mine._database.path.exists():
            check_file(mine._database.path)


def test_an_error_among_the_entries_keeps_none_of_them(folder: Path) -> None:
    mine = Cache(folder)

    def broken() -> Iterator[tuple[bytes, str, bytes]]:
        yield from batch_of(range(3))
        raise RuntimeError("mine")

    with pytest.raises(RuntimeError):
        mine.put(broken())
    with pytest.raises(sqlite3.ProgrammingError):  # what cannot be kept at all is our mistake
        mine.put([(keys_of(1)[0], "a", b"1"), (keys_of(2)[0], "a", [2])])  # type: ignore[list-item]
    assert not mine.has("a", keys_of(1)).any() and not mine.has("statistics/1", keys_of(0)).any()


def test_many_threads_share_one_cache(folder: Path) -> None:
    mine, failed = Cache(folder), []

    def work(thread: int) -> None:
        for number in range(thread * 1000, thread * 1000 + 320, 32):
            mine.put(batch_of(range(number, number + 32)))
            keys = keys_of(*range(thread * 1000, number + 32))
            if not mine.has("thumbnail/128/1", keys).all() or None in mine.get(
                "statistics/1", keys
            ):
                failed.append(thread)

    threads = [threading.Thread(target=work, args=(thread,)) for thread in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    check_file(mine._database.path)


def test_several_processes_write_at_once_and_lose_nothing(folder: Path) -> None:
    code = f"""
        import sys
        sys.path.insert(0, {str(ROOT / "tests")!r})
        from test_cache import Cache, batch_of
        mine = Cache(sys.argv[1])
        for number in range(int(sys.argv[2]), int(sys.argv[2]) + 960, 32):
            mine.put(batch_of(range(number, number + 32)))
    """
    command = [sys.executable, "-W", "error", "-c", textwrap.dedent(code), str(folder)]
    writers = [subprocess.Popen([*command, str(start)]) for start in (0, 1000, 2000)]
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    mine = Cache(folder)
    keys = keys_of(*range(960), *range(1000, 1960), *range(2000, 2960))
    assert mine.has("statistics/1", keys).all() and mine.has("thumbnail/128/1", keys).all()
    check_file(mine._database.path)


@posix
def test_parent_and_child_go_on_after_a_fork(folder: Path) -> None:
    code = f"""
        import json, os, sys, threading
        sys.path.insert(0, {str(ROOT / "tests")!r})
        from test_cache import Cache, batch_of, keys_of
        mine = Cache(sys.argv[1])
        mine.put(batch_of(range(10)))
        mine.has("statistics/1", keys_of(1))
        mine.claim(b"work")
        stop = threading.Event()
        def write():
            while not stop.is_set():
                mine.put(batch_of(range(90, 95)))
        writer = threading.Thread(target=write)
        writer.start()
        children = []
        for child in range(1, 9):
            pid = os.fork()
            if not pid:
                assert not mine.claim(b"work")
                mine.put(batch_of(range(child * 100, child * 100 + 10)))
                os._exit(0)
            children.append(pid)
            mine.put(batch_of(range(1000 + child * 10, 1010 + child * 10)))
        ends = [os.waitpid(pid, 0)[1] for pid in children]
        stop.set()
        writer.join()
        print(json.dumps(ends))
    """
    assert answer(code, folder) == [0] * 8
    numbers = [*range(10), *range(1010, 1090)]
    numbers += [n for child in range(1, 9) for n in range(child * 100, child * 100 + 10)]
    mine = Cache(folder)
    assert mine.has("thumbnail/128/1", keys_of(*numbers)).all()
    check_file(mine._database.path)


# ---- kill -9


KILLER = f"""
import hashlib, json, os, random, select, signal, sys, time
sys.path.insert(0, {str(ROOT)!r})
from dataview.cache import Cache, content_key

folder, rounds, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
limit = int(sys.argv[4]) or None


def value(key, size):
    return hashlib.shake_128(key).digest(size)


def child(name, pipe):
    mine = Cache(folder, limit)
    for number in range(10**9):
        keys = [content_key(name, number, i) for i in range(64)]
        mine.put([(k, "statistics/1", value(k, 200)) for k in keys]
                 + [(k, "thumbnail/128/1", value(k, 4096)) for k in keys])
        if number % 7 == 3:
            mine.claim(b"%d" % number)
            mine.get("statistics/1", keys)
        os.write(pipe, b"%d\\n" % number)


def clearer():
    mine = Cache(folder, limit)
    while True:
        mine.clear()
        time.sleep(random.random() * 0.01)
        mine.clear("thumbnail") if mine.info().kinds else None


chance = random.Random(seed)
kept = {{}}
for round in range(rounds):
    children = []
    for twin in range(2 + bool(limit)):
        end, pipe = os.pipe()
        name = f"{{round}} {{twin}}"
        pid = os.fork()
        if not pid:
            os.close(end)
            try:
                clearer() if twin == 2 else child(name, pipe)
            finally:
                os._exit(3)  # it never ends by itself
        os.close(pipe)
        children.append((name, pid, open(end, "rb")))
    first = children[0][2]
    said = [first.readline() for _ in range(chance.choice([0, 1, 2, 5]))]
    time.sleep(chance.random() * 0.02)
    for _, pid, _ in chance.sample(children, len(children)):
        os.kill(pid, signal.SIGKILL)
        time.sleep(chance.random() * 0.01)
    for name, pid, pipe in children:
        assert os.WIFSIGNALED(os.waitpid(pid, 0)[1])
        said += pipe.readlines()
        kept[name] = max([int(line) for line in said if line[-1:] == b"\\n"], default=-1)
        said = []
print(json.dumps(kept))
"""


@posix
@pytest.mark.parametrize("limit, rounds", [(0, 50), (3_000_000, 15)])
def test_killed_writers_lose_nothing_that_was_acknowledged(
    folder: Path, limit: int, rounds: int
) -> None:
    kept = answer(KILLER, folder, rounds, 20, limit)
    assert isinstance(kept, dict) and len(kept) == (3 if limit else 2) * rounds
    assert sum(number + 1 for number in kept.values()) > rounds  # they did write
    mine = Cache(folder, limit or None)
    lost = wrong = 0
    for name, last in kept.items():
        keys = [content_key(name, number, i) for number in range(last + 1) for i in range(64)]
        for part, size in (("statistics/1", 200), ("thumbnail/128/1", 4096)):
            for key, value in zip(keys, mine.get(part, keys), strict=True):
                lost += value is None
                wrong += value is not None and value != hashlib.shake_128(key).digest(size)
    assert wrong == 0
    assert lost == 0 or limit  # with a limit some were evicted, and a third process cleared
    mine.put(batch_of(range(5)))
    assert mine.has("statistics/1", keys_of(*range(5))).all()
    check_file(mine._database.path)
    assert [each.name for each in folder.glob("*.broken*")] == []


# ---- disks that fail


FILLER = f"""
import json, resource, signal, sys, warnings
sys.path.insert(0, {str(ROOT / "tests")!r})
from pathlib import Path
from test_cache import Cache, batch_of, check_file, keys_of, use_everything
from dataview import database

warnings.simplefilter("always")
with warnings.catch_warnings(record=True) as caught:
    mine = Cache(sys.argv[1])
    BEFORE
    for number in range(0, 6400, 64):
        mine.put(batch_of(range(number, number + 64)))
        if mine.info().problem and not hasattr(mine, "kept"):
            mine.kept = number
    use_everything(mine)
    kept = getattr(mine, "kept", 6400)
    there = bool(mine.has("thumbnail/128/1", keys_of(*range(kept))).all())
    AFTER
    mine._database._resting = 0
    mine.put(batch_of(range(9000, 9064)))
    again = bool(mine.has("thumbnail/128/1", keys_of(*range(9000, 9064))).all())
    there &= bool(mine.has("thumbnail/128/1", keys_of(*range(kept))).all())
mine.close()
check_file(mine._database.path)
print(json.dumps([kept, there, again, [str(each.message) for each in caught]]))
"""


def check_full(result: object) -> None:
    kept, there, again, caught = result  # type: ignore[misc]
    assert 0 < kept < 6400, "the disk was not full"
    assert there, "what had been put before is there, also when the disk is full"
    assert again, "with space again, it is used again"
    assert len(caught) == 1 and "Nothing new is kept" in caught[0]


@posix
def test_a_file_that_may_not_grow_costs_one_warning(folder: Path) -> None:
    code = FILLER.replace(
        "BEFORE", "resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, resource.RLIM_INFINITY))"
    ).replace("AFTER", "resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)")
    check_full(answer(code, folder))


@posix
def test_a_full_disk_can_be_cleared(folder: Path) -> None:
    code = FILLER.replace(
        "BEFORE", "resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, resource.RLIM_INFINITY))"
    ).replace("AFTER", "mine.clear(); kept = mine.info().bytes")
    kept, _, again, caught = answer(code, folder)  # type: ignore[misc]
    assert kept < 500_000 and again and len(caught) == 1


@linux
@pytest.mark.parametrize("rest", [0, 3_000_000], ids=["full from the beginning", "full in between"])
def test_a_full_disk_costs_one_warning(tmp_path: Path, rest: int) -> None:
    """On a file system of 4 MB that is filled by another file, which is deleted in the end."""
    disk = tmp_path / "disk"
    disk.mkdir()
    code = FILLER.replace("BEFORE", "").replace("AFTER", "Path(sys.argv[2]).unlink()")
    (tmp_path / "code.py").write_text(code)
    fill = f"head -c {4_000_000 - rest} /dev/zero > {disk}/other; true"
    if rest == 0:
        fill = f"cat /dev/zero > {disk}/other 2> /dev/null; true"
    mounted = f"mount -t tmpfs -o size=4m,mode=700 none {disk} && ({fill})"
    run = f"{mounted} && exec {sys.executable} {tmp_path}/code.py {disk}/cache {disk}/other"
    done = subprocess.run(
        ["unshare", "--map-root-user", "--mount", "sh", "-c", run],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    if "unshare" in done.stderr or "mount:" in done.stderr:
        pytest.skip(f"nothing can be mounted here: {done.stderr}")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    if rest:
        check_full(result)
    else:
        assert result[0] == 0 and result[2] and len(result[3]) == 1


def places_without(tmp_path: Path) -> Iterator[Path]:
    """Folders that not even root can make."""
    (tmp_path / "file").write_text("")
    yield tmp_path / "file"
    yield tmp_path / "file" / "below"
    if sys.platform == "linux":
        yield Path("/proc/dataview")


def test_a_folder_that_cannot_be_made_costs_one_warning(tmp_path: Path) -> None:
    for folder in places_without(tmp_path):
        with one_warning(str(folder)):
            mine = Cache(folder)
            use_everything(mine)
        assert mine.get("a", keys_of(1)) == [None] and mine.claim(b"work")
        assert "Nothing new is kept" in repr(mine.info())


@posix
@pytest.mark.parametrize("what", ["folder", "file", "both"])
def test_what_may_not_be_written_costs_one_warning(what: str) -> None:
    """As a user who has no rights in a folder; root has them everywhere."""
    outer = Path(tempfile.mkdtemp())
    try:
        folder = outer / "cache"
        with_data = Cache(folder)
        with_data.put(batch_of(range(10)))
        with_data.close()
        before = (folder / "cache.sqlite").read_bytes()
        outer.chmod(0o755)
        (folder / "cache.sqlite").chmod(0o444 if what != "folder" else 0o666)
        folder.chmod(0o555 if what != "file" else 0o777)
        code = f"""
            import json, os, sys, warnings
            if os.getuid() == 0:
                import numpy, hypothesis, pytest
                sys.path[:0] = [{str(ROOT)!r}, {str(ROOT / "tests")!r}]
                import test_cache
                os.setgroups([])
                os.setgid(65534)
                os.setuid(65534)
            sys.path[:0] = [{str(ROOT)!r}, {str(ROOT / "tests")!r}]
            from test_cache import Cache, keys_of, use_everything
            warnings.simplefilter("always")
            with warnings.catch_warnings(record=True) as caught:
                mine = Cache(sys.argv[1])
                use_everything(mine)
                mine.get("statistics/1", keys_of(*range(10)))
            print(json.dumps([str(each.message) for each in caught]))
        """
        caught = answer(code, folder)
        assert isinstance(caught, list) and len(caught) == 1 and "Nothing new is kept" in caught[0]
        assert (folder / "cache.sqlite").read_bytes() == before
    finally:
        (outer / "cache").chmod(0o700)
        shutil.rmtree(outer)


def broken_files(folder: Path) -> dict[str, bytes]:
    """What a broken file may look like, made from a whole one."""
    mine = Cache(folder)
    for number in range(0, 640, 64):
        mine.put(batch_of(range(number, number + 64)))
    mine.close()
    whole = (folder / "cache.sqlite").read_bytes()
    assert not (folder / "cache.sqlite-wal").exists()
    noise = np.random.default_rng(0).bytes(len(whole))
    return {
        "garbage": noise[:100_000],
        "text": b"hello\n" * 1000,
        "header alone": whole[:100],
        "cut": whole[: len(whole) // 2],
        "cut within a page": whole[: len(whole) // 2 + 77],
        "noise after the first page": whole[:16384] + noise[16384:],
        "noise in the first page": whole[:100] + noise[100:16384] + whole[16384:],
        "zeros after the first page": whole[:16384] + bytes(len(whole) - 16384),
    }


@pytest.mark.parametrize(
    "kind",
    "garbage,text,header alone,cut,cut within a page,noise after the first page,"
    "noise in the first page,zeros after the first page".split(","),
)
def test_a_broken_file_is_moved_aside_with_one_warning(folder: Path, kind: str) -> None:
    content = broken_files(folder)[kind]
    (folder / "cache.sqlite").write_bytes(content)
    mine = Cache(folder)
    with one_warning("broken"):
        for number in range(0, 640, 64):
            keys = keys_of(*range(number, number + 64))
            for key, value in zip(keys, mine.get("thumbnail/128/1", keys), strict=True):
                assert value is None or value == value_of(key, "thumbnail/128/1", 4000)
            mine.put(batch_of(range(number, number + 64)))
        use_everything(mine)
    assert mine.has("thumbnail/128/1", keys_of(*range(640))).all()
    check_file(folder / "cache.sqlite")
    assert (folder / "cache.sqlite.broken").exists()
    mine.clear()
    assert not (folder / "cache.sqlite.broken").exists()


@pytest.mark.parametrize("content", [b"", b"S"])
def test_an_empty_file_is_a_new_one(folder: Path, content: bytes) -> None:
    folder.mkdir()
    (folder / "cache.sqlite").write_bytes(content)
    mine = Cache(folder)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        mine.put(batch_of(range(3)))
    assert mine.has("statistics/1", keys_of(0, 1, 2)).all()


def test_a_database_of_something_else_is_left_alone(folder: Path) -> None:
    folder.mkdir()
    path = folder / "cache.sqlite"
    with contextlib.closing(sqlite3.connect(path)) as con:
        con.execute("CREATE TABLE diary (day)")
        con.execute("INSERT INTO diary VALUES ('Monday')")
        con.commit()
    before = path.read_bytes()
    mine = Cache(folder)
    with one_warning("something else"):
        use_everything(mine)
    assert path.read_bytes() == before and mine.claim(b"work")


def test_a_file_of_a_later_version_is_left_alone(folder: Path) -> None:
    mine = Cache(folder)
    mine.put(batch_of(range(3)))
    mine.close()
    with contextlib.closing(sqlite3.connect(folder / "cache.sqlite")) as con:
        con.execute("PRAGMA user_version = 2")
    with one_warning("version 2"):
        use_everything(mine)
    with contextlib.closing(sqlite3.connect(folder / "cache.sqlite")) as con:
        assert con.execute("SELECT count(*) FROM entries").fetchone() == (6,)


def test_two_who_find_it_broken_move_it_aside_once(folder: Path) -> None:
    content = broken_files(folder)["noise after the first page"]
    (folder / "cache.sqlite").write_bytes(content)
    first, second = Cache(folder), Cache(folder)
    for mine in (first, second):
        mine._database.read(lambda con: con.execute("PRAGMA user_version").fetchone())  # open
    with one_warning("broken"):
        first.put(batch_of(range(5)))
        second.put(batch_of(range(5, 10)))
        first.put(batch_of(range(10, 15)))
    assert first.has("statistics/1", keys_of(*range(15))).all()
    assert second.has("statistics/1", keys_of(*range(15))).all()
    assert (folder / "cache.sqlite.broken").read_bytes()[16384:] == content[16384:]


@posix
def test_what_fails_because_the_file_was_replaced_is_done_in_the_new_one(folder: Path) -> None:
    mine, other = Cache(folder), Cache(folder)
    mine.put(batch_of(range(3)))
    calls = []

    def work(con: sqlite3.Connection) -> int:
        calls.append(con)
        if len(calls) == 1:
            (folder / "cache.sqlite").unlink()
            error = sqlite3.OperationalError("disk I/O error")
            error.sqlite_errorcode = sqlite3.SQLITE_IOERR_SHMOPEN
            raise error
        return len(con.execute("SELECT * FROM entries").fetchall())

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert mine._database.write(work) == 0 and len(calls) == 2
        mine.put(batch_of(range(3)))
    other._database._set_aside((0, 0))  # it found another file broken, which is gone
    assert other.has("statistics/1", keys_of(0, 1, 2)).all()


@posix
def test_a_file_deleted_by_hand_is_begun_anew(folder: Path) -> None:
    mine = Cache(folder)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        mine.put(batch_of(range(3)))
        shutil.rmtree(folder)
        assert not mine.has("statistics/1", keys_of(0, 1, 2)).any()
        mine.put(batch_of(range(3)))
        (folder / "cache.sqlite").unlink()
        mine.put(batch_of(range(3, 6)))
    assert mine.has("statistics/1", keys_of(0, 3, 4, 5)).tolist() == [False, True, True, True]
    check_file(folder / "cache.sqlite")


def test_a_file_locked_for_long_costs_one_warning(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_PATIENCE", 0.2)
    mine = Cache(folder)
    mine.put(batch_of(range(3)))
    locked = sqlite3.connect(folder / "cache.sqlite", isolation_level=None)
    locked.execute("BEGIN IMMEDIATE")
    with one_warning("locked"):
        use_everything(mine)
        assert mine.claim(b"work")
        assert mine.has(
            "statistics/1", keys_of(0, 1, 2)
        ).all()  # who writes keeps nobody from reading
    locked.execute("ROLLBACK")
    locked.close()
    mine._database._resting = 0
    mine.put(batch_of(range(3, 6)))
    assert mine.has("statistics/1", keys_of(3)).all() and not mine.info().problem


def test_where_no_memory_can_be_shared_another_journal_is_used(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect = sqlite3.connect

    def without_memory(address: str, **options: object) -> sqlite3.Connection:
        return connect(f"{address}&vfs=unix-dotfile", **options)  # type: ignore[call-overload, no-any-return]

    with monkeypatch.context() as patch:
        patch.setattr(sqlite3, "connect", without_memory)
        check_journal(folder)
    check_file(folder / "cache.sqlite")


def test_on_a_network_another_journal_is_used(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_on_network", lambda folder: True)
    check_journal(folder)
    check_file(folder / "cache.sqlite")


def check_journal(folder: Path) -> None:
    one, other = Cache(folder), Cache(folder)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        one.put(batch_of(range(64)))
        other.put(batch_of(range(64, 128)))
        assert one.has("statistics/1", keys_of(*range(128))).all()
        assert None not in other.get("thumbnail/128/1", keys_of(*range(128)))
    mode = one._database.read(lambda con: con.execute("PRAGMA journal_mode").fetchone())
    assert mode == ("truncate",) and not list(folder.glob("*-wal"))
    one.close()
    other.close()


def test_the_file_system_is_found_by_the_longest_mount() -> None:
    mounts = (
        "/dev/sda1 / ext4 rw 0 0\nserver:/net /net nfs4 rw 0 0\n"
        "tmpfs /net/ada/local\\040disk tmpfs rw 0 0\nbucket /data/bucket fuse.s3fs rw 0 0\n"
    )
    kinds = [
        database._file_system(place, mounts)
        for place in ("/net/ada/.cache", "/net/ada/local disk/x", "/network", "/data/bucket", "/")
    ]
    assert kinds == ["nfs4", "tmpfs", "ext4", "fuse.s3fs", "ext4"]


@posix
def test_only_its_owner_can_read_it(folder: Path) -> None:
    before = os.umask(0)
    try:
        Cache(folder).put(batch_of(range(3)))
        modes = {each.name: each.stat().st_mode & 0o777 for each in [folder, *folder.iterdir()]}
    finally:
        os.umask(before)
    assert modes.pop("cache") == 0o700
    assert set(modes.values()) == {0o600} and "cache.sqlite" in modes


def test_a_folder_that_was_there_keeps_its_rights(tmp_path: Path) -> None:
    before = tmp_path.stat().st_mode
    Cache(tmp_path).put(batch_of(range(3)))
    assert tmp_path.stat().st_mode == before


# ---- limit


class Clock:
    """A time that the test sets."""

    def __init__(self) -> None:
        self.now = time.time()

    def time(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    for module in (entries, claims, sys.modules["dataview.cache"]):
        monkeypatch.setattr(module, "time", clock)
    return clock


@pytest.mark.parametrize("limit", [1_000_000, 5_000_000])
def test_the_limit_holds_for_all_files_together(folder: Path, limit: int) -> None:
    mine, largest = Cache(folder, limit), 0
    for number in range(0, 64 * 40, 64):
        mine.put(batch_of(range(number, number + 64)))
        largest = max(
            largest, sum(each.stat().st_size for each in folder.iterdir() if "shm" not in each.name)
        )
    assert largest <= limit
    assert mine.info().bytes > limit / 3
    assert mine.has("thumbnail/128/1", keys_of(*range(number, number + 64))).all()
    assert not mine.has("thumbnail/128/1", keys_of(*range(64))).any()
    check_file(folder / "cache.sqlite")


def test_what_was_not_used_for_longest_is_evicted_first(folder: Path, clock: Clock) -> None:
    mine = Cache(folder, 4_000_000)
    used = range(5)
    for number in range(100):
        key = keys_of(number)[0]
        mine.put([(key, "a", value_of(key, "a", 100_000))])
        clock.now += 86400
        mine.get("a", keys_of(*used))
    kept = np.flatnonzero(mine.has("a", keys_of(*range(100)))).tolist()
    assert kept[:5] == [*used]
    assert kept[5:] == [*range(105 - len(kept), 100)] and 20 < len(kept) < 40


def test_a_smaller_limit_makes_the_file_smaller(folder: Path) -> None:
    large = Cache(folder, 50_000_000)
    for number in range(0, 64 * 60, 64):
        large.put(batch_of(range(number, number + 64)))
    large.close()
    before = (folder / "cache.sqlite").stat().st_size
    small = Cache(folder, 2_000_000)
    small.put(batch_of(range(5000, 5001)))
    small.close()
    assert (folder / "cache.sqlite").stat().st_size < 2_000_000 < before


def test_a_value_that_would_fill_the_cache_is_not_kept(folder: Path) -> None:
    mine = Cache(folder, 2_000_000)
    keys = keys_of(1, 2)
    with one_warning("matrix/1 of 1.9 MB"):
        for _ in range(2):
            mine.put([(keys[0], "matrix/1", bytes(1_900_000)), (keys[1], "matrix/1", b"small")])
    assert mine.get("matrix/1", keys) == [None, b"small"]


def test_a_use_is_written_once_an_hour(folder: Path, clock: Clock) -> None:
    mine = Cache(folder)
    mine.put(batch_of(range(64)))

    def changes() -> int:
        mine.get("statistics/1", keys_of(*range(64)))
        with mine._database._writer as con:
            return con.total_changes

    first = changes()
    clock.now += 1800
    assert changes() == first
    clock.now += 1801
    assert changes() == first + 1
    assert changes() == first + 1


# ---- clearing


def test_clearing_gives_the_disk_space_back(folder: Path) -> None:
    mine = Cache(folder)
    for number in range(0, 1280, 64):
        mine.put(batch_of(range(number, number + 64)))
    mine.clear("thumbnail")
    assert (folder / "cache.sqlite").stat().st_size + mine._database.size() < 2_000_000
    assert mine.info().kinds == {"statistics": Kind(1280, 128_000)}
    assert None not in mine.get("statistics/1", keys_of(*range(1280)))
    check_file(folder / "cache.sqlite")
    mine.clear()
    assert mine.info().kinds == {} and mine.info().bytes < 300_000


def test_clearing_waits_for_no_one_for_ever(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = Cache(folder)
    mine.put(batch_of(range(3)))
    locked = sqlite3.connect(folder / "cache.sqlite", isolation_level=None)
    locked.execute("BEGIN IMMEDIATE")
    monkeypatch.setattr(database, "_PATIENCE", 0.2)
    with one_warning("locked"):
        mine.clear()
    locked.execute("ROLLBACK")
    locked.close()
    assert mine.has("statistics/1", keys_of(0, 1, 2)).all()
    monkeypatch.setattr(database, "_PATIENCE", 10)
    mine.clear()
    assert mine.info().kinds == {}


def test_a_part_is_cleared_by_its_name_up_to_a_slash(folder: Path) -> None:
    mine = Cache(folder)
    parts = ["vector/a", "vector/a/b", "vector/ab", "vectors", "embedder/a"]
    (key,) = keys_of(1)

    def left(name: str) -> list[str]:
        mine.put((key, each, b"x") for each in parts)
        mine.clear(name)
        return [each for each in parts if mine.has(each, [key])[0]]

    assert left("vector/a") == ["vector/ab", "vectors", "embedder/a"]
    assert left("vector") == ["vectors", "embedder/a"]
    assert left("vectors") == ["vector/a", "vector/a/b", "vector/ab", "embedder/a"]


def test_an_unknown_part_is_refused_with_those_there_are(folder: Path) -> None:
    mine = Cache(folder)
    mine.clear("thumbnail")  # there is nothing yet
    mine.put(batch_of(range(3)))
    with pytest.raises(ValueError, match="'thumbnails'.*statistics, thumbnail.*mean 'thumbnail'"):
        mine.clear("thumbnails")
    assert mine.has("thumbnail/128/1", keys_of(0, 1, 2)).all()
    mine.clear("thumbnail")
    mine.clear("thumbnail")  # again is no error


def test_what_was_not_used_for_a_time_is_cleared(folder: Path, clock: Clock) -> None:
    mine = Cache(folder)
    for number in range(4):
        mine.put(batch_of(range(number, number + 1)))
        clock.now += 86400
    mine.get("thumbnail/128/1", keys_of(0))
    mine.clear("thumbnail", older_than=timedelta(days=2.5))
    assert mine.has("thumbnail/128/1", keys_of(*range(4))).tolist() == [True, False, True, True]
    assert mine.has("statistics/1", keys_of(*range(4))).all()
    mine.clear(older_than=1.5 * 86400)
    assert mine.has("thumbnail/128/1", keys_of(*range(4))).tolist() == [True, False, False, True]
    for wrong in (-1, timedelta(days=-1), float("nan")):
        with pytest.raises(ValueError, match="older_than"):
            mine.clear(older_than=wrong)


@posix
@pytest.mark.parametrize("part, times", [(None, 15), ("thumbnail", 4)])
def test_clearing_while_others_write_is_safe(folder: Path, part: str | None, times: int) -> None:
    stop = folder.with_name("stop")
    code = f"""
        import os, sys
        sys.path.insert(0, {str(ROOT / "tests")!r})
        from test_cache import Cache, batch_of, keys_of
        mine, first = Cache(sys.argv[1]), int(sys.argv[2])
        number = first
        while not os.path.exists(sys.argv[3]):
            mine.put(batch_of(range(number, number + 32)))
            mine.get("thumbnail/128/1", keys_of(*range(number - 64, number)))
            number += 32
        mine.put(batch_of(range(first - 32, first)))
        print(number - first)
    """
    command = [sys.executable, "-W", "error", "-c", textwrap.dedent(code), str(folder)]
    starts = (10**6, 2 * 10**6)
    writers = [
        subprocess.Popen([*command, str(start), str(stop)], stdout=subprocess.PIPE, text=True)
        for start in starts
    ]
    mine, cleared, end = Cache(folder), 0, time.monotonic() + 60
    while cleared < times and time.monotonic() < end:
        if mine.info().kinds.get("thumbnail", Kind(0, 0)).entries > 300:
            mine.clear(part)
            cleared += 1
    stop.touch()
    written = [int(writer.communicate()[0]) for writer in writers]
    assert [writer.returncode for writer in writers] == [0, 0]
    assert cleared == times and sum(written) > times * 300
    last = [number for start in starts for number in range(start - 32, start)]
    assert mine.has("thumbnail/128/1", keys_of(*last)).all()
    check_file(folder / "cache.sqlite")
    assert not list(folder.glob("*.broken*"))
    mine.clear(part)
    assert mine.info().kinds.get("thumbnail") is None
    assert mine.info().bytes < 500 * sum(written) + 500_000


# ---- claims


def test_work_is_claimed_once(folder: Path) -> None:
    one, other = Cache(folder), Cache(folder)
    assert one.claim(b"a") and one.claim(b"a")
    assert not other.claim(b"a") and other.claim(b"b")
    other.release(b"a")  # not theirs
    assert not other.claim(b"a")
    one.release(b"a")
    assert other.claim(b"a") and not one.claim(b"a")


def test_two_in_one_process_can_be_told_apart(folder: Path) -> None:
    mine = Cache(folder)
    assert mine.claim(b"a", owner="first") and not mine.claim(b"a", owner="second \udc80")
    assert mine.claim(b"a", owner="first") and not mine.claim(b"a")


def test_a_claim_ends_unless_it_is_renewed(folder: Path, clock: Clock) -> None:
    one, other = Cache(folder), Cache(folder)
    assert one.claim(b"a", 30)
    clock.now += 20
    assert not other.claim(b"a") and one.claim(b"a", 30)
    clock.now += 20
    assert not other.claim(b"a")
    clock.now += 11
    assert other.claim(b"a") and not one.claim(b"a")


def test_a_clock_that_was_set_back_prolongs_no_claim(folder: Path, clock: Clock) -> None:
    one, other = Cache(folder), Cache(folder)
    assert one.claim(b"a", 30)
    clock.now -= 86400
    assert other.claim(b"a")


CLAIMER = """
import sys, time
sys.path.insert(0, sys.argv[1])
from dataview.cache import Cache
print(Cache(sys.argv[2]).claim(b"a", 3600), flush=True)
time.sleep(600)
"""


@linux
def test_a_claim_ends_with_its_process(folder: Path) -> None:
    command = [sys.executable, "-c", CLAIMER, str(ROOT), str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as claimer:
        assert claimer.stdout and claimer.stdout.readline() == "True\n"
        mine = Cache(folder)
        assert not mine.claim(b"a")
        claimer.send_signal(signal.SIGSTOP)
        assert not mine.claim(b"a")
        claimer.kill()
        while Path(f"/proc/{claimer.pid}/stat").read_text().split()[2] != "Z":
            time.sleep(0.01)
        assert mine.claim(b"a")  # it is dead, if not buried
    other = Cache(folder)
    assert not other.claim(b"a")


@linux
def test_another_process_with_the_same_number_does_not_hold_the_claim(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = Cache(folder), Cache(folder)
    with monkeypatch.context() as patch:
        patch.setattr(claims, "_started", lambda pid: "1")
        assert one.claim(b"a")
    assert other.claim(b"a")


def test_a_process_of_another_machine_counts_as_alive(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = Cache(folder), Cache(folder)
    with monkeypatch.context() as patch:
        patch.setattr(claims, "_machine", lambda: "another machine")
        patch.setattr(claims, "_started", lambda pid: "1")
        assert one.claim(b"a")
    assert not other.claim(b"a")


def test_many_processes_divide_work_without_doing_any_twice(folder: Path) -> None:
    code = f"""
        import json, sys
        sys.path.insert(0, {str(ROOT)!r})
        from dataview.cache import Cache
        mine = Cache(sys.argv[1])
        print(json.dumps([number for number in range(300) if mine.claim(b"%d" % number)]))
        sys.stdout.flush()
        sys.stdin.readline()  # it lives until all have tried
    """
    command = [sys.executable, "-c", textwrap.dedent(code), str(folder)]
    workers = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    claimed = [json.loads(worker.stdout.readline()) for worker in workers if worker.stdout]
    for worker in workers:
        worker.communicate()
    assert sorted(sum(claimed, [])) == [*range(300)]


# ---- the process's own


def test_a_process_has_one_cache_where_the_environment_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATAVIEW_CACHE", str(tmp_path / "one"))
    first = cache()
    assert first is cache() and first.folder == tmp_path / "one"
    first.put(batch_of(range(3)))
    assert cache_info().kinds["thumbnail"] == Kind(3, 12_000)
    monkeypatch.setenv("DATAVIEW_CACHE", str(tmp_path / "two"))
    assert cache().folder == tmp_path / "two" and cache_info().kinds == {}
    monkeypatch.setenv("DATAVIEW_CACHE", str(tmp_path / "one"))
    clear_cache("thumbnail", older_than=timedelta(0))
    assert list(cache_info().kinds) == ["statistics"]


def test_it_can_be_turned_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATAVIEW_CACHE", "OFF")
    monkeypatch.chdir(tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        mine = cache()
        use_everything(mine)
        mine.clear("whatever")
        mine.close()
    assert mine.get("vector/a", keys_of(1)) == [None] and mine.claim(b"a")
    assert "off" in repr(cache_info()) and not list(tmp_path.iterdir())


@linux
def test_by_default_it_is_where_the_platform_keeps_caches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATAVIEW_CACHE", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    for xdg in ("", "relative"):
        monkeypatch.setenv("XDG_CACHE_HOME", xdg)
        assert Cache().folder == tmp_path / ".cache/dataview"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert Cache().folder == tmp_path / "xdg/dataview"
    monkeypatch.setenv("DATAVIEW_CACHE", "~/mine")
    assert Cache().folder == tmp_path / "mine"
    assert not list(tmp_path.iterdir())  # nothing is made before it is needed


def test_importing_it_makes_and_opens_nothing(tmp_path: Path) -> None:
    environment = {**os.environ, "HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    environment.pop("DATAVIEW_CACHE", None)
    code = "import dataview.cache, sys; print('pandas' in sys.modules, 'torch' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True
    )
    assert done.stdout == "False False\n" and not list(tmp_path.iterdir())


def test_info_is_readable_and_its_folder_is_no_markup(folder: Path) -> None:
    info = CacheInfo("/net/<b>ada</b>", 61_300_000, 10**10, {"<i>": Kind(12_000, 48_100_000)})
    assert "61.3 MB of 10.0 GB in /net/<b>ada</b>" in repr(info)
    assert "12,000 entries" in repr(info) and "48.1 MB" in repr(info)
    page = info._repr_html_()
    assert "<b>" not in page and "<i>" not in page and "&lt;i&gt;" in page and "12,000" in page


def test_info_counts_bytes_on_the_disk(folder: Path) -> None:
    mine = Cache(folder)
    mine.put(batch_of(range(64)))
    info = mine.info()
    assert info.bytes == sum(each.stat().st_size for each in folder.iterdir())
    assert info.kinds == {"statistics": Kind(64, 6400), "thumbnail": Kind(64, 256_000)}
    assert info.folder == str(folder) and info.limit == 10**10 and info.problem == ""


def test_the_cache_is_no_pickle() -> None:
    for module in (database, entries, claims, sys.modules["dataview.cache"]):
        assert "pickle" not in Path(str(module.__file__)).read_text()
