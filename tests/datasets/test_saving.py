from __future__ import annotations

import subprocess
import sys

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from pandas.testing import assert_frame_equal
from polars.testing import assert_frame_equal as assert_polars_equal

import mlops_jupyter as mlops
from mlops_jupyter import datasets, display
from mlops_jupyter.datasets import files
from mlops_jupyter.display import words
from mlops_jupyter.errors import IntegrityError, NotFoundError, UnsupportedError, UsageError


def flights(rows=2_000):
    random = np.random.default_rng(7)
    return pd.DataFrame(
        {
            "flight": np.arange(rows),
            "delay": random.normal(5, 30, rows),
            "carrier": pd.Categorical(random.choice(["AA", "UA", "DL"], rows), ["UA", "DL", "AA", "B6"]),
            "at": pd.date_range("2013-01-01", periods=rows, freq="h", tz="America/New_York"),
        },
        index=pd.Index(np.arange(rows)[::-1], name="row"),
    )


def test_what_was_saved_comes_back_exactly(registry):
    frame = flights()
    saved = datasets.save(frame, "flights", alias="gold", note="January")
    assert (saved.ref, saved.aliases, saved.saved.note, saved.is_new) == (
        "flights:1",
        ("gold",),
        "January",
        True,
    )
    assert saved.kept.size_bytes > 0
    assert_frame_equal(datasets.load("flights@gold"), frame, check_freq=False)


def test_it_comes_back_in_any_library_and_with_some_columns(registry):
    frame = flights().reset_index(drop=True)
    datasets.save(frame, "flights")
    polars, arrow = datasets.load("flights", as_="polars"), datasets.load("flights", as_="arrow")
    assert isinstance(polars, pl.DataFrame)
    assert isinstance(arrow, pa.Table)
    assert polars["delay"].to_list() == frame["delay"].tolist()
    assert datasets.load("flights", columns=["delay", "flight"]).columns.tolist() == ["delay", "flight"]
    with pytest.raises(UsageError, match="did you mean 'polars'"):
        datasets.load("flights", as_="polar")


def test_the_same_content_is_the_same_version(registry):
    first = datasets.save(flights(), "flights")
    again = datasets.save(flights().copy(), "flights", alias="gold", note="looked at")
    assert (again.ref, again.is_new, again.aliases, again.saved.note) == (
        "flights:1",
        False,
        ("gold",),
        "looked at",
    )
    other = datasets.save(flights(), "other")
    assert (other.ref, other.kept) == ("other:1", first.kept)
    back = datasets.save(flights(100), "flights"), datasets.save(flights(), "flights")
    assert [one.ref for one in back] == ["flights:2", "flights:3"]


def test_a_few_rows_left_out_cost_a_bitmap_and_come_back_exactly(registry):
    frame = flights()
    whole = datasets.save(frame, "flights")
    less = frame[frame["delay"] > -50]
    saved = datasets.save(less, "flights")
    assert saved.kept.method == "deletions"
    assert saved.kept.stored_bytes < 2_000 < whole.kept.stored_bytes
    assert saved.change.rows_removed == len(frame) - len(less)
    assert_frame_equal(datasets.load("flights:2"), less, check_freq=False)
    fewer = less.iloc[5:]
    assert datasets.save(fewer, "flights").kept.parent_id == whole.version.id
    assert_frame_equal(datasets.load("flights:3", columns=["delay"]), fewer[["delay"]], check_freq=False)


def test_rows_left_out_with_a_new_index_are_kept_whole(registry):
    frame = flights().reset_index(drop=True)
    datasets.save(frame, "flights")
    less = frame.drop(index=[3, 4]).reset_index(drop=True)
    datasets.save(less, "flights")
    assert_frame_equal(datasets.load("flights:2"), less, check_freq=False)


def test_equal_data_come_back_in_the_library_that_they_were_saved_from(registry):
    frame = pd.DataFrame({"x": [1, 2, 3], "y": ["a", None, "b"]})
    table, arrow = pl.from_pandas(frame), pa.Table.from_pandas(frame)
    saved = [datasets.save(one, "small") for one in (frame, table, arrow, table)]
    assert [one.ref for one in saved] == ["small:1", "small:2", "small:3", "small:4"]
    assert "Saved as small:2: the same content, as polars.DataFrame" in display.text(saved[1])
    history = datasets.history("small")
    assert f"{words.size(history.versions[0].kept.stored_bytes)} in all" in display.text(history)
    assert len({one.version.id for one in saved}) == 1
    assert_frame_equal(datasets.load("small:1"), frame, check_exact=True)
    assert_polars_equal(datasets.load("small:2"), table, check_exact=True)
    assert datasets.load("small:3").equals(arrow)
    assert datasets.load("small:3").schema.equals(arrow.schema, check_metadata=True)
    assert_polars_equal(datasets.load("small:4"), table, check_exact=True)
    assert not datasets.save(table.clone(), "small").is_new
    assert isinstance(datasets.load("small:2", columns=["y"]), pl.DataFrame)
    assert isinstance(datasets.load("small:2", as_="pandas"), pd.DataFrame)
    assert datasets.save("small:2", "copy").is_new
    assert isinstance(datasets.load("copy"), pl.DataFrame)


@pytest.mark.parametrize(
    "flavours",
    [
        [pd.DataFrame({"x": [1.0, 2.0]}), pd.DataFrame({"x": [1.0, 2.0]}, index=pd.Index([0, 1]))],
        [pd.DataFrame({"t": pd.array(["a", None], dtype=kind)}) for kind in ("str", "string", "object")],
        [pd.DataFrame({"n": pd.array([1, 2], dtype=kind)}) for kind in ("int64", "Int64", "int64[pyarrow]")],
        [pl.DataFrame({"x": [1.0, float("nan")]}), pl.DataFrame({"x": [1.0, None]})],
    ],
    ids=["index", "text", "numbers", "missing"],
)
def test_each_flavour_of_equal_data_comes_back_as_it_was(registry, flavours):
    saved = [datasets.save(frame, "flavours") for frame in flavours]
    assert len({one.version.id for one in saved}) == 1
    for one, frame in zip(saved, flavours, strict=True):
        equal = assert_polars_equal if isinstance(frame, pl.DataFrame) else assert_frame_equal
        equal(datasets.load(one.ref), frame)
        index = getattr(frame, "index", None)
        assert type(getattr(datasets.load(one.ref), "index", None)) is type(index)


def test_rows_left_out_of_data_of_another_library_are_kept_whole(registry):
    frame = flights().reset_index(drop=True)
    datasets.save(frame, "flights")
    less = pl.from_pandas(frame).filter(pl.col("delay") > -50)
    assert datasets.save(less, "flights").kept.method == "chunks"
    assert_polars_equal(datasets.load("flights"), less)


def test_what_changed_against_the_version_before_is_said(registry):
    frame = flights()
    datasets.save(frame, "flights")
    saved = datasets.save(frame.assign(year=2013), "flights")
    assert saved.change.summary == "1 column added: year"


def test_a_file_is_saved_under_its_own_name_and_knows_where_it_is_from(registry, tmp_path):
    path = tmp_path / "flights.csv"
    flights().to_csv(path, index=False)
    saved = datasets.save(str(path))
    assert (saved.ref, saved.version.n_rows, saved.saved.source_uri) == ("flights:1", 2_000, str(path))
    assert len(saved.saved.source_hash) == 64
    assert datasets.save(path, "january").kept == saved.kept


@pytest.mark.parametrize("suffix", [".parquet", ".csv", ".tsv", ".feather", ".json", ".jsonl"])
def test_files_of_every_kind_are_written_and_read_back(registry, tmp_path, suffix):
    frame = pd.DataFrame({"x": [1, 2, 3], "y": ["a", "b", None]})
    path = str(tmp_path / f"small{suffix}")
    assert files.write(frame, path) > 0
    assert files.read(path)["x"].tolist() == [1, 2, 3]
    assert files.read(path)["y"].isna().tolist() == [False, False, True]


def test_what_is_wrong_with_a_file_is_one_line(registry, tmp_path):
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 no")
    (tmp_path / "notes.docx").write_bytes(b"x")
    (tmp_path / "empty.csv").write_bytes(b"")
    (tmp_path / "flights.csv").write_text("x\n1\n")
    (tmp_path / "folder").mkdir()
    for path, error, said in (
        ("broken.parquet", UnsupportedError, "cannot be read as .parquet"),
        ("notes.docx", UnsupportedError, "ends with no kind of data"),
        ("empty.csv", UnsupportedError, "EmptyDataError"),
        ("flihgts.csv", NotFoundError, "did you mean 'flights.csv'"),
        ("folder", UnsupportedError, "holds no Parquet files"),
    ):
        with pytest.raises(error, match=said) as caught:
            datasets.save(path, "x")
        assert "\n" not in str(caught.value)
    assert datasets.table().total == 0


def test_data_without_a_name_are_refused_and_nothing_is_written(registry):
    with pytest.raises(UsageError, match="no name yet"):
        datasets.save(pd.DataFrame({"x": [1]}))
    with pytest.raises(UsageError, match="of type DataFrame; expected text, after the data"):
        datasets.save("x", pd.DataFrame({"x": [1]}))
    with pytest.raises(UsageError, match="cannot be an alias"):
        datasets.save(pd.DataFrame({"x": [1]}), "x", alias="3")
    with pytest.raises(UnsupportedError, match="list is not a table"):
        datasets.save([1, 2], "x")
    assert datasets.table().total == 0
    assert registry.rows("kept_versions") == []


@pytest.mark.slow
def test_processes_that_save_one_name_at_once_get_different_numbers(registry):
    code = (
        "import sys, pandas as pd\n"
        "from mlops_jupyter import datasets\n"
        "frame = pd.DataFrame({'x': range(200), 'who': int(sys.argv[1])})\n"
        "print(datasets.save(frame, 'race').saved.number)\n"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", code, str(one)], stdout=subprocess.PIPE, text=True)
        for one in range(3)
    ]
    numbers = sorted(int(process.communicate()[0]) for process in running)
    assert numbers == [1, 2, 3]
    assert sorted(datasets.load(f"race:{number}")["who"].iloc[0] for number in numbers) == [0, 1, 2]


def test_bytes_that_rotted_are_named_with_their_dataset(registry):
    datasets.save(flights(), "flights")
    (pack,) = {row["pack_hash"] for row in registry.rows("chunks")}
    path = registry.objects.path(pack)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.chmod(0o600)
    path.write_bytes(content)
    with pytest.raises(IntegrityError, match="flights:1 cannot be put together"):
        datasets.load("flights")


def test_a_version_knows_the_run_that_made_it(registry):
    with mlops.start_run("churn"):
        saved = mlops.save_dataset(flights(), "flights")
    assert saved.run_number == 1
    assert mlops.dataset_history("flights").versions[0].run_number == 1


def test_deleted_data_come_back_with_all_versions(registry):
    for rows in (100, 200):
        datasets.save(flights(rows), "flights")
    datasets.set_alias("flights:1", "gold")
    with pytest.raises(UsageError, match="flights:1 is @gold"):
        datasets.delete("flights:1")
    assert datasets.delete("flights:2") == "flights:2"
    assert len(datasets.load("flights")) == 100
    assert datasets.restore("flights:2") == "flights:2"
    assert datasets.delete("flights") == "flights"
    with pytest.raises(NotFoundError):
        datasets.load("flights")
    assert datasets.restore("flights") == "flights"
    assert [one.ref for one in datasets.history("flights").versions] == ["flights:2", "flights:1"]
    with pytest.raises(NotFoundError, match="was not deleted"):
        datasets.restore("flights:2")


def test_a_name_that_was_deleted_begins_anew_and_goes_on_counting(registry):
    datasets.save(flights(100), "flights")
    datasets.delete("flights")
    assert datasets.save(flights(200), "flights").ref == "flights:2"
    assert [one.ref for one in datasets.history("flights").versions] == ["flights:2"]


def test_an_alias_moves_and_is_taken_away(registry):
    for rows in (100, 200):
        datasets.save(flights(rows), "flights", alias="gold")
    assert len(datasets.load("flights@gold")) == 200
    assert datasets.set_alias("flights:1", "gold").aliases == ("gold",)
    assert len(datasets.load("flights@gold")) == 100
    datasets.remove_alias("flights", "gold")
    with pytest.raises(NotFoundError, match="no flights@gold"):
        datasets.remove_alias("flights", "gold")
