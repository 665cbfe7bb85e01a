"""The contract of the waist: every driver passes every test here, unchanged."""

from __future__ import annotations

import dataclasses
import sys
import threading

import pytest

from mlops_jupyter import records
from mlops_jupyter.errors import RegistryError, UsageError, ValueRefused
from mlops_jupyter.records import LatestMetric, Metric
from mlops_jupyter.store import MetricAbout, as_row

HOSTILE = [
    "'); DROP TABLE runs; --",
    'a "quoted" name',
    "50% of {x} $1 ? %s :name",
    "newline\nand\ttab",
    "日本語 🎈 e\u0301",
    "back\\slash",
    "<b>markup</b>",
    "",
]


def counter(store, name="x", value=1):
    return {"name": name, "value": value}


def test_rows_come_back_as_they_went_in(store):
    store.insert("counters", counter(store, "a", 1), counter(store, "b", 2))
    assert store.rows("counters", {"name": ["a", "b"]}, order="name") == [
        {"name": "a", "value": 1},
        {"name": "b", "value": 2},
    ]


def test_hostile_text_is_only_data(store):
    for text in HOSTILE:
        store.insert("counters", counter(store, text))
        assert store.rows("counters", {"name": text}) == [{"name": text, "value": 1}]
    assert store.rows("runs") == []


def test_hostile_names_are_refused(store):
    for call in (
        lambda: store.rows("runs; DROP TABLE runs"),
        lambda: store.rows("runs", {"id = id or 1": 1}),
        lambda: store.rows("runs", order="id; select"),
        lambda: store.insert("counters", {"name) --": "x", "value": 1}),
        lambda: store.update("counters", {"value = 3, name": 1}, {"name": "x"}),
    ):
        with pytest.raises(UsageError):
            call()


def test_conditions(store):
    store.insert("counters", *(counter(store, name, value) for value, name in enumerate("abcde")))

    def names(where):
        return [row["name"] for row in store.rows("counters", where, order="name")]

    assert names({"value <": 2}) == ["a", "b"]
    assert names({"value >=": 3, "name !=": "e"}) == ["d"]
    assert names({"name": ["a", "e", "z"]}) == ["a", "e"]
    assert names({"name !=": ("a", "e")}) == ["b", "c", "d"]
    assert names({"name": []}) == []
    assert names({"name !=": []}) == ["a", "b", "c", "d", "e"]
    with pytest.raises(UsageError, match="one value"):
        names({"value <": None})


def test_none_finds_what_is_null(store, add_run):
    first, second = add_run(store, note=None), add_run(store, note="noted")
    assert [row["id"] for row in store.rows("runs", {"note": None})] == [first]
    assert [row["id"] for row in store.rows("runs", {"note !=": None})] == [second]


def test_order_puts_nulls_last_in_both_directions(store, add_run):
    ids = [add_run(store, duration_s=seconds) for seconds in (2.0, None, 1.0)]
    up = [row["id"] for row in store.rows("runs", order="duration_s")]
    down = [row["id"] for row in store.rows("runs", order="duration_s desc")]
    assert up == [ids[2], ids[0], ids[1]]
    assert down == [ids[0], ids[2], ids[1]]


def test_limit_offset_and_columns(store):
    store.insert("counters", *(counter(store, name) for name in "abcd"))
    assert store.rows("counters", order="name desc", limit=2, offset=1, columns=["name"]) == [
        {"name": "c"},
        {"name": "b"},
    ]


def test_upsert_replaces_and_keeps(store):
    store.upsert("counters", counter(store, "a", 1), key=["name"])
    store.upsert("counters", counter(store, "a", 2), counter(store, "b", 3), key=["name"])
    store.upsert("meta", {"key": "k", "value": "v"}, key=["key"])
    assert {row["name"]: row["value"] for row in store.rows("counters")} == {"a": 2, "b": 3}


def test_update_and_delete_count(store):
    store.insert("counters", *(counter(store, name) for name in "abc"))
    assert store.update("counters", {"value": 7}, {"name": ["a", "b"]}) == 2
    assert store.update("counters", {"value": 7}, {"name": "z"}) == 0
    assert store.delete("counters", {"value": 7}) == 2
    assert [row["name"] for row in store.rows("counters")] == ["c"]


def test_floats_are_exact(store, add_run):
    run = add_run(store)
    for number in (0.1, 1e308, 5e-324, -2.5, 2.0**53 + 2, 1 / 3, 3.0):
        store.update("runs", {"duration_s": number}, {"id": run})
        found = store.rows("runs")[0]["duration_s"]
        assert isinstance(found, float)
        assert found.hex() == number.hex()


def test_large_integers_are_exact(store):
    store.insert("counters", counter(store, "large", 2**63 - 1), counter(store, "low", -(2**63)))
    assert {row["value"] for row in store.rows("counters")} == {2**63 - 1, -(2**63)}


def test_a_value_of_another_type_is_refused(store):
    with pytest.raises((RegistryError, ValueRefused)):
        store.insert("counters", counter(store, "x", "not a number"))
    with pytest.raises((RegistryError, ValueRefused)):
        store.insert("counters", counter(store, "x", 2**63))
    with pytest.raises((RegistryError, ValueRefused)):
        store.insert("counters", counter(store, "\ud800", 1))
    assert store.rows("counters") == []


def test_a_number_that_is_not_finite_needs_its_kind(store, add_run):
    run = add_run(store)
    point = {"run_id": run, "key": "k", "seq": 1, "time_s": 1.0, "step": None}
    for value, kind in ((float("nan"), "finite"), (float("inf"), "finite"), (1.0, "nan"), (None, "finite")):
        with pytest.raises(RegistryError):
            store.insert("metrics", point | {"value": value, "kind": kind})
    store.insert("metrics", point | {"value": None, "kind": "+inf"})
    assert store.rows("metrics")[0]["value"] is None


def test_atomic_is_whole_or_nothing(store):
    with pytest.raises(ZeroDivisionError), store.atomic():  # noqa: PT012
        store.insert("counters", counter(store, "a"))
        store.insert("counters", counter(store, "b"))
        raise ZeroDivisionError
    assert store.rows("counters") == []
    with store.atomic():
        store.insert("counters", counter(store, "c"))
    assert [row["name"] for row in store.rows("counters")] == ["c"]


def test_atomic_nests(store):
    with store.atomic():
        store.insert("counters", counter(store, "outer"))
        with pytest.raises(RegistryError), store.atomic():  # noqa: PT012
            store.insert("counters", counter(store, "inner"))
            store.insert("counters", counter(store, "outer"))
        with store.atomic():
            store.insert("counters", counter(store, "second"))
    assert {row["name"] for row in store.rows("counters")} == {"outer", "second"}


def test_many_rows_of_one_insert_are_whole_or_nothing(store):
    with pytest.raises(RegistryError):
        store.insert("counters", counter(store, "a"), counter(store, "b"), counter(store, "a"))
    assert store.rows("counters") == []


def test_constraints_are_refused_with_the_place(store, add_run):
    run = add_run(store)
    with pytest.raises(RegistryError):
        store.insert("tags", {"run_id": "nobody", "key": "k", "value": "v"})
    with pytest.raises(RegistryError):
        store.update("runs", {"status": "dancing"}, {"id": run})
    with pytest.raises(RegistryError):
        store.insert("runs", {"id": "incomplete", "number": 9})


def test_deleting_a_run_deletes_what_belongs_to_it(store, add_run):
    run = add_run(store, metrics={"auc": 0.9}, params={"depth": 8}, tags={"team": "x"})
    child = add_run(store, parent_id=run)
    store.delete("runs", {"id": run})
    for table in ("metrics", "latest_metrics", "params", "tags"):
        assert store.rows(table) == []
    assert store.rows("runs", {"id": child}) == []


def test_numbers_have_no_gaps_and_no_twins(store):
    found, lock = [], threading.Lock()

    def take():
        for _ in range(25):
            with store.atomic():
                number = store.next_number("runs")
            with lock:
                found.append(number)

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == list(range(1, 101))


def test_a_number_of_an_undone_transaction_is_given_again(store):
    with pytest.raises(ZeroDivisionError), store.atomic():  # noqa: PT012
        assert store.next_number("runs") == 1
        raise ZeroDivisionError
    with store.atomic():
        assert store.next_number("runs") == 1


def test_locks_by_name(store):
    with store.atomic():
        store.lock("numbers of runs")
        store.lock("numbers of runs")


# --- records ----------------------------------------------------------------------------------


TABLES = {
    "experiments": records.Experiment,
    "sessions": records.Session,
    "runs": records.Run,
    "params": records.Param,
    "metrics": records.Metric,
    "latest_metrics": records.LatestMetric,
    "tags": records.Tag,
    "artifacts": records.Artifact,
    "cells": records.Cell,
    "environments": records.Environment,
    "dataset_versions": records.DatasetVersion,
    "run_datasets": records.RunDataset,
    "findings": records.Finding,
}


def test_columns_are_named_like_the_fields(store):
    for table, record in TABLES.items():
        columns, _ = store.fetch(f"SELECT * FROM {table}")
        assert sorted(columns) == sorted(field.name for field in dataclasses.fields(record)), table


def test_a_record_needs_no_mapper(store, add_run):
    run = records.Run(**store.rows("runs", {"id": add_run(store)})[0])
    store.update("runs", as_row(run), {"id": run.id})
    assert records.Run(**store.rows("runs")[0]) == run


# --- metrics ----------------------------------------------------------------------------------


def latest(store, key="loss"):
    return LatestMetric(**store.rows("latest_metrics", {"key": key})[0])


def points(run, *values, key="loss", start=1):
    return [
        Metric(run, key, start + i, value, "finite" if value is not None else "nan", 1.0 * i, i)
        for i, value in enumerate(values)
    ]


def test_latest_metrics_are_merged(store, add_run):
    run = add_run(store)
    about = {"loss": MetricAbout(direction="min", source="function", function="f", data="test")}
    store.append_metrics(points(run, 3.0, 1.0, 2.0), about=about)
    store.append_metrics(points(run, 5.0, 4.0, start=10))
    assert latest(store) == LatestMetric(
        run, "loss", 11, 4.0, "finite", 1, 5, 1.0, 5.0, "min", "function", "f", "test"
    )
    assert len(store.rows("metrics")) == 5


def test_the_newest_wins_whatever_the_order_of_writing(store, add_run):
    run = add_run(store)
    store.append_metrics(points(run, 9.0, start=100))
    store.append_metrics(points(run, 1.0, start=50))
    assert (latest(store).value, latest(store).count, latest(store).min_value) == (9.0, 2, 1.0)


def test_what_is_not_finite_counts_but_has_no_range(store, add_run):
    run = add_run(store)
    store.append_metrics(points(run, None))
    assert (latest(store).kind, latest(store).min_value, latest(store).max_value) == ("nan", None, None)
    store.append_metrics(points(run, 2.0, start=2))
    store.append_metrics(points(run, None, start=3))
    assert (latest(store).kind, latest(store).value, latest(store).count) == ("nan", None, 3)
    assert (latest(store).min_value, latest(store).max_value) == (2.0, 2.0)


def test_metrics_are_whole_or_nothing(store, add_run):
    run = add_run(store)
    with pytest.raises(RegistryError):
        store.append_metrics([*points(run, 1.0, 2.0), *points(run, 3.0)])
    assert store.rows("metrics") == []
    assert store.rows("latest_metrics") == []


def test_points_of_several_runs_and_keys_in_one_call(store, add_run):
    first, second = add_run(store), add_run(store)
    store.append_metrics([*points(second, 2.0), *points(first, 1.0, key="b"), *points(first, 3.0, key="a")])
    found = store.rows("latest_metrics", order="run_id, key", columns=["run_id", "key", "value"])
    assert [tuple(row.values()) for row in found] == [
        (first, "a", 3.0),
        (first, "b", 1.0),
        (second, "loss", 2.0),
    ]


# --- questions --------------------------------------------------------------------------------


def test_query_reads(store, add_run):
    for name in ("one", "two", "three"):
        add_run(store, name)
    answer = store.query("select number, name from runs order by number", limit=2)
    assert (answer.columns, answer.rows, answer.truncated) == (
        ("number", "name"),
        ((1, "one"), (2, "two")),
        True,
    )
    assert store.query("select count(*) as n from runs where name like 't%'").rows == ((2,),)


REFUSED = [
    ("delete from runs", "only reading"),
    ("update runs set name = 'x'", "only reading"),
    ("drop table runs", "only reading"),
    ("insert into counters values ('x', 1)", "only reading"),
    ("select 1; delete from runs", "one statement"),
    ("select 1; commit; delete from runs", "one statement"),
    ("select * from rums", "did you mean 'runs'"),
    ("selec 1", "cannot be read"),
    ("with recursive c(x) as (select 1 union all select x + 1 from c) select count(*) from c", "longer"),
]


def test_query_only_reads_and_ends(store, add_run):
    add_run(store)
    for sql, said in REFUSED:
        with pytest.raises(UsageError, match=said):
            store.query(sql, seconds=0.1)
    assert len(store.rows("runs")) == 1


# --- the rest ---------------------------------------------------------------------------------


def test_session_is_written_once_and_lives(store):
    session = store.session
    assert store.session == session
    assert [row["id"] for row in store.rows("sessions")] == [session.id]
    assert store.is_alive(session.id)
    assert not store.is_alive("nobody")


def test_session_survives_an_undone_transaction(store, add_run):
    with pytest.raises(ZeroDivisionError), store.atomic():  # noqa: PT012
        session = store.session
        raise ZeroDivisionError
    assert store.rows("sessions") == []
    add_run(store)
    assert [row["id"] for row in store.rows("sessions")] == [session.id]


def test_a_living_run_is_not_reaped(store, add_run):
    add_run(store)
    assert store.reap() == []


def test_a_run_of_a_dead_session_is_reaped_once(store, add_run):
    started, seen = "2026-01-02T03:04:05.000000Z", "2026-01-02T03:05:05.500000Z"
    run = add_run(store, started_at=started, last_seen_at=seen)
    finished = add_run(store, status="finished")
    store.insert("sessions", as_row(store.session) | {"id": "dead"})  # nothing holds its lock
    store.update("runs", {"session_id": "dead"}, {"id": [run, finished]})
    assert store.reap() == [run]
    assert store.reap() == []
    row = store.rows("runs", {"id": run})[0]
    assert (row["status"], row["ended_at"], row["duration_s"]) == ("killed", seen, 60.5)
    assert store.rows("runs", {"id": finished})[0]["status"] == "finished"


def test_a_run_on_another_machine_is_taken_to_live_unless_no_other_can_write_here(store, add_run):
    run = add_run(store)
    other = as_row(store.session) | {"id": "elsewhere", "host": "another machine"}
    store.insert("sessions", other)
    store.update("runs", {"session_id": "elsewhere"}, {"id": run})
    is_server = "://" in store.url
    assert store.reap() == ([] if is_server else [run])


def test_B05_a_run_from_before_the_restart_of_the_machine_is_dead(store, add_run):
    run = add_run(store)
    store.insert("sessions", as_row(store.session) | {"id": "old", "boot_id": "an earlier boot"})
    store.update("runs", {"session_id": "old"}, {"id": run})
    assert store.reap() == [run]


def test_engine(store):
    version, journal = store.engine()
    assert version.split()[0] in ("SQLite", "PostgreSQL")
    assert journal in ("wal", "delete", "memory", "server")


def test_objects(store):
    object_hash = store.objects.put(b"some bytes")
    assert store.objects.get(object_hash) == b"some bytes"


def test_importing_the_store_imports_nothing_heavy():
    import subprocess

    code = (
        "import sys, mlops_jupyter.store as s; s.SQLiteStore.memory().close(); "
        "print([m for m in ('pandas', 'numpy', 'sqlite_utils', 'psycopg', 'psutil') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
