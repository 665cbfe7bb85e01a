from __future__ import annotations

import gc
import hashlib
import inspect
import io
import pickle
import subprocess
import sys

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

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
    assert other.source_of(frame) == log.source_of(frame)
    other.remove()
    assert log.source_of(pd.read_csv(csv)).uri == str(csv)


def test_a_watched_reader_can_be_pickled(log):
    assert pickle.loads(pickle.dumps(pd.read_csv)) is pd.read_csv
    assert pickle.loads(pickle.dumps(pl.read_csv)) is pl.read_csv


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
