"""What ``doctor`` finds, and backups."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from mlops_jupyter.errors import IntegrityError, UsageError
from mlops_jupyter.store import SQLiteStore, as_row, config, library, migration
from mlops_jupyter.store.backup import backup
from mlops_jupyter.store.health import check
from mlops_jupyter.store.liveness import Liveness


@pytest.fixture
def store(tmp_path):
    made = SQLiteStore(tmp_path / "registry")
    yield made
    made.close()


def bad(place):
    """The names of what is not well; which SQLite this Python has is not the registry's doing."""
    return {found.name for found in check(place).checks if found.state != "ok"} - {"sqlite"}


def artifact(run, object_hash):
    return {
        "run_id": run, "path": object_hash[:8], "kind": "file", "object_hash": object_hash,
        "size_bytes": 1, "created_at": config.now(), "media_type": "text/plain",
    }  # fmt: skip


def test_a_whole_registry_is_well(store, add_run):
    run = add_run(store, metrics={"auc": 0.9})
    store.insert("artifacts", artifact(run, store.objects.put(b"x")))
    assert bad(store.url) == set()
    assert all(found.message for found in check(store.url).checks)


def test_a_registry_that_is_not_there_yet(tmp_path):
    assert bad(tmp_path / "nothing") == set()
    assert not (tmp_path / "nothing").exists()


def test_postgres_is_looked_at_too(postgres, add_run):
    add_run(postgres)
    names = {found.name: found.state for found in check(postgres).checks}
    assert names == {"database": "ok", "schema": "ok", "runs": "ok", "session": "ok", "objects": "ok"}
    assert bad("postgresql://nobody@127.0.0.1:1/none") == {"database"}


def test_objects_missing_and_corrupt(store, add_run):
    run = add_run(store)
    store.insert("artifacts", artifact(run, "0" * 64))
    found = store.objects.put(b"whole")
    store.objects.path(found).write_bytes(b"broken")
    said = [one.message for one in check(store.url).checks if one.name == "objects"]
    assert len(said) == 2
    assert "0" * 64 in said[0]
    assert found in said[1]


def test_a_dead_session(store, add_run):
    run = add_run(store)
    store.insert("sessions", as_row(store.session) | {"id": "dead"})
    store.update("runs", {"session_id": "dead"}, {"id": run})
    assert bad(store.url) == {"sessions"}
    assert store.rows("runs")[0]["status"] == "running"  # the doctor changes nothing


def test_permissions_and_leftovers(store):
    store.objects.put(b"x")
    left = store.objects.folder / "tmp" / "left"
    left.write_bytes(b"x")
    os.utime(left, (1, 1))
    store.folder.chmod(0o755)
    assert bad(store.url) == {"permissions", "leftovers"}


def test_a_deleted_database_beside_its_objects(store):
    store.objects.put(b"x")
    store.close()
    store.path.unlink()
    assert bad(store.url) == {"database"}


def test_a_damaged_database(store, add_run):
    for _ in range(50):
        add_run(store, "x" * 1000)
    store.close()
    size = store.path.stat().st_size
    with store.path.open("r+b") as file:
        file.seek(size // 2)
        file.write(b"\xff" * (size // 4))
    assert bad(store.url) & {"integrity", "runs", "session", "object", "database", "schema"}


def test_rows_that_refer_to_nothing(store, add_run):
    add_run(store)
    store.connection.execute("PRAGMA foreign_keys = OFF")
    store.delete("sessions", {})
    assert "references" in bad(store.url)


def test_lost_writes_show_in_the_numbers(store, add_run):
    add_run(store)
    store.update("counters", {"value": 0}, {"name": "runs"})
    assert bad(store.url) == {"runs"}


# --- backup -----------------------------------------------------------------------------------


def test_a_backup_is_a_registry(store, add_run, tmp_path):
    run = add_run(store, metrics={"auc": 0.9})
    kept = store.objects.put(b"kept")
    store.insert("artifacts", artifact(run, kept))
    store.objects.put(b"nothing refers to this")
    made = backup(store, tmp_path / "backup")
    assert (made.path, made.runs, made.objects) == (str(tmp_path / "backup"), 1, 1)
    assert made.size_bytes > 0
    assert bad(made.path) <= {"sessions"}
    copy = SQLiteStore(tmp_path / "backup")
    assert copy.rows("runs") == store.rows("runs")
    assert copy.objects.get(kept) == b"kept"
    assert (copy.path.stat().st_mode & 0o777, copy.folder.stat().st_mode & 0o777) == (0o600, 0o700)
    copy.close()


def test_a_backup_never_overwrites(store, tmp_path):
    (tmp_path / "there").mkdir()
    with pytest.raises(UsageError, match="there-2"):
        backup(store, tmp_path / "there")


def test_a_backup_says_what_it_lacks_and_keeps_the_rest(store, add_run, tmp_path):
    run = add_run(store)
    damaged, whole = store.objects.put(b"damaged"), store.objects.put(b"whole")
    store.insert("artifacts", artifact(run, damaged), artifact(run, whole))
    store.objects.path(damaged).write_bytes(b"other..")
    with pytest.raises(IntegrityError, match=damaged):
        backup(store, tmp_path / "backup")
    copy = SQLiteStore(tmp_path / "backup")
    assert (len(copy.rows("runs")), copy.objects.exists(whole)) == (1, True)
    copy.close()


def test_a_backup_of_a_registry_in_memory(add_run, tmp_path):
    store = SQLiteStore.memory()
    add_run(store)
    assert backup(store, tmp_path / "backup").runs == 1
    store.close()


def test_a_backup_that_fails_leaves_nothing(store, tmp_path):
    code = (
        "import sys; from pathlib import Path; from mlops_jupyter.store import SQLiteStore; "
        "from mlops_jupyter.store.backup import backup; "
        "store = SQLiteStore(Path(sys.argv[1])); backup(store, sys.argv[2])"
    )
    store.insert("meta", {"key": "x", "value": store.objects.put(b"x")})
    done = subprocess.run(
        [sys.executable, "-c", code, store.url, str(tmp_path / "no" / "such" / chr(1) / ("x" * 300))],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "RegistryError" in done.stderr
    assert not list(tmp_path.glob("**/.*partial*"))


def test_the_doctor_says_why_there_is_no_write_ahead_log(store, monkeypatch):
    monkeypatch.setattr(library, "version", lambda: (3, 40, 1))
    found = {one.name: one for one in check(store.url).checks}
    assert "WAL-reset" in found["journal"].message
    assert found["sqlite"].state == "warning"
    assert "pysqlite3" in found["sqlite"].next_step


@pytest.mark.skipif(os.name == "nt", reason="permissions are of another kind there")
def test_a_lock_that_may_not_be_read_is_not_told_dead():
    import filelock  # noqa: F401 - before this process becomes another user

    folder = Path(tempfile.mkdtemp())
    lock = folder / "session.lock"
    lock.touch(0o000)
    folder.chmod(0o755)
    is_root = os.geteuid() == 0
    try:
        if is_root:
            os.seteuid(65534)
        assert Liveness(folder).stale() == []
    finally:
        if is_root:
            os.seteuid(0)
        shutil.rmtree(folder)


def test_a_registry_of_an_older_schema_is_looked_at_too(tmp_path, monkeypatch):
    with monkeypatch.context() as older:
        first = migration.files()[:1]
        older.setattr(migration, "files", lambda: first)
        store = SQLiteStore(tmp_path / "registry")
    store.objects.put(b"x")
    assert bad(store.url) == set()
    assert "of an older package" in {one.name: one for one in check(store.url).checks}["schema"].message
    store.close()
