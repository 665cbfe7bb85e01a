"""Files out of core: the same counts as in memory, whatever the order of rows, within little memory."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from importlib import import_module

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mlops_jupyter.data import profile, profile_file
from mlops_jupyter.errors import NotFoundError, UnsupportedError

from .test_profile import frame


def test_parquet_in_batches_counts_as_in_memory(tmp_path):
    made = frame().set_index(pd.Index(range(5, 4005), name="row"))
    made["plan"] = made["plan"].astype("category")
    made.to_parquet(tmp_path / "a.parquet", row_group_size=700)
    expected = replace(profile(made), n_duplicate_rows=None)
    assert profile_file(tmp_path / "a.parquet") == expected
    found = profile_file(tmp_path / "a.parquet", batch_rows=1024)
    for one, other in zip(found.columns, expected.columns, strict=True):
        assert (one.name, one.type, one.kind, one.n_missing, one.values) == (
            other.name,
            other.type,
            other.kind,
            other.n_missing,
            other.values,
        )
        assert one.numbers is None or (one.numbers.grid, one.numbers.counts) == (
            other.numbers.grid,
            other.numbers.counts,
        )


@pytest.mark.parametrize("order", ["as it came", "ascending", "descending"])
def test_more_values_than_are_counted_one_by_one(tmp_path, order):
    values = np.random.default_rng(0).lognormal(size=200_000)
    values[::4] = 7.25
    if order != "as it came":
        values = np.sort(values)[:: -1 if order == "descending" else 1].copy()
    pq.write_table(pa.table({"x": values}), tmp_path / "a.parquet")
    found = profile_file(tmp_path / "a.parquet", batch_rows=20_000).columns[0]
    d = found.numbers
    off = np.abs(np.searchsorted(np.sort(values), d.grid, side="right") - np.array(d.counts)).max()
    assert off <= d.rank_error * d.n <= 0.01 * d.n
    assert len(d.grid) <= 700
    assert (d.minimum, d.maximum) == (values.min(), values.max())
    if order == "as it came":
        assert found.values.top[0] == ("7.25", 50_000)
    assert found.values.n_distinct == pytest.approx(150_001, rel=0.15)


def test_a_folder_of_files_is_one_table(tmp_path):
    made = frame()
    for place in range(4):
        made[place * 1000 : (place + 1) * 1000].to_parquet(tmp_path / f"part-{place}.parquet", index=False)
    assert profile_file(tmp_path) == replace(profile(made), n_duplicate_rows=None)
    pd.DataFrame({"other": [1]}).to_parquet(tmp_path / "part-9.parquet")
    with pytest.raises(UnsupportedError, match=r"part-9\.parquet"):
        profile_file(tmp_path)


def test_csv_columns_are_as_wide_as_their_values(tmp_path, monkeypatch):
    files = import_module("mlops_jupyter.data.profile.files")  # the name "profile" is a function too
    monkeypatch.setattr(files, "_BLOCK_BYTES", 1 << 14)
    n = 20_000
    made = pd.DataFrame({"id": np.arange(n), "x": np.arange(n), "word": np.arange(n)}).astype(
        {"word": "object"}
    )
    made.loc[n - 1, "word"] = "late"
    made["x"] = made["x"].astype(object)
    made.loc[n - 1, "x"] = 0.5
    made.loc[0, "x"] = "NA"
    made.to_csv(tmp_path / "a.csv", index=False)
    found = {column.name: column for column in profile_file(tmp_path / "a.csv").columns}
    assert {name: column.type for name, column in found.items()} == {
        "id": "int64",
        "x": "float64",
        "word": "string",
    }
    assert (found["x"].n_missing, found["x"].numbers.n, found["word"].n_rows) == (1, n - 1, n)


def test_csv_counts_as_pandas_reads_it(tmp_path):
    made = frame()[["height", "count", "plan", "note"]]
    made.to_csv(tmp_path / "a.csv.gz", index=False)
    expected = replace(profile(pd.read_csv(tmp_path / "a.csv.gz")), n_duplicate_rows=None)
    found = profile_file(tmp_path / "a.csv.gz")
    assert [c.values for c in found.columns] == [c.values for c in expected.columns]
    assert [c.n_missing for c in found.columns] == [c.n_missing for c in expected.columns]


def test_a_target_in_a_file(tmp_path):
    made = frame(50_000)
    made["copy"] = made["height"] * 2
    made.to_parquet(tmp_path / "a.parquet")
    found = profile_file(tmp_path / "a.parquet", target="height", batch_rows=2_000)
    assert found.associations[0].column == "copy"
    assert found.associations[0].strength == pytest.approx(1)
    assert 19_900 <= found.associations[0].n <= 40_000


def test_what_is_no_file_of_data(tmp_path):
    with pytest.raises(NotFoundError, match="there is no file"):
        profile_file(tmp_path / "nothing.csv")
    with pytest.raises(NotFoundError, match="holds no Parquet"):
        profile_file(tmp_path)
    (tmp_path / "a.parquet").write_bytes(b"no parquet")
    with pytest.raises(UnsupportedError, match=r"a\.parquet"):
        profile_file(tmp_path / "a.parquet")
    (tmp_path / "a.docx").write_bytes(b"")
    with pytest.raises(UnsupportedError, match=r"no kind that is known: \.parquet"):
        profile_file(tmp_path / "a.docx")


MEASURED = """
import sys
import numpy, pyarrow.parquet, mlops_jupyter.data.profile.state  # what is loaded is not what is measured
from mlops_jupyter.data import profile_file
def memory_kb(word):  # ru_maxrss is handed on by the parent process
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith(word))
before = memory_kb("VmRSS")
found = profile_file(sys.argv[1])
print(found.n_rows, len(found.columns), memory_kb("VmHWM") - before)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="memory is asked of Linux")
def test_a_file_four_times_the_memory_that_may_be_used(tmp_path):
    limit = 256 << 20
    rng = np.random.default_rng(0)
    rows = 1 << 20
    path, written = tmp_path / "large.parquet", 0
    names = [f"x{place}" for place in range(8)]
    with pq.ParquetWriter(
        path, pa.schema([(name, pa.float64()) for name in names]), compression="none"
    ) as out:
        while path.stat().st_size < 4 * limit:
            out.write_table(pa.table({name: rng.normal(size=rows) for name in names}))
            written += rows
    words = [sys.executable, "-c", MEASURED, str(path)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stderr[-2000:]
    n_rows, n_columns, grown_kb = map(int, done.stdout.split())
    assert (n_rows, n_columns) == (written, 8)
    assert grown_kb * 1024 < limit, f"{grown_kb / 1024:,.0f} MiB"
