from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mlops_jupyter.data import changes, fingerprint
from mlops_jupyter.errors import UsageError

FLIGHTS = pd.DataFrame({"dep": np.arange(1000), "delay": np.arange(1000) / 7, "carrier": ["AA", "UA"] * 500})


def compare(before, after, *, rows=True):
    a, b = fingerprint(before, rows=rows), fingerprint(after, rows=rows)
    return changes("X", "train", a.version, b.version, before_rows=a.row_hashes, after_rows=b.row_hashes)


def changed_in(places, **values):
    frame = FLIGHTS.copy()
    for name, value in values.items():
        frame.loc[places, name] = value
    return frame


CASES = {
    "same": (FLIGHTS.copy(), "unchanged"),
    "added": (pd.concat([FLIGHTS, FLIGHTS[:12]], ignore_index=True), "12 rows added"),
    "one removed": (FLIGHTS[:-1], "1 row removed"),
    "both": (
        pd.concat([FLIGHTS[:-3], changed_in([0, 1, 2, 3], dep=-1)[:4]], ignore_index=True),
        "4 rows added, 3 removed",
    ),
    "cells": (changed_in([1, 2, 3], dep=-1), "3 of 1,000 rows changed, 1 column: dep"),
    "shuffled": (FLIGHTS[::-1].reset_index(drop=True), "same rows in another order"),
    "index": (FLIGHTS.set_index(np.arange(1000) + 5), "other index"),
    "new columns": (FLIGHTS.assign(a=1, b=2, c=3, d=4), "4 columns added: a, b, c and 1 more"),
    "dropped": (FLIGHTS.drop(columns="dep"), "1 column removed: dep"),
    "retyped": (FLIGHTS.astype({"dep": "int32"}), "1 column of another type: dep"),
    "renamed": (FLIGHTS.rename(columns={"dep": "departure"}), "1 column renamed: dep → departure"),
    "moved": (FLIGHTS[["delay", "dep", "carrier"]], "same columns in another order"),
    "fewer and dropped": (FLIGHTS[:10].drop(columns="dep"), "990 rows fewer, 1 column removed: dep"),
}


@pytest.mark.parametrize("case", CASES)
def test_the_sentence_says_what_changed(case):
    after, sentence = CASES[case]
    assert compare(FLIGHTS, after).summary == sentence


def test_without_row_hashes_columns_still_tell():
    change = compare(FLIGHTS, changed_in([1], dep=-1), rows=False)
    assert change.summary == "1 column changed: dep"
    assert (change.rows_added, change.columns_changed) == (None, ("dep",))
    assert compare(FLIGHTS, FLIGHTS[:990], rows=False).summary == "10 rows fewer"


def test_the_fields_carry_the_counts():
    change = compare(FLIGHTS, pd.concat([FLIGHTS[2:], FLIGHTS[5:6]], ignore_index=True))
    assert (change.state, change.rows_added, change.rows_removed) == ("changed", 1, 2)


def test_one_side_missing():
    version = fingerprint(FLIGHTS).version
    assert changes("X", "train", None, version).state == "new"
    assert changes("X", "train", version, None).state == "gone"
    with pytest.raises(UsageError, match="'X'"):
        changes("X", "train", None, None)


def test_a_series_changes_without_naming_a_column():
    before, after = pd.Series([1, 2, 3]), pd.Series([1, 2, 4])
    assert compare(before, after).summary == "1 of 3 rows changed"
    assert compare(before, after, rows=False).summary == "values changed"
