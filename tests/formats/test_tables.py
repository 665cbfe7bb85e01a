"""Tables as files: no formulas, no NaN in JSON."""

from __future__ import annotations

import csv
import io
import json

import numpy as np
from sklearn.metrics import classification_report, confusion_matrix

from mlops_jupyter import formats


def test_C12_text_in_csv_is_never_a_formula():
    risky = ["=cmd|' /C calc'!A0", "+SUM(1)", "-2+3", "@SUM(1)", "\t=1", "\r=1"]
    data = formats.csv_file(risky, [risky]).data.decode()
    rows = list(csv.reader(io.StringIO(data, newline="")))
    assert rows == [[f"'{text}" for text in risky]] * 2


def test_numbers_and_plain_text_in_csv_stay():
    data = formats.csv_file(["a", "b,c", "d"], [[-1.5, "x = 1", "-3"], [np.int64(2), None, "+1e5"]]).data
    assert data == b'a,"b,c",d\r\n-1.5,x = 1,-3\r\n2,,+1e5\r\n'


def test_reports_become_json():
    truth, guess = ["a", "b", "b"], ["a", "a", "b"]
    report = classification_report(truth, guess, output_dict=True)
    assert json.loads(formats.json_file(report).data)["a"]["precision"] == 0.5
    assert json.loads(formats.json_file(confusion_matrix(truth, guess)).data) == [[1, 0], [1, 1]]
    assert json.loads(formats.json_file({"x": [np.nan, np.float64("inf")], 3: np.bool_(True)}).data) == {
        "x": ["nan", "+inf"],
        "3": True,
    }
