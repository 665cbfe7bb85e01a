"""Opening a registry: where it is, which journal, who may enter, and twice the same."""

from __future__ import annotations

import threading

import pytest

from mlops_jupyter import store as store_room
from mlops_jupyter.errors import RegistryError
from mlops_jupyter.store import SQLiteStore, library, open_store
from mlops_jupyter.store.filesystem import is_remote, kind_of
from mlops_jupyter.store.references import COLUMNS


def test_a_registry_is_private_and_ignored_by_git(tmp_path):
    store = SQLiteStore(tmp_path / "deep" / ".mlops")
    store.session  # noqa: B018 - its lock file
    store.objects.put(b"x")
    for path in (store.folder, *store.folder.rglob("*")):
        expected = 0o700 if path.is_dir() else 0o600
        assert path.stat().st_mode & 0o777 == expected, path
    assert (store.folder / ".gitignore").read_text() == "*\n"
    store.close()


def test_open_store_opens_each_registry_once(registry, tmp_path):
    assert open_store() is registry
    assert open_store(registry.folder) is registry
    other = open_store(tmp_path / "other")
    assert other is not registry
    other.close()
    store_room._open.pop(other.url)


def test_it_uses_the_library_that_sqlite_utils_uses():
    from sqlite_utils.db import sqlite3

    assert sqlite3 is library.sqlite3


def test_tables_are_strict_and_the_settings_are_safe(tmp_path):
    store = SQLiteStore(tmp_path / "r")
    ask = store.connection.execute
    assert ask("PRAGMA foreign_keys").fetchone() == (1,)
    assert ask("PRAGMA synchronous").fetchone() == (2,)
    assert ask("PRAGMA busy_timeout").fetchone() == (30_000,)
    kinds = store.fetch(
        "SELECT name, strict FROM pragma_table_list WHERE type = 'table' AND schema = 'main'"
    )[1]
    assert {name for name, strict in kinds if not strict} == {"sqlite_schema"}
    store.close()


def test_people_read_through_sqlite_utils(tmp_path):
    store = SQLiteStore(tmp_path / "r")
    store.insert("counters", {"name": "sheep", "value": 3})
    db = store.db
    assert list(db["counters"].rows) == [{"name": "sheep", "value": 3}]
    with pytest.raises(library.sqlite3.OperationalError, match="readonly"):
        db["counters"].insert({"name": "wolf", "value": 1})
    db.close()
    store.close()


@pytest.mark.parametrize(
    ("version", "bug"),
    [
        ((3, 40, 1), True), ((3, 44, 5), True), ((3, 44, 6), False), ((3, 45, 0), True), ((3, 50, 6), True),
        ((3, 50, 7), False), ((3, 51, 2), True), ((3, 51, 3), False), ((3, 53, 4), False),
    ],
)  # fmt: skip
def test_versions_with_the_wal_reset_bug(version, bug):
    assert library.has_wal_reset_bug(version) is bug
    assert (library.why_not_wal(version, None) is not None) is bug


def test_network_file_systems_get_no_write_ahead_log():
    for kind in (
        "nfs",
        "nfs4",
        "cifs",
        "smb3",
        "smbfs",
        "lustre",
        "9p",
        "fuse.sshfs",
        "fuse.gcsfuse",
        "davfs2",
    ):
        assert is_remote(kind), kind
        assert kind in library.why_not_wal((3, 53, 4), kind)
    for kind in ("ext4", "xfs", "btrfs", "zfs", "apfs", "tmpfs", "overlay", "NTFS", "fuseblk", ""):
        assert not is_remote(kind), kind


def test_the_kind_of_a_real_folder_is_known(tmp_path):
    assert kind_of(tmp_path)
    assert kind_of(tmp_path / "not" / "there") == kind_of(tmp_path)


def test_a_link_to_a_registry_is_that_registry(tmp_path):
    first = SQLiteStore(tmp_path / "real")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    second = SQLiteStore(tmp_path / "link")
    assert first.url == second.url
    first.close()
    second.close()


def test_closing_ends_the_session_and_opens_again(tmp_path):
    store = SQLiteStore(tmp_path / "r")
    session = store.session
    store.close()
    assert not store.is_alive(session.id)
    assert store.session.id != session.id
    assert list((store.folder / "locks").iterdir()) == [store.folder / "locks" / f"{store.session.id}.lock"]
    store.close()


def test_connections_of_ended_threads_are_closed(tmp_path):
    store = SQLiteStore(tmp_path / "r")
    for _ in range(5):
        thread = threading.Thread(target=store.rows, args=["runs"])
        thread.start()
        thread.join()
    assert len(store._connections._kept) <= 2
    store.close()


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(RegistryError, match="MLOPS_REGISTRY"):
        SQLiteStore(tmp_path / "file" / "registry")


_HOLDERS = ("_object", "object_hash", "manifest_hash", "pack_hash", "example_hash", "evidence_hash")


def test_every_column_that_holds_an_object_is_known(tmp_path):
    """What is not known would be collected: a new column must be added to ``references``."""
    store = SQLiteStore(tmp_path / "r")
    holds = set()
    for (table,) in store.fetch("SELECT name FROM sqlite_master WHERE type = 'table'")[1]:
        for column in [row[1] for row in store.fetch(f"PRAGMA table_info({table})")[1]]:
            if column.endswith(_HOLDERS) or column == "git_diff":
                holds.add((table, column))
    assert holds == set(COLUMNS)
    store.close()
