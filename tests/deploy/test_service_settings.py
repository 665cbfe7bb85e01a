"""What can be set, and what stays in the log of predictions."""

from __future__ import annotations

import json
import sqlite3
import time

import numpy as np
import pytest

from mlops_jupyter.deploy.service.log import Line, PredictionLog
from mlops_jupyter.deploy.service.logfile import LogFile
from mlops_jupyter.deploy.service.settings import (
    LogSettings,
    Settings,
    SettingsError,
    check_settings,
    defaults,
    read_settings,
)

ABOUT = ("churn:4", "4", "0" * 64)


def written(folder, **settings):
    (folder / "settings.json").write_text(json.dumps(settings))
    return folder


def lines(folder, number=1):
    with sqlite3.connect(folder / f"predictions-{number}.sqlite") as database:
        database.row_factory = sqlite3.Row
        found = [dict(line) for line in database.execute("SELECT * FROM predictions ORDER BY seq")]
    database.close()
    return found


def test_without_a_file_the_defaults_hold(tmp_path):
    assert read_settings(tmp_path) == Settings()


def test_the_defaults_written_out_are_the_defaults(tmp_path):
    assert read_settings(written(tmp_path, **defaults())) == Settings()


def test_what_is_set_is_read(tmp_path):
    read = read_settings(
        written(tmp_path, max_rows=5, unseen="refuse", log={"columns": ["age"], "sample": 1})
    )
    assert (read.max_rows, read.unseen, read.log) == (5, "refuse", LogSettings(columns=("age",), sample=1.0))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"max_row": 5}, "there is no setting 'max_row'; did you mean 'max_rows'?"),
        ({"log": {"colums": []}}, "there is no setting 'log.colums'; did you mean 'columns'?"),
        ({"max_rows": "5"}, "max_rows is '5'; expected a whole number from 0"),
        ({"max_rows": True}, "max_rows is True; expected a whole number from 0"),
        ({"max_rows": -1}, "max_rows is -1; expected a whole number from 0"),
        ({"max_rows": 0}, "max_rows is 0; expected a positive number"),
        ({"unseen": "hide"}, "unseen is 'hide'; expected one of ignore, warn, refuse"),
        ({"log": 3}, "log is 3; expected an object"),
        ({"log": {"sample": 2}}, "log.sample is 2.0; expected 0 to 1"),
        ({"log": {"columns": "age"}}, "log.columns is 'age'; expected a list of texts"),
        ({"has_docs": "yes"}, "has_docs is 'yes'; expected true or false"),
    ],
)
def test_a_setting_that_cannot_be_understood_is_named(tmp_path, settings, words):
    with pytest.raises(SettingsError, match=words.replace("?", r"\?")):
        check_settings(read_settings(written(tmp_path, **settings)))


def test_settings_that_are_no_json_are_said_to_be_so(tmp_path):
    (tmp_path / "settings.json").write_text("{")
    with pytest.raises(SettingsError, match=r"settings\.json is no JSON"):
        read_settings(tmp_path)


def test_a_line_holds_columns_answers_and_warnings(tmp_path):
    file = LogFile(tmp_path, LogSettings(), ABOUT)
    features = {"age": np.array([31, 62]), "since": np.array([0.1, np.nan]), "plan": ["a", None]}
    file.write(
        [Line("r1", 2, features, np.array(["no", "yes"]), np.array([[0.9, 0.1], [0.25, 0.75]]), ("w",))]
    )
    file.close()
    (line,) = lines(tmp_path)
    assert json.loads(line["features"]) == {"age": [31, 62], "since": [0.1, "nan"], "plan": ["a", None]}
    assert json.loads(line["predictions"]) == ["no", "yes"]
    assert json.loads(line["probabilities"]) == [[0.9, 0.1], [0.25, 0.75]]
    assert json.loads(line["warnings"]) == ["w"]
    assert (line["request_id"], line["n_rows"], line["row_numbers"]) == ("r1", 2, None)
    assert line["time"].endswith("Z")


def test_of_a_large_request_some_rows_are_kept_and_said_which(tmp_path):
    file = LogFile(tmp_path, LogSettings(max_rows=10), ABOUT)
    file.write([Line("r1", 1_000, {"age": np.arange(1_000)}, np.arange(1_000) * 2)])
    file.close()
    (line,) = lines(tmp_path)
    places = json.loads(line["row_numbers"])
    assert len(places) == len(set(places)) == 10
    assert json.loads(line["features"]) == {"age": places}
    assert json.loads(line["predictions"]) == [place * 2 for place in places]
    assert line["n_rows"] == 1_000


def test_lines_are_deleted_when_they_are_old(tmp_path):
    file = LogFile(tmp_path, LogSettings(keep_days=7), ABOUT)
    day = 86_400
    old = [Line(f"{age}", 1, {}, [1], time=time.time() - age * day) for age in (30, 8, 6, 0)]
    file.write(old)
    file.close()
    assert [line["request_id"] for line in lines(tmp_path)] == ["6", "0"]


def test_the_oldest_lines_go_where_the_file_is_too_large(tmp_path):
    file = LogFile(tmp_path, LogSettings(max_bytes=200_000), ABOUT)
    for number in range(6):
        file._next_cleaning = 0.0
        file.write([Line(f"{number}-{one}", 1, {"text": ["x" * 1_000]}, [1]) for one in range(100)])
    file.close()
    kept = [line["request_id"] for line in lines(tmp_path)]
    assert kept[-1] == "5-99"
    assert "0-0" not in kept
    assert (tmp_path / "predictions-1.sqlite").stat().st_size < 400_000


@pytest.mark.parametrize(("sample", "counted"), [(0.0, {"left_out": 20}), (1.0, {"kept": 20})])
def test_sampling_leaves_lines_out_and_counts_them(tmp_path, sample, counted):
    found = {}
    log = PredictionLog(
        tmp_path,
        LogSettings(sample=sample),
        ABOUT,
        lambda state, count: found.update({state: found.get(state, 0) + count}),
    )
    log.start()
    for number in range(20):
        log.add(Line(f"r{number}", 1, {}, [1]))
    log.stop(10)
    assert found == counted


def test_a_log_that_was_stopped_drops_and_counts(tmp_path):
    found, told = [], []
    log = PredictionLog(tmp_path, LogSettings(), ABOUT, lambda state, count: found.append((state, count)))
    log.add(Line("r1", 1, {}, [1], when_kept=told.append))
    assert (found, told) == ([("dropped", 1)], [False])
