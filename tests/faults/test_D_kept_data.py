"""Faults of kept data: D1 to D7 of the catalogue for packs, saved datasets and collecting."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading

import pytest

from mlops_jupyter.errors import IntegrityError, MlopsError, RegistryError, UsageError
from mlops_jupyter.records import DatasetVersion, KeptVersion
from mlops_jupyter.store import SQLiteStore, as_row, config
from mlops_jupyter.store.collecting import collect
from mlops_jupyter.store.health import check

PUT = """
import sys
from pathlib import Path
from mlops_jupyter.store import SQLiteStore
store = SQLiteStore(Path(sys.argv[1]))
for i in range(int(sys.argv[2])):
    pieces = [f"{i // 2} {n} ".encode() * 2000 for n in range(i % 2 + 5)]
    print(*store.packs.put(pieces).hashes, flush=True)
"""

COLLECT = """
import sys
from pathlib import Path
from mlops_jupyter.store import SQLiteStore
from mlops_jupyter.store.collecting import collect
collect(SQLiteStore(Path(sys.argv[1])), min_age_s=0, keep_deleted_s=0)
"""


def run(script, *arguments, fault=None):
    return subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | ({"MLOPS_FAULT": fault} if fault else {}),
    )


@pytest.fixture
def store(tmp_path):
    made = SQLiteStore(tmp_path / "packs")
    yield made
    made.close()


def hashes_in(text):
    return [name for line in text.split("\n") for name in line.split() if len(name) == 64]


def keep(store, name, pieces, deleted_at=None):
    """Keep pieces as the only version of a dataset, as saving does."""
    put, now, version = store.packs.put(pieces), config.now(), f"mj1:{name}"
    manifest = store.objects.put(json.dumps({"format": 1, "chunks": put.hashes, "of": name}).encode())
    store.insert("datasets", {"id": name, "name": name, "created_at": now})
    store.insert("dataset_versions", as_row(DatasetVersion(version, "pandas", 1, 1, 1, "s", "[]", now)))
    store.insert("kept_versions", as_row(KeptVersion(version, manifest, "chunks", 1, 1, now)))
    row = {"id": name, "dataset_id": name, "number": 1, "version_id": version, "created_at": now}
    store.insert("saved_versions", row | {"deleted_at": deleted_at})
    return put.hashes


# --- packs ------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("step", ["object.write", "object.replace", "pack.rows"])
def test_D01_killed_while_pieces_are_put_no_row_is_without_its_pack(store, step):
    process = run(PUT, store.folder, 1, fault=f"{step}:kill")
    assert process.communicate()[0] == ""
    assert process.returncode == -signal.SIGKILL
    assert store.rows("chunks") == []
    assert store.objects.totals()[0] == (1 if step == "pack.rows" else 0)
    collect(store, min_age_s=0)
    assert store.objects.totals()[0] == 0
    assert store.objects.leftovers(min_age_s=0) == []


@pytest.mark.slow
def test_D01_killed_at_any_time_what_was_said_to_be_kept_is_whole(store):
    process = run(PUT, store.folder, 100_000)
    said = [process.stdout.readline() for _ in range(20)]
    process.kill()
    said.append(process.communicate()[0])
    wanted = hashes_in("".join(said))
    assert len(wanted) >= 100
    assert len(list(store.packs.get(wanted))) == len(wanted)
    every = [row["hash"] for row in store.rows("chunks")]
    assert len(list(store.packs.get(every))) == len(every)


@pytest.mark.parametrize("fault", ["eio", "enospc"])
def test_D01_a_failing_disk_leaves_no_rows(store, monkeypatch, fault):
    monkeypatch.setenv("MLOPS_FAULT", f"object.replace:{fault}")
    with pytest.raises(RegistryError):
        store.packs.put([b"a", b"b"])
    monkeypatch.delenv("MLOPS_FAULT")
    assert store.rows("chunks") == []
    assert list(store.packs.get(store.packs.put([b"a", b"b"]).hashes)) == [b"a", b"b"]


@pytest.mark.slow
def test_D02_two_processes_save_the_same_pieces(store):
    processes = [run(PUT, store.folder, 20) for _ in range(2)]
    said = [process.communicate()[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    assert said[0] == said[1]
    assert len(list(store.packs.get(hashes_in(said[0])))) == 110
    assert len(store.rows("chunks")) == 60


@pytest.mark.parametrize("harm", ["bit", "cut off", "missing"])
def test_D03_harmed_packs_are_refused_and_named(store, harm):
    whole = keep(store, "whole", [b"untouched" * 100])
    (harmed,) = keep(store, "harmed", [b"harmed" * 100])
    path = store.objects.path(store.packs.where([harmed])[harmed].pack_hash)
    data = path.read_bytes()
    match harm:
        case "bit":
            path.write_bytes(bytes([data[0] ^ 1]) + data[1:])
        case "cut off":
            path.write_bytes(data[:-1])
        case _:
            path.unlink()
    with pytest.raises(IntegrityError, match=harmed):
        list(store.packs.get([harmed]))
    assert list(store.packs.get(whole)) == [b"untouched" * 100]
    said = [one.message for one in check(store.url).checks if one.name == "data"]
    assert len(said) == 1
    assert said[0].startswith("harmed:1 cannot be loaded")
    if harm != "bit":  # seen without reading, and then putting it again repairs it
        assert store.packs.put([b"harmed" * 100]).new_bytes == 600
        assert list(store.packs.get([harmed])) == [b"harmed" * 100]


def test_D03_a_row_that_points_at_other_bytes(store):
    first, second = store.packs.put([b"first", b"other"]).hashes
    store.update("chunks", {"offset_bytes": 0}, {"hash": second})
    with pytest.raises(IntegrityError, match=second):
        list(store.packs.get([first, second]))


@pytest.mark.slow
@pytest.mark.parametrize("step", ["object.write", "object.replace", "collect.forgotten", "collect.released"])
def test_D07_a_collector_that_is_killed_harms_nothing_and_is_finished_by_the_next(store, step):
    kept = keep(store, "kept", [b"one" * 500, b"two" * 500])
    keep(store, "deleted", [b"one" * 500, *(bytes([i]) * 1000 for i in range(9))], "2020-01-01T00:00:00Z")
    shared = keep(store, "other", [bytes([8]) * 1000])  # one piece of a pack that is otherwise not used
    process = run(COLLECT, store.folder, fault=f"{step}:kill")
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert list(store.packs.get([*kept, *shared])) == [b"one" * 500, b"two" * 500, bytes([8]) * 1000]
    collect(store, min_age_s=0, keep_deleted_s=0)
    assert list(store.packs.get([*kept, *shared])) == [b"one" * 500, b"two" * 500, bytes([8]) * 1000]
    assert len(store.rows("chunks")) == 3
    assert store.objects.totals()[0] == 4


@pytest.mark.slow
def test_D07_what_another_process_saves_is_not_collected(store):
    process = run(PUT, store.folder, 60)
    removed = []
    while process.poll() is None:
        removed.append(collect(store).objects)
    wanted = hashes_in(process.communicate()[0])
    assert process.returncode == 0
    assert removed
    assert set(removed) == {0}
    assert len(list(store.packs.get(wanted))) == len(wanted) == 330


def test_D07_old_pieces_that_are_saved_again_while_a_collector_runs_stay(store):
    pieces = [[f"{i} {n}".encode() * 100 for n in range(4)] for i in range(60)]
    for group in pieces:
        store.packs.put(group)
    for name, _ in list(store.objects.all()):
        os.utime(store.objects.path(name), (1, 1))
    found, collector = [], threading.Thread(target=lambda: found.append(collect(store)))
    collector.start()
    hashes = [name for group in reversed(pieces) for name in store.packs.put(group).hashes]
    collector.join()
    assert found
    assert list(store.packs.get(hashes)) == [piece for group in reversed(pieces) for piece in group]


# --- saved datasets ---------------------------------------------------------------------------


@pytest.fixture
def flights():
    import pandas as pd

    return pd.DataFrame({"carrier": ["AA", "B6", "UA"] * 200, "delay": range(600)})


@pytest.mark.parametrize("harm", ["bit", "cut off", "missing"])
def test_D03_a_harmed_dataset_is_refused_by_its_name(registry, flights, harm):
    from mlops_jupyter import datasets

    datasets.save(flights, "flights")
    path = registry.objects.path(registry.rows("chunks")[0]["pack_hash"])
    data = path.read_bytes()
    match harm:
        case "bit":
            path.write_bytes(bytes(byte ^ 1 for byte in data))
        case "cut off":
            path.write_bytes(b"")
        case _:
            path.unlink()
    with pytest.raises(IntegrityError, match="flights:1"):
        datasets.load("flights")
    assert any("flights:1 cannot be loaded" in one.message for one in check(registry.url).checks)


@pytest.mark.parametrize("lost", ["pack", "manifest"])
def test_D03_saving_again_repairs_what_was_lost(registry, flights, lost):
    from mlops_jupyter import datasets

    datasets.save(flights, "flights")
    pack = registry.rows("chunks")[0]["pack_hash"]
    manifest = registry.rows("kept_versions")[0]["manifest_hash"]
    registry.objects.path(pack if lost == "pack" else manifest).unlink()
    datasets.save(flights, "flights")
    assert datasets.load("flights:1").equals(flights)


def test_D07_what_is_saved_again_while_a_collector_forgets_it_stays(registry, flights, monkeypatch):
    from mlops_jupyter import datasets
    from mlops_jupyter.datasets import kept

    datasets.save(flights, "flights")
    datasets.save(flights[flights["delay"] != 7], "flights")  # kept as a row left out of the first
    datasets.delete("flights")
    registry.update("saved_versions", {"deleted_at": "2020-01-01T00:00:00.000000Z"}, {"deleted_at !=": None})
    for name, _ in list(registry.objects.all()):
        os.utime(registry.objects.path(name), (1, 1))
    find, collected = kept.find, []

    def found_and_then_collected(store, version_id):
        found = find(store, version_id)
        if found is not None and not collected:
            collected.append(collect(store))
        return found

    monkeypatch.setattr(kept, "find", found_and_then_collected)
    datasets.save(flights[flights["delay"] != 7], "again")
    assert collected[0].versions == 2
    assert datasets.load("again").equals(flights[flights["delay"] != 7])


def test_D05_what_is_no_file_of_data_is_refused(registry, tmp_path):
    from mlops_jupyter import datasets

    (tmp_path / "loop").mkdir()
    (tmp_path / "loop" / "again").symlink_to(tmp_path / "loop")
    (tmp_path / "loop.csv").symlink_to(tmp_path / "loop.csv")
    for place in ("/dev/zero", tmp_path / "loop", tmp_path / "loop.csv"):
        with pytest.raises(MlopsError):
            datasets.save(str(place), "odd")
    assert registry.rows("saved_versions") == []


def test_D05_a_pipe_is_refused_and_not_waited_for(registry, tmp_path):
    from mlops_jupyter import datasets

    pipe, said = tmp_path / "pipe.csv", []
    os.mkfifo(pipe)

    def save():
        try:
            datasets.save(str(pipe), "odd")
        except Exception as error:
            said.append(error)

    saving = threading.Thread(target=save)
    saving.start()
    saving.join(3)
    if waits := saving.is_alive():
        os.close(os.open(pipe, os.O_WRONLY))  # lets it go on
        saving.join()
    assert not waits
    assert isinstance(said[0], MlopsError)


def test_D04_a_file_that_changes_while_it_is_kept_is_not_passed_off_as_what_it_was(
    registry, tmp_path, flights, monkeypatch
):
    from mlops_jupyter import data, datasets

    monkeypatch.setenv("MLOPS_MEMORY_BYTES", "1")  # so that the file is kept as it is
    path, keep_file = tmp_path / "flights.csv", data.keep_file
    flights.to_csv(path, index=False)

    def changed_before(*given, **options):
        flights.head(10).to_csv(path, index=False)
        return keep_file(*given, **options)

    monkeypatch.setattr(data, "keep_file", changed_before)
    with pytest.raises(MlopsError, match="changed"):
        datasets.save(str(path), "flights")
    assert registry.rows("saved_versions") == []


@pytest.mark.parametrize("name", ["CON", "trailing.", "é\u0301🎈", "../../etc", "x" * 200, "a'b\"c"])
def test_D06_names_are_only_data(registry, flights, name):
    from mlops_jupyter import datasets

    datasets.save(flights, name)
    assert datasets.load(f"{name}:1").equals(flights)
    assert all(len(found) == 64 for found, _ in registry.objects.all())
    assert {path.name for path in registry.folder.iterdir()} >= {"registry.db", "objects"}
    assert not (registry.folder.parent / "etc").exists()


@pytest.mark.parametrize("name", ["", "a\nb", "a\x00b", "..\\x", "x" * 300, "a:b"])
def test_D06_names_that_cannot_be_are_refused(registry, flights, name):
    from mlops_jupyter import datasets

    with pytest.raises(UsageError):
        datasets.save(flights, name)
    assert registry.rows("datasets") == []


def test_D07_deleting_and_collecting_leave_what_others_share(registry, flights):
    from mlops_jupyter import datasets

    datasets.save(flights, "flights")
    datasets.save(flights.head(590), "fewer")
    datasets.delete("flights")
    collect(registry, min_age_s=0, keep_deleted_s=0)
    assert datasets.load("fewer").equals(flights.head(590))


def test_D07_a_version_that_comes_back_in_its_own_way_is_kept_named_and_collected(registry, flights):
    import polars as pl

    from mlops_jupyter import datasets

    datasets.save(flights, "flights")
    datasets.save(pl.from_pandas(flights), "flights")
    own = registry.rows("saved_versions", {"number": 2})[0]["manifest_hash"]
    collect(registry, min_age_s=0, keep_deleted_s=0)
    assert datasets.load("flights:2").equals(pl.from_pandas(flights))
    registry.objects.path(own).unlink()
    with pytest.raises(IntegrityError, match="flights:2"):
        datasets.load("flights:2")
    assert datasets.load("flights:1").equals(flights)
    assert any("flights:2 cannot be loaded" in one.message for one in check(registry.url).checks)
    datasets.save(pl.from_pandas(flights), "flights")
    assert datasets.load("flights:2").equals(pl.from_pandas(flights))
    datasets.delete("flights")
    collect(registry, min_age_s=0, keep_deleted_s=0)
    assert not registry.objects.exists(own)
