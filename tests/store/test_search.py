"""The filter language, on every driver."""

from __future__ import annotations

import contextlib
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlops_jupyter.errors import UsageError
from mlops_jupyter.records import Metric
from mlops_jupyter.store import SQLiteStore
from mlops_jupyter.store.filters import ATTRIBUTES, parse, parse_order
from mlops_jupyter.store.search import search_runs


@pytest.fixture
def filled(store, add_run):
    """Five runs: their names say what is special about them."""
    add_run(store, "good", metrics={"auc": 0.9, "loss": 0.2}, params={"depth": 8}, tags={"team": "x"})
    add_run(store, "bad", metrics={"auc": 0.5, "loss": 0.9}, params={"depth": 10}, tags={"team": "Y"})
    add_run(store, "nan", metrics={"auc": None}, params={"depth": "none"}, status="failed")
    add_run(store, "bare", experiment="other", duration_s=2.0, note="50% done")
    add_run(store, "deleted", metrics={"auc": 0.99, "my auc": 1.0}, deleted_at="2026-01-01")
    return store


def names(store, text=None, **options):
    ids, total = search_runs(store, text, **options)
    by_id = {row["id"]: row["name"] for row in store.rows("runs")}
    assert total >= len(ids)
    return [by_id[run_id] for run_id in ids]


FILTERS = [
    (None, "bare nan bad good"),
    ("", "bare nan bad good"),
    ("metrics.auc > 0.8", "good"),
    ("metrics.auc >= 0.5 and metrics.auc < 0.9", "bad"),
    ("metrics.auc != 0.5", "good"),
    ("metric.auc = 0.5", "bad"),
    ("not metrics.auc > 0.8", "bare nan bad"),
    ("metrics.auc > 0.8 and params.depth = '8'", "good"),
    ("metrics.auc > 0.8 or status = 'failed'", "nan good"),
    ("metrics.auc > 0.8 AND NOT (params.depth = '8' OR tags.team = 'z')", ""),
    ("params.depth != '8'", "nan bad"),
    ("params.depth > 8", "bad"),
    ("params.depth >= 8 and params.depth <= 10", "bad good"),
    ("params.depth = 8", "good"),
    ("parameters.depth in ('8', '10')", "bad good"),
    ("params.depth not in ('8')", "nan bad"),
    ("params.depth in (8, 'none')", "nan good"),
    ("params.depth = 'none'", "nan"),
    ("tags.team = 'x'", "good"),
    ("tags.team like 'y'", ""),
    ("tags.team ilike 'y'", "bad"),
    ("tags.team LIKE 'Y%'", "bad"),
    ('tags."team" = "x"', "good"),
    ("name = 'bare'", "bare"),
    ("attributes.name like 'ba_'", "bad"),
    ("run.run_name ILIKE 'BA%'", "bare bad"),
    ("note like '50% d%'", "bare"),
    ("note = '50% done'", "bare"),
    ("note != 'x'", "bare"),
    ("not note = 'x'", "bare nan bad good"),
    ("status in ('failed', 'killed')", "nan"),
    ("attributes.status = 'running' and number <= 2", "bad good"),
    ("number in (1, 3)", "nan good"),
    ("duration_s > 1.5e0", "bare"),
    ("experiment = 'other'", "bare"),
    ("experiment != 'other' and started_at > '2020'", "nan bad good"),
    ("name = 'it''s'", ""),
    ("attempt == 1 and name <> 'good'", "bare nan bad"),
    ("((number = 1))", "good"),
]


def test_filters(filled):
    for text, expected in FILTERS:
        assert names(filled, text) == expected.split(), text


def test_names_that_need_quotes(filled):
    assert names(filled, "metrics.`my auc` > 0.5", include_deleted=True) == ["deleted"]
    assert names(filled, 'metrics."my auc" > 0.5', include_deleted=True) == ["deleted"]


def test_names_with_dots_and_slashes(store, add_run):
    run = add_run(store, "one")
    store.append_metrics(
        [Metric(run, key, 1, 1.0, "finite", 1.0) for key in ("val/auc", "a.b.c", "x-y", "größe", "ndcg@10")]
    )
    for name in ("val/auc", "a.b.c", "x-y", "größe", "ndcg@10"):
        assert names(store, f"metrics.{name} = 1") == ["one"]


ORDERS = [
    ("metrics.auc desc", "good bad bare nan"),
    ("metrics.auc", "bad good bare nan"),
    ("metrics.auc DESC, number ASC", "good bad nan bare"),
    ("params.depth", "good bad nan bare"),
    ("params.depth desc", "bad good nan bare"),
    ("tags.team", "bad good bare nan"),
    ("experiment desc, number", "bare good bad nan"),
    ("name", "bad bare good nan"),
    ("duration_s", "bare nan bad good"),
]


def test_orders(filled):
    for order, expected in ORDERS:
        full = expected.split()
        assert names(filled, order=order) == full, order
        assert names(filled, "number > 0", order=order) == full, order
        assert names(filled, order=order, limit=2) == full[:2], order
        assert names(filled, order=order, limit=2, offset=1) == full[1:3], order
        assert names(filled, "not tags.team = 'z'", order=order, limit=2, offset=1) == full[1:3], order


def test_total_counts_all_that_match(filled):
    assert search_runs(filled, "number >= 1", limit=2)[1] == 4
    assert search_runs(filled, "not metrics.auc > 0.8", limit=1, offset=1)[1] == 3
    assert search_runs(filled, "number > 100") == ([], 0)


def test_deleted_and_children_and_experiment(filled, add_run):
    parent = filled.rows("runs", {"name": "good"})[0]["id"]
    add_run(filled, "child", parent_id=parent)
    assert "deleted" in names(filled, include_deleted=True)
    assert "child" in names(filled)
    assert "child" not in names(filled, include_children=False)
    assert names(filled, experiment="other") == ["bare"]
    assert names(filled, experiment="nowhere") == []


def test_the_newest_value_of_a_param_counts(filled):
    run = filled.rows("runs", {"name": "good"})[0]["id"]
    filled.insert(
        "params",
        {"run_id": run, "key": "depth", "seq": 2, "value": "9", "kind": "int", "source": "logged"},
    )
    assert names(filled, "params.depth = '8'") == []
    assert names(filled, "params.depth = 9") == ["good"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("metrics.auc >", "at position 14 stands the end; expected a number"),
        ("metrics.auc > 'high'", "at position 15 stands \"'high'\"; expected a number"),
        ("params.depth = deep", "expected a text in quotes"),
        ("metrics.auc 0.8", "expected =, !="),
        ("metrics.auc > 0.8 metrics.loss < 1", "at position 19 stands 'metrics'; expected 'and', 'or'"),
        ("metric.auc > 0.8 and", "expected a field"),
        ("(number = 1", "expected 'and', 'or' or ')'"),
        ("stauts = 'failed'", "did you mean 'status'"),
        ("models.x = 1", "expected metrics, params, tags or attributes"),
        ("metrics. > 1", "expected a name"),
        ("metrics.auc like '0%'", "has no text to match"),
        ("name in 'a'", "expected '('"),
        ("name in ('a'", "expected a comma or ')'"),
        ("number = 1; drop table runs", "stands ';'"),
        ("number = 1)", "stands ')'"),
        ("name = 'open", "stands"),
        ("(" * 1000 + "number = 1" + ")" * 1000, "at most 50"),
        ("not " * 1000 + "number = 1", "at most 50"),
    ],
)
def test_errors_name_the_position_and_what_was_expected(text, said):
    with pytest.raises(UsageError) as caught:
        parse(text)
    assert said in str(caught.value)


@pytest.mark.parametrize("order", ["metrics.auc sideways", "colour", "desc", "number;"])
def test_orders_that_cannot_be_read(order):
    with pytest.raises(UsageError):
        parse_order(order)


WORDS = [
    *("metrics", ".", "auc", "params", "`x", "y`", ">", ">=", "=", "!=", "0.5", "-1", "'a'", '"b"'),
    *("and", "or", "not", "(", ")", "in", "like", ",", ";", "--", "é", chr(0)),
]


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(WORDS)).map(" ".join) | st.text(max_size=40))
def test_any_text_is_read_or_refused(text):
    with contextlib.suppress(UsageError):
        parse(text)


def test_conditions_agree_with_python(add_run):
    """Random filters over random runs give what plain Python gives."""
    chance, store = random.Random(7), SQLiteStore.memory()
    facts = []
    for _ in range(60):
        metrics = {key: chance.choice([0.1, 0.5, 0.9, None]) for key in "ab" if chance.random() < 0.8}
        params = {key: chance.choice(["1", "2", "x"]) for key in "pq" if chance.random() < 0.8}
        facts.append((add_run(store, metrics=metrics, params=params), metrics, params))

    def condition(depth):
        kind = chance.choice(["metric", "param", "and", "or", "not"] if depth else ["metric", "param"])
        if kind == "metric":
            key, value = chance.choice("ab"), chance.choice([0.1, 0.5])
            return f"metrics.{key} > {value}", lambda m, p: m.get(key) is not None and m[key] > value
        if kind == "param":
            key, value = chance.choice("pq"), chance.choice("12x")
            return f"params.{key} != '{value}'", lambda m, p: key in p and p[key] != value
        first, one = condition(depth - 1)
        if kind == "not":
            return f"not ({first})", lambda m, p: not one(m, p)
        second, two = condition(depth - 1)
        if kind == "and":
            return f"({first} and {second})", lambda m, p: one(m, p) and two(m, p)
        return f"({first} or {second})", lambda m, p: one(m, p) or two(m, p)

    for _ in range(60):
        text, holds = condition(3)
        expected = {run for run, metrics, params in facts if holds(metrics, params)}
        found, total = search_runs(store, text, limit=100)
        assert (set(found), total) == (expected, len(expected)), text
    store.close()


def test_a_status_may_stand_in_capitals_and_an_unknown_one_is_refused():
    assert parse("attributes.status = 'FINISHED'") == parse("status = 'finished'")
    assert parse("status IN ('FAILED', 'killed')").values == ("failed", "killed")
    with pytest.raises(UsageError, match="stands \"'done'\"; expected one of running, finished, failed"):
        parse("status = 'done'")


def test_times_have_mlflows_names_too_and_say_how_they_are_written():
    assert ATTRIBUTES[parse_order("attributes.start_time DESC")[0][0].name] == "r.started_at"
    with pytest.raises(UsageError, match="expected a time in quotes, such as '2026-01-31'"):
        parse("start_time > 1700000000000")


def test_an_order_may_be_a_list():
    assert parse_order(["metrics.auc DESC", "name"]) == parse_order("metrics.auc desc, name")
    with pytest.raises(UsageError, match=r"order 5 is int; expected a text, such as 'metrics\.auc desc'"):
        parse_order(5)


def test_a_metric_without_its_kind_says_how_it_is_written():
    with pytest.raises(UsageError, match=r"\(as in metrics\.rmse; attributes are number"):
        parse("rmse < 1")
