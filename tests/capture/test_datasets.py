"""The version that is recorded is the one that the model was given, however the object changed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mlops_jupyter import data
from mlops_jupyter.capture import analyse
from mlops_jupyter.capture.datasets import DataLog, overlap_message


def version(value):
    return data.fingerprint(value).version.id


@pytest.fixture
def X():
    return np.arange(12.0).reshape(6, 2)


def log_of(**namespace):
    return DataLog(analyse(" + ".join(namespace)), namespace)


def recorded(log):
    return {(use.role, use.name): use.version.id for use in log.uses()}


def test_what_changed_between_two_looks_is_two_versions(X):
    log = log_of(X=X)
    log.note_inputs(["X"])
    first = version(X)
    X[1, 1] = 77  # as a function that the cell calls may do
    log.begin_moment()
    log.note(X, "X", "train")
    assert recorded(log) == {("train", "X"): version(X), ("input", "X"): first}


def test_each_version_that_a_model_was_given_is_recorded_up_to_a_limit(X):
    log = log_of(X=X)
    given = []
    for step in range(7):
        X[0, 0] = step
        given.append(version(X))
        log.begin_moment()
        log.note(X, "X", "train")
    assert list(recorded(log).values()) == given[:5]
    assert [name for _, name in recorded(log)] == ["X", "X (2)", "X (3)", "X (4)", "X (5)"]
    assert log.unnamed == {"X": set(given[5:])}


def test_an_unchanged_object_is_one_version_and_its_rows_are_kept(X):
    log = log_of(X=X)
    log.note_inputs(["X"])
    for _ in range(3):
        log.begin_moment()
        use = log.note(X, "X", "train", is_features=True)
        assert use.rows is not None
    assert recorded(log) == {("train", "X"): version(X)}


def test_within_one_moment_an_object_is_hashed_once(X, monkeypatch):
    hashed = []
    monkeypatch.setattr(
        data,
        "fingerprint",
        lambda value, real=data.fingerprint, **how: hashed.append(how) or real(value, **how),
    )
    log = log_of(X=X)
    log.note(X, "X", "train")
    log.note(X, "X", "train")
    assert len(hashed) == 1
    log.begin_moment()
    log.note(X, "X", "train")
    assert hashed[1:] == [{"rows": False}]


def test_one_object_that_cannot_be_read_costs_no_other(X, monkeypatch):
    broken = pd.DataFrame({"a": [1, 2]})
    log = log_of(a=broken, X=X)
    monkeypatch.setattr(
        data,
        "fingerprint",
        lambda value, real=data.fingerprint, **how: 1 / 0 if value is broken else real(value, **how),
    )
    log.note_inputs(["a", "X"])
    assert list(recorded(log)) == [("input", "X")]
    assert list(log.refused) == ["a"]


def test_an_overlap_that_the_training_data_repeats_anyway_is_no_warning():
    train = np.repeat(np.arange(10.0), 2)
    log = DataLog(analyse("1"), {})
    trained = log.note(train, "X", "train", is_features=True)
    scored = log.note(train[:4].copy(), "X_test", "test", is_features=True)
    assert overlap_message(scored, trained) == (
        False,
        "4 of 4 rows of X_test also stand in X; but 50% of X repeats within itself",
    )


def test_an_output_is_not_taken_for_what_had_its_address_before():
    namespace = {}
    log = DataLog(analyse("made = 1"), namespace)
    for size in range(2, 60):
        log.begin_moment()
        log.note(np.zeros(size), "zeros", "train")
    namespace["made"] = np.ones(3)  # likely where one of those stood
    log.note_outputs(["made"])
    assert ("output", "made") in recorded(log)
