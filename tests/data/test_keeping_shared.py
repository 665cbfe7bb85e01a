"""What versions share: pieces cut by content, rows left out, files as they are."""

from __future__ import annotations

import os
import subprocess
import sys
import tracemalloc

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import scipy.sparse as sp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlops_jupyter.data import (
    apply_deletions,
    fingerprint,
    keep,
    keep_deletions,
    keep_file,
    restore,
    restore_file,
)
from mlops_jupyter.data.keeping.cutting import LEAST, MOST, cut, cuts
from mlops_jupyter.errors import IntegrityError, NotFoundError, UnsupportedError

quick = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), database=None)
N = 200_000


def sales(n, seed, start=0):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "id": np.arange(start, start + n),
            "amount": np.round(rng.gamma(2, 50, n), 2),
            "value": rng.normal(size=n),
            "count": rng.poisson(3, n),
            "kind": pd.Categorical.from_codes(rng.integers(0, 8, n), list("abcdefgh")),
            "city": pd.array(
                np.array([f"city {k}" for k in range(300)])[rng.integers(0, 300, n)], dtype="str"
            ),
        }
    )


@pytest.fixture(scope="module")
def base():
    return sales(N, 0)


@pytest.fixture(scope="module")
def pieces(base):
    return set(keep(base).pieces)


def new_share(frame, pieces):
    """The bytes of a frame that are not in the pieces, as a share of all its bytes; it comes back whole."""
    kept = keep(frame)
    pd.testing.assert_frame_equal(restore(kept.manifest, kept.pieces), frame, check_exact=True)
    return sum(len(piece) for piece in set(kept.pieces) - pieces) / kept.size_bytes


def test_the_same_data_are_the_same_pieces(base, pieces):
    assert new_share(base.copy(), pieces) == 0


def test_an_append_costs_what_is_new(base, pieces):
    # The last page of each column is new too, which weighs less at a million rows (bench_keeping.py).
    grown = pd.concat([base, sales(N // 20, 1, N)], ignore_index=True)
    assert 0.04 < new_share(grown, pieces) < 0.14


def test_rows_put_in_the_middle_cost_their_pages(base, pieces):
    third = N // 3
    put_in = pd.concat([base[:third], sales(200, 2, 9 * N), base[third:]], ignore_index=True)
    assert new_share(put_in, pieces) < 0.08


@pytest.mark.slow
def test_a_changed_or_new_column_costs_itself(base, pieces):
    column = sum(map(len, keep(base[["value"]]).pieces))
    whole = keep(base).size_bytes
    changed = new_share(base.assign(value=base["value"] + 1), pieces)
    assert changed == pytest.approx(column / whole, rel=0.1)
    # A piece may hold the end of one column and the head of the next.
    assert new_share(base[["city", "id", "kind"]], pieces) < 0.2
    assert new_share(base.rename(columns={"id": "number"}), pieces) < 0.01


def test_a_category_that_gains_a_level_keeps_its_codes(base, pieces):
    assert new_share(base.assign(kind=base["kind"].cat.add_categories(["new"])), pieces) < 0.01


def test_pandas_polars_and_arrow_share_their_pieces(base, pieces):
    plain = base.drop(columns="kind")
    others = set(keep(pl.from_pandas(plain)).pieces)
    assert sum(map(len, others & pieces)) > 0.8 * sum(map(len, others))


def test_the_pieces_of_a_frame_are_a_parquet_file(base):
    kept = keep(base)
    (rows,) = [part for part in kept.manifest["parts"] if part.get("rows") == N]
    table = pq.read_table(pa.BufferReader(b"".join(kept.pieces[: rows["pieces"]])))
    assert table.num_rows == N
    assert table.column("2").to_numpy().tolist() == base["value"].tolist()


# --- any bytes --------------------------------------------------------------------------------


@quick
@given(st.binary(max_size=300), st.integers(0, 3_000_000), st.integers(0, 5))
def test_pieces_are_the_bytes_whatever_is_put_in(extra, place, seed):
    content = np.random.default_rng(seed).bytes(1_500_000)
    changed = content[:place] + extra + content[place:]
    before, after = [bytes(piece) for piece in cut(content)], [bytes(piece) for piece in cut(changed)]
    assert b"".join(after) == changed
    assert all(LEAST < len(piece) <= MOST for piece in after[:-1])
    assert sum(map(len, set(after) - set(before))) <= 2 * MOST + len(extra)


@pytest.mark.parametrize("content", [b"", b"a", b"\0" * 700_000, b"0,0,0,0,\n" * 90_000], ids=len)
def test_bytes_that_repeat_are_cut_all_the_same(content):
    found = [bytes(piece) for piece in cut(content)]
    assert b"".join(found) == content
    assert all(len(piece) <= MOST for piece in found)


def test_cut_in_blocks_or_at_once_is_the_same():
    content = np.random.default_rng(0).bytes(3_000_000)
    at_once = cuts(memoryview(content))
    ends, start, rest = [], 0, b""
    for block in range(0, len(content), 700_001):
        view = memoryview(rest + content[block : block + 700_001])
        found = cuts(view)
        ends += [start + end for end in found]
        rest = bytes(view[found[-1] :]) if found else bytes(view)
        start = ends[-1] if ends else 0
    assert ends == at_once
    assert len(ends) > 20


# --- rows left out ----------------------------------------------------------------------------


def hashes(data):
    return fingerprint(data, rows=True).row_hashes


def noted(frame):
    frame.attrs["why"] = "test"
    return frame


WAYS = {
    "a mask": lambda frame, gone: frame[~np.isin(np.arange(len(frame)), gone)],
    "drop": lambda frame, gone: frame.drop(index=gone),
    "a new index": lambda frame, gone: frame.drop(index=gone).reset_index(drop=True),
    "the head": lambda frame, gone: frame.iloc[len(gone) :],
    "the tail": lambda frame, gone: frame.iloc[: -len(gone)],
    "with attrs": lambda frame, gone: noted(frame.drop(index=gone)),
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_rows_left_out_come_back_as_they_were(base, way):
    parent = base[:20_000]
    child = WAYS[way](parent, np.sort(np.random.default_rng(3).choice(20_000, 300, replace=False)))
    bitmap = keep_deletions(hashes(parent), hashes(child), child=child)
    found = apply_deletions(parent, bitmap)
    pd.testing.assert_frame_equal(found, child, check_exact=True, check_index_type="exact")
    assert found.attrs == child.attrs
    assert fingerprint(found).version.id == fingerprint(child).version.id


def test_a_thousand_of_a_million_are_at_most_4_kB():
    rng = np.random.default_rng(0)
    rows = rng.integers(0, 2**64, 1_000_000, np.uint64)
    gone = np.sort(rng.choice(len(rows), 1000, replace=False))
    bitmap = keep_deletions(rows, np.delete(rows, gone))
    assert len(bitmap) <= 4_000
    assert np.array_equal(apply_deletions(rows, bitmap), np.delete(rows, gone))


@quick
@given(st.lists(st.integers(0, 3), min_size=20, max_size=400), st.data())
def test_repeated_rows_in_any_order_come_back(values, data):
    parent = np.array(values, np.uint64)
    gone = data.draw(st.sets(st.integers(0, len(parent) - 1), min_size=1, max_size=len(parent) // 20))
    child = np.delete(parent, sorted(gone))
    assert np.array_equal(apply_deletions(parent, keep_deletions(parent, child)), child)


def test_what_is_more_than_leaving_out_is_no_bitmap():
    rows = np.arange(1000, dtype=np.uint64)
    moved = np.r_[rows[1:960], rows[:1]]
    for child in (rows, rows[::-1], rows[:900], moved, np.r_[rows[:980], 7777], rows[:0]):
        assert keep_deletions(rows, child.astype(np.uint64)) is None
    assert keep_deletions(rows[:0], rows[:0]) is None


@pytest.mark.parametrize("library", ["polars", "arrow", "numpy", "sparse", "series"])
def test_rows_left_out_in_every_library(base, library):
    frame = base[["id", "value"]][:1000]
    parent = {
        "polars": pl.from_pandas(frame),
        "arrow": pa.Table.from_pandas(frame),
        "numpy": frame.to_numpy(),
        "sparse": sp.coo_array(frame.to_numpy()),
        "series": frame["value"],
    }[library]
    stays = np.delete(np.arange(1000), [0, 500, 999])
    child = apply_deletions(parent, keep_deletions(np.arange(1000), stays))
    assert type(child) is type(parent)
    assert np.array_equal(hashes(child), hashes(parent)[stays])


def test_a_bitmap_of_another_frame_is_refused():
    rows = np.arange(100)
    bitmap = keep_deletions(rows, rows[1:])
    with pytest.raises(IntegrityError, match="left out of 100, and the frame before has 90"):
        apply_deletions(rows[:90], bitmap)
    for broken in (b"", b"mjd1", bitmap[:-3], b"mjd2" + bitmap[4:]):
        with pytest.raises(IntegrityError):
            apply_deletions(rows, broken)


# --- files ------------------------------------------------------------------------------------


def test_a_file_comes_back_byte_for_byte(base, tmp_path):
    source, target = tmp_path / "in.parquet", tmp_path / "out.parquet"
    base.to_parquet(source, index=False)
    kept = keep_file(source)
    assert kept.size_bytes == source.stat().st_size
    batches = list(kept.batches())
    assert [piece for batch in batches for piece in batch] == list(kept.pieces) == kept.pieces[:]
    restore_file(kept.manifest, kept.pieces, target)
    assert target.read_bytes() == source.read_bytes()
    found = restore(kept.manifest, kept.pieces, columns=["city", "id"])
    assert fingerprint(found).version.id == fingerprint(base[["city", "id"]]).version.id
    assert restore(kept.manifest, kept.pieces, as_="polars").height == N


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["parquet", "feather", "csv"])
def test_columns_of_a_kept_file_are_read_without_the_rest(kind, tmp_path):
    frame = pd.DataFrame({"large": np.random.default_rng(0).normal(size=400_000), "small": 1})
    path = tmp_path / f"large.{kind}"
    frame.to_csv(path, index=False) if kind == "csv" else getattr(frame, f"to_{kind}")(path)
    kept = keep_file(path)
    tracemalloc.start()
    try:
        found = restore(kept.manifest, (bytes(piece) for piece in kept.pieces), columns=["small"])
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (list(found), len(found)) == (["small"], 400_000)
    assert kind == "csv" or peak < 3_200_000  # one column of the two takes that much
    with pytest.raises(NotFoundError, match=r"no column 'smal'; did you mean 'small'\?"):
        restore(kept.manifest, kept.pieces, columns=["smal"])


def test_a_text_file_that_grew_shares_its_pieces(base, tmp_path):
    path = tmp_path / "sales.csv"
    base[:60_000].to_csv(path, index=False)
    before = set(keep_file(path).pieces)
    base[60_000:61_000].to_csv(path, index=False, mode="a", header=False)
    kept = keep_file(path)
    assert sum(map(len, set(kept.pieces) - before)) < 0.15 * kept.size_bytes
    assert len(restore(kept.manifest, kept.pieces)) == 61_000


def test_D04_a_file_that_changes_while_it_is_kept_is_refused(tmp_path):
    path = tmp_path / "grows.csv"
    path.write_bytes(b"a,b\n" + b"1,2\n" * 40_000)
    kept = keep_file(path)
    path.write_bytes(b"a,b\n" + b"1,3\n" * 40_000)
    with pytest.raises(IntegrityError, match="changed while it was being kept"):
        list(kept.pieces)
    with pytest.raises(IntegrityError, match="are not the file that was kept"):
        restore_file(kept.manifest, [b"other"], tmp_path / "out.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["grows.csv"]


def test_D05_what_is_no_file_is_refused(tmp_path):
    with pytest.raises(NotFoundError, match="there is no file"):
        keep_file(tmp_path / "none.csv")
    with pytest.raises(UnsupportedError, match="not a regular file"):
        keep_file(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UnsupportedError, match="not a regular file"):
        keep_file(tmp_path / "pipe")


@pytest.mark.slow
def test_a_file_larger_than_memory_is_kept_within_it(tmp_path):
    """400 MB in a process that may grow by 200 MB."""
    path = tmp_path / "large.bin"
    block = np.random.default_rng(0).bytes(10_000_000)
    with path.open("wb") as file:
        for place in range(40):
            file.write(block[place:] + block[:place])
    code = """
import resource, sys
from mlops_jupyter.data import keep_file
import numpy, xxhash, mlops_jupyter.data.keeping.cutting
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
kept = keep_file(sys.argv[1])
assert sum(len(piece) for batch in kept.batches() for piece in batch) == 400_000_000
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 200
