"""Faults of the local registry: group A of the catalogue."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from mlops_jupyter import config
from mlops_jupyter.errors import RegistryError
from mlops_jupyter.records import Metric
from mlops_jupyter.store import SQLiteStore, as_row, library, migration, open_store
from mlops_jupyter.store.health import check

needs_wal = pytest.mark.skipif(
    library.has_wal_reset_bug(library.version()), reason="this SQLite gets no write-ahead log"
)
HERE = Path(__file__).parent
ALIKE = "from pathlib import Path; import os, sys, time; from mlops_jupyter.store import SQLiteStore\n"


def script(code, *arguments, fault=None):
    """A Python process that runs some lines, its output as text."""
    environment = os.environ | ({"MLOPS_FAULT": fault} if fault else {})
    return subprocess.Popen(
        [sys.executable, "-c", ALIKE + code, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )


def finished(process):
    """What a process printed; it must have ended well."""
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return out.strip()


@pytest.fixture
def store(tmp_path):
    made = SQLiteStore(tmp_path / "registry")
    yield made
    made.close()


def add_run(store, run_id="run"):
    now = config.now()
    with store.atomic():
        number = store.next_number("runs")
        store.upsert("experiments", {"id": "e", "name": "e", "created_at": now}, key=["id"])
        run = {
            "id": run_id, "number": number, "experiment_id": "e", "name": "n", "status": "running",
            "session_id": store.session.id, "started_at": now, "last_seen_at": now, "kind": "script",
            "attempt": 1,
        }  # fmt: skip
        store.insert("runs", run)
    return run_id


# --- A1: a transaction that reads and then writes ----------------------------------------------


@pytest.mark.slow
def test_A01_reading_then_writing_loses_nothing(store):
    store.insert("counters", {"name": "x", "value": 0})
    problems = []

    def add():
        try:
            for _ in range(50):
                with store.atomic():
                    value = store.rows("counters", {"name": "x"})[0]["value"]
                    store.update("counters", {"value": value + 1}, {"name": "x"})
        except RegistryError as error:
            problems.append(error)

    threads = [threading.Thread(target=add) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert store.rows("counters", {"name": "x"})[0]["value"] == 300


def test_A01_every_write_begins_immediate(store):
    run = add_run(store)
    said = []
    store.connection.set_trace_callback(said.append)
    store.insert("counters", {"name": "a", "value": 1})
    store.upsert("counters", {"name": "a", "value": 2}, key=["name"])
    store.update("counters", {"value": 3}, {"name": "a"})
    store.delete("counters", {"name": "a"})
    store.append_metrics([Metric(run, "k", 1, 1.0, "finite", 1.0)])
    with store.atomic():
        store.next_number("a")
    assert [line for line in said if line.startswith("BEGIN")] == ["BEGIN IMMEDIATE"] * 6
    assert len([line for line in said if line == "COMMIT"]) == 6


# --- A2: many first opens at once --------------------------------------------------------------

OPEN_AND_WRITE = """
folder, go, name, writes = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])
while not go.exists():
    time.sleep(0.001)
store = SQLiteStore(folder)
store.session
for i in range(writes):
    store.insert("counters", {"name": f"{name}-{i}", "value": i})
print(store.rows("meta", {"key": "registry_id"})[0]["value"])
store.close()
"""


def first_opens(tmp_path, processes, writes):
    folder, go = tmp_path / "new" / ".mlops", tmp_path / "go"
    waiting = [script(OPEN_AND_WRITE, folder, go, f"p{i}", writes) for i in range(processes)]
    time.sleep(0.3)  # so that most have imported what they need and open together
    go.touch()
    ids = {finished(process) for process in waiting}
    assert len(ids) == 1
    store = SQLiteStore(folder)
    assert len(store.rows("counters")) == processes * writes
    assert len(store.rows("sessions")) == processes
    assert store.fetch("PRAGMA integrity_check")[1] == [("ok",)]
    store.close()


@pytest.mark.slow
def test_A02_first_opens_at_once(tmp_path):
    first_opens(tmp_path, 6, 20)


@pytest.mark.slow
def test_A02_32_first_opens_at_once(tmp_path):
    first_opens(tmp_path, 32, 20)


@pytest.mark.slow
def test_A02_eight_processes_open_a_fresh_registry_and_log(tmp_path):
    first_opens(tmp_path, 8, 200)


# --- A3, A4: the journal -----------------------------------------------------------------------


@needs_wal
def test_A03_choosing_the_journal_waits_for_a_lock(store):
    store.close()
    other = library.sqlite3.connect(store.path, isolation_level=None, check_same_thread=False)
    assert other.execute("PRAGMA journal_mode = DELETE").fetchone() == ("delete",)
    other.execute("BEGIN EXCLUSIVE")
    release = threading.Timer(0.3, other.execute, ["COMMIT"])
    release.start()
    begun = time.monotonic()
    again = SQLiteStore(store.folder)
    assert time.monotonic() - begun > 0.2
    assert again.fetch("PRAGMA journal_mode")[1] == [("wal",)]
    release.join()
    other.close()
    again.close()


@needs_wal
def test_A04_no_write_ahead_log_on_a_sqlite_with_the_bug(store, tmp_path, monkeypatch):
    assert store.fetch("PRAGMA journal_mode")[1] == [("wal",)]
    store.close()
    monkeypatch.setattr(library, "version", lambda: (3, 51, 2))
    for folder in (tmp_path / "new", store.folder):
        careful = SQLiteStore(folder)
        assert careful.fetch("PRAGMA journal_mode")[1] == [("delete",)]
        careful.insert("counters", {"name": "x", "value": 1})
        careful.close()
    found = {one.name: one for one in check(store.url).checks}
    assert found["sqlite"].state == "warning"
    assert "WAL-reset bug" in found["sqlite"].message
    assert "3.51.3" in found["sqlite"].next_step
    assert found["journal"].state == "ok"


def test_A05_no_write_ahead_log_on_a_network_file_system(tmp_path, monkeypatch):
    monkeypatch.setattr("mlops_jupyter.store.opening.remote_kind", lambda _: "nfs4")
    store = SQLiteStore(tmp_path / "home")
    assert store.fetch("PRAGMA journal_mode")[1] == [("delete",)]
    store.close()


def test_A06_a_registry_that_cannot_be_written_can_be_read(store, monkeypatch):
    add_run(store)
    store.close()
    monkeypatch.setattr("os.access", lambda path, mode: mode != os.W_OK)  # root may write anywhere
    frozen = SQLiteStore(store.folder)
    assert len(frozen.rows("runs")) == 1
    assert frozen.query("select count(*) from runs").rows == ((1,),)
    for write in (
        lambda: frozen.insert("counters", {"name": "x", "value": 1}),
        lambda: frozen.session,
    ):
        with pytest.raises(RegistryError, match="cannot be written"):
            write()
    assert frozen.reap() == []
    assert "permissions" in {found.name for found in check(store.url).checks if found.state == "warning"}
    frozen.close()
    assert not list(store.folder.glob("registry.db-*"))


# --- A10: kill -9 ------------------------------------------------------------------------------


def kill_writers(tmp_path, rounds, seed):
    done = subprocess.run(
        [sys.executable, HERE / "kill_writers.py", tmp_path / "registry", str(rounds), str(seed)],
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["kills"] == rounds * 4
    assert found["acknowledged"] > rounds
    assert found["lost"] == []
    assert found["torn"] == []
    assert found["problems"] == []
    assert found["numbers"], "run numbers have gaps or twins"
    assert found["reaped"], "a run of a killed process was not marked"
    assert found["running"] == 0


@pytest.mark.slow
def test_A10_kills_lose_nothing(tmp_path):
    kill_writers(tmp_path, 5, 1)


@pytest.mark.slow
def test_A10_200_kills_lose_nothing(tmp_path):
    kill_writers(tmp_path, 50, 2)


# --- A13: fork ---------------------------------------------------------------------------------

FORK = """
store = SQLiteStore(Path(sys.argv[1]))
mine, session = store.connection, store.session
closed = []
with store.atomic():
    store.insert("counters", {"name": "parent", "value": 1})
    child = os.fork()
    if child == 0:
        os._exit(0 if store.connection is not mine and not store.connection.in_transaction else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
child = os.fork()
if child == 0:
    try:
        store.insert("counters", {"name": "child", "value": 1})
        assert store.connection is not mine
        assert store.session.id != session.id and store.session.pid == os.getpid()
        store.close()
        os._exit(0)
    finally:
        os._exit(1)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
assert store.connection is mine
store.insert("counters", {"name": "after", "value": 1})
assert SQLiteStore(Path(sys.argv[1])).is_alive(session.id)
print(" ".join(sorted(row["name"] for row in store.rows("counters"))), len(store.rows("sessions")))
"""


@pytest.mark.slow
def test_A13_a_forked_child_opens_its_own_connection(tmp_path):
    assert finished(script(FORK, tmp_path / "r")) == "after child parent 2"


LEAVES_A_CHILD = """
store = SQLiteStore(Path(sys.argv[1]))
session = store.session
child = os.fork()
if child == 0:
    print(session.id, os.getpid(), flush=True)
    time.sleep(30)
    os._exit(0)
time.sleep(30)
"""


@pytest.mark.slow
def test_A13_a_forked_child_does_not_keep_its_parent_alive(store):
    parent = script(LEAVES_A_CHILD, store.folder)
    session, child = parent.stdout.readline().split()
    try:
        assert store.is_alive(session)
        parent.kill()
        parent.wait()
        assert not store.is_alive(session)
    finally:
        os.kill(int(child), signal.SIGKILL)
        parent.communicate()


# --- A15: threads ------------------------------------------------------------------------------


@pytest.mark.slow
def test_A15_threads_write_to_one_run_and_to_two(store):
    runs = [add_run(store, "one"), add_run(store, "two")]
    connections, problems = set(), []

    def log(thread):
        try:
            connections.add(id(store.connection))
            for i in range(20):
                for run in runs:
                    store.append_metrics([Metric(run, "loss", thread * 1000 + i, float(i), "finite", 1.0)])
        except RegistryError as error:
            problems.append(error)

    threads = [threading.Thread(target=log, args=[number]) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert id(store.connection) not in connections
    assert [row["count"] for row in store.rows("latest_metrics")] == [120, 120]
    assert [row["value"] for row in store.rows("latest_metrics")] == [19.0, 19.0]
    assert len(store.rows("metrics")) == 240


def test_A15_threads_take_turns_in_memory():
    store = SQLiteStore.memory()
    store.insert("counters", {"name": "x", "value": 0})

    def add():
        for _ in range(30):
            with store.atomic():
                value = store.rows("counters", {"name": "x"})[0]["value"]
                store.update("counters", {"value": value + 1}, {"name": "x"})

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.rows("counters", {"name": "x"})[0]["value"] == 120
    store.close()


# --- A18: the file goes away -------------------------------------------------------------------


def test_A18_a_deleted_database_is_noticed_before_a_write(store):
    add_run(store)
    for path in store.folder.glob("registry.db*"):
        path.unlink()
    with pytest.raises(RegistryError, match="deleted, moved or replaced"):
        store.insert("counters", {"name": "x", "value": 1})
    assert not store.path.exists()
    store.insert("counters", {"name": "y", "value": 1})  # asked again: a new registry
    assert [row["name"] for row in store.rows("counters")] == ["y"]
    assert store.rows("runs") == []


def test_A18_open_store_notices_too(registry):
    registry.insert("counters", {"name": "x", "value": 1})
    shutil.rmtree(registry.folder)
    with pytest.raises(RegistryError, match="deleted, moved or replaced"):
        open_store()
    assert open_store().rows("counters") == []


def test_A18_a_replaced_database_is_noticed_before_a_write(store, tmp_path):
    other = SQLiteStore(tmp_path / "other")
    other.insert("counters", {"name": "other", "value": 1})
    other.close()
    store.insert("counters", {"name": "first", "value": 1})
    other.path.replace(store.path)
    for name in ("-wal", "-shm"):
        store.path.with_name(store.path.name + name).unlink(missing_ok=True)
    with pytest.raises(RegistryError, match="deleted, moved or replaced"):
        store.insert("counters", {"name": "lost?", "value": 1})
    assert [row["name"] for row in store.rows("counters")] == ["other"]
    assert store.fetch("PRAGMA integrity_check")[1] == [("ok",)]


# --- A20: what stands there is no registry -----------------------------------------------------


def foreign(path):
    connection = library.sqlite3.connect(path)
    connection.execute("CREATE TABLE runs (id INTEGER)")
    connection.commit()
    connection.close()


def newer(path):
    made = SQLiteStore(path.parent)
    for key in ("schema_version", "min_reader", "min_writer"):
        made.update("meta", {"value": "999"}, {"key": key})
    made.close()


def truncated(path):
    made = SQLiteStore(path.parent)
    made.insert("counters", {"name": "x", "value": 1})
    made.close()
    os.truncate(path, path.stat().st_size // 2)


def emptied(path):
    made = SQLiteStore(path.parent)
    made.objects.put(b"x")
    made.close()
    os.truncate(path, 0)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda path: path.mkdir(), "is a folder"),
        (lambda path: path.write_text("not a database\n" * 100), "not a SQLite database"),
        (lambda path: path.write_bytes(b"\x00\xff" * 5000), "not a SQLite database"),
        (lambda path: path.write_bytes(os.urandom(8192)), "encrypted"),
        (truncated, "damaged"),
        (emptied, "truncated"),
        (foreign, "of another program"),
        (newer, "upgrade the package"),
    ],
    ids=["folder", "text", "bytes", "encrypted", "truncated", "empty", "foreign", "newer"],
)
def test_A20_what_is_no_registry_is_refused_and_left_as_it_is(tmp_path, make, said):
    path = tmp_path / "registry" / "registry.db"
    path.parent.mkdir()
    make(path)
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(RegistryError, match=said) as caught:
        SQLiteStore(path.parent)
    assert str(path) in str(caught.value)
    assert (path.read_bytes() if path.is_file() else None) == before
    assert any(found.state != "ok" for found in check(path.parent).checks)  # and the doctor can say so too


# --- A21, A22: schemas -------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("step", ["migration.statement", "migration.commit"])
def test_A21_a_migration_killed_half_way_is_finished_by_the_next(tmp_path, step):
    folder = tmp_path / "registry"
    process = script("SQLiteStore(Path(sys.argv[1]))", folder, fault=f"{step}:kill")
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    store = SQLiteStore(folder)
    facts = {row["key"]: row["value"] for row in store.rows("meta")}
    assert migration.Schema.of(facts, "").version == migration.newest()
    assert store.fetch("PRAGMA integrity_check")[1] == [("ok",)]
    add_run(store)
    store.close()


def test_A21_a_migration_that_fails_leaves_the_old_schema(tmp_path, monkeypatch):
    store = SQLiteStore(tmp_path / "registry")
    add_run(store)
    store.close()
    files = tmp_path / "schema"
    files.mkdir()
    for _, path in migration.files():
        (files / path.name).write_text(path.read_text())
    newer = files / f"{migration.newest() + 1:04d}_more.sql"
    newer.write_text("CREATE TABLE more (id TEXT PRIMARY KEY);\nALTER TABLE nothing ADD COLUMN x TEXT;")
    monkeypatch.setattr(migration, "FOLDER", files)
    with pytest.raises(RegistryError, match="nothing"):
        SQLiteStore(store.folder)
    newer.write_text("CREATE TABLE more (id TEXT PRIMARY KEY);\nALTER TABLE runs ADD COLUMN x TEXT;")
    store = SQLiteStore(store.folder)
    assert store.rows("more") == []
    assert store.rows("runs")[0]["x"] is None
    assert store.rows("meta", {"key": "schema_version"})[0]["value"] == newer.name[:4].lstrip("0")
    store.close()


def test_A22_a_registry_that_this_package_may_only_read(store):
    add_run(store)
    newer = str(migration.newest() + 1)
    store.update("meta", {"value": newer}, {"key": ["schema_version", "min_writer"]})
    store.close()
    older = SQLiteStore(store.folder)
    assert len(older.rows("runs")) == 1
    with pytest.raises(RegistryError, match="upgrade the package"):
        older.insert("counters", {"name": "x", "value": 1})
    older.close()


def test_A19_a_lost_log_is_seen_by_the_doctor(store, tmp_path):
    store.insert("counters", {"name": "x", "value": 1})
    store.fetch("PRAGMA wal_checkpoint(TRUNCATE)")
    now = config.now()
    object_hash = store.objects.put(b"x")
    os.utime(store.objects.path(object_hash), (1, 1))
    row = {"kind": "file", "size_bytes": 1, "created_at": now, "media_type": "text/plain"}
    store.insert("artifacts", row | {"run_id": add_run(store), "path": "x", "object_hash": object_hash})
    copy = tmp_path / "copy"
    shutil.copytree(store.folder, copy, ignore=shutil.ignore_patterns("*-wal", "*-shm"))
    found = {one.name: one for one in check(copy).checks}
    assert "without its -wal" in found["strays"].message
    assert "strays" not in {one.name for one in check(store.url).checks}


def test_a_dead_session_is_seen_as_soon_as_it_died(store):
    process = script(
        "store = SQLiteStore(Path(sys.argv[1])); print(store.session.id, flush=True); time.sleep(30)",
        store.folder,
    )
    session = process.stdout.readline().strip()
    run = add_run(store)
    store.update("runs", {"session_id": session}, {"id": run})
    assert store.is_alive(session)
    assert store.reap() == []
    process.kill()
    process.communicate()
    assert not store.is_alive(session)
    assert store.reap() == [run]
    assert as_row(store.session)["id"] != session
