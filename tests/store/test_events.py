"""The memory: a chain that names whoever breaks it, on every database."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from mlops_jupyter.errors import MlopsError, ValueRefused
from mlops_jupyter.store import events


def write(store, subject="churn", kind="model.registered", **detail):
    with store.atomic():
        return events.append(store, kind=kind, subject=subject, detail=detail)


def test_each_hash_covers_the_one_before(store):
    first, second = write(store, number=1), write(store, number=2)
    assert (first.seq, second.seq) == (1, 2)
    assert first.previous_hash == events.origin(store)
    assert second.previous_hash == first.hash
    assert events.read(store) == [first, second]
    assert events.head(store) == second
    assert events.count(store) == 2


@pytest.mark.parametrize("field", ["created_at", "user_name", "kind", "subject", "detail", "seq", "id"])
def test_a_changed_field_changes_the_hash(store, field):
    event = write(store, number=1)
    assert events.hash_of(event) == event.hash
    changed = replace(event, **{field: 7 if field == "seq" else "other"})
    assert events.hash_of(changed) != event.hash


def test_an_event_goes_with_its_change(store):
    def fail():
        with store.atomic():
            events.append(store, kind="alias.moved", subject="churn", detail={})
            store.insert("counters", {"name": "x", "value": None})

    with pytest.raises(MlopsError):
        fail()
    assert events.read(store) == []
    assert events.count(store) == 0
    assert write(store).seq == 1


def test_reading_by_model_kind_and_time(store):
    written = [write(store, subject) for subject in ("churn", "churn:4", "churnabc", "chur", "delay:1")]
    moved = write(store, "churn", kind="alias.moved", number=4)

    def subjects(**asked):
        return [event.subject for event in events.read(store, **asked)]

    assert subjects(model="churn") == ["churn", "churn:4", "churn"]
    assert subjects(subject="churn:4") == ["churn:4"]
    assert subjects(subject=["chur", "delay:1"]) == ["chur", "delay:1"]
    assert events.read(store, kinds=["alias.moved"]) == [moved]
    assert events.read(store, until=written[1].created_at) == written[:2]
    assert events.read(store, after=5) == [moved]
    assert events.read(store, limit=1, newest_first=True) == [moved]


def test_hostile_text_stays_text(store):
    event = write(store, "a'); DROP TABLE events; --:1", note="50% of {x}\n日本語 \ud800")
    assert events.read(store, model="a'); DROP TABLE events; --") == [event]
    assert events.hash_of(events.read(store)[0]) == event.hash


def test_a_detail_that_is_no_json_is_refused(store):
    for detail in ({"value": float("nan")}, {"value": object()}, {1: "a", "b": 2}):
        with pytest.raises(ValueRefused, match=r"model\.registered of churn"), store.atomic():
            events.append(store, kind="model.registered", subject="churn", detail=detail)
    assert events.read(store) == []


def test_writers_at_once_make_one_chain(store):
    def work():
        for number in range(10):
            write(store, number=number)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    chain = events.read(store)
    assert [event.seq for event in chain] == list(range(1, 41))
    before = events.origin(store)
    for event in chain:
        assert event.previous_hash == before
        assert event.hash == events.hash_of(event)
        before = event.hash
