"""Files scored in chunks: every row once, whatever stops the job; what does not fit is named by row."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from mlops_jupyter.deploy.service.batch import main, score
from mlops_jupyter.deploy.service.refusals import Refusal

from .folders import churn, churn_model, make_folder


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    return make_folder(tmp_path_factory.mktemp("batch"))


@pytest.fixture(scope="module")
def rows():
    return churn()[0].assign(id=range(400))


def expected():
    return churn_model().predict(churn()[0])


@pytest.mark.parametrize("given", ["csv", "parquet"])
@pytest.mark.parametrize("made", ["csv", "parquet"])
def test_every_row_is_answered_as_the_model_does(exported, rows, tmp_path, given, made):
    source, output = tmp_path / f"in.{given}", tmp_path / f"out.{made}"
    rows.to_csv(source, index=False) if given == "csv" else rows.to_parquet(source, index=False)
    assert score(exported, source, output, chunk_rows=150) == 400
    scored = pd.read_csv(output) if made == "csv" else pd.read_parquet(output)
    assert (scored["prediction"].to_numpy() == expected()).all()
    np.testing.assert_array_equal(
        scored[["probability_no", "probability_yes"]].to_numpy(), churn_model().predict_proba(churn()[0])
    )
    assert scored["id"].astype(int).tolist() == list(range(400))
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([source.name, output.name])


def test_columns_to_keep_are_chosen(exported, rows, tmp_path):
    rows.to_parquet(tmp_path / "in.parquet")
    score(exported, tmp_path / "in.parquet", tmp_path / "out.csv", keep=["id"])
    assert list(pd.read_csv(tmp_path / "out.csv")) == [
        "id",
        "prediction",
        "probability_no",
        "probability_yes",
    ]
    with pytest.raises(Refusal, match="no column 'nobody' to keep"):
        score(exported, tmp_path / "in.parquet", tmp_path / "x.csv", keep=["nobody"])


def test_a_row_that_does_not_fit_is_named_by_its_place_in_the_file(exported, rows, tmp_path, capsys):
    wrong = rows.astype({"age": object})
    wrong.loc[277, "age"] = "old"
    wrong.to_csv(tmp_path / "in.csv", index=False)
    arguments = [str(tmp_path / "in.csv"), str(tmp_path / "out.csv"), "--chunk-rows", "100"]
    assert main(arguments, folder=exported) == 2
    assert "column 'age' in row 277: expected a whole number, found text 'old'" in capsys.readouterr().err
    assert not (tmp_path / "out.csv").exists()


def test_a_job_goes_on_where_it_was_and_a_changed_input_starts_over(exported, rows, tmp_path, capsys):
    source, output = tmp_path / "in.csv", tmp_path / "out.csv"
    lines = rows.to_csv(index=False).splitlines(keepends=True)
    source.write_text("".join([*lines[:251], "broken\n"]))
    assert main([str(source), str(output), "--chunk-rows", "100"], folder=exported) == 2
    parts = tmp_path / ".out.csv.parts"
    first = parts / "000000000.part"
    assert len(list(parts.glob("*.part"))) == 2
    kept = first.stat().st_mtime_ns
    assert main([str(source), str(output), "--chunk-rows", "100"], folder=exported) == 2
    assert "going on after 200 rows" in capsys.readouterr().err
    assert first.stat().st_mtime_ns == kept
    source.write_text("".join(lines))
    assert main([str(source), str(output), "--chunk-rows", "100"], folder=exported) == 0
    assert "starts over" in capsys.readouterr().err
    assert (pd.read_csv(output)["prediction"] == expected()).all()
    assert not parts.exists()


def test_two_jobs_do_not_write_one_output(exported, rows, tmp_path):
    from mlops_jupyter.deploy.service.parts import Parts

    rows.to_csv(tmp_path / "in.csv", index=False)
    with Parts(tmp_path / "out.csv", {}), pytest.raises(Refusal, match="another process is writing"):
        score(exported, tmp_path / "in.csv", tmp_path / "out.csv")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("in.txt", b"a\n1\n", "expected .csv or .parquet"),
        ("in.csv", b"", "has no columns"),
        ("in.csv", b"age,age\n1,1\n", "two columns of in.csv have one name"),
        ("in.csv", b"age,income,plan,since,has_car\n", "has no rows"),
        ("in.csv", b"age,income,plan,since,has_car\n1,2\n", "row 0 of in.csv: expected 5 values, found 2"),
        ("in.csv", b"age\n\xff\xfe\n", "is no CSV"),
        ("in.csv", b'age\n"never closed\n', "is no CSV"),
        ("in.parquet", b"PAR1 no PAR1", "is no Parquet file"),
        ("in.csv", b"income,plan,since,has_car\n1,a,0,True\n", "column 'age'"),
    ],
)
def test_what_is_no_input_is_refused_in_a_sentence(exported, tmp_path, name, content, words):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(Refusal, match=words):
        score(exported, tmp_path / name, tmp_path / "out.csv")
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_column_of_the_answers_name_is_refused(exported, rows, tmp_path):
    rows.assign(prediction=0).to_csv(tmp_path / "in.csv", index=False)
    with pytest.raises(Refusal, match="has a column 'prediction'; leave it out by --keep"):
        score(exported, tmp_path / "in.csv", tmp_path / "out.csv")


def test_an_empty_value_in_the_only_column_is_a_row(tmp_path):
    from mlops_jupyter.deploy.service.chunks import read_chunks

    (tmp_path / "in.csv").write_text("age\n1\n\n3\n")
    [chunk] = read_chunks(tmp_path / "in.csv", 10)
    assert chunk.columns == {"age": ["1", "", "3"]}


@pytest.mark.slow
def test_a_job_that_is_killed_again_and_again_scores_every_row_once(exported, rows, tmp_path):
    source, output = tmp_path / "in.parquet", tmp_path / "out.parquet"
    many = pd.concat([rows] * 10, ignore_index=True).assign(id=range(4_000))
    many.to_parquet(source)
    arguments = [str(source), str(output), "--chunk-rows", "40"]
    program = textwrap.dedent(f"""
        from pathlib import Path
        from mlops_jupyter.deploy.service.batch import main
        raise SystemExit(main({arguments!r}, folder=Path({str(exported)!r})))
    """)
    kills = 0
    for after_parts in (3, 50, None):
        process = subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.PIPE)
        while after_parts is not None and process.poll() is None:
            if len(list((tmp_path / ".out.parquet.parts").glob("*.part"))) >= after_parts:
                os.kill(process.pid, signal.SIGKILL)
                kills += 1
                break
            time.sleep(0.002)
        _, said = process.communicate()
    assert process.returncode == 0, said
    assert kills == 2
    scored = pq.read_table(output)
    assert scored["id"].to_pylist() == list(range(4_000))
    assert (scored["prediction"].to_numpy() == np.tile(expected(), 10)).all()
