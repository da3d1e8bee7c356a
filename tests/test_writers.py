"""A dataset's table as a file: what is in it, and that it is there whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import dataview as dv
from dataview.writers import check_table, check_writable, storable, write_table

READ = {
    ".csv": pd.read_csv,
    ".parquet": pd.read_parquet,
    ".jsonl": lambda path: pd.read_json(path, lines=True),
}


def dataset(index: object = None, **columns: object) -> dv.Dataset:
    frame = pd.DataFrame({**columns, "image": list(np.zeros((3, 4, 4, 3), np.uint8))}, index=index)
    ds = dv.read(frame)
    return ds._replace(ds.frame.drop(columns="image"))


@pytest.mark.parametrize("kind", READ)
def test_every_format_reads_back_what_was_written(tmp_path: Path, kind: str) -> None:
    ds = dataset(
        ["a", "b\n,c", 'd"'],
        number=[0.1, None, 3.0],
        whole=[1, 2, 3],
        text=["x", None, "猫"],
        flag=[True, False, True],
        when=pd.to_datetime(["2024-01-01T00", None, "2024-01-03T12"]),
    )
    write_table(ds, tmp_path / f"table{kind}")
    frame = READ[kind](tmp_path / f"table{kind}")
    assert list(frame) == ["name", *ds.columns]
    assert frame["name"].tolist() == ["a", "b\n,c", 'd"']
    assert frame["number"].fillna(-1).tolist() == [0.1, -1, 3.0]
    assert frame["text"].fillna("").tolist() == ["x", "", "猫"]
    assert frame["flag"].tolist() == [True, False, True]
    times = pd.to_datetime(frame["when"], format="ISO8601")
    assert times.dropna().dt.strftime("%Y-%m-%d %H").tolist() == ["2024-01-01 00", "2024-01-03 12"]


@pytest.mark.parametrize("kind", READ)
def test_what_no_file_holds_is_written_as_text(tmp_path: Path, kind: str) -> None:
    odd = pd.Series([os.fsdecode(b"caf\xe9"), [1, 2], None], ["a", "b", "c"], dtype=object)
    write_table(dataset(["a", "b", "c"], odd=odd), tmp_path / f"table{kind}")
    assert READ[kind](tmp_path / f"table{kind}")["odd"].iloc[:2].tolist() == [r"caf\xe9", "[1, 2]"]


def test_the_index_is_the_first_column_whatever_it_is_called() -> None:
    assert list(storable(dataset(name=[1, 2, 3])))[:2] == ["name_", "name"]
    named = dataset(pd.Index([7, 8, 9], name="id"), value=[1, 2, 3])
    assert storable(named)["id"].tolist() == [7, 8, 9]
    pairs = pd.MultiIndex.from_tuples([("a", 1), ("a", 2), ("b", 1)])
    assert storable(dataset(pairs, value=[1, 2, 3]))["name"].tolist()[0] == "('a', 1)"
    ds = dataset(value=[1, 2, 3])
    assert list(storable(ds)) == ["name", "value"] and ds.columns == ["value"]


def test_vectors_are_lists_where_the_format_knows_lists(tmp_path: Path) -> None:
    ds = dataset(value=[1, 2, 3]).with_vectors("mine", np.eye(3, 4, dtype=np.float32), {})
    for kind in (".parquet", ".jsonl"):
        write_table(ds, tmp_path / f"table{kind}")
        vectors = np.stack(READ[kind](tmp_path / f"table{kind}")["vector_mine"])
        assert np.array_equal(vectors, np.eye(3, 4))
    write_table(ds, tmp_path / "table.csv")
    assert list(pd.read_csv(tmp_path / "table.csv")) == ["name", "value"]


def test_what_cannot_be_written_is_told(tmp_path: Path) -> None:
    for path, error, said in [
        (tmp_path / "x.xlsx", ValueError, r"ends in one of \.csv, \.jsonl, \.parquet"),
        (tmp_path / "no" / "x.csv", FileNotFoundError, "no folder"),
        ("s3://bucket/x.csv", ValueError, "is a URL"),
        ("/proc/x.csv", OSError, "nothing can be written"),
    ]:
        with pytest.raises(error, match=said):
            check_table(path)
    with pytest.raises(IsADirectoryError, match="is a folder"):
        check_writable(tmp_path)
    check_writable(tmp_path / "x.csv")
    assert not list(tmp_path.iterdir()), "asking leaves nothing behind"


def test_a_table_that_cannot_be_finished_leaves_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "table.csv"
    path.write_text("before")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_table(dataset(value=[1, 2, 3]), path)
    assert path.read_text() == "before" and [p.name for p in tmp_path.iterdir()] == ["table.csv"]
