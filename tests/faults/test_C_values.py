"""Faults of values on their way in: group C of the catalogue, as far as the registry sees them."""

from __future__ import annotations

import json
import unicodedata
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from mlops_jupyter import config
from mlops_jupyter.errors import RegistryError, ValueRefused
from mlops_jupyter.records import LatestMetric, Metric, Param, to_plain
from mlops_jupyter.store import SQLiteStore
from mlops_jupyter.store.search import search_runs
from mlops_jupyter.store.values import clean, to_key, to_number, to_text


@pytest.fixture
def store():
    made = SQLiteStore.memory()
    made.insert("experiments", {"id": "e", "name": "e", "created_at": config.now()})
    yield made
    made.close()


def add_run(store, run_id="run", name="n"):
    now = config.now()
    with store.atomic():
        run = {
            "id": run_id, "number": store.next_number("runs"), "experiment_id": "e", "name": name,
            "status": "finished", "session_id": store.session.id, "started_at": now,
            "last_seen_at": now, "kind": "script", "attempt": 1,
        }  # fmt: skip
        store.insert("runs", run)
    return run_id


def log(store, run, key, value, seq=1):
    number, kind = to_number(value)
    store.append_metrics([Metric(run, to_key(key), seq, number, kind, 1.0)])


def log_param(store, run, key, value):
    text = to_text(value)
    full = None if text.full is None else store.objects.put(text.full.encode())
    param = {"run_id": run, "key": to_key(key), "seq": 1, "value": text.head, "kind": text.kind}
    store.insert("params", param | {"source": "logged", "object_hash": full})
    return Param(**store.rows("params", {"run_id": run, "key": to_key(key)})[0])


# --- C1: numbers that are not finite -----------------------------------------------------------

NOT_FINITE = [
    (float("nan"), "nan"),
    (float("inf"), "+inf"),
    (float("-inf"), "-inf"),
    (np.float32("nan"), "nan"),
    (np.float64("inf"), "+inf"),
    (np.float16("inf"), "+inf"),
    (Decimal("NaN"), "nan"),
    (Decimal("sNaN"), "nan"),
    (Decimal("-Infinity"), "-inf"),
]


@pytest.mark.parametrize(("value", "kind"), NOT_FINITE, ids=repr)
def test_C01_what_is_not_finite_is_kept_by_its_kind(store, value, kind):
    run = add_run(store)
    log(store, run, "loss", value)
    found = LatestMetric(**store.rows("latest_metrics")[0])
    assert (found.value, found.kind) == (None, kind)
    assert json.loads(json.dumps(to_plain(found), allow_nan=False))["kind"] == kind


def test_C01_what_is_not_finite_is_never_found_or_best(store):
    for name, value in (("nan", np.nan), ("inf", np.inf), ("-inf", -np.inf), ("good", 0.9), ("bad", 0.1)):
        log(store, add_run(store, name, name), "auc", value)
    assert set(search_runs(store, "metrics.auc > 0")[0]) == {"good", "bad"}
    assert set(search_runs(store, "metrics.auc < 1")[0]) == {"good", "bad"}
    assert search_runs(store, "metrics.auc != 0.1")[0] == ["good"]
    assert search_runs(store, order="metrics.auc desc")[0][:2] == ["good", "bad"]
    assert search_runs(store, order="metrics.auc")[0][:2] == ["bad", "good"]


# --- C2, C3: kinds of numbers ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (1, 1.0), (True, 1.0), (np.bool_(False), 0.0), (np.int8(-3), -3.0), (np.uint64(2**63), 2.0**63),
        (np.float32(0.5), 0.5), (np.float64(0.1), 0.1), (np.longdouble(0.25), 0.25), (np.array(2.5), 2.5),
        (Decimal("1.5"), 1.5), (Fraction(1, 4), 0.25), (2**63, 2.0**63), (5e-324, 5e-324),
    ],
    ids=repr,
)  # fmt: skip
def test_C02_scalars_of_all_libraries_are_numbers(store, value, number):
    run = add_run(store)
    log(store, run, "k", value)
    assert store.rows("metrics")[0]["value"] == number
    assert isinstance(store.rows("metrics")[0]["value"], float)


def test_C02_pandas_scalars(store):
    import pandas as pd

    assert to_number(pd.Series([1, 2]).sum()) == (3.0, "finite")
    assert to_number(pd.Series([0.5], dtype="Float32")[0]) == (0.5, "finite")
    for value in (pd.NA, pd.NaT, pd.Timestamp("2026-01-01"), pd.Series([1.0]), pd.DataFrame({"a": [1]})):
        with pytest.raises(ValueRefused):
            to_number(value)


class LikeATensor:
    """What torch and jax have in common."""

    def __init__(self, *values):
        self.values, self.shape, self.dtype = values, () if len(values) == 1 else (len(values),), "float32"

    def item(self):
        return self.values[0]


def test_C02_tensors():
    assert to_number(LikeATensor(0.5)) == (0.5, "finite")
    assert to_text(LikeATensor(0.5)) == ("0.5", None, "float")
    with pytest.raises(ValueRefused, match=r"shape \(2,\) is not one number"):
        to_number(LikeATensor(0.5, 0.6))


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (1 + 2j, "complex"),
        (np.complex64(1j), "complex"),
        (np.array([0.5]), r"shape \(1,\)"),
        (np.zeros((2, 3)), r"shape \(2, 3\)"),
        (None, "NoneType"),
        ([0.5], "list"),
        ({"auc": 0.5}, "dict"),
        pytest.param(object(), "object", id="object"),
        (np.datetime64("2026-01-01"), "date"),
    ],
    ids=repr,
)
def test_C02_what_is_not_one_number_is_refused_with_the_reason(value, said):
    with pytest.raises(ValueRefused, match=said):
        to_number(value)


HUGE = 10**5000  # more digits than Python writes


@pytest.mark.parametrize("value", ["0.9", "nan", b"1", np.str_("0.5"), 2**64, -(2**70), HUGE], ids=range(7))
def test_C03_texts_and_huge_integers_are_params_not_metrics(store, value):
    with pytest.raises(ValueRefused):
        to_number(value)
    assert log_param(store, add_run(store), "k", value).value


def test_C03_a_float_that_is_too_large(store):
    with pytest.raises(ValueRefused, match="too large"):
        to_number(Fraction(10**400))
    assert to_text(2**64) == (str(2**64), None, "int")


# --- C4: large and deep params -----------------------------------------------------------------


def test_C04_a_100_kb_param_is_kept_whole(store):
    value = "x" * 100_000
    found = log_param(store, add_run(store), "query", value)
    assert found.value == "x" * 500
    assert store.objects.get(found.object_hash).decode() == value


def test_C04_10_000_params(store):
    run = add_run(store)
    row = {"run_id": run, "seq": 1, "kind": "int", "source": "logged"}
    store.insert("params", *(row | {"key": f"k{i}", "value": str(i)} for i in range(10_000)))
    assert search_runs(store, "params.k9999 = 9999") == ([run], 1)


def test_C04_deep_and_circular_values(store):
    run, circle, deep = add_run(store), {"a": [1]}, {}
    circle["a"].append(circle)
    inner = deep
    for _ in range(1000):
        inner["x"] = {}
        inner = inner["x"]
    assert log_param(store, run, "circle", circle).value == '{"a": [1, "<contains itself>"]}'
    assert "…" in json.dumps(json.loads(to_text(deep, limit=10_000).head), ensure_ascii=False)
    assert log_param(store, run, "deep", deep).kind == "json"
    assert log_param(store, run, "wide", list(range(200_000))).object_hash


class Bad:
    def __init__(self, answer):
        self.answer = answer

    def __repr__(self):
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    __str__ = __repr__

    def __eq__(self, other):
        raise ValueError

    __hash__ = None


def test_C06_objects_that_cannot_show_themselves(store):
    run = add_run(store)
    assert "its repr raised ValueError" in log_param(store, run, "raises", Bad(ValueError("x"))).value
    assert "its repr raised RecursionError" in log_param(store, run, "recursion", Bad(RecursionError())).value
    assert "its repr raised TypeError" in log_param(store, run, "no text", Bad(3)).value
    assert len(to_text(Bad("y" * 50_000_000)).full) < 5_000_000
    assert log_param(store, run, "inside", {"a": [Bad(ValueError())]}).kind == "json"
    assert (
        log_param(store, run, "markup", Bad("<script>alert(1)</script>")).value == "<script>alert(1)</script>"
    )
    with pytest.raises(ValueRefused):
        to_number(Bad(ValueError()))


# --- C7, C8, C11: names and texts --------------------------------------------------------------

STRANGE = [
    "a/b",
    ".",
    "..",
    "../../etc/passwd",
    "50%",
    " leading",
    "trailing ",
    "A",
    "a",
    "CON",
    "é",
    "🎈",
    "x" * 250,
]


def test_C07_strange_keys_are_kept_as_written_and_apart(store):
    run = add_run(store)
    keys = [*STRANGE, unicodedata.normalize("NFD", "é")]
    for number, key in enumerate(keys):
        log(store, run, key, number)
        log_param(store, run, key, number)
    assert {row["key"]: row["value"] for row in store.rows("latest_metrics")} == {
        key: float(number) for number, key in enumerate(keys)
    }
    assert {row["key"] for row in store.rows("params")} == set(keys)
    for number, key in enumerate(keys):
        assert search_runs(store, f"metrics.`{key}` = {number}") == ([run], 1)


@pytest.mark.parametrize("key", ["", "x" * 10_000, None, 3, b"k"])
def test_C07_what_is_no_key_is_refused(key):
    with pytest.raises(ValueRefused):
        to_key(key, "metric")


@pytest.mark.parametrize("text", ["a\x00b", "a\ud800b", "\x00", "\udfff\x00"])
def test_C08_what_postgresql_cannot_hold_is_replaced_here(store, text):
    run = add_run(store)
    for found in (
        clean(text),
        to_key(text),
        to_text(text).head,
        to_text([text]).head,
        to_text({text: 1}).head,
    ):
        assert "\ufffd" in found
        assert "\x00" not in found
        found.encode("utf-8")
    assert log_param(store, run, text, text).value == clean(text)


HOSTILE = [
    "'); DROP TABLE runs; --",
    '"; DELETE FROM runs; --',
    "x' OR '1'='1",
    "$1",
    "?",
    "%s",
    ":name",
    "`",
    "\\'",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_C11_sql_in_a_name_is_only_a_name(store, name):
    run = add_run(store, name, name)
    log(store, run, name, 1.0)
    log_param(store, run, name, name)
    store.insert("tags", {"run_id": run, "key": name, "value": name})
    assert store.rows("runs", {"name": name})[0]["id"] == name
    assert store.update("runs", {"note": name}, {"id": name}) == 1
    quoted = name.replace("'", "''")
    assert search_runs(
        store, f"name = '{quoted}' and tags.\"{name.replace(chr(34), chr(34) * 2)}\" = '{quoted}'"
    ) == (
        [run],
        1,
    )
    assert store.rows("params", {"key": name})[0]["value"] == name
    assert len(store.rows("runs")) == 1


def test_C11_a_number_cannot_be_smuggled_in_as_text(store):
    with pytest.raises((RegistryError, ValueRefused)):
        store.insert("counters", {"name": "x", "value": "1; DROP TABLE runs"})
    assert store.rows("runs") == []
