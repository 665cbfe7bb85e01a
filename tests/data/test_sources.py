from __future__ import annotations

import contextlib
import dataclasses
import gc
import hashlib
import inspect
import io
import pickle
import sqlite3
import subprocess
import sys

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlalchemy
from pyarrow import feather, orc

from mlops_jupyter.data.places import place_of, without_credentials
from mlops_jupyter.data.sources import SourceLog


@pytest.fixture
def log():
    log = SourceLog()
    log.install()
    yield log
    log.remove()


@pytest.fixture
def csv(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("x,y\n1,2\n3,4\n")
    return path


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_read_frame_knows_its_file(log, csv):
    source = log.source_of(pd.read_csv(csv))
    assert (source.uri, source.hash) == (str(csv), sha256(csv))


def test_a_relative_path_is_made_absolute_and_kept_as_given(log, csv, monkeypatch):
    monkeypatch.chdir(csv.parent)
    frame = pd.read_csv(filepath_or_buffer="a.csv")
    source = log.source_of(frame)
    assert (source.uri, source.given) == (str(csv), "a.csv")


@pytest.mark.parametrize(
    "read", [lambda p: pd.read_parquet(p), lambda p: pl.read_parquet(p), lambda p: pq.read_table(p)]
)
def test_every_library_is_watched(log, tmp_path, read):
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"x": [1, 2]}), path)
    data = read(path)
    assert log.source_of(data).hash == sha256(path)


def test_arrays_are_watched(log, csv):
    assert log.source_of(np.loadtxt(csv, delimiter=",", skiprows=1)).uri == str(csv)


def test_open_files_have_their_name_and_buffers_none(log, csv):
    with csv.open() as file:
        assert log.source_of(pd.read_csv(file)).uri == str(csv)
    assert log.source_of(pd.read_csv(io.StringIO("x\n1\n"))) is None


def test_a_table_of_a_database_knows_its_url_without_the_password(log):
    place = place_of(("select 1", "postgresql://me:secret@host/db"), {})
    assert place.uri == "postgresql://host/db"


def test_derived_and_foreign_data_have_no_source(log, csv):
    frame = pd.read_csv(csv)
    assert log.source_of(frame.dropna()) is None
    assert log.source_of(pd.DataFrame({"x": [1]})) is None
    assert log.source_of(None) is None


def test_a_file_that_changed_since_has_no_hash(log, csv):
    frame = pd.read_csv(csv)
    csv.write_text("x,y\n9,9\n9,9\n9,9\n")
    assert log.source_of(frame).hash is None


@pytest.mark.slow
def test_nothing_is_kept_alive(log, csv):
    frame = pd.read_csv(csv)
    before = len(log._known)
    del frame
    gc.collect()
    assert len(log._known) == before - 1


def test_several_files_at_once_are_named(log, csv):
    frame = pl.read_csv([csv, csv])
    assert log.source_of(frame).uri == f"{csv} and 1 more"


def test_exceptions_and_signatures_are_the_readers_own(csv):
    signature = inspect.signature(pd.read_csv)
    log = SourceLog()
    log.install()
    try:
        assert inspect.signature(pd.read_csv) == signature
        with pytest.raises(FileNotFoundError, match=r"missing\.csv"):
            pd.read_csv("missing.csv")
        with pytest.raises(TypeError):
            pd.read_csv()
    finally:
        log.remove()


def test_remove_puts_everything_back():
    readers = [
        (m, n, getattr(m, n))
        for m, n in ((pd, "read_csv"), (pl, "read_csv"), (pq, "read_table"), (np, "load"))
    ]
    finders = list(sys.meta_path)
    log = SourceLog()
    log.install()
    log.install()
    assert pd.read_csv is not readers[0][2]
    log.remove()
    assert [getattr(m, n) for m, n, _ in readers] == [original for _, _, original in readers]
    assert sys.meta_path == finders


def test_a_reader_taken_meanwhile_works_on_unwatched(csv):
    log = SourceLog()
    log.install()
    taken = pd.read_csv
    log.remove()
    frame = taken(csv)
    assert frame.shape == (2, 2)
    assert log.source_of(frame) is None


def test_two_logs_do_not_disturb_each_other(log, csv):
    other = SourceLog()
    other.install()
    frame = pd.read_csv(csv)
    first, second = (dataclasses.replace(one.source_of(frame), read_at=None) for one in (log, other))
    assert first == second
    other.remove()
    assert log.source_of(pd.read_csv(csv)).uri == str(csv)


def test_a_watched_reader_can_be_pickled(log):
    assert pickle.loads(pickle.dumps(pd.read_csv)) is pd.read_csv
    assert pickle.loads(pickle.dumps(pl.read_csv)) is pl.read_csv


@pytest.mark.slow
def test_a_library_imported_later_is_watched(csv):
    code = """
import sys
from mlops_jupyter.data.sources import SourceLog
assert not {"pandas", "numpy", "pyarrow", "polars"} & set(sys.modules)
log = SourceLog()
log.install()
import pandas
watched = pandas.read_csv
frame = pandas.read_csv(sys.argv[1])
print(log.source_of(frame).uri)
loader = pandas.__spec__.loader
assert "exec_module" not in vars(loader)
log.remove()
assert pandas.read_csv is watched.__wrapped__
"""
    done = subprocess.run([sys.executable, "-c", code, str(csv)], capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == (str(csv), "")


@pytest.mark.parametrize(
    ("url", "clean"),
    [
        ("https://me:pw@host/a.csv", "https://host/a.csv"),
        ("s3://bucket/a.parquet", "s3://bucket/a.parquet"),
        (
            "https://h/a?X-Amz-Signature=abc&X-Amz-Credential=k&v=1",
            "https://h/a?X-Amz-Signature=***&X-Amz-Credential=***&v=1",
        ),
        ("https://h/a#access_token=abc", "https://h/a"),
    ],
)
def test_urls_are_stripped_of_credentials(url, clean):
    assert without_credentials(url) == clean


# --- queries and plans --------------------------------------------------------------------------


@pytest.fixture
def parquet(tmp_path):
    path = tmp_path / "flights.parquet"
    pq.write_table(pa.table({"x": [1, 2, 3]}), path)
    return path


def test_kind_rows_and_time_are_known(log, csv):
    source = log.source_of(pd.read_csv(csv))
    assert (source.kind, source.rows, source.query) == ("csv", 2, None)
    assert source.read_at.endswith("Z")


TAKES = {
    "df": lambda answer: answer.df(),
    "pl": lambda answer: answer.pl(),
    "arrow": lambda answer: answer.to_arrow_table(),
}


@pytest.mark.parametrize("take", TAKES)
def test_a_duckdb_query_knows_its_text_and_the_files_that_it_names(log, parquet, take):
    query = f"select x * 2 as y from '{parquet}' where x > 1"
    source = log.source_of(TAKES[take](duckdb.sql(query)))
    assert (source.uri, source.hash, source.kind) == (str(parquet), sha256(parquet), "duckdb")
    assert (source.query, source.rows) == (query, 2)


def test_a_derived_duckdb_relation_knows_its_own_query(log, parquet):
    frame = duckdb.sql(f"select * from '{parquet}'").filter("x > 2").df()
    source = log.source_of(frame)
    assert (source.uri, source.rows) == (str(parquet), 1)
    assert "x > 2" in source.query


def test_a_duckdb_database_is_named_by_its_file(log, tmp_path):
    with duckdb.connect(str(tmp_path / "shop.duckdb")) as connection:
        connection.execute("create table t as select 1 as x")
        by_execute = log.source_of(connection.execute("select * from t").df())
        by_sql = log.source_of(connection.sql("select x from t").df())
    assert by_execute.uri == by_sql.uri == f"duckdb://{tmp_path / 'shop.duckdb'}"
    assert (by_execute.query, by_sql.query) == ("select * from t", "select x from t")


def test_a_database_in_memory_has_its_query(log):
    source = log.source_of(duckdb.query("select 42 as x").df())
    assert (source.uri, source.query) == ("duckdb:", "select 42 as x")


def test_a_query_by_sqlalchemy_knows_text_and_url(log, tmp_path):
    engine = sqlalchemy.create_engine(f"sqlite:///{tmp_path / 'a.db'}")
    pd.DataFrame({"x": [1, 2]}).to_sql("t", engine, index=False)
    by_engine = log.source_of(pd.read_sql("select x from t", engine))
    with engine.connect() as connection:
        by_connection = log.source_of(pd.read_sql_query(sqlalchemy.text("select x from t"), con=connection))
    engine.dispose()
    for source in (by_engine, by_connection):
        assert (source.uri, source.kind) == (f"sqlite:///{tmp_path / 'a.db'}", "sql")
        assert (source.query, source.rows) == ("select x from t", 2)


def test_a_query_over_a_plain_connection_has_its_text(log):
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        source = log.source_of(pl.read_database("select 1 as x", connection))
    assert (source.uri, source.query) == ("sqlite3:", "select 1 as x")


def test_a_lazy_frame_knows_its_files_whatever_was_planned(log, parquet):
    plain = log.source_of(pl.scan_parquet(parquet).collect())
    planned = log.source_of(pl.scan_parquet(parquet).filter(pl.col("x") > 1).collect())
    assert (plain.uri, plain.hash, plain.rows) == (str(parquet), sha256(parquet), 3)
    assert (planned.uri, planned.hash, planned.rows) == (str(parquet), sha256(parquet), 2)
    assert 'col("x")' in planned.query


def test_polars_work_on_a_frame_has_no_source(log, parquet):
    frame = pl.DataFrame({"x": [1, 2]}).filter(pl.col("x") > 1)
    assert log.source_of(frame) is None


def test_what_is_opened_by_pyarrow_knows_its_file(log, parquet):
    assert log.source_of(pq.ParquetFile(parquet).read()).hash == sha256(parquet)
    feather.write_feather(pa.table({"x": [1]}), parquet.with_suffix(".feather"))
    assert log.source_of(feather.read_feather(parquet.with_suffix(".feather"))).kind == "feather"
    orc.write_table(pa.table({"x": [1]}), parquet.with_suffix(".orc"))
    assert log.source_of(orc.read_table(parquet.with_suffix(".orc"))).kind == "orc"


def test_methods_are_put_back_and_errors_are_the_librarys_own(parquet):
    watched = [(pl.LazyFrame, "collect"), (pq.ParquetFile, "read"), (duckdb.DuckDBPyRelation, "df")]
    before = [vars(owner)[name] for owner, name in watched]
    log = SourceLog()
    log.install()
    assert all(vars(owner)[name] is not one for (owner, name), one in zip(watched, before, strict=True))
    with pytest.raises(duckdb.CatalogException):
        duckdb.sql("select * from nowhere").df()
    with pytest.raises(pl.exceptions.ColumnNotFoundError):
        pl.scan_parquet(parquet).select("nowhere").collect()
    log.remove()
    assert all(vars(owner)[name] is one for (owner, name), one in zip(watched, before, strict=True))
    assert duckdb.sql("select 1 as x").df().shape == (1, 1)
