"""Where data was used, what it was made from, and the list of all of it: every driver."""

from __future__ import annotations

import json

import pytest

from mlops_jupyter.records import DatasetVersion, KeptVersion, Validation
from mlops_jupyter.store import as_row, config
from mlops_jupyter.store.lineage import (
    count_runs,
    labels_of,
    made_from,
    made_into,
    sources_of,
    uses_of,
)
from mlops_jupyter.store.overview import datasets_overview


@pytest.fixture
def data(store, add_run):
    return Data(store, add_run)


class Data:
    """Fills a registry with versions, saved names and runs that use them, a second apart."""

    def __init__(self, store, add_run):
        self.store, self._add_run, self._second = store, add_run, 0

    def now(self):
        self._second += 1
        return f"2026-01-02T03:{self._second // 60:02d}:{self._second % 60:02d}.000000Z"

    def version(self, label):
        made = DatasetVersion(f"mj1:{label}", "pandas", 10, 2, 160, "s", "[]", self.now())
        self.store.upsert("dataset_versions", as_row(made), key=["id"])
        return made.id

    def save(self, name, number, label, **fields):
        version, now = self.version(label), self.now()
        self.store.upsert("datasets", {"id": name, "name": name, "created_at": now}, key=["id"])
        row = {"id": f"{name}:{number}", "dataset_id": name, "number": number, "version_id": version}
        self.store.insert("saved_versions", row | {"created_at": now} | fields)
        return version

    def run(self, *uses, cell=None, model=None, **fields):
        """A run with uses as ``(role, name, label)``."""
        now = self.now()
        run = self._add_run(self.store, started_at=now, **fields)
        for role, name, label, *source in uses:
            row = {"run_id": run, "role": role, "name": name, "version_id": self.version(label)}
            self.store.insert("run_datasets", row | {"source_uri": source[0] if source else None})
        if cell is not None:
            session = self.store.session.id
            row = {"id": f"cell-{run}", "session_id": session, "seq": 1, "source": cell}
            self.store.insert("cells", row | {"started_at": now, "run_id": run})
        if model is not None:
            row = {"run_id": run, "path": f"models/{model}.skops", "kind": "model", "object_hash": "0" * 64}
            row |= {"size_bytes": 1, "created_at": now, "media_type": "x", "variable": model}
            self.store.insert("artifacts", row)
        return run


def test_uses_name_the_runs_and_their_models(store, data):
    data.run(("train", "X_train", "a"), ("test", "X_test", "b"), model="forest", experiment="churn")
    data.run(("input", "df", "a"), status="failed")
    gone = data.run(("input", "df", "a"))
    store.update("runs", {"deleted_at": config.now()}, {"id": gone})
    uses = uses_of(store, "mj1:a")
    assert [(use.number, use.role, use.name, use.status, use.models) for use in uses] == [
        (2, "input", "df", "failed", ()),
        (1, "train", "X_train", "running", ("forest",)),
    ]
    assert uses[1].experiment == "churn"
    assert [use.number for use in uses_of(store, "mj1:a", limit=1)] == [2]
    assert count_runs(store, "mj1:a") == 2
    assert uses_of(store, "mj1:b")[0].models == ("forest",)
    assert uses_of(store, "mj1:none") == []


def test_made_from_and_made_into_follow_the_runs(store, data):
    data.save("flights", 1, "raw")
    for _ in range(2):
        data.run(
            ("input", "flights", "raw"), ("input", "planes", "planes"), ("output", "joined", "joined"),
            cell="joined = flights.merge(planes)",
        )  # fmt: skip
    data.run(("train", "joined", "joined"), ("output", "scored", "scored"))
    found = made_from(store, "mj1:joined")
    assert {(one.version_id, one.label, one.run_number) for one in found} == {
        ("mj1:raw", "flights:1", 2),
        ("mj1:planes", "planes", 2),
    }
    assert {one.cell for one in found} == {"joined = flights.merge(planes)"}
    assert [(one.version_id, one.run_number, one.cell) for one in made_into(store, "mj1:joined")] == [
        ("mj1:scored", 3, None)
    ]
    assert [one.version_id for one in made_into(store, "mj1:raw")] == ["mj1:joined"]
    assert made_from(store, "mj1:raw") == []


def test_a_step_is_told_by_the_runs_note_or_by_the_first_line_of_its_cell(store, data):
    cell = "%%track churn\n\n# Leave out short flights\nlong = flights[flights.air_time > 60]"
    for note, result in ((None, "long"), ("Only long ones\nof 2013", "longer")):
        data.run(("input", "raw", "raw"), ("output", result, result), cell=cell, note=note)
    assert [one.cell for one in made_from(store, "mj1:long")] == ["Leave out short flights"]
    assert [one.cell for one in made_from(store, "mj1:longer")] == ["Only long ones"]


def test_what_a_run_left_as_it_was_is_not_made_from_its_inputs(store, data):
    data.run(("train", "X_train", "a"), ("test", "X_test", "b"), ("output", "X_test", "b"))
    assert made_from(store, "mj1:b") == []
    assert made_into(store, "mj1:a") == []


def test_data_saved_in_a_run_is_made_from_its_inputs(store, data):
    run = data.run(("input", "raw", "raw"), ("input", "other", "other"))
    data.save("clean", 1, "clean", run_id=run)
    data.save("copy", 1, "other", run_id=run)
    assert {one.version_id for one in made_from(store, "mj1:clean")} == {"mj1:raw", "mj1:other"}
    assert made_from(store, "mj1:other") == []
    assert [(one.version_id, one.label) for one in made_into(store, "mj1:raw")] == [("mj1:clean", "clean:1")]


def test_sources_and_labels(store, data):
    data.run(("input", "df", "a", "data/a.csv"), ("input", "other", "a", "data/b.csv"))
    data.save("one", 1, "a", source_uri="data/a.csv")
    data.save("two", 7, "a")
    data.save("gone", 1, "a", source_uri="data/c.csv", deleted_at=config.now())
    assert sources_of(store, "mj1:a") == ("data/a.csv", "data/b.csv")
    assert labels_of(store, ["mj1:a", "mj1:none", "mj1:a"]) == {"mj1:a": ("two:7", "one:1")}
    assert labels_of(store, []) == {}


def test_the_list_has_saved_data_and_data_that_runs_used(store, data):
    data.save("flights", 1, "a")
    data.save("flights", 2, "b", user_name="ann")
    data.save("unused", 1, "u")
    data.run(("input", "df", "x"))
    data.run(("input", "df", "y"), ("output", "df", "z"), ("train", "flights", "b"))
    assert [(line.name, line.ref, line.version.id) for line in datasets_overview(store).datasets] == [
        ("df", "df", "mj1:z"),
        ("flights", "flights:2", "mj1:b"),
        ("unused", "unused:1", "mj1:u"),
    ]
    df, flights, unused = datasets_overview(store).datasets
    assert (df.is_saved, df.n_versions, df.n_runs) == (False, 3, 2)
    assert (flights.is_saved, flights.n_versions, flights.n_runs) == (True, 2, 1)
    assert unused.n_runs == 0
    assert df.last_at == flights.last_at > unused.last_at


def test_a_line_says_what_is_known_of_the_dataset(store, data):
    version = data.save("flights", 1, "a")
    now = data.now()
    store.insert("dataset_aliases", {"dataset_id": "flights", "alias": "gold", "number": 1, "set_at": now})
    for seq, owner in enumerate(["bob", "ann"]):
        document = json.dumps({"dataset": "flights", "description": "all of them", "owner": owner})
        row = {"dataset_id": "flights", "seq": seq, "document": document, "created_at": now}
        store.insert("dataset_docs", row)
    store.insert("kept_versions", as_row(KeptVersion(version, "0" * 64, "chunks", 100, 70, now)))
    for number, passed in enumerate([1, 0]):
        checked = Validation(f"v{number}", version, data.now(), passed, 2 - passed, 0, 10, "[]", "0" * 64)
        store.insert("validations", as_row(checked))
    (line,) = datasets_overview(store).datasets
    assert (line.aliases, line.owner, line.description) == (("gold:1",), "ann", "all of them")
    assert (line.stored_bytes, line.validation) == (70, "failed: 2 errors")


def test_pages_and_a_part_of_the_name(store, data):
    for name in ("Flights-2013", "planes", "flights-2014", "weather"):
        data.save(name, 1, name)
    assert [line.name for line in datasets_overview(store, 2, 1).datasets] == ["flights-2014", "planes"]
    assert datasets_overview(store, 2, 1).total == 4
    found = datasets_overview(store, query="FLIGHTS")
    assert ([line.name for line in found.datasets], found.total) == (["flights-2014", "Flights-2013"], 2)
    assert datasets_overview(store, query="50%_").datasets == ()


def test_what_was_deleted_is_not_in_the_list(store, data):
    data.save("flights", 1, "a")
    data.save("flights", 2, "b", deleted_at=config.now())
    data.save("gone", 1, "c")
    store.update("datasets", {"deleted_at": config.now()}, {"id": "gone"})
    run = data.run(("input", "df", "x"))
    data.run(("input", "df", "y"))
    store.update("runs", {"deleted_at": config.now()}, {"number": 2})
    assert [(line.ref, line.version.id) for line in datasets_overview(store).datasets] == [
        ("df", "mj1:x"),
        ("flights:1", "mj1:a"),
    ]
    store.update("runs", {"deleted_at": config.now()}, {"id": run})
    assert [line.ref for line in datasets_overview(store).datasets] == ["flights:1"]
